//! Attached synchronisation marker: tolerances from false-alarm bounds, and the search for it.
//!
//! In a random stretch each of the two polarities of an n-bit marker matches within t errors with probability
//! `sum(C(n, k), k <= t) / 2^n`, whatever the magnitudes of the soft bits are. That exact probability is why the
//! search counts the signs that differ and leaves the magnitudes out: where Reed-Solomon works, markers have far
//! fewer errors than the tolerance.

use super::config::AsmConfig;
use multiversion::multiversion;

/// Bound on the probability that a random stretch of one frame's length holds a marker that is taken for a
/// frame; where Reed-Solomon checks each candidate, on the expected number of candidates it has to check
/// (times [`CHECKED_CANDIDATES`]).
pub(crate) const FALSE_ALARM_BOUND: f64 = 1e-3;
/// Candidates a random frame's length may offer when every one of them is checked.
pub(crate) const CHECKED_CANDIDATES: f64 = 0.25;
/// Bound for the one place where a marker is expected.
const EXPECTED_PLACE_BOUND: f64 = 2e-3;

/// A marker and how many wrong bits are accepted.
#[derive(Debug, Clone)]
pub(crate) struct Marker {
    /// Bits of the pattern (0 or 1), first to last.
    pattern: Vec<u8>,
    /// The newest 64 bits of the pattern (all, where there are fewer).
    word: u64,
    mask: u64,
    pub(crate) bits: usize,
    /// Anywhere.
    pub(crate) search_tolerance: u32,
    /// Where it is expected.
    pub(crate) lock_tolerance: u32,
}

/// A place where the marker fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) errors: u32,
    pub(crate) inverted: bool,
}

/// Probability that random bits match an n-bit pattern of one polarity within `tolerance` errors.
pub(crate) fn match_probability(bits: usize, tolerance: u32) -> f64 {
    let mut ways = 1.0;
    let mut sum = 1.0;
    for k in 1..=f64::from(tolerance).min(bits as f64) as usize {
        ways *= (bits - k + 1) as f64 / k as f64;
        sum += ways;
    }
    sum / (bits as f64).exp2()
}

/// Most errors whose match probability stays below `bound`.
fn tolerance_within(bits: usize, bound: f64) -> u32 {
    // Above a third of the bits the two polarities would come close to each other.
    (1..=bits as u32 / 3)
        .take_while(|&t| match_probability(bits, t) <= bound)
        .last()
        .unwrap_or(0)
}

impl Marker {
    /// `places` is the number of bit positions (times parallel streams) in one frame's length; `checked` whether
    /// each candidate is checked by an outer code.
    pub(crate) fn new(config: &AsmConfig, places: f64, checked: bool) -> Self {
        let bits = config.bits as usize;
        let bound = if checked {
            CHECKED_CANDIDATES
        } else {
            FALSE_ALARM_BOUND
        };
        let default = tolerance_within(bits, bound / (2.0 * places));
        let search_tolerance = config.tolerance.unwrap_or(default);
        let pattern: Vec<u8> = (8 * config.pattern.len() - bits..8 * config.pattern.len())
            .map(|n| config.pattern[n / 8] >> (7 - n % 8) & 1)
            .collect();
        Self {
            word: pattern.iter().fold(0, |w, &bit| w << 1 | u64::from(bit)),
            pattern,
            mask: u64::MAX >> (64 - config.bits.min(64)),
            bits,
            search_tolerance,
            lock_tolerance: search_tolerance.max(tolerance_within(bits, EXPECTED_PLACE_BOUND / 2.0)),
        }
    }

    /// How the marker fits to the first bits of `soft`, if within `tolerance` errors in either polarity.
    pub(crate) fn fit(&self, soft: &[i8], tolerance: u32) -> Option<Match> {
        let errors = self
            .pattern
            .iter()
            .zip(soft.get(..self.bits)?)
            .map(|(&bit, &s)| u32::from(bit != u8::from(s > 0)))
            .sum();
        let inverted = 2 * errors > self.bits as u32;
        let errors = if inverted {
            self.bits as u32 - errors
        } else {
            errors
        };
        (errors <= tolerance).then_some(Match { errors, inverted })
    }

    /// Whether the newest bits of a place could be the marker's end.
    #[allow(
        clippy::inline_always,
        reason = "must take on the vector features of its caller"
    )]
    #[inline(always)]
    fn promising(&self, register: u64) -> bool {
        let errors = ((register ^ self.word) & self.mask).count_ones();
        errors.min(self.mask.count_ones() - errors) <= self.search_tolerance
    }

    /// First place in `soft` where the whole marker fits within the search tolerance.
    pub(crate) fn find(&self, soft: &[i8]) -> Option<(usize, Match)> {
        find(self, soft)
    }
}

#[multiversion(targets("x86_64+avx2+popcnt+bmi1+bmi2", "x86_64+popcnt", "aarch64+neon"))]
fn find(marker: &Marker, soft: &[i8]) -> Option<(usize, Match)> {
    let (head, tail) = soft.split_at_checked(marker.bits - 1)?;
    let mut register = head.iter().fold(0u64, |r, &s| r << 1 | u64::from(s > 0));
    for (place, &s) in tail.iter().enumerate() {
        register = register << 1 | u64::from(s > 0);
        if marker.promising(register)
            && let Some(found) = marker.fit(&soft[place..], marker.search_tolerance)
        {
            return Some((place, found));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ccsds(tolerance: Option<u32>) -> AsmConfig {
        AsmConfig {
            pattern: vec![0x1A, 0xCF, 0xFC, 0x1D],
            bits: 32,
            tolerance,
            flywheel: 3,
        }
    }

    #[test]
    fn tolerances_follow_from_the_bounds() {
        assert_eq!(match_probability(32, 1), 33.0 / 2f64.powi(32));
        assert_eq!(match_probability(24, 24), 1.0);
        let plain = Marker::new(&ccsds(None), 8192.0, false);
        // 2 * 8192 * 33 / 2^32 = 1.3e-4 and 2 * 8192 * 529 / 2^32 = 2.0e-3.
        assert_eq!(plain.search_tolerance, 1);
        assert_eq!(Marker::new(&ccsds(None), 8192.0, true).search_tolerance, 4);
        assert_eq!(Marker::new(&ccsds(Some(7)), 8192.0, true).search_tolerance, 7);
    }

    #[test]
    fn finds_either_polarity_at_every_place_within_the_tolerance_and_not_beyond() {
        let marker = Marker::new(&ccsds(Some(2)), 8192.0, true);
        for place in [0usize, 1, 63, 100] {
            for (sign, inverted) in [(1i8, false), (-1, true)] {
                let mut soft = vec![-1i8; place + 32];
                for (n, value) in soft[..place].iter_mut().enumerate() {
                    *value = if n % 2 == 0 { 1 } else { -1 };
                }
                for bit in 0..32 {
                    soft[place + bit] = sign
                        * if 0x1ACF_FC1Du32 >> (31 - bit) & 1 == 1 {
                            90
                        } else {
                            -90
                        };
                }
                soft[place + 3] *= -1;
                soft[place + 30] *= -1;
                assert_eq!(marker.find(&soft), Some((place, Match { errors: 2, inverted })));
                soft[place + 8] *= -1;
                assert_eq!(marker.find(&soft), None);
            }
        }
    }
}
