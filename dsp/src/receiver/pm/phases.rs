//! Phases of blocks of symbols whose signs are known: averaged, or a line through those of a subcarrier.

use num_complex::Complex64;
use std::f64::consts::TAU;

/// Symbols over which the phase is summed.
pub(super) const SYMBOLS: usize = super::rotor::BLOCK;
/// Blocks to each side that are averaged where the phase follows that of the carrier.
const DIRECT_REACH: usize = 1;
/// Blocks to each side of a line fitted to the subcarrier's phase.
const SUBCARRIER_REACH: usize = 8;

/// Sums over blocks of symbols, their signs taken off.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// Middles, in values of the streams.
    pub middles: Vec<f64>,
    /// For each block one sum per harmonic.
    pub sums: Vec<Complex64>,
}

impl Blocks {
    pub fn clear(&mut self) {
        self.middles.clear();
        self.sums.clear();
    }

    pub fn extend(&mut self, other: &Self) {
        self.middles.extend_from_slice(&other.middles);
        self.sums.extend_from_slice(&other.sums);
    }

    pub fn len(&self) -> usize {
        self.middles.len()
    }

    fn sums_of(&self, block: usize, harmonics: usize) -> &[Complex64] {
        &self.sums[block * harmonics..][..harmonics]
    }
}

/// Finds the phases; keeps its working memory.
#[derive(Debug, Default)]
pub(super) struct Fit {
    unwrapped: Vec<(f64, f64)>,
    fitted: Vec<f64>,
    errors: Vec<(f64, f64)>,
    /// The phases found last.
    pub phases: Vec<f64>,
}

impl Fit {
    /// Phases of blocks, averaged with their neighbours.
    pub fn average(&mut self, blocks: &Blocks, range: std::ops::Range<usize>) {
        let mut last = 0.0;
        self.phases.clear();
        for k in range {
            let near = k.saturating_sub(DIRECT_REACH)..(k + DIRECT_REACH + 1).min(blocks.len());
            let phase = blocks.sums[near].iter().sum::<Complex64>().arg();
            last = phase + TAU * ((last - phase) / TAU).round();
            self.phases.push(last);
        }
    }

    /// Phases of the blocks in `range`, relative to a subcarrier of this drift from the first block on: a line
    /// fitted to neighbouring blocks, then put right by all harmonics.
    pub fn line(&mut self, blocks: &Blocks, harmonics: &[f64], range: std::ops::Range<usize>, drift: f64) {
        self.phases.clear();
        let Some(&origin) = blocks.middles.get(range.start) else {
            return;
        };
        let model = |block: usize| TAU * drift * (blocks.middles[block] - origin);
        let sums = |block: usize| blocks.sums_of(block, harmonics.len());
        self.unwrapped.clear();
        let mut last = 0.0;
        for block in 0..blocks.len() {
            let first = sums(block)[0];
            let phase = (first * Complex64::cis(-model(block))).arg();
            last = phase + TAU * ((last - phase) / TAU).round();
            self.unwrapped.push((last, first.norm_sqr()));
        }
        let near =
            |k: usize| k.saturating_sub(SUBCARRIER_REACH)..(k + SUBCARRIER_REACH + 1).min(blocks.len());
        self.fitted.clear();
        self.fitted.extend((0..blocks.len()).map(|k| {
            let parts = self.unwrapped[near(k)].iter().copied();
            line_at(parts, k - near(k).start)
        }));
        if harmonics.len() > 1 {
            self.errors.clear();
            let phases = self.fitted.iter().enumerate();
            self.errors
                .extend(phases.map(|(k, phase)| harmonic_error(sums(k), harmonics, phase + model(k))));
            for (k, phase) in self.fitted.iter_mut().enumerate() {
                let (error, power) = self.errors[near(k)]
                    .iter()
                    .fold((0.0, 0.0), |sum, e| (sum.0 + e.0, sum.1 + e.1));
                if power > 0.0 {
                    *phase += (error / power).clamp(-0.5, 0.5);
                }
            }
        }
        self.phases.extend_from_slice(&self.fitted[range]);
    }

    /// Phase at the middle between this block and the next, and at the ends that of the nearest.
    pub fn at(&self, block: usize) -> f64 {
        self.phases[block.min(self.phases.len() - 1)]
    }
}

/// What the harmonics of a square say of the error of the subcarrier's phase, and with which weight: each
/// is off by its number times the error, and weaker by its number.
fn harmonic_error(sums: &[Complex64], harmonics: &[f64], phase: f64) -> (f64, f64) {
    let error: f64 = harmonics
        .iter()
        .zip(sums)
        .map(|(harmonic, sum)| (sum * Complex64::cis(-harmonic * phase)).im)
        .sum();
    let first = (sums[0] * Complex64::cis(-phase)).re;
    (error, first * harmonics.len() as f64)
}

/// Value at `index` of the line through equally spaced values of these weights: what noise alone holds, before and
/// after a signal, counts little.
fn line_at(values: impl Iterator<Item = (f64, f64)> + Clone, index: usize) -> f64 {
    let at = |n: usize| n as f64 - index as f64;
    let mut total = (1e-30, 0.0, 0.0);
    for (n, (value, weight)) in values.clone().enumerate() {
        total = (
            total.0 + weight,
            total.1 + weight * at(n),
            total.2 + weight * value,
        );
    }
    let (centre, mean) = (total.1 / total.0, total.2 / total.0);
    let (mut spread, mut tilt) = (1e-30, 0.0);
    for (n, (value, weight)) in values.enumerate() {
        spread += weight * (at(n) - centre).powi(2);
        tilt += weight * (at(n) - centre) * (value - mean);
    }
    mean - tilt / spread * centre
}
