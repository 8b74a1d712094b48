//! Receiver of phase modulations with suppressed carrier: BPSK, QPSK, OQPSK, 8PSK, unbalanced QPSK, and the
//! differential ones that are made of them.
//!
//! The baseband stream is held for a few windows of 512 symbols (2048 where the carrier shows weakly). A window
//! without lock is searched feed-forward ([`acquire`]), and what is found is applied from the window's first
//! symbol on, or the window before, so that nothing of a burst is lost while loops settle. A locked window
//! refines clock and carrier: the clock by a Kalman filter over the windows, the carrier by its phase smoothed
//! over neighbouring symbols on both sides, as many as the Es/N0 asks for. Everything happens at places that
//! depend on the samples only, never on how they were cut into blocks.

mod acquire;
pub(super) mod carrier;
mod demap;
mod front;
mod line;
mod matched;
pub(super) mod plan;
mod screen;
#[cfg(test)]
mod tests;
mod timing;
mod track;
mod turned;

use crate::receiver::ReceiverStatus;
use crate::receiver::intake::{CHUNK, Intake};
use crate::{Complex32, ConfigError, SignalConfig, SoftBatch};
use front::FrontEnd;
use plan::Plan;
use track::Engine;

pub(super) use demap::{Levels, soft};

/// Receiver of phase modulations with suppressed carrier.
#[derive(Debug)]
pub struct PskReceiver {
    plan: Plan,
    front: FrontEnd,
    engine: Engine,
    intake: Intake,
}

impl PskReceiver {
    /// Builds the receiver of this signal.
    ///
    /// # Errors
    /// When a number is out of range (fewer than 1.9 samples a symbol, a carrier beyond half the sample rate,
    /// a roll-off outside 0 to 1, anything not finite) or the pulse does not go with the modulation.
    pub fn new(config: &SignalConfig) -> Result<Self, ConfigError> {
        let plan = Plan::new(config)?;
        let front = FrontEnd::new(&plan);
        let engine = Engine::new(&plan, &front, 0);
        Ok(Self {
            plan,
            front,
            engine,
            intake: Intake::default(),
        })
    }

    /// See [`crate::receiver::Receiver::process`].
    pub fn process(&mut self, samples: &[Complex32], out: &mut SoftBatch) {
        if self.intake.finished {
            self.restart_at(self.intake.end());
        }
        for chunk in samples.chunks(CHUNK) {
            let (baseband, energy) = self.front.process(chunk);
            self.engine.push(baseband);
            self.intake.take(chunk.len(), energy);
            while self.engine.ready() {
                self.engine.step(&self.front, out);
            }
        }
    }

    /// See [`crate::receiver::Receiver::gap`].
    pub fn gap(&mut self, missing: u64, out: &mut SoftBatch) {
        self.finish(out);
        self.restart_at(self.intake.end() + missing);
    }

    /// See [`crate::receiver::Receiver::finish`].
    pub fn finish(&mut self, out: &mut SoftBatch) {
        if self.intake.finished || self.intake.taken == 0 {
            return;
        }
        self.intake.finished = true;
        let end = self.front.output_position((self.intake.taken - 1) as f64);
        let baseband = self.front.flush();
        self.engine.push(baseband);
        self.engine.end_at(end);
        while self.engine.unfinished() {
            self.engine.step(&self.front, out);
        }
    }

    /// Snapshot for display.
    pub fn status(&self) -> ReceiverStatus {
        let mark = self.engine.newest();
        ReceiverStatus {
            level_dbfs: self.intake.level_dbfs(),
            carrier_locked: mark.locked,
            timing_locked: self.engine.clock_locked(),
            es_n0_db: mark.es_n0_db,
            offset_hz: mark.offset_hz,
            symbol_rate_hz: mark.symbol_rate_hz,
            quality: mark.quality,
            false_lock: Some(acquire::FALSE_ALARM),
            ..ReceiverStatus::default()
        }
    }

    /// The newest points, of unit mean power.
    pub fn constellation(&self) -> &[Complex32] {
        self.engine.constellation()
    }

    fn restart_at(&mut self, origin: u64) {
        self.front = FrontEnd::new(&self.plan);
        self.engine = Engine::new(&self.plan, &self.front, origin);
        self.intake.restart_at(origin);
    }
}
