//! Frames to send: made up from a seed, or carrying a payload.

use super::Content;
use crate::StationError;
use crate::profile::Profile;
use groundlink_decoder::link::{FrameKind, LinkEncoder, LinkError, PacketBuilder, PacketConfig};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One frame in so many is idle.
const IDLE_EVERY: u32 = 8;
/// Lengths of made-up packets' data, bytes.
const PACKET_DATA: std::ops::RangeInclusive<usize> = 16..=600;
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
    opaque: bool,
    vcids: Vec<u8>,
    counts: Vec<u16>,
    left: Left,
}

#[derive(Debug)]
enum Left {
    Frames(u64),
    /// Frames that carry what is queued in packets already.
    Queued(usize),
    Bytes(Vec<u8>, usize),
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
        let mut traffic = Self {
            profile: profile.name.clone(),
            encoder: LinkEncoder::new(&config).map_err(wrong)?,
            rng: ChaCha8Rng::seed_from_u64(seed),
            packets: config
                .packets
                .clone()
                .filter(|_| config.kind != FrameKind::Opaque),
            opaque: config.kind == FrameKind::Opaque,
            counts: vec![0; vcids.len()],
            vcids,
            left: match content {
                Content::Frames(frames) => Left::Frames(*frames),
                Content::Payload(bytes) => Left::Bytes(bytes.clone(), 0),
            },
        };
        if let (Some(_), Content::Payload(bytes)) = (&traffic.packets, content) {
            traffic.queue_payload(bytes).map_err(wrong)?;
            let queued = traffic.encoder.queued_bytes(traffic.vcids[0]);
            traffic.left = Left::Queued(queued.div_ceil(traffic.encoder.content_bytes()));
        }
        Ok(traffic)
    }

    /// Puts the next frame into `frame`; false when there are no more.
    ///
    /// # Errors
    /// When the encoder refuses a frame.
    pub fn next_frame(&mut self, frame: &mut Vec<u8>) -> Result<bool, StationError> {
        frame.clear();
        self.encode(frame).map_err(|source| StationError::Link {
            profile: self.profile.clone(),
            source,
        })
    }

    fn encode(&mut self, frame: &mut Vec<u8>) -> Result<bool, LinkError> {
        match &mut self.left {
            Left::Frames(0) | Left::Queued(0) => return Ok(false),
            Left::Frames(left) => {
                *left -= 1;
                self.made_up(frame)?;
            }
            Left::Queued(left) => {
                *left -= 1;
                self.encoder.encode_frame(self.vcids[0], frame)?;
            }
            Left::Bytes(bytes, sent) => {
                if *sent >= bytes.len() {
                    return Ok(false);
                }
                let end = bytes.len().min(*sent + self.encoder.content_bytes());
                let mut content = bytes[*sent..end].to_vec();
                content.resize(self.encoder.content_bytes(), 0);
                *sent = end;
                self.encoder.content_frame(self.vcids[0], &content, frame)?;
            }
        }
        Ok(true)
    }

    fn made_up(&mut self, frame: &mut Vec<u8>) -> Result<(), LinkError> {
        if !self.opaque && self.rng.random_range(0..IDLE_EVERY) == 0 {
            self.encoder.idle_frame(frame);
            return Ok(());
        }
        let channel = self.rng.random_range(0..self.vcids.len());
        if self.packets.is_none() {
            let mut content = vec![0; self.encoder.content_bytes()];
            self.rng.fill_bytes(&mut content);
            return self.encoder.content_frame(self.vcids[channel], &content, frame);
        }
        while self.encoder.queued_bytes(self.vcids[channel]) < self.encoder.content_bytes() {
            let mut data = vec![0; self.rng.random_range(PACKET_DATA)];
            self.rng.fill_bytes(&mut data);
            self.queue_packet(channel, &data)?;
        }
        self.encoder.encode_frame(self.vcids[channel], frame)
    }

    fn queue_payload(&mut self, payload: &[u8]) -> Result<(), LinkError> {
        payload
            .chunks(PAYLOAD_PACKET)
            .try_for_each(|data| self.queue_packet(0, data))
    }

    fn queue_packet(&mut self, channel: usize, data: &[u8]) -> Result<(), LinkError> {
        let vcid = self.vcids[channel];
        let mut builder = PacketBuilder::telemetry(FIRST_APID + u16::from(vcid));
        builder.sequence_count = self.counts[channel];
        builder.crc = self.packets.as_ref().is_some_and(|packets| packets.crc);
        self.counts[channel] = (self.counts[channel] + 1) & 0x3FFF;
        let mut packet = Vec::new();
        builder.build(data, &mut packet)?;
        self.encoder.push_packet(vcid, &packet)
    }
}
