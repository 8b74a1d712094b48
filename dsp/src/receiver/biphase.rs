//! Bi-phase (Manchester, split-phase) line codes: two half symbols joined into one soft bit.
//!
//! A bit is sent as itself in the first half of its symbol and inverted in the second (bi-phase-L, also
//! called SP-L; IRIG 106 chapter 4 derives bi-phase-M and -S from NRZ-M and -S in the same way). The
//! halves err independently, so the bit's log-likelihood ratio is that of the first less that of the second.
//!
//! Which halves belong together shows in the data: between the halves of one bit the level always changes,
//! between those of neighbours only where the bits are equal. A Viterbi decoder of two states, the two pairings,
//! adds up how likely it is that the level changed between the halves of each pair and charges for going over from
//! one pairing to the other. A decision is taken when [`LAG`] more halves are known, in blocks counted from the
//! restart, so that it depends on the soft bits only and never on how they were cut.

use super::ReceiverStatus;
use crate::{Mark, SoftBatch};
use std::collections::VecDeque;

/// Halves decided at a time.
const BLOCK: usize = 512;
/// Halves that follow a decision.
const LAG: usize = 1024;
/// Evidence that another pairing needs: 25 nats.
const CHARGE: i32 = 25 * NAT;
/// Unit of evidence.
const NAT: i32 = 32;
/// What two halves have in energy over one, dB.
const TWO_HALVES_DB: f32 = 3.010_3;

/// Joins the soft bits of half symbols to those of bits.
///
/// Marks go with their bits: positions are those of the centres of whole symbols, and `Es/N0` and rate those of
/// whole symbols. A bit whose second half is missing is left out. Where another pairing begins, a mark says that
/// symbols were lost or repeated.
#[derive(Debug, Clone)]
pub struct BiPhase {
    /// The last half given out.
    before: i8,
    /// Halves not given out yet.
    held: Vec<i8>,
    /// For each of these the states that the best ways to both pairings came from.
    came_from: Vec<[u8; 2]>,
    /// Evidence for a pair, by how surely the level changed between its halves (from -127 on).
    weights: Vec<i32>,
    /// Halves since the restart before the first one held.
    first: u64,
    /// Evidence for each pairing: that pairs end at even and at odd places since the restart.
    evidence: [i32; 2],
    /// Marks of halves held, with their places since the restart; the first is that of the last half given out.
    marks: VecDeque<(u64, Mark)>,
    /// Place of the mark that the last bit given out had.
    marked: Option<u64>,
    /// First half that no bit has used.
    unused: u64,
    pairing: u8,
    /// Whether the next bit does not continue those before.
    restart: bool,
    /// Working memory: the pairing at each half held.
    path: Vec<u8>,
}

impl Default for BiPhase {
    fn default() -> Self {
        Self::new()
    }
}

impl BiPhase {
    /// A stage that nothing was given to.
    pub fn new() -> Self {
        Self {
            before: 0,
            held: Vec::new(),
            came_from: Vec::new(),
            weights: (-127..=127).map(weight).collect(),
            first: 0,
            evidence: [0; 2],
            marks: VecDeque::new(),
            marked: None,
            unused: 0,
            pairing: 0,
            restart: true,
            path: Vec::new(),
        }
    }

    /// What a receiver knows of whole symbols, from what it knows of halves.
    pub(super) fn status(mut halves: ReceiverStatus) -> ReceiverStatus {
        halves.es_n0_db += TWO_HALVES_DB;
        halves.symbol_rate_hz /= 2.0;
        halves
    }

    /// Takes the soft bits of half symbols, one a half, appends those bits that are decided. The concatenated
    /// output does not depend on how the input was cut into batches.
    pub fn process(&mut self, halves: &SoftBatch, out: &mut SoftBatch) {
        let mut done = 0;
        for mark in &halves.marks {
            self.take(&halves.llrs[done..mark.bit], out);
            done = mark.bit;
            if mark.restart {
                self.finish(out);
            }
            self.marks.push_back((self.first + self.held.len() as u64, *mark));
        }
        self.take(&halves.llrs[done..], out);
    }

    /// No more halves follow those given: appends what is still inside, and starts anew.
    pub fn finish(&mut self, out: &mut SoftBatch) {
        self.give(self.held.len(), out);
        self.held.clear();
        self.came_from.clear();
        self.marks.clear();
        (self.first, self.unused, self.marked) = (0, 0, None);
        self.evidence = [0; 2];
        self.restart = true;
    }

    fn take(&mut self, mut halves: &[i8], out: &mut SoftBatch) {
        while !halves.is_empty() {
            let room = (LAG + BLOCK - self.held.len()).min(halves.len());
            for &half in &halves[..room] {
                self.weigh(half);
            }
            halves = &halves[room..];
            if self.held.len() == LAG + BLOCK {
                self.give(BLOCK, out);
                self.before = self.held[BLOCK - 1];
                self.held.drain(..BLOCK);
                self.came_from.drain(..BLOCK);
                self.first += BLOCK as u64;
                let best = self.evidence[0].max(self.evidence[1]);
                self.evidence = self.evidence.map(|e| e - best);
            }
        }
    }

    /// Takes one half and what it says of the pairing of which it is a second half.
    fn weigh(&mut self, half: i8) {
        let place = self.first + self.held.len() as u64;
        let last = self.held.last().copied().unwrap_or(0);
        let sure = usize::from(half.unsigned_abs().min(last.unsigned_abs()).min(127));
        let changed = if (half > 0) == (last > 0) {
            127 - sure
        } else {
            127 + sure
        };
        let before = self.evidence;
        let mut from = [0, 1];
        for state in [0, 1] {
            let other = 1 - state;
            if before[other] - CHARGE > before[state] {
                self.evidence[state] = before[other] - CHARGE;
                from[state] = other as u8;
            }
        }
        self.evidence[(place % 2) as usize] += self.weights[changed];
        self.held.push(half);
        self.came_from.push(from);
    }

    /// Gives out the bits that end within the first `count` halves held.
    fn give(&mut self, count: usize, out: &mut SoftBatch) {
        let mut state = u8::from(self.evidence[1] >= self.evidence[0]);
        self.path.clear();
        self.path.resize(self.held.len(), 0);
        for (pairing, from) in self.path.iter_mut().zip(&self.came_from).rev() {
            *pairing = state;
            state = from[usize::from(state)];
        }
        for k in 0..count {
            let place = self.first + k as u64;
            let pairing = self.path[k];
            if place > 0 && pairing != self.pairing {
                self.restart = true;
            }
            self.pairing = pairing;
            if place % 2 == u64::from(pairing) && place > self.unused {
                let first = if k > 0 { self.held[k - 1] } else { self.before };
                self.mark(place - 1, out);
                let soft = i32::from(first) - i32::from(self.held[k]);
                out.llrs.push(soft.clamp(-127, 127) as i8);
                self.unused = place + 1;
            }
        }
    }

    /// Appends the mark of the bit that begins at this half, if it needs one.
    fn mark(&mut self, place: u64, out: &mut SoftBatch) {
        while self.marks.get(1).is_some_and(|(at, _)| *at <= place) {
            self.marks.pop_front();
        }
        let Some(&(at, mark)) = self.marks.front() else {
            return;
        };
        if self.marked == Some(at) && !self.restart {
            return;
        }
        self.marked = Some(at);
        out.marks.push(Mark {
            bit: out.llrs.len(),
            at: mark.at + ((place - at) as f64 + 0.5) * mark.samples_per_symbol,
            samples_per_symbol: 2.0 * mark.samples_per_symbol,
            restart: self.restart,
            es_n0_db: mark.es_n0_db + TWO_HALVES_DB,
            symbol_rate_hz: mark.symbol_rate_hz / 2.0,
            ..mark
        });
        self.restart = false;
    }
}

/// Log-likelihood of a pair of halves less that of two halves that have nothing to do with each other, by the
/// log-likelihood ratio of a change between them in steps of a soft bit.
fn weight(changed: i32) -> i32 {
    let change = f64::from(changed) * f64::from(SoftBatch::LLR_UNIT);
    (f64::from(NAT) * (2.0 / (1.0 + (-change).exp())).ln()).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn mark(bit: usize, at: f64, restart: bool) -> Mark {
        Mark {
            bit,
            at,
            samples_per_symbol: 3.0,
            restart,
            locked: true,
            es_n0_db: 4.0,
            offset_hz: 7.0,
            symbol_rate_hz: 200.0,
            quality: None,
        }
    }

    /// Soft bits of the halves of these bits at this amplitude (LLR 2 a y with noise of variance 1), in a batch
    /// with a mark at every 500th half.
    fn halves(bits: &[i32], amplitude: f64, seed: u64) -> SoftBatch {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut noise = || (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>();
        let llrs: Vec<i8> = bits
            .iter()
            .flat_map(|&bit| [bit, -bit])
            .map(|level| {
                let received = f64::from(level) * amplitude + noise();
                (2.0 * amplitude * received * 8.0).round().clamp(-127.0, 127.0) as i8
            })
            .collect();
        let marks = (0..llrs.len()).step_by(500);
        let marks = marks.map(|bit| mark(bit, 10.0 + 3.0 * bit as f64, bit == 0));
        SoftBatch {
            marks: marks.collect(),
            llrs,
        }
    }

    fn joined(input: &SoftBatch) -> SoftBatch {
        let (mut stage, mut out) = (BiPhase::new(), SoftBatch::default());
        stage.process(input, &mut out);
        stage.finish(&mut out);
        out
    }

    fn bits(count: usize, seed: u64) -> Vec<i32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..count).map(|_| 2 * rng.random_range(0..2) - 1).collect()
    }

    #[test]
    fn halves_are_subtracted_and_marks_go_to_the_centres_of_whole_symbols() {
        let sent = bits(3000, 1);
        let out = joined(&halves(&sent, 8.0, 2));
        let signs: Vec<i32> = out.llrs.iter().map(|l| i32::from(l.signum())).collect();
        assert_eq!(signs, sent);
        assert_eq!(out.marks.len(), 12);
        for (n, found) in out.marks.iter().enumerate() {
            let expected = Mark {
                bit: 250 * n,
                at: 11.5 + 1500.0 * n as f64,
                samples_per_symbol: 6.0,
                restart: n == 0,
                es_n0_db: 4.0 + TWO_HALVES_DB,
                symbol_rate_hz: 100.0,
                ..mark(0, 0.0, false)
            };
            assert_eq!(*found, expected);
        }
        let weak = SoftBatch {
            llrs: vec![3, -9, -100, 90, 7],
            marks: vec![mark(0, 0.0, true)],
        };
        assert_eq!(joined(&weak).llrs, [12, -127]);
    }

    #[test]
    fn the_pairing_is_found_in_noise_whichever_half_comes_first() {
        // Es/N0 of -2 dB: 0.63 = 2 a^2 / 2.
        let (sent, amplitude) = (bits(20_000, 3), 0.63_f64.sqrt());
        for skipped in [0, 1] {
            let mut input = halves(&sent, amplitude, 4);
            input.llrs.drain(..skipped);
            input.marks.truncate(1);
            let out = joined(&input);
            assert_eq!(out.marks.len(), 1);
            assert_eq!(out.marks[0].at, 10.0 + 1.5 + 3.0 * skipped as f64);
            let wrong = out
                .llrs
                .iter()
                .zip(&sent[skipped..])
                .filter(|(l, s)| i32::from(**l) * **s < 0);
            // Q(sqrt(2 * 0.63)) = 0.1309; three standard deviations, half of the soft bits of 0 included.
            let rate =
                (wrong.count() as f64 + 0.5 * out.llrs.iter().filter(|l| **l == 0).count() as f64) / 20_000.0;
            assert!((rate - 0.1309).abs() < 0.0072, "{rate}");
        }
    }

    #[test]
    fn equal_bits_leave_the_pairing_as_it_is() {
        let mut sent = bits(2000, 5);
        sent[600..1700].fill(1);
        let out = joined(&halves(&sent, 2.0, 6));
        assert_eq!(out.llrs.len(), 2000);
        assert_eq!(out.marks.iter().filter(|m| m.restart).count(), 1);
    }

    #[test]
    fn a_lost_half_is_noticed_where_it_happened_and_said() {
        for lost in [1000, 3001, 5555] {
            let sent = bits(5000, 7);
            let mut input = halves(&sent, 1.5, 8);
            input.llrs.remove(lost);
            input.marks.truncate(1);
            let out = joined(&input);
            let restarts: Vec<&Mark> = out.marks.iter().filter(|m| m.restart).collect();
            assert_eq!(restarts.len(), 2);
            assert!(
                restarts[1].bit.abs_diff(lost / 2) < 40,
                "{} {lost}",
                restarts[1].bit
            );
            let behind = out.llrs.len() - restarts[1].bit - 100;
            let tail = out.llrs.iter().rev().zip(sent.iter().rev()).take(behind);
            // Q(2.12) = 0.017.
            let wrong = tail.filter(|(l, s)| i32::from(**l) * **s < 0).count();
            assert!(wrong < 30 * behind / 1000, "{wrong} of {behind}");
        }
    }

    #[test]
    fn a_restart_gives_out_what_is_held_and_begins_anew() {
        let (before, after) = (bits(100, 9), bits(200, 10));
        let mut input = halves(&before, 6.0, 1);
        // A half without its second goes.
        input.llrs.push(40);
        let second = halves(&after, 6.0, 2);
        input.marks.push(mark(input.llrs.len(), 5000.0, true));
        input.llrs.extend(&second.llrs);
        let out = joined(&input);
        let signs: Vec<i32> = out.llrs.iter().map(|l| i32::from(l.signum())).collect();
        assert_eq!(signs, [before, after].concat());
        assert_eq!((out.marks[1].bit, out.marks[1].at), (100, 5001.5));
        assert!(out.marks[1].restart);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn cuts_are_invisible(
            cuts in prop::collection::vec(1usize..3000, 0..12), amplitude in 0.3f64..3.0, lost in 0usize..6000,
            seed in any::<u64>(),
        ) {
            let mut input = halves(&bits(4000, seed), amplitude, seed);
            input.llrs.remove(lost);
            input.marks.pop();
            input.marks[5].restart = seed % 2 == 0;
            let whole = joined(&input);
            let (mut stage, mut out, mut done) = (BiPhase::new(), SoftBatch::default(), 0);
            for end in cuts.iter().scan(0, |sum, cut| { *sum += cut; Some(*sum) }).chain([input.llrs.len()]) {
                let end = end.min(input.llrs.len());
                let inside = |m: &&Mark| m.bit >= done && m.bit < end;
                let marks = input.marks.iter().filter(inside).map(|m| Mark { bit: m.bit - done, ..*m });
                let part = SoftBatch { llrs: input.llrs[done..end].to_vec(), marks: marks.collect() };
                stage.process(&part, &mut out);
                done = end;
            }
            stage.finish(&mut out);
            prop_assert_eq!(out, whole);
        }
    }
}
