//! Waiting longer after every attempt that failed.

use std::time::Duration;

/// Waits without end, each twice the one before, up to a longest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    next: Duration,
    longest: Duration,
}

impl Waits {
    /// From the first to the longest.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// The next wait.
    pub fn take(&mut self) -> Duration {
        let wait = self.next;
        self.next = (2 * wait).min(self.longest);
        wait
    }
}
