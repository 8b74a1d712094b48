//! State of the terminal UI and how events change it. Drawing is elsewhere and changes nothing.

use super::colors::ThemeName;
use super::data::Data;
use super::decode;
use super::filter::Filter;
use super::keys::{self, Command, Lookup};
use super::line::History;
use super::list::{ListPane, Step};
use super::model::{Action, Markers, Mode, UiOptions, View, Zoom, next_pace};
use super::theme::{Depth, Theme};
use super::view::palette::{self, Does};
use groundlink_decoder::coding::SyncState;
use groundlink_decoder::link::VcId;
use groundlink_station::explain::Cause;
use groundlink_station::monitor::{Explained, Monitor};
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use std::collections::BTreeMap;

/// State of the terminal UI.
#[derive(Debug)]
pub struct App {
    /// What is shown, for the title line.
    pub title: String,
    /// Whether the run is elsewhere.
    pub(super) attached: bool,
    pub(super) theme: Theme,
    pub(super) data: Data,
    /// View shown.
    pub view: View,
    /// What typing goes to.
    pub mode: Mode,
    /// Whether the display is held.
    pub frozen: bool,
    /// Whether the replay is held.
    pub paused: bool,
    /// Multiple of real time at which the replay is held back.
    pub pace: Option<f64>,
    /// Part of the spectrum that is shown.
    pub zoom: Zoom,
    /// Markers in the spectrum.
    pub markers: Markers,
    /// Magnification of the constellation by powers of two.
    pub magnified: u32,
    /// Whether sums over blocks are those of the newest only.
    pub newest_only: bool,
    /// Pane that has the keys, per view.
    pub focus: [usize; View::ALL.len()],
    /// Whether that pane has the whole view, per view.
    pub expanded: [bool; View::ALL.len()],
    /// Newest message to the user, until the next key.
    pub notice: Option<String>,
    /// Cells across, for clicks and pictures.
    pub width: u16,
    /// Cells down.
    pub height: u16,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
    /// Where the replay was last told to go.
    pub(super) jumped: Option<u64>,
    /// Place that was remembered.
    pub(super) mark: Option<u64>,
    /// Lines typed before.
    pub(super) history: History,
    lists: [ListPane; View::ALL.len()],
    typed: String,
    depth: Depth,
    aliases: BTreeMap<String, String>,
    bell: Bell,
}

/// Rings when frame synchronisation is found or lost.
#[derive(Debug, Clone, Copy, Default)]
struct Bell {
    wanted: bool,
    locked: bool,
    rung: bool,
}

impl App {
    /// The start: the pass, nothing known.
    pub fn new(options: &UiOptions, depth: Depth) -> Self {
        let depth = if options.color { depth } else { Depth::Mono };
        let mut lists: [ListPane; View::ALL.len()] = Default::default();
        lists[View::Channels as usize].cursor = Some(0);
        Self {
            title: options.title.clone(),
            attached: options.attached,
            theme: Theme::new(options.theme, depth),
            data: Data::default(),
            view: options.view,
            mode: Mode::Normal,
            frozen: false,
            paused: false,
            pace: None,
            zoom: Zoom {
                steps: 0,
                centre: 0.5,
            },
            markers: Markers::default(),
            magnified: 0,
            newest_only: false,
            focus: [0; View::ALL.len()],
            expanded: [false; View::ALL.len()],
            notice: None,
            width: 80,
            height: 24,
            ascii: options.ascii,
            jumped: None,
            mark: None,
            history: History::default(),
            lists,
            typed: String::new(),
            depth,
            aliases: options.keys.clone(),
            bell: Bell {
                wanted: options.bell,
                ..Bell::default()
            },
        }
    }

    /// Takes what is new at the monitor unless the display is held; whether anything was.
    pub fn poll(&mut self, monitor: &Monitor) -> bool {
        if self.frozen {
            return false;
        }
        let (paused, pace) = (monitor.paused(), monitor.pace());
        let changed = (paused, pace) != (self.paused, self.pace);
        (self.paused, self.pace) = (paused, pace);
        let changed = self.data.poll(monitor) || changed;
        let locked = self.data.status.sync.state == SyncState::Lock;
        self.bell.rung |= self.bell.wanted && locked != self.bell.locked;
        self.bell.locked = locked;
        changed
    }

    /// Whether the bell is to ring, once.
    pub fn rings(&mut self) -> bool {
        std::mem::take(&mut self.bell.rung)
    }

    /// Puts on a theme.
    pub(super) fn wear(&mut self, theme: ThemeName) {
        self.theme = Theme::new(theme, self.depth);
    }

    /// Text and ground of pictures of the screen.
    pub fn paper(&self) -> ((u8, u8, u8), (u8, u8, u8)) {
        self.theme.paper()
    }

    /// Filters the list of the view shown.
    pub(super) fn filter_here(&mut self, filter: Filter) {
        self.list_here().filter = filter;
    }

    /// How far the input was read when the display last looked.
    pub fn position(&self) -> u64 {
        self.data.status.position
    }

    /// The list of a view.
    pub(super) fn list(&self, view: View) -> &ListPane {
        &self.lists[view as usize]
    }

    /// Selects the row of this number.
    pub(super) fn select(&mut self, view: View, number: u64) {
        let list = &mut self.lists[view as usize];
        (list.cursor, list.detail) = (Some(number), 0);
    }

    fn list_here(&mut self) -> &mut ListPane {
        &mut self.lists[self.view as usize]
    }

    /// Pane of the view shown that has the keys.
    pub fn pane(&self) -> usize {
        self.focus[self.view as usize]
    }

    /// Pane that has the whole view, if one has.
    pub fn expanded_pane(&self) -> Option<usize> {
        self.expanded[self.view as usize].then(|| self.pane())
    }

    /// Numbers of the rows that the filter of a view lets through, rising; empty for views without a list.
    pub fn rows(&self, view: View) -> Vec<u64> {
        let filter = &self.list(view).filter;
        let data = &self.data;
        match view {
            View::Channels => (0..data.status.link.vcs.len() as u64).collect(),
            View::Explain => (0..self.causes().len() as u64).collect(),
            View::Frames => numbers(data.frames.entries(), filter),
            View::Packets => numbers(data.packets.entries(), filter),
            View::Events => numbers(data.events.entries(), filter),
            _ => Vec::new(),
        }
    }

    /// Number of the selected row of a view.
    pub fn selected(&self, view: View) -> Option<u64> {
        let rows = self.rows(view);
        self.list(view).selected(&rows).map(|index| rows[index])
    }

    /// The selected virtual channel.
    pub fn selected_vc(&self) -> Option<VcId> {
        let index = self.selected(View::Channels)?;
        self.data.status.link.vcs.keys().nth(index as usize).copied()
    }

    /// Takes an event; what it asks of the world outside comes back.
    pub fn update(&mut self, event: &Event) -> Action {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(*key),
            Event::Mouse(mouse) => self.mouse(*mouse),
            Event::Resize(width, height) => {
                (self.width, self.height) = (*width, *height);
                Action::None
            }
            _ => Action::None,
        }
    }

    fn key(&mut self, key: KeyEvent) -> Action {
        self.notice = None;
        let Some(name) = keys::name(key) else {
            return match self.mode {
                Mode::Filter { .. } => self.type_filter(key),
                Mode::Line { .. } => self.type_line(key),
                Mode::Palette { .. } => self.type_palette(key),
                Mode::Normal | Mode::Help(_) => Action::None,
            };
        };
        if name == "Ctrl-c" {
            return Action::Quit;
        }
        match self.mode {
            Mode::Filter { .. } => self.type_filter(key),
            Mode::Line { .. } => self.type_line(key),
            Mode::Palette { .. } => self.type_palette(key),
            Mode::Help(line) => self.help_key(line, &name),
            Mode::Normal => {
                let name = self.aliases.get(&name).cloned().unwrap_or(name);
                self.normal_key(&name)
            }
        }
    }

    fn normal_key(&mut self, name: &str) -> Action {
        let keys = std::mem::take(&mut self.typed) + name;
        match keys::lookup(&keys) {
            Lookup::Command(command) => self.command(command),
            Lookup::Prefix => {
                self.typed = keys;
                Action::None
            }
            Lookup::Unknown if keys != name => self.normal_key(name),
            Lookup::Unknown => Action::None,
        }
    }

    /// In the help, movements scroll and any other key closes it.
    fn help_key(&mut self, line: usize, name: &str) -> Action {
        self.mode = match keys::lookup(name) {
            Lookup::Command(Command::Up) => Mode::Help(line.saturating_sub(1)),
            Lookup::Command(Command::Down) => Mode::Help(line + 1),
            Lookup::Command(Command::PageUp) => Mode::Help(line.saturating_sub(10)),
            Lookup::Command(Command::PageDown) => Mode::Help(line + 10),
            _ => Mode::Normal,
        };
        Action::None
    }

    fn type_filter(&mut self, key: KeyEvent) -> Action {
        let Mode::Filter { typed, before } = &mut self.mode else {
            return Action::None;
        };
        match key.code {
            KeyCode::Enter => {
                self.mode = Mode::Normal;
                return Action::None;
            }
            KeyCode::Esc => {
                let before = std::mem::take(before);
                self.list_here().filter = before;
                self.mode = Mode::Normal;
                return Action::None;
            }
            _ => edit(typed, key),
        }
        let filter = Filter::parse(typed);
        self.list_here().filter = filter;
        Action::None
    }

    fn type_line(&mut self, key: KeyEvent) -> Action {
        let Mode::Line { typed } = &mut self.mode else {
            return Action::None;
        };
        match key.code {
            KeyCode::Enter => {
                let line = std::mem::take(typed);
                self.mode = Mode::Normal;
                return self.run_line(&line);
            }
            KeyCode::Esc => self.mode = Mode::Normal,
            KeyCode::Backspace if typed.is_empty() => self.mode = Mode::Normal,
            KeyCode::Tab => self.complete(),
            KeyCode::Up => *typed = self.history.turn(true),
            KeyCode::Down => *typed = self.history.turn(false),
            _ => edit(typed, key),
        }
        Action::None
    }

    fn type_palette(&mut self, key: KeyEvent) -> Action {
        let Mode::Palette { typed, selected } = &mut self.mode else {
            return Action::None;
        };
        let entries = palette::entries(typed);
        match key.code {
            KeyCode::Enter => {
                let taken = entries.get((*selected).min(entries.len().saturating_sub(1)));
                self.mode = Mode::Normal;
                return match taken.map(|entry| entry.2) {
                    Some(Does::Key(command)) => self.command(command),
                    Some(Does::Line(name)) => {
                        self.start_line(format!("{name} "));
                        Action::None
                    }
                    None => Action::None,
                };
            }
            KeyCode::Esc => self.mode = Mode::Normal,
            KeyCode::Up => *selected = selected.saturating_sub(1),
            KeyCode::Down => *selected = (*selected + 1).min(entries.len().saturating_sub(1)),
            _ => {
                edit(typed, key);
                *selected = 0;
            }
        }
        Action::None
    }

    fn start_line(&mut self, typed: String) {
        self.history.rewind();
        self.mode = Mode::Line { typed };
    }

    /// Shows the explanation, and asks for one where there is none or a new one is wanted.
    fn explain(&mut self, anew: bool) -> Action {
        self.view = View::Explain;
        let list = self.list_here();
        list.cursor.get_or_insert(0);
        match self.data.explained {
            Explained::NotAsked => Action::Explain,
            Explained::Done(_) | Explained::Failed(_) if anew => Action::Explain,
            _ => Action::None,
        }
    }

    /// The causes named, the likeliest first.
    pub(super) fn causes(&self) -> &[Cause] {
        match &self.data.explained {
            Explained::Done(explanation) => &explanation.causes,
            _ => &[],
        }
    }

    fn try_remedy(&mut self) -> Action {
        if self.view != View::Explain {
            self.notice = Some("remedies are in the view Explain (8, x)".into());
            return Action::None;
        }
        let selected = self.selected(View::Explain).unwrap_or(0);
        let (set, advice) = match self.causes().get(selected as usize) {
            Some(cause) => (cause.set.clone(), cause.advice.clone()),
            None => (Vec::new(), "there is no remedy to try".to_owned()),
        };
        if !set.is_empty() {
            return Action::Set(set);
        }
        self.notice = Some(advice);
        Action::None
    }

    /// Goes to where the selected row began.
    fn go_to_row(&mut self) -> Action {
        let data = &self.data;
        let at = self.selected(self.view).and_then(|number| match self.view {
            View::Frames => data.frames.get(number).and_then(|e| e.item.sample),
            View::Packets => data.packets.get(number).and_then(|e| e.item.sample),
            View::Events => data.events.get(number).and_then(|e| e.item.sample),
            _ => None,
        });
        if let Some(sample) = at {
            return self.seek(sample);
        }
        self.notice = Some("select a frame, packet or event that has a sample (9, 6, 7)".into());
        Action::None
    }

    fn command(&mut self, command: Command) -> Action {
        match command {
            Command::Line => self.start_line(String::new()),
            Command::Palette => {
                self.mode = Mode::Palette {
                    typed: String::new(),
                    selected: 0,
                };
            }
            Command::Screenshot => return self.screenshot("").unwrap_or(Action::None),
            Command::Theme => {
                self.wear(self.theme.name.next());
                self.notice = Some(format!("theme {}", self.theme.name.name()));
            }
            Command::Suspend => return Action::Suspend,
            Command::GoToRow => return self.go_to_row(),
            Command::Quit => return Action::Quit,
            Command::Help => self.mode = Mode::Help(0),
            Command::Back => self.back(),
            Command::NextView => self.view = self.view.next(1),
            Command::PreviousView => self.view = self.view.next(View::ALL.len() - 1),
            Command::Show(View::Explain) => return self.explain(false),
            Command::Show(view) => self.view = view,
            Command::NextPane if self.view == View::Explain => return self.explain(true),
            Command::Remedy => return self.try_remedy(),
            Command::Up => self.step(Step::Rows(-1)),
            Command::Down => self.step(Step::Rows(1)),
            Command::Top => self.step(Step::First),
            Command::Bottom => self.step(Step::Last),
            Command::PageUp => self.step(Step::Pages(-1)),
            Command::PageDown => self.step(Step::Pages(1)),
            Command::Left => self.sideways(false),
            Command::Right => self.sideways(true),
            Command::NextPane => self.change_pane(1),
            Command::Expand => {
                let expanded = &mut self.expanded[self.view as usize];
                *expanded = !*expanded;
            }
            Command::Filter => self.start_filter(),
            Command::Pause => return Action::Pause(!self.paused),
            Command::Freeze => self.frozen = !self.frozen,
            Command::Plus => return self.plus_minus(true),
            Command::Minus => return self.plus_minus(false),
            Command::Average => self.data.traces.average_more(),
            Command::PeakHold => self.data.traces.toggle_hold(),
            Command::Marker => self.set_marker(),
            Command::ClearMarkers => self.markers = Markers::default(),
            Command::Other => self.show_other(),
            Command::Copy => return self.copy(),
            other => return self.replay_command(other),
        }
        Action::None
    }

    /// A marker on the strongest place in view; the one before becomes the reference.
    fn set_marker(&mut self) {
        let found = super::view::strongest(&self.data.traces.spectrum(), self.zoom.window());
        let Some(place) = found else {
            self.notice = Some("no spectrum to set a marker in".into());
            return;
        };
        self.markers = Markers {
            reference: self.markers.now,
            now: Some(place),
        };
        self.view = View::Signal;
    }

    /// Moves the marker by a column, and the view with it where it leaves it.
    fn move_marker(&mut self, place: f64, right: bool) {
        let (from, to) = self.zoom.window();
        let step = (to - from) / f64::from(self.width.saturating_sub(9).max(1));
        let place = (place + if right { step } else { -step }).clamp(0.0, 1.0 - 1e-9);
        self.markers.now = Some(place);
        self.zoom.reveal(place);
    }

    fn show_other(&mut self) {
        if self.view == View::Coding {
            self.newest_only = !self.newest_only;
        }
    }

    fn back(&mut self) {
        let index = self.view as usize;
        if self.expanded[index] {
            self.expanded[index] = false;
        } else if self.focus[index] > 0 {
            self.focus[index] = 0;
        } else {
            self.lists[index].filter = Filter::default();
        }
    }

    fn change_pane(&mut self, step: usize) {
        let focus = &mut self.focus[self.view as usize];
        *focus = (*focus + step) % self.view.panes();
    }

    fn step(&mut self, step: Step) {
        let (view, pane) = (self.view, self.pane());
        match (view, pane) {
            (View::Events | View::Explain, _) | (View::Channels | View::Frames | View::Packets, 0) => {
                let rows = self.rows(view);
                let grows = !matches!(view, View::Channels | View::Explain);
                self.list_here().step(step, &rows, grows);
            }
            (View::Channels | View::Frames | View::Packets, _) => self.scroll_detail(step),
            _ => {}
        }
    }

    /// Scrolls what belongs to the selected row; drawing leaves no empty space at its end.
    fn scroll_detail(&mut self, step: Step) {
        let lines = match self.view {
            View::Channels => self
                .selected_vc()
                .map_or(0, |id| self.data.status.link.vcs[&id].apids.len()),
            _ => self.selected_bytes().map_or(0, <[u8]>::len).div_ceil(16),
        };
        let detail = &mut self.list_here().detail;
        *detail = match step {
            Step::Rows(rows) => detail.saturating_add_signed(rows),
            Step::Pages(pages) => detail.saturating_add_signed(pages * 16),
            Step::First => 0,
            Step::Last => lines,
        }
        .min(lines.saturating_sub(1));
    }

    fn sideways(&mut self, right: bool) {
        if let (View::Signal, Some(place)) = (self.view, self.markers.now) {
            self.move_marker(place, right);
        } else if self.view == View::Signal {
            self.zoom.pan(if right { 0.125 } else { -0.125 });
        } else {
            self.change_pane(if right { 1 } else { self.view.panes() - 1 });
        }
    }

    fn start_filter(&mut self) {
        match self.view {
            View::Frames | View::Packets | View::Events => {
                let before = self.list_here().filter.clone();
                self.mode = Mode::Filter {
                    typed: before.source().to_owned(),
                    before,
                };
            }
            _ => self.notice = Some("filters are for frames, packets and events (9, 6, 7)".into()),
        }
    }

    fn plus_minus(&mut self, plus: bool) -> Action {
        match self.view {
            View::Signal => self.zoom.change(plus),
            View::Symbols if plus => self.magnified = (self.magnified + 1).min(3),
            View::Symbols => self.magnified = self.magnified.saturating_sub(1),
            _ => return Action::Pace(next_pace(self.pace, self.data.rates().map(|r| r.real_time), plus)),
        }
        Action::None
    }

    fn selected_bytes(&self) -> Option<&[u8]> {
        let number = self.selected(self.view)?;
        match self.view {
            View::Frames => self.data.frames.get(number).map(|e| e.item.bytes.as_slice()),
            View::Packets => self.data.packets.get(number).map(|e| e.item.bytes.as_slice()),
            _ => None,
        }
    }

    fn copy(&mut self) -> Action {
        let Some(bytes) = self.selected_bytes() else {
            self.notice = Some("nothing to copy: select a frame or packet (9, 6)".into());
            return Action::None;
        };
        let (text, count) = (decode::hex(bytes), bytes.len());
        self.notice = Some(format!("copied {count} bytes as hex"));
        Action::Copy(text)
    }

    fn mouse(&mut self, mouse: MouseEvent) -> Action {
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) if mouse.row == super::view::TAB_ROW => {
                if let Some(view) = super::view::tab_at(self.width, self.view, mouse.column) {
                    self.mode = Mode::Normal;
                    self.view = view;
                }
            }
            MouseEventKind::ScrollUp => self.step(Step::Rows(-3)),
            MouseEventKind::ScrollDown => self.step(Step::Rows(3)),
            _ => {}
        }
        Action::None
    }
}

/// Takes a key into a line being typed.
fn edit(typed: &mut String, key: KeyEvent) {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Backspace => {
            typed.pop();
        }
        KeyCode::Char('u') if control => typed.clear(),
        KeyCode::Char('w') if control => {
            let kept = typed.trim_end().rfind(' ').map_or(0, |space| space + 1);
            typed.truncate(kept);
        }
        KeyCode::Char(c) if !control && typed.chars().count() < 200 => typed.push(c),
        _ => {}
    }
}

fn numbers<T>(entries: &std::collections::VecDeque<super::data::Entry<T>>, filter: &Filter) -> Vec<u64>
where
    super::data::Entry<T>: super::filter::Row,
{
    entries
        .iter()
        .filter(|e| filter.matches(*e))
        .map(|e| e.number)
        .collect()
}
