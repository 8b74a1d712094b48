//! Each impairment against its definition.

use super::*;
use crate::spectrum::{NOISE_BANDWIDTH_BINS, Spectrum, bin_frequency_hz};

fn ones(count: usize) -> Vec<Complex32> {
    vec![Complex32::ONE; count]
}

fn doppler(course: Course, carrier_hz: Option<f64>) -> ChannelConfig {
    ChannelConfig {
        doppler: Some(Doppler { course, carrier_hz }),
        ..ChannelConfig::ideal(1000.0)
    }
}

const PASS: Course = Course::Pass {
    closest_s: 5.0,
    max_hz: 100.0,
    max_rate_hz_s: 40.0,
};

/// Mean density in a band, both in parts of the sample rate, of a mean spectrum.
fn density(samples: &[Complex32], from: f64, to: f64) -> f64 {
    let size = 1024;
    let mut spectrum = Spectrum::new(size);
    spectrum.process(samples);
    let levels = spectrum.power_db();
    let inside = (0..size).filter(|&bin| (from..to).contains(&bin_frequency_hz(bin, size, 1.0)));
    let powers: Vec<f64> = inside
        .map(|bin| 10f64.powf(f64::from(levels[bin]) / 10.0))
        .collect();
    powers.iter().sum::<f64>() / powers.len() as f64 / NOISE_BANDWIDTH_BINS * size as f64
}

fn band_power(samples: &[Complex32], from: f64, to: f64) -> f64 {
    density(samples, from, to) * (to - from)
}

#[test]
fn a_pass_has_its_greatest_offset_and_rate() {
    let out = run(&doppler(PASS, None), &ones(10_001));
    assert!((f64::from(out[0].arg())).abs() < 1e-6);
    for n in [0, 2000, 4999, 7000, 9999] {
        // The offset halfway between two samples.
        let x = 0.4 * ((n as f64 + 0.5) / 1000.0 - 5.0);
        let expected = -0.1 * x / (1.0 + x * x).sqrt();
        assert!((frequency(&out, n) - expected).abs() < 1e-5, "{n}");
    }
    let rate = (frequency(&out, 5010) - frequency(&out, 4990)) * 1000.0 / 0.02;
    assert!((rate + 40.0).abs() < 0.1, "{rate}");
}

#[test]
fn a_table_has_straight_lines_between_its_points() {
    let table = Course::Table(vec![(1.0, -50.0), (3.0, 150.0), (4.0, 0.0)]);
    let out = run(&doppler(table, None), &ones(6000));
    for (second, expected) in [(0.2, -50.0), (1.5, 0.0), (2.0, 50.0), (3.5, 75.0), (5.0, 0.0)] {
        let found = frequency(&out, (second * 1000.0) as usize) * 1000.0;
        assert!((found - expected).abs() < 0.1, "{second} s: {found}");
    }
}

#[test]
fn the_clock_follows_the_carrier() {
    let table = Course::Table(vec![(0.0, 100.0), (4.0, 100.0), (4.5, -50.0)]);
    let out = run(&doppler(table, Some(2000.0)), &tone(0.1, 10_000));
    // 100 Hz of 2000 Hz are 5 %: what was 0.1 cycles per sample comes with 0.105, and with the carrier's 0.1.
    for (at, expected) in [(3000, 0.105 + 0.1), (8000, 0.0975 - 0.05)] {
        let found = frequency(&out, at);
        assert!((found - expected).abs() < 2e-4, "{at}: {found}");
    }
}

#[test]
fn the_phase_walks_by_the_linewidth() {
    let config = ChannelConfig {
        linewidth_hz: linewidth_hz(-60.0, 40.0),
        ..ChannelConfig::ideal(1000.0)
    };
    assert!((config.linewidth_hz - TAU * 1600e-6).abs() < 1e-12);
    let out = run(&config, &ones(400_000));
    let lag = 100;
    let steps = out
        .windows(lag + 1)
        .map(|w| f64::from((w[lag] * w[0].conj()).arg()).powi(2));
    let variance = steps.sum::<f64>() / (out.len() - lag) as f64;
    // 2π Δν τ, here over a tenth of a second; 4000 independent steps.
    let expected = TAU * config.linewidth_hz * 0.1;
    assert!((variance / expected - 1.0).abs() < 0.1, "{variance} {expected}");
    // The level beside the carrier, between 35 and 45 Hz on both sides.
    let sides = f64::midpoint(density(&out, 0.035, 0.045), density(&out, -0.045, -0.035));
    let level = 10.0 * (sides / 1000.0).log10();
    assert!((level + 60.0).abs() < 0.5, "{level} dBc/Hz");
}

#[test]
fn fading_has_its_ratio_and_spread() {
    for k_db in [-100.0, 0.0, 10.0] {
        let config = ChannelConfig {
            fading: Some(Fading {
                k_db,
                spread_hz: 10.0,
            }),
            seed: 3,
            ..ChannelConfig::ideal(1000.0)
        };
        let out = run(&config, &ones(2_000_000));
        let mean = |f: &dyn Fn(&Complex32) -> f64| out.iter().map(f).sum::<f64>() / out.len() as f64;
        let power = mean(&|h| f64::from(h.norm_sqr()));
        let fourth = mean(&|h| f64::from(h.norm_sqr()).powi(2));
        let k = 10f64.powf(k_db / 10.0);
        // S. O. Rice: variance of the power over its square. 70 000 independent values.
        let scintillation = fourth / (power * power) - 1.0;
        let expected = (1.0 + 2.0 * k) / (1.0 + k).powi(2);
        assert!((power - 1.0).abs() < 0.02, "{k_db}: {power}");
        assert!(
            (scintillation / expected - 1.0).abs() < 0.05,
            "{k_db}: {scintillation}"
        );
        let lag = 20;
        let pairs = out.windows(lag + 1).map(|w| f64::from((w[lag] * w[0].conj()).re));
        let correlation = pairs.sum::<f64>() / (out.len() - lag) as f64;
        let expected = (k + (-2.0 * (0.02 * 10.0 * std::f64::consts::PI).powi(2)).exp()) / (1.0 + k);
        assert!(
            (correlation - expected).abs() < 0.03,
            "{k_db}: {correlation} {expected}"
        );
    }
}

#[test]
fn interferers_have_their_place_width_and_level() {
    let interferer = |frequency_hz, level_db, width_hz| Interferer {
        frequency_hz,
        level_db,
        width_hz,
    };
    let config = ChannelConfig {
        gain_db: -20.0,
        interferers: vec![interferer(-200.0, 10.0, 0.0), interferer(250.0, 20.0, 100.0)],
        trailing: 200_000,
        ..ChannelConfig::ideal(1000.0)
    };
    let out = run(&config, &[]);
    let db = |from, to| 10.0 * band_power(&out, from, to).log10();
    assert!((db(-0.22, -0.18) + 10.0).abs() < 0.1);
    assert!(db(0.195, 0.305).abs() < 0.1);
    // A raised cosine has 1 - roll-off (1/2 - 1/π) of its power within half the symbol rate.
    let (half_rate, inside) = (0.05 / 1.35, 1.0 - 0.35 * (0.5 - 1.0 / std::f64::consts::PI));
    assert!((db(0.25 - half_rate, 0.25 + half_rate) - 10.0 * inside.log10()).abs() < 0.05);
    assert!(db(-0.15, 0.15) < -50.0);
}

#[test]
fn a_converter_has_its_levels_and_noise() {
    let noise = ChannelConfig {
        noise_sigma: 0.2,
        trailing: 100_000,
        ..ChannelConfig::ideal(1.0)
    };
    let exact = run(&noise, &[]);
    for bits in [4, 8, 12] {
        let config = ChannelConfig {
            quantiser: Some(Quantiser {
                bits,
                full_scale: 1.0,
            }),
            ..noise.clone()
        };
        let rounded = run(&config, &[]);
        let errors = exact
            .iter()
            .zip(&rounded)
            .map(|(a, b)| f64::from((a - b).norm_sqr()));
        let step = 2f64.powi(1 - bits as i32);
        let found = errors.sum::<f64>() / exact.len() as f64 / (step * step / 6.0);
        assert!((found - 1.0).abs() < 0.02, "{bits}: {found}");
    }
    let mut coarse = Channel::new(&ChannelConfig {
        quantiser: Some(Quantiser {
            bits: 2,
            full_scale: 1.0,
        }),
        ..ChannelConfig::ideal(1.0)
    })
    .unwrap();
    let mut out = Vec::new();
    let parts = [-3.0, -0.6, -0.4, 0.0, 0.6, 1.01];
    coarse.process(&parts.map(|re| Complex32::new(re, 0.1)), &mut out);
    let found: Vec<f32> = out.iter().map(|s| s.re).collect();
    assert_eq!(found, [-0.75, -0.75, -0.25, 0.25, 0.75, 0.75]);
    assert_eq!(coarse.clipped(), 2);
}
