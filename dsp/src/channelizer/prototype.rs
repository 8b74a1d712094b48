//! The low-pass filter that every channel of the filter bank is a shifted copy of.

use crate::design;

/// Taps per branch: the filter spans so many samples of a channel sampled at its spacing.
pub(super) const BRANCH: usize = 11;
/// Attenuation that the window is designed for, dB. The worst of the stop band is a little above it, see
/// [`STOP_DB`].
const DESIGN_DB: f64 = 82.0;

/// How far from a channel's centre signals pass unharmed, in channel spacings: within [`RIPPLE_DB`], and nothing from
/// elsewhere in the input folds onto them by more than [`STOP_DB`].
///
/// Half a spacing would do for neighbouring channels to meet. A quarter more lets a signal up to half a spacing wide
/// lie anywhere, also across the edge between two channels.
pub const PASS: f64 = 0.75;
/// Greatest deviation of the gain from 1 in the pass band, dB.
pub const RIPPLE_DB: f64 = 0.002;
/// Least attenuation of what folds onto the pass band, dB.
pub const STOP_DB: f64 = 80.0;

/// Taps for so many channels: a multiple of them. The first is the newest sample's; the last is zero, so that the
/// others are odd in number and their delay is whole.
///
/// A channel is sampled at twice its spacing, so what lies `2 - PASS` spacings from its centre folds onto the edge of
/// the pass band, and what lies nearer folds outside. The transition is centred between, at one spacing.
pub(super) fn prototype(channels: usize) -> Vec<f64> {
    let count = channels * BRANCH - 1;
    let half = (count / 2) as i64;
    let beta = design::kaiser_beta(DESIGN_DB);
    let cutoff = 1.0 / channels as f64;
    let mut taps: Vec<f64> = (-half..=half)
        .map(|n| {
            let t = n as f64;
            design::sinc(2.0 * cutoff * t) * design::kaiser(t / (half as f64 + 0.5), beta)
        })
        .collect();
    let sum: f64 = taps.iter().sum();
    for tap in &mut taps {
        *tap /= sum;
    }
    taps.push(0.0);
    taps
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn gain_db(taps: &[f64], freq: f64) -> f64 {
        let centre = (taps.len() - 2) as f64 / 2.0;
        let gain: f64 = taps
            .iter()
            .enumerate()
            .map(|(n, tap)| tap * (TAU * freq * (n as f64 - centre)).cos())
            .sum();
        20.0 * gain.abs().max(1e-12).log10()
    }

    #[test]
    fn pass_band_and_stop_band_are_as_stated() {
        for channels in [2, 6, 16, 100] {
            let taps = prototype(channels);
            assert_eq!(taps.len(), channels * BRANCH);
            for n in 0..=300 {
                let part = f64::from(n) / 300.0;
                let pass = gain_db(&taps, PASS * part / channels as f64);
                assert!(pass.abs() < RIPPLE_DB, "{channels} channels: {pass} dB at {part}");
                let from = (2.0 - PASS) / channels as f64;
                if from < 0.5 {
                    let stop = gain_db(&taps, from + (0.5 - from) * part);
                    assert!(stop < -STOP_DB, "{channels} channels: {stop} dB at {part}");
                }
            }
        }
    }
}
