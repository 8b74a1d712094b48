//! `groundlink decode`.

use super::args::Decode;
use super::monitor::serve;
use super::{conclude, exit_code, hints, progress, run_config, stop_on_signal, summary, usage};
use groundlink_station::chain::{self, StationRun};
use groundlink_station::monitor::Monitor;
use groundlink_station::station_file::Station;
use std::process::ExitCode;

/// Decodes, with progress and summary on stderr.
pub fn run(mut args: Decode) -> anyhow::Result<ExitCode> {
    if let Some(station) = args.link.station.take() {
        return run_station(&station, args);
    }
    let profile = args.link.profile.unwrap_or_default();
    let config = run_config(
        args.input,
        &profile,
        &args.link.set,
        &args.doppler,
        args.outputs,
        &args.record,
    )?;
    let monitor = Monitor::new();
    let asked = monitor.clone();
    stop_on_signal(move || asked.stop())?;
    let server = serve(args.serve.as_ref(), &monitor)?;
    let report = progress::during(&monitor, args.quiet, || chain::run(&config, &monitor))?;
    drop(server);
    if !args.quiet {
        summary::print(&report, &hints::of(&report, &config.open));
    }
    Ok(exit_code(&report))
}

/// The downlinks of a station file, each with its own outputs.
fn run_station(file: &str, args: Decode) -> anyhow::Result<ExitCode> {
    usage::check_station(&args.input, &args.doppler, &args.outputs, &args.record)?;
    let config = StationRun {
        station: Station::load(file)?,
        open: args.input.options(),
        input: args.input.input,
        report: args.outputs.report,
        streams: args.outputs.output,
        block: args.input.block_size,
        threads: args.input.threads,
        record: args.record.config(),
    };
    let monitor = Monitor::new();
    let asked = monitor.clone();
    stop_on_signal(move || asked.stop())?;
    let report = progress::during(&monitor, args.quiet, || chain::run_station(&config, &monitor))?;
    if !args.quiet {
        summary::print_station(&report);
    }
    Ok(conclude(report.error.as_deref(), report.decoded, report.stopped))
}
