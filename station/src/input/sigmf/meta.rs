//! `SigMF` metadata as far as a receiver needs them.

use super::SigmfError;
use crate::input::stream::Jump;
use crate::input::{Capture, SampleFormat, utc};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// What metadata tell of the samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Meta {
    /// Datatype.
    pub format: SampleFormat,
    /// Samples per second, where stated.
    pub sample_rate_hz: Option<f64>,
    /// Recording hardware.
    pub hardware: Option<String>,
    /// Name of the data file, where it is not that of the metadata.
    pub dataset: Option<String>,
    /// Bytes behind the samples that are none.
    pub trailing_bytes: u64,
    /// Capture segments in the order of their samples.
    pub segments: Vec<Segment>,
    /// What is odd about the metadata.
    pub warnings: Vec<String>,
}

/// A capture segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// First sample, counted from the first of the file.
    pub capture: Capture,
    /// Bytes before the segment's first sample that are no samples.
    pub header_bytes: u64,
    /// Index of the first sample in the stream that was recorded, where stated.
    pub global_index: Option<GlobalIndex>,
}

/// Index of a sample in the stream that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GlobalIndex(pub u64);

#[derive(Deserialize)]
struct Document {
    global: Global,
    #[serde(default)]
    captures: Vec<RawCapture>,
}

#[derive(Deserialize)]
struct Global {
    #[serde(rename = "core:datatype")]
    datatype: String,
    #[serde(rename = "core:sample_rate")]
    sample_rate: Option<f64>,
    #[serde(rename = "core:hw")]
    hardware: Option<String>,
    #[serde(rename = "core:dataset")]
    dataset: Option<String>,
    #[serde(rename = "core:num_channels", default, deserialize_with = "whole")]
    num_channels: Option<u64>,
    #[serde(rename = "core:offset", default, deserialize_with = "whole")]
    offset: Option<u64>,
    #[serde(rename = "core:trailing_bytes", default, deserialize_with = "whole")]
    trailing_bytes: Option<u64>,
    #[serde(rename = "core:metadata_only", default)]
    metadata_only: bool,
}

#[derive(Deserialize)]
struct RawCapture {
    #[serde(rename = "core:sample_start", default, deserialize_with = "whole")]
    sample_start: Option<u64>,
    #[serde(rename = "core:global_index", default, deserialize_with = "whole")]
    global_index: Option<u64>,
    #[serde(rename = "core:header_bytes", default, deserialize_with = "whole")]
    header_bytes: Option<u64>,
    #[serde(rename = "core:frequency")]
    frequency: Option<f64>,
    #[serde(rename = "core:datetime")]
    datetime: Option<String>,
}

/// A whole number, also where a program wrote it as `0.0` or `1e6`.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Whole(u64),
        Float(f64),
    }
    match Option::<Number>::deserialize(deserializer)
        .map_err(|_| D::Error::custom("expected a whole number"))?
    {
        None => Ok(None),
        Some(Number::Whole(value)) => Ok(Some(value)),
        // Up to 2^53 a double holds every whole number.
        Some(Number::Float(value))
            if value.fract() == 0.0 && (0.0..=9.007_199_254_740_992e15).contains(&value) =>
        {
            Ok(Some(value as u64))
        }
        Some(Number::Float(value)) => Err(D::Error::custom(format!(
            "expected a whole number, found {value}"
        ))),
    }
}

/// Reads metadata.
///
/// # Errors
/// [`SigmfError`] where the JSON is broken (with line and column) or the recording is of a kind that is not read.
pub fn parse_meta(json: &[u8]) -> Result<Meta, SigmfError> {
    let json = json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json);
    let Document { global, captures } = serde_json::from_slice(json)?;
    let format = datatype(&global.datatype)?;
    if let Some(channels) = global.num_channels.filter(|n| *n != 1) {
        return Err(SigmfError::Channels { channels });
    }
    if global.metadata_only {
        return Err(SigmfError::MetadataOnly);
    }
    if let Some(dataset) = global
        .dataset
        .as_ref()
        .filter(|d| d.is_empty() || d.contains(['/', '\\']))
    {
        return Err(SigmfError::DatasetName {
            dataset: dataset.clone(),
        });
    }
    let mut warnings = Vec::new();
    let offset = global.offset.unwrap_or(0);
    let mut segments: Vec<Segment> = captures
        .into_iter()
        .map(|c| segment(c, offset, &mut warnings))
        .collect();
    if !segments.is_sorted_by_key(|s| s.capture.sample_start) {
        warnings.push("SigMF captures are not in the order of their samples; sorted".to_owned());
        segments.sort_by_key(|s| s.capture.sample_start);
    }
    Ok(Meta {
        format,
        sample_rate_hz: global.sample_rate,
        hardware: global.hardware,
        dataset: global.dataset,
        trailing_bytes: global.trailing_bytes.unwrap_or(0),
        segments,
        warnings,
    })
}

fn datatype(text: &str) -> Result<SampleFormat, SigmfError> {
    let format = text.parse().ok().filter(|_| text.starts_with(['c', 'r']));
    format.ok_or_else(|| SigmfError::Datatype {
        datatype: text.to_owned(),
    })
}

fn segment(raw: RawCapture, offset: u64, warnings: &mut Vec<String>) -> Segment {
    let time = raw.datetime.as_deref().and_then(utc::parse_iso);
    if let Some(datetime) = raw.datetime.filter(|_| time.is_none()) {
        warnings.push(format!(
            "SigMF core:datetime {datetime:?} is no ISO 8601 time; the time is unknown"
        ));
    }
    let sample_start = raw.sample_start.unwrap_or(0).saturating_sub(offset);
    Segment {
        capture: Capture {
            sample_start,
            time,
            frequency_hz: raw.frequency,
            ..Capture::default()
        },
        header_bytes: raw.header_bytes.unwrap_or(0),
        global_index: raw.global_index.map(GlobalIndex),
    }
}

impl Meta {
    /// Where the recorder lost samples: between two captures the index in the stream rises by more than the
    /// file has samples. Moves the captures' starts to indices that count the lost samples too.
    pub(crate) fn take_jumps(&mut self) -> Vec<Jump> {
        let mut jumps: Vec<Jump> = Vec::new();
        let mut before: Option<(u64, u64)> = None;
        let mut lost = 0u64;
        for segment in &mut self.segments {
            let start = segment.capture.sample_start;
            if let Some(GlobalIndex(index)) = segment.global_index {
                if let Some((last_start, last_index)) = before {
                    match index
                        .checked_sub(last_index)
                        .and_then(|d| d.checked_sub(start - last_start))
                    {
                        Some(0) => {}
                        Some(missing) => {
                            lost = lost.saturating_add(missing).min(u64::MAX / 2);
                            jumps.push(Jump { at: start, lost });
                            self.warnings.push(format!(
                                "{missing} samples lost by the recorder before sample {start}"
                            ));
                        }
                        None => self.warnings.push(format!(
                            "SigMF core:global_index {index} at sample {start} is too low and is not used"
                        )),
                    }
                }
                before = Some((start, index));
            }
            segment.capture.sample_start = start.saturating_add(lost);
        }
        jumps
    }
}
