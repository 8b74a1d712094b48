//! The transmitting side of a link profile, to a `SigMF` recording: frames, coding, modulation, channel.

mod impairments;
mod station;
mod traffic;
mod transmission;

pub use impairments::{Impairments, read_doppler};
pub use station::{StationSimulation, simulate_station};
pub use traffic::Traffic;
use transmission::{Sending, Transmission};

use crate::StationError;
use crate::input::{SampleFormat, SigmfMeta, SigmfSegment, SigmfWriter};
use crate::profile::Profile;
use groundlink_dsp::channel::{ChannelConfig, noise_sigma};
use groundlink_dsp::{FskInput, Modulation, SignalConfig, Waveform};
use hifitime::Epoch;
use num_complex::Complex32;

/// Mean level of what is written (signal and noise together), relative to full scale: room for noise peaks.
const LEVEL: f64 = 0.2;
/// Idle bits before the first frame of a scrambled link: a self-synchronising descrambler needs some to find the
/// scrambler's state, and a marker at the very beginning would be lost.
pub const PREAMBLE_BITS: usize = 64;
/// Acquisition sequence before the first CLTU (CCSDS 231.0-B-4 §7 asks for at least 128 bits).
pub const ACQUISITION_BITS: usize = 128;
/// Idle sequence behind each CLTU (at least 8 bits).
pub const BETWEEN_CLTUS: usize = 64;
/// Samples per symbol of a complex recording whose rate the user leaves open.
const SAMPLES_PER_SYMBOL: f64 = 4.0;
/// Highest harmonic of a square subcarrier in such a recording, with what the filter of the modulator takes off.
const SQUARE_HARMONICS: f64 = 12.0;

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// So many frames of traffic made up from the seed.
    Frames(u64),
    /// These bytes: in packets where the frames carry packets, else as frames.
    Payload(Vec<u8>),
}

/// A simulation.
#[derive(Debug, Clone)]
pub struct SimulateConfig {
    /// Link profile.
    pub profile: Profile,
    /// `SigMF` recording to write: either of its files, or their base name.
    pub out: String,
    /// What is sent.
    pub content: Content,
    /// Where the frames that were sent go, too.
    pub sent_frames: Option<String>,
    /// Information-bit energy to noise density, dB; `None` adds no noise.
    pub eb_n0_db: Option<f64>,
    /// Carrier offset from the profile's, Hz.
    pub offset_hz: f64,
    /// Change of the carrier, Hz per second.
    pub doppler_hz_s: f64,
    /// Carrier phase at the start, radians.
    pub phase_rad: f64,
    /// How much faster than nominal the transmitter's clock runs, parts per million.
    pub clock_ppm: f64,
    /// What else happens to the signal.
    pub impairments: Impairments,
    /// Seed of traffic and noise.
    pub seed: u64,
    /// Samples per second; `None` takes one that suits the signal.
    pub sample_rate_hz: Option<f64>,
    /// Format written; a real one gives a passband (PSK) or FM-demodulated audio (FSK).
    pub format: SampleFormat,
    /// Seconds before and after the signal.
    pub lead_s: f64,
    /// UTC of the first sample. Without it, the times that packets carry begin as if it were 2000-01-01, or the
    /// epoch of their time code where that is later.
    pub start: Option<Epoch>,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Simulated {
    /// Frames sent.
    pub frames: u64,
    /// Samples written.
    pub samples: u64,
    /// Samples clipped by the converter, or by the format.
    pub clipped: u64,
    /// Samples per second.
    pub sample_rate_hz: f64,
}

/// Makes the recording.
///
/// # Errors
/// When the profile has no signal or an impossible one, or a file cannot be written.
pub fn simulate(config: &SimulateConfig) -> Result<Simulated, StationError> {
    let rate = config
        .sample_rate_hz
        .unwrap_or_else(|| suitable_rate(&config.profile, config.format.complex));
    let signal = config.profile.signal_config(rate, config.format.complex)?;
    config.impairments.check(&signal, config.format.complex)?;
    let channel = channel_config(config, &signal);
    let mut transmission = Transmission::new(
        &Sending {
            profile: &config.profile,
            content: &config.content,
            seed: config.seed,
            sent_frames: config.sent_frames.as_deref(),
            clock_ppm: config.clock_ppm,
            start: config.start,
            leading: channel.leading,
        },
        &signal,
        &channel,
    )?;
    let mut audio_offset = AudioOffset::new(config, &signal, channel.gain_db);
    let mut writer = SigmfWriter::create(&config.out, meta(config, rate))?;
    let (mut samples, mut more) = (Vec::new(), true);
    while more {
        samples.clear();
        more = transmission.next(&mut samples)?;
        if let Some(offset) = &mut audio_offset {
            offset.add(&mut samples);
        }
        writer.write(&samples)?;
    }
    let samples = writer.samples();
    let clipped = writer.clipped() + transmission.clipped();
    writer.finish()?;
    Ok(Simulated {
        frames: transmission.frames(),
        samples,
        clipped,
        sample_rate_hz: rate,
    })
}

/// A rate at which the signal fits: a whole number, at least four samples a symbol and well beyond the carrier.
fn suitable_rate(profile: &Profile, complex: bool) -> f64 {
    let Some(signal) = &profile.signal else {
        return 1.0;
    };
    let deviation = signal.deviation_hz.unwrap_or(0.0);
    let halves = if profile.coding.bi_phase { 2.0 } else { 1.0 };
    let pulse_rate_hz = halves * signal.symbol_rate_hz;
    let (per_symbol, subcarrier) = match signal.modulation {
        Modulation::Pm(pm) => (2.0 * SAMPLES_PER_SYMBOL, pm.subcarrier),
        _ => (SAMPLES_PER_SYMBOL, None),
    };
    let subcarrier = subcarrier.map_or(0.0, |s| match s.waveform {
        Waveform::Sine => s.frequency_hz,
        Waveform::Square => SQUARE_HARMONICS * s.frequency_hz,
    });
    let edge = signal.carrier_hz.abs() + pulse_rate_hz + deviation + subcarrier + signal.search_hz;
    let of_band = if complex { 2.0 * edge } else { 2.5 * edge };
    (per_symbol * pulse_rate_hz).max(of_band).ceil()
}

fn channel_config(config: &SimulateConfig, signal: &SignalConfig) -> ChannelConfig {
    let rate = signal.sample_rate_hz;
    let sigma = config.eb_n0_db.map_or(0.0, |eb_n0_db| {
        let es_n0_db = eb_n0_db - config.profile.eb_n0_offset_db();
        noise_sigma(
            es_n0_db,
            signal.modulation.data_share() * rate / signal.symbol_rate_hz,
        )
    });
    let scale = config.impairments.scale(sigma);
    let psk = signal.modulation.is_psk() || matches!(signal.modulation, Modulation::Pm(_));
    let edge = (config.lead_s.max(0.0) * rate) as u64;
    // Audio has no carrier to turn; see AudioOffset.
    let turns = f64::from(u8::from(signal.fsk_input == FskInput::Iq));
    let channel = ChannelConfig {
        seed: config.seed,
        noise_sigma: sigma * scale,
        gain_db: 20.0 * scale.log10(),
        frequency_hz: turns * config.offset_hz,
        doppler_hz_s: turns * config.doppler_hz_s,
        phase_rad: turns * config.phase_rad,
        clock_ppm: config.clock_ppm,
        leading: edge,
        trailing: edge,
        real_passband: !config.format.complex && psk && signal.fsk_input == FskInput::Iq,
        ..ChannelConfig::ideal(rate)
    };
    config.impairments.add_to(&channel, signal)
}

fn meta(config: &SimulateConfig, sample_rate_hz: f64) -> SigmfMeta {
    SigmfMeta {
        datatype: config.format,
        sample_rate_hz,
        captures: vec![SigmfSegment {
            datetime: config.start,
            ..SigmfSegment::default()
        }],
        hardware: None,
        author: None,
        description: Some(format!(
            "simulated: profile {}, seed {}",
            config.profile.name, config.seed
        )),
        annotations: Vec::new(),
    }
}

/// What a carrier offset is in the audio of an FM discriminator: a constant added to all samples, with Doppler a
/// ramp. The carrier's phase is lost there.
#[derive(Debug)]
struct AudioOffset {
    start: f64,
    per_sample: f64,
    sample: u64,
}

impl AudioOffset {
    /// The offset of audio in which `gain_db` is the level of full deviation; `None` where there is a carrier.
    fn new(config: &SimulateConfig, signal: &SignalConfig, gain_db: f64) -> Option<Self> {
        let minimum_shift = signal.symbol_rate_hz / 4.0;
        let deviation = signal.deviation_hz.unwrap_or(minimum_shift);
        let per_hz = 10f64.powf(gain_db / 20.0) / deviation;
        (signal.fsk_input == FskInput::FmAudio).then_some(Self {
            start: config.offset_hz * per_hz,
            per_sample: config.doppler_hz_s * per_hz / signal.sample_rate_hz,
            sample: 0,
        })
    }

    fn add(&mut self, samples: &mut [Complex32]) {
        for sample in samples {
            sample.re += (self.start + self.per_sample * self.sample as f64) as f32;
            self.sample += 1;
        }
    }
}
