//! Screens for terminals and fonts that have ASCII only.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Puts the nearest ASCII character into every cell that has another one.
pub fn flatten(buffer: &mut Buffer, area: Rect) {
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            let Some(cell) = buffer.cell_mut((x, y)) else {
                continue;
            };
            if !cell.symbol().is_ascii() {
                let plain = cell.symbol().chars().next().map_or(' ', plain);
                cell.set_char(plain);
            }
        }
    }
}

/// The nearest ASCII character.
fn plain(character: char) -> char {
    match character {
        '─' | '━' | '–' | '—' | '▔' | '╌' | '┄' | '▅' | '▄' | '▃' => '-',
        '│' | '┃' | '▏' | '▎' | '┆' | '┊' => '|',
        '╭' | '╮' | '╰' | '╯' | '├' | '┤' | '┬' | '┴' | '┼' | '┌' | '┐' | '└' | '┘' => {
            '+'
        }
        '●' | '◉' | '★' => '*',
        '◐' | '◔' | '◑' => '%',
        '○' | '°' => 'o',
        '✗' | '×' | '✕' => 'x',
        '■' | '█' | '▉' | '▊' | '▓' | '▐' => '#',
        '▌' | '▋' | '▍' | '▀' | '▇' | '▆' | '▒' => '=',
        '▂' | '▁' | '░' | '·' | '…' => '.',
        '▸' | '►' | '▶' | '→' => '>',
        '◂' | '◀' | '←' => '<',
        '▲' | '↑' => '^',
        '▼' | '↓' => 'v',
        '±' => '~',
        '²' => '2',
        'µ' => 'u',
        '\u{2800}' => ' ',
        '\u{2801}'..='\u{28FF}' => dots(character),
        _ => '?',
    }
}

/// Braille by the number of its dots.
fn dots(character: char) -> char {
    match (u32::from(character) & 0xFF).count_ones() {
        1 | 2 => '.',
        3 | 4 => ':',
        5 | 6 => '*',
        _ => '#',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_becomes_ascii() {
        let area = Rect::new(0, 0, 8, 1);
        let mut buffer = Buffer::empty(area);
        for (x, sign) in (0_u16..).zip("●╭─⠿aé✗ ".chars()) {
            buffer[(x, 0)].set_char(sign);
        }
        flatten(&mut buffer, area);
        let text: String = (0..8).map(|x| buffer[(x, 0)].symbol()).collect();
        assert_eq!(text, "*+-*a?x ");
    }
}
