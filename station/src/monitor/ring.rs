//! Histories with an end.

use super::HISTORY;
use std::collections::VecDeque;

/// A bounded history whose entries are numbered from 0 for ever.
#[derive(Debug, Clone)]
pub struct Ring<T> {
    first: u64,
    items: VecDeque<T>,
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self {
            first: 0,
            items: VecDeque::new(),
        }
    }
}

impl<T: Clone> Ring<T> {
    pub(super) fn push(&mut self, item: T) {
        if self.items.len() == HISTORY {
            self.items.pop_front();
            self.first += 1;
        }
        self.items.push_back(item);
    }

    /// As [`Self::since`], no more than `most` of the newest.
    pub(super) fn newest(&self, from: u64, most: usize) -> (u64, Vec<T>) {
        let next = self.first + self.items.len() as u64;
        self.since(from.max(next.saturating_sub(most as u64)).min(next))
    }

    /// Entries numbered `from` and above that are still kept, and the number of the first of them.
    pub(super) fn since(&self, from: u64) -> (u64, Vec<T>) {
        let start = from.max(self.first);
        let skip = usize::try_from(start - self.first).unwrap_or(usize::MAX);
        (start, self.items.iter().skip(skip).cloned().collect())
    }
}
