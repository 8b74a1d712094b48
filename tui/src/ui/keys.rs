//! The key map: one table from which keys are looked up and the help is written.

use super::model::View;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Leave the program.
    Quit,
    /// Show or hide the keys.
    Help,
    /// Undo the newest of: filter, expansion, focus.
    Back,
    /// Next view.
    NextView,
    /// Previous view.
    PreviousView,
    /// This view.
    Show(View),
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// Left: pan the plot, or the pane before.
    Left,
    /// Right: pan the plot, or the pane after.
    Right,
    /// First row.
    Top,
    /// Last row, and follow what arrives.
    Bottom,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// Give the keys to the next pane of the view.
    NextPane,
    /// The pane with the keys takes the whole view, or gives it back.
    Expand,
    /// Type a filter.
    Filter,
    /// Hold the replay, or let it go on.
    Pause,
    /// Hold the display, or let it go on.
    Freeze,
    /// Zoom in, or replay faster.
    Plus,
    /// Zoom out, or replay slower.
    Minus,
    /// Spectra in the mean that is shown: more, then the newest alone.
    Average,
    /// Hold the peaks of the spectrum, or let them go.
    PeakHold,
    /// A marker on what is strongest in view; the one before is what differences are from.
    Marker,
    /// No markers.
    ClearMarkers,
    /// Show the other of what a view can show.
    Other,
    /// Copy the selected frame or packet as hex.
    Copy,
    /// One block of signal more.
    Step,
    /// Ten seconds back.
    SeekBack,
    /// Ten seconds forward.
    SeekForward,
    /// To the next frame.
    NextFrame,
    /// To the frame before.
    PreviousFrame,
    /// To the next gap or loss of lock.
    NextTrouble,
    /// To the gap or loss of lock before.
    PreviousTrouble,
    /// Remember this place.
    SetMark,
    /// To the place that was remembered.
    GoToMark,
    /// Type a command.
    Line,
    /// Find a command by its words.
    Palette,
    /// Write the screen to a file.
    Screenshot,
    /// The next theme.
    Theme,
    /// Leave the terminal to the shell for a while.
    Suspend,
    /// To where the selected row began.
    GoToRow,
    /// Try the selected remedy.
    Remedy,
}

/// Where a binding is listed in the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Everywhere.
    General,
    /// Moving in lists and dumps.
    Move,
    /// The signal and its display.
    Signal,
}

impl Group {
    /// All, in the order of the help.
    pub const ALL: [Self; 3] = [Self::General, Self::Move, Self::Signal];

    /// Heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Move => "Lists, dumps and panes",
            Self::Signal => "Signal and display",
        }
    }
}

/// Keys that ask for a command.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Names of the keys; two letters are pressed one after the other.
    pub keys: &'static [&'static str],
    /// The command.
    pub command: Command,
    /// Where the help lists it.
    pub group: Group,
    /// What the help says of it.
    pub help: &'static str,
}

const fn bind(keys: &'static [&'static str], command: Command, group: Group, help: &'static str) -> Binding {
    Binding {
        keys,
        command,
        group,
        help,
    }
}

/// Every key of the terminal UI.
pub const KEY_MAP: &[Binding] = &[
    bind(
        &["q", "Ctrl-c"],
        Command::Quit,
        Group::General,
        "quit, all output is kept",
    ),
    bind(&["?", "F1"], Command::Help, Group::General, "this help"),
    bind(&[":"], Command::Line, Group::General, "command line"),
    bind(&["Ctrl-p"], Command::Palette, Group::General, "find a command"),
    bind(&["S"], Command::Screenshot, Group::General, "screen as SVG file"),
    bind(&["T"], Command::Theme, Group::General, "next theme"),
    bind(
        &["Ctrl-z"],
        Command::Suspend,
        Group::General,
        "suspend; fg resumes",
    ),
    bind(&["r"], Command::Remedy, Group::Signal, "Explain: try the remedy"),
    bind(&["o"], Command::GoToRow, Group::Move, "go to where it began"),
    bind(&["Esc"], Command::Back, Group::General, "back"),
    bind(&["Tab"], Command::NextView, Group::General, "next view"),
    bind(
        &["BackTab"],
        Command::PreviousView,
        Group::General,
        "previous view",
    ),
    bind(&["1"], Command::Show(View::Pass), Group::General, "the pass"),
    bind(
        &["2"],
        Command::Show(View::Signal),
        Group::General,
        "spectrum and waterfall",
    ),
    bind(&["3"], Command::Show(View::Symbols), Group::General, "symbols"),
    bind(
        &["4"],
        Command::Show(View::Coding),
        Group::General,
        "codes and markers",
    ),
    bind(
        &["5"],
        Command::Show(View::Channels),
        Group::General,
        "virtual channels",
    ),
    bind(&["6"], Command::Show(View::Packets), Group::General, "packets"),
    bind(&["7"], Command::Show(View::Events), Group::General, "events"),
    bind(
        &["8", "x"],
        Command::Show(View::Explain),
        Group::General,
        "why no frames",
    ),
    bind(&["9"], Command::Show(View::Frames), Group::General, "frames"),
    bind(&["k", "Up"], Command::Up, Group::Move, "up"),
    bind(&["j", "Down"], Command::Down, Group::Move, "down"),
    bind(
        &["h", "Left"],
        Command::Left,
        Group::Move,
        "pane before; plot: left",
    ),
    bind(
        &["l", "Right"],
        Command::Right,
        Group::Move,
        "pane after; plot: right",
    ),
    bind(&["gg", "Home"], Command::Top, Group::Move, "first"),
    bind(&["G", "End"], Command::Bottom, Group::Move, "last, and follow"),
    bind(&["PgUp", "Ctrl-b"], Command::PageUp, Group::Move, "page up"),
    bind(&["PgDn", "Ctrl-f"], Command::PageDown, Group::Move, "page down"),
    bind(
        &["Enter"],
        Command::NextPane,
        Group::Move,
        "keys to the next pane",
    ),
    bind(&["e"], Command::Expand, Group::Move, "expand the pane"),
    bind(&["/"], Command::Filter, Group::Move, "filter; /! inverts it"),
    bind(&["y"], Command::Copy, Group::Move, "copy as hex (OSC 52)"),
    bind(&["a"], Command::Average, Group::Signal, "average more spectra"),
    bind(&["p"], Command::PeakHold, Group::Signal, "peak hold on, off"),
    bind(&["m"], Command::Marker, Group::Signal, "marker on the strongest"),
    bind(&["M"], Command::ClearMarkers, Group::Signal, "no markers"),
    bind(&["w"], Command::Other, Group::Signal, "other sums of blocks"),
    bind(&["Space"], Command::Pause, Group::Signal, "pause the replay"),
    bind(&["f"], Command::Freeze, Group::Signal, "freeze the display"),
    bind(&["+", "="], Command::Plus, Group::Signal, "faster; plot: zoom in"),
    bind(
        &["-", "_"],
        Command::Minus,
        Group::Signal,
        "slower; plot: zoom out",
    ),
    bind(&["."], Command::Step, Group::Signal, "step, while paused"),
    bind(&["["], Command::SeekBack, Group::Signal, "ten seconds back"),
    bind(&["]"], Command::SeekForward, Group::Signal, "ten seconds forward"),
    bind(&["n"], Command::NextFrame, Group::Signal, "next frame"),
    bind(&["N"], Command::PreviousFrame, Group::Signal, "frame before"),
    bind(
        &["}"],
        Command::NextTrouble,
        Group::Signal,
        "next gap or lock loss",
    ),
    bind(
        &["{"],
        Command::PreviousTrouble,
        Group::Signal,
        "gap or lock loss before",
    ),
    bind(&["'"], Command::SetMark, Group::Signal, "mark this place"),
    bind(&["`"], Command::GoToMark, Group::Signal, "go to the mark"),
];

/// Name of a key as the key map writes it; `None` for keys that no binding can name.
pub fn name(key: KeyEvent) -> Option<String> {
    let plain = match key.code {
        KeyCode::Char(' ') => "Space",
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => {
            return Some(format!("Ctrl-{}", c.to_ascii_lowercase()));
        }
        KeyCode::Char(c) if !key.modifiers.contains(KeyModifiers::ALT) => return Some(c.to_string()),
        KeyCode::F(n) => return Some(format!("F{n}")),
        KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => "BackTab",
        KeyCode::Tab => "Tab",
        KeyCode::BackTab => "BackTab",
        KeyCode::Esc => "Esc",
        KeyCode::Enter => "Enter",
        KeyCode::Up => "Up",
        KeyCode::Down => "Down",
        KeyCode::Left => "Left",
        KeyCode::Right => "Right",
        KeyCode::Home => "Home",
        KeyCode::End => "End",
        KeyCode::PageUp => "PgUp",
        KeyCode::PageDown => "PgDn",
        _ => return None,
    };
    Some(plain.to_owned())
}

/// What a key means after the keys typed before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// A command.
    Command(Command),
    /// The beginning of a longer key.
    Prefix,
    /// Nothing.
    Unknown,
}

/// Looks up a key, or keys typed one after the other, by name.
pub fn lookup(keys: &str) -> Lookup {
    let bound = KEY_MAP.iter().find(|b| b.keys.contains(&keys));
    let begins = |b: &Binding| {
        b.keys
            .iter()
            .any(|k| k.len() == 2 && keys.len() == 1 && k.starts_with(keys))
    };
    match bound {
        Some(binding) => Lookup::Command(binding.command),
        None if KEY_MAP.iter().any(begins) => Lookup::Prefix,
        None => Lookup::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_key_is_bound_twice() {
        let mut seen = BTreeSet::new();
        for key in KEY_MAP.iter().flat_map(|b| b.keys) {
            assert!(seen.insert(key), "{key} is bound twice");
        }
    }

    #[test]
    fn every_help_fits_its_column() {
        for binding in KEY_MAP {
            assert!(binding.help.len() <= 24, "{}", binding.help);
            assert!(binding.keys.join("  ").len() <= 13, "{:?}", binding.keys);
        }
    }

    #[test]
    fn two_letters_make_one_key() {
        assert_eq!(lookup("g"), Lookup::Prefix);
        assert_eq!(lookup("gg"), Lookup::Command(Command::Top));
        assert_eq!(lookup("gx"), Lookup::Unknown);
    }

    #[test]
    fn names_tell_modifiers() {
        let named = |code, modifiers| name(KeyEvent::new(code, modifiers));
        assert_eq!(
            named(KeyCode::Char('c'), KeyModifiers::CONTROL).as_deref(),
            Some("Ctrl-c")
        );
        assert_eq!(
            named(KeyCode::Char('G'), KeyModifiers::SHIFT).as_deref(),
            Some("G")
        );
        assert_eq!(
            named(KeyCode::Tab, KeyModifiers::SHIFT).as_deref(),
            Some("BackTab")
        );
        assert_eq!(named(KeyCode::Char('x'), KeyModifiers::ALT), None);
    }
}
