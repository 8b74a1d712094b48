//! The carrier's frequency as it was received, for records and for the file of what was measured.

use super::metrics::Stretch;
use crate::StationError;
use crate::doppler::{DopplerAt, Measured, MeasuredWriter};
use crate::input::Capture;
use crate::time::SampleClock;
use groundlink_dsp::Mark;

/// What becomes of the frequencies that a receiver says.
#[derive(Debug, Default)]
pub struct CarrierStage {
    /// What was taken off before the receiver.
    doppler: Option<DopplerAt>,
    measured: Option<MeasuredWriter>,
    /// The stretch that runs, with the soft bit that it began with.
    stretch: Option<(u64, Mark)>,
}

impl CarrierStage {
    /// A stage behind a receiver before which this was taken off.
    pub fn new(doppler: Option<DopplerAt>, measured: Option<MeasuredWriter>) -> Self {
        Self {
            doppler,
            measured,
            stretch: None,
        }
    }

    /// Another Doppler is taken off from here on; the file of what is measured stays.
    pub fn replace(&mut self, doppler: Option<DopplerAt>) {
        self.doppler = doppler;
    }

    /// Takes what the input tells of its time while it runs.
    pub fn learn(&mut self, capture: &Capture) {
        if let Some(doppler) = &mut self.doppler {
            doppler.learn(capture);
        }
    }

    /// An offset as received at this sample.
    pub fn received_hz(&self, offset_hz: f64, sample: f64) -> f64 {
        let taken_off = self
            .doppler
            .as_ref()
            .and_then(|doppler| doppler.offset_hz(sample).ok());
        offset_hz + taken_off.unwrap_or(0.0)
    }

    /// A stretch begins at this soft bit: what was measured over the one before goes to the file, and comes back.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(
        &mut self,
        soft_bit: u64,
        mark: &Mark,
        bits_per_symbol: f64,
        clock: &SampleClock,
    ) -> Result<Option<Stretch>, StationError> {
        let ended = self.measure(soft_bit, bits_per_symbol, clock)?;
        self.stretch = Some((soft_bit, *mark));
        Ok(ended)
    }

    /// The stretch that runs ends before this soft bit, and nothing continues it.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub fn cut(
        &mut self,
        soft_bit: u64,
        bits_per_symbol: f64,
        clock: &SampleClock,
    ) -> Result<Option<Stretch>, StationError> {
        self.measure(soft_bit, bits_per_symbol, clock)
    }

    /// The input has ended, with this soft bit as the next.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub fn finish(
        &mut self,
        soft_bit: u64,
        bits_per_symbol: f64,
        clock: &SampleClock,
    ) -> Result<Option<Stretch>, StationError> {
        let ended = self.measure(soft_bit, bits_per_symbol, clock)?;
        self.measured.as_mut().map_or(Ok(()), MeasuredWriter::finish)?;
        Ok(ended)
    }

    /// Receivers measure over a stretch: what they say is of its middle.
    fn measure(
        &mut self,
        end: u64,
        bits_per_symbol: f64,
        clock: &SampleClock,
    ) -> Result<Option<Stretch>, StationError> {
        let Some((first, mark)) = self.stretch.take() else {
            return Ok(None);
        };
        let symbols = (end - first) as f64 / bits_per_symbol;
        let sample = mark.at + 0.5 * symbols * mark.samples_per_symbol;
        let measured = Measured {
            sample,
            offset_hz: self.received_hz(mark.offset_hz, sample),
            es_n0_db: f64::from(mark.es_n0_db),
            locked: mark.locked,
        };
        if symbols <= 0.0 {
            return Ok(None);
        }
        if let Some(writer) = &mut self.measured {
            writer.take(&measured, clock)?;
        }
        Ok(Some(Stretch {
            from: mark.at,
            to: mark.at + symbols * mark.samples_per_symbol,
            offset_hz: measured.offset_hz,
            es_n0_db: measured.es_n0_db,
            symbol_rate_hz: mark.symbol_rate_hz,
            locked: mark.locked,
        }))
    }
}
