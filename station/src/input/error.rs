//! What can be wrong with an input, in one line each.

use super::live::LiveError;
use super::sigmf::SigmfError;
use super::wav::WavError;
use std::io;
use thiserror::Error;

/// Lowest sample rate that is taken for one, Hz.
pub const MIN_RATE_HZ: f64 = 1.0;
/// Highest sample rate that is taken for one, Hz.
pub const MAX_RATE_HZ: f64 = 1e11;

/// Why an input cannot be opened or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InputError {
    /// Nothing at this path.
    #[error("{name}: no such file")]
    Missing {
        /// The path as given.
        name: String,
    },
    /// A directory where a file is needed.
    #[error("{name}: is a directory; name a file in it, or - for standard input")]
    Directory {
        /// The path as given.
        name: String,
    },
    /// Not one byte of data.
    #[error("{name}: is empty")]
    Empty {
        /// The path as given.
        name: String,
    },
    /// The operating system or a decompressor says no.
    #[error("{name}: {source}")]
    Io {
        /// The path as given.
        name: String,
        /// What it says.
        source: io::Error,
    },
    /// Raw samples of which too little is known.
    #[error("{name}: neither its content nor its name tells what the samples are; give {give}")]
    UnknownFormat {
        /// The path as given.
        name: String,
        /// The options that are missing.
        give: &'static str,
    },
    /// A sample rate that cannot be one.
    #[error("{name}: a sample rate of {rate_hz} Hz is outside {MIN_RATE_HZ} to {MAX_RATE_HZ:e} Hz")]
    Rate {
        /// The path as given.
        name: String,
        /// The rate in question, Hz.
        rate_hz: f64,
    },
    /// Text that should be a number of bytes.
    #[error("{text:?} is not a number of bytes: write it as 500M or 20G")]
    Bytes {
        /// The text.
        text: String,
    },
    /// Text that should be a rate or a frequency.
    #[error("{text:?} is not a {what}: write it as 250000, 6e6, 250k, 6M or {example}")]
    Quantity {
        /// The text.
        text: String,
        /// "sample rate" or "frequency".
        what: &'static str,
        /// The form with its unit.
        example: &'static str,
    },
    /// Text that should be a time.
    #[error("{text:?} is not a time: write it as 2026-03-01T12:00:00Z (UTC)")]
    Time {
        /// The text.
        text: String,
    },
    /// Text that should be a sample format.
    #[error("unknown sample format {text:?}; allowed are {}", super::format::ALLOWED)]
    SampleFormatName {
        /// The text.
        text: String,
    },
    /// Text that should be a format of soft bits.
    #[error("unknown format of soft bits {text:?}; allowed are {}", super::soft::ALLOWED)]
    SoftFormatName {
        /// The text.
        text: String,
    },
    /// Soft bits of which the format is not known.
    #[error(
        "{name}: its name does not tell how soft bits are written; give one of {}",
        super::soft::ALLOWED
    )]
    UnknownSoftFormat {
        /// The path as given.
        name: String,
    },
    /// A live input that cannot be used, or was lost.
    #[error("{name}: {source}")]
    Live {
        /// The URL as given.
        name: String,
        /// What is wrong with it.
        source: LiveError,
    },
    /// A WAV file that cannot be used.
    #[error("{name}: {source}")]
    Wav {
        /// The path as given.
        name: String,
        /// What is wrong with it.
        source: WavError,
    },
    /// A `SigMF` recording or archive that cannot be used.
    #[error("{name}: {source}")]
    Sigmf {
        /// The path as given.
        name: String,
        /// What is wrong with it.
        source: SigmfError,
    },
}

impl InputError {
    /// What the operating system says of `name`, sorted into the cases that have their own line.
    pub fn read(name: &str, source: io::Error) -> Self {
        let name = name.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { name },
            io::ErrorKind::IsADirectory => Self::Directory { name },
            _ => Self::Io { name, source },
        }
    }

    /// `rate_hz`, if it can be a sample rate.
    pub(crate) fn check_rate(name: &str, rate_hz: f64) -> Result<f64, Self> {
        if (MIN_RATE_HZ..=MAX_RATE_HZ).contains(&rate_hz) {
            Ok(rate_hz)
        } else {
            Err(Self::Rate {
                name: name.to_owned(),
                rate_hz,
            })
        }
    }
}
