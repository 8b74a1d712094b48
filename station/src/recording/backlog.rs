//! How much may wait to be written.

use crate::chain::{RING_BYTES, RING_SECONDS};
use num_complex::Complex32;
use std::sync::atomic::{AtomicU64, Ordering};

/// Samples of a live input on their way to the files; time and memory bound them, however long the blocks are.
#[derive(Debug)]
pub(super) struct Backlog {
    waiting: AtomicU64,
    most: u64,
    dropped: AtomicU64,
}

impl Backlog {
    /// Nothing waits yet, at this sample rate. As many may wait as in the ring before the receiver.
    pub(super) fn new(rate_hz: f64) -> Self {
        let memory = (RING_BYTES / size_of::<Complex32>()) as u64;
        Self {
            waiting: AtomicU64::new(0),
            most: ((RING_SECONDS * rate_hz) as u64).min(memory),
            dropped: AtomicU64::new(0),
        }
    }

    /// Whether so many samples more may wait; if not they count as dropped. Only the source asks.
    pub(super) fn enter(&self, samples: usize) -> bool {
        let waiting = self.waiting.load(Ordering::Relaxed);
        let fits = waiting == 0 || waiting + samples as u64 <= self.most;
        let counter = if fits { &self.waiting } else { &self.dropped };
        counter.fetch_add(samples as u64, Ordering::Relaxed);
        fits
    }

    /// So many are with the writer.
    pub(super) fn leave(&self, samples: usize) {
        self.waiting.fetch_sub(samples as u64, Ordering::Relaxed);
    }

    /// Samples that there was no room for.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_counts_and_not_the_number_of_blocks() {
        let backlog = Backlog::new(1000.0);
        assert!((0..4000).all(|_| backlog.enter(1)));
        assert!(!backlog.enter(1));
        backlog.leave(10);
        assert!(!backlog.enter(11) && backlog.enter(10));
        assert_eq!(backlog.dropped(), 12);
        backlog.leave(4000);
        // A block that is longer than all of it waits by itself.
        assert!(backlog.enter(5000) && !backlog.enter(1));
        assert_eq!(Backlog::new(1e9).most, 1 << 25);
    }
}
