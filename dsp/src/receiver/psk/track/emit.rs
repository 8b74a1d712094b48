//! What a window gives: phase, levels, soft bits and mark, and what they tell about the next one.

use super::{Engine, FEWEST_SPANNED, LOCK_POWER, SEEN_POWER};
use crate::receiver::gmsk::Spread;
use crate::receiver::psk::carrier::{
    BLOCK_SYMBOLS, Working, level_phases, offset_corrections, residual_phase, slope, smoothing_reach,
    unbalanced_corrections,
};
use crate::receiver::psk::demap::Levels;
use crate::receiver::psk::front::FrontEnd;
use crate::receiver::psk::turned::Turned;
use crate::{Complex32, Mark, Modulation, Pulse, SoftBatch};
use num_complex::Complex64;
use std::f64::consts::TAU;

/// Offset from the filter's carrier, in symbol rates, that makes the filter follow.
const RETUNE: f64 = 0.008;
/// Phase blocks to each side that the level measurement of BPSK and OQPSK averages.
const LEVEL_REACH: usize = 6;
/// Phase blocks to each side that are averaged at least with the decisions of GMSK, whose arms show so much of each other
/// that phases have to be better than for OQPSK.
const GMSK_REACH: usize = 4;
/// The same before decisions. What the square's own noise leaves must be slow enough for decisions to put it right.
const GMSK_SQUARE_REACH: usize = 12;
/// Parts of a window whose levels are measured apart where the whole has less than this Es/N0.
const PARTS: usize = 4;
const UNCLEAR: f64 = 0.1;
/// Symbols kept for display.
const SHOWN: usize = 256;

impl Engine {
    pub(super) fn emit(&mut self, front: &FrontEnd, locked: bool, out: &mut SoftBatch) {
        let modulation = self.plan.modulation;
        let levels = self.follow_levels();
        let reach = match self.plan.keying {
            Modulation::Gmsk if self.track.seen => GMSK_SQUARE_REACH,
            _ => self.smoothing(levels),
        };
        self.span = self.spanned(reach);
        residual_phase(
            [
                self.track.before.last(reach),
                &self.current.turned.blocks,
                &self.next.turned.blocks,
            ],
            reach,
            self.plan.order(),
            &mut self.track.last_phase,
            &mut self.prefix,
            &mut self.phases,
        );
        self.current.turned.finish(&self.phases);
        if modulation == Modulation::Oqpsk {
            self.finish_offset(levels);
        }
        if modulation == Modulation::Uqpsk {
            self.finish_unbalanced(levels);
        }
        let mut mark = self.mark(front, locked, levels, out.llrs.len());
        if let Some(meter) = &mut self.quality {
            if self.restart || !locked {
                meter.restart();
            }
            mark.quality = meter
                .take(&self.current.turned.symbols, levels.es_n0())
                .filter(|_| locked);
        }
        out.marks.push(mark);
        self.newest = mark;
        if self.restart {
            self.demapper.restart();
        }
        self.restart = false;
        self.demapper
            .process(&self.current.turned.symbols, levels, &mut out.llrs);
        self.show(levels);
    }

    /// Refines the phase of OQPSK by its decisions, then brings both arms of a symbol together.
    fn finish_offset(&mut self, levels: Levels) {
        let most = self.plan.window / BLOCK_SYMBOLS / 2;
        let chosen = smoothing_reach(levels.es_n0(), Modulation::Bpsk, 1.0, most);
        let reach = match self.plan.keying {
            Modulation::Gmsk => self.loop_reach().unwrap_or(chosen.max(GMSK_REACH)),
            _ => chosen,
        };
        offset_corrections(&self.current.turned, self.neighbours, reach, &mut self.working);
        self.correct();
        let turned = &mut self.current.turned;
        for (symbol, late) in turned.symbols.iter_mut().zip(&turned.late) {
            symbol.im = late.im;
        }
    }

    /// Refines the phase of unbalanced QPSK by its decisions.
    fn finish_unbalanced(&mut self, levels: Levels) {
        let ratio = self.plan.unbalance.max(1.0 / self.plan.unbalance);
        let most = self.plan.window / BLOCK_SYMBOLS / 2;
        // The phase turns some of the stronger arm into the weaker one.
        let reach = smoothing_reach(levels.es_n0() / (1.0 + ratio), Modulation::Bpsk, 1.0, most);
        let weaker = (1.0 / ratio.sqrt()) as f32;
        unbalanced_corrections(&self.current.turned, weaker, reach, &mut self.working);
        self.correct();
    }

    /// Takes off the phases just measured, too.
    fn correct(&mut self) {
        self.current.turned.finish_again(&self.working.phases);
        for (phase, correction) in self.phases.iter_mut().zip(&self.working.phases) {
            *phase += correction;
        }
    }

    /// Phase blocks to each side that a loop of the configured bandwidth averages: of noise bandwidth B it averages
    /// 1 / (2 B T) symbols.
    fn loop_reach(&self) -> Option<usize> {
        let most = (self.plan.window / BLOCK_SYMBOLS / 2) as f64;
        self.plan.carrier_loop_hz.map(|hz| {
            let symbols = self.plan.symbol_rate_hz / (2.0 * hz);
            (symbols / (2.0 * BLOCK_SYMBOLS as f64)).ceil().clamp(1.0, most) as usize
        })
    }

    /// Phase blocks averaged to each side.
    fn smoothing(&self, levels: Levels) -> usize {
        if let Some(reach) = self.loop_reach() {
            return reach;
        }
        let most = self.plan.window / BLOCK_SYMBOLS / 2;
        let (least, most) = match self.plan.modulation {
            Modulation::Oqpsk => (offset_reach(self.plan.pulse, &self.neighbours).min(most), most),
            // The fourth power shows so little of a weak carrier that it takes several windows.
            Modulation::Qpsk => (1, 10 * most),
            _ => (1, most),
        };
        smoothing_reach(
            levels.es_n0(),
            self.plan.modulation,
            self.plan.square_line(),
            most,
        )
        .max(least)
    }

    /// Amplitude and noise: of the better of two windows until one has shown the signal, then smoothed.
    fn follow_levels(&mut self) -> Levels {
        let modulation = self.plan.modulation;
        let order = self.plan.order();
        let spread = self.plan.spread;
        let working = &mut self.working;
        let mut measure = |turned: &Turned| measure_levels(turned, modulation, order, spread, working);
        let now = measure(&self.current.turned);
        let levels = match self.track.levels {
            Some(mut levels) if self.track.seen => {
                levels.follow(now, 0.2);
                levels
            }
            _ if self.next.turned.symbols.is_empty() => now,
            _ => {
                let then = measure(&self.next.turned);
                if then.es_n0() > now.es_n0() { then } else { now }
            }
        };
        self.track.levels = Some(levels);
        levels
    }

    fn mark(&self, front: &FrontEnd, locked: bool, levels: Levels, bit: usize) -> Mark {
        let decimation = self.plan.matched_decimation as f64;
        let middle =
            self.current.start + self.current.period * self.current.turned.symbols.len() as f64 / 2.0;
        let per_symbol = self.current.period * decimation * front.scale();
        let shift = slope(&self.phases) / (BLOCK_SYMBOLS as f64 * self.current.period) / TAU / decimation;
        Mark {
            bit,
            at: self.origin as f64 + front.source_position(self.current.start * decimation),
            samples_per_symbol: per_symbol,
            restart: self.restart,
            locked,
            es_n0_db: (10.0 * levels.es_n0().max(1e-3).log10()) as f32,
            offset_hz: (self.carrier_at(middle) + shift) * self.plan.base_rate_hz(),
            symbol_rate_hz: self.plan.sample_rate_hz / per_symbol,
            quality: None,
        }
    }

    fn show(&mut self, levels: Levels) {
        let gain = (1.0 / (levels.signal + levels.noise).max(1e-30).sqrt()) as f32;
        let symbols = &self.current.turned.symbols;
        self.shown.clear();
        self.shown.extend(
            symbols[symbols.len().saturating_sub(SHOWN)..]
                .iter()
                .map(|s| s * gain),
        );
    }

    /// Carries the carrier model over to the next window.
    pub(super) fn follow(&mut self, locked: bool) {
        let window = self.current.turned.symbols.len() as f64 * self.current.period;
        let boundary = self.current.start + window;
        let mut model = self.track.model;
        model.move_to(boundary);
        model.phase += self.track.last_phase;
        // A weak signal shows only in windows together; a burst in the next one must not pass for it.
        let weak = self.span > FEWEST_SPANNED && self.track.spanned_power > SEEN_POWER;
        let steady = self.next.turned.energy < 2.0 * self.current.turned.energy;
        self.track.seen |= locked && (self.track.power > LOCK_POWER || weak && steady);
        self.track.last_phase = 0.0;
        let turned = &self.current.turned;
        self.track
            .before
            .push(&turned.blocks, turned.energy, self.span - 2);
        self.refer_to(&model, boundary);
        self.retune_when_far(boundary);
    }

    /// Windows that twice the symbols are in which the phase is averaged over.
    fn spanned(&self, reach: usize) -> usize {
        let symbols = 2 * 2 * reach * BLOCK_SYMBOLS;
        symbols.div_ceil(self.plan.window).max(FEWEST_SPANNED)
    }

    /// Lets the matched filter follow a carrier that has moved.
    fn retune_when_far(&mut self, boundary: f64) {
        let model = &mut self.track.model;
        // In the middle of the next window.
        let ahead = self.plan.window as f64 * self.plan.samples_per_symbol() / 2.0;
        let offset = model.freq_at(boundary + ahead) / TAU;
        if !self.track.locked || offset.abs() * self.plan.samples_per_symbol() < RETUNE {
            return;
        }
        let old = self.matched.tuned();
        let new = old + offset / self.plan.matched_decimation as f64;
        model.phase -= (TAU * (offset * model.time).fract()) % TAU;
        model.freq -= TAU * offset;
        self.matched
            .retune(new, boundary.floor() as i64 - 2 * self.interpolator.margin());
        if self.has_next {
            let count = self.next.turned.symbols.len();
            let end = (self.next.start
                + (self.plan.window + 2) as f64 * self.plan.samples_per_symbol() * 1.04)
                as i64;
            self.matched.extend(end + self.interpolator.margin());
            let mut window = std::mem::take(&mut self.next);
            self.take_symbols(&mut window, count);
            self.next = window;
        }
    }
}

/// Blocks to each side that keep the noise which the data of OQPSK make in its own stripped symbols within
/// what decisions can then correct. Between its instants an arm has the mean power `e`; the stripped symbols
/// have the mean `2 - 2e` and across it the variance `8e`.
fn offset_reach(pulse: Pulse, neighbours: &[f32; 3]) -> usize {
    const VARIANCE: f64 = 0.05;
    let e = match pulse {
        Pulse::Srrc { roll_off } => 1.0 - roll_off.max(0.05) / 2.0,
        _ => 2.0 * f64::from(neighbours[0].powi(2) + neighbours[2].powi(2)),
    };
    let symbols = e / (2.0 * (1.0 - e).powi(2)) / VARIANCE;
    (symbols / (2.0 * BLOCK_SYMBOLS as f64)).ceil() as usize
}

/// Levels of a window's symbols.
fn measure_levels(
    turned: &Turned,
    modulation: Modulation,
    order: i32,
    spread: Spread,
    working: &mut Working,
) -> Levels {
    match modulation {
        _ if turned.symbols.is_empty() => Levels {
            signal: 0.0,
            noise: 1.0,
        },
        Modulation::Oqpsk => {
            level_phases(turned, LEVEL_REACH, order, working);
            let turns = working.phases.iter().flat_map(|phase| {
                let turn = Complex64::cis(-phase);
                [Complex32::new(turn.re as f32, turn.im as f32); BLOCK_SYMBOLS]
            });
            let pairs = turned.symbols.iter().zip(&turned.late).zip(turns);
            working.arms.clear();
            working
                .arms
                .extend(pairs.map(|((s, l), turn)| Complex32::new((s * turn).re, (l * turn).im)));
            let arms = &working.arms;
            let whole = Levels::from_spread(arms, spread);
            // Of a window that holds more than a signal the clearest part.
            arms.chunks_exact(arms.len().div_ceil(PARTS).max(1))
                .map(|part| Levels::from_spread(part, spread))
                .filter(|_| whole.es_n0() < UNCLEAR)
                .fold(
                    whole,
                    |best, part| if part.es_n0() > best.es_n0() { part } else { best },
                )
        }
        Modulation::Bpsk => {
            level_phases(turned, LEVEL_REACH, order, working);
            let along = turned.blocks.iter().zip(&working.phases);
            let signal: f64 = along
                .map(|(b, p)| (b * Complex64::cis(-f64::from(order) * p)).re)
                .sum();
            Levels::from_squares(&turned.symbols, signal)
        }
        _ => Levels::from_moments(turned.symbols.iter().copied()),
    }
}
