//! The section `[receiver]`: the same words as the options of live inputs.

use super::ReceiverEntry;
use crate::input::{Gain, LiveOptions, LiveUrl, MAX_RATE_HZ, MIN_RATE_HZ, OpenOptions, Setting};
use crate::profile::ProfileError;
use crate::profile::error::quoted;
use crate::profile::section::{Quantity, Section};
use std::time::Duration;

pub(super) fn receiver(root: &Section<'_>) -> Result<ReceiverEntry, ProfileError> {
    let section = root.section("receiver")?;
    let keys = [
        "input",
        "format",
        "rate",
        "gain",
        "agc",
        "ppm",
        "antenna",
        "bandwidth",
        "channel",
        "device_setting",
        "silence",
        "reconnect",
        "hold_back",
    ];
    section.only(&keys, "")?;
    Ok(ReceiverEntry {
        input: input(&section)?,
        options: OpenOptions {
            format: read(&section, "format", "a sample format, such as \"cu8\"")?,
            sample_rate_hz: within(
                &section,
                "rate",
                Quantity::Hertz,
                (MIN_RATE_HZ, MAX_RATE_HZ),
                "1 to 1e11 Hz",
            )?,
            start: None,
            live: live(&section)?,
        },
    })
}

fn input(section: &Section<'_>) -> Result<String, ProfileError> {
    let allowed = "the URL of a live input, such as \"soapy:driver=rtlsdr\" or \"rtl_tcp://HOST\"";
    let input = section.required("input", section.text("input", allowed)?, allowed)?;
    match LiveUrl::parse(input) {
        Some(Ok(_)) if !input.contains(char::is_control) => Ok(input.to_owned()),
        _ => Err(section.refuse("input", quoted(input), allowed)),
    }
}

fn live(section: &Section<'_>) -> Result<LiveOptions, ProfileError> {
    section.not_both("gain", "agc")?;
    let default = LiveOptions::default();
    let any = (f64::MIN, f64::MAX);
    let silence = within(
        section,
        "silence",
        Quantity::Number,
        (0.1, 86_400.0),
        "0.1 to 86400 s",
    )?;
    Ok(LiveOptions {
        frequency_hz: None,
        gain: gain(section)?,
        agc: section.boolean("agc")?.unwrap_or(false),
        ppm: within(section, "ppm", Quantity::Number, any, "a finite number")?,
        antenna: section
            .text("antenna", "the name of an antenna")?
            .map(str::to_owned),
        bandwidth_hz: within(section, "bandwidth", Quantity::Hertz, (1.0, 1e12), "1 to 1e12 Hz")?,
        channel: section.whole("channel")?,
        settings: settings(section)?,
        silence: silence.map_or(default.silence, Duration::from_secs_f64),
        reconnect_s: within(section, "reconnect", Quantity::Number, (0.0, 1e9), "0 to 1e9 s")?,
        hold_back: section.boolean("hold_back")?.unwrap_or(false),
    })
}

/// A number in dB, or text with one for each element.
fn gain(section: &Section<'_>) -> Result<Option<Gain>, ProfileError> {
    let number = section.quantity("gain", Quantity::Number).ok().flatten();
    if let Some(gain) = number.filter(|gain| gain.is_finite()) {
        return Ok(Some(Gain::Overall(gain)));
    }
    read(section, "gain", "a number in dB, or text as \"LNA=20,VGA=10\"")
}

fn settings(section: &Section<'_>) -> Result<Vec<Setting>, ProfileError> {
    let allowed = "a list of texts, as [\"bias_tee=1\"]";
    let texts = section.texts("device_setting", allowed)?;
    let setting = |text: &String| {
        text.parse()
            .map_err(|_| section.refuse("device_setting", quoted(text), allowed))
    };
    texts.iter().map(setting).collect()
}

/// A text that says more than itself.
fn read<T: std::str::FromStr>(
    section: &Section<'_>,
    key: &str,
    allowed: &str,
) -> Result<Option<T>, ProfileError> {
    let Some(text) = section.text(key, allowed)? else {
        return Ok(None);
    };
    let parsed = text.parse().ok();
    parsed
        .map(Some)
        .ok_or_else(|| section.refuse(key, quoted(text), allowed))
}

/// A number between bounds.
pub(super) fn within(
    section: &Section<'_>,
    key: &str,
    kind: Quantity,
    (least, most): (f64, f64),
    allowed: &str,
) -> Result<Option<f64>, ProfileError> {
    let number = section.quantity(key, kind)?;
    match number {
        Some(number) if !(least..=most).contains(&number) => {
            Err(section.refuse(key, number.to_string(), allowed))
        }
        number => Ok(number),
    }
}
