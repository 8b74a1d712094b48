//! Frame counts of virtual and master channels.
//!
//! All arithmetic is modulo the width of the count (TM and TC 8 bits; AOS 24, or 28 with the cycle in use). With
//! `step` = newest − last:
//!
//! | step | label |
//! |---|---|
//! | 1 | [`Continuity::Next`] |
//! | 0, the count has not moved since the channel's first frame, and the frame is idle or differs from the one before | [`Continuity::Uncounted`]: the channel does not count |
//! | 0, same content | [`Continuity::Duplicate`] |
//! | 0, other content | [`Continuity::Reset`] |
//! | other, TM | [`Continuity::Gap`], but [`Continuity::Reset`] if the master channel count ran on without a gap since the channel's last frame |
//! | other, TC | [`Continuity::Gap`] of up to 127 frames, [`Continuity::Reset`] beyond: frames are sent again from an earlier one on |
//! | other, AOS | [`Continuity::Gap`] of up to 1/16 of the cycle (2²⁰ or 2²⁴ frames), [`Continuity::Reset`] beyond it, which includes every step backwards |
//!
//! Eight bits cannot tell a TM count that began anew from a long loss by themselves, hence the master channel.
//! A fade that really loses more than 1/16 of an AOS cycle is labelled a reset: no loss is claimed that would be
//! a guess.

use super::report::{Continuity, McCounters};

/// Count of a frame in its virtual channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub value: u32,
    /// Width of the count: 8, 24 or 28.
    pub bits: u32,
}

/// What the count is judged with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence {
    /// The frame has only idle data.
    pub idle: bool,
    /// Every byte is as in the channel's frame before.
    pub same_content: bool,
    /// TM: the master channel count ran on without a gap since the channel's last frame.
    pub mc_steady: bool,
    /// Most frames that a jump of a count of 8 bits may be taken for.
    pub most_lost: u32,
}

/// Count of a virtual channel.
#[derive(Debug, Clone, Default)]
pub(crate) struct VcCount {
    last: Option<Count>,
    moved: bool,
}

impl VcCount {
    /// Places the next good frame.
    pub fn place(&mut self, count: Count, evidence: Evidence) -> Continuity {
        let Some(last) = self.last.replace(count) else {
            return Continuity::First;
        };
        // A channel that begins or ceases to use the cycle is followed by the bits that both counts have.
        let bits = count.bits.min(last.bits);
        let step = count.value.wrapping_sub(last.value) & ((1 << bits) - 1);
        if step == 0 {
            return self.place_repeated(evidence);
        }
        self.moved = true;
        let missing = step - 1;
        if missing == 0 {
            return Continuity::Next;
        }
        let credible = if bits == 8 {
            !evidence.mc_steady && missing <= evidence.most_lost
        } else {
            missing <= 1 << (bits - 4)
        };
        if credible {
            Continuity::Gap(missing)
        } else {
            Continuity::Reset
        }
    }

    fn place_repeated(&self, evidence: Evidence) -> Continuity {
        match (self.moved, evidence.same_content) {
            (false, true) if evidence.idle => Continuity::Uncounted,
            (false, false) => Continuity::Uncounted,
            (_, true) => Continuity::Duplicate,
            (true, false) => Continuity::Reset,
        }
    }
}

/// Count of a TM master channel.
#[derive(Debug, Clone, Default)]
pub(crate) struct McCount {
    last: Option<u8>,
    /// Frames that did not follow the one before, from the beginning.
    breaks: u64,
}

impl McCount {
    /// Counts the next good frame; returns the frames missing before it (modulo 256).
    pub fn place(&mut self, count: u8, counters: &mut McCounters) -> u8 {
        counters.frames += 1;
        counters.last_count = count;
        let Some(last) = self.last.replace(count) else {
            return 0;
        };
        let step = count.wrapping_sub(last);
        self.breaks += u64::from(step != 1);
        // The same count again is a frame recorded twice, or 256 lost; loss is not claimed.
        let lost = step.saturating_sub(1);
        counters.gaps += u64::from(lost > 0);
        counters.lost += u64::from(lost);
        lost
    }

    /// Changes whenever a frame does not follow the one before.
    pub fn breaks(&self) -> u64 {
        self.breaks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: Evidence = Evidence {
        idle: false,
        same_content: false,
        mc_steady: false,
        most_lost: 255,
    };

    fn place(bits: u32, counts: &[u32], evidence: Evidence) -> Continuity {
        let mut vc = VcCount::default();
        let mut result = Continuity::Uncounted;
        for value in counts {
            result = vc.place(Count { value: *value, bits }, evidence);
        }
        result
    }

    #[test]
    fn vc_gap_counts_modulo_its_width() {
        for (bits, max) in [(8, 0xFF), (24, 0xFF_FFFF), (28, 0xFFF_FFFF)] {
            assert_eq!(place(bits, &[max, 0], DATA), Continuity::Next);
            assert_eq!(place(bits, &[max, 1], DATA), Continuity::Gap(1));
            assert_eq!(place(bits, &[max - 2, 1], DATA), Continuity::Gap(3));
            assert_eq!(place(bits, &[5], DATA), Continuity::First);
        }
        assert_eq!(place(8, &[7, 6], DATA), Continuity::Gap(254));
    }

    #[test]
    fn loss_is_believed_up_to_a_sixteenth_of_the_aos_cycle() {
        for bits in [24, 28] {
            let limit = 1 << (bits - 4);
            assert_eq!(place(bits, &[9, 10 + limit], DATA), Continuity::Gap(limit));
            assert_eq!(place(bits, &[9, 11 + limit], DATA), Continuity::Reset);
            assert_eq!(place(bits, &[9, 8], DATA), Continuity::Reset);
            assert_eq!(place(bits, &[9, 0], DATA), Continuity::Reset);
        }
    }

    #[test]
    fn tm_count_began_anew_when_the_master_channel_lost_nothing() {
        let steady = Evidence {
            mc_steady: true,
            ..DATA
        };
        assert_eq!(place(8, &[100, 0], steady), Continuity::Reset);
        assert_eq!(place(8, &[100, 101], steady), Continuity::Next);
        assert_eq!(place(8, &[100, 105], DATA), Continuity::Gap(4));
    }

    #[test]
    fn the_same_count_again() {
        let same = Evidence {
            same_content: true,
            ..DATA
        };
        let idle = Evidence { idle: true, ..same };
        assert_eq!(place(24, &[5, 6, 6], same), Continuity::Duplicate);
        assert_eq!(place(24, &[5, 5], same), Continuity::Duplicate);
        assert_eq!(place(24, &[5, 6, 6], DATA), Continuity::Reset);
        assert_eq!(place(24, &[0, 0, 0], DATA), Continuity::Uncounted);
        assert_eq!(place(24, &[0, 0, 0], idle), Continuity::Uncounted);
        assert_eq!(place(24, &[0, 1, 1], idle), Continuity::Duplicate);
    }

    #[test]
    fn changing_use_of_the_cycle_keeps_the_place() {
        let mut vc = VcCount::default();
        vc.place(
            Count {
                value: 0x12_3456,
                bits: 24,
            },
            DATA,
        );
        assert_eq!(
            vc.place(
                Count {
                    value: 0x712_3457,
                    bits: 28
                },
                DATA
            ),
            Continuity::Next
        );
        assert_eq!(
            vc.place(
                Count {
                    value: 0x12_3458,
                    bits: 24
                },
                DATA
            ),
            Continuity::Next
        );
    }

    #[test]
    fn master_channel_gaps() {
        let mut mc = McCount::default();
        let mut counters = McCounters::default();
        let lost: Vec<_> = [254, 255, 0, 3, 3]
            .into_iter()
            .map(|c| mc.place(c, &mut counters))
            .collect();
        assert_eq!((lost.as_slice(), mc.breaks()), (&[0, 0, 0, 2, 0][..], 2));
        assert_eq!(
            counters,
            McCounters {
                frames: 5,
                gaps: 1,
                lost: 2,
                last_count: 3
            }
        );
    }
}
