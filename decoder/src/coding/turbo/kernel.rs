//! One component decoder: forward and backward recursion over all windows at once (BCJR in the logarithmic
//! domain).
//!
//! Metrics are integers in steps of 1/16 nat. Branch metrics are relative to the branch labelled all zeros. Limits
//! that keep everything in `i16`: a step's metrics differ by at most [`STEP`], four steps connect any two states,
//! so states differ by at most 4 [`STEP`] (plus the corrections of the sums); metrics are brought back to zero
//! every [`NORMALISE`] steps and drift by at most [`STEP`] a step in between.

use super::lanes::{Lanes, Row, WINDOWS};
use super::layout::{FIELD, Field};
use super::trellis::{BUTTERFLIES, STATES, branch};

/// Greatest magnitude of a channel value.
pub(super) const CHANNEL_LIMIT: i16 = 127;
/// Greatest magnitude of what a component decoder passes on.
pub(super) const EXTRINSIC_LIMIT: i16 = 640;
/// Greatest difference of two branch metrics of a step.
const STEP: i16 = EXTRINSIC_LIMIT + 4 * CHANNEL_LIMIT;
const NORMALISE: usize = 8;
/// Metric of a state that cannot be.
const IMPOSSIBLE: i16 = -4000;

/// Sum of two probabilities in the logarithmic domain: with metrics a and b, ln(e^a + e^b) or near it.
pub(super) trait Sum {
    /// Factor on the extrinsic values, of 2^15 where it is not 1.
    const SCALE: Option<i16>;
    fn sum<V: Lanes>(a: V, b: V) -> V;
}

/// The greater one. Overrates what it knows, hence the factor (0.75).
pub(super) struct MaxLog;

/// The greater one and a correction that falls linearly with the difference, (2.5 - |a - b|) / 4 nat down to zero.
pub(super) struct LogMap;

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
impl Sum for MaxLog {
    const SCALE: Option<i16> = Some(24576);
    #[inline(always)]
    fn sum<V: Lanes>(a: V, b: V) -> V {
        a.max(b)
    }
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
impl Sum for LogMap {
    const SCALE: Option<i16> = None;
    #[inline(always)]
    fn sum<V: Lanes>(a: V, b: V) -> V {
        a.max(b).add(a.sub(b).quarter_below(V::splat(40)))
    }
}

/// Which forward polynomials a component encoder sends.
pub(super) trait Parities {
    const POLYNOMIALS: &'static [usize];
    /// Label of each butterfly's branch from the even state with a zero: the information bit lowest, then the
    /// parities.
    const LABELS: [usize; BUTTERFLIES] = {
        let mut labels = [0; BUTTERFLIES];
        let mut b = 0;
        while b < BUTTERFLIES {
            let outputs = branch(2 * b as u8, 0);
            labels[b] = outputs.info as usize;
            let mut n = 0;
            while n < Self::POLYNOMIALS.len() {
                labels[b] |= (outputs.parity[Self::POLYNOMIALS[n]] as usize) << (n + 1);
                n += 1;
            }
            b += 1;
        }
        labels
    };
    /// All bits of a label.
    const ONES: usize = (2 << Self::POLYNOMIALS.len()) - 1;
}

pub(super) struct P1;
impl Parities for P1 {
    const POLYNOMIALS: &'static [usize] = &[0];
}
pub(super) struct P23;
impl Parities for P23 {
    const POLYNOMIALS: &'static [usize] = &[1, 2];
}
pub(super) struct P13;
impl Parities for P13 {
    const POLYNOMIALS: &'static [usize] = &[0, 2];
}
pub(super) struct P123;
impl Parities for P123 {
    const POLYNOMIALS: &'static [usize] = &[0, 1, 2];
}

/// Metrics of all states, a row each.
pub(super) type StateRows = [Row; STATES];

/// What a component decoder remembers between iterations, and its scratch.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// Channel values of the information bits, of either component in its own order.
    pub(super) info: Vec<Row>,
    /// Channel values of the parities that are sent, step by step.
    pub(super) parity: Vec<Row>,
    /// What the other decoder says of the information bits.
    pub(super) apriori: Box<Field>,
    /// Where in the other decoder's `apriori` each value goes, row by row.
    pub(super) scatter: Vec<u16>,
    /// Metrics at which windows begin: where the window before ended, an iteration ago.
    pub(super) begin: StateRows,
    /// Metrics at which windows end: where the window after began.
    pub(super) end: StateRows,
    /// Windows decided as ones, a step each.
    pub(super) ones: Vec<u32>,
    /// Steps in which the last window holds information.
    pub(super) last_window: usize,
}

/// Scratch of a pass.
#[derive(Debug, Clone)]
pub(super) struct Scratch {
    pub(super) forward: Vec<StateRows>,
    pub(super) extrinsic: Vec<Row>,
}

/// Starts of windows about which nothing is known, but for the first window's: state zero.
pub(super) fn unknown_begin() -> StateRows {
    let mut rows = [Row::ZERO; STATES];
    for row in &mut rows[1..] {
        row.0[0] = IMPOSSIBLE;
    }
    rows
}

/// Ends of windows about which nothing is known, but for the last window's: state zero.
pub(super) fn unknown_end() -> StateRows {
    let mut rows = [Row::ZERO; STATES];
    for row in &mut rows[1..] {
        row.0[WINDOWS - 1] = IMPOSSIBLE;
    }
    rows
}

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

/// Runs both recursions, writes the extrinsic values into `target` (the other decoder's a-priori values) and
/// returns the number of information bits whose decision differs from that without this decoder's contribution.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
pub(super) fn pass<V: Lanes, P: Parities, S: Sum>(
    component: &mut Component,
    target: &mut Field,
    scratch: &mut Scratch,
) -> u32 {
    let (begin, end) = (component.begin, component.end);
    component.ones.fill(0);
    let mut changed = 0;
    for at in (0..WINDOWS).step_by(V::COUNT) {
        let last = forward::<V, P, S>(component, scratch, &begin, at);
        for (row, value) in component.begin.iter_mut().zip(last) {
            value.store(&mut row.0, at);
        }
        let (first, differing) = backward::<V, P, S>(component, scratch, &end, target, at);
        for (row, value) in component.end.iter_mut().zip(first) {
            value.store(&mut row.0, at);
        }
        changed += differing;
    }
    hand_over(component, &begin, &end);
    changed
}

/// Gives each window the metrics with which its neighbours ended.
fn hand_over(component: &mut Component, begin: &StateRows, end: &StateRows) {
    for state in 0..STATES {
        let row = &mut component.begin[state].0;
        row.copy_within(..WINDOWS - 1, 1);
        row[0] = begin[state].0[0];
        let row = &mut component.end[state].0;
        row.copy_within(1.., 0);
        row[WINDOWS - 1] = end[state].0[WINDOWS - 1];
    }
}

/// Branch metrics by label.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn branches<V: Lanes, P: Parities>(info: V, parity: &[Row], at: usize) -> [V; 16] {
    let mut metric = [V::splat(0); 16];
    metric[1] = info;
    metric[2] = V::load(&parity[0].0, at);
    metric[3] = metric[2].add(metric[1]);
    if P::POLYNOMIALS.len() > 1 {
        metric[4] = V::load(&parity[1].0, at);
        metric[5] = metric[4].add(metric[1]);
        metric[6] = metric[4].add(metric[2]);
        metric[7] = metric[4].add(metric[3]);
    }
    if P::POLYNOMIALS.len() > 2 {
        metric[8] = V::load(&parity[2].0, at);
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

/// Keeps the metrics before every step; returns those after the last.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn forward<V: Lanes, P: Parities, S: Sum>(
    component: &Component,
    scratch: &mut Scratch,
    begin: &StateRows,
    at: usize,
) -> [V; STATES] {
    let mut state: [V; STATES] = std::array::from_fn(|n| V::load(&begin[n].0, at));
    let inputs = component
        .info
        .iter()
        .zip(component.parity.chunks_exact(P::POLYNOMIALS.len()))
        .zip(component.apriori.rows());
    for (n, (((info, parity), apriori), kept)) in inputs.zip(&mut scratch.forward).enumerate() {
        if n % NORMALISE == 0 {
            normalise(&mut state);
        }
        for (row, metric) in kept.iter_mut().zip(state) {
            metric.store(&mut row.0, at);
        }
        let g = branches::<V, P>(V::load(&info.0, at).add(V::load(apriori, at)), parity, at);
        let old = state;
        macro_rules! butterfly {
            ($b:literal) => {
                let (label, other) = (P::LABELS[$b], P::LABELS[$b] ^ P::ONES);
                let (even, odd) = (old[2 * $b], old[2 * $b + 1]);
                state[$b] = S::sum(along(even, &g, label), along(odd, &g, other));
                state[$b + 8] = S::sum(along(even, &g, other), along(odd, &g, label));
            };
        }
        butterflies!(butterfly);
    }
    normalise(&mut state);
    state
}

/// Returns the metrics before the first step, and how many decisions changed.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn backward<V: Lanes, P: Parities, S: Sum>(
    component: &mut Component,
    scratch: &mut Scratch,
    end: &StateRows,
    target: &mut Field,
    at: usize,
) -> ([V; STATES], u32) {
    let steps = component.info.len();
    let mut state: [V; STATES] = std::array::from_fn(|n| V::load(&end[n].0, at));
    let mut changed = 0;
    let rows = component.apriori.rows();
    for n in (0..steps).rev() {
        if n % NORMALISE == 0 {
            normalise(&mut state);
        }
        let parities = P::POLYNOMIALS.len();
        let parity = &component.parity[n * parities..][..parities];
        let input = V::load(&component.info[n].0, at).add(V::load(&rows[n], at));
        let g = branches::<V, P>(input, parity, at);
        let before = &scratch.forward[n];
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
        let all = |bit: usize| {
            let t = |b: usize| terms[b][bit];
            let (a, b) = (S::sum(t(0), t(1)), S::sum(t(2), t(3)));
            let (c, d) = (S::sum(t(4), t(5)), S::sum(t(6), t(7)));
            S::sum(S::sum(a, b), S::sum(c, d))
        };
        let full = all(1).sub(all(0));
        let mut extrinsic = full.sub(input);
        if let Some(scale) = S::SCALE {
            extrinsic = extrinsic.scale(V::splat(scale));
        }
        let limit = V::splat(EXTRINSIC_LIMIT);
        extrinsic = extrinsic.min(limit).max(V::splat(-EXTRINSIC_LIMIT));
        extrinsic.store(&mut scratch.extrinsic[n].0, at);
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
        changed += differing.count_ones();
        // A step behind, so that the row has left the store buffer.
        if n + 1 < steps {
            scatter::<V>(
                &scratch.extrinsic[n + 1],
                &component.scatter[(n + 1) * WINDOWS..],
                target,
                at,
            );
        }
    }
    scatter::<V>(&scratch.extrinsic[0], &component.scatter, target, at);
    (state, changed)
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn scatter<V: Lanes>(row: &Row, places: &[u16], target: &mut Field, at: usize) {
    for (&value, &place) in row.0[at..at + V::COUNT].iter().zip(&places[at..at + V::COUNT]) {
        target.0[usize::from(place) % FIELD] = value;
    }
}

const _: () =
    assert!(2 * (4 * (STEP as i32 + 44) + NORMALISE as i32 * (STEP as i32 + 11)) + STEP as i32 * 2 <= 32767);
