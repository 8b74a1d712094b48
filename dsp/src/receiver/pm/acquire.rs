//! Carriers as spectral lines, and the test that tells a carrier from any other line: its sidebands are those
//! of phase modulation, mirrored images of each other.

use crate::Complex32;
use num_complex::Complex64;
use rustfft::{Fft, FftPlanner};
use std::collections::BTreeMap;
use std::f64::consts::{PI, TAU};
use std::fmt;
use std::sync::Arc;

/// Chance that noise passes for a line.
const FALSE_ALARM: f64 = 1e-4;
/// Distance of the rates of change that are tried: over the stretch, in cycles per stretch.
const CHIRP_STEP: f64 = 2.0;
/// Strongest lines that are looked at.
const LINES: usize = 4;
/// Bins around a line that belong to it.
const SKIRT: i64 = 64;
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
#[derive(Default)]
pub(super) struct Finder {
    transforms: BTreeMap<usize, Arc<dyn Fft<f32>>>,
    buffer: Vec<Complex32>,
    scratch: Vec<Complex32>,
    spectrum: Vec<f32>,
}

impl fmt::Debug for Finder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finder")
            .field("sizes", &self.transforms.keys())
            .finish_non_exhaustive()
    }
}

impl Finder {
    /// The strongest lines within `±reach` (cycles per value), strongest first, all with the rate of change
    /// that makes the first one strongest, of `2 * chirps + 1` rates.
    pub fn lines(&mut self, values: &[Complex32], reach: f64, chirps: i32) -> Vec<Line> {
        let energy: f64 = values.iter().map(|v| f64::from(v.norm_sqr())).sum();
        if energy <= 0.0 {
            return Vec::new();
        }
        let size = (2 * values.len()).next_power_of_two().max(16);
        let bins = ((reach * size as f64).ceil() as i64).clamp(1, size as i64 / 2 - 1);
        let cells = ((2 * bins + 1) * i64::from(2 * chirps + 1)) as f64 / 2.0;
        let threshold = (cells / FALSE_ALARM).ln();
        let rate = |chirp: i32| CHIRP_STEP * f64::from(chirp) / (values.len() as f64).powi(2);
        let (mut best, mut transformed) = ((0, -1.0_f32), 0);
        for chirp in -chirps..=chirps {
            self.transform(values, rate(chirp), size);
            transformed = chirp;
            let strongest = (-bins..=bins).map(|bin| self.at(bin)).fold(0.0, f32::max);
            // Of equals, the slower.
            if strongest > best.1 || (strongest >= best.1 && chirp.abs() < best.0) {
                best = (chirp, strongest);
            }
        }
        if transformed != best.0 {
            self.transform(values, rate(best.0), size);
        }
        self.spectrum.clear();
        self.spectrum.extend((-bins..=bins).map(|bin| {
            let value = self.buffer[bin.rem_euclid(size as i64) as usize];
            value.norm()
        }));
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
        let mixed: Vec<Complex32> = values[..size]
            .iter()
            .enumerate()
            .map(|(n, value)| {
                let turns = freq * n as f64;
                let turn = Complex64::cis(-TAU * (turns - turns.floor()));
                value * Complex32::new(turn.re as f32, turn.im as f32)
            })
            .collect();
        self.transform(&mixed, 0.0, size);
        let carrier = self.buffer[0];
        let range =
            (band.0 * size as f64).max(2.0) as usize..=((band.1 * size as f64) as usize).min(size / 2 - 1);
        let (mut sum, mut power) = (Complex64::ZERO, 0.0);
        for bin in range {
            let product = self.buffer[bin] * self.buffer[size - bin];
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
            .spectrum
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
                .and_then(|i| self.spectrum.get(i))
                .copied()
                .unwrap_or(0.0)
        };
        let (low, high) = (side(-1), side(1));
        let curve = f64::from(low - 2.0 * peak + high);
        let shift = if curve < 0.0 {
            (0.5 * f64::from(low - high) / curve).clamp(-0.5, 0.5)
        } else {
            0.0
        };
        let from = (index as i64 - SKIRT).max(0) as usize;
        let to = (index + SKIRT as usize + 1).min(self.spectrum.len());
        self.spectrum[from..to].fill(0.0);
        Some((index as f64 - bins as f64 + shift, peak))
    }

    fn at(&self, bin: i64) -> f32 {
        self.buffer[bin.rem_euclid(self.buffer.len() as i64) as usize].norm_sqr()
    }

    fn transform(&mut self, values: &[Complex32], rate: f64, size: usize) {
        let fft = self
            .transforms
            .entry(size)
            .or_insert_with(|| FftPlanner::new().plan_fft_forward(size));
        self.buffer.clear();
        let middle = values.len() as f64 / 2.0;
        self.buffer.extend(values.iter().enumerate().map(|(n, v)| {
            if rate == 0.0 {
                return *v;
            }
            let t = n as f64 - middle;
            let turns = rate / 2.0 * t * t;
            v * Complex32::cis((-2.0 * PI * (turns - turns.floor())) as f32)
        }));
        self.buffer.resize(size, Complex32::ZERO);
        self.scratch
            .resize(fft.get_inplace_scratch_len(), Complex32::ZERO);
        fft.process_with_scratch(&mut self.buffer, &mut self.scratch);
    }
}

/// Rates of change of `2 chirps + 1` that reach this one, for a stretch of so many seconds; at most `most`.
pub(super) fn chirps(drift_hz_s: f64, seconds: f64, most: i32) -> i32 {
    ((drift_hz_s * seconds * seconds / CHIRP_STEP).ceil()).min(f64::from(most)) as i32
}
