//! Frames, packets and metrics as rows of Parquet tables.

use super::unit::Unit;
use crate::output::record::{FrameRecord, MetricsRecord, PacketRecord, Place, Record};
use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

/// A value of a row.
enum Cell {
    Int(Option<i64>),
    Float(Option<f64>),
    Bool(Option<bool>),
    Bytes(Option<Vec<u8>>),
}

fn int(value: impl Into<i64>) -> Cell {
    Cell::Int(Some(value.into()))
}

fn maybe<T: Into<i64>>(value: Option<T>) -> Cell {
    Cell::Int(value.map(Into::into))
}

fn count(value: u64) -> Cell {
    Cell::Int(i64::try_from(value).ok())
}

fn float(value: Option<f64>) -> Cell {
    Cell::Float(value.filter(|value| value.is_finite()))
}

fn text(value: Option<&str>) -> Cell {
    Cell::Bytes(value.map(|text| text.as_bytes().to_vec()))
}

/// Microseconds since the beginning of 1970.
fn time(unit: &Unit) -> Cell {
    Cell::Int(unit.unix_us())
}

fn sample(place: &Place) -> Cell {
    Cell::Int(place.sample.and_then(|sample| i64::try_from(sample).ok()))
}

/// A table: the types of its columns, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// A row for each frame.
    Frames,
    /// A row for each packet.
    Packets,
    /// A row for each interval.
    Metrics,
}

/// What a column holds.
#[derive(Clone, Copy)]
enum Kind {
    Time,
    Int,
    Float,
    Bool,
    Text,
    Bytes,
}

const FRAMES: &[(&str, Kind)] = &[
    ("utc", Kind::Time),
    ("sample", Kind::Int),
    ("downlink", Kind::Text),
    ("frame", Kind::Int),
    ("good", Kind::Bool),
    ("rejection", Kind::Text),
    ("scid", Kind::Int),
    ("vcid", Kind::Int),
    ("mc_count", Kind::Int),
    ("vc_count", Kind::Int),
    ("continuity", Kind::Text),
    ("gap_before", Kind::Int),
    ("idle", Kind::Bool),
    ("fecf", Kind::Bool),
    ("es_n0_db", Kind::Float),
    ("eb_n0_db", Kind::Float),
    ("offset_hz", Kind::Float),
    ("symbol_rate_hz", Kind::Float),
    ("evm_percent", Kind::Float),
    ("asm_errors", Kind::Int),
    ("channel_symbol_errors", Kind::Int),
    ("rs_corrected", Kind::Int),
    ("data", Kind::Bytes),
];

const PACKETS: &[(&str, Kind)] = &[
    ("utc", Kind::Time),
    ("sample", Kind::Int),
    ("downlink", Kind::Text),
    ("packet", Kind::Int),
    ("frame", Kind::Int),
    ("scid", Kind::Int),
    ("vcid", Kind::Int),
    ("apid", Kind::Int),
    ("telecommand", Kind::Bool),
    ("sequence_flags", Kind::Int),
    ("sequence_count", Kind::Int),
    ("gap_before", Kind::Int),
    ("idle", Kind::Bool),
    ("crc", Kind::Bool),
    ("time", Kind::Text),
    ("data", Kind::Bytes),
];

const METRICS: &[(&str, Kind)] = &[
    ("utc", Kind::Time),
    ("sample", Kind::Int),
    ("downlink", Kind::Text),
    ("seconds", Kind::Float),
    ("locked_seconds", Kind::Float),
    ("sync", Kind::Text),
    ("es_n0_db", Kind::Float),
    ("eb_n0_db", Kind::Float),
    ("offset_hz", Kind::Float),
    ("symbol_rate_error_ppm", Kind::Float),
    ("frames_good", Kind::Int),
    ("frames_corrected", Kind::Int),
    ("frames_bad", Kind::Int),
    ("frames_lost", Kind::Int),
    ("samples_lost", Kind::Int),
];

impl Table {
    /// The table that a unit belongs into.
    pub fn of(unit: &Unit) -> Option<Self> {
        match *unit.record {
            Record::Frame(_) => Some(Self::Frames),
            Record::Packet(_) => Some(Self::Packets),
            Record::Metrics(_) => Some(Self::Metrics),
            _ => None,
        }
    }

    /// Its name, and that of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            Self::Packets => "packets",
            Self::Metrics => "metrics",
        }
    }

    fn columns(self) -> &'static [(&'static str, Kind)] {
        match self {
            Self::Frames => FRAMES,
            Self::Packets => PACKETS,
            Self::Metrics => METRICS,
        }
    }

    fn schema(self) -> String {
        let mut text = format!("message {} {{", self.name());
        for (name, kind) in self.columns() {
            let (physical, logical) = match kind {
                Kind::Time => ("int64", " (TIMESTAMP(MICROS,true))"),
                Kind::Int => ("int64", ""),
                Kind::Float => ("double", ""),
                Kind::Bool => ("boolean", ""),
                Kind::Text => ("byte_array", " (STRING)"),
                Kind::Bytes => ("byte_array", ""),
            };
            // Writing to a string cannot fail.
            let _ = write!(text, " optional {physical} {name}{logical};");
        }
        text + " }"
    }

    /// Writes a file of these units, all of which belong into this table.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write<'a, W: Write + Send>(self, units: impl Iterator<Item = &'a Unit>, to: W) -> Result<W> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("groundlink ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let schema = Arc::new(parse_message_type(&self.schema())?);
        let mut writer = SerializedFileWriter::new(to, schema, Arc::new(properties))?;
        let mut columns: Vec<Vec<Cell>> = self.columns().iter().map(|_| Vec::new()).collect();
        for row in units.filter_map(row) {
            for (column, cell) in columns.iter_mut().zip(row) {
                column.push(cell);
            }
        }
        let mut group = writer.next_row_group()?;
        for column in columns {
            write_column(&mut group, column)?;
        }
        group.close()?;
        writer.into_inner()
    }
}

/// Values that are there, and which they are.
fn present<T>(cells: Vec<Cell>, value: impl Fn(Cell) -> Option<T>) -> (Vec<T>, Vec<i16>) {
    let mut values = Vec::with_capacity(cells.len());
    let levels = cells
        .into_iter()
        .map(|cell| value(cell).map(|value| values.push(value)).map_or(0, |()| 1))
        .collect();
    (values, levels)
}

fn write_column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    cells: Vec<Cell>,
) -> Result<()> {
    let short = || ParquetError::General("the table has more columns than its schema".to_owned());
    let mut column = group.next_column()?.ok_or_else(short)?;
    match cells.first() {
        Some(Cell::Int(_)) => {
            let (values, levels) = present(
                cells,
                |cell| if let Cell::Int(value) = cell { value } else { None },
            );
            column
                .typed::<Int64Type>()
                .write_batch(&values, Some(&levels), None)?;
        }
        Some(Cell::Float(_)) => {
            let (values, levels) = present(cells, |cell| {
                if let Cell::Float(value) = cell {
                    value
                } else {
                    None
                }
            });
            column
                .typed::<DoubleType>()
                .write_batch(&values, Some(&levels), None)?;
        }
        Some(Cell::Bool(_)) => {
            let (values, levels) = present(
                cells,
                |cell| if let Cell::Bool(value) = cell { value } else { None },
            );
            column
                .typed::<BoolType>()
                .write_batch(&values, Some(&levels), None)?;
        }
        Some(Cell::Bytes(_)) => {
            let bytes = |cell| {
                if let Cell::Bytes(value) = cell {
                    value.map(ByteArray::from)
                } else {
                    None
                }
            };
            let (values, levels) = present(cells, bytes);
            column
                .typed::<ByteArrayType>()
                .write_batch(&values, Some(&levels), None)?;
        }
        None => {}
    }
    column.close()
}

fn row(unit: &Unit) -> Option<Vec<Cell>> {
    match &*unit.record {
        Record::Frame(frame) => Some(frame_row(unit, frame)),
        Record::Packet(packet) => Some(packet_row(unit, packet)),
        Record::Metrics(metrics) => Some(metrics_row(unit, metrics)),
        _ => None,
    }
}

fn frame_row(unit: &Unit, frame: &FrameRecord) -> Vec<Cell> {
    let (header, signal, coding) = (frame.header.as_ref(), frame.signal, frame.coding.as_ref());
    let corrections = coding.and_then(|coding| coding.rs_corrections.as_ref());
    let corrected = corrections.map(|words| words.iter().flatten().map(|&n| i64::from(n)).sum::<i64>());
    vec![
        time(unit),
        sample(&frame.place),
        text(unit.origin.downlink.as_deref()),
        count(frame.frame),
        Cell::Bool(Some(frame.good)),
        text(frame.rejection),
        maybe(header.map(|header| header.scid)),
        maybe(header.map(|header| header.vcid)),
        maybe(header.and_then(|header| header.mc_count)),
        maybe(header.map(|header| header.vc_count)),
        text(Some(frame.continuity)),
        int(frame.gap_before),
        Cell::Bool(Some(frame.idle)),
        Cell::Bool(frame.fecf),
        float(signal.map(|signal| signal.es_n0_db)),
        float(signal.map(|signal| signal.eb_n0_db)),
        float(signal.map(|signal| signal.offset_hz)),
        float(signal.map(|signal| signal.symbol_rate_hz)),
        float(signal.and_then(|signal| signal.evm_percent)),
        maybe(coding.map(|coding| coding.asm_errors)),
        maybe(coding.and_then(|coding| coding.channel_symbol_errors)),
        Cell::Int(corrected),
        Cell::Bytes(Some(unit.bytes.clone())),
    ]
}

fn packet_row(unit: &Unit, packet: &PacketRecord) -> Vec<Cell> {
    vec![
        time(unit),
        sample(&packet.place),
        text(unit.origin.downlink.as_deref()),
        count(packet.packet),
        count(packet.frame),
        maybe(packet.scid),
        maybe(packet.vcid),
        int(packet.apid),
        Cell::Bool(Some(packet.telecommand)),
        int(packet.sequence_flags),
        int(packet.sequence_count),
        int(packet.gap_before),
        Cell::Bool(Some(packet.idle)),
        Cell::Bool(packet.crc),
        text(packet.time.as_deref()),
        Cell::Bytes(Some(unit.bytes.clone())),
    ]
}

fn metrics_row(unit: &Unit, metrics: &MetricsRecord) -> Vec<Cell> {
    vec![
        time(unit),
        sample(&metrics.place),
        text(unit.origin.downlink.as_deref()),
        float(Some(metrics.seconds)),
        float(Some(metrics.locked_seconds)),
        text(Some(metrics.sync)),
        float(metrics.es_n0_db),
        float(metrics.eb_n0_db),
        float(metrics.offset_hz),
        float(metrics.symbol_rate_error_ppm),
        count(metrics.frames_good),
        count(metrics.frames_corrected),
        count(metrics.frames_bad),
        count(metrics.frames_lost),
        count(metrics.samples_lost),
    ]
}
