//! What the pulses of a clean signal look like.

use super::MainPulse;
use crate::modulator::Modulator;
use crate::{Modulation, Pulse, SignalConfig};

/// Samples of a bit.
const SAMPLES: usize = 8;
/// Bits looked at: every row of nine comes once.
const BITS: usize = 511;

/// Moments of symbols behind the matched filter that are not all of one magnitude.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::receiver) struct Spread {
    /// Mean power over the symbol energy.
    pub power: f64,
    /// Mean square of the power over the square of the mean power.
    pub excess: f64,
}

impl Spread {
    /// All of one magnitude.
    pub const NONE: Self = Self {
        power: 1.0,
        excess: 1.0,
    };

    /// Of GMSK: interference between pulses, and the second one.
    pub fn of_gmsk(bt: f64) -> Self {
        let config = SignalConfig::new(Modulation::Gmsk, Pulse::Gaussian { bt }, 1.0, SAMPLES as f64);
        let Ok(mut modulator) = Modulator::new(&config) else {
            return Self::NONE;
        };
        let mut samples = Vec::new();
        modulator.process(&row(), &mut samples);
        let taps = MainPulse::new(bt).taps(2.0 * SAMPLES as f64);
        // A sign's pulse peaks between two bits.
        let first = modulator.first_symbol_at() as usize + SAMPLES / 2 - taps.len() / 2;
        let pulse = |k: usize| {
            let part = samples.get(first + k * SAMPLES..)?.get(..taps.len())?;
            Some(
                part.iter()
                    .zip(&taps)
                    .map(|(s, t)| s * t)
                    .sum::<crate::Complex32>(),
            )
        };
        // The phase advances by a quarter from pulse to pulse: the arm is the real part, then the imaginary one.
        let arm = |k: usize| {
            Some(if k.is_multiple_of(2) {
                pulse(k)?.im
            } else {
                pulse(k)?.re
            })
        };
        let (mut count, mut second, mut fourth) = (0.0, 0.0, 0.0);
        for (i, q) in (taps.len() / SAMPLES..).map_while(|k| Some((arm(k)?, arm(k + 1)?))) {
            let power = f64::from(i * i + q * q);
            count += 1.0;
            second += power;
            fourth += power * power;
        }
        let (second, fourth) = (second / count, fourth / count);
        Self {
            power: second / (2 * SAMPLES) as f64,
            excess: fourth / (second * second),
        }
    }
}

/// The maximum-length sequence of x^9 + x^5 + 1, and its beginning once more.
fn row() -> Vec<u8> {
    let mut register = 1_u16;
    let mut next = || {
        let bit = (register >> 8 ^ register >> 4) & 1;
        register = register << 1 & 0x1FF | bit;
        bit as u8
    };
    (0..BITS + 32).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_filters_spread_and_wide_ones_do_not() {
        for (bt, power, excess) in [
            (10.0, 1.0, 1.0),
            (0.5, 1.0, 1.0),
            (0.3, 1.002, 1.012),
            (0.25, 1.006, 1.03),
        ] {
            let spread = Spread::of_gmsk(bt);
            assert!((spread.power - power).abs() < 0.01, "{bt}: {spread:?}");
            assert!((spread.excess - excess).abs() < 0.02, "{bt}: {spread:?}");
        }
    }
}
