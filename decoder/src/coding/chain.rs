//! The receiving chain of a link whose markers and blocks follow each other: inner code, line code, frame
//! synchronisation, outer code.

use super::arms::Arms;
use super::asm::Marker;
use super::bits::BitBuffer;
use super::blocks::BlockDecoder;
use super::config::{CodingConfig, CodingError, Descrambler, SymbolBits};
use super::delivery::SyncChange;
use super::descrambler::Iess308Descrambler;
use super::frame::{CodedFrame, SyncStatus};
use super::inner::InnerDecoder;
use super::layout::Layout;
use super::line_code::LineDecoder;
use super::rescue::Rescue;
use super::spread::Spread;
use super::sync::FrameSync;
use std::sync::Arc;

/// Soft bits processed at a time, so that buffers stay in the cache.
const PART: usize = 16384;

/// What the bits pass between inner decoder and frame synchronisation, one for each stream.
#[derive(Debug, Clone)]
struct LineStage {
    line: LineDecoder,
    descrambler: Option<Iess308Descrambler>,
}

impl LineStage {
    fn process(&mut self, soft: &mut [i8]) {
        self.line.process(soft);
        if let Some(descrambler) = &mut self.descrambler {
            descrambler.process(soft);
        }
    }

    fn reset(&mut self) {
        self.line.reset();
        if let Some(descrambler) = &mut self.descrambler {
            descrambler.reset();
        }
    }
}

/// Soft bits in, frames out, where blocks hold whole frames.
#[derive(Debug)]
pub(crate) struct Chain {
    inner: Option<InnerDecoder>,
    arms: Arms,
    stages: Vec<LineStage>,
    sync: FrameSync,
    /// Soft bits processed at a time.
    part: usize,
    /// Soft bits ever fed.
    fed: u64,
    /// Whether the next soft bit begins a run.
    fresh: bool,
}

impl Chain {
    /// Builds the decoder.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub(crate) fn new(config: &CodingConfig) -> Result<Self, CodingError> {
        let layout = Layout::new(config)?;
        let unit_bits = layout.unit_bits();
        if config.convolutional.is_some() && config.symbols == SymbolBits::Three {
            return Err(CodingError::InnerWithEighths);
        }
        let inner = config
            .convolutional
            .map(|code| InnerDecoder::new(code, config.symbols, unit_bits));
        let arms = Arms::new(config.symbols);
        let streams = inner.as_ref().map_or(arms.streams(), InnerDecoder::streams);
        let stage = LineStage {
            line: LineDecoder::new(config.line_code),
            descrambler: config
                .descrambler
                .map(|Descrambler::Iess308| Iess308Descrambler::default()),
        };
        let places = (unit_bits * streams) as f64;
        let marker = Marker::new(&config.asm, places, layout.check(), inner.is_some());
        let bits = BitBuffer::new(streams, config.convolutional.map(|code| code.rate));
        Ok(Self {
            inner,
            arms,
            stages: vec![stage; streams],
            sync: FrameSync::new(
                marker,
                BlockDecoder::new(layout)?,
                bits,
                Rescue::new(config),
                config.asm.flywheel,
            ),
            part: PART,
            fed: 0,
            fresh: true,
        })
    }

    /// Lets a pool decode units side by side, where that pays (turbo and LDPC codes). It has the more to do the
    /// more soft bits are fed at a time.
    pub(crate) fn spread_over(&mut self, pool: Arc<dyn Spread>) {
        let pays = self.sync.spread_over(pool);
        self.part = if pays { usize::MAX } else { PART };
    }

    /// Takes the next soft bits, appends the frames they complete. The output does not depend on where the
    /// input was cut.
    pub(crate) fn feed(&mut self, soft: &[i8], out: &mut Vec<CodedFrame>) {
        for part in soft.chunks(self.part) {
            let before = self.sync.bits.end();
            if let Some(inner) = &mut self.inner {
                inner.feed(part);
                take_inner(inner, &mut self.sync);
            } else {
                if std::mem::take(&mut self.fresh) {
                    self.sync.bits.begin_run(0, self.fed as i64);
                }
                self.arms.process(part, self.sync.bits.streams_mut());
            }
            self.fed += part.len() as u64;
            self.deliver(before, out);
        }
    }

    /// Line-decodes the bits from `before` on and lets frame synchronisation see them.
    fn deliver(&mut self, before: u64, out: &mut Vec<CodedFrame>) {
        for (n, stage) in self.stages.iter_mut().enumerate() {
            stage.process(self.sync.bits.tail_mut(n, before));
        }
        self.sync.advance(out);
    }

    /// The next soft bit does not continue the one before (a gap, a new burst): gives what can still be
    /// given and starts the search again. Soft-bit indices go on counting.
    pub(crate) fn restart(&mut self, out: &mut Vec<CodedFrame>) {
        self.finish(out);
        self.sync.delivery.interrupt(self.fed);
    }

    /// The input has ended: appends what can still be given.
    pub(crate) fn finish(&mut self, out: &mut Vec<CodedFrame>) {
        let before = self.sync.bits.end();
        if let Some(inner) = &mut self.inner {
            inner.finish();
            take_inner(inner, &mut self.sync);
        } else if !self.fresh {
            self.arms.finish(self.sync.bits.streams_mut());
        }
        self.deliver(before, out);
        self.sync.finish(out);
        for stage in &mut self.stages {
            stage.reset();
        }
        self.fresh = true;
    }

    /// Takes the changes of synchronisation since the last call, in their order (which the cuts of the input do
    /// not touch).
    pub(crate) fn changes(&mut self) -> std::vec::Drain<'_, SyncChange> {
        self.sync.delivery.changes()
    }

    /// Snapshot for display and report.
    pub(crate) fn status(&self) -> SyncStatus {
        let counts = self.sync.delivery.counts();
        let inner = self.inner.as_ref();
        SyncStatus {
            state: self.sync.state(),
            node_locked: inner.is_none_or(InnerDecoder::locked),
            channel_ber: inner.map_or(f32::NAN, InnerDecoder::channel_ber),
            node: inner.map_or_else(String::new, InnerDecoder::describe),
            false_alarm_per_frame: self.sync.false_alarm_per_frame(),
            blocks: counts.blocks,
            uncorrectable: counts.uncorrectable,
            slips: counts.slips,
            unconfirmed: counts.unconfirmed,
        }
    }
}

/// Moves decoded bits, as sure soft bits, to frame synchronisation.
fn take_inner(inner: &mut InnerDecoder, sync: &mut FrameSync) {
    let decoded = inner.output();
    let bits = &mut sync.bits;
    for (&(ahead, soft), node) in decoded.runs.iter().zip(decoded.nodes.drain(..)) {
        bits.begin_run(ahead, soft);
        let begin = soft.max(0).unsigned_abs();
        sync.delivery.node(bits.end() + ahead as u64, begin, node);
    }
    for (stream, decoded) in bits.streams_mut().iter_mut().zip(&decoded.streams) {
        stream.extend_from_slice(decoded);
    }
    bits.extend_channel(&decoded.contradictions, &decoded.g1, &decoded.g2);
    decoded.clear();
}
