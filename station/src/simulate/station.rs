//! A station's downlinks in one recording.

use super::{Content, LEVEL, Sending, Simulated, Transmission};
use crate::StationError;
use crate::input::{SampleFormat, SigmfMeta, SigmfSegment, SigmfWriter};
use crate::station_file::{Downlink, Station, Tuning, signals};
use groundlink_dsp::SignalConfig;
use groundlink_dsp::channel::{Channel, ChannelConfig, noise_sigma};
use groundlink_dsp::downlink::Band;
use hifitime::Epoch;
use num_complex::Complex32;

/// Samples summed at a time.
const BLOCK: usize = 65_536;
/// Rate over the band that the downlinks span: room for filters at its edges.
const ROOM: f64 = 1.25;

/// A simulation of all downlinks of a station at once.
#[derive(Debug, Clone)]
pub struct StationSimulation {
    /// The downlinks.
    pub station: Station,
    /// `SigMF` recording to write: either of its files, or their base name.
    pub out: String,
    /// Frames of made-up traffic on each downlink.
    pub frames: u64,
    /// The frames sent on each downlink go to this path with a dot and its name behind.
    pub sent_frames: Option<String>,
    /// Information-bit energy to noise density of every downlink, dB; `None` adds no noise.
    pub eb_n0_db: Option<f64>,
    /// Carrier offset of all downlinks, Hz.
    pub offset_hz: f64,
    /// Change of the carriers, Hz per second.
    pub doppler_hz_s: f64,
    /// Phase of the carriers at the start, radians.
    pub phase_rad: f64,
    /// How much faster than nominal the transmitters' clocks run, parts per million.
    pub clock_ppm: f64,
    /// Seed of noise and content; each downlink's content has one of its own.
    pub seed: u64,
    /// Samples per second; `None` takes one that holds all downlinks.
    pub sample_rate_hz: Option<f64>,
    /// Format written, a complex one.
    pub format: SampleFormat,
    /// Seconds before and after the signals.
    pub lead_s: f64,
    /// UTC of the first sample.
    pub start: Option<Epoch>,
}

/// Makes the recording. Its centre is that of the station file; without one the middle between the lowest and the
/// highest frequency.
///
/// # Errors
/// When the format is real, a downlink has an impossible signal or lies outside the band, or a file cannot be written.
pub fn simulate_station(config: &StationSimulation) -> Result<Simulated, StationError> {
    let station = &config.station;
    let centre_hz = station.centre_hz.or_else(|| middle(station));
    let offsets = station.offsets(centre_hz)?;
    let rate = match config.sample_rate_hz {
        Some(rate) => rate,
        None => suitable_rate(station, &offsets)?,
    };
    let signals = signals(station, &offsets, rate)?;
    let levels = Levels::new(config, &signals);
    let mut on_air = transmissions(config, &signals, &levels)?;
    let lead = (config.lead_s.max(0.0) * rate) as u64;
    let noise = ChannelConfig {
        seed: config.seed,
        noise_sigma: levels.noise_sigma,
        leading: lead,
        trailing: lead,
        ..ChannelConfig::ideal(rate)
    };
    let mut channel = Channel::new(&noise).map_err(|source| StationError::Signal {
        profile: station.name.clone(),
        source,
    })?;
    let mut writer = SigmfWriter::create(&config.out, meta(config, rate, centre_hz))?;
    let (mut sum, mut received) = (Vec::new(), Vec::new());
    while add_up(&mut on_air, &mut sum)? {
        channel.process(&sum, &mut received);
        writer.write(&received)?;
        received.clear();
    }
    channel.finish(&mut received);
    writer.write(&received)?;
    let (samples, clipped) = (writer.samples(), writer.clipped());
    writer.finish()?;
    Ok(Simulated {
        frames: on_air.iter().map(|one| one.transmission.frames()).sum(),
        samples,
        clipped,
        sample_rate_hz: rate,
    })
}

fn middle(station: &Station) -> Option<f64> {
    let frequencies = station
        .downlinks
        .iter()
        .filter_map(|downlink| match downlink.tuning {
            Tuning::Frequency(hz) => Some(hz),
            Tuning::Offset(_) => None,
        });
    let (low, high) = frequencies.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), hz| {
        (low.min(hz), high.max(hz))
    });
    (low <= high).then(|| f64::midpoint(low, high))
}

/// A whole number that holds all bands.
fn suitable_rate(station: &Station, offsets: &[f64]) -> Result<f64, StationError> {
    let mut rate = 1.0_f64;
    for (downlink, offset) in station.downlinks.iter().zip(offsets) {
        let band = Band::of(&downlink.profile.signal_config(1.0, true)?);
        let edge = (band.centre_hz + offset).abs() + band.half_width_hz;
        rate = rate.max(2.0 * ROOM * edge).max(band.least_rate_hz);
    }
    Ok(rate.ceil())
}

/// Levels at which each downlink has its Eb/N0 in the same noise, and all together the level of a recording.
struct Levels {
    noise_sigma: f64,
    amplitudes: Vec<f64>,
}

impl Levels {
    fn new(config: &StationSimulation, signals: &[SignalConfig]) -> Self {
        let amplitude = |(signal, downlink): (&SignalConfig, &Downlink)| {
            config.eb_n0_db.map_or(1.0, |eb_n0_db| {
                let es_n0_db = eb_n0_db - downlink.profile.eb_n0_offset_db();
                let samples = signal.modulation.data_share() * signal.sample_rate_hz / signal.symbol_rate_hz;
                1.0 / noise_sigma(es_n0_db, samples)
            })
        };
        let amplitudes: Vec<f64> = signals
            .iter()
            .zip(&config.station.downlinks)
            .map(amplitude)
            .collect();
        let noise = f64::from(u8::from(config.eb_n0_db.is_some()));
        let power = noise + amplitudes.iter().map(|a| a * a).sum::<f64>();
        let scale = LEVEL / power.sqrt();
        Self {
            noise_sigma: noise * scale,
            amplitudes: amplitudes.iter().map(|a| a * scale).collect(),
        }
    }
}

/// A downlink, and what of it is not summed yet.
struct OnAir {
    transmission: Transmission,
    ready: Vec<Complex32>,
    more: bool,
}

fn transmissions(
    config: &StationSimulation,
    signals: &[SignalConfig],
    levels: &Levels,
) -> Result<Vec<OnAir>, StationError> {
    let mut on_air = Vec::new();
    for (number, downlink) in config.station.downlinks.iter().enumerate() {
        // Moved to its place behind the clock's resampler, which does not pass the edges of the band.
        let signal = SignalConfig {
            carrier_hz: 0.0,
            ..signals[number].clone()
        };
        let sent = config
            .sent_frames
            .as_ref()
            .map(|path| format!("{path}.{}", downlink.name));
        let channel = ChannelConfig {
            gain_db: 20.0 * levels.amplitudes[number].log10(),
            frequency_hz: signals[number].carrier_hz + config.offset_hz,
            doppler_hz_s: config.doppler_hz_s,
            phase_rad: config.phase_rad,
            clock_ppm: config.clock_ppm,
            ..ChannelConfig::ideal(signal.sample_rate_hz)
        };
        let sending = Sending {
            profile: &downlink.profile,
            content: &Content::Frames(config.frames),
            seed: config.seed.wrapping_add(number as u64 + 1),
            sent_frames: sent.as_deref(),
            clock_ppm: config.clock_ppm,
            start: config.start,
            leading: (config.lead_s.max(0.0) * signal.sample_rate_hz) as u64,
        };
        on_air.push(OnAir {
            transmission: Transmission::new(&sending, &signal, &channel)?,
            ready: Vec::new(),
            more: true,
        });
    }
    Ok(on_air)
}

/// Replaces the sum by the next samples of all downlinks together; false when there are no more.
fn add_up(on_air: &mut [OnAir], sum: &mut Vec<Complex32>) -> Result<bool, StationError> {
    sum.clear();
    for one in &mut *on_air {
        while one.more && one.ready.len() < BLOCK {
            one.more = one.transmission.next(&mut one.ready)?;
        }
        let count = one.ready.len().min(BLOCK);
        sum.resize(sum.len().max(count), Complex32::ZERO);
        for (total, sample) in sum.iter_mut().zip(one.ready.drain(..count)) {
            *total += sample;
        }
    }
    Ok(!sum.is_empty())
}

fn meta(config: &StationSimulation, sample_rate_hz: f64, centre_hz: Option<f64>) -> SigmfMeta {
    SigmfMeta {
        datatype: config.format,
        sample_rate_hz,
        captures: vec![SigmfSegment {
            frequency_hz: centre_hz,
            datetime: config.start,
            ..SigmfSegment::default()
        }],
        hardware: None,
        author: None,
        description: Some(format!(
            "simulated: station {}, seed {}",
            config.station.name, config.seed
        )),
        annotations: Vec::new(),
    }
}
