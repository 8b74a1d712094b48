//! Carriers as spectral lines, and the test that tells a carrier from any other line: its sidebands are those
//! of phase modulation, mirrored images of each other.

use super::rotor::{BLOCK, Rotors, turn};
use crate::Complex32;
use crate::receiver::chirp::{CHIRP_STEP, ChirpSpectrum, cells, chirp_rate, fine_size, vertex};
use num_complex::Complex64;
use std::f64::consts::{PI, TAU};

/// Chance that noise passes for a line.
pub(super) const FALSE_ALARM: f64 = 1e-4;
/// Strongest lines that are looked at.
const LINES: usize = 4;
/// Bins around a line that belong to it.
const SKIRT: i64 = 64;
/// Values of a stretch over whose blocks the frequency hardly changes, at any rate that is tried.
const LONG: usize = 4096;
/// Symmetry, in standard deviations of that of noise, that only a carrier has.
pub(super) const SYMMETRIC: f64 = 6.0;

/// A spectral line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    /// Cycles per value at the middle of the stretch.
    pub freq: f64,
    /// Change of the frequency, cycles per value per value.
    pub rate: f64,
    /// Power relative to what white noise of the same energy has on average.
    pub power: f64,
    /// Whether it is more than chance.
    pub certain: bool,
}

/// Finds lines; keeps its transforms.
#[derive(Debug, Default)]
pub(super) struct Finder {
    spectrum: ChirpSpectrum,
    /// Magnitudes of the bins that are searched, without the lines taken.
    magnitudes: Vec<f32>,
    /// Values turned, and the phasors for it.
    mixed: Vec<Complex32>,
    rotors: Rotors,
}

impl Finder {
    /// The strongest lines within `±reach` (cycles per value), strongest first, all with the rate of change
    /// that makes the first one strongest, of `2 * chirps + 1` rates.
    pub fn lines(&mut self, values: &[Complex32], reach: f64, chirps: i32) -> Vec<Line> {
        let energy: f64 = values.iter().map(|v| f64::from(v.norm_sqr())).sum();
        if energy <= 0.0 {
            return Vec::new();
        }
        let (size, bins) = fine_size(values.len(), reach);
        let threshold = (cells(bins, chirps) / FALSE_ALARM).ln();
        let rate = |chirp: i32| chirp_rate(chirp, values.len());
        let (mut best, mut transformed) = ((0, -1.0_f32), 0);
        for chirp in -chirps..=chirps {
            self.transform(values, rate(chirp), size);
            transformed = chirp;
            let [above, below] = self.spectrum.sides(bins);
            let strongest = strongest(above).max(strongest(below));
            // Of equals, the slower.
            if strongest > best.1 || (strongest >= best.1 && chirp.abs() < best.0) {
                best = (chirp, strongest);
            }
        }
        if transformed != best.0 {
            self.transform(values, rate(best.0), size);
        }
        let spectrum = &self.spectrum;
        self.magnitudes.clear();
        self.magnitudes
            .extend((-bins..=bins).map(|bin| spectrum.at(bin).norm()));
        let mut lines = Vec::new();
        while lines.len() < LINES {
            let Some((freq, norm)) = self.take_strongest(bins) else {
                break;
            };
            let power = f64::from(norm).powi(2) / energy;
            let certain = power > threshold;
            if !certain && !lines.is_empty() {
                break;
            }
            lines.push(Line {
                freq: freq / size as f64,
                rate: rate(best.0),
                power,
                certain,
            });
        }
        lines
    }

    /// Transforms the values after a change of the frequency by `rate` is taken off them.
    fn transform(&mut self, values: &[Complex32], rate: f64, size: usize) {
        if rate == 0.0 || values.len() < LONG {
            return self.spectrum.take(values, rate, size);
        }
        let middle = values.len() as f64 / 2.0;
        let phase = |n: usize| PI * rate * (n as f64 - middle).powi(2);
        self.mixed.clear();
        for (n, block) in values.chunks(BLOCK).enumerate() {
            let (first, next) = (phase(n * BLOCK), phase((n + 1) * BLOCK));
            let mut turned = [Complex32::ZERO; BLOCK];
            turn(block, &self.rotors.between(first, next), &mut turned);
            self.mixed.extend_from_slice(&turned[..block.len()]);
        }
        self.spectrum.take(&self.mixed, 0.0, size);
    }

    /// How much more alike the sidebands of the carrier at `freq` are than chance allows, in standard
    /// deviations. `band` says how far from the carrier its data are, in cycles per value.
    ///
    /// Of `e^(jφ)(c + j q)` with real `q` the sum of `X(f) X(-f)` over the data's spectrum has the phase
    /// `2φ + π`.
    pub fn symmetry(&mut self, values: &[Complex32], freq: f64, band: (f64, f64)) -> f64 {
        if values.len() < 16 {
            return 0.0;
        }
        let size = 1 << values.len().ilog2();
        self.mixed.clear();
        self.mixed
            .extend(values[..size].iter().enumerate().map(|(n, value)| {
                let turns = freq * n as f64;
                let turn = Complex64::cis(-TAU * (turns - turns.floor()));
                value * Complex32::new(turn.re as f32, turn.im as f32)
            }));
        self.spectrum.take(&self.mixed, 0.0, size);
        let carrier = self.spectrum.at(0);
        let range =
            (band.0 * size as f64).max(2.0) as i64..=((band.1 * size as f64) as i64).min(size as i64 / 2 - 1);
        let (mut sum, mut power) = (Complex64::ZERO, 0.0);
        for bin in range {
            let product = self.spectrum.at(bin) * self.spectrum.at(-bin);
            sum += Complex64::new(product.re.into(), product.im.into());
            power += f64::from(product.norm_sqr());
        }
        let twice = Complex64::new(carrier.re.into(), carrier.im.into()).powi(2);
        if power <= 0.0 || twice.norm() <= 0.0 {
            return 0.0;
        }
        -(sum * twice.conj()).re / twice.norm() / (power / 2.0).sqrt()
    }

    /// The strongest bin, refined, with its magnitude; it and its skirt are taken out.
    fn take_strongest(&mut self, bins: i64) -> Option<(f64, f32)> {
        let (index, &peak) = self
            .magnitudes
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(b.1))?;
        if peak <= 0.0 {
            return None;
        }
        let side = |apart: i64| {
            let index = index as i64 + apart;
            usize::try_from(index)
                .ok()
                .and_then(|i| self.magnitudes.get(i))
                .copied()
                .unwrap_or(0.0)
        };
        let shift = vertex(side(-1), peak, side(1));
        let from = (index as i64 - SKIRT).max(0) as usize;
        let to = (index + SKIRT as usize + 1).min(self.magnitudes.len());
        self.magnitudes[from..to].fill(0.0);
        Some((index as f64 - bins as f64 + shift, peak))
    }
}

/// Power of the strongest bin.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn strongest(bins: &[Complex32]) -> f32 {
    let mut most = [0.0_f32; 8];
    for bins in bins.chunks(8) {
        for (most, bin) in most.iter_mut().zip(bins) {
            let power = bin.re * bin.re + bin.im * bin.im;
            *most = if power > *most { power } else { *most };
        }
    }
    most.into_iter().fold(0.0, f32::max)
}

/// Rates of change of `2 chirps + 1` that reach this one, for a stretch of so many seconds; at most `most`.
pub(super) fn chirps(drift_hz_s: f64, seconds: f64, most: i32) -> i32 {
    ((drift_hz_s * seconds * seconds / CHIRP_STEP).ceil()).min(f64::from(most)) as i32
}
