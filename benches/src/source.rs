//! Frames full of packets to send.

use anyhow::Result;
use groundlink_decoder::link::{FrameKind, LinkConfig, LinkEncoder, PacketBuilder};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const APID: u16 = 100;
/// Bytes of data in a packet.
const PACKET_DATA: std::ops::Range<usize> = 100..1000;

/// Seed of the content that goes with a channel's seed: noise and content must not come from the same numbers.
pub fn content_seed(channel_seed: u64) -> u64 {
    !channel_seed
}

/// Frames of one virtual channel with random content: packets where the link has them.
#[derive(Debug)]
pub struct FrameSource {
    encoder: LinkEncoder,
    rng: ChaCha8Rng,
    vcid: u8,
    packets: Option<PacketBuilder>,
    data: Vec<u8>,
    packet: Vec<u8>,
}

impl FrameSource {
    /// A source for this link; the same seed gives the same frames.
    ///
    /// # Errors
    /// When the link's configuration is impossible.
    pub fn new(link: &LinkConfig, seed: u64) -> Result<Self> {
        let packets = link.packets.as_ref().filter(|_| link.kind != FrameKind::Opaque);
        Ok(Self {
            encoder: LinkEncoder::new(link)?,
            rng: ChaCha8Rng::seed_from_u64(seed),
            vcid: link.vcids.first().copied().unwrap_or(0),
            packets: packets.map(|config| PacketBuilder {
                crc: config.crc,
                ..PacketBuilder::telemetry(APID)
            }),
            data: Vec::new(),
            packet: Vec::new(),
        })
    }

    /// Replaces `frame` by the next frame.
    ///
    /// # Errors
    /// When the link cannot carry the packets.
    pub fn next_frame(&mut self, frame: &mut Vec<u8>) -> Result<()> {
        frame.clear();
        let room = self.encoder.content_bytes();
        if self.packets.is_none() {
            self.data.resize(room, 0);
            self.rng.fill_bytes(&mut self.data);
            return Ok(self.encoder.content_frame(self.vcid, &self.data, frame)?);
        }
        while self.encoder.queued_bytes(self.vcid) < room {
            self.queue_packet()?;
        }
        Ok(self.encoder.encode_frame(self.vcid, frame)?)
    }

    fn queue_packet(&mut self) -> Result<()> {
        let Some(builder) = &mut self.packets else {
            return Ok(());
        };
        let length = self.rng.random_range(PACKET_DATA);
        self.data.resize(length, 0);
        self.rng.fill_bytes(&mut self.data);
        self.packet.clear();
        builder.build(&self.data, &mut self.packet)?;
        builder.sequence_count = (builder.sequence_count + 1) & 0x3FFF;
        Ok(self.encoder.push_packet(self.vcid, &self.packet)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundlink_decoder::link::{LinkDecoder, LinkOutput};
    use groundlink_station::profile::Profile;

    #[test]
    fn frames_of_every_profile_are_taken_as_good() {
        for name in Profile::builtin_names() {
            let link = Profile::builtin(name).unwrap().link_config().unwrap();
            let mut source = FrameSource::new(&link, 1).unwrap();
            let mut decoder = LinkDecoder::new(&link).unwrap();
            let (mut frame, mut out) = (Vec::new(), LinkOutput::default());
            for _ in 0..5 {
                source.next_frame(&mut frame).unwrap();
                decoder.feed(&frame, true, &mut out);
            }
            assert_eq!(decoder.counters().good, 5, "{name}: {:?}", decoder.counters());
            assert!(out.resyncs.is_empty(), "{name}: {:?}", out.resyncs);
            assert!(
                link.packets.is_none() || out.packets.iter().any(|p| p.apid == APID),
                "{name}"
            );
        }
    }
}
