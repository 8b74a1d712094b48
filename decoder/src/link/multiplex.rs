//! Packets of one virtual channel on their way into frames.

use std::collections::VecDeque;

use super::report::LinkPacket;
use super::tm::FHP_NO_START;

/// Shortest packet: header and one byte.
const SHORTEST: usize = 7;
const IDLE_BYTE: u8 = 0x55;

/// Bytes of packets one after the other, with their borders.
#[derive(Debug, Clone, Default)]
pub(crate) struct PacketQueue {
    bytes: VecDeque<u8>,
    /// Bytes left of the packet that an earlier frame began.
    begun: usize,
    /// Whether that packet is an idle one of [`Self::fill`].
    begun_idle: bool,
    /// Lengths of the packets after it, and whether they are such idle ones.
    lengths: VecDeque<(usize, bool)>,
}

impl PacketQueue {
    /// Bytes not yet taken, without those of an idle packet that the last zone could not hold: between two
    /// zones, there is no other idle packet.
    pub fn bytes(&self) -> usize {
        self.bytes.len() - if self.begun_idle { self.begun } else { 0 }
    }

    /// Adds a whole packet.
    pub fn push(&mut self, packet: &[u8]) {
        self.bytes.extend(packet);
        self.lengths.push_back((packet.len(), false));
    }

    /// Adds idle packets until there is enough for a zone; none is longer than `max_packet`.
    pub fn fill(&mut self, zone: usize, max_packet: usize) {
        while self.bytes.len() < zone {
            let total = (zone - self.bytes.len()).clamp(SHORTEST, max_packet);
            let [high, low] = LinkPacket::IDLE_APID.to_be_bytes();
            let [length_high, length_low] = ((total - SHORTEST) as u16).to_be_bytes();
            self.bytes.extend([high, low, 0xC0, 0, length_high, length_low]);
            self.bytes.extend(std::iter::repeat_n(IDLE_BYTE, total - 6));
            self.lengths.push_back((total, true));
        }
    }

    /// First header pointer of the next zone, which the queue can fill.
    pub fn first_header_pointer(&self, zone: usize) -> u16 {
        if self.begun < zone {
            self.begun as u16
        } else {
            FHP_NO_START
        }
    }

    /// Moves the bytes of the next zone to `out`.
    pub fn take(&mut self, zone: usize, out: &mut Vec<u8>) {
        out.extend(self.bytes.drain(..zone.min(self.bytes.len())));
        let mut left = zone;
        while left > self.begun {
            left -= self.begun;
            let Some(next) = self.lengths.pop_front() else {
                self.begun = 0;
                return;
            };
            (self.begun, self.begun_idle) = next;
        }
        self.begun -= left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_follow_the_packet_borders() {
        let mut queue = PacketQueue::default();
        queue.push(&[1; 25]);
        queue.push(&[2; 15]);
        let mut pointers = Vec::new();
        let mut out = Vec::new();
        while queue.bytes() > 0 {
            queue.fill(10, 100);
            pointers.push(queue.first_header_pointer(10));
            queue.take(10, &mut out);
        }
        assert_eq!(pointers, [0, FHP_NO_START, 5, FHP_NO_START]);
        assert_eq!(
            out,
            [[1; 10], [1; 10], [1, 1, 1, 1, 1, 2, 2, 2, 2, 2], [2; 10]].concat()
        );
    }

    #[test]
    fn idle_packet_longer_than_the_rest_of_the_zone_goes_on() {
        let mut queue = PacketQueue::default();
        queue.push(&[1; 8]);
        let mut out = Vec::new();
        queue.fill(10, 100);
        queue.take(10, &mut out);
        assert_eq!(
            (queue.bytes(), queue.bytes.len(), queue.first_header_pointer(10)),
            (0, 5, 5)
        );
        queue.push(&[2; 9]);
        assert_eq!(queue.bytes(), 9);
        assert_eq!(out, [1, 1, 1, 1, 1, 1, 1, 1, 0x07, 0xFF]);
    }
}
