//! `groundlink decode`.

use super::args::Decode;
use super::{exit_code, hints, progress, run_config, stop_on_signal, summary};
use groundlink_station::chain;
use groundlink_station::monitor::Monitor;
use std::process::ExitCode;

/// Decodes, with progress and summary on stderr.
pub fn run(args: Decode) -> anyhow::Result<ExitCode> {
    let config = run_config(args.input, args.outputs)?;
    let monitor = Monitor::new();
    stop_on_signal(&monitor)?;
    let report = progress::during(&monitor, args.quiet, || chain::run(&config, &monitor))?;
    if !args.quiet {
        summary::print(&report, &hints::of(&report, &config.open));
    }
    Ok(exit_code(&report))
}
