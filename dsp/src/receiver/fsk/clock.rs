//! Symbol clock by feed-forward: the spectral line that the symbol transitions make.
//!
//! The squared difference of the filtered signal over half a symbol peaks at transitions whatever the
//! baseline, so it carries a line at the symbol rate. The line is mixed down at the nominal rate and summed
//! over blocks of [`BLOCK`] symbols, each block weighted by its own energy, so that noise between bursts has
//! no more say than signal. The rate is then the frequency at which the blocks add up, the timing the angle
//! of their sum.

use super::stream::Stream;
use num_complex::Complex64;
use rustfft::{Fft, FftPlanner};
use std::f64::consts::TAU;
use std::fmt;
use std::sync::Arc;

/// Symbols (nominal) per block: the clock may be off by a few per cent before the sum fades.
pub(super) const BLOCK: usize = 16;
/// Blocks on either side from which the symbol rate is estimated.
pub(super) const REACH: usize = 32;
/// Points of the transform that the search is: four times `2 * REACH` blocks, a quarter of their resolution.
const POINTS: usize = 8 * REACH;
/// Steps of the search to either side, 2.2 % of the symbol rate.
const STEPS: i32 = 90;

/// Line of one block: the line's phasor relative to the nominal clock, at most 1 in magnitude.
pub(super) fn block_line(x: &Stream<f32>, block: usize, oversampling: usize) -> Complex64 {
    let half = oversampling / 2;
    let from = block * BLOCK * oversampling;
    let samples = x.range(from.saturating_sub(half), from + BLOCK * oversampling);
    let start = from.max(half);
    let mut line = Complex64::new(0.0, 0.0);
    let mut energy = 0.0;
    let steps = samples.len().saturating_sub(half);
    for phase in 0..oversampling.min(steps) {
        let newer = samples[phase + half..].iter().step_by(oversampling);
        let older = samples[phase..].iter().step_by(oversampling);
        let sum: f64 = newer.zip(older).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        // The difference is centred a quarter of a symbol before its newer sample.
        let turns = (start + phase) as f64 / oversampling as f64 - 0.25;
        line += sum * Complex64::cis(-TAU * turns.fract());
        energy += sum;
    }
    if energy > 0.0 { line / energy } else { line }
}

/// What a stretch of blocks says about the clock.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rate {
    /// Symbol rate relative to nominal, minus one.
    pub(super) deviation: f64,
    /// Mean line, 0 to 1.
    pub(super) coherence: f64,
}

/// Sum of the blocks' lines at this rate, referred to symbol time `centre`, divided by their number.
pub(super) fn line_at(blocks: &[Complex64], first: usize, deviation: f64, centre: f64) -> Complex64 {
    let start = TAU * deviation * ((first * BLOCK + BLOCK / 2) as f64 - centre);
    let mut phasor = Complex64::cis(-start);
    let step = Complex64::cis(-TAU * deviation * BLOCK as f64);
    let mut sum = Complex64::new(0.0, 0.0);
    for &block in blocks {
        sum += block * phasor;
        phasor *= step;
    }
    sum / blocks.len().max(1) as f64
}

/// The transform of the search, and its scratch.
pub(super) struct Search {
    transform: Arc<dyn Fft<f64>>,
    points: Vec<Complex64>,
    scratch: Vec<Complex64>,
}

impl Default for Search {
    fn default() -> Self {
        let transform = FftPlanner::new().plan_fft_forward(POINTS);
        Self {
            scratch: vec![Complex64::default(); transform.get_inplace_scratch_len()],
            points: Vec::with_capacity(POINTS),
            transform,
        }
    }
}

impl fmt::Debug for Search {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Search").finish_non_exhaustive()
    }
}

/// Rate at which the blocks around (`2 * REACH` at most) add up best, with an advantage for the rate known from before.
pub(super) fn estimate_rate(blocks: &[Complex64], known: Option<f64>, search: &mut Search) -> Rate {
    let power = |deviation: f64| line_at(blocks, 0, deviation, 0.0).norm_sqr();
    let grid = 1.0 / (POINTS * BLOCK) as f64;
    search.points.clear();
    search.points.extend_from_slice(blocks);
    search.points.resize(POINTS, Complex64::default());
    search
        .transform
        .process_with_scratch(&mut search.points, &mut search.scratch);
    let scale = 1.0 / (blocks.len().max(1) as f64).powi(2);
    let weight = |deviation: f64| {
        let near = known.is_some_and(|known| (deviation - known).abs() < 2.5 * grid);
        if near { 2.0 } else { 1.0 }
    };
    let mut best = (0.0, 0.0, 0.0);
    for step in -STEPS..=STEPS {
        let deviation = f64::from(step) * grid;
        let power = scale * search.points[step.rem_euclid(POINTS as i32) as usize].norm_sqr();
        if power * weight(deviation) > best.2 {
            best = (deviation, power, power * weight(deviation));
        }
    }
    let (left, right) = (power(best.0 - grid), power(best.0 + grid));
    let curvature = left - 2.0 * best.1 + right;
    let shift = if curvature < 0.0 {
        (0.5 * (left - right) / curvature).clamp(-0.5, 0.5)
    } else {
        0.0
    };
    let deviation = best.0 + shift * grid;
    Rate {
        deviation,
        coherence: power(deviation).sqrt(),
    }
}
