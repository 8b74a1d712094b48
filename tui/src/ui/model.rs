//! What the state of the terminal UI is made of.

use super::colors::ThemeName;
use super::config::UiConfig;
use super::filter::Filter;
use groundlink_station::monitor::Until;
use std::collections::BTreeMap;

/// A view of the terminal UI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The pass on one screen: lock chain, Eb/N0, counters.
    Pass,
    /// Spectrum and waterfall.
    Signal,
    /// What the demodulator makes of it.
    Symbols,
    /// Inner code, frame synchronisation, error correction.
    Coding,
    /// Virtual channels and their APIDs.
    Channels,
    /// Packets with header and dump.
    Packets,
    /// Event log.
    Events,
    /// Why there are no frames.
    Explain,
    /// Frames with header and dump.
    Frames,
}

impl View {
    /// All, in the order of their digits.
    pub const ALL: [Self; 9] = [
        Self::Pass,
        Self::Signal,
        Self::Symbols,
        Self::Coding,
        Self::Channels,
        Self::Packets,
        Self::Events,
        Self::Explain,
        Self::Frames,
    ];

    /// Name on the tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Pass => "Pass",
            Self::Signal => "Signal",
            Self::Symbols => "Symbols",
            Self::Coding => "Coding",
            Self::Channels => "Channels",
            Self::Packets => "Packets",
            Self::Events => "Events",
            Self::Explain => "Explain",
            Self::Frames => "Frames",
        }
    }

    /// Panes that can take the keys and be expanded.
    pub fn panes(self) -> usize {
        match self {
            Self::Pass | Self::Symbols | Self::Coding => 4,
            Self::Channels => 2,
            Self::Events | Self::Explain => 1,
            Self::Signal | Self::Frames | Self::Packets => 3,
        }
    }

    /// The view of this name, in lower case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|view| view.title().to_lowercase() == name)
    }

    /// The view so many tabs further on.
    pub(super) fn next(self, step: usize) -> Self {
        Self::ALL[(self as usize + step) % Self::ALL.len()]
    }
}

/// What typing goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// The key map.
    Normal,
    /// The help, scrolled by so many lines.
    Help(usize),
    /// A filter being typed, and the one it replaces.
    Filter {
        /// What is typed so far.
        typed: String,
        /// What was there before.
        before: Filter,
    },
    /// A command line being typed.
    Line {
        /// What is typed so far.
        typed: String,
    },
    /// The command palette.
    Palette {
        /// What is typed so far.
        typed: String,
        /// Number of the entry that `Enter` takes, among those that fit.
        selected: usize,
    },
}

/// What an event asks of the world outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Nothing (the screen may have changed).
    None,
    /// Leave.
    Quit,
    /// Put this text on the clipboard.
    Copy(String),
    /// Write a new file.
    Write {
        /// Where to.
        path: String,
        /// What is in it.
        bytes: Vec<u8>,
    },
    /// Leave the terminal to the shell until it says go on.
    Suspend,
    /// Ring the terminal's bell.
    Bell,
    /// Hold the replay, or let it go on.
    Pause(bool),
    /// Replay at this multiple of real time, `None` as fast as possible.
    Pace(Option<f64>),
    /// Go on from this sample of the input.
    Seek(u64),
    /// One block of signal more, while the replay is held.
    Step,
    /// Run on to the next such thing, and hold the replay there.
    RunUntil(Until),
    /// Change the profile, each `key=value` as `--set` takes it, and go on from here with it.
    Set(Vec<String>),
    /// Work out why there are no frames.
    Explain,
    /// Write the profile as it is now to a file.
    SaveProfile {
        /// Where to.
        path: String,
        /// Whether a file that is there may go.
        replace: bool,
    },
}

/// What a caller chooses.
#[derive(Debug, Clone)]
pub struct UiOptions {
    /// Whether to use colour.
    pub color: bool,
    /// Redraws per second, at most 20.
    pub refresh_hz: f64,
    /// What is shown, for the title line: the name of the input, say.
    pub title: String,
    /// Theme.
    pub theme: ThemeName,
    /// Only ASCII characters.
    pub ascii: bool,
    /// Ring the bell when frames begin to come, and when they end.
    pub bell: bool,
    /// View that is shown first.
    pub view: View,
    /// Keys, each with the key that it stands for.
    pub keys: BTreeMap<String, String>,
    /// Whether the run is elsewhere, where keys do not change it.
    pub attached: bool,
}

impl UiOptions {
    /// What a user has set.
    pub fn new(title: String, color: bool, config: UiConfig) -> Self {
        Self {
            color,
            refresh_hz: config.refresh_hz,
            title,
            theme: config.theme,
            ascii: config.ascii,
            bell: config.bell,
            view: config.first_view(),
            keys: config.keys,
            attached: false,
        }
    }
}

impl Default for UiOptions {
    fn default() -> Self {
        Self::new(String::new(), true, UiConfig::default())
    }
}

/// Markers in the spectrum, as places from 0 (lowest frequency) to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Markers {
    /// The one that moves.
    pub now: Option<f64>,
    /// The one before it, which the differences are from.
    pub reference: Option<f64>,
}

/// Part of the spectrum that is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Zoom {
    /// Magnification by powers of two.
    pub steps: u32,
    /// Centre, from 0 (lowest frequency) to 1.
    pub centre: f64,
}

impl Zoom {
    const MAX_STEPS: u32 = 6;

    /// Lowest and highest place shown, from 0 to 1.
    pub fn window(self) -> (f64, f64) {
        let half = 0.5 / f64::from(1_u32 << self.steps);
        let centre = self.centre.clamp(half, 1.0 - half);
        (centre - half, centre + half)
    }

    /// Moves so that a place is shown.
    pub(super) fn reveal(&mut self, place: f64) {
        let (from, to) = self.window();
        let beyond = (place - to).max(0.0) + (place - from).min(0.0);
        self.centre = self.centre.clamp(0.0, 1.0) + beyond;
        self.pan(0.0);
    }

    /// Magnifies twice, or half.
    pub(super) fn change(&mut self, closer: bool) {
        self.steps = if closer {
            (self.steps + 1).min(Self::MAX_STEPS)
        } else {
            self.steps.saturating_sub(1)
        };
        self.pan(0.0);
    }

    /// Moves by so many widths of the plot.
    pub(super) fn pan(&mut self, screens: f64) {
        let half = 0.5 / f64::from(1_u32 << self.steps);
        self.centre = (self.centre + screens * 2.0 * half).clamp(half, 1.0 - half);
    }
}

/// The next pace on a ladder of powers of two from 1/4 to 1024, above which nothing holds the replay back.
/// From there, slower begins just below the speed it has.
pub fn next_pace(pace: Option<f64>, speed: Option<f64>, faster: bool) -> Option<f64> {
    const SLOWEST: f64 = 0.25;
    const FASTEST: f64 = 1024.0;
    match (pace, faster) {
        (None, true) => None,
        (None, false) => {
            let speed = speed
                .filter(|s| s.is_finite())
                .unwrap_or(1.0)
                .clamp(SLOWEST, FASTEST);
            Some(speed.log2().floor().exp2())
        }
        (Some(pace), true) if pace >= FASTEST => None,
        (Some(pace), true) => Some(pace * 2.0),
        (Some(pace), false) => Some((pace / 2.0).max(SLOWEST)),
    }
}
