//! A station of downlinks of every kind, simulated and received.

use crate::chain_support::leaky::Leaky;
use crate::chain_support::link::Link;
use crate::chain_support::{content, file, scratch};
use groundlink_station::chain::{StationRun, run_station_samples};
use groundlink_station::input::{OpenOptions, open_samples};
use groundlink_station::monitor::Monitor;
use groundlink_station::output::report::StationReport;
use groundlink_station::simulate::{StationSimulation, simulate_station};
use groundlink_station::station_file::Station;
use serde_json::Value;
use std::num::NonZero;
use std::ops::Range;
use std::path::Path;
use tempfile::TempDir;

pub const RATE: f64 = 600e3;
pub const FRAMES: u64 = 6;
pub const LEAD_S: f64 = 0.02;
pub const PPM: f64 = 8.0;
/// UTC of the first sample.
pub const START: &str = "2026-03-01T12:00:00Z";

/// Name, `[signal]`, and where it lies: across the edges of channels and at 0 Hz too, and one too wide for a channel.
pub const DOWNLINKS: [(&str, &str, f64); 6] = [
    ("bpsk", "modulation = 'bpsk'\nsymbol_rate = 4800", -140_625.0),
    ("qpsk", "modulation = 'qpsk'\nsymbol_rate = 4000", 18_750.0),
    ("wide", "modulation = 'oqpsk'\nsymbol_rate = 60000", 200_000.0),
    ("gmsk", "modulation = 'gmsk'\nsymbol_rate = 4800", -299_000.0),
    (
        "fsk",
        "modulation = 'fsk'\nsymbol_rate = 4800\ndeviation = 2400",
        37_777.7,
    ),
    ("pm", "modulation = 'pm'\nsymbol_rate = 4000", 0.0),
];

/// What came out of a downlink.
#[derive(Debug, PartialEq)]
pub struct Output {
    pub frames: Vec<u8>,
    pub packets: Vec<u8>,
    pub soft: Vec<u8>,
    pub events: String,
    pub report: Vec<u8>,
}

impl Output {
    pub fn records(&self, kind: &str) -> Vec<Value> {
        let records = self
            .events
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        records.filter(|record| record["type"] == kind).collect()
    }
}

/// A recording of [`DOWNLINKS`], and the station file that goes with it.
pub struct Pass {
    folder: TempDir,
    station: Station,
}

impl Pass {
    pub fn new() -> Self {
        let folder = scratch();
        let mut text = String::new();
        for (number, (name, signal, offset)) in DOWNLINKS.iter().enumerate() {
            let profile = format!(
                "[signal]\n{signal}\n[coding]\nconvolutional = true\nreed_solomon = false\n[frame]\nlength = 110\ntype = 'aos'\n\
                 scid = {number}\nvcids = [1]\n"
            );
            std::fs::write(folder.path().join(format!("{name}.toml")), profile).expect("written");
            let outputs = ["frames", "packets", "soft", "events", "report"].map(|output| {
                let path = file(folder.path(), &format!("{name}.{output}"));
                format!("{output} = '{path}'\n")
            });
            text.extend([
                format!("[[downlink]]\nname = '{name}'\nprofile = '{name}.toml'\noffset = {offset}\n"),
                outputs.concat(),
            ]);
        }
        let path = file(folder.path(), "station.toml");
        std::fs::write(&path, text).expect("written");
        let station = Station::load(&path).unwrap_or_else(|error| panic!("{error}"));
        let made = simulate_station(&StationSimulation {
            station: station.clone(),
            out: file(folder.path(), "pass.sigmf-meta"),
            frames: FRAMES,
            sent_frames: Some(file(folder.path(), "sent")),
            eb_n0_db: Some(13.0),
            offset_hz: 120.0,
            doppler_hz_s: 0.0,
            phase_rad: 0.4,
            clock_ppm: PPM,
            seed: 5,
            sample_rate_hz: Some(RATE),
            format: "ci16".parse().expect("a format"),
            lead_s: LEAD_S,
            start: Some(groundlink_station::input::parse_utc(START).expect("a time")),
        })
        .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((made.frames, made.clipped), (FRAMES * DOWNLINKS.len() as u64, 0));
        Self { folder, station }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The link of a downlink, with the truth about it.
    pub fn link(&self, number: usize) -> Link {
        Link {
            profile: self.station.downlinks[number].profile.clone(),
            frames: FRAMES,
            sample_rate_hz: RATE,
            format: "ci16".parse().expect("a format"),
            eb_n0_db: 13.0,
            offset_hz: 120.0,
            phase_rad: 0.4,
            clock_ppm: PPM,
            lead_s: LEAD_S,
            seed: 0,
            start: None,
        }
    }

    /// The frames sent on a downlink.
    pub fn sent(&self, name: &str) -> Vec<u8> {
        content(self.path(), &format!("sent.{name}"))
    }

    /// Receives the recording, of which stretches may be missing.
    pub fn receive(
        &self,
        block: usize,
        threads: usize,
        missing: &[Range<u64>],
    ) -> (StationReport, Vec<Output>) {
        let input = file(self.path(), "pass.sigmf-meta");
        let inner = open_samples(&input, &OpenOptions::default()).expect("a recording");
        let run = StationRun {
            input,
            open: OpenOptions::default(),
            station: self.station.clone(),
            report: None,
            streams: Vec::new(),
            block,
            threads: NonZero::new(threads),
            record: None,
        };
        let source = if missing.is_empty() {
            inner
        } else {
            Box::new(Leaky {
                inner,
                missing: missing.to_vec(),
            })
        };
        let report =
            run_station_samples(&run, source, &Monitor::new()).unwrap_or_else(|error| panic!("{error}"));
        let outputs = DOWNLINKS.map(|(name, ..)| {
            let read = |what: &str| content(self.path(), &format!("{name}.{what}"));
            Output {
                frames: read("frames"),
                packets: read("packets"),
                soft: read("soft"),
                events: String::from_utf8(read("events")).expect("text"),
                report: read("report"),
            }
        });
        (report, outputs.into())
    }
}
