//! What a power spectrum says of the signal in it: occupied bandwidth, power, noise.

use crate::spectrum::NOISE_BANDWIDTH_BINS;

/// Bins this many times the noise belong to a signal.
const ABOVE_NOISE: f64 = 1.6;
/// Share of the power that may lie outside of the occupied bandwidth, on either side (ITU-R SM.328).
const OUTSIDE: f64 = 0.005;
/// Neighbouring bins that are averaged to find the quietest part.
const GROUP: usize = 16;

/// What is measured of a signal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Occupied {
    /// Lower and upper bin, fractional, between which 99 % of the signal's power lie.
    pub bins: (f64, f64),
    /// Power of the signal without the noise, dBFS.
    pub power_dbfs: f64,
    /// Noise of a bin, dBFS.
    pub noise_dbfs: f64,
}

/// Measures the signal between two bins of an averaged spectrum (power per bin, dBFS, Blackman–Harris window as in
/// [`crate::spectrum`]); the noise is that of the whole spectrum. Of several signals it measures all together. `None`
/// where nothing is above the noise.
pub fn occupied(power_db: &[f32], between: std::ops::Range<usize>) -> Option<Occupied> {
    let powers: Vec<f64> = power_db.iter().map(|db| linear(*db)).collect();
    let noise = noise(&powers)?;
    let part = powers.get(between.start..between.end.min(powers.len()))?;
    let signal: Vec<f64> = part
        .iter()
        .map(|power| {
            if *power > ABOVE_NOISE * noise {
                power - noise
            } else {
                0.0
            }
        })
        .collect();
    let all: f64 = signal.iter().sum();
    if all <= 0.0 {
        return None;
    }
    let first = between.start as f64;
    Some(Occupied {
        bins: (
            first + reached(&signal, OUTSIDE * all),
            first + reached(&signal, (1.0 - OUTSIDE) * all),
        ),
        power_dbfs: 10.0 * (all / NOISE_BANDWIDTH_BINS).log10(),
        noise_dbfs: 10.0 * noise.log10(),
    })
}

fn linear(db: f32) -> f64 {
    let power = 10_f64.powf(f64::from(db) / 10.0);
    if power.is_finite() { power } else { 0.0 }
}

/// Mean of the bins that are no signal: near the quietest eighth of the band.
fn noise(powers: &[f64]) -> Option<f64> {
    let mut groups: Vec<f64> = powers
        .chunks_exact(GROUP)
        .map(|bins| bins.iter().sum::<f64>() / GROUP as f64)
        .collect();
    groups.sort_unstable_by(f64::total_cmp);
    let quiet = *groups.get(groups.len() / 8)?;
    // Silence is written as -200 dB.
    if quiet <= 1e-19 {
        return None;
    }
    let (sum, count) = powers
        .iter()
        .filter(|power| **power < ABOVE_NOISE * quiet)
        .fold((0.0, 0_u32), |(sum, count), power| (sum + power, count + 1));
    Some(if count > 0 { sum / f64::from(count) } else { quiet })
}

/// Place at which the sum of the bins reaches a value; bin `n` reaches from `n - 0.5` to `n + 0.5`.
fn reached(bins: &[f64], value: f64) -> f64 {
    let mut sum = 0.0;
    for (n, power) in bins.iter().enumerate() {
        if *power > 0.0 && sum + power >= value {
            return n as f64 - 0.5 + (value - sum) / power;
        }
        sum += power;
    }
    bins.len() as f64 - 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A band of bins 30 dB above a flat floor.
    fn band(first: usize, count: usize) -> Vec<f32> {
        let level = |n| {
            if (first..first + count).contains(&n) {
                -60.0
            } else {
                -90.0
            }
        };
        (0..1024).map(level).collect()
    }

    #[test]
    fn a_flat_band_is_occupied_to_99_percent() {
        let found = occupied(&band(300, 200), 0..1024).expect("a signal");
        let (low, high) = found.bins;
        assert!((high - low - 198.0).abs() < 1e-6, "{low} to {high}");
        assert!((low + high - 2.0 * 399.5).abs() < 1e-6, "{low} to {high}");
        let expected = -60.0 + 10.0 * (200.0 * 0.999 / NOISE_BANDWIDTH_BINS).log10();
        assert!((found.power_dbfs - expected).abs() < 1e-3, "{}", found.power_dbfs);
        assert!((found.noise_dbfs + 90.0).abs() < 1e-6, "{}", found.noise_dbfs);
    }

    #[test]
    fn only_what_is_between_the_bins_counts() {
        let mut power = band(300, 200);
        power[800..820].fill(-40.0);
        let found = occupied(&power, 256..512).expect("a signal");
        assert!((found.bins.1 - found.bins.0 - 198.0).abs() < 1e-6);
        assert_eq!(occupied(&power, 0..200), None, "noise alone");
    }

    #[test]
    fn nonsense_is_no_signal() {
        assert_eq!(occupied(&[], 0..0), None);
        assert_eq!(occupied(&[f32::NAN; 64], 0..64), None);
        assert_eq!(occupied(&[-200.0; 64], 0..64), None);
        assert_eq!(occupied(&band(0, 1024), 900..2000), None, "flat all over");
        assert_eq!(occupied(&band(10, 10), 2000..3000), None);
        let mut power = band(10, 10);
        power[15] = f32::INFINITY;
        assert!(occupied(&power, 0..1024).is_some());
    }
}
