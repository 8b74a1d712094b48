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

/// A plane of Braille dots that remembers how often each was hit.
pub struct Dots {
    area: Rect,
    hits: Vec<u32>,
}

impl Dots {
    const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

    /// An empty plane.
    pub fn new(area: Rect) -> Self {
        let dots = usize::from(area.width) * usize::from(area.height) * 8;
        Self {
            area,
            hits: vec![0; dots],
        }
    }

    /// Dots across and down.
    pub fn size(&self) -> (u16, u16) {
        (self.area.width * 2, self.area.height * 4)
    }

    /// Sets a dot, from the left and the top; outside of the plane, and where it is no number, nothing.
    pub fn set(&mut self, x: f32, y: f32) {
        let (width, height) = self.size();
        let within = |place: f32, dots: u16| place >= 0.0 && place < f32::from(dots);
        if within(x, width) && within(y, height) {
            let cell = y as usize / 4 * usize::from(self.area.width) + x as usize / 2;
            self.hits[cell * 8 + y as usize % 4 * 2 + x as usize % 2] += 1;
        }
    }

    /// Draws the dots that were hit, brighter where that was more often; those hit less often than `least` times the
    /// most are left out.
    pub fn draw(&self, least: f32, canvas: &mut Canvas<'_>) {
        let (mut most_dot, mut most) = (0, 1);
        for cell in self.hits.chunks_exact(8) {
            most_dot = cell.iter().copied().fold(most_dot, u32::max);
            most = most.max(cell.iter().sum());
        }
        let least = ((most_dot as f32 * least) as u32).max(1);
        for (n, hits) in self.hits.chunks_exact(8).enumerate() {
            let bits = Self::BITS.as_flattened().iter().zip(hits);
            let dots = bits.fold(
                0,
                |dots, (bit, &hit)| if hit >= least { dots | bit } else { dots },
            );
            if dots == 0 {
                continue;
            }
            let sign = char::from_u32(0x2800 + u32::from(dots)).unwrap_or('·');
            let share = hits.iter().sum::<u32>() as f32 / most as f32;
            let style = Style::new().fg(canvas.theme.heat(0.3 + 0.7 * share.sqrt()));
            let (column, row) = (n % usize::from(self.area.width), n / usize::from(self.area.width));
            canvas.cell(self.area, column as u16, row as u16, sign, style);
        }
    }
}

/// A line of dots, the newest value at the right, two values per cell; what is no number leaves a gap.
pub fn line(values: &[f32], (low, high): (f32, f32), area: Rect, canvas: &mut Canvas<'_>) {
    let mut dots = Dots::new(area);
    let (width, height) = dots.size();
    let shown = values.len().min(width.into());
    let first = width - shown as u16;
    for (x, value) in (first..width).zip(&values[values.len() - shown..]) {
        let share = (value - low) / (high - low);
        dots.set(x.into(), (1.0 - share) * (f32::from(height) - 1.0));
    }
    dots.draw(0.0, canvas);
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

    #[test]
    fn dots_fall_where_they_are_set() {
        let at = |x, y| {
            let mut dots = Dots::new(Rect::new(0, 0, 4, 2));
            dots.set(x, y);
            dots.hits
                .iter()
                .position(|&hits| hits > 0)
                .map(|dot| (dot / 8, dot % 8))
        };
        assert_eq!(at(0.1, 0.1), Some((0, 0)));
        assert_eq!(at(7.9, 7.9), Some((7, 7)));
        for (x, y) in [
            (8.0, 0.0),
            (0.0, 8.0),
            (f32::NAN, 1.0),
            (1.0, f32::INFINITY),
            (-0.1, 1.0),
        ] {
            assert_eq!(at(x, y), None);
        }
    }
}
