//! Resampling by a ratio near one: what a clock offset does to samples.

use crate::Complex32;
use std::f64::consts::PI;

/// Input samples on which an output sample depends.
const TAPS: usize = 32;
/// Positions between two input samples at which the interpolation is tabulated.
const PHASES: usize = 256;

/// Reads its input at a speed slightly different from one sample per output sample.
///
/// A windowed sinc; flat to 0.1 dB up to 0.42 of the sample rate on either side. Output sample `n` is the
/// input at `n * speed`.
#[derive(Debug)]
pub(super) struct ClockOffset {
    rows: Vec<f32>,
    speed: f64,
    produced: u64,
    /// Input samples, the first of them at index `first` of the stream (negative: before its beginning).
    history: Vec<Complex32>,
    first: i64,
}

impl ClockOffset {
    pub(super) fn new(speed: f64) -> Self {
        let mut rows = Vec::with_capacity((PHASES + 1) * TAPS);
        for phase in 0..=PHASES {
            let fraction = phase as f64 / PHASES as f64;
            let row: Vec<f64> = (0..TAPS)
                .map(|j| kernel(fraction + (TAPS / 2 - 1) as f64 - j as f64))
                .collect();
            let sum: f64 = row.iter().sum();
            rows.extend(row.iter().map(|v| (v / sum) as f32));
        }
        let before = TAPS / 2;
        Self {
            rows,
            speed,
            produced: 0,
            history: vec![Complex32::new(0.0, 0.0); before],
            first: -(before as i64),
        }
    }

    pub(super) fn process(&mut self, samples: &[Complex32], out: &mut Vec<Complex32>) {
        self.history.extend_from_slice(samples);
        loop {
            let position = self.produced as f64 * self.speed;
            let whole = position.floor();
            let start = (whole as i64 - (TAPS as i64 / 2 - 1) - self.first) as usize;
            if start + TAPS > self.history.len() {
                self.forget(start);
                return;
            }
            out.push(self.interpolate(start, position - whole));
            self.produced += 1;
        }
    }

    /// Appends the samples up to the input's end.
    pub(super) fn finish(&mut self, out: &mut Vec<Complex32>) {
        self.process(&[Complex32::new(0.0, 0.0); TAPS / 2], out);
    }

    fn forget(&mut self, start: usize) {
        let old = start.min(self.history.len());
        self.history.drain(..old);
        self.first += old as i64;
    }

    fn interpolate(&self, start: usize, fraction: f64) -> Complex32 {
        let position = fraction * PHASES as f64;
        let row = (position as usize).min(PHASES - 1);
        let weight = (position - row as f64) as f32;
        let low = &self.rows[row * TAPS..][..TAPS];
        let high = &self.rows[(row + 1) * TAPS..][..TAPS];
        let mut sum = Complex32::new(0.0, 0.0);
        for ((sample, low), high) in self.history[start..start + TAPS].iter().zip(low).zip(high) {
            sum += sample * (low + weight * (high - low));
        }
        sum
    }
}

fn kernel(t: f64) -> f64 {
    let half = TAPS as f64 / 2.0;
    if t.abs() >= half {
        return 0.0;
    }
    let sinc = if t.abs() < 1e-9 {
        1.0
    } else {
        (PI * t).sin() / (PI * t)
    };
    // Blackman window: the transition is narrow enough for two samples a symbol, the rest below −70 dB.
    let x = PI * t / half;
    sinc * (0.42 + 0.5 * x.cos() + 0.08 * (2.0 * x).cos())
}
