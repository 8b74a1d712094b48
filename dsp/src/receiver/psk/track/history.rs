//! Stripped symbols of the windows behind the one in work, and what the carrier does over all of them.

use crate::receiver::psk::carrier::{CarrierModel, Phasors};
use num_complex::Complex64;
use std::f64::consts::PI;

/// Most windows kept. Of QPSK at an Es/N0 of 0 dB six windows hold enough of the carrier, at −2 dB fifteen.
const WINDOWS: usize = 14;

/// Most sums of blocks that carriers are fitted to.
const SUMS: usize = 24;
/// Steps of the rate that are searched to each side, each two radians at the ends; of the frequency twice as many.
const STEPS: i32 = 3;
const FREQS: usize = 4 * STEPS as usize + 1;

/// Blocks of stripped symbols, oldest first, relative to the carrier model.
#[derive(Debug, Default)]
pub(super) struct History {
    blocks: Vec<Complex64>,
    /// Number of blocks and energy of each window, oldest first.
    windows: Vec<(usize, f64)>,
}

impl History {
    /// Adds a window, and lets go of the oldest ones beyond so many.
    pub fn push(&mut self, blocks: &[Complex64], energy: f64, windows: usize) {
        while self.windows.len() >= windows.clamp(1, WINDOWS) {
            let (count, _) = self.windows.remove(0);
            self.blocks.drain(..count);
        }
        self.blocks.extend_from_slice(blocks);
        self.windows.push((blocks.len(), energy));
    }

    /// Blocks and energy of the newest windows, as many of them as there are.
    pub fn newest(&self, windows: usize) -> (&[Complex64], f64) {
        let skip = self.windows.len().saturating_sub(windows);
        let old: usize = self.windows[..skip].iter().map(|(count, _)| count).sum();
        let energy = self.windows[skip..].iter().map(|(_, energy)| energy).sum();
        (&self.blocks[old..], energy)
    }

    /// The newest blocks, as many of them as there are.
    pub fn last(&self, blocks: usize) -> &[Complex64] {
        &self.blocks[self.blocks.len().saturating_sub(blocks)..]
    }

    /// Refers the blocks to a model that differs by this from the one before, `order` times; the last block ends at
    /// `end`.
    pub fn turn(&mut self, change: &CarrierModel, end: f64, block_period: f64) {
        let first = end - (self.blocks.len() as f64 - 0.5) * block_period;
        change.take_off(&mut self.blocks, first, block_period);
    }
}

/// What a model lacks of the carrier that blocks show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bend {
    /// Frequency at their middle, rad per block.
    pub freq: f64,
    /// Rate of the frequency, rad per block².
    pub rate: f64,
}

/// Blocks one after the other, some of them added up: what carriers are fitted to.
#[derive(Debug, Default)]
pub(super) struct Sums {
    values: Vec<Complex64>,
    /// Blocks in a sum.
    each: usize,
    /// Blocks altogether.
    count: usize,
    energy: f64,
}

impl Sums {
    /// Adds up the blocks of these parts, of this energy.
    pub fn gather(&mut self, parts: &[&[Complex64]], energy: f64) {
        self.count = parts.iter().map(|part| part.len()).sum();
        self.each = self.count.div_ceil(SUMS).max(1);
        self.energy = energy;
        self.values.clear();
        let (mut sum, mut room) = (Complex64::ZERO, self.each);
        for part in parts {
            for block in *part {
                sum += block;
                room -= 1;
                if room == 0 {
                    self.values.push(sum);
                    (sum, room) = (Complex64::ZERO, self.each);
                }
            }
        }
        if room < self.each {
            self.values.push(sum);
        }
    }

    /// Blocks altogether.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Fits a parabola to the phase, which must be within about a radian of its mean. `None` when the blocks show no
    /// line of this power over noise.
    pub fn fit(&self, power: f64) -> Option<Bend> {
        let sum: Complex64 = self.values.iter().sum();
        if self.values.len() < 8 || self.energy <= 0.0 || sum.norm_sqr() < power * self.energy {
            return None;
        }
        let n = self.values.len() as f64;
        let upright = sum.conj() / sum.norm_sqr() * n;
        let (middle, mean_square) = ((n - 1.0) / 2.0, (n * n - 1.0) / 12.0);
        let (mut tilt, mut bend) = (0.0, 0.0);
        for (k, sum) in self.values.iter().enumerate() {
            let phase = (sum * upright).im;
            let at = k as f64 - middle;
            tilt += at * phase;
            bend += (at * at - mean_square) * phase;
        }
        let each = self.each as f64;
        Some(Bend {
            freq: tilt / (n * mean_square) / each,
            rate: 2.0 * bend / (n * (n * n - 1.0) * (n * n - 4.0) / 180.0) / (each * each),
        })
    }

    /// Searches a few cycles to both sides, and rates, for what raises the power of the line by at least `power` times
    /// that of noise. `None` when nothing does.
    pub fn search(&self, power: f64) -> Option<Bend> {
        let here = self.values.iter().sum::<Complex64>().norm_sqr();
        let enough = here + power * self.energy;
        // Of equal phase the sums are no stronger than this, without what noise adds to their magnitudes.
        let noise = self.energy / self.values.len().max(1) as f64;
        let clear = |sum: &Complex64| (sum.norm_sqr() - noise).max(0.0).sqrt();
        let most: f64 = self.values.iter().map(clear).sum();
        if most * most <= enough {
            return None;
        }
        let half = self.count as f64 / 2.0;
        let (freq_step, rate_step) = (PI / 2.0 / half, 2.0 * PI / (half * half));
        let mut best = (enough, None);
        for rate in -STEPS..=STEPS {
            let rate = f64::from(rate) * rate_step;
            let powers = self.powers(rate, freq_step);
            for (freq, &power) in (-2 * STEPS..=2 * STEPS).zip(&powers) {
                if power > best.0 {
                    let freq = f64::from(freq) * freq_step;
                    best = (power, Some(Bend { freq, rate }));
                }
            }
        }
        best.1
    }

    /// Power of the line for carriers of this rate whose frequency lies so many steps from the model.
    fn powers(&self, rate: f64, freq_step: f64) -> [f64; FREQS] {
        let each = self.each as f64;
        let model = CarrierModel {
            time: self.count as f64 / 2.0,
            phase: 0.0,
            freq: 0.0,
            rate,
        };
        let mut turns = Phasors::new(&model, each / 2.0, each);
        let mut turned = [Complex64::ZERO; SUMS];
        for (turned, value) in turned.iter_mut().zip(&self.values) {
            *turned = value * turns.next();
        }
        let turned = &turned[..self.values.len()];
        let steps = std::array::from_fn(|k| {
            let freq = (k as f64 - f64::from(2 * STEPS)) * freq_step;
            Complex64::cis(freq * each)
        });
        line_powers(turned, &steps)
    }
}

/// Power of the sum of these values, each turned by so much less than the one before.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn line_powers(values: &[Complex64], steps: &[Complex64; FREQS]) -> [f64; FREQS] {
    let (mut re, mut im) = ([0.0; FREQS], [0.0; FREQS]);
    for value in values {
        for k in 0..FREQS {
            let sum = (
                re[k] * steps[k].re - im[k] * steps[k].im + value.re,
                re[k] * steps[k].im + im[k] * steps[k].re + value.im,
            );
            (re[k], im[k]) = sum;
        }
    }
    std::array::from_fn(|k| re[k] * re[k] + im[k] * im[k])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(count: usize, freq: f64, half_rate: f64) -> Vec<Complex64> {
        let middle = (count as f64 - 1.0) / 2.0;
        (0..count)
            .map(|k| k as f64 - middle)
            .map(|t| 3.0 * Complex64::cis(1.0 + freq * t + half_rate * t * t))
            .collect()
    }

    fn sums(parts: &[&[Complex64]], energy: f64) -> Sums {
        let mut sums = Sums::default();
        sums.gather(parts, energy);
        sums
    }

    #[test]
    fn fits_frequency_and_rate() {
        let all = blocks(192, 1e-3, 2e-5);
        let (first, rest) = all.split_at(50);
        let found = sums(&[first, rest], 192.0 * 9.0).fit(8.0).unwrap();
        assert!((found.freq / 1e-3 - 1.0).abs() < 0.05, "{found:?}");
        assert!((found.rate / 4e-5 - 1.0).abs() < 0.05, "{found:?}");
        assert_eq!(sums(&[first, rest], 192.0 * 9.0 * 50.0).fit(8.0), None);
    }

    #[test]
    fn searches_what_is_far() {
        let all = blocks(192, 0.06, 3e-4);
        let found = sums(&[&all], 192.0 * 9.0).search(8.0).unwrap();
        assert!((found.freq - 0.06).abs() < 0.01, "{found:?}");
        assert!((found.rate - 6e-4).abs() < 2e-4, "{found:?}");
        let near = blocks(192, 0.002, 1e-5);
        assert_eq!(sums(&[&near], 192.0 * 9.0).search(8.0), None);
    }

    #[test]
    fn keeps_the_newest_windows_and_turns_them() {
        let mut history = History::default();
        for window in 0..20 {
            history.push(
                &[Complex64::new(f64::from(window), 0.0); 3],
                f64::from(window),
                100,
            );
        }
        let (newest, energy) = history.newest(2);
        assert_eq!(newest.len(), 6);
        assert!((energy - 37.0).abs() < 1e-9, "{energy}");
        assert_eq!(history.newest(100).0.len(), 3 * WINDOWS);
        let change = CarrierModel {
            time: 10.0,
            freq: 0.1,
            ..CarrierModel::default()
        };
        history.turn(&change, 10.0, 2.0);
        // The last block is centred half a block before its end.
        let expected = 19.0 * Complex64::cis(0.1);
        assert!((history.last(1)[0] - expected).norm() < 1e-9);
    }
}
