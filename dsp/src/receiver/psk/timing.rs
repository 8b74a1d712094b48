//! Symbol timing from the clock line of the squared signal (M. Oerder and H. Meyr, Digital filter and square
//! timing recovery, 1988), measured in blocks and tracked by a Kalman filter of phase and period.

use super::Plan;
use crate::Modulation;
use num_complex::{Complex32, Complex64};
use std::f64::consts::TAU;

/// Symbols in a block.
pub(super) const BLOCK_SYMBOLS: usize = 16;
/// Largest deviation of the symbol clock that is searched, relative.
const MAX_CLOCK_ERROR: f64 = 0.016;

/// Clock lines below this share of the energy are rounding errors (the line of a roll-off of 0.05 has 0.006).
const ROUNDING: f64 = 5e-4;

/// Clock line of one stretch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// How far behind the assumed instants the symbols are, in samples, at the middle of the stretch.
    pub error: f64,
    /// Period, samples.
    pub period: f64,
    /// Coherent over incoherent power of the blocks: mean 1 in noise, at most the number of blocks.
    pub coherence: f64,
    /// Number of blocks.
    pub blocks: usize,
    /// Turns of the line's phase per symbol: 1, or 2 where the line was squared.
    pub turns: f64,
}

impl Clock {
    /// Variance of `error`, samples².
    pub fn variance(&self) -> f64 {
        let blocks = self.blocks as f64;
        let block_snr = (self.coherence - 1.0).max(0.01) / (blocks - self.coherence).max(0.02 * blocks);
        (self.period / (TAU * self.turns)).powi(2) / (2.0 * blocks * block_snr)
    }
}

/// Blocks whose lines are added before OQPSK's are squared.
const OFFSET_BLOCKS: usize = 4;

/// Symbols that a line of a tracked clock stands for, and the turns of its phase per symbol.
pub(super) fn line_span(modulation: Modulation) -> (usize, f64) {
    match modulation {
        Modulation::Oqpsk => (OFFSET_BLOCKS * BLOCK_SYMBOLS, 2.0),
        _ => (BLOCK_SYMBOLS, 1.0),
    }
}

/// Where symbols are assumed: at `start + k * period` for that many blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instants {
    pub start: f64,
    pub period: f64,
    pub blocks: usize,
}

/// Measures the clock line block by block.
#[derive(Debug)]
pub(super) struct ClockMeter {
    samples_per_symbol: f64,
    cos: Vec<f32>,
    sin: Vec<f32>,
    table_sum: Complex64,
}

impl ClockMeter {
    pub fn new(plan: &Plan) -> Self {
        let samples_per_symbol = plan.samples_per_symbol();
        let length = (BLOCK_SYMBOLS as f64 * samples_per_symbol).round() as usize;
        let centre = (length as f64 - 1.0) / 2.0;
        let phasors: Vec<Complex64> = (0..length)
            .map(|n| Complex64::cis(-TAU * (n as f64 - centre) / samples_per_symbol))
            .collect();
        Self {
            samples_per_symbol,
            cos: phasors.iter().map(|p| p.re as f32).collect(),
            sin: phasors.iter().map(|p| p.im as f32).collect(),
            table_sum: phasors.iter().sum(),
        }
    }

    /// Appends the line's value in each block of the interleaved `stream`, or in as many as it holds.
    ///
    /// OQPSK has its clock line in `I² − Q²`, which is there only for a carrier of the right phase. `phase`, a
    /// carrier that is right but for a constant, brings the lines of `I² − Q²` and `2 I Q` of some blocks
    /// together; the sum of their squares then no longer depends on that constant, and has twice the line's
    /// phase.
    pub fn measure(
        &self,
        stream: &[f32],
        instants: &Instants,
        modulation: Modulation,
        phase: impl Fn(f64) -> f64,
        out: &mut Vec<Complex64>,
    ) {
        let length = self.cos.len();
        let centre = (length as f64 - 1.0) / 2.0;
        let Instants {
            start,
            period,
            blocks,
        } = *instants;
        let mut offset = [Complex64::ZERO; 2];
        for block in 0..blocks {
            let from = (start + (block * BLOCK_SYMBOLS) as f64 * period).round();
            let Some(samples) = stream.get(2 * from.max(0.0) as usize..2 * (from.max(0.0) as usize + length))
            else {
                break;
            };
            let middle = from.max(0.0) + centre;
            let turn = Complex64::cis(-TAU * ((middle - start) / period).fract());
            let line = if modulation == Modulation::Oqpsk {
                let [same, cross] = offset_line(samples, &self.cos, &self.sin);
                let (sin, cos) = (2.0 * phase(middle)).sin_cos();
                offset[0] += (same * cos + cross * sin) * turn;
                offset[1] += (cross * cos - same * sin) * turn;
                if block % OFFSET_BLOCKS == OFFSET_BLOCKS - 1 {
                    out.push(offset[0] * offset[0] + offset[1] * offset[1]);
                    offset = [Complex64::ZERO; 2];
                }
                continue;
            } else {
                let (re, im, energy) = power_line(samples, &self.cos, &self.sin);
                let line = Complex64::new(re.into(), im.into())
                    - self.table_sum * (f64::from(energy) / length as f64);
                // A constant envelope leaves nothing but rounding, which is the same in every block.
                if line.norm_sqr() < (ROUNDING * f64::from(energy)).powi(2) {
                    Complex64::ZERO
                } else {
                    line
                }
            };
            out.push(line * turn);
        }
    }

    /// Finds phase and period of the line over blocks measured with the nominal period.
    pub fn search(&self, lines: &[Complex64]) -> Clock {
        let step = 0.25 / (lines.len().max(1) * BLOCK_SYMBOLS) as f64;
        let reach = (MAX_CLOCK_ERROR / step).ceil() as i32;
        let at = |k: f64| tilted(lines, k * step);
        let mut best = (0, -1.0);
        for k in -reach..=reach {
            let power = at(f64::from(k)).norm_sqr();
            if power > best.1 {
                best = (k, power);
            }
        }
        let k = f64::from(best.0);
        let (low, mid, high) = (at(k - 1.0).norm(), best.1.sqrt(), at(k + 1.0).norm());
        let curve = low - 2.0 * mid + high;
        let k = if curve < 0.0 {
            k + (0.5 * (low - high) / curve).clamp(-0.5, 0.5)
        } else {
            k
        };
        // A line of higher frequency means a shorter period.
        let period = self.samples_per_symbol / (1.0 + k * step);
        clock(lines, at(k), period, 1.0)
    }
}

/// The clock that lines measured with this period show.
pub(super) fn tracked(lines: &[Complex64], period: f64, modulation: Modulation) -> Clock {
    clock(lines, lines.iter().sum(), period, line_span(modulation).1)
}

fn clock(lines: &[Complex64], sum: Complex64, period: f64, turns: f64) -> Clock {
    let power: f64 = lines.iter().map(Complex64::norm_sqr).sum();
    Clock {
        error: -sum.arg() / (TAU * turns) * period,
        turns,
        period,
        coherence: if power > 0.0 { sum.norm_sqr() / power } else { 0.0 },
        blocks: lines.len(),
    }
}

/// Sum of the blocks for a clock faster by `deviation`, with its phase at the middle of the stretch.
fn tilted(lines: &[Complex64], deviation: f64) -> Complex64 {
    let middle = (lines.len() as f64 - 1.0) / 2.0;
    let turn = Complex64::cis(-TAU * deviation * BLOCK_SYMBOLS as f64);
    let mut phasor = Complex64::cis(TAU * deviation * BLOCK_SYMBOLS as f64 * middle);
    let mut sum = Complex64::ZERO;
    for line in lines {
        sum += line * phasor;
        phasor *= turn;
    }
    sum
}

/// `Σ |y|² e^(-j2πt/T)` and the energy of a block.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn power_line(samples: &[f32], cos: &[f32], sin: &[f32]) -> (f32, f32, f32) {
    let mut sums = [[0.0_f32; 8]; 3];
    let whole = cos.len() / 8 * 8;
    for n in (0..whole).step_by(8) {
        let x: &[f32; 16] = samples[2 * n..2 * n + 16].try_into().expect("slice of sixteen");
        let c: &[f32; 8] = cos[n..n + 8].try_into().expect("slice of eight");
        let s: &[f32; 8] = sin[n..n + 8].try_into().expect("slice of eight");
        for lane in 0..8 {
            let power = x[2 * lane] * x[2 * lane] + x[2 * lane + 1] * x[2 * lane + 1];
            sums[0][lane] += power * c[lane];
            sums[1][lane] += power * s[lane];
            sums[2][lane] += power;
        }
    }
    for n in whole..cos.len() {
        let power = samples[2 * n] * samples[2 * n] + samples[2 * n + 1] * samples[2 * n + 1];
        sums[0][0] += power * cos[n];
        sums[1][0] += power * sin[n];
        sums[2][0] += power;
    }
    (sums[0].iter().sum(), sums[1].iter().sum(), sums[2].iter().sum())
}

/// The clock lines of `I² − Q²` and of `2 I Q`.
fn offset_line(samples: &[f32], cos: &[f32], sin: &[f32]) -> [Complex64; 2] {
    let mut sums = [Complex32::ZERO; 2];
    for ((iq, &c), &s) in samples.chunks_exact(2).zip(cos).zip(sin) {
        let phasor = Complex32::new(c, s);
        sums[0] += phasor * (iq[0] * iq[0] - iq[1] * iq[1]);
        sums[1] += phasor * (2.0 * iq[0] * iq[1]);
    }
    sums.map(|s| Complex64::new(s.re.into(), s.im.into()))
}

/// Phase and period of the symbol clock.
#[derive(Debug, Clone)]
pub(super) struct ClockTracker {
    /// Instant of the next symbol, samples.
    pub position: f64,
    /// Samples per symbol.
    pub period: f64,
    nominal: f64,
    covariance: [[f64; 2]; 2],
    /// Wander of the clock's phase from window to window, samples².
    wander: f64,
}

impl ClockTracker {
    /// Starts at a clock measured over `symbols` symbols from `start` on.
    pub fn new(start: f64, clock: &Clock, symbols: usize, nominal: f64, wander: f64) -> Self {
        let span = symbols.max(1) as f64;
        let phase = clock.variance();
        let rate = 12.0 * phase / (span * span);
        let half = span / 2.0;
        Self {
            position: start,
            period: clock.period,
            nominal,
            covariance: [[phase + half * half * rate, -half * rate], [-half * rate, rate]],
            wander,
        }
    }

    /// Takes a measurement over the `symbols` symbols from the position on. False when it does not fit the
    /// clock so far; it is then left out, but the clock is trusted less: when it was the clock that was wrong
    /// (taken from a burst's beginning, say), the next measurement puts it right.
    pub fn update(&mut self, clock: &Clock, symbols: usize) -> bool {
        let middle = symbols as f64 / 2.0;
        let p = self.covariance;
        let column = [p[0][0] + p[0][1] * middle, p[1][0] + p[1][1] * middle];
        let expected = column[0] + middle * column[1] + clock.variance();
        let square = clock.error * clock.error;
        if square > 25.0 * expected {
            self.covariance[0][0] += square;
            self.covariance[1][1] += square / (middle * middle).max(1.0);
            return false;
        }
        let gain = [column[0] / expected, column[1] / expected];
        self.position += gain[0] * clock.error;
        self.period += gain[1] * clock.error;
        let low = self.nominal * (1.0 - 2.0 * MAX_CLOCK_ERROR);
        let high = self.nominal * (1.0 + 2.0 * MAX_CLOCK_ERROR);
        self.period = self.period.clamp(low, high);
        for (row, gain) in self.covariance.iter_mut().zip(gain) {
            for (value, column) in row.iter_mut().zip(column) {
                *value -= gain * column;
            }
        }
        true
    }

    /// Goes back by this many symbols, or forward when negative.
    pub fn move_back(&mut self, symbols: f64) {
        self.position -= symbols * self.period;
        let p = &mut self.covariance;
        p[0][0] += symbols * symbols * p[1][1] - 2.0 * symbols * p[0][1];
        p[0][1] -= symbols * p[1][1];
        p[1][0] = p[0][1];
    }

    /// Goes on by this many symbols.
    pub fn advance(&mut self, symbols: usize) {
        let n = symbols as f64;
        self.position += n * self.period;
        let p = &mut self.covariance;
        p[0][0] += 2.0 * n * p[0][1] + n * n * p[1][1] + self.wander;
        p[0][1] += n * p[1][1];
        p[1][0] = p[0][1];
        p[1][1] += (2e-7 * self.nominal).powi(2);
    }
}
