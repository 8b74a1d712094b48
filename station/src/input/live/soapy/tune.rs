//! Setting a receiver as the options say. What it cannot do is refused beforehand: many drivers pass over it silently.

use super::super::{Gain, LiveError, LiveOptions};
use soapysdr::{Args, Device, Direction, Error, Range, RxStream};

/// Settings whose keys begin so are those of the stream.
const STREAM: &str = "stream.";
/// Kinds of input, for messages.
const KIND: &str = "this device";
/// Part of a frequency that corrects the reference's error.
const CORRECTION: &str = "CORR";

/// A receiver that is tuned, its stream not yet begun.
pub(super) struct Tuned {
    pub device: Device,
    pub stream: RxStream<num_complex::Complex32>,
    /// Samples per second, as the device says.
    pub rate_hz: f64,
    /// Centre of the samples, Hz, as the device says.
    pub frequency_hz: f64,
}

fn wrong(source: Error) -> LiveError {
    LiveError::Device {
        reason: source.message,
    }
}

/// Refuses texts that the library cannot take: it is written in C.
pub(super) fn no_nul(args: &str, options: &LiveOptions) -> Result<(), LiveError> {
    let elements = match &options.gain {
        Some(Gain::Elements(elements)) => elements.as_slice(),
        _ => &[],
    };
    let settings = options
        .settings
        .iter()
        .flat_map(|setting| [&setting.key, &setting.value]);
    let mut texts = settings
        .chain(elements.iter().map(|(name, _)| name))
        .chain(&options.antenna)
        .map(String::as_str)
        .chain([args]);
    match texts.find(|text| text.contains('\0')) {
        None => Ok(()),
        Some(text) => Err(LiveError::Address {
            text: text.to_owned(),
            wanted: "text for a device: it has a zero in it",
        }),
    }
}

/// Ranges for people: "20000, 50000 to 60000".
fn ranges_text(ranges: &[Range]) -> String {
    let text = |range: &Range| {
        if range.minimum == range.maximum {
            format!("{}", range.minimum)
        } else {
            format!("{} to {}", range.minimum, range.maximum)
        }
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// Refuses a value that is in none of the ranges; a device that states none takes all.
fn within(option: &str, value: f64, ranges: &[Range], unit: &str) -> Result<(), LiveError> {
    // Rates are read back with rounding errors.
    let slack = 1e-9 * value.abs();
    let inside = |range: &Range| (range.minimum - slack..=range.maximum + slack).contains(&value);
    if ranges.is_empty() || ranges.iter().any(inside) {
        return Ok(());
    }
    Err(LiveError::Value {
        option: option.to_owned(),
        value: value.to_string(),
        limits: format!("{} {unit}", ranges_text(ranges)),
    })
}

fn among(option: &str, value: &str, known: &[String]) -> Result<(), LiveError> {
    if known.iter().any(|name| name == value) {
        return Ok(());
    }
    Err(LiveError::Value {
        option: option.to_owned(),
        value: value.to_owned(),
        limits: match known {
            [] => "what the device has: none".to_owned(),
            names => format!("what the device has: {}", names.join(", ")),
        },
    })
}

/// Opens and tunes a receiver.
///
/// # Errors
/// When there is none, or it cannot do what the options ask for.
pub(super) fn tune(args: &str, rate_hz: Option<f64>, options: &LiveOptions) -> Result<Tuned, LiveError> {
    let device = Device::new(args).map_err(wrong)?;
    let (rx, channel) = (Direction::Rx, options.channel.unwrap_or(0));
    let channels = device.num_channels(rx).map_err(wrong)?;
    if channel >= channels {
        return Err(LiveError::Value {
            option: "--channel".into(),
            value: channel.to_string(),
            limits: format!("what the device has: {channels} receiving channels from 0"),
        });
    }
    for setting in options
        .settings
        .iter()
        .filter(|setting| !setting.key.starts_with(STREAM))
    {
        device
            .write_setting(setting.key.as_str(), setting.value.as_str())
            .map_err(wrong)?;
    }
    if let Some(antenna) = &options.antenna {
        among(
            "--antenna",
            antenna,
            &device.antennas(rx, channel).map_err(wrong)?,
        )?;
        device.set_antenna(rx, channel, antenna.as_str()).map_err(wrong)?;
    }
    if let Some(rate) = rate_hz {
        within(
            "--rate",
            rate,
            &device.get_sample_rate_range(rx, channel).map_err(wrong)?,
            "Hz",
        )?;
        device.set_sample_rate(rx, channel, rate).map_err(wrong)?;
    }
    if let Some(bandwidth) = options.bandwidth_hz {
        within(
            "--bandwidth",
            bandwidth,
            &device.bandwidth_range(rx, channel).map_err(wrong)?,
            "Hz",
        )?;
        device.set_bandwidth(rx, channel, bandwidth).map_err(wrong)?;
    }
    set_gain(&device, channel, options)?;
    set_frequency(&device, channel, options)?;
    let mut stream_args = Args::new();
    for setting in &options.settings {
        if let Some(key) = setting.key.strip_prefix(STREAM) {
            stream_args.set(key, setting.value.as_str());
        }
    }
    let stream = device.rx_stream_args(&[channel], stream_args).map_err(wrong)?;
    Ok(Tuned {
        rate_hz: device.sample_rate(rx, channel).map_err(wrong)?,
        frequency_hz: match options.frequency_hz {
            Some(frequency) => frequency,
            None => device.frequency(rx, channel).map_err(wrong)?,
        },
        device,
        stream,
    })
}

fn set_gain(device: &Device, channel: usize, options: &LiveOptions) -> Result<(), LiveError> {
    let rx = Direction::Rx;
    let automatic = device.has_gain_mode(rx, channel).map_err(wrong)?;
    if options.agc && !automatic {
        return Err(LiveError::Unsupported {
            option: "--agc".into(),
            kind: KIND,
            has: "--gain",
        });
    }
    if automatic && (options.agc || options.gain.is_some()) {
        device.set_gain_mode(rx, channel, options.agc).map_err(wrong)?;
    }
    match &options.gain {
        None => Ok(()),
        Some(Gain::Overall(gain)) => {
            within(
                "--gain",
                *gain,
                &[device.gain_range(rx, channel).map_err(wrong)?],
                "dB",
            )?;
            device.set_gain(rx, channel, *gain).map_err(wrong)
        }
        Some(Gain::Elements(elements)) => {
            let known = device.list_gains(rx, channel).map_err(wrong)?;
            for (name, gain) in elements {
                among("--gain", name, &known)?;
                let range = device
                    .gain_element_range(rx, channel, name.as_str())
                    .map_err(wrong)?;
                within(&format!("--gain {name}"), *gain, &[range], "dB")?;
                device
                    .set_gain_element(rx, channel, name.as_str(), *gain)
                    .map_err(wrong)?;
            }
            Ok(())
        }
    }
}

fn set_frequency(device: &Device, channel: usize, options: &LiveOptions) -> Result<(), LiveError> {
    let rx = Direction::Rx;
    let parts = device.list_frequencies(rx, channel).map_err(wrong)?;
    let corrects = parts.iter().any(|part| part == CORRECTION);
    let mut scale = 1.0;
    match options.ppm {
        Some(ppm) if corrects => device
            .set_component_frequency(rx, channel, CORRECTION, ppm, ())
            .map_err(wrong)?,
        // A reference that is fast by so much tunes too high by as much.
        Some(ppm) => scale = 1.0 / (1.0 + 1e-6 * ppm),
        None => {}
    }
    if let Some(frequency) = options.frequency_hz {
        within(
            "--frequency",
            frequency,
            &device.frequency_range(rx, channel).map_err(wrong)?,
            "Hz",
        )?;
        device
            .set_frequency(rx, channel, scale * frequency, ())
            .map_err(wrong)?;
    }
    Ok(())
}
