//! The command line: one file per command.

pub mod args;
mod decode;
mod demo;
mod docs;
mod inspect;
mod monitor;
mod picture;
mod profiles;
mod progress;
mod simulate;
mod summary;

use args::{Cli, Command, InputArgs};
use clap::Parser;
use groundlink_station::chain::RunConfig;
use groundlink_station::input::OpenOptions;
use groundlink_station::monitor::Monitor;
use groundlink_station::output::OutputConfig;
use groundlink_station::output::report::Report;
use groundlink_station::profile::Profile;
use std::io::{self, ErrorKind};
use std::process::ExitCode;

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let color = !cli.no_color && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let outcome = match cli.command {
        None => demo::run(color),
        Some(Command::Monitor(args)) => monitor::run(args, color),
        Some(Command::Decode(args)) => decode::run(*args),
        Some(Command::Simulate(args)) => simulate::run(&args),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Profiles(args)) => profiles::run(&args),
        Some(Command::Completions { shell }) => docs::completions(shell),
        Some(Command::Man { folder }) => docs::man(&folder),
    };
    outcome.unwrap_or_else(|error| fail(&error))
}

/// One clear line and exit code 2; a reader of stdout that has gone is no error.
fn fail(error: &anyhow::Error) -> ExitCode {
    let gone = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    if gone.into_iter().any(|cause| cause.kind() == ErrorKind::BrokenPipe) {
        return ExitCode::SUCCESS;
    }
    eprintln!("groundlink: {error:#}");
    ExitCode::from(2)
}

fn exit_code(report: &Report) -> ExitCode {
    if let Some(error) = &report.error {
        eprintln!("groundlink: {error}");
        return ExitCode::from(2);
    }
    ExitCode::from(u8::from(!report.decoded))
}

fn run_config(input: InputArgs, outputs: OutputConfig) -> anyhow::Result<RunConfig> {
    Ok(RunConfig {
        profile: Profile::load(&input.profile.profile, &input.profile.set)?,
        input: input.input,
        from: input.from.into(),
        open: OpenOptions { format: input.samples.format, sample_rate_hz: input.samples.rate },
        soft: input.soft_format,
        outputs,
        block: input.block_size,
    })
}

/// The first Ctrl-C (or SIGTERM) ends the run cleanly, the second one at once.
fn stop_on_signal(monitor: &Monitor) -> anyhow::Result<()> {
    let monitor = monitor.clone();
    ctrlc::set_handler(move || {
        if monitor.stopping() {
            std::process::exit(130);
        }
        monitor.stop();
    })?;
    Ok(())
}
