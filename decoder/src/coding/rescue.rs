//! What can still be done for a unit in which Reed-Solomon failed: iterated decoding and erasures.
//!
//! Codewords that were corrected are known now, and with them every I-th byte of the unit, and the marker. The
//! Viterbi decoder runs again over the unit with these bits given, which splits its error events and cuts many of
//! them off; what is left in the other codewords is often within their reach. Each codeword won gives more known
//! bits, until nothing changes. Where a pass wins nothing, the symbols that the decoder itself was least sure of
//! are erased, in growing numbers; then its most doubtful error events are reversed.
//!
//! Every such try could accept a wrong word by chance. So the errors that are allowed beside the erasures are as
//! many as keep the sum of the probabilities over all tries of a codeword below [`MISCORRECTION`].
//!
//! Not for self-synchronising scramblers, whose output bits do not stand for single bits of the inner code.

use super::bits::BitBuffer;
use super::block::Decoded;
use super::candidate::Candidate;
use super::config::{CodingConfig, LineCode};
use super::constrained::{ConstrainedViterbi, UNKNOWN};
use super::events::{Events, Pass, SETS};
use super::layout::Layout;
use super::reed_solomon::miscorrection_probability;

/// Bound on the probability that a codeword without any relation to what was sent is accepted.
const MISCORRECTION: f64 = 1e-6;
/// Units in a row for which nothing could be done, after which only every so many-th is tried: what cannot be
/// received must not hold up the rest.
const PATIENCE: u32 = 16;
/// Bits decoded before and behind a unit, so that the decoder knows the states at its ends.
pub(crate) const MARGIN: u64 = 128;

/// The second attempt, with its buffers.
#[derive(Debug)]
pub(crate) struct Rescue {
    viterbi: ConstrainedViterbi,
    line_code: LineCode,
    limits: Limits,
    /// Units in a row for which nothing could be done, and those passed over since.
    fruitless: u32,
    passed_over: u32,
    /// Known bits for the decoder.
    known: Vec<u8>,
    /// What distinguishes the unit's bits from the decoder's: the mask of the stream and the polarity.
    flips: Vec<u8>,
    bits: Vec<u8>,
    reliability: Vec<u16>,
    /// The unit as sent.
    sent: Vec<u8>,
    /// The unit's bits, whole bytes, and the reliability of each byte.
    unit: Vec<u8>,
    sureness: Vec<u16>,
    events: Events,
    /// The unit as the first pass left it.
    first: Vec<u8>,
    /// Positions in a codeword, the least sure first.
    order: Vec<u8>,
}

impl Rescue {
    /// `None` where there is nothing that could help, or where the configuration does not want it.
    pub(crate) fn new(config: &CodingConfig) -> Option<Self> {
        let rs = config.reed_solomon.as_ref()?;
        if !config.convolutional?.iterate || config.descrambler.is_some() {
            return None;
        }
        Some(Self {
            viterbi: ConstrainedViterbi::new(),
            line_code: config.line_code,
            limits: Limits::new(rs.parity, rs.interleave),
            fruitless: 0,
            passed_over: 0,
            known: Vec::new(),
            flips: Vec::new(),
            bits: Vec::new(),
            reliability: Vec::new(),
            sent: Vec::new(),
            unit: Vec::new(),
            sureness: Vec::new(),
            events: Events::default(),
            first: Vec::new(),
            order: Vec::new(),
        })
    }

    /// Decodes again a unit at `place` that the first pass decoded without success, from the channel symbols up to
    /// bit `limit`. Whether all codewords are good now; those that are not stay as they were.
    pub(crate) fn run(
        &mut self,
        bits: &BitBuffer,
        place: &Candidate,
        limit: u64,
        layout: &Layout,
        decoded: &mut Decoded,
    ) -> bool {
        if self.fruitless >= PATIENCE && self.passed_over + 1 < PATIENCE {
            self.passed_over += 1;
            return false;
        }
        self.passed_over = 0;
        let end = place.bit + layout.unit_bits() as u64;
        let from = bits.first().max(place.bit.saturating_sub(MARGIN));
        let to = limit.min(end + MARGIN).min(bits.end());
        let Some((g1, g2)) = bits.channel(from, to) else {
            return false;
        };
        self.take_flips(bits, place, end);
        self.first.clone_from(&decoded.unit);
        let lead = (place.bit - from) as usize;
        let differential = self.line_code != LineCode::NrzL;
        let mut fruitless = true;
        loop {
            self.give_known(layout, decoded, lead, g1.len());
            self.viterbi.decode(
                g1,
                g2,
                &self.known,
                differential,
                &mut self.bits,
                &mut self.reliability,
            );
            decoded.passes += 1;
            self.take_unit(layout, lead);
            let won = self.retry(layout, decoded)
                || self.retry_with_erasures(layout, decoded)
                || self.retry_with_events(layout, decoded, (g1, g2), lead);
            if !won {
                break;
            }
            fruitless = false;
            if decoded.corrections.iter().all(Option::is_some) {
                decoded.good = Some(true);
                break;
            }
        }
        self.fruitless = if fruitless { self.fruitless + 1 } else { 0 };
        self.restore(layout, decoded);
        decoded.good == Some(true)
    }

    /// Stream 0 is what the decoder gives; other streams differ by their mask, all by the polarity.
    fn take_flips(&mut self, bits: &BitBuffer, place: &Candidate, end: u64) {
        let stream = bits.slice(place.stream, place.bit, end);
        let decoder = bits.slice(0, place.bit, end);
        // NRZ-S takes a one where the level stays.
        let sign = u8::from(place.inverted);
        self.flips.clear();
        self.flips.extend(
            stream
                .iter()
                .zip(decoder)
                .map(|(&a, &b)| u8::from((a > 0) != (b > 0)) ^ sign),
        );
    }

    /// The bits that marker and corrected codewords fix.
    fn give_known(&mut self, layout: &Layout, decoded: &Decoded, lead: usize, length: usize) {
        self.known.clear();
        self.known.resize(length, UNKNOWN);
        self.sent.clone_from(&decoded.unit);
        layout.randomize_block(&mut self.sent);
        self.sent[..layout.asm.len()].copy_from_slice(&layout.asm);
        let fill = 8 * layout.asm.len() - layout.asm_bits;
        let space = u8::from(self.line_code == LineCode::NrzS);
        for (n, byte) in self.sent.iter().enumerate() {
            if n >= layout.asm.len() && !decoded.corrected(layout, n) {
                continue;
            }
            for bit in (8 * n).max(fill)..8 * n + 8 {
                let value = byte >> (7 - bit % 8) & 1;
                let at = bit - fill;
                self.known[lead + at] = value ^ self.flips[at] ^ space;
            }
        }
    }

    /// Undoes line code, mask and polarity; packs the unit.
    fn take_unit(&mut self, layout: &Layout, lead: usize) {
        let fill = 8 * layout.asm.len() - layout.asm_bits;
        let differential = self.line_code != LineCode::NrzL;
        let space = u8::from(self.line_code == LineCode::NrzS);
        self.unit.clear();
        self.unit.resize(layout.asm.len() + layout.block_bytes, 0);
        self.sureness.clear();
        self.sureness
            .resize(layout.asm.len() + layout.block_bytes, u16::MAX);
        for (n, &flip) in self.flips.iter().enumerate() {
            let at = lead + n;
            let mut bit = self.bits[at];
            if differential && at > 0 {
                bit ^= self.bits[at - 1] ^ space;
            }
            let place = (n + fill) / 8;
            self.unit[place] = self.unit[place] << 1 | bit ^ flip;
            self.sureness[place] = self.sureness[place].min(self.reliability[at]);
        }
        layout.randomize_block(&mut self.unit);
    }

    /// Tries the codewords that are not corrected yet; whether one succeeded.
    fn retry(&mut self, layout: &Layout, decoded: &mut Decoded) -> bool {
        let mut won = false;
        for codeword in 0..decoded.corrections.len() {
            if decoded.corrections[codeword].is_none() {
                self.order.clear();
                won |= self.attempt(layout, decoded, codeword, (0, self.limits.errors[0]));
            }
        }
        won
    }

    /// The same with the least sure symbols erased, no more of them than needed.
    fn retry_with_erasures(&mut self, layout: &Layout, decoded: &mut Decoded) -> bool {
        let mut won = false;
        for codeword in 0..decoded.corrections.len() {
            if decoded.corrections[codeword].is_none() {
                self.rank(layout, codeword);
                won |= (1..self.limits.errors.len()).any(|pairs| {
                    let most = (2 * pairs, self.limits.errors[pairs]);
                    self.attempt(layout, decoded, codeword, most)
                });
            }
        }
        won
    }

    /// The same with the most doubtful events reversed.
    fn retry_with_events(
        &mut self,
        layout: &Layout,
        decoded: &mut Decoded,
        (g1, g2): (&[i8], &[i8]),
        lead: usize,
    ) -> bool {
        let differential = self.line_code != LineCode::NrzL;
        if differential {
            for n in (1..self.bits.len()).rev() {
                self.bits[n] ^= self.bits[n - 1];
            }
        }
        let pass = Pass {
            g1,
            g2,
            known: &self.known,
            differential,
            said: &self.bits,
        };
        let unit = (lead, lead + self.flips.len());
        self.events
            .find(&mut self.viterbi, &pass, unit, &mut self.reliability);
        let fill = 8 * layout.asm.len() - layout.asm_bits;
        self.order.clear();
        let mut won = false;
        for n in 0..self.events.sets.len() {
            let set = self.events.sets[n];
            self.reverse(set, lead, fill);
            for codeword in 0..decoded.corrections.len() {
                if decoded.corrections[codeword].is_none() {
                    let most = (0, self.limits.errors_with_events);
                    won |= self.attempt(layout, decoded, codeword, most);
                }
            }
            if won {
                break;
            }
            self.reverse(set, lead, fill);
        }
        won
    }

    /// Reverses the bits of a set of events in the unit.
    fn reverse(&mut self, set: u16, lead: usize, fill: usize) {
        for place in self.events.places(set) {
            let bit = place - lead + fill;
            self.unit[bit / 8] ^= 0x80 >> (bit % 8);
        }
    }

    /// Positions of a codeword in the order in which they are to be erased.
    fn rank(&mut self, layout: &Layout, codeword: usize) {
        let sureness = &self.sureness[layout.frame_start..];
        let Some(rs) = &layout.rs else { return };
        let depth = rs.interleave();
        self.order.clear();
        self.order.extend((0..rs.block_bytes() / depth).map(|n| n as u8));
        self.order
            .sort_by_key(|&n| (sureness[usize::from(n) * depth + codeword], n));
    }

    /// Decodes a codeword of the new bits with that many erasures and no more than that many errors.
    fn attempt(
        &mut self,
        layout: &Layout,
        decoded: &mut Decoded,
        codeword: usize,
        (erasures, errors): (usize, u8),
    ) -> bool {
        let Some(erasures) = self.order.get(..erasures) else {
            return false;
        };
        let start = layout.frame_start;
        let Some(rs) = &layout.rs else { return false };
        let depth = rs.interleave();
        let block = start..start + rs.block_bytes();
        let outcome = rs.decode_erasures(&mut self.unit[block.clone()], codeword, erasures, errors);
        let Some(word) = outcome else { return false };
        for at in block.skip(codeword).step_by(depth) {
            decoded.unit[at] = self.unit[at];
        }
        decoded.corrections[codeword] = Some(word.errors);
        if word.erasures > 0 {
            decoded.erasures.resize(depth, 0);
            decoded.erasures[codeword] = word.erasures;
        }
        true
    }

    /// Codewords that were not corrected are left as the first pass had them.
    fn restore(&self, layout: &Layout, decoded: &mut Decoded) {
        for at in 0..self.first.len() {
            if !decoded.corrected(layout, at) {
                decoded.unit[at] = self.first[at];
            }
        }
    }
}

/// Most errors that may be looked for, so that all tries of a codeword together stay within the bound.
#[derive(Debug)]
struct Limits {
    /// Beside 0, 2, 4... erasures.
    errors: Vec<u8>,
    /// With events reversed, in each of many sets.
    errors_with_events: u8,
}

impl Limits {
    /// Every pass but the last wins a codeword, so there are at most as many as codewords.
    fn new(parity: usize, interleave: usize) -> Self {
        let mut left = MISCORRECTION / interleave as f64;
        let mut errors = Vec::new();
        // What is spent here is missing there: at most half of what is left each time.
        let mut most = |pairs: usize, tries: usize| {
            let (most, probability) = (1..=parity / 2 - pairs)
                .rev()
                .map(|most| {
                    (
                        most,
                        miscorrection_probability(parity, 2 * pairs, most) * tries as f64,
                    )
                })
                .find(|&(_, probability)| probability <= left / 2.0)?;
            left -= probability;
            Some(most as u8)
        };
        let errors_with_events = most(0, SETS).unwrap_or(0);
        errors.extend((0..parity / 2).map_while(|pairs| most(pairs, 1)));
        Self {
            errors,
            errors_with_events,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erasures_take_the_place_of_errors_within_the_bound() {
        assert_eq!(Limits::new(32, 4).errors[..8], [16, 15, 14, 13, 12, 11, 9, 8]);
        // E = 8: even without erasures one error less than the code could correct.
        assert_eq!(Limits::new(16, 4).errors[..4], [7, 6, 5, 3]);
        for (parity, interleave) in [(16, 1), (16, 8), (32, 1), (32, 8)] {
            let limits = Limits::new(parity, interleave);
            let erased = limits.errors.iter().enumerate();
            let pass: f64 = erased
                .map(|(pairs, &errors)| miscorrection_probability(parity, 2 * pairs, errors.into()))
                .sum();
            let events = miscorrection_probability(parity, 0, limits.errors_with_events.into());
            let all = interleave as f64 * (pass + SETS as f64 * events);
            assert!(all <= MISCORRECTION, "{parity} {interleave}: {all}");
        }
    }
}
