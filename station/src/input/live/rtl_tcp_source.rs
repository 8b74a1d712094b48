//! A client of `rtl_tcp`.

use super::arrival::ArrivalTime;
use super::rtl_tcp::{Command, HEADER_BYTES, Header, parse_header};
use super::stream::{Dial, Patience, StreamParts, StreamSource, connect};
use super::{Gain, LiveError, LiveOptions, Setting, captures};
use crate::input::convert::Encoding;
use crate::input::{InputInfo, OpenOptions, SampleFormat, SampleSource, SampleType};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

/// Samples that the server gathers before it sends them: its default transfers are of 256 KiB.
const SERVER_BUFFER: f64 = 131_072.0;
/// What the network and the two computers may add, seconds.
const DELAY_S: f64 = 0.1;

const HAS: &str = "--frequency, --gain, --agc, --ppm, --device-setting (bias_tee, digital_agc, direct_sampling, \
                   offset_tuning), --silence and --reconnect";
const UNDERSTOOD: [&str; 7] = [
    "--frequency",
    "--gain",
    "--agc",
    "--ppm",
    "--device-setting",
    "--silence",
    "--reconnect",
];

struct Client {
    address: String,
    commands: Vec<Command>,
}

impl Client {
    /// Connects, reads the header, and tunes.
    fn open(&self) -> Result<(TcpStream, Header), LiveError> {
        let mut stream = connect(&self.address)?;
        let mut bytes = [0; HEADER_BYTES];
        let mut filled = 0;
        while filled < HEADER_BYTES {
            match stream.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(LiveError::Connect(error)),
            }
        }
        let header = parse_header(&bytes[..filled])?;
        let commands: Vec<u8> = self.commands.iter().flat_map(|command| command.bytes()).collect();
        stream.write_all(&commands).map_err(LiveError::Connect)?;
        Ok((stream, header))
    }
}

impl Dial for Client {
    fn dial(&mut self) -> Result<Option<TcpStream>, LiveError> {
        self.open().map(|(stream, _)| Some(stream))
    }
}

/// Samples from an `rtl_tcp` server, tuned as the options say.
pub(crate) fn open(
    name: &str,
    address: &str,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, LiveError> {
    options.live.only(&UNDERSTOOD, "rtl_tcp", HAS)?;
    let rate_hz = options
        .sample_rate_hz
        .ok_or(LiveError::Missing { options: "--rate" })?;
    let format = SampleFormat {
        number: SampleType::U8,
        complex: true,
        big_endian: false,
    };
    if let Some(other) = options.format.filter(|given| *given != format) {
        return Err(LiveError::Value {
            option: "--format".into(),
            value: other.to_string(),
            limits: "what rtl_tcp sends: cu8".into(),
        });
    }
    let client = Client {
        address: address.to_owned(),
        commands: commands(rate_hz, &options.live)?,
    };
    let (first, header) = client.open()?;
    let frequency_hz = options.live.frequency_hz;
    let tuner = header.tuner_name();
    let parts = StreamParts {
        dial: Box::new(client),
        info: InputInfo {
            name: name.to_owned(),
            format: "rtl_tcp cu8".to_owned(),
            complex: true,
            sample_rate_hz: Some(rate_hz),
            length: None,
            captures: captures(options),
            hardware: Some(tuner.map_or_else(|| "rtl_tcp".into(), |tuner| format!("rtl_tcp, tuner {tuner}"))),
        },
        encoding: Encoding::raw(format),
        patience: Patience {
            silence: options.live.silence,
            redial_when_silent: true,
            reconnect_s: options.live.reconnect_s.unwrap_or(f64::INFINITY),
            held_back: false,
        },
        rate_hz,
        arrivals: ArrivalTime::new(rate_hz, frequency_hz, Some(SERVER_BUFFER / rate_hz + DELAY_S)),
        warnings: unusual_rate(rate_hz)
            .filter(|_| tuner.is_some())
            .into_iter()
            .collect(),
    };
    Ok(Box::new(StreamSource::new(parts, Some(first))?))
}

/// A warning where the receiver chip refuses a rate: its server then goes on with another without saying so.
fn unusual_rate(rate_hz: f64) -> Option<String> {
    let possible = (225_001.0..=300_000.0).contains(&rate_hz) || (900_001.0..=3_200_000.0).contains(&rate_hz);
    (!possible).then(|| {
        format!(
            "an RTL2832U cannot sample at {rate_hz} Hz (225001 to 300000 and 900001 to 3200000 Hz): the server may go on \
             with another rate"
        )
    })
}

/// What the options ask for, in the order in which a receiver takes it.
fn commands(rate_hz: f64, options: &LiveOptions) -> Result<Vec<Command>, LiveError> {
    let mut commands = vec![Command::SampleRate(whole("--rate", rate_hz)?)];
    if let Some(ppm) = options.ppm {
        let possible = ppm.fract() == 0.0 && ppm.abs() <= 1000.0;
        let wrong = || outside("--ppm", &ppm, "-1000 to 1000, in whole numbers, for rtl_tcp");
        commands.push(Command::Ppm(possible.then_some(ppm as i32).ok_or_else(wrong)?));
    }
    for setting in &options.settings {
        commands.push(special(setting)?);
    }
    if let Some(frequency) = options.frequency_hz {
        commands.push(Command::Frequency(whole("--frequency", frequency)?));
    }
    match &options.gain {
        Some(Gain::Overall(gain)) if (-100.0..=200.0).contains(gain) => {
            commands.push(Command::ManualGain(true));
            commands.push(Command::Gain((10.0 * gain).round() as i32));
        }
        Some(Gain::Overall(gain)) => return Err(outside("--gain", gain, "-100 to 200 dB")),
        Some(Gain::Elements(_)) => {
            return Err(outside("--gain", &"by elements", "what rtl_tcp has: one gain"));
        }
        None => commands.push(Command::ManualGain(false)),
    }
    Ok(commands)
}

fn special(setting: &Setting) -> Result<Command, LiveError> {
    let option = format!("--device-setting {}", setting.key);
    let switch = || match setting.value.as_str() {
        "1" | "true" | "on" => Ok(true),
        "0" | "false" | "off" => Ok(false),
        other => Err(outside(&option, &other, "0 and 1")),
    };
    Ok(match setting.key.as_str() {
        "bias_tee" => Command::BiasTee(switch()?),
        "digital_agc" => Command::DigitalAgc(switch()?),
        "offset_tuning" => Command::OffsetTuning(switch()?),
        "direct_sampling" => match setting.value.parse() {
            Ok(branch @ 0..=2) => Command::DirectSampling(branch),
            _ => return Err(outside(&option, &setting.value, "0 (off), 1 (I) and 2 (Q)")),
        },
        _ => {
            return Err(LiveError::Unsupported {
                option,
                kind: "rtl_tcp",
                has: "bias_tee, digital_agc, direct_sampling and offset_tuning",
            });
        }
    })
}

/// A number of Hz that fits into a command.
fn whole(option: &'static str, hz: f64) -> Result<u32, LiveError> {
    let rounded = hz.round();
    if (0.0..=f64::from(u32::MAX)).contains(&rounded) {
        return Ok(rounded as u32);
    }
    Err(outside(option, &hz, "0 to 4294967295 Hz"))
}

fn outside(option: &str, value: &dyn std::fmt::Display, limits: &str) -> LiveError {
    LiveError::Value {
        option: option.to_owned(),
        value: value.to_string(),
        limits: limits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_become_commands() {
        let options = LiveOptions {
            frequency_hz: Some(437.525e6),
            gain: Some(Gain::Overall(29.66)),
            ppm: Some(-3.0),
            settings: vec![
                "bias_tee=on".parse().unwrap(),
                "direct_sampling=2".parse().unwrap(),
            ],
            ..LiveOptions::default()
        };
        assert_eq!(
            commands(2.4e6, &options).unwrap(),
            [
                Command::SampleRate(2_400_000),
                Command::Ppm(-3),
                Command::BiasTee(true),
                Command::DirectSampling(2),
                Command::Frequency(437_525_000),
                Command::ManualGain(true),
                Command::Gain(297),
            ]
        );
        let automatic = commands(1e6, &LiveOptions::default()).unwrap();
        assert_eq!(
            automatic,
            [Command::SampleRate(1_000_000), Command::ManualGain(false)]
        );
    }

    #[test]
    fn what_a_command_cannot_say_is_refused() {
        let refused = |options: LiveOptions| commands(1e6, &options).unwrap_err().to_string();
        let setting = |text: &str| LiveOptions {
            settings: vec![text.parse().unwrap()],
            ..LiveOptions::default()
        };
        for (options, text) in [
            (
                LiveOptions {
                    ppm: Some(0.5),
                    ..LiveOptions::default()
                },
                "--ppm 0.5 is outside -1000 to 1000, in whole numbers, for rtl_tcp",
            ),
            (
                LiveOptions {
                    frequency_hz: Some(8.4e9),
                    ..LiveOptions::default()
                },
                "--frequency 8400000000 is outside 0 to 4294967295 Hz",
            ),
            (
                LiveOptions {
                    gain: "LNA=1".parse().ok(),
                    ..LiveOptions::default()
                },
                "--gain by elements is outside what rtl_tcp has: one gain",
            ),
            (
                setting("bias_tee=2"),
                "--device-setting bias_tee 2 is outside 0 and 1",
            ),
            (
                setting("direct_sampling=3"),
                "--device-setting direct_sampling 3 is outside 0 (off), 1 (I) and 2 (Q)",
            ),
            (
                setting("x=1"),
                "--device-setting x means nothing for rtl_tcp; it has bias_tee, digital_agc, direct_sampling and \
                 offset_tuning",
            ),
        ] {
            assert_eq!(refused(options), text);
        }
    }

    #[test]
    fn rates_that_the_chip_refuses_are_told() {
        for rate in [225_001.0, 250e3, 300e3, 1e6, 2.4e6, 3.2e6] {
            assert_eq!(unusual_rate(rate), None, "{rate}");
        }
        assert!(unusual_rate(48e3).is_some() && unusual_rate(500e3).is_some());
    }
}
