//! Soft bits to frames: the coding layer, cut so that neither records nor frames depend on block sizes.

use super::frames::{FrameStage, Received, signal_record};
use super::place::SymbolMap;
use super::publisher::{IndexUnit, Publisher};
use crate::StationError;
use crate::monitor::Level;
use crate::output::record::{Place, Record};
use groundlink_decoder::coding::{CodedFrame, FrameDecoder, SyncState, SyncStatus};
use groundlink_dsp::Mark;

/// Soft bits between two looks at the synchronisation state. Looks happen at multiples of this index, so
/// that what they see does not depend on how the input was cut.
const LOOK_EVERY: u64 = 1_024;

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
    fed: u64,
    locked: Option<bool>,
    restarts: u64,
    last: SyncStatus,
    coded: Vec<CodedFrame>,
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
            fed: 0,
            locked: None,
            restarts: 0,
            last,
            coded: Vec::new(),
        }
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
        let mut done = 0;
        for mark in marks {
            self.feed(&llrs[done..mark.bit], frames, to)?;
            done = mark.bit;
            self.mark(mark, frames, to)?;
        }
        self.feed(&llrs[done..], frames, to)
    }

    /// The input has ended.
    ///
    /// # Errors
    /// When an output cannot be written.
    pub fn finish(&mut self, frames: &mut FrameStage, to: &mut Publisher) -> Result<(), StationError> {
        self.decoder.finish(&mut self.coded);
        self.hand_on(frames, to)?;
        self.last = self.decoder.status();
        Ok(())
    }

    fn mark(&mut self, mark: &Mark, frames: &mut FrameStage, to: &mut Publisher) -> Result<(), StationError> {
        if mark.restart && self.fed > 0 {
            self.restarts += 1;
            self.decoder.restart(&mut self.coded);
            self.hand_on(frames, to)?;
        }
        self.map.push(self.fed, *mark);
        if self.locked == Some(mark.locked) && !(mark.restart && mark.locked) {
            return Ok(());
        }
        self.locked = Some(mark.locked);
        self.report_lock(mark, to)
    }

    fn report_lock(&self, mark: &Mark, to: &mut Publisher) -> Result<(), StationError> {
        let place = self.place(self.fed, to);
        let Some(signal) = self.map.signal(self.fed, self.fed + 1) else {
            return Ok(());
        };
        let state = if mark.locked { "locked" } else { "no lock" };
        to.event(Level::Info, &place, || {
            format!(
                "receiver: {state}, offset {:.0} Hz, Es/N0 {:.1} dB",
                signal.offset_hz, signal.es_n0_db
            )
        });
        to.record(&Record::Lock {
            place,
            locked: mark.locked,
            restart: mark.restart,
            signal: signal_record(signal, signal.es_n0_db + self.eb_n0_offset_db),
        })
    }

    /// Feeds, stopping at every multiple of [`LOOK_EVERY`].
    fn feed(
        &mut self,
        mut llrs: &[i8],
        frames: &mut FrameStage,
        to: &mut Publisher,
    ) -> Result<(), StationError> {
        while !llrs.is_empty() {
            let until_look = (LOOK_EVERY - self.fed % LOOK_EVERY) as usize;
            let (now, rest) = llrs.split_at(until_look.min(llrs.len()));
            self.decoder.feed(now, &mut self.coded);
            self.fed += now.len() as u64;
            self.hand_on(frames, to)?;
            if self.fed.is_multiple_of(LOOK_EVERY) {
                self.look(to)?;
            }
            llrs = rest;
        }
        Ok(())
    }

    fn look(&mut self, to: &mut Publisher) -> Result<(), StationError> {
        let status = self.decoder.status();
        let changed = status.state != self.last.state || status.node != self.last.node;
        self.last = status;
        if !changed {
            return Ok(());
        }
        let place = self.place(self.fed, to);
        let state = match self.last.state {
            SyncState::Search => "search",
            SyncState::Verify => "verify",
            SyncState::Lock => "lock",
        };
        let node = self.last.node.clone();
        to.event(Level::Info, &place, || match node.as_str() {
            "" => format!("frame sync: {state}"),
            node => format!("frame sync: {state} ({node})"),
        });
        to.record(&Record::Sync { place, state, node })
    }

    fn place(&self, soft_index: u64, to: &Publisher) -> Place {
        to.place(self.index(soft_index))
    }

    /// Index in the input, in the publisher's unit.
    fn index(&self, soft_index: u64) -> Option<u64> {
        match self.origin {
            SoftOrigin::Receiver => self.map.sample(soft_index),
            SoftOrigin::Input => Some(soft_index),
            SoftOrigin::Bytes => Some(soft_index / 8),
        }
    }

    fn hand_on(&mut self, frames: &mut FrameStage, to: &mut Publisher) -> Result<(), StationError> {
        let mut coded = std::mem::take(&mut self.coded);
        let outcome = coded.iter().try_for_each(|frame| {
            let signal = match to.unit {
                IndexUnit::Sample => self.map.signal(frame.soft_index, frame.soft_end),
                _ => None,
            };
            frames.take(
                &Received {
                    index: self.index(frame.soft_index),
                    bytes: &frame.bytes,
                    cadu: Some(&frame.cadu),
                    quality: Some(&frame.quality),
                    coding_good: frame.good(),
                    signal: signal.map(|signal| (signal, signal.es_n0_db + self.eb_n0_offset_db)),
                },
                to,
            )
        });
        coded.clear();
        self.coded = coded;
        outcome
    }
}
