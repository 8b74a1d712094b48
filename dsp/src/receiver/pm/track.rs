//! The carrier, window by window: found feed-forward, then followed, its phase smoothed to both sides, and
//! taken off the samples.

use super::Plan;
use super::acquire::{Finder, Line, SYMMETRIC, chirps};
use super::branch::Data;
use super::decimate::Decimator;
use super::held::Held;
use super::rotor::{BLOCK, Rotors, sum, turn, turn_around_carrier, turn_to_data};
use super::smooth::{Cells, Smooth, smooth};
use crate::Complex32;
use crate::receiver::psk::carrier::{CarrierModel, line_power, slope};
use num_complex::Complex64;
use std::f64::consts::{SQRT_2, TAU};

/// Windows without a carrier that are bridged by the model.
const PATIENCE: u32 = 8;
/// Power of the carrier's line, relative to noise, that a locked window shows.
const LOCK_POWER: f64 = 10.0;
/// Variance of the phase that the average aims at where the carrier is weak, rad².
const PHASE_VARIANCE: f64 = 0.005;
/// Fastest drift searched, Hz per second, and most rates to each side.
const MAX_DRIFT: f64 = 1000.0;
const MAX_CHIRPS: i32 = 16;
/// Weight of a new measurement of the carrier's power.
const POWER_GAIN: f64 = 0.15;

/// What is known of the carrier from a sample of the wide stream on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    pub from: u64,
    pub locked: bool,
    /// Frequency minus the nominal one, Hz.
    pub offset_hz: f64,
    /// Power, relative to that of samples of magnitude 1.
    pub power: f64,
    /// Power over noise density, the data near the carrier counted as noise, Hz.
    pub c_n0_hz: f64,
}

#[derive(Debug)]
pub(super) struct Tracker {
    plan: Plan,
    /// Rate of the wide stream and of the narrow one around the carrier.
    wide_rate_hz: f64,
    rate_hz: f64,
    /// Samples of the narrow stream in a cell and in a window.
    cell: usize,
    window: usize,
    narrow: Decimator,
    wide: Held,
    held: Held,
    finder: Finder,
    /// Window in work.
    number: i64,
    model: CarrierModel,
    locked: bool,
    misses: u32,
    known: Known,
    cached: Option<(i64, Option<Line>)>,
    /// Whether the window before belongs to the same carrier.
    continued: bool,
    cells: Cells,
    smooth: Vec<Smooth>,
    phases: Vec<f64>,
    /// Phasors of the narrow stream and of the wide one.
    model_rotors: Rotors,
    rotors: Rotors,
    end: Option<u64>,
}

impl Tracker {
    pub fn new(plan: &Plan, wide_rate_hz: f64) -> Self {
        let (pass, least) = plan.carrier_band_hz();
        // An average that holds what was before the beginning, or is behind the end, would be too small.
        let narrow = Decimator::new(wide_rate_hz, pass, least).settled();
        let rate_hz = wide_rate_hz / narrow.scale();
        let cell = ((rate_hz * plan.window_s / plan.cells as f64).round() as usize).max(1);
        Self {
            plan: plan.clone(),
            wide_rate_hz,
            rate_hz,
            cell,
            window: cell * plan.cells,
            narrow,
            wide: Held::default(),
            held: Held::default(),
            finder: Finder::default(),
            number: 0,
            model: CarrierModel::default(),
            locked: false,
            misses: 0,
            known: Known::default(),
            cached: None,
            continued: false,
            cells: Cells::default(),
            smooth: Vec::new(),
            phases: Vec::new(),
            model_rotors: Rotors::default(),
            rotors: Rotors::default(),
            end: None,
        }
    }

    pub fn push(&mut self, samples: &[Complex32]) {
        self.wide.push(samples);
        self.narrow.process(samples, self.held.more());
    }

    /// The wide stream ends before sample `end`, with the first of these samples.
    pub fn finish(&mut self, samples: &[Complex32], end: u64) {
        let missing = end.saturating_sub(self.wide.end()) as usize;
        self.push(&samples[..missing.min(samples.len())]);
        self.wide.end_at(end);
        self.end = Some(end);
    }

    /// Takes the carrier off the samples of one window, if all that it takes is there, and appends its data: where a
    /// subcarrier carries them alone and times √2, or in the real part of the samples.
    pub fn step(&mut self, out: &mut Data) -> Option<Known> {
        let from = self.first_of(self.number);
        let to = self.first_of(self.number + 1);
        let to = match self.end {
            Some(end) if from >= end => return None,
            Some(end) => to.min(end),
            None => {
                let narrow = self.held.end() >= ((self.number + 2) * self.window as i64) as u64;
                if !narrow || self.wide.end() < self.first_of(self.number + 2) {
                    return None;
                }
                to
            }
        };
        if !self.locked {
            self.acquire();
        }
        let mut locked = self.measure();
        if self.locked && !locked {
            self.misses += 1;
            if self.acquire() {
                locked = self.measure();
            } else if self.misses > PATIENCE {
                self.locked = false;
            }
        } else if locked {
            self.misses = 0;
        }
        self.estimate(locked);
        self.known.from = from;
        self.derotate(from, to, out);
        let known = self.known;
        self.follow(locked);
        Some(known)
    }

    /// First sample of the wide stream in this window.
    fn first_of(&self, number: i64) -> u64 {
        match number {
            0 => 0,
            _ => self.narrow.input_at((number * self.window as i64) as f64).ceil() as u64,
        }
    }

    /// Looks for a carrier in the window in work and in the next. True when there is a new one.
    fn acquire(&mut self) -> bool {
        let here = match self.cached.take() {
            Some((number, line)) if number == self.number => line,
            _ => self.search(self.number),
        };
        let after = self.search(self.number + 1);
        self.cached = Some((self.number + 1, after));
        let (line, number) = match (here, after) {
            (Some(here), Some(after)) if after.power > here.power && self.near(here, after) => {
                (after, self.number + 1)
            }
            (Some(here), _) => (here, self.number),
            (None, Some(after)) => (after, self.number + 1),
            (None, None) => return false,
        };
        let middle = (number as f64 + 0.5) * self.window as f64;
        let tracked = self.model.freq_at(middle) / TAU;
        if self.locked && (tracked - line.freq).abs() * (self.window as f64) < 2.0 {
            return false;
        }
        self.model = CarrierModel {
            time: middle,
            phase: 0.0,
            freq: TAU * line.freq,
            rate: if self.plan.third_order {
                TAU * line.rate
            } else {
                0.0
            },
        };
        self.model.move_to((self.number * self.window as i64) as f64);
        let share = (line.power / self.window as f64).min(0.999);
        self.known.c_n0_hz = share / (1.0 - share) * self.rate_hz;
        self.known.power = 0.0;
        self.locked = true;
        self.misses = 0;
        self.continued = false;
        true
    }

    /// Whether two lines of neighbouring windows are of one carrier.
    fn near(&self, here: Line, after: Line) -> bool {
        let drift = self.window as f64 * here.rate.abs().max(after.rate.abs());
        (here.freq - after.freq).abs() < drift + 4.0 / self.window as f64
    }

    /// The carrier in a window: of the lines there the strongest whose sidebands are alike, or the strongest.
    fn search(&mut self, number: i64) -> Option<Line> {
        let seconds = self.window as f64 / self.rate_hz;
        let start = number * self.window as i64;
        let values = self.held.range(start, start + self.window as i64);
        let reach = (self.plan.search_hz / self.rate_hz)
            .max(4.0 / self.window as f64)
            .min(0.49);
        let most = chirps(MAX_DRIFT, seconds, MAX_CHIRPS);
        let mut lines = self.finder.lines(values, reach, most);
        lines.retain(|line| line.certain);
        if lines.len() > 1 {
            let wide = self
                .wide
                .range(self.first_of(number) as i64, self.first_of(number + 1) as i64);
            let band = self.plan.data_band_hz();
            let band = (band.0 / self.wide_rate_hz, band.1 / self.wide_rate_hz);
            let scale = self.narrow.scale();
            let alike = lines
                .iter()
                .position(|line| self.finder.symmetry(wide, line.freq / scale, band) > SYMMETRIC);
            lines.swap(0, alike.unwrap_or(0));
        }
        lines.first().copied()
    }

    /// Sums the cells of three windows under the model; true when there is a carrier near it.
    fn measure(&mut self) -> bool {
        let count = self.plan.cells as i64;
        let first = self.number * count;
        let before = if self.continued { first - count } else { first };
        self.cells.first = before - first;
        self.cells.sums.clear();
        self.cells.last = self.cell;
        let start = (before * self.cell as i64).max(self.held.first() as i64);
        let to = ((first + 2 * count) * self.cell as i64).min(self.held.end() as i64);
        let energies = self.sum_cells(start, to);
        self.known.locked = false;
        self.cells.energy = energies[1];
        let (now, then) = self.cells.current(self.plan.cells);
        let power = |parts: &[&[Complex64]], energy: f64| line_power(parts, energy, LOCK_POWER) > LOCK_POWER;
        power(&[now], energies[1]) || power(&[now, then], energies[1] + energies[2])
    }

    /// Sums the narrow samples from `start` to `end` by cells; the energies of the window before, the one in work and
    /// the next.
    fn sum_cells(&mut self, start: i64, end: i64) -> [f64; 3] {
        let mut energies = [0.0; 3];
        let (mut total, mut energy, mut held) = (Complex64::ZERO, 0.0, 0);
        let mut turned = [Complex32::ZERO; BLOCK];
        let mut at = start;
        let samples = self.held.range(start, end);
        for block in samples.chunks(BLOCK) {
            let phase = |at: i64| self.model.phase_at(at as f64);
            let rotor = self.model_rotors.between(phase(at), phase(at + BLOCK as i64));
            turn(block, &rotor, &mut turned);
            at += block.len() as i64;
            let mut rest = &turned[..block.len()];
            while !rest.is_empty() {
                let (part, after) = rest.split_at(rest.len().min(self.cell - held));
                let (sum, power) = sum(part);
                (total, energy, held, rest) = (total + sum, energy + power, held + part.len(), after);
                if held == self.cell || (rest.is_empty() && at >= start + samples.len() as i64) {
                    let cell = self.cells.first + self.cells.sums.len() as i64;
                    let window = cell.div_euclid(self.plan.cells as i64) + 1;
                    energies[window.clamp(0, 2) as usize] += energy;
                    self.cells.sums.push(total);
                    self.cells.last = held;
                    (total, energy, held) = (Complex64::ZERO, 0.0, 0);
                }
            }
        }
        energies
    }

    /// The smoothed phase of the window, and how strong the carrier is.
    fn estimate(&mut self, locked: bool) {
        let per_cell = self.cell as f64 / self.rate_hz;
        let wanted = PHASE_VARIANCE.recip() / (2.0 * self.known.c_n0_hz.max(1e-9));
        let average = if self.plan.average_fixed {
            self.plan.average_s
        } else {
            wanted.clamp(self.plan.average_s, 0.5 * self.plan.window_s)
        };
        let reach = (((average / per_cell) - 1.0) / 2.0).round().max(0.0) as usize;
        smooth(
            &mut self.cells,
            self.plan.cells,
            reach,
            self.cell,
            &mut self.smooth,
        );
        let inner = &self.smooth[1..=self.plan.cells];
        self.phases.clear();
        self.phases.extend(inner.iter().map(|s| s.phase));
        let (now, _) = self.cells.current(self.plan.cells);
        let sum: Complex64 = now
            .iter()
            .zip(&self.phases)
            .map(|(cell, phase)| cell * Complex64::cis(-phase))
            .sum();
        let ends_here = self.cells.sums.len() as i64 + self.cells.first == now.len() as i64;
        let missing = if ends_here { self.cell - self.cells.last } else { 0 };
        let count = ((now.len() * self.cell).saturating_sub(missing)).max(1) as f64;
        let power = sum.norm_sqr() / (count * count);
        let noise = (self.cells.energy / count - power).max(1e-4 * power + 1e-30);
        let c_n0 = power / noise * self.rate_hz;
        self.known.locked = locked && self.locked;
        if locked {
            let first = self.known.power == 0.0;
            let gain = if first { 1.0 } else { POWER_GAIN };
            self.known.power += gain * (power - self.known.power);
            self.known.c_n0_hz += gain * (c_n0 - self.known.c_n0_hz);
        }
        let middle = (self.number as f64 + 0.5) * self.window as f64;
        let shift = slope(&self.phases) / self.cell as f64;
        self.known.offset_hz = (self.model.freq_at(middle) + shift) / TAU * self.rate_hz;
    }

    /// Turns the samples by the carrier's phase and takes out the carrier or what is not data.
    fn derotate(&mut self, from: u64, to: u64, out: &mut Data) {
        let samples = self.wide.range(from as i64, to as i64);
        let window_start = (self.number * self.window as i64) as f64;
        let phase_at = |sample: u64| {
            let time = self.narrow.output_at(sample as f64);
            let place = (time - window_start) / self.cell as f64;
            let (phase, amplitude) = Smooth::at(&self.smooth, place);
            (self.model.phase_at(time) + phase, amplitude)
        };
        let mut at = from;
        let (mut phase, mut amplitude) = phase_at(at);
        let direct = self.plan.pm.subcarrier.is_none();
        let mut place = if direct { out.values.len() } else { out.arm.len() };
        if direct {
            out.values.resize(place + samples.len(), Complex32::ZERO);
        } else {
            out.arm.resize(place + samples.len(), 0.0);
        }
        for block in samples.chunks(BLOCK) {
            at += BLOCK as u64;
            let (end, next) = phase_at(at);
            let rotor = self.rotors.between(phase, end);
            if direct {
                let carrier = if self.known.locked { amplitude as f32 } else { 0.0 };
                turn_around_carrier(block, &rotor, carrier, &mut out.values[place..]);
            } else {
                turn_to_data(block, &rotor, SQRT_2 as f32, &mut out.arm[place..]);
            }
            place += block.len();
            (phase, amplitude) = (end, next);
        }
    }

    /// Carries the model over to the next window.
    fn follow(&mut self, locked: bool) {
        let window = self.window as f64;
        let boundary = (self.number + 1) as f64 * window;
        self.model.move_to(boundary);
        if locked && self.locked {
            const GAIN: f64 = 0.5;
            let error = slope(&self.phases) / self.cell as f64;
            self.model.freq += GAIN * error;
            if self.plan.third_order {
                self.model.rate += GAIN * GAIN / 4.0 * error / window;
            }
        }
        self.continued = self.locked;
        self.number += 1;
        self.held
            .forget(((self.number - 1).max(0) * self.window as i64) as u64);
        self.wide.forget(self.first_of(self.number));
    }
}
