//! How long a run waits for a consumer.

use super::queue::WhenFull;
use crate::monitor::Monitor;
use std::time::Duration;

/// What a live run gives its outputs after its end.
const LIVE_END: Duration = Duration::from_secs(60);
/// What a run that was asked to stop waits for something to move.
const STOPPING_STILL: Duration = Duration::from_secs(1);
/// What a run that was asked to stop gives its outputs.
const STOPPING_END: Duration = Duration::from_secs(3);

/// The patience of a run with an output.
pub struct Stall<'a> {
    full: WhenFull,
    still: Duration,
    stop: &'a Monitor,
}

impl<'a> Stall<'a> {
    /// Of an output with this time to stall, until `stop` says that the run is to end.
    pub fn of(full: WhenFull, stall: Duration, stop: &'a Monitor) -> Self {
        Self {
            full,
            still: stall,
            stop,
        }
    }

    /// Time without progress that is waited out.
    pub fn still(&self) -> Duration {
        if self.stop.stopping() {
            STOPPING_STILL.min(self.still)
        } else {
            self.still
        }
    }

    /// Time that the end may take, progress or not.
    pub fn altogether(&self) -> Duration {
        match (self.stop.stopping(), self.full) {
            (true, _) => STOPPING_END,
            (false, WhenFull::Drop) => LIVE_END,
            (false, WhenFull::Wait) => Duration::MAX,
        }
    }
}
