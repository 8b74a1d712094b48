//! Why Doppler cannot be taken off or written.

use crate::orbit::OrbitError;
use thiserror::Error;

/// Doppler that cannot be taken off or written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DopplerError {
    /// The file cannot be read.
    #[error("cannot read Doppler file {name}: {reason}")]
    Read {
        /// File.
        name: String,
        /// What the system says.
        reason: String,
    },
    /// A line of a file that is none.
    #[error("Doppler file {name}: line {line} {what}")]
    Line {
        /// File.
        name: String,
        /// Line, counted from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A file without a point.
    #[error("Doppler file {name}: no point is there")]
    Empty {
        /// File.
        name: String,
    },
    /// The elements or the site.
    #[error(transparent)]
    Orbit(#[from] OrbitError),
    /// Nobody says when the samples were taken.
    #[error("{input}: the time of the samples is not known, which {what} needs; give --start-time")]
    NoTime {
        /// Input name.
        input: String,
        /// What needs it.
        what: &'static str,
    },
    /// Nobody says which radio frequency the signal has.
    #[error("{input}: the frequency of the signal is not known, which {what} needs; give --rf-carrier")]
    NoFrequency {
        /// Input name.
        input: String,
        /// What needs it.
        what: &'static str,
    },
    /// Doppler of samples that have no frequency of their own to shift.
    #[error("{input}: the samples are real, Doppler is taken off complex ones")]
    Real {
        /// Input name.
        input: String,
    },
    /// An offset that the samples cannot have.
    #[error("Doppler of {hz} Hz does not fit into {rate_hz} samples per second")]
    TooLarge {
        /// Offset, Hz.
        hz: String,
        /// Samples per second.
        rate_hz: String,
    },
}
