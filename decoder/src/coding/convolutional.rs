//! Convolutional code K=7, rate 1/2 (CCSDS 131.0-B-5 §3.3): encoder and re-encoding check.
//!
//! The shift register is written with the newest bit in the lowest place, so that the state is the six newest
//! bits; the generators 171 and 133 octal, whose highest bit is the newest, appear mirrored.

use super::config::{ConvolutionalConfig, SymbolOrder};

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

/// Streaming encoder; the register starts with zeros.
#[derive(Debug, Clone)]
pub(crate) struct ConvolutionalEncoder {
    register: u8,
    g2_first: bool,
    g2_inverted: bool,
}

impl ConvolutionalEncoder {
    pub(crate) fn new(config: ConvolutionalConfig) -> Self {
        Self {
            register: 0,
            g2_first: config.order == Some(SymbolOrder::G2First),
            g2_inverted: config.g2_inverted.unwrap_or(true),
        }
    }

    /// Appends the two channel bits of one information bit (0 or 1).
    pub(crate) fn encode(&mut self, bit: u8, out: &mut Vec<u8>) {
        self.register = (self.register << 1 | bit & 1) & 0x7F;
        let (c1, c2) = output(self.register);
        let c2 = c2 != self.g2_inverted;
        let pair = if self.g2_first { [c2, c1] } else { [c1, c2] };
        out.extend(pair.map(u8::from));
    }
}

/// Appends for each decoded bit how many of its two received symbols (hard decisions of `g1`, `g2`) the
/// re-encoded bits contradict. `history` holds the six bits before the first, oldest first, and is renewed.
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
    let b = &scratch[..];
    let delayed = |d: usize| &b[CONSTRAINT - 1 - d..][..bits.len()];
    let (d1, d2, d3, d5, d6) = (delayed(1), delayed(2), delayed(3), delayed(5), delayed(6));
    let common = bits
        .iter()
        .zip(d2)
        .zip(d3)
        .zip(d6)
        .map(|(((a, b), c), d)| a ^ b ^ c ^ d);
    let outer = common.zip(d1).zip(d5).map(|((x, d1), d5)| (x ^ d1, x ^ d5));
    let hard = g1
        .iter()
        .zip(g2)
        .map(|(&a, &b)| (u8::from(a > 0), u8::from(b > 0)));
    out.extend(outer.zip(hard).map(|((c1, c2), (r1, r2))| (c1 ^ r1) + (c2 ^ r2)));
    history.copy_from_slice(&b[b.len() - (CONSTRAINT - 1)..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impulse_response_is_the_generators() {
        let mut encoder = ConvolutionalEncoder::new(ConvolutionalConfig {
            order: Some(SymbolOrder::G1First),
            g2_inverted: Some(false),
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
    fn contradictions_count_exactly_the_flipped_symbols() {
        let mut encoder = ConvolutionalEncoder::new(ConvolutionalConfig {
            order: None,
            g2_inverted: Some(false),
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
        expected[5] = 1;
        expected[77] = 2;
        assert_eq!(out, expected);
    }
}
