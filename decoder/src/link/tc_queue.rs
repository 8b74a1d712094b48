//! Packets of one virtual channel on their way into TC frames.

use super::tc::SegmentHeader;
use std::collections::VecDeque;

/// Sequence flags of segments, by whether they begin and whether they end a packet.
const fn flags(first: bool, last: bool) -> u8 {
    match (first, last) {
        (true, true) => 3,
        (true, false) => 1,
        (false, false) => 0,
        (false, true) => 2,
    }
}

/// Whole packets, and how much of the first is sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct TcQueue {
    packets: VecDeque<Vec<u8>>,
    sent: usize,
}

impl TcQueue {
    /// Bytes not yet taken.
    pub fn bytes(&self) -> usize {
        self.packets.iter().map(Vec::len).sum::<usize>() - self.sent
    }

    /// Adds a whole packet.
    pub fn push(&mut self, packet: &[u8]) {
        self.packets.push_back(packet.to_vec());
    }

    /// Appends the next data field to `out`, of `room` bytes at most: as many whole packets as there is room for, or a
    /// segment of one that is longer. Its segment header says which, on multiplexer access point 0.
    pub fn take(&mut self, room: usize, out: &mut Vec<u8>) -> SegmentHeader {
        let front = self.packets.front().map_or(0, Vec::len);
        let left = front - self.sent;
        let header = SegmentHeader {
            sequence_flags: flags(self.sent == 0, left <= room),
            map: 0,
        };
        if self.sent > 0 || left > room {
            if let Some(packet) = self.packets.front() {
                out.extend_from_slice(&packet[self.sent..self.sent + left.min(room)]);
            }
            self.sent += left.min(room);
            if self.sent == front {
                self.packets.pop_front();
                self.sent = 0;
            }
            return header;
        }
        let mut room = room;
        while self.packets.front().is_some_and(|packet| packet.len() <= room) {
            let packet = self.packets.pop_front().unwrap_or_default();
            room -= packet.len();
            out.extend_from_slice(&packet);
        }
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_share_a_field_or_are_cut_into_segments() {
        let mut queue = TcQueue::default();
        for (fill, length) in [(1, 4), (2, 5), (3, 25), (4, 8)] {
            queue.push(&vec![fill; length]);
        }
        let mut fields = Vec::new();
        while queue.bytes() > 0 {
            let mut field = Vec::new();
            let flags = queue.take(10, &mut field).sequence_flags;
            fields.push((flags, field));
        }
        let both = [vec![1; 4], vec![2; 5]].concat();
        assert_eq!(
            fields,
            [
                (3, both),
                (1, vec![3; 10]),
                (0, vec![3; 10]),
                (2, vec![3; 5]),
                (3, vec![4; 8])
            ]
        );
    }
}
