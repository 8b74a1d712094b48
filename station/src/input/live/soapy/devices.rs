//! What receivers there are, and what they can do.

use super::super::LiveError;
use super::quiet;
use serde::Serialize;
use soapysdr::{Direction, Range};
use std::collections::BTreeMap;

/// Range of a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Limits {
    /// Least.
    pub min: f64,
    /// Greatest; the same for a single value.
    pub max: f64,
    /// Step, where there is one; 0 without.
    pub step: f64,
}

impl From<Range> for Limits {
    fn from(range: Range) -> Self {
        Self {
            min: range.minimum,
            max: range.maximum,
            step: range.step,
        }
    }
}

/// An element of a channel's gain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Element {
    /// Its name in `--gain`.
    pub name: String,
    /// Its gains, dB.
    pub range_db: Option<Limits>,
}

/// A receiving channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Channel {
    /// Its number in `--channel`.
    pub channel: usize,
    /// Antennas.
    pub antennas: Vec<String>,
    /// Overall gain, dB.
    pub gain_db: Option<Limits>,
    /// Elements of the gain.
    pub gains: Vec<Element>,
    /// Whether it can control its gain itself.
    pub agc: bool,
    /// Frequencies, Hz.
    pub frequencies_hz: Vec<Limits>,
    /// Whether it can correct the error of its reference.
    pub ppm: bool,
    /// Sample rates, Hz.
    pub rates_hz: Vec<Limits>,
    /// Bandwidths, Hz.
    pub bandwidths_hz: Vec<Limits>,
    /// Sensors.
    pub sensors: Vec<String>,
    /// Formats of its streams.
    pub formats: Vec<String>,
    /// Keys of the stream's arguments, with their defaults.
    pub stream_args: BTreeMap<String, String>,
}

/// A receiver.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Device {
    /// What comes behind `soapy:` to choose it.
    pub args: String,
    /// What the driver says of it when asked who is there.
    pub found: BTreeMap<String, String>,
    /// Driver.
    pub driver: Option<String>,
    /// Hardware.
    pub hardware: Option<String>,
    /// More about the hardware.
    pub info: BTreeMap<String, String>,
    /// Whether its samples can have time stamps.
    pub hardware_time: bool,
    /// Sources of its clock.
    pub clock_sources: Vec<String>,
    /// Sources of its time.
    pub time_sources: Vec<String>,
    /// Sensors of the whole device.
    pub sensors: Vec<String>,
    /// Receiving channels.
    pub channels: Vec<Channel>,
    /// Why it cannot be looked into, where it cannot.
    pub error: Option<String>,
}

/// Looks for receivers, with all drivers or as `args` say, and into each of them.
///
/// Some drivers find nothing by themselves: with `args` that name one, it is opened anyway.
///
/// # Errors
/// When the search itself fails.
pub fn devices(args: &str) -> Result<Vec<Device>, LiveError> {
    quiet();
    let found = soapysdr::enumerate(args).map_err(|error| LiveError::Device {
        reason: error.message,
    })?;
    if found.is_empty() && !args.is_empty() {
        return Ok(vec![look_into(args.to_owned(), BTreeMap::new())]);
    }
    let looked = found.into_iter().map(|found| {
        let map: BTreeMap<String, String> = found
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        look_into(choosing(&map), map)
    });
    Ok(looked.collect())
}

/// What of a device's description chooses it among others.
fn choosing(found: &BTreeMap<String, String>) -> String {
    let keys = [
        "driver",
        "serial",
        "device_id",
        "remote",
        "remote:driver",
        "addr",
        "port",
    ];
    let parts = keys
        .iter()
        .filter_map(|key| found.get(*key).map(|value| format!("{key}={value}")));
    parts.collect::<Vec<_>>().join(",")
}

fn look_into(args: String, found: BTreeMap<String, String>) -> Device {
    let device = Device {
        args,
        found,
        ..Device::default()
    };
    match soapysdr::Device::new(device.args.as_str()) {
        Ok(open) => describe(device, &open),
        Err(error) => Device {
            error: Some(error.message),
            ..device
        },
    }
}

/// What a driver does not tell is left empty.
fn describe(device: Device, open: &soapysdr::Device) -> Device {
    let info = open.hardware_info().map_or_else(
        |_| BTreeMap::new(),
        |info| {
            info.iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect()
        },
    );
    let channels = open.num_channels(Direction::Rx).unwrap_or(0);
    Device {
        driver: open.driver_key().ok(),
        hardware: open.hardware_key().ok(),
        info,
        hardware_time: open.has_hardware_time(None).unwrap_or(false),
        clock_sources: open.list_clock_sources().unwrap_or_default(),
        time_sources: open.list_time_sources().unwrap_or_default(),
        sensors: open.list_sensors().unwrap_or_default(),
        channels: (0..channels).map(|number| channel(open, number)).collect(),
        ..device
    }
}

fn limits(ranges: Result<Vec<Range>, soapysdr::Error>) -> Vec<Limits> {
    ranges.unwrap_or_default().into_iter().map(Into::into).collect()
}

fn channel(open: &soapysdr::Device, channel: usize) -> Channel {
    let rx = Direction::Rx;
    let element = |name: String| Element {
        range_db: open
            .gain_element_range(rx, channel, name.as_str())
            .ok()
            .map(Into::into),
        name,
    };
    let gains = open.list_gains(rx, channel).unwrap_or_default();
    let stream_args = open.stream_args_info(rx, channel).unwrap_or_default();
    Channel {
        channel,
        antennas: open.antennas(rx, channel).unwrap_or_default(),
        gain_db: open.gain_range(rx, channel).ok().map(Into::into),
        gains: gains.into_iter().map(element).collect(),
        agc: open.has_gain_mode(rx, channel).unwrap_or(false),
        frequencies_hz: limits(open.frequency_range(rx, channel)),
        ppm: open
            .list_frequencies(rx, channel)
            .unwrap_or_default()
            .iter()
            .any(|part| part == "CORR"),
        rates_hz: limits(open.get_sample_rate_range(rx, channel)),
        bandwidths_hz: limits(open.bandwidth_range(rx, channel)),
        sensors: open.list_channel_sensors(rx, channel).unwrap_or_default(),
        formats: open
            .stream_formats(rx, channel)
            .unwrap_or_default()
            .iter()
            .map(ToString::to_string)
            .collect(),
        stream_args: stream_args.into_iter().map(|arg| (arg.key, arg.value)).collect(),
    }
}
