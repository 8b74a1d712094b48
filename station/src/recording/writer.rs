//! The thread that writes recordings.

use super::backlog::Backlog;
use super::file::{RecordError, Recorded};
use super::quota;
use super::schedule::{Schedule, Span};
use super::{RecordConfig, RecordReport};
use crate::input::sigmf::encode;
use crate::input::{Capture, InputInfo, SigmfMeta, SigmfSegment};
use crate::time::SampleClock;
use crossbeam_channel::{Receiver, Sender, select};
use num_complex::Complex32;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time between two renewals of the metadata.
const SAVE_EVERY: Duration = Duration::from_secs(5);
/// Recordings that have ended and still take notes: frames are told a while after their samples.
const STILL_NOTED: usize = 2;
/// Difference of a capture's time to that expected from which on it begins a segment of its own, in seconds.
const SAME_TIME_S: f64 = 1e-3;

/// Samples, as they were read.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) first: u64,
    pub(super) samples: Vec<Complex32>,
    pub(super) capture: Option<Capture>,
}

/// What the chain tells.
#[derive(Debug)]
pub(super) enum Note {
    /// Lock was found or lost.
    Lock {
        downlink: usize,
        label: Arc<str>,
        sample: u64,
        locked: bool,
    },
    /// A frame lies there.
    Frame {
        samples: Range<u64>,
        label: String,
        comment: String,
    },
    /// The run has ended.
    End,
}

/// Encoded samples that follow each other.
#[derive(Debug)]
struct Piece {
    first: u64,
    bytes: Vec<u8>,
}

/// The writer's state.
#[derive(Debug)]
pub(super) struct Writer {
    config: RecordConfig,
    name: String,
    rate_hz: f64,
    hardware: Option<String>,
    schedule: Schedule,
    backlog: Option<Arc<Backlog>>,
    clock: SampleClock,
    /// Captures that samples have not come to yet, and the frequency of the last one that they have.
    captures: VecDeque<Capture>,
    frequency_hz: Option<f64>,
    pieces: VecDeque<Piece>,
    spare: Vec<Vec<u8>>,
    position: u64,
    file: Option<Recorded>,
    ended: VecDeque<Recorded>,
    labels: BTreeMap<usize, Arc<str>>,
    saved: Instant,
    report: RecordReport,
}

impl Writer {
    pub(super) fn new(
        config: RecordConfig,
        name: &str,
        info: &InputInfo,
        rate_hz: f64,
        schedule: Schedule,
        backlog: Option<Arc<Backlog>>,
    ) -> Self {
        Self {
            config,
            name: name.to_owned(),
            rate_hz,
            hardware: info.hardware.clone(),
            schedule,
            backlog,
            clock: SampleClock::new(&info.captures, rate_hz),
            captures: info.captures.iter().cloned().collect(),
            frequency_hz: None,
            pieces: VecDeque::new(),
            spare: Vec::new(),
            position: 0,
            file: None,
            ended: VecDeque::new(),
            labels: BTreeMap::new(),
            saved: Instant::now(),
            report: RecordReport::default(),
        }
    }

    /// Writes until the run has ended.
    pub(super) fn run(
        mut self,
        samples: &Receiver<Message>,
        spent: &Sender<Vec<Complex32>>,
        notes: &Receiver<Note>,
    ) -> RecordReport {
        if let Err(error) = self.follow(samples, spent, notes) {
            self.report.error = Some(error.to_string());
        }
        if let Err(error) = self.end() {
            self.report.error.get_or_insert(error.to_string());
        }
        self.report
    }

    fn follow(
        &mut self,
        samples: &Receiver<Message>,
        spent: &Sender<Vec<Complex32>>,
        notes: &Receiver<Note>,
    ) -> Result<(), RecordError> {
        let mut open = true;
        loop {
            // A channel that has ended would be ready for ever.
            let message = if open {
                select! {
                    recv(samples) -> message => message.map(Ok),
                    recv(notes) -> note => note.map(Err),
                }
            } else {
                notes.recv().map(Err)
            };
            match message {
                Ok(Ok(message)) => self.take(message, spent)?,
                Ok(Err(Note::End)) => break,
                Ok(Err(note)) => self.note(note),
                Err(_) if open => open = false,
                Err(_) => break,
            }
            self.advance(false)?;
        }
        // What had been read when the run ended.
        while let Ok(message) = samples.try_recv() {
            self.take(message, spent)?;
            self.advance(false)?;
        }
        Ok(())
    }

    fn take(&mut self, message: Message, spent: &Sender<Vec<Complex32>>) -> Result<(), RecordError> {
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.clear();
        self.report.clipped += encode(self.config.format, &message.samples, &mut bytes);
        if let Some(capture) = message.capture {
            self.clock.learn(&capture);
            self.captures.push_back(capture);
        }
        self.position = message.first + message.samples.len() as u64;
        if let Some(backlog) = &self.backlog {
            backlog.leave(message.samples.len());
        }
        self.pieces.push_back(Piece {
            first: message.first,
            bytes,
        });
        // The source may have ended already; then nobody needs the buffer back.
        let _ = spent.send(message.samples);
        if self.saved.elapsed() >= SAVE_EVERY {
            self.save()?;
        }
        Ok(())
    }

    fn note(&mut self, note: Note) {
        match note {
            Note::Lock {
                downlink,
                label,
                sample,
                locked,
            } => {
                if let Some(since) = self.schedule.lock(downlink, sample, locked) {
                    self.annotate(&(since..sample), &format!("{label}lock"), None);
                }
                self.labels.insert(downlink, label);
            }
            Note::Frame {
                samples,
                label,
                comment,
            } => self.annotate(&samples, &label, Some(&comment)),
            Note::End => {}
        }
    }

    fn annotate(&mut self, samples: &Range<u64>, label: &str, comment: Option<&str>) {
        for file in self.ended.iter_mut().chain(&mut self.file) {
            file.note(samples, label, comment);
        }
    }

    /// Writes what is known to be wanted; at the end of the run everything that is wanted as far as is known.
    fn advance(&mut self, last: bool) -> Result<(), RecordError> {
        while let Some(span) = self.schedule.first() {
            while self.write_piece(span)? {}
            let over = self.schedule.over(self.position) || (last && span.end.is_some());
            if !over {
                break;
            }
            if let (Some(file), Some(end)) = (&mut self.file, span.end) {
                file.cut(end)?;
            }
            self.close()?;
            self.schedule.next();
        }
        let keep = self.position.saturating_sub(self.schedule.kept());
        while self
            .pieces
            .front()
            .is_some_and(|piece| self.end_of(piece) <= keep)
        {
            self.drop_piece();
        }
        Ok(())
    }

    fn end_of(&self, piece: &Piece) -> u64 {
        piece.first + (piece.bytes.len() / self.config.format.bytes()) as u64
    }

    fn drop_piece(&mut self) {
        if let Some(piece) = self.pieces.pop_front() {
            self.spare.push(piece.bytes);
            self.spare.truncate(4);
        }
    }

    /// Writes the oldest piece as far as it lies in the span; whether there may be more to write.
    fn write_piece(&mut self, span: Span) -> Result<bool, RecordError> {
        let Some(piece) = self.pieces.front() else {
            return Ok(false);
        };
        let (first, end) = (piece.first, self.end_of(piece));
        let written = self.file.as_ref().and_then(Recorded::end).unwrap_or(0);
        let from = first.max(span.start).max(written);
        let to = end.min(span.end.unwrap_or(u64::MAX));
        if from < to {
            self.write(from, to)?;
        }
        if span.end.is_none_or(|wanted| end <= wanted) {
            self.drop_piece();
            return Ok(true);
        }
        Ok(false)
    }

    /// Writes these samples of the oldest piece, into as many files and segments as they belong to.
    fn write(&mut self, mut from: u64, to: u64) -> Result<(), RecordError> {
        while from < to {
            if self.full() {
                self.close()?;
            }
            let mut until = to;
            if let (Some(rotate), Some(file)) = (self.schedule.rotate, &self.file) {
                until = until.min(from + rotate - file.samples());
            } else if let Some(rotate) = self.schedule.rotate {
                until = until.min(from + rotate);
            }
            self.begin_segment(from)?;
            if let Some(capture) = self.captures.front() {
                until = until.min(capture.sample_start.max(from + 1));
            }
            let (Some(file), Some(piece)) = (&mut self.file, self.pieces.front()) else {
                return Ok(());
            };
            let size = self.config.format.bytes();
            let range = (from - piece.first) as usize * size..(until - piece.first) as usize * size;
            file.append(&piece.bytes[range])?;
            self.report.samples += until - from;
            from = until;
        }
        Ok(())
    }

    fn full(&self) -> bool {
        let samples = self.file.as_ref().map(Recorded::samples);
        matches!((self.schedule.rotate, samples), (Some(rotate), Some(samples)) if samples >= rotate)
    }

    /// Begins a file where there is none, and a segment where samples are missing or a capture says something new.
    fn begin_segment(&mut self, at: u64) -> Result<(), RecordError> {
        let mut news = false;
        while let Some(capture) = self.captures.front().filter(|capture| capture.sample_start <= at) {
            news |= capture.frequency_hz != self.frequency_hz || !self.expected(capture);
            self.frequency_hz = capture.frequency_hz;
            self.captures.pop_front();
        }
        if self.file.is_none() {
            self.file = Some(self.create(at)?);
        }
        let segment = SigmfSegment {
            frequency_hz: self.frequency_hz,
            datetime: self.clock.utc(at as f64),
            ..SigmfSegment::default()
        };
        if let Some(file) = &mut self.file
            && (news || file.end() != Some(at))
        {
            file.segment(at, segment);
        }
        Ok(())
    }

    /// Whether the capture's time is what the one before leads to expect.
    fn expected(&self, capture: &Capture) -> bool {
        let Some(time) = capture.time else { return true };
        let just_before = capture.sample_start as f64 - 1.0;
        self.clock.utc(just_before).is_some_and(|before| {
            let step = (time - before).to_seconds() - 1.0 / self.rate_hz;
            step.abs() < SAME_TIME_S
        })
    }

    fn create(&self, at: u64) -> Result<Recorded, RecordError> {
        let meta = SigmfMeta {
            datatype: self.config.format,
            sample_rate_hz: self.rate_hz,
            captures: Vec::new(),
            hardware: self.hardware.clone(),
            author: None,
            description: None,
            annotations: Vec::new(),
        };
        let base = self.free_name(at);
        Recorded::create(base, meta, self.config.zstd)
    }

    /// A name that tells time, rate and frequency, and that nobody has.
    fn free_name(&self, at: u64) -> PathBuf {
        let begin = self.clock.utc(at as f64).map_or_else(
            || format!("{at:012}"),
            |utc| {
                let (year, month, day, hour, minute, second, _) = utc.to_gregorian_utc();
                format!("{year:04}-{month:02}-{day:02}_{hour:02}-{minute:02}-{second:02}")
            },
        );
        let frequency = self.frequency_hz.map(|hz| format!("_{}Hz", hz.round() as u64));
        let name = format!(
            "{}_{begin}_{}SPS{}",
            self.name,
            self.rate_hz.round() as u64,
            frequency.unwrap_or_default()
        );
        let taken = |base: &PathBuf| {
            quota::endings()
                .into_iter()
                .any(|ending| quota::with(base, ending).exists())
        };
        let numbered = (2..).map(|n| self.config.folder.join(format!("{name}_{n}")));
        std::iter::once(self.config.folder.join(&name))
            .chain(numbered)
            .find(|base| !taken(base))
            .unwrap_or_else(|| self.config.folder.join(&name))
    }

    /// Ends the present file.
    fn close(&mut self) -> Result<(), RecordError> {
        let Some(mut file) = self.file.take() else {
            return Ok(());
        };
        file.close()?;
        self.ended.push_back(file);
        while self.ended.len() > STILL_NOTED {
            self.let_go()?;
        }
        self.keep_quota()
    }

    /// The oldest file that has ended takes no more notes.
    fn let_go(&mut self) -> Result<(), RecordError> {
        if let Some(mut file) = self.ended.pop_front() {
            self.report.files.push(file.about());
            file.save()?;
        }
        Ok(())
    }

    fn save(&mut self) -> Result<(), RecordError> {
        self.saved = Instant::now();
        for file in self.ended.iter_mut().chain(&mut self.file) {
            file.save()?;
        }
        self.keep_quota()
    }

    /// Deletes old recordings where the quota asks for it; an error where the one in hand exceeds it by itself.
    fn keep_quota(&mut self) -> Result<(), RecordError> {
        let Some(most) = self.config.quota_bytes else {
            return Ok(());
        };
        let newest = self.file.as_ref().or(self.ended.back());
        let Some(base) = newest.map(|file| file.base.clone()) else {
            return Ok(());
        };
        let (deleted, enough) = quota::keep(&self.config.folder, &self.name, most, &base);
        self.report.deleted += deleted.len() as u64;
        for file in &mut self.ended {
            file.deleted |= deleted.contains(&file.base);
        }
        if enough || self.file.is_none() {
            return Ok(());
        }
        Err(RecordError::quota(&base, most))
    }

    /// Writes what is left, and lets everything go.
    fn end(&mut self) -> Result<(), RecordError> {
        let position = self.position;
        if self.report.error.is_none() {
            self.advance(true)?;
        }
        let open: Vec<(usize, u64)> = self.schedule.in_lock().collect();
        for (downlink, since) in open {
            let label = self.labels.get(&downlink).cloned().unwrap_or_default();
            self.annotate(&(since..position), &format!("{label}lock"), None);
        }
        self.close()?;
        while !self.ended.is_empty() {
            self.let_go()?;
        }
        Ok(())
    }
}
