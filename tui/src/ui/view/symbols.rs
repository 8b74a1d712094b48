//! Symbols: constellation, eye diagram, the receiver's loops over time, soft bits.

mod eye;
mod loops;
mod soft;

use super::paint::{Canvas, bar_height, bar_sign, split_left, split_top};
use super::plot::Dots;
use crate::ui::app::App;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

/// Draws the view.
///
/// ```text
/// ╭ Constellation ─┬ Eye diagram ──────────────╮
/// ├ Loops ─────────┴────────────┬ Soft bits ───┤
/// ╰─────────────────────────────┴──────────────╯
/// ```
pub fn draw(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let pane = app.pane();
    match app.expanded_pane() {
        Some(0) => return panel(app, area, true, canvas),
        Some(1) => return eye::draw(app, area, true, canvas),
        Some(2) => return loops::draw(app, area, true, canvas),
        Some(_) => return soft::draw(app, area, true, canvas),
        None => {}
    }
    let lower = (area.height * 2 / 5).clamp(8, 24).min(area.height / 2);
    let (top, bottom) = split_top(area, area.height - lower);
    let round = (top.height.saturating_sub(2) * 2 + 2).min(top.width / 2);
    let (left, right) = split_left(top, round);
    panel(app, left, pane == 0, canvas);
    eye::draw(app, right, pane == 1, canvas);
    let (left, right) = split_left(bottom, bottom.width * 5 / 8);
    loops::draw(app, left, pane == 2, canvas);
    soft::draw(app, right, pane == 3, canvas);
}

/// The plot in a pane.
pub fn panel(app: &App, area: Rect, focused: bool, canvas: &mut Canvas<'_>) {
    let points = &app.data.points;
    let note = format!(" {} symbols, ±{:.2} ", points.len(), reach(app));
    let note =
        Some(Line::styled(note, canvas.theme.dim())).filter(|_| area.width >= 24 && !points.is_empty());
    let inner = canvas.pane(area, "Constellation", note, focused);
    if points.is_empty() {
        let used = app.data.status.receiver.is_some() || app.data.status.position == 0;
        canvas.nothing(
            inner,
            if used {
                "no symbols yet"
            } else {
                "not in use: the input has no samples"
            },
        );
    } else if points.iter().all(|p| p.im == 0.0) {
        histogram(app, inner, canvas);
    } else {
        plane(app, inner, canvas);
    }
}

/// Largest real or imaginary part shown.
fn reach(app: &App) -> f32 {
    2.0 / (1_u32 << app.magnified) as f32
}

/// The complex plane in Braille dots; the square of cells is twice as wide as high.
fn plane(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let height = area.height.min(area.width / 2);
    let (width, left) = (height * 2, (area.width - height * 2) / 2);
    let square = Rect {
        x: area.x + left,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    if square.is_empty() {
        return;
    }
    axes(square, canvas);
    let mut dots = Dots::new(square);
    let (across, down) = dots.size();
    let place = |value: f32, dots: u16| (0.5 + 0.5 * value / reach(app)) * f32::from(dots);
    for point in &app.data.points {
        dots.set(place(point.re, across), place(-point.im, down));
    }
    dots.draw(0.0, canvas);
}

fn axes(area: Rect, canvas: &mut Canvas<'_>) {
    let style = canvas.theme.border();
    let (middle_x, middle_y) = (area.width / 2, area.height / 2);
    for column in 0..area.width {
        canvas.cell(area, column, middle_y, '─', style);
    }
    for row in 0..area.height {
        canvas.cell(area, middle_x, row, '│', style);
    }
    canvas.cell(area, middle_x, middle_y, '┼', style);
    canvas.text_right(area, area.width, middle_y, " I", canvas.theme.dim());
    canvas.text(area, middle_x + 1, 0, "Q", canvas.theme.dim());
}

/// How often each value of one-dimensional symbols occurs.
fn histogram(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    if area.width == 0 || area.height < 2 {
        return;
    }
    let plot = Rect {
        height: area.height - 1,
        ..area
    };
    let reach = reach(app);
    let mut counts = vec![0_u32; plot.width.into()];
    for point in &app.data.points {
        let place = (point.re / reach * 0.5 + 0.5) * f32::from(plot.width);
        if place >= 0.0 && place < f32::from(plot.width) {
            counts[place as usize] += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f32;
    for (column, &count) in (0..plot.width).zip(&counts) {
        let eighths = bar_height(count as f32, 0.0, most, plot.height);
        for row in 0..plot.height {
            let sign = bar_sign(eighths, row, plot.height);
            let style = Style::new().fg(canvas.theme.heat(0.3 + 0.6 * count as f32 / most));
            if sign != ' ' {
                canvas.cell(plot, column, row, sign, style);
            }
        }
    }
    let (row, style) = (area.height - 1, canvas.theme.dim());
    canvas.text(area, 0, row, &format!("{:+.2}", -reach), style);
    canvas.text(area, area.width / 2, row, "0", style);
    canvas.text_right(area, area.width, row, &format!("{reach:+.2}"), style);
}
