//! Cursor and scrolling of a list whose rows are numbered for ever and may drop out at the old end.

use super::filter::Filter;
use std::cell::Cell;

/// Where a list stands.
#[derive(Debug, Clone, Default)]
pub struct ListPane {
    /// Number of the selected row; `None` follows the newest.
    pub cursor: Option<u64>,
    /// What is shown.
    pub filter: Filter,
    /// First line shown of the selected row's dump.
    pub detail: usize,
    /// First row shown and rows that fit, as the newest drawing found them.
    window: Cell<(usize, usize)>,
}

/// A step of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many rows down (negative: up).
    Rows(isize),
    /// So many pages down (negative: up).
    Pages(isize),
    /// To the first row.
    First,
    /// To the last row, following what arrives.
    Last,
}

impl ListPane {
    /// Index of the selected row among these numbers, which rise; `None` in an empty list.
    pub fn selected(&self, numbers: &[u64]) -> Option<usize> {
        let last = numbers.len().checked_sub(1)?;
        Some(
            self.cursor
                .map_or(last, |cursor| numbers.partition_point(|&n| n < cursor).min(last)),
        )
    }

    /// Moves the cursor. At the last row of a growing list it follows what arrives.
    pub fn step(&mut self, step: Step, numbers: &[u64], grows: bool) {
        let Some(now) = self.selected(numbers) else {
            return;
        };
        let last = numbers.len() - 1;
        let page = self.window.get().1.max(1) as isize;
        let to = match step {
            Step::Rows(rows) => now.saturating_add_signed(rows).min(last),
            Step::Pages(pages) => now.saturating_add_signed(pages.saturating_mul(page)).min(last),
            Step::First => 0,
            Step::Last => last,
        };
        let follows = grows && to == last && step != Step::First && to >= now;
        self.cursor = if follows && !matches!(step, Step::Rows(r) if r < 0) {
            None
        } else {
            Some(numbers[to])
        };
        self.detail = 0;
    }

    /// First row to draw so that the selected one is seen, of `height` rows; moves no further than needed.
    pub fn first_shown(&self, selected: usize, count: usize, height: usize) -> usize {
        let (old, _) = self.window.get();
        let lowest = (selected + 1).saturating_sub(height);
        let first = old
            .clamp(lowest, selected.max(lowest))
            .min(count.saturating_sub(height));
        self.window.set((first, height));
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_on_its_row_while_old_ones_drop_out() {
        let mut list = ListPane::default();
        let numbers: Vec<u64> = (0..10).collect();
        assert_eq!(list.selected(&numbers), Some(9));
        list.step(Step::Rows(-3), &numbers, true);
        assert_eq!(list.cursor, Some(6));
        assert_eq!(list.selected(&(5..15).collect::<Vec<_>>()), Some(1));
        assert_eq!(list.selected(&(8..18).collect::<Vec<_>>()), Some(0));
        assert_eq!(list.selected(&[]), None);
    }

    #[test]
    fn the_last_row_follows_only_in_growing_lists() {
        let numbers: Vec<u64> = (0..10).collect();
        let mut list = ListPane {
            cursor: Some(8),
            ..ListPane::default()
        };
        list.step(Step::Rows(1), &numbers, false);
        assert_eq!(list.cursor, Some(9));
        list.step(Step::Last, &numbers, true);
        assert_eq!(list.cursor, None);
        list.step(Step::First, &numbers, true);
        assert_eq!(list.cursor, Some(0));
    }

    #[test]
    fn scrolling_moves_no_further_than_needed() {
        let list = ListPane::default();
        assert_eq!(list.first_shown(9, 10, 4), 6);
        assert_eq!(list.first_shown(7, 10, 4), 6);
        assert_eq!(list.first_shown(2, 10, 4), 2);
        assert_eq!(list.first_shown(0, 1, 4), 0);
        assert_eq!(list.first_shown(5, 10, 0), 6);
    }
}
