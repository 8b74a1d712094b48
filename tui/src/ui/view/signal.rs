//! Spectrum and waterfall, and the level over time.

mod level;
mod markers;

pub use markers::strongest;

use super::paint::{Canvas, bar_height, bar_sign, split_left, split_top};
use crate::ui::app::App;
use crate::ui::data::WaterfallRow;
use crate::ui::format;
use crate::ui::theme;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

/// Columns left of the plots for their scales.
const GUTTER: u16 = 7;

/// Draws the view: spectrum, waterfall, level over time.
pub fn draw(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    match app.expanded_pane() {
        Some(0) => return spectrum(app, area, true, canvas),
        Some(1) => return waterfall(app, area, true, canvas),
        Some(_) => return level::draw(app, area, true, canvas),
        None => {}
    }
    let (top, rest) = split_top(area, (area.height * 9 / 20).max(6));
    let lowest = if rest.height >= 9 {
        (area.height / 6).clamp(4, 9)
    } else {
        0
    };
    let (middle, bottom) = split_top(rest, rest.height - lowest);
    spectrum(app, top, app.pane() == 0, canvas);
    waterfall(app, middle, app.pane() == 1, canvas);
    if !bottom.is_empty() {
        level::draw(app, bottom, app.pane() == 2, canvas);
    }
}

/// Loudest bin of each of `columns` equal parts of the window (0 to 1 is all) of a spectrum.
fn columns(bins: &[f32], (from, to): (f64, f64), columns: u16) -> Vec<f32> {
    let count = bins.len() as f64;
    let place = |c: f64| (from + (to - from) * c / f64::from(columns)) * count;
    let part = |c: u16| {
        let start = (place(f64::from(c)) as usize).min(bins.len().saturating_sub(1));
        let end = (place(f64::from(c) + 1.0) as usize).clamp(start + 1, bins.len().max(start + 1));
        bins.get(start..end)
            .unwrap_or_default()
            .iter()
            .copied()
            .fold(f32::NEG_INFINITY, f32::max)
    };
    (0..columns).map(part).collect()
}

/// Spectrum with dB scale and frequency axis.
pub fn spectrum(app: &App, area: Rect, focused: bool, canvas: &mut Canvas<'_>) {
    let data = &app.data;
    let inner = canvas.pane(area, &title(app), markers::note(app, canvas), focused);
    let Some((low, high)) = data.levels else {
        return canvas.nothing(inner, no_spectrum(app));
    };
    let measured = u16::from(inner.height >= 6);
    let (plot, below) = split_top(inner, inner.height.saturating_sub(1 + measured));
    let (line, axis) = split_top(below, measured);
    let (scale, plot) = split_left(plot, GUTTER);
    db_scale(low, high, scale, plot, canvas);
    markers::receiver(app, plot, canvas);
    held(app, (low, high), plot, canvas);
    let window = app.zoom.window();
    for (column, level) in (0..plot.width).zip(columns(&data.traces.spectrum(), window, plot.width)) {
        let eighths = bar_height(level, low, high, plot.height);
        for row in 0..plot.height {
            let sign = bar_sign(eighths, row, plot.height);
            if sign != ' ' {
                let height = f32::from(plot.height - row) / f32::from(plot.height);
                let style = Style::new().fg(canvas.theme.heat(0.25 + 0.7 * height));
                canvas.cell(plot, column, row, sign, style);
            }
        }
    }
    markers::draw(app, plot, canvas);
    canvas.text(line, 1, 0, &markers::measured(app), canvas.theme.text());
    frequency_axis(app, split_left(axis, GUTTER).1, canvas);
}

fn title(app: &App) -> String {
    let traces = &app.data.traces;
    let mean = match traces.averaged() {
        1 => String::new(),
        count => format!(", mean of {count}"),
    };
    let hold = if traces.held().is_some() {
        ", peak hold"
    } else {
        ""
    };
    format!("Spectrum{mean}{hold}")
}

/// Largest levels so far, a line above the bars.
fn held(app: &App, (low, high): (f32, f32), plot: Rect, canvas: &mut Canvas<'_>) {
    let Some(bins) = app.data.traces.held() else {
        return;
    };
    let style = canvas.theme.warn();
    for (column, level) in (0..plot.width).zip(columns(bins, app.zoom.window(), plot.width)) {
        let eighths = bar_height(level, low, high, plot.height);
        if eighths > 0 {
            let row = plot.height - 1 - ((eighths - 1) / 8) as u16;
            let sign = ['⎽', '⎼', '─', '⎻', '⎺'][(eighths - 1) % 8 * 5 / 8];
            canvas.cell(plot, column, row, sign, style);
        }
    }
}

fn no_spectrum(app: &App) -> &'static str {
    if app.data.status.position > 0 && app.data.status.receiver.is_none() {
        "not in use: the input has no samples"
    } else {
        "no samples yet"
    }
}

fn signed_si(hz: f64) -> String {
    let sign = if hz >= 0.0 { "+" } else { "" };
    format!("{sign}{}", format::si(hz, "Hz"))
}

/// Labels at round levels and faint lines across the plot.
fn db_scale(low: f32, high: f32, scale: Rect, plot: Rect, canvas: &mut Canvas<'_>) {
    let per_row = (high - low) / f32::from(plot.height.max(1));
    let step = [5.0, 10.0, 20.0, 40.0]
        .into_iter()
        .find(|s| s / per_row >= 1.8)
        .unwrap_or(80.0);
    let mut level = (high / step).floor() * step;
    while level >= low {
        let row = ((high - level) / per_row).floor() as u16;
        canvas.text_right(scale, GUTTER - 1, row, &format!("{level:.0}"), canvas.theme.dim());
        for column in 0..plot.width {
            canvas.cell(plot, column, row, '┈', canvas.theme.border());
        }
        level -= step;
    }
    canvas.text_right(
        scale,
        GUTTER - 1,
        plot.height.saturating_sub(1),
        "dBFS",
        canvas.theme.border(),
    );
}

/// Round numbers 1, 2 or 5 times a power of ten, at least `span / most` apart.
fn tick_step(span: f64, most: f64) -> f64 {
    let rough = (span / most).max(f64::MIN_POSITIVE);
    let decade = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|m| m * decade)
        .find(|s| *s >= rough)
        .unwrap_or(10.0 * decade)
}

fn frequency_axis(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let span = app.data.plots.span_hz;
    if !(span.is_finite() && span > 0.0) || area.width < 8 {
        return;
    }
    let (from, to) = app.zoom.window();
    let (low, high) = ((from - 0.5) * span, (to - 0.5) * span);
    let (scale, unit) = match high.abs().max(low.abs()) {
        x if x >= 2e6 => (1e6, "MHz"),
        x if x >= 2e3 => (1e3, "kHz"),
        _ => (1.0, "Hz"),
    };
    let step = tick_step(high - low, f64::from(area.width / 12).max(2.0));
    let decimals =
        usize::from(step < scale) + usize::from(step < scale / 10.0) + usize::from(step < scale / 100.0);
    let ticks = area.width - unit.len() as u16 - 1;
    let mut end = 0;
    let mut tick = (low / step).ceil() * step;
    while tick <= high {
        let column = ((tick - low) / (high - low) * f64::from(area.width)) as u16;
        let label = if tick.abs() < step / 2.0 {
            "0".into()
        } else {
            format!("{:+.decimals$}", tick / scale)
        };
        let start = column.saturating_sub(label.len() as u16 / 2);
        if start >= end && start + (label.len() as u16) < ticks {
            end = canvas.text(area, start, 0, &label, canvas.theme.dim()) + 2;
        }
        tick += step;
    }
    canvas.text_right(area, area.width, 0, unit, canvas.theme.dim());
}

/// Waterfall, the newest row on top; two rows per cell where there is colour.
pub fn waterfall(app: &App, area: Rect, focused: bool, canvas: &mut Canvas<'_>) {
    let data = &app.data;
    let inner = canvas.pane(area, "Waterfall", range_note(app, canvas), focused);
    let Some(levels) = data.levels else {
        return canvas.nothing(inner, no_spectrum(app));
    };
    let (scale, plot) = split_left(inner, GUTTER);
    let window = app.zoom.window();
    let mut rows = data.waterfall.iter().rev();
    let now = data.waterfall.back().map_or(0.0, |r| r.seconds);
    for row in 0..plot.height {
        let Some(upper) = rows.next() else { break };
        if canvas.theme.colored() {
            let lower = rows.next();
            colored_row(upper, lower, window, levels, plot, row, canvas);
        } else {
            plain_row(upper, window, levels, plot, row, canvas);
        }
        if row % 4 == 0 {
            let age = format!("-{:.1} s", (now - upper.seconds).max(0.0));
            let label = if row == 0 { "now".into() } else { age };
            canvas.text_right(scale, GUTTER - 1, row, &label, canvas.theme.dim());
        }
    }
}

fn range_note<'a>(app: &App, canvas: &Canvas<'_>) -> Option<Line<'a>> {
    let (low, high) = app.data.levels?;
    let mut line = Line::styled(format!(" {low:.0} "), canvas.theme.dim());
    for step in 0..10_u8 {
        let intensity = f32::from(step) / 9.0;
        let (sign, style) = if canvas.theme.colored() {
            ('█', Style::new().fg(canvas.theme.heat(intensity)))
        } else {
            (theme::ramp(intensity), Style::new())
        };
        line.push_span(ratatui::text::Span::styled(sign.to_string(), style));
    }
    line.push_span(ratatui::text::Span::styled(
        format!(" {high:.0} dBFS "),
        canvas.theme.dim(),
    ));
    Some(line)
}

fn intensity(level: f32, (low, high): (f32, f32)) -> f32 {
    (level - low) / (high - low)
}

fn colored_row(
    upper: &WaterfallRow,
    lower: Option<&WaterfallRow>,
    window: (f64, f64),
    levels: (f32, f32),
    plot: Rect,
    row: u16,
    canvas: &mut Canvas<'_>,
) {
    let above = columns(&upper.bins, window, plot.width);
    let below = lower.map(|r| columns(&r.bins, window, plot.width));
    for (column, level) in (0..plot.width).zip(&above) {
        let mut style = Style::new().fg(canvas.theme.heat(intensity(*level, levels)));
        if let Some(below) = &below {
            style = style.bg(canvas.theme.heat(intensity(below[usize::from(column)], levels)));
        }
        canvas.cell(plot, column, row, '▀', style);
    }
}

fn plain_row(
    line: &WaterfallRow,
    window: (f64, f64),
    levels: (f32, f32),
    plot: Rect,
    row: u16,
    canvas: &mut Canvas<'_>,
) {
    for (column, level) in (0..plot.width).zip(columns(&line.bins, window, plot.width)) {
        canvas.cell(
            plot,
            column,
            row,
            theme::ramp(intensity(level, levels)),
            Style::new(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keep_every_line_at_every_width() {
        for count in [1_usize, 2, 7, 100, 4096] {
            let mut bins = vec![-90.0; count];
            bins[count / 2] = -10.0;
            for width in [1_u16, 3, 80, 250] {
                let levels = columns(&bins, (0.0, 1.0), width);
                assert_eq!(levels.len(), usize::from(width));
                assert!(levels.contains(&-10.0), "{count} bins in {width} columns");
            }
        }
        assert_eq!(columns(&[], (0.0, 1.0), 2), [f32::NEG_INFINITY; 2]);
    }

    #[test]
    fn ticks_are_round_numbers() {
        for (span, step) in [
            (48_000.0, 10_000.0),
            (2_400_000.0, 500_000.0),
            (9.0, 2.0),
            (1.0, 0.2),
        ] {
            let found = tick_step(span, 6.0);
            assert!((found / step - 1.0_f64).abs() < 1e-9, "{span}: {found}");
        }
    }
}
