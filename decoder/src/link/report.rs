//! What the link layer says of frames and packets.

use super::tc::TcHeader;
use std::collections::BTreeMap;

/// A virtual channel of a spacecraft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VcId {
    /// Spacecraft identifier.
    pub scid: u16,
    /// Virtual channel identifier.
    pub vcid: u8,
}

/// Primary header of a TM, AOS or TC frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// Transfer frame version number as in the first two bits (0: TM and TC, 1: AOS).
    pub version: u8,
    /// Virtual channel.
    pub vc: VcId,
    /// TM: master channel frame count.
    pub mc_frame_count: Option<u8>,
    /// Virtual channel frame count (TM 8 bits; AOS 24 bits, 28 with the cycle in use), TC: frame sequence number.
    pub vc_frame_count: u32,
    /// AOS: replay flag.
    pub replay: bool,
    /// First header pointer (11 bits) where the frame carries packets.
    pub first_header_pointer: Option<u16>,
    /// TC: what else is there.
    pub tc: Option<TcHeader>,
}

/// Why a frame is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// The coding layer could not correct it.
    Uncorrectable,
    /// Shorter or longer than the link's frames, or than its own header has it.
    Length,
    /// The CRC does not match.
    Fecf,
    /// The AOS header's error control does not match and cannot be corrected.
    HeaderErrorControl,
    /// Not the version of the link's protocol.
    Version,
    /// Another spacecraft.
    Scid,
    /// A virtual channel that the link does not have.
    Vcid,
    /// TM: the secondary header would not fit the frame.
    SecondaryHeader,
}

impl Rejection {
    /// Short name, as in [`LinkCounters::rejected`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Uncorrectable => "uncorrectable",
            Self::Length => "length",
            Self::Fecf => "fecf",
            Self::HeaderErrorControl => "header_error_control",
            Self::Version => "version",
            Self::Scid => "scid",
            Self::Vcid => "vcid",
            Self::SecondaryHeader => "secondary_header",
        }
    }
}

/// Place of a frame in its virtual channel's count.
///
/// Counts are compared modulo their width (TM 8 bits; AOS 24, or 28 with the cycle in use).
///
/// * AOS: a jump is loss up to 1/16 of the cycle (2²⁰ or 2²⁴ frames); beyond that, which includes every step
///   backwards, the count began anew.
/// * TM: eight bits cannot tell by themselves, so a jump is loss (modulo 256) unless the master channel count
///   ran on without a gap since the channel's last frame; then the count began anew.
/// * TC: a jump is loss up to half the cycle (127 frames); beyond it the sender went back to send again.
/// * The same count again is a duplicate if all bytes are the same, else the count began anew. But a channel
///   whose count has stood still since its first frame, and whose frames are idle or differ, does not count:
///   no loss, no duplicates.
///
/// Only good frames take part: a rejected frame shows as missing in the next good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuity {
    /// First frame of the channel.
    First,
    /// Follows the one before.
    Next,
    /// So many frames are missing before it.
    Gap(u32),
    /// The same count and content as the one before.
    Duplicate,
    /// The count began anew (backwards, or too far forwards to be loss).
    Reset,
    /// The frame has no count (its channel's stands still; TC: Type-B), or is not good.
    Uncounted,
}

/// A frame taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkFrame {
    /// Number of the frame, from 0, in the order they were fed.
    pub ordinal: u64,
    /// Header; `None` for opaque frames and frames too short for one.
    pub header: Option<FrameHeader>,
    /// Whether the FECF (or the opaque CRC) is right; `None` without one.
    pub fecf_good: Option<bool>,
    /// Why the frame was rejected, `None` for a good one.
    pub rejection: Option<Rejection>,
    /// Place in its channel.
    pub continuity: Continuity,
    /// TM: master channel frames missing before it.
    pub mc_gap: u32,
    /// Only idle data.
    pub idle: bool,
    /// Secondary header (TM), its identification byte included.
    pub secondary_header: Option<Vec<u8>>,
    /// Insert zone (AOS).
    pub insert_zone: Option<Vec<u8>>,
    /// Operational control field.
    pub ocf: Option<u32>,
}

impl LinkFrame {
    /// Whether every check passed.
    pub fn good(&self) -> bool {
        self.rejection.is_none()
    }
}

/// Place of a packet in its APID's sequence count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SequenceCheck {
    /// First packet of the APID in the channel.
    First,
    /// Follows the one before.
    Next,
    /// So many packets are missing before it (modulo 16384).
    Gap(u16),
    /// The count repeats.
    Repeat,
    /// Idle packets, and APIDs that do not count.
    Uncounted,
}

/// A whole space packet (CCSDS 133.0-B).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPacket {
    /// Virtual channel it came over; `None` where packets were the input.
    pub vc: Option<VcId>,
    /// Ordinal of the frame in which it began.
    pub frame: u64,
    /// Ordinal of the frame in which it ended.
    pub last_frame: u64,
    /// Byte offset of its header in the frame in which it began.
    pub offset: usize,
    /// Application process identifier, 11 bits; 2047 is idle.
    pub apid: u16,
    /// Telecommand rather than telemetry.
    pub telecommand: bool,
    /// Secondary header flag.
    pub secondary_header: bool,
    /// Sequence flags: 3 unsegmented, 1 first, 0 continuation, 2 last.
    pub sequence_flags: u8,
    /// Sequence count, 14 bits.
    pub sequence_count: u16,
    /// Place in the APID's count.
    pub sequence: SequenceCheck,
    /// Packet error control right or not; `None` without one.
    pub crc_good: Option<bool>,
    /// The packet, header included.
    pub bytes: Vec<u8>,
}

impl LinkPacket {
    /// APID of idle packets.
    pub const IDLE_APID: u16 = 0x7FF;
    /// Whether it is an idle packet.
    pub fn idle(&self) -> bool {
        self.apid == Self::IDLE_APID
    }
}

/// Packet extraction lost its place and found it again; bytes between were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resync {
    /// Virtual channel; `None` where packets were the input.
    pub vc: Option<VcId>,
    /// Ordinal of the frame at which it happened; where packets were the input, position of the first byte dropped.
    pub frame: u64,
    /// Bytes of packet data dropped.
    pub dropped_bytes: usize,
    /// Why, in a few words for people ("frames lost", "first header pointer contradicts packet length", …).
    pub reason: &'static str,
}

/// What one call of [`super::LinkDecoder::feed`] gave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LinkOutput {
    /// The frame.
    pub frame: Option<LinkFrame>,
    /// Packets that it completed, in order.
    pub packets: Vec<LinkPacket>,
    /// Places where packet extraction lost its place.
    pub resyncs: Vec<Resync>,
}

/// Counters of a virtual channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VcCounters {
    /// Good frames, idle ones and duplicates included.
    pub frames: u64,
    /// Of these, frames with only idle data.
    pub idle: u64,
    /// Of these, duplicates.
    pub duplicates: u64,
    /// Places where frames are missing.
    pub gaps: u64,
    /// Frames missing.
    pub lost: u64,
    /// Counts that began anew.
    pub resets: u64,
    /// Good frames in which no packet starts.
    pub no_packet_start: u64,
    /// Count of the newest frame.
    pub last_count: u32,
    /// Newest operational control field.
    pub last_ocf: Option<u32>,
    /// Packets, idle ones included.
    pub packets: u64,
    /// Bytes in packets, idle ones included.
    pub packet_bytes: u64,
    /// Places where packet extraction lost its place.
    pub resyncs: u64,
    /// Packets begun and not completed.
    pub cut_packets: u64,
    /// Bytes of packet data that ended in no packet, those before the first packet included.
    pub dropped_bytes: u64,
    /// Counters per APID.
    pub apids: BTreeMap<u16, ApidCounters>,
}

/// Counters of an APID within a virtual channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApidCounters {
    /// Packets.
    pub packets: u64,
    /// Bytes, headers included.
    pub bytes: u64,
    /// Places where the sequence count jumped.
    pub gaps: u64,
    /// Packets missing by the sequence count.
    pub lost: u64,
    /// Packets that repeat the count of the one before.
    pub repeats: u64,
    /// Packets that are segments (sequence flags other than 3).
    pub segments: u64,
    /// Places where segments do not follow each other: a group without its first or last segment.
    pub broken_groups: u64,
    /// Packets whose own CRC is wrong.
    pub bad_crc: u64,
    /// Newest sequence count.
    pub last_count: u16,
}

/// Counters of a link.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkCounters {
    /// Frames fed.
    pub fed: u64,
    /// Good frames.
    pub good: u64,
    /// AOS: frames whose header was corrected by its error control.
    pub headers_corrected: u64,
    /// Frames with a right FECF.
    pub fecf_good: u64,
    /// Frames with a wrong FECF.
    pub fecf_bad: u64,
    /// Rejected frames by reason.
    pub rejected: BTreeMap<&'static str, u64>,
    /// TM: per master channel, by spacecraft identifier.
    pub master_channels: BTreeMap<u16, McCounters>,
    /// Per virtual channel. Opaque frames are not in it.
    pub vcs: BTreeMap<VcId, VcCounters>,
}

/// Counters of a master channel (TM).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct McCounters {
    /// Good frames.
    pub frames: u64,
    /// Places where frames are missing by the master channel frame count.
    pub gaps: u64,
    /// Frames missing by it, modulo 256 at each gap.
    pub lost: u64,
    /// Newest master channel frame count.
    pub last_count: u8,
}
