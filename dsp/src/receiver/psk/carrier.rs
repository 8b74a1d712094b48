//! Carrier: symbols without their modulation, the phase model, and the smoothed phase beyond it.

use super::turned::Turned;
use crate::{Complex32, Modulation};
use num_complex::Complex64;
use std::f64::consts::TAU;

/// Symbols in a phase block.
pub(super) const BLOCK_SYMBOLS: usize = 8;
/// Aim of the smoothing: variance of the phase, rad².
const PHASE_VARIANCE: f64 = 0.004;
/// The same of QPSK, whose fourth power must not lose a turn: at half of this it does once in some 10⁸ symbols.
const QUARTER_PHASE_VARIANCE: f64 = 0.002;
/// The same where neighbouring points are 45° apart.
const DENSE_PHASE_VARIANCE: f64 = 0.0008;

/// Turns beyond its first instant that a model may leave out, rad.
const NO_TURN: f64 = 1e-6;

/// A symbol without its modulation: a value whose phase is `order` times the carrier's. The magnitude is
/// squared whatever the order (A. J. Viterbi and A. M. Viterbi, 1983, with their F(ρ) = ρ²). OQPSK takes the
/// symbol's instant and that half a symbol later, the instant of its Q arm.
pub(super) fn stripped(modulation: Modulation, symbol: Complex32, late: Complex32) -> Complex32 {
    let square = symbol * symbol;
    match modulation {
        // The fourth power of ±1±j is negative.
        Modulation::Qpsk => -(square * square) / square.norm().max(1e-30),
        Modulation::Psk8 => {
            let fourth = square * square;
            fourth * fourth / square.norm().powi(3).max(1e-30)
        }
        Modulation::Oqpsk => square - late * late,
        _ => square,
    }
}

/// Carrier phase as a polynomial of time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::receiver) struct CarrierModel {
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
    pub fn minus(&self, other: &Self, time: f64, factor: f64) -> Self {
        Self {
            time,
            phase: factor * (self.phase_at(time) - other.phase_at(time)),
            freq: factor * (self.freq_at(time) - other.freq_at(time)),
            rate: factor * (self.rate - other.rate),
        }
    }

    /// Turns blocks back by the phase at their middles, the first of which is at `first`.
    pub fn take_off(&self, blocks: &mut [Complex64], first: f64, spacing: f64) {
        let span = blocks.len() as f64 * spacing;
        if (self.freq_at(first).abs() + self.rate.abs() * span) * span < NO_TURN {
            let turn = Complex64::cis(-(self.phase_at(first) % TAU));
            for block in blocks {
                *block *= turn;
            }
            return;
        }
        let mut turns = Phasors::new(self, first, spacing);
        for block in blocks {
            *block *= turns.next();
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
pub(in crate::receiver) struct Phasors {
    value: Complex64,
    step: Complex64,
    bend: Complex64,
}

impl Phasors {
    pub fn new(model: &CarrierModel, start: f64, spacing: f64) -> Self {
        let freq = model.freq_at(start) + 0.5 * model.rate * spacing;
        Self {
            value: Complex64::cis(-(model.phase_at(start) % TAU)),
            step: Complex64::cis(-freq * spacing),
            bend: Complex64::cis(-model.rate * spacing * spacing),
        }
    }

    /// The next instant's.
    pub fn next(&mut self) -> Complex64 {
        let value = self.value;
        self.value *= self.step;
        self.step *= self.bend;
        value
    }
}

/// Power of the strongest line within two cycles over the blocks around zero frequency, relative to noise;
/// the search ends when `enough` is reached.
pub(in crate::receiver) fn line_power(parts: &[&[Complex64]], energy: f64, enough: f64) -> f64 {
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

/// Blocks to each side that are averaged so that the phase is good enough at this Es/N0. `square_line` is that of
/// [`super::plan::Plan::square_line`].
pub(super) fn smoothing_reach(es_n0: f64, modulation: Modulation, square_line: f64, most: usize) -> usize {
    let g = es_n0.max(0.05);
    // Variance of the phase of the stripped symbols' sum over that of symbols without modulation.
    let loss = match modulation {
        Modulation::Qpsk => 1.0 + 4.5 / g + 6.0 / (g * g) + 1.5 / (g * g * g),
        Modulation::Psk8 => 1.0 + 4.0 / g + 80.0 / (g * g) + 1200.0 / (g * g * g),
        // The product of the arms is noise to the square, until decisions take it away.
        Modulation::Uqpsk => (0.5 * g * (1.0 - square_line) + 1.0 + 0.5 / g) / square_line,
        _ => 1.0 + 0.5 / g,
    };
    let aim = match modulation {
        Modulation::Psk8 => DENSE_PHASE_VARIANCE,
        Modulation::Qpsk => QUARTER_PHASE_VARIANCE,
        _ => PHASE_VARIANCE,
    };
    let symbols = loss / (2.0 * g * aim);
    (symbols / (2.0 * BLOCK_SYMBOLS as f64))
        .ceil()
        .clamp(1.0, most as f64) as usize
}

/// Phase that remains after the model, for each block of `current`, in rad and continuous.
///
/// `before` and `after` are neighbouring blocks of the same model. `last` is the phase the block before had.
pub(super) fn residual_phase(
    [before, current, after]: [&[Complex64]; 3],
    reach: usize,
    order: i32,
    last: &mut f64,
    prefix: &mut Vec<Complex64>,
    out: &mut Vec<f64>,
) {
    prefix.clear();
    prefix.push(Complex64::ZERO);
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

/// Memory that the measurements of a window work in.
#[derive(Debug, Default)]
pub(super) struct Working {
    /// Decisions of both arms.
    signs: [Vec<f32>; 2],
    prefix: Vec<Complex64>,
    /// Phases of the blocks.
    pub phases: Vec<f64>,
    /// Symbols of both arms.
    pub arms: Vec<Complex32>,
}

/// Phase errors of OQPSK symbols by their own decisions, for each block, in `working.phases`.
///
/// Each arm shows the pulses of its neighbours, `taps` half a symbol, one and one and a half away; the point expected from
/// the decisions at each instant is compared with the one received.
pub(super) fn offset_corrections(turned: &Turned, taps: [f32; 3], reach: usize, working: &mut Working) {
    let [i, q] = &mut working.signs;
    i.clear();
    i.extend(turned.symbols.iter().map(|s| 1.0_f32.copysign(s.re)));
    q.clear();
    q.extend(turned.late.iter().map(|s| 1.0_f32.copysign(s.im)));
    let (i, q, prefix) = (&*i, &*q, &mut working.prefix);
    let at = |arm: &[f32], k: usize| arm.get(k).copied().unwrap_or(0.0);
    // Arm values half a symbol after the instant of decision `k`.
    let between = |arm: &[f32], k: usize| {
        taps[0] * (at(arm, k) + at(arm, k + 1)) + taps[2] * (at(arm, k.wrapping_sub(1)) + at(arm, k + 2))
    };
    let upon = |arm: &[f32], k: usize| arm[k] + taps[1] * (at(arm, k.wrapping_sub(1)) + at(arm, k + 1));
    prefix.clear();
    prefix.push(Complex64::ZERO);
    for block in 0..turned.blocks.len() {
        let first = block * BLOCK_SYMBOLS;
        let mut sum = Complex32::ZERO;
        for k in first..(first + BLOCK_SYMBOLS).min(i.len()) {
            let early = Complex32::new(upon(i, k), if k > 0 { between(q, k - 1) } else { 0.0 });
            let late = Complex32::new(between(i, k), upon(q, k));
            sum += turned.symbols[k] * early.conj() + turned.late[k] * late.conj();
        }
        prefix.push(prefix[block] + Complex64::new(sum.re.into(), sum.im.into()));
    }
    smoothed_phases(prefix, reach, &mut working.phases);
}

/// Phase errors of unbalanced QPSK by its decisions, for each block: the square that the phase came from so far
/// has the product of the arms for noise. The stronger arm is the real part; `weaker` is the amplitude of the
/// other in units of its own. The errors are in `working.phases`.
pub(super) fn unbalanced_corrections(turned: &Turned, weaker: f32, reach: usize, working: &mut Working) {
    let prefix = &mut working.prefix;
    prefix.clear();
    prefix.push(Complex64::ZERO);
    for symbols in turned.symbols.chunks(BLOCK_SYMBOLS) {
        let sum: Complex32 = symbols
            .iter()
            .map(|s| s * Complex32::new(1.0_f32.copysign(s.re), -weaker.copysign(s.im)))
            .sum();
        prefix.push(prefix[prefix.len() - 1] + Complex64::new(sum.re.into(), sum.im.into()));
    }
    smoothed_phases(prefix, reach, &mut working.phases);
}

/// Phases of the blocks whose running sum this is, each averaged with `reach` on either side.
fn smoothed_phases(prefix: &[Complex64], reach: usize, out: &mut Vec<f64>) {
    let blocks = prefix.len() - 1;
    out.clear();
    out.extend((0..blocks).map(|block| {
        let (low, high) = (block.saturating_sub(reach), (block + reach + 1).min(blocks));
        (prefix[high] - prefix[low]).arg()
    }));
}

/// Phases of a window's blocks as they appear without its neighbours, in `working.phases`.
pub(super) fn level_phases(turned: &Turned, reach: usize, order: i32, working: &mut Working) {
    let blocks = [&[], &turned.blocks[..], &[]];
    residual_phase(
        blocks,
        reach,
        order,
        &mut 0.0,
        &mut working.prefix,
        &mut working.phases,
    );
}

/// Slope of a line through equally spaced values, per step.
pub(in crate::receiver) fn slope(values: &[f64]) -> f64 {
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
