//! How far received symbols lie from the points that were sent: error vector magnitude and carrier phase error.

use crate::{Complex32, Modulation};
use std::f32::consts::FRAC_1_SQRT_2;

/// Of so many symbols one is measured.
const EVERY: usize = 4;
/// Part of the sums that is kept from stretch to stretch.
const KEPT: f64 = 0.9;
/// Es/N0 of BPSK, as a ratio, from which on wrong decisions are so rare (1 %) that they do not matter.
const ENOUGH: f64 = 2.7;

/// How good symbols are, by the distance to the points nearest to them. Averaged over some 5000 symbols.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SymbolQuality {
    /// Error vector magnitude: root mean square of the distance over that of the points. Noise alone makes it
    /// `1 / sqrt(Es/N0)`.
    pub evm: f32,
    /// Root mean square of the carrier phase's error, rad: what carrier recovery has not taken off. From the spread
    /// across the points beyond that along them, so that white noise does not add to it.
    pub phase_error_rad: f32,
}

/// Measures the symbols of a receiver with `order` points on a circle.
#[derive(Debug)]
pub(super) struct QualityMeter {
    order: usize,
    /// Sums over symbols turned to the real axis: count, real part, its square, square of the imaginary part.
    sums: [f64; 4],
}

impl QualityMeter {
    /// A meter of this modulation; `None` where its points do not lie evenly on a circle.
    pub fn new(modulation: Modulation) -> Option<Self> {
        let order = match modulation {
            Modulation::Bpsk | Modulation::Dbpsk | Modulation::Pm(_) => 2,
            Modulation::Qpsk | Modulation::Oqpsk | Modulation::Dqpsk | Modulation::Pi4Dqpsk => 4,
            Modulation::Psk8 => 8,
            _ => return None,
        };
        Some(Self {
            order,
            sums: [0.0; 4],
        })
    }

    /// The symbols that follow do not continue those before.
    pub fn restart(&mut self) {
        self.sums = [0.0; 4];
    }

    /// Takes symbols at this Es/N0 (as a ratio); `None` where that is too low to decide which points were sent.
    pub fn take(&mut self, symbols: &[Complex32], es_n0: f64) -> Option<SymbolQuality> {
        let side = (std::f64::consts::PI / self.order as f64).sin();
        if es_n0 * side * side < ENOUGH {
            self.restart();
            return None;
        }
        let mut sums = [0.0_f32; 4];
        for &symbol in symbols.iter().step_by(EVERY) {
            let turned = symbol * self.nearest(symbol).conj();
            sums[0] += 1.0;
            sums[1] += turned.re;
            sums[2] += turned.re * turned.re;
            sums[3] += turned.im * turned.im;
        }
        for (sum, new) in self.sums.iter_mut().zip(sums) {
            *sum = KEPT * *sum + f64::from(new);
        }
        self.quality()
    }

    fn quality(&mut self) -> Option<SymbolQuality> {
        let [count, re, re_square, im_square] = self.sums;
        let mean = re / count;
        let power = mean * mean;
        let (along, across) = (re_square / count - power, im_square / count);
        let (error, turned) = ((along + across) / power, (across - along) / power);
        if !(error.is_finite() && turned.is_finite()) {
            self.restart();
            return None;
        }
        Some(SymbolQuality {
            evm: error.max(0.0).sqrt() as f32,
            phase_error_rad: turned.max(0.0).sqrt() as f32,
        })
    }

    /// The point nearest to a symbol.
    fn nearest(&self, symbol: Complex32) -> Complex32 {
        /// Tangent of π/8.
        const EIGHTH: f32 = 0.414_213_57;
        let Complex32 { re, im } = symbol;
        let sign = |value: f32| 1.0_f32.copysign(value);
        match self.order {
            2 => Complex32::new(sign(re), 0.0),
            8 if im.abs() < EIGHTH * re.abs() => Complex32::new(sign(re), 0.0),
            8 if re.abs() < EIGHTH * im.abs() => Complex32::new(0.0, sign(im)),
            _ => Complex32::new(sign(re), sign(im)) * FRAC_1_SQRT_2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    /// Quality of 20 000 symbols with this noise and phase error.
    fn measured(modulation: Modulation, es_n0_db: f64, phase_error: f64) -> Option<SymbolQuality> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut meter = QualityMeter::new(modulation).unwrap();
        let es_n0 = 10f64.powf(es_n0_db / 10.0);
        let step = std::f64::consts::TAU / meter.order as f64;
        let first = if meter.order == 4 { step / 2.0 } else { 0.0 };
        let mut found = None;
        for _ in 0..40 {
            let symbols: Vec<Complex32> = (0..2048)
                .map(|_| {
                    let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
                    let (angle, re, im) = (phase_error * normal(), normal(), normal());
                    let point = f64::from(rng.random_range(0..meter.order as u32)) * step + first;
                    let noise = Complex32::new(re as f32, im as f32) * (0.5 / es_n0).sqrt() as f32;
                    // Any amplitude will do.
                    (Complex32::cis((point + angle) as f32) + noise) * 3.0
                })
                .collect();
            found = meter.take(&symbols, es_n0);
        }
        found
    }

    #[test]
    fn phase_error_and_noise_are_told_apart() {
        for (modulation, es_n0_db) in [
            (Modulation::Bpsk, 8.0),
            (Modulation::Qpsk, 14.0),
            (Modulation::Psk8, 20.0),
        ] {
            for degrees in [0.0_f64, 3.0, 6.0] {
                let error = degrees.to_radians();
                let found = measured(modulation, es_n0_db, error).unwrap();
                let expected = (10f64.powf(-es_n0_db / 10.0) + error * error).sqrt();
                let evm = f64::from(found.evm) / expected;
                assert!((evm - 1.0).abs() < 0.03, "{modulation:?} {degrees}: {found:?}");
                let phase = f64::from(found.phase_error_rad).to_degrees();
                // What remains of noise goes up with it, and down with the error that it adds to.
                let blur = 1.5 * 10f64.powf((8.0 - es_n0_db) / 20.0);
                let within = if degrees == 0.0 { 2.0 * blur } else { blur };
                assert!(
                    (phase - degrees).abs() < within,
                    "{modulation:?} {degrees}: {phase}"
                );
            }
        }
    }

    #[test]
    fn nothing_is_said_where_decisions_are_wrong() {
        assert_eq!(measured(Modulation::Bpsk, 3.0, 0.0), None);
        assert_eq!(measured(Modulation::Psk8, 10.0, 0.0), None);
        assert!(QualityMeter::new(Modulation::Uqpsk).is_none());
        let mut meter = QualityMeter::new(Modulation::Bpsk).unwrap();
        assert_eq!(meter.take(&[], 100.0), None);
        assert_eq!(meter.take(&[Complex32::new(f32::NAN, 0.0)], 100.0), None);
    }
}
