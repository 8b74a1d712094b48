//! Soft-decision Viterbi decoder of the K=7, rate 1/2 code.
//!
//! Metrics are correlations (larger is better) in `i16`: a step adds at most 254 and the spread between states
//! stays below 3100, so subtracting the best metric every [`CHUNK`] steps keeps all of them in range. The
//! metrics lie in the order of the states; one step reads the halves 0..32 and 32..64 and writes even and odd
//! states, all straight loops over 32 lanes that the compiler vectorises.
//!
//! Decisions are carried along with the survivors for up to sixteen steps and then stored, so that the traceback
//! goes a group at a time. A decision is the oldest bit of the predecessor's state, that is, the information bit
//! of six steps before: a group's decisions name both its bits and the state before it.
//!
//! Every start is from unknown state (all metrics equal), every traceback from the best state, so neither the
//! start nor the end of a stream loses bits.

use super::convolutional::{CONSTRAINT, output};
use multiversion::multiversion;
use std::collections::VecDeque;

/// Trellis states.
pub const STATES: usize = 1 << (CONSTRAINT - 1);
/// Steps between two normalisations of the metrics.
pub const CHUNK: usize = 32;
/// Steps after which survivors from any state have merged (more than ten constraint lengths).
pub const CONVERGENCE: usize = 128;

const HALF: usize = STATES / 2;

/// Sign (+1 for a one) of both symbols on the branch from state `j` with a zero.
const SIGNS: ([i16; HALF], [i16; HALF]) = {
    let mut signs = ([0; HALF], [0; HALF]);
    let mut j = 0;
    while j < HALF {
        let (c1, c2) = output((j << 1) as u8);
        signs.0[j] = if c1 { 1 } else { -1 };
        signs.1[j] = if c2 { 1 } else { -1 };
        j += 1;
    }
    signs
};

/// Steps whose decisions are stored together.
const GROUP: usize = 16;

/// For each state the decisions of its survivor in the newest steps, newest lowest.
type Decisions = [u16; STATES];

/// Which implementation of the add-compare-select step runs; both give the same bits and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kernel {
    /// Written for the vector unit, chosen at run time for the processor.
    #[default]
    Vector,
    /// State by state, as the textbook has it.
    Plain,
}

/// Path metrics of all states, relative to the best of the chunk before, and the sum of what was subtracted.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    state: [i16; STATES],
    /// Correlation gained by the best path since the start.
    pub(crate) gain: i64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            state: [0; STATES],
            gain: 0,
        }
    }

    fn best(&self) -> usize {
        let max = self.state.iter().copied().max().unwrap_or(0);
        self.state.iter().position(|&m| m == max).unwrap_or(0)
    }

    fn normalise(&mut self) {
        let max = self.state.iter().copied().max().unwrap_or(0);
        self.gain += i64::from(max);
        for metric in &mut self.state {
            *metric -= max;
        }
    }

    /// Advances without keeping decisions, at most [`CHUNK`] steps.
    pub(crate) fn probe(&mut self, g1: &[i8], g2: &[i8]) {
        debug_assert!(g1.len() <= CHUNK && g1.len() == g2.len());
        probe_steps(&mut self.state, g1, g2);
        self.normalise();
    }
}

/// One step: branch metrics, both candidates of each new state, and the better one.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn step(state: &mut [i16; STATES], g1: i8, g2: i8, decisions: Option<&mut Decisions>) {
    let (low, high) = state.split_at(HALF);
    let (mut even, mut odd) = ([0i16; HALF], [0i16; HALF]);
    let (mut even_second, mut odd_second) = ([false; HALF], [false; HALF]);
    let (g1, g2) = (i16::from(g1), i16::from(g2));
    for j in 0..HALF {
        let branch = SIGNS.0[j] * g1 + SIGNS.1[j] * g2;
        let (a, b) = (low[j] + branch, high[j] - branch);
        let (c, d) = (low[j] - branch, high[j] + branch);
        even[j] = a.max(b);
        odd[j] = c.max(d);
        even_second[j] = b > a;
        odd_second[j] = d > c;
    }
    for j in 0..HALF {
        state[2 * j] = even[j];
        state[2 * j + 1] = odd[j];
    }
    if let Some(decisions) = decisions {
        let (mut even, mut odd) = ([0u16; HALF], [0u16; HALF]);
        for j in 0..HALF {
            let (first, second) = (decisions[j] << 1, decisions[j + HALF] << 1 | 1);
            even[j] = if even_second[j] { second } else { first };
            odd[j] = if odd_second[j] { second } else { first };
        }
        for j in 0..HALF {
            decisions[2 * j] = even[j];
            decisions[2 * j + 1] = odd[j];
        }
    }
}

/// Up to [`GROUP`] steps with their decisions.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn steps(state: &mut [i16; STATES], g1: &[i8], g2: &[i8], decisions: &mut Decisions) {
    let (mut local, mut carried) = (*state, [0; STATES]);
    for (&a, &b) in g1.iter().zip(g2) {
        step(&mut local, a, b, Some(&mut carried));
    }
    (*state, *decisions) = (local, carried);
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn probe_steps(state: &mut [i16; STATES], g1: &[i8], g2: &[i8]) {
    let mut local = *state;
    for (&a, &b) in g1.iter().zip(g2) {
        step(&mut local, a, b, None);
    }
    *state = local;
}

/// The textbook's form: for each new state, compare its two predecessors.
fn plain_steps(state: &mut [i16; STATES], g1: &[i8], g2: &[i8], decisions: &mut Decisions) {
    *decisions = [0; STATES];
    for (&a, &b) in g1.iter().zip(g2) {
        let (old, carried) = (*state, *decisions);
        for new in 0..STATES {
            let predecessor = |oldest: usize| new >> 1 | oldest << (CONSTRAINT - 2);
            let candidate = |oldest: usize| {
                let from = predecessor(oldest);
                let (c1, c2) = output((from << 1 | new & 1) as u8);
                let sign = |c: bool, g: i8| if c { i16::from(g) } else { -i16::from(g) };
                old[from] + sign(c1, a) + sign(c2, b)
            };
            let (zero, one) = (candidate(0), candidate(1));
            let decision = usize::from(one > zero);
            state[new] = zero.max(one);
            decisions[new] = carried[predecessor(decision)] << 1 | decision as u16;
        }
    }
}

/// Decisions of up to sixteen steps.
#[derive(Debug, Clone)]
struct Group {
    decisions: Decisions,
    steps: usize,
}

impl Group {
    /// All bits known from the `state` after the group: its own bits lowest (newest lowest), above them those of
    /// the state before it.
    fn register(&self, state: usize) -> usize {
        usize::from(self.decisions[state]) << (CONSTRAINT - 1) | state
    }

    fn state_before(&self, state: usize) -> usize {
        self.register(state) >> self.steps & (STATES - 1)
    }

    /// Writes the group's bits to the end of `out`.
    fn write(&self, state: usize, out: &mut [u8]) {
        let register = self.register(state);
        for (n, bit) in out.iter_mut().rev().enumerate() {
            *bit = (register >> n & 1) as u8;
        }
    }
}

/// Streaming decoder whose caller decides when bits are final: steps are pushed, then traced back from the
/// best state at a [`Viterbi::mark`] or at the end.
#[derive(Debug, Clone)]
pub struct Viterbi {
    metrics: Metrics,
    groups: VecDeque<Group>,
    /// Steps in `groups`.
    pending: usize,
    kernel: Kernel,
}

/// Where a decoder stood: enough to go back to it, or to trace back from it.
#[derive(Debug, Clone)]
pub struct Mark {
    metrics: Metrics,
    steps: usize,
}

impl Mark {
    /// Steps that were pending.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The same place after the oldest `emitted` steps were given out.
    pub fn after(self, emitted: usize) -> Self {
        Self {
            steps: self.steps.saturating_sub(emitted),
            metrics: self.metrics,
        }
    }
}

impl Default for Viterbi {
    fn default() -> Self {
        Self::new(Kernel::default())
    }
}

impl Viterbi {
    /// A decoder in unknown state.
    pub fn new(kernel: Kernel) -> Self {
        Self {
            metrics: Metrics::new(),
            groups: VecDeque::new(),
            pending: 0,
            kernel,
        }
    }

    /// Forgets everything, back to unknown state.
    pub fn reset(&mut self) {
        self.metrics = Metrics::new();
        self.groups.clear();
        self.pending = 0;
    }

    /// Correlation gained by the best path since the start, in units of the soft bits.
    pub fn gain(&self) -> i64 {
        self.metrics.gain
    }

    /// Steps pushed and not yet given out.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Takes the soft symbols of both generators (positive = 1, -127..=127), one of each a step. Metrics are
    /// normalised every [`CHUNK`] steps of this call, so calls of whole chunks give the same as one call.
    pub fn push(&mut self, g1: &[i8], g2: &[i8]) {
        for (a, b) in g1.chunks(CHUNK).zip(g2.chunks(CHUNK)) {
            for (a, b) in a.chunks(GROUP).zip(b.chunks(GROUP)) {
                let mut group = Group {
                    decisions: [0; STATES],
                    steps: a.len(),
                };
                match self.kernel {
                    Kernel::Vector => steps(&mut self.metrics.state, a, b, &mut group.decisions),
                    Kernel::Plain => plain_steps(&mut self.metrics.state, a, b, &mut group.decisions),
                }
                self.pending += group.steps;
                self.groups.push_back(group);
            }
            self.metrics.normalise();
        }
    }

    /// The present place.
    pub fn mark(&self) -> Mark {
        Mark {
            metrics: self.metrics.clone(),
            steps: self.pending,
        }
    }

    /// Undoes all steps after `mark` (which must not have been given out since).
    pub fn rewind(&mut self, mark: &Mark) {
        self.metrics = mark.metrics.clone();
        while self.pending > mark.steps {
            self.pending -= self.groups.pop_back().map_or(self.pending, |group| group.steps);
        }
    }

    /// Appends the oldest bits (0 or 1), as many as make whole groups within `count`, decided by tracing back
    /// from the best state at `mark`, and forgets them; how many. A mark's steps are always whole groups. Marks
    /// taken before are void.
    pub fn emit(&mut self, mark: &Mark, count: usize, out: &mut Vec<u8>) -> usize {
        let mut state = mark.metrics.best();
        let mut steps = self.pending;
        let start = out.len();
        for group in self.groups.iter().rev() {
            if steps <= mark.steps {
                if steps <= count {
                    out.resize(out.len().max(start + steps), 0);
                    group.write(state, &mut out[start + steps - group.steps..start + steps]);
                }
                state = group.state_before(state);
            }
            steps -= group.steps;
        }
        let emitted = out.len() - start;
        let mut left = emitted;
        while left > 0 {
            left -= self.groups.pop_front().map_or(left, |group| group.steps);
        }
        self.pending -= emitted;
        emitted
    }

    /// Appends all bits still pending, traced back from the best state, and resets.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let mark = self.mark();
        self.emit(&mark, mark.steps, out);
        self.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::config::ConvolutionalConfig;
    use crate::coding::convolutional::ConvolutionalEncoder;
    use proptest::prelude::*;

    fn coded(bits: &[u8]) -> (Vec<i8>, Vec<i8>) {
        let mut encoder = ConvolutionalEncoder::new(ConvolutionalConfig {
            g2_inverted: Some(false),
            ..ConvolutionalConfig::default()
        });
        let mut out = Vec::new();
        for &bit in bits {
            encoder.encode(bit, &mut out);
        }
        out.chunks(2)
            .map(|c| (c[0] as i8 * 100 - 50, c[1] as i8 * 100 - 50))
            .unzip()
    }

    fn run(kernel: Kernel, g1: &[i8], g2: &[i8], step: usize) -> (Vec<u8>, i64) {
        let mut viterbi = Viterbi::new(kernel);
        let mut out = Vec::new();
        for (a, b) in g1.chunks(step).zip(g2.chunks(step)) {
            viterbi.push(a, b);
            if viterbi.pending() > 2 * CONVERGENCE {
                let mark = viterbi.mark();
                viterbi.emit(&mark, mark.steps() - CONVERGENCE, &mut out);
            }
        }
        let gain = viterbi.gain();
        viterbi.finish(&mut out);
        (out, gain)
    }

    proptest! {
        #[test]
        fn vector_kernel_equals_the_plain_one(
            soft in prop::collection::vec((-127i8..=127, -127i8..=127), 1..900),
            chunks in 1usize..9,
        ) {
            let (g1, g2): (Vec<i8>, Vec<i8>) = soft.into_iter().unzip();
            let step = chunks * CHUNK;
            prop_assert_eq!(run(Kernel::Vector, &g1, &g2, step), run(Kernel::Plain, &g1, &g2, step));
        }

        #[test]
        fn codewords_decode_to_the_last_bit_and_the_probe_gains_the_same(
            bits in prop::collection::vec(0u8..=1, 10..700),
        ) {
            let (g1, g2) = coded(&bits);
            let (decoded, gain) = run(Kernel::Vector, &g1, &g2, CHUNK);
            prop_assert_eq!(gain, 100 * bits.len() as i64);
            prop_assert_eq!(decoded, bits);
            let mut probe = Metrics::new();
            for (a, b) in g1.chunks(CHUNK).zip(g2.chunks(CHUNK)) {
                probe.probe(a, b);
            }
            prop_assert_eq!(probe.gain, gain);
        }

        #[test]
        fn rewinding_undoes_steps(soft in prop::collection::vec((-127i8..=127, -127i8..=127), 200..400)) {
            let (g1, g2): (Vec<i8>, Vec<i8>) = soft.into_iter().unzip();
            let mut viterbi = Viterbi::default();
            viterbi.push(&g1[..96], &g2[..96]);
            let mark = viterbi.mark();
            viterbi.push(&g2[96..], &g1[96..]);
            viterbi.rewind(&mark);
            viterbi.push(&g1[96..], &g2[96..]);
            let mut out = Vec::new();
            viterbi.finish(&mut out);
            prop_assert_eq!(out, run(Kernel::Vector, &g1, &g2, 32 * 1000).0);
        }
    }

    #[test]
    fn metrics_stay_in_range_at_full_scale() {
        let ones: Vec<i8> = (0..5000)
            .map(|n| if n / 7 % 2 == 0 { 127 } else { -127 })
            .collect();
        let mut viterbi = Viterbi::default();
        viterbi.push(&ones, &ones);
        let lowest = viterbi.metrics.state.iter().min().copied();
        assert!(lowest > Some(-3100), "{lowest:?}");
    }
}
