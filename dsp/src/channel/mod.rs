//! What happens to a signal between transmitter and samples: noise, offsets, drift, fading, other signals and
//! receiver faults.
//!
//! Everything is determined by the configuration and its seed, and independent of how the input is cut.
//! The order is that of nature: silence around the burst; the transmitter's clock, with what motion does to it; gain,
//! frequency, Doppler, phase and its noise; fading; other signals; then noise; then the receiver's I/Q imbalance, DC and
//! converter. Each of them draws from a sequence of its own, so that none changes the others.

mod doppler;
mod fading;
mod interferer;
mod phase_noise;
mod quantiser;
#[cfg(test)]
mod tests;

pub use doppler::{Course, Doppler};
pub use fading::Fading;
pub use interferer::Interferer;
pub use phase_noise::linewidth_hz;
pub use quantiser::Quantiser;

use crate::modulator::within;
use crate::resample::Resampler;
use crate::{Complex32, ConfigError};
use doppler::Motion;
use fading::Fader;
use interferer::Interference;
use phase_noise::PhaseNoise;
use quantiser::Converter;
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
    /// Motion of the transmitter, beside the two above.
    pub doppler: Option<Doppler>,
    /// Carrier phase at the first sample, radians.
    pub phase_rad: f64,
    /// Linewidth of the carrier, Hz: its phase walks at random by a variance of `2π` times this per second. See
    /// [`linewidth_hz`] for what it is as a level beside the carrier.
    pub linewidth_hz: f64,
    /// How much faster than nominal the transmitter's clock runs, parts per million.
    pub clock_ppm: f64,
    /// Fading of the signal.
    pub fading: Option<Fading>,
    /// Other signals, from the first sample to the last.
    pub interferers: Vec<Interferer>,
    /// Constant added to every sample.
    pub dc: Complex32,
    /// Gain of I over Q, dB.
    pub iq_gain_db: f64,
    /// Quadrature error, degrees: Q takes up the sine of this much of I.
    pub iq_phase_deg: f64,
    /// Converter that the samples come from.
    pub quantiser: Option<Quantiser>,
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
            doppler: None,
            phase_rad: 0.0,
            linewidth_hz: 0.0,
            clock_ppm: 0.0,
            fading: None,
            interferers: Vec::new(),
            dc: Complex32::new(0.0, 0.0),
            iq_gain_db: 0.0,
            iq_phase_deg: 0.0,
            quantiser: None,
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

/// Sequences of random numbers that are drawn from one seed.
#[derive(Debug, Clone, Copy)]
enum Draw {
    Noise = 0,
    Phase,
    Fading,
    /// The first of as many as there are interferers.
    Interferers,
}

fn random(seed: u64, draw: Draw, number: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(draw as u64 + number as u64);
    rng
}

/// The channel as a stage: samples in, impaired samples out.
#[derive(Debug)]
pub struct Channel {
    config: ChannelConfig,
    rng: ChaCha8Rng,
    clock: Option<Resampler>,
    motion: Option<Motion>,
    phase_noise: Option<PhaseNoise>,
    fader: Option<Fader>,
    interference: Vec<Interference>,
    converter: Option<Converter>,
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
    /// When a number is not finite or out of range: clock offset within ±100 000 ppm, gains within ±200 dB, I/Q
    /// phase within ±45°, noise and linewidth not negative, a Doppler offset of at most a tenth of the carrier, fading
    /// slower than a 64th of the sample rate, interferers within the band, 1 to 24 bits.
    pub fn new(config: &ChannelConfig) -> Result<Self, ConfigError> {
        check(config)?;
        let rate = config.sample_rate_hz;
        let skew = config.iq_phase_deg.to_radians();
        let gain = 10f64.powf(config.gain_db / 20.0)
            * if config.real_passband {
                std::f64::consts::SQRT_2
            } else {
                1.0
            };
        let motion = config.doppler.as_ref().map(Motion::new).transpose()?;
        let clock_moves = config.clock_ppm != 0.0 || motion.as_ref().is_some_and(Motion::moves_clock);
        let interferers = config.interferers.iter().enumerate();
        let interference = interferers.map(|(number, interferer)| {
            let rng = random(config.seed, Draw::Interferers, number);
            Interference::new(interferer, rate, gain, rng)
        });
        let fader = |fading| Fader::new(fading, rate, random(config.seed, Draw::Fading, 0));
        Ok(Self {
            rng: random(config.seed, Draw::Noise, 0),
            clock: clock_moves.then(|| Resampler::new(1.0 / (1.0 + config.clock_ppm * 1e-6))),
            motion,
            phase_noise: (config.linewidth_hz > 0.0)
                .then(|| PhaseNoise::new(config.linewidth_hz, rate, random(config.seed, Draw::Phase, 0))),
            fader: config.fading.as_ref().map(fader).transpose()?,
            interference: interference.collect::<Result<_, _>>()?,
            converter: config.quantiser.as_ref().map(Converter::new).transpose()?,
            gain: gain as f32,
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

    /// Samples that the converter has clipped so far.
    pub fn clipped(&self) -> u64 {
        self.converter.as_ref().map_or(0, |converter| converter.clipped)
    }

    /// Appends the impaired samples that are complete with these.
    pub fn process(&mut self, samples: &[Complex32], out: &mut Vec<Complex32>) {
        self.start(out);
        let Some(mut clock) = self.clock.take() else {
            self.impair(samples, out);
            return;
        };
        let mut resampled = std::mem::take(&mut self.resampled);
        self.run_clock(&mut clock, samples, &mut resampled);
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
            self.run_clock(&mut clock, &vec![Complex32::ZERO; ahead], &mut resampled);
            self.impair(&resampled, out);
            self.clock = Some(clock);
        }
        self.silence(self.config.trailing, out);
    }

    /// Samples as they come with the transmitter's clock and motion.
    fn run_clock(&self, clock: &mut Resampler, samples: &[Complex32], out: &mut Vec<Complex32>) {
        let Some(motion) = self.motion.as_ref().filter(|motion| motion.moves_clock()) else {
            clock.process(samples, out);
            return;
        };
        let rate = self.config.sample_rate_hz;
        let speed = 1.0 + self.config.clock_ppm * 1e-6;
        let ahead = |n: u64| {
            motion
                .ahead_s((self.config.leading + n) as f64 / rate)
                .unwrap_or(0.0)
        };
        let before = ahead(0);
        clock.process_at(samples, |n| (n as f64 + rate * (ahead(n) - before)) * speed, out);
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
            || self.config.phase_rad != 0.0
            || self.motion.is_some()
            || self.phase_noise.is_some();
        out.reserve(samples.len());
        for &sample in samples {
            let mut value = sample * self.gain;
            if rotates {
                value *= self.rotation();
            }
            self.sample += 1;
            if let Some(fader) = &mut self.fader {
                value *= fader.next();
            }
            for interference in &mut self.interference {
                value += interference.next();
            }
            if self.noise > 0.0 {
                let re: f32 = StandardNormal.sample(&mut self.rng);
                let im: f32 = StandardNormal.sample(&mut self.rng);
                value += Complex32::new(re, im) * self.noise;
            }
            let received = self.received(value);
            out.push(received);
        }
    }

    /// Carrier rotation at the present sample.
    fn rotation(&mut self) -> Complex32 {
        let seconds = self.sample as f64 / self.config.sample_rate_hz;
        let mut cycles = (self.config.frequency_hz + 0.5 * self.config.doppler_hz_s * seconds) * seconds;
        if let Some(motion) = &self.motion {
            cycles += motion.cycles(seconds);
        }
        let mut phase = self.config.phase_rad;
        if let Some(noise) = &mut self.phase_noise {
            phase += noise.next();
        }
        let (sin, cos) = ((cycles - cycles.floor()) * TAU + phase).sin_cos();
        Complex32::new(cos as f32, sin as f32)
    }

    /// The receiver's own faults.
    fn received(&mut self, value: Complex32) -> Complex32 {
        let analogue = if self.config.real_passband {
            Complex32::new(value.re + self.config.dc.re, 0.0)
        } else {
            let (gain, sin, cos) = self.imbalance;
            Complex32::new(gain * value.re, sin * value.re + cos * value.im) + self.config.dc
        };
        match &mut self.converter {
            None => analogue,
            Some(converter) if self.config.real_passband => {
                Complex32::new(converter.convert(analogue).re, 0.0)
            }
            Some(converter) => converter.convert(analogue),
        }
    }
}

fn check(config: &ChannelConfig) -> Result<(), ConfigError> {
    let rate = config.sample_rate_hz;
    within("sample_rate_hz", rate, 1e-3, 1e12)?;
    within("noise_sigma", config.noise_sigma, 0.0, 1e9)?;
    within("gain_db", config.gain_db, -200.0, 200.0)?;
    within("iq_gain_db", config.iq_gain_db, -200.0, 200.0)?;
    within("iq_phase_deg", config.iq_phase_deg, -45.0, 45.0)?;
    within("frequency_hz", config.frequency_hz, -rate, rate)?;
    within("doppler_hz_s", config.doppler_hz_s, -1e12, 1e12)?;
    within("phase_rad", config.phase_rad, -1e6, 1e6)?;
    within("linewidth_hz", config.linewidth_hz, 0.0, 1e12)?;
    within("clock_ppm", config.clock_ppm, -1e5, 1e5)?;
    within("dc.re", config.dc.re.into(), -1e9, 1e9)?;
    within("dc.im", config.dc.im.into(), -1e9, 1e9)
}
