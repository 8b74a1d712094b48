//! Histogram of soft bits.

use crate::ui::app::App;
use crate::ui::view::paint::{Canvas, bar_height, bar_sign, split_top};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

/// Magnitudes below this are weak.
const WEAK: usize = 16;

/// Draws the pane.
pub fn draw(app: &App, area: Rect, focused: bool, canvas: &mut Canvas<'_>) {
    let counts = &app.data.soft;
    let Some((weak, full)) = shares(counts) else {
        let inner = canvas.pane(area, "Soft bits", None, focused);
        return canvas.nothing(inner, "no soft bits yet");
    };
    let note = format!(" weak {weak:.1} %, at ±127 {full:.1} % ");
    let note = Line::styled(note, canvas.theme.dim());
    let note = Some(note).filter(|note| note.width() + 2 <= usize::from(area.width));
    let inner = canvas.pane(area, "Soft bits", note, focused);
    let (plot, axis) = split_top(inner, inner.height.saturating_sub(1));
    let columns = columns(counts, plot.width);
    let most = columns.iter().copied().fold(0.0, f32::max);
    for (column, &count) in (0..plot.width).zip(&columns) {
        let eighths = bar_height(count, 0.0, most, plot.height).max(usize::from(count > 0.0));
        let style = Style::new().fg(canvas.theme.heat(0.3 + 0.6 * count / most));
        for row in 0..plot.height {
            let sign = bar_sign(eighths, row, plot.height);
            if sign != ' ' {
                canvas.cell(plot, column, row, sign, style);
            }
        }
    }
    let style = canvas.theme.dim();
    canvas.text(axis, 0, 0, "-127", style);
    canvas.text(axis, axis.width / 2, 0, "0", style);
    canvas.text_right(axis, axis.width, 0, "+127", style);
}

/// Shares of weak and of saturated soft bits, percent; `None` where there are none.
fn shares(counts: &[f32]) -> Option<(f32, f32)> {
    let all: f32 = counts.iter().sum();
    let percent = |part: f32| 100.0 * part / all;
    let weak: f32 = counts.get(129 - WEAK..128 + WEAK)?.iter().sum();
    let full = counts[0] + counts[1] + counts[255];
    (all > 0.0).then(|| (percent(weak), percent(full)))
}

/// Mean counts of the values that fall into each column, -127 to 127 across.
fn columns(counts: &[f32], columns: u16) -> Vec<f32> {
    let place = |column: u16| 1 + usize::from(column) * 255 / usize::from(columns.max(1));
    (0..columns)
        .map(|column| {
            let first = place(column).min(255);
            let end = place(column + 1).clamp(first + 1, 256);
            let part = counts.get(first..end).unwrap_or_default();
            part.iter().sum::<f32>() / part.len().max(1) as f32
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_where_they_belong() {
        let mut counts = vec![0.0; 256];
        counts[128 - 127] = 3.0;
        counts[128 + 15] = 1.0;
        counts[128 + 16] = 4.0;
        counts[128 + 127] = 2.0;
        assert_eq!(shares(&counts), Some((10.0, 50.0)));
        assert_eq!(shares(&[]), None);
        assert_eq!(shares(&[0.0; 256]), None);
        for width in [1, 7, 51, 255, 300] {
            let found = columns(&counts, width);
            assert!(found[0] > 0.0 && found[usize::from(width) - 1] > 0.0, "{width}");
        }
        assert_eq!(columns(&counts, 255)[0], 3.0);
        assert!(columns(&counts, 0).is_empty());
    }
}
