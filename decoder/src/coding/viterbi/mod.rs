//! Soft-decision Viterbi decoder of the K=7, rate 1/2 code.
//!
//! Symbols are quantised to a few levels (`quantise`), so that the metrics of all states fit one register of 64
//! bytes (`trellis` has the arithmetic, which all kernels share to the bit). Each step stores one bit of decision
//! a state. While steps are added, the path before them is already traced back from the state that was best then;
//! giving out bits only traces until it meets that path, which it does after a few constraint lengths.
//!
//! Every start is from unknown state (all metrics equal), every traceback from the best state, so neither the
//! start nor the end of a stream loses bits.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod kernel;
mod loops;
mod plain;
mod portable;
mod quantise;
mod trellis;

pub use kernel::Kernel;
pub use trellis::STATES;

use kernel::Trace;
use quantise::{Level, Magnitudes, SPAN};
use trellis::{Branch, Paths, ROUND, Round, back, bit, round_back};

/// Steps of a block of node synchronisation, of which one call of `Metrics::probe` takes one.
pub const CHUNK: usize = 32;
/// Steps after which survivors from any state have merged (more than ten constraint lengths).
pub const CONVERGENCE: usize = 128;
/// Steps that are quantised at a time, so that their branches stay in the nearest cache.
const SLAB: usize = 4 * SPAN;

/// Rounds that may lie before the pending ones, so that these are seldom moved.
const KEPT: usize = 1024;

/// The six bits of a place, oldest first, as bytes; two more bytes make a word that is written at once.
const SPELLED: [[u8; 8]; STATES] = {
    let mut spelled = [[0; 8]; STATES];
    let mut n = 0;
    while n < ROUND * STATES {
        let (place, phase) = (n / ROUND, n % ROUND);
        spelled[place][phase] = (place & bit(phase) != 0) as u8;
        n += 1;
    }
    spelled
};

/// Path metrics of all states with the scale of the symbols.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    paths: Paths,
    level: Level,
    /// Cost of the best path since the start.
    cost: i64,
    /// Correlation gained by the best path since the start, in units of the soft bits.
    pub(crate) gain: i64,
}

/// Steps ready for a kernel.
#[derive(Debug, Clone)]
struct Slab<const N: usize> {
    branches: [Branch; N],
    steps: usize,
}

impl<const N: usize> Slab<N> {
    const fn new() -> Self {
        Self {
            branches: [0; N],
            steps: 0,
        }
    }

    /// Quantises the symbols of at most `N` steps.
    fn fill(&mut self, kernel: Kernel, level: &mut Level, g1: &[i8], g2: &[i8]) -> Magnitudes {
        self.steps = g1.len().min(g2.len());
        let steps = self.steps;
        level.quantise(kernel, g1, g2, &mut self.branches[..steps])
    }

    /// Steps before the first whole round, when the next step has this phase.
    fn head(&self, phase: usize) -> usize {
        ((ROUND - phase) % ROUND).min(self.steps)
    }

    /// The whole rounds from step `first` on.
    fn whole(&self, first: usize) -> &[[Branch; ROUND]] {
        let steps = first..self.steps;
        self.branches[steps].as_chunks().0
    }

    fn single(&self, kernel: Kernel, paths: &mut Paths, from: usize, to: usize, round: &mut Round) {
        kernel.steps(paths, &self.branches[from..to], round);
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            paths: Paths::new(),
            level: Level::default(),
            cost: 0,
            gain: 0,
        }
    }

    /// Advances without keeping decisions, at most [`CHUNK`] steps.
    pub(crate) fn probe(&mut self, g1: &[i8], g2: &[i8]) {
        debug_assert!(g1.len() <= CHUNK && g1.len() == g2.len());
        let mut slab = Slab::<CHUNK>::new();
        let kernel = Kernel::Vector.resolve();
        let sums = slab.fill(kernel, &mut self.level, g1, g2);
        let (paths, mut round) = (&mut self.paths, [0; ROUND]);
        let head = slab.head(paths.phase);
        slab.single(kernel, paths, 0, head, &mut round);
        let mut trace = Trace {
            rounds: &[],
            places: &mut [],
            left: 0,
            place: 0,
        };
        let whole = (slab.steps - head) / ROUND;
        kernel.rounds(
            paths,
            slab.whole(head),
            &mut [[0; ROUND]; CHUNK / ROUND],
            &mut trace,
        );
        slab.single(kernel, paths, head + whole * ROUND, slab.steps, &mut round);
        self.count_gain(kernel, sums);
    }

    /// Counts what the best path gained by steps with these magnitudes.
    fn count_gain(&mut self, kernel: Kernel, sums: Magnitudes) {
        let before = self.cost;
        self.cost = self.paths.subtracted + i64::from(kernel.best(&self.paths).0);
        // What contradicts the path counts against it instead of for it.
        let gained = (sums.quantised - 2 * (self.cost - before)) * sums.soft;
        let per = sums.quantised.max(1);
        self.gain += (2 * gained + per).div_euclid(2 * per);
    }
}

/// Streaming decoder whose caller decides when bits are final: steps are pushed, then traced back from the
/// best state at a [`Viterbi::mark`] or at the end.
#[derive(Debug, Clone)]
pub struct Viterbi {
    metrics: Metrics,
    /// Decisions from the round of the oldest pending step on, behind the newest whatever was there before.
    rounds: Vec<Round>,
    /// Places at the ends of the first rounds, all on one path.
    path: Vec<u8>,
    /// Steps that were given out.
    skipped: usize,
    /// Steps behind these.
    pending: usize,
    slab: Box<Slab<SLAB>>,
    /// Places where a traceback had not met the path yet, newest first.
    unmet: Vec<u8>,
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
            rounds: Vec::new(),
            path: Vec::new(),
            skipped: 0,
            pending: 0,
            slab: Box::new(Slab::new()),
            unmet: Vec::new(),
            kernel: kernel.resolve(),
        }
    }

    /// Forgets everything, back to unknown state.
    pub fn reset(&mut self) {
        self.metrics = Metrics::new();
        self.path.clear();
        (self.skipped, self.pending) = (0, 0);
    }

    /// Correlation gained by the best path since the start, in units of the soft bits.
    pub fn gain(&self) -> i64 {
        self.metrics.gain
    }

    /// Steps pushed and not yet given out.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Takes the soft symbols of both generators (positive = 1, -127..=127, 0 = erased), one of each a step. They
    /// are scaled in spans of 256 steps of this call, so calls of whole spans give the same as one call.
    pub fn push(&mut self, g1: &[i8], g2: &[i8]) {
        let steps = g1.len().min(g2.len());
        let (g1, g2) = (&g1[..steps], &g2[..steps]);
        for (g1, g2) in g1.chunks(SLAB).zip(g2.chunks(SLAB)) {
            let sums = self.slab.fill(self.kernel, &mut self.metrics.level, g1, g2);
            self.push_slab();
            self.metrics.count_gain(self.kernel, sums);
        }
    }

    fn push_slab(&mut self) {
        let Self {
            metrics,
            rounds,
            slab,
            kernel,
            ..
        } = self;
        let (steps, end) = (slab.steps, self.skipped + self.pending);
        let needed = (end + steps).div_ceil(ROUND);
        if rounds.len() < needed {
            rounds.resize(needed, [0; ROUND]);
        }
        let paths = &mut metrics.paths;
        let head = slab.head(paths.phase);
        if head > 0 {
            slab.single(*kernel, paths, 0, head, &mut rounds[end / ROUND]);
        }
        let (old, new) = rounds.split_at_mut((end + head) / ROUND);
        let whole = (steps - head) / ROUND;
        // What was given out needs no path.
        let first = self.skipped / ROUND;
        let known = self.path.len().max(first);
        let unknown = (old.len() - known).min(whole);
        let place = kernel.best(paths).1;
        self.path.resize(old.len(), 0);
        let mut trace = Trace {
            rounds: &old[old.len() - unknown..],
            places: &mut self.path[old.len() - unknown..],
            left: unknown,
            place,
        };
        if whole > 0 {
            kernel.rounds(paths, slab.whole(head), &mut new[..whole], &mut trace);
            let (left, place) = (old.len() - unknown + trace.left, trace.place);
            meet(&old[first..left], &mut self.path[first..], known - first, place);
        } else {
            self.path.truncate(known);
        }
        let tail = head + whole * ROUND;
        if tail < steps {
            slab.single(*kernel, paths, tail, steps, &mut new[whole]);
        }
        self.pending += steps;
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
        self.pending = mark.steps;
        let end = self.skipped + self.pending;
        self.path.truncate(end / ROUND);
    }

    /// Appends the oldest `count` bits (0 or 1), or as many as there are before `mark`, decided by tracing back
    /// from the best state at `mark`, and forgets them; how many. Marks taken before are void but for
    /// [`Mark::after`].
    pub fn emit(&mut self, mark: &Mark, count: usize, out: &mut Vec<u8>) -> usize {
        let count = count.min(mark.steps);
        if count == 0 {
            return 0;
        }
        let end = self.skipped + mark.steps;
        let mut place = self.kernel.best(&mark.metrics.paths).1;
        let newest = place;
        for phase in (0..end % ROUND).rev() {
            place = back(self.rounds[end / ROUND][phase], phase, place);
        }
        self.unmet.clear();
        let (first, mut whole) = (self.skipped / ROUND, end / ROUND);
        while whole > first && self.path.get(whole - 1) != Some(&(place as u8)) {
            self.unmet.push(place as u8);
            place = round_back(&self.rounds[whole - 1], place);
            whole -= 1;
        }
        // Whole rounds first, then what is too much goes.
        let (start, before) = (out.len(), self.skipped % ROUND);
        out.resize(start + (before + count).next_multiple_of(ROUND), 0);
        self.unmet.reverse();
        let rest = spell(self.path.get(first..whole).unwrap_or(&[]), &mut out[start..]);
        let rest = spell(&self.unmet, rest);
        spell(&[newest as u8], rest);
        out.truncate(start + before + count);
        out.drain(start..start + before);
        self.forget(count);
        count
    }

    /// Drops the oldest steps, in truth only once they are many.
    fn forget(&mut self, count: usize) {
        self.pending -= count;
        self.skipped += count;
        let whole = self.skipped / ROUND;
        if whole > KEPT {
            let end = (self.skipped + self.pending).div_ceil(ROUND);
            self.skipped %= ROUND;
            self.rounds.copy_within(whole..end, 0);
            self.path.drain(..whole.min(self.path.len()));
        }
    }

    /// Appends all bits still pending, traced back from the best state, and resets.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let mark = self.mark();
        self.emit(&mark, mark.steps, out);
        self.reset();
    }
}

/// Writes the bits of the places as far as there is room; the room that is left.
fn spell<'a>(places: &[u8], mut bits: &'a mut [u8]) -> &'a mut [u8] {
    for &place in places {
        let spelled = &SPELLED[usize::from(place) % STATES];
        if let Some(word) = bits.first_chunk_mut() {
            // The next place writes over what is too much.
            *word = *spelled;
        } else if let Some(round) = bits.first_chunk_mut::<ROUND>() {
            round.copy_from_slice(&spelled[..ROUND]);
        } else {
            break;
        }
        bits = &mut bits[ROUND..];
    }
    bits
}

/// Traces back from `place`, at the end of `rounds`, until it meets the `known` beginning of the path.
fn meet(rounds: &[Round], path: &mut [u8], known: usize, mut place: usize) {
    for (n, round) in rounds.iter().enumerate().rev() {
        if n < known && usize::from(path[n]) == place {
            return;
        }
        path[n] = place as u8;
        place = round_back(round, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::config::{ConvolutionalConfig, InvertedBranch};
    use crate::coding::convolutional::ConvolutionalEncoder;
    use proptest::prelude::*;

    fn coded(bits: &[u8]) -> (Vec<i8>, Vec<i8>) {
        let mut encoder = ConvolutionalEncoder::new(ConvolutionalConfig {
            inverted: Some(InvertedBranch::None),
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

    /// All kernels, those that the processor lacks standing for the portable one.
    const KERNELS: [Kernel; 4] = [Kernel::Vector, Kernel::Avx512, Kernel::Avx2, Kernel::Portable];

    fn assert_all_equal(g1: &[i8], g2: &[i8], step: usize) {
        let plain = run(Kernel::Plain, g1, g2, step);
        for kernel in KERNELS {
            assert_eq!(run(kernel, g1, g2, step), plain, "{kernel:?}");
        }
    }

    #[test]
    fn kernels_equal_the_plain_one_at_the_extremes() {
        let length = 3000;
        let constant = |value: i8| vec![value; length];
        let alternating = |period: usize| -> Vec<i8> {
            let sign = |n: usize| if (n / period).is_multiple_of(2) { 127 } else { -128 };
            (0..length).map(sign).collect()
        };
        let mut soft: Vec<Vec<i8>> = [0, 1, -1, 127, -127, -128].map(constant).to_vec();
        soft.extend([1, 2, 3, 5, 7, 64].map(alternating));
        for g1 in &soft {
            for g2 in &soft {
                assert_all_equal(g1, g2, 1001);
            }
        }
    }

    #[test]
    fn the_path_found_on_the_way_is_the_one_traced_back_at_the_end() {
        let mut state = 7u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as i8
        };
        let (g1, g2): (Vec<i8>, Vec<i8>) = (0..20_000).map(|_| (noise(), noise())).unzip();
        let mut viterbi = Viterbi::default();
        for (a, b) in g1.chunks(SPAN).zip(g2.chunks(SPAN)) {
            viterbi.push(a, b);
        }
        let mut untraced = viterbi.clone();
        untraced.path.clear();
        let (mut traced, mut at_the_end) = (Vec::new(), Vec::new());
        viterbi.finish(&mut traced);
        untraced.finish(&mut at_the_end);
        assert!(traced == at_the_end);
    }

    proptest! {
        #[test]
        fn kernels_equal_the_plain_one(
            soft in prop::collection::vec((-128i8..=127, -128i8..=127), 1..2000),
            step in 1usize..600,
        ) {
            let (g1, g2): (Vec<i8>, Vec<i8>) = soft.into_iter().unzip();
            assert_all_equal(&g1, &g2, step);
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
        fn rewinding_undoes_steps(
            soft in prop::collection::vec((-127i8..=127, -127i8..=127), 200..2000),
            at in 1usize..199,
        ) {
            let (g1, g2): (Vec<i8>, Vec<i8>) = soft.into_iter().unzip();
            let mut viterbi = Viterbi::default();
            viterbi.push(&g1[..at], &g2[..at]);
            let mut expected = viterbi.clone();
            let mark = viterbi.mark();
            viterbi.push(&g2[at..], &g1[at..]);
            viterbi.rewind(&mark);
            let (mut out, mut expected_out) = (Vec::new(), Vec::new());
            for (viterbi, out) in [(&mut viterbi, &mut out), (&mut expected, &mut expected_out)] {
                viterbi.push(&g1[at..], &g2[at..]);
                viterbi.emit(&mark, at / 2, out);
                viterbi.finish(out);
            }
            prop_assert_eq!(out, expected_out);
        }
    }

    #[test]
    fn costs_stay_far_from_saturation_in_noise_and_in_codewords() {
        let mut state = 1u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 33
        };
        let bits: Vec<u8> = (0..20_000).map(|_| (random() & 1) as u8).collect();
        let (g1, g2) = coded(&bits);
        let noise: Vec<i8> = (0..20_000).map(|_| random() as i8).collect();
        for (g1, g2) in [(&g1, &g2), (&noise, &g1), (&noise, &noise)] {
            let mut viterbi = Viterbi::default();
            let mut most = 0;
            for (a, b) in g1.chunks(24).zip(g2.chunks(24)) {
                viterbi.push(a, b);
                most = most.max(viterbi.metrics.paths.at.iter().copied().max().unwrap_or(0));
            }
            assert!(most < 250, "{most}");
        }
    }
}
