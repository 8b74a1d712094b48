//! What watchers see of a running chain, and the few things they may ask of it.
//!
//! The chain publishes; watchers take copies at their own rate and may miss. Neither side waits for the
//! other: snapshots are copied under short locks, plots go through slots in which the newest wins.

mod coding;
mod control;
mod explained;
mod plots;
mod ring;
mod status;
mod views;

pub use coding::{
    BlockView, CodingParts, CodingSums, CodingView, Corrections, RECENT_BLOCKS, RsParts, SyncView,
};
pub use control::{Change, Until};
pub use explained::{Explained, NewestSamples};
pub use plots::{LevelStep, Plots};
pub use status::{Phase, StationStatus, Totals};
pub use views::{EventKind, EventLine, FrameView, Level, PacketView};

use coding::CodingTally;
use control::Control;
use ring::Ring;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Frames, packets and events kept for display.
pub const HISTORY: usize = 2_000;

#[derive(Debug, Default)]
struct Shared {
    status: Mutex<StationStatus>,
    plots: Mutex<Plots>,
    frames: Mutex<Ring<FrameView>>,
    packets: Mutex<Ring<PacketView>>,
    events: Mutex<Ring<EventLine>>,
    coding: Mutex<CodingTally>,
    blocks: Mutex<Ring<BlockView>>,
    syncs: Mutex<Ring<SyncView>>,
    watched: AtomicBool,
    counted: AtomicBool,
    stop: AtomicBool,
    paused: AtomicBool,
    pace_milli: AtomicU64,
    control: Control,
    explained: Mutex<Explained>,
    samples_wanted: AtomicBool,
    samples: Mutex<Option<NewestSamples>>,
}

/// Numbers of entries, one for each history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Numbers {
    /// Frames.
    pub frames: u64,
    /// Packets.
    pub packets: u64,
    /// Events.
    pub events: u64,
    /// Blocks.
    pub blocks: u64,
    /// Changes of frame synchronisation.
    pub syncs: u64,
}

/// Entries of each history, with the number of the first.
#[derive(Debug, Clone)]
pub struct Newest {
    /// Frames.
    pub frames: (u64, Vec<FrameView>),
    /// Packets.
    pub packets: (u64, Vec<PacketView>),
    /// Events.
    pub events: (u64, Vec<EventLine>),
    /// Blocks.
    pub blocks: (u64, Vec<BlockView>),
    /// Changes of frame synchronisation.
    pub syncs: (u64, Vec<SyncView>),
}

/// Handle on a running chain; clones see the same run.
#[derive(Debug, Clone, Default)]
pub struct Monitor {
    shared: Arc<Shared>,
    /// Whether this leg of the run is to end, where the handle is one of a leg.
    leg: Option<Arc<AtomicBool>>,
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

    /// How far the explanation has come.
    pub fn explained(&self) -> Explained {
        lock(&self.shared.explained).clone()
    }

    /// Publishes how far it has come; whether another was being worked out already, which then stays.
    pub fn explain(&self, now: Explained) -> bool {
        let mut explained = lock(&self.shared.explained);
        let busy = matches!((&*explained, &now), (Explained::Working, Explained::Working));
        *explained = now;
        busy
    }

    /// Asks the chain for a copy of the newest samples that it has at hand.
    pub fn ask_for_samples(&self) {
        *lock(&self.shared.samples) = None;
        self.shared.samples_wanted.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has asked for samples, once for each asking.
    pub fn samples_wanted(&self) -> bool {
        self.shared.samples_wanted.load(Ordering::Relaxed)
            && self.shared.samples_wanted.swap(false, Ordering::Relaxed)
    }

    /// Hands over the samples that were asked for.
    pub fn give_samples(&self, samples: NewestSamples) {
        *lock(&self.shared.samples) = Some(samples);
    }

    /// The samples, once they are there.
    pub fn take_samples(&self) -> Option<NewestSamples> {
        lock(&self.shared.samples).take()
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

    /// Copy of what the codes did.
    pub fn coding(&self) -> CodingView {
        lock(&self.shared.coding).view.clone()
    }

    /// Blocks numbered `from` and above, as [`Self::frames_since`].
    pub fn blocks_since(&self, from: u64) -> (u64, Vec<BlockView>) {
        lock(&self.shared.blocks).since(from)
    }

    /// Changes of frame synchronisation numbered `from` and above, as [`Self::frames_since`].
    pub fn syncs_since(&self, from: u64) -> (u64, Vec<SyncView>) {
        lock(&self.shared.syncs).since(from)
    }

    /// The newest of what is kept from these numbers on, no more than `most` of each.
    pub fn newest(&self, from: &Numbers, most: usize) -> Newest {
        Newest {
            frames: lock(&self.shared.frames).newest(from.frames, most),
            packets: lock(&self.shared.packets).newest(from.packets, most),
            events: lock(&self.shared.events).newest(from.events, most),
            blocks: lock(&self.shared.blocks).newest(from.blocks, most),
            syncs: lock(&self.shared.syncs).newest(from.syncs, most),
        }
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
        self.shared.stop.load(Ordering::Relaxed) || self.interrupted()
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
        self.reached(Until::Frame);
    }

    /// Publishes a packet.
    pub fn push_packet(&self, packet: PacketView) {
        lock(&self.shared.packets).push(packet);
    }

    /// Publishes an event.
    pub fn push_event(&self, event: EventLine) {
        let trouble = event.kind.trouble();
        lock(&self.shared.events).push(event);
        if trouble {
            self.reached(Until::Trouble);
        }
    }

    /// Publishes the codes of the link; sums of other codes begin anew.
    pub fn set_coding(&self, parts: CodingParts) {
        lock(&self.shared.coding).follow(parts);
    }

    /// Publishes what the codes made of a block.
    pub fn push_block(&self, block: BlockView) {
        lock(&self.shared.blocks).push(block.clone());
        lock(&self.shared.coding).count(block);
    }

    /// Publishes a change of frame synchronisation.
    pub fn push_sync(&self, change: SyncView) {
        lock(&self.shared.syncs).push(change);
    }
}
