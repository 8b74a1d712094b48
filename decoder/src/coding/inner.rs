//! Inner decoder: soft bits to decoded bits with their places, by Viterbi decoding under the hypothesis that
//! node synchronisation has found.

use super::config::{ConvolutionalConfig, SymbolBits};
use super::convolutional::{CONSTRAINT, contradictions};
use super::hypothesis::Hypothesis;
use super::node::{BLOCK_SOFT, Episode, magnitudes, quality};
use super::viterbi::{CONVERGENCE, Mark, Viterbi};

/// Soft bits judged at a time.
const WINDOW: usize = 1024;
/// Relative gain of a window below which other hypotheses are tried: between that of noise (0.86) and that of the
/// right pairing at Eb/N0 = 2 dB (0.93).
const GOOD: f64 = 0.9;
/// Windows after which an undecided stretch is decided at its beginning.
const LAG: usize = 6;
/// Soft bits by which both hypotheses are decoded over a change, since its place is not known exactly.
const OVERLAP: usize = 256;
/// Soft bits of padding, so that crossed pairs can reach over both ends.
const PAD: usize = 2;
/// Steps after which bits are given out while hypotheses are probed.
const PENDING: usize = 1024;

/// Decoded bits, in runs of consecutive soft bits.
#[derive(Debug, Default)]
pub(crate) struct InnerBits {
    /// Decoded bits (0 or 1).
    pub(crate) bits: Vec<u8>,
    /// How many of each bit's two channel symbols it contradicts.
    pub(crate) contradictions: Vec<u8>,
    /// Runs: number of bits before, and index of the soft bit at which the first of the run begins.
    pub(crate) runs: Vec<(usize, u64)>,
}

/// The decoder. Positions count soft bits from the newest restart.
#[derive(Debug)]
pub(crate) struct InnerDecoder {
    hypotheses: Vec<Hypothesis>,
    overlap: usize,
    soft: Vec<i8>,
    /// Position of `soft[PAD]`.
    base: usize,
    /// Soft index of position 0.
    origin: u64,
    /// Position behind the last soft bit.
    end: usize,
    /// Position of the next window.
    window: usize,
    current: Option<usize>,
    episode: Option<Episode>,
    /// Position from which on nothing is decided.
    decided: usize,
    viterbi: Viterbi,
    /// State of the decoder at the beginning of the window held back.
    held: Option<Mark>,
    g1: Vec<i8>,
    g2: Vec<i8>,
    history: [u8; CONSTRAINT - 1],
    scratch: Vec<u8>,
    path: Vec<u8>,
    out: InnerBits,
    errors: (u64, u64),
}

impl InnerDecoder {
    /// `frame_soft` is the length of a frame in soft bits.
    pub(crate) fn new(config: ConvolutionalConfig, symbols: SymbolBits, frame_soft: usize) -> Self {
        let hypotheses = Hypothesis::all(config, symbols);
        let episode = Some(Episode::new(hypotheses.len(), None));
        Self {
            hypotheses,
            overlap: OVERLAP.min(frame_soft / 4) & !1,
            soft: vec![0; PAD],
            base: 0,
            origin: 0,
            end: 0,
            window: 0,
            current: None,
            episode,
            decided: 0,
            viterbi: Viterbi::default(),
            held: None,
            g1: Vec::new(),
            g2: Vec::new(),
            history: [0; CONSTRAINT - 1],
            scratch: Vec::new(),
            path: Vec::new(),
            out: InnerBits::default(),
            errors: (0, 0),
        }
    }

    /// Bits decoded since they were taken last.
    pub(crate) fn output(&mut self) -> &mut InnerBits {
        &mut self.out
    }

    fn index(&self, position: usize) -> usize {
        position - self.base + PAD
    }

    pub(crate) fn feed(&mut self, soft: &[i8]) {
        for part in soft.chunks(WINDOW) {
            // -128 has no negative.
            self.soft.extend(part.iter().map(|&s| s.max(-127)));
            self.end += part.len();
            while self.end >= self.window + WINDOW + PAD {
                self.take_window(self.window + WINDOW);
            }
        }
    }

    /// Decodes what is left and starts again at the next soft bit.
    pub(crate) fn finish(&mut self) {
        let end = self.end;
        let origin = self.origin + end as u64;
        self.soft.extend([0; PAD]);
        if end > self.window {
            self.take_window(end);
        }
        if self.episode.is_some() {
            self.decide(end);
        }
        self.emit_all();
        self.soft.truncate(0);
        self.soft.resize(PAD, 0);
        (self.base, self.end, self.window, self.decided, self.origin) = (0, 0, 0, 0, origin);
        (self.current, self.held) = (None, None);
        self.episode = Some(Episode::new(self.hypotheses.len(), None));
    }

    fn take_window(&mut self, end: usize) {
        if self.episode.is_none() && !self.continue_window(end) {
            self.open_episode();
        }
        if let Some(mut episode) = self.episode.take() {
            let (first, last) = (self.index(self.window), self.index(end));
            episode.window(&self.hypotheses, &self.soft, first, last);
            let settled = episode.best_quality() >= GOOD;
            self.episode = Some(episode);
            self.settle(end, settled);
        }
        self.window = end;
        self.compact();
    }

    /// Decodes a window under the current hypothesis; false, and nothing done, when it does not fit.
    fn continue_window(&mut self, end: usize) -> bool {
        let Some(current) = self.current else { return false };
        let start = self.viterbi.mark();
        let gain = self.viterbi.gain();
        let middle = (self.window + 2 * CONVERGENCE).min(end);
        self.push(current, self.window, middle);
        let traceback = self.viterbi.mark();
        self.push(current, middle, end);
        let (first, last) = (self.index(self.window), self.index(end));
        let all = magnitudes(&self.soft[first..last]);
        // A short rest at the end of the stream says nothing.
        let judged = end - self.window >= WINDOW / 4;
        if judged && quality(self.viterbi.gain() - gain, all) < GOOD {
            self.viterbi.rewind(&start);
            self.g1.truncate(self.viterbi.pending());
            self.g2.truncate(self.viterbi.pending());
            return false;
        }
        let before = self.viterbi.pending();
        self.emit(&traceback, start.steps());
        self.held = Some(start.after(before - self.viterbi.pending()));
        self.decided = end;
        true
    }

    /// Puts the window held back and the present one before all hypotheses.
    fn open_episode(&mut self) {
        let mut episode = Episode::new(self.hypotheses.len(), self.current);
        if let Some(held) = self.held.take() {
            self.viterbi.rewind(&held);
            self.g1.truncate(self.viterbi.pending());
            self.g2.truncate(self.viterbi.pending());
            self.decided = self.window - WINDOW;
            let (first, last) = (self.index(self.decided), self.index(self.window));
            episode.window(&self.hypotheses, &self.soft, first, last);
        }
        self.episode = Some(episode);
    }

    /// Decides what can be decided of the stretch that ends at `end`, and ends the episode when its newest
    /// two windows are explained by one hypothesis.
    fn settle(&mut self, end: usize, good: bool) {
        let Some(episode) = &self.episode else { return };
        episode.path(&mut self.path);
        let last = self.path.last().copied();
        let recent = (2 * WINDOW / BLOCK_SOFT).min(self.path.len());
        let constant = self.path.iter().rev().take(recent).all(|&h| Some(h) == last);
        if good && constant && episode.decided() {
            self.decide(self.window);
            self.episode = None;
            if !self.continue_window(end) {
                self.open_episode_again(end);
            }
        } else if self.window >= self.decided + LAG * WINDOW {
            self.decide(self.decided + WINDOW);
        }
    }

    /// The decoder's own gain contradicts the probe's by a hair: keep probing.
    fn open_episode_again(&mut self, end: usize) {
        let mut episode = Episode::new(self.hypotheses.len(), self.current);
        let (first, last) = (self.index(self.window), self.index(end));
        episode.window(&self.hypotheses, &self.soft, first, last);
        self.episode = Some(episode);
        self.held = None;
    }

    /// Decodes up to `end` under the best sequence of hypotheses.
    fn decide(&mut self, end: usize) {
        let Some(mut episode) = self.episode.take() else {
            return;
        };
        episode.path(&mut self.path);
        let blocks = (end - self.decided).div_ceil(BLOCK_SOFT);
        let mut from = self.decided;
        let mut block = 0;
        while block < blocks {
            let hypothesis = self.path[block];
            let run = self.path[block..blocks]
                .iter()
                .take_while(|&&h| h == hypothesis)
                .count();
            let to = (from + run * BLOCK_SOFT).min(end);
            self.decode_run(usize::from(hypothesis), from, to);
            (from, block) = (to, block + run);
        }
        episode.drop_blocks(blocks);
        self.decided = end;
        self.episode = Some(episode);
    }

    fn decode_run(&mut self, hypothesis: usize, from: usize, to: usize) {
        let mut start = from;
        if self.current != Some(hypothesis) {
            if let Some(old) = self.current {
                let limit = self.end.saturating_sub(PAD) & !1;
                self.push(old, from, (from + self.overlap).min(limit).max(from));
            }
            self.emit_all();
            self.current = Some(hypothesis);
            start = from.saturating_sub(self.overlap).max(self.base);
            let offset = usize::from(self.hypotheses[hypothesis].offset);
            self.out
                .runs
                .push((self.out.bits.len(), self.origin + (start + offset) as u64));
        }
        while start < to {
            let end = (start + WINDOW).min(to);
            self.push(hypothesis, start, end);
            if self.viterbi.pending() >= PENDING {
                let mark = self.viterbi.mark();
                self.emit(&mark, self.viterbi.pending() - CONVERGENCE);
            }
            start = end;
        }
    }

    /// Pushes the steps whose pairs begin from `from` to `to` (both even, or `to` the end of the stream).
    fn push(&mut self, hypothesis: usize, from: usize, to: usize) {
        let hypothesis = self.hypotheses[hypothesis];
        let first = from + usize::from(hypothesis.offset);
        // At the end of the stream the last pair may lack its second soft bit.
        let to = to.min(self.end_of_pairs());
        let steps = to.saturating_sub(first).div_ceil(2);
        if steps == 0 {
            return;
        }
        let old = self.g1.len();
        self.g1.resize(old + steps, 0);
        self.g2.resize(old + steps, 0);
        let index = self.index(first);
        hypothesis.gather(&self.soft, index, &mut self.g1[old..], &mut self.g2[old..]);
        self.viterbi.push(&self.g1[old..], &self.g2[old..]);
    }

    /// Position behind the last soft bit at which a pair can begin.
    fn end_of_pairs(&self) -> usize {
        self.end.saturating_sub(1)
    }

    /// Gives out the oldest bits, as many as make whole groups within `count`, traced back from `mark`.
    fn emit(&mut self, mark: &Mark, count: usize) {
        let start = self.out.bits.len();
        let count = self.viterbi.emit(mark, count, &mut self.out.bits);
        let (bits, g1, g2) = (&self.out.bits[start..], &self.g1[..count], &self.g2[..count]);
        let from = self.out.contradictions.len();
        contradictions(
            bits,
            &mut self.history,
            g1,
            g2,
            &mut self.scratch,
            &mut self.out.contradictions,
        );
        let wrong: u64 = self.out.contradictions[from..]
            .iter()
            .map(|n| u64::from(n.count_ones()))
            .sum();
        if count > 0 {
            self.errors = (wrong, 2 * count as u64);
        }
        self.g1.drain(..count);
        self.g2.drain(..count);
    }

    fn emit_all(&mut self) {
        let mark = self.viterbi.mark();
        self.emit(&mark, self.viterbi.pending());
        self.viterbi.reset();
        self.history = [0; CONSTRAINT - 1];
    }

    /// Forgets soft bits that no decision can reach any more.
    fn compact(&mut self) {
        let keep = self
            .window
            .min(self.decided)
            .saturating_sub(WINDOW + self.overlap)
            & !1;
        if keep > self.base + 16 * WINDOW {
            self.soft.drain(..keep - self.base);
            self.base = keep;
        }
    }

    /// Whether one hypothesis is clearly the best.
    pub(crate) fn locked(&self) -> bool {
        self.current.is_some() && self.episode.as_ref().is_none_or(Episode::decided)
    }

    /// Share of channel symbols that the newest decoded bits contradict.
    pub(crate) fn channel_ber(&self) -> f32 {
        if self.errors.1 == 0 {
            f32::NAN
        } else {
            self.errors.0 as f32 / self.errors.1 as f32
        }
    }

    /// The current hypothesis, for people.
    pub(crate) fn describe(&self) -> String {
        self.current
            .map_or_else(String::new, |h| self.hypotheses[h].to_string())
    }
}
