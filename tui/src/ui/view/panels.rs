//! The panes of the pass.

use super::paint::{Canvas, bar_height, bar_sign, split_left, split_top};
use super::wrapped;
use crate::ui::app::App;
use crate::ui::chain::{self, Link, LinkState};
use crate::ui::format;
use groundlink_station::monitor::Phase;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

/// Style of a link in this state.
pub fn link_style(state: LinkState, canvas: &Canvas<'_>) -> Style {
    match state {
        LinkState::Good => canvas.theme.good(),
        LinkState::Bad => canvas.theme.bad(),
        LinkState::Poor | LinkState::Waiting => canvas.theme.warn(),
        LinkState::Unused => canvas.theme.dim(),
    }
}

/// Where a run that goes on is held up, in words.
pub fn held_up(app: &App) -> Option<String> {
    let running = app.data.status.phase == Phase::Running && app.data.status.position > 0;
    chain::diagnosis(&chain::links(&app.data)).filter(|_| running)
}

/// The lock chain, one link per row.
pub fn chain(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let links = chain::links(&app.data);
    let note = held_up(app).map(|words| Line::styled(format!(" {words} "), canvas.theme.warn()));
    let inner = canvas.pane(area, "Lock chain", note, app.pane() == 0);
    for (row, link) in (0..inner.height).zip(&links) {
        link_row(link, inner, row, canvas);
    }
}

/// A link in one row: sign, name, number, words.
pub fn link_row(link: &Link, area: Rect, row: u16, canvas: &mut Canvas<'_>) {
    let style = link_style(link.state, canvas);
    canvas.cell(area, 1, row, link.state.sign(), style);
    canvas.text(area, 3, row, link.name, canvas.theme.title());
    canvas.text_right(area, 27, row, &link.value, canvas.theme.text());
    canvas.text(area, 30, row, &link.words, style);
}

/// The lock chain, one box per link; in a seventh row where it is held up.
pub fn chain_across(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let links = chain::links(&app.data);
    let (boxes, note) = split_top(area, 6);
    let count = links.len() as u16;
    for (i, link) in (0_u16..).zip(&links) {
        let start = boxes.width * i / count;
        let end = boxes.width * (i + 1) / count;
        let last = i + 1 == count;
        let part = Rect {
            x: boxes.x + start,
            width: end - start - u16::from(!last),
            ..boxes
        };
        link_box(link, app.pane() == 0, part, canvas);
        if !last {
            let style = link_style(link.state, canvas);
            canvas.cell(boxes, end - 1, boxes.height / 2, '▸', style);
        }
    }
    if let Some(words) = held_up(app) {
        canvas.text(note, 1, 0, &words, canvas.theme.warn());
    }
}

fn link_box(link: &Link, focused: bool, area: Rect, canvas: &mut Canvas<'_>) {
    let style = link_style(link.state, canvas);
    let inner = canvas.pane(area, link.name, None, focused);
    canvas.cell(inner, 1, 0, link.state.sign(), style);
    canvas.text(inner, 3, 0, &link.value, canvas.theme.text());
    let room = usize::from(inner.width.saturating_sub(2)).max(1);
    for (row, line) in (1..inner.height).zip(wrapped(&link.words, room)) {
        canvas.text(inner, 1, row, &line, style);
    }
}

/// Digits of 3 × 5 points, a row per byte.
const DIGITS: [[u8; 5]; 12] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b001, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
    [0b000, 0b000, 0b111, 0b000, 0b000],
    [0b000, 0b000, 0b000, 0b000, 0b001],
];

/// Writes a number large: three rows, each cell two points high. Returns the columns used.
fn big(text: &str, area: Rect, style: Style, canvas: &mut Canvas<'_>) -> u16 {
    let mut column = 0;
    for character in text.chars() {
        let (glyph, width) = match character {
            '0'..='9' => (DIGITS[character as usize - '0' as usize], 3),
            '.' => (DIGITS[11], 1),
            _ => (DIGITS[10], 3),
        };
        for (row, pair) in (0_u16..).zip(glyph.chunks(2)) {
            for bit in 0..width {
                let lit = |points: Option<&u8>| points.is_some_and(|p| p >> (width - 1 - bit) & 1 != 0);
                let sign = match (lit(pair.first()), lit(pair.get(1))) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => continue,
                };
                canvas.cell(area, column + bit, row, sign, style);
            }
        }
        column += width + 1;
    }
    column
}

/// Eb/N0 large, with the frequency offset and its history.
pub fn eb_n0(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let inner = canvas.pane(area, "Eb/N0", None, app.pane() == 1);
    let now = app.data.status.eb_n0_db;
    let text = if now.is_finite() {
        format!("{now:.1}")
    } else {
        "--.-".into()
    };
    let style = if now.is_finite() {
        canvas.theme.title()
    } else {
        canvas.theme.dim()
    };
    let digits = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(1),
        ..inner
    };
    let end = big(&text, digits, style, canvas);
    canvas.text(digits, end + 1, 2, "dB", canvas.theme.dim());
    if let Some(receiver) = &app.data.status.receiver {
        let offset = format::offset_hz(receiver.offset_hz);
        if usize::from(digits.width) > usize::from(end) + 5 + offset.len() {
            canvas.text_right(inner, inner.width - 1, 0, "offset", canvas.theme.dim());
            canvas.text_right(inner, inner.width - 1, 1, &offset, canvas.theme.text());
        }
    }
    let (_, history) = split_top(inner, 4.min(inner.height));
    eb_n0_history(app, history, canvas);
}

fn eb_n0_history(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let (plot, scale) = split_left(area, area.width.saturating_sub(5));
    if plot.is_empty() {
        return;
    }
    let values = &app.data.eb_n0;
    let shown = values.iter().skip(values.len().saturating_sub(plot.width.into()));
    let known = || shown.clone().copied().filter(|v| v.is_finite());
    let (least, most) = known().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| {
        (l.min(v), h.max(v))
    });
    if least > most {
        return canvas.nothing(area, "no estimate yet");
    }
    let (low, high) = (
        (least - 1.0).floor(),
        (most + 0.5).ceil().max(least.floor() + 2.0),
    );
    let skip = plot.width - shown.len() as u16;
    for (column, &value) in (skip..plot.width).zip(shown) {
        let eighths = bar_height(value, low, high, plot.height).max(usize::from(value.is_finite()));
        for row in 0..plot.height {
            let sign = bar_sign(eighths, row, plot.height);
            if sign != ' ' {
                let style = Style::new().fg(canvas.theme.heat(0.3 + 0.5 * (value - low) / (high - low)));
                canvas.cell(plot, column, row, sign, style);
            }
        }
    }
    canvas.text_right(scale, scale.width, 0, &format!("{high:.0}"), canvas.theme.dim());
    if scale.height > 1 {
        canvas.text_right(
            scale,
            scale.width,
            scale.height - 1,
            &format!("{low:.0}"),
            canvas.theme.dim(),
        );
    }
}

/// What the input is and how far along it is.
pub fn input(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let inner = canvas.pane(area, "Input", None, app.pane() == 2);
    let (theme, data) = (canvas.theme, &app.data);
    let status = &data.status;
    let mut pairs: Vec<(&str, String, Style)> = Vec::new();
    let (text, dim) = (theme.text(), theme.dim());
    if let Some(info) = &status.input {
        pairs.push(("", info.name.clone(), text));
        pairs.push(("format", info.format.clone(), text));
    }
    pairs.push(("done", progress(app), text));
    let rate = data.rates();
    let unit = format!("{}/s", data.unit());
    pairs.push((
        "speed",
        rate.map_or_else(|| "–".into(), |r| format::si(r.input, &unit)),
        text,
    ));
    let timed = rate.filter(|_| status.signal_seconds > 0.0);
    let now = timed.map_or_else(|| "–".into(), |r| format::times(r.real_time));
    let mean = data.mean_real_time().map_or_else(|| "–".into(), format::times);
    pairs.push(("real time", format!("{now} (mean {mean})"), text));
    if status.lost_samples > 0 {
        pairs.push(("lost samples", format::grouped(status.lost_samples), theme.bad()));
    }
    let captured = status.input.as_ref().and_then(|info| info.captures.first());
    pairs.push((
        "UTC",
        status.utc.clone().unwrap_or_else(|| "not known".into()),
        text,
    ));
    if let Some(info) = &status.input {
        let rate = info.sample_rate_hz;
        let kind = if info.complex { "IQ" } else { "real" };
        pairs.extend(rate.map(|r| ("sample rate", format!("{} {kind}", format::si(r, "S/s")), text)));
        let seconds = info.length.zip(rate).map(|(n, r)| format::clock(n as f64 / r));
        pairs.extend(seconds.map(|s| ("length", s, text)));
    }
    pairs.extend(
        captured
            .and_then(|c| c.frequency_hz)
            .map(|f| ("tuned to", format::tuned_mhz(f), text)),
    );
    pairs.push(("wall clock", format::clock(status.elapsed.as_secs_f64()), dim));
    if let Some(hardware) = status.input.as_ref().and_then(|info| info.hardware.clone()) {
        pairs.push(("hardware", hardware, dim));
    }
    canvas.pairs(inner, &pairs);
}

/// Share of a known length, or what was read.
fn progress(app: &App) -> String {
    let status = &app.data.status;
    let length = status.input.as_ref().and_then(|i| i.length).filter(|l| *l > 0);
    match length {
        Some(length) => {
            let share = (status.position as f64 / length as f64).min(1.0);
            let eighths = (share * 64.0).round() as usize;
            let bar: String = (0..8_usize)
                .map(|i| bar_cell(eighths.saturating_sub(i * 8).min(8)))
                .collect();
            format!("{bar} {:5.1} %", share * 100.0)
        }
        None => format!("{} {}", format::grouped(status.position), app.data.unit()),
    }
}

/// A cell filled from the left by so many eighths.
fn bar_cell(eighths: usize) -> char {
    ['░', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'][eighths]
}

/// Frames and packets by outcome.
pub fn counters(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let rates = app.data.rates();
    let note = rates
        .filter(|_| app.data.status.phase == Phase::Running)
        .map(|r| {
            Line::styled(
                format!(" {:.0} frames/s  {:.0} packets/s ", r.frames, r.packets),
                canvas.theme.dim(),
            )
        });
    let note = note.filter(|line| line.width() + 2 <= usize::from(area.width));
    let inner = canvas.pane(area, "Counters", note, app.pane() == 3);
    let theme = canvas.theme;
    let t = &app.data.status.totals;
    let bad = |count: u64| if count > 0 { theme.bad() } else { theme.text() };
    let odd = |count: u64| if count > 0 { theme.warn() } else { theme.text() };
    let good = if t.frames_good > 0 {
        theme.good()
    } else {
        theme.text()
    };
    let pairs = [
        ("frames good", format::grouped(t.frames_good), good),
        (
            "  of these corrected",
            format::grouped(t.frames_corrected),
            theme.text(),
        ),
        (
            "uncorrectable",
            format::grouped(t.frames_uncorrectable),
            bad(t.frames_uncorrectable),
        ),
        (
            "rejected",
            format::grouped(t.frames_rejected),
            odd(t.frames_rejected),
        ),
        (
            "lost by count",
            format::grouped(t.frames_lost),
            bad(t.frames_lost),
        ),
        ("packets", format::grouped(t.packets), theme.text()),
        ("  of these idle", format::grouped(t.packets_idle), theme.text()),
        (
            "bit slips",
            format::grouped(app.data.status.sync.slips),
            odd(app.data.status.sync.slips),
        ),
        ("warnings", format::grouped(t.warnings), odd(t.warnings)),
    ];
    canvas.pairs(inner, &pairs);
}
