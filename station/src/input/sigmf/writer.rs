//! Writing `SigMF` recordings.

use super::{DATA_ENDING, META_ENDING};
use crate::input::{SampleFormat, SampleType, utc};
use crate::whole::write_whole;
use hifitime::Epoch;
use num_complex::Complex32;
use serde_json::{Map, Value, json};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use thiserror::Error;

/// Samples converted at a time.
const PIECE: usize = 16 * 1024;

/// Why a recording cannot be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SigmfWriteError {
    /// A datatype that is only read.
    #[error(
        "cannot write samples as {format}; allowed are cf32_le, ci16_le, ci8, cu8, rf32_le, ri16_le, ri8, ru8"
    )]
    Datatype {
        /// The format asked for.
        format: SampleFormat,
    },
    /// The operating system says no.
    #[error("{path}: {source}")]
    Io {
        /// File being written.
        path: String,
        /// What it says.
        source: io::Error,
    },
}

/// What to write into the metadata.
#[derive(Debug, Clone, PartialEq)]
pub struct SigmfMeta {
    /// Datatype; the imaginary part of samples is not written where it is real.
    pub datatype: SampleFormat,
    /// Samples per second.
    pub sample_rate_hz: f64,
    /// Capture segments, in the order of their samples.
    pub captures: Vec<SigmfSegment>,
    /// Hardware that recorded.
    pub hardware: Option<String>,
    /// Who recorded.
    pub author: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Stretches worth a note, in the order of their samples.
    pub annotations: Vec<Annotation>,
}

/// A capture segment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SigmfSegment {
    /// First sample.
    pub sample_start: u64,
    /// Index of that sample in what was received, where samples are missing.
    pub global_index: Option<u64>,
    /// Tuned frequency, Hz.
    pub frequency_hz: Option<f64>,
    /// UTC of the first sample.
    pub datetime: Option<Epoch>,
}

/// A note on a stretch of samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// First sample.
    pub sample_start: u64,
    /// Samples.
    pub sample_count: u64,
    /// Short name.
    pub label: String,
    /// Free text.
    pub comment: Option<String>,
}

/// Writes samples as they come and the metadata at the end, so that metadata never describe data that are
/// not there.
#[derive(Debug)]
pub struct SigmfWriter {
    base: String,
    meta: SigmfMeta,
    data: BufWriter<File>,
    bytes: Vec<u8>,
    samples: u64,
    clipped: u64,
}

impl SigmfWriter {
    /// Begins a recording. `path` is the metadata's or the data's, or the base name of both. Both files are
    /// replaced: older metadata go at once.
    ///
    /// # Errors
    /// A datatype that is not written, or a place that cannot be written to.
    pub fn create(path: &str, meta: SigmfMeta) -> Result<Self, SigmfWriteError> {
        let format = meta.datatype;
        if !is_written(format) {
            return Err(SigmfWriteError::Datatype { format });
        }
        let base = [META_ENDING, DATA_ENDING]
            .iter()
            .find_map(|end| path.strip_suffix(end))
            .unwrap_or(path);
        let base = base.to_owned();
        let old = format!("{base}{META_ENDING}");
        match fs::remove_file(&old) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(io_error(old, e)),
            _ => {}
        }
        let path = format!("{base}{DATA_ENDING}");
        let file = File::create(&path).map_err(|e| io_error(path, e))?;
        let data = BufWriter::with_capacity(256 * 1024, file);
        Ok(Self {
            base,
            meta,
            data,
            bytes: Vec::new(),
            samples: 0,
            clipped: 0,
        })
    }

    /// Appends samples, full scale = 1. Integers are rounded, and clipped where they do not fit; what is not a
    /// number is written as zero in them and counts as clipped. Floats are written as they are.
    ///
    /// # Errors
    /// A failing write.
    pub fn write(&mut self, samples: &[Complex32]) -> Result<(), SigmfWriteError> {
        for piece in samples.chunks(PIECE) {
            self.bytes.clear();
            self.clipped += encode(self.meta.datatype, piece, &mut self.bytes);
            self.data
                .write_all(&self.bytes)
                .map_err(|e| io_error(self.data_path(), e))?;
            self.samples += piece.len() as u64;
        }
        Ok(())
    }

    /// Notes a stretch of samples; in the order of the samples.
    pub fn annotate(&mut self, annotation: Annotation) {
        self.meta.annotations.push(annotation);
    }

    /// Samples written.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Numbers (two to a complex sample) that did not fit and were clipped.
    pub fn clipped(&self) -> u64 {
        self.clipped
    }

    /// Ends the recording: data to the disk, then the metadata under another name, then the renaming.
    ///
    /// # Errors
    /// A failing write; then there are no metadata.
    pub fn finish(mut self) -> Result<(), SigmfWriteError> {
        self.data.flush().map_err(|e| io_error(self.data_path(), e))?;
        self.data
            .get_ref()
            .sync_all()
            .map_err(|e| io_error(self.data_path(), e))?;
        let path = format!("{}{META_ENDING}", self.base);
        save_meta(path.as_ref(), &self.meta).map_err(|e| io_error(path, e))
    }

    fn data_path(&self) -> String {
        format!("{}{DATA_ENDING}", self.base)
    }
}

/// Puts metadata on the disk under another name first, so that there are whole ones at any time.
pub(crate) fn save_meta(path: &Path, meta: &SigmfMeta) -> io::Result<()> {
    write_whole(path, &format!("{:#}\n", document(meta)))
}

fn io_error(path: String, source: io::Error) -> SigmfWriteError {
    SigmfWriteError::Io { path, source }
}

/// Whether samples are written in this format.
pub(crate) fn is_written(format: SampleFormat) -> bool {
    let number = matches!(
        format.number,
        SampleType::F32 | SampleType::I16 | SampleType::I8 | SampleType::U8
    );
    number && !format.big_endian
}

/// Appends the samples' bytes; returns how many numbers were clipped.
pub(crate) fn encode(format: SampleFormat, samples: &[Complex32], out: &mut Vec<u8>) -> u64 {
    match format.number {
        SampleType::F32 => each(format, samples, out, |value| (value.to_le_bytes(), false)),
        SampleType::I16 => each(format, samples, out, |value| {
            let (value, clipped) = fit(value * 32_768.0, -32_768.0, 32_767.0);
            ((value as i16).to_le_bytes(), clipped)
        }),
        SampleType::U8 => each(format, samples, out, |value| {
            let value = if value.is_nan() {
                value
            } else {
                value * 127.5 + 127.5
            };
            // The middle of the range lies between two values; silence becomes the upper.
            let (value, clipped) = if value.is_nan() {
                (128.0, true)
            } else {
                fit(value, 0.0, 255.0)
            };
            ([value as u8], clipped)
        }),
        _ => each(format, samples, out, |value| {
            let (value, clipped) = fit(value * 128.0, -128.0, 127.0);
            ((value as i8).to_le_bytes(), clipped)
        }),
    }
}

fn fit(value: f32, low: f32, high: f32) -> (f32, bool) {
    if value.is_nan() {
        return (0.0, true);
    }
    let rounded = value.round();
    (rounded.clamp(low, high), !(low..=high).contains(&rounded))
}

fn each<const N: usize>(
    format: SampleFormat,
    samples: &[Complex32],
    out: &mut Vec<u8>,
    number: impl Fn(f32) -> ([u8; N], bool),
) -> u64 {
    let mut clipped = 0;
    let mut put = |value: f32, out: &mut Vec<u8>| {
        let (bytes, over) = number(value);
        out.extend_from_slice(&bytes);
        clipped += u64::from(over);
    };
    for sample in samples {
        put(sample.re, out);
        if format.complex {
            put(sample.im, out);
        }
    }
    clipped
}

fn document(meta: &SigmfMeta) -> Value {
    let mut global = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            global.insert(key.to_owned(), value);
        }
    };
    put("core:datatype", json!(meta.datatype.to_string()));
    put("core:version", json!("1.2.0"));
    put("core:sample_rate", number(meta.sample_rate_hz));
    put("core:num_channels", json!(1));
    put("core:hw", json!(meta.hardware));
    put("core:author", json!(meta.author));
    put("core:recorder", json!("groundlink"));
    put("core:description", json!(meta.description));
    let captures: Vec<Value> = meta.captures.iter().map(capture).collect();
    let annotations: Vec<Value> = meta.annotations.iter().map(annotation).collect();
    json!({ "global": global, "captures": captures, "annotations": annotations })
}

fn capture(segment: &SigmfSegment) -> Value {
    let mut value = json!({ "core:sample_start": segment.sample_start });
    if let Some(index) = segment.global_index {
        value["core:global_index"] = json!(index);
    }
    if let Some(frequency) = segment.frequency_hz {
        value["core:frequency"] = number(frequency);
    }
    if let Some(datetime) = segment.datetime {
        value["core:datetime"] = json!(utc::to_iso(datetime));
    }
    value
}

fn annotation(annotation: &Annotation) -> Value {
    let mut value = json!({
        "core:sample_start": annotation.sample_start,
        "core:sample_count": annotation.sample_count,
        "core:label": annotation.label,
    });
    if let Some(comment) = &annotation.comment {
        value["core:comment"] = json!(comment);
    }
    value
}

/// Whole numbers without a decimal point, as people write rates.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        json!(value as i64)
    } else {
        json!(value)
    }
}
