use super::pulse::{erf, gaussian_phase};
use super::*;
use proptest::prelude::*;

pub(crate) fn config(modulation: Modulation, pulse: Pulse, samples_per_symbol: f64) -> SignalConfig {
    SignalConfig::new(modulation, pulse, 10_000.0, 10_000.0 * samples_per_symbol)
}

/// Bits of a 15-stage shift register: balanced, all runs up to 15.
fn bits(count: usize) -> Vec<u8> {
    let mut state = 1u32;
    let step = || {
        let bit = ((state >> 14) ^ (state >> 13)) & 1;
        state = (state << 1 | bit) & 0x7fff;
        bit as u8
    };
    std::iter::repeat_with(step).take(count).collect()
}

fn modulate(config: &SignalConfig, bits: &[u8]) -> (Vec<Complex32>, f64) {
    let mut modulator = Modulator::new(config).unwrap();
    let mut out = Vec::new();
    modulator.process(bits, &mut out);
    modulator.finish(&mut out);
    (out, modulator.first_symbol_at())
}

fn mean_power(samples: &[Complex32]) -> f64 {
    samples.iter().map(|s| f64::from(s.norm_sqr())).sum::<f64>() / samples.len() as f64
}

const SRRC: Pulse = Pulse::Srrc { roll_off: 0.35 };

#[test]
fn error_function_matches_published_values() {
    // Abramowitz and Stegun, table 7.1.
    for (x, value) in [
        (0.5, 0.520_499_877_8),
        (1.0, 0.842_700_792_9),
        (2.0, 0.995_322_265_0),
    ] {
        assert!((erf(x) - value).abs() < 1e-10);
        assert!((erf(-x) + value).abs() < 1e-10);
    }
    assert!((1.0 - erf(4.0) - 1.541_725_79e-8).abs() < 1e-15);
}

#[test]
fn phase_pulse_rises_from_zero_to_one() {
    assert!(gaussian_phase(-4.0, 0.3).abs() < 1e-12);
    assert!((gaussian_phase(0.0, 0.3) - 0.5).abs() < 1e-12);
    assert!((gaussian_phase(4.0, 0.3) - 1.0).abs() < 1e-12);
}

#[test]
fn psk_has_unit_power_at_any_rate() {
    for modulation in [
        Modulation::Bpsk,
        Modulation::Qpsk,
        Modulation::Oqpsk,
        Modulation::Pi4Dqpsk,
        Modulation::Uqpsk,
        Modulation::Psk8,
    ] {
        for pulse in [SRRC, Pulse::Rect, Pulse::HalfSine] {
            for sps in [2.0, 3.7, 10.0] {
                let (out, first) = modulate(&config(modulation, pulse, sps), &bits(20_000));
                let body = &out[first as usize..out.len() - first as usize];
                let power = mean_power(body);
                assert!(
                    (power - 1.0).abs() < 0.02,
                    "{modulation:?} {pulse:?} {sps}: {power}"
                );
            }
        }
    }
}

/// Correlates with the pulse at each symbol's instant (an ideal matched filter) and returns the largest
/// distance of a decision variable from its ideal value.
fn worst_symbol_error(out: &[Complex32], first: f64, sps: f64, arms: &[(f64, f32, &[u8], bool)]) -> f64 {
    let mut worst = 0.0f64;
    for &(delay, scale, bits, quadrature) in arms {
        for (k, &bit) in bits.iter().enumerate() {
            let centre = first + (k as f64 + delay) * sps;
            let reach = (22.0 * sps) as i64;
            let mut sum = 0.0;
            for n in (centre as i64 - reach).max(0)..=(centre as i64 + reach).min(out.len() as i64 - 1) {
                let sample = out[n as usize];
                let part = if quadrature { sample.im } else { sample.re };
                sum += f64::from(part) * srrc_at((n as f64 - centre) / sps, 0.35) / sps;
            }
            let ideal = f64::from(scale) * if bit == 1 { 1.0 } else { -1.0 };
            worst = worst.max((sum - ideal).abs());
        }
    }
    worst
}

#[test]
fn an_ideal_matched_filter_sees_no_intersymbol_interference() {
    let all = bits(600);
    let even: Vec<u8> = all.iter().copied().step_by(2).collect();
    let odd: Vec<u8> = all.iter().copied().skip(1).step_by(2).collect();
    let half = std::f32::consts::FRAC_1_SQRT_2;
    for sps in [2.0, 4.16667, 7.5] {
        let (out, first) = modulate(&config(Modulation::Bpsk, SRRC, sps), &all);
        assert!(worst_symbol_error(&out, first, sps, &[(0.0, 1.0, &all, false)]) < 0.01);
        for (modulation, delay) in [(Modulation::Qpsk, 0.0), (Modulation::Oqpsk, 0.5)] {
            let (out, first) = modulate(&config(modulation, SRRC, sps), &all);
            let arms = [(0.0, half, &even[..], false), (delay, half, &odd[..], true)];
            let worst = worst_symbol_error(&out, first, sps, &arms);
            assert!(worst < 0.01, "{modulation:?} {sps}: {worst}");
        }
    }
}

#[test]
fn fsk_turns_by_its_index_in_every_symbol() {
    let bits = bits(500);
    let mut config = config(Modulation::Fsk, Pulse::Rect, 8.0);
    config.deviation_hz = Some(3000.0);
    let (out, first) = modulate(&config, &bits);
    for (k, &bit) in bits.iter().enumerate() {
        let start = first as usize + 8 * k - 4;
        let turn = (out[start + 8] * out[start].conj()).arg();
        let ideal = if bit == 1 {
            0.6 * std::f32::consts::PI
        } else {
            -0.6 * std::f32::consts::PI
        };
        assert!((turn - ideal).abs() < 1e-3, "symbol {k}: {turn}");
    }
    assert!(out.iter().all(|s| (s.norm() - 1.0).abs() < 1e-5));
}

#[test]
fn gmsk_turns_a_quarter_in_all_for_equal_bits_and_stays_smooth() {
    let config = config(Modulation::Gmsk, Pulse::Gaussian { bt: 0.5 }, 10.0);
    let (out, first) = modulate(&config, &[1; 40]);
    let at = |k: usize| out[first as usize + 10 * k];
    assert!(((at(21) * at(20).conj()).arg() - std::f32::consts::FRAC_PI_2).abs() < 1e-3);
    let (out, _) = modulate(&config, &bits(400));
    let fastest = out
        .windows(2)
        .map(|p| (p[1] * p[0].conj()).arg().abs())
        .fold(0.0, f32::max);
    assert!(fastest < 0.1 * std::f32::consts::FRAC_PI_2 + 1e-3);
}

#[test]
fn fm_audio_is_the_frequency_in_units_of_the_deviation() {
    let mut config = config(Modulation::Fsk, Pulse::Rect, 4.915);
    config.fsk_input = FskInput::FmAudio;
    let bits = bits(300);
    let (out, first) = modulate(&config, &bits);
    for (k, &bit) in bits.iter().enumerate() {
        let value = out[(first + 4.915 * k as f64).round() as usize];
        assert_eq!(value, Complex32::new(if bit == 1 { 1.0 } else { -1.0 }, 0.0));
    }
}

#[test]
fn carrier_is_where_it_is_asked_for() {
    let mut config = config(Modulation::Bpsk, SRRC, 8.0);
    config.carrier_hz = 12_345.0;
    let (out, first) = modulate(&config, &[1; 200]);
    let n = first as usize + 800;
    let turn = (out[n + 1] * out[n].conj()).arg();
    assert!((turn - std::f32::consts::TAU * 12_345.0 / 80_000.0).abs() < 2e-3);
}

#[test]
fn no_timing_error_adds_up_over_a_million_symbols() {
    let config = config(Modulation::Bpsk, Pulse::Rect, 3.1);
    let mut modulator = Modulator::new(&config).unwrap();
    let (mut out, mut total) = (Vec::new(), 0usize);
    for _ in 0..1000 {
        out.clear();
        modulator.process(&[0, 1].repeat(500), &mut out);
        total += out.len();
    }
    assert_eq!(total, 3_100_000);
}

#[test]
fn impossible_configurations_are_refused() {
    let good = config(Modulation::Bpsk, SRRC, 4.0);
    let refused = |change: &dyn Fn(&mut SignalConfig)| {
        let mut config = good.clone();
        change(&mut config);
        Modulator::new(&config).unwrap_err()
    };
    for rate in [f64::NAN, f64::INFINITY, 0.0, -1.0, 21_000.0] {
        refused(&|c| c.symbol_rate_hz = rate);
    }
    for rate in [f64::NAN, f64::INFINITY, 0.0, -48_000.0, 19_000.0] {
        refused(&|c| c.sample_rate_hz = rate);
    }
    refused(&|c| c.carrier_hz = 1e9);
    refused(&|c| c.pulse = Pulse::Srrc { roll_off: 1.5 });
    let error = refused(&|c| c.pulse = Pulse::Gaussian { bt: 0.5 });
    assert!(matches!(error, ConfigError::PulseMismatch { .. }));
    let error = refused(&|c| c.modulation = Modulation::Gmsk);
    assert!(matches!(error, ConfigError::PulseMismatch { .. }));
}

proptest! {
    #[test]
    fn chunking_is_invisible(cuts in prop::collection::vec(0usize..60, 1..8), kind in 0usize..8, sps in 2.0f64..9.0) {
        let (modulation, pulse) = [
            (Modulation::Bpsk, SRRC), (Modulation::Qpsk, SRRC), (Modulation::Oqpsk, Pulse::Rect),
            (Modulation::Fsk, Pulse::Rect), (Modulation::Gmsk, Pulse::Gaussian { bt: 0.3 }),
            (Modulation::Pi4Dqpsk, SRRC), (Modulation::Psk8, Pulse::HalfSine), (Modulation::Uqpsk, SRRC),
        ][kind];
        let config = config(modulation, pulse, sps);
        let bits = bits(cuts.iter().sum());
        let (whole, _) = modulate(&config, &bits);
        let mut modulator = Modulator::new(&config).unwrap();
        let (mut out, mut rest) = (Vec::new(), &bits[..]);
        for cut in cuts {
            let (now, later) = rest.split_at(cut);
            modulator.process(now, &mut out);
            rest = later;
        }
        modulator.finish(&mut out);
        prop_assert_eq!(whole, out);
    }
}
