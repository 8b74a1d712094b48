//! What the frames of a link are.

use thiserror::Error;

/// Protocol of the transfer frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FrameKind {
    /// TM transfer frames (CCSDS 132.0-B).
    #[default]
    Tm,
    /// AOS transfer frames (CCSDS 732.0-B), Meteor's and others' VCDUs included.
    Aos,
    /// Frames whose inside is not interpreted; each is good if its check (where it has one) passes.
    Opaque,
}

/// A CRC-16 (CCITT, polynomial 0x1021, preset 0xFFFF) somewhere in an opaque frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrcSpan {
    /// First byte that the CRC covers.
    pub from: usize,
    /// Byte just after the last that it covers; the two CRC bytes follow, high byte first.
    pub to: usize,
}

/// How packets are taken out of frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketConfig {
    /// Largest whole packet believed, bytes (a longer length field is a sign of lost sync).
    pub max_bytes: usize,
    /// Whether each packet ends in a CRC-16 of its own (packet error control, as ECSS PUS has it).
    pub crc: bool,
}

impl Default for PacketConfig {
    fn default() -> Self {
        Self { max_bytes: 65_542, crc: false }
    }
}

/// Frame layer of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkConfig {
    /// Protocol.
    pub kind: FrameKind,
    /// Frame length, bytes.
    pub length: usize,
    /// Whether a frame error control field (CRC-16) ends each frame.
    pub fecf: bool,
    /// AOS: whether an operational control field is present. (TM frames say so themselves.)
    pub ocf: bool,
    /// AOS: whether the header carries its error control field.
    pub fhec: bool,
    /// AOS: bytes of insert zone after the header.
    pub insert_zone: usize,
    /// Opaque frames: their CRC, if any.
    pub opaque_crc: Option<CrcSpan>,
    /// Spacecraft the frames must come from, `None` accepts any.
    pub scid: Option<u16>,
    /// Virtual channels that may occur; empty accepts any.
    pub vcids: Vec<u8>,
    /// Space packets in the frames, `None` where the content is something else.
    pub packets: Option<PacketConfig>,
}

/// A link configuration that cannot be, or data that do not fit it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LinkError {
    /// A number outside what is possible.
    #[error("{field} is {value}, must be {limit}")]
    OutOfRange {
        /// Field of the configuration or header.
        field: &'static str,
        /// Value found.
        value: u64,
        /// What is allowed, in words.
        limit: String,
    },
}
