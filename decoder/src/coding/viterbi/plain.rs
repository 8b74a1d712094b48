//! The reference: state by state, decision by decision.

use super::trellis::{Branch, OWN, Paths, STATES, bit};

/// One step, to which the caller still counts: the decisions.
pub(super) fn step(paths: &mut Paths, branch: Branch) -> u64 {
    let (old, phase) = (paths.at, paths.phase);
    let costs = branch.to_le_bytes();
    let mut decisions = 0;
    for place in 0..STATES {
        let bits = usize::from(OWN[phase][place]);
        let own = old[place].saturating_add(costs[bits]);
        let other = old[place ^ bit(phase)].saturating_add(costs[bits ^ 3]);
        paths.at[place] = own.min(other);
        decisions |= u64::from(other < own) << place;
    }
    decisions
}
