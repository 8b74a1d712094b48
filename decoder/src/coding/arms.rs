//! Ambiguities of two-bit symbols without an inner code: the soft bits in every arrangement that rotation,
//! mirroring and a late arm can make of them, up to the sign of all, which the marker shows.

use super::config::SymbolBits;

/// How one arrangement takes its pair from the received pair `(s[0], s[1])` and its neighbours.
#[derive(Debug, Clone, Copy)]
struct Arrangement {
    /// Places of the two bits, relative to the pair's first.
    from: [isize; 2],
    /// Whether the second bit is inverted.
    inverted: bool,
}

const STRAIGHT: [isize; 2] = [0, 1];
const EXCHANGED: [isize; 2] = [1, 0];
/// Exchanged with the neighbouring symbol's arm, as a late arm of OQPSK needs.
const CROSSED: [isize; 2] = [-1, 2];

/// Splits soft bits into parallel streams of equal length.
#[derive(Debug)]
pub(crate) struct Arms {
    arrangements: Vec<Arrangement>,
    /// Soft bits not yet given out, after the one before them.
    held: Vec<i8>,
}

impl Arms {
    pub(crate) fn new(symbols: SymbolBits) -> Self {
        let places: &[[isize; 2]] = match symbols {
            SymbolBits::One => &[],
            SymbolBits::Two => &[STRAIGHT, EXCHANGED],
            SymbolBits::TwoOffset => &[STRAIGHT, EXCHANGED, CROSSED],
        };
        let arrangements = places
            .iter()
            .flat_map(|&from| [false, true].map(|inverted| Arrangement { from, inverted }))
            .collect();
        Self {
            arrangements,
            held: vec![0],
        }
    }

    pub(crate) fn streams(&self) -> usize {
        self.arrangements.len().max(1)
    }

    /// Takes soft bits (-128, which has no negative, as -127), appends to each stream what is complete.
    pub(crate) fn process(&mut self, soft: &[i8], streams: &mut [Vec<i8>]) {
        if self.arrangements.is_empty() {
            streams[0].extend(soft.iter().map(|&s| s.max(-127)));
            return;
        }
        self.held.extend(soft.iter().map(|&s| s.max(-127)));
        // Held are one soft bit before the pair, the pair, and one behind it.
        let pairs = self.held.len().saturating_sub(2) / 2;
        for (arrangement, out) in self.arrangements.iter().zip(streams) {
            let held = &self.held;
            out.extend((0..pairs).flat_map(|pair| {
                let at = |k: usize| held[(1 + 2 * pair).wrapping_add_signed(arrangement.from[k])];
                [at(0), if arrangement.inverted { -at(1) } else { at(1) }]
            }));
        }
        self.held.drain(..2 * pairs);
    }

    /// Gives out the soft bits held back, the last symbol filled up with zeros, and starts anew.
    pub(crate) fn finish(&mut self, streams: &mut [Vec<i8>]) {
        if !self.arrangements.is_empty() {
            let fill = if self.held.len().is_multiple_of(2) { 2 } else { 1 };
            self.process(&[0; 2][..fill], streams);
            self.held.clear();
            self.held.push(0);
        }
    }
}
