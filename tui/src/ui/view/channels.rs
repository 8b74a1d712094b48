//! Virtual channels, and the APIDs of the selected one.

use super::paint::{Canvas, split_top};
use crate::ui::app::App;
use crate::ui::decode;
use crate::ui::format;
use crate::ui::model::View;
use groundlink_decoder::link::{ApidCounters, VcCounters, VcId};
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

/// Draws the view: channels above, APIDs of the selected one below.
pub fn draw(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    if let Some(pane) = app.expanded_pane() {
        let table = if pane == 0 { channels } else { apids };
        return table(app, area, canvas);
    }
    let rows = app.data.status.link.vcs.len() as u16 + 3;
    let (top, bottom) = split_top(area, rows.clamp(6, (area.height / 2).max(6)));
    channels(app, top, canvas);
    apids(app, bottom, canvas);
}

/// Cells of a row with the width each takes; columns that do not fit are left out from the right.
pub fn table_row(cells: &[(String, u16, Style)], area: Rect, row: u16, canvas: &mut Canvas<'_>) {
    let mut end = 0;
    for (text, width, style) in cells {
        if end + width > area.width {
            break;
        }
        end += width;
        canvas.text_right(area, end, row, text, *style);
    }
}

fn heading(names: &[(&str, u16)], area: Rect, canvas: &mut Canvas<'_>) {
    let style = canvas.theme.dim();
    let cells: Vec<_> = names
        .iter()
        .map(|&(name, width)| (name.to_owned(), width, style))
        .collect();
    table_row(&cells, area, 0, canvas);
}

const CHANNEL_COLUMNS: [(&str, u16); 12] = [
    ("SCID", 5),
    ("VCID", 5),
    ("frames", 10),
    ("idle", 9),
    ("lost", 8),
    ("gaps", 6),
    ("dup", 5),
    ("resets", 7),
    ("last", 11),
    ("packets", 11),
    ("cut", 6),
    ("resyncs", 8),
];

fn channels(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let link = &app.data.status.link;
    let note = rejected_note(app, canvas);
    let inner = canvas.pane(area, "Virtual channels", note, app.pane() == 0);
    if link.vcs.is_empty() {
        let words = if link.good > 0 {
            "the frames have no virtual channels"
        } else {
            "no frames yet"
        };
        canvas.nothing(inner, words);
        return;
    }
    draw_channels(app, inner, canvas);
}

/// The table without its border, the selected channel marked.
pub fn draw_channels(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let vcs = &app.data.status.link.vcs;
    heading(&CHANNEL_COLUMNS, area, canvas);
    let (_, rows) = split_top(area, 1);
    let numbers: Vec<u64> = (0..vcs.len() as u64).collect();
    let list = app.list(View::Channels);
    let Some(selected) = list.selected(&numbers) else {
        return;
    };
    let first = list.first_shown(selected, vcs.len(), rows.height.into());
    for (row, (id, counters)) in (0..rows.height).zip(vcs.iter().skip(first)) {
        draw_channel(*id, counters, rows, row, canvas);
        if first + usize::from(row) == selected && app.view == View::Channels {
            let style = if app.pane() == 0 {
                canvas.theme.selected()
            } else {
                canvas.theme.marked()
            };
            canvas.row_style(rows, row, style);
        }
    }
}

fn draw_channel(id: VcId, vc: &VcCounters, area: Rect, row: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let lossy = |count: u64| if count > 0 { theme.bad() } else { theme.text() };
    let odd = |count: u64| if count > 0 { theme.warn() } else { theme.text() };
    let values = [
        (id.scid.to_string(), theme.text()),
        (id.vcid.to_string(), theme.title()),
        (format::grouped(vc.frames), theme.text()),
        (format::percent(vc.idle, vc.frames), theme.text()),
        (format::grouped(vc.lost), lossy(vc.lost)),
        (format::grouped(vc.gaps), lossy(vc.gaps)),
        (format::grouped(vc.duplicates), odd(vc.duplicates)),
        (format::grouped(vc.resets), odd(vc.resets)),
        (format::grouped(vc.last_count.into()), theme.text()),
        (format::grouped(vc.packets), theme.text()),
        (format::grouped(vc.cut_packets), odd(vc.cut_packets)),
        (format::grouped(vc.resyncs), odd(vc.resyncs)),
    ];
    let widths = CHANNEL_COLUMNS.iter().map(|(_, width)| *width);
    let cells: Vec<_> = values
        .into_iter()
        .zip(widths)
        .map(|((text, style), w)| (text, w, style))
        .collect();
    table_row(&cells, area, row, canvas);
    let used: u16 = cells.iter().map(|c| c.1).sum();
    if let Some(ocf) = vc.last_ocf {
        canvas.text(
            area,
            used + 2,
            row,
            &format!("OCF {}", decode::ocf_words(ocf)),
            theme.dim(),
        );
    }
}

fn rejected_note<'a>(app: &App, canvas: &Canvas<'_>) -> Option<Line<'a>> {
    let rejected = &app.data.status.link.rejected;
    if rejected.is_empty() {
        return None;
    }
    let parts: Vec<_> = rejected
        .iter()
        .map(|(reason, n)| format!("{reason} {}", format::grouped(*n)))
        .collect();
    Some(Line::styled(
        format!(" not accepted: {} ", parts.join(", ")),
        canvas.theme.warn(),
    ))
}

fn apids(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    const COLUMNS: [(&str, u16); 7] = [
        ("APID", 10),
        ("packets", 12),
        ("bytes", 14),
        ("lost", 8),
        ("gaps", 8),
        ("bad CRC", 9),
        ("last", 8),
    ];
    let selected = app.selected_vc();
    let counters = selected.and_then(|id| app.data.status.link.vcs.get(&id));
    let title = selected.map_or("APIDs".to_owned(), |id| {
        format!("APIDs of SCID {} VCID {}", id.scid, id.vcid)
    });
    let note = counters.and_then(|c| c.last_ocf).map(|ocf| {
        Line::styled(
            format!(" last OCF {} ", decode::ocf_words(ocf)),
            canvas.theme.dim(),
        )
    });
    let inner = canvas.pane(area, &title, note, app.pane() == 1);
    let Some(counters) = counters.filter(|c| !c.apids.is_empty()) else {
        canvas.nothing(inner, "no packets in this channel");
        return;
    };
    heading(&COLUMNS, inner, canvas);
    let (_, rows) = split_top(inner, 1);
    let hidden = counters.apids.len().saturating_sub(rows.height.into());
    let first = app.list(View::Channels).detail.min(hidden);
    for (row, (apid, counters)) in (0..rows.height).zip(counters.apids.iter().skip(first)) {
        let cells = apid_cells(*apid, counters, canvas);
        let cells: Vec<_> = cells
            .into_iter()
            .zip(COLUMNS)
            .map(|((text, style), c)| (text, c.1, style))
            .collect();
        table_row(&cells, rows, row, canvas);
    }
}

fn apid_cells(apid: u16, counters: &ApidCounters, canvas: &Canvas<'_>) -> [(String, Style); 7] {
    let theme = canvas.theme;
    let lossy = |count: u64| if count > 0 { theme.bad() } else { theme.text() };
    [
        (decode::apid_words(apid), theme.title()),
        (format::grouped(counters.packets), theme.text()),
        (format::grouped(counters.bytes), theme.text()),
        (format::grouped(counters.lost), lossy(counters.lost)),
        (format::grouped(counters.gaps), lossy(counters.gaps)),
        (format::grouped(counters.bad_crc), lossy(counters.bad_crc)),
        (counters.last_count.to_string(), theme.text()),
    ]
}
