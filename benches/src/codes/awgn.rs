//! Quantised soft symbols of BPSK in white noise, some hundred million a second: error rates of 1e-5 take many.

use crate::theory::{erfc, from_db};
use groundlink_dsp::SoftBatch;
use std::f64::consts::SQRT_2;

/// Soft bits of a sent one take the values -127 to 127; one further place is never drawn.
const LEVELS: usize = 256;
/// Bits of a draw that choose between a place and its alias.
const CHOICE_BITS: u32 = 24;

/// Draws 64 random bits at a time (G. Steele, D. Lea, C. Flood, Fast splittable pseudorandom number generators,
/// 2014: `SplitMix64`).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds would otherwise begin at neighbouring places of one sequence.
        Self(Self(seed).next().rotate_left(17))
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ word >> 31
    }

    /// Fills bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// A place of the alias table: the level itself below the threshold, else the other one.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    threshold: u32,
    own: i8,
    other: i8,
}

/// Bits to soft bits, as an ideal receiver of BPSK quantises them: log-likelihood ratios in steps of
/// [`SoftBatch::LLR_UNIT`] nat, at most 127.
///
/// Each level is drawn with the probability that the normal distribution gives it, to within 2^-32: Walker's alias
/// method (A. J. Walker, ACM Trans. Math. Softw. 3, 1977).
#[derive(Debug, Clone)]
pub struct Awgn {
    random: Random,
    table: Box<[Place; LEVELS]>,
}

impl Awgn {
    /// A channel with this energy of a channel bit to noise density.
    pub fn new(es_n0_db: f64, seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            table: alias_table(&level_probabilities(es_n0_db)),
        }
    }

    /// Appends one soft bit for each bit (0 or 1).
    pub fn send(&mut self, bits: &[u8], soft: &mut Vec<i8>) {
        let begin = soft.len();
        soft.resize(begin + bits.len(), 0);
        let (pairs, last) = bits.as_chunks::<2>();
        let (soft_pairs, soft_last) = soft[begin..].as_chunks_mut::<2>();
        for (to, bits) in soft_pairs.iter_mut().zip(pairs) {
            let draw = self.random.next();
            *to = [
                self.soft(draw as u32, bits[0]),
                self.soft((draw >> 32) as u32, bits[1]),
            ];
        }
        for (to, &bit) in soft_last.iter_mut().zip(last) {
            let draw = self.random.next() as u32;
            *to = self.soft(draw, bit);
        }
    }

    fn soft(&self, draw: u32, bit: u8) -> i8 {
        let place = self.table[draw as usize % LEVELS];
        let level = if draw >> (32 - CHOICE_BITS) < place.threshold {
            place.own
        } else {
            place.other
        };
        if bit & 1 == 1 { level } else { -level }
    }
}

/// Probabilities of the soft bits -127 to 127 of a sent one.
fn level_probabilities(es_n0_db: f64) -> [f64; LEVELS] {
    let es_n0 = from_db(es_n0_db);
    // The log-likelihood ratio has mean 4 Es/N0 and variance twice that.
    let mean = 4.0 * es_n0 / f64::from(SoftBatch::LLR_UNIT);
    let deviation = (8.0 * es_n0).sqrt() / f64::from(SoftBatch::LLR_UNIT);
    let below = |level: f64| 0.5 * erfc((mean - level) / (deviation * SQRT_2));
    let mut probabilities = [0.0; LEVELS];
    for (n, probability) in probabilities.iter_mut().take(LEVELS - 1).enumerate() {
        let level = n as f64 - 127.0;
        let from = if n == 0 { 0.0 } else { below(level - 0.5) };
        let to = if n == LEVELS - 2 { 1.0 } else { below(level + 0.5) };
        *probability = (to - from).max(0.0);
    }
    probabilities
}

fn alias_table(probabilities: &[f64; LEVELS]) -> Box<[Place; LEVELS]> {
    let level = |n: usize| (n as i32 - 127).clamp(-127, 127) as i8;
    let mut share = probabilities.map(|p| p * LEVELS as f64);
    let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..LEVELS).partition(|&n| share[n] < 1.0);
    let mut table = Box::new([Place::default(); LEVELS]);
    for (n, place) in table.iter_mut().enumerate() {
        (place.own, place.other, place.threshold) = (level(n), level(n), 1 << CHOICE_BITS);
    }
    while let (Some(poor), Some(&rich)) = (small.pop(), large.last()) {
        table[poor].threshold = (share[poor] * f64::from(1 << CHOICE_BITS)).round() as u32;
        table[poor].other = level(rich);
        share[rich] -= 1.0 - share[poor];
        if share[rich] < 1.0 {
            large.pop();
            small.push(rich);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::psk_ber;

    #[test]
    fn the_table_has_the_probabilities_of_the_levels() {
        for db in [-8.0, -1.0, 3.0, 6.0] {
            let probabilities = level_probabilities(db);
            assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let mut found = [0.0; LEVELS];
            for place in alias_table(&probabilities).iter() {
                let own = f64::from(place.threshold) / f64::from(1 << CHOICE_BITS);
                found[(i16::from(place.own) + 127) as usize] += own / LEVELS as f64;
                found[(i16::from(place.other) + 127) as usize] += (1.0 - own) / LEVELS as f64;
            }
            for (level, (found, expected)) in found.iter().zip(&probabilities).enumerate() {
                assert!(
                    (found - expected).abs() < 1e-7,
                    "{db} dB, {level}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn signs_err_as_theory_says() {
        let bits: Vec<u8> = (0..1_000_001u32).map(|n| (n / 3 % 2) as u8).collect();
        for db in [-6.0, 0.0, 4.0] {
            let mut soft = Vec::new();
            Awgn::new(db, 1).send(&bits, &mut soft);
            // Half of the soft bits that are 0 are wrong.
            let wrong: f64 = (bits.iter().zip(&soft))
                .map(|(&bit, &llr)| match (llr.signum(), bit) {
                    (0, _) => 0.5,
                    (1, 0) | (-1, 1) => 1.0,
                    _ => 0.0,
                })
                .sum();
            let (expected, n) = (psk_ber(db), bits.len() as f64);
            let deviation = (expected * (1.0 - expected) / n).sqrt();
            // Quantisation shares out half a step around 0, hence the second term.
            let slack = 4.0 * deviation + 2e-3 * expected;
            assert!(
                (wrong / n - expected).abs() < slack,
                "{db} dB: {} {expected}",
                wrong / n
            );
        }
    }
}
