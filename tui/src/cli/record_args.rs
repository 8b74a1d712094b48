//! The options of recording.

// The comments here are the help texts, which are no Markdown.
#![allow(clippy::doc_markdown)]

use clap::{Args, ValueEnum};
use groundlink_station::input::{SampleFormat, parse_bytes};
use groundlink_station::recording::{RecordConfig, Trigger};
use std::path::PathBuf;

/// What to record while decoding.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recording")]
pub struct RecordArgs {
    /// Record the samples into this folder, as SigMF with a note on every frame and lock.
    #[arg(long, value_name = "FOLDER")]
    pub record: Option<PathBuf>,
    /// How samples are recorded: ci8, ci16 or cf32.
    #[arg(long, value_name = "FORMAT", default_value = "ci16", requires = "record")]
    pub record_format: SampleFormat,
    /// Compress the recorded samples with zstd.
    #[arg(long, requires = "record")]
    pub record_zstd: bool,
    /// Record everything, or only around locks.
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value = "always",
        requires = "record"
    )]
    pub record_when: When,
    /// Seconds recorded before a lock.
    #[arg(long, value_name = "S", default_value_t = 10.0, requires = "record")]
    pub record_before: f64,
    /// Seconds recorded after the loss of lock.
    #[arg(long, value_name = "S", default_value_t = 30.0, requires = "record")]
    pub record_after: f64,
    /// Begin another recording after so many seconds.
    #[arg(long, value_name = "S", requires = "record")]
    pub record_rotate: Option<f64>,
    /// Most bytes of recordings of this profile or station in the folder, such as 20G: the oldest are deleted.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, requires = "record")]
    pub record_quota: Option<u64>,
}

/// `--record-when`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Everything.
    Always,
    /// Around locks.
    Lock,
}

impl RecordArgs {
    /// What is to be recorded, if anything.
    pub fn config(&self) -> Option<RecordConfig> {
        let around = Trigger {
            before_s: self.record_before,
            after_s: self.record_after,
        };
        Some(RecordConfig {
            folder: self.record.clone()?,
            format: self.record_format,
            zstd: self.record_zstd,
            trigger: (self.record_when == When::Lock).then_some(around),
            rotate_s: self.record_rotate,
            quota_bytes: self.record_quota,
        })
    }
}
