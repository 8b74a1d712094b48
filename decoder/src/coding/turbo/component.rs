//! The state of a component decoder.

use super::lanes::{Row, WINDOWS};
use super::layout::Field;
use super::trellis::STATES;

/// Metrics of all states, a row each.
pub(super) type StateRows = [Row; STATES];

/// What a component decoder remembers between iterations.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// Channel values of the information bits, of either component in its own order.
    pub(super) info: Box<Field>,
    /// Channel values of the parities that are sent, step by step.
    pub(super) parity: Vec<[i16; WINDOWS]>,
    /// What the other decoder says of the information bits.
    pub(super) apriori: Box<Field>,
    /// Where among the other decoder's `extrinsic` values each lies, row by row.
    pub(super) places: Vec<u16>,
    /// What this decoder has found out of the information bits.
    pub(super) extrinsic: Box<Field>,
    /// Forward metrics [`OVERLAP`](super::kernel::OVERLAP) steps before the windows' ends, as of an iteration ago.
    pub(super) near_end: StateRows,
    /// Backward metrics as many steps after the windows' begins.
    pub(super) near_begin: StateRows,
    /// Windows decided as ones, a step each.
    pub(super) ones: Vec<u32>,
    /// Steps in which the last window holds information.
    pub(super) last_window: usize,
}

impl Component {
    /// Takes over a row of the other decoder's values.
    #[allow(clippy::inline_always, reason = "part of the kernel's inner loops")]
    #[inline(always)]
    pub(super) fn collect(&mut self, source: &Field, n: usize) {
        let row = &mut self.apriori.rows_mut()[n];
        let places = self.places[n * WINDOWS..][..WINDOWS].as_chunks::<4>().0;
        for (values, places) in row.as_chunks_mut::<4>().0.iter_mut().zip(places) {
            // Stored four at a time: the store port is what limits the pass.
            let word = |n: usize| u64::from(source.get(places[n]) as u16);
            let word = word(0) | word(1) << 16 | word(2) << 32 | word(3) << 48;
            *values = [
                word as i16,
                (word >> 16) as i16,
                (word >> 32) as i16,
                (word >> 48) as i16,
            ];
        }
    }

    /// Makes ready for another frame.
    pub(super) fn forget(&mut self) {
        let steps = self.ones.len();
        self.extrinsic.rows_mut()[..steps].as_flattened_mut().fill(0);
        self.near_end = [Row::ZERO; STATES];
        self.near_begin = [Row::ZERO; STATES];
    }
}
