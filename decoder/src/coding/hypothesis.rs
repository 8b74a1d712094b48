//! The ways in which received soft bits can pair up into the symbols of the convolutional code.

use super::config::{ConvolutionalConfig, SymbolBits, SymbolOrder};
use std::fmt;

/// Which soft bit is which symbol of the code. Inverting everything is no hypothesis of its own: the code is
/// transparent and the marker shows the sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hypothesis {
    /// Parity of the position of a pair's first soft bit.
    pub(crate) offset: u8,
    /// The pair was torn apart by exchanged arms: its soft bits lie one before and two after the first.
    pub(crate) crossed: bool,
    /// G2 comes first.
    pub(crate) swapped: bool,
    /// G2 is inverted.
    pub(crate) inverted: bool,
}

impl Hypothesis {
    /// All that the configuration and the ambiguities of the modulation leave open.
    ///
    /// Rotations by 90° and mirroring exchange the arms of a symbol (only then pairs are crossed) and invert one
    /// of them; of an OQPSK symbol either neighbour may be taken for the other arm.
    pub(crate) fn all(config: ConvolutionalConfig, symbols: SymbolBits) -> Vec<Self> {
        let ambiguous = symbols != SymbolBits::One;
        let mut list = Vec::new();
        for n in 0..16u8 {
            let bit = |k: u8| n >> k & 1 == 1;
            let h = Self {
                offset: n & 1,
                swapped: bit(1),
                inverted: bit(2),
                crossed: bit(3),
            };
            let order = config
                .order
                .is_none_or(|order| (order == SymbolOrder::G2First) == h.swapped);
            let inversion = config.g2_inverted.is_none_or(|inverted| inverted == h.inverted);
            // Exchanging both symbols of an aligned pair looks like the other order.
            let exchanged = match symbols {
                SymbolBits::One => false,
                SymbolBits::Two => !h.crossed && h.offset == 0,
                SymbolBits::TwoOffset => !h.crossed,
            };
            let crossing = match symbols {
                SymbolBits::One => !h.crossed,
                SymbolBits::Two => !h.crossed || h.offset == 1,
                SymbolBits::TwoOffset => true,
            };
            if (order || exchanged) && (inversion || ambiguous) && crossing {
                list.push(h);
            }
        }
        list
    }

    /// Splits soft bits into the symbols of G1 and G2 of `out.len()` steps, the first pair of which begins at
    /// `soft[first]`. Crossed pairs reach one soft bit before and one after.
    pub(crate) fn gather(self, soft: &[i8], first: usize, g1: &mut [i8], g2: &mut [i8]) {
        let (one, two) = if self.crossed {
            (first - 1, first + 2)
        } else {
            (first, first + 1)
        };
        let (one, two) = if self.swapped { (two, one) } else { (one, two) };
        let sign = if self.inverted { -1 } else { 1 };
        // The last pair ends with its second symbol, so the slices are one short of whole pairs.
        let length = 2 * g1.len() - 1;
        for (to, pair) in g1.iter_mut().zip(soft[one..one + length].chunks(2)) {
            *to = pair[0];
        }
        for (to, pair) in g2.iter_mut().zip(soft[two..two + length].chunks(2)) {
            *to = pair[0] * sign;
        }
    }
}

impl fmt::Display for Hypothesis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = if self.swapped { "G2 first" } else { "G1 first" };
        let inverted = if self.inverted {
            "G2 inverted"
        } else {
            "not inverted"
        };
        write!(f, "{order}, {inverted}, offset {}", self.offset)?;
        if self.crossed {
            write!(f, ", arms exchanged")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_hypotheses_as_the_modulation_leaves_open() {
        let count = |order, g2_inverted, symbols| {
            Hypothesis::all(ConvolutionalConfig { order, g2_inverted, ..ConvolutionalConfig::default() }, symbols).len()
        };
        let (order, inverted) = (Some(SymbolOrder::G1First), Some(true));
        assert_eq!(count(None, None, SymbolBits::One), 8);
        assert_eq!(count(order, inverted, SymbolBits::One), 2);
        // Exchanged or not, at either offset, one arm inverted or not.
        assert_eq!(count(order, inverted, SymbolBits::Two), 8);
        assert_eq!(count(None, None, SymbolBits::Two), 12);
        assert_eq!(count(order, inverted, SymbolBits::TwoOffset), 12);
        assert_eq!(count(None, None, SymbolBits::TwoOffset), 16);
    }
}
