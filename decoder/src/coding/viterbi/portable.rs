//! Add-compare-select in plain loops over the 64 metrics, which compilers turn into vector instructions of the
//! baseline (SSE2, NEON).

use super::kernel::Trace;
use super::loops::loops;
use super::trellis::{Branch, LEAD_ROUNDS, OWN, Paths, ROUND, Round, STATES, bit, round_back};

type Register = [u8; STATES];

/// For each phase and place all bits of a byte set where the branch from the own place has a one: of G1, of G2.
const ONES: [[[u8; STATES]; 2]; ROUND] = {
    let mut ones = [[[0; STATES]; 2]; ROUND];
    let mut n = 0;
    while n < ROUND * STATES {
        let own = OWN[n / STATES][n % STATES];
        ones[n / STATES][0][n % STATES] = 0u8.wrapping_sub(own >> 1);
        ones[n / STATES][1][n % STATES] = 0u8.wrapping_sub(own & 1);
        n += 1;
    }
    ones
};

fn load(bytes: &[u8; STATES]) -> Register {
    *bytes
}

fn store(register: Register, to: &mut [u8; STATES]) {
    *to = register;
}

#[inline]
fn acs<const PHASE: usize>(m: Register, branch: Branch) -> (Register, u64) {
    let ones = &ONES[PHASE];
    let [zero, g2, g1, one] = branch.to_le_bytes();
    let both = zero + one;
    // A one instead of a zero changes the cost by as much in either case of the other symbol.
    let (g1, g2) = (g1.wrapping_sub(zero), g2.wrapping_sub(zero));
    let (mut new, mut chosen) = ([0; STATES], [0u8; STATES]);
    let mut exchanged = m;
    for pair in exchanged.chunks_exact_mut(2 * bit(PHASE)) {
        let (low, high) = pair.split_at_mut(bit(PHASE));
        low.swap_with_slice(high);
    }
    for place in 0..STATES {
        let cost = zero
            .wrapping_add(ones[0][place] & g1)
            .wrapping_add(ones[1][place] & g2);
        let own = m[place].saturating_add(cost);
        let other = exchanged[place].saturating_add(both - cost);
        new[place] = own.min(other);
        chosen[place] = u8::from(other < own);
    }
    (new, pack(&chosen))
}

/// Bit `p` is the lowest bit of byte `p`.
#[inline]
fn pack(bytes: &[u8; STATES]) -> u64 {
    let (words, _) = bytes.as_chunks::<8>();
    let mut packed = [0; 8];
    for (to, word) in packed.iter_mut().zip(words) {
        // The product gathers the eight bits, without carries, in its highest byte.
        *to = (u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8;
    }
    u64::from_le_bytes(packed)
}

#[inline]
fn subtract(mut m: Register, less: u8) -> Register {
    for cost in &mut m {
        *cost = cost.saturating_sub(less);
    }
    m
}

fn min(m: Register) -> u8 {
    m.iter().copied().min().unwrap_or(0)
}

/// Bit `p` says whether the metric at place `p` has the value.
fn equal(m: Register, value: u8) -> u64 {
    pack(&m.map(|metric| u8::from(metric == value)))
}

loops!();
