//! The newest samples of a stream.

use crate::Complex32;

/// Samples held, the first of which has an index.
#[derive(Debug, Default)]
pub(super) struct Held {
    first: u64,
    /// The samples, the first `done` of which are not needed any more.
    samples: Vec<Complex32>,
    done: usize,
}

impl Held {
    /// Index of the first sample held.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Index behind the last one.
    pub fn end(&self) -> u64 {
        self.first + (self.samples.len() - self.done) as u64
    }

    /// Samples of this range, as far as they are held.
    pub fn range(&self, from: i64, to: i64) -> &[Complex32] {
        let samples = &self.samples[self.done..];
        let index = |at: i64| (at - self.first as i64).clamp(0, samples.len() as i64) as usize;
        &samples[index(from)..index(to).max(index(from))]
    }

    pub fn push(&mut self, samples: &[Complex32]) {
        self.samples.extend_from_slice(samples);
    }

    /// Where more samples are to be appended.
    pub fn more(&mut self) -> &mut Vec<Complex32> {
        &mut self.samples
    }

    /// Drops the samples from this index on.
    pub fn end_at(&mut self, end: u64) {
        let kept = end.saturating_sub(self.first) as usize;
        self.samples.truncate(self.done + kept);
    }

    /// Drops the samples before this index. They are moved only once they are as many as those that stay.
    pub fn forget(&mut self, before: u64) {
        let held = self.samples.len() - self.done;
        let dropped = (before.saturating_sub(self.first) as usize).min(held);
        self.done += dropped;
        self.first += dropped as u64;
        if 2 * self.done >= self.samples.len() {
            self.samples.drain(..self.done);
            self.done = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_keep_their_indices() {
        let mut held = Held::default();
        let value = |n: u64| Complex32::new(n as f32, 0.0);
        for n in 0..1000 {
            held.push(&[value(n)]);
            if n % 37 == 0 {
                held.forget(n.saturating_sub(60));
                assert_eq!(held.first(), n.saturating_sub(60));
            }
            assert_eq!(held.end(), n + 1);
            let range = held.range(n as i64 - 20, n as i64 + 5);
            assert_eq!(range.last(), Some(&value(n)));
            assert_eq!(range[0], value(n.saturating_sub(20)));
        }
        held.end_at(990);
        assert_eq!((held.end(), held.range(980, 2000).len()), (990, 10));
        held.forget(2000);
        assert_eq!((held.first(), held.end()), (990, 990));
    }
}
