//! Symbols to soft bits: log-likelihood ratios from the estimated amplitude and noise.

use crate::{Complex32, Modulation, SoftBatch};

/// Signal and noise power of symbols.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Levels {
    /// Energy of a symbol.
    pub signal: f64,
    /// Noise power in both dimensions together, in the same unit.
    pub noise: f64,
}

impl Levels {
    /// Tells signal from noise by the second and fourth moments (D. R. Pauluzzi and N. C. Beaulieu, 2000:
    /// M2M4); the phase of the symbols does not matter.
    pub fn from_moments(symbols: impl Iterator<Item = Complex32>) -> Self {
        let (mut count, mut second, mut fourth) = (0.0_f64, 0.0_f64, 0.0_f64);
        for symbol in symbols {
            let power = f64::from(symbol.norm_sqr());
            count += 1.0;
            second += power;
            fourth += power * power;
        }
        let (second, fourth) = (second / count, fourth / count);
        Self::split(second, (2.0 * second * second - fourth).max(0.0).sqrt())
    }

    /// Levels of BPSK symbols, given the sum of their squares along the carrier's phase, to which signal
    /// adds and noise does not.
    pub fn from_squares(symbols: &[Complex32], signal: f64) -> Self {
        let count = symbols.len() as f64;
        let total: f64 = symbols.iter().map(|s| f64::from(s.norm_sqr())).sum();
        Self::split(total / count, signal / count)
    }

    fn split(total: f64, signal: f64) -> Self {
        let signal = signal.clamp(0.02 * total, 0.9999 * total);
        Self {
            signal,
            noise: total - signal,
        }
    }

    /// Follows a new measurement.
    pub fn follow(&mut self, new: Self, gain: f64) {
        self.signal += gain * (new.signal - self.signal);
        self.noise += gain * (new.noise - self.noise);
    }

    /// Symbol energy over noise density.
    pub fn es_n0(self) -> f64 {
        if self.noise > 0.0 {
            self.signal / self.noise
        } else {
            0.0
        }
    }

    /// Soft bit of a unit of amplitude: the log-likelihood ratio `4 a x / N` in units of
    /// [`SoftBatch::LLR_UNIT`], `a` being the amplitude on one axis.
    pub fn soft_per_amplitude(self, modulation: Modulation) -> f32 {
        let axes = if modulation == Modulation::Bpsk { 1.0 } else { 2.0 };
        if self.noise > 0.0 {
            (4.0 * (self.signal / axes).sqrt() / self.noise) as f32 / SoftBatch::LLR_UNIT
        } else {
            0.0
        }
    }
}

/// Appends the soft bits of symbols, I before Q.
pub(super) fn demap(modulation: Modulation, symbols: &[Complex32], scale: f32, out: &mut Vec<i8>) {
    let start = out.len();
    if modulation == Modulation::Bpsk {
        out.resize(start + symbols.len(), 0);
        for (bit, symbol) in out[start..].iter_mut().zip(symbols) {
            *bit = soft(symbol.re * scale);
        }
    } else {
        out.resize(start + 2 * symbols.len(), 0);
        for (bits, symbol) in out[start..].chunks_exact_mut(2).zip(symbols) {
            bits[0] = soft(symbol.re * scale);
            bits[1] = soft(symbol.im * scale);
        }
    }
}

/// Rounds and saturates.
fn soft(value: f32) -> i8 {
    let value = value.clamp(-127.0, 127.0);
    (value + 0.5_f32.copysign(value)) as i8
}
