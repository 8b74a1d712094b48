//! Spectral lines in short stretches of values, also of drifting frequency.

use crate::Complex32;
use crate::receiver::chirp::{ChirpSpectrum, cells, chirp_rate, fine_size, vertex};

/// Power by which a pair of lines must exceed that of no rate: chance makes rates of change of short stretches.
const PREFERENCE: f64 = 8.0;

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

    /// Two lines of the same rate of change, within `reach` of `centre` and of `-centre`: the strongest together of
    /// `2 * chirps + 1` rates, with the rate between them that they show. Their powers are relative to the other places there, for values whose noise is not white.
    pub fn strongest_pair(
        &mut self,
        values: &[Complex32],
        centre: f64,
        reach: f64,
        chirps: i32,
    ) -> [Line; 2] {
        let (size, bins) = fine_size(values.len(), reach);
        let cells = cells(bins, chirps);
        let mut take = |chirp: i32| {
            let rate = chirp_rate(chirp, values.len());
            self.0.take(values, rate, size);
            [centre, -centre].map(|centre| self.local(centre, bins, rate, cells))
        };
        let power = |pair: &[Line; 2]| pair[0].power + pair[1].power;
        let pairs: Vec<_> = (-chirps..=chirps).map(&mut take).collect();
        let steady = pairs[chirps as usize];
        let (found, best) = pairs
            .iter()
            .enumerate()
            .max_by(|a, b| power(a.1).total_cmp(&power(b.1)))
            .unwrap_or((0, &steady));
        let mut best = *best;
        if power(&best) < power(&steady) + PREFERENCE {
            return steady;
        }
        if let (Some(low), Some(high)) = (pairs.get(found.wrapping_sub(1)), pairs.get(found + 1)) {
            let [low, mid, high] = [low, &best, high].map(|pair| power(pair) as f32);
            let between = vertex(low, mid, high) * chirp_rate(1, values.len());
            for line in &mut best {
                line.rate += between;
            }
        }
        best
    }

    /// The strongest line within so many bins of a frequency in the spectrum last taken.
    fn local(&self, centre: f64, bins: i64, rate: f64, cells: f64) -> Line {
        let size = self.0.size() as f64;
        let middle = (centre * size).round() as i64;
        let at = |bin: i64| self.0.at(bin).norm();
        let (mut peak, mut most) = (middle, 0.0);
        for bin in middle - bins..=middle + bins {
            let power = self.0.at(bin).norm_sqr();
            if power > most {
                (peak, most) = (bin, power);
            }
        }
        let others = (middle - bins..=middle + bins).filter(|bin| (bin - peak).abs() > 8);
        let (mut sum, mut count) = (0.0, 0.0);
        for bin in others {
            sum += f64::from(self.0.at(bin).norm_sqr());
            count += 1.0;
        }
        Line {
            freq: (peak as f64 + vertex(at(peak - 1), at(peak), at(peak + 1))) / size,
            rate,
            power: if sum > 0.0 {
                f64::from(most) * count / sum
            } else {
                0.0
            },
            cells,
        }
    }
}
