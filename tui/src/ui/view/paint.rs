//! Drawing that clips instead of failing, and the parts that all views are made of.

use crate::ui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Widget};

/// A part of the screen to draw on, with the styles to draw in.
pub struct Canvas<'a> {
    /// Cells.
    pub buf: &'a mut Buffer,
    /// Styles.
    pub theme: &'a Theme,
}

impl Canvas<'_> {
    /// Writes text at a column and row of the area; what does not fit is cut. Returns the column after it.
    pub fn text(&mut self, area: Rect, column: u16, row: u16, text: &str, style: Style) -> u16 {
        let area = area.intersection(self.buf.area);
        if row >= area.height || column >= area.width {
            return column;
        }
        let room = usize::from(area.width - column);
        self.buf
            .set_stringn(area.x + column, area.y + row, text, room, style)
            .0
            - area.x
    }

    /// Writes text that ends just before a column of the area.
    pub fn text_right(&mut self, area: Rect, end: u16, row: u16, text: &str, style: Style) {
        let width = u16::try_from(crate::ui::format::width(text)).unwrap_or(u16::MAX);
        self.text(area, end.min(area.width).saturating_sub(width), row, text, style);
    }

    /// One cell.
    pub fn cell(&mut self, area: Rect, column: u16, row: u16, symbol: char, style: Style) {
        if column < area.width
            && row < area.height
            && let Some(cell) = self.buf.cell_mut((area.x + column, area.y + row))
        {
            cell.set_char(symbol).set_style(style);
        }
    }

    /// A style over a whole row.
    pub fn row_style(&mut self, area: Rect, row: u16, style: Style) {
        if row < area.height {
            let row = Rect {
                y: area.y + row,
                height: 1,
                ..area
            };
            self.buf.set_style(row, style);
        }
    }

    /// A bordered pane with a title at its top and a note at its bottom; the area inside. Areas too small for
    /// a border have none.
    pub fn pane(&mut self, area: Rect, title: &str, note: Option<Line<'_>>, focused: bool) -> Rect {
        let area = area.intersection(self.buf.area);
        if area.height < 3 || area.width < 5 {
            return area;
        }
        let (border, named) = if focused {
            (self.theme.focus(), self.theme.focus())
        } else {
            (self.theme.border(), self.theme.title())
        };
        let title = Line::styled(format!(" {title} "), named);
        let mut block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(border)
            .title(title);
        if let Some(note) = note {
            block = block.title_bottom(note.right_aligned());
        }
        let inner = block.inner(area);
        block.render(area, self.buf);
        inner
    }

    /// A dim line in the middle of an area that has nothing to show yet.
    pub fn nothing(&mut self, area: Rect, words: &str) {
        let width = u16::try_from(crate::ui::format::width(words)).unwrap_or(u16::MAX);
        let column = area.width.saturating_sub(width) / 2;
        self.text(
            area,
            column,
            area.height.saturating_sub(1) / 2,
            words,
            self.theme.dim(),
        );
    }

    /// Names on the left, values on the right, one pair per row.
    pub fn pairs(&mut self, area: Rect, pairs: &[(&str, String, Style)]) {
        let margin = u16::from(area.width >= 34);
        let area = Rect {
            x: area.x + margin,
            width: area.width - 2 * margin,
            ..area
        };
        for (row, (name, value, style)) in (0..area.height).zip(pairs) {
            let name_end = self.text(area, 0, row, name, self.theme.dim());
            let room = area.width.saturating_sub(name_end + 1);
            let value = crate::ui::format::shortened(value, room.into());
            self.text_right(area, area.width, row, &value, *style);
        }
    }
}

/// Eighths of a cell, filled from below.
pub const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Sign of a row (from above) of a bar `eighths` high in an area `height` rows high.
pub fn bar_sign(eighths: usize, row: u16, height: u16) -> char {
    let below = usize::from(height - 1 - row) * 8;
    EIGHTHS[eighths.saturating_sub(below).min(8)]
}

/// Height of a value between two bounds, in eighths of `height` rows.
pub fn bar_height(value: f32, low: f32, high: f32, height: u16) -> usize {
    let share = (value - low) / (high - low);
    if share > 0.0 {
        (share.min(1.0) * f32::from(height) * 8.0).round() as usize
    } else {
        0
    }
}

/// The widest part of an area no wider than this, centred.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

/// Splits off the first columns of an area.
pub fn split_left(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    (
        Rect { width, ..area },
        Rect {
            x: area.x + width,
            width: area.width - width,
            ..area
        },
    )
}

/// Splits off the first rows of an area.
pub fn split_top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    (
        Rect { height, ..area },
        Rect {
            y: area.y + height,
            height: area.height - height,
            ..area
        },
    )
}
