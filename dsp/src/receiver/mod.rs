//! Samples to soft bits: one receiver per modulation family behind one type.

mod fsk;
mod psk;

pub use fsk::FskReceiver;
pub use psk::PskReceiver;

use crate::{Complex32, ConfigError, Modulation, SignalConfig, SoftBatch};

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
pub struct Receiver(Family);

#[derive(Debug)]
enum Family {
    Psk(Box<PskReceiver>),
    Fsk(Box<FskReceiver>),
}

/// Calls the same method of whichever receiver this is.
macro_rules! each {
    ($family:expr, $receiver:ident => $call:expr) => {
        match $family {
            Family::Psk($receiver) => $call,
            Family::Fsk($receiver) => $call,
        }
    };
}

impl Receiver {
    /// Builds the receiver of this signal.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub fn new(config: &SignalConfig) -> Result<Self, ConfigError> {
        Ok(Self(match config.modulation {
            Modulation::Bpsk | Modulation::Qpsk | Modulation::Oqpsk => {
                Family::Psk(Box::new(PskReceiver::new(config)?))
            }
            Modulation::Fsk | Modulation::Gmsk => Family::Fsk(Box::new(FskReceiver::new(config)?)),
        }))
    }

    /// Takes the next samples, appends the soft bits that are final. The concatenated output over all calls
    /// (with [`crate::Mark::bit`] counted over the whole) does not depend on where the input was cut.
    pub fn process(&mut self, samples: &[Complex32], out: &mut SoftBatch) {
        each!(&mut self.0, receiver => receiver.process(samples, out));
    }

    /// Tells that this many samples are missing here: what was begun is flushed, the next output restarts.
    pub fn gap(&mut self, missing: u64, out: &mut SoftBatch) {
        each!(&mut self.0, receiver => receiver.gap(missing, out));
    }

    /// The input has ended: appends what is still inside.
    pub fn finish(&mut self, out: &mut SoftBatch) {
        each!(&mut self.0, receiver => receiver.finish(out));
    }

    /// Snapshot for display.
    pub fn status(&self) -> ReceiverStatus {
        each!(&self.0, receiver => receiver.status())
    }

    /// The newest symbol-spaced points, normalised to unit mean power: a few hundred at most, for display.
    /// For FSK the real part is the discriminator's value, the imaginary part zero.
    pub fn constellation(&self) -> &[Complex32] {
        each!(&self.0, receiver => receiver.constellation())
    }
}
