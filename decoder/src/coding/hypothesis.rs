//! The ways in which received soft bits can group into the symbols of the convolutional code.

use super::config::{ConvolutionalConfig, InvertedBranch, SymbolBits, SymbolOrder};
use super::convolutional::output;
use super::puncture::{PunctureRate, Spreader, SymbolMap};
use std::{fmt, slice};

/// Which soft bits of two-bit symbols were exchanged by a rotation or by mirroring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exchange {
    None,
    /// Both of a symbol, which begins at an even position.
    Even,
    /// The second of a symbol and the first of the next (OQPSK, when the other arm is late).
    Odd,
}

/// Which soft bit is which symbol of the code. Inverting everything is no hypothesis of its own: the code is
/// transparent and the marker shows the sign.
///
/// Where symbols are left out some inversions of a part of them are codewords themselves. Such hypotheses explain
/// any soft bits equally well, and their decoded bits differ by a periodic mask; they are one hypothesis here,
/// with all masks, and the marker shows which of them holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hypothesis {
    rate: PunctureRate,
    /// Position, less than a period, at which a period begins.
    phase: usize,
    exchange: Exchange,
    /// The soft bits at odd positions (after the exchange) are inverted.
    arm_inverted: bool,
    /// G2 comes first where both are sent.
    swapped: bool,
    /// The inverted branch.
    inverted: InvertedBranch,
    /// What is to be added to the decoded bits from the period on that begins [`Self::ahead`] of a cycle; the
    /// first mask is zero.
    pub(crate) masks: Vec<Vec<u8>>,
}

/// Positions after which both a pattern and a symbol of two bits begin again.
pub(crate) const fn cycle(rate: PunctureRate) -> usize {
    let symbols = rate.symbols();
    if symbols.is_multiple_of(2) {
        symbols
    } else {
        2 * symbols
    }
}

impl Hypothesis {
    /// All that the configuration and the ambiguities of the modulation leave open.
    ///
    /// Rotations by 90° and mirroring exchange the arms of a symbol and invert one of them; of an OQPSK symbol
    /// either neighbour may be taken for the other arm.
    pub(crate) fn all(config: ConvolutionalConfig, symbols: SymbolBits) -> Vec<Self> {
        let exchanges: &[Exchange] = match symbols {
            // Three bits a symbol have no inner code.
            SymbolBits::One | SymbolBits::Alternating | SymbolBits::Three => &[Exchange::None],
            SymbolBits::Two => &[Exchange::None, Exchange::Even],
            SymbolBits::TwoOffset => &[Exchange::None, Exchange::Even, Exchange::Odd],
        };
        let either = |fixed: Option<bool>| fixed.map_or(vec![false, true], |value| vec![value]);
        let inversions = match &config.inverted {
            Some(branch) => slice::from_ref(branch),
            None => &[InvertedBranch::None, InvertedBranch::G2],
        };
        let mut list: Vec<Self> = Vec::new();
        for &exchange in exchanges {
            for swapped in either(config.order.map(|order| order == SymbolOrder::G2First)) {
                for arm_inverted in either((symbols == SymbolBits::One).then_some(false)) {
                    for &inverted in inversions {
                        for phase in 0..config.rate.symbols() {
                            let hypothesis = Self {
                                rate: config.rate,
                                phase,
                                exchange,
                                arm_inverted,
                                swapped,
                                inverted,
                                masks: vec![vec![0; cycle_steps(config.rate)]],
                            };
                            hypothesis.join(&mut list);
                        }
                    }
                }
            }
        }
        // As many for all, since each is a stream of bits.
        let masks = list.iter().map(|h| h.masks.len()).max().unwrap_or(0);
        for hypothesis in &mut list {
            let zero = hypothesis.masks[0].clone();
            hypothesis.masks.resize(masks, zero);
        }
        list
    }

    /// Adds itself to the list, or to the member that explains everything as well.
    fn join(self, list: &mut Vec<Self>) {
        let own = self.signature();
        for other in list.iter_mut().filter(|other| other.phase == self.phase) {
            let theirs = other.signature();
            if own.iter().map(|s| s.abs()).ne(theirs.iter().map(|s| s.abs())) {
                continue;
            }
            let differ: Vec<bool> = own.iter().zip(&theirs).map(|(a, b)| a != b).collect();
            if let Some(mut mask) = codeword(self.rate, &differ) {
                // The sign of all bits is left to the marker.
                let sign = mask[0];
                for bit in &mut mask {
                    *bit ^= sign;
                }
                if !other.masks.contains(&mask) {
                    other.masks.push(mask);
                }
                return;
            }
        }
        list.push(self);
    }

    /// For the steps of a cycle, G1 and G2 in turn, the position that each symbol is taken from, with its sign.
    fn signature(&self) -> Vec<i8> {
        let cycle = cycle(self.rate);
        let ramp: Vec<i8> = (1..=4 * cycle as i8).collect();
        let steps = cycle_steps(self.rate);
        let (mut g1, mut g2) = (vec![0; steps], vec![0; steps]);
        self.gather(&ramp, 2 * cycle - self.ahead(), &mut Vec::new(), &mut g1, &mut g2);
        g1.into_iter().zip(g2).flat_map(|(a, b)| [a, b]).collect()
    }

    /// Soft bits by which the first period begins before a position where a cycle begins.
    pub(crate) fn ahead(&self) -> usize {
        (self.rate.symbols() - self.phase) % self.rate.symbols()
    }

    /// Splits soft bits into the symbols of G1 and G2 of `g1.len()` steps, the first period of which begins at
    /// `soft[first]`. `soft` begins at an even position and one soft bit before `first`, and has one more than
    /// the steps need.
    pub(crate) fn gather(
        &self,
        soft: &[i8],
        first: usize,
        scratch: &mut Vec<i8>,
        g1: &mut [i8],
        g2: &mut [i8],
    ) {
        let Some(last) = g1.len().checked_sub(1) else {
            return;
        };
        let count = SymbolMap::new(self.rate).end(last as u64) as usize;
        let spreader = Spreader::new(self.rate, self.swapped);
        if self.exchange == Exchange::None && !self.arm_inverted {
            let end = (first + count).min(soft.len());
            spreader.spread(&soft[first..end], g1, g2);
        } else {
            let begin = self.arrange(soft, first, count, scratch);
            spreader.spread(&scratch[begin..], g1, g2);
        }
        let inverted = match self.inverted {
            InvertedBranch::None => return,
            InvertedBranch::G1 => g1,
            InvertedBranch::G2 => g2,
        };
        for value in inverted {
            *value = -*value;
        }
    }

    /// Undoes the exchange and the inversion of an arm into `scratch`; the place there of `soft[first]`.
    fn arrange(&self, soft: &[i8], first: usize, count: usize, scratch: &mut Vec<i8>) -> usize {
        let odd = self.exchange == Exchange::Odd;
        let from = first - usize::from(first.is_multiple_of(2) == odd);
        let end = (first + count + 1).min(soft.len());
        scratch.clear();
        scratch.extend_from_slice(&soft[from..end]);
        let sign = if self.arm_inverted { -1 } else { 1 };
        let (sign_first, sign_second) = if odd { (sign, 1) } else { (1, sign) };
        let exchanged = self.exchange != Exchange::None;
        for pair in scratch.chunks_exact_mut(2) {
            let (a, b) = if exchanged {
                (pair[1], pair[0])
            } else {
                (pair[0], pair[1])
            };
            (pair[0], pair[1]) = (a * sign_first, b * sign_second);
        }
        first - from
    }
}

/// Steps of a cycle.
pub(crate) const fn cycle_steps(rate: PunctureRate) -> usize {
    cycle(rate) / rate.symbols() * rate.steps()
}

/// The bits, as periodic as `symbols` (G1 and G2 of each step in turn), whose codeword has ones where `symbols`
/// of those sent are true.
fn codeword(rate: PunctureRate, symbols: &[bool]) -> Option<Vec<u8>> {
    let steps = symbols.len() / 2;
    (0..1u32 << steps)
        .map(|number| -> Vec<u8> { (0..steps).map(|n| (number >> n & 1) as u8).collect() })
        .find(|bits| {
            (0..steps).all(|n| {
                let register = (0..7).fold(0, |r, d| r | bits[(n + 14 * steps - d) % steps] << d);
                let (c1, c2) = output(register);
                let (sent1, sent2) = rate.sent(n % rate.steps());
                (!sent1 || c1 == symbols[2 * n]) && (!sent2 || c2 == symbols[2 * n + 1])
            })
        })
}

impl fmt::Display for Hypothesis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.swapped { "G2 first" } else { "G1 first" })?;
        if self.masks.len() == 1 {
            f.write_str(match self.inverted {
                InvertedBranch::None => ", not inverted",
                InvertedBranch::G1 => ", G1 inverted",
                InvertedBranch::G2 => ", G2 inverted",
            })?;
        }
        write!(f, ", offset {}", self.phase)?;
        if self.exchange != Exchange::None {
            f.write_str(", arms exchanged")?;
        }
        if self.arm_inverted && self.masks.len() == 1 {
            f.write_str(", an arm inverted")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::convolutional::ConvolutionalEncoder;

    fn count(rate: PunctureRate, free: bool, symbols: SymbolBits) -> (usize, usize) {
        let list = Hypothesis::all(
            ConvolutionalConfig {
                rate,
                order: (!free).then_some(SymbolOrder::G1First),
                inverted: (!free).then_some(InvertedBranch::G2),
                iterate: true,
            },
            symbols,
        );
        let masks = list[0].masks.len();
        assert!(
            list.iter().all(|h| h.masks.len() == masks),
            "{rate:?} {symbols:?}"
        );
        (list.len(), masks)
    }

    #[test]
    fn as_many_hypotheses_as_the_modulation_leaves_open() {
        use PunctureRate::{R12, R23, R34, R56, R78};
        use SymbolBits::{Alternating, One, Two, TwoOffset};
        assert_eq!(count(R12, true, One), (8, 1));
        assert_eq!(count(R12, false, One), (2, 1));
        // One arm inverted or not, at either offset.
        assert_eq!(count(R12, false, Alternating), (4, 1));
        // Exchanged or not, at either offset, one arm inverted or not.
        assert_eq!(count(R12, false, Two), (8, 1));
        assert_eq!(count(R12, true, Two), (12, 1));
        assert_eq!(count(R12, false, TwoOffset), (12, 1));
        assert_eq!(count(R12, true, TwoOffset), (16, 1));
        // Inversions that are codewords: of an arm and G2 together, of G2, of either, of both together.
        for (rate, fixed, free, arms, both) in [
            (R23, (3, 1), (12, 1), (12, 1), (24, 2)),
            (R34, (4, 1), (8, 2), (16, 1), (24, 2)),
            (R56, (6, 1), (12, 2), (12, 2), (24, 4)),
            (R78, (8, 1), (32, 1), (32, 1), (64, 2)),
        ] {
            assert_eq!(count(rate, false, One), fixed, "{rate:?}");
            assert_eq!(count(rate, true, One), free, "{rate:?}");
            assert_eq!(count(rate, false, Two), arms, "{rate:?}");
            assert_eq!(count(rate, true, Two), both, "{rate:?}");
        }
    }

    #[test]
    fn bits_encoded_with_a_mask_are_sent_with_part_of_the_symbols_inverted() {
        let encode = |bits: &[u8], rate: PunctureRate| -> Vec<i8> {
            let mut out = Vec::new();
            let mut encoder = ConvolutionalEncoder::new(ConvolutionalConfig {
                rate,
                ..ConvolutionalConfig::default()
            });
            for &bit in bits {
                encoder.encode(bit, &mut out);
            }
            out.iter().map(|&bit| bit as i8 * 2 - 1).collect()
        };
        let config = ConvolutionalConfig {
            rate: PunctureRate::R56,
            order: Some(SymbolOrder::G1First),
            ..ConvolutionalConfig::default()
        };
        let list = Hypothesis::all(config, SymbolBits::Two);
        let plain = &list[0];
        assert_eq!(plain.masks.len(), 4);
        for mask in &plain.masks {
            let bits: Vec<u8> = mask.iter().copied().cycle().take(60).collect();
            let sent = encode(&bits, config.rate);
            let signs: Vec<i8> = (0..6).map(|n| sent[12 + n]).collect();
            assert_eq!(signs[..], sent[18..24]);
            let alternating = [1, -1, 1, -1, 1, -1];
            let g2_only = [1, -1, -1, 1, -1, 1];
            let product: Vec<i8> = alternating.iter().zip(g2_only).map(|(a, b)| a * b).collect();
            let up_to_sign = |of: &[i8]| {
                signs.iter().zip(of).all(|(a, b)| a == b) || signs.iter().zip(of).all(|(a, b)| *a == -b)
            };
            assert!(
                up_to_sign(&[1; 6])
                    || up_to_sign(&alternating)
                    || up_to_sign(&g2_only)
                    || up_to_sign(&product)
            );
        }
    }
}
