//! What is wrong with a command line, in one line each: its grammar, and options that do not fit each other.

use super::args::{Bad, InputArgs, OutputArgs, Stage};
use super::orbit_args::DopplerArgs;
use super::record_args::RecordArgs;
use anyhow::{Result, bail};
use groundlink_station::input::{LiveOptions, LiveUrl};
use groundlink_station::output::stream::What;

/// The parser's message in one line, with its hint where it has one.
pub fn line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = paragraph
        .trim_start_matches("error:")
        .split_whitespace()
        .collect();
    let mut hints = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("tip: "));
    let hint = hints
        .find(|hint| hint.contains("similar"))
        .map(|hint| format!(" ({hint})"));
    let line = format!("{}{}; see --help", words.join(" "), hint.unwrap_or_default());
    without_logins(&line)
}

/// The text, without what stands before the host in URLs: it may be a password.
fn without_logins(text: &str) -> String {
    let mut parts = text.split("://");
    let mut line = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find([' ', '\'']).unwrap_or(part.len());
        let login = part[..end].rfind('@').map_or(0, |at| at + 1);
        line.push_str("://");
        line.push_str(&part[login..]);
    }
    line
}

/// Whether what is said of the input and what is wanted from it fit the place where it enters the chain.
///
/// # Errors
/// The first option that does not.
pub fn check(input: &InputArgs, outputs: &OutputArgs, record: &RecordArgs) -> Result<()> {
    check_input(input)?;
    let from = input.from;
    if record.record.is_some() && from != Stage::Iq {
        bail!(
            "--record means nothing with --from {}; it needs --from iq",
            name(from)
        );
    }
    for (option, wanted, last) in [
        ("--soft", &outputs.soft, Stage::Bits),
        ("--cadus", &outputs.cadus, Stage::Cadus),
        ("--frames", &outputs.frames, Stage::Frames),
    ] {
        if wanted.is_some() && from > last {
            bail!("{option} has nothing to write with --from {}", name(from));
        }
    }
    for output in &outputs.output {
        let last = match output.what {
            What::Cadus => Stage::Cadus,
            What::Frames => Stage::Frames,
            What::Packets | What::Records | What::Metrics => Stage::Packets,
        };
        if from > last {
            let what = output.what.name();
            bail!(
                "--output {} has no {what} to give with --from {}",
                output.text,
                name(from)
            );
        }
    }
    Ok(())
}

/// Whether what is said of the input fits the place where it enters the chain.
///
/// # Errors
/// The first option that does not.
pub fn check_input(input: &InputArgs) -> Result<()> {
    let from = input.from;
    let no_samples = from != Stage::Iq;
    let no_soft = !matches!(from, Stage::Soft | Stage::Bits);
    for (option, given, wrong, needs) in [
        ("--rate", input.samples.rate.is_some(), no_samples, "--from iq"),
        (
            "--format",
            input.samples.format.is_some(),
            no_samples,
            "--from iq",
        ),
        (
            "--start-time",
            input.samples.start_time.is_some(),
            no_samples,
            "--from iq",
        ),
        (
            "--soft-format",
            input.soft_format.is_some(),
            no_soft,
            "--from soft or --from bits",
        ),
    ] {
        if given && wrong {
            bail!(
                "{option} means nothing with --from {}; it needs {needs}",
                name(from)
            );
        }
    }
    check_live(input)
}

/// Whether the options of live inputs are given for one.
fn check_live(input: &InputArgs) -> Result<()> {
    let live = LiveUrl::parse(&input.input).is_some();
    if live && input.from != Stage::Iq {
        bail!("live inputs are samples; they need --from iq");
    }
    if let (false, Some(option)) = (live, LiveOptions::from(&input.live).given().first()) {
        bail!(
            "{option} means nothing for {}: it is for live inputs, such as rtl_tcp://HOST",
            input.input
        );
    }
    Ok(())
}

/// Whether there are samples where Doppler is to be taken off or measured.
///
/// # Errors
/// The first option that does not fit.
pub fn check_doppler(input: &InputArgs, doppler: &DopplerArgs, outputs: &OutputArgs) -> Result<()> {
    let measured = outputs.doppler_out.as_ref().map(|_| "--doppler-out");
    match doppler.given().or(measured) {
        Some(option) if input.from != Stage::Iq => {
            bail!(
                "{option} means nothing with --from {}; it needs --from iq",
                name(input.from)
            )
        }
        _ => Ok(()),
    }
}

/// As [`check`] with a station file, in which the outputs of each downlink are named.
///
/// # Errors
/// The first option that does not fit.
pub fn check_station(
    input: &InputArgs,
    doppler: &DopplerArgs,
    outputs: &OutputArgs,
    record: &RecordArgs,
) -> Result<()> {
    check(input, outputs, record)?;
    if let Some(option) = doppler.given() {
        bail!(
            "{option} means nothing with --station: give tle or doppler in the [[downlink]] sections of the station file"
        );
    }
    if input.from != Stage::Iq {
        bail!(
            "--from {} means nothing with --station; it needs --from iq",
            name(input.from)
        );
    }
    for (option, given) in [
        ("--frames", outputs.frames.is_some()),
        ("--packets", outputs.packets.is_some()),
        ("--cadus", outputs.cadus.is_some()),
        ("--soft", outputs.soft.is_some()),
        ("--events", outputs.events.is_some()),
        ("--doppler-out", outputs.doppler_out.is_some()),
        ("--bad-frames", outputs.bad_frames != Bad::Drop),
    ] {
        if given {
            bail!(
                "{option} means nothing with --station: give {} in the [[downlink]] sections of the station file",
                option.trim_start_matches('-').replace('-', "_")
            );
        }
    }
    Ok(())
}

fn name(stage: Stage) -> &'static str {
    groundlink_station::chain::From::from(stage).name()
}

#[cfg(test)]
mod tests {
    use super::super::args::{Cli, Command};
    use super::*;
    use clap::Parser;

    fn parse(words: &str) -> std::result::Result<Cli, String> {
        let words = std::iter::once("groundlink").chain(words.split(' '));
        Cli::try_parse_from(words).map_err(|error| line(&error))
    }

    fn checked(words: &str) -> std::result::Result<(), String> {
        match parse(words)?.command {
            Some(Command::Decode(args)) => {
                check(&args.input, &args.outputs, &args.record).map_err(|error| error.to_string())
            }
            _ => Err("not decode".to_owned()),
        }
    }

    #[test]
    fn the_parsers_messages_are_one_line() {
        for (words, expected) in [
            (
                "decode x",
                "the following required arguments were not provided: --profile <NAME|FILE>; see --help",
            ),
            (
                "decode x -p demo --station f",
                "the argument '--profile <NAME|FILE>' cannot be used with '--station <FILE>'; see --help",
            ),
            (
                "decode x --station f --set a=b",
                "the argument '--station <FILE>' cannot be used with '--set <KEY=VALUE>'; see --help",
            ),
            (
                "decode x -p demo --rat 5",
                "unexpected argument '--rat' found (a similar argument exists: '--rate'); see --help",
            ),
            (
                "decode x -p demo --from frams",
                "invalid value 'frams' for '--from <STAGE>' [possible values: iq, soft, bits, cadus, frames, \
                 packets] (a similar value exists: 'frames'); see --help",
            ),
            (
                "decode x -p demo --rate -5",
                "invalid value '-5' for '--rate <RATE>': -5: a sample rate of -5 Hz is outside 1 to 1e11 Hz; \
                 see --help",
            ),
        ] {
            assert_eq!(parse(words).unwrap_err(), expected, "{words}");
        }
    }

    #[test]
    fn options_that_mean_nothing_are_refused() {
        for (words, expected) in [
            (
                "--from frames --rate 48k",
                "--rate means nothing with --from frames; it needs --from iq",
            ),
            (
                "--from soft --format cu8",
                "--format means nothing with --from soft; it needs --from iq",
            ),
            (
                "--from iq --soft-format s8",
                "--soft-format means nothing with --from iq; it needs --from soft or --from bits",
            ),
            (
                "--from frames --soft s",
                "--soft has nothing to write with --from frames",
            ),
            (
                "--from cadus --soft s",
                "--soft has nothing to write with --from cadus",
            ),
            (
                "--from frames --cadus c",
                "--cadus has nothing to write with --from frames",
            ),
            (
                "--frequency 437.5M",
                "--frequency means nothing for x: it is for live inputs, such as rtl_tcp://HOST",
            ),
            (
                "--from packets --frames f",
                "--frames has nothing to write with --from packets",
            ),
        ] {
            assert_eq!(
                checked(&format!("decode x -p demo {words}")).unwrap_err(),
                expected
            );
        }
    }

    #[test]
    fn outputs_of_a_station_are_in_its_file() {
        for (words, expected) in [
            (
                "--frames f",
                "--frames means nothing with --station: give frames in the [[downlink]] sections of the station file",
            ),
            (
                "--bad-frames mark",
                "--bad-frames means nothing with --station: give bad_frames in the [[downlink]] sections of the \
                 station file",
            ),
            (
                "--from soft",
                "--from soft means nothing with --station; it needs --from iq",
            ),
        ] {
            let Some(Command::Decode(args)) =
                parse(&format!("decode x --station s {words}")).unwrap().command
            else {
                panic!("not decode");
            };
            let text = check_station(&args.input, &args.doppler, &args.outputs, &args.record)
                .unwrap_err()
                .to_string();
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn options_that_mean_something_pass() {
        for words in [
            "--rate 48k --format cu8 --soft s --cadus c --frames f --packets p",
            "--from soft --soft-format f32-neg --soft s --cadus c --frames f --packets p",
            "--from bits --soft-format packed --soft s --cadus c",
            "--from cadus --cadus c --frames f --packets p --events e --report r",
            "--from frames --frames f --packets p",
            "--from packets --packets p",
            "--samp_rate 48k",
            "--samplerate 48k",
        ] {
            assert_eq!(checked(&format!("decode x -p demo {words}")), Ok(()), "{words}");
        }
    }
}
