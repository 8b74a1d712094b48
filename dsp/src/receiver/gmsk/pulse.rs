//! Laurent's main pulse.

use crate::modulator::{gaussian_phase, gaussian_sigma};
use std::f64::consts::FRAC_PI_2;

/// Deviations of the Gaussian filter behind which its frequency pulse has ended.
const SPAN: f64 = 3.6;
/// Steps of a bit in which pulses are integrated.
const STEPS: i32 = 64;

/// The pulse that, linearly modulated, makes nearly all of GMSK (P. A. Laurent, IEEE Trans. Commun. 34, 1986): of index
/// 1/2, with a frequency pulse cut off at a whole number of bits. Time here counts OQPSK symbols of two bits.
#[derive(Debug, Clone, Copy)]
pub(in crate::receiver) struct MainPulse {
    sigma: f64,
    /// Length of the frequency pulse, in bits. The main pulse is a bit longer.
    length: i32,
}

impl MainPulse {
    /// Of this bandwidth-time product.
    pub fn new(bt: f64) -> Self {
        let sigma = gaussian_sigma(bt);
        Self {
            sigma,
            length: (1.0 + 2.0 * SPAN * sigma).round().max(2.0) as i32,
        }
    }

    /// Its value so many bits from the centre.
    fn at(&self, t: f64) -> f64 {
        let length = f64::from(self.length);
        let phase = |t: f64| {
            if t < length {
                gaussian_phase(t - length / 2.0, self.sigma)
            } else {
                1.0 - gaussian_phase(t - 1.5 * length, self.sigma)
            }
        };
        let begin = f64::midpoint(length, 1.0) + t;
        if !(0.0..=length + 1.0).contains(&begin) {
            return 0.0;
        }
        (0..self.length)
            .map(|i| (FRAC_PI_2 * phase(begin + f64::from(i))).sin())
            .product()
    }

    /// Sampled, of unit energy.
    pub fn taps(&self, samples_per_symbol: f64) -> Vec<f32> {
        let per_bit = samples_per_symbol / 2.0;
        let half = (f64::from(self.length + 1) / 2.0 * per_bit) as i32;
        let taps: Vec<f64> = (-half..=half).map(|n| self.at(f64::from(n) / per_bit)).collect();
        let energy: f64 = taps.iter().map(|tap| tap * tap).sum();
        taps.iter().map(|tap| (tap / energy.sqrt()) as f32).collect()
    }

    /// What the filter matched to it answers to it, so many symbols away; 1 at the centre.
    pub fn response(&self, t: f64) -> f64 {
        let overlap = |shift: f64| {
            let half = (self.length + 1) * STEPS / 2;
            (-half..=half)
                .map(|n| f64::from(n) / f64::from(STEPS))
                .map(|u| self.at(u) * self.at(u + shift))
                .sum::<f64>()
        };
        overlap(2.0 * t) / overlap(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_filter_leaves_half_a_sine_over_two_bits() {
        let pulse = MainPulse::new(10.0);
        for n in -10..=10 {
            let t = f64::from(n) / 10.0;
            assert!((pulse.at(t) - (FRAC_PI_2 * t).cos()).abs() < 0.01, "{t}");
        }
        // 1/π half a symbol away, as of minimum-shift keying.
        assert!((pulse.response(0.5) - std::f64::consts::FRAC_1_PI).abs() < 0.01);
    }

    #[test]
    fn pulses_are_symmetric_and_of_the_known_interference() {
        // By numerical integration of the decomposition, to four places.
        for (bt, half, whole) in [
            (0.5, 0.4110, 0.0152),
            (0.3, 0.5146, 0.0571),
            (0.25, 0.5608, 0.0864),
        ] {
            let pulse = MainPulse::new(bt);
            assert!((pulse.response(0.5) - half).abs() < 5e-4, "{bt}");
            assert!((pulse.response(1.0) - whole).abs() < 5e-4, "{bt}");
            let taps = pulse.taps(7.3);
            for (tap, mirrored) in taps.iter().zip(taps.iter().rev()) {
                assert!((tap - mirrored).abs() < 1e-6);
            }
        }
    }
}
