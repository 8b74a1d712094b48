//! `groundlink devices`.

use super::live_args::DevicesArgs;
use std::process::ExitCode;

/// Without the library there is nothing to list.
#[cfg(not(feature = "soapysdr"))]
pub fn run(_: &DevicesArgs) -> anyhow::Result<ExitCode> {
    Err(groundlink_station::input::LiveError::NoSoapy.into())
}

/// Lists the devices on stdout.
#[cfg(feature = "soapysdr")]
pub fn run(args: &DevicesArgs) -> anyhow::Result<ExitCode> {
    use groundlink_station::input::live::soapy::devices;
    use std::io::Write;

    let found = devices(args.arguments.trim_start_matches("soapy:"))?;
    let mut out = std::io::stdout().lock();
    if args.json {
        // As text first: a reader that has gone shows in the error of writing, not in that of formatting.
        let json = serde_json::to_string_pretty(&found)?;
        writeln!(out, "{json}")?;
    } else {
        out.write_all(list::text(&found).as_bytes())?;
    }
    out.flush()?;
    Ok(ExitCode::from(u8::from(
        found.iter().all(|device| device.error.is_some()),
    )))
}

#[cfg(feature = "soapysdr")]
mod list {
    use groundlink_station::input::live::soapy::{Channel, Device, Limits};
    use std::fmt::Write;

    /// The list for people.
    pub fn text(devices: &[Device]) -> String {
        let mut text = String::new();
        if devices.is_empty() {
            text.push_str("no device found\n");
        }
        for device in devices {
            // Writing to a string cannot fail.
            let _ = one(&mut text, device);
        }
        text
    }

    fn one(text: &mut String, device: &Device) -> std::fmt::Result {
        writeln!(text, "soapy:{}", device.args)?;
        if let Some(error) = &device.error {
            return writeln!(text, "  cannot be opened: {error}");
        }
        let [driver, hardware] =
            [&device.driver, &device.hardware].map(|name| name.as_deref().unwrap_or("?"));
        writeln!(text, "  driver {driver}, hardware {hardware}")?;
        for (key, value) in &device.info {
            writeln!(text, "  {key} {value}")?;
        }
        let time = if device.hardware_time { "yes" } else { "no" };
        writeln!(text, "  hardware time {time}")?;
        names(text, "  clock sources", &device.clock_sources)?;
        names(text, "  time sources", &device.time_sources)?;
        names(text, "  sensors", &device.sensors)?;
        device
            .channels
            .iter()
            .try_for_each(|channel| one_channel(text, channel))
    }

    fn names(text: &mut String, what: &str, names: &[String]) -> std::fmt::Result {
        if names.is_empty() {
            return Ok(());
        }
        writeln!(text, "{what} {}", names.join(", "))
    }

    fn one_channel(text: &mut String, channel: &Channel) -> std::fmt::Result {
        writeln!(text, "  channel {}", channel.channel)?;
        ranges(text, "    rates", &channel.rates_hz, "Hz")?;
        ranges(text, "    frequencies", &channel.frequencies_hz, "Hz")?;
        ranges(text, "    bandwidths", &channel.bandwidths_hz, "Hz")?;
        ranges(text, "    gain", channel.gain_db.as_slice(), "dB")?;
        for element in &channel.gains {
            ranges(
                text,
                &format!("    gain {}", element.name),
                element.range_db.as_slice(),
                "dB",
            )?;
        }
        let [agc, ppm] = [channel.agc, channel.ppm].map(|has| if has { "yes" } else { "no" });
        writeln!(text, "    automatic gain {agc}, PPM correction {ppm}")?;
        names(text, "    antennas", &channel.antennas)?;
        names(text, "    sensors", &channel.sensors)?;
        names(text, "    formats", &channel.formats)?;
        let args: Vec<String> = channel
            .stream_args
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        names(text, "    stream arguments", &args)
    }

    fn ranges(text: &mut String, what: &str, ranges: &[Limits], unit: &str) -> std::fmt::Result {
        if ranges.is_empty() {
            return Ok(());
        }
        let one = |range: &Limits| {
            if range.min == range.max {
                range.min.to_string()
            } else {
                format!("{} to {}", range.min, range.max)
            }
        };
        let list: Vec<String> = ranges.iter().map(one).collect();
        writeln!(text, "{what} {} {unit}", list.join(", "))
    }
}
