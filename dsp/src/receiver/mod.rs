//! Samples to soft bits: one receiver per modulation family behind one type.

mod biphase;
mod chirp;
mod fsk;
mod gmsk;
mod intake;
#[cfg(test)]
mod interferer_tests;
mod pm;
mod psk;
mod quality;
#[cfg(test)]
mod sent;
#[cfg(test)]
mod tests;

pub use biphase::BiPhase;
pub use fsk::FskReceiver;
use fsk::FskSearch;
pub use gmsk::GmskReceiver;
pub use pm::PmReceiver;
pub use psk::PskReceiver;
pub use quality::SymbolQuality;

use crate::measure::NoiseFloor;
use crate::{Complex32, ConfigError, FskInput, Mark, Modulation, SignalConfig, SoftBatch};
use intake::CHUNK;

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
    /// Estimated symbol rate over the configured one, parts per million beyond 1.
    pub symbol_rate_error_ppm: f64,
    /// How good the newest symbols are; `None` where decisions on them mean nothing (no lock, low Es/N0), and of
    /// modulations whose points do not lie on a circle.
    pub quality: Option<SymbolQuality>,
    /// Probability that a search for the signal takes noise for it, at most, as its detector is set; `None` where it
    /// is only known by measurement.
    pub false_lock: Option<f64>,
    /// Density of the noise in the band, dBFS per Hz; `None` before the first measurement and in silence.
    pub noise_dbfs_hz: Option<f64>,
    /// The carrier of phase modulation; `None` with suppressed carriers.
    pub residual_carrier: Option<ResidualCarrier>,
}

/// What is known of a residual carrier, as it was when last locked; what is not known yet is NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResidualCarrier {
    /// Power of the carrier alone, dB relative to full scale.
    pub power_dbfs: f32,
    /// Power of the carrier over noise density, dB-Hz.
    pub c_n0_db_hz: f32,
    /// Modulation index (peak phase deviation), rad, from the powers of carrier and data.
    pub index_rad: f32,
}

impl ResidualCarrier {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self {
        power_dbfs: f32::NAN,
        c_n0_db_hz: f32::NAN,
        index_rad: f32::NAN,
    };
}

/// A receiver of any supported modulation.
#[derive(Debug)]
pub struct Receiver {
    family: Family,
    /// Whether the spectrum is inverted.
    inverted: bool,
    /// Conjugated samples, where it is.
    conjugated: Vec<Complex32>,
    /// What joins half symbols, with their soft bits.
    bi_phase: Option<(BiPhase, SoftBatch)>,
    q_first: bool,
    /// Symbol rate of the configuration.
    symbol_rate_hz: f64,
    floor: NoiseFloor,
}

#[derive(Debug)]
enum Family {
    Psk(Box<PskReceiver>),
    Fsk(Box<FskReceiver>),
    FskSearch(Box<FskSearch>),
    Gmsk(Box<GmskReceiver>),
    Pm(Box<PmReceiver>),
}

/// Calls the same method of whichever receiver this is.
macro_rules! each {
    ($family:expr, $receiver:ident => $call:expr) => {
        match $family {
            Family::Psk($receiver) => $call,
            Family::Fsk($receiver) => $call,
            Family::FskSearch($receiver) => $call,
            Family::Gmsk($receiver) => $call,
            Family::Pm($receiver) => $call,
        }
    };
}

impl Receiver {
    /// Builds the receiver of this signal.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub fn new(config: &SignalConfig) -> Result<Self, ConfigError> {
        let plain = config.plain()?;
        let family = match config.modulation {
            Modulation::Gmsk if config.fsk_input == FskInput::Iq => {
                Family::Gmsk(Box::new(GmskReceiver::new(&plain)?))
            }
            Modulation::Gmsk => {
                // Without the carrier's phase it is FSK like any other.
                let frequency = SignalConfig {
                    modulation: Modulation::Fsk,
                    deviation_hz: Some(plain.symbol_rate_hz / 4.0),
                    ..plain
                };
                Family::Fsk(Box::new(FskReceiver::new(&frequency)?))
            }
            Modulation::Fsk if config.fsk_input == FskInput::Iq && config.deviation_hz.is_none() => {
                Family::FskSearch(Box::new(FskSearch::new(&plain)?))
            }
            Modulation::Fsk | Modulation::Fsk4 => Family::Fsk(Box::new(FskReceiver::new(&plain)?)),
            Modulation::Pm(_) => Family::Pm(Box::new(PmReceiver::new(&plain)?)),
            _ => Family::Psk(Box::new(PskReceiver::new(&plain)?)),
        };
        Ok(Self {
            family,
            inverted: config.iq_swap,
            conjugated: Vec::new(),
            bi_phase: config.bi_phase.then(Default::default),
            q_first: config.q_first,
            symbol_rate_hz: config.symbol_rate_hz,
            floor: NoiseFloor::new(config.sample_rate_hz),
        })
    }

    /// Takes the next samples, appends the soft bits that are final. The concatenated output over all calls
    /// (with [`crate::Mark::bit`] counted over the whole) does not depend on where the input was cut.
    pub fn process(&mut self, samples: &[Complex32], out: &mut SoftBatch) {
        self.floor.process(samples);
        if !self.inverted {
            self.pass(
                out,
                |family, out| each!(family, receiver => receiver.process(samples, out)),
            );
            return;
        }
        let mut conjugated = std::mem::take(&mut self.conjugated);
        for chunk in samples.chunks(CHUNK) {
            conjugated.clear();
            conjugated.extend(chunk.iter().map(Complex32::conj));
            self.pass(
                out,
                |family, out| each!(family, receiver => receiver.process(&conjugated, out)),
            );
        }
        self.conjugated = conjugated;
    }

    /// Tells that this many samples are missing here: what was begun is flushed, the next output restarts.
    pub fn gap(&mut self, missing: u64, out: &mut SoftBatch) {
        self.pass(
            out,
            |family, out| each!(family, receiver => receiver.gap(missing, out)),
        );
        self.flush_halves(out);
    }

    /// The input has ended: appends what is still inside.
    pub fn finish(&mut self, out: &mut SoftBatch) {
        self.pass(out, |family, out| each!(family, receiver => receiver.finish(out)));
        self.flush_halves(out);
    }

    /// Snapshot for display.
    pub fn status(&self) -> ReceiverStatus {
        let mut status = each!(&self.family, receiver => receiver.status());
        if self.inverted {
            status.offset_hz = -status.offset_hz;
        }
        if self.bi_phase.is_some() {
            status = BiPhase::status(status);
        }
        status.noise_dbfs_hz = self.floor.density_dbfs_hz();
        status.symbol_rate_error_ppm = (status.symbol_rate_hz / self.symbol_rate_hz - 1.0) * 1e6;
        status
    }

    /// The newest symbol-spaced points, normalised to unit mean power: a few hundred at most, for display.
    /// For FSK the real part is the discriminator's value, the imaginary part zero; with bi-phase line codes the
    /// points are those of half symbols.
    pub fn constellation(&self) -> &[Complex32] {
        each!(&self.family, receiver => receiver.constellation())
    }

    /// Appends what `run` makes the receiver give, with halves joined, bits in order and offsets as they are in
    /// the samples.
    fn pass(&mut self, out: &mut SoftBatch, run: impl FnOnce(&mut Family, &mut SoftBatch)) {
        let (bits, marks) = (out.llrs.len(), out.marks.len());
        if let Some((stage, halves)) = &mut self.bi_phase {
            halves.clear();
            run(&mut self.family, halves);
            stage.process(halves, out);
        } else {
            run(&mut self.family, out);
        }
        if self.q_first {
            // Receivers give whole symbols.
            for pair in out.llrs[bits..].chunks_exact_mut(2) {
                pair.swap(0, 1);
            }
        }
        self.restore_offsets(&mut out.marks[marks..]);
    }

    fn flush_halves(&mut self, out: &mut SoftBatch) {
        let marks = out.marks.len();
        if let Some((stage, _)) = &mut self.bi_phase {
            stage.finish(out);
        }
        self.restore_offsets(&mut out.marks[marks..]);
    }

    fn restore_offsets(&self, marks: &mut [Mark]) {
        if self.inverted {
            for mark in marks {
                mark.offset_hz = -mark.offset_hz;
            }
        }
    }
}
