//! Resampling by an arbitrary ratio.

use crate::design;
use num_complex::Complex32;

/// Input samples that one output is made of, at a ratio of 1 and above.
const SPAN: usize = 32;
/// Sub-sample positions the kernel is tabulated at; values between are interpolated linearly.
const PHASES: usize = 256;

/// Polyphase resampler: a Kaiser-windowed sinc, evaluated at `n / ratio` input samples for output `n`.
///
/// The pass band reaches 0.4 of the lower of both rates with less than 0.05 dB ripple; beyond 0.6 of it
/// signals are down by 70 dB or more. Output 0 lies on input 0: there is no delay, only the wait for
/// [`Resampler::group_delay_samples`] further samples.
#[derive(Debug, Clone)]
pub struct Resampler {
    step: f64,
    taps: usize,
    table: Vec<f32>,
    history: Vec<Complex32>,
    /// Stream index of the first sample in `history`; negative at the start, when zeros precede the stream.
    base: i64,
    produced: u64,
}

impl Resampler {
    /// A resampler to `ratio` output samples per input sample.
    ///
    /// The ratio is held within 1e-4 … 1e4.
    pub fn new(ratio: f64) -> Self {
        let ratio = if ratio.is_nan() {
            1.0
        } else {
            ratio.clamp(1e-4, 1e4)
        };
        let narrow = ratio.min(1.0);
        let half = (SPAN as f64 / 2.0 / narrow).ceil();
        let taps = 2 * half as usize;
        let mut table = Vec::with_capacity((PHASES + 1) * taps);
        let beta = design::kaiser_beta(75.0);
        for phase in 0..=PHASES {
            let mu = phase as f64 / PHASES as f64;
            let row: Vec<f64> = (0..taps)
                .map(|k| {
                    let t = k as f64 - (half - 1.0) - mu;
                    design::sinc(t * narrow) * design::kaiser(t / half, beta)
                })
                .collect();
            let sum: f64 = row.iter().sum();
            table.extend(row.iter().map(|v| (v / sum) as f32));
        }
        let mut resampler = Self {
            step: 1.0 / ratio,
            taps,
            table,
            history: Vec::new(),
            base: 0,
            produced: 0,
        };
        resampler.reset();
        resampler
    }

    /// Input samples after an output's own position that must be known before it can be computed.
    pub fn group_delay_samples(&self) -> f64 {
        self.taps as f64 / 2.0
    }

    /// Takes the next samples, appends the outputs that are final.
    pub fn process(&mut self, input: &[Complex32], out: &mut Vec<Complex32>) {
        let step = self.step;
        self.process_at(input, |n| n as f64 * step, out);
    }

    /// As [`Resampler::process`], with output `n` at the input position `at(n)`. Positions begin at 0 or above, rise,
    /// and do so by no more than the ratio of this resampler says where signals would alias.
    pub(crate) fn process_at(
        &mut self,
        input: &[Complex32],
        at: impl Fn(u64) -> f64,
        out: &mut Vec<Complex32>,
    ) {
        self.history.extend_from_slice(input);
        loop {
            let position = at(self.produced);
            let whole = position.floor();
            let first = (whole as i64 - (self.taps as i64 / 2 - 1) - self.base) as usize;
            let Some(samples) = self.history.get(first..first + self.taps) else {
                break;
            };
            out.push(self.interpolate(samples, position - whole));
            self.produced += 1;
        }
        self.forget(at(self.produced));
    }

    /// Starts again with the next sample as sample 0.
    pub fn reset(&mut self) {
        let before = self.taps / 2 - 1;
        self.history.clear();
        self.history.resize(before, Complex32::ZERO);
        self.base = -(before as i64);
        self.produced = 0;
    }

    /// Drops what lies before all outputs from this position on.
    fn forget(&mut self, position: f64) {
        let done = (position.floor() as i64 - (self.taps as i64 / 2 - 1) - self.base) as usize;
        let done = done.min(self.history.len());
        self.history.drain(..done);
        self.base += done as i64;
    }

    fn interpolate(&self, samples: &[Complex32], mu: f64) -> Complex32 {
        let place = mu * PHASES as f64;
        let phase = (place as usize).min(PHASES - 1);
        let between = (place - phase as f64) as f32;
        let low = &self.table[phase * self.taps..][..self.taps];
        let high = &self.table[(phase + 1) * self.taps..][..self.taps];
        let mut sum = Complex32::ZERO;
        for ((sample, &a), &b) in samples.iter().zip(low).zip(high) {
            let tap = a + between * (b - a);
            sum.re += tap * sample.re;
            sum.im += tap * sample.im;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn tone(freq: f64, count: usize) -> Vec<Complex32> {
        (0..count)
            .map(|n| Complex32::cis((TAU * (freq * n as f64).fract()) as f32))
            .collect()
    }

    #[test]
    fn tones_come_out_at_their_new_frequency() {
        for ratio in [0.37, 0.999, 1.0 + 1e-4, 2.5, 7.3] {
            let freq = 0.35 * f64::min(1.0, ratio);
            let mut out = Vec::new();
            Resampler::new(ratio).process(&tone(freq, 4000), &mut out);
            let expected = tone(freq / ratio, out.len());
            for n in 200..out.len() - 200 {
                assert!((out[n] - expected[n]).norm() < 3e-3, "ratio {ratio} output {n}");
            }
        }
    }

    #[test]
    fn aliases_are_rejected() {
        let mut out = Vec::new();
        Resampler::new(0.5).process(&tone(0.35, 4000), &mut out);
        let worst = out[100..out.len() - 100]
            .iter()
            .map(|s| s.norm())
            .fold(0.0, f32::max);
        assert!(20.0 * worst.log10() < -65.0, "{worst}");
    }

    #[test]
    fn cutting_does_not_change_a_bit() {
        let input = tone(0.123, 2000);
        for ratio in [0.21, 1.7] {
            let (mut whole, mut cut) = (Vec::new(), Vec::new());
            Resampler::new(ratio).process(&input, &mut whole);
            let mut resampler = Resampler::new(ratio);
            input.chunks(3).for_each(|c| resampler.process(c, &mut cut));
            assert_eq!(whole, cut);
        }
    }
}
