//! Constellation: the newest symbols, denser places brighter. One-dimensional symbols (FSK) as a histogram.

use super::paint::{Canvas, bar_height, bar_sign, split_left};
use crate::ui::app::App;
use crate::ui::format;
use num_complex::Complex32;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Draws the view: the plot, and the receiver's numbers beside it.
pub fn draw(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let (plot, numbers) = split_left(
        area,
        area.width.saturating_sub(if area.width >= 60 { 30 } else { 0 }),
    );
    panel(app, plot, true, canvas);
    if numbers.width > 0 {
        receiver(app, numbers, canvas);
    }
}

/// The plot in a pane.
pub fn panel(app: &App, area: Rect, focused: bool, canvas: &mut Canvas<'_>) {
    let inner = canvas.pane(area, "Constellation", None, focused);
    let points = &app.data.points;
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
    let cells = usize::from(width) * usize::from(height);
    let (mut dots, mut counts) = (vec![0_u8; cells], vec![0_u32; cells]);
    for &point in &app.data.points {
        if let Some((cell, dot)) = place(point, reach(app), width, height) {
            dots[cell] |= dot;
            counts[cell] += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f32;
    for (i, (&dots, &count)) in dots.iter().zip(&counts).enumerate().filter(|(_, (_, c))| **c > 0) {
        let sign = char::from_u32(0x2800 + u32::from(dots)).unwrap_or('·');
        let density = (count as f32 / most).sqrt();
        let style = Style::new().fg(canvas.theme.heat(0.3 + 0.7 * density));
        canvas.cell(
            square,
            (i % usize::from(width)) as u16,
            (i / usize::from(width)) as u16,
            sign,
            style,
        );
    }
}

/// Cell and Braille dot of a point; `None` outside the plot.
fn place(point: Complex32, reach: f32, width: u16, height: u16) -> Option<(usize, u8)> {
    const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let along = |value: f32, dots: u16| {
        let place = (value / reach * 0.5 + 0.5) * f32::from(dots);
        (place >= 0.0 && place < f32::from(dots)).then_some(place as usize)
    };
    let x = along(point.re, width * 2)?;
    let y = along(-point.im, height * 4)?;
    Some((y / 4 * usize::from(width) + x / 2, DOTS[y % 4][x % 2]))
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

fn receiver(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let inner = canvas.pane(area, "Receiver", None, false);
    let theme = canvas.theme;
    let status = &app.data.status;
    let Some(receiver) = &status.receiver else {
        return canvas.nothing(inner, "not in use");
    };
    let locked = |lock: bool| {
        if lock {
            ("locked", theme.good())
        } else {
            ("searching", theme.warn())
        }
    };
    let (carrier, timing) = (locked(receiver.carrier_locked), locked(receiver.timing_locked));
    let reach = reach(app);
    let mut pairs = vec![
        ("carrier", carrier.0.to_owned(), carrier.1),
        ("timing", timing.0.to_owned(), timing.1),
        ("Es/N0", format::decibel(receiver.es_n0_db, "dB"), theme.text()),
        ("Eb/N0", format::decibel(status.eb_n0_db, "dB"), theme.text()),
        (
            "level",
            format::decibel(receiver.level_dbfs, "dBFS"),
            theme.text(),
        ),
        ("offset", format::offset_hz(receiver.offset_hz), theme.text()),
        (
            "rate",
            format!("{} Bd", format::grouped_fixed(receiver.symbol_rate_hz, 1)),
            theme.text(),
        ),
        (
            "shown",
            format!("{} symbols", format::grouped(app.data.points.len() as u64)),
            theme.dim(),
        ),
        ("reach", format!("±{reach:.2}"), theme.dim()),
    ];
    if let Some(carrier) = &receiver.residual_carrier {
        let index = format!("{} rad", format::grouped_fixed(carrier.index_rad.into(), 2));
        pairs.insert(4, ("index", index, theme.text()));
        pairs.insert(
            4,
            ("C/N0", format::decibel(carrier.c_n0_db_hz, "dB-Hz"), theme.text()),
        );
    }
    canvas.pairs(inner, &pairs);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_fall_where_the_axes_say() {
        let at = |re, im| place(Complex32::new(re, im), 2.0, 4, 2);
        assert_eq!(at(-1.99, 1.99), Some((0, 0x01)));
        assert_eq!(at(1.99, -1.99), Some((7, 0x80)));
        assert_eq!(at(2.0, 0.0), None);
        assert_eq!(at(f32::NAN, 0.0), None);
        assert_eq!(at(f32::INFINITY, 0.0), None);
    }
}
