//! The messages between a station and its viewers, as `docs/attach.md` has them: CBOR maps behind their length.

use super::mirror::{Block, Frame, Link, Packet, Status, Sync};
use crate::monitor::{CodingParts, EventLine, Numbers};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use thiserror::Error;

/// Version of the protocol.
pub const VERSION: u32 = 1;
/// Bytes of an answer at most.
pub const MAX_ANSWER: usize = 256 * 1024;
/// Bytes of a question at most.
pub const MAX_ASK: usize = 4 * 1024;

/// What a viewer asks: what is new beyond what it has.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Ask {
    /// Version of the protocol that the viewer speaks.
    pub v: u32,
    /// The run that the numbers are of, as the answer before had it.
    #[serde(default)]
    pub run: u64,
    /// Next entry wanted of each history.
    #[serde(default)]
    pub next: Numbers,
    /// Newest spectrum that the viewer has.
    #[serde(default)]
    pub spectrum_serial: u64,
    /// Newest constellation that it has.
    #[serde(default)]
    pub constellation_serial: u64,
    /// Bins of a spectrum that it can draw; 0 for none.
    #[serde(default)]
    pub bins: u32,
    /// Points of a constellation that it can draw; 0 for none.
    #[serde(default)]
    pub points: u32,
    /// Bytes of the answer that it wants at most.
    #[serde(default)]
    pub most: u32,
}

/// Entries of a history, beginning with this number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part<T> {
    /// Number of the first; entries from the one that was asked for up to it are left out.
    pub first: u64,
    /// The entries.
    pub items: Vec<T>,
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self {
            first: 0,
            items: Vec::new(),
        }
    }
}

/// A spectrum.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Spectrum {
    /// Counts up.
    pub serial: u64,
    /// Width, Hz.
    pub span_hz: f64,
    /// Nominal carrier frequency within it, Hz.
    #[serde(default)]
    pub carrier_hz: f64,
    /// Width of the band that the receiver takes around it, Hz.
    #[serde(default)]
    pub band_hz: f64,
    /// Level since the spectrum before: least magnitude, root of the mean square, greatest, share at full scale.
    #[serde(default)]
    pub level: [f32; 4],
    /// dBFS per bin; several bins are merged into one by their maximum.
    pub bins: Vec<f32>,
}

/// A constellation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Constellation {
    /// Counts up.
    pub serial: u64,
    /// I and Q in turn.
    pub points: Vec<f32>,
}

/// What a station answers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Answer {
    /// Version of the protocol.
    pub v: u32,
    /// Why there is nothing else, where the viewer is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Program and version.
    #[serde(default)]
    pub program: String,
    /// The run: where it is another than was asked about, all numbers begin anew.
    #[serde(default)]
    pub run: u64,
    /// The run is at its end and this is the last answer.
    #[serde(default)]
    pub last: bool,
    /// Status.
    #[serde(default)]
    pub status: Status,
    /// Counters of channels; left out where they did not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// Codes of the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coding: Option<CodingParts>,
    /// Whether the replay is held.
    #[serde(default)]
    pub paused: bool,
    /// Multiple of real time that it is held to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<f64>,
    /// Events.
    #[serde(default)]
    pub events: Part<EventLine>,
    /// Frames.
    #[serde(default)]
    pub frames: Part<Frame>,
    /// Packets.
    #[serde(default)]
    pub packets: Part<Packet>,
    /// Blocks as the codes saw them.
    #[serde(default)]
    pub blocks: Part<Block>,
    /// Changes of frame synchronisation.
    #[serde(default)]
    pub syncs: Part<Sync>,
    /// A newer spectrum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spectrum: Option<Spectrum>,
    /// A newer constellation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constellation: Option<Constellation>,
}

/// Why a message cannot be understood or passed on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WireError {
    /// The connection failed or ended.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Longer than the protocol allows.
    #[error("a message of {length} bytes, must be at most {most}")]
    TooLong {
        /// Length.
        length: usize,
        /// Limit.
        most: usize,
    },
    /// Not a message of the protocol.
    #[error("no message of this protocol: {reason}")]
    Malformed {
        /// Why.
        reason: String,
    },
}

/// The bytes of a message, its length not counted.
///
/// # Errors
/// [`WireError::TooLong`].
pub fn encode<T: Serialize>(message: &T, most: usize) -> Result<Vec<u8>, WireError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(message, &mut bytes).map_err(|error| WireError::Malformed {
        reason: error.to_string(),
    })?;
    if bytes.len() > most {
        return Err(WireError::TooLong {
            length: bytes.len(),
            most,
        });
    }
    Ok(bytes)
}

/// A message from its bytes.
///
/// # Errors
/// [`WireError::Malformed`].
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    ciborium::de::from_reader_with_recursion_limit(bytes, 16).map_err(|error| WireError::Malformed {
        reason: error.to_string(),
    })
}

/// Sends a message behind its length.
///
/// # Errors
/// When the other side does not take it.
pub fn send(to: &mut impl Write, message: &[u8]) -> Result<(), WireError> {
    let mut whole = Vec::with_capacity(4 + message.len());
    whole.extend_from_slice(&(message.len() as u32).to_be_bytes());
    whole.extend_from_slice(message);
    to.write_all(&whole)?;
    to.flush()?;
    Ok(())
}

/// Receives a message of at most so many bytes; memory is taken as they come.
///
/// # Errors
/// When the connection ends, or the message is longer.
pub fn receive(from: &mut impl Read, most: usize) -> Result<Vec<u8>, WireError> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > most {
        return Err(WireError::TooLong { length, most });
    }
    let mut bytes = Vec::new();
    from.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
    }
    Ok(bytes)
}
