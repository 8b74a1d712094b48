//! Levels and noise of a set of symbol values.

use crate::modulator::erf;
use std::f64::consts::{FRAC_2_PI, LN_2, SQRT_2};

/// The two levels of a binary signal and the noise on them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Eye {
    /// Middle between the levels.
    pub(super) middle: f64,
    /// Half the distance of the levels.
    pub(super) amplitude: f64,
    /// Standard deviation around them.
    pub(super) noise: f64,
}

impl Eye {
    /// Power ratio of amplitude and noise.
    pub(super) fn ratio(&self) -> f64 {
        if self.noise > 0.0 {
            (self.amplitude / self.noise).powi(2).min(1e4)
        } else {
            0.0
        }
    }

    /// Noise power; a faultless eye is taken for one of 40 dB.
    fn noise_power(&self) -> f64 {
        (self.noise * self.noise)
            .max(1e-4 * self.amplitude * self.amplitude)
            .max(1e-30)
    }

    /// Log-likelihood ratio of a value: twice amplitude times distance over the noise power.
    pub(super) fn likelihood(&self, value: f64) -> f64 {
        2.0 * self.amplitude / self.noise_power() * (value - self.middle)
    }
}

/// Whether values are those of a signal with a known eye, or of something else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence {
    eye: Eye,
    count: f64,
    /// Sum of squared distances from the nearer level.
    spread: f64,
    /// Log-likelihood of two levels in noise against that noise alone.
    levels: f64,
}

impl Evidence {
    pub(super) fn new(eye: Eye) -> Self {
        Self {
            eye,
            count: 0.0,
            spread: 0.0,
            levels: 0.0,
        }
    }

    pub(super) fn add(&mut self, value: f64) {
        let distance = (value - self.eye.middle).abs();
        self.count += 1.0;
        self.spread += (distance - self.eye.amplitude).powi(2);
        let turn = 0.5 * self.eye.likelihood(value).abs();
        // ln cosh, without overflow.
        self.levels += turn + (-2.0 * turn).exp().ln_1p() - LN_2 - 0.5 * self.eye.ratio();
    }

    /// Of a signal: likelier than the noise that it has, and near its levels, which noise of another kind (that of a
    /// discriminator without a carrier) is not. The limit on the distances, twice and more what a signal of power ratio
    /// `clearest` has, leaves room for their scatter over 64 symbols, and for a fade where the signal was strong.
    pub(super) fn of_signal(&self, clearest: f64) -> bool {
        let power = self.eye.amplitude.powi(2);
        let limit = power * (0.2 + 0.9 / clearest.max(self.eye.ratio()).max(0.1));
        self.levels > 0.0 && self.spread <= limit * self.count
    }
}

/// Measures the eye. Both levels must occur: with less than a thirtieth of the symbols on one side the
/// result is `None`, because the middle is then unknown. `sorted` is scratch.
pub(super) fn measure(values: &[f32], sorted: &mut Vec<f32>) -> Option<Eye> {
    if values.len() < 32 {
        return None;
    }
    sorted.clear();
    sorted.extend_from_slice(values);
    sorted.sort_unstable_by(f32::total_cmp);
    let tenth = sorted.len() / 10;
    let mut middle = f64::from(sorted[tenth] + sorted[sorted.len() - 1 - tenth]) / 2.0;
    let mut levels = (0.0, 0.0);
    for _ in 0..4 {
        let split = sorted.partition_point(|&v| f64::from(v) < middle);
        let few = split.min(sorted.len() - split);
        if few * 30 < sorted.len() {
            return None;
        }
        levels = (mean(&sorted[..split]), mean(&sorted[split..]));
        middle = f64::midpoint(levels.0, levels.1);
    }
    let apparent = (levels.1 - levels.0) / 2.0;
    let power = sorted
        .iter()
        .map(|&v| (f64::from(v) - middle).powi(2))
        .sum::<f64>()
        / sorted.len() as f64;
    let amplitude = true_amplitude(apparent, power);
    Some(Eye {
        middle,
        amplitude,
        noise: (power - amplitude * amplitude).max(0.0).sqrt(),
    })
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64
}

/// The mean of |amplitude + noise| exceeds the amplitude when noise crosses the middle: solves for the
/// amplitude that, with the total power, gives the apparent one (folded normal distribution). Noise alone
/// comes out with an amplitude near zero.
fn true_amplitude(apparent: f64, power: f64) -> f64 {
    let folded = |amplitude: f64| {
        let noise = (power - amplitude * amplitude).max(0.0).sqrt().max(1e-12);
        let ratio = amplitude / noise;
        amplitude * erf(ratio / SQRT_2) + noise * FRAC_2_PI.sqrt() * (-0.5 * ratio * ratio).exp()
    };
    let (mut low, mut high) = (0.0, power.sqrt());
    for _ in 0..30 {
        let guess = f64::midpoint(low, high);
        if folded(guess) < apparent {
            low = guess;
        } else {
            high = guess;
        }
    }
    f64::midpoint(low, high)
}
