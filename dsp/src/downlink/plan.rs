//! How the downlinks are taken out of the wide stream.

use super::Band;
use crate::ConfigError;
use crate::channelizer::{self, PASS};
use crate::modulator::within;
use std::ops::RangeInclusive;

/// Cost of mixing and decimating a stream by itself, nanoseconds a sample. Of this and the following only the ratios
/// matter; they decide how, not what comes out.
const TUNE_NS: f64 = 4.0;
/// Cost of the filter bank: constant, and for every doubling of the channels.
const BANK_NS: f64 = 2.5;
const BANK_DOUBLING_NS: f64 = 0.3;
/// Cost of giving out a channel, nanoseconds a sample of it.
const CHANNEL_NS: f64 = 1.0;
/// Channels considered: powers of two. With fewer the filter bank is slow, with more it leaves the processor's cache.
const DOUBLINGS: RangeInclusive<u32> = 4..=9;

/// The filter bank of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channels {
    /// Channels of the bank.
    pub count: usize,
    /// Those that are used, ascending.
    pub wanted: Vec<usize>,
}

/// What a downlink's lane is fed with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaneSource {
    /// The place of its channel among those wanted; `None` for the wide stream itself.
    pub channel: Option<usize>,
    /// Rate of these samples, per second.
    pub rate_hz: f64,
    /// The downlink's centre in them, Hz.
    pub centre_hz: f64,
    /// Wide samples per one of these samples.
    pub decimation: usize,
    /// Sample `n` of them lies at wide sample `n · decimation − delay`.
    pub delay: usize,
}

/// Which downlinks share a filter bank, and of how many channels.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    rate_hz: f64,
    bands: Vec<Band>,
    channels: Option<Channels>,
    sources: Vec<LaneSource>,
}

impl Plan {
    /// The cheapest way to take these bands out of a stream of this rate. It depends on its arguments alone.
    ///
    /// # Errors
    /// When a rate, a width or a centre is not a number in range, or a centre lies beyond half the rate.
    pub fn new(rate_hz: f64, bands: &[Band]) -> Result<Self, ConfigError> {
        within("sample_rate_hz", rate_hz, 1e-3, 1e12)?;
        for band in bands {
            within("carrier_hz", band.centre_hz, -rate_hz / 2.0, rate_hz / 2.0)?;
            within("half_width_hz", band.half_width_hz, 0.0, 1e13)?;
            within("least_rate_hz", band.least_rate_hz, 1e-6, 1e14)?;
        }
        let mut best = TUNE_NS * bands.len() as f64;
        let mut count = None;
        for channels in DOUBLINGS.map(|doublings| 1_usize << doublings) {
            let cost = cost_ns(channels, rate_hz, bands);
            if cost < best {
                best = cost;
                count = Some(channels);
            }
        }
        Ok(Self::with_channels(rate_hz, bands, count))
    }

    fn with_channels(rate_hz: f64, bands: &[Band], count: Option<usize>) -> Self {
        let channel_of = |band: &Band| count.and_then(|count| channel(count, rate_hz, band));
        let mut wanted: Vec<usize> = bands.iter().filter_map(channel_of).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let source = |band: &Band| match (count, channel_of(band)) {
            (Some(count), Some(channel)) => LaneSource {
                channel: wanted.binary_search(&channel).ok(),
                rate_hz: 2.0 * rate_hz / count as f64,
                centre_hz: residual_hz(count, rate_hz, band),
                decimation: count / 2,
                delay: channelizer::delay(count),
            },
            _ => LaneSource {
                channel: None,
                rate_hz,
                centre_hz: band.centre_hz,
                decimation: 1,
                delay: 0,
            },
        };
        Self {
            rate_hz,
            sources: bands.iter().map(source).collect(),
            bands: bands.to_vec(),
            channels: count.map(|count| Channels { count, wanted }),
        }
    }

    /// Rate of the wide stream, per second.
    pub fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    /// The downlinks' bands.
    pub fn bands(&self) -> &[Band] {
        &self.bands
    }

    /// The filter bank, where one is worth its while.
    pub fn channels(&self) -> Option<&Channels> {
        self.channels.as_ref()
    }

    /// What a downlink's lane is fed with.
    pub fn source(&self, downlink: usize) -> LaneSource {
        self.sources[downlink]
    }

    /// Whether any downlink is fed with the wide stream itself.
    pub fn any_direct(&self) -> bool {
        self.sources.iter().any(|source| source.channel.is_none())
    }
}

/// Distance of a band's centre from that of the nearest channel, Hz.
fn residual_hz(channels: usize, rate_hz: f64, band: &Band) -> f64 {
    let spacing = rate_hz / channels as f64;
    band.centre_hz - (band.centre_hz / spacing).round() * spacing
}

/// The channel that holds the band whole, if one does.
fn channel(channels: usize, rate_hz: f64, band: &Band) -> Option<usize> {
    let spacing = rate_hz / channels as f64;
    let reach = residual_hz(channels, rate_hz, band).abs() + band.half_width_hz;
    let nearest = (band.centre_hz / spacing).round() as i64;
    (reach <= PASS * spacing && band.least_rate_hz <= 2.0 * spacing)
        .then_some(nearest.rem_euclid(channels as i64) as usize)
}

/// Cost of all lanes with a bank of so many channels, nanoseconds a wide sample.
fn cost_ns(channels: usize, rate_hz: f64, bands: &[Band]) -> f64 {
    let bank = BANK_NS + BANK_DOUBLING_NS * (channels as f64).log2();
    let lane = |band: &Band| match channel(channels, rate_hz, band) {
        Some(_) => (TUNE_NS + CHANNEL_NS) * 2.0 / channels as f64,
        None => TUNE_NS,
    };
    bank + bands.iter().map(lane).sum::<f64>()
}
