//! Viterbi decoding of one frame some of whose bits are known, with the reliability of every bit.
//!
//! A codeword that Reed-Solomon corrected pins its bits: states that contradict them are closed, and the paths
//! through what lies between become better. Reliabilities are max-log: by how much the best path through the bit
//! as decided gains more than the best with the bit reversed, from a pass forward and a pass backward over the
//! whole trellis (L. Bahl et al., Optimal decoding of linear codes for minimizing symbol error rate, 1974).
//!
//! Metrics are correlations of the soft bits themselves in `i16`, less the best every `SPAN` steps. Open states
//! then stay above −4100 − 254·`SPAN`; closed ones begin at `CLOSED` and are all reached by open ones within
//! six steps, so they stay below.

use super::convolutional::{CONSTRAINT, output};
use multiversion::multiversion;

const STATES: usize = 1 << (CONSTRAINT - 1);
const HALF: usize = STATES / 2;
/// Steps between two normalisations.
const SPAN: usize = 16;
/// Metric of a state that a known bit rules out.
const CLOSED: i16 = -20_000;
/// Marks a bit about which nothing is known.
pub const UNKNOWN: u8 = 2;
/// Reliability of bits that are known.
pub const CERTAIN: u16 = u16::MAX;

type Metrics = [i16; STATES];

/// Sign (+1 for a one) of both symbols on the branch from state `j` with a zero.
const SIGNS: [[i16; HALF]; 2] = {
    let mut signs = [[-1; HALF]; 2];
    let mut j = 0;
    while j < HALF {
        let (c1, c2) = output((j << 1) as u8);
        if c1 {
            signs[0][j] = 1;
        }
        if c2 {
            signs[1][j] = 1;
        }
        j += 1;
    }
    signs
};

/// The bit that knowledge and reliability are about, for the state after it: the newest, or its difference to the
/// one before.
const fn subject(state: usize, differential: bool) -> usize {
    if differential {
        (state ^ state >> 1) & 1
    } else {
        state & 1
    }
}

/// Upper limits of the metrics by what is known, plain and differential.
const LIMITS: [[Metrics; 2]; 2] = {
    let mut limits = [[[i16::MAX; STATES]; 2]; 2];
    let mut n = 0;
    while n < 4 * STATES {
        let (state, known, differential) = (n % STATES, n / STATES % 2, n / STATES / 2);
        if subject(state, differential == 1) != known {
            limits[differential][known][state] = CLOSED;
        }
        n += 1;
    }
    limits
};

/// The decoder, with its memory.
#[derive(Debug, Clone, Default)]
pub struct ConstrainedViterbi {
    /// Metrics after each step, and before the first.
    forward: Vec<Metrics>,
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn branches(g1: i8, g2: i8) -> [i16; HALF] {
    let (g1, g2) = (i16::from(g1.max(-127)), i16::from(g2.max(-127)));
    std::array::from_fn(|j| SIGNS[0][j] * g1 + SIGNS[1][j] * g2)
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn step_forward(old: &Metrics, branch: &[i16; HALF]) -> Metrics {
    let (low, high) = old.split_at(HALF);
    let mut new = [0; STATES];
    for j in 0..HALF {
        new[2 * j] = (low[j] + branch[j]).max(high[j] - branch[j]);
        new[2 * j + 1] = (low[j] - branch[j]).max(high[j] + branch[j]);
    }
    new
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn step_backward(new: &Metrics, branch: &[i16; HALF]) -> Metrics {
    let mut old = [0; STATES];
    let (low, high) = old.split_at_mut(HALF);
    for j in 0..HALF {
        let (zero, one) = (new[2 * j], new[2 * j + 1]);
        low[j] = (zero + branch[j]).max(one - branch[j]);
        high[j] = (zero - branch[j]).max(one + branch[j]);
    }
    old
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn limit(metrics: &mut Metrics, known: u8, differential: bool) {
    if let Some(limits) = LIMITS[usize::from(differential)].get(usize::from(known)) {
        for (metric, &limit) in metrics.iter_mut().zip(limits) {
            *metric = (*metric).min(limit);
        }
    }
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn normalise(metrics: &mut Metrics) {
    let max = metrics.iter().copied().max().unwrap_or(0);
    for metric in metrics {
        *metric -= max;
    }
}

/// Fills `after` with the metrics of paths from any state before the first step.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn pass_forward(g1: &[i8], g2: &[i8], known: &[u8], differential: bool, after: &mut [Metrics]) {
    let mut metrics = [0; STATES];
    for (n, (((&a, &b), &known), after)) in g1.iter().zip(g2).zip(known).zip(after).enumerate() {
        if n % SPAN == 0 {
            normalise(&mut metrics);
        }
        metrics = step_forward(&metrics, &branches(a, b));
        limit(&mut metrics, known, differential);
        *after = metrics;
    }
}

/// Appends the reliabilities from the last to the first.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn pass_backward(
    (g1, g2): (&[i8], &[i8]),
    known: &[u8],
    differential: bool,
    after: &[Metrics],
    reliability: &mut Vec<u16>,
) {
    let mut metrics = [0; STATES];
    let steps = g1.iter().zip(g2).zip(known).zip(after).rev();
    for (n, (((&a, &b), &known), after)) in steps.enumerate() {
        if n % SPAN == 0 {
            normalise(&mut metrics);
        }
        limit(&mut metrics, known, differential);
        let (zero, one) = best(after, &metrics, differential);
        let certain = known < UNKNOWN;
        reliability.push(if certain { CERTAIN } else { zero.abs_diff(one) });
        metrics = step_backward(&metrics, &branches(a, b));
    }
}

/// Metrics of the best paths on which the subject is 0 and 1.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn best(before: &Metrics, behind: &Metrics, differential: bool) -> (i16, i16) {
    const LANES: usize = 16;
    let mut lanes = [i16::MIN; LANES];
    for (before, behind) in before.chunks_exact(LANES).zip(behind.chunks_exact(LANES)) {
        for ((lane, before), behind) in lanes.iter_mut().zip(before).zip(behind) {
            *lane = (*lane).max(before.saturating_add(*behind));
        }
    }
    let mut best = [i16::MIN; 4];
    for (n, lane) in lanes.into_iter().enumerate() {
        best[n % 4] = best[n % 4].max(lane);
    }
    if differential {
        (best[0].max(best[3]), best[1].max(best[2]))
    } else {
        (best[0].max(best[2]), best[1].max(best[3]))
    }
}

impl ConstrainedViterbi {
    /// A decoder without memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Decodes the soft symbols of both generators (positive = 1, 0 = erased), one of each a step, from unknown
    /// state to unknown state: bits close to either end lack support, so the caller gives a margin there.
    ///
    /// `known` says of each bit that it is 0, 1, or [`UNKNOWN`] (and anything else); with `differential` not of
    /// the bit itself but of its difference to the bit before, which is what NRZ-M and NRZ-S carry. `bits` becomes
    /// the bits of the best path that obeys (0 or 1, before line decoding), the first state winning a tie.
    /// `reliability` becomes, of the same subject as `known`, the margin by which it is decided: the difference of
    /// two correlations, so an even number of steps of the soft bits, [`CERTAIN`] where it is known.
    ///
    /// The shortest of the slices says how many steps there are.
    pub fn decode(
        &mut self,
        g1: &[i8],
        g2: &[i8],
        known: &[u8],
        differential: bool,
        bits: &mut Vec<u8>,
        reliability: &mut Vec<u16>,
    ) {
        let steps = g1.len().min(g2.len()).min(known.len());
        let (g1, g2, known) = (&g1[..steps], &g2[..steps], &known[..steps]);
        self.forward.resize(steps, [0; STATES]);
        pass_forward(g1, g2, known, differential, &mut self.forward);
        self.trace_back(g1, g2, bits);
        reliability.clear();
        pass_backward((g1, g2), known, differential, &self.forward, reliability);
        reliability.reverse();
    }

    fn trace_back(&self, g1: &[i8], g2: &[i8], bits: &mut Vec<u8>) {
        bits.clear();
        let Some(last) = self.forward.last() else { return };
        let max = last.iter().copied().max().unwrap_or(0);
        let mut state = last.iter().position(|&metric| metric == max).unwrap_or(0);
        bits.push((state & 1) as u8);
        let before = self.forward.iter().zip(g1[1..].iter().zip(&g2[1..])).rev();
        for (metrics, (&a, &b)) in before {
            let (first, second) = (state >> 1, state >> 1 | HALF);
            let branch = SIGNS[0][first] * i16::from(a.max(-127)) + SIGNS[1][first] * i16::from(b.max(-127));
            let branch = if state & 1 == 0 { branch } else { -branch };
            state = if metrics[second] - branch > metrics[first] + branch {
                second
            } else {
                first
            };
            bits.push((state & 1) as u8);
        }
        bits.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Metric of the best path with each value of the subject of each bit, by trying all paths.
    fn try_all(g1: &[i8], g2: &[i8], known: &[u8], differential: bool) -> Vec<[i32; 2]> {
        let steps = g1.len();
        let mut best = vec![[i32::MIN; 2]; steps];
        for word in 0..1usize << (steps + CONSTRAINT - 1) {
            let state = |n: usize| word >> (steps - 1 - n) & (STATES - 1);
            let obeys =
                |n: usize| known[n] >= UNKNOWN || usize::from(known[n]) == subject(state(n), differential);
            if !(0..steps).all(obeys) {
                continue;
            }
            let gain = |n: usize| {
                let (c1, c2) = output((word >> (steps - 1 - n) & 0x7F) as u8);
                let sign = |c: bool, g: i8| i32::from(g.max(-127)) * if c { 1 } else { -1 };
                sign(c1, g1[n]) + sign(c2, g2[n])
            };
            let total = (0..steps).map(gain).sum();
            for (n, best) in best.iter_mut().enumerate() {
                let subject = subject(state(n), differential);
                best[subject] = best[subject].max(total);
            }
        }
        best
    }

    /// Metric of the best path with these bits from a state that makes the first difference 1, 0, or any.
    fn gain(g1: &[i8], g2: &[i8], bits: &[u8], difference: u8) -> i32 {
        let of_start = |start: usize| -> i32 {
            let mut register = start;
            let steps = bits.iter().zip(g1.iter().zip(g2));
            steps
                .map(|(&bit, (&a, &b))| {
                    register = (register << 1 | usize::from(bit)) & 0x7F;
                    let (c1, c2) = output(register as u8);
                    let sign = |c: bool, g: i8| i32::from(g.max(-127)) * if c { 1 } else { -1 };
                    sign(c1, a) + sign(c2, b)
                })
                .sum()
        };
        let fits = |start: &usize| difference >= UNKNOWN || start & 1 == usize::from(difference ^ bits[0]);
        (0..STATES).filter(fits).map(of_start).max().unwrap_or(0)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn bits_and_reliabilities_are_those_of_all_paths(
            steps in prop::collection::vec((-128i8..=127, -128i8..=127, 0u8..6), 1..8),
            differential: bool,
        ) {
            let g1: Vec<i8> = steps.iter().map(|s| s.0).collect();
            let g2: Vec<i8> = steps.iter().map(|s| s.1).collect();
            let known: Vec<u8> = steps.iter().map(|s| s.2).collect();
            let (mut bits, mut reliability) = (Vec::new(), Vec::new());
            ConstrainedViterbi::new().decode(&g1, &g2, &known, differential, &mut bits, &mut reliability);
            let all = try_all(&g1, &g2, &known, differential);
            let best = all[0][0].max(all[0][1]);
            let difference = if differential { known[0] } else { UNKNOWN };
            prop_assert_eq!(gain(&g1, &g2, &bits, difference), best);
            for (n, [zero, one]) in all.into_iter().enumerate() {
                if known[n] < UNKNOWN {
                    prop_assert_eq!(reliability[n], CERTAIN);
                } else {
                    prop_assert_eq!(u32::from(reliability[n]), zero.abs_diff(one));
                }
            }
        }
    }

    /// Random bits, coded, in noise of this deviation at amplitude 40.
    fn noisy(count: usize, sigma: f64) -> (Vec<u8>, Vec<i8>, Vec<i8>) {
        let mut state = 99u64;
        let mut uniform = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let (mut bits, mut g1, mut g2) = (Vec::new(), Vec::new(), Vec::new());
        let mut register = 0u8;
        for _ in 0..count {
            let bit = u8::from(uniform() < 0.5);
            register = (register << 1 | bit) & 0x7F;
            let (c1, c2) = output(register);
            let mut soft = |c: bool| {
                let gauss = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
                (40.0 * (if c { 1.0 } else { -1.0 } + sigma * gauss)).clamp(-127.0, 127.0) as i8
            };
            bits.push(bit);
            g1.push(soft(c1));
            g2.push(soft(c2));
        }
        (bits, g1, g2)
    }

    #[test]
    fn full_scale_against_what_is_known_stays_in_range() {
        let (mut decoder, mut bits, mut reliability) = (ConstrainedViterbi::new(), Vec::new(), Vec::new());
        for soft in [127, -128, 0] {
            for period in [1, 2, 7, 500] {
                for differential in [false, true] {
                    let known: Vec<u8> = (0..1000).map(|n| (n / period % 3) as u8).collect();
                    let g = vec![soft; 1000];
                    decoder.decode(&g, &g, &known, differential, &mut bits, &mut reliability);
                    for n in 1..known.len() {
                        let subject = if differential {
                            bits[n] ^ bits[n - 1]
                        } else {
                            bits[n]
                        };
                        assert!(known[n] == UNKNOWN || known[n] == subject);
                    }
                }
            }
        }
    }

    const LENGTH: usize = 20_000;
    /// Eb/N0 = 1 dB.
    const SIGMA: f64 = 0.891;

    fn errors(decoded: &[u8], sent: &[u8]) -> usize {
        decoded.iter().zip(sent).filter(|(a, b)| a != b).count()
    }

    #[test]
    fn a_long_frame_of_which_nothing_is_known_decodes_as_the_streaming_decoder_does() {
        use crate::coding::viterbi::Viterbi;
        let (sent, g1, g2) = noisy(LENGTH, 0.56);
        let (mut bits, mut reliability, mut streamed) = (Vec::new(), Vec::new(), Vec::new());
        let known = vec![UNKNOWN; LENGTH];
        ConstrainedViterbi::new().decode(&g1, &g2, &known, false, &mut bits, &mut reliability);
        let mut viterbi = Viterbi::default();
        viterbi.push(&g1, &g2);
        viterbi.finish(&mut streamed);
        assert_eq!((errors(&bits, &sent), errors(&streamed, &sent)), (0, 0));
    }

    #[test]
    fn known_bits_mend_their_neighbourhood_and_wrong_bits_are_the_unreliable_ones() {
        let (sent, g1, g2) = noisy(LENGTH, SIGMA);
        let (mut decoder, mut bits, mut reliability) = (ConstrainedViterbi::new(), Vec::new(), Vec::new());
        for differential in [false, true] {
            let subject = |bits: &[u8], n: usize| match n {
                0 => UNKNOWN,
                n if differential => bits[n] ^ bits[n - 1],
                n => bits[n],
            };
            let mut known = vec![UNKNOWN; LENGTH];
            decoder.decode(&g1, &g2, &known, differential, &mut bits, &mut reliability);
            let blind = errors(&bits, &sent);
            let mean = |right: bool| {
                let of_these = |n: &usize| (subject(&bits, *n) == subject(&sent, *n)) == right;
                let list: Vec<f64> = (0..LENGTH)
                    .filter(of_these)
                    .map(|n| f64::from(reliability[n]))
                    .collect();
                list.iter().sum::<f64>() / list.len() as f64
            };
            assert!(mean(false) < 0.4 * mean(true), "{} {}", mean(false), mean(true));
            // Every other byte, as where half of the interleaved codewords were corrected.
            for n in (0..LENGTH).filter(|n| n / 8 % 2 == 0) {
                known[n] = subject(&sent, n);
            }
            decoder.decode(&g1, &g2, &known, differential, &mut bits, &mut reliability);
            for (n, &known) in known.iter().enumerate() {
                assert!(known == UNKNOWN || known == subject(&bits, n));
            }
            let wrong = (0..LENGTH)
                .filter(|&n| subject(&bits, n) != subject(&sent, n))
                .count();
            assert!(blind > 200 && wrong * 5 < blind, "{blind} {wrong}");
        }
    }
}
