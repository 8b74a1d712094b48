//! The options of live inputs.

// The comments here are the help texts, which are no Markdown.
#![allow(clippy::doc_markdown)]

use clap::Args;
use groundlink_station::input::{Gain, LiveOptions, Setting, parse_frequency};
use std::time::Duration;

/// How to tune a receiver, and what to do when it falls silent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Live inputs")]
pub struct LiveArgs {
    /// Tune the receiver to this frequency: 437.5M, 145825000.
    #[arg(long, value_name = "Hz", value_parser = parse_frequency, allow_negative_numbers = true)]
    pub frequency: Option<f64>,
    /// Gain in dB, or of each element: LNA=20,VGA=10.
    #[arg(long, value_name = "dB", allow_hyphen_values = true)]
    pub gain: Option<Gain>,
    /// Let the receiver control its gain.
    #[arg(long, conflicts_with = "gain")]
    pub agc: bool,
    /// Error of the receiver's reference, parts per million, which it is to correct.
    #[arg(long, value_name = "PPM", value_parser = finite, allow_negative_numbers = true)]
    pub ppm: Option<f64>,
    /// Antenna, by its name.
    #[arg(long, value_name = "NAME")]
    pub antenna: Option<String>,
    /// Bandwidth of the receiver's filter.
    #[arg(long, value_name = "Hz", value_parser = parse_frequency)]
    pub bandwidth: Option<f64>,
    /// Channel of the device [default: 0].
    #[arg(long, value_name = "N")]
    pub channel: Option<usize>,
    /// A setting of the device or server, such as bias_tee=1; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub device_setting: Vec<Setting>,
    /// Silence that counts as lost samples [default: 5].
    #[arg(long, value_name = "S", value_parser = silence)]
    pub silence: Option<Duration>,
    /// For how long a lost input is looked for; 0 ends the run with it [default: for ever; tcp:// 0].
    #[arg(long, value_name = "S", value_parser = not_negative)]
    pub reconnect: Option<f64>,
    /// Let a TCP stream wait for the decoder instead of discarding what it has no time for: for servers that replay.
    #[arg(long)]
    pub hold_back: bool,
}

impl From<&LiveArgs> for LiveOptions {
    fn from(args: &LiveArgs) -> Self {
        let default = Self::default();
        Self {
            frequency_hz: args.frequency,
            gain: args.gain.clone(),
            agc: args.agc,
            ppm: args.ppm,
            antenna: args.antenna.clone(),
            bandwidth_hz: args.bandwidth,
            channel: args.channel,
            settings: args.device_setting.clone(),
            silence: args.silence.unwrap_or(default.silence),
            reconnect_s: args.reconnect,
            hold_back: args.hold_back,
        }
    }
}

fn finite(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| "must be a number".to_owned())
}

fn not_negative(text: &str) -> Result<f64, String> {
    match finite(text) {
        Ok(seconds) if seconds >= 0.0 => Ok(seconds),
        _ => Err("must be a number of seconds, not below 0".to_owned()),
    }
}

fn silence(text: &str) -> Result<Duration, String> {
    match finite(text) {
        Ok(seconds) if (0.1..=86_400.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("must be a number of seconds from 0.1 to 86400".to_owned()),
    }
}

/// `devices`.
#[derive(Debug, Args)]
pub struct DevicesArgs {
    /// Only these, by SoapySDR arguments such as driver=rtlsdr; drivers that find nothing by themselves (remote,
    /// redpitaya) are opened with them.
    #[arg(value_name = "ARGUMENTS", default_value = "")]
    pub arguments: String,
    /// Print the list as JSON on stdout.
    #[arg(long)]
    pub json: bool,
}
