//! The command palette: everything that a key or the command line does, found by its words.

use super::paint::{Canvas, centred, split_top};
use crate::ui::format;
use crate::ui::keys::{Command, KEY_MAP};
use crate::ui::line::LINES;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

/// What an entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// What its key does.
    Key(Command),
    /// Begins this line.
    Line(&'static str),
}

/// An entry: what it is called by, what it does in words, what it does.
pub type Entry = (String, &'static str, Does);

/// Entries that have all the words typed.
pub fn entries(typed: &str) -> Vec<Entry> {
    let keys = KEY_MAP
        .iter()
        .map(|b| (b.keys.join("  "), b.help, Does::Key(b.command)));
    let lines = LINES
        .iter()
        .map(|&(name, after, help)| (format!(":{name} {after}"), help, Does::Line(name)));
    let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
    keys.chain(lines)
        .filter(|(called, help, _)| {
            let text = format!("{} {}", help.to_lowercase(), called.to_lowercase());
            words.iter().all(|word| text.contains(word.as_str()))
        })
        .collect()
}

/// Draws the palette over everything.
pub fn draw(typed: &str, selected: usize, area: Rect, canvas: &mut Canvas<'_>) {
    const CALLED: u16 = 22;
    let area = centred(area, 76, 18);
    Clear.render(area, canvas.buf);
    let inner = canvas.pane(area, "Commands", None, true);
    let (line, list) = split_top(inner, 1);
    let end = canvas.text(line, 1, 0, "› ", canvas.theme.focus());
    let end = canvas.text(line, end, 0, typed, canvas.theme.text());
    canvas.text(line, end, 0, "█", canvas.theme.focus());
    let entries = entries(typed);
    if entries.is_empty() {
        return canvas.nothing(list, "nothing of this name");
    }
    let selected = selected.min(entries.len() - 1);
    let first = (selected + 1).saturating_sub(list.height.into());
    for (row, (number, (called, help, _))) in (0..list.height).zip(entries.iter().enumerate().skip(first)) {
        let called = format::shortened(called, usize::from(CALLED) - 2);
        canvas.text(list, 1, row, &called, canvas.theme.focus());
        canvas.text(list, CALLED, row, help, canvas.theme.text());
        if number == selected {
            canvas.row_style(list, row, canvas.theme.selected());
        }
    }
}
