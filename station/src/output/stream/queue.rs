//! A bounded queue of units towards one consumer.

use super::ledger::{Cause, Parcel};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often somebody who waits looks whether the run was asked to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// What is done with a unit for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// The oldest unit makes room: what is live does not wait.
    Drop,
    /// It waits until there is room, unless nothing moves any more: what is replayed is held back.
    Wait,
}

#[derive(Debug)]
struct State {
    parcels: VecDeque<Parcel>,
    bytes: usize,
    /// When a parcel left last, or the first came after none.
    moved: Instant,
    stalled: bool,
    /// Why nothing more is taken.
    closed: Option<Cause>,
}

/// The queue.
#[derive(Debug)]
pub struct Queue {
    most: usize,
    most_bytes: usize,
    state: Mutex<State>,
    changed: Condvar,
}

/// What waiting for a parcel gave.
#[derive(Debug)]
pub enum Next {
    /// A parcel.
    Parcel(Parcel),
    /// None in this time.
    Nothing,
    /// There will be none any more.
    Closed,
}

impl Queue {
    /// An empty queue for so many units of so many bytes in all; one goes in always.
    pub fn new(most: usize, most_bytes: usize) -> Self {
        Self {
            most: most.max(1),
            most_bytes,
            state: Mutex::new(State {
                parcels: VecDeque::new(),
                bytes: 0,
                moved: Instant::now(),
                stalled: false,
                closed: None,
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a parcel. Where it has to wait, nothing moves for `stall()`, and [`WhenFull::Wait`] was asked for, this and
    /// all that follow are lost at once until something moves again.
    pub fn push(&self, parcel: Parcel, full: WhenFull, stall: impl Fn() -> Duration) {
        let length = parcel.unit().bytes.len();
        let mut state = self.lock();
        loop {
            if let Some(cause) = state.closed {
                drop(state);
                return parcel.lost(cause);
            }
            let room = state.parcels.len() < self.most && state.bytes + length <= self.most_bytes;
            if room || state.parcels.is_empty() {
                break;
            }
            if full == WhenFull::Drop {
                if let Some(oldest) = state.pop() {
                    oldest.lost(Cause::QueueFull);
                }
            } else if state.stalled || state.moved.elapsed() >= stall() {
                state.stalled = true;
                drop(state);
                return parcel.lost(Cause::Stalled);
            } else {
                let waited = self.changed.wait_timeout(state, GLANCE);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        if state.parcels.is_empty() {
            state.moved = Instant::now();
        }
        state.bytes += length;
        state.parcels.push_back(parcel);
        drop(state);
        self.changed.notify_all();
    }

    /// Waits for the next parcel, at most so long.
    pub fn next(&self, patience: Duration) -> Next {
        let until = Instant::now() + patience;
        let mut state = self.lock();
        loop {
            if let Some(parcel) = state.pop() {
                state.moved = Instant::now();
                state.stalled = false;
                drop(state);
                self.changed.notify_all();
                return Next::Parcel(parcel);
            }
            let left = until.saturating_duration_since(Instant::now());
            if state.closed.is_some() {
                return Next::Closed;
            }
            if left.is_zero() {
                return Next::Nothing;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// When something left last.
    pub fn moved(&self) -> Instant {
        self.lock().moved
    }

    /// Takes nothing more; what is in it can still be had.
    pub fn close(&self) {
        self.lock().closed.get_or_insert(Cause::RunEnded);
        self.changed.notify_all();
    }

    /// Takes nothing more, and what is in it is lost.
    pub fn abandon(&self, cause: Cause) {
        let mut state = self.lock();
        state.closed.get_or_insert(cause);
        state.bytes = 0;
        let parcels = std::mem::take(&mut state.parcels);
        drop(state);
        for parcel in parcels {
            parcel.lost(cause);
        }
        self.changed.notify_all();
    }
}

impl State {
    fn pop(&mut self) -> Option<Parcel> {
        let parcel = self.parcels.pop_front()?;
        self.bytes -= parcel.unit().bytes.len();
        Some(parcel)
    }
}
