//! The component encoder: 16 states, backward polynomial 10011, forward polynomials 11011, 10101 and 11111
//! (CCSDS 131.0-B-5 §6.3 c).
//!
//! A state holds the four delayed bits, the newest highest. The trellis falls into eight butterflies: from states
//! 2b and 2b + 1 two branches each lead to states b and b + 8. Since every polynomial has its first and last tap,
//! the branches 2b -> b and 2b + 1 -> b + 8 carry one label, the other two its complement.

use super::TurboRate;

/// States of a component encoder.
pub(super) const STATES: usize = 16;
/// Butterflies of a step.
pub(super) const BUTTERFLIES: usize = STATES / 2;

/// Outputs of a step: the information bit that the feedback makes of the register's new bit, and the parity of
/// each forward polynomial.
#[derive(Debug, Clone, Copy)]
pub(super) struct Branch {
    pub(super) info: u8,
    pub(super) parity: [u8; 3],
}

/// The branch that shifts `new` into `state`.
pub(super) const fn branch(state: u8, new: u8) -> Branch {
    let (d1, d2, d3, d4) = (state >> 3 & 1, state >> 2 & 1, state >> 1 & 1, state & 1);
    Branch {
        info: new ^ d3 ^ d4,
        parity: [new ^ d1 ^ d3 ^ d4, new ^ d2 ^ d4, new ^ d1 ^ d2 ^ d3 ^ d4],
    }
}

/// The bit that the feedback adds to the information bit.
pub(super) const fn feedback(state: u8) -> u8 {
    (state >> 1 ^ state) & 1
}

/// The state after `new` was shifted in.
pub(super) const fn next(state: u8, new: u8) -> u8 {
    new << 3 | state >> 1
}

/// One symbol of a step: information bit, or parity of a component encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Info,
    /// Forward polynomial, counted from zero, of the first encoder.
    First(usize),
    /// The same of the second encoder.
    Second(usize),
}

/// What is sent in even and in odd steps, in this order; they differ where the code is punctured.
pub(super) const fn outputs(rate: TurboRate) -> [&'static [Output]; 2] {
    use Output::{First, Info, Second};
    match rate {
        TurboRate::R12 => [&[Info, First(0)], &[Info, Second(0)]],
        TurboRate::R13 => [&[Info, First(0), Second(0)]; 2],
        TurboRate::R14 => [&[Info, First(1), First(2), Second(0)]; 2],
        TurboRate::R16 => [&[Info, First(0), First(1), First(2), Second(0), Second(2)]; 2],
    }
}
