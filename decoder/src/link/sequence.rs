//! Sequence counts of packets, per APID (CCSDS 133.0-B-2 §4.1.3.4.3).
//!
//! Counts run modulo 16384 for each APID. Idle packets are never counted. An APID whose count has stayed the
//! same since its first packet does not count (some missions never do) and is
//! [`SequenceCheck::Uncounted`]; once the count has moved, the same count again is
//! [`SequenceCheck::Repeat`].

use std::collections::BTreeMap;

use super::config::PacketConfig;
use super::packet::{PacketHeader, packet_crc_good};
use super::report::{ApidCounters, LinkPacket, SequenceCheck, VcId};

const COUNT_MASK: u16 = 0x3FFF;

const UNSEGMENTED: u8 = 3;
const FIRST_SEGMENT: u8 = 1;
const LAST_SEGMENT: u8 = 2;

#[derive(Debug, Clone, Copy, Default)]
struct Tracker {
    last: Option<u16>,
    moved: bool,
    group_open: bool,
}

impl Tracker {
    fn check(&mut self, count: u16) -> SequenceCheck {
        let Some(last) = self.last.replace(count) else {
            return SequenceCheck::First;
        };
        let step = count.wrapping_sub(last) & COUNT_MASK;
        if step == 0 {
            return if self.moved {
                SequenceCheck::Repeat
            } else {
                SequenceCheck::Uncounted
            };
        }
        self.moved = true;
        if step == 1 {
            SequenceCheck::Next
        } else {
            SequenceCheck::Gap(step - 1)
        }
    }

    /// Whether a packet with these flags does not fit after the one before.
    fn breaks_group(&mut self, flags: u8) -> bool {
        let starts = matches!(flags, UNSEGMENTED | FIRST_SEGMENT);
        let broken = starts == self.group_open;
        self.group_open = !matches!(flags, UNSEGMENTED | LAST_SEGMENT);
        broken
    }
}

/// Where a packet began and ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// Ordinal of the frame in which it began.
    pub frame: u64,
    /// Offset of its header there.
    pub offset: usize,
    /// Ordinal of the frame in which it ended.
    pub last_frame: u64,
}

/// Sequence accounting of the APIDs of one channel.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    trackers: BTreeMap<u16, Tracker>,
}

impl Ledger {
    /// Enters a whole packet, counts it in `apids`, and describes it; `None` if it has no header.
    pub fn enter(
        &mut self,
        config: &PacketConfig,
        bytes: &[u8],
        vc: Option<VcId>,
        span: Span,
        apids: &mut BTreeMap<u16, ApidCounters>,
    ) -> Option<LinkPacket> {
        let header = PacketHeader::new(bytes)?;
        let crc_good = packet_crc_good(config, bytes);
        let counters = apids.entry(header.apid()).or_default();
        counters.packets += 1;
        counters.bytes += bytes.len() as u64;
        counters.bad_crc += u64::from(crc_good == Some(false));
        counters.last_count = header.sequence_count();
        Some(LinkPacket {
            vc,
            frame: span.frame,
            last_frame: span.last_frame,
            offset: span.offset,
            apid: header.apid(),
            telecommand: header.telecommand(),
            secondary_header: header.secondary_header(),
            sequence_flags: header.sequence_flags(),
            sequence_count: header.sequence_count(),
            sequence: self.check(header, counters),
            crc_good,
            bytes: bytes.to_vec(),
        })
    }

    fn check(&mut self, header: PacketHeader<'_>, counters: &mut ApidCounters) -> SequenceCheck {
        if header.apid() == LinkPacket::IDLE_APID {
            return SequenceCheck::Uncounted;
        }
        let tracker = self.trackers.entry(header.apid()).or_default();
        let check = tracker.check(header.sequence_count());
        match check {
            SequenceCheck::Gap(lost) => {
                counters.gaps += 1;
                counters.lost += u64::from(lost);
            }
            SequenceCheck::Repeat => counters.repeats += 1,
            SequenceCheck::First | SequenceCheck::Next | SequenceCheck::Uncounted => {}
        }
        counters.segments += u64::from(header.sequence_flags() != UNSEGMENTED);
        let broken = tracker.breaks_group(header.sequence_flags());
        // A recording may begin within a group.
        counters.broken_groups += u64::from(broken && check != SequenceCheck::First);
        check
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(counts: &[u16]) -> Vec<SequenceCheck> {
        let mut tracker = Tracker::default();
        counts.iter().map(|count| tracker.check(*count)).collect()
    }

    #[test]
    fn counts_modulo_16384() {
        use SequenceCheck::{First, Gap, Next};
        assert_eq!(checks(&[16_382, 16_383, 0, 1]), [First, Next, Next, Next]);
        assert_eq!(checks(&[16_383, 1]), [First, Gap(1)]);
        assert_eq!(checks(&[5, 4]), [First, Gap(16_382)]);
    }

    #[test]
    fn an_apid_that_never_counts_is_not_loss() {
        use SequenceCheck::{First, Next, Repeat, Uncounted};
        assert_eq!(checks(&[7, 7, 7]), [First, Uncounted, Uncounted]);
        assert_eq!(checks(&[7, 8, 8, 9]), [First, Next, Repeat, Next]);
    }

    #[test]
    fn idle_packets_are_never_counted_and_groups_are_checked() {
        let mut ledger = Ledger::default();
        let mut apids = BTreeMap::new();
        let span = Span {
            frame: 0,
            offset: 0,
            last_frame: 0,
        };
        let mut enter = |apid: u16, flags: u8, count: u16| {
            let mut bytes = Vec::new();
            let builder = super::super::PacketBuilder {
                sequence_flags: flags,
                sequence_count: count,
                ..super::super::PacketBuilder::telemetry(apid)
            };
            builder.build(&[0], &mut bytes).unwrap();
            ledger
                .enter(&PacketConfig::default(), &bytes, None, span, &mut apids)
                .unwrap()
                .sequence
        };
        for count in [0, 0, 17] {
            assert_eq!(enter(0x7FF, 3, count), SequenceCheck::Uncounted);
        }
        // A whole group, a group without its last segment, a last segment out of nowhere.
        for (count, flags) in [1, 0, 2, 1, 3, 2, 3].into_iter().enumerate() {
            enter(1, flags, count as u16);
        }
        assert_eq!((apids[&0x7FF].packets, apids[&0x7FF].gaps), (3, 0));
        assert_eq!((apids[&1].segments, apids[&1].broken_groups), (5, 2));
    }
}
