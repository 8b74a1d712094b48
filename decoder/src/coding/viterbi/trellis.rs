//! The arithmetic that all kernels share: how states lie in memory, how metrics stay in eight bits.
//!
//! **Places.** The metric of a state stays where its predecessor's was: before step `t` place `p` holds the state
//! `p` rotated left by `t` bits of six. The two predecessors of a state then lie at its own place and at the place
//! that differs from it in one bit, 5 − t mod 6, and this bit of the place is the information bit of the step. So a
//! step is one exchange of neighbours, and a place at the end of a round of six steps spells the six bits.
//!
//! **Metrics** are costs (smaller is better) in `u8`: a branch costs the quantised magnitudes of the symbols that
//! contradict it, added with saturation. Every [`LEAD_ROUNDS`] rounds the lead is subtracted, the least cost as it
//! was that many rounds before, known early enough that no step waits for it. Costs never fall, so nothing goes
//! below 0. In noise alone the least cost grows by some 70 between two subtractions, and no state was seen to reach
//! 250: saturation is for paths that are hopelessly behind.
//!
//! **Ties** go to the predecessor at the state's own place, the best state is the one at the lowest place.

use crate::coding::convolutional::{CONSTRAINT, output};
use std::hint::select_unpredictable;

/// Trellis states.
pub const STATES: usize = 1 << (CONSTRAINT - 1);
/// Steps after which every state is back at the place of its number.
pub(super) const ROUND: usize = CONSTRAINT - 1;
/// Rounds from one subtraction of the lead to the next.
pub(super) const LEAD_ROUNDS: usize = 4;
/// Largest magnitude of a quantised symbol.
pub(super) const LIMIT: u8 = 80;

/// What the branches of one step cost: a byte each by their channel bits with G1's the higher, the lowest byte first.
pub(super) type Branch = u32;
/// Decisions of a round: of each step, bit `p` says that the state at place `p` comes from the other place.
pub(super) type Round = [u64; ROUND];

/// The bit of a place in which the predecessors of a state differ, for a step of this phase.
pub(super) const fn bit(phase: usize) -> usize {
    1 << (ROUND - 1 - phase)
}

/// For each phase and place which of the four branches comes from the state's own place; the complement comes
/// from the other.
pub(super) const OWN: [[u8; STATES]; ROUND] = {
    let mut own = [[0; STATES]; ROUND];
    let mut phase = 0;
    while phase < ROUND {
        let mut place = 0;
        while place < STATES {
            let from = (place << phase | place >> (ROUND - phase)) & (STATES - 1);
            let newest = (place & bit(phase) != 0) as usize;
            let (c1, c2) = output((from << 1 | newest) as u8);
            own[phase][place] = (c1 as u8) << 1 | c2 as u8;
            place += 1;
        }
        phase += 1;
    }
    own
};

/// The complements, which come from the other place.
pub(super) const OTHER: [[u8; STATES]; ROUND] = {
    let mut other = OWN;
    let mut n = 0;
    while n < ROUND * STATES {
        other[n / STATES][n % STATES] ^= 3;
        n += 1;
    }
    other
};

/// Path metrics between two steps.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub(super) struct Paths {
    /// Costs by place.
    pub(super) at: [u8; STATES],
    /// Least cost when the lead was taken last.
    pub(super) lead: u8,
    /// Steps of the present round.
    pub(super) phase: usize,
    /// Rounds since the lead was subtracted last.
    pub(super) round: usize,
    /// All that was subtracted since the start.
    pub(super) subtracted: i64,
}

impl Paths {
    /// All states equal.
    pub(super) const fn new() -> Self {
        Self {
            at: [0; STATES],
            lead: 0,
            phase: 0,
            round: 0,
            subtracted: 0,
        }
    }

    /// The least cost and the first place that has it.
    pub(super) fn best(&self) -> (u8, usize) {
        let least = self.at.iter().copied().min().unwrap_or(0);
        (least, self.at.iter().position(|&cost| cost == least).unwrap_or(0))
    }

    /// Counts a step, and subtracts the lead when it is time.
    pub(super) fn count_step(&mut self) {
        self.phase += 1;
        if self.phase < ROUND {
            return;
        }
        self.phase = 0;
        self.round += 1;
        if self.round == LEAD_ROUNDS {
            self.round = 0;
            for cost in &mut self.at {
                *cost -= self.lead;
            }
            self.subtracted += i64::from(self.lead);
            self.lead = self.best().0;
        }
    }
}

/// Where the path to `place` was one step before, by the decisions of that step.
#[allow(
    clippy::inline_always,
    reason = "one step of the innermost loop of every kernel"
)]
#[inline(always)]
pub(super) fn back(decisions: u64, phase: usize, place: usize) -> usize {
    let other = place ^ bit(phase);
    // A branch would be mispredicted half of the time.
    select_unpredictable(decisions >> place & 1 == 1, other, place)
}

/// Where the path to `place` was one round before.
#[allow(clippy::inline_always, reason = "fused into the loops of the kernels")]
#[inline(always)]
pub(super) fn round_back(round: &Round, mut place: usize) -> usize {
    for (phase, &decisions) in round.iter().enumerate().rev() {
        place = back(decisions, phase, place);
    }
    place
}
