//! Flat Rician fading: a steady path and many scattered ones, as in scintillation or near the horizon.

use crate::modulator::within;
use crate::{Complex32, ConfigError};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Values per cycle of the Doppler spread; between them the gain is interpolated linearly.
const GRID: f64 = 64.0;
/// The filter's taps end where they are this small.
const SMALLEST_TAP: f64 = 1e-4;

/// Flat Rician fading of unit mean power.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fading {
    /// Power of the steady path over that of the scattered ones, dB; −100 for Rayleigh fading.
    pub k_db: f64,
    /// Standard deviation of the scattered paths' Doppler spectrum, which is Gaussian, Hz. The scattered gain is
    /// correlated by `exp(-2 (π spread τ)²)` over a time τ.
    pub spread_hz: f64,
}

/// The gain over time.
#[derive(Debug)]
pub(super) struct Fader {
    rng: ChaCha8Rng,
    taps: Vec<f32>,
    /// White noise under the taps, newest last.
    noise: Vec<Complex32>,
    steady: f32,
    /// Samples from one value of the grid to the next, and how many of them are done.
    factor: u32,
    done: u32,
    values: [Complex32; 2],
}

impl Fader {
    pub fn new(config: &Fading, sample_rate_hz: f64, mut rng: ChaCha8Rng) -> Result<Self, ConfigError> {
        within("fading.k_db", config.k_db, -100.0, 100.0)?;
        let fastest = sample_rate_hz / GRID;
        within("fading.spread_hz", config.spread_hz, fastest / 1e8, fastest)?;
        let factor = (fastest / config.spread_hz).floor().max(1.0);
        let relative = config.spread_hz * factor / sample_rate_hz;
        let exponent = (2.0 * PI * relative).powi(2);
        let half = (-SMALLEST_TAP.ln() / exponent).sqrt().ceil() as i32;
        let shape: Vec<f64> = (-half..=half)
            .map(|n| (-exponent * f64::from(n * n)).exp())
            .collect();
        let k = 10f64.powf(config.k_db / 10.0);
        let energy: f64 = shape.iter().map(|tap| tap * tap).sum();
        let scattered = (1.0 / (1.0 + k) / energy).sqrt();
        let taps: Vec<f32> = shape.iter().map(|tap| (tap * scattered) as f32).collect();
        let noise = taps.iter().map(|_| white(&mut rng)).collect();
        let mut fader = Self {
            rng,
            taps,
            noise,
            steady: (k / (1.0 + k)).sqrt() as f32,
            factor: factor as u32,
            done: 0,
            values: [Complex32::ZERO; 2],
        };
        fader.values = [fader.value(), fader.value()];
        Ok(fader)
    }

    /// Gain of the next sample.
    pub fn next(&mut self) -> Complex32 {
        let between = self.done as f32 / self.factor as f32;
        let gain = self.values[0] + (self.values[1] - self.values[0]) * between;
        self.done += 1;
        if self.done == self.factor {
            self.done = 0;
            self.values = [self.values[1], self.value()];
        }
        gain
    }

    /// The next value of the grid.
    fn value(&mut self) -> Complex32 {
        let scattered: Complex32 = self.noise.iter().zip(&self.taps).map(|(n, tap)| n * tap).sum();
        self.noise.rotate_left(1);
        if let Some(newest) = self.noise.last_mut() {
            *newest = white(&mut self.rng);
        }
        scattered + self.steady
    }
}

/// Complex noise of unit power.
fn white(rng: &mut ChaCha8Rng) -> Complex32 {
    let part = |rng: &mut ChaCha8Rng| {
        let normal: f64 = StandardNormal.sample(rng);
        (normal * FRAC_1_SQRT_2) as f32
    };
    let re = part(rng);
    Complex32::new(re, part(rng))
}
