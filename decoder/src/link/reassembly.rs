//! Packets out of the packet zones of one virtual channel's frames.
//!
//! The first header pointer decides: where it contradicts the length of the packet under assembly, that packet
//! is dropped and extraction goes on at the pointer. After lost frames, and after a packet header that cannot
//! be, everything up to the next pointer is dropped. Every byte ends in a packet or is counted as dropped.

use super::config::PacketConfig;
use super::packet::{PACKET_HEADER_BYTES, PacketHeader};
use super::report::{Resync, VcCounters, VcId};
use super::sequence::Span;
use super::tm::FHP_NO_START;

const CONTRADICTION: &str = "first header pointer contradicts packet length";
const BEYOND: &str = "first header pointer beyond the frame";
const NONSENSE: &str = "impossible packet header";

/// Packet zone of one frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Zone<'a> {
    pub bytes: &'a [u8],
    /// First header pointer as transmitted.
    pub pointer: u16,
    /// Offset of the zone in the frame.
    pub offset: usize,
    /// Ordinal of the frame.
    pub frame: u64,
}

/// Packet extraction has lost its place.
#[derive(Debug, Clone, Copy)]
struct Loss {
    frame: u64,
    dropped: usize,
    reason: &'static str,
}

/// Packet extraction of one virtual channel.
#[derive(Debug, Clone)]
pub(crate) struct Reassembler {
    vc: VcId,
    /// Whether the next byte of the channel is known to belong to `partial` or to begin a packet.
    placed: bool,
    partial: Vec<u8>,
    begun: Span,
    loss: Option<Loss>,
}

impl Reassembler {
    pub fn new(vc: VcId) -> Self {
        Self {
            vc,
            placed: false,
            partial: Vec::new(),
            begun: Span {
                frame: 0,
                offset: 0,
                last_frame: 0,
            },
            loss: None,
        }
    }

    /// The zone about to come does not follow the one before.
    pub fn interrupt(&mut self, frame: u64, reason: &'static str, counters: &mut VcCounters) {
        if self.placed {
            self.lose(frame, reason, counters);
        }
    }

    /// Takes the packets out of the next zone; returns the resynchronisation that it brought.
    pub fn feed(
        &mut self,
        zone: Zone<'_>,
        config: &PacketConfig,
        counters: &mut VcCounters,
        mut on_packet: impl FnMut(&[u8], Span, &mut VcCounters),
    ) -> Option<Resync> {
        let start = match usize::from(zone.pointer) {
            _ if zone.pointer == FHP_NO_START => zone.bytes.len(),
            beyond if beyond >= zone.bytes.len() => {
                self.lose(zone.frame, BEYOND, counters);
                self.drop_bytes(zone.bytes.len(), counters);
                return None;
            }
            start => start,
        };
        let starts = zone.pointer != FHP_NO_START;
        let (head, tail) = zone.bytes.split_at(start);
        if self.placed {
            self.continue_packet(head, starts, zone.frame, config, counters, &mut on_packet);
        } else {
            self.drop_bytes(head.len(), counters);
        }
        if !starts {
            return None;
        }
        self.placed = true;
        let resync = self.found();
        counters.resyncs += u64::from(resync.is_some());
        self.take_packets(
            tail,
            Zone {
                offset: zone.offset + start,
                ..zone
            },
            config,
            counters,
            &mut on_packet,
        );
        resync
    }

    /// Oldest frame that what is under way may still name: one in which a packet began, or packets lost their place.
    pub fn oldest_frame(&self) -> Option<u64> {
        let begun = (!self.partial.is_empty()).then_some(self.begun.frame);
        [begun, self.loss.map(|loss| loss.frame)]
            .into_iter()
            .flatten()
            .min()
    }

    /// The channel has ended: a packet under assembly is cut.
    pub fn finish(&mut self, counters: &mut VcCounters) -> Option<Resync> {
        counters.cut_packets += u64::from(!self.partial.is_empty());
        counters.dropped_bytes += self.partial.len() as u64;
        self.partial.clear();
        self.placed = false;
        let resync = self.found();
        counters.resyncs += u64::from(resync.is_some());
        resync
    }

    /// Adds what the frame has of the packet under assembly; `starts` tells that a packet begins after it.
    fn continue_packet(
        &mut self,
        head: &[u8],
        starts: bool,
        frame: u64,
        config: &PacketConfig,
        counters: &mut VcCounters,
        on_packet: &mut impl FnMut(&[u8], Span, &mut VcCounters),
    ) {
        if head.is_empty() && self.partial.is_empty() {
            return;
        }
        if self.partial.is_empty() {
            // The pointer should have been 0.
            self.lose(frame, CONTRADICTION, counters);
            return self.drop_bytes(head.len(), counters);
        }
        self.partial.extend_from_slice(head);
        let header = PacketHeader::new(&self.partial);
        if header.is_some_and(|h| !h.plausible(config)) {
            return self.lose(frame, NONSENSE, counters);
        }
        let total = header.map_or(usize::MAX, PacketHeader::total_bytes);
        match total.cmp(&self.partial.len()) {
            std::cmp::Ordering::Equal => {
                on_packet(
                    &self.partial,
                    Span {
                        last_frame: frame,
                        ..self.begun
                    },
                    counters,
                );
                self.partial.clear();
            }
            std::cmp::Ordering::Greater if !starts => {}
            _ => self.lose(frame, CONTRADICTION, counters),
        }
    }

    /// Takes packets, one after the other, to the end of the zone.
    fn take_packets(
        &mut self,
        mut rest: &[u8],
        zone: Zone<'_>,
        config: &PacketConfig,
        counters: &mut VcCounters,
        on_packet: &mut impl FnMut(&[u8], Span, &mut VcCounters),
    ) {
        let end = zone.offset + rest.len();
        while !rest.is_empty() {
            let span = Span {
                frame: zone.frame,
                offset: end - rest.len(),
                last_frame: zone.frame,
            };
            let header = PacketHeader::new(rest);
            if header.is_some_and(|h| !h.plausible(config)) {
                self.lose(zone.frame, NONSENSE, counters);
                return self.drop_bytes(rest.len(), counters);
            }
            let total = header.map_or(PACKET_HEADER_BYTES + 1, PacketHeader::total_bytes);
            let Some((packet, after)) = rest.split_at_checked(total) else {
                self.partial.extend_from_slice(rest);
                self.begun = span;
                return;
            };
            on_packet(packet, span, counters);
            rest = after;
        }
    }

    fn lose(&mut self, frame: u64, reason: &'static str, counters: &mut VcCounters) {
        self.placed = false;
        self.loss.get_or_insert(Loss {
            frame,
            dropped: 0,
            reason,
        });
        counters.cut_packets += u64::from(!self.partial.is_empty());
        let dropped = self.partial.len();
        self.partial.clear();
        self.drop_bytes(dropped, counters);
    }

    fn drop_bytes(&mut self, bytes: usize, counters: &mut VcCounters) {
        counters.dropped_bytes += bytes as u64;
        if let Some(loss) = &mut self.loss {
            loss.dropped += bytes;
        }
    }

    /// A loss that dropped nothing (frames lost between packets) needs no mention.
    fn found(&mut self) -> Option<Resync> {
        let Loss {
            frame,
            dropped,
            reason,
        } = self.loss.take()?;
        (dropped > 0).then_some(Resync {
            vc: Some(self.vc),
            frame,
            dropped_bytes: dropped,
            reason,
        })
    }
}
