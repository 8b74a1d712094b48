//! `SigMF` recordings: metadata and data side by side, or both in a tar archive.
//!
//! Source: the `SigMF` specification 1.2, namespace `core`. Only recordings of one channel are read.

mod archive;
mod meta;
mod open;
mod writer;

pub use archive::{Archive, locate};
pub use meta::{GlobalIndex, Meta, Segment, parse_meta};
pub use writer::{Annotation, SigmfMeta, SigmfSegment, SigmfWriteError, SigmfWriter};

pub(crate) use writer::{encode, is_written, save_meta};

pub(crate) use archive::is_tar;
pub(crate) use open::{find_pair, open_archive_file, open_archive_stream, open_pair};

use std::io;
use thiserror::Error;

/// Longest metadata that are read.
pub(crate) const MAX_META_BYTES: u64 = 64 << 20;
/// Endings of the two files.
pub(crate) const META_ENDING: &str = ".sigmf-meta";
pub(crate) const DATA_ENDING: &str = ".sigmf-data";

/// What is wrong with a `SigMF` recording or archive.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SigmfError {
    /// No JSON, or not of the shape that `SigMF` prescribes.
    #[error("SigMF metadata: {0}")]
    Json(#[from] serde_json::Error),
    /// Longer than any metadata.
    #[error("SigMF metadata of more than {} MiB", MAX_META_BYTES >> 20)]
    TooLong,
    /// A datatype that is none, or is not supported.
    #[error(
        "SigMF core:datatype {datatype:?} is not supported; allowed are {}",
        super::format::ALLOWED
    )]
    Datatype {
        /// The datatype found.
        datatype: String,
    },
    /// Several channels.
    #[error("SigMF core:num_channels is {channels}: only recordings of 1 channel are supported")]
    Channels {
        /// Channels found.
        channels: u64,
    },
    /// Metadata without data, which `SigMF` allows.
    #[error("SigMF core:metadata_only: there are no samples with these metadata")]
    MetadataOnly,
    /// A data file named with a path.
    #[error("SigMF core:dataset {dataset:?} is not the plain name of a file beside the metadata")]
    DatasetName {
        /// The name found.
        dataset: String,
    },
    /// More bytes to leave away than anybody writes behind the samples.
    #[error("SigMF core:trailing_bytes of {bytes} is more than {} MiB", open::MAX_TRAILING_BYTES >> 20)]
    TrailingBytes {
        /// The number found.
        bytes: u64,
    },
    /// Metadata without their data file.
    #[error("no data file {expected} (or .gz, .zst) beside the metadata")]
    NoData {
        /// Path of the file that should be there.
        expected: String,
    },
    /// An archive without a recording.
    #[error(
        "tar archive without a SigMF recording: neither .sigmf-meta with a .sigmf-data of the same name is in it"
    )]
    NoRecording,
    /// An archive that cannot go back.
    #[error("SigMF archive on a pipe with the data before the metadata; save it to a file first")]
    DataFirst,
    /// A failing read, or a damaged tar.
    #[error("SigMF archive: {0}")]
    Io(#[from] io::Error),
}
