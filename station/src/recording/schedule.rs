//! Which samples are to be recorded.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Record around locks alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trigger {
    /// Seconds before lock.
    pub before_s: f64,
    /// Seconds after the loss of lock.
    pub after_s: f64,
}

/// Time within which the chain tells of a lock, and the samples that this is at least and at most: buffers hold so
/// many, and memory only so many.
const TOLD_WITHIN_S: f64 = 10.0;
const LEAST_MARGIN: f64 = (1u32 << 21) as f64;
const MOST_MARGIN: f64 = (1u32 << 25) as f64;

/// Samples that belong together, from `start` to before `end` where that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: Option<u64>,
}

/// What is to be recorded. Told of locks in any order, as long as each comes within the margin.
#[derive(Debug)]
pub(super) struct Schedule {
    /// Samples before and after; `None` records everything.
    around: Option<(u64, u64)>,
    pub(super) rotate: Option<u64>,
    margin: u64,
    /// Where each downlink in lock found it.
    locked: BTreeMap<usize, u64>,
    spans: Vec<Span>,
}

impl Schedule {
    pub(super) fn new(trigger: Option<Trigger>, rotate_s: Option<f64>, rate_hz: f64) -> Self {
        let samples = |seconds: f64| (seconds * rate_hz) as u64;
        let always = Span { start: 0, end: None };
        Self {
            around: trigger.map(|trigger| (samples(trigger.before_s), samples(trigger.after_s))),
            rotate: rotate_s.map(|seconds| samples(seconds).max(1)),
            margin: (TOLD_WITHIN_S * rate_hz).clamp(LEAST_MARGIN, MOST_MARGIN) as u64,
            locked: BTreeMap::new(),
            spans: if trigger.is_none() {
                vec![always]
            } else {
                Vec::new()
            },
        }
    }

    /// Samples before the present one that may yet be wanted.
    pub(super) fn kept(&self) -> u64 {
        self.around.map_or(0, |(before, _)| before + 2 * self.margin)
    }

    /// A downlink found lock, or lost it: then where it had found it.
    pub(super) fn lock(&mut self, downlink: usize, sample: u64, locked: bool) -> Option<u64> {
        if locked {
            if let Entry::Vacant(place) = self.locked.entry(downlink) {
                place.insert(sample);
                self.begin(sample);
            }
            return None;
        }
        let since = self.locked.remove(&downlink)?;
        let Some((_, after)) = self.around else {
            return Some(since);
        };
        let still = !self.locked.is_empty();
        if let Some(last) = self.spans.last_mut().filter(|_| !still) {
            last.end = Some(sample.max(last.start) + after);
        }
        Some(since)
    }

    fn begin(&mut self, sample: u64) {
        let Some((before, _)) = self.around else { return };
        let start = sample.saturating_sub(before);
        match self.spans.last_mut() {
            // What ends so shortly before is not ended: nobody could tell in time.
            Some(last) if last.end.is_none_or(|end| start <= end + self.margin) => last.end = None,
            _ => self.spans.push(Span { start, end: None }),
        }
    }

    /// The span that is to be written now.
    pub(super) fn first(&self) -> Option<Span> {
        self.spans.first().copied()
    }

    /// Whether the first span has ended for good, when samples up to `position` have come.
    pub(super) fn over(&self, position: u64) -> bool {
        let Some(end) = self.first().and_then(|span| span.end) else {
            return false;
        };
        self.spans.len() > 1 || position > end + self.kept()
    }

    /// Goes on to the next span.
    pub(super) fn next(&mut self) {
        if !self.spans.is_empty() {
            self.spans.remove(0);
        }
    }

    /// Downlinks in lock, and since when.
    pub(super) fn in_lock(&self) -> impl Iterator<Item = (usize, u64)> {
        self.locked.iter().map(|(downlink, since)| (*downlink, *since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIGGER: Trigger = Trigger {
        before_s: 2.0,
        after_s: 3.0,
    };
    const RATE: f64 = 1e6;

    fn span(start: u64, end: Option<u64>) -> Span {
        Span { start, end }
    }

    #[test]
    fn everything_is_one_span_without_a_trigger() {
        let mut schedule = Schedule::new(None, None, RATE);
        assert_eq!(schedule.lock(0, 5, true), None);
        assert_eq!(schedule.lock(0, 9, false), Some(5));
        assert_eq!((schedule.first(), schedule.kept()), (Some(span(0, None)), 0));
        assert!(!schedule.over(u64::MAX - 1));
    }

    #[test]
    fn a_span_reaches_from_before_lock_to_after_its_loss() {
        let mut schedule = Schedule::new(Some(TRIGGER), None, RATE);
        assert_eq!(schedule.first(), None);
        schedule.lock(0, 50_000_000, true);
        assert_eq!(schedule.first(), Some(span(48_000_000, None)));
        assert_eq!(schedule.lock(0, 60_000_000, false), Some(50_000_000));
        assert_eq!(schedule.first(), Some(span(48_000_000, Some(63_000_000))));
        assert!(!schedule.over(63_000_000 + 22_000_000) && schedule.over(63_000_001 + 22_000_000));
    }

    #[test]
    fn locks_that_follow_closely_are_one_span_and_others_are_not() {
        let mut schedule = Schedule::new(Some(TRIGGER), None, RATE);
        schedule.lock(0, 50_000_000, true);
        schedule.lock(0, 60_000_000, false);
        // 2 s before it is within 10 s of the end.
        schedule.lock(0, 75_000_000, true);
        assert_eq!(schedule.first(), Some(span(48_000_000, None)));
        schedule.lock(0, 76_000_000, false);
        schedule.lock(0, 92_000_000, true);
        assert!(schedule.over(0));
        schedule.next();
        assert_eq!(schedule.first(), Some(span(90_000_000, None)));
    }

    #[test]
    fn the_last_downlink_to_lose_lock_ends_it() {
        let mut schedule = Schedule::new(Some(TRIGGER), None, RATE);
        schedule.lock(0, 1_000_000, true);
        schedule.lock(1, 1_500_000, true);
        schedule.lock(0, 2_000_000, false);
        assert_eq!(schedule.first(), Some(span(0, None)));
        assert_eq!(schedule.in_lock().collect::<Vec<_>>(), [(1, 1_500_000)]);
        schedule.lock(1, 4_000_000, false);
        assert_eq!(schedule.first(), Some(span(0, Some(7_000_000))));
        // Lost twice is lost once.
        assert_eq!(schedule.lock(1, 5_000_000, false), None);
        assert_eq!(schedule.first(), Some(span(0, Some(7_000_000))));
    }
}
