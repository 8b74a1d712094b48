//! Coding: inner code, frame synchronisation, error correction.

use super::paint::Canvas;
use super::panels;
use crate::ui::app::App;
use crate::ui::chain;
use ratatui::layout::Rect;

/// Links of the chain that belong to the codes.
const CODES: [&str; 3] = ["node", "ASM", "FEC"];

/// Draws the view.
pub fn draw(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let inner = canvas.pane(area, "Coding", None, true);
    let links = chain::links(&app.data);
    let links = links.iter().filter(|link| CODES.contains(&link.name));
    for (row, link) in (0..inner.height).zip(links) {
        panels::link_row(link, inner, row, canvas);
    }
}
