//! Error events: where the Viterbi decoder's second choice differs from its first.
//!
//! A decoder that errs follows a wrong path for some tens of bits, hardly less probable than the right one. For
//! the bits it was least sure of, the best path with the bit reversed is what it would have said otherwise; each
//! such event touches one symbol of several codewords. Where a codeword has a few errors too many, reversing one,
//! two or three of the most doubtful events brings it within reach (the idea of D. Chase, A class of algorithms
//! for decoding block codes with channel measurement information, 1972, with events in place of bits).

use super::constrained::{CERTAIN, ConstrainedViterbi, UNKNOWN};

/// Bits to either side of the doubtful one within which its event begins and ends.
const REACH: usize = 96;
/// Bits at the ends of that stretch which must be as they were, so that states are the same.
const EDGE: usize = 8;
/// Events looked for.
pub(super) const MOST: usize = 12;
/// Events reversed at once.
const AT_ONCE: usize = 3;
/// Sets of events that are tried.
pub(super) const SETS: usize = MOST + MOST * (MOST - 1) / 2 + MOST * (MOST - 1) * (MOST - 2) / 6;

/// What a decoder was given, and what it said; all of one length.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pass<'a> {
    pub(super) g1: &'a [i8],
    pub(super) g2: &'a [i8],
    pub(super) known: &'a [u8],
    /// Whether `known`, `said` and the reliability are about differences of bits.
    pub(super) differential: bool,
    pub(super) said: &'a [u8],
}

/// Finds events, and the sets of them that are worth trying.
#[derive(Debug, Default)]
pub(super) struct Events {
    known: Vec<u8>,
    bits: Vec<u8>,
    unused: Vec<u16>,
    /// Places of all events' bits, one event after the other.
    places: Vec<usize>,
    /// Of each event the end of its places, and how much less probable it is.
    list: Vec<(usize, u32)>,
    /// Sets of events as masks, the most probable first.
    pub(super) sets: Vec<u16>,
}

impl Events {
    /// Finds the most doubtful events of the unit, which reaches from the first to the second bit number.
    /// `reliability` is used up: bits of events become
    /// certain.
    pub(super) fn find(
        &mut self,
        viterbi: &mut ConstrainedViterbi,
        pass: &Pass<'_>,
        unit: (usize, usize),
        reliability: &mut [u16],
    ) {
        self.places.clear();
        self.list.clear();
        let from = unit.0.max(EDGE + 1);
        let to = unit.1.min(pass.said.len().saturating_sub(EDGE));
        while self.list.len() < MOST && from < to {
            let least = (from..to).min_by_key(|&n| reliability[n]).unwrap_or(from);
            let cost = reliability[least];
            if cost == CERTAIN {
                break;
            }
            self.reverse(viterbi, pass, least, unit);
            let begin = self.list.last().map_or(0, |&(end, _)| end);
            reliability[least] = CERTAIN;
            for &place in &self.places[begin..] {
                reliability[place] = CERTAIN;
            }
            if self.places.len() > begin {
                self.list.push((self.places.len(), cost.into()));
            }
        }
        self.arrange();
    }

    /// Decodes around bit `at` with that bit reversed; appends the places in the unit where the result differs.
    fn reverse(
        &mut self,
        viterbi: &mut ConstrainedViterbi,
        pass: &Pass<'_>,
        at: usize,
        unit: (usize, usize),
    ) {
        let (begin, end) = (at.saturating_sub(REACH), (at + REACH).min(pass.said.len()));
        let said = &pass.said[begin..end];
        self.known.clear();
        self.known.extend_from_slice(&pass.known[begin..end]);
        let length = said.len();
        self.known[..EDGE].copy_from_slice(&said[..EDGE]);
        self.known[length - EDGE..].copy_from_slice(&said[length - EDGE..]);
        self.known[at - begin] = said[at - begin] ^ 1;
        let (g1, g2) = (&pass.g1[begin..end], &pass.g2[begin..end]);
        viterbi.decode(
            g1,
            g2,
            &self.known,
            pass.differential,
            &mut self.bits,
            &mut self.unused,
        );
        for (n, &before) in said.iter().enumerate().skip(1) {
            let now = self.bits[n] ^ if pass.differential { self.bits[n - 1] } else { 0 };
            let place = begin + n;
            let within = (unit.0..unit.1).contains(&place) && pass.known[place] == UNKNOWN;
            if now != before && within {
                self.places.push(place);
            }
        }
    }

    /// Lists the sets of up to [`AT_ONCE`] events by what they cost together.
    fn arrange(&mut self) {
        let list = &self.list;
        let cost = |set: u16| -> u32 {
            (0..list.len())
                .filter(|n| set >> n & 1 == 1)
                .map(|n| list[n].1)
                .sum()
        };
        self.sets.clear();
        self.sets.extend(
            (1..1u32 << list.len())
                .filter(|set| set.count_ones() as usize <= AT_ONCE)
                .map(|s| s as u16),
        );
        self.sets.sort_by_cached_key(|&set| (cost(set), set));
    }

    /// Places whose bits a set of events reverses.
    pub(super) fn places(&self, set: u16) -> impl Iterator<Item = usize> {
        let begin = |n: usize| if n == 0 { 0 } else { self.list[n - 1].0 };
        (0..self.list.len())
            .filter(move |n| set >> n & 1 == 1)
            .flat_map(move |n| &self.places[begin(n)..self.list[n].0])
            .copied()
    }
}
