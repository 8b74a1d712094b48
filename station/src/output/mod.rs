//! What leaves the chain: raw units to files or stdout, events as JSON Lines, the report of the run, and all of these live
//! to other programs.

pub mod record;
pub mod report;
pub mod sidecar;
mod sink;
pub mod stream;

pub use sink::Sink;

use crate::StationError;
use crate::monitor::Monitor;
use hifitime::Epoch;
use record::{Line, MetricsRecord, Record, SCHEMA_VERSION, hex};
use report::Report;
use std::path;
use std::sync::Arc;
use stream::{Fan, Form, Offer, Origin, StreamReport, StreamSpec, What};

/// What becomes of frames that failed a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadFrames {
    /// Counted and reported, but not written.
    #[default]
    Drop,
    /// Written too, each labelled in the events, or in `FILE.labels` where there are none.
    Mark,
}

/// Where everything goes: paths, or `-` for stdout, and streams.
#[derive(Debug, Clone, PartialEq, Default)]
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
    /// Measured Doppler, CSV or TDM.
    pub doppler: Option<String>,
    /// Frames that failed a check.
    pub bad_frames: BadFrames,
    /// Name of the downlink, in every record, where the run has several.
    pub downlink: Option<String>,
    /// Outputs to other programs.
    pub streams: Vec<StreamSpec>,
}

impl OutputConfig {
    /// Outputs by the names of their options.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let targets = [
            ("--frames", self.frames.as_deref()),
            ("--packets", self.packets.as_deref()),
            ("--cadus", self.cadus.as_deref()),
            ("--soft", self.soft.as_deref()),
            ("--events", self.events.as_deref()),
            ("--report", self.report.as_deref()),
            ("--doppler-out", self.doppler.as_deref()),
        ];
        let named = targets
            .into_iter()
            .filter_map(|(option, target)| Some((option, target?)));
        named.chain(stream_files(&self.streams))
    }

    /// Checks that the outputs can be told apart.
    ///
    /// # Errors
    /// When two go to stdout, or bad frames could not be labelled.
    pub fn check(&self) -> Result<(), StationError> {
        let mut stdout = self.named().filter(|(_, target)| *target == "-");
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
        self.named().filter(|(_, t)| *t != "-")
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

/// The files that streams write.
pub(crate) fn stream_files(streams: &[StreamSpec]) -> impl Iterator<Item = (&'static str, &str)> {
    streams.iter().filter_map(|stream| match &stream.form {
        Form::KissLog { path } => Some(("--output", path.as_str())),
        _ => None,
    })
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

/// What the outputs of a run share with others.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Asked whether the run is to stop.
    pub stop: Monitor,
    /// Streams that take the units of several runs.
    pub fan: Option<Arc<Fan>>,
    /// Streams of this run that are open already, and stay so after it.
    pub own: Option<Arc<Fan>>,
}

/// A frame or packet that goes with its record.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// What it is.
    pub what: What,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Marker and block of a frame, where the coding layer was used.
    pub cadu: Option<&'a [u8]>,
    /// Whether every check passed.
    pub good: bool,
    /// UTC of the first bit of the frame (in which a packet begins).
    pub utc: Option<Epoch>,
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
    origin: Arc<Origin>,
    line: Vec<u8>,
    /// Streams of this run alone.
    fan: Arc<Fan>,
    /// They stay open after it.
    kept: bool,
    shared: Option<Arc<Fan>>,
}

impl Outputs {
    /// Opens them all, for a run of this profile on this input.
    ///
    /// # Errors
    /// When one cannot be created, or [`OutputConfig::check`] refuses.
    pub fn open(
        config: &OutputConfig,
        profile: &str,
        input: &str,
        shared: &Shared,
    ) -> Result<Self, StationError> {
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
            origin: Arc::new(Origin {
                profile: profile.to_owned(),
                downlink: config.downlink.clone(),
            }),
            line: Vec::new(),
            fan: match &shared.own {
                Some(fan) => Arc::clone(fan),
                None => Fan::open(&config.streams, stream::is_replay(input), &shared.stop)?,
            },
            kept: shared.own.is_some(),
            shared: shared.fan.clone(),
        })
    }

    /// Own and shared streams.
    fn fans(&self) -> impl Iterator<Item = &Arc<Fan>> {
        std::iter::once(&self.fan).chain(&self.shared)
    }

    /// Shows the run to those who ask the streams for its status.
    pub fn show(&self, monitor: &Monitor) {
        self.fans()
            .for_each(|fan| fan.show(self.origin.downlink.as_deref(), monitor));
    }

    /// Whether anybody takes records, by themselves or with what they are about.
    pub fn records_wanted(&self) -> bool {
        self.events.is_some() || self.labels.is_some() || self.fans().any(|fan| !fan.is_empty())
    }

    /// Writes a record of anything but frames and packets.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn record(&mut self, record: &Record) -> Result<(), StationError> {
        let streamed = self.fans().any(|fan| fan.wants(What::Records));
        if self.events.is_none() && !streamed {
            return Ok(());
        }
        self.set_line(record, None)?;
        if let Some(events) = &mut self.events {
            events.write(&self.line)?;
        }
        if streamed {
            self.offer_line(&Arc::new(record.clone()), None, None);
        }
        Ok(())
    }

    /// Writes the record of a frame or packet to the events (a frame's to the labels, where these are separate), and
    /// offers it and what it is about to the streams.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn unit(&mut self, record: Record, content: &Content<'_>) -> Result<(), StationError> {
        if !self.records_wanted() {
            return Ok(());
        }
        self.set_line(&record, None)?;
        if let Some(events) = &mut self.events {
            events.write(&self.line)?;
        }
        if let (Some(labels), What::Frames) = (&mut self.labels, content.what) {
            labels.write(&self.line)?;
        }
        let record = Arc::new(record);
        self.offer(&record, content.what, content.bytes, content);
        if let Some(cadu) = content.cadu {
            self.offer(&record, What::Cadus, cadu, content);
        }
        self.offer_line(&record, content.utc, Some(false));
        if self.fans().any(|fan| fan.wants_data()) {
            self.set_line(&record, Some(content.bytes))?;
            self.offer_line(&record, content.utc, Some(true));
        }
        Ok(())
    }

    /// Whether anybody takes metrics.
    pub fn metrics_wanted(&self) -> bool {
        self.fans().any(|fan| fan.wants(What::Metrics))
    }

    /// Offers an interval of metrics to the streams.
    pub fn metrics(&self, record: MetricsRecord, utc: Option<Epoch>) {
        let content = Content {
            what: What::Metrics,
            bytes: &[],
            cadu: None,
            good: true,
            utc,
        };
        let record = Arc::new(Record::Metrics(Box::new(record)));
        self.offer(&record, content.what, content.bytes, &content);
    }

    /// Makes a record the line of JSON that is said next.
    fn set_line(&mut self, record: &Record, data: Option<&[u8]>) -> Result<(), StationError> {
        let line = Line {
            v: SCHEMA_VERSION,
            downlink: self.origin.downlink.as_deref(),
            record,
            data: data.map(hex),
        };
        self.line.clear();
        serde_json::to_writer(&mut self.line, &line).map_err(|error| StationError::Output {
            name: "events".into(),
            source: error.into(),
        })?;
        self.line.push(b'\n');
        Ok(())
    }

    fn offer(&self, record: &Arc<Record>, what: What, bytes: &[u8], content: &Content<'_>) {
        let offer = Offer {
            what,
            bytes,
            good: content.good,
            utc: content.utc,
            record,
            origin: &self.origin,
        };
        self.fans().for_each(|fan| fan.offer(&offer, None));
    }

    /// Offers the line to the streams of records: to all of them, or to those with or without content.
    fn offer_line(&self, record: &Arc<Record>, utc: Option<Epoch>, data: Option<bool>) {
        let offer = Offer {
            what: What::Records,
            bytes: &self.line,
            good: true,
            utc,
            record,
            origin: &self.origin,
        };
        self.fans().for_each(|fan| fan.offer(&offer, data));
    }

    /// Counters of the run's own streams.
    pub fn stream_reports(&self) -> Vec<StreamReport> {
        self.fan.reports()
    }

    /// Ends the run's own streams once they have delivered what they hold, within their bounds; those that stay open go on.
    pub fn close_streams(&self) -> Vec<StreamReport> {
        if self.kept {
            return self.fan.reports();
        }
        self.fan.close()
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

    /// Whether there were outputs and the readers of all have gone: going on would serve nobody. Streams wait for theirs.
    pub fn abandoned(&mut self) -> bool {
        if self.fans().any(|fan| !fan.is_empty()) {
            return false;
        }
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
