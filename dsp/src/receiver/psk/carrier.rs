//! Carrier: the line that the M-th power of the symbols leaves, its phase model and its smoothed phase.

use crate::{Complex32, Modulation};
use num_complex::Complex64;
use rustfft::{Fft, FftPlanner};
use std::collections::BTreeMap;
use std::f64::consts::{PI, TAU};
use std::fmt;
use std::sync::Arc;

/// Symbols in a phase block.
pub(super) const BLOCK_SYMBOLS: usize = 8;
/// Distance of the rates of change that are tried: over the stretch, in cycles per stretch.
pub(super) const CHIRP_STEP: f64 = 2.0;
/// Aim of the smoothing: variance of the phase, rad².
const PHASE_VARIANCE: f64 = 0.004;

/// A symbol without its modulation: a value whose phase is `order` times the carrier's. The magnitude is
/// squared whatever the order (A. J. Viterbi and A. M. Viterbi, 1983, with their F(ρ) = ρ²). OQPSK takes the
/// symbol's instant and that half a symbol later, the instant of its Q arm.
pub(super) fn stripped(modulation: Modulation, symbol: Complex32, late: Complex32) -> Complex32 {
    let square = symbol * symbol;
    match modulation {
        // The fourth power of ±1±j is negative.
        Modulation::Qpsk => -(square * square) / square.norm().max(1e-30),
        Modulation::Oqpsk => square - late * late,
        _ => square,
    }
}

/// A spectral line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Cycles per value at the middle of the stretch.
    pub freq: f64,
    /// Change of the frequency over the stretch, cycles per value per value.
    pub rate: f64,
    /// Power relative to what white noise of the same energy has on average.
    pub power: f64,
    /// How many places were looked at.
    pub cells: f64,
}

/// Finds spectral lines; keeps its transforms.
#[derive(Default)]
pub(super) struct LineFinder {
    transforms: BTreeMap<usize, Arc<dyn Fft<f32>>>,
    buffer: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl fmt::Debug for LineFinder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineFinder")
            .field("sizes", &self.transforms.keys())
            .finish_non_exhaustive()
    }
}

impl LineFinder {
    /// The strongest line within `centre ± reach` (cycles per value), among `2 * chirps + 1` rates of
    /// change of the frequency, [`CHIRP_STEP`] apart.
    pub fn strongest(&mut self, values: &[Complex32], centre: f64, reach: f64, chirps: i32) -> Line {
        let energy: f64 = values.iter().map(|v| f64::from(v.norm_sqr())).sum();
        let size = (2 * values.len()).next_power_of_two().max(16);
        let bins = ((reach * size as f64).ceil() as i64).clamp(1, size as i64 / 2 - 1);
        let middle = (centre * size as f64).round() as i64;
        let cells = ((2 * bins + 1) * i64::from(2 * chirps + 1)) as f64 / 2.0;
        let mut best = Line {
            freq: centre,
            rate: 0.0,
            power: 0.0,
            cells,
        };
        if energy <= 0.0 {
            return best;
        }
        for chirp in -chirps..=chirps {
            let rate = CHIRP_STEP * f64::from(chirp) / (values.len() as f64).powi(2);
            self.transform(values, rate, size);
            let at = |bin: i64| self.buffer[bin.rem_euclid(size as i64) as usize].norm();
            for bin in middle - bins..=middle + bins {
                let power = f64::from(at(bin)).powi(2) / energy;
                if power > best.power {
                    let freq = (bin as f64 + vertex(at(bin - 1), at(bin), at(bin + 1))) / size as f64;
                    best = Line {
                        freq,
                        rate,
                        power,
                        cells,
                    };
                }
            }
        }
        best
    }

    /// The strongest line within `centre ± reach`, its power relative to the other places there: for values
    /// whose noise is not white.
    pub fn strongest_locally(&mut self, values: &[Complex32], centre: f64, reach: f64) -> Line {
        let mut line = self.strongest(values, centre, reach, 0);
        let size = self.buffer.len() as i64;
        let energy: f64 = values.iter().map(|v| f64::from(v.norm_sqr())).sum();
        let bins = (reach * size as f64).ceil() as i64;
        let middle = (centre * size as f64).round() as i64;
        let peak = (line.freq * size as f64).round() as i64;
        let (mut sum, mut count) = (0.0, 0.0);
        for bin in (middle - bins..=middle + bins).filter(|bin| (bin - peak).abs() > 8) {
            sum += f64::from(self.buffer[bin.rem_euclid(size) as usize].norm_sqr());
            count += 1.0;
        }
        if sum > 0.0 {
            line.power *= energy * count / sum;
        }
        line
    }

    fn transform(&mut self, values: &[Complex32], rate: f64, size: usize) {
        let fft = self
            .transforms
            .entry(size)
            .or_insert_with(|| FftPlanner::new().plan_fft_forward(size));
        self.buffer.clear();
        if rate == 0.0 {
            self.buffer.extend_from_slice(values);
        } else {
            let middle = values.len() as f64 / 2.0;
            self.buffer.extend(values.iter().enumerate().map(|(n, v)| {
                let t = n as f64 - middle;
                v * Complex32::cis((-PI * rate * t * t) as f32)
            }));
        }
        self.buffer.resize(size, Complex32::ZERO);
        self.scratch
            .resize(fft.get_inplace_scratch_len(), Complex32::ZERO);
        fft.process_with_scratch(&mut self.buffer, &mut self.scratch);
    }
}

/// Place of the vertex of the parabola through three values, relative to the middle one.
fn vertex(low: f32, mid: f32, high: f32) -> f64 {
    let curve = f64::from(low - 2.0 * mid + high);
    if curve < 0.0 {
        (0.5 * f64::from(low - high) / curve).clamp(-0.5, 0.5)
    } else {
        0.0
    }
}

/// Carrier phase as a polynomial of time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct CarrierModel {
    /// Reference instant, samples.
    pub time: f64,
    /// Phase there, rad.
    pub phase: f64,
    /// Frequency there, rad per sample.
    pub freq: f64,
    /// Rate of the frequency, rad per sample².
    pub rate: f64,
}

impl CarrierModel {
    pub fn phase_at(&self, time: f64) -> f64 {
        let t = time - self.time;
        self.phase + t * (self.freq + 0.5 * self.rate * t)
    }

    pub fn freq_at(&self, time: f64) -> f64 {
        self.freq + self.rate * (time - self.time)
    }

    /// `factor` times the difference to another model, with its reference at `time`.
    fn minus(&self, other: &Self, time: f64, factor: f64) -> Self {
        Self {
            time,
            phase: factor * (self.phase_at(time) - other.phase_at(time)),
            freq: factor * (self.freq_at(time) - other.freq_at(time)),
            rate: factor * (self.rate - other.rate),
        }
    }

    /// Moves the reference instant.
    pub fn move_to(&mut self, time: f64) {
        self.phase = self.phase_at(time) % TAU;
        self.freq = self.freq_at(time);
        self.time = time;
    }
}

/// `e^(-j phase)` of a model at equally spaced instants, by recurrence.
struct Phasors {
    value: Complex64,
    step: Complex64,
    bend: Complex64,
}

impl Phasors {
    fn new(model: &CarrierModel, start: f64, spacing: f64) -> Self {
        let freq = model.freq_at(start) + 0.5 * model.rate * spacing;
        Self {
            value: Complex64::cis(-(model.phase_at(start) % TAU)),
            step: Complex64::cis(-freq * spacing),
            bend: Complex64::cis(-model.rate * spacing * spacing),
        }
    }

    fn next(&mut self) -> Complex64 {
        let value = self.value;
        self.value *= self.step;
        self.step *= self.bend;
        value
    }
}

/// Symbols of one window, turned by the carrier model they were taken with.
#[derive(Debug, Default, Clone)]
pub(super) struct Turned {
    pub symbols: Vec<Complex32>,
    /// Values half a symbol later (OQPSK only).
    pub late: Vec<Complex32>,
    /// Sums of the stripped symbols over blocks, relative to the model they were last referred to.
    pub blocks: Vec<Complex64>,
    /// Energy of the stripped symbols.
    pub energy: f64,
    /// Model that the symbols are turned by.
    turned_by: CarrierModel,
    /// Model that the blocks refer to.
    referred_to: CarrierModel,
    start: f64,
    block_period: f64,
}

impl Turned {
    /// Turns symbols at `start + k * period`, already in place, by the model.
    pub fn compute(&mut self, start: f64, period: f64, model: &CarrierModel, modulation: Modulation) {
        self.blocks.clear();
        self.energy = 0.0;
        self.turned_by = *model;
        self.referred_to = *model;
        self.start = start;
        self.block_period = BLOCK_SYMBOLS as f64 * period;
        let step = model.freq_at(start) * period;
        let table: [Complex32; BLOCK_SYMBOLS] =
            std::array::from_fn(|k| Complex32::cis((-step * k as f64) as f32));
        let half = Complex32::cis((-step / 2.0) as f32);
        let mut anchors = Phasors::new(model, start, self.block_period);
        for (block, symbols) in self.symbols.chunks_mut(BLOCK_SYMBOLS).enumerate() {
            let first = block * BLOCK_SYMBOLS;
            let anchor = anchors.next();
            let anchor = Complex32::new(anchor.re as f32, anchor.im as f32);
            turn_block(symbols, anchor, &table);
            let (sum, energy) = if modulation == Modulation::Oqpsk {
                let late = &mut self.late[first..first + symbols.len()];
                turn_block(late, anchor * half, &table);
                strip_block(symbols, late)
            } else {
                strip_block_at_once(symbols, modulation == Modulation::Qpsk)
            };
            self.blocks.push(Complex64::new(sum.re.into(), sum.im.into()));
            self.energy += f64::from(energy);
        }
    }

    /// Refers the blocks to another model, close to the one before.
    pub fn refer_to(&mut self, model: &CarrierModel, order: i32) {
        if *model == self.referred_to {
            return;
        }
        let change = model.minus(&self.referred_to, self.start, f64::from(order));
        let mut turns = Phasors::new(&change, self.block_time(0), self.block_period);
        for block in &mut self.blocks {
            *block *= turns.next();
        }
        self.referred_to = *model;
    }

    /// Turns the symbols by the residual phases of their blocks, linearly between the blocks' centres.
    pub fn finish(&mut self, phases: &[f64]) {
        let change = self.referred_to.minus(&self.turned_by, self.start, 1.0);
        let rotors: Vec<Complex32> = phases
            .iter()
            .enumerate()
            .map(|(k, phase)| rotor(-change.phase_at(self.block_time(k)) - phase))
            .collect();
        interpolate_turns(&mut self.symbols, &rotors);
        interpolate_turns(&mut self.late, &rotors);
    }

    /// Turns the symbols once more.
    pub fn finish_again(&mut self, phases: &[f64]) {
        let rotors: Vec<Complex32> = phases.iter().map(|&phase| rotor(-phase)).collect();
        interpolate_turns(&mut self.symbols, &rotors);
        interpolate_turns(&mut self.late, &rotors);
    }

    fn block_time(&self, block: usize) -> f64 {
        self.start + (block as f64 + 0.5) * self.block_period
    }
}

/// `e^(j angle)`.
fn rotor(angle: f64) -> Complex32 {
    let exact = Complex64::cis(angle % TAU);
    Complex32::new(exact.re as f32, exact.im as f32)
}

#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn turn_block(symbols: &mut [Complex32], anchor: Complex32, table: &[Complex32; BLOCK_SYMBOLS]) {
    for (symbol, step) in symbols.iter_mut().zip(table) {
        let re = anchor.re * step.re - anchor.im * step.im;
        let im = anchor.re * step.im + anchor.im * step.re;
        *symbol = Complex32::new(symbol.re * re - symbol.im * im, symbol.re * im + symbol.im * re);
    }
}

/// Sum and energy of the [`stripped`] symbols of OQPSK.
fn strip_block(symbols: &[Complex32], late: &[Complex32]) -> (Complex32, f32) {
    let (mut sum, mut energy) = (Complex32::ZERO, 0.0);
    for (&symbol, &late) in symbols.iter().zip(late) {
        let value = stripped(Modulation::Oqpsk, symbol, late);
        sum += value;
        energy += value.norm_sqr();
    }
    (sum, energy)
}

/// Sum and energy of the [`stripped`] symbols of BPSK or QPSK.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn strip_block_at_once(symbols: &[Complex32], fourth: bool) -> (Complex32, f32) {
    let (mut re, mut im, mut energy) =
        ([0.0_f32; BLOCK_SYMBOLS], [0.0_f32; BLOCK_SYMBOLS], [0.0_f32; BLOCK_SYMBOLS]);
    for (k, symbol) in symbols.iter().enumerate().take(BLOCK_SYMBOLS) {
        let (i, q) = (symbol.re * symbol.re, symbol.im * symbol.im);
        let (same, cross, power) = (i - q, 2.0 * symbol.re * symbol.im, i + q);
        if fourth {
            let scale = 1.0 / power.max(1e-30);
            re[k] = (cross * cross - same * same) * scale;
            im[k] = -2.0 * same * cross * scale;
        } else {
            re[k] = same;
            im[k] = cross;
        }
        energy[k] = power * power;
    }
    (Complex32::new(re.iter().sum(), im.iter().sum()), energy.iter().sum())
}

/// Multiplies symbols by rotors given at the centres of their blocks.
fn interpolate_turns(symbols: &mut [Complex32], rotors: &[Complex32]) {
    const HALF: usize = BLOCK_SYMBOLS / 2;
    let last = rotors.len().saturating_sub(1);
    for (block, chunk) in symbols.chunks_mut(BLOCK_SYMBOLS).enumerate() {
        let here = rotors[block];
        let sides = [rotors[block.saturating_sub(1)], rotors[(block + 1).min(last)]];
        let slopes = sides.map(|side| (side - here) * (1.0 / BLOCK_SYMBOLS as f32));
        for (k, symbol) in chunk.iter_mut().enumerate() {
            let place = k as f32 + 0.5 - HALF as f32;
            let slope = slopes[usize::from(k >= HALF)];
            let distance = place.abs();
            let re = here.re + slope.re * distance;
            let im = here.im + slope.im * distance;
            *symbol = Complex32::new(symbol.re * re - symbol.im * im, symbol.re * im + symbol.im * re);
        }
    }
}

/// Power of the strongest line within two cycles over the blocks around zero frequency, relative to noise;
/// the search ends when `enough` is reached.
pub(super) fn line_power(parts: &[&[Complex64]], energy: f64, enough: f64) -> f64 {
    let count: usize = parts.iter().map(|part| part.len()).sum();
    if energy <= 0.0 {
        return 0.0;
    }
    let mut best = 0.0_f64;
    for k in [0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 4.0, -4.0] {
        let turn = Complex64::cis(-TAU * 0.5 * k / count as f64);
        let (mut sum, mut phasor) = (Complex64::ZERO, Complex64::ONE);
        for block in parts.iter().copied().flatten() {
            sum += block * phasor;
            phasor *= turn;
        }
        best = best.max(sum.norm_sqr() / energy);
        if best > enough {
            break;
        }
    }
    best
}

/// Blocks to each side that are averaged so that the phase is good enough at this Es/N0.
pub(super) fn smoothing_reach(es_n0: f64, modulation: Modulation, most: usize) -> usize {
    let g = es_n0.max(0.05);
    let loss = if modulation == Modulation::Qpsk {
        1.0 + 4.5 / g + 6.0 / (g * g) + 1.5 / (g * g * g)
    } else {
        1.0 + 0.5 / g
    };
    let symbols = loss / (2.0 * g * PHASE_VARIANCE);
    (symbols / (2.0 * BLOCK_SYMBOLS as f64))
        .ceil()
        .clamp(1.0, most as f64) as usize
}

/// Phase that remains after the model, for each block of `current`, in rad and continuous.
///
/// `before` and `after` are neighbouring blocks of the same model. `last` is the phase the block before had.
pub(super) fn residual_phase(
    before: &[Complex64],
    current: &[Complex64],
    after: &[Complex64],
    reach: usize,
    order: i32,
    last: &mut f64,
    out: &mut Vec<f64>,
) {
    let mut prefix = vec![Complex64::ZERO];
    for block in before.iter().chain(current).chain(after) {
        prefix.push(prefix[prefix.len() - 1] + block);
    }
    let turn = TAU / f64::from(order);
    out.clear();
    for k in 0..current.len() {
        let middle = before.len() + k;
        let low = middle.saturating_sub(reach);
        let high = (middle + reach + 1).min(prefix.len() - 1);
        let sum = prefix[high] - prefix[low];
        let phase = if sum == Complex64::ZERO {
            *last
        } else {
            sum.arg() / f64::from(order)
        };
        let phase = phase + turn * ((*last - phase) / turn).round();
        out.push(phase);
        *last = phase;
    }
}

/// Phase errors of OQPSK symbols by their own decisions, for each block.
///
/// Between its instants each arm shows the pulses of its neighbours, `taps` half a symbol and one and a half
/// away; the point expected from the decisions at each instant is compared with the one received.
pub(super) fn offset_corrections(turned: &Turned, taps: &[f32; 2], reach: usize) -> Vec<f64> {
    let i: Vec<f32> = turned.symbols.iter().map(|s| 1.0_f32.copysign(s.re)).collect();
    let q: Vec<f32> = turned.late.iter().map(|s| 1.0_f32.copysign(s.im)).collect();
    let at = |arm: &[f32], k: usize| arm.get(k).copied().unwrap_or(0.0);
    // Arm values half a symbol after the instant of decision `k`.
    let between = |arm: &[f32], k: usize| {
        taps[0] * (at(arm, k) + at(arm, k + 1))
            + taps[1] * (at(arm, k.wrapping_sub(1)) + at(arm, k + 2))
    };
    let mut prefix = vec![Complex64::ZERO];
    for block in 0..turned.blocks.len() {
        let first = block * BLOCK_SYMBOLS;
        let mut sum = Complex32::ZERO;
        for k in first..(first + BLOCK_SYMBOLS).min(i.len()) {
            let early = Complex32::new(i[k], if k > 0 { between(&q, k - 1) } else { 0.0 });
            let late = Complex32::new(between(&i, k), q[k]);
            sum += turned.symbols[k] * early.conj() + turned.late[k] * late.conj();
        }
        prefix.push(prefix[block] + Complex64::new(sum.re.into(), sum.im.into()));
    }
    (0..turned.blocks.len())
        .map(|block| {
            let (low, high) = (block.saturating_sub(reach), (block + reach + 1).min(prefix.len() - 1));
            (prefix[high] - prefix[low]).arg()
        })
        .collect()
}

/// Slope of a line through equally spaced values, per step.
pub(super) fn slope(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    if values.len() < 2 {
        return 0.0;
    }
    let middle = (n - 1.0) / 2.0;
    let sum: f64 = values
        .iter()
        .enumerate()
        .map(|(k, v)| (k as f64 - middle) * v)
        .sum();
    12.0 * sum / (n * (n * n - 1.0))
}
