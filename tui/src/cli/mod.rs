//! The command line: one file per command.

pub mod args;
mod decode;
mod demo;
mod devices;
mod docs;
mod explain;
mod hints;
mod impair;
mod inspect;
mod live_args;
mod monitor;
mod orbit_args;
mod passes;
mod picture;
mod profiles;
mod progress;
mod record_args;
mod run;
mod screens;
mod simulate;
mod summary;
mod track;
mod usage;
mod work;
mod work_args;

use args::{Cli, Command, InputArgs, OutputArgs};
use clap::{ColorChoice, CommandFactory, FromArgMatches};
use groundlink_station::StationError;
use groundlink_station::chain::RunConfig;
use groundlink_station::output::report::{Report, Stopped};
use groundlink_station::profile::Profile;
use orbit_args::DopplerArgs;
use record_args::RecordArgs;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Runs the program.
pub fn main() -> ExitCode {
    // Asked for before parsing: help and errors of the command line are coloured too.
    let plain = std::env::args_os().any(|word| word == "--no-color");
    let color = !plain && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let cli = match parse(color) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let outcome = match cli.command {
        None => demo::run(color),
        Some(Command::Monitor(args)) => monitor::run(*args, color),
        Some(Command::Decode(args)) => decode::run(*args),
        Some(Command::Simulate(args)) => simulate::run(&args),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Explain(args)) => explain::run(*args),
        Some(Command::Devices(args)) => devices::run(&args),
        Some(Command::Profiles(args)) => profiles::run(&args),
        Some(Command::Passes(args)) => passes::run(&args),
        Some(Command::Run(args)) => run::run(&args),
        Some(Command::Track(args)) => track::run(&args),
        Some(Command::Work(args)) => work::run(*args),
        Some(Command::Completions { shell }) => docs::completions(shell),
        Some(Command::Man { folder }) => docs::man(&folder),
    };
    outcome.unwrap_or_else(|error| fail(&error))
}

/// The grammar: a viewer of another station has neither input nor profile.
fn command() -> clap::Command {
    Cli::command().mut_subcommand("monitor", |monitor| {
        let unless_attached = |arg: clap::Arg| {
            arg.required(false)
                .required_unless_present("attach")
                .default_value("")
                .hide_default_value(true)
        };
        monitor
            .mut_arg("input", unless_attached)
            .mut_arg("profile", unless_attached)
    })
}

/// The command line, or the exit code once help was given or the mistake named.
fn parse(color: bool) -> Result<Cli, ExitCode> {
    let choice = if color {
        ColorChoice::Auto
    } else {
        ColorChoice::Never
    };
    let parsed = command().color(choice).try_get_matches();
    parsed
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(|error| {
            if error.use_stderr() {
                complain(&usage::line(&error));
                return ExitCode::from(2);
            }
            // A reader that has gone is no error here either.
            let _ = error.print();
            ExitCode::SUCCESS
        })
}

/// Writes to stderr; nothing is to be done where that fails.
fn say(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Says in one line what is wrong.
fn complain(text: &str) {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    say(&format!("groundlink: {line}\n"));
}

/// An error with its causes; one that repeats its cause does so once.
fn with_causes(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.contains(&cause) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&cause);
    }
    line
}

/// One clear line and exit code 2; a reader of stdout that has gone is no error.
fn fail(error: &anyhow::Error) -> ExitCode {
    let gone = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>());
    if gone
        .into_iter()
        .any(|cause| cause.kind() == ErrorKind::BrokenPipe)
    {
        return ExitCode::SUCCESS;
    }
    complain(&with_causes(error));
    match error.downcast_ref() {
        Some(StationError::Stopped { .. }) => ExitCode::from(1),
        _ => ExitCode::from(2),
    }
}

fn exit_code(report: &Report) -> ExitCode {
    conclude(report.error.as_deref(), report.decoded, report.stopped)
}

/// The exit code of a run that ended so, after a line about what failed.
fn conclude(error: Option<&str>, decoded: bool, stopped: Option<Stopped>) -> ExitCode {
    if let Some(error) = error {
        complain(error);
        return ExitCode::from(2);
    }
    let fine = decoded || stopped == Some(Stopped::ReadersGone);
    ExitCode::from(u8::from(!fine))
}

fn run_config(
    input: InputArgs,
    profile: &str,
    set: &[String],
    doppler: &DopplerArgs,
    outputs: OutputArgs,
    record: &RecordArgs,
) -> anyhow::Result<RunConfig> {
    usage::check(&input, &outputs, record)?;
    usage::check_doppler(&input, doppler, &outputs)?;
    Ok(RunConfig {
        profile: Profile::load(profile, set)?,
        open: input.options(),
        input: input.input,
        from: input.from.into(),
        soft: input.soft_format,
        outputs: outputs.into(),
        block: input.block_size,
        threads: input.threads,
        doppler: doppler.config()?,
        record: record.config(),
    })
}

/// Signals that follow the first one this soon are the same: `timeout` sends its own to the process and to its group.
const SAME_SIGNAL: Duration = Duration::from_millis(500);

/// The first Ctrl-C (or SIGTERM) ends the run cleanly, the second one at once.
fn stop_on_signal(stop: impl Fn() + Send + 'static) -> anyhow::Result<()> {
    let mut first = None;
    ctrlc::set_handler(move || {
        if again(&mut first, Instant::now()) {
            std::process::exit(130);
        }
        stop();
    })?;
    Ok(())
}

/// Whether a signal is the second one that somebody sent.
fn again(first: &mut Option<Instant>, now: Instant) -> bool {
    now.saturating_duration_since(*first.get_or_insert(now)) > SAME_SIGNAL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_comes_twice_at_once_is_one() {
        let (mut first, begun) = (None, Instant::now());
        for (after_ms, expected) in [(0, false), (0, false), (500, false), (501, true), (9000, true)] {
            assert_eq!(
                again(&mut first, begun + Duration::from_millis(after_ms)),
                expected,
                "{after_ms} ms"
            );
        }
    }
}
