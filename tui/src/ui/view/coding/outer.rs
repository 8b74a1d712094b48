//! What Reed-Solomon, turbo and LDPC decoders did.

use super::{sums, unused};
use crate::ui::app::App;
use crate::ui::format;
use crate::ui::view::paint::{Canvas, bar_height, bar_sign, split_top};
use groundlink_station::monitor::{CodingSums, RsParts};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

/// Columns of the names of codewords.
const NAME: u16 = 5;

/// Rows that the pane needs to show all.
pub fn height(app: &App) -> u16 {
    let parts = app.data.coding.parts.as_ref();
    match parts.and_then(|parts| parts.reed_solomon) {
        Some(rs) => 4 + rs.interleave as u16 + u16::from(rs.interleave > 1),
        None if parts.is_some_and(|parts| parts.iterative.is_some()) => 8,
        None => 3,
    }
}

/// Draws the pane.
pub fn draw(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let focused = app.pane() == 2;
    let (sums, words) = sums(app);
    let note = Some(Line::styled(format!(" {words} "), canvas.theme.dim()));
    let parts = app.data.coding.parts.as_ref();
    if let Some(rs) = parts.and_then(|parts| parts.reed_solomon) {
        let inner = canvas.pane(area, &rs_title(&rs), note, focused);
        corrections(&rs, sums, inner, canvas);
    } else if let Some(code) = parts.and_then(|parts| parts.iterative.as_ref()) {
        let inner = canvas.pane(area, &format!("Iterations of {code}"), note, focused);
        iterations(sums, inner, canvas);
    } else {
        let inner = canvas.pane(area, "Outer code", None, focused);
        canvas.nothing(
            inner,
            unused(app, "not in use: no Reed-Solomon, turbo or LDPC code"),
        );
    }
}

fn rs_title(rs: &RsParts) -> String {
    format!(
        "Reed-Solomon ({},{}), I={}: codewords by symbols corrected",
        rs.codeword, rs.information, rs.interleave
    )
}

/// A count in at most `room` cells, three or more: digits, else thousands, millions, …; a dot for none.
fn brief(count: u64, room: usize) -> String {
    if count == 0 {
        return "·".into();
    }
    let mut text = count.to_string();
    for (unit, scale) in [("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000)] {
        if text.len() > room {
            text = match count / scale {
                0 => format!(".{}{unit}", count * 10 / scale),
                whole => format!("{whole}{unit}"),
            };
        }
    }
    text
}

/// Rows: the codewords of the interleaving. Columns: symbols corrected, from none to E, and failed.
fn corrections(rs: &RsParts, sums: &CodingSums, area: Rect, canvas: &mut Canvas<'_>) {
    let columns = rs.correctable as u16 + 2;
    let width = (area.width.saturating_sub(NAME) / columns.max(1)).clamp(2, 9);
    let end = |column: u16| NAME + width * (column + 1);
    let theme = canvas.theme;
    for column in 0..columns {
        let label = if column + 1 == columns {
            "fail".into()
        } else {
            column.to_string()
        };
        let label = if label.len() >= width.into() {
            "✗".into()
        } else {
            label
        };
        canvas.text_right(area, end(column), 0, &label, theme.dim());
    }
    let counts = |word: usize| -> Vec<u64> {
        let found = sums.reed_solomon.get(word);
        let by = found.map_or(&[][..], |word| &word.by_symbols);
        let failed = found.map_or(0, |word| word.failed);
        let corrected = (0..=rs.correctable).map(|n| by.get(n).copied().unwrap_or(0));
        corrected.chain([failed]).collect()
    };
    let words: Vec<_> = (0..rs.interleave).map(counts).collect();
    let most = words.iter().flatten().copied().max().unwrap_or(0).max(1);
    let mut row = 1;
    for (number, counts) in words.iter().enumerate() {
        canvas.text_right(area, NAME - 1, row, &format!("{}", number + 1), theme.dim());
        count_row(counts, most, area, (row, width), canvas);
        row += 1;
    }
    let all: Vec<u64> = (0..columns.into())
        .map(|n| words.iter().map(|word| word[n]).sum())
        .collect();
    if rs.interleave > 1 {
        let most = all.iter().copied().max().unwrap_or(0).max(1);
        canvas.text_right(area, NAME - 1, row, "all", theme.dim());
        count_row(&all, most, area, (row, width), canvas);
        row += 1;
    }
    let erased = format!(
        "erasures in {} codewords ({} symbols)",
        format::grouped(sums.erased_codewords),
        format::grouped(sums.erased_symbols)
    );
    canvas.text(area, 1, row, &erased, theme.dim());
    let (_, rest) = split_top(area, row + 2);
    if rest.height >= 3 {
        bars(&all, rest, width, canvas);
    }
}

/// Codewords of all places together, a bar for each column of the table, on a logarithmic scale: few matter too.
fn bars(counts: &[u64], area: Rect, width: u16, canvas: &mut Canvas<'_>) {
    let most = counts.iter().copied().max().unwrap_or(0);
    let high = (most as f32).ln_1p().max(1.0);
    for (column, &count) in (0_u16..).zip(counts) {
        let failed = usize::from(column) + 1 == counts.len();
        let value = (count as f32).ln_1p();
        let eighths = bar_height(value, 0.0, high, area.height).max(usize::from(count > 0));
        let style = if failed {
            canvas.theme.bad()
        } else {
            Style::new().fg(canvas.theme.heat(0.3 + 0.6 * value / high))
        };
        let end = NAME + width * (column + 1);
        for row in 0..area.height {
            let sign = bar_sign(eighths, row, area.height);
            for cell in end.saturating_sub(width - 1)..end {
                if sign != ' ' {
                    canvas.cell(area, cell, row, sign, style);
                }
            }
        }
    }
}

fn count_row(counts: &[u64], most: u64, area: Rect, (row, width): (u16, u16), canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    for (column, &count) in (0_u16..).zip(counts) {
        let failed = usize::from(column) + 1 == counts.len();
        let share = (count as f32).ln_1p() / (most as f32).ln_1p();
        let style = match (count, failed) {
            (0, _) => theme.border(),
            (_, true) => theme.bad(),
            _ => Style::new().fg(theme.heat(0.45 + 0.5 * share)),
        };
        let text = brief(count, usize::from(width) - 1);
        canvas.text_right(area, NAME + width * (column + 1), row, &text, style);
    }
}

/// How many codewords took how many iterations; those that were not decoded apart.
fn iterations(sums: &CodingSums, area: Rect, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let failed: u64 = sums.not_converged.values().sum();
    let words: u64 = failed + sums.iterations.values().sum::<u64>();
    if words == 0 {
        return canvas.nothing(area, "no codewords yet");
    }
    let steps: u64 = sums
        .iterations
        .iter()
        .map(|(&n, &count)| u64::from(n) * count)
        .sum();
    let mean = steps as f64 / (words - failed).max(1) as f64;
    let (text, rest) = split_top(area, 1);
    let line = format!(
        "{} codewords, {mean:.1} iterations in the mean, not decoded: ",
        format::grouped(words)
    );
    let end = canvas.text(text, 1, 0, &line, theme.dim());
    let style = if failed > 0 { theme.bad() } else { theme.text() };
    canvas.text(text, end, 0, &format::grouped(failed), style);
    let (plot, axis) = split_top(rest, rest.height.saturating_sub(1));
    let last = sums
        .iterations
        .keys()
        .chain(sums.not_converged.keys())
        .copied()
        .max()
        .unwrap_or(1);
    let width = (plot.width.saturating_sub(1) / (last as u16).max(1)).clamp(1, 6);
    let per_column = (last.div_ceil((plot.width / width).max(1).into())).max(1);
    let columns = last.div_ceil(per_column);
    let count = |column: u32| -> u64 {
        let range = column * per_column + 1..=(column + 1) * per_column;
        sums.iterations.range(range).map(|(_, &count)| count).sum()
    };
    let most = (0..columns).map(count).max().unwrap_or(0).max(1) as f32;
    for column in 0..columns {
        let share = count(column) as f32 / most;
        let eighths = bar_height(share, 0.0, 1.0, plot.height).max(usize::from(share > 0.0));
        let style = Style::new().fg(theme.heat(0.3 + 0.6 * share));
        let left = 1 + column as u16 * width;
        for row in 0..plot.height {
            for cell in left..left + (width - u16::from(width > 1)) {
                canvas.cell(plot, cell, row, bar_sign(eighths, row, plot.height), style);
            }
        }
        let every = (8 / width).max(1);
        if column % u32::from(every) == 0 {
            canvas.text(
                axis,
                left,
                0,
                &format!("{}", column * per_column + 1),
                theme.dim(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_fit_their_room() {
        for (count, room, text) in [
            (0, 3, "·"),
            (999, 3, "999"),
            (1_000, 3, "1k"),
            (99_999, 3, "99k"),
            (120_000, 3, ".1M"),
            (123_456, 6, "123456"),
            (2_000_000, 3, "2M"),
        ] {
            assert_eq!(brief(count, room), text);
        }
    }
}
