//! Spectral lines in short stretches of values, also of drifting frequency.

use crate::Complex32;
use crate::receiver::chirp::{ChirpSpectrum, cells, chirp_rate, fine_size, vertex};

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
#[derive(Debug, Default)]
pub(super) struct LineFinder(ChirpSpectrum);

impl LineFinder {
    /// The strongest line within `centre ± reach` (cycles per value), among `2 * chirps + 1` rates of
    /// change of the frequency ([`chirp_rate`]).
    pub fn strongest(&mut self, values: &[Complex32], centre: f64, reach: f64, chirps: i32) -> Line {
        let energy: f64 = values.iter().map(|v| f64::from(v.norm_sqr())).sum();
        let (size, bins) = fine_size(values.len(), reach);
        let middle = (centre * size as f64).round() as i64;
        let cells = cells(bins, chirps);
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
            let rate = chirp_rate(chirp, values.len());
            self.0.take(values, rate, size);
            let at = |bin: i64| self.0.at(bin).norm();
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
        let size = self.0.size();
        let energy: f64 = values.iter().map(|v| f64::from(v.norm_sqr())).sum();
        let bins = (reach * size as f64).ceil() as i64;
        let middle = (centre * size as f64).round() as i64;
        let peak = (line.freq * size as f64).round() as i64;
        let (mut sum, mut count) = (0.0, 0.0);
        for bin in (middle - bins..=middle + bins).filter(|bin| (bin - peak).abs() > 8) {
            sum += f64::from(self.0.at(bin).norm_sqr());
            count += 1.0;
        }
        if sum > 0.0 {
            line.power *= energy * count / sum;
        }
        line
    }
}
