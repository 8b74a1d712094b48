//! The receiver's loops over time.

use crate::ui::app::App;
use crate::ui::data::LoopStep;
use crate::ui::format;
use crate::ui::view::paint::{Canvas, split_left, split_top};
use crate::ui::view::plot;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Columns of names and values.
const NAMES: u16 = 27;

/// A loop's quantity: its name, how its value is written, and the value.
type Quantity = (&'static str, fn(f64) -> String, fn(&LoopStep) -> f64);

const QUANTITIES: [Quantity; 5] = [
    ("frequency", format::offset_hz, |step| step.offset_hz),
    ("symbol rate", ppm, |step| step.rate_ppm),
    ("phase error", degrees, |step| step.phase_deg),
    ("Es/N0", decibels, |step| step.es_n0_db),
    ("EVM", percent, |step| step.evm_percent),
];

fn ppm(value: f64) -> String {
    known(value, || format!("{value:+.1} ppm"))
}

fn degrees(value: f64) -> String {
    known(value, || format!("{value:.1}° rms"))
}

fn decibels(value: f64) -> String {
    format::decibel(value as f32, "dB")
}

fn percent(value: f64) -> String {
    known(value, || format!("{value:.1} %"))
}

fn known(value: f64, text: impl FnOnce() -> String) -> String {
    if value.is_finite() { text() } else { "–".into() }
}

/// Draws the pane: a row for the locks, then a part for each quantity.
pub fn draw(app: &App, area: Rect, focused: bool, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let Some(receiver) = &app.data.status.receiver else {
        let inner = canvas.pane(area, "Loops", None, focused);
        let used = app.data.status.position == 0;
        return canvas.nothing(
            inner,
            if used {
                "no symbols yet"
            } else {
                "not in use: the input has no samples"
            },
        );
    };
    let note = format!(
        " {} Bd, level {}, Eb/N0 {} ",
        format::grouped_fixed(receiver.symbol_rate_hz, 1),
        format::decibel(receiver.level_dbfs, "dBFS"),
        format::decibel(app.data.status.eb_n0_db, "dB")
    );
    let note = Line::styled(note, theme.dim());
    let note = Some(note).filter(|note| note.width() + 4 <= usize::from(area.width));
    let inner = canvas.pane(area, "Loops", note, focused);
    let (locks, mut rest) = split_top(inner, 1);
    let mut column = 1;
    for (name, locked) in [
        ("carrier", receiver.carrier_locked),
        ("timing", receiver.timing_locked),
    ] {
        let (word, style) = if locked {
            ("● locked", theme.good())
        } else {
            ("○ searching", theme.warn())
        };
        column = canvas.text(locks, column, 0, name, theme.dim()) + 1;
        column = canvas.text(locks, column, 0, word, style) + 2;
    }
    if let Some(carrier) = &receiver.residual_carrier {
        let words = format!(
            "C/N0 {}, index {:.2} rad",
            format::decibel(carrier.c_n0_db_hz, "dB-Hz"),
            carrier.index_rad
        );
        canvas.text(locks, column, 0, &words, theme.text());
    }
    for (left, quantity) in (1..=QUANTITIES.len() as u16).rev().zip(&QUANTITIES) {
        let (part, below) = split_top(rest, (rest.height / left).max(1));
        rest = below;
        history(app, quantity, part, canvas);
    }
}

fn history(app: &App, (name, written, value): &Quantity, area: Rect, canvas: &mut Canvas<'_>) {
    let (names, plot) = split_left(area, NAMES.min(area.width));
    let steps = &app.data.loops;
    let theme = canvas.theme;
    let now = steps.back().map_or(f64::NAN, value);
    canvas.text(names, 1, 0, name, theme.dim());
    canvas.text_right(names, NAMES - 1, 0, &written(now), theme.text());
    let shown = if plot.height > 1 {
        2 * usize::from(plot.width)
    } else {
        plot.width.into()
    };
    let values: Vec<f32> = steps
        .iter()
        .skip(steps.len().saturating_sub(shown))
        .map(|step| value(step) as f32)
        .collect();
    let known = || values.iter().copied().filter(|value| value.is_finite());
    let (least, most) = known().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| {
        (l.min(v), h.max(v))
    });
    if least > most {
        return;
    }
    let room = ((most - least) * 0.1).max(most.abs() * 1e-3).max(1e-3);
    let range = (least - room, most + room);
    if plot.height > 1 {
        plot::line(&values, range, plot, canvas);
        let words = format!("{} to", written(least.into()));
        if names.height > 2 {
            canvas.text_right(names, NAMES - 1, 1, &words, theme.dim());
            canvas.text_right(names, NAMES - 1, 2, &written(most.into()), theme.dim());
        }
    } else {
        let bars: Vec<_> = values
            .iter()
            .map(|value| value.is_finite().then_some(*value))
            .collect();
        let skip = plot.width - bars.len().min(plot.width.into()) as u16;
        plot::bars(&bars, range, split_left(plot, skip).1, canvas);
    }
}
