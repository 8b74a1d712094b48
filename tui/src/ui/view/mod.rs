//! Drawing. `&App` is the widget; each view draws from the state and changes nothing.
//!
//! ```text
//! Groundlink  by701.wav  by70-1 · BPSK 9600 Bd          ● running  00:01:23  12×     title
//!  1 Pass  2 Signal  3 Symbols  …                                        tabs
//! ╭ panes of the view ───────────────────────────────────────────────────────────╮
//! ╰──────────────────────────────────────────────────────────────────────────────╯
//!  ? help  q quit  …                                                                 hints
//! ```

mod channels;
mod coding;
mod events;
mod explain;
mod help;
mod paint;
pub(super) mod palette;
mod panels;
mod pass;
mod plot;
mod records;
mod signal;
mod symbols;

use super::app::App;
use super::ascii;
use super::format;
use super::model::{Mode, View};
use super::theme::Alert;
use groundlink_station::monitor::Phase;
use paint::{Canvas, split_top};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

pub use signal::strongest;

/// Row of the screen that has the tabs.
pub const TAB_ROW: u16 = 1;

impl Widget for &App {
    fn render(self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        let mut canvas = Canvas {
            buf,
            theme: &self.theme,
        };
        let (top, rest) = split_top(area, 1);
        title(self, top, &mut canvas);
        let (tabs, rest) = split_top(rest, 1);
        draw_tabs(self, tabs, &mut canvas);
        let (body, hints) = split_top(rest, rest.height.saturating_sub(1));
        footer(self, hints, &mut canvas);
        let body = failure(self, body, &mut canvas);
        match self.view {
            View::Pass => pass::draw(self, body, &mut canvas),
            View::Signal => signal::draw(self, body, &mut canvas),
            View::Symbols => symbols::draw(self, body, &mut canvas),
            View::Coding => coding::draw(self, body, &mut canvas),
            View::Explain => explain::draw(self, body, &mut canvas),
            View::Channels => channels::draw(self, body, &mut canvas),
            View::Frames => records::draw_frames(self, body, &mut canvas),
            View::Packets => records::draw_packets(self, body, &mut canvas),
            View::Events => events::draw(self, body, &mut canvas),
        }
        match &self.mode {
            Mode::Help(line) => help::draw(*line, area, &mut canvas),
            Mode::Palette { typed, selected } => palette::draw(typed, *selected, area, &mut canvas),
            Mode::Normal | Mode::Filter { .. } | Mode::Line { .. } => {}
        }
        if self.ascii {
            ascii::flatten(buf, area);
        }
    }
}

fn title(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let status = &app.data.status;
    let right = state_pieces(app);
    let room: usize = right.iter().map(|(text, _)| format::width(text) + 2).sum();
    let start = area.width.saturating_sub(room as u16);
    let left = Rect {
        width: start.saturating_sub(1),
        ..area
    };
    let end = canvas.text(left, 1, 0, "Groundlink", theme.title()) + 2;
    let signal = match (status.profile.as_str(), status.signal.as_str()) {
        ("", signal) => signal.to_owned(),
        (profile, "") => profile.to_owned(),
        (profile, signal) => format!("{profile} · {signal}"),
    };
    let free = usize::from(left.width.saturating_sub(end));
    let room = free.saturating_sub(format::width(&signal) + 2).max(12).min(free);
    let name = if format::width(&app.title) > room {
        file_name(&app.title)
    } else {
        &app.title
    };
    let name = format::shortened(name, room);
    let end = canvas.text(left, end, 0, &name, theme.text()) + if name.is_empty() { 0 } else { 2 };
    let free = usize::from(left.width.saturating_sub(end));
    canvas.text(left, end, 0, &format::shortened(&signal, free), theme.dim());
    let mut column = start;
    for (text, style) in right {
        column = canvas.text(area, column, 0, &text, style) + 2;
    }
}

/// What follows the last directory of a path.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// State of the run, time of the signal, speed.
fn state_pieces(app: &App) -> Vec<(String, Style)> {
    let theme = &app.theme;
    let status = &app.data.status;
    let mut pieces = Vec::new();
    if app.frozen {
        pieces.push((" FROZEN ".into(), theme.alert(Alert::Warn)));
    }
    pieces.push(match &status.phase {
        Phase::Running if app.paused => (" PAUSED ".into(), theme.alert(Alert::Warn)),
        Phase::Running => ("● running".into(), theme.good()),
        Phase::Finished => ("■ finished".into(), theme.title()),
        Phase::Failed(_) => (" FAILED ".into(), theme.alert(Alert::Bad)),
    });
    pieces.push((format::clock(status.signal_seconds), theme.text()));
    let speed = match status.phase {
        Phase::Running if app.paused => None,
        Phase::Running => app.data.rates().map(|r| r.real_time),
        _ => app.data.mean_real_time(),
    };
    let speed = speed.filter(|_| status.signal_seconds > 0.0);
    pieces.extend(speed.map(|s| (format!("{:>7}", format::times(s)), theme.dim())));
    pieces
}

/// Names of the tabs as far as they fit: all, closer or wider apart, or only the open one's beside the digits.
fn tab_labels(width: u16, open: View) -> Vec<(View, String)> {
    let full = width >= 78;
    let space = if width >= 90 { " " } else { "" };
    let labels = View::ALL.iter().enumerate().map(|(i, &view)| {
        let named = full || open == view;
        let name = if named {
            format!("{space}{}", view.title())
        } else {
            String::new()
        };
        let end = if open == view { " " } else { "" };
        (view, format!(" {}{name}{end}", i + 1))
    });
    labels.collect()
}

fn draw_tabs(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let mut column = 0;
    for (view, label) in tab_labels(area.width, app.view) {
        let style = if view == app.view {
            canvas.theme.badge()
        } else {
            canvas.theme.dim()
        };
        column = canvas.text(area, column, 0, &label, style);
    }
}

/// The view whose tab is at a column of a screen this wide, `open` being the one shown.
pub fn tab_at(width: u16, open: View, column: u16) -> Option<View> {
    let mut end = 0;
    for (view, label) in tab_labels(width, open) {
        end += format::width(&label) as u16;
        if column < end {
            return Some(view);
        }
    }
    None
}

/// Where a run failed, why; the area left for the view.
fn failure(app: &App, area: Rect, canvas: &mut Canvas<'_>) -> Rect {
    let Phase::Failed(reason) = &app.data.status.phase else {
        return area;
    };
    let width = usize::from(area.width.saturating_sub(2)).max(1);
    let lines = wrapped(&format!("Failed: {reason}"), width);
    let height = lines.len().min(3).min(usize::from(area.height / 3).max(1)) as u16;
    let (banner, rest) = split_top(area, height);
    for (row, line) in (0..banner.height).zip(&lines) {
        canvas.row_style(banner, row, canvas.theme.alert(Alert::Bad));
        canvas.text(banner, 1, row, line, canvas.theme.alert(Alert::Bad));
    }
    rest
}

/// Breaks text at spaces into lines of at most `width` cells; longer words are left to be cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if format::width(line) + 1 + format::width(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn footer(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    if let Mode::Line { typed } = &app.mode {
        let end = canvas.text(area, 1, 0, ":", theme.focus());
        let end = canvas.text(area, end, 0, typed, theme.text());
        let end = canvas.text(area, end, 0, "█", theme.focus());
        let room = usize::from(area.width).saturating_sub(usize::from(end) + 2);
        let help = "Tab completes  Enter  Esc ".to_owned();
        let said = app.notice.as_ref().unwrap_or(&help);
        canvas.text_right(area, area.width, 0, &format::shortened(said, room), theme.dim());
        return;
    }
    if let Mode::Filter { typed, .. } = &app.mode {
        let end = canvas.text(area, 1, 0, "/", theme.focus());
        let end = canvas.text(area, end, 0, typed, theme.text());
        let end = canvas.text(area, end, 0, "█", theme.focus());
        let rows = app.rows(app.view).len() as u64;
        let found = match app.list(app.view).filter.error() {
            Some(error) => format!("{error}  Esc cancel "),
            None => format!("{} found  Enter keep  Esc cancel ", format::grouped(rows)),
        };
        let help = format!("{}  {found}", filter_terms(app.view));
        let room = usize::from(area.width).saturating_sub(usize::from(end) + 2);
        if let Some(words) = [help, found].iter().find(|words| words.len() <= room) {
            canvas.text_right(area, area.width, 0, words, theme.dim());
        }
        return;
    }
    let right = match &app.notice {
        Some(notice) => notice.clone(),
        None => pace_words(app),
    };
    let room = area.width.saturating_sub(format::width(&right) as u16 + 2);
    let mut column = 1;
    for (key, words) in hints(app.view) {
        let width = (key.len() + words.len() + 3) as u16;
        if column + width > room {
            break;
        }
        column = canvas.text(area, column, 0, key, theme.focus()) + 1;
        column = canvas.text(area, column, 0, words, theme.dim()) + 2;
    }
    let style = if app.notice.is_some() {
        theme.warn()
    } else {
        theme.dim()
    };
    canvas.text_right(area, area.width.saturating_sub(1), 0, &right, style);
}

/// Terms that the filter of a view knows.
fn filter_terms(view: View) -> &'static str {
    match view {
        View::Frames => "vcid scid count gap len ebn0 good idle  == != < > && || !",
        View::Packets => "apid vcid scid seq gap len idle  == != < > && || !",
        _ => "level>=warning utc sample  && || !",
    }
}

fn pace_words(app: &App) -> String {
    match app.pace {
        Some(pace) if app.data.status.phase == Phase::Running => format!("held to {}", format::times(pace)),
        _ => String::new(),
    }
}

/// Keys worth knowing in a view, most useful first.
fn hints(view: View) -> &'static [(&'static str, &'static str)] {
    match view {
        View::Pass => &[
            ("?", "help"),
            ("q", "quit"),
            ("Tab", "view"),
            ("Space", "pause"),
            ("f", "freeze"),
            ("+/-", "pace"),
            ("Enter", "pane"),
            ("e", "expand"),
        ],
        View::Signal => &[
            ("?", "help"),
            ("q", "quit"),
            ("+/-", "zoom"),
            ("h/l", "pan"),
            ("m", "marker"),
            ("p", "peak hold"),
            ("a", "average"),
            ("f", "freeze"),
            ("Space", "pause"),
            ("Enter", "pane"),
            ("e", "expand"),
        ],
        View::Coding => &[
            ("?", "help"),
            ("q", "quit"),
            ("w", "all/newest blocks"),
            ("Enter", "pane"),
            ("e", "expand"),
            ("f", "freeze"),
            ("Space", "pause"),
        ],
        View::Explain => &[
            ("?", "help"),
            ("q", "quit"),
            ("j/k", "cause"),
            ("r", "try its remedy"),
            ("Enter", "look again"),
        ],
        View::Symbols => &[
            ("?", "help"),
            ("q", "quit"),
            ("+/-", "zoom"),
            ("Enter", "pane"),
            ("e", "expand"),
            ("f", "freeze"),
            ("Space", "pause"),
        ],
        View::Channels => &[
            ("?", "help"),
            ("q", "quit"),
            ("j/k", "channel"),
            ("Enter", "pane"),
            ("e", "expand"),
            ("f", "freeze"),
            ("Space", "pause"),
        ],
        View::Frames | View::Packets => &[
            ("?", "help"),
            ("q", "quit"),
            ("j/k", "move"),
            ("G", "follow"),
            ("/", "filter"),
            ("y", "copy"),
            ("Enter", "pane"),
            ("e", "expand"),
            ("f", "freeze"),
        ],
        View::Events => &[
            ("?", "help"),
            ("q", "quit"),
            ("j/k", "move"),
            ("G", "follow"),
            ("/", "filter"),
            ("f", "freeze"),
        ],
    }
}
