//! Feed-forward acquisition: carrier and clock of a stretch of baseband without any earlier knowledge.
//!
//! A bank of carriers an eighth of the symbol rate apart is tried. For each, the stretch is matched-filtered,
//! the clock line gives the symbols, and their M-th power gives the carrier as a spectral line. Because the
//! matched filter comes first, a carrier that is wrong by a side-lock distance (symbol rate / M) leaves a
//! weaker line than the true one, and the strongest of all wins.

use super::Plan;
use super::carrier::stripped;
use super::line::{Line, LineFinder};
use super::matched::{Interpolator, Matched};
use super::plan::WINDOW;
use super::screen::Screen;
use super::timing::{BLOCK_SYMBOLS, Clock, ClockMeter, Instants};
use crate::receiver::chirp::CHIRP_STEP;
use crate::{Complex32, Modulation, Pulse};
use num_complex::Complex64;
use std::f64::consts::{PI, TAU};

/// Spacing of the carriers tried, in symbol rates.
const SPACING: f64 = 0.125;
/// Most carriers tried to each side: those of 48 000 samples per second at 6 symbols per second.
const MOST_CARRIERS: f64 = 32_000.0;
/// How far a line may lie from its filter's carrier, in symbol rates.
const REACH: f64 = 0.75 * SPACING;
/// How far beyond the range searched a carrier is believed, in symbol rates.
const BEYOND: f64 = 0.02;
/// Distance from which on two carriers are not one, seen through neighbouring filters, in symbol rates.
const APART: f64 = 0.3;
/// Chance that noise passes for a carrier in a search, over all carriers, rates and lines tried.
pub(super) const FALSE_ALARM: f64 = 1e-4;
/// Power of the weaker of OQPSK's lines over that of the stronger one: they are alike, but of a carrier without
/// modulation one is a residue of the other.
const LEAST_BALANCE: f64 = 0.05;
/// Share of the power that a filter lets through from which on it is not rounding errors.
const RESIDUE: f64 = 1e-9;
/// Cycles of drift within a stretch that do not matter.
const SLIGHT_DRIFT: f64 = 0.25;
/// Fastest carrier drift expected, Hz per second: this or more, in proportion to the symbol rate, as high rates go
/// with high carriers.
const MAX_DRIFT: f64 = 1000.0;
const MAX_DRIFT_PER_BAUD: f64 = 0.05;
/// Most rates of drift that are tried to each side, in a stretch of one window, and in one of up to four, for weaker
/// signals; in longer ones none.
const MAX_CHIRPS: f64 = 40.0;
const MAX_LONG_CHIRPS: f64 = 3.0;

/// What was found in a stretch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    /// Carrier in cycles per baseband sample, at the middle of the stretch.
    pub carrier: f64,
    /// Rate of the carrier, cycles per baseband sample².
    pub rate: f64,
    /// Phase of the untuned baseband's carrier at the middle, rad, where it is known (OQPSK).
    pub phase: Option<f64>,
    /// Instant of the first symbol, in samples of the matched filter's output.
    pub start: f64,
    /// Middle of the stretch, same unit.
    pub middle: f64,
    pub clock: Clock,
    /// Power of the carrier's line relative to noise.
    pub power: f64,
    /// Whether this is a signal rather than chance.
    pub certain: bool,
}

#[derive(Debug)]
pub(super) struct Acquirer {
    plan: Plan,
    carriers: Vec<f64>,
    /// Where there are many of them.
    screen: Option<Screen>,
    lines: LineFinder,
    filtered: Vec<f32>,
    clock_lines: Vec<Complex64>,
    symbols: Vec<Complex32>,
    values: Vec<Complex32>,
}

impl Acquirer {
    pub fn new(plan: &Plan) -> Self {
        let spacing = match (plan.modulation, plan.pulse) {
            // The lines of OQPSK come from the roll-off alone, which the filter's must not miss.
            (Modulation::Oqpsk, Pulse::Srrc { roll_off }) => SPACING.min((roll_off / 5.0).max(SPACING / 4.0)),
            _ => SPACING,
        } * plan.symbol_rate_hz;
        let side = (plan.search_hz / spacing).round().min(MOST_CARRIERS) as i32;
        let carriers: Vec<f64> = (-side..=side)
            .map(|k| f64::from(k) * spacing / plan.base_rate_hz())
            .collect();
        Self {
            plan: plan.clone(),
            screen: Screen::new(plan, &carriers),
            carriers,
            lines: LineFinder::default(),
            filtered: Vec::new(),
            clock_lines: Vec::new(),
            symbols: Vec::new(),
            values: Vec::new(),
        }
    }

    /// The best carrier and clock of `count` symbols from `start` on.
    pub fn search(
        &mut self,
        matched: &Matched,
        meter: &ClockMeter,
        interpolator: &Interpolator,
        start: f64,
        count: usize,
    ) -> Option<Candidate> {
        let (mut best, mut certain): (Option<Candidate>, Option<Candidate>) = (None, None);
        let offset = self.plan.modulation == Modulation::Oqpsk;
        let screened = self.look(matched, start, count);
        for index in 0..self.carriers.len() {
            if screened && !self.screen.as_ref().is_some_and(|s| s.shows(index)) {
                continue;
            }
            let carrier = self.carriers[index];
            let found = if offset {
                self.try_offset(matched, carrier, start, count, 0)
            } else {
                self.try_carrier(matched, meter, interpolator, carrier, start, count)
            };
            let Some(found) = found else { continue };
            if best.is_none_or(|b| found.power > b.power) {
                best = Some(found);
            }
            if found.certain && certain.is_none_or(|b| found.power > b.power) {
                certain = Some(found);
            }
        }
        match self.believed(best, certain) {
            // Off its centre the filter weakens one line of OQPSK; on the carrier found both show in full, and there
            // rates of drift are tried.
            Some(found) if offset => {
                self.try_offset(matched, found.carrier, start, count, self.offset_chirps(count))
            }
            Some(found) if self.plan.order() == 8 => Some(self.on_its_side(matched, found, start, count)),
            best => best,
        }
    }

    /// Of the strongest line and the strongest that is certainly of a signal: the latter where the former is another
    /// carrier, beside it; not where both may be one.
    fn believed(&self, best: Option<Candidate>, certain: Option<Candidate>) -> Option<Candidate> {
        let apart = |a: &Candidate, b: &Candidate| {
            (a.carrier - b.carrier).abs() * self.plan.base_samples_per_symbol() > APART
        };
        match (best, certain) {
            (Some(best), Some(certain)) if apart(&best, &certain) => Some(certain),
            (best, _) => best,
        }
    }

    /// Looks which carriers are worth trying, where not all are tried.
    fn look(&mut self, matched: &Matched, start: f64, count: usize) -> bool {
        let length = (count as f64 * self.plan.samples_per_symbol()) as i64;
        let from = start.floor() as i64;
        self.screen
            .as_mut()
            .is_some_and(|screen| screen.look(matched.samples(from..from + length), count))
    }

    /// The eighth power has lines at every eighth of the symbol rate, and the filters of neighbouring ones let
    /// nearly the same symbols through. The carrier is where most power passes.
    fn on_its_side(&mut self, matched: &Matched, found: Candidate, start: f64, count: usize) -> Candidate {
        let step = self.plan.symbol_rate_hz / 8.0 / self.plan.base_rate_hz();
        let limit = (self.plan.search_hz + BEYOND * self.plan.symbol_rate_hz) / self.plan.base_rate_hz();
        let (mut best, mut most) = (found, 0.0);
        for side in -2..=2 {
            let carrier = found.carrier + f64::from(side) * step;
            if carrier.abs() > limit {
                continue;
            }
            self.filter(matched, carrier, start, count, 0);
            let power: f64 = self.filtered.iter().map(|v| f64::from(*v).powi(2)).sum();
            if power > most {
                (best, most) = (Candidate { carrier, ..found }, power);
            }
        }
        best
    }

    fn try_carrier(
        &mut self,
        matched: &Matched,
        meter: &ClockMeter,
        interpolator: &Interpolator,
        carrier: f64,
        start: f64,
        count: usize,
    ) -> Option<Candidate> {
        let nominal = self.plan.samples_per_symbol();
        let first = self.filter(matched, carrier, start, count, interpolator.margin());
        self.clock_lines.clear();
        meter.measure(
            &self.filtered,
            &Instants {
                start: start - first,
                period: nominal,
                blocks: count / BLOCK_SYMBOLS,
            },
            self.plan.modulation,
            |_| 0.0,
            &mut self.clock_lines,
        );
        if self.clock_lines.len() < 4 {
            return None;
        }
        let clock = meter.search(&self.clock_lines);
        let count = self.clock_lines.len() * BLOCK_SYMBOLS;
        let half = count as f64 / 2.0;
        let middle = start + half * nominal + clock.error;
        let start = middle - half * clock.period;
        interpolator.pick(
            &self.filtered,
            start - first,
            clock.period,
            count,
            &mut self.symbols,
        );
        self.plan.stop_turning(&mut self.symbols);
        let (order, modulation) = (f64::from(self.plan.order()), self.plan.modulation);
        let scale = scale(&self.symbols);
        self.values.clear();
        self.values.extend(
            self.symbols
                .iter()
                .map(|s| stripped(modulation, s * scale, Complex32::ZERO)),
        );
        let line = self
            .lines
            .strongest(&self.values, 0.0, order * REACH, self.chirps(count));
        let per_base = 1.0 / (order * clock.period * self.plan.matched_decimation as f64);
        Some(Candidate {
            carrier: carrier + line.freq * per_base,
            rate: line.rate * per_base * per_base * order,
            phase: None,
            start,
            middle,
            clock,
            power: line.power,
            certain: self.certain(line.power, line.cells) && clock.coherence > self.clock_threshold(),
        })
    }

    /// OQPSK has no clock line in its power; its square has two lines, at twice the carrier plus and minus
    /// the symbol rate, which give carrier, phase and clock at once.
    fn try_offset(
        &mut self,
        matched: &Matched,
        carrier: f64,
        start: f64,
        count: usize,
        chirps: i32,
    ) -> Option<Candidate> {
        let nominal = self.plan.samples_per_symbol();
        let first = self.filter(matched, carrier, start, count, 0);
        self.symbols.clear();
        self.symbols.extend(
            self.filtered
                .chunks_exact(2)
                .map(|iq| Complex32::new(iq[0], iq[1])),
        );
        if self.symbols.len() < (4 * BLOCK_SYMBOLS) * nominal as usize {
            return None;
        }
        let scale = scale(&self.symbols);
        self.values.clear();
        self.values
            .extend(self.symbols.iter().map(|s| s * scale * (s * scale)));
        let reach = (2.0 * REACH + 0.016) / nominal;
        let passed = matched.passed(&self.filtered, first as i64);
        let [upper, lower] = self
            .lines
            .strongest_pair(&self.values, 1.0 / nominal, reach, chirps);
        let period = 2.0 / (upper.freq - lower.freq);
        if (period / nominal - 1.0).abs() > 0.03 {
            return None;
        }
        let centre = self.values.len() as f64 / 2.0;
        let [up, low] = [upper, lower].map(|line| line_value(&self.values, &line, centre));
        let balance = up.norm_sqr().min(low.norm_sqr()) / up.norm_sqr().max(low.norm_sqr());
        let [up, low] = [up, low].map(Complex64::arg);
        let apart = (low - up + PI).rem_euclid(TAU) - PI;
        let late = apart / (2.0 * TAU) * period;
        let middle = first + centre;
        let begin = middle + late;
        let symbols = ((begin - start) / period).floor();
        // The weaker line, as the stronger one of a filter beside the carrier exceeds those of a filter on it.
        let power = upper.power.min(lower.power);
        let blocks = count / BLOCK_SYMBOLS;
        let block_snr = power / blocks as f64;
        let clock = Clock {
            error: 0.0,
            period,
            coherence: (power + 1.0) / (block_snr + 1.0),
            blocks,
            turns: 1.0,
        };
        let decimation = self.plan.matched_decimation as f64;
        Some(Candidate {
            carrier: carrier + f64::midpoint(upper.freq, lower.freq) / 2.0 / decimation,
            rate: upper.rate / (2.0 * decimation * decimation),
            phase: Some(0.5 * (up + TAU * late / period) + TAU * (carrier * decimation * middle).fract()),
            start: begin - symbols * period,
            middle,
            clock,
            power,
            certain: self.certain(power, upper.cells) && balance > LEAST_BALANCE && passed > RESIDUE,
        })
    }

    /// Matched-filters the stretch; returns the position of the first value.
    fn filter(&mut self, matched: &Matched, carrier: f64, start: f64, count: usize, margin: i64) -> f64 {
        let length = (count as f64 * self.plan.samples_per_symbol() * 1.02) as i64;
        let from = start.floor() as i64 - margin;
        matched.filtered(carrier, from..from + length + 2 * margin, &mut self.filtered) as f64
    }

    fn chirps(&self, count: usize) -> i32 {
        // The eighth power is too weak to tell rates apart, and a wrong one is worse than none.
        if self.plan.order() == 8 {
            return 0;
        }
        let most = if count > WINDOW {
            MAX_LONG_CHIRPS
        } else {
            MAX_CHIRPS
        };
        (self.drift_cycles(count) / CHIRP_STEP).round().min(most) as i32
    }

    /// The same for OQPSK: one more, as rates between the last two are found, too.
    fn offset_chirps(&self, count: usize) -> i32 {
        if self.drift_cycles(count) > SLIGHT_DRIFT {
            self.chirps(count) + 1
        } else {
            0
        }
    }

    /// Cycles by which the fastest drift moves a line within a stretch.
    fn drift_cycles(&self, count: usize) -> f64 {
        let seconds = count as f64 / self.plan.symbol_rate_hz;
        let drift = MAX_DRIFT.max(MAX_DRIFT_PER_BAUD * self.plan.symbol_rate_hz);
        f64::from(self.plan.order()) * drift * seconds * seconds
    }

    fn certain(&self, power: f64, cells: f64) -> bool {
        power > (cells * self.carriers.len() as f64 / FALSE_ALARM).ln()
    }

    /// A carrier without modulation has no clock line; noise reaches four or five in a search.
    fn clock_threshold(&self) -> f64 {
        (0.5 * self.clock_lines.len() as f64).min(6.0)
    }
}

/// Factor that brings the values to unit mean power.
fn scale(values: &[Complex32]) -> f32 {
    let power: f64 = values.iter().map(|v| f64::from(v.norm_sqr())).sum::<f64>() / values.len().max(1) as f64;
    if power > 0.0 {
        (1.0 / power.sqrt()) as f32
    } else {
        0.0
    }
}

/// Amplitude and phase of a line at `centre`, the middle of the values.
fn line_value(values: &[Complex32], line: &Line, centre: f64) -> Complex64 {
    let freq = line.freq - line.rate * centre;
    let mut phasor = Complex64::cis(TAU * (line.freq - 0.5 * line.rate * centre) * centre);
    let mut turn = Complex64::cis(-TAU * (freq + 0.5 * line.rate));
    let bend = Complex64::cis(-TAU * line.rate);
    let mut sum = Complex64::ZERO;
    for value in values {
        sum += Complex64::new(value.re.into(), value.im.into()) * phasor;
        phasor *= turn;
        turn *= bend;
    }
    sum
}
