//! Convolutional code K=7 (CCSDS 131.0-B-5 §3): encoder and re-encoding check.
//!
//! The shift register is written with the newest bit in the lowest place, so that the state is the six newest
//! bits; the generators 171 and 133 octal, whose highest bit is the newest, appear mirrored.

use super::config::{ConvolutionalConfig, InvertedBranch, SymbolOrder};
use super::puncture::PunctureRate;
use multiversion::multiversion;

/// Constraint length.
pub(crate) const CONSTRAINT: usize = 7;
/// G1 = 171 octal with the newest bit lowest.
pub(crate) const G1: u8 = 0b100_1111;
/// G2 = 133 octal with the newest bit lowest.
pub(crate) const G2: u8 = 0b110_1101;

/// Both generators applied to a register of seven bits.
pub(crate) const fn output(register: u8) -> (bool, bool) {
    (
        (register & G1).count_ones() % 2 == 1,
        (register & G2).count_ones() % 2 == 1,
    )
}

/// Streaming encoder; the register starts with zeros and the puncturing with the first step of its pattern.
#[derive(Debug, Clone)]
pub(crate) struct ConvolutionalEncoder {
    register: u8,
    rate: PunctureRate,
    /// Step of the pattern.
    step: usize,
    g2_first: bool,
    inverted: InvertedBranch,
}

impl ConvolutionalEncoder {
    pub(crate) fn new(config: ConvolutionalConfig) -> Self {
        Self {
            register: 0,
            rate: config.rate,
            step: 0,
            g2_first: config.order == Some(SymbolOrder::G2First),
            inverted: config.inverted.unwrap_or(InvertedBranch::of_rate(config.rate)),
        }
    }

    /// Appends the channel bits, one or two, of one information bit (0 or 1).
    pub(crate) fn encode(&mut self, bit: u8, out: &mut Vec<u8>) {
        self.register = (self.register << 1 | bit & 1) & 0x7F;
        let (c1, c2) = output(self.register);
        let c1 = u8::from(c1 != (self.inverted == InvertedBranch::G1));
        let c2 = u8::from(c2 != (self.inverted == InvertedBranch::G2));
        match self.rate.sent(self.step) {
            (true, true) if self.g2_first => out.extend([c2, c1]),
            (true, true) => out.extend([c1, c2]),
            (true, false) => out.push(c1),
            (false, _) => out.push(c2),
        }
        self.step = (self.step + 1) % self.rate.steps();
    }
}

/// In what [`contradictions`] appends: the bit's G1 symbol is contradicted.
pub(crate) const WRONG_G1: u8 = 1;
/// The bit's G2 symbol is contradicted.
pub(crate) const WRONG_G2: u8 = 2;

/// Appends for each decoded bit which of its received symbols (hard decisions of `g1`, `g2`) the re-encoded bits
/// contradict, as [`WRONG_G1`] and [`WRONG_G2`]. A symbol of zero, received or not sent, contradicts nothing.
/// `history` holds the six bits before the first, oldest first, and is renewed.
pub(crate) fn contradictions(
    bits: &[u8],
    history: &mut [u8; CONSTRAINT - 1],
    g1: &[i8],
    g2: &[i8],
    scratch: &mut Vec<u8>,
    out: &mut Vec<u8>,
) {
    scratch.clear();
    scratch.extend_from_slice(history);
    scratch.extend_from_slice(bits);
    let start = out.len();
    out.resize(start + bits.len(), 0);
    contradicted(scratch, g1, g2, &mut out[start..]);
    history.copy_from_slice(&scratch[bits.len()..]);
}

/// Symbols that are contradicted, of what [`contradictions`] appended.
pub(crate) fn count_contradictions(list: &[u8]) -> u32 {
    // Sums of bytes, as long as they fit into a byte.
    list.chunks(127)
        .map(|part| u32::from(part.iter().fold(0u8, |sum, n| sum + (n & 1) + (n >> 1))))
        .sum()
}

/// Symbols that are not zero.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
pub(crate) fn count_known(symbols: &[i8]) -> u32 {
    symbols
        .chunks(usize::from(u8::MAX))
        .map(|part| u32::from(part.iter().fold(0u8, |sum, &symbol| sum + u8::from(symbol != 0))))
        .sum()
}

/// `bits` begin six bits before `out`.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn contradicted(bits: &[u8], g1: &[i8], g2: &[i8], out: &mut [u8]) {
    let length = out.len();
    let delayed = |d: usize| &bits[CONSTRAINT - 1 - d..][..length];
    let (d0, d1, d2) = (delayed(0), delayed(1), delayed(2));
    let (d3, d5, d6) = (delayed(3), delayed(5), delayed(6));
    let (g1, g2) = (&g1[..length], &g2[..length]);
    for n in 0..length {
        let common = d0[n] ^ d2[n] ^ d3[n] ^ d6[n];
        let (c1, c2) = (common ^ d1[n], common ^ d5[n]);
        let wrong = |c: u8, g: i8| (c ^ u8::from(g > 0)) & u8::from(g != 0);
        out[n] = wrong(c1, g1[n]) | wrong(c2, g2[n]) << 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impulse_response_is_the_generators() {
        let mut encoder = ConvolutionalEncoder::new(ConvolutionalConfig {
            order: Some(SymbolOrder::G1First),
            inverted: Some(InvertedBranch::None),
            ..ConvolutionalConfig::default()
        });
        let mut out = Vec::new();
        for bit in [1, 0, 0, 0, 0, 0, 0] {
            encoder.encode(bit, &mut out);
        }
        let g1: Vec<u8> = out.iter().step_by(2).copied().collect();
        let g2: Vec<u8> = out.iter().skip(1).step_by(2).copied().collect();
        assert_eq!(g1, [1, 1, 1, 1, 0, 0, 1], "171 octal");
        assert_eq!(g2, [1, 0, 1, 1, 0, 1, 1], "133 octal");
    }

    #[test]
    fn puncturing_leaves_symbols_out_and_inverts_none_by_default() {
        let bits: Vec<u8> = (0..70u32).map(|n| (n * n / 3 % 2) as u8).collect();
        let coded = |config: ConvolutionalConfig| -> Vec<u8> {
            let (mut encoder, mut out) = (ConvolutionalEncoder::new(config), Vec::new());
            for &bit in &bits {
                encoder.encode(bit, &mut out);
            }
            out
        };
        let plain = coded(ConvolutionalConfig {
            inverted: Some(InvertedBranch::None),
            ..ConvolutionalConfig::default()
        });
        for rate in PunctureRate::ALL.into_iter().skip(1) {
            let kept: Vec<u8> = plain
                .chunks(2)
                .enumerate()
                .flat_map(|(n, pair)| {
                    let (c1, c2) = rate.sent(n % rate.steps());
                    [(c1, pair[0]), (c2, pair[1])]
                })
                .filter_map(|(sent, symbol)| sent.then_some(symbol))
                .collect();
            let config = ConvolutionalConfig {
                rate,
                ..ConvolutionalConfig::default()
            };
            assert_eq!(coded(config), kept, "{rate:?}");
        }
    }

    #[test]
    fn contradictions_name_exactly_the_flipped_symbols() {
        let mut encoder = ConvolutionalEncoder::new(ConvolutionalConfig {
            inverted: Some(InvertedBranch::None),
            ..ConvolutionalConfig::default()
        });
        let bits: Vec<u8> = (0..200u32).map(|n| (n * n / 7 % 2) as u8).collect();
        let mut coded = Vec::new();
        for &bit in &bits {
            encoder.encode(bit, &mut coded);
        }
        let soft = |n: usize| -> Vec<i8> {
            coded
                .iter()
                .skip(n)
                .step_by(2)
                .map(|&c| c as i8 * 2 - 1)
                .collect()
        };
        let (mut g1, mut g2) = (soft(0), soft(1));
        g1[5] = -g1[5];
        g1[77] = -g1[77];
        g2[77] = -g2[77];
        let (mut history, mut scratch, mut out) = ([0; 6], Vec::new(), Vec::new());
        contradictions(
            &bits[..50],
            &mut history,
            &g1[..50],
            &g2[..50],
            &mut scratch,
            &mut out,
        );
        contradictions(
            &bits[50..],
            &mut history,
            &g1[50..],
            &g2[50..],
            &mut scratch,
            &mut out,
        );
        let mut expected = vec![0; 200];
        expected[5] = WRONG_G1;
        expected[77] = WRONG_G1 | WRONG_G2;
        assert_eq!(out, expected);
    }
}
