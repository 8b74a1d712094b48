//! Samples that were lost: counted by cause, and held against the frames that they hit.

use crate::input::{Loss, LossCause};
use crate::output::record::LostBefore;
use crate::output::report::LossReport;
use std::collections::{BTreeMap, VecDeque};

/// Losses that no frame has come after yet are remembered up to this many; beyond it the oldest are joined.
const REMEMBERED: usize = 1 << 12;

/// Losses of a run.
#[derive(Debug, Default)]
pub struct Losses {
    /// Counted by cause.
    pub by_cause: BTreeMap<LossCause, LossReport>,
    /// Those behind the last frame.
    open: VecDeque<Loss>,
}

impl Losses {
    /// Counts a loss.
    pub fn take(&mut self, loss: &Loss, sample_rate_hz: f64) {
        let counted = self.by_cause.entry(loss.cause).or_default();
        counted.count(loss.samples, sample_rate_hz);
        if self.open.len() == REMEMBERED
            && let Some(oldest) = self.open.pop_front()
            && let Some(next) = self.open.front_mut()
        {
            next.samples += oldest.samples;
        }
        self.open.push_back(*loss);
    }

    /// All samples that were lost.
    pub fn samples(&self) -> u64 {
        self.by_cause.values().map(|counted| counted.samples).sum()
    }

    /// What was lost since the frame before, up to the sample behind this frame.
    pub fn before(&mut self, end: u64) -> LostBefore {
        let mut samples = 0;
        let mut lost_causes = Vec::new();
        while let Some(loss) = self.open.front().filter(|loss| loss.first < end) {
            samples += loss.samples;
            if !lost_causes.contains(&loss.cause) {
                lost_causes.push(loss.cause);
            }
            self.open.pop_front();
        }
        LostBefore {
            samples_lost: (samples > 0).then_some(samples),
            lost_causes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(first: u64, samples: u64, cause: LossCause) -> Loss {
        Loss {
            first,
            samples,
            cause,
        }
    }

    #[test]
    fn a_frame_is_told_of_what_was_lost_since_the_one_before() {
        let mut losses = Losses::default();
        losses.take(&loss(100, 10, LossCause::Overflow), 1_000.0);
        losses.take(&loss(200, 20, LossCause::Timeout), 1_000.0);
        losses.take(&loss(300, 5, LossCause::Overflow), 1_000.0);
        losses.take(&loss(900, 1, LossCause::Overrun), 1_000.0);
        assert_eq!(losses.before(100), LostBefore::default());
        let before = losses.before(400);
        assert_eq!(before.samples_lost, Some(35));
        assert_eq!(before.lost_causes, [LossCause::Overflow, LossCause::Timeout]);
        assert_eq!(losses.before(900), LostBefore::default());
        assert_eq!(losses.before(901).samples_lost, Some(1));
        assert_eq!(losses.samples(), 36);
        let overflow = losses.by_cause[&LossCause::Overflow];
        assert_eq!(
            (overflow.gaps, overflow.samples, overflow.seconds),
            (2, 15, 0.015)
        );
    }

    #[test]
    fn without_frames_the_count_stays_exact_and_the_memory_bounded() {
        let mut losses = Losses::default();
        for n in 0..3 * REMEMBERED as u64 {
            losses.take(&loss(10 * n, 2, LossCause::Sequence), 1.0);
        }
        assert_eq!(losses.open.len(), REMEMBERED);
        let all = 6 * REMEMBERED as u64;
        assert_eq!(losses.samples(), all);
        assert_eq!(losses.before(u64::MAX).samples_lost, Some(all));
    }
}
