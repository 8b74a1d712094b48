//! One component decoder: forward and backward recursion over all windows at once (BCJR in the logarithmic
//! domain).
//!
//! Metrics are integers in steps of 1/16 nat. Branch metrics are relative to the branch labelled all zeros. Limits
//! that keep everything in `i16`: a step's metrics differ by at most [`STEP`], four steps connect any two states,
//! so states differ by at most 4 [`STEP`] (plus the corrections of the sums); metrics are brought back to zero
//! every [`NORMALISE`] steps and drift by at most [`STEP`] a step in between.

use super::component::{Component, StateRows};
use super::lanes::{Lanes, Row, WINDOWS};
use super::layout::Field;
use super::rules::{Parities, Sum};
use super::trellis::{BUTTERFLIES, STATES};

/// Greatest magnitude of a channel value.
pub(super) const CHANNEL_LIMIT: i16 = 127;
/// Greatest magnitude of what a component decoder passes on.
pub(super) const EXTRINSIC_LIMIT: i16 = 640;
/// Greatest difference of two branch metrics of a step.
const STEP: i16 = EXTRINSIC_LIMIT + 4 * CHANNEL_LIMIT;
const NORMALISE: usize = 8;
/// Steps of the neighbours in which a window's metrics settle before its own begin.
pub(super) const OVERLAP: usize = 16;
/// Steps before which a row of a-priori values is collected: reading a row whole straight after it was written in
/// parts stalls.
const LEAD: usize = 4;
/// Metric of a state that cannot be.
const IMPOSSIBLE: i16 = -4000;

/// Scratch of a pass: forward metrics before each step.
pub(super) type Scratch = Vec<StateRows>;

macro_rules! butterflies {
    ($macro:ident) => {
        $macro!(0);
        $macro!(1);
        $macro!(2);
        $macro!(3);
        $macro!(4);
        $macro!(5);
        $macro!(6);
        $macro!(7);
    };
}

/// Runs both recursions with the other decoder's extrinsic values from `source`, and returns whether a decision
/// differs from that without this decoder's contribution.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
pub(super) fn pass<V: Lanes, P: Parities, S: Sum>(
    component: &mut Component,
    source: &Field,
    scratch: &mut Scratch,
) -> bool {
    component.ones.fill(0);
    let steps = component.ones.len();
    for n in (0..OVERLAP).chain(steps - OVERLAP..steps) {
        component.collect(source, n);
    }
    let (mut begin, mut end) = ([Row::ZERO; STATES], [Row::ZERO; STATES]);
    for at in (0..WINDOWS).step_by(V::COUNT) {
        let (last, first) = (steps - OVERLAP..steps, (0..OVERLAP).rev());
        let ends = settle::<V, P, S, Forward>(component, &component.near_end, last, at);
        let begins = settle::<V, P, S, Backward>(component, &component.near_begin, first, at);
        store(ends, &mut begin, at);
        store(begins, &mut end, at);
    }
    hand_over(&mut begin, &mut end);
    let mut changed = false;
    for at in (0..WINDOWS).step_by(V::COUNT) {
        forward::<V, P, S>(component, source, scratch, load(&begin, at), at);
        changed |= backward::<V, P, S>(component, scratch, load(&end, at), at);
    }
    component.near_end = scratch[steps - OVERLAP];
    changed
}

/// Gives each window the metrics at which its neighbours ended and began; the trellis begins and ends in state zero.
fn hand_over(begin: &mut StateRows, end: &mut StateRows) {
    for row in &mut *begin {
        row.0.copy_within(..WINDOWS - 1, 1);
    }
    for row in &mut *end {
        row.0.copy_within(1.., 0);
    }
    for (state, (begin, end)) in begin.iter_mut().zip(end).enumerate() {
        let metric = if state == 0 { 0 } else { IMPOSSIBLE };
        begin.0[0] = metric;
        end.0[WINDOWS - 1] = metric;
    }
}

/// Branch metrics by label.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn branches<V: Lanes, P: Parities>(info: V, parity: &[[i16; WINDOWS]], at: usize) -> [V; 16] {
    let mut metric = [V::splat(0); 16];
    metric[1] = info;
    metric[2] = V::load(&parity[0], at);
    metric[3] = metric[2].add(metric[1]);
    if P::POLYNOMIALS.len() > 1 {
        metric[4] = V::load(&parity[1], at);
        metric[5] = metric[4].add(metric[1]);
        metric[6] = metric[4].add(metric[2]);
        metric[7] = metric[4].add(metric[3]);
    }
    if P::POLYNOMIALS.len() > 2 {
        metric[8] = V::load(&parity[2], at);
        metric[9] = metric[8].add(metric[1]);
        metric[10] = metric[8].add(metric[2]);
        metric[11] = metric[8].add(metric[3]);
        metric[12] = metric[8].add(metric[4]);
        metric[13] = metric[8].add(metric[5]);
        metric[14] = metric[8].add(metric[6]);
        metric[15] = metric[8].add(metric[7]);
    }
    metric
}

/// A metric along the branch of the given label.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn along<V: Lanes>(metric: V, branches: &[V; 16], label: usize) -> V {
    if label == 0 {
        metric
    } else {
        metric.add(branches[label])
    }
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn normalise<V: Lanes>(state: &mut [V; STATES]) {
    let zero = state[0];
    for metric in state {
        *metric = metric.sub(zero);
    }
}

// A closure would be compiled without the caller's vector features: loops and functions only.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn load<V: Lanes>(rows: &StateRows, at: usize) -> [V; STATES] {
    let mut state = [V::splat(0); STATES];
    for (metric, row) in state.iter_mut().zip(rows) {
        *metric = V::load(&row.0, at);
    }
    state
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn store<V: Lanes>(state: [V; STATES], rows: &mut StateRows, at: usize) {
    for (row, metric) in rows.iter_mut().zip(state) {
        metric.store(&mut row.0, at);
    }
}

/// Sum over all branches with the given information bit.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn total<V: Lanes, S: Sum>(terms: &[[V; 2]; BUTTERFLIES], bit: usize) -> V {
    let a = S::sum(terms[0][bit], terms[1][bit]);
    let b = S::sum(terms[2][bit], terms[3][bit]);
    let c = S::sum(terms[4][bit], terms[5][bit]);
    let d = S::sum(terms[6][bit], terms[7][bit]);
    S::sum(S::sum(a, b), S::sum(c, d))
}

/// Branch metrics of row `n`, and the value of its information bit without this decoder's contribution.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn inputs<V: Lanes, P: Parities>(component: &Component, n: usize, at: usize) -> ([V; 16], V) {
    let parities = P::POLYNOMIALS.len();
    let parity = &component.parity[n * parities..][..parities];
    let info = V::load(&component.info.rows()[n], at).add(V::load(&component.apriori.rows()[n], at));
    (branches::<V, P>(info, parity, at), info)
}

/// A way through the trellis.
trait Direction {
    /// Metrics on the far side of a step, from those on the near one.
    fn step<V: Lanes, P: Parities, S: Sum>(state: &mut [V; STATES], g: &[V; 16]);
}

/// From the metrics before a step to those after it.
struct Forward;

/// From the metrics after a step to those before it.
struct Backward;

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
impl Direction for Forward {
    #[inline(always)]
    fn step<V: Lanes, P: Parities, S: Sum>(state: &mut [V; STATES], g: &[V; 16]) {
        let old = *state;
        macro_rules! butterfly {
            ($b:literal) => {
                let (label, other) = (P::LABELS[$b], P::LABELS[$b] ^ P::ONES);
                let (even, odd) = (old[2 * $b], old[2 * $b + 1]);
                state[$b] = S::sum(along(even, g, label), along(odd, g, other));
                state[$b + 8] = S::sum(along(even, g, other), along(odd, g, label));
            };
        }
        butterflies!(butterfly);
    }
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
impl Direction for Backward {
    #[inline(always)]
    fn step<V: Lanes, P: Parities, S: Sum>(state: &mut [V; STATES], g: &[V; 16]) {
        let next = *state;
        macro_rules! butterfly {
            ($b:literal) => {
                let (label, other) = (P::LABELS[$b], P::LABELS[$b] ^ P::ONES);
                let (zero, one) = (next[$b], next[$b + 8]);
                state[2 * $b] = S::sum(along(zero, g, label), along(one, g, other));
                state[2 * $b + 1] = S::sum(along(zero, g, other), along(one, g, label));
            };
        }
        butterflies!(butterfly);
    }
}

/// Metrics at one end of the windows, as far as the steps nearest to it tell, from those of an iteration ago.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn settle<V: Lanes, P: Parities, S: Sum, D: Direction>(
    component: &Component,
    before: &StateRows,
    steps: impl Iterator<Item = usize>,
    at: usize,
) -> [V; STATES] {
    let mut state = load::<V>(before, at);
    for n in steps {
        if n % NORMALISE == 0 {
            normalise(&mut state);
        }
        D::step::<V, P, S>(&mut state, &inputs::<V, P>(component, n, at).0);
    }
    normalise(&mut state);
    state
}

/// Keeps the metrics before every step.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn forward<V: Lanes, P: Parities, S: Sum>(
    component: &mut Component,
    source: &Field,
    scratch: &mut Scratch,
    mut state: [V; STATES],
    at: usize,
) {
    let rest = OVERLAP..component.ones.len() - OVERLAP;
    for (n, kept) in scratch.iter_mut().enumerate() {
        // All windows at once, before the first of them needs it.
        if at == 0 && rest.contains(&(n + LEAD)) {
            component.collect(source, n + LEAD);
        }
        if n % NORMALISE == 0 {
            normalise(&mut state);
        }
        store(state, kept, at);
        Forward::step::<V, P, S>(&mut state, &inputs::<V, P>(component, n, at).0);
    }
}

/// Returns whether a decision changed.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn backward<V: Lanes, P: Parities, S: Sum>(
    component: &mut Component,
    scratch: &Scratch,
    mut state: [V; STATES],
    at: usize,
) -> bool {
    let steps = component.ones.len();
    let forward = &scratch[..steps];
    let mut changed = 0;
    for n in (0..steps).rev() {
        if n % NORMALISE == 0 {
            normalise(&mut state);
        }
        if n == OVERLAP - 1 {
            store(state, &mut component.near_begin, at);
        }
        let (g, input) = inputs::<V, P>(component, n, at);
        let before = &forward[n];
        let next = state;
        let mut terms = [[V::splat(0); 2]; BUTTERFLIES];
        macro_rules! butterfly {
            ($b:literal) => {
                let (label, other) = (P::LABELS[$b], P::LABELS[$b] ^ P::ONES);
                let (zero, one) = (next[$b], next[$b + 8]);
                let (even_zero, even_one) = (along(zero, &g, label), along(one, &g, other));
                let (odd_zero, odd_one) = (along(zero, &g, other), along(one, &g, label));
                state[2 * $b] = S::sum(even_zero, even_one);
                state[2 * $b + 1] = S::sum(odd_zero, odd_one);
                let (even, odd) = (
                    V::load(&before[2 * $b].0, at),
                    V::load(&before[2 * $b + 1].0, at),
                );
                terms[$b][label & 1] = S::sum(even.add(even_zero), odd.add(odd_one));
                terms[$b][other & 1] = S::sum(even.add(even_one), odd.add(odd_zero));
            };
        }
        butterflies!(butterfly);
        let full = total::<V, S>(&terms, 1).sub(total::<V, S>(&terms, 0));
        let mut extrinsic = full.sub(input);
        if let Some(scale) = S::SCALE {
            extrinsic = extrinsic.scale(V::splat(scale));
        }
        let limit = V::splat(EXTRINSIC_LIMIT);
        extrinsic = extrinsic.min(limit).max(V::splat(-EXTRINSIC_LIMIT));
        extrinsic.store(&mut component.extrinsic.rows_mut()[n], at);
        // Positive = 1, a tie is a zero.
        let (decided, undecided) = (
            V::splat(0).sub(full).negative(),
            V::splat(0).sub(input).negative(),
        );
        component.ones[n] |= decided << at;
        let mut differing = (decided ^ undecided) << at;
        if n >= component.last_window {
            differing &= !(1 << (WINDOWS - 1));
        }
        changed |= differing;
    }
    changed != 0
}

const _: () =
    assert!(2 * (4 * (STEP as i32 + 44) + NORMALISE as i32 * (STEP as i32 + 11)) + STEP as i32 * 2 <= 32767);
