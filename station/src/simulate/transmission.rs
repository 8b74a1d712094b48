//! One link on the air: frames to samples, as many at a time as are asked for.

use super::{ACQUISITION_BITS, BETWEEN_CLTUS, Content, PREAMBLE_BITS, Traffic};
use crate::StationError;
use crate::output::Sink;
use crate::profile::Profile;
use groundlink_decoder::coding::FrameEncoder;
use groundlink_dsp::SignalConfig;
use groundlink_dsp::channel::{Channel, ChannelConfig};
use groundlink_dsp::modulator::Modulator;
use hifitime::{Duration, Epoch};
use num_complex::Complex32;

/// Most bits, and about how many samples, that are modulated at a time.
const BITS_AT_ONCE: usize = 4_096;
const SAMPLES_AT_ONCE: f64 = 65_536.0;
/// Idle bits after the last frame, that its last bits may come out of the inner decoder and the filters.
const TAIL_BITS: usize = 64;

/// What is sent, and when.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// The link.
    pub profile: &'a Profile,
    /// What is in the frames.
    pub content: &'a Content,
    /// Seed of the content.
    pub seed: u64,
    /// Where the frames go, too.
    pub sent_frames: Option<&'a str>,
    /// How much faster than nominal the clock runs, parts per million.
    pub clock_ppm: f64,
    /// UTC of the first sample.
    pub start: Option<Epoch>,
    /// Samples before the signal.
    pub leading: u64,
}

/// Frames, encoder, modulator and channel in a row.
#[derive(Debug)]
pub struct Transmission {
    profile: String,
    traffic: Traffic,
    encoder: FrameEncoder,
    modulator: Modulator,
    channel: Channel,
    clock: SendClock,
    sent: Option<Sink>,
    /// Idle bits behind each frame.
    between: usize,
    frame: Vec<u8>,
    bits: Vec<u8>,
    /// Bits of these that are sent already, and those before them.
    done: usize,
    before: usize,
    at_once: usize,
    clean: Vec<Complex32>,
    frames: u64,
    last: bool,
}

impl Transmission {
    /// A transmission of this signal through this channel.
    ///
    /// # Errors
    /// When signal, channel, coding or frames cannot be, or the file of the frames cannot be created.
    pub fn new(
        config: &Sending<'_>,
        signal: &SignalConfig,
        channel: &ChannelConfig,
    ) -> Result<Self, StationError> {
        let profile = config.profile;
        let wrong_signal = |source| StationError::Signal {
            profile: profile.name.clone(),
            source,
        };
        let coding = profile.coding_config()?;
        let mut encoder = FrameEncoder::new(&coding).map_err(|source| StationError::Coding {
            profile: profile.name.clone(),
            source,
        })?;
        let modulator = Modulator::new(signal).map_err(wrong_signal)?;
        let (preamble, between) = match (&profile.coding.cltu, &profile.coding.descrambler) {
            (Some(_), _) => (ACQUISITION_BITS, BETWEEN_CLTUS),
            (None, Some(_)) => (PREAMBLE_BITS, 0),
            (None, None) => (0, 0),
        };
        let mut bits = Vec::new();
        encoder.idle(preamble, &mut bits);
        let samples_per_bit =
            signal.sample_rate_hz / signal.symbol_rate_hz / signal.modulation.bits_per_symbol() as f64;
        Ok(Self {
            profile: profile.name.clone(),
            traffic: Traffic::new(profile, config.content, config.seed)?,
            encoder,
            channel: Channel::new(channel).map_err(wrong_signal)?,
            clock: SendClock::new(config, signal, modulator.first_symbol_at()),
            modulator,
            sent: config.sent_frames.map(Sink::open).transpose()?,
            between,
            frame: Vec::new(),
            bits,
            done: 0,
            before: 0,
            at_once: ((SAMPLES_AT_ONCE / samples_per_bit) as usize).clamp(1, BITS_AT_ONCE),
            clean: Vec::new(),
            frames: 0,
            last: false,
        })
    }

    /// Frames sent so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Samples clipped by the channel's converter so far.
    pub fn clipped(&self) -> u64 {
        self.channel.clipped()
    }

    /// Appends the next samples; false when these were the last.
    ///
    /// # Errors
    /// When a frame cannot be, or cannot be written.
    pub fn next(&mut self, out: &mut Vec<Complex32>) -> Result<bool, StationError> {
        while !self.last && self.bits.len() - self.done < self.at_once {
            self.next_frame()?;
        }
        let until = self.bits.len().min(self.done + self.at_once);
        self.clean.clear();
        self.modulator
            .process(&self.bits[self.done..until], &mut self.clean);
        self.done = until;
        let more = !self.last || until < self.bits.len();
        if !more {
            self.modulator.finish(&mut self.clean);
        }
        self.channel.process(&self.clean, out);
        if !more {
            self.channel.finish(out);
            if let Some(sink) = &mut self.sent {
                sink.flush()?;
            }
        }
        Ok(more)
    }

    /// Encodes the next frame behind the bits that are there; the tail where there are no more frames.
    fn next_frame(&mut self) -> Result<(), StationError> {
        self.before += self.done;
        self.bits.drain(..self.done);
        self.done = 0;
        let at = self.clock.at(self.before + self.bits.len());
        if !self.traffic.next_frame(at, &mut self.frame)? {
            self.encoder.idle(TAIL_BITS, &mut self.bits);
            self.last = true;
            return Ok(());
        }
        self.frames += 1;
        if let Some(sink) = &mut self.sent {
            sink.write(&self.frame)?;
        }
        self.encoder
            .encode(&self.frame, &mut self.bits)
            .map_err(|source| StationError::Coding {
                profile: self.profile.clone(),
                source,
            })?;
        self.encoder.idle(self.between, &mut self.bits);
        Ok(())
    }
}

/// When what is sent.
#[derive(Debug)]
struct SendClock {
    /// UTC at which the first symbol begins.
    first: Epoch,
    seconds_per_bit: f64,
}

impl SendClock {
    /// The first symbol is centred at sample `first_symbol_at` of the signal by the nominal clock.
    fn new(config: &Sending<'_>, signal: &SignalConfig, first_symbol_at: f64) -> Self {
        let leading = config.leading;
        let mission = config.profile.packet_time.and_then(|time| time.epoch);
        let year_2000 = Epoch::from_gregorian_utc_at_midnight(2000, 1, 1);
        let start = config
            .start
            .unwrap_or_else(|| mission.map_or(year_2000, |epoch| epoch.max(year_2000)));
        let speed = 1.0 + config.clock_ppm * 1e-6;
        let seconds_per_symbol = 1.0 / (signal.symbol_rate_hz * speed);
        let first_symbol = leading as f64 / signal.sample_rate_hz
            + first_symbol_at / (signal.sample_rate_hz * speed)
            - seconds_per_symbol / 2.0;
        Self {
            first: start + Duration::from_seconds(first_symbol),
            seconds_per_bit: seconds_per_symbol / signal.modulation.bits_per_symbol() as f64,
        }
    }

    /// UTC at which this bit begins.
    fn at(&self, bit: usize) -> Epoch {
        self.first + Duration::from_seconds(bit as f64 * self.seconds_per_bit)
    }
}
