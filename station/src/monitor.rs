//! What watchers see of a running chain, and the few things they may ask of it.
//!
//! The chain publishes; watchers take copies at their own rate and may miss. Neither side waits for the
//! other: snapshots are copied under short locks, plots go through slots in which the newest wins.

use crate::input::InputInfo;
use crate::output::stream::StreamReport;
use groundlink_decoder::coding::SyncStatus;
use groundlink_decoder::link::{FrameHeader, LinkCounters, VcId};
use groundlink_dsp::receiver::ReceiverStatus;
use num_complex::Complex32;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// Frames, packets and events kept for display.
pub const HISTORY: usize = 2_000;

/// Where the run stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Phase {
    /// Reading and decoding.
    #[default]
    Running,
    /// The input has ended (or the run was stopped) and all is decoded.
    Finished,
    /// Ended early; the reason in one line.
    Failed(String),
}

/// Totals of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Frames in which every check passed.
    pub frames_good: u64,
    /// Of these, frames in which Reed-Solomon corrected something.
    pub frames_corrected: u64,
    /// Frames with an uncorrectable codeword.
    pub frames_uncorrectable: u64,
    /// Frames that the link layer rejected (FECF, version, SCID, VCID).
    pub frames_rejected: u64,
    /// Frames missing by the virtual channels' counts.
    pub frames_lost: u64,
    /// Packets, idle ones included.
    pub packets: u64,
    /// Idle packets.
    pub packets_idle: u64,
    /// Events of level warning and above.
    pub warnings: u64,
}

/// Snapshot of a running chain.
#[derive(Debug, Clone, Default)]
pub struct StationStatus {
    /// Where the run stands.
    pub phase: Phase,
    /// What the input is.
    pub input: Option<Arc<InputInfo>>,
    /// Name of the link profile.
    pub profile: String,
    /// Modulation and rate for people: "QPSK 72000 Bd".
    pub signal: String,
    /// Samples (or soft bits, bytes for other inputs) read so far.
    pub position: u64,
    /// Samples lost before they reached the receiver.
    pub lost_samples: u64,
    /// UTC of the newest sample, ISO-8601 with Z, where the capture time is known.
    pub utc: Option<String>,
    /// Seconds of signal behind us.
    pub signal_seconds: f64,
    /// Wall-clock time since the start.
    pub elapsed: Duration,
    /// The receiver, where samples are the input.
    pub receiver: Option<ReceiverStatus>,
    /// Share of samples at full scale.
    pub clipping: f32,
    /// Frame synchronisation and inner code.
    pub sync: SyncStatus,
    /// Information-bit energy to noise density, dB; NaN where unknown.
    pub eb_n0_db: f32,
    /// Totals.
    pub totals: Totals,
    /// Per virtual channel and APID.
    pub link: Arc<LinkCounters>,
    /// Counters of the streams.
    pub outputs: Vec<StreamReport>,
}

/// Severity of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Normal course.
    Info,
    /// Something was lost or rejected.
    Warning,
    /// The run cannot go on, or an output failed.
    Error,
}

/// An event for people.
#[derive(Debug, Clone, PartialEq)]
pub struct EventLine {
    /// Severity.
    pub level: Level,
    /// Input sample at which it happened, where there are samples.
    pub sample: Option<u64>,
    /// UTC, where known.
    pub utc: Option<String>,
    /// One line.
    pub text: String,
}

/// A frame for display.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameView {
    /// Number from 0.
    pub ordinal: u64,
    /// Input sample at which its ASM began.
    pub sample: Option<u64>,
    /// UTC of that sample.
    pub utc: Option<String>,
    /// Header, where the protocol has one.
    pub header: Option<FrameHeader>,
    /// "good", "corrected 3", "uncorrectable", "FECF", …
    pub verdict: String,
    /// Whether every check passed.
    pub good: bool,
    /// Whether it carries only idle data.
    pub idle: bool,
    /// Frames missing before it in its channel.
    pub gap_before: u32,
    /// Samples lost between the end of the frame before and its own.
    pub samples_lost: u64,
    /// Eb/N0 at its time, dB; NaN where unknown.
    pub eb_n0_db: f32,
    /// Content.
    pub bytes: Vec<u8>,
}

/// A packet for display.
#[derive(Debug, Clone, PartialEq)]
pub struct PacketView {
    /// Number from 0.
    pub ordinal: u64,
    /// Input sample at which the frame in which it began starts.
    pub sample: Option<u64>,
    /// UTC of that sample.
    pub utc: Option<String>,
    /// Virtual channel, where known.
    pub vc: Option<VcId>,
    /// Application process identifier.
    pub apid: u16,
    /// Sequence flags.
    pub sequence_flags: u8,
    /// Sequence count.
    pub sequence_count: u16,
    /// Packets missing before it by its count.
    pub gap_before: u16,
    /// UTC of its time code, where it has one that can be told.
    pub time: Option<String>,
    /// Content, header included.
    pub bytes: Vec<u8>,
}

/// Newest-wins plot data.
#[derive(Debug, Clone, Default)]
pub struct Plots {
    /// Counts up with every new spectrum.
    pub spectrum_serial: u64,
    /// Power spectrum, dBFS per bin, lowest frequency first.
    pub spectrum: Vec<f32>,
    /// Width of the spectrum, Hz (the sample rate), centred on 0 Hz.
    pub span_hz: f64,
    /// Counts up with every new constellation.
    pub constellation_serial: u64,
    /// Symbol-spaced points, unit mean power.
    pub constellation: Vec<Complex32>,
}

/// A bounded history whose entries are numbered from 0 for ever.
#[derive(Debug, Clone)]
pub struct Ring<T> {
    first: u64,
    items: VecDeque<T>,
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self {
            first: 0,
            items: VecDeque::new(),
        }
    }
}

impl<T: Clone> Ring<T> {
    fn push(&mut self, item: T) {
        if self.items.len() == HISTORY {
            self.items.pop_front();
            self.first += 1;
        }
        self.items.push_back(item);
    }

    /// Entries numbered `from` and above that are still kept, and the number of the first of them.
    fn since(&self, from: u64) -> (u64, Vec<T>) {
        let start = from.max(self.first);
        let skip = usize::try_from(start - self.first).unwrap_or(usize::MAX);
        (start, self.items.iter().skip(skip).cloned().collect())
    }
}

#[derive(Debug, Default)]
struct Shared {
    status: Mutex<StationStatus>,
    plots: Mutex<Plots>,
    frames: Mutex<Ring<FrameView>>,
    packets: Mutex<Ring<PacketView>>,
    events: Mutex<Ring<EventLine>>,
    watched: AtomicBool,
    counted: AtomicBool,
    stop: AtomicBool,
    paused: AtomicBool,
    pace_milli: AtomicU64,
}

/// Handle on a running chain; clones see the same run.
#[derive(Debug, Clone, Default)]
pub struct Monitor {
    shared: Arc<Shared>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Monitor {
    /// A monitor that nobody publishes to yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Copy of the newest status.
    pub fn status(&self) -> StationStatus {
        lock(&self.shared.status).clone()
    }

    /// Copy of the newest plots.
    pub fn plots(&self) -> Plots {
        lock(&self.shared.plots).clone()
    }

    /// Frames numbered `from` and above, with the number of the first; older ones than [`HISTORY`] are gone.
    pub fn frames_since(&self, from: u64) -> (u64, Vec<FrameView>) {
        lock(&self.shared.frames).since(from)
    }

    /// Packets numbered `from` and above, as [`Self::frames_since`].
    pub fn packets_since(&self, from: u64) -> (u64, Vec<PacketView>) {
        lock(&self.shared.packets).since(from)
    }

    /// Events numbered `from` and above, as [`Self::frames_since`].
    pub fn events_since(&self, from: u64) -> (u64, Vec<EventLine>) {
        lock(&self.shared.events).since(from)
    }

    /// Asks the chain to publish histories and plots too (they cost time nobody should pay unwatched).
    pub fn watch(&self) {
        self.shared.watched.store(true, Ordering::Relaxed);
    }

    /// Whether somebody watches.
    pub fn watched(&self) -> bool {
        self.shared.watched.load(Ordering::Relaxed)
    }

    /// Asks the chain to keep the counters of channels in the status, without histories and plots.
    pub fn count(&self) {
        self.shared.counted.store(true, Ordering::Relaxed);
    }

    /// Whether somebody wants the counters of channels.
    pub fn counted(&self) -> bool {
        self.watched() || self.shared.counted.load(Ordering::Relaxed)
    }

    /// Asks the chain to end cleanly; everything read so far is decoded and written.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the chain was asked to end.
    pub fn stopping(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }

    /// Holds a replay, or lets it go on. Live inputs are not held.
    pub fn set_paused(&self, paused: bool) {
        self.shared.paused.store(paused, Ordering::Relaxed);
    }

    /// Whether the replay is held.
    pub fn paused(&self) -> bool {
        self.shared.paused.load(Ordering::Relaxed)
    }

    /// Replays at this multiple of real time; `None` as fast as possible.
    pub fn set_pace(&self, times_real_time: Option<f64>) {
        let milli = times_real_time.map_or(0, |x| (x * 1000.0).max(1.0) as u64);
        self.shared.pace_milli.store(milli, Ordering::Relaxed);
    }

    /// Multiple of real time at which the replay is held back; `None`: as fast as possible.
    pub fn pace(&self) -> Option<f64> {
        match self.shared.pace_milli.load(Ordering::Relaxed) {
            0 => None,
            milli => Some(milli as f64 / 1000.0),
        }
    }

    /// Publishes: changes the status in place.
    pub fn update(&self, change: impl FnOnce(&mut StationStatus)) {
        change(&mut lock(&self.shared.status));
    }

    /// Publishes plots; skipped when a watcher is reading this very moment.
    pub fn update_plots(&self, change: impl FnOnce(&mut Plots)) {
        if let Ok(mut plots) = self.shared.plots.try_lock() {
            change(&mut plots);
        }
    }

    /// Publishes a frame.
    pub fn push_frame(&self, frame: FrameView) {
        lock(&self.shared.frames).push(frame);
    }

    /// Publishes a packet.
    pub fn push_packet(&self, packet: PacketView) {
        lock(&self.shared.packets).push(packet);
    }

    /// Publishes an event.
    pub fn push_event(&self, event: EventLine) {
        lock(&self.shared.events).push(event);
    }
}
