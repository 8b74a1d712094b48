//! A link of a profile, ready to be simulated.

use anyhow::{Context, Result};
use groundlink_decoder::coding::{CodingConfig, FrameEncoder};
use groundlink_decoder::link::LinkConfig;
use groundlink_dsp::channel::{Channel, ChannelConfig, noise_sigma};
use groundlink_dsp::modulator::Modulator;
use groundlink_dsp::{Complex32, SignalConfig};
use groundlink_station::profile::Profile;

use crate::source::{FrameSource, content_seed};

/// Noise before and after the signal, symbols.
const SILENCE_SYMBOLS: f64 = 200.0;

/// Everything that both ends of a link are built from.
#[derive(Debug, Clone)]
pub struct Link {
    /// Profile it was taken from.
    pub profile: Profile,
    /// Signal in the samples.
    pub signal: SignalConfig,
    /// Channel coding.
    pub coding: CodingConfig,
    /// Frames.
    pub frames: LinkConfig,
}

impl Link {
    /// The link of a profile (name or path, with overrides) in complex samples, so many to a symbol.
    ///
    /// # Errors
    /// When there is no such profile, or it has no signal.
    pub fn load(name: &str, overrides: &[String], samples_per_symbol: f64) -> Result<Self> {
        let profile = Profile::load(name, overrides)?;
        let symbol_rate_hz = profile
            .symbol_rate_hz()
            .with_context(|| format!("profile {name} has no [signal] to be simulated"))?;
        Ok(Self {
            signal: profile.signal_config(symbol_rate_hz * samples_per_symbol, true)?,
            coding: profile.coding_config()?,
            frames: profile.link_config()?,
            profile,
        })
    }

    /// QPSK with the CCSDS concatenated code (convolutional rate 1/2, Reed-Solomon (255,223), depth 4), root
    /// raised cosine 0.5, 20 Msample/s at 3 samples a symbol: the link that the whole chain is measured with.
    ///
    /// # Errors
    /// Never, unless the profile of the demo has changed beyond recognition.
    pub fn concatenated() -> Result<Self> {
        let overrides = [
            "signal.symbol_rate=6666666.666666667",
            "coding.reed_solomon.interleave=4",
            "frame.length=892",
        ];
        Self::load("demo", &overrides.map(String::from), 3.0)
    }

    /// Es/N0 of a modem symbol at this Eb/N0 of an information bit, dB. Markers are not counted as information.
    pub fn es_n0_db(&self, eb_n0_db: f64) -> f64 {
        eb_n0_db - self.profile.eb_n0_offset_db()
    }

    /// Energy of a channel bit to noise density at this Eb/N0 of an information bit, dB.
    pub fn channel_bit_db(&self, eb_n0_db: f64) -> f64 {
        self.es_n0_db(eb_n0_db) - 10.0 * (self.signal.modulation.bits_per_symbol() as f64).log10()
    }
}

/// What the channel does besides adding noise.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Offsets {
    /// Carrier offset, Hz.
    pub frequency_hz: f64,
    /// Clock offset, parts per million.
    pub clock_ppm: f64,
}

/// Channel at this Es/N0 with some silence on both sides of the signal.
pub fn channel_config(signal: &SignalConfig, es_n0_db: f64, offsets: Offsets, seed: u64) -> ChannelConfig {
    let samples_per_symbol = signal.sample_rate_hz / signal.symbol_rate_hz;
    let silence = (SILENCE_SYMBOLS * samples_per_symbol) as u64;
    ChannelConfig {
        seed,
        noise_sigma: noise_sigma(es_n0_db, signal.modulation.data_share() * samples_per_symbol),
        frequency_hz: offsets.frequency_hz,
        clock_ppm: offsets.clock_ppm,
        phase_rad: 1.0,
        leading: silence,
        trailing: silence,
        ..ChannelConfig::ideal(signal.sample_rate_hz)
    }
}

/// The sending end: frames to channel bits to samples out of a noisy channel.
#[derive(Debug)]
pub struct Transmitter {
    source: FrameSource,
    encoder: FrameEncoder,
    modulator: Modulator,
    channel: Channel,
    bits: Vec<u8>,
    modulated: Vec<Complex32>,
}

impl Transmitter {
    /// A transmitter of this link; content and noise follow from the seed.
    ///
    /// # Errors
    /// When a part of the link is impossible.
    pub fn new(link: &Link, eb_n0_db: f64, offsets: Offsets, seed: u64) -> Result<Self> {
        let channel = channel_config(&link.signal, link.es_n0_db(eb_n0_db), offsets, seed);
        Ok(Self {
            source: FrameSource::new(&link.frames, content_seed(seed))?,
            encoder: FrameEncoder::new(&link.coding)?,
            modulator: Modulator::new(&link.signal)?,
            channel: Channel::new(&channel)?,
            bits: Vec::new(),
            modulated: Vec::new(),
        })
    }

    /// Replaces `frame` by the next frame and appends the samples complete with it.
    ///
    /// # Errors
    /// When the link cannot carry the frame.
    pub fn send(&mut self, frame: &mut Vec<u8>, samples: &mut Vec<Complex32>) -> Result<()> {
        self.source.next_frame(frame)?;
        self.bits.clear();
        self.encoder.encode(frame, &mut self.bits)?;
        self.modulated.clear();
        self.modulator.process(&self.bits, &mut self.modulated);
        self.channel.process(&self.modulated, samples);
        Ok(())
    }

    /// Appends the end of the signal and the silence behind it.
    pub fn finish(&mut self, samples: &mut Vec<Complex32>) {
        self.modulated.clear();
        self.modulator.finish(&mut self.modulated);
        self.channel.process(&self.modulated, samples);
        self.channel.finish(samples);
    }

    /// At least so many samples of the signal, in memory, to its end.
    ///
    /// # Errors
    /// As [`Transmitter::send`].
    pub fn record(mut self, samples: usize) -> Result<Vec<Complex32>> {
        let (mut frame, mut recording) = (Vec::new(), Vec::new());
        while recording.len() < samples {
            self.send(&mut frame, &mut recording)?;
        }
        self.finish(&mut recording);
        Ok(recording)
    }
}
