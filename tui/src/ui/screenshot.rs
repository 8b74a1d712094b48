//! Pictures of the screen: SVG, and text with the colours as terminals take them.

use super::app::App;
use super::colors::Rgb;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use ratatui::widgets::Widget;
use std::fmt::Write as _;

/// Width and height of a cell, px.
const CELL: (u16, u16) = (8, 17);
/// From the top of a cell to the foot of its letters, px.
const FOOT: u16 = 13;

/// The screen as it is now.
pub fn drawn(app: &App, width: u16, height: u16) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    app.render(area, &mut buffer);
    buffer
}

/// As SVG, on paper of these colours (text, ground).
pub fn svg(buffer: &Buffer, (text, ground): (Rgb, Rgb)) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let (width, height) = (columns * CELL.0 + 16, rows * CELL.1 + 16);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"-8 -8 {width} {height}\" font-family=\"monospace\" font-size=\"13.3\">\n\
         <rect x=\"-8\" y=\"-8\" width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
        hex(ground)
    );
    for row in 0..rows {
        let cells: Vec<&Cell> = (0..columns).map(|x| &buffer[(x, row)]).collect();
        grounds(&mut out, &cells, row, (text, ground));
        letters(&mut out, &cells, row, (text, ground));
    }
    out.push_str("</svg>\n");
    out
}

/// Colours of a cell, reversed ones the other way round.
fn colors(cell: &Cell, (text, ground): (Rgb, Rgb)) -> (Rgb, Rgb) {
    let (fg, bg) = (rgb(cell.fg).unwrap_or(text), rgb(cell.bg).unwrap_or(ground));
    let fg = if cell.modifier.contains(Modifier::DIM) {
        mixed(fg, bg)
    } else {
        fg
    };
    if cell.modifier.contains(Modifier::REVERSED) {
        (bg, fg)
    } else {
        (fg, bg)
    }
}

/// Runs of cells that look alike: first column, cells.
fn runs<'c, L: PartialEq>(cells: &'c [&'c Cell], look: impl Fn(&Cell) -> L) -> Vec<(usize, &'c [&'c Cell])> {
    let mut first = 0;
    cells
        .chunk_by(|a, b| look(a) == look(b))
        .map(|run| {
            let start = first;
            first += run.len();
            (start, run)
        })
        .collect()
}

fn grounds(out: &mut String, cells: &[&Cell], row: u16, paper: (Rgb, Rgb)) {
    for (first, run) in runs(cells, |cell| colors(cell, paper).1) {
        let (_, ground) = colors(run[0], paper);
        if ground != paper.1 {
            let (x, y) = (first * usize::from(CELL.0), row * CELL.1);
            let width = run.len() * usize::from(CELL.0);
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{}\"/>",
                CELL.1,
                hex(ground)
            );
        }
    }
}

fn letters(out: &mut String, cells: &[&Cell], row: u16, paper: (Rgb, Rgb)) {
    let look = |cell: &Cell| {
        let ornament = cell.modifier & (Modifier::BOLD | Modifier::UNDERLINED);
        (colors(cell, paper).0, ornament, cell.symbol() == " ")
    };
    for (first, run) in runs(cells, look) {
        let (color, ornament, blank) = look(run[0]);
        if blank {
            continue;
        }
        let text: String = run.iter().map(|cell| cell.symbol()).collect();
        let (x, y) = (first * usize::from(CELL.0), row * CELL.1 + FOOT);
        let width = run.len() * usize::from(CELL.0);
        let bold = if ornament.contains(Modifier::BOLD) {
            " font-weight=\"bold\""
        } else {
            ""
        };
        let under = if ornament.contains(Modifier::UNDERLINED) {
            " text-decoration=\"underline\""
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "<text x=\"{x}\" y=\"{y}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" \
             fill=\"{}\"{bold}{under} xml:space=\"preserve\">{}</text>",
            hex(color),
            escaped(&text)
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn hex((r, g, b): Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn mixed(a: Rgb, b: Rgb) -> Rgb {
    let mean = |a: u8, b: u8| ((u16::from(a) * 2 + u16::from(b)) / 3) as u8;
    (mean(a.0, b.0), mean(a.1, b.1), mean(a.2, b.2))
}

/// A colour as numbers; `None` for the terminal's own.
fn rgb(color: Color) -> Option<Rgb> {
    match color {
        Color::Rgb(r, g, b) => Some((r, g, b)),
        Color::Indexed(index) => indexed(index),
        other => super::theme::ansi_rgb(other),
    }
}

/// xterm's 6×6×6 cube and grey ramp.
fn indexed(index: u8) -> Option<Rgb> {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |number: u8| STEPS[usize::from(number % 6)];
    match index {
        0..16 => None,
        16..232 => Some((step((index - 16) / 36), step((index - 16) / 6), step(index - 16))),
        232.. => {
            let grey = 8 + 10 * (index - 232);
            Some((grey, grey, grey))
        }
    }
}

/// As text with the control sequences that colour it (ECMA-48 SGR).
pub fn ansi(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in 0..buffer.area.height {
        let cells: Vec<&Cell> = (0..buffer.area.width).map(|x| &buffer[(x, row)]).collect();
        for (_, run) in runs(&cells, |cell| (cell.fg, cell.bg, cell.modifier)) {
            let text: String = run.iter().map(|cell| cell.symbol()).collect();
            let _ = write!(out, "\x1b[0{}m{text}", graphics(run[0]));
        }
        out.push_str("\x1b[0m\n");
    }
    out
}

fn graphics(cell: &Cell) -> String {
    let mut codes = String::new();
    for (modifier, code) in [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
    ] {
        if cell.modifier.contains(modifier) {
            let _ = write!(codes, ";{code}");
        }
    }
    for (color, of) in [(cell.fg, 38), (cell.bg, 48)] {
        if let Color::Indexed(index) = color {
            let _ = write!(codes, ";{of};5;{index}");
        } else if let Some((r, g, b)) = rgb(color) {
            let _ = write!(codes, ";{of};2;{r};{g};{b}");
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    fn two_words() -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        buffer.set_string(0, 0, "a<b", Style::new().fg(Color::Rgb(1, 2, 3)));
        let reversed = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD);
        buffer.set_string(4, 0, "&!", reversed);
        buffer
    }

    #[test]
    fn svg_says_what_the_screen_says() {
        let svg = svg(&two_words(), ((200, 200, 200), (0, 0, 0)));
        assert!(
            svg.contains("fill=\"#010203\" xml:space=\"preserve\">a&lt;b</text>"),
            "{svg}"
        );
        assert!(
            svg.contains("fill=\"#000000\" font-weight=\"bold\" xml:space=\"preserve\">&amp;!<"),
            "{svg}"
        );
        assert!(
            svg.contains("<rect x=\"32\" y=\"0\" width=\"16\" height=\"17\" fill=\"#c8c8c8\"/>"),
            "{svg}"
        );
    }

    #[test]
    fn ansi_says_what_the_screen_says() {
        assert_eq!(
            ansi(&two_words()),
            "\x1b[0;38;2;1;2;3ma<b\x1b[0m \x1b[0;1;7m&!\x1b[0m\n"
        );
    }
}
