//! Samples to soft bits: one receiver per modulation family behind one type.

mod fsk;

pub use fsk::FskReceiver;

use crate::{Complex32, ConfigError, SignalConfig, SoftBatch};

/// What a receiver knows of its signal right now.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ReceiverStatus {
    /// Mean level of the input, dB relative to full scale (|sample| = 1).
    pub level_dbfs: f32,
    /// Whether the carrier (for FSK: the frequency centre) is locked.
    pub carrier_locked: bool,
    /// Whether symbol timing is locked.
    pub timing_locked: bool,
    /// Estimated symbol energy to noise density, dB; NaN before the first estimate.
    pub es_n0_db: f32,
    /// Estimated carrier frequency minus the nominal one, Hz.
    pub offset_hz: f64,
    /// Estimated symbol rate, per second.
    pub symbol_rate_hz: f64,
}

/// A receiver of any supported modulation.
#[derive(Debug)]
pub struct Receiver {}

impl Receiver {
    /// Builds the receiver of this signal.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub fn new(_config: &SignalConfig) -> Result<Self, ConfigError> {
        todo!()
    }

    /// Takes the next samples, appends the soft bits that are final. The concatenated output over all calls
    /// (with [`crate::Mark::bit`] counted over the whole) does not depend on where the input was cut.
    pub fn process(&mut self, _samples: &[Complex32], _out: &mut SoftBatch) {
        todo!()
    }

    /// Tells that this many samples are missing here: what was begun is flushed, the next output restarts.
    pub fn gap(&mut self, _missing: u64, _out: &mut SoftBatch) {
        todo!()
    }

    /// The input has ended: appends what is still inside.
    pub fn finish(&mut self, _out: &mut SoftBatch) {
        todo!()
    }

    /// Snapshot for display.
    pub fn status(&self) -> ReceiverStatus {
        todo!()
    }

    /// The newest symbol-spaced points, normalised to unit mean power: a few hundred at most, for display.
    /// For FSK the real part is the discriminator's value, the imaginary part zero.
    pub fn constellation(&self) -> &[Complex32] {
        todo!()
    }
}
