//! What happens to a signal between transmitter and samples: noise, offsets, drift and receiver faults.
//!
//! Everything is determined by the configuration and its seed, and independent of how the input is cut.
//! The order is that of nature: silence around the burst, the transmitter's clock, gain, frequency, Doppler
//! and phase; then noise; then the receiver's I/Q imbalance and DC.

#[cfg(test)]
mod tests;

use crate::modulator::within;
use crate::resample::Resampler;
use crate::{Complex32, ConfigError};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::f64::consts::TAU;

/// Impairments; the default has none.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelConfig {
    /// Rate of the samples, per second.
    pub sample_rate_hz: f64,
    /// Seed of the noise.
    pub seed: u64,
    /// Standard deviation of the complex noise (both parts together), see [`noise_sigma`].
    pub noise_sigma: f64,
    /// Signal gain, dB. Noise is not scaled.
    pub gain_db: f64,
    /// Frequency offset at the first sample, Hz.
    pub frequency_hz: f64,
    /// Rate of change of the frequency, Hz per second.
    pub doppler_hz_s: f64,
    /// Carrier phase at the first sample, radians.
    pub phase_rad: f64,
    /// How much faster than nominal the transmitter's clock runs, parts per million.
    pub clock_ppm: f64,
    /// Constant added to every sample.
    pub dc: Complex32,
    /// Gain of I over Q, dB.
    pub iq_gain_db: f64,
    /// Quadrature error, degrees: Q takes up the sine of this much of I.
    pub iq_phase_deg: f64,
    /// Samples of silence (noise only) before the signal.
    pub leading: u64,
    /// Samples of silence (noise only) after the signal.
    pub trailing: u64,
    /// Real samples: √2 times the real part (so the signal keeps its power), imaginary part zero. The
    /// carrier must lie at a positive frequency above the signal's half width; Es/N0 stays as configured.
    pub real_passband: bool,
}

impl ChannelConfig {
    /// A perfect channel at this sample rate.
    pub fn ideal(sample_rate_hz: f64) -> Self {
        Self {
            sample_rate_hz,
            seed: 0,
            noise_sigma: 0.0,
            gain_db: 0.0,
            frequency_hz: 0.0,
            doppler_hz_s: 0.0,
            phase_rad: 0.0,
            clock_ppm: 0.0,
            dc: Complex32::new(0.0, 0.0),
            iq_gain_db: 0.0,
            iq_phase_deg: 0.0,
            leading: 0,
            trailing: 0,
            real_passband: false,
        }
    }
}

/// Noise for a wanted Es/N0 of a signal of unit mean power: symbol energy is the number of samples per
/// symbol, and white complex noise of variance σ² has the density N0 = σ². For FM audio, whose noise is
/// real, it is the ratio that a matched filter over the symbol would give.
///
/// For Eb/N0 give the samples per information bit instead.
pub fn noise_sigma(es_n0_db: f64, samples_per_symbol: f64) -> f64 {
    (samples_per_symbol / 10f64.powf(es_n0_db / 10.0)).sqrt()
}

/// The channel as a stage: samples in, impaired samples out.
#[derive(Debug)]
pub struct Channel {
    config: ChannelConfig,
    rng: ChaCha8Rng,
    clock: Option<Resampler>,
    gain: f32,
    noise: f32,
    imbalance: (f32, f32, f32),
    sample: u64,
    started: bool,
    resampled: Vec<Complex32>,
}

impl Channel {
    /// Builds the channel.
    ///
    /// # Errors
    /// When a number is not finite or out of range: clock offset within ±100 000 ppm, gains within ±200 dB,
    /// noise not negative, I/Q phase within ±45°.
    pub fn new(config: &ChannelConfig) -> Result<Self, ConfigError> {
        within("sample_rate_hz", config.sample_rate_hz, 1e-3, 1e12)?;
        within("noise_sigma", config.noise_sigma, 0.0, 1e9)?;
        within("gain_db", config.gain_db, -200.0, 200.0)?;
        within("iq_gain_db", config.iq_gain_db, -200.0, 200.0)?;
        within("iq_phase_deg", config.iq_phase_deg, -45.0, 45.0)?;
        within(
            "frequency_hz",
            config.frequency_hz,
            -config.sample_rate_hz,
            config.sample_rate_hz,
        )?;
        within("doppler_hz_s", config.doppler_hz_s, -1e12, 1e12)?;
        within("phase_rad", config.phase_rad, -1e6, 1e6)?;
        within("clock_ppm", config.clock_ppm, -1e5, 1e5)?;
        within("dc.re", config.dc.re.into(), -1e9, 1e9)?;
        within("dc.im", config.dc.im.into(), -1e9, 1e9)?;
        let skew = config.iq_phase_deg.to_radians();
        let gain = 10f64.powf(config.gain_db / 20.0);
        let power = if config.real_passband {
            std::f64::consts::SQRT_2
        } else {
            1.0
        };
        Ok(Self {
            rng: ChaCha8Rng::seed_from_u64(config.seed),
            clock: (config.clock_ppm != 0.0).then(|| Resampler::new(1.0 / (1.0 + config.clock_ppm * 1e-6))),
            gain: (gain * power) as f32,
            noise: (config.noise_sigma * std::f64::consts::FRAC_1_SQRT_2) as f32,
            imbalance: (
                10f64.powf(config.iq_gain_db / 20.0) as f32,
                skew.sin() as f32,
                skew.cos() as f32,
            ),
            sample: 0,
            started: false,
            resampled: Vec::new(),
            config: config.clone(),
        })
    }

    /// Appends the impaired samples that are complete with these.
    pub fn process(&mut self, samples: &[Complex32], out: &mut Vec<Complex32>) {
        self.start(out);
        let Some(mut clock) = self.clock.take() else {
            self.impair(samples, out);
            return;
        };
        let mut resampled = std::mem::take(&mut self.resampled);
        clock.process(samples, &mut resampled);
        self.impair(&resampled, out);
        resampled.clear();
        self.resampled = resampled;
        self.clock = Some(clock);
    }

    /// Appends what is still inside, and the trailing silence.
    pub fn finish(&mut self, out: &mut Vec<Complex32>) {
        self.start(out);
        if let Some(mut clock) = self.clock.take() {
            let mut resampled = Vec::new();
            let ahead = clock.group_delay_samples().ceil() as usize;
            clock.process(&vec![Complex32::new(0.0, 0.0); ahead], &mut resampled);
            self.impair(&resampled, out);
            self.clock = Some(clock);
        }
        self.silence(self.config.trailing, out);
    }

    fn start(&mut self, out: &mut Vec<Complex32>) {
        if !std::mem::replace(&mut self.started, true) {
            self.silence(self.config.leading, out);
        }
    }

    fn silence(&mut self, samples: u64, out: &mut Vec<Complex32>) {
        let zeros = [Complex32::new(0.0, 0.0); 1024];
        let mut left = samples;
        while left > 0 {
            let now = left.min(zeros.len() as u64);
            self.impair(&zeros[..now as usize], out);
            left -= now;
        }
    }

    fn impair(&mut self, samples: &[Complex32], out: &mut Vec<Complex32>) {
        let rotates = self.config.frequency_hz != 0.0
            || self.config.doppler_hz_s != 0.0
            || self.config.phase_rad != 0.0;
        out.reserve(samples.len());
        for &sample in samples {
            let mut value = sample * self.gain;
            if rotates {
                value *= self.rotation();
            }
            self.sample += 1;
            if self.noise > 0.0 {
                let re: f32 = StandardNormal.sample(&mut self.rng);
                let im: f32 = StandardNormal.sample(&mut self.rng);
                value += Complex32::new(re, im) * self.noise;
            }
            out.push(self.received(value));
        }
    }

    /// Carrier rotation at the present sample.
    fn rotation(&self) -> Complex32 {
        let seconds = self.sample as f64 / self.config.sample_rate_hz;
        let cycles = (self.config.frequency_hz + 0.5 * self.config.doppler_hz_s * seconds) * seconds;
        let (sin, cos) = ((cycles - cycles.floor()) * TAU + self.config.phase_rad).sin_cos();
        Complex32::new(cos as f32, sin as f32)
    }

    /// The receiver's own faults.
    fn received(&self, value: Complex32) -> Complex32 {
        if self.config.real_passband {
            return Complex32::new(value.re + self.config.dc.re, 0.0);
        }
        let (gain, sin, cos) = self.imbalance;
        Complex32::new(gain * value.re, sin * value.re + cos * value.im) + self.config.dc
    }
}
