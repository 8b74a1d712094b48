//! Frames to send: made up from a seed, or carrying a payload.

use super::Content;
use crate::StationError;
use crate::profile::Profile;
use crate::time::{PacketTime, PacketTimeError};
use groundlink_decoder::link::{
    FrameKind, LinkEncoder, LinkError, PACKET_HEADER_BYTES, PacketBuilder, PacketConfig,
};
use hifitime::Epoch;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One frame in so many is idle.
const IDLE_EVERY: u32 = 8;
/// Lengths of made-up packets' data, bytes.
const PACKET_DATA: (usize, usize) = (16, 600);
/// Data of a payload's packets, bytes.
const PAYLOAD_PACKET: usize = 1_000;
/// APID of a payload's packets; made-up traffic of virtual channel v has this plus v.
const FIRST_APID: u16 = 100;
/// Virtual channel of idle AOS frames.
const IDLE_VCID: u8 = 63;

/// The frames of a simulation, one after the other.
#[derive(Debug)]
pub struct Traffic {
    profile: String,
    encoder: LinkEncoder,
    rng: ChaCha8Rng,
    packets: Option<PacketConfig>,
    packet_time: Option<PacketTime>,
    /// TM: bytes of secondary header after its first, which says how many they are.
    secondary_header: Option<usize>,
    frames: u64,
    kind: FrameKind,
    vcids: Vec<u8>,
    counts: Vec<u16>,
    left: Left,
}

#[derive(Debug)]
enum Left {
    Frames(u64),
    /// Bytes for packets, and how many of them are queued.
    Packets(Vec<u8>, usize),
    /// Bytes for frames, and how many of them are sent.
    Bytes(Vec<u8>, usize),
}

/// Why there is no next frame.
enum Fault {
    Link(LinkError),
    Time(PacketTimeError),
}

impl From<LinkError> for Fault {
    fn from(error: LinkError) -> Self {
        Self::Link(error)
    }
}

impl From<PacketTimeError> for Fault {
    fn from(error: PacketTimeError) -> Self {
        Self::Time(error)
    }
}

impl Traffic {
    /// The traffic of a profile.
    ///
    /// # Errors
    /// When the profile's frames cannot be.
    pub fn new(profile: &Profile, content: &Content, seed: u64) -> Result<Self, StationError> {
        let config = profile.link_config()?;
        let wrong = |source| StationError::Link {
            profile: profile.name.clone(),
            source,
        };
        let mut vcids: Vec<u8> = config
            .vcids
            .iter()
            .copied()
            .filter(|&vcid| vcid != IDLE_VCID)
            .collect();
        if vcids.is_empty() {
            vcids.push(0);
        }
        let packets = config
            .packets
            .clone()
            .filter(|_| config.kind != FrameKind::Opaque);
        Ok(Self {
            profile: profile.name.clone(),
            encoder: LinkEncoder::new(&config).map_err(wrong)?,
            rng: ChaCha8Rng::seed_from_u64(seed),
            packet_time: profile.packet_time,
            secondary_header: profile.frame.secondary_header.checked_sub(1),
            frames: 0,
            kind: config.kind,
            counts: vec![0; vcids.len()],
            vcids,
            left: match content {
                Content::Frames(frames) => Left::Frames(*frames),
                Content::Payload(bytes) if packets.is_some() => Left::Packets(bytes.clone(), 0),
                Content::Payload(bytes) => Left::Bytes(bytes.clone(), 0),
            },
            packets,
        })
    }

    /// Puts the next frame, which is sent at this time, into `frame`; false when there are no more. Packets that
    /// begin in it carry the time where packets do. A TM secondary header carries the number of the frame.
    ///
    /// # Errors
    /// When the encoder refuses a frame, or the packets' time code cannot say the time.
    pub fn next_frame(&mut self, at: Epoch, frame: &mut Vec<u8>) -> Result<bool, StationError> {
        frame.clear();
        let made = self.encode(at, frame);
        let profile = || self.profile.clone();
        made.map_err(|fault| match fault {
            Fault::Link(source) => StationError::Link {
                profile: profile(),
                source,
            },
            Fault::Time(source) => StationError::PacketTime {
                profile: profile(),
                source,
            },
        })
    }

    fn encode(&mut self, at: Epoch, frame: &mut Vec<u8>) -> Result<bool, Fault> {
        if let Some(bytes) = self.secondary_header {
            let mut header = vec![0; bytes.saturating_sub(8)];
            let number = self.frames.to_be_bytes();
            header.extend_from_slice(&number[number.len().saturating_sub(bytes)..]);
            self.encoder.set_secondary_header(&header)?;
        }
        self.frames += 1;
        match &mut self.left {
            Left::Frames(0) => return Ok(false),
            Left::Frames(left) => {
                *left -= 1;
                self.made_up(at, frame)?;
            }
            Left::Packets(..) => return self.payload(at, frame),
            Left::Bytes(bytes, sent) => {
                if *sent >= bytes.len() {
                    return Ok(false);
                }
                let end = bytes.len().min(*sent + self.encoder.content_bytes());
                let mut content = bytes[*sent..end].to_vec();
                if self.kind != FrameKind::Tc {
                    content.resize(self.encoder.content_bytes(), 0);
                }
                *sent = end;
                self.encoder.content_frame(self.vcids[0], &content, frame)?;
            }
        }
        Ok(true)
    }

    fn made_up(&mut self, at: Epoch, frame: &mut Vec<u8>) -> Result<(), Fault> {
        let idles = matches!(self.kind, FrameKind::Tm | FrameKind::Aos);
        if idles && self.rng.random_range(0..IDLE_EVERY) == 0 {
            self.encoder.idle_frame(frame);
            return Ok(());
        }
        let channel = self.rng.random_range(0..self.vcids.len());
        // TC frames differ in length.
        let wanted = match self.kind {
            FrameKind::Tc => self.rng.random_range(1..=self.encoder.content_bytes()),
            FrameKind::Tm | FrameKind::Aos | FrameKind::Opaque => self.encoder.content_bytes(),
        };
        if self.packets.is_none() {
            let mut content = vec![0; wanted];
            self.rng.fill_bytes(&mut content);
            return Ok(self.encoder.content_frame(self.vcids[channel], &content, frame)?);
        }
        while self.encoder.queued_bytes(self.vcids[channel]) < wanted {
            let most = PACKET_DATA.1.min(self.packet_room()?);
            let mut data = vec![0; self.rng.random_range(PACKET_DATA.0.min(most)..=most)];
            self.rng.fill_bytes(&mut data);
            self.queue_packet(channel, at, &data)?;
        }
        Ok(self.encoder.encode_frame(self.vcids[channel], frame)?)
    }

    /// The next frame of a payload in packets; false when all of it is sent.
    fn payload(&mut self, at: Epoch, frame: &mut Vec<u8>) -> Result<bool, Fault> {
        let most = PAYLOAD_PACKET.min(self.packet_room()?);
        while self.encoder.queued_bytes(self.vcids[0]) < self.encoder.content_bytes() {
            let Left::Packets(bytes, queued) = &mut self.left else {
                break;
            };
            let data = bytes[*queued..].chunks(most).next().map(<[u8]>::to_vec);
            let Some(data) = data else {
                break;
            };
            *queued += data.len();
            self.queue_packet(0, at, &data)?;
        }
        if self.encoder.queued_bytes(self.vcids[0]) == 0 {
            return Ok(false);
        }
        self.encoder.encode_frame(self.vcids[0], frame)?;
        Ok(true)
    }

    /// Bytes that a packet has for data, beside its headers and its CRC: at least one.
    fn packet_room(&self) -> Result<usize, Fault> {
        let Some(packets) = &self.packets else {
            return Ok(1);
        };
        let time = self.packet_time.map_or(Ok(0), |time| time.field.bytes());
        let overhead =
            PACKET_HEADER_BYTES + time.map_err(PacketTimeError::from)? + 2 * usize::from(packets.crc);
        let most = packets.max_bytes.min(self.encoder.longest_packet());
        Ok(most.saturating_sub(overhead).max(1))
    }

    fn queue_packet(&mut self, channel: usize, at: Epoch, data: &[u8]) -> Result<(), Fault> {
        let vcid = self.vcids[channel];
        let mut builder = PacketBuilder::telemetry(FIRST_APID + u16::from(vcid));
        builder.telecommand = self.kind == FrameKind::Tc;
        builder.sequence_count = self.counts[channel];
        builder.secondary_header = self.packet_time.is_some();
        builder.crc = self.packets.as_ref().is_some_and(|packets| packets.crc);
        self.counts[channel] = (self.counts[channel] + 1) & 0x3FFF;
        let mut field = Vec::new();
        if let Some(time) = &self.packet_time {
            time.build(at, &mut field)?;
        }
        field.extend_from_slice(data);
        let mut packet = Vec::new();
        builder.build(&field, &mut packet)?;
        Ok(self.encoder.push_packet(vcid, &packet)?)
    }
}
