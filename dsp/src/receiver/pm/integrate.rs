//! The matched filter of a rectangle: the integral of a band-limited signal between any two instants.

use crate::{Complex32, design};

/// Samples to each side of an edge that the integral depends on.
const REACH: i64 = 5;
/// Positions between two samples that the weights are tabulated at.
const PHASES: usize = 256;
/// Steps of the numerical integration between two positions of the table.
const STEPS: usize = 8;

/// Integrates over symbols. A plain sum with fractions of the samples at the edges would smooth a second time
/// what the channel filter has smoothed already, which costs 0.1 dB at eight samples a symbol.
#[derive(Debug)]
pub(super) struct Integrator {
    /// Integral of the interpolating pulse up to `k / PHASES - REACH` samples from its centre.
    table: Vec<f32>,
}

impl Integrator {
    pub fn new() -> Self {
        let beta = design::kaiser_beta(50.0);
        let pulse = |t: f64| design::sinc(t) * design::kaiser(t / REACH as f64, beta);
        let step = 1.0 / (PHASES * STEPS) as f64;
        let mut sum = 0.0;
        let mut table = vec![0.0];
        for position in 0..2 * REACH as usize * PHASES {
            for k in 0..STEPS {
                let t = ((position * STEPS + k) as f64 + 0.5) * step - REACH as f64;
                sum += pulse(t) * step;
            }
            table.push(sum);
        }
        Self {
            table: table.iter().map(|value| (value / sum) as f32).collect(),
        }
    }

    /// Mean over `length` samples around `centre`. Values beyond the ends are zero.
    pub fn mean(&self, values: &[Complex32], centre: f64, length: f64) -> Complex32 {
        let (low, high) = (centre - length / 2.0, centre + length / 2.0);
        let from = (low.floor() as i64 - REACH).max(0);
        let to = (high.ceil() as i64 + REACH).min(values.len() as i64 - 1);
        // Samples between those that an edge touches count whole.
        let inner = (low.ceil() as i64 + REACH).max(from)..(high.floor() as i64 - REACH + 1).min(to + 1);
        let mut sum = Complex32::ZERO;
        let weighted = |range: std::ops::Range<i64>| {
            let mut sum = Complex32::ZERO;
            for n in range {
                let weight = self.up_to(high - n as f64) - self.up_to(low - n as f64);
                sum += values[n as usize] * weight;
            }
            sum
        };
        if inner.start < inner.end {
            sum += weighted(from..inner.start) + weighted(inner.end..to + 1);
            sum += values[inner.start as usize..inner.end as usize]
                .iter()
                .sum::<Complex32>();
        } else {
            sum += weighted(from..to + 1);
        }
        sum * (1.0 / length) as f32
    }

    fn up_to(&self, t: f64) -> f32 {
        let place = ((t + REACH as f64) * PHASES as f64 + 0.5).max(0.0);
        self.table[(place as usize).min(self.table.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_integrated_between_the_samples() {
        let freq = 0.11;
        let values: Vec<Complex32> = (0..200)
            .map(|n| Complex32::cis((std::f64::consts::TAU * freq * f64::from(n)) as f32))
            .collect();
        let integrator = Integrator::new();
        for (centre, length) in [(100.0, 7.3), (93.27, 15.9), (80.5, 31.0), (110.61, 4.2)] {
            let expected = design::sinc(freq * length);
            let found = integrator.mean(&values, centre, length)
                * Complex32::cis((-std::f64::consts::TAU * freq * centre) as f32);
            assert!(
                (found - Complex32::new(expected as f32, 0.0)).norm() < 3e-3,
                "{found} {expected}"
            );
        }
    }

    #[test]
    fn beyond_the_ends_there_is_nothing() {
        let integrator = Integrator::new();
        for centre in [-1e9, -20.0, -3.0, 0.0, 12.0, 40.0, 1e9] {
            let found = integrator.mean(&[Complex32::ONE; 10], centre, 8.0);
            assert!(found.norm() <= 1.1, "{centre}: {found}");
        }
        assert_eq!(integrator.mean(&[], 3.0, 8.0), Complex32::ZERO);
    }
}
