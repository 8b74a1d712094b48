//! Spectral lines in short stretches of values, also of drifting frequency.

use crate::Complex32;
use rustfft::{Fft, FftPlanner};
use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::fmt;
use std::sync::Arc;

/// Distance of the rates of change that are tried: over the stretch, in cycles per stretch.
pub(super) const CHIRP_STEP: f64 = 2.0;

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
