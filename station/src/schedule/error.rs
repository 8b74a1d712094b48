//! Why a station cannot begin. Once it has, nothing ends it but the one who asks.

use crate::StationError;
use crate::station_file::StationFileError;
use std::io;
use thiserror::Error;

/// A station that cannot begin.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// Its file is wrong, or a profile that it names.
    #[error(transparent)]
    File(Box<StationFileError>),
    /// An output cannot be opened.
    #[error(transparent)]
    Output(Box<StationError>),
    /// The folder of results cannot be used.
    #[error("results.folder {folder}: {source}")]
    Results {
        /// Its path.
        folder: String,
        /// Why.
        source: io::Error,
    },
}

impl From<StationFileError> for ScheduleError {
    fn from(error: StationFileError) -> Self {
        Self::File(Box::new(error))
    }
}

impl From<StationError> for ScheduleError {
    fn from(error: StationError) -> Self {
        Self::Output(Box::new(error))
    }
}
