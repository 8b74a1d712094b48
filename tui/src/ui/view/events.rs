//! The event log.

use super::paint::Canvas;
use crate::ui::app::App;
use crate::ui::data::{level_word, place};
use crate::ui::format;
use crate::ui::model::View;
use groundlink_station::monitor::{EventLine, Level};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

/// Draws the view.
pub fn draw(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let rows = app.rows(View::Events);
    let note = list_note(app, View::Events, rows.len(), app.data.events.total(), canvas);
    let inner = canvas.pane(area, "Events", Some(note), true);
    let list = app.list(View::Events);
    let Some(selected) = list.selected(&rows) else {
        let words = if list.filter.is_empty() {
            "nothing happened yet"
        } else {
            "no event fits the filter"
        };
        canvas.nothing(inner, words);
        return;
    };
    let at = place_width(app);
    let first = list.first_shown(selected, rows.len(), inner.height.into());
    for (row, &number) in (0..inner.height).zip(rows.iter().skip(first)) {
        if let Some(entry) = app.data.events.get(number) {
            draw_event(&entry.item, at, inner, row, canvas);
        }
        if first + usize::from(row) == selected {
            canvas.row_style(inner, row, canvas.theme.selected());
        }
    }
}

/// The newest events that fit, oldest first; for panes that only look on.
pub fn draw_newest(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let entries = app.data.events.entries();
    if entries.is_empty() {
        canvas.nothing(area, "nothing happened yet");
    }
    let at = place_width(app);
    let skip = entries.len().saturating_sub(area.height.into());
    for (row, entry) in (0..area.height).zip(entries.iter().skip(skip)) {
        draw_event(&entry.item, at, area, row, canvas);
    }
}

/// Columns that the place of an event takes: a time, or a sample index.
fn place_width(app: &App) -> usize {
    if app.data.status.utc.is_some() { 24 } else { 15 }
}

fn draw_event(event: &EventLine, at: usize, area: Rect, row: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let (sign, style) = match event.level {
        Level::Info => ('·', theme.dim()),
        Level::Warning => ('!', theme.warn()),
        Level::Error => ('✗', theme.bad()),
    };
    let time = place(event.utc.as_deref(), event.sample);
    let time = format!("{:>at$}", format::shortened(&time, at));
    let end = canvas.text(area, 0, row, &time, theme.dim());
    let end = canvas.text(
        area,
        end + 1,
        row,
        &format!("{sign} {:<8}", level_word(event.level)),
        style,
    );
    let words = if event.level == Level::Info {
        Style::new()
    } else {
        style
    };
    canvas.text(area, end, row, &event.text, words);
}

/// What is shown of how many, whether new ones are followed, and the filter.
pub fn list_note(app: &App, view: View, shown: usize, total: u64, canvas: &Canvas<'_>) -> Line<'static> {
    let list = app.list(view);
    let mut text = if list.filter.is_empty() {
        format!(" {} ", format::grouped(total))
    } else {
        format!(
            " /{}  {} of {} ",
            list.filter.source(),
            format::grouped(shown as u64),
            format::grouped(total)
        )
    };
    if list.cursor.is_none() {
        text.push_str("following ");
    }
    let style = if list.filter.is_empty() {
        canvas.theme.dim()
    } else {
        canvas.theme.warn()
    };
    Line::styled(text, style)
}
