//! What the tests of the whole chain share: a run into a folder of its own, with everything that came out.

#![allow(dead_code, reason = "every test program uses a part")]

use groundlink_station::StationError;
use groundlink_station::chain::{self, DEFAULT_BLOCK, From, RunConfig};
use groundlink_station::doppler::DopplerConfig;
use groundlink_station::input::{OpenOptions, SampleSource};
use groundlink_station::monitor::Monitor;
use groundlink_station::output::OutputConfig;
use groundlink_station::output::report::Report;
use groundlink_station::profile::Profile;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub mod leaky;
pub mod link;
pub mod overhead;
pub mod told;

/// Everything that a run gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub report: Report,
    pub frames: Vec<u8>,
    pub packets: Vec<u8>,
    pub cadus: Vec<u8>,
    pub soft: Vec<u8>,
    /// The events as written.
    pub events: String,
}

impl Run {
    /// The events' records of one type.
    pub fn records(&self, kind: &str) -> Vec<Value> {
        let records = self
            .events
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("a JSON line"));
        records.filter(|record| record["type"] == kind).collect()
    }

    /// A field of all records of one type, in order.
    pub fn field(&self, kind: &str, name: &str) -> Vec<Value> {
        self.records(kind)
            .into_iter()
            .map(|record| record[name].clone())
            .collect()
    }

    /// A number of all records of one type, in order.
    pub fn numbers(&self, kind: &str, name: &str) -> Vec<u64> {
        let number = |value: Value| {
            value
                .as_u64()
                .unwrap_or_else(|| panic!("{kind}.{name} is {value}"))
        };
        self.field(kind, name).into_iter().map(number).collect()
    }

    /// Reed-Solomon corrections per frame and codeword.
    pub fn corrections(&self) -> Vec<Vec<Option<u64>>> {
        let words = |value: Value| {
            let words = value.as_array().expect("a list of corrections").iter();
            words.map(Value::as_u64).collect()
        };
        self.field("frame", "rs_corrections")
            .into_iter()
            .map(words)
            .collect()
    }
}

/// A run over samples, with every output.
pub fn config(profile: Profile, input: &str) -> RunConfig {
    RunConfig {
        input: input.to_owned(),
        from: From::Iq,
        open: OpenOptions::default(),
        soft: None,
        profile,
        outputs: OutputConfig::default(),
        block: DEFAULT_BLOCK,
        threads: None,
        doppler: DopplerConfig::default(),
        record: None,
    }
}

/// A built-in profile with changes.
pub fn profile(name: &str, changes: &[&str]) -> Profile {
    let changes: Vec<String> = changes.iter().map(|&change| change.to_owned()).collect();
    Profile::load(name, &changes).unwrap_or_else(|error| panic!("{name} with {changes:?}: {error}"))
}

/// Runs to the end.
pub fn run(config: &RunConfig) -> Run {
    try_run(config).unwrap_or_else(|error| panic!("{}: {error}", config.input))
}

/// Runs, if it can.
pub fn try_run(config: &RunConfig) -> Result<Run, StationError> {
    collect(config, chain::run)
}

/// Runs until the input ends or the monitor says so.
pub fn run_with(config: &RunConfig, monitor: &Monitor) -> Run {
    collect(config, |config, _| chain::run(config, monitor))
        .unwrap_or_else(|error| panic!("{}: {error}", config.input))
}

/// Runs over an open source.
pub fn run_source(config: &RunConfig, source: Box<dyn SampleSource>) -> Run {
    collect(config, |config, monitor| {
        chain::run_samples(config, source, monitor)
    })
    .unwrap_or_else(|error| panic!("{}: {error}", config.input))
}

fn collect(
    config: &RunConfig,
    run: impl FnOnce(&RunConfig, &Monitor) -> Result<Report, StationError>,
) -> Result<Run, StationError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let read = |name: &str| std::fs::read(folder.path().join(name)).expect("an output");
    let outputs = OutputConfig {
        frames: Some(path("frames")),
        packets: Some(path("packets")),
        cadus: Some(path("cadus")),
        soft: Some(path("soft")),
        events: Some(path("events")),
        report: Some(path("report")),
        doppler: Some(path("doppler")),
        bad_frames: config.outputs.bad_frames,
        streams: config.outputs.streams.clone(),
        downlink: None,
    };
    let report = run(
        &RunConfig {
            outputs,
            ..config.clone()
        },
        &Monitor::new(),
    )?;
    let written = String::from_utf8(read("report")).expect("text");
    let returned = serde_json::to_string_pretty(&report).expect("JSON") + "\n";
    assert!(
        written == returned,
        "the report as written differs from the one returned"
    );
    Ok(Run {
        report,
        frames: read("frames"),
        packets: read("packets"),
        cadus: read("cadus"),
        soft: if folder.path().join("soft").exists() {
            read("soft")
        } else {
            Vec::new()
        },
        events: String::from_utf8(read("events")).expect("text"),
    })
}

/// Folder of the shared data, or a line that says that there is none.
pub fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("GROUNDLINK_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: GROUNDLINK_DATA is not set");
    }
    folder
}

/// A file of the shared data as text of its path.
pub fn file(folder: &Path, name: &str) -> String {
    folder.join(name).to_string_lossy().into_owned()
}

/// The content of a file of the shared data.
pub fn content(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Fails with everything that failed, if anything did.
pub fn nothing_failed(failures: &[String]) {
    assert!(
        failures.is_empty(),
        "{} fail:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// A folder that goes when the test ends.
pub fn scratch() -> TempDir {
    tempfile::tempdir().expect("a folder")
}
