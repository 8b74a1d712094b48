//! Looking for what was lost, more and more rarely.

use crate::waits::Waits;
use std::time::{Duration, Instant};

/// From one attempt to the next.
const WAITS: Waits = Waits::new(Duration::from_millis(250), Duration::from_secs(10));

/// When to try again something that was lost.
#[derive(Debug)]
pub(crate) struct Backoff {
    lost: Instant,
    next: Instant,
    waits: Waits,
}

impl Backoff {
    /// Lost now: the first attempt is due at once.
    pub fn new(now: Instant) -> Self {
        Self {
            lost: now,
            next: now,
            waits: WAITS,
        }
    }

    /// Whether an attempt is due.
    pub fn due(&self, now: Instant) -> bool {
        now >= self.next
    }

    /// An attempt failed.
    pub fn failed(&mut self, now: Instant) {
        self.next = now + self.waits.take();
    }

    /// For how long it has been lost.
    pub fn lost_for(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_become_rarer_up_to_a_limit() {
        let start = Instant::now();
        let mut backoff = Backoff::new(start);
        let (mut now, mut waits) = (start, Vec::new());
        for _ in 0..9 {
            assert!(backoff.due(now));
            backoff.failed(now);
            waits.push((backoff.next - now).as_millis());
            assert!(!backoff.due(now));
            now = backoff.next;
        }
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
        assert_eq!(backoff.lost_for(now).as_millis(), waits.iter().sum::<u128>());
    }
}
