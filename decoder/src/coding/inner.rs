//! Inner decoder: soft bits to decoded bits with their places, by Viterbi decoding under the hypothesis that
//! node synchronisation has found.

mod output;

pub(crate) use output::InnerBits;

use super::config::{ConvolutionalConfig, SymbolBits};
use super::convolutional::{CONSTRAINT, contradictions, count_contradictions};
use super::hypothesis::{Hypothesis, cycle, cycle_steps};
use super::node::{Episode, Tuning, magnitudes, quality};
use super::viterbi::{Mark, Viterbi};

/// Windows after which an undecided stretch is decided at its beginning.
const LAG: usize = 6;
/// Soft bits by which both hypotheses are decoded over a change, since its place is not known exactly.
const OVERLAP: usize = 256;
/// Zeros before the first soft bit: more than a period, so that patterns can begin before the stream.
const PAD: usize = 16;
/// Soft bits needed behind a window, since exchanged arms reach over its end.
const BEHIND: usize = 2;

/// The decoder. Positions count soft bits from the newest restart; the borders of windows, blocks and runs are
/// positions where cycles begin.
#[derive(Debug)]
pub(crate) struct InnerDecoder {
    hypotheses: Vec<Hypothesis>,
    tuning: Tuning,
    /// Soft bits of a cycle, and its steps.
    cycle: (usize, usize),
    overlap: usize,
    soft: Vec<i8>,
    /// Position of `soft[PAD]`.
    base: usize,
    /// Soft index of position 0.
    origin: u64,
    /// Position behind the last soft bit.
    end: usize,
    /// Whether no soft bit follows.
    finishing: bool,
    /// Position of the next window.
    window: usize,
    current: Option<usize>,
    episode: Option<Episode>,
    /// Position from which on nothing is decided.
    decided: usize,
    viterbi: Viterbi,
    /// State of the decoder at the beginning of the window held back.
    held: Option<Mark>,
    arranged: Vec<i8>,
    g1: Vec<i8>,
    g2: Vec<i8>,
    bits: Vec<u8>,
    /// Bits of the run given out, modulo the steps of a cycle.
    given: usize,
    history: [u8; CONSTRAINT - 1],
    scratch: Vec<u8>,
    path: Vec<u8>,
    out: InnerBits,
    errors: (u64, u64),
}

impl InnerDecoder {
    /// `frame_bits` is the length of a frame in decoded bits.
    pub(crate) fn new(config: ConvolutionalConfig, symbols: SymbolBits, frame_bits: usize) -> Self {
        let hypotheses = Hypothesis::all(config, symbols);
        let tuning = Tuning::new(config.rate);
        let cycle = (cycle(config.rate), cycle_steps(config.rate));
        let frame_soft = tuning.map.begin(frame_bits as u64) as usize;
        let masks = hypotheses[0].masks.len();
        Self {
            overlap: OVERLAP.min(frame_soft / 4) / cycle.0 * cycle.0,
            soft: vec![0; PAD],
            base: 0,
            origin: 0,
            end: 0,
            finishing: false,
            window: 0,
            current: None,
            episode: Some(Episode::new(tuning, hypotheses.len(), None)),
            decided: 0,
            viterbi: Viterbi::default(),
            held: None,
            arranged: Vec::new(),
            g1: Vec::new(),
            g2: Vec::new(),
            bits: Vec::new(),
            given: 0,
            history: [0; CONSTRAINT - 1],
            scratch: Vec::new(),
            path: Vec::new(),
            out: InnerBits {
                streams: vec![Vec::new(); masks],
                ..InnerBits::default()
            },
            errors: (0, 0),
            hypotheses,
            tuning,
            cycle,
        }
    }

    /// Streams of bits given out.
    pub(crate) fn streams(&self) -> usize {
        self.out.streams.len()
    }

    /// Bits decoded since they were taken last.
    pub(crate) fn output(&mut self) -> &mut InnerBits {
        &mut self.out
    }

    fn index(&self, position: usize) -> usize {
        position - self.base + PAD
    }

    pub(crate) fn feed(&mut self, soft: &[i8]) {
        for part in soft.chunks(self.tuning.window) {
            // -128 has no negative.
            self.soft.extend(part.iter().map(|&s| s.max(-127)));
            self.end += part.len();
            while self.end >= self.window + self.tuning.window + BEHIND {
                self.take_window(self.window + self.tuning.window);
            }
        }
    }

    /// Decodes what is left and starts again at the next soft bit.
    pub(crate) fn finish(&mut self) {
        let end = self.end;
        let origin = self.origin + end as u64;
        self.soft.extend([0; BEHIND]);
        self.finishing = true;
        if end > self.window {
            self.take_window(end);
        } else if let (None, Some(current)) = (&self.episode, self.current) {
            self.push_steps(
                current,
                end,
                self.tuning.map.bits_begun(self.hypotheses[current].ahead()),
            );
        }
        if self.episode.is_some() {
            self.decide(end);
        }
        self.emit_all();
        self.soft.truncate(0);
        self.soft.resize(PAD, 0);
        (self.base, self.end, self.window, self.decided, self.origin) = (0, 0, 0, 0, origin);
        (self.current, self.held, self.finishing) = (None, None, false);
        self.episode = Some(self.new_episode());
    }

    /// An episode that begins with the current hypothesis.
    fn new_episode(&self) -> Episode {
        Episode::new(self.tuning, self.hypotheses.len(), self.current)
    }

    fn take_window(&mut self, end: usize) {
        if self.episode.is_none() && !self.continue_window(end) {
            self.open_episode();
        }
        if let Some(mut episode) = self.episode.take() {
            let (first, last) = (self.index(self.window), self.index(end));
            episode.window(&self.hypotheses, &self.soft, first, last);
            let settled = episode.best_quality() >= self.tuning.good;
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
        let middle = (self.window + self.tuning.convergence).min(end);
        self.push(current, self.window, middle);
        let traceback = self.viterbi.mark();
        self.push(current, middle, end);
        let (first, last) = (self.index(self.window), self.index(end));
        let all = magnitudes(&self.soft[first..last]);
        // A short rest at the end of the stream says nothing.
        let judged = end - self.window >= self.tuning.window / 4;
        if judged && quality(self.viterbi.gain() - gain, all) < self.tuning.good {
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
        let mut episode = self.new_episode();
        if let Some(held) = self.held.take() {
            self.viterbi.rewind(&held);
            self.g1.truncate(self.viterbi.pending());
            self.g2.truncate(self.viterbi.pending());
            self.decided = self.window - self.tuning.window;
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
        let recent = (2 * self.tuning.window / self.tuning.block).min(self.path.len());
        let constant = self.path.iter().rev().take(recent).all(|&h| Some(h) == last);
        if good && constant && episode.decided() {
            self.decide(self.window);
            self.episode = None;
            if !self.continue_window(end) {
                self.open_episode_again(end);
            }
        } else if self.window >= self.decided + LAG * self.tuning.window {
            self.decide(self.decided + self.tuning.window);
        }
    }

    /// The decoder's own gain contradicts the probe's by a hair: keep probing.
    fn open_episode_again(&mut self, end: usize) {
        let mut episode = self.new_episode();
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
        let blocks = (end - self.decided).div_ceil(self.tuning.block);
        let mut from = self.decided;
        let mut block = 0;
        while block < blocks {
            let hypothesis = self.path[block];
            let run = self.path[block..blocks]
                .iter()
                .take_while(|&&h| h == hypothesis)
                .count();
            let to = (from + run * self.tuning.block).min(end);
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
                let limit = self.end.saturating_sub(BEHIND) / self.cycle.0 * self.cycle.0;
                self.push(old, from, (from + self.overlap).min(limit).max(from));
            }
            self.emit_all();
            self.current = Some(hypothesis);
            start = from.saturating_sub(self.overlap).max(self.base);
            let begin = (self.origin + start as u64) as i64 - self.hypotheses[hypothesis].ahead() as i64;
            self.out.runs.push((self.out.len(), begin));
            self.out.nodes.push(self.describe());
        }
        let kept = self.tuning.map.bits_begun(self.tuning.convergence);
        while start < to {
            let end = (start + self.tuning.window).min(to);
            self.push(hypothesis, start, end);
            if self.viterbi.pending() >= 2 * kept {
                let mark = self.viterbi.mark();
                self.emit(&mark, self.viterbi.pending() - kept);
            }
            start = end;
        }
    }

    /// Pushes the steps whose symbols lie from `from` to `to`, give or take a period. At the end of the stream
    /// the last symbols of a pattern may be missing.
    fn push(&mut self, hypothesis: usize, from: usize, to: usize) {
        let mut symbols = to - from;
        if self.finishing && to == self.end && symbols > 0 {
            symbols += self.hypotheses[hypothesis].ahead();
        }
        self.push_steps(hypothesis, from, self.tuning.map.bits_begun(symbols));
    }

    /// Pushes `steps` steps from the period on that belongs to position `from`.
    fn push_steps(&mut self, hypothesis: usize, from: usize, steps: usize) {
        let old = self.g1.len();
        self.g1.resize(old + steps, 0);
        self.g2.resize(old + steps, 0);
        let index = self.index(from) - self.hypotheses[hypothesis].ahead();
        let (g1, g2) = (&mut self.g1[old..], &mut self.g2[old..]);
        self.hypotheses[hypothesis].gather(&self.soft, index, &mut self.arranged, g1, g2);
        self.viterbi.push(g1, g2);
    }

    /// Gives out the oldest bits, as many as make whole groups within `count`, traced back from `mark`.
    fn emit(&mut self, mark: &Mark, count: usize) {
        self.bits.clear();
        let count = self.viterbi.emit(mark, count, &mut self.bits);
        let (g1, g2) = (&self.g1[..count], &self.g2[..count]);
        let from = self.out.contradictions.len();
        contradictions(
            &self.bits,
            &mut self.history,
            g1,
            g2,
            &mut self.scratch,
            &mut self.out.contradictions,
        );
        self.out.g1.extend_from_slice(g1);
        self.out.g2.extend_from_slice(g2);
        let wrong = count_contradictions(&self.out.contradictions[from..]).into();
        if count > 0 {
            self.errors = (wrong, self.tuning.map.begin(count as u64));
        }
        self.g1.drain(..count);
        self.g2.drain(..count);
        self.give();
    }

    /// The decoded bits under every mask.
    fn give(&mut self) {
        self.out.streams[0].extend(self.bits.iter().map(|&bit| bit as i8 * 2 - 1));
        let Some(current) = self.current else { return };
        let masks = &self.hypotheses[current].masks;
        for (stream, mask) in self.out.streams.iter_mut().zip(masks).skip(1) {
            let mask = mask.iter().cycle().skip(self.given);
            stream.extend(
                self.bits
                    .iter()
                    .zip(mask)
                    .map(|(&bit, &m)| (bit ^ m) as i8 * 2 - 1),
            );
        }
        self.given = (self.given + self.bits.len()) % self.cycle.1;
    }

    fn emit_all(&mut self) {
        let mark = self.viterbi.mark();
        self.emit(&mark, self.viterbi.pending());
        self.viterbi.reset();
        self.history = [0; CONSTRAINT - 1];
        self.given = 0;
    }

    /// Forgets soft bits that no decision can reach any more.
    fn compact(&mut self) {
        let keep = self
            .window
            .min(self.decided)
            .saturating_sub(self.tuning.window + self.overlap)
            / self.cycle.0
            * self.cycle.0;
        if keep > self.base + 16 * self.tuning.window {
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
