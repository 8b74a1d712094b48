//! What a station says: for programs as JSON, for people in a line each.

use super::archive::Outcome;
use super::plan::Verdict;
use super::quota::Swept;
use crate::output::record::SCHEMA_VERSION;
use crate::time::utc_text;
use hifitime::Epoch;
use serde::Serialize;

/// A server of the station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listening {
    /// The output as it was given.
    pub output: String,
    /// Where it listens.
    pub address: String,
}

/// Something that happened, or was decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields are those of the documentation of events")]
pub enum Event {
    /// The station has been started.
    Started {
        station: String,
        satellites: usize,
        /// In the results, from before.
        passes: usize,
        frames: u64,
        listening: Vec<Listening>,
    },
    /// Something is not as it should be, and the station goes on.
    Warning { text: String },
    /// A plan was made.
    Planned { passes: usize, until: String },
    /// A pass is not received, or not whole.
    Decided {
        satellite: String,
        aos: String,
        verdict: Verdict,
        why: String,
    },
    /// The next pass.
    Waiting {
        satellite: String,
        begin: String,
        aos: String,
        los: String,
        max_elevation_deg: f64,
    },
    /// There is none as far as is looked ahead.
    Idle,
    /// The program was killed in this pass.
    Interrupted { folder: String },
    /// The receiver's time for a pass has come.
    Begin {
        satellite: String,
        aos: String,
        los: String,
        end: String,
        max_elevation_deg: f64,
        /// It was up already.
        joined: bool,
    },
    /// The receiver runs.
    Receiving {
        satellite: String,
        folder: String,
        part: u32,
    },
    /// The satellite rises.
    Aos { satellite: String },
    /// It sets.
    Los { satellite: String },
    /// The receiver could not be started, or ended early.
    Failed {
        satellite: String,
        error: String,
        /// `None` where the pass is over.
        again_in_s: Option<f64>,
    },
    /// The receiver has ended.
    Report {
        satellite: String,
        folder: String,
        outcome: Outcome,
        frames: u64,
        packets: u64,
        lost_samples: u64,
        error: Option<String>,
    },
    /// The receiver's time for a pass is over.
    End {
        satellite: String,
        aos: String,
        runs: u64,
        failures: u64,
        frames: u64,
    },
    /// A file was read anew.
    Reloaded { file: String },
    /// The clock was set.
    Clock { jumped_s: f64 },
    /// Results were deleted to keep the quota.
    Swept(Swept),
    /// The station was asked to end.
    Stopped { passes: u64, frames: u64 },
}

/// An event as a line of JSON.
#[derive(Debug, Serialize)]
struct Line<'a> {
    v: u32,
    utc: String,
    #[serde(flatten)]
    event: &'a Event,
}

impl Event {
    /// As JSON, in one line without its end.
    pub fn json(&self, at: Epoch) -> String {
        let line = Line {
            v: SCHEMA_VERSION,
            utc: utc_text(at),
            event: self,
        };
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Whether something is not as it should be.
    pub fn is_trouble(&self) -> bool {
        matches!(
            self,
            Self::Warning { .. }
                | Self::Failed { .. }
                | Self::Interrupted { .. }
                | Self::Swept(Swept { enough: false, .. })
        )
    }

    /// For people: a word and a text.
    pub fn text(&self) -> (&'static str, String) {
        match self {
            Self::Started {
                station,
                satellites,
                passes,
                frames,
                ..
            } => (
                "started",
                format!("{station}: {satellites} satellites; so far {passes} passes, {frames} frames"),
            ),
            Self::Warning { text } => ("warning", text.clone()),
            Self::Planned { passes, until } => ("plan", format!("{passes} passes until {}", second(until))),
            Self::Decided {
                satellite,
                aos,
                why,
                verdict,
            } => (
                if *verdict == Verdict::Cut {
                    "cut"
                } else {
                    "skipped"
                },
                format!("{satellite} {}: {why}", second(aos)),
            ),
            Self::Waiting {
                satellite,
                aos,
                los,
                max_elevation_deg,
                ..
            } => (
                "waiting",
                format!(
                    "for {satellite}: AOS {}, LOS {}, highest {max_elevation_deg:.0} degrees",
                    second(aos),
                    &second(los)[11..]
                ),
            ),
            Self::Idle => ("waiting", "no pass in sight".to_owned()),
            Self::Interrupted { folder } => ("warning", format!("the program was killed in {folder}")),
            Self::Clock { jumped_s } => ("clock", format!("jumped by {jumped_s:+.1} s")),
            Self::Reloaded { file } => ("read", format!("{file} has changed")),
            Self::Swept(swept) => (
                "quota",
                format!(
                    "{} recordings and {} passes deleted, {} MB{}",
                    swept.recordings,
                    swept.passes,
                    swept.bytes / 1_000_000,
                    if swept.enough { "" } else { "; it does not suffice" }
                ),
            ),
            Self::Stopped { passes, frames } => ("stopped", format!("{passes} passes, {frames} frames")),
            _ => self.pass_text(),
        }
    }

    /// Of events in a pass.
    fn pass_text(&self) -> (&'static str, String) {
        match self {
            Self::Begin {
                satellite,
                los,
                max_elevation_deg,
                joined,
                ..
            } => (
                "begin",
                format!(
                    "{satellite}{}: LOS {}, highest {max_elevation_deg:.0} degrees",
                    if *joined { ", up already" } else { "" },
                    second(los)
                ),
            ),
            Self::Receiving {
                satellite, folder, ..
            } => ("receive", format!("{satellite} into {folder}")),
            Self::Aos { satellite } => ("AOS", satellite.clone()),
            Self::Los { satellite } => ("LOS", satellite.clone()),
            Self::Failed {
                satellite,
                error,
                again_in_s,
            } => {
                let again = again_in_s.map(|seconds| format!("; again in {seconds:.0} s"));
                (
                    "failed",
                    format!("{satellite}: {error}{}", again.unwrap_or_default()),
                )
            }
            Self::Report {
                satellite,
                folder,
                frames,
                packets,
                lost_samples,
                error,
                ..
            } => {
                let error = error.as_ref().map(|error| format!("; {error}"));
                let text = format!(
                    "{satellite}: {frames} frames, {packets} packets, {lost_samples} samples lost, in {folder}{}",
                    error.unwrap_or_default()
                );
                ("report", text)
            }
            Self::End {
                satellite,
                runs,
                failures,
                frames,
                ..
            } => (
                "end",
                format!("{satellite}: {frames} frames in {runs} runs, {failures} failures"),
            ),
            _ => ("", String::new()),
        }
    }
}

/// A time to the second.
fn second(utc: &str) -> String {
    format!("{}Z", utc.get(..19).unwrap_or(utc))
}
