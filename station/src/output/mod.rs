//! What leaves the chain: raw units to files or stdout, events as JSON Lines, the report of the run.

pub mod record;
pub mod report;
pub mod sidecar;
mod sink;

pub use sink::Sink;

use crate::StationError;
use record::{Line, Record, SCHEMA_VERSION};
use report::Report;
use std::path;

/// What becomes of frames that failed a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadFrames {
    /// Counted and reported, but not written.
    #[default]
    Drop,
    /// Written too, each labelled in the events, or in `FILE.labels` where there are none.
    Mark,
}

/// Where everything goes: paths, or `-` for stdout.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutputConfig {
    /// Frames, back to back.
    pub frames: Option<String>,
    /// Packets, back to back.
    pub packets: Option<String>,
    /// CADUs, back to back.
    pub cadus: Option<String>,
    /// Soft bits, i8.
    pub soft: Option<String>,
    /// Events, JSON Lines.
    pub events: Option<String>,
    /// Report, JSON.
    pub report: Option<String>,
    /// Frames that failed a check.
    pub bad_frames: BadFrames,
    /// Name of the downlink, in every record, where the run has several.
    pub downlink: Option<String>,
}

impl OutputConfig {
    /// Outputs by the names of their options.
    pub(crate) fn named(&self) -> [(&'static str, Option<&String>); 6] {
        [
            ("--frames", self.frames.as_ref()),
            ("--packets", self.packets.as_ref()),
            ("--cadus", self.cadus.as_ref()),
            ("--soft", self.soft.as_ref()),
            ("--events", self.events.as_ref()),
            ("--report", self.report.as_ref()),
        ]
    }

    /// Checks that the outputs can be told apart.
    ///
    /// # Errors
    /// When two go to stdout, or bad frames could not be labelled.
    pub fn check(&self) -> Result<(), StationError> {
        let mut stdout = self
            .named()
            .into_iter()
            .filter(|(_, target)| target.is_some_and(|t| t == "-"));
        if let (Some((first, _)), Some((second, _))) = (stdout.next(), stdout.next()) {
            return Err(StationError::SharedStdout { first, second });
        }
        let unlabelled = self.events.is_none() && self.frames.as_deref() == Some("-");
        if self.bad_frames == BadFrames::Mark && unlabelled {
            return Err(StationError::NoLabels);
        }
        self.check_files()
    }

    fn files(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.named()
            .into_iter()
            .filter_map(|(option, target)| Some((option, target?.as_str())))
            .filter(|(_, t)| *t != "-")
    }

    fn check_files(&self) -> Result<(), StationError> {
        for (nth, (first, path)) in self.files().enumerate() {
            if let Some((second, _)) = self
                .files()
                .skip(nth + 1)
                .find(|(_, other)| same_file(path, other))
            {
                return Err(StationError::SharedFile {
                    first,
                    second,
                    path: path.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Checks that no output overwrites the input.
    ///
    /// # Errors
    /// When one would.
    pub fn check_input(&self, input: &str) -> Result<(), StationError> {
        match self.files().find(|(_, path)| same_file(path, input)) {
            Some((option, path)) => Err(StationError::OverInput {
                option,
                path: path.to_owned(),
            }),
            None => Ok(()),
        }
    }
}

/// Whether both names lead to one file. Devices and pipes may be shared.
pub(crate) fn same_file(one: &str, other: &str) -> bool {
    match (std::fs::canonicalize(one), std::fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other && one.is_file(),
        (Err(_), Err(_)) => {
            matches!((path::absolute(one), path::absolute(other)), (Ok(one), Ok(other)) if one == other)
        }
        _ => false,
    }
}

fn open(target: Option<&String>) -> Result<Option<Sink>, StationError> {
    target.map(|target| Sink::open(target)).transpose()
}

/// The outputs of a run, open.
#[derive(Debug)]
pub struct Outputs {
    /// Frames.
    pub frames: Option<Sink>,
    /// Packets.
    pub packets: Option<Sink>,
    /// CADUs.
    pub cadus: Option<Sink>,
    /// Soft bits.
    pub soft: Option<Sink>,
    events: Option<Sink>,
    labels: Option<Sink>,
    report: Option<Sink>,
    downlink: Option<String>,
    line: Vec<u8>,
}

impl Outputs {
    /// Opens them all.
    ///
    /// # Errors
    /// When one cannot be created, or [`OutputConfig::check`] refuses.
    pub fn open(config: &OutputConfig) -> Result<Self, StationError> {
        config.check()?;
        let labels = match (&config.frames, &config.events, config.bad_frames) {
            (Some(frames), None, BadFrames::Mark) => Some(format!("{frames}.labels")),
            _ => None,
        };
        Ok(Self {
            frames: open(config.frames.as_ref())?,
            packets: open(config.packets.as_ref())?,
            cadus: open(config.cadus.as_ref())?,
            soft: open(config.soft.as_ref())?,
            events: open(config.events.as_ref())?,
            labels: open(labels.as_ref())?,
            report: open(config.report.as_ref())?,
            downlink: config.downlink.clone(),
            line: Vec::new(),
        })
    }

    /// Whether anybody takes records.
    pub fn records_wanted(&self) -> bool {
        self.events.is_some() || self.labels.is_some()
    }

    /// Writes a record to the events (a frame's record to the labels, where these are separate).
    ///
    /// # Errors
    /// When the system refuses.
    pub fn record(&mut self, record: &Record) -> Result<(), StationError> {
        if !self.records_wanted() {
            return Ok(());
        }
        self.line.clear();
        let line = Line {
            v: SCHEMA_VERSION,
            downlink: self.downlink.as_deref(),
            record,
        };
        serde_json::to_writer(&mut self.line, &line).map_err(|error| StationError::Output {
            name: "events".into(),
            source: error.into(),
        })?;
        self.line.push(b'\n');
        if let Some(events) = &mut self.events {
            events.write(&self.line)?;
        }
        if let (Some(labels), Record::Frame(_)) = (&mut self.labels, record) {
            labels.write(&self.line)?;
        }
        Ok(())
    }

    /// Writes the report, where it is wanted.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn report(&mut self, report: &Report) -> Result<(), StationError> {
        match &mut self.report {
            Some(sink) => report.write(sink),
            None => Ok(()),
        }
    }

    /// Everything but the report, which is written once all these are done.
    fn sinks(&mut self) -> impl Iterator<Item = &mut Sink> {
        [
            &mut self.frames,
            &mut self.packets,
            &mut self.cadus,
            &mut self.soft,
            &mut self.events,
            &mut self.labels,
        ]
        .into_iter()
        .flatten()
    }

    /// Hands everything buffered to the system.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn flush(&mut self) -> Result<(), StationError> {
        self.sinks().try_for_each(Sink::flush)
    }

    /// Whether there were outputs and the readers of all have gone: going on would serve nobody.
    pub fn abandoned(&mut self) -> bool {
        let mut sinks = self.sinks().peekable();
        sinks.peek().is_some() && sinks.all(|sink| sink.closed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_outputs_cannot_share_stdout() {
        let dash = Some("-".to_owned());
        let config = OutputConfig {
            frames: dash.clone(),
            events: dash,
            ..OutputConfig::default()
        };
        assert_eq!(
            config.check().unwrap_err().to_string(),
            "--frames and --events cannot both go to stdout"
        );
    }

    #[test]
    fn two_outputs_cannot_share_a_file_but_may_share_a_device() {
        let both = |path: &str| OutputConfig {
            frames: Some(path.to_owned()),
            report: Some(path.to_owned()),
            ..OutputConfig::default()
        };
        let text = both("no-such-folder/x").check().unwrap_err().to_string();
        assert_eq!(text, "--frames and --report cannot both go to no-such-folder/x");
        assert!(both("/dev/null").check().is_ok());
    }

    #[test]
    fn no_output_overwrites_the_input() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("frames.bin");
        std::fs::write(&input, "x").unwrap();
        let name = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
        let by_detour = name(folder.path().join(".").join("frames.bin"));
        let config = OutputConfig {
            frames: Some(by_detour),
            ..OutputConfig::default()
        };
        assert!(matches!(
            config.check_input(&name(input)),
            Err(StationError::OverInput {
                option: "--frames",
                ..
            })
        ));
        assert!(config.check_input("other.bin").is_ok());
        assert!(config.check_input("-").is_ok());
    }

    #[test]
    fn marked_frames_need_a_place_for_the_marks() {
        let mut config = OutputConfig {
            frames: Some("-".to_owned()),
            bad_frames: BadFrames::Mark,
            ..OutputConfig::default()
        };
        assert!(matches!(config.check(), Err(StationError::NoLabels)));
        config.events = Some("events.jsonl".to_owned());
        assert!(config.check().is_ok());
    }
}
