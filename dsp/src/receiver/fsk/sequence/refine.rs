//! What first decisions tell of the carrier, the deviation and the clock.

use num_complex::Complex64;
use std::f64::consts::TAU;

/// A symbol's correlation with the waveform decided on, its interval's turn of phase at a deviation of one cycle per
/// symbol, and the turns up to its middle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    /// Turned back by the phase of the symbols before.
    pub(super) value: Complex64,
    pub(super) turn: f64,
    pub(super) reached: f64,
}

/// Corrections.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Correction {
    /// Cycles per symbol.
    pub(super) frequency: f64,
    pub(super) deviation: f64,
    /// Symbols by which they come later than assumed.
    pub(super) delay: f64,
}

/// Power of the signal in a symbol's correlation, and that of the noise.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Powers {
    pub(super) signal: f64,
    pub(super) noise: f64,
}

impl Powers {
    /// Energy of a symbol over the noise density.
    pub(in super::super) fn ratio(&self) -> f64 {
        if self.noise > 0.0 {
            (self.signal / self.noise).clamp(0.0, 1e4)
        } else {
            0.0
        }
    }
}

/// Neighbours on either side that a symbol's phase is compared with.
const NEIGHBOURS: usize = 4;

/// Signal: what neighbours have in common. Noise: the rest.
pub(super) fn powers(points: &[Point]) -> Powers {
    let (mut all, mut common, mut count) = (0.0, 0.0, 0.0);
    for (n, point) in points.iter().enumerate() {
        all += point.value.norm_sqr();
        for other in points[n + 1..].iter().take(NEIGHBOURS) {
            common += (point.value * other.value.conj()).re;
            count += 1.0;
        }
    }
    let mean = all / points.len().max(1) as f64;
    let signal = (common / f64::max(count, 1.0)).clamp(0.0, mean);
    Powers {
        signal,
        noise: mean - signal,
    }
}

/// Signal that is taken to be there, as a part of the noise: without any, phases say nothing.
const LEAST_SIGNAL: f64 = 0.1;
/// Variance of a symbol's phase.
const PHASE_VARIANCE: f64 = 0.1;

/// How well the parameters are known beforehand (standard deviations), so that rows of symbols that do not tell one of
/// them leave it alone: cycles per symbol, part of the deviation, symbols.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    frequency: f64,
    deviation: f64,
    delay: f64,
}

impl Spread {
    pub(super) const UNKNOWN: Self = Self {
        frequency: 0.02,
        deviation: 0.1,
        delay: 0.05,
    };
    pub(super) const KNOWN: Self = Self {
        frequency: 0.003,
        deviation: 0.01,
        delay: 0.03,
    };
}

/// Least squares over the phases within blocks of symbols, each with a phase of its own.
pub(super) fn correction(points: &[Point], block: usize, deviation: f64, spread: Spread) -> Correction {
    let powers = powers(points);
    let amplitude = powers.signal.max(LEAST_SIGNAL * powers.noise).sqrt();
    if amplitude <= 0.0 {
        return Correction::default();
    }
    let spreads = [spread.frequency, spread.deviation * deviation, spread.delay];
    let mut matrix = [[0.0; 3]; 3];
    let mut vector = [0.0; 3];
    for (n, spread) in spreads.into_iter().enumerate() {
        matrix[n][n] = PHASE_VARIANCE / (spread * spread);
    }
    for points in points.chunks_exact(block) {
        let sum: Complex64 = points.iter().map(|point| point.value).sum();
        let turned_back = sum.conj() / sum.norm().max(1e-30) / amplitude;
        let rows = || {
            let row = |(n, point): (usize, &Point)| {
                [n as f64, point.reached, -deviation * point.turn].map(|x| TAU * x)
            };
            points.iter().enumerate().map(row)
        };
        let mut mean = [0.0; 3];
        for row in rows() {
            for k in 0..3 {
                mean[k] += row[k] / block as f64;
            }
        }
        for (row, point) in rows().zip(points) {
            let phase = (point.value * turned_back).im;
            for i in 0..3 {
                let x = row[i] - mean[i];
                vector[i] += x * phase;
                for j in 0..3 {
                    matrix[i][j] += x * (row[j] - mean[j]);
                }
            }
        }
    }
    let [frequency, deviation, delay] = solve(matrix, vector);
    Correction {
        frequency,
        deviation,
        delay,
    }
}

/// Solves three equations with a positive definite matrix.
fn solve(mut matrix: [[f64; 3]; 3], mut vector: [f64; 3]) -> [f64; 3] {
    for i in 0..3 {
        for j in i + 1..3 {
            let factor = matrix[j][i] / matrix[i][i];
            let row = matrix[i];
            for (value, above) in matrix[j].iter_mut().zip(row) {
                *value -= factor * above;
            }
            vector[j] -= factor * vector[i];
        }
    }
    let mut solution = [0.0; 3];
    for i in (0..3).rev() {
        let known: f64 = (i + 1..3).map(|k| matrix[i][k] * solution[k]).sum();
        solution[i] = (vector[i] - known) / matrix[i][i];
    }
    solution
}
