//! What a watcher asks for and cannot have.

use crate::StationError;
use std::io;
use thiserror::Error;

/// Why a run is not taken elsewhere.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SessionError {
    /// Other inputs than samples are decoded as fast as they come.
    #[error("the input is {from}: only samples can be sought and received anew")]
    NoSamples {
        /// What the input is.
        from: &'static str,
    },
    /// The input cannot be read twice.
    #[error("this input can only be read once: it cannot be sought")]
    Once,
    /// A file written twice would not be what it says.
    #[error("{what} is being written, which a second time over the same samples would spoil: no seeking")]
    Written {
        /// Option of the output.
        what: String,
    },
    /// Soft bits would change their meaning within a file.
    #[error("--soft is being written, whose bits would change their meaning: the profile stays")]
    SoftWritten,
    /// Live inputs are not held.
    #[error("a live input is not held")]
    Live,
    /// Steps are for a replay that is held.
    #[error("steps are for a replay that is held (Space)")]
    NotHeld,
    /// The input has ended.
    #[error("the input has ended")]
    Ended,
    /// Not of the form `key=value`.
    #[error("{text:?} is no key=value")]
    NoAssignment {
        /// What was given.
        text: String,
    },
    /// The profile would describe no possible link, or not with this input.
    #[error(transparent)]
    Profile(#[from] StationError),
    /// The profile cannot be written.
    #[error("cannot write {path}: {source}")]
    Save {
        /// Where to.
        path: String,
        /// Why.
        source: io::Error,
    },
}
