//! Plots that several views are made of: bars over time, strips of states, lines of Braille dots.

use super::paint::{Canvas, bar_height, bar_sign};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What falls into a column of a plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Mean of the values.
    pub mean: f32,
    /// Largest of them.
    pub most: f32,
}

/// Spreads values, each over a range of places, over as many columns as the window from `from` to `to` has. Values
/// that are no numbers are left out; a column that nothing touches is `None`.
pub fn columns(
    items: impl Iterator<Item = (u64, u64, f32)>,
    (from, to): (u64, u64),
    columns: u16,
) -> Vec<Option<Cell>> {
    let mut sums = vec![(0.0_f64, 0_u32, f32::NEG_INFINITY); columns.into()];
    let span = to.saturating_sub(from).max(1) as f64;
    let place = |at: u64| at.saturating_sub(from) as f64 / span * f64::from(columns);
    for (begin, end, value) in items {
        if !value.is_finite() || end.max(begin) < from || begin > to || sums.is_empty() {
            continue;
        }
        let last = sums.len() - 1;
        let first = (place(begin) as usize).min(last);
        let end = (place(end.saturating_sub(1).max(begin)) as usize).clamp(first, last);
        for (sum, count, most) in &mut sums[first..=end] {
            *sum += f64::from(value);
            *count += 1;
            *most = most.max(value);
        }
    }
    let cell = |(sum, count, most): (f64, u32, f32)| {
        (count > 0).then(|| Cell {
            mean: (sum / f64::from(count)) as f32,
            most,
        })
    };
    sums.into_iter().map(cell).collect()
}

/// Bars from the bottom, one per column; a value at or below `low` that is known has an eighth of a cell.
pub fn bars(values: &[Option<f32>], (low, high): (f32, f32), area: Rect, canvas: &mut Canvas<'_>) {
    for (column, value) in (0..area.width).zip(values) {
        let Some(value) = *value else { continue };
        let eighths = bar_height(value, low, high, area.height).max(1);
        let style = Style::new().fg(canvas.theme.heat(0.3 + 0.5 * (value - low) / (high - low)));
        for row in 0..area.height {
            let sign = bar_sign(eighths, row, area.height);
            if sign != ' ' {
                canvas.cell(area, column, row, sign, style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_the_columns_they_last_for() {
        let items = [
            (0, 10, 1.0),
            (10, 20, 3.0),
            (15, 15, 9.0),
            (30, 40, f32::NAN),
            (99, 200, 5.0),
        ];
        let found = columns(items.into_iter(), (0, 40), 4);
        let cell = |mean, most| Some(Cell { mean, most });
        assert_eq!(found, [cell(1.0, 1.0), cell(6.0, 9.0), None, None]);
        assert_eq!(columns(items.into_iter(), (0, 40), 0), []);
        assert_eq!(columns(std::iter::once((5, 4, 2.0)), (5, 5), 1), [cell(2.0, 2.0)]);
    }
}
