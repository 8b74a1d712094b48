//! Soft bits to frames: the coding layer, cut so that neither records nor frames depend on block sizes.

use super::carrier::CarrierStage;
use super::frames::{FrameStage, Received, signal_record};
use super::metrics::Stretch;
use super::place::{SignalAt, SymbolMap};
use super::publisher::{IndexUnit, Locked, Publisher};
use crate::StationError;
use crate::monitor::{Level, Monitor, SyncView};
use crate::output::record::{Place, Record};
use groundlink_decoder::coding::{CodedFrame, FrameDecoder, SyncChange, SyncState, SyncStatus};
use groundlink_dsp::Mark;

/// Soft bits that one unit of the input index gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoftOrigin {
    /// A receiver's; its marks tell the samples.
    Receiver,
    /// The input itself: soft bit for soft bit.
    Input,
    /// Bytes of the input, eight bits each.
    Bytes,
}

/// The coding layer with what surrounds it.
#[derive(Debug)]
pub struct SoftStage {
    decoder: FrameDecoder,
    origin: SoftOrigin,
    map: SymbolMap,
    /// Es/N0 to Eb/N0: to be added, dB.
    eb_n0_offset_db: f64,
    /// The same for an Es/N0 per channel symbol (soft bit).
    channel_offset_db: f64,
    /// Whether a check inside the frame decides where the decoder could not.
    fecf: bool,
    fed: u64,
    /// Soft bits before the first that this decoder was given.
    base: u64,
    /// Soft bits that the decoder has not seen yet, and how many it is given at a time.
    waiting: Vec<i8>,
    gather: usize,
    locked: Option<bool>,
    restarts: u64,
    last: SyncStatus,
    coded: Vec<CodedFrame>,
    changes: Vec<SyncChange>,
    /// Frames that the decoder has given out.
    given: u64,
    /// Frequencies as received.
    pub carrier: CarrierStage,
    bits_per_symbol: f64,
    /// How many soft bits of each value there were since watchers were shown, from -128 on; empty until then.
    values: Vec<u32>,
}

impl SoftStage {
    /// A stage around this decoder. `eb_n0_offset_db` is added to Es/N0 to give Eb/N0.
    pub fn new(
        decoder: FrameDecoder,
        origin: SoftOrigin,
        bits_per_symbol: usize,
        eb_n0_offset_db: f64,
    ) -> Self {
        let last = decoder.status();
        Self {
            decoder,
            origin,
            map: SymbolMap::new(bits_per_symbol),
            eb_n0_offset_db,
            channel_offset_db: eb_n0_offset_db + 10.0 * (bits_per_symbol as f64).log10(),
            fecf: false,
            fed: 0,
            base: 0,
            waiting: Vec::new(),
            gather: 0,
            locked: None,
            restarts: 0,
            last,
            coded: Vec::new(),
            changes: Vec::new(),
            given: 0,
            carrier: CarrierStage::default(),
            bits_per_symbol: bits_per_symbol as f64,
            values: Vec::new(),
        }
    }

    /// Gathers soft bits, so that a pool of threads has much to decode at once; what comes out is the same.
    pub fn gather(&mut self, soft_bits: usize) {
        self.gather = soft_bits;
    }

    /// Whether the frame error control field judges frames that the decoder is undecided about.
    pub fn judge_by_fecf(&mut self, judge: bool) {
        self.fecf = judge;
    }

    /// Ends this decoder and goes on with another, for soft bits that do not continue those before.
    ///
    /// # Errors
    /// When an output cannot be written.
    pub fn replace(
        &mut self,
        decoder: FrameDecoder,
        bits_per_symbol: usize,
        eb_n0_offset_db: f64,
        frames: &mut FrameStage,
        to: &mut Publisher,
    ) -> Result<(), StationError> {
        self.flush(frames, to)?;
        self.decoder.finish(&mut self.coded);
        self.hand_on(frames, to)?;
        let ended = self.carrier.cut(self.fed, self.bits_per_symbol, &to.clock)?;
        measure(ended, to);
        let new = Self::new(decoder, self.origin, bits_per_symbol, eb_n0_offset_db);
        let old = std::mem::replace(self, new);
        self.base = old.base + old.fed;
        self.restarts = old.restarts;
        self.carrier = old.carrier;
        Ok(())
    }

    /// Newest snapshot of the coding layer.
    pub fn status(&self) -> &SyncStatus {
        &self.last
    }

    /// Es/N0 to Eb/N0, to be added, dB.
    pub fn eb_n0_offset_db(&self) -> f64 {
        self.eb_n0_offset_db
    }

    /// Times the receiver began anew after its first symbol.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Takes soft bits with the marks among them.
    ///
    /// # Errors
    /// When an output cannot be written.
    pub fn take(
        &mut self,
        llrs: &[i8],
        marks: &[Mark],
        frames: &mut FrameStage,
        to: &mut Publisher,
    ) -> Result<(), StationError> {
        if let Some(sink) = &mut to.outputs.soft {
            sink.write(&llrs.iter().map(|&llr| llr.cast_unsigned()).collect::<Vec<u8>>())?;
        }
        if to.monitor.watched() {
            self.values.resize(256, 0);
            for &llr in llrs {
                self.values[usize::from((i16::from(llr) + 128) as u16)] += 1;
            }
        }
        let mut done = 0;
        for mark in marks {
            self.feed(&llrs[done..mark.bit], frames, to)?;
            done = mark.bit;
            self.mark(mark, frames, to)?;
        }
        self.feed(&llrs[done..], frames, to)
    }

    /// Shows watchers what values soft bits had since the time before.
    pub fn show(&mut self, monitor: &Monitor) {
        if self.values.iter().any(|&count| count > 0) {
            monitor.update_plots(|plots| {
                plots.soft_serial += 1;
                plots.soft.clone_from(&self.values);
            });
            self.values.fill(0);
        }
    }

    /// The input has ended.
    ///
    /// # Errors
    /// When an output cannot be written.
    pub fn finish(&mut self, frames: &mut FrameStage, to: &mut Publisher) -> Result<(), StationError> {
        self.flush(frames, to)?;
        self.decoder.finish(&mut self.coded);
        self.hand_on(frames, to)?;
        let ended = self.carrier.finish(self.fed, self.bits_per_symbol, &to.clock)?;
        measure(ended, to);
        to.tell_metrics(None);
        Ok(())
    }

    fn mark(&mut self, mark: &Mark, frames: &mut FrameStage, to: &mut Publisher) -> Result<(), StationError> {
        if mark.restart && self.fed > 0 {
            self.restarts += 1;
            self.flush(frames, to)?;
            self.decoder.restart(&mut self.coded);
            self.hand_on(frames, to)?;
        }
        self.map.push(self.fed, *mark);
        let ended = self
            .carrier
            .begin(self.fed, mark, self.bits_per_symbol, &to.clock)?;
        measure(ended, to);
        if self.waiting.is_empty() {
            to.tell_metrics(Some(mark.at));
        }
        if self.locked == Some(mark.locked) && !(mark.restart && mark.locked) {
            return Ok(());
        }
        self.locked = Some(mark.locked);
        self.flush(frames, to)?;
        self.report_lock(mark, to)
    }

    fn report_lock(&self, mark: &Mark, to: &mut Publisher) -> Result<(), StationError> {
        let place = self.place(self.fed, to);
        let Some(signal) = self.map.signal(self.fed, self.fed + 1) else {
            return Ok(());
        };
        let signal = self.received(signal, Some(mark.at));
        let state = if mark.locked { "locked" } else { "no lock" };
        let kind = to.lock_kind(Locked::Receiver, mark.locked);
        to.event_of(kind, Level::Info, &place, || {
            format!(
                "receiver: {state}, offset {:.0} Hz, Es/N0 {:.1} dB",
                signal.offset_hz, signal.es_n0_db
            )
        });
        if let (Some(recorder), Some(sample)) = (&to.recorder, place.sample) {
            recorder.lock(sample, mark.locked);
        }
        to.record(&Record::Lock {
            place,
            locked: mark.locked,
            restart: mark.restart,
            signal: signal_record(signal, signal.es_n0_db + self.eb_n0_offset_db),
        })
    }

    fn feed(&mut self, llrs: &[i8], frames: &mut FrameStage, to: &mut Publisher) -> Result<(), StationError> {
        self.waiting.extend_from_slice(llrs);
        self.fed += llrs.len() as u64;
        if self.waiting.len() < self.gather {
            return Ok(());
        }
        self.flush(frames, to)
    }

    /// Decodes what has been gathered.
    ///
    /// # Errors
    /// When an output cannot be written.
    pub fn flush(&mut self, frames: &mut FrameStage, to: &mut Publisher) -> Result<(), StationError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.decoder.feed(&self.waiting, &mut self.coded);
        self.waiting.clear();
        self.hand_on(frames, to)
    }

    fn report_sync(&self, change: &SyncChange, to: &mut Publisher) -> Result<(), StationError> {
        let place = self.place(change.soft_index, to);
        let state = match change.state {
            SyncState::Search => "search",
            SyncState::Verify => "verify",
            SyncState::Lock => "lock",
        };
        if let (Some(metrics), Some(sample)) = (&mut to.metrics, place.sample) {
            metrics.sync(sample, state);
        }
        if to.monitor.watched() {
            let index = self.index(change.soft_index);
            to.monitor.push_sync(SyncView::of(change, index));
        }
        let node = change.node.clone();
        let kind = to.lock_kind(Locked::Frames, change.state == SyncState::Lock);
        to.event_of(kind, Level::Info, &place, || match node.as_str() {
            "" => format!("frame sync: {state}"),
            node => format!("frame sync: {state} ({node})"),
        });
        to.record(&Record::Sync { place, state, node })
    }

    /// The signal with its frequency as it was received at this sample.
    fn received(&self, signal: SignalAt, sample: Option<f64>) -> SignalAt {
        SignalAt {
            offset_hz: sample.map_or(signal.offset_hz, |at| {
                self.carrier.received_hz(signal.offset_hz, at)
            }),
            ..signal
        }
    }

    fn place(&self, soft_index: u64, to: &Publisher) -> Place {
        to.place(self.index(soft_index))
    }

    /// Index in the input, in the publisher's unit.
    fn index(&self, soft_index: u64) -> Option<u64> {
        match self.origin {
            SoftOrigin::Receiver => self.map.sample(soft_index),
            SoftOrigin::Input => Some(self.base + soft_index),
            SoftOrigin::Bytes => Some((self.base + soft_index) / 8),
        }
    }

    /// Publishes what the decoder has given out, frames and changes of synchronisation in their order.
    fn hand_on(&mut self, frames: &mut FrameStage, to: &mut Publisher) -> Result<(), StationError> {
        let mut coded = std::mem::take(&mut self.coded);
        let mut changes = std::mem::take(&mut self.changes);
        changes.extend(self.decoder.changes());
        self.last = self.decoder.status();
        let outcome = self.publish(&coded, &changes, frames, to);
        self.given += coded.len() as u64;
        coded.clear();
        changes.clear();
        (self.coded, self.changes) = (coded, changes);
        outcome
    }

    fn publish(
        &self,
        coded: &[CodedFrame],
        changes: &[SyncChange],
        frames: &mut FrameStage,
        to: &mut Publisher,
    ) -> Result<(), StationError> {
        let mut changes = changes.iter().peekable();
        for (frame, before) in coded.iter().zip(self.given..) {
            while let Some(change) = changes.next_if(|change| change.frames <= before) {
                self.report_sync(change, to)?;
            }
            self.report_frame(frame, frames, to)?;
        }
        changes.try_for_each(|change| self.report_sync(change, to))
    }

    fn report_frame(
        &self,
        frame: &CodedFrame,
        frames: &mut FrameStage,
        to: &mut Publisher,
    ) -> Result<(), StationError> {
        let signal = match to.unit {
            IndexUnit::Sample => self.map.signal(frame.soft_index, frame.soft_end),
            _ => None,
        };
        let index = self.index(frame.soft_index);
        let signal = signal.map(|signal| self.received(signal, index.map(|index| index as f64)));
        frames.take(
            &Received {
                index,
                end: match self.origin {
                    SoftOrigin::Receiver => self.index(frame.soft_end.saturating_sub(1)).map(|last| last + 1),
                    _ => None,
                },
                bytes: &frame.bytes,
                cadu: Some(&frame.cadu),
                quality: Some(&frame.quality),
                channel_offset_db: self.channel_offset_db,
                coding_good: frame.good() || (self.fecf && frame.undecided()),
                signal: signal.map(|signal| (signal, signal.es_n0_db + self.eb_n0_offset_db)),
            },
            to,
        )
    }
}

/// Takes what was measured over a stretch into the metrics.
fn measure(ended: Option<Stretch>, to: &mut Publisher) {
    if let (Some(metrics), Some(stretch)) = (&mut to.metrics, ended) {
        metrics.measure(&stretch);
    }
}
