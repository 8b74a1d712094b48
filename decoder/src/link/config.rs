//! What the frames of a link are.

use thiserror::Error;

use super::aos::{AOS_HEADER_BYTES, FHEC_BYTES, MPDU_HEADER_BYTES};
use super::tc::{TC_HEADER_BYTES, TC_LONGEST_FRAME};
use super::tm::TM_HEADER_BYTES;

/// Protocol of the transfer frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FrameKind {
    /// TM transfer frames (CCSDS 132.0-B).
    #[default]
    Tm,
    /// AOS transfer frames (CCSDS 732.0-B), Meteor's and others' VCDUs included.
    Aos,
    /// TC transfer frames (CCSDS 232.0-B), each of a length of its own.
    Tc,
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
    /// Whether each packet ends in a CRC-16 of its own (packet error control, as ECSS PUS has it). Idle packets
    /// and time packets (APID 0 without secondary header) have none.
    pub crc: bool,
}

impl Default for PacketConfig {
    fn default() -> Self {
        Self {
            max_bytes: 65_542,
            crc: false,
        }
    }
}

/// Frame layer of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkConfig {
    /// Protocol.
    pub kind: FrameKind,
    /// Frame length, bytes; TC: of the longest.
    pub length: usize,
    /// Whether a frame error control field (CRC-16) ends each frame.
    pub fecf: bool,
    /// AOS: whether an operational control field is present. (TM frames say so themselves.)
    pub ocf: bool,
    /// AOS: whether the header carries its error control field.
    pub fhec: bool,
    /// AOS: bytes of insert zone after the header.
    pub insert_zone: usize,
    /// TC: whether data fields begin with a segment header.
    pub segment_header: bool,
    /// Opaque frames: their CRC, if any.
    pub opaque_crc: Option<CrcSpan>,
    /// Spacecraft the frames must come from, `None` accepts any.
    pub scid: Option<u16>,
    /// Virtual channels that may occur; empty accepts any. (AOS idle frames, VC 63, may always occur.)
    pub vcids: Vec<u8>,
    /// Space packets in the frames, `None` where the content is something else. Opaque frames have none.
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

/// Bytes of the CRC-16 in frames and packets.
pub(crate) const CRC_BYTES: usize = 2;
/// Bytes of the operational control field.
pub(crate) const OCF_BYTES: usize = 4;
/// Longest frame, bytes: keeps every offset within what the reports can name.
const MAX_FRAME_BYTES: usize = 65_536;
/// Shortest and longest space packet (CCSDS 133.0-B-2 §4.1.3.5.3).
const PACKET_BYTES: std::ops::RangeInclusive<usize> = 7..=65_542;

impl LinkConfig {
    /// Bytes before the data field: primary header, header error control, insert zone. A TM secondary header
    /// comes on top, as each frame says.
    pub(crate) fn header_bytes(&self) -> usize {
        match self.kind {
            FrameKind::Tm => TM_HEADER_BYTES,
            FrameKind::Aos => AOS_HEADER_BYTES + usize::from(self.fhec) * FHEC_BYTES + self.insert_zone,
            FrameKind::Tc => TC_HEADER_BYTES + usize::from(self.segment_header),
            FrameKind::Opaque => 0,
        }
    }

    /// Checks that frames of this kind can exist.
    ///
    /// # Errors
    /// Names the first field that is impossible.
    pub fn validate(&self) -> Result<(), LinkError> {
        let (max_scid, max_vcid) = match self.kind {
            FrameKind::Tm => (0x3FF, 7),
            FrameKind::Aos => (0xFF, 63),
            FrameKind::Tc => (0x3FF, 63),
            FrameKind::Opaque => (u16::MAX, u8::MAX),
        };
        within("length", self.length as u64, 1, self.longest() as u64)?;
        self.validate_kind()?;
        self.validate_length()?;
        if let Some(scid) = self.scid {
            within("scid", scid.into(), 0, max_scid.into())?;
        }
        for vcid in &self.vcids {
            within("vcids", (*vcid).into(), 0, max_vcid.into())?;
        }
        if let Some(packets) = &self.packets {
            let (min, max) = PACKET_BYTES.into_inner();
            within(
                "packets.max_bytes",
                packets.max_bytes as u64,
                min as u64,
                max as u64,
            )?;
        }
        Ok(())
    }

    fn longest(&self) -> usize {
        if self.kind == FrameKind::Tc {
            TC_LONGEST_FRAME
        } else {
            MAX_FRAME_BYTES
        }
    }

    fn validate_kind(&self) -> Result<(), LinkError> {
        if self.kind != FrameKind::Aos {
            only(
                "insert_zone",
                self.insert_zone as u64,
                "0 (only AOS frames have an insert zone)",
            )?;
            only(
                "fhec",
                self.fhec.into(),
                "false (only AOS frames have header error control)",
            )?;
        }
        if self.kind == FrameKind::Tc {
            only("ocf", self.ocf.into(), "false (TC frames have none)")?;
        } else {
            only(
                "segment_header",
                self.segment_header.into(),
                "false (only TC frames have segment headers)",
            )?;
        }
        within("insert_zone", self.insert_zone as u64, 0, self.length as u64)?;
        let Some(span) = self.opaque_crc else {
            return Ok(());
        };
        if self.kind != FrameKind::Opaque {
            only("opaque_crc", 1, "absent (only opaque frames have it)")?;
        }
        let last = self.length.saturating_sub(CRC_BYTES) as u64;
        within("opaque_crc.to", span.to as u64, 1, last)?;
        within("opaque_crc.from", span.from as u64, 0, span.to as u64 - 1)
    }

    /// The frame must hold its headers and trailers and one byte of data.
    fn validate_length(&self) -> Result<(), LinkError> {
        let aos = self.kind == FrameKind::Aos;
        let mpdu = usize::from(aos && self.packets.is_some()) * MPDU_HEADER_BYTES;
        let ocf = usize::from(aos && self.ocf) * OCF_BYTES;
        let fecf = usize::from(self.fecf) * CRC_BYTES;
        let overhead = self.header_bytes() + mpdu + ocf + fecf;
        within(
            "length",
            self.length as u64,
            overhead as u64 + 1,
            self.longest() as u64,
        )
    }
}

pub(crate) fn within(field: &'static str, value: u64, min: u64, max: u64) -> Result<(), LinkError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(LinkError::OutOfRange {
        field,
        value,
        limit: format!("{min} to {max}"),
    })
}

/// Refuses any value but 0.
fn only(field: &'static str, value: u64, limit: &str) -> Result<(), LinkError> {
    if value == 0 {
        return Ok(());
    }
    Err(LinkError::OutOfRange {
        field,
        value,
        limit: limit.to_owned(),
    })
}
