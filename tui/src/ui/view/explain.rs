//! Explain: why there are no frames.

use super::paint::Canvas;
use super::panels;
use crate::ui::app::App;
use ratatui::layout::Rect;

/// Draws the view.
pub fn draw(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let inner = canvas.pane(area, "Explain", None, true);
    match panels::held_up(app) {
        Some(words) => canvas.text(inner, 1, 0, &words, canvas.theme.warn()),
        None => canvas.text(inner, 1, 0, "nothing is held up", canvas.theme.good()),
    };
}
