//! The themes: which colours stand for which meaning.

use serde::Deserialize;

/// Red, green, blue.
pub type Rgb = (u8, u8, u8);

/// A theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeName {
    /// For dark terminals.
    #[default]
    Dark,
    /// For light terminals.
    Light,
    /// Good and bad in blue and orange, which all eyes tell apart; for dark terminals.
    ColourBlind,
    /// No colour.
    Mono,
}

impl ThemeName {
    /// All, with their names.
    pub const ALL: [(&'static str, Self); 4] = [
        ("dark", Self::Dark),
        ("light", Self::Light),
        ("colour-blind", Self::ColourBlind),
        ("mono", Self::Mono),
    ];

    /// The theme of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|theme| theme.0 == name)
            .map(|theme| theme.1)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// The one after it.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()].1
    }

    pub(super) fn colors(self) -> &'static Colors {
        match self {
            Self::Light => &LIGHT,
            Self::ColourBlind => &COLOUR_BLIND,
            Self::Dark | Self::Mono => &DARK,
        }
    }
}

/// Colours by meaning; pairs are text and ground.
#[derive(Debug)]
pub(super) struct Colors {
    pub dim: Rgb,
    pub border: Rgb,
    pub focus: Rgb,
    pub title: Rgb,
    pub good: Rgb,
    pub warn: Rgb,
    pub bad: Rgb,
    pub selected: (Rgb, Rgb),
    pub marked: (Rgb, Rgb),
    /// Text on grounds in the colours of `focus`, `warn` and `bad`.
    pub on_badge: Rgb,
    /// Whether strong is dark in maps of intensity.
    pub heat_falls: bool,
    /// Text and ground of pictures of the screen.
    pub paper: (Rgb, Rgb),
}

const DARK: Colors = Colors {
    dim: (132, 142, 156),
    border: (82, 94, 112),
    focus: (94, 176, 255),
    title: (148, 200, 255),
    good: (96, 208, 122),
    warn: (240, 190, 84),
    bad: (244, 98, 98),
    selected: ((240, 244, 250), (38, 72, 118)),
    marked: ((220, 226, 234), (48, 56, 68)),
    on_badge: (12, 14, 18),
    heat_falls: false,
    paper: ((216, 222, 230), (12, 16, 22)),
};

const LIGHT: Colors = Colors {
    dim: (92, 100, 112),
    border: (150, 160, 174),
    focus: (0, 92, 197),
    title: (20, 66, 130),
    good: (18, 120, 48),
    warn: (150, 92, 0),
    bad: (190, 22, 34),
    selected: ((10, 16, 24), (176, 208, 250)),
    marked: ((24, 30, 40), (216, 222, 232)),
    on_badge: (255, 255, 255),
    heat_falls: true,
    paper: ((28, 34, 42), (252, 252, 250)),
};

/// Okabe and Ito's colours.
const COLOUR_BLIND: Colors = Colors {
    good: (86, 180, 233),
    warn: (240, 228, 66),
    bad: (230, 110, 20),
    focus: (204, 160, 230),
    title: (224, 200, 240),
    ..DARK
};
