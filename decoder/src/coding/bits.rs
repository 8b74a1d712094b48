//! Bits waiting for frame synchronisation, with the soft bit that each one came from.

use std::collections::VecDeque;

/// A run of bits that come from evenly spaced soft bits.
#[derive(Debug, Clone, Copy)]
struct Run {
    bit: u64,
    soft: u64,
}

/// Parallel streams of the same bits under different ambiguities. Bits are numbered from the beginning of the
/// first stream ever, without gaps.
#[derive(Debug)]
pub(crate) struct BitBuffer {
    streams: Vec<Vec<i8>>,
    contradictions: Option<Vec<u8>>,
    /// Number of the first bit kept.
    base: u64,
    runs: VecDeque<Run>,
    /// Soft bits from one bit to the next.
    stride: u64,
}

impl BitBuffer {
    /// `inner` says that the bits come from an inner decoder, which states contradictions.
    pub(crate) fn new(streams: usize, inner: bool) -> Self {
        Self {
            streams: vec![Vec::new(); streams],
            contradictions: inner.then(Vec::new),
            base: 0,
            runs: VecDeque::new(),
            stride: if inner { 2 } else { 1 },
        }
    }

    pub(crate) fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Number of the bit after the last.
    pub(crate) fn end(&self) -> u64 {
        self.base + self.streams[0].len() as u64
    }

    /// From bit `end` (plus `ahead`) on bits come from soft bit `soft` and those after it.
    pub(crate) fn begin_run(&mut self, ahead: usize, soft: u64) {
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

    pub(crate) fn extend_contradictions(&mut self, contradictions: &[u8]) {
        if let Some(list) = &mut self.contradictions {
            list.extend_from_slice(contradictions);
        }
    }

    /// Bits from `from` up to (not including) `to`.
    pub(crate) fn slice(&self, stream: usize, from: u64, to: u64) -> &[i8] {
        &self.streams[stream][(from - self.base) as usize..(to - self.base) as usize]
    }

    /// Soft bit at which bit `bit` began.
    pub(crate) fn soft_index(&self, bit: u64) -> u64 {
        let after = self.runs.partition_point(|run| run.bit <= bit);
        let run = self.runs[after.saturating_sub(1)];
        run.soft + self.stride * (bit - run.bit)
    }

    /// Soft bit just after bit `bit`.
    pub(crate) fn soft_end(&self, bit: u64) -> u64 {
        self.soft_index(bit) + self.stride
    }

    /// Contradicted channel symbols of the bits, and how many symbols they have.
    pub(crate) fn channel_symbols(&self, from: u64, to: u64) -> Option<(u32, u32)> {
        let list = self.contradictions.as_ref()?;
        let slice = &list[(from - self.base) as usize..(to - self.base) as usize];
        Some((slice.iter().map(|n| n.count_ones()).sum(), 2 * slice.len() as u32))
    }

    /// Forgets the bits before `bit`, once they are many.
    pub(crate) fn forget(&mut self, bit: u64) {
        const MANY: u64 = 1 << 16;
        let count = bit.min(self.end()).saturating_sub(self.base);
        if count < MANY {
            return;
        }
        for stream in &mut self.streams {
            stream.drain(..count as usize);
        }
        if let Some(list) = &mut self.contradictions {
            list.drain(..count as usize);
        }
        self.base += count;
        while self.runs.get(1).is_some_and(|run| run.bit <= self.base) {
            self.runs.pop_front();
        }
    }
}
