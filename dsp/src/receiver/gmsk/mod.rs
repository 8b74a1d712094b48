//! Coherent receiver of MSK and GMSK.
//!
//! By Laurent's decomposition nearly all of GMSK is one pulse of two bits and more, modulated by signs on the two arms in
//! turn: OQPSK of half the rate. So the receiver of phase modulations finds and follows carrier and clock, with a
//! filter matched to that pulse ([`MainPulse`]); what the pulse then leaves of its neighbours, and the bits that the
//! signs stand for, are left to the [`Detector`]. Here symbols become bits.
//!
//! The second pulse, which holds 0.4 % (BT 0.3) to 0.8 % (BT 0.25) of the power, is noise to this receiver: at most
//! 0.08 dB at an Es/N0 of 7 dB.

mod clean;
mod detector;
mod pulse;
#[cfg(test)]
mod tests;

pub(super) use clean::Spread;
pub(super) use detector::Detector;
pub(super) use pulse::MainPulse;

use super::{PskReceiver, ReceiverStatus};
use crate::modulator::{check_rates, within};
use crate::{Complex32, ConfigError, FskInput, Mark, Modulation, SignalConfig, SoftBatch};

/// What half the energy is, dB.
const HALF_DB: f32 = 3.0103;

/// Receiver of MSK and GMSK from IQ.
#[derive(Debug)]
pub struct GmskReceiver {
    symbols: PskReceiver,
}

impl GmskReceiver {
    /// Builds the receiver of this signal.
    ///
    /// # Errors
    /// When the modulation is not GMSK from IQ or the pulse neither Gaussian nor rectangular, or a number is out of
    /// range: fewer than 2 samples a bit, carrier and search range beyond half the sample rate, a bandwidth-time product
    /// outside 0.1 to 10.
    pub fn new(config: &SignalConfig) -> Result<Self, ConfigError> {
        check_rates(config, 1e-6)?;
        within("search_hz", config.search_hz, 0.0, config.sample_rate_hz / 2.0)?;
        if config.modulation != Modulation::Gmsk || config.fsk_input != FskInput::Iq {
            return Err(ConfigError::Mismatch {
                field: "fsk_input",
                modulation: config.modulation,
            });
        }
        Ok(Self {
            symbols: PskReceiver::new(config)?,
        })
    }

    /// See [`crate::receiver::Receiver::process`].
    pub fn process(&mut self, samples: &[Complex32], out: &mut SoftBatch) {
        let marks = out.marks.len();
        self.symbols.process(samples, out);
        out.marks[marks..].iter_mut().for_each(of_bits);
    }

    /// See [`crate::receiver::Receiver::gap`].
    pub fn gap(&mut self, missing: u64, out: &mut SoftBatch) {
        let marks = out.marks.len();
        self.symbols.gap(missing, out);
        out.marks[marks..].iter_mut().for_each(of_bits);
    }

    /// See [`crate::receiver::Receiver::finish`].
    pub fn finish(&mut self, out: &mut SoftBatch) {
        let marks = out.marks.len();
        self.symbols.finish(out);
        out.marks[marks..].iter_mut().for_each(of_bits);
    }

    /// Snapshot for display.
    pub fn status(&self) -> ReceiverStatus {
        let status = self.symbols.status();
        ReceiverStatus {
            es_n0_db: status.es_n0_db - HALF_DB,
            symbol_rate_hz: 2.0 * status.symbol_rate_hz,
            ..status
        }
    }

    /// The newest pairs of signs, of unit mean power.
    pub fn constellation(&self) -> &[Complex32] {
        self.symbols.constellation()
    }
}

/// From symbols of two bits to those of one. A pulse peaks at the end of the bit that completes its sign.
fn of_bits(mark: &mut Mark) {
    mark.samples_per_symbol /= 2.0;
    mark.at -= 0.5 * mark.samples_per_symbol;
    mark.symbol_rate_hz *= 2.0;
    mark.es_n0_db -= HALF_DB;
}
