//! Density of the noise in a band, whatever signals are in it.

use crate::Complex32;
use crate::spectrum::{NOISE_BANDWIDTH_BINS, Snapshot};

/// Bins of a spectrum, and samples between two of them.
const BINS: usize = 1024;
const EVERY: u64 = 1 << 16;
/// Neighbouring bins that are averaged.
const GROUP: usize = 16;

/// Noise density of a spectrum (power per bin, dBFS, of `Spectrum` or `Snapshot`), dBFS per Hz: that of the quietest eighth of
/// the band. `None` of silence. Where filters before the samples have cut the band, it is what they have left.
pub fn noise_density_dbfs_hz(power_db: &[f32], bin_hz: f64) -> Option<f64> {
    let powers: Vec<f64> = power_db
        .iter()
        .map(|db| 10f64.powf(f64::from(*db) / 10.0))
        .collect();
    quietest(&powers, bin_hz)
}

fn quietest(powers: &[f64], bin_hz: f64) -> Option<f64> {
    let mut groups: Vec<f64> = powers
        .chunks_exact(GROUP)
        .map(|bins| bins.iter().sum::<f64>() / GROUP as f64)
        .collect();
    groups.sort_unstable_by(f64::total_cmp);
    let power = *groups.get(groups.len() / 8)?;
    // Silence is written as -200 dB.
    (power > 1e-19).then(|| 10.0 * (power / (NOISE_BANDWIDTH_BINS * bin_hz)).log10())
}

/// Follows the noise density of a stream by a spectrum now and then.
#[derive(Debug)]
pub struct NoiseFloor {
    snapshot: Snapshot,
    window: Vec<Complex32>,
    powers: Vec<f64>,
    count: u64,
    bin_hz: f64,
}

impl NoiseFloor {
    /// For samples of this rate.
    pub fn new(sample_rate_hz: f64) -> Self {
        Self {
            snapshot: Snapshot::new(BINS),
            window: Vec::with_capacity(BINS),
            powers: Vec::new(),
            count: 0,
            bin_hz: sample_rate_hz / BINS as f64,
        }
    }

    /// Takes the next samples: looks at the first 1024 of every 65 536.
    pub fn process(&mut self, samples: &[Complex32]) {
        let mut rest = samples;
        while !rest.is_empty() {
            let place = self.count % EVERY;
            let (now, later) = rest.split_at(rest.len().min((EVERY - place) as usize));
            let wanted = (BINS as u64).saturating_sub(place) as usize;
            if wanted > 0 {
                self.window.extend_from_slice(&now[..wanted.min(now.len())]);
                if self.window.len() == BINS {
                    self.take();
                }
            }
            self.count += now.len() as u64;
            rest = later;
        }
    }

    fn take(&mut self) {
        if let Some(levels) = self.snapshot.power_db(&self.window) {
            // A recording's noise changes with its gain: the past counts as much as 32 spectra.
            let gain = if self.powers.is_empty() { 1.0 } else { 1.0 / 32.0 };
            self.powers.resize(levels.len(), 0.0);
            for (power, level) in self.powers.iter_mut().zip(levels) {
                *power += gain * (10f64.powf(f64::from(*level) / 10.0) - *power);
            }
        }
        self.window.clear();
    }

    /// Density, dBFS per Hz; `None` before the first spectrum and in silence.
    pub fn density_dbfs_hz(&self) -> Option<f64> {
        quietest(&self.powers, self.bin_hz)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{Channel, ChannelConfig, Interferer};

    #[test]
    fn the_floor_is_that_of_the_noise() {
        // -40 dBFS over 48 kHz, beside signals that fill two thirds of the band.
        let mut channel = Channel::new(&ChannelConfig {
            noise_sigma: 0.01,
            interferers: [(-10e3, 20e3), (12e3, 12e3), (21e3, 0.0)]
                .map(|(frequency_hz, width_hz)| Interferer {
                    frequency_hz,
                    level_db: -6.0,
                    width_hz,
                })
                .to_vec(),
            trailing: 2_000_000,
            ..ChannelConfig::ideal(48e3)
        })
        .unwrap();
        let mut samples = Vec::new();
        channel.finish(&mut samples);
        let expected = -40.0 - 10.0 * 48e3_f64.log10();
        let mut floor = NoiseFloor::new(48e3);
        assert_eq!(floor.density_dbfs_hz(), None);
        let mut cut = NoiseFloor::new(48e3);
        floor.process(&samples);
        samples.chunks(777).for_each(|chunk| cut.process(chunk));
        let found = floor.density_dbfs_hz().unwrap();
        assert!((found - expected).abs() < 0.6, "{found} {expected}");
        assert_eq!(cut.density_dbfs_hz(), Some(found));
        let mut silent = NoiseFloor::new(48e3);
        silent.process(&vec![Complex32::ZERO; 5000]);
        assert_eq!(silent.density_dbfs_hz(), None);
    }
}
