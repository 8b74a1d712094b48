//! Recording samples while they are decoded.
//!
//! A [`tee`](start) in the input copies samples to a thread that writes them, so that neither the decoder nor a radio
//! waits for a disk: what finds no room is counted and is a gap in the recording, while a replay is held back instead.
//! The chain tells the same thread of locks and frames ([`Recorder`]). Which samples are wanted follows from the
//! samples at which lock was found and lost alone (`schedule`), so that a replay always makes the same recording.

mod backlog;
mod file;
mod quota;
mod schedule;
mod tee;
mod writer;

pub use file::RecordError;
pub(crate) use quota::endings;
pub use schedule::Trigger;

use crate::StationError;
use crate::input::{InputInfo, SampleFormat, SampleSource};
use backlog::Backlog;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use schedule::Schedule;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tee::Tee;
use writer::{Message, Note, Writer};

/// Blocks of a replay that may wait to be written.
const REPLAY_BLOCKS: usize = 4;
/// Most bytes that are kept back for the time before a lock.
const MOST_KEPT_BYTES: f64 = 1e9;

/// What to record, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordConfig {
    /// Folder of the recordings; made where it is not there.
    pub folder: PathBuf,
    /// How samples are written: ci8, ci16 or cf32.
    pub format: SampleFormat,
    /// Compressed.
    pub zstd: bool,
    /// Only around locks; everything without.
    pub trigger: Option<Trigger>,
    /// Seconds after which another recording is begun.
    pub rotate_s: Option<f64>,
    /// Most bytes of recordings of the same name in the folder.
    pub quota_bytes: Option<u64>,
}

/// A recording, in the report.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RecordedFile {
    /// Path of its metadata.
    pub name: String,
    /// Input sample that it begins with.
    pub first_sample: u64,
    /// Samples in it.
    pub samples: u64,
    /// Capture segments: one more than there are gaps.
    pub segments: usize,
    /// Notes on frames and locks in it.
    pub annotations: usize,
}

/// What was recorded.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RecordReport {
    /// Recordings, in order; those that the quota took away included.
    pub files: Vec<RecordedFile>,
    /// Samples written.
    pub samples: u64,
    /// Samples that were wanted and found no room on the way to the disk.
    pub dropped_samples: u64,
    /// Numbers (two to a sample) that did not fit and were clipped.
    pub clipped: u64,
    /// Recordings that were deleted to keep the quota.
    pub deleted: u64,
    /// Why recording ended early.
    pub error: Option<String>,
}

/// Tells the recording of locks and frames; one for each downlink.
#[derive(Debug, Clone)]
pub struct Recorder {
    notes: Sender<Note>,
    downlink: usize,
    label: Arc<str>,
}

impl Recorder {
    /// The same for another downlink, with its name before the labels.
    pub fn of_downlink(&self, downlink: usize, name: &str) -> Self {
        Self {
            notes: self.notes.clone(),
            downlink,
            label: format!("{name} ").into(),
        }
    }

    /// Lock was found or lost at this sample.
    pub fn lock(&self, sample: u64, locked: bool) {
        let note = Note::Lock {
            downlink: self.downlink,
            label: Arc::clone(&self.label),
            sample,
            locked,
        };
        // The writer may have ended with an error, which the report tells.
        let _ = self.notes.send(note);
    }

    /// A frame lies in these samples.
    pub fn frame(&self, samples: std::ops::Range<u64>, what: &str, comment: String) {
        let note = Note::Frame {
            samples,
            label: format!("{}{what}", self.label),
            comment,
        };
        let _ = self.notes.send(note);
    }
}

/// A recording that goes on.
#[derive(Debug)]
pub struct Recording {
    recorder: Recorder,
    thread: JoinHandle<RecordReport>,
    backlog: Option<Arc<Backlog>>,
}

impl Recording {
    /// Takes notes of a run with one downlink.
    pub fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }

    /// Writes what is wanted of the samples that have come, and ends.
    pub fn finish(self) -> RecordReport {
        let _ = self.recorder.notes.send(Note::End);
        let report = self.thread.join().unwrap_or_else(|_| RecordReport {
            error: Some("the recording thread ended unexpectedly".to_owned()),
            ..RecordReport::default()
        });
        RecordReport {
            dropped_samples: self.backlog.map_or(0, |backlog| backlog.dropped()),
            ..report
        }
    }
}

/// Begins to record what `source` reads: the source to read from instead, and the recording. `name` begins the names of
/// the files.
///
/// # Errors
/// A format that is not recorded, numbers out of range, or a folder that cannot be made.
pub fn start(
    config: &RecordConfig,
    name: &str,
    source: Box<dyn SampleSource>,
) -> Result<(Box<dyn SampleSource>, Recording), StationError> {
    let info = source.info().clone();
    let rate = check(config, &info)?;
    std::fs::create_dir_all(&config.folder).map_err(|source| StationError::Output {
        name: config.folder.display().to_string(),
        source,
    })?;
    let backlog = source.live().then(|| Arc::new(Backlog::new(rate)));
    let (messages, samples): (Sender<Message>, Receiver<Message>) = match backlog {
        Some(_) => unbounded(),
        None => bounded(REPLAY_BLOCKS),
    };
    let (spent, spare) = unbounded();
    let (notes, told) = unbounded();
    let writer = Writer::new(
        config.clone(),
        name,
        &info,
        rate,
        Schedule::new(config.trigger, config.rotate_s, rate),
        backlog.clone(),
    );
    let thread = thread::spawn(move || writer.run(&samples, &spent, &told));
    let tee = Tee::new(source, messages, spare, backlog.clone());
    let recorder = Recorder {
        notes,
        downlink: 0,
        label: "".into(),
    };
    Ok((
        Box::new(tee),
        Recording {
            recorder,
            thread,
            backlog,
        },
    ))
}

/// The sample rate, where everything fits.
fn check(config: &RecordConfig, info: &InputInfo) -> Result<f64, StationError> {
    let wrong = |field, value: String, allowed: &str| StationError::Record {
        field,
        value,
        allowed: allowed.to_owned(),
    };
    let rate = info.sample_rate_hz.unwrap_or(0.0);
    if config.format.big_endian || !config.format.complex || !file::writes(config.format) {
        return Err(wrong("format", config.format.to_string(), "ci8, ci16 or cf32"));
    }
    let seconds = |field, value: f64, least: f64| {
        if (least..=1e6).contains(&value) {
            return Ok(());
        }
        Err(wrong(field, value.to_string(), &format!("{least} to 1000000 s")))
    };
    if let Some(trigger) = config.trigger {
        seconds("before", trigger.before_s, 0.0)?;
        seconds("after", trigger.after_s, 0.0)?;
        let most = MOST_KEPT_BYTES / (rate * config.format.bytes() as f64).max(1.0);
        if trigger.before_s > most {
            return Err(wrong(
                "before",
                trigger.before_s.to_string(),
                &format!("0 to {most:.1} s at this sample rate"),
            ));
        }
    }
    if let Some(rotate) = config.rotate_s {
        seconds("rotate", rotate, 1.0)?;
    }
    Ok(rate)
}
