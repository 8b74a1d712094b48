//! `groundlink` without a command: the bundled recording.

use super::{exit_code, monitor, say, summary};
use crate::ui::UiConfig;
use groundlink_station::StationError;
use groundlink_station::chain::{self, DEFAULT_BLOCK, From, RunConfig};
use groundlink_station::doppler::DopplerConfig;
use groundlink_station::input::{OpenOptions, SampleSource, open_reader};
use groundlink_station::monitor::Monitor;
use groundlink_station::output::OutputConfig;
use groundlink_station::profile::Profile;
use groundlink_station::session::Session;
use std::io::{IsTerminal, stdin, stdout};
use std::process::ExitCode;

const ARCHIVE: &[u8] = include_bytes!("../../../recordings/demo.sigmf");
const NAME: &str = "demo.sigmf";

/// Replays the demo in the terminal UI, or decodes it where there is no terminal.
pub fn run(color: bool) -> anyhow::Result<ExitCode> {
    let config = RunConfig {
        input: NAME.to_owned(),
        from: From::Iq,
        open: OpenOptions::default(),
        soft: None,
        profile: Profile::load("demo", &[])?,
        outputs: OutputConfig::default(),
        block: DEFAULT_BLOCK,
        threads: None,
        doppler: DopplerConfig::default(),
        record: None,
    };
    if stdin().is_terminal() && stdout().is_terminal() {
        let shown = monitor::Shown {
            title: "demo".to_owned(),
            pace: Some(1.0),
            color,
            config: UiConfig::load()?,
        };
        let session = Session::new(config, "demo", &[], true, &Monitor::new());
        return monitor::watch(&session, None, &open, &shown);
    }
    let report = chain::run_samples(&config, open()?, &Monitor::new())?;
    summary::print(&report, &[]);
    say("no terminal here, so the bundled recording was only decoded; in a terminal it is shown live\n");
    Ok(exit_code(&report))
}

fn open() -> Result<Box<dyn SampleSource>, StationError> {
    Ok(open_reader(NAME, Box::new(ARCHIVE), &OpenOptions::default())?)
}
