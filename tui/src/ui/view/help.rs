//! The help: the key map, written out.

use super::paint::{Canvas, centred};
use crate::ui::format;
use crate::ui::keys::{Group, KEY_MAP};
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

enum Entry {
    Heading(&'static str),
    Key(String, &'static str),
    Blank,
}

fn entries(groups: &[Group]) -> Vec<Entry> {
    let mut all = Vec::new();
    for &group in groups {
        if !all.is_empty() {
            all.push(Entry::Blank);
        }
        all.push(Entry::Heading(group.title()));
        for binding in KEY_MAP.iter().filter(|b| b.group == group) {
            all.push(Entry::Key(binding.keys.join("  "), binding.help));
        }
    }
    all
}

/// Draws the help over everything, from this line on.
pub fn draw(line: usize, area: Rect, canvas: &mut Canvas<'_>) {
    let wide = area.width >= 78;
    let columns = if wide {
        vec![entries(&[Group::General, Group::Signal]), entries(&[Group::Move])]
    } else {
        vec![entries(&Group::ALL)]
    };
    let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
    let area = centred(area, if wide { 80 } else { 44 }, longest as u16 + 2);
    Clear.render(area, canvas.buf);
    let note = Line::styled(" any key closes ", canvas.theme.dim());
    let inner = canvas.pane(area, "Keys", Some(note), true);
    let first = line.min(longest.saturating_sub(inner.height.into()));
    let width = inner.width / columns.len() as u16;
    for (i, column) in columns.iter().enumerate() {
        let part = Rect {
            x: inner.x + i as u16 * width,
            width,
            ..inner
        };
        for (row, entry) in (0..part.height).zip(column.iter().skip(first)) {
            draw_entry(entry, part, row, canvas);
        }
    }
}

fn draw_entry(entry: &Entry, area: Rect, row: u16, canvas: &mut Canvas<'_>) {
    const KEYS: u16 = 13;
    let theme = canvas.theme;
    match entry {
        Entry::Heading(title) => {
            canvas.text(area, 1, row, title, theme.title());
        }
        Entry::Key(keys, help) => {
            canvas.text(area, 1, row, &format::shortened(keys, KEYS.into()), theme.focus());
            let words = format::shortened(help, usize::from(area.width.saturating_sub(KEYS + 2)));
            canvas.text(area, KEYS + 2, row, &words, theme.text());
        }
        Entry::Blank => {}
    }
}
