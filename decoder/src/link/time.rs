//! Time codes of packets: CCSDS unsegmented (CUC) and day segmented (CDS) (CCSDS 301.0-B-4 §3.2, §3.3).
//!
//! A preamble (P-field) says how the time (T-field) is laid out. It precedes the time, or is fixed for a
//! mission and not sent. What comes out are integers since the code's epoch; leap seconds are the caller's
//! business (1958 epoch: CUC counts TAI, CDS counts UTC days).

use thiserror::Error;

/// What the count begins at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeEpoch {
    /// 1958-01-01, the CCSDS epoch (Level 1).
    Ccsds1958,
    /// An epoch that the mission defines (Level 2).
    Agency,
}

/// A time code that cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TimeError {
    /// Fewer bytes than the code needs.
    #[error("time code has {found} bytes, needs {needed}")]
    TooShort {
        /// Bytes found.
        found: usize,
        /// Bytes needed.
        needed: usize,
    },
    /// The preamble is that of another code.
    #[error("time code identification is {found}, must be {expected}")]
    CodeId {
        /// Identification found, 3 bits.
        found: u8,
        /// Identifications of the code asked for, in words.
        expected: &'static str,
    },
    /// A layout without bytes for the seconds.
    #[error("coarse bytes is 0, must be at least 1")]
    NoSeconds,
    /// A field outside what is possible.
    #[error("{field} is {value}, must be at most {limit}")]
    OutOfRange {
        /// Field of the preamble or time.
        field: &'static str,
        /// Value found.
        value: u128,
        /// Largest value allowed.
        limit: u128,
    },
}

/// Refuses values above `limit`.
pub(crate) fn at_most(field: &'static str, value: u128, limit: u128) -> Result<(), TimeError> {
    if value <= limit {
        return Ok(());
    }
    Err(TimeError::OutOfRange { field, value, limit })
}

/// The first `needed` bytes.
pub(crate) fn take(bytes: &[u8], needed: usize) -> Result<&[u8], TimeError> {
    bytes.get(..needed).ok_or(TimeError::TooShort {
        found: bytes.len(),
        needed,
    })
}

/// Bytes, most significant first, as a number; up to 16 of them.
pub(crate) fn big_endian(bytes: &[u8]) -> u128 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// Appends the low `bytes` bytes of `number`, most significant first.
pub(crate) fn push_big_endian(number: u128, bytes: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&number.to_be_bytes()[16 - bytes..]);
}
