//! Phase noise of a free-running oscillator: a random walk of the phase.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::f64::consts::TAU;

/// Linewidth (Hz) of an oscillator whose phase noise is `level_dbc_hz` at `offset_hz` from the carrier.
///
/// A phase that walks at random has a Lorentzian line of full width Δν at half its height; far outside it the level
/// is `Δν / (2π f²)` and falls by 20 dB a decade (A. Demir et al., Phase noise in oscillators, IEEE Trans.
/// Circuits Syst. I 47, 2000).
pub fn linewidth_hz(level_dbc_hz: f64, offset_hz: f64) -> f64 {
    TAU * offset_hz * offset_hz * 10f64.powf(level_dbc_hz / 10.0)
}

/// The walking phase.
#[derive(Debug)]
pub(super) struct PhaseNoise {
    rng: ChaCha8Rng,
    /// Standard deviation of a sample's step, rad.
    step: f64,
    phase: f64,
}

impl PhaseNoise {
    /// After time t the phase has the variance `2π Δν t`.
    pub fn new(linewidth_hz: f64, sample_rate_hz: f64, rng: ChaCha8Rng) -> Self {
        Self {
            rng,
            step: (TAU * linewidth_hz / sample_rate_hz).sqrt(),
            phase: 0.0,
        }
    }

    /// Phase of the next sample, rad.
    pub fn next(&mut self) -> f64 {
        let normal: f64 = StandardNormal.sample(&mut self.rng);
        self.phase = (self.phase + self.step * normal) % TAU;
        self.phase
    }
}
