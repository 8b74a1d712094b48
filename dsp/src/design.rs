//! Filter taps from first principles: pulses and windowed-sinc low-pass filters.
//!
//! All designs have odd length and even symmetry, so that their group delay is the whole number
//! `(taps - 1) / 2` of samples. Computed in `f64`, rounded once.

use std::f64::consts::{FRAC_1_SQRT_2, LN_2, PI};

/// Square-root raised cosine pulse over `span_symbols` symbols, scaled to unit energy (sum of squares 1).
///
/// `samples_per_symbol` may be fractional; the pulse is then sampled at the true instants. `roll_off` is
/// clamped to 0…1. (J. G. Proakis, Digital Communications, 9.2; the two removable singularities are replaced
/// by their limits.)
pub fn srrc(samples_per_symbol: f64, roll_off: f64, span_symbols: usize) -> Vec<f32> {
    let half = (samples_per_symbol * span_symbols as f64 / 2.0).round() as i64;
    let taps: Vec<f64> = (-half..=half)
        .map(|n| srrc_at(n as f64 / samples_per_symbol, roll_off.clamp(0.0, 1.0)))
        .collect();
    unit_energy(&taps)
}

/// The square-root raised cosine at `t` symbols from its centre, for unit symbol duration and unit energy.
pub fn srrc_at(t: f64, roll_off: f64) -> f64 {
    if t.abs() < 1e-9 {
        return 1.0 - roll_off + 4.0 * roll_off / PI;
    }
    if roll_off > 0.0 && (t.abs() - 0.25 / roll_off).abs() < 1e-9 {
        let angle = PI / (4.0 * roll_off);
        return roll_off * FRAC_1_SQRT_2 * ((1.0 + 2.0 / PI) * angle.sin() + (1.0 - 2.0 / PI) * angle.cos());
    }
    let numerator =
        (PI * t * (1.0 - roll_off)).sin() + 4.0 * roll_off * t * (PI * t * (1.0 + roll_off)).cos();
    numerator / (PI * t * (1.0 - (4.0 * roll_off * t).powi(2)))
}

/// The raised cosine at `t` symbols from its centre: what two square-root raised cosines make together.
pub fn raised_cosine(t: f64, roll_off: f64) -> f64 {
    let x = 2.0 * roll_off * t;
    if (x.abs() - 1.0).abs() < 1e-9 {
        return PI / 4.0 * sinc(t);
    }
    sinc(t) * (PI * roll_off * t).cos() / (1.0 - x * x)
}

/// Gaussian pulse of bandwidth-time product `bt` over `span_symbols` symbols, scaled to unit sum.
///
/// `bt` is the 3 dB bandwidth times the symbol duration, as in GMSK.
pub fn gaussian(samples_per_symbol: f64, bt: f64, span_symbols: usize) -> Vec<f32> {
    let half = (samples_per_symbol * span_symbols as f64 / 2.0).round() as i64;
    let exponent = 2.0 * (PI * bt).powi(2) / LN_2;
    let taps: Vec<f64> = (-half..=half)
        .map(|n| (-exponent * (n as f64 / samples_per_symbol).powi(2)).exp())
        .collect();
    unit_sum(&taps)
}

/// Low-pass filter by the Kaiser window, unit gain at zero frequency.
///
/// `cutoff_cycles_per_sample` is the middle of the transition band (the −6 dB point), `transition` its whole
/// width in cycles per sample, `stop_db` the attenuation beyond it (J. F. Kaiser, 1974).
pub fn low_pass(cutoff_cycles_per_sample: f64, transition: f64, stop_db: f64) -> Vec<f32> {
    let width = transition.clamp(1e-4, 0.5);
    let half = (((stop_db - 7.95).max(1.0) / (2.285 * 2.0 * PI * width)) / 2.0).ceil() as i64;
    let beta = kaiser_beta(stop_db);
    let taps: Vec<f64> = (-half..=half)
        .map(|n| {
            sinc(2.0 * cutoff_cycles_per_sample * n as f64) * kaiser(n as f64 / (half as f64 + 0.5), beta)
        })
        .collect();
    unit_sum(&taps)
}

/// `sin(πx) / (πx)`.
pub fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 {
        1.0
    } else {
        (PI * x).sin() / (PI * x)
    }
}

/// Kaiser's window at `x` from its centre, zero outside −1…1.
pub fn kaiser(x: f64, beta: f64) -> f64 {
    if x.abs() > 1.0 {
        0.0
    } else {
        bessel_i0(beta * (1.0 - x * x).sqrt()) / bessel_i0(beta)
    }
}

/// Kaiser's shape parameter for a stop-band attenuation in dB.
pub fn kaiser_beta(stop_db: f64) -> f64 {
    if stop_db > 50.0 {
        0.1102 * (stop_db - 8.7)
    } else if stop_db > 21.0 {
        0.5842 * (stop_db - 21.0).powf(0.4) + 0.07886 * (stop_db - 21.0)
    } else {
        0.0
    }
}

/// Modified Bessel function of the first kind and order zero, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..64 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

fn unit_energy(taps: &[f64]) -> Vec<f32> {
    let norm = taps.iter().map(|t| t * t).sum::<f64>().sqrt();
    taps.iter().map(|t| (t / norm) as f32).collect()
}

fn unit_sum(taps: &[f64]) -> Vec<f32> {
    let sum: f64 = taps.iter().sum();
    taps.iter().map(|t| (t / sum) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain_db(taps: &[f32], freq: f64) -> f64 {
        let centre = (taps.len() - 1) as f64 / 2.0;
        let gain: f64 = taps
            .iter()
            .enumerate()
            .map(|(n, &t)| f64::from(t) * (2.0 * PI * freq * (n as f64 - centre)).cos())
            .sum();
        20.0 * gain.abs().max(1e-12).log10()
    }

    #[test]
    fn low_pass_holds_its_stop_band_and_half_gain_at_the_cutoff() {
        let taps = low_pass(0.2, 0.1, 60.0);
        assert!((gain_db(&taps, 0.2) + 6.02).abs() < 0.1);
        for n in 0..=100 {
            let stop = gain_db(&taps, 0.25 + 0.0025 * f64::from(n));
            assert!(stop < -59.0, "{stop} dB");
            assert!(gain_db(&taps, 0.0015 * f64::from(n)).abs() < 0.02);
        }
    }

    #[test]
    fn srrc_convolved_with_itself_has_no_intersymbol_interference() {
        for (sps, roll_off) in [(4.0, 0.35), (3.0, 0.2), (2.5, 0.6), (8.0, 1.0), (4.0, 0.25)] {
            let taps = srrc(sps, roll_off, 64);
            let peak = autocorrelation(&taps, 0);
            assert!((peak - 1.0).abs() < 1e-6);
            for symbol in 1..6 {
                let lag = f64::from(symbol) * sps;
                if lag.fract() == 0.0 {
                    assert!(autocorrelation(&taps, lag as usize).abs() < 2e-3);
                }
            }
        }
    }

    fn autocorrelation(taps: &[f32], lag: usize) -> f64 {
        taps.iter()
            .zip(&taps[lag..])
            .map(|(&a, &b)| f64::from(a) * f64::from(b))
            .sum()
    }

    #[test]
    fn gaussian_falls_to_half_power_at_its_bandwidth() {
        let taps = gaussian(16.0, 0.5, 6);
        assert!((gain_db(&taps, 0.5 / 16.0) + 3.01).abs() < 0.02);
    }
}
