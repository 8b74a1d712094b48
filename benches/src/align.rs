//! Which sent bit each received soft bit is.
//!
//! A receiver knows neither when the first bit was sent nor, for PSK, which way round the constellation is. Each
//! arm (I, Q, or the only one) is aligned on its own by correlation with every sent arm, which finds the delay
//! and resolves rotation, mirroring and the swapped, half a symbol offset arms of OQPSK at once. Blocks are
//! aligned one by one, so that a slip costs one block and is counted; a block that fits nowhere is compared as
//! the block before it was.

/// Symbols aligned and compared together.
const BLOCK: usize = 2048;
/// Symbols by which a block's delay may differ from that of the block before.
const DRIFT: isize = 4;
/// Agreement of a block, in standard deviations of that of random bits, below which an alignment is not
/// believed: far above the best of the some hundred thousand that are tried.
const BELIEVABLE: f64 = 7.0;

/// Outcome of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BitErrors {
    /// Bits compared.
    pub bits: u64,
    /// Of these, wrong ones.
    pub errors: u64,
    /// Blocks that did not continue the alignment of the block before.
    pub slips: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Alignment {
    sent_arm: usize,
    /// Index of the sent symbol less that of the received one.
    delay: isize,
    inverted: bool,
}

/// Labels of 8PSK from 0° on in steps of 45° (ETSI EN 302 307-1 §5.4.2).
const EIGHTHS: [u8; 8] = [0b001, 0b000, 0b100, 0b110, 0b010, 0b011, 0b111, 0b101];
/// Symbols from which the turn of 8PSK is found.
const TURN_SYMBOLS: usize = 2 * BLOCK;

/// As [`bit_errors`], for 8PSK, whose turn by eighths is not one of its bits' order and signs: that which fits the
/// first symbols best is taken for all.
pub fn eighth_errors(sent: &[u8], soft: &[i8]) -> BitErrors {
    let few = |bits: usize| (3 * TURN_SYMBOLS).min(bits);
    let agreement = |turn: usize| {
        let found = bit_errors(
            &sent[..few(sent.len())],
            &turned(&soft[..few(soft.len())], turn),
            3,
        );
        found.bits as i64 - 2 * found.errors as i64
    };
    let turn = (0..8).max_by_key(|turn| agreement(*turn)).unwrap_or(0);
    bit_errors(sent, &turned(soft, turn), 3)
}

/// Signs of the bits of symbols turned by so many eighths.
fn turned(soft: &[i8], turn: usize) -> Vec<i8> {
    let symbols = soft.chunks_exact(3).flat_map(|bits| {
        let label = bits.iter().fold(0, |label, bit| label << 1 | u8::from(*bit > 0));
        let point = EIGHTHS.iter().position(|other| *other == label).unwrap_or(0);
        let label = EIGHTHS[(point + turn) % 8];
        [4, 2, 1].map(|bit| if label & bit > 0 { 1 } else { -1 })
    });
    symbols.collect()
}

/// Compares soft bits with the bits sent, `arms` of each to a symbol. Soft bits that belong to no sent bit
/// (before the first, behind the last) are left out; a soft bit of 0 counts as the bit 0.
pub fn bit_errors(sent: &[u8], soft: &[i8], arms: usize) -> BitErrors {
    let sent: Vec<Vec<i8>> = (0..arms)
        .map(|arm| {
            sent.iter()
                .skip(arm)
                .step_by(arms)
                .map(|&bit| (bit & 1) as i8 * 2 - 1)
                .collect()
        })
        .collect();
    let mut total = BitErrors::default();
    for arm in 0..arms {
        let hard: Vec<i8> = soft
            .iter()
            .skip(arm)
            .step_by(arms)
            .map(|&llr| if llr > 0 { 1 } else { -1 })
            .collect();
        let found = compare_arm(&sent, &hard);
        total.bits += found.bits;
        total.errors += found.errors;
        total.slips += found.slips;
    }
    total
}

fn compare_arm(sent: &[Vec<i8>], received: &[i8]) -> BitErrors {
    let mut found = BitErrors::default();
    let mut last: Option<Alignment> = None;
    for (number, block) in received.chunks(BLOCK).enumerate() {
        let start = number * BLOCK;
        let near = last.map(|last| (last, last.delay - DRIFT..=last.delay + DRIFT));
        let continued =
            near.and_then(|(last, delays)| best(sent, block, start, delays).filter(|a| *a == last));
        let everywhere = -(received.len() as isize)..=sent[0].len() as isize;
        // The search over everything is dear: only where the block does not go on as the one before.
        let found_anew = || best(sent, block, start, everywhere);
        let Some(alignment) = continued.or_else(found_anew).or(last) else {
            continue;
        };
        found.slips += u64::from(last.is_some_and(|last| last != alignment));
        let (bits, errors) = compare(&sent[alignment.sent_arm], block, start, alignment);
        found.bits += bits;
        found.errors += errors;
        last = Some(alignment);
    }
    found
}

/// The most likely alignment of a block, if one is believable.
fn best(
    sent: &[Vec<i8>],
    block: &[i8],
    start: usize,
    delays: std::ops::RangeInclusive<isize>,
) -> Option<Alignment> {
    let candidates = delays.flat_map(|delay| (0..sent.len()).map(move |sent_arm| (sent_arm, delay)));
    let scored = candidates.map(|(sent_arm, delay)| {
        let (bits, errors) = compare(
            &sent[sent_arm],
            block,
            start,
            Alignment {
                sent_arm,
                delay,
                inverted: false,
            },
        );
        let agreement = bits as i64 - 2 * errors as i64;
        (
            agreement,
            bits,
            Alignment {
                sent_arm,
                delay,
                inverted: agreement < 0,
            },
        )
    });
    let (agreement, bits, alignment) = scored.max_by_key(|(agreement, ..)| agreement.abs())?;
    (agreement.abs() as f64 > BELIEVABLE * (bits as f64).sqrt()).then_some(alignment)
}

/// Bits in common, and how many of them differ.
fn compare(sent: &[i8], block: &[i8], start: usize, alignment: Alignment) -> (u64, u64) {
    let first = start as isize + alignment.delay;
    let skipped = (-first).max(0) as usize;
    let from = first.max(0) as usize;
    if skipped >= block.len() || from >= sent.len() {
        return (0, 0);
    }
    let pairs = block[skipped..].iter().zip(&sent[from..]);
    let bits = pairs.len() as u64;
    let differing = pairs.filter(|(a, b)| a != b).count() as u64;
    (
        bits,
        if alignment.inverted {
            bits - differing
        } else {
            differing
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn random_bits(count: usize) -> Vec<u8> {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        (0..count).map(|_| rng.random_range(0..2)).collect()
    }

    fn soft_of(bits: &[u8]) -> Vec<i8> {
        bits.iter().map(|&bit| bit as i8 * 20 - 10).collect()
    }

    #[test]
    fn errors_of_one_arm_are_counted_whatever_sign_and_delay() {
        let sent = random_bits(6000);
        let mut soft = soft_of(&sent[33..5900]);
        for llr in &mut soft {
            *llr = -*llr;
        }
        for at in [10, 2500, 2501, 5000] {
            soft[at] = -soft[at];
        }
        let found = bit_errors(&sent, &soft, 1);
        assert_eq!(
            found,
            BitErrors {
                bits: 5867,
                errors: 4,
                slips: 0
            }
        );
    }

    #[test]
    fn rotated_mirrored_and_offset_arms_are_found() {
        let sent = random_bits(8000);
        // 90 degrees of OQPSK: the arms change places, one is inverted and one is a symbol late.
        let mut soft = vec![0; 7000];
        for (k, pair) in soft.chunks_mut(2).enumerate() {
            let bit = |index: usize| sent[index] as i8 * 2 - 1;
            (pair[0], pair[1]) = (-bit(2 * k + 1), bit(2 * k + 2));
        }
        soft[100] = -soft[100];
        assert_eq!(
            bit_errors(&sent, &soft, 2),
            BitErrors {
                bits: 7000,
                errors: 1,
                slips: 0
            }
        );
    }

    #[test]
    fn a_turn_of_8psk_is_undone() {
        let sent = random_bits(9000);
        let mut soft = turned(&soft_of(&sent[30..]), 3);
        soft[300] = -soft[300];
        let found = eighth_errors(&sent, &soft);
        assert_eq!((found.bits, found.slips), (8970, 0));
        // One wrong bit of a turned label is up to two of the label sent.
        assert!((1..=2).contains(&found.errors), "{found:?}");
    }

    #[test]
    fn a_slip_is_counted_once() {
        let sent = random_bits(8 * BLOCK);
        let mut soft = soft_of(&sent);
        soft.remove(3 * BLOCK);
        let found = bit_errors(&sent, &soft, 1);
        assert_eq!((found.errors, found.slips), (0, 1));
    }

    #[test]
    fn noise_is_not_aligned() {
        let sent = random_bits(4096);
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let soft: Vec<i8> = (0..4096).map(|_| rng.random_range(-9..9)).collect();
        assert_eq!(bit_errors(&sent, &soft, 1), BitErrors::default());
    }
}
