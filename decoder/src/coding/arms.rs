//! Ambiguities of symbols of several bits without an inner code: the soft bits of two-bit symbols in every
//! arrangement that rotation, mirroring and a late arm can make of them, up to the sign of all, which the marker
//! shows; those of three-bit symbols in all eight turns.

use super::config::SymbolBits;
use super::eighths::turns;

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

/// What the streams are made of.
#[derive(Debug)]
enum Kind {
    /// The soft bits as they are.
    Straight,
    Pairs(Vec<Arrangement>),
    /// Turns of symbols of three bits.
    Eighths,
}

/// Splits soft bits into parallel streams of equal length.
#[derive(Debug)]
pub(crate) struct Arms {
    kind: Kind,
    /// Soft bits not yet given out; of pairs, after the one before them.
    held: Vec<i8>,
}

impl Arms {
    pub(crate) fn new(symbols: SymbolBits) -> Self {
        let pairs = |places: &[[isize; 2]]| {
            let both = |&from: &[isize; 2]| [false, true].map(|inverted| Arrangement { from, inverted });
            Kind::Pairs(places.iter().flat_map(both).collect())
        };
        let kind = match symbols {
            SymbolBits::One => Kind::Straight,
            SymbolBits::Alternating => pairs(&[STRAIGHT]),
            SymbolBits::Two => pairs(&[STRAIGHT, EXCHANGED]),
            SymbolBits::TwoOffset => pairs(&[STRAIGHT, EXCHANGED, CROSSED]),
            SymbolBits::Three => Kind::Eighths,
        };
        let mut arms = Self {
            kind,
            held: Vec::new(),
        };
        arms.start();
        arms
    }

    fn start(&mut self) {
        self.held.clear();
        if matches!(self.kind, Kind::Pairs(_)) {
            self.held.push(0);
        }
    }

    pub(crate) fn streams(&self) -> usize {
        match &self.kind {
            Kind::Straight => 1,
            Kind::Pairs(arrangements) => arrangements.len(),
            Kind::Eighths => 8,
        }
    }

    /// Takes soft bits (-128, which has no negative, as -127), appends to each stream what is complete.
    pub(crate) fn process(&mut self, soft: &[i8], streams: &mut [Vec<i8>]) {
        let soft = soft.iter().map(|&s| s.max(-127));
        match &self.kind {
            Kind::Straight => streams[0].extend(soft),
            Kind::Pairs(arrangements) => {
                self.held.extend(soft);
                // Held are one soft bit before the pair, the pair, and one behind it.
                let pairs = self.held.len().saturating_sub(2) / 2;
                for (arrangement, out) in arrangements.iter().zip(streams) {
                    let held = &self.held;
                    out.extend((0..pairs).flat_map(|pair| {
                        let at = |k: usize| held[(1 + 2 * pair).wrapping_add_signed(arrangement.from[k])];
                        [at(0), if arrangement.inverted { -at(1) } else { at(1) }]
                    }));
                }
                self.held.drain(..2 * pairs);
            }
            Kind::Eighths => {
                self.held.extend(soft);
                let whole = self.held.len() / 3 * 3;
                for symbol in self.held[..whole].chunks_exact(3) {
                    turns([symbol[0], symbol[1], symbol[2]], streams);
                }
                self.held.drain(..whole);
            }
        }
    }

    /// Gives out the soft bits held back, the last symbol filled up with zeros, and starts anew.
    pub(crate) fn finish(&mut self, streams: &mut [Vec<i8>]) {
        let fill = match self.kind {
            Kind::Straight => 0,
            Kind::Pairs(_) if self.held.len().is_multiple_of(2) => 2,
            Kind::Pairs(_) => 1,
            Kind::Eighths => (3 - self.held.len()) % 3,
        };
        self.process(&[0; 2][..fill], streams);
        self.start();
    }
}
