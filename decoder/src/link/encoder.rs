//! Packets to frames: the inverse of [`super::LinkDecoder`].

use std::collections::BTreeMap;

use super::aos::{AOS_IDLE_VCID, MPDU_HEADER_BYTES};
use super::config::{CRC_BYTES, FrameKind, LinkConfig, LinkError, OCF_BYTES, within};
use super::crc::crc16;
use super::fhec::fhec_encode;
use super::multiplex::PacketQueue;
use super::packet::PacketHeader;
use super::tc::{self, SegmentHeader};
use super::tc_queue::TcQueue;
use super::tm::FHP_IDLE;

/// TM status field of frames with packets: segment length identifier 3, everything else 0.
const TM_PACKETS: u16 = 0x1800;
/// TM status field of frames without packets: synchronisation flag.
const TM_OTHER: u16 = 0x4000;
const TM_SECONDARY_HEADER: u16 = 0x8000;
/// TM virtual channel of idle frames, where the link has it.
const TM_IDLE_VCID: u8 = 7;
/// Highest TC virtual channel.
const TC_LAST_VCID: u8 = 63;
const IDLE_BYTE: u8 = 0x55;

/// Packets in, frames out, with running counts per channel.
///
/// TC frames are of type AD, each as long as its content; they have no idle data.
///
/// An operational control field is in each frame if the configuration says so (for TM too). A configuration
/// without spacecraft identifier gives frames of spacecraft 0.
#[derive(Debug)]
pub struct LinkEncoder {
    config: LinkConfig,
    mc_count: u8,
    vc_counts: BTreeMap<u8, u32>,
    queues: BTreeMap<u8, PacketQueue>,
    /// Those of TC.
    tc_queues: BTreeMap<u8, TcQueue>,
    secondary_header: Vec<u8>,
    insert_zone: Vec<u8>,
    ocf: u32,
    replay: bool,
    count_cycle: bool,
}

/// Segment header of content that is whole.
const UNSEGMENTED: SegmentHeader = SegmentHeader {
    sequence_flags: 3,
    map: 0,
};

/// What the data field of a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Packets(u16),
    Content,
    Idle,
}

impl LinkEncoder {
    /// Builds the encoder; all counts begin at 0.
    ///
    /// # Errors
    /// When the configuration is impossible, and when its packet zone is longer than a first header pointer
    /// can reach (2046 bytes).
    pub fn new(config: &LinkConfig) -> Result<Self, LinkError> {
        config.validate()?;
        let encoder = Self {
            config: config.clone(),
            mc_count: 0,
            vc_counts: BTreeMap::new(),
            queues: BTreeMap::new(),
            tc_queues: BTreeMap::new(),
            secondary_header: Vec::new(),
            insert_zone: vec![0; config.insert_zone],
            ocf: 0,
            replay: false,
            count_cycle: false,
        };
        encoder.check_zone(0)?;
        Ok(encoder)
    }

    /// Operational control field of the frames to come.
    pub fn set_ocf(&mut self, ocf: u32) {
        self.ocf = ocf;
    }

    /// AOS: replay flag of the frames to come.
    pub fn set_replay(&mut self, replay: bool) {
        self.replay = replay;
    }

    /// AOS: whether the frame count cycle extends the count to 28 bits.
    pub fn set_count_cycle(&mut self, in_use: bool) {
        self.count_cycle = in_use;
    }

    /// Count of the next frame of a virtual channel; bits beyond its width are dropped.
    pub fn set_vc_count(&mut self, vcid: u8, count: u32) {
        self.vc_counts.insert(vcid, count);
    }

    /// AOS: insert zone of the frames to come (zeros until set).
    ///
    /// # Errors
    /// When `bytes` is not as long as the link's insert zone.
    pub fn set_insert_zone(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        let length = self.config.insert_zone as u64;
        within("insert zone bytes", bytes.len() as u64, length, length)?;
        self.insert_zone.copy_from_slice(bytes);
        Ok(())
    }

    /// TM: data of the secondary header of the frames to come, up to 63 bytes, without the identification byte
    /// that precedes them; none removes the header.
    ///
    /// # Errors
    /// When the link has no TM frames, or the header is too long for the field or the frame.
    pub fn set_secondary_header(&mut self, data: &[u8]) -> Result<(), LinkError> {
        let most = if self.config.kind == FrameKind::Tm { 63 } else { 0 };
        within("secondary header bytes", data.len() as u64, 0, most)?;
        let whole = if data.is_empty() { 0 } else { data.len() + 1 };
        self.check_zone(whole)?;
        self.secondary_header.clear();
        if whole > 0 {
            self.secondary_header.push(data.len() as u8);
            self.secondary_header.extend_from_slice(data);
        }
        Ok(())
    }

    /// Bytes that a frame has for packets or other content, the longest where they differ; opaque frames are content
    /// from end to end.
    pub fn content_bytes(&self) -> usize {
        match self.config.kind {
            FrameKind::Opaque => self.config.length,
            FrameKind::Tm | FrameKind::Aos | FrameKind::Tc => {
                self.config.length - self.overhead(self.secondary_header.len())
            }
        }
    }

    /// Longest packet that the link's frames can carry, bytes.
    pub fn longest_packet(&self) -> usize {
        match self.config.kind {
            FrameKind::Tc if !self.config.segment_header => self.content_bytes(),
            _ => usize::MAX,
        }
    }

    /// Queues a whole packet for a virtual channel.
    ///
    /// # Errors
    /// When the link has no packets or no such channel, and when `packet` is not one whole packet that the
    /// link believes; TC without segment headers takes none that is longer than a frame.
    pub fn push_packet(&mut self, vcid: u8, packet: &[u8]) -> Result<(), LinkError> {
        self.check_vcid(vcid)?;
        let Some(config) = self.packets() else {
            return Err(no_packets());
        };
        within(
            "packet version",
            packet.first().map_or(0, |byte| u64::from(byte >> 5)),
            0,
            0,
        )?;
        within("packet bytes", packet.len() as u64, 7, config.max_bytes as u64)?;
        let stated = PacketHeader::new(packet).map_or(0, PacketHeader::total_bytes) as u64;
        within("packet bytes", packet.len() as u64, stated, stated)?;
        if self.config.kind == FrameKind::Tc {
            let most = self.longest_packet() as u64;
            within("packet bytes", packet.len() as u64, 7, most)?;
            self.tc_queues.entry(vcid).or_default().push(packet);
        } else {
            self.queues.entry(vcid).or_default().push(packet);
        }
        Ok(())
    }

    /// Bytes of the packets queued for a virtual channel that no frame carries yet.
    pub fn queued_bytes(&self, vcid: u8) -> usize {
        let tc = self.tc_queues.get(&vcid).map_or(0, TcQueue::bytes);
        tc + self.queues.get(&vcid).map_or(0, PacketQueue::bytes)
    }

    /// Appends the next frame of a virtual channel to `out`. Idle packets fill what the queued packets leave;
    /// one that does not fit goes on in the channel's next frame. A TC frame takes what is queued, up to its length.
    ///
    /// # Errors
    /// When the link has no packets or no such channel; TC: when nothing is queued.
    pub fn encode_frame(&mut self, vcid: u8, out: &mut Vec<u8>) -> Result<(), LinkError> {
        self.check_vcid(vcid)?;
        let Some(max_packet) = self.packets().map(|config| config.max_bytes) else {
            return Err(no_packets());
        };
        let zone = self.content_bytes();
        if self.config.kind == FrameKind::Tc {
            return self.encode_tc(vcid, zone, out);
        }
        let queue = self.queues.entry(vcid).or_default();
        queue.fill(zone, max_packet);
        let pointer = queue.first_header_pointer(zone);
        let start = out.len();
        self.begin_frame(vcid, Field::Packets(pointer), out);
        if let Some(queue) = self.queues.get_mut(&vcid) {
            queue.take(zone, out);
        }
        self.end_frame(start, out);
        Ok(())
    }

    /// Appends a TC frame with queued packets.
    fn encode_tc(&mut self, vcid: u8, room: usize, out: &mut Vec<u8>) -> Result<(), LinkError> {
        within("queued bytes", self.queued_bytes(vcid) as u64, 1, u64::MAX)?;
        let start = out.len();
        self.begin_frame(vcid, Field::Content, out);
        if let Some(queue) = self.tc_queues.get_mut(&vcid) {
            let content = out.len();
            let segment = queue.take(room, out);
            if self.config.segment_header {
                out[content - 1] = segment.byte();
            }
        }
        self.end_frame(start, out);
        Ok(())
    }

    /// Appends a frame with content that is not packets to `out`: [`Self::content_bytes`] of it, in TC frames from 1 on
    /// up to these. In opaque frames `vcid` has no meaning and the CRC overwrites its bytes of the content.
    ///
    /// # Errors
    /// When the link has packets or no such channel, or the content is too short or too long.
    pub fn content_frame(&mut self, vcid: u8, content: &[u8], out: &mut Vec<u8>) -> Result<(), LinkError> {
        let length = self.content_bytes() as u64;
        let least = if self.config.kind == FrameKind::Tc {
            1
        } else {
            length
        };
        within("content bytes", content.len() as u64, least, length)?;
        let start = out.len();
        if self.config.kind == FrameKind::Opaque {
            out.extend_from_slice(content);
        } else {
            self.check_vcid(vcid)?;
            within(
                "packets (a link with packets has no other content)",
                self.packets().is_some().into(),
                0,
                0,
            )?;
            self.begin_frame(vcid, Field::Content, out);
            out.extend_from_slice(content);
        }
        self.end_frame(start, out);
        Ok(())
    }

    /// Appends a frame with only idle data to `out`: AOS on VC 63; TM on VC 7 where the link has it, else on the
    /// last of its channels; an opaque link repeats the byte 0x55. TC links have none: nothing is appended.
    pub fn idle_frame(&mut self, out: &mut Vec<u8>) {
        if self.config.kind == FrameKind::Tc {
            return;
        }
        let start = out.len();
        if self.config.kind != FrameKind::Opaque {
            let vcid = match (self.config.kind, self.config.vcids.last()) {
                (FrameKind::Aos, _) => AOS_IDLE_VCID,
                (_, Some(last)) if !self.config.vcids.contains(&TM_IDLE_VCID) => *last,
                _ => TM_IDLE_VCID,
            };
            self.begin_frame(vcid, Field::Idle, out);
        }
        out.resize(start + self.config.length - self.trailer_bytes(), IDLE_BYTE);
        self.end_frame(start, out);
    }

    fn packets(&self) -> Option<&super::PacketConfig> {
        self.config
            .packets
            .as_ref()
            .filter(|_| self.config.kind != FrameKind::Opaque)
    }

    fn trailer_bytes(&self) -> usize {
        match self.config.kind {
            // The CRC is written over the content.
            FrameKind::Opaque => 0,
            FrameKind::Tm | FrameKind::Aos | FrameKind::Tc => {
                usize::from(self.config.ocf) * OCF_BYTES + usize::from(self.config.fecf) * CRC_BYTES
            }
        }
    }

    /// Bytes of a frame that are not content.
    fn overhead(&self, secondary_header: usize) -> usize {
        let mpdu = self.config.kind == FrameKind::Aos && self.packets().is_some();
        let headers = self.config.header_bytes() + secondary_header + usize::from(mpdu) * MPDU_HEADER_BYTES;
        headers + self.trailer_bytes()
    }

    /// Whether a frame has room, and its packet zone is within reach of the pointer.
    fn check_zone(&self, secondary_header: usize) -> Result<(), LinkError> {
        let overhead = self.overhead(secondary_header) as u64;
        let most = if self.packets().is_some() {
            overhead + u64::from(FHP_IDLE)
        } else {
            u64::MAX
        };
        within("length", self.config.length as u64, overhead + 1, most)
    }

    fn check_vcid(&self, vcid: u8) -> Result<(), LinkError> {
        // VC 63 of AOS carries idle data only.
        let most = match self.config.kind {
            FrameKind::Aos => AOS_IDLE_VCID - 1,
            FrameKind::Tc => TC_LAST_VCID,
            FrameKind::Tm | FrameKind::Opaque => TM_IDLE_VCID,
        };
        within("vcid", vcid.into(), 0, most.into())?;
        if self.config.vcids.is_empty() || self.config.vcids.contains(&vcid) {
            return Ok(());
        }
        let limit = format!("one of {:?}", self.config.vcids);
        Err(LinkError::OutOfRange {
            field: "vcid",
            value: vcid.into(),
            limit,
        })
    }

    /// Writes everything before the content and counts the frame.
    fn begin_frame(&mut self, vcid: u8, field: Field, out: &mut Vec<u8>) {
        let count = self.vc_counts.entry(vcid).or_default();
        let this = *count;
        *count = count.wrapping_add(1);
        match self.config.kind {
            FrameKind::Tm => self.tm_header(vcid, this, field, out),
            FrameKind::Aos => self.aos_header(vcid, this, field, out),
            FrameKind::Tc => {
                out.extend_from_slice(&tc::header(self.config.scid.unwrap_or(0), vcid, this as u8));
                if self.config.segment_header {
                    out.push(UNSEGMENTED.byte());
                }
            }
            FrameKind::Opaque => {}
        }
    }

    fn tm_header(&mut self, vcid: u8, count: u32, field: Field, out: &mut Vec<u8>) {
        let id = self.config.scid.unwrap_or(0) << 4 | u16::from(vcid) << 1 | u16::from(self.config.ocf);
        let secondary = if self.secondary_header.is_empty() {
            0
        } else {
            TM_SECONDARY_HEADER
        };
        let status = match field {
            Field::Packets(pointer) => TM_PACKETS | pointer,
            Field::Content => TM_OTHER,
            Field::Idle => TM_PACKETS | FHP_IDLE,
        };
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&[self.mc_count, count as u8]);
        out.extend_from_slice(&(status | secondary).to_be_bytes());
        out.extend_from_slice(&self.secondary_header);
        self.mc_count = self.mc_count.wrapping_add(1);
    }

    fn aos_header(&mut self, vcid: u8, count: u32, field: Field, out: &mut Vec<u8>) {
        let id = (1 << 14 | self.config.scid.unwrap_or(0) << 6 | u16::from(vcid)).to_be_bytes();
        let cycle = if self.count_cycle {
            0x40 | (count >> 24) as u8 & 0xF
        } else {
            0
        };
        let signalling = u8::from(self.replay) << 7 | cycle;
        out.extend_from_slice(&id);
        out.extend_from_slice(&count.to_be_bytes()[1..]);
        out.push(signalling);
        if self.config.fhec {
            out.extend_from_slice(&fhec_encode([id[0], id[1], signalling]));
        }
        out.extend_from_slice(&self.insert_zone);
        if let Field::Packets(pointer) = field {
            out.extend_from_slice(&pointer.to_be_bytes());
        }
    }

    /// Writes the trailers of the frame that began at `start`, or its CRC over the content.
    fn end_frame(&self, start: usize, out: &mut Vec<u8>) {
        if self.config.kind == FrameKind::Opaque {
            self.opaque_checks(&mut out[start..]);
            return;
        }
        if self.config.kind == FrameKind::Tc {
            let whole = out.len() - start + self.trailer_bytes();
            tc::set_length(&mut out[start..], whole);
        }
        if self.config.ocf {
            out.extend_from_slice(&self.ocf.to_be_bytes());
        }
        if self.config.fecf {
            let crc = crc16(&out[start..]);
            out.extend_from_slice(&crc.to_be_bytes());
        }
    }

    fn opaque_checks(&self, frame: &mut [u8]) {
        if let Some(span) = self.config.opaque_crc {
            let crc = crc16(&frame[span.from..span.to]);
            frame[span.to..span.to + CRC_BYTES].copy_from_slice(&crc.to_be_bytes());
        }
        if self.config.fecf {
            let end = frame.len() - CRC_BYTES;
            let crc = crc16(&frame[..end]);
            frame[end..].copy_from_slice(&crc.to_be_bytes());
        }
    }
}

fn no_packets() -> LinkError {
    LinkError::OutOfRange {
        field: "packets",
        value: 0,
        limit: "configured for a link with packets".to_owned(),
    }
}
