//! The part that all downlinks share: clean samples, and the filter bank.

use super::Plan;
use crate::channelizer::Channelizer;
use crate::dc::DcRemover;
use crate::usable::usable;
use crate::{Complex32, ConfigError};

/// Cleans the wide stream and takes the channels out of it.
#[derive(Debug)]
pub struct Splitter {
    dc: Option<DcRemover>,
    correlated: f64,
    bank: Option<Channelizer>,
    silence: Vec<Complex32>,
}

impl Splitter {
    /// The splitter of a plan. A constant in the samples is taken off where it lies in the band of a downlink and
    /// cannot be its carrier.
    ///
    /// # Errors
    /// As [`Channelizer::new`].
    pub fn new(plan: &Plan) -> Result<Self, ConfigError> {
        let covering: Vec<_> = plan.bands().iter().filter(|band| band.covers_zero()).collect();
        let may_be_carrier = covering.iter().any(|band| band.residual_carrier);
        let slowest = covering
            .iter()
            .map(|band| band.least_rate_hz)
            .fold(f64::INFINITY, f64::min);
        // A symbol has four samples or more at the least rate.
        let correlated = 4.0 * plan.rate_hz() / slowest;
        let bank = plan
            .channels()
            .map(|channels| Channelizer::new(channels.count, &channels.wanted))
            .transpose()?;
        Ok(Self {
            dc: (!covering.is_empty() && !may_be_carrier).then(|| DcRemover::new(correlated)),
            correlated,
            silence: bank
                .as_ref()
                .map_or_else(Vec::new, |bank| vec![Complex32::ZERO; bank.span()]),
            bank,
        })
    }

    /// Channels that are given out.
    pub fn channels(&self) -> usize {
        self.bank.as_ref().map_or(0, Channelizer::wanted)
    }

    /// Cleans the next wide samples in place and appends what is final of each channel; `channels` are as many as
    /// [`Self::channels`]. Samples that are not usable numbers become zero.
    pub fn process(&mut self, wide: &mut [Complex32], channels: &mut [Vec<Complex32>]) {
        for sample in &mut *wide {
            *sample = usable(*sample);
        }
        if let Some(dc) = &mut self.dc {
            dc.process(wide);
        }
        if let Some(bank) = &mut self.bank {
            bank.process(wide, channels);
        }
    }

    /// The stretch without gaps ends: appends what is still inside the bank, and begins anew.
    pub fn finish(&mut self, channels: &mut [Vec<Complex32>]) {
        if let Some(bank) = &mut self.bank {
            bank.process(&self.silence, channels);
            bank.reset();
        }
        if let Some(dc) = &mut self.dc {
            *dc = DcRemover::new(self.correlated);
        }
    }
}
