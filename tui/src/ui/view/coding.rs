//! Coding: frame synchronisation, inner code, Reed-Solomon, turbo and LDPC, and what they do over time.

mod outer;

use super::paint::{Canvas, split_left, split_top};
use super::plot;
use crate::ui::app::App;
use crate::ui::chain::{self, Link};
use crate::ui::data::Data;
use crate::ui::format;
use groundlink_decoder::coding::SyncState;
use groundlink_station::monitor::{BlockView, CodingParts, CodingSums};
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Columns left of the histories for their scales.
const GUTTER: u16 = 6;
/// Lowest and highest channel symbol error rate on the scale, as powers of ten.
const BER_DECADES: (f32, f32) = (-5.0, 0.0);

/// Draws the view.
///
/// ```text
/// ╭ Frame synchronisation ─┬ Inner code ───────╮
/// ├ Reed-Solomon, turbo or LDPC ───────────────┤
/// ├ Per block ─────────────────────────────────┤   where there is room
/// ╰────────────────────────────────────────────╯
/// ```
pub fn draw(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    match app.expanded_pane() {
        Some(0) => return frame_sync(app, area, canvas),
        Some(1) => return inner_code(app, area, canvas),
        Some(2) => return outer::draw(app, area, canvas),
        Some(_) => return per_block(app, area, canvas),
        None => {}
    }
    let (top, rest) = split_top(area, (area.height / 3).clamp(9, 16));
    let (left, right) = split_left(top, top.width / 2);
    frame_sync(app, left, canvas);
    inner_code(app, right, canvas);
    let wanted = outer::height(app).max(if rest.height > 24 { rest.height / 2 } else { 0 });
    let left = rest.height.saturating_sub(wanted);
    let (outer, history) = split_top(rest, if left < 4 { rest.height } else { wanted });
    outer::draw(app, outer, canvas);
    per_block(app, history, canvas);
}

/// Sums that are shown, and the words for which.
fn sums(app: &App) -> (&CodingSums, String) {
    let coding = &app.data.coding;
    if app.newest_only {
        let words = format!("newest {} blocks (w: all)", format::grouped(coding.recent.blocks));
        (&coding.recent, words)
    } else {
        let words = format!("all {} blocks (w: newest)", format::grouped(coding.total.blocks));
        (&coding.total, words)
    }
}

/// Why there is nothing to show of a code that the link does not have.
fn unused(app: &App, without: &'static str) -> &'static str {
    match app.data.coding.parts {
        Some(_) => without,
        None if app.data.status.position == 0 => "nothing yet",
        None => "not in use: decoded already",
    }
}

/// First and last place of the input that the histories show.
fn window(data: &Data) -> (u64, u64) {
    let (blocks, syncs) = (&data.blocks, &data.syncs);
    let forgotten = |total: u64, kept: usize| total > kept as u64;
    let block = blocks.entries().front().and_then(|block| block.index);
    let sync = syncs.entries().front().and_then(|sync| sync.index);
    let from = block
        .filter(|_| forgotten(blocks.total(), blocks.entries().len()))
        .unwrap_or(0)
        .max(
            sync.filter(|_| forgotten(syncs.total(), syncs.entries().len()))
                .unwrap_or(0),
        );
    let last = blocks
        .entries()
        .back()
        .and_then(|block| block.end.or(block.index));
    (from, data.status.position.max(last.unwrap_or(0)).max(from + 1))
}

fn linked(app: &App, name: &str) -> Option<Link> {
    chain::links(&app.data).into_iter().find(|link| link.name == name)
}

/// How long the histories are, in words.
fn window_note<'a>(app: &App, canvas: &Canvas<'_>) -> Line<'a> {
    let (from, to) = window(&app.data);
    let rate = app
        .data
        .status
        .input
        .as_ref()
        .and_then(|input| input.sample_rate_hz);
    let text = match rate.filter(|rate| *rate > 0.0) {
        Some(rate) => format!(" last {} ", format::clock((to - from) as f64 / rate)),
        None => format!(" last {} of the input ", format::grouped(to - from)),
    };
    Line::styled(text, canvas.theme.dim())
}

fn frame_sync(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let legend = Line::styled(" █ lock  ▒ verify  ░ search ", canvas.theme.dim());
    let inner = canvas.pane(area, "Frame synchronisation", Some(legend), app.pane() == 0);
    let Some(parts) = &app.data.coding.parts else {
        return canvas.nothing(inner, unused(app, ""));
    };
    let theme = canvas.theme;
    let (status, (sums, _)) = (&app.data.status.sync, sums(app));
    let link = linked(app, "ASM");
    let state = link.map_or((String::new(), theme.text()), |link| {
        let style = super::panels::link_style(link.state, canvas);
        (
            format!("{} {}", link.state.sign(), state_word(status.state)),
            style,
        )
    });
    let odd = |count: u64| if count > 0 { theme.warn() } else { theme.text() };
    let flywheel = format!(
        "{}, inverted {}",
        format::grouped(sums.flywheel),
        format::grouped(sums.inverted)
    );
    let changes = format!("changed {}×", format::grouped(app.data.syncs.total()));
    let mut pairs = vec![
        ("state", format!("{}, {changes}", state.0), state.1),
        ("blocks", blocks_words(app), theme.text()),
        (marker_name(parts), marker_words(parts, sums), theme.text()),
        ("not found (flywheel)", flywheel, odd(sums.flywheel)),
        ("bit slips", format::grouped(status.slips), odd(status.slips)),
        (
            "false alarm, at most",
            false_alarm(status.false_alarm_per_frame),
            theme.text(),
        ),
    ];
    if inner.height > 8 {
        pairs.push((
            "never confirmed",
            format::grouped(status.unconfirmed),
            odd(status.unconfirmed),
        ));
    }
    let strip_rows = if inner.height > pairs.len() as u16 {
        (inner.height - pairs.len() as u16).min(3)
    } else {
        1
    };
    let (text, strip) = split_top(inner, inner.height.saturating_sub(strip_rows));
    canvas.pairs(text, &pairs);
    sync_strip(&app.data, strip, canvas);
}

fn state_word(state: SyncState) -> &'static str {
    match state {
        SyncState::Search => "search",
        SyncState::Verify => "verify",
        SyncState::Lock => "lock",
    }
}

fn marker_name(parts: &CodingParts) -> &'static str {
    if parts.telecommand {
        "start sequence"
    } else {
        "marker errors"
    }
}

fn blocks_words(app: &App) -> String {
    let status = &app.data.status.sync;
    format!(
        "{}, failed {}",
        format::grouped(status.blocks),
        format::grouped(status.uncorrectable)
    )
}

fn marker_words(parts: &CodingParts, sums: &CodingSums) -> String {
    if parts.telecommand {
        return "begins every CLTU".into();
    }
    if sums.blocks == 0 {
        return format!("– of {} bits", parts.marker_bits);
    }
    let mean = sums.marker_errors as f64 / sums.blocks as f64;
    format!("{mean:.2} of {} bits", parts.marker_bits)
}

/// Probability of a false frame in a random stretch of a frame's length.
fn false_alarm(probability: f64) -> String {
    if probability > 0.0 && probability.is_finite() {
        format!("{probability:.1e}/frame")
    } else {
        "–".into()
    }
}

/// States over the columns of the window, the worst in each; `None` before the first.
fn states(data: &Data, columns: u16) -> Vec<Option<SyncState>> {
    let (from, to) = window(data);
    let mut changes = data
        .syncs
        .entries()
        .iter()
        .filter_map(|sync| Some((sync.index?, sync.state)))
        .peekable();
    let forgotten = data.syncs.total() > data.syncs.entries().len() as u64;
    let mut now = (!forgotten && data.coding.parts.is_some()).then_some(SyncState::Search);
    let mut place = |column: u16| {
        let end = from + ((to - from) as f64 * f64::from(column + 1) / f64::from(columns)) as u64;
        let mut worst = None;
        while let Some((_, state)) = changes.next_if(|(at, _)| *at < end) {
            worst = worse(worst, now);
            now = Some(state);
        }
        // A state that only passed at the very end of a column is the next one's.
        worse(worst, now)
    };
    (0..columns).map(&mut place).collect()
}

fn worse(a: Option<SyncState>, b: Option<SyncState>) -> Option<SyncState> {
    let rank = |state: Option<SyncState>| match state {
        Some(SyncState::Search) => 0,
        Some(SyncState::Verify) => 1,
        Some(SyncState::Lock) => 2,
        None => 3,
    };
    if rank(a) <= rank(b) { a } else { b }
}

fn sync_strip(data: &Data, area: Rect, canvas: &mut Canvas<'_>) {
    let margin = u16::from(area.width >= 34);
    let area = Rect {
        x: area.x + margin,
        width: area.width - 2 * margin,
        ..area
    };
    for (column, state) in (0..area.width).zip(states(data, area.width)) {
        let (sign, style) = match state {
            None => continue,
            Some(SyncState::Search) => ('░', canvas.theme.bad()),
            Some(SyncState::Verify) => ('▒', canvas.theme.warn()),
            Some(SyncState::Lock) => ('█', canvas.theme.good()),
        };
        for row in 0..area.height {
            canvas.cell(area, column, row, sign, style);
        }
    }
}

fn inner_code(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let note = Some(window_note(app, canvas));
    let inner = canvas.pane(area, "Inner code", note, app.pane() == 1);
    let parts = app.data.coding.parts.as_ref();
    let Some(code) = parts.and_then(|parts| parts.inner.clone()) else {
        return canvas.nothing(inner, unused(app, "not in use: the link has no inner code"));
    };
    let theme = canvas.theme;
    let (status, (sums, _)) = (&app.data.status.sync, sums(app));
    let (errors, of) = sums.channel_symbols;
    let mean = if of > 0 {
        errors as f32 / of as f32
    } else {
        f32::NAN
    };
    let link = linked(app, "node");
    let style = link
        .as_ref()
        .map_or(theme.text(), |link| super::panels::link_style(link.state, canvas));
    let node = match (status.node_locked, status.node.as_str()) {
        (false, _) => "○ searching".into(),
        (true, "") => "● locked".into(),
        (true, node) => node.to_owned(),
    };
    let pairs = [
        ("code", code, theme.text()),
        ("node", node, style),
        ("channel BER now", format::rate(status.channel_ber), theme.text()),
        ("  over the blocks", format::rate(mean), theme.text()),
        (
            "decoded again",
            format!("{} blocks", format::grouped(sums.repeated)),
            theme.text(),
        ),
    ];
    let (text, rest) = split_top(inner, (pairs.len() as u16).min(inner.height.saturating_sub(2)));
    canvas.pairs(text, &pairs);
    ber_history(app, rest, canvas);
}

/// Channel symbol error rate per block on a logarithmic scale.
fn ber_history(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let (scale, plot) = split_left(area, GUTTER);
    let cells = per_column(app, plot.width, BlockView::channel_ber);
    let values: Vec<_> = cells
        .iter()
        .map(|cell| cell.map(|cell| cell.mean.log10()))
        .collect();
    plot::bars(&values, BER_DECADES, plot, canvas);
    let last = scale.height.saturating_sub(1);
    canvas.text_right(scale, GUTTER - 1, 0, "1", canvas.theme.dim());
    if last > 0 {
        canvas.text_right(scale, GUTTER - 1, last, "1e-5", canvas.theme.dim());
    }
}

/// A value of the blocks over the columns of the window.
fn per_column(app: &App, columns: u16, value: impl Fn(&BlockView) -> f32) -> Vec<Option<plot::Cell>> {
    let items = app.data.blocks.entries().iter().filter_map(|block| {
        let begin = block.index?;
        Some((begin, block.end.unwrap_or(begin), value(block)))
    });
    plot::columns(items, window(&app.data), columns)
}

/// Eb/N0, channel errors and corrections of the blocks over time, as far as the link has them.
fn per_block(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    if area.is_empty() {
        return;
    }
    let note = Some(window_note(app, canvas));
    let inner = canvas.pane(area, "Per block", note, app.pane() == 3);
    let Some(parts) = &app.data.coding.parts else {
        return canvas.nothing(inner, unused(app, ""));
    };
    if app.data.blocks.entries().is_empty() {
        return canvas.nothing(inner, "no blocks yet");
    }
    let failed = |block: &BlockView| if block.good { f32::NAN } else { 1.0 };
    let mut rows: Vec<History> = vec![("Eb/N0", "dB", |block| block.eb_n0_db)];
    if parts.reed_solomon.is_some() {
        rows.push(("most corrected", "symbols", most_corrected));
    }
    if parts.iterative.is_some() {
        rows.push(("iterations", "", most_iterations));
    }
    rows.push(("marker errors", "bits", |block| block.quality.asm_errors as f32));
    let shown = rows.len().min(usize::from(inner.height / 2).max(1));
    let mut rest = inner;
    for (left, (name, unit, value)) in (1..=shown).rev().zip(rows) {
        let (part, below) = split_top(rest, rest.height / left as u16);
        rest = below;
        history(app, (name, unit, value), part, canvas);
        let (_, plot) = split_left(part, history_gutter(part));
        for (column, cell) in (0..plot.width).zip(per_column(app, plot.width, failed)) {
            if cell.is_some() {
                canvas.cell(plot, column, 0, '✗', canvas.theme.bad());
            }
        }
    }
}

/// Columns left of a history for its name and range.
fn history_gutter(area: Rect) -> u16 {
    16.min(area.width / 3)
}

/// A history: name, unit, value.
type History = (&'static str, &'static str, fn(&BlockView) -> f32);

/// Most symbols corrected in a codeword of the block; NaN where it is uncorrectable.
fn most_corrected(block: &BlockView) -> f32 {
    let outcome = block.quality.reed_solomon.as_ref();
    match outcome {
        Some(outcome) if outcome.good() => {
            let most = outcome.corrections.iter().flatten().max();
            most.copied().map_or(f32::NAN, f32::from)
        }
        _ => f32::NAN,
    }
}

fn most_iterations(block: &BlockView) -> f32 {
    let most = block.quality.iterative.iter().map(|word| word.iterations).max();
    most.map_or(f32::NAN, |most| most as f32)
}

fn history(app: &App, (name, unit, value): History, area: Rect, canvas: &mut Canvas<'_>) {
    let (scale, plot) = split_left(area, history_gutter(area));
    let cells = per_column(app, plot.width, value);
    let values: Vec<_> = cells.iter().map(|cell| cell.map(|cell| cell.most)).collect();
    let known = || values.iter().copied().flatten();
    let (least, most) = known().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| {
        (l.min(v), h.max(v))
    });
    canvas.text(scale, 1, 0, name, canvas.theme.dim());
    if least > most {
        return canvas.text_right(scale, scale.width - 1, area.height - 1, "–", canvas.theme.dim());
    }
    let low = if least < 1.0 || least > most / 2.0 {
        (least - 1.0).floor().max(least.min(0.0))
    } else {
        0.0
    };
    let high = most.ceil().max(low + 2.0);
    plot::bars(&values, (low, high), plot, canvas);
    let range = format!("{:.0} to {high:.0} {unit}", low + 0.0);
    if area.height > 1 {
        canvas.text(scale, 1, 1, &range, canvas.theme.text());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundlink_station::monitor::{Monitor, SyncView};

    #[test]
    fn the_strip_shows_the_worst_of_each_column() {
        let monitor = Monitor::new();
        monitor.set_coding(CodingParts::default());
        monitor.update(|status| status.position = 1000);
        let change = |index, state| {
            monitor.push_sync(SyncView {
                index: Some(index),
                state,
                node: String::new(),
            });
        };
        change(250, SyncState::Lock);
        change(520, SyncState::Verify);
        change(530, SyncState::Lock);
        change(900, SyncState::Search);
        let mut data = Data::default();
        data.poll(&monitor);
        let text: String = states(&data, 10)
            .into_iter()
            .map(|state| state.map_or('-', |state| state_word(state).chars().next().unwrap_or('?')))
            .collect();
        assert_eq!(text, "sssllvllls");
    }
}
