//! `groundlink monitor`: the chain in a thread of its own, the terminal UI in this one.

use super::args;
use super::{exit_code, run_config};
use crate::ui::{self, UiOptions};
use anyhow::anyhow;
use groundlink_station::chain::{self, From, RunConfig};
use groundlink_station::input::open_samples;
use groundlink_station::monitor::Monitor;
use groundlink_station::output::report::Report;
use std::process::ExitCode;
use std::thread;

/// Replays or follows any input in the terminal UI.
pub fn run(args: args::Monitor, color: bool) -> anyhow::Result<ExitCode> {
    let config = run_config(
        args.input,
        &args.profile.profile,
        &args.profile.set,
        &args.doppler,
        args.outputs,
        &args.record,
    )?;
    let pace = (args.pace > 0.0).then_some(args.pace);
    let title = config.input.clone();
    if config.from != From::Iq {
        return watch(&config, title, pace, color, chain::run);
    }
    // Opened before the screen is taken, so that what is wrong is said in one plain line.
    let source = open_samples(&config.input, &config.open)?;
    watch(&config, title, pace, color, |config, monitor| {
        chain::run_samples(config, source, monitor)
    })
}

/// Runs the chain and shows it until the user quits.
pub fn watch(
    config: &RunConfig,
    title: String,
    pace: Option<f64>,
    color: bool,
    run: impl FnOnce(&RunConfig, &Monitor) -> Result<Report, groundlink_station::StationError> + Send,
) -> anyhow::Result<ExitCode> {
    let monitor = Monitor::new();
    monitor.watch();
    monitor.set_pace(pace);
    thread::scope(|scope| {
        let chain = scope.spawn(|| run(config, &monitor));
        let shown = ui::run(
            &monitor,
            &UiOptions {
                color,
                refresh_hz: 10.0,
                title,
            },
        );
        monitor.stop();
        let report = chain
            .join()
            .map_err(|_| anyhow!("the decoder ended unexpectedly"))?;
        shown?;
        Ok(exit_code(&report?))
    })
}
