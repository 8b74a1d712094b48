//! A sequence of which only the newest part is kept, addressed by position since its beginning.

/// Items with positions that stay valid while old ones are forgotten.
#[derive(Debug, Default)]
pub(super) struct Stream<T> {
    first: usize,
    items: Vec<T>,
}

impl<T> Stream<T> {
    pub(super) fn new() -> Self {
        Self {
            first: 0,
            items: Vec::new(),
        }
    }

    /// Position of the oldest item.
    pub(super) fn first(&self) -> usize {
        self.first
    }

    /// Position behind the newest item.
    pub(super) fn end(&self) -> usize {
        self.first + self.items.len()
    }

    pub(super) fn push(&mut self, item: T) {
        self.items.push(item);
    }

    pub(super) fn get(&self, position: usize) -> Option<&T> {
        self.items.get(position.checked_sub(self.first)?)
    }

    /// Items of these positions as far as they are held.
    pub(super) fn range(&self, from: usize, to: usize) -> &[T] {
        let low = from.clamp(self.first, self.end()) - self.first;
        let high = to.clamp(self.first, self.end()) - self.first;
        &self.items[low..high.max(low)]
    }

    /// Drops items from this position on.
    pub(super) fn truncate(&mut self, end: usize) {
        self.items.truncate(end.saturating_sub(self.first));
    }

    /// Drops items before this position, now or a little later: moving the rest is spread over many calls.
    pub(super) fn forget(&mut self, before: usize) {
        let old = before.saturating_sub(self.first).min(self.items.len());
        if old > self.items.len() / 2 {
            self.items.drain(..old);
            self.first += old;
        }
    }
}
