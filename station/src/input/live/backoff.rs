//! Waiting longer after every attempt that failed.

use std::time::{Duration, Instant};

/// First wait.
const FIRST: Duration = Duration::from_millis(250);
/// Longest wait.
const LONGEST: Duration = Duration::from_secs(10);

/// When to try again something that was lost.
#[derive(Debug)]
pub(crate) struct Backoff {
    lost: Instant,
    next: Instant,
    wait: Duration,
}

impl Backoff {
    /// Lost now: the first attempt is due at once.
    pub fn new(now: Instant) -> Self {
        Self {
            lost: now,
            next: now,
            wait: FIRST,
        }
    }

    /// Whether an attempt is due.
    pub fn due(&self, now: Instant) -> bool {
        now >= self.next
    }

    /// An attempt failed.
    pub fn failed(&mut self, now: Instant) {
        self.next = now + self.wait;
        self.wait = (2 * self.wait).min(LONGEST);
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
