//! Eye diagram: the signal over two symbols, trace upon trace.

use crate::ui::app::App;
use crate::ui::format;
use crate::ui::view::paint::{Canvas, split_left};
use crate::ui::view::plot::Dots;
use groundlink_dsp::measure::{EYE_POINTS, EyeQuantity};
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Dots hit less often than this share of the most are left out: of noisy signals they would cover everything.
const LEAST: f32 = 0.2;

/// Draws the pane: the arms side by side.
pub fn draw(app: &App, area: Rect, focused: bool, canvas: &mut Canvas<'_>) {
    let plots = &app.data.plots;
    let eye = &plots.eye;
    if eye.first.len() <= 2 * EYE_POINTS {
        let inner = canvas.pane(area, "Eye diagram", None, focused);
        let used = app.data.status.receiver.is_some() || app.data.status.position == 0;
        let words = if used {
            "no symbols yet"
        } else {
            "not in use: the input has no samples"
        };
        return canvas.nothing(inner, words);
    }
    let reach = reach(app);
    let (what, size) = match eye.quantity {
        EyeQuantity::Arms if eye.second.is_empty() => ("in phase", format!("±{reach:.2}")),
        EyeQuantity::Arms => ("in phase, quadrature", format!("±{reach:.2}")),
        EyeQuantity::Frequency => ("frequency", format!("±{}", format::si(reach.into(), "Hz"))),
        EyeQuantity::Audio => ("audio", format!("±{reach:.2}")),
        EyeQuantity::Phase => ("across the carrier", format!("±{reach:.2}")),
    };
    let locked = if plots.eye_locked { "" } else { ", not locked" };
    let note = Line::styled(format!(" {what}, {size}{locked} "), canvas.theme.dim());
    let inner = canvas.pane(area, "Eye diagram", Some(note), focused);
    if eye.second.is_empty() {
        return arm(&eye.first, reach, inner, canvas);
    }
    let (left, right) = split_left(inner, inner.width / 2);
    let left = Rect {
        width: left.width.saturating_sub(1),
        ..left
    };
    arm(&eye.first, reach, left, canvas);
    arm(&eye.second, reach, right, canvas);
}

/// Largest value shown.
fn reach(app: &App) -> f32 {
    let eye = &app.data.plots.eye;
    let zoom = (1_u32 << app.magnified) as f32;
    let full = match eye.quantity {
        EyeQuantity::Frequency => most_of(&eye.first),
        EyeQuantity::Arms if !eye.second.is_empty() => 1.5,
        _ => 2.0,
    };
    full / zoom
}

/// A round number that most magnitudes stay below.
fn most_of(values: &[f32]) -> f32 {
    let mut magnitudes: Vec<f32> = values
        .iter()
        .map(|value| value.abs())
        .filter(|value| value.is_finite())
        .collect();
    magnitudes.sort_by(f32::total_cmp);
    let most = magnitudes
        .get(magnitudes.len() * 98 / 100)
        .copied()
        .unwrap_or(1.0)
        .max(1e-3)
        * 1.3;
    let decade = 10_f32.powf(most.log10().floor());
    [1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0]
        .into_iter()
        .map(|step| step * decade)
        .find(|step| *step >= most)
        .unwrap_or(most)
}

/// One arm; the instant of decision is in the middle, a symbol to either side.
fn arm(values: &[f32], reach: f32, area: Rect, canvas: &mut Canvas<'_>) {
    let mut dots = Dots::new(area);
    let (width, height) = dots.size();
    if width == 0 || height == 0 {
        return;
    }
    let axis = canvas.theme.border();
    for column in 0..area.width {
        canvas.cell(area, column, area.height / 2, '─', axis);
    }
    for row in 0..area.height {
        canvas.cell(area, area.width / 2, row, '│', axis);
    }
    let span = 2 * EYE_POINTS;
    for trace in values.windows(span + 1).step_by(EYE_POINTS) {
        for x in 0..width {
            let place = (f32::from(x) + 0.5) / f32::from(width) * span as f32;
            let (n, rest) = ((place as usize).min(span - 1), place.fract());
            let value = trace[n] + (trace[n + 1] - trace[n]) * rest;
            dots.set(x.into(), (0.5 - 0.5 * value / reach) * f32::from(height));
        }
    }
    dots.draw(LEAST, canvas);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_leave_wild_values_out() {
        let mut values = vec![2_400.0; 1000];
        values[3] = 1e9;
        values[4] = f32::NAN;
        assert_eq!(most_of(&values), 5_000.0);
        assert!(most_of(&[]) > 0.0);
    }
}
