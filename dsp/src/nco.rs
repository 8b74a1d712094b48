//! Numerically controlled oscillator and mixer.

use num_complex::{Complex32, Complex64};
use std::f64::consts::TAU;

/// Samples that share one exactly computed phasor.
const BLOCK: usize = 64;

/// Oscillator with a 64-bit phase: frequency resolution 5e-20 cycles per sample, no drift however long it runs.
///
/// The phasor is computed exactly every 64 samples of the stream and turned by a table between, so that no
/// rounding accumulates and the output does not depend on how calls cut the stream.
#[derive(Debug, Clone)]
pub struct Nco {
    step: u64,
    phase: u64,
    table: Vec<Complex32>,
    anchor: Complex32,
    position: usize,
}

impl Nco {
    /// An oscillator at this frequency (positive turns counter-clockwise), starting at phase zero.
    pub fn new(freq_cycles_per_sample: f64) -> Self {
        let step = turns(freq_cycles_per_sample);
        let table = (0..BLOCK as u64).map(|k| phasor(step.wrapping_mul(k))).collect();
        Self {
            step,
            phase: 0,
            table,
            anchor: Complex32::ONE,
            position: 0,
        }
    }

    /// Multiplies the samples by the oscillator.
    pub fn mix(&mut self, samples: &mut [Complex32]) {
        let mut rest = samples;
        while !rest.is_empty() {
            if self.position == BLOCK {
                self.phase = self.phase.wrapping_add(self.step.wrapping_mul(BLOCK as u64));
                self.anchor = phasor(self.phase);
                self.position = 0;
            }
            let count = rest.len().min(BLOCK - self.position);
            let (head, tail) = rest.split_at_mut(count);
            turn(
                head,
                &self.table[self.position..self.position + count],
                self.anchor,
            );
            self.position += count;
            rest = tail;
        }
    }

    /// Starts again at phase zero.
    pub fn reset(&mut self) {
        self.phase = 0;
        self.anchor = Complex32::ONE;
        self.position = 0;
    }
}

/// 2^64.
pub(crate) const TURN: f64 = 18_446_744_073_709_551_616.0;

/// A frequency or phase in turns as a 64-bit fraction of a turn.
pub(crate) fn turns(value: f64) -> u64 {
    let fraction = value - value.floor();
    // 2^64 is out of range of the upper half in one step; the cast saturates just below a whole turn.
    (fraction * TURN) as u64
}

fn phasor(phase: u64) -> Complex32 {
    let angle = phase as f64 / TURN * TAU;
    let exact = Complex64::cis(angle);
    Complex32::new(exact.re as f32, exact.im as f32)
}

#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn turn(samples: &mut [Complex32], table: &[Complex32], anchor: Complex32) {
    for (sample, &step) in samples.iter_mut().zip(table) {
        let re = anchor.re * step.re - anchor.im * step.im;
        let im = anchor.re * step.im + anchor.im * step.re;
        *sample = Complex32::new(sample.re * re - sample.im * im, sample.re * im + sample.im * re);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustfft::FftPlanner;

    #[test]
    fn spurious_free_range_exceeds_120_db() {
        let size = 4096;
        let bin = 1234;
        let mut x = vec![Complex32::ONE; size];
        Nco::new(bin as f64 / size as f64).mix(&mut x);
        let mut wide: Vec<Complex64> = x
            .iter()
            .map(|s| Complex64::new(f64::from(s.re), f64::from(s.im)))
            .collect();
        FftPlanner::new().plan_fft_forward(size).process(&mut wide);
        let power: Vec<f64> = wide.iter().map(Complex64::norm_sqr).collect();
        let spur = (0..size)
            .filter(|&k| k != bin)
            .map(|k| power[k])
            .fold(0.0, f64::max);
        let range = 10.0 * (power[bin] / spur).log10();
        assert!(range > 120.0, "{range} dB");
    }

    #[test]
    fn phase_is_exact_after_ten_thousand_million_samples() {
        let freq = 0.1 + 1e-9;
        let mut nco = Nco::new(freq);
        let blocks = 10_000_000_000_u64 / BLOCK as u64;
        nco.phase = nco.step.wrapping_mul((blocks - 1) * BLOCK as u64);
        nco.position = BLOCK;
        let mut x = [Complex32::ONE];
        nco.mix(&mut x);
        // 1e10 · 0.1 is whole, 1e10 · 1e-9 is ten turns: the phase is back at zero.
        let angle = x[0].arg();
        assert!(angle.abs() < 1e-5, "{angle}");
    }

    #[test]
    fn cutting_does_not_change_a_bit() {
        let input: Vec<Complex32> = (0..1000).map(|k| Complex32::new(k as f32, -(k as f32))).collect();
        let mut whole = input.clone();
        Nco::new(-0.123_456).mix(&mut whole);
        let mut cut = input;
        let mut nco = Nco::new(-0.123_456);
        cut.chunks_mut(7).for_each(|c| nco.mix(c));
        assert_eq!(whole, cut);
    }
}
