//! The search for the start sequence.

use super::config::CltuConfig;

/// A place that fits the start sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) place: usize,
    pub(super) inverted: bool,
    /// Signs that differ.
    pub(super) errors: u32,
}

/// The start sequence and what is accepted for it.
///
/// A place fits when at most `tolerance` signs differ and when the magnitudes of those that differ make up no
/// more than the same share of all magnitudes: a wrong bit has to be a doubtful one. On hard decisions the second
/// condition says the same as the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct StartSearch {
    pattern: u64,
    bits: u32,
    tolerance: u32,
}

impl StartSearch {
    pub(super) fn new(config: &CltuConfig) -> Self {
        let (bits, pattern) = config.code.start();
        Self {
            pattern,
            bits,
            tolerance: config.tolerance(),
        }
    }

    /// Bits of the sequence.
    pub(super) fn bits(&self) -> usize {
        self.bits as usize
    }

    /// First place in `soft` at which a whole start sequence fits.
    pub(super) fn find(&self, soft: &[i8]) -> Option<Start> {
        let mask = u64::MAX >> (64 - self.bits);
        let (head, tail) = soft.split_at_checked(self.bits() - 1)?;
        let mut register = head.iter().fold(0, |r, &s| r << 1 | u64::from(s > 0));
        for (place, &s) in tail.iter().enumerate() {
            register = register << 1 | u64::from(s > 0);
            let differing = (register ^ self.pattern) & mask;
            let errors = differing.count_ones();
            let inverted = errors > self.bits / 2;
            let wrong = if inverted { !differing & mask } else { differing };
            if wrong.count_ones() <= self.tolerance && self.doubtful(wrong, &soft[place..place + self.bits()])
            {
                return Some(Start {
                    place,
                    inverted,
                    errors: wrong.count_ones(),
                });
            }
        }
        None
    }

    /// Whether the `wrong` bits (first bit highest) have no more than their share of the magnitudes.
    fn doubtful(&self, wrong: u64, soft: &[i8]) -> bool {
        let (mut all, mut part) = (0u32, 0u32);
        for (&s, bit) in soft.iter().zip((0..self.bits).rev()) {
            let magnitude = u32::from(s.unsigned_abs().min(127));
            all += magnitude;
            part += if wrong >> bit & 1 == 1 { magnitude } else { 0 };
        }
        part * self.bits <= self.tolerance * all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telecommand::{BchMode, BchRandomized, CltuCode};

    fn search(mode: BchMode) -> StartSearch {
        StartSearch::new(&CltuConfig::new(CltuCode::Bch {
            mode,
            randomized: BchRandomized::Off,
        }))
    }

    fn sequence(sign: i8) -> Vec<i8> {
        let bit = |n: u32| if 0xEB90u32 >> (15 - n) & 1 == 1 { 60 } else { -60 };
        let idle = |n: i32| if n % 2 == 0 { 60 } else { -60 };
        (0..9)
            .map(idle)
            .chain((0..16).map(bit))
            .map(|s| s * sign)
            .collect()
    }

    #[test]
    fn one_wrong_bit_is_accepted_where_it_is_a_doubtful_one() {
        for (sign, inverted) in [(1, false), (-1, true)] {
            let found = |errors| {
                Some(Start {
                    place: 9,
                    inverted,
                    errors,
                })
            };
            let mut soft = sequence(sign);
            for mode in [BchMode::Correct, BchMode::Detect] {
                assert_eq!(search(mode).find(&soft), found(0));
            }
            soft[12] = -soft[12];
            assert_eq!(search(BchMode::Correct).find(&soft), found(1));
            assert_eq!(search(BchMode::Detect).find(&soft), None);
            // More reliable than the others, and still wrong.
            soft[12] = soft[12].signum() * 127;
            assert_eq!(search(BchMode::Correct).find(&soft), None);
            soft[12] = soft[12].signum();
            assert_eq!(search(BchMode::Correct).find(&soft), found(1));
            soft[20] = -soft[20];
            assert_eq!(search(BchMode::Correct).find(&soft), None);
        }
    }
}
