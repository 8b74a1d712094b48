//! Frames and packets: the list, the header of the selected one, its dump.

use super::events::list_note;
use super::paint::{Canvas, split_left, split_top};
use crate::ui::app::App;
use crate::ui::data::place;
use crate::ui::decode::{self, Field};
use crate::ui::format;
use crate::ui::model::View;
use groundlink_station::monitor::{FrameView, PacketView, Phase};
use ratatui::layout::{Alignment, Rect};
use ratatui::style::Style;

/// A column of a list: heading, width, alignment.
type Column = (&'static str, u16, Alignment);

const FRAME_COLUMNS: [Column; 11] = [
    ("#", 8, Alignment::Right),
    ("verdict", 17, Alignment::Left),
    ("VCID", 5, Alignment::Right),
    ("count", 10, Alignment::Right),
    ("gap", 5, Alignment::Right),
    ("Eb/N0", 7, Alignment::Right),
    ("at", 26, Alignment::Right),
    ("bytes", 7, Alignment::Right),
    ("SCID", 6, Alignment::Right),
    ("MC", 5, Alignment::Right),
    ("first header", 18, Alignment::Right),
];

const PACKET_COLUMNS: [Column; 9] = [
    ("#", 8, Alignment::Right),
    ("APID", 11, Alignment::Right),
    ("count", 7, Alignment::Right),
    ("gap", 6, Alignment::Right),
    ("sequence", 11, Alignment::Right),
    ("bytes", 8, Alignment::Right),
    ("at", 26, Alignment::Right),
    ("VCID", 6, Alignment::Right),
    ("SCID", 6, Alignment::Right),
];

/// Draws the frames.
pub fn draw_frames(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let frames = &app.data.frames;
    let selected = app
        .selected(View::Frames)
        .and_then(|n| frames.get(n))
        .map(|e| &e.item);
    let page = Page {
        view: View::Frames,
        total: frames.total(),
        columns: &FRAME_COLUMNS,
        row: &|number, canvas| frames.get(number).map(|e| frame_cells(&e.item, canvas)),
        fields: selected.map(decode::frame_fields).unwrap_or_default(),
        bytes: selected.map_or(&[], |f| f.bytes.as_slice()),
        title: selected.map(|f| decode::heading("Frame", f.ordinal, f.sample, f.utc.as_deref())),
    };
    page.draw(app, area, canvas);
}

/// Draws the packets.
pub fn draw_packets(app: &App, area: Rect, canvas: &mut Canvas<'_>) {
    let packets = &app.data.packets;
    let selected = app
        .selected(View::Packets)
        .and_then(|n| packets.get(n))
        .map(|e| &e.item);
    let page = Page {
        view: View::Packets,
        total: packets.total(),
        columns: &PACKET_COLUMNS,
        row: &|number, canvas| packets.get(number).map(|e| packet_cells(&e.item, canvas)),
        fields: selected.map(decode::packet_fields).unwrap_or_default(),
        bytes: selected.map_or(&[], |p| p.bytes.as_slice()),
        title: selected.map(|p| decode::heading("Packet", p.ordinal, p.sample, p.utc.as_deref())),
    };
    page.draw(app, area, canvas);
}

fn frame_cells(frame: &FrameView, canvas: &Canvas<'_>) -> Vec<(String, Style)> {
    let theme = canvas.theme;
    let header = frame.header;
    let body = if frame.idle { theme.dim() } else { theme.text() };
    let (sign, verdict) = match (frame.good, frame.gap_before) {
        (true, 0) if frame.idle => ('○', theme.good()),
        (true, 0) => ('●', theme.good()),
        (true, _) => ('◐', theme.warn()),
        (false, _) => ('✗', theme.bad()),
    };
    let gap = if frame.gap_before > 0 {
        format!("-{}", frame.gap_before)
    } else {
        String::new()
    };
    let eb_n0 = if frame.eb_n0_db.is_finite() {
        format!("{:.1}", frame.eb_n0_db)
    } else {
        "–".into()
    };
    let known = |value: Option<String>| value.unwrap_or_else(|| "–".into());
    vec![
        (format::grouped(frame.ordinal), theme.dim()),
        (format!("{sign} {}", frame.verdict), verdict),
        (known(header.map(|h| h.vc.vcid.to_string())), theme.title()),
        (
            known(header.map(|h| format::grouped(h.vc_frame_count.into()))),
            body,
        ),
        (gap, theme.bad()),
        (eb_n0, body),
        (place(frame.utc.as_deref(), frame.sample), theme.dim()),
        (format::grouped(frame.bytes.len() as u64), body),
        (known(header.map(|h| h.vc.scid.to_string())), body),
        (
            known(header.and_then(|h| h.mc_frame_count).map(|c| c.to_string())),
            body,
        ),
        (
            known(
                header
                    .and_then(|h| h.first_header_pointer)
                    .map(decode::pointer_words),
            ),
            body,
        ),
    ]
}

fn packet_cells(packet: &PacketView, canvas: &Canvas<'_>) -> Vec<(String, Style)> {
    let theme = canvas.theme;
    let body = if packet.apid == decode::IDLE_APID {
        theme.dim()
    } else {
        theme.text()
    };
    let gap = if packet.gap_before > 0 {
        format!("-{}", packet.gap_before)
    } else {
        String::new()
    };
    let known = |value: Option<String>| value.unwrap_or_else(|| "–".into());
    vec![
        (format::grouped(packet.ordinal), theme.dim()),
        (decode::apid_words(packet.apid), theme.title()),
        (packet.sequence_count.to_string(), body),
        (gap, theme.bad()),
        (decode::flags_words(packet.sequence_flags).into(), body),
        (format::grouped(packet.bytes.len() as u64), body),
        (place(packet.utc.as_deref(), packet.sample), theme.dim()),
        (known(packet.vc.map(|v| v.vcid.to_string())), body),
        (known(packet.vc.map(|v| v.scid.to_string())), body),
    ]
}

/// The cells of the row of this number, while it is kept.
type RowCells<'a> = dyn Fn(u64, &Canvas<'_>) -> Option<Vec<(String, Style)>> + 'a;

struct Page<'a> {
    view: View,
    total: u64,
    columns: &'a [Column],
    row: &'a RowCells<'a>,
    fields: Vec<Field>,
    bytes: &'a [u8],
    title: Option<String>,
}

impl Page<'_> {
    fn draw(&self, app: &App, area: Rect, canvas: &mut Canvas<'_>) {
        match app.expanded_pane() {
            Some(0) => self.list(app, area, canvas),
            Some(1) => self.header(app, area, canvas),
            Some(_) => self.dump(app, area, canvas),
            None => self.panes(app, area, canvas),
        }
    }

    /// List at the left and the selected one at the right where there is room, else one above the other.
    fn panes(&self, app: &App, area: Rect, canvas: &mut Canvas<'_>) {
        const DUMP: u16 = 74;
        let list_width: u16 = self.columns.iter().map(|c| c.1).sum::<u16>() + 2;
        let (list, detail) = if area.width >= list_width + DUMP {
            split_left(area, area.width - (area.width - list_width).min(DUMP + 44))
        } else {
            split_top(area, area.height * 2 / 5)
        };
        self.list(app, list, canvas);
        let lines = self.fields.len().div_ceil(columns_of_fields(detail.width)) as u16;
        let (header, dump) = split_top(
            detail,
            (lines + 2).clamp(3, detail.height.saturating_sub(6).max(3)),
        );
        self.header(app, header, canvas);
        self.dump(app, dump, canvas);
    }

    fn list(&self, app: &App, area: Rect, canvas: &mut Canvas<'_>) {
        let numbers = app.rows(self.view);
        let note = list_note(app, self.view, numbers.len(), self.total, canvas);
        let focused = app.pane() == 0;
        let inner = canvas.pane(area, self.view.title(), Some(note), focused);
        let list = app.list(self.view);
        let Some(selected) = list.selected(&numbers) else {
            let words = match (self.total, &app.data.status.phase) {
                (0, Phase::Running) => "none yet",
                (0, _) => "none",
                _ => "none fits the filter",
            };
            return canvas.nothing(inner, words);
        };
        let headings: Vec<_> = self
            .columns
            .iter()
            .map(|c| (c.0.to_owned(), canvas.theme.dim()))
            .collect();
        self.cells(&headings, inner, 0, canvas);
        let (_, rows) = split_top(inner, 1);
        let first = list.first_shown(selected, numbers.len(), rows.height.into());
        for (row, &number) in (0..rows.height).zip(numbers.iter().skip(first)) {
            if let Some(cells) = (self.row)(number, canvas) {
                self.cells(&cells, rows, row, canvas);
            }
            if first + usize::from(row) == selected {
                let style = if focused {
                    canvas.theme.selected()
                } else {
                    canvas.theme.marked()
                };
                canvas.row_style(rows, row, style);
            }
        }
    }

    fn cells(&self, cells: &[(String, Style)], area: Rect, row: u16, canvas: &mut Canvas<'_>) {
        let mut start = 0;
        for ((text, style), &(_, width, alignment)) in cells.iter().zip(self.columns) {
            let end = start + width;
            if end > area.width {
                break;
            }
            if alignment == Alignment::Right {
                let text = format::shortened(text, usize::from(width) - 1);
                canvas.text_right(area, end, row, &text, *style);
            } else {
                canvas.text(
                    area,
                    start + 2,
                    row,
                    &format::shortened(text, usize::from(width) - 2),
                    *style,
                );
            }
            start = end;
        }
    }

    fn header(&self, app: &App, area: Rect, canvas: &mut Canvas<'_>) {
        let title = self.title.as_deref().unwrap_or("Header");
        let inner = canvas.pane(area, title, None, app.pane() == 1);
        let columns = columns_of_fields(area.width);
        let rows = self.fields.len().div_ceil(columns).max(1);
        let width = inner.width / columns as u16;
        for (column, fields) in (0_u16..).zip(self.fields.chunks(rows)) {
            let part = Rect {
                x: inner.x + column * width,
                width,
                ..inner
            };
            let names = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0) as u16;
            for (row, (name, value)) in (0_u16..).zip(fields) {
                canvas.text(part, 1, row, name, canvas.theme.dim());
                let room = usize::from(width.saturating_sub(names + 3));
                canvas.text(
                    part,
                    names + 2,
                    row,
                    &format::shortened(value, room),
                    canvas.theme.text(),
                );
            }
        }
    }

    fn dump(&self, app: &App, area: Rect, canvas: &mut Canvas<'_>) {
        let note = ratatui::text::Line::styled(
            format!(" {} bytes ", format::grouped(self.bytes.len() as u64)),
            canvas.theme.dim(),
        );
        let inner = canvas.pane(area, "Bytes", Some(note), app.pane() == 2);
        let per_line = if inner.width >= 140 { 32 } else { 16 };
        let lines = self.bytes.len().div_ceil(per_line);
        let last = lines.saturating_sub(inner.height.into());
        let first = (app.list(self.view).detail * 16 / per_line).min(last);
        for (row, chunk) in (0..inner.height).zip(self.bytes.chunks(per_line).skip(first)) {
            let offset = (first + usize::from(row)) * per_line;
            dump_line(offset, chunk, per_line, inner, row, canvas);
        }
    }
}

/// Pairs of name and value that stand side by side in a pane this wide.
fn columns_of_fields(width: u16) -> usize {
    usize::from(width / 26).clamp(1, 3)
}

fn dump_line(offset: usize, bytes: &[u8], per_line: usize, area: Rect, row: u16, canvas: &mut Canvas<'_>) {
    let theme = canvas.theme;
    let mut column = canvas.text(area, 1, row, &format!("{offset:04x}"), theme.dim()) + 1;
    for i in 0..per_line {
        column += u16::from(i % 8 == 0);
        if let Some(&byte) = bytes.get(i) {
            let style = if byte == 0 { theme.dim() } else { theme.text() };
            canvas.text(area, column, row, &format!("{byte:02x}"), style);
        }
        column += 3;
    }
    let printable: String = bytes
        .iter()
        .map(|&b| {
            if (0x20..0x7F).contains(&b) {
                char::from(b)
            } else {
                '·'
            }
        })
        .collect();
    canvas.text(area, column + 1, row, &printable, theme.dim());
}
