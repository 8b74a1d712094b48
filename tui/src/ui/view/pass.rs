//! The pass: the lock chain, Eb/N0, input, counters; on large screens the plots and the newest events too.

use super::paint::{Canvas, split_left, split_top};
use super::{channels, events, panels, signal, symbols};
use crate::ui::app::App;
use ratatui::layout::Rect;

/// Smallest screens on which the chain is drawn across rather than down.
const ACROSS: u16 = 200;

/// Draws the view.
///
/// ```text
/// ╭ Lock chain ────────────────────────╮
/// ├ Eb/N0 ───┬ Input ──────┬ Counters ─┤
/// ├ Spectrum, waterfall ┬ Constellation┤   where there is room
/// ├ Channels ───────────┴ Events ──────┤
/// ╰────────────────────────────────────╯
/// ```
pub fn draw(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    if let Some(pane) = app.expanded_pane() {
        return match pane {
            0 => panels::chain(app, area, canvas),
            1 => panels::eb_n0(app, area, canvas),
            2 => panels::input(app, area, canvas),
            _ => panels::counters(app, area, canvas),
        };
    }
    let across = area.width >= ACROSS && area.height >= 30;
    let (top, rest) = split_top(
        area,
        if across {
            6 + u16::from(panels::held_up(app).is_some())
        } else {
            10
        },
    );
    if across {
        panels::chain_across(app, top, canvas);
    } else {
        panels::chain(app, top, canvas);
    }
    let large = rest.height >= 22;
    let (numbers, rest) = split_top(rest, if large { 12 } else { rest.height });
    draw_numbers(app, numbers, canvas);
    if large {
        draw_rest(app, rest, canvas);
    }
}

fn draw_numbers(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let (input, counters) = if area.width >= 120 { (44, 38) } else { (31, 27) };
    let (eb_n0, rest) = split_left(area, area.width.saturating_sub(input + counters).max(22));
    let (middle, right) = split_left(rest, input);
    panels::eb_n0(app, eb_n0, canvas);
    panels::input(app, middle, canvas);
    panels::counters(app, right, canvas);
}

fn draw_rest(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let lower = (area.height / 3).clamp(0, 18);
    let (plots, tables) = split_top(area, area.height - if lower >= 6 { lower } else { 0 });
    let round = (plots.height * 2).min(plots.width * 2 / 5);
    let (left, right) = split_left(plots, plots.width - round);
    if left.height >= 20 {
        let (top, bottom) = split_top(left, left.height * 9 / 20);
        signal::spectrum(app, top, false, canvas);
        signal::waterfall(app, bottom, false, canvas);
    } else {
        signal::spectrum(app, left, false, canvas);
    }
    symbols::panel(app, right, false, canvas);
    let (left, right) = split_left(tables, if tables.width >= 160 { tables.width / 2 } else { 0 });
    if !left.is_empty() {
        let inner = canvas.pane(left, "Virtual channels", None, false);
        channels::draw_channels(app, inner, canvas);
    }
    if !right.is_empty() {
        let inner = canvas.pane(right, "Newest events", None, false);
        events::draw_newest(app, inner, canvas);
    }
}
