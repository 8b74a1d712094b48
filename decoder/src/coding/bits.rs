//! Bits waiting for frame synchronisation, with the soft bit that each one came from.

use super::convolutional::{WRONG_G1, WRONG_G2, count_contradictions, count_known};
use super::puncture::{PunctureRate, SymbolMap};
use super::rescue::MARGIN;
use super::snr::SymbolSums;
use std::collections::VecDeque;

/// A run of bits that come from consecutive soft bits.
#[derive(Debug, Clone, Copy)]
struct Run {
    bit: u64,
    /// Soft bit at which the first bit begins; less than zero where the code's pattern began before the stream.
    soft: i64,
}

/// Parallel streams of the same bits under different ambiguities. Bits are numbered from the beginning of the
/// first stream ever, without gaps.
#[derive(Debug)]
pub(crate) struct BitBuffer {
    streams: Vec<Vec<i8>>,
    inner: Option<Inner>,
    /// Number of the first bit kept.
    base: u64,
    runs: VecDeque<Run>,
    map: SymbolMap,
}

/// What an inner decoder knows of each bit.
#[derive(Debug, Default)]
struct Inner {
    /// Contradicted channel symbols, as [`super::convolutional::contradictions`] names them.
    contradictions: Vec<u8>,
    /// Channel symbols of both generators as the decoder saw them, zero where none was sent.
    g1: Vec<i8>,
    g2: Vec<i8>,
}

impl BitBuffer {
    /// `inner` says that the bits come from an inner decoder of this rate, which knows the channel symbols.
    pub(crate) fn new(streams: usize, inner: Option<PunctureRate>) -> Self {
        Self {
            streams: vec![Vec::new(); streams],
            inner: inner.map(|_| Inner::default()),
            base: 0,
            runs: VecDeque::new(),
            map: inner.map_or(SymbolMap::PLAIN, SymbolMap::new),
        }
    }

    pub(crate) fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Number of the first bit kept.
    pub(crate) fn first(&self) -> u64 {
        self.base
    }

    /// Number of the bit after the last.
    pub(crate) fn end(&self) -> u64 {
        self.base + self.streams[0].len() as u64
    }

    /// From bit `end` (plus `ahead`) on bits come from soft bit `soft` and those after it.
    pub(crate) fn begin_run(&mut self, ahead: usize, soft: i64) {
        self.runs.push_back(Run {
            bit: self.end() + ahead as u64,
            soft,
        });
    }

    /// The streams, to be extended equally.
    pub(crate) fn streams_mut(&mut self) -> &mut [Vec<i8>] {
        &mut self.streams
    }

    /// The bits of a stream from `from` on.
    pub(crate) fn tail_mut(&mut self, stream: usize, from: u64) -> &mut [i8] {
        &mut self.streams[stream][(from - self.base) as usize..]
    }

    /// The channel's side of the bits last added: contradictions, and the symbols of both generators.
    pub(crate) fn extend_channel(&mut self, contradictions: &[u8], g1: &[i8], g2: &[i8]) {
        if let Some(inner) = &mut self.inner {
            inner.contradictions.extend_from_slice(contradictions);
            inner.g1.extend_from_slice(g1);
            inner.g2.extend_from_slice(g2);
        }
    }

    /// Bits from `from` up to (not including) `to`.
    pub(crate) fn slice(&self, stream: usize, from: u64, to: u64) -> &[i8] {
        &self.streams[stream][(from - self.base) as usize..(to - self.base) as usize]
    }

    fn run(&self, bit: u64) -> Run {
        let after = self.runs.partition_point(|run| run.bit <= bit);
        self.runs[after.saturating_sub(1)]
    }

    /// Soft bit at which bit `bit` began.
    pub(crate) fn soft_index(&self, bit: u64) -> u64 {
        let run = self.run(bit);
        run.soft
            .saturating_add_unsigned(self.map.begin(bit - run.bit))
            .max(0) as u64
    }

    /// Soft bit just after bit `bit`.
    pub(crate) fn soft_end(&self, bit: u64) -> u64 {
        let run = self.run(bit);
        run.soft
            .saturating_add_unsigned(self.map.end(bit - run.bit))
            .max(0) as u64
    }

    /// Contradicted channel symbols of the bits, and how many symbols were sent for them. Symbols of which nothing
    /// is known, since they are zero, count as contradicted in half of all cases.
    pub(crate) fn channel_symbols(&self, from: u64, to: u64) -> Option<(u32, u32)> {
        let (g1, g2) = self.channel(from, to)?;
        let list = &self.inner.as_ref()?.contradictions;
        let slice = &list[(from - self.base) as usize..(to - self.base) as usize];
        let run = self.run(from).bit;
        let sent = (self.map.begin(to - run) - self.map.begin(from - run)) as u32;
        let unknown = sent.saturating_sub(count_known(g1) + count_known(g2));
        Some((count_contradictions(slice) + unknown / 2, sent))
    }

    /// Es/N0 of the bits' channel symbols in decibels; `None` without an inner code, or where it cannot be told.
    pub(crate) fn es_n0_db(&self, from: u64, to: u64) -> Option<f32> {
        let (g1, g2) = self.channel(from, to)?;
        let list = &self.inner.as_ref()?.contradictions;
        let wrong = &list[(from - self.base) as usize..(to - self.base) as usize];
        let mut sums = SymbolSums::default();
        for (symbols, flag) in [(g1, WRONG_G1), (g2, WRONG_G2)] {
            sums.add_contradicted(symbols, wrong, flag);
        }
        sums.es_n0_db()
    }

    /// Channel symbols (positive = 1) of both generators of the bits, as the inner decoder saw them and before
    /// the sign of all bits is known; zero where none was sent. `None` without an inner code.
    pub(crate) fn channel(&self, from: u64, to: u64) -> Option<(&[i8], &[i8])> {
        let inner = self.inner.as_ref()?;
        let range = (from - self.base) as usize..(to - self.base) as usize;
        Some((&inner.g1[range.clone()], &inner.g2[range]))
    }

    /// Forgets the bits before `bit`, but for [`MARGIN`] of them, once they are many.
    pub(crate) fn forget(&mut self, bit: u64) {
        const MANY: u64 = 1 << 16;
        let count = bit.min(self.end()).saturating_sub(self.base + MARGIN);
        if count < MANY {
            return;
        }
        for stream in &mut self.streams {
            stream.drain(..count as usize);
        }
        if let Some(inner) = &mut self.inner {
            inner.contradictions.drain(..count as usize);
            inner.g1.drain(..count as usize);
            inner.g2.drain(..count as usize);
        }
        self.base += count;
        while self.runs.get(1).is_some_and(|run| run.bit <= self.base) {
            self.runs.pop_front();
        }
    }
}
