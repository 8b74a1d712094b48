//! What an output's threads and the run say to each other beside the units.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug, Default)]
struct State {
    closing: bool,
    abandoned: bool,
    done: bool,
}

/// The end of an output, asked for and reached.
#[derive(Debug)]
pub struct Control {
    /// Time without progress after which a consumer counts as dead.
    pub stall: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

impl Control {
    /// Of an output whose consumers may stall for so long.
    pub fn new(stall: Duration) -> Self {
        Self {
            stall,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the threads that no more units come.
    pub fn close(&self) {
        self.lock().closing = true;
        self.changed.notify_all();
    }

    /// Whether no more units come.
    pub fn closing(&self) -> bool {
        self.lock().closing
    }

    /// Asks the threads to let everything go.
    pub fn abandon(&self) {
        self.lock().abandoned = true;
        self.changed.notify_all();
    }

    /// Whether the threads were asked to let everything go.
    pub fn abandoned(&self) -> bool {
        self.lock().abandoned
    }

    /// The threads have ended.
    pub fn done(&self) {
        self.lock().done = true;
        self.changed.notify_all();
    }

    /// Waits for so long, or until [`Self::abandon`]; whether it was that.
    pub fn sleep(&self, time: Duration) -> bool {
        self.wait(time, |state| state.abandoned)
    }

    /// Waits for so long, or until [`Self::close`].
    pub fn sleep_until_closing(&self, time: Duration) {
        self.wait(time, |state| state.closing);
    }

    /// Waits for the threads to end, at most so long; whether they have.
    pub fn wait_done(&self, time: Duration) -> bool {
        self.wait(time, |state| state.done)
    }

    fn wait(&self, time: Duration, met: impl Fn(&State) -> bool) -> bool {
        let until = Instant::now() + time;
        let mut state = self.lock();
        while !met(&state) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
