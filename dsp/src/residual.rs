//! Phase modulation with a residual carrier (CCSDS 401.0-B): what is sent, and how its power is shared out.

use std::f64::consts::{FRAC_PI_2, PI};

/// Modulation index of a modulator that is given none, rad.
const DEFAULT_INDEX: f64 = 1.0;

/// Phase modulation of a carrier that remains.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PmConfig {
    /// Peak phase deviation, rad. The receiver measures it and needs none; a modulator takes 1 where none is
    /// given.
    pub index_rad: Option<f64>,
    /// What carries the symbols; `None` where they modulate the carrier directly (PCM/PM).
    pub subcarrier: Option<Subcarrier>,
    /// What the carrier loop follows.
    pub loop_order: LoopOrder,
}

/// A subcarrier keyed in phase by the symbols (PCM/PSK/PM).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Subcarrier {
    /// Its frequency, Hz.
    pub frequency_hz: f64,
    /// Its shape.
    pub waveform: Waveform,
}

/// Shape of a subcarrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waveform {
    /// Sine: carrier and data share the power as Bessel functions of the index.
    Sine,
    /// Square: all power is in the carrier and the data.
    Square,
}

/// What a carrier loop follows without lasting error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoopOrder {
    /// Phase and frequency.
    Second,
    /// Phase, frequency and its rate.
    #[default]
    Third,
}

impl PmConfig {
    /// The index that a modulator takes.
    pub fn index(&self) -> f64 {
        self.index_rad.unwrap_or(DEFAULT_INDEX)
    }

    /// Index that leaves no carrier, rad: π/2, for a sine subcarrier the first zero of J0.
    pub fn largest_index(&self) -> f64 {
        if self.is_sine() {
            2.404_825_557_695_773
        } else {
            FRAC_PI_2
        }
    }

    /// Share of the total power in the data at this index: `sin² m`, for a sine subcarrier `2 J1(m)²`.
    pub fn data_share(&self, index: f64) -> f64 {
        if self.is_sine() {
            2.0 * bessel_j(1, index).powi(2)
        } else {
            index.sin().powi(2)
        }
    }

    /// Share of the total power in the carrier at this index: `cos² m`, for a sine subcarrier `J0(m)²`.
    pub fn carrier_share(&self, index: f64) -> f64 {
        if self.is_sine() {
            bessel_j(0, index).powi(2)
        } else {
            index.cos().powi(2)
        }
    }

    /// The index at which data and carrier have this ratio of powers, rad.
    pub fn index_of(&self, data_over_carrier: f64) -> f64 {
        if !self.is_sine() {
            return data_over_carrier.max(0.0).sqrt().atan();
        }
        let (mut low, mut high) = (0.0, self.largest_index());
        for _ in 0..50 {
            let middle = f64::midpoint(low, high);
            // The ratio rises with the index all the way to the largest.
            if self.data_share(middle) < data_over_carrier * self.carrier_share(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        f64::midpoint(low, high)
    }

    fn is_sine(&self) -> bool {
        self.subcarrier.is_some_and(|s| s.waveform == Waveform::Sine)
    }
}

/// Bessel function of the first kind, by its integral `1/π ∫ cos(nτ − x sin τ) dτ` over 0…π, for which the
/// trapezoidal rule converges faster than any power.
pub(crate) fn bessel_j(order: u32, x: f64) -> f64 {
    const STEPS: u32 = 48;
    let sum: f64 = (0..STEPS)
        .map(|k| {
            let tau = PI * (f64::from(k) + 0.5) / f64::from(STEPS);
            (f64::from(order) * tau - x * tau.sin()).cos()
        })
        .sum();
    sum / f64::from(STEPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(waveform: Option<Waveform>) -> PmConfig {
        PmConfig {
            subcarrier: waveform.map(|waveform| Subcarrier {
                frequency_hz: 1000.0,
                waveform,
            }),
            ..PmConfig::default()
        }
    }

    #[test]
    fn bessel_functions_match_published_values() {
        // Abramowitz and Stegun, table 9.1.
        for (order, x, value) in [
            (0, 1.0, 0.765_197_686_6),
            (0, 2.4, 0.002_507_683_3),
            (1, 1.0, 0.440_050_585_7),
            (1, 2.0, 0.576_724_807_8),
            (2, 1.0, 0.114_903_484_9),
        ] {
            assert!((bessel_j(order, x) - value).abs() < 1e-9, "J{order}({x})");
        }
    }

    #[test]
    fn the_index_follows_from_the_shares_of_power() {
        for config in [
            with(None),
            with(Some(Waveform::Sine)),
            with(Some(Waveform::Square)),
        ] {
            assert!(config.carrier_share(config.largest_index()) < 1e-20);
            for index in [0.1, 0.7, 1.2, 1.5] {
                let ratio = config.data_share(index) / config.carrier_share(index);
                assert!((config.index_of(ratio) - index).abs() < 1e-9);
            }
        }
        assert_eq!(with(None).index_of(f64::INFINITY), FRAC_PI_2);
    }
}
