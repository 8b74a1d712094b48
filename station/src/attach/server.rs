//! The station's side: each viewer is answered in a thread of its own.

use super::address::{AttachError, Connection, Endpoint, Listener};
use super::mirror::{Block, Frame, Link, Packet, Status, Sync};
use super::wire::{
    self, Answer, Ask, Constellation, MAX_ANSWER, MAX_ASK, Part, Spectrum, VERSION, WireError,
};
use crate::monitor::{EventLine, Monitor, Plots};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Viewers at once, at most.
pub const MAX_VIEWERS: usize = 16;

/// A viewer that asks nothing for so long is gone.
const SILENT: Duration = Duration::from_secs(30);
/// One that does not take an answer for so long is gone.
const STUCK: Duration = Duration::from_secs(20);
/// How often it is looked whether somebody comes.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Viewers get so long to ask for the end of a run.
const LAST_WORDS: Duration = Duration::from_millis(700);
/// Entries of each history in an answer at most.
const MOST_ENTRIES: usize = 500;
/// Least bytes that a viewer can ask for.
const LEAST: usize = 2 * 1024;
/// Bytes that an entry has beside its content, about.
const ENTRY: usize = 220;

#[derive(Debug)]
struct Shared {
    /// What is shown, and the number of the run.
    shown: Mutex<(Monitor, u64)>,
    viewers: AtomicUsize,
    ending: AtomicBool,
    closed: AtomicBool,
}

/// Serves a run to viewers, until it is dropped.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    at: Endpoint,
    /// Takes those who come; a socket in the file system goes with it.
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Begins to serve.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub fn start(at: &Endpoint, monitor: &Monitor) -> Result<Self, AttachError> {
        let failed = |source| AttachError::Listen {
            at: at.to_string(),
            source,
        };
        let listener = at.listen().map_err(failed)?;
        let bound = listener.endpoint().map_err(failed)?;
        let shared = Arc::new(Shared {
            shown: Mutex::new((monitor.clone(), 1)),
            viewers: AtomicUsize::new(0),
            ending: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        let accepting = thread::spawn(move || accept(&listener, &serving));
        Ok(Self {
            shared,
            at: bound,
            accepting: Some(accepting),
        })
    }

    /// Where it serves; with the port, where any was asked for.
    pub fn endpoint(&self) -> &Endpoint {
        &self.at
    }

    /// Viewers at the moment.
    pub fn viewers(&self) -> usize {
        self.shared.viewers.load(Ordering::Relaxed)
    }

    /// From now on another run is shown.
    pub fn show(&self, monitor: &Monitor) {
        let mut shown = self.shared.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if self.viewers() > 0 {
            monitor.watch();
        }
        *shown = (monitor.clone(), shown.1 + 1);
    }
}

impl Drop for Server {
    /// Viewers that are there get a moment to ask for the end. Behind it the address is free again.
    fn drop(&mut self) {
        self.shared.ending.store(true, Ordering::Relaxed);
        let begun = Instant::now();
        while self.viewers() > 0 && begun.elapsed() < LAST_WORDS {
            thread::sleep(Duration::from_millis(10));
        }
        self.shared.closed.store(true, Ordering::Relaxed);
        if let Some(accepting) = self.accepting.take() {
            // It looks for the end every few milliseconds; how it ended changes nothing any more.
            let _ = accepting.join();
        }
    }
}

fn accept(listener: &Listener, shared: &Arc<Shared>) {
    while !shared.closed.load(Ordering::Relaxed) {
        // Nobody is there, or somebody who has gone again.
        let Ok(connection) = listener.accept() else {
            thread::sleep(LOOK_EVERY);
            continue;
        };
        let shared = Arc::clone(shared);
        let before = shared.viewers.fetch_add(1, Ordering::Relaxed);
        thread::spawn(move || {
            // A viewer that fails is a viewer that has gone.
            let _ = if before < MAX_VIEWERS {
                serve(connection, &shared)
            } else {
                let text = format!("{MAX_VIEWERS} viewers are watching already");
                let limited = connection.limit(SILENT, STUCK);
                limited
                    .map_err(WireError::from)
                    .and_then(|()| refuse(connection, &text))
            };
            shared.viewers.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

fn refuse(mut connection: Connection, text: &str) -> Result<(), WireError> {
    let answer = Answer {
        v: VERSION,
        refused: Some(text.to_owned()),
        ..Answer::default()
    };
    wire::send(&mut connection, &wire::encode(&answer, MAX_ANSWER)?)
}

fn serve(mut connection: Connection, shared: &Shared) -> Result<(), WireError> {
    connection.limit(SILENT, STUCK)?;
    let mut before = None;
    loop {
        let question = wire::receive(&mut connection, MAX_ASK)?;
        let ask: Ask = match wire::decode(&question) {
            Ok(ask) => ask,
            Err(error) => return refuse(connection, &error.to_string()),
        };
        if ask.v != VERSION {
            let text = format!(
                "protocol version {} is asked for, this station speaks {VERSION}",
                ask.v
            );
            return refuse(connection, &text);
        }
        // Before the answer is made: what comes after that is in another.
        let ending = shared.ending.load(Ordering::Relaxed);
        let shown = shared
            .shown
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        shown.0.watch();
        let newest = shown.1;
        // When another run is shown, the last of the one before comes first.
        let (monitor, run) = before.replace(shown.clone()).unwrap_or(shown);
        let last = ending && run == newest;
        let bytes = answer(&monitor, run, &ask, last)?;
        wire::send(&mut connection, &bytes)?;
        if last {
            return Ok(());
        }
    }
}

/// What fits of the answer to a question.
pub(super) fn answer(monitor: &Monitor, run: u64, ask: &Ask, last: bool) -> Result<Vec<u8>, WireError> {
    let most = (ask.most as usize).clamp(LEAST, MAX_ANSWER);
    let ask = if ask.run == run {
        ask.clone()
    } else {
        Ask {
            next: crate::monitor::Numbers::default(),
            spectrum_serial: 0,
            constellation_serial: 0,
            ..ask.clone()
        }
    };
    let status = monitor.status();
    let mut whole = Answer {
        v: VERSION,
        program: format!("groundlink {}", env!("CARGO_PKG_VERSION")),
        run,
        last,
        status: Status::from(&status),
        coding: monitor.coding().parts,
        paused: monitor.paused(),
        pace: monitor.pace(),
        ..Answer::default()
    };
    let mut room = most.saturating_sub(wire::encode(&whole, MAX_ANSWER)?.len() + 200);
    let link = Link::from(&*status.link);
    let size = wire::encode(&link, MAX_ANSWER).map_or(usize::MAX, |bytes| bytes.len());
    if size <= room / 2 {
        whole.link = Some(link);
        room -= size;
    }
    room -= plot(&mut whole, &monitor.plots(), &ask, room / 2);
    fill(&mut whole, monitor, &ask, room);
    let bytes = wire::encode(&whole, MAX_ANSWER);
    if let Err(WireError::TooLong { .. }) = bytes {
        // Sizes are estimated; what decodes the next time is better than nothing now.
        let (frames, packets) = (Part::default(), Part::default());
        return wire::encode(
            &Answer {
                frames,
                packets,
                ..whole
            },
            MAX_ANSWER,
        );
    }
    bytes
}

/// Puts the newest plots in, no more than can be drawn and fits; the bytes that they take.
fn plot(whole: &mut Answer, plots: &Plots, ask: &Ask, room: usize) -> usize {
    const NUMBER: usize = 5;
    let mut taken = 0;
    let bins = (ask.bins as usize).min(room / 2 / NUMBER);
    if bins > 0 && plots.spectrum_serial != ask.spectrum_serial && !plots.spectrum.is_empty() {
        let merged = plots.spectrum.len().div_ceil(bins);
        let loudest = |c: &[f32]| c.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let bins: Vec<f32> = plots.spectrum.chunks(merged).map(loudest).collect();
        taken += 140 + bins.len() * NUMBER;
        let level = plots.level;
        whole.spectrum = Some(Spectrum {
            serial: plots.spectrum_serial,
            span_hz: plots.span_hz,
            carrier_hz: plots.carrier_hz,
            band_hz: plots.band_hz,
            level: [level.least, level.rms, level.most, level.clipped],
            bins,
        });
    }
    let points = (ask.points as usize).min(room.saturating_sub(taken) / 2 / NUMBER);
    if points > 0 && plots.constellation_serial != ask.constellation_serial && !plots.constellation.is_empty()
    {
        let newest = &plots.constellation[plots.constellation.len().saturating_sub(points)..];
        taken += 40 + newest.len() * 2 * NUMBER;
        whole.constellation = Some(Constellation {
            serial: plots.constellation_serial,
            points: newest.iter().flat_map(|p| [p.re, p.im]).collect(),
        });
    }
    taken.min(room)
}

/// Puts in what fits of the newest entries.
fn fill(whole: &mut Answer, monitor: &Monitor, ask: &Ask, mut room: usize) {
    let newest = monitor.newest(&ask.next, MOST_ENTRIES);
    let half = room / 2;
    whole.events = fit(newest.events, half, &mut room, |e: &EventLine| {
        ENTRY + e.text.len()
    });
    whole.syncs = fit(newest.syncs, room / 4, &mut room, |s| 60 + s.node.len()).map(Sync::from);
    whole.frames = fit(newest.frames, room / 2, &mut room, |f| ENTRY + f.bytes.len()).map(Frame::from);
    whole.packets = fit(newest.packets, room * 2 / 3, &mut room, |p| ENTRY + p.bytes.len()).map(Packet::from);
    whole.blocks = fit(newest.blocks, room, &mut room, |b| {
        let words = b
            .quality
            .reed_solomon
            .as_ref()
            .map_or(0, |rs| 2 * rs.corrections.len());
        2 * ENTRY + words + 20 * b.quality.iterative.len()
    })
    .map(Block::from);
}

/// The newest entries that fit, at least one where there is room for it at all.
fn fit<T>(
    (first, items): (u64, Vec<T>),
    share: usize,
    room: &mut usize,
    size: impl Fn(&T) -> usize,
) -> Part<T> {
    let mut taken = 0;
    let mut kept = 0;
    for item in items.iter().rev() {
        let with = taken + size(item);
        if with > share && (kept > 0 || with > *room) {
            break;
        }
        (taken, kept) = (with, kept + 1);
    }
    *room -= taken.min(*room);
    let left_out = items.len() - kept;
    Part {
        first: first + left_out as u64,
        items: items.into_iter().skip(left_out).collect(),
    }
}

impl<T> Part<T> {
    fn map<U>(self, turn: impl Fn(T) -> U) -> Part<U> {
        Part {
            first: self.first,
            items: self.items.into_iter().map(turn).collect(),
        }
    }
}
