//! Everything that the chain says goes through here: records, histories for watchers, totals.

use super::losses::Losses;
use super::metrics::Metrics;
use crate::StationError;
use crate::input::Loss;
use crate::monitor::{EventKind, EventLine, Level, Monitor, Totals};
use crate::output::record::{Place, Record};
use crate::output::{Content, Outputs};
use crate::recording::Recorder;
use crate::time::{PacketTime, SampleClock};
use hifitime::Epoch;

/// What an index into the input counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexUnit {
    /// Samples.
    Sample,
    /// Soft bits.
    SoftBit,
    /// Bytes.
    Byte,
}

/// What may be in lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locked {
    /// The receiver.
    Receiver,
    /// Frame synchronisation.
    Frames,
}

/// Outputs, monitor and totals of a run.
#[derive(Debug)]
pub struct Publisher {
    /// Files.
    pub outputs: Outputs,
    /// Watchers.
    pub monitor: Monitor,
    /// Time.
    pub clock: SampleClock,
    /// The time in packets, where the profile knows it.
    pub packet_time: Option<PacketTime>,
    /// Meaning of indices.
    pub unit: IndexUnit,
    /// Totals.
    pub totals: Totals,
    /// What was odd, for the report.
    pub warnings: Vec<String>,
    /// Samples that were lost.
    pub losses: Losses,
    /// Told of locks and frames, where samples are recorded.
    pub recorder: Option<Recorder>,
    /// How the signal is received, where anybody wants that.
    pub metrics: Option<Metrics>,
    /// What is in lock.
    pub held: [bool; 2],
}

impl Publisher {
    /// The place of an index, with its UTC.
    pub fn place(&self, index: Option<u64>) -> Place {
        let mut place = Place::default();
        match self.unit {
            IndexUnit::Sample => {
                if let Some(sample) = index {
                    place = Place::of_sample(sample, &self.clock);
                }
            }
            IndexUnit::SoftBit => place.soft_bit = index,
            IndexUnit::Byte => place.byte = index,
        }
        place
    }

    /// Counts samples that were lost, and tells everybody.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn lose(&mut self, loss: &Loss) -> Result<(), StationError> {
        let seconds = loss.samples as f64 / self.clock.sample_rate_hz();
        self.losses.take(loss, self.clock.sample_rate_hz());
        if let Some(metrics) = &mut self.metrics {
            metrics.lose(loss.first, loss.samples);
        }
        let place = self.place(Some(loss.first));
        self.event_of(EventKind::SamplesLost, Level::Warning, &place, || {
            format!(
                "{} samples lost ({seconds:.3} s): {}",
                loss.samples,
                loss.cause.name()
            )
        });
        self.record(&Record::SamplesLost {
            place,
            lost: loss.samples,
            seconds,
            cause: loss.cause,
        })
    }

    /// Writes a record to the events output.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn record(&mut self, record: &Record) -> Result<(), StationError> {
        self.outputs.record(record)
    }

    /// Writes the record of a frame or packet, and offers what it is about to the streams.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn unit(&mut self, record: Record, content: &Content<'_>) -> Result<(), StationError> {
        self.outputs.unit(record, content)
    }

    /// Offers the intervals that are complete once everything before this sample has been decoded; all for `None`.
    pub fn tell_metrics(&mut self, decoded: Option<f64>) {
        let Some(metrics) = &mut self.metrics else {
            return;
        };
        while let Some(record) = metrics.next(decoded, &self.clock) {
            let utc = record
                .place
                .sample
                .and_then(|sample| self.clock.utc(sample as f64));
            self.outputs.metrics(record, utc);
        }
    }

    /// UTC of a place, where known.
    pub fn utc(&self, place: &Place) -> Option<Epoch> {
        place.sample.and_then(|sample| self.clock.utc(sample as f64))
    }

    /// Shows an event to watchers.
    pub fn event(&mut self, level: Level, place: &Place, text: impl FnOnce() -> String) {
        self.event_of(EventKind::Other, level, place, text);
    }

    /// Takes what is in lock and what is not; what the event is about that says so.
    pub fn lock_kind(&mut self, what: Locked, locked: bool) -> EventKind {
        let before = std::mem::replace(&mut self.held[what as usize], locked);
        match (before, locked) {
            (_, true) => EventKind::Locked,
            (true, false) => EventKind::LockLost,
            (false, false) => EventKind::Other,
        }
    }

    /// As [`Self::event`], saying what it is about.
    pub fn event_of(&mut self, kind: EventKind, level: Level, place: &Place, text: impl FnOnce() -> String) {
        if level >= Level::Warning {
            self.totals.warnings += 1;
        }
        if self.monitor.watched() {
            let line = EventLine {
                level,
                kind,
                sample: place.sample,
                utc: place.utc.clone(),
                text: text(),
            };
            self.monitor.push_event(line);
        }
    }

    /// Warns everybody: events output, watchers, report.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn warn(&mut self, text: &str) -> Result<(), StationError> {
        self.event(Level::Warning, &Place::default(), || text.to_owned());
        self.warnings.push(text.to_owned());
        self.record(&Record::Warning {
            text: text.to_owned(),
        })
    }
}
