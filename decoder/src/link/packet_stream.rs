//! Packets back to back, without frames.

use super::config::PacketConfig;
use super::packet::{PACKET_HEADER_BYTES, PacketHeader, packet_crc_good};
use super::report::{LinkOutput, Resync, VcCounters};
use super::sequence::{Ledger, Span};

/// Why the place is lost, in the words of the record.
const NO_HEADER: &str = "no packet header where one is due";

/// Headers in a row that a place must show to be believed after the place was lost.
const CHAIN: usize = 3;

/// Packets from a stream of bytes, which may come cut anywhere: what comes out depends on the bytes alone.
///
/// The stream is expected to begin with a packet and each packet to follow the one before. Where a header cannot
/// be (version other than 0, or longer than the configuration believes), bytes are skipped one by one and
/// counted as dropped until three packet headers in a row are possible, each at the end of the packet
/// before; the end of the stream stands for those that would come after it. With a packet CRC in the
/// configuration, the first of the three packets must be right by it too.
///
/// Of the packets' places, [`super::LinkPacket::frame`] is the position of the first byte in the stream,
/// `last_frame` that of the last, and `offset` is 0. [`Resync::frame`] is the position of the first byte that was
/// skipped; the record comes with the packet that ends the search, or at the end of the stream.
#[derive(Debug)]
pub struct PacketDecoder {
    config: PacketConfig,
    ledger: Ledger,
    counters: VcCounters,
    buffer: Vec<u8>,
    /// Position in the stream of the first byte of `buffer`.
    position: u64,
    /// While searching: the position at which the place was lost.
    lost_at: Option<u64>,
}

/// What is at a place in the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// A packet of so many bytes.
    Packet(usize),
    /// No packet.
    Nonsense,
    /// That cannot be said before more bytes have come.
    Open,
}

impl PacketDecoder {
    /// Builds the decoder.
    pub fn new(config: &PacketConfig) -> Self {
        Self {
            config: config.clone(),
            ledger: Ledger::default(),
            counters: VcCounters::default(),
            buffer: Vec::new(),
            position: 0,
            lost_at: None,
        }
    }

    /// Takes the next bytes; whole packets are appended to `out`.
    pub fn feed(&mut self, bytes: &[u8], out: &mut LinkOutput) {
        self.buffer.extend_from_slice(bytes);
        let used = self.take_packets(false, out);
        self.discard(used);
    }

    /// The stream has ended: a packet still incomplete is counted as cut.
    pub fn finish(&mut self, out: &mut LinkOutput) {
        let used = self.take_packets(true, out);
        self.discard(used);
        self.counters.cut_packets += u64::from(!self.buffer.is_empty());
        self.counters.dropped_bytes += self.buffer.len() as u64;
        self.discard(self.buffer.len());
        self.found(self.position, out);
    }

    /// All counters so far, as if the stream were one virtual channel.
    pub fn counters(&self) -> &VcCounters {
        &self.counters
    }

    fn discard(&mut self, bytes: usize) {
        self.buffer.drain(..bytes);
        self.position += bytes as u64;
    }

    /// Takes all packets that can be told; returns the bytes dealt with.
    fn take_packets(&mut self, ended: bool, out: &mut LinkOutput) -> usize {
        let mut at = 0;
        while at < self.buffer.len() {
            let searching = self.lost_at.is_some();
            let position = self.position + at as u64;
            let verdict = if searching {
                self.searched(at, ended)
            } else {
                self.expected(at)
            };
            match verdict {
                Verdict::Open => break,
                Verdict::Packet(length) => {
                    self.found(position, out);
                    self.emit(at, length, out);
                    at += length;
                }
                Verdict::Nonsense => {
                    self.counters.resyncs += u64::from(!searching);
                    // The byte is looked at again by the rule of the search.
                    let skipped = usize::from(searching);
                    self.counters.dropped_bytes += skipped as u64;
                    self.lost_at.get_or_insert(position);
                    at += skipped;
                }
            }
        }
        at
    }

    /// The search, if there is one, ends at this position.
    fn found(&mut self, position: u64, out: &mut LinkOutput) {
        out.resyncs.extend(self.lost_at.take().map(|lost_at| Resync {
            vc: None,
            frame: lost_at,
            dropped_bytes: (position - lost_at) as usize,
            reason: NO_HEADER,
        }));
    }

    /// The packet at a place where one is expected.
    fn expected(&self, at: usize) -> Verdict {
        let rest = &self.buffer[at..];
        match PacketHeader::new(rest) {
            None => Verdict::Open,
            Some(header) if !header.plausible(&self.config) => Verdict::Nonsense,
            Some(header) if header.total_bytes() > rest.len() => Verdict::Open,
            Some(header) => Verdict::Packet(header.total_bytes()),
        }
    }

    /// The packet at a place that has to prove itself.
    fn searched(&self, at: usize, ended: bool) -> Verdict {
        let incomplete = if ended { Verdict::Nonsense } else { Verdict::Open };
        let mut next = at;
        for _ in 0..CHAIN {
            if ended && next > at && next == self.buffer.len() {
                break;
            }
            let Some(header) = self
                .buffer
                .get(next..next + PACKET_HEADER_BYTES)
                .and_then(PacketHeader::new)
            else {
                return incomplete;
            };
            if !header.plausible(&self.config) {
                return Verdict::Nonsense;
            }
            next += header.total_bytes();
        }
        let Some(length) = self
            .buffer
            .get(at..)
            .and_then(PacketHeader::new)
            .map(PacketHeader::total_bytes)
        else {
            return incomplete;
        };
        let Some(packet) = self.buffer.get(at..at + length) else {
            return incomplete;
        };
        if packet_crc_good(&self.config, packet) == Some(false) {
            return Verdict::Nonsense;
        }
        Verdict::Packet(length)
    }

    fn emit(&mut self, at: usize, length: usize, out: &mut LinkOutput) {
        let frame = self.position + at as u64;
        let span = Span {
            frame,
            offset: 0,
            last_frame: frame + length as u64 - 1,
        };
        let Self {
            config,
            ledger,
            counters,
            buffer,
            ..
        } = self;
        counters.packets += 1;
        counters.packet_bytes += length as u64;
        out.packets
            .extend(ledger.enter(config, &buffer[at..at + length], None, span, &mut counters.apids));
    }
}

#[cfg(test)]
mod tests {
    use super::super::PacketBuilder;
    use super::*;

    fn packet(apid: u16, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        PacketBuilder::telemetry(apid)
            .build(&vec![0xFF; length], &mut bytes)
            .unwrap();
        bytes
    }

    /// APID and place of each packet, counters, place and length of each loss.
    type Decoded = (Vec<(u16, u64)>, VcCounters, Vec<(u64, usize)>);

    fn decode(stream: &[u8], chunk: usize) -> Decoded {
        let mut decoder = PacketDecoder::new(&PacketConfig::default());
        let mut out = LinkOutput::default();
        for part in stream.chunks(chunk) {
            decoder.feed(part, &mut out);
        }
        decoder.finish(&mut out);
        (
            out.packets.iter().map(|p| (p.apid, p.frame)).collect(),
            decoder.counters().clone(),
            out.resyncs.iter().map(|r| (r.frame, r.dropped_bytes)).collect(),
        )
    }

    #[test]
    fn nonsense_is_skipped_to_three_headers_in_a_row() {
        let mut stream = packet(1, 10);
        stream.extend([0xFF; 5]);
        for apid in 2..6 {
            stream.extend(packet(apid, 20));
        }
        for chunk in [1, 7, stream.len()] {
            let (packets, counters, resyncs) = decode(&stream, chunk);
            assert_eq!(packets, [(1, 0), (2, 21), (3, 47), (4, 73), (5, 99)]);
            assert_eq!(
                (counters.resyncs, counters.dropped_bytes, counters.cut_packets),
                (1, 5, 0)
            );
            assert_eq!(resyncs, [(16, 5)]);
        }
    }

    #[test]
    fn two_headers_in_a_row_are_not_enough() {
        let mut stream = packet(1, 10);
        // After 0xFF, two packets of zeros are possible, a third is not.
        stream.extend([&[0xFF][..], &[0; 14], &[0xFF; 8]].concat());
        for apid in 2..6 {
            stream.extend(packet(apid, 20));
        }
        let (packets, counters, resyncs) = decode(&stream, 5);
        assert_eq!(packets, [(1, 0), (2, 39), (3, 65), (4, 91), (5, 117)]);
        assert_eq!((counters.resyncs, counters.dropped_bytes), (1, 23));
        assert_eq!(resyncs, [(16, 23)]);
    }

    #[test]
    fn the_end_stands_for_packets_that_would_follow() {
        let mut stream = vec![0xE0, 0xFF, 0xFF];
        stream.extend(packet(9, 4));
        let (packets, counters, resyncs) = decode(&stream, 2);
        assert_eq!(packets, [(9, 3)]);
        assert_eq!((counters.resyncs, counters.dropped_bytes), (1, 3));
        assert_eq!(resyncs, [(0, 3)]);
    }

    #[test]
    fn a_search_that_finds_nothing_is_told_at_the_end() {
        let mut stream = packet(1, 10);
        stream.extend([0xFF; 40]);
        for chunk in [1, 9, stream.len()] {
            let (packets, counters, resyncs) = decode(&stream, chunk);
            assert_eq!((packets, resyncs), (vec![(1, 0)], vec![(16, 40)]));
            assert_eq!((counters.resyncs, counters.dropped_bytes), (1, 40));
        }
    }

    #[test]
    fn incomplete_last_packet_is_cut() {
        let mut stream = packet(1, 10);
        stream.extend(&packet(2, 10)[..9]);
        let (packets, counters, resyncs) = decode(&stream, 4);
        assert_eq!(packets, [(1, 0)]);
        assert_eq!(
            (counters.cut_packets, counters.dropped_bytes, counters.resyncs),
            (1, 9, 0)
        );
        assert_eq!(resyncs, []);
    }
}
