//! The reference: state by state, decision by decision.

use super::trellis::{Branch, OWN, Paths, STATES, bit};

/// One step, to which the caller still counts: the decisions.
pub(super) fn step(paths: &mut Paths, branch: Branch) -> u64 {
    let (old, phase) = (paths.at, paths.phase);
    let (costs, [both, ..]) = (branch.0.to_le_bytes(), branch.1.to_le_bytes());
    let mut decisions = 0;
    for place in 0..STATES {
        let cost = costs[usize::from(OWN[phase][place])];
        let own = old[place].saturating_add(cost);
        let other = old[place ^ bit(phase)].saturating_add(both - cost);
        paths.at[place] = own.min(other);
        decisions |= u64::from(other < own) << place;
    }
    decisions
}
