//! Receiver of phase modulation with a residual carrier: PCM/PM and PCM/PSK/PM (CCSDS 401.0-B).
//!
//! The carrier is found as a spectral line and followed by its phase, averaged to both sides ([`track`]).
//! Turned by it, the samples have the data in one arm, directly or on a subcarrier that is brought down
//! ([`branch`]); these are BPSK to a [`PskReceiver`], which gives the symbols' instants and first decisions.
//! With these the symbols are taken once more, coherently ([`refine`]).

mod acquire;
mod branch;
mod decimate;
mod front;
mod held;
mod integrate;
mod mixer;
mod phases;
mod plan;
mod refine;
mod rotor;
mod smooth;
#[cfg(test)]
mod tests;
mod track;

use crate::receiver::intake::{CHUNK, Intake};
use crate::receiver::{PskReceiver, ReceiverStatus, ResidualCarrier};
use crate::{Complex32, ConfigError, Mark, Modulation, Pulse, SignalConfig, SoftBatch};
use branch::{Branches, Data};
use front::FrontEnd;
use plan::Plan;
use refine::{Levels, Refiner};
use std::collections::VecDeque;
use track::{Known, Tracker};

/// Symbols of the streams that are kept behind the beginning of the newest window of the first receiver.
const KEPT_SYMBOLS: f64 = 600.0;

/// Receiver of phase modulation with a residual carrier.
#[derive(Debug)]
pub struct PmReceiver {
    plan: Plan,
    stages: Stages,
    intake: Intake,
    status: ReceiverStatus,
}

/// Everything that starts afresh after a gap.
#[derive(Debug)]
struct Stages {
    front: FrontEnd,
    tracker: Tracker,
    branches: Branches,
    symbols: PskReceiver,
    refiner: Refiner,
    turned: Data,
    rough: SoftBatch,
    fine: SoftBatch,
    known: VecDeque<Known>,
}

impl PmReceiver {
    /// Builds the receiver of this signal.
    ///
    /// # Errors
    /// When a number is out of range (fewer than 2 samples a symbol, a carrier beyond half the sample rate, a
    /// subcarrier that the samples do not hold or that is less than 1.5 symbol rates from the carrier, an index
    /// that leaves no carrier, a search too wide for the carrier's long windows at a low rate, anything not finite)
    /// or the pulse is not rectangular.
    pub fn new(config: &SignalConfig) -> Result<Self, ConfigError> {
        let plan = Plan::new(config)?;
        let stages = Stages::new(&plan)?;
        Ok(Self {
            status: ReceiverStatus {
                level_dbfs: f32::NEG_INFINITY,
                es_n0_db: f32::NAN,
                symbol_rate_hz: plan.symbol_rate_hz,
                false_lock: Some(acquire::FALSE_ALARM),
                residual_carrier: Some(ResidualCarrier::UNKNOWN),
                ..ReceiverStatus::default()
            },
            plan,
            stages,
            intake: Intake::default(),
        })
    }

    /// See [`crate::receiver::Receiver::process`].
    pub fn process(&mut self, samples: &[Complex32], out: &mut SoftBatch) {
        if self.intake.finished {
            self.restart_at(self.intake.end());
        }
        for chunk in samples.chunks(CHUNK) {
            let (wide, energy) = self.stages.front.process(chunk);
            self.stages.tracker.push(wide);
            self.intake.take(chunk.len(), energy);
            self.status.level_dbfs = self.intake.level_dbfs();
            self.advance(out);
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
        let last = self
            .stages
            .front
            .filter()
            .output_at((self.intake.taken - 1) as f64);
        let end = last.floor().max(-1.0) as i64 + 1;
        let wide = self.stages.front.flush();
        self.stages.tracker.finish(wide, end as u64);
        self.advance(out);
        let begin = self.stages.branches.finish(end as u64);
        self.receive_symbols(begin, out);
        let mut rough = std::mem::take(&mut self.stages.rough);
        self.stages.symbols.finish(&mut rough);
        self.refine(&mut rough, out);
        self.stages.rough = rough;
        if let Some((mark, levels)) = self.stages.refiner.finish(&mut self.stages.fine) {
            self.deliver(mark, levels, out);
        }
    }

    /// Snapshot for display.
    pub fn status(&self) -> ReceiverStatus {
        self.status
    }

    /// The newest points, of unit mean power, the data on the real axis.
    pub fn constellation(&self) -> &[Complex32] {
        &self.stages.refiner.points
    }

    fn restart_at(&mut self, origin: u64) {
        // The plan has been built from once, so this cannot fail.
        if let Ok(stages) = Stages::new(&self.plan) {
            self.stages = stages;
        }
        self.intake.restart_at(origin);
    }

    /// Takes every window of the carrier that is there.
    fn advance(&mut self, out: &mut SoftBatch) {
        loop {
            self.stages.turned.clear();
            let Some(known) = self.stages.tracker.step(&mut self.stages.turned) else {
                return;
            };
            self.stages.known.push_back(known);
            let begin = self.stages.branches.process(&self.stages.turned);
            self.receive_symbols(begin, out);
        }
    }

    /// Gives the first receiver the values from `begin` on, and takes its symbols further.
    fn receive_symbols(&mut self, begin: u64, out: &mut SoftBatch) {
        let mut rough = std::mem::take(&mut self.stages.rough);
        let values = self.stages.branches.stream(0, begin);
        self.stages.symbols.process(values, &mut rough);
        self.refine(&mut rough, out);
        self.stages.rough = rough;
    }

    fn refine(&mut self, rough: &mut SoftBatch, out: &mut SoftBatch) {
        for (n, mark) in rough.marks.iter().enumerate() {
            let end = rough.marks.get(n + 1).map_or(rough.llrs.len(), |next| next.bit);
            let llrs = &rough.llrs[mark.bit..end];
            let Stages {
                refiner,
                branches,
                fine,
                ..
            } = &mut self.stages;
            if let Some((mark, levels)) = refiner.next(*mark, llrs, branches, fine) {
                self.deliver(mark, levels, out);
            }
        }
        if let Some(mark) = rough.marks.last() {
            let last = mark.at - KEPT_SYMBOLS * mark.samples_per_symbol;
            self.stages.branches.forget(last);
        }
        rough.clear();
    }

    /// Passes a window on, its mark in terms of the source's samples.
    fn deliver(&mut self, mark: Mark, levels: Levels, out: &mut SoftBatch) {
        let stages = &mut self.stages;
        let per_value = stages.branches.scale();
        let count = stages.fine.llrs.len() as f64;
        let middle = stages
            .branches
            .wide_at(mark.at + 0.5 * count * mark.samples_per_symbol)
            .max(0.0) as u64;
        while stages.known.get(1).is_some_and(|next| next.from <= middle) {
            stages.known.pop_front();
        }
        let known = stages.known.front().copied().unwrap_or_default();
        let filter = stages.front.filter();
        let mark = Mark {
            bit: out.llrs.len(),
            at: self.intake.origin as f64 + filter.input_at(stages.branches.wide_at(mark.at)),
            samples_per_symbol: mark.samples_per_symbol * per_value * filter.scale(),
            locked: mark.locked && known.locked,
            offset_hz: known.offset_hz,
            quality: mark.quality.filter(|_| known.locked),
            ..mark
        };
        out.marks.push(mark);
        out.llrs.append(&mut stages.fine.llrs);
        stages.fine.clear();
        self.status.carrier_locked = known.locked;
        self.status.timing_locked = mark.locked;
        self.status.es_n0_db = mark.es_n0_db;
        self.status.quality = mark.quality.filter(|_| mark.locked);
        self.status.offset_hz = mark.offset_hz;
        self.status.symbol_rate_hz = mark.symbol_rate_hz;
        if known.locked {
            self.status.residual_carrier = Some(self.carrier(mark, known, levels));
        }
    }

    /// What is known of a locked carrier: beside locked symbols its noise and the index are those of the symbols.
    fn carrier(&self, mark: Mark, known: Known, levels: Levels) -> ResidualCarrier {
        let db = |ratio: f64| (10.0 * ratio.max(1e-20).log10()) as f32;
        let symbols = mark.locked && levels.noise > 0.0;
        let noise_density = 2.0 * levels.noise / mark.symbol_rate_hz;
        let data = levels.signal / self.stages.refiner.share;
        ResidualCarrier {
            power_dbfs: db(known.power),
            c_n0_db_hz: db(if symbols {
                known.power / noise_density
            } else {
                known.c_n0_hz
            }),
            index_rad: if symbols {
                self.plan.pm.index_of(data / known.power) as f32
            } else {
                self.status.residual_carrier.map_or(f32::NAN, |c| c.index_rad)
            },
        }
    }
}

impl Stages {
    fn new(plan: &Plan) -> Result<Self, ConfigError> {
        let front = FrontEnd::new(plan);
        let wide_rate_hz = plan.sample_rate_hz / front.filter().scale();
        let branches = Branches::new(plan, wide_rate_hz);
        let rate = branches.rate_hz();
        let symbols = PskReceiver::new(&SignalConfig {
            search_hz: plan.subcarrier_search_hz(),
            timing_loop_hz: plan.timing_loop_hz,
            ..SignalConfig::new(Modulation::Bpsk, Pulse::Rect, plan.symbol_rate_hz, rate)
        })?;
        Ok(Self {
            tracker: Tracker::new(plan, wide_rate_hz),
            refiner: Refiner::new(plan),
            front,
            branches,
            symbols,
            turned: Data::default(),
            rough: SoftBatch::default(),
            fine: SoftBatch::default(),
            known: VecDeque::new(),
        })
    }
}
