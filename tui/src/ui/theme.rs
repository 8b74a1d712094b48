//! Colours and how much of them the terminal has. Meaning never rests on colour alone: every state has a
//! sign and a word too.

use super::colors::{Colors, Rgb, ThemeName};
use ratatui::style::{Color, Modifier, Style};

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// No colour: bold, dim and reverse only.
    Mono,
    /// The 16 colours that every colour terminal has.
    Ansi,
    /// The 256 colours of xterm.
    Palette,
    /// 24-bit colour.
    True,
}

impl Depth {
    /// From what the environment says of the terminal.
    pub fn detect(color: bool) -> Self {
        let says = |name| std::env::var(name).unwrap_or_default();
        if color {
            Self::of(&says("COLORTERM"), &says("TERM"))
        } else {
            Self::Mono
        }
    }

    /// Of a terminal that says this of itself in `COLORTERM` and `TERM`.
    fn of(colorterm: &str, term: &str) -> Self {
        if colorterm == "truecolor" || colorterm == "24bit" || term.ends_with("-direct") {
            Self::True
        } else if term.contains("256color") {
            Self::Palette
        } else if term == "dumb" {
            Self::Mono
        } else {
            Self::Ansi
        }
    }
}

const HEAT_STEPS: usize = 64;

/// Dark blue over teal and yellow to near white; brightness only ever rises.
const HEAT: [(u8, u8, u8); 7] = [
    (6, 8, 28),
    (18, 36, 100),
    (22, 96, 168),
    (40, 172, 168),
    (146, 212, 92),
    (250, 218, 84),
    (255, 250, 232),
];

/// The same in 16 colours.
const ANSI_HEAT: [Color; 7] = [
    Color::Black,
    Color::Blue,
    Color::LightBlue,
    Color::Cyan,
    Color::Yellow,
    Color::LightYellow,
    Color::White,
];

/// The 16 colours, as most terminals show them (those of the VGA adapter).
const ANSI: [(Color, (u8, u8, u8)); 16] = [
    (Color::Black, (0, 0, 0)),
    (Color::Red, (170, 0, 0)),
    (Color::Green, (0, 170, 0)),
    (Color::Yellow, (170, 85, 0)),
    (Color::Blue, (0, 0, 170)),
    (Color::Magenta, (170, 0, 170)),
    (Color::Cyan, (0, 170, 170)),
    (Color::Gray, (170, 170, 170)),
    (Color::DarkGray, (85, 85, 85)),
    (Color::LightRed, (255, 85, 85)),
    (Color::LightGreen, (85, 255, 85)),
    (Color::LightYellow, (255, 255, 85)),
    (Color::LightBlue, (85, 85, 255)),
    (Color::LightMagenta, (255, 85, 255)),
    (Color::LightCyan, (85, 255, 255)),
    (Color::White, (255, 255, 255)),
];

/// Signs of rising density for terminals without colour.
pub const RAMP: [char; 10] = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];

/// Styles by meaning.
#[derive(Debug, Clone)]
pub struct Theme {
    /// Which one it is.
    pub name: ThemeName,
    depth: Depth,
    colors: &'static Colors,
    heat: [Color; HEAT_STEPS],
}

impl Theme {
    /// A theme for terminals of this depth.
    pub fn new(name: ThemeName, depth: Depth) -> Self {
        let depth = if name == ThemeName::Mono {
            Depth::Mono
        } else {
            depth
        };
        let colors = name.colors();
        let mut heat = [Color::Reset; HEAT_STEPS];
        if depth != Depth::Mono {
            for (place, color) in heat.iter_mut().enumerate() {
                let i = if colors.heat_falls {
                    HEAT_STEPS - 1 - place
                } else {
                    place
                };
                *color = match depth {
                    Depth::Ansi => ANSI_HEAT[i * ANSI_HEAT.len() / HEAT_STEPS],
                    _ => shade(depth, heat_rgb(i as f32 / (HEAT_STEPS - 1) as f32)),
                };
            }
        }
        Self {
            name,
            depth,
            colors,
            heat,
        }
    }

    /// Whether there is colour at all.
    pub fn colored(&self) -> bool {
        self.depth != Depth::Mono
    }

    fn style(&self, rgb: (u8, u8, u8), mono: Modifier) -> Style {
        if self.colored() {
            Style::new().fg(shade(self.depth, rgb))
        } else {
            Style::new().add_modifier(mono)
        }
    }

    /// Values and prose.
    #[expect(clippy::unused_self, reason = "called like the other meanings")]
    pub fn text(&self) -> Style {
        Style::new()
    }

    /// Names of values, units, hints.
    pub fn dim(&self) -> Style {
        self.style(self.colors.dim, Modifier::DIM)
    }

    /// Borders and axes.
    pub fn border(&self) -> Style {
        self.style(self.colors.border, Modifier::DIM)
    }

    /// Border and title of the pane that the keys go to.
    pub fn focus(&self) -> Style {
        self.style(self.colors.focus, Modifier::BOLD)
    }

    /// Titles.
    pub fn title(&self) -> Style {
        self.style(self.colors.title, Modifier::BOLD)
            .add_modifier(Modifier::BOLD)
    }

    /// As it should be.
    pub fn good(&self) -> Style {
        self.style(self.colors.good, Modifier::empty())
    }

    /// Needs a look.
    pub fn warn(&self) -> Style {
        self.style(self.colors.warn, Modifier::BOLD)
    }

    /// Broken or lost.
    pub fn bad(&self) -> Style {
        self.style(self.colors.bad, Modifier::BOLD)
    }

    /// The selected row of the pane that has the keys.
    pub fn selected(&self) -> Style {
        match self.depth {
            Depth::Mono => Style::new().add_modifier(Modifier::REVERSED),
            depth => Style::new()
                .fg(shade(depth, self.colors.selected.0))
                .bg(shade(depth, self.colors.selected.1)),
        }
    }

    /// The selected row of a pane that does not have the keys.
    pub fn marked(&self) -> Style {
        match self.depth {
            Depth::Mono => Style::new().add_modifier(Modifier::UNDERLINED),
            depth => Style::new()
                .fg(shade(depth, self.colors.marked.0))
                .bg(shade(depth, self.colors.marked.1)),
        }
    }

    /// A label that stands out on a bar: the open tab, a mode.
    pub fn badge(&self) -> Style {
        match self.depth {
            Depth::Mono => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
            depth => Style::new()
                .fg(shade(depth, self.colors.on_badge))
                .bg(shade(depth, self.colors.focus))
                .add_modifier(Modifier::BOLD),
        }
    }

    /// A label that warns on a bar.
    pub fn alert(&self, color: Alert) -> Style {
        let rgb = match color {
            Alert::Warn => self.colors.warn,
            Alert::Bad => self.colors.bad,
        };
        match self.depth {
            Depth::Mono => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
            depth => Style::new()
                .fg(shade(depth, self.colors.on_badge))
                .bg(shade(depth, rgb))
                .add_modifier(Modifier::BOLD),
        }
    }

    /// Text and ground of pictures of the screen.
    pub fn paper(&self) -> (Rgb, Rgb) {
        self.colors.paper
    }

    /// Colour of an intensity from 0 to 1; the terminal's own where there is none.
    pub fn heat(&self, intensity: f32) -> Color {
        let clamped = if intensity > 0.0 { intensity.min(1.0) } else { 0.0 };
        self.heat[(clamped * (HEAT_STEPS - 1) as f32).round() as usize]
    }
}

/// How loud an alert label is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alert {
    /// Needs a look.
    Warn,
    /// Broken.
    Bad,
}

/// Sign of an intensity from 0 to 1 where there is no colour.
pub fn ramp(intensity: f32) -> char {
    let clamped = if intensity > 0.0 { intensity.min(1.0) } else { 0.0 };
    RAMP[(clamped * (RAMP.len() - 1) as f32).round() as usize]
}

fn heat_rgb(intensity: f32) -> (u8, u8, u8) {
    let place = intensity * (HEAT.len() - 1) as f32;
    let index = (place as usize).min(HEAT.len() - 2);
    let part = place - index as f32;
    let (low, high) = (HEAT[index], HEAT[index + 1]);
    let mix = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * part).round() as u8;
    (mix(low.0, high.0), mix(low.1, high.1), mix(low.2, high.2))
}

/// The colour itself, or the nearest of xterm's 6×6×6 cube and grey ramp, or of the 16.
fn shade(depth: Depth, (r, g, b): (u8, u8, u8)) -> Color {
    match depth {
        Depth::Mono => Color::Reset,
        Depth::True => Color::Rgb(r, g, b),
        Depth::Palette => Color::Indexed(nearest_indexed(r, g, b)),
        Depth::Ansi => nearest_ansi(r, g, b),
    }
}

/// What most terminals show for one of the 16 colours; `None` for the terminal's own.
pub fn ansi_rgb(color: Color) -> Option<Rgb> {
    ANSI.iter()
        .find(|(named, _)| *named == color)
        .map(|(_, rgb)| *rgb)
}

fn nearest_ansi(r: u8, g: u8, b: u8) -> Color {
    let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    let distance = |&(_, (x, y, z)): &(Color, (u8, u8, u8))| square(x, r) + square(y, g) + square(z, b);
    ANSI.iter()
        .min_by_key(|color| distance(color))
        .map_or(Color::Reset, |(color, _)| *color)
}

fn nearest_indexed(r: u8, g: u8, b: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let nearest = |v: u8| {
        (0..6u8)
            .min_by_key(|&i| STEPS[usize::from(i)].abs_diff(v))
            .unwrap_or(0)
    };
    let distance = |x: (u8, u8, u8)| {
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        square(x.0, r) + square(x.1, g) + square(x.2, b)
    };
    let (ri, gi, bi) = (nearest(r), nearest(g), nearest(b));
    let cube = (
        STEPS[usize::from(ri)],
        STEPS[usize::from(gi)],
        STEPS[usize::from(bi)],
    );
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let step = (mean.saturating_sub(8) / 10).min(23) as u8;
    let grey = 8 + 10 * step;
    if distance((grey, grey, grey)) < distance(cube) {
        232 + step
    } else {
        16 + 36 * ri + 6 * gi + bi
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_no_style_names_one() {
        let theme = Theme::new(ThemeName::Dark, Depth::Mono);
        for style in [
            theme.text(),
            theme.dim(),
            theme.border(),
            theme.focus(),
            theme.title(),
            theme.good(),
            theme.warn(),
            theme.bad(),
            theme.selected(),
            theme.marked(),
            theme.badge(),
            theme.alert(Alert::Bad),
        ] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
        assert_eq!(theme.heat(0.7), Color::Reset);
    }

    #[test]
    fn heat_takes_any_number() {
        let theme = Theme::new(ThemeName::Dark, Depth::True);
        assert_eq!(theme.heat(f32::NAN), theme.heat(0.0));
        assert_eq!(theme.heat(f32::INFINITY), Color::Rgb(255, 250, 232));
        assert_eq!(theme.heat(-5.0), Color::Rgb(6, 8, 28));
        assert_eq!(ramp(f32::NAN), ' ');
        assert_eq!(ramp(2.0), '@');
    }

    #[test]
    fn terminals_say_how_many_colours_they_have() {
        for (colorterm, term, depth) in [
            ("truecolor", "xterm", Depth::True),
            ("24bit", "xterm-256color", Depth::True),
            ("", "xterm-direct", Depth::True),
            ("", "tmux-256color", Depth::Palette),
            ("", "linux", Depth::Ansi),
            ("", "", Depth::Ansi),
            ("", "dumb", Depth::Mono),
        ] {
            assert_eq!(Depth::of(colorterm, term), depth, "{colorterm} {term}");
        }
    }

    #[test]
    fn sixteen_colours_are_enough_for_every_meaning() {
        let theme = Theme::new(ThemeName::Dark, Depth::Ansi);
        assert_eq!(theme.good().fg, Some(Color::LightGreen));
        assert_eq!(theme.warn().fg, Some(Color::LightYellow));
        assert_eq!(theme.bad().fg, Some(Color::LightRed));
        assert_eq!(theme.heat(0.0), Color::Black);
        assert_eq!(theme.heat(1.0), Color::White);
        let mut colors: Vec<Color> = (0..=100_u8).map(|n| theme.heat(f32::from(n) / 100.0)).collect();
        colors.dedup();
        assert_eq!(colors, ANSI_HEAT);
    }

    #[test]
    fn palette_keeps_pure_colours() {
        assert_eq!(nearest_indexed(255, 0, 0), 196);
        assert_eq!(nearest_indexed(128, 128, 128), 244);
        assert_eq!(nearest_indexed(0, 0, 0), 16);
    }
}
