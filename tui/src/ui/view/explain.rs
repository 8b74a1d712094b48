//! Explain: why there are no frames. What the lock chain shows at once, and below what a closer look at a stretch of the
//! signal has found: the chain from the antenna inwards, the first broken link, causes and their remedies.

use super::paint::{Canvas, split_top};
use super::{panels, wrapped};
use crate::ui::app::App;
use crate::ui::model::View;
use groundlink_station::explain::{Cause, Explanation, State};
use groundlink_station::monitor::Explained;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

/// Rows of the verdict: what was looked at, what was found.
const VERDICT: u16 = 3;

/// Draws the view.
pub fn draw(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let (verdict, rest) = split_top(area, VERDICT + 2);
    match &app.data.explained {
        Explained::Done(explanation) => {
            draw_verdict(
                &explanation.scope(),
                &explanation.verdict(),
                explanation.decodes,
                verdict,
                canvas,
            );
            let (chain, causes) = split_top(rest, explanation.chain.len() as u16 + 2);
            draw_chain(explanation, chain, canvas);
            draw_causes(app, explanation, causes, canvas);
        }
        Explained::Failed(reason) => {
            draw_verdict("no explanation", reason, false, verdict, canvas);
            panels::chain(app, rest, canvas);
        }
        Explained::Working => {
            draw_verdict(
                "a stretch of the signal is looked at",
                "some seconds …",
                true,
                verdict,
                canvas,
            );
            panels::chain(app, rest, canvas);
        }
        Explained::NotAsked => {
            let now = panels::held_up(app).unwrap_or_else(|| "nothing is held up".to_owned());
            draw_verdict("Enter has a closer look", &now, true, verdict, canvas);
            panels::chain(app, rest, canvas);
        }
    }
}

fn draw_verdict(scope: &str, words: &str, good: bool, area: Rect, canvas: &mut Canvas<'_>) {
    let inner = canvas.pane(area, "Verdict", None, false);
    let width = usize::from(inner.width.saturating_sub(2)).max(1);
    canvas.text(inner, 1, 0, scope, canvas.theme.dim());
    let style = if good {
        canvas.theme.good()
    } else {
        canvas.theme.bad()
    };
    for (row, line) in (1..inner.height).zip(wrapped(words, width)) {
        canvas.text(inner, 1, row, &line, style);
    }
}

fn draw_chain(explanation: &Explanation, area: Rect, canvas: &mut Canvas<'_>) {
    let inner = canvas.pane(area, "From the antenna inwards", None, false);
    let theme = canvas.theme;
    for (row, finding) in (0..inner.height).zip(&explanation.chain) {
        let (sign, style) = match finding.state {
            State::Good => ('●', theme.good()),
            State::Poor => ('◐', theme.warn()),
            State::Broken => ('✗', theme.bad()),
            State::Unknown => ('·', theme.dim()),
        };
        canvas.cell(inner, 1, row, sign, style);
        canvas.text(inner, 3, row, finding.link.name(), theme.title());
        let words = if finding.state == State::Good {
            theme.text()
        } else {
            style
        };
        canvas.text(inner, 12, row, &finding.evidence, words);
    }
}

fn draw_causes(app: &App, explanation: &Explanation, area: Rect, canvas: &mut Canvas<'_>) {
    let title = if explanation.decodes {
        "What could be better"
    } else {
        "Likeliest causes"
    };
    let note = format!(
        " {} remedies tried  r tries the selected one here  Enter looks again ",
        explanation.tried
    );
    let note = Line::styled(note, canvas.theme.dim());
    let note = Some(note).filter(|line| line.width() + 4 <= usize::from(area.width));
    let inner = canvas.pane(area, title, note, true);
    if explanation.causes.is_empty() {
        let words = if explanation.decodes {
            "nothing stands out"
        } else {
            "none was found"
        };
        return canvas.nothing(inner, words);
    }
    let selected = app.selected(View::Explain).unwrap_or(0) as usize;
    let width = usize::from(inner.width.saturating_sub(5)).max(1);
    let blocks: Vec<Vec<String>> = explanation
        .causes
        .iter()
        .map(|cause| {
            cause
                .lines()
                .iter()
                .flat_map(|line| wrapped(line, width))
                .collect()
        })
        .collect();
    let above: usize = blocks.iter().take(selected).map(Vec::len).sum();
    let below = above + blocks.get(selected).map_or(0, Vec::len);
    let mut skip = below.saturating_sub(inner.height.into()).min(above);
    let mut row = 0;
    for (number, (cause, lines)) in explanation.causes.iter().zip(&blocks).enumerate() {
        for (i, line) in lines.iter().enumerate() {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            if i == 0 {
                canvas.text(inner, 1, row, &format!("{}.", number + 1), canvas.theme.focus());
            }
            canvas.text(inner, 4, row, line, line_style(cause, i, canvas));
            if number == selected && i == 0 {
                canvas.row_style(inner, row, canvas.theme.selected());
            }
            row += 1;
        }
    }
}

/// Proven causes stand out, what follows the first line does not.
fn line_style(cause: &Cause, line: usize, canvas: &Canvas<'_>) -> Style {
    match (line, cause.proven) {
        (0, true) => canvas.theme.good(),
        (0, false) => canvas.theme.warn(),
        _ => canvas.theme.text(),
    }
}
