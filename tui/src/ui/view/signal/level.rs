//! The level of the samples over time, and clipping.

use super::GUTTER;
use crate::ui::app::App;
use crate::ui::format;
use crate::ui::view::paint::{Canvas, bar_height, bar_sign, split_left};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

/// Lowest and highest level on the scale, dBFS.
const RANGE: (f32, f32) = (-60.0, 0.0);

fn decibels(magnitude: f32) -> f32 {
    20.0 * magnitude.log10()
}

/// Draws the pane: bars to the mean power, dots at the peak; `✗` where samples were clipped.
pub fn draw(app: &App, area: Rect, focused: bool, canvas: &mut Canvas<'_>) {
    let steps = &app.data.level;
    let Some(now) = steps.back() else {
        let inner = canvas.pane(area, "Level", None, focused);
        return canvas.nothing(inner, super::no_spectrum(app));
    };
    let clipped = app.data.status.clipping;
    let style = if clipped > 0.0 {
        canvas.theme.bad()
    } else {
        canvas.theme.dim()
    };
    let note = format!(
        " least {}, mean {}, peak {}, clipped {:.2} % ",
        format::decibel(decibels(now.least), "dBFS"),
        format::decibel(decibels(now.rms), "dBFS"),
        format::decibel(decibels(now.most), "dBFS"),
        100.0 * clipped
    );
    let note = Some(Line::styled(note, style)).filter(|note| note.width() + 10 <= usize::from(area.width));
    let inner = canvas.pane(area, "Level", note, focused);
    let (scale, plot) = split_left(inner, GUTTER);
    let (low, high) = RANGE;
    for (row, level) in [(0, high), (plot.height.saturating_sub(1), low)] {
        canvas.text_right(scale, GUTTER - 1, row, &format!("{level:.0}"), canvas.theme.dim());
    }
    let shown = steps.len().min(plot.width.into());
    let first = plot.width - shown as u16;
    for (column, step) in (first..plot.width).zip(steps.iter().skip(steps.len() - shown)) {
        let peak = bar_height(decibels(step.most), low, high, plot.height);
        if peak > 0 {
            let row = plot.height - 1 - ((peak - 1) / 8) as u16;
            canvas.cell(plot, column, row, '·', canvas.theme.text());
        }
        let mean = decibels(step.rms);
        let eighths = bar_height(mean, low, high, plot.height);
        let style = Style::new().fg(canvas.theme.heat(0.3 + 0.5 * (mean - low) / (high - low)));
        for row in 0..plot.height {
            let sign = bar_sign(eighths, row, plot.height);
            if sign != ' ' {
                canvas.cell(plot, column, row, sign, style);
            }
        }
        if step.clipped > 0.0 {
            canvas.cell(plot, column, 0, '✗', canvas.theme.bad());
        }
    }
}
