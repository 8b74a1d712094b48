//! The receiver against modulated signals of known bits, instants and impairments.

use super::PskReceiver;
use crate::channel::{Channel, ChannelConfig, Interferer, noise_sigma};
use crate::receiver::sent::{Sent, send};
use crate::{Complex32, ConfigError, Mark, Modulation, Pulse, SignalConfig, SoftBatch};
use proptest::prelude::*;

const SYMBOL_RATE: f64 = 100e3;

fn signal(modulation: Modulation, samples_per_symbol: f64, roll_off: f64) -> SignalConfig {
    let pulse = Pulse::Srrc { roll_off };
    SignalConfig::new(modulation, pulse, SYMBOL_RATE, SYMBOL_RATE * samples_per_symbol)
}

fn noisy(config: &SignalConfig, es_n0_db: f64, seed: u64) -> ChannelConfig {
    let rate = config.sample_rate_hz;
    ChannelConfig {
        seed,
        noise_sigma: noise_sigma(es_n0_db, rate / config.symbol_rate_hz),
        frequency_hz: 0.037 * config.symbol_rate_hz,
        phase_rad: 1.1,
        clock_ppm: -230.0,
        ..ChannelConfig::ideal(rate)
    }
}

fn receive(config: &SignalConfig, samples: &[Complex32]) -> SoftBatch {
    let mut receiver = PskReceiver::new(config).unwrap();
    let mut out = SoftBatch::default();
    receiver.process(samples, &mut out);
    receiver.finish(&mut out);
    out
}

/// Soft bits of a symbol turned by a quarter turn so often, in the order of the transmitter.
fn turned(bits: [i32; 2], quarters: usize) -> [i32; 2] {
    (0..quarters).fold(bits, |[i, q], _| [q, -i])
}

/// Bit errors and bits compared over the marks that `used` lets through, with the one rotation per lock
/// that fits best. OQPSK is taken at the rotations that keep its arms.
fn errors(
    config: &SignalConfig,
    sent: &Sent,
    out: &SoftBatch,
    used: impl Fn(&Mark) -> bool,
) -> (usize, usize) {
    let per_symbol = config.modulation.bits_per_symbol();
    let mut tally = [[0_usize; 2]; 8];
    for (n, mark) in out.marks.iter().enumerate().filter(|(_, m)| used(m)) {
        let end = out.marks.get(n + 1).map_or(out.llrs.len(), |next| next.bit);
        let first = ((mark.at - sent.first) / sent.samples_per_symbol).round() as i64;
        for (k, received) in out.llrs[mark.bit..end].chunks(per_symbol).enumerate() {
            let Ok(index) = usize::try_from(first + k as i64) else {
                continue;
            };
            for (rotation, [wrong, total]) in tally.iter_mut().enumerate() {
                let Some(pair) = expected(config.modulation, &sent.bits, index, rotation) else {
                    continue;
                };
                for (bit, &soft) in received.iter().enumerate() {
                    *wrong += usize::from(i32::from(soft) * pair[bit] < 0);
                    *total += 1;
                }
            }
        }
    }
    let best = tally.iter().filter(|t| t[1] > 0).min_by_key(|t| t[0]).unwrap();
    (best[0], best[1])
}

/// Bits (±1) that symbol `index` shows under one of the receiver's ambiguities.
fn expected(modulation: Modulation, bits: &[u8], index: usize, rotation: usize) -> Option<[i32; 2]> {
    let level = |symbol: usize, arm: usize| {
        bits.get(symbol * modulation.bits_per_symbol() + arm)
            .map(|&b| 2 * i32::from(b) - 1)
    };
    match (modulation, rotation) {
        (Modulation::Bpsk, 0 | 1) => Some([level(index, 0)? * (1 - 2 * rotation as i32), 0]),
        (Modulation::Qpsk, 0..4) | (Modulation::Oqpsk, 0 | 2) => {
            Some(turned([level(index, 0)?, level(index, 1)?], rotation))
        }
        // A quarter turn makes the late arm the early one: of this symbol or of the one before.
        (Modulation::Oqpsk, 1 | 3) => Some(turned([level(index + 1, 0)?, level(index, 1)?], rotation)),
        (Modulation::Oqpsk, 4 | 5) => {
            let before = index.checked_sub(1)?;
            Some(turned([level(index, 0)?, level(before, 1)?], 2 * rotation - 7))
        }
        _ => None,
    }
}

fn theory(modulation: Modulation, es_n0_db: f64) -> f64 {
    let es_n0 = 10f64.powf(es_n0_db / 10.0);
    let amplitude = if modulation == Modulation::Bpsk {
        (2.0 * es_n0).sqrt()
    } else {
        es_n0.sqrt()
    };
    tail(amplitude)
}

/// Gaussian tail probability (numerical integration over twelve standard deviations).
fn tail(x: f64) -> f64 {
    let step = 1e-3;
    let density = |t: f64| (-t * t / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    (0..12_000)
        .map(|k| density(x + (f64::from(k) + 0.5) * step) * step)
        .sum()
}

/// The bit error rate lies between theory 0.1 dB better and theory `loss_db` worse.
fn assert_loss(modulation: Modulation, samples_per_symbol: f64, roll_off: f64, es_n0_db: f64, loss_db: f64) {
    assert_loss_of(
        &signal(modulation, samples_per_symbol, roll_off),
        es_n0_db,
        loss_db,
    );
}

fn assert_loss_of(config: &SignalConfig, es_n0_db: f64, loss_db: f64) {
    let modulation = config.modulation;
    let sent = send(config, 60_000, &noisy(config, es_n0_db, 7));
    let out = receive(config, &sent.samples);
    let (wrong, total) = errors(config, &sent, &out, |_| true);
    // A soft bit of zero is wrong half the time.
    let undecided = out.llrs.iter().filter(|l| **l == 0).count();
    let rate = (wrong as f64 + undecided as f64 / 2.0) / total as f64;
    let (best, worst) = (
        theory(modulation, es_n0_db + 0.1),
        theory(modulation, es_n0_db - loss_db),
    );
    assert!(rate > best && rate < worst, "{rate} not in {best}..{worst}");
    assert_eq!(out.marks.iter().filter(|m| m.restart).count(), 1);
}

#[test]
fn qpsk_loses_little_at_1_5_db() {
    assert_loss(Modulation::Qpsk, 3.0, 0.35, 1.5, 0.2);
}

#[test]
fn qpsk_loses_little_at_6_db_and_two_samples_per_symbol() {
    assert_loss(Modulation::Qpsk, 2.0, 0.35, 6.0, 0.2);
}

#[test]
fn bpsk_loses_little_at_minus_1_db() {
    assert_loss(Modulation::Bpsk, 4.37, 0.5, -1.0, 0.2);
}

#[test]
fn bpsk_loses_little_at_5_db_when_far_oversampled() {
    assert_loss(Modulation::Bpsk, 37.3, 0.35, 5.0, 0.2);
}

#[test]
fn oqpsk_loses_little_at_6_db() {
    assert_loss(Modulation::Oqpsk, 3.0, 0.5, 6.0, 0.3);
}

#[test]
fn minimum_shift_keying_as_oqpsk_loses_little_at_4_db() {
    let config = SignalConfig {
        pulse: Pulse::HalfSine,
        ..signal(Modulation::Oqpsk, 8.0, 0.5)
    };
    assert_loss_of(&config, 4.0, 0.2);
}

#[test]
fn marks_lie_on_the_symbols() {
    for (modulation, samples_per_symbol) in [
        (Modulation::Bpsk, 23.7),
        (Modulation::Qpsk, 3.0),
        (Modulation::Qpsk, 2.1),
        (Modulation::Bpsk, 9.0),
    ] {
        let config = signal(modulation, samples_per_symbol, 0.4);
        let sent = send(&config, 6000, &noisy(&config, 25.0, 3));
        let out = receive(&config, &sent.samples);
        for mark in out.marks.iter().filter(|m| m.locked) {
            let symbols = (mark.at - sent.first) / sent.samples_per_symbol;
            let off = (symbols - symbols.round()) * sent.samples_per_symbol;
            assert!(
                off.abs() < 0.1,
                "{modulation:?} at {samples_per_symbol}: {off} samples"
            );
            assert!((mark.offset_hz - 3700.0).abs() < 20.0, "{}", mark.offset_hz);
        }
        assert!(out.marks.iter().filter(|m| m.locked).count() >= 11);
    }
}

#[test]
fn estimates_come_near_the_truth() {
    let config = signal(Modulation::Qpsk, 4.0, 0.35);
    let sent = send(&config, 20_000, &noisy(&config, 9.0, 5));
    let out = receive(&config, &sent.samples);
    let mark = out.marks[out.marks.len() / 2];
    assert!((mark.es_n0_db - 9.0).abs() < 0.7, "{}", mark.es_n0_db);
    assert!(
        (mark.symbol_rate_hz - SYMBOL_RATE * (1.0 - 230e-6)).abs() < 1.0,
        "{}",
        mark.symbol_rate_hz
    );
}

#[test]
fn soft_bits_are_log_likelihood_ratios() {
    let config = signal(Modulation::Bpsk, 4.0, 0.35);
    let sent = send(&config, 60_000, &noisy(&config, 0.0, 9));
    let out = receive(&config, &sent.samples);
    // Of the soft bits of magnitude 1.5, a share of 1/(1 + e^1.5) is wrong.
    let near: Vec<i8> = out
        .llrs
        .iter()
        .map(|l| if l.abs_diff(0) == 12 { *l } else { 0 })
        .collect();
    let some = SoftBatch {
        llrs: near,
        marks: out.marks.clone(),
    };
    let near = some.llrs.iter().filter(|l| **l != 0).count();
    let (wrong, _) = errors(&config, &sent, &some, |_| true);
    let share = wrong as f64 / near as f64;
    let expected = 1.0 / (1.0 + 1.5f64.exp());
    assert!((share - expected).abs() < 0.03, "{share} against {expected}");
}

#[test]
fn bursts_decode_from_their_first_to_their_last_symbol() {
    let config = signal(Modulation::Qpsk, 3.2, 0.35);
    let mut samples = Vec::new();
    let mut bursts = Vec::new();
    for (n, frequency) in [0.02, -0.05, 0.07].into_iter().enumerate() {
        let channel = ChannelConfig {
            frequency_hz: frequency * SYMBOL_RATE,
            phase_rad: n as f64,
            leading: 4000 + 1111 * n as u64,
            trailing: 3000,
            clock_ppm: 100.0,
            ..noisy(&config, 14.0, n as u64)
        };
        let mut burst = send(&config, 1500, &channel);
        burst.first += samples.len() as f64;
        samples.append(&mut burst.samples);
        bursts.push((burst, samples.len() as f64));
    }
    let out = receive(&config, &samples);
    let mut begin = 0.0;
    for (burst, end) in &bursts {
        let last = burst.first + 1500.0 * burst.samples_per_symbol;
        let (wrong, total) = errors(&config, burst, &out, |m| {
            m.at > burst.first - 1700.0 && m.at < last && m.at > begin
        });
        assert_eq!((wrong, total), (0, 3000));
        begin = *end;
    }
}

#[test]
fn a_recording_cut_at_both_ends_gives_all_it_holds() {
    let config = signal(Modulation::Bpsk, 5.0, 0.35);
    let mut sent = send(&config, 4000, &noisy(&config, 15.0, 2));
    let cut = 5003;
    sent.samples.drain(..cut);
    sent.samples.truncate(12_000);
    sent.first -= cut as f64;
    let out = receive(&config, &sent.samples);
    let held = (12_000.0 / sent.samples_per_symbol) as usize;
    assert!(out.llrs.len().abs_diff(held) <= 1, "{} of {held}", out.llrs.len());
    let (wrong, _) = errors(&config, &sent, &out, |_| true);
    // The first and last pulses are cut through.
    assert!(wrong <= 4, "{wrong}");
}

#[test]
fn a_wide_search_finds_the_carrier_and_no_side_lock() {
    for (modulation, offset) in [
        (Modulation::Qpsk, 0.31),
        (Modulation::Bpsk, -0.47),
        (Modulation::Qpsk, -0.25),
    ] {
        let mut config = signal(modulation, 4.0, 0.35);
        config.search_hz = 0.5 * SYMBOL_RATE;
        let channel = ChannelConfig {
            frequency_hz: offset * SYMBOL_RATE,
            ..noisy(&config, 8.0, 4)
        };
        let sent = send(&config, 3000, &channel);
        let out = receive(&config, &sent.samples);
        for mark in out.marks.iter().filter(|m| m.locked) {
            assert!(
                (mark.offset_hz - offset * SYMBOL_RATE).abs() < 100.0,
                "{}",
                mark.offset_hz
            );
        }
        assert!(out.marks[1].locked);
    }
}

#[test]
fn a_slow_signal_is_found_anywhere_in_a_wide_band() {
    for (modulation, offset, seed) in [
        (Modulation::Bpsk, 213.3, 1),
        (Modulation::Qpsk, -187.1, 2),
        (Modulation::Oqpsk, 99.4, 3),
    ] {
        // 480 samples a symbol; a carrier 30 dB stronger and 10 symbol rates beside it.
        let mut config = signal(modulation, 480.0, 0.5);
        config.search_hz = 220.0 * SYMBOL_RATE;
        let channel = ChannelConfig {
            frequency_hz: offset * SYMBOL_RATE,
            interferers: vec![Interferer {
                frequency_hz: (offset + 10.0) * SYMBOL_RATE,
                level_db: 30.0,
                width_hz: 0.0,
            }],
            ..noisy(&config, 5.0, seed)
        };
        let sent = send(&config, 1100, &channel);
        let out = receive(&config, &sent.samples);
        assert!(out.marks[0].locked, "{modulation:?}");
        let found = out.marks[0].offset_hz / SYMBOL_RATE;
        assert!((found - offset).abs() < 0.01, "{modulation:?}: {found}");
    }
}

#[test]
fn real_passband_is_received() {
    let mut config = signal(Modulation::Bpsk, 5.0, 0.35);
    config.carrier_hz = 1.2 * SYMBOL_RATE;
    let channel = ChannelConfig {
        real_passband: true,
        ..noisy(&config, 12.0, 6)
    };
    let sent = send(&config, 3000, &channel);
    let out = receive(&config, &sent.samples);
    let (wrong, total) = errors(&config, &sent, &out, |_| true);
    assert_eq!((wrong, total), (0, 3000));
}

#[test]
fn a_strong_neighbour_and_dc_do_not_matter() {
    let config = signal(Modulation::Qpsk, 4.17, 0.6);
    let channel = ChannelConfig {
        dc: Complex32::new(0.3, -0.2),
        ..noisy(&config, 12.0, 8)
    };
    let mut sent = send(&config, 30_000, &channel);
    for (n, sample) in sent.samples.iter_mut().enumerate() {
        *sample += Complex32::cis((-2.0 * std::f64::consts::PI * (0.343 * n as f64).fract()) as f32) * 3.0;
    }
    let out = receive(&config, &sent.samples);
    let (wrong, total) = errors(&config, &sent, &out, |m| m.at > 20_000.0);
    assert!((wrong as f64) < 2e-3 * total as f64, "{wrong} of {total}");
}

#[test]
fn doppler_is_followed() {
    let config = signal(Modulation::Bpsk, 4.0, 0.35);
    let channel = ChannelConfig {
        doppler_hz_s: 20_000.0,
        frequency_hz: -4000.0,
        ..noisy(&config, 8.0, 1)
    };
    let sent = send(&config, 40_000, &channel);
    let out = receive(&config, &sent.samples);
    let (wrong, total) = errors(&config, &sent, &out, |_| true);
    assert!(
        (wrong as f64) < 1.5 * theory(Modulation::Bpsk, 8.0) * total as f64,
        "{wrong} of {total}"
    );
    assert_eq!(out.marks.iter().filter(|m| m.restart).count(), 1);
}

#[test]
fn noise_alone_is_not_locked() {
    let config = signal(Modulation::Qpsk, 3.0, 0.35);
    let channel = ChannelConfig {
        leading: 300_000,
        ..noisy(&config, 0.0, 12)
    };
    let mut samples = Vec::new();
    Channel::new(&channel)
        .unwrap()
        .process(&[Complex32::ZERO; 1], &mut samples);
    let out = receive(&config, &samples[..300_000]);
    assert_eq!(out.marks.iter().filter(|m| m.locked).count(), 0);
    assert_eq!(out.llrs.len(), 200_000);
}

#[test]
fn silence_a_constant_and_a_carrier_are_survived_without_lock() {
    for config in [
        signal(Modulation::Bpsk, 4.0, 0.35),
        signal(Modulation::Oqpsk, 3.3, 0.5),
    ] {
        for freq in [None, Some(0.0), Some(0.013)] {
            let samples: Vec<Complex32> = (0..20_000)
                .map(|n| {
                    freq.map_or(Complex32::ZERO, |f: f32| {
                        Complex32::cis(std::f32::consts::TAU * f * n as f32)
                    })
                })
                .collect();
            let out = receive(&config, &samples);
            assert!(
                out.marks.iter().all(|m| !m.locked),
                "{:?} {freq:?}",
                config.modulation
            );
            assert!(
                out.marks
                    .iter()
                    .all(|m| m.at.is_finite() && m.es_n0_db.is_finite())
            );
        }
    }
}

#[test]
fn samples_that_are_no_numbers_are_zeros() {
    let config = signal(Modulation::Qpsk, 3.0, 0.35);
    let sent = send(&config, 3000, &noisy(&config, 10.0, 1));
    let (mut bad, mut zero) = (sent.samples.clone(), sent.samples);
    for (n, junk) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX]
        .into_iter()
        .enumerate()
    {
        bad[100 + 997 * n] = Complex32::new(junk, 0.5);
        zero[100 + 997 * n] = Complex32::ZERO;
    }
    assert_eq!(receive(&config, &bad), receive(&config, &zero));
}

#[test]
fn a_gap_restarts_at_the_right_sample() {
    let config = signal(Modulation::Qpsk, 3.0, 0.35);
    let sent = send(&config, 6000, &noisy(&config, 12.0, 1));
    let mut receiver = PskReceiver::new(&config).unwrap();
    let mut out = SoftBatch::default();
    receiver.process(&sent.samples[..9000], &mut out);
    receiver.gap(1000, &mut out);
    let begin = out.llrs.len();
    receiver.process(&sent.samples[10_000..], &mut out);
    receiver.finish(&mut out);
    let mark = out.marks.iter().find(|m| m.bit == begin).unwrap();
    assert!(mark.restart && (mark.at - 10_000.0).abs() < 3.0, "{mark:?}");
    let (wrong, total) = errors(&config, &sent, &out, |m| m.bit >= begin);
    assert!(wrong <= 6 && total > 5000, "{wrong} of {total}");
}

#[test]
fn impossible_configurations_are_refused() {
    let good = signal(Modulation::Qpsk, 3.0, 0.35);
    let field = |change: &dyn Fn(&mut SignalConfig)| {
        let mut config = good.clone();
        change(&mut config);
        match PskReceiver::new(&config) {
            Err(ConfigError::OutOfRange { field, .. }) => field,
            Err(ConfigError::PulseMismatch { .. }) => "pulse",
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(field(&|c| c.sample_rate_hz = 0.0), "sample_rate_hz");
    assert_eq!(field(&|c| c.sample_rate_hz = f64::NAN), "sample_rate_hz");
    assert_eq!(
        field(&|c| c.symbol_rate_hz = c.sample_rate_hz / 1.8),
        "symbol_rate_hz"
    );
    assert_eq!(field(&|c| c.symbol_rate_hz = -1.0), "symbol_rate_hz");
    assert_eq!(field(&|c| c.carrier_hz = c.sample_rate_hz), "carrier_hz");
    assert_eq!(field(&|c| c.search_hz = f64::INFINITY), "search_hz");
    assert_eq!(field(&|c| c.pulse = Pulse::Srrc { roll_off: 1.5 }), "roll_off");
    assert_eq!(field(&|c| c.pulse = Pulse::Gaussian { bt: 0.5 }), "pulse");
    assert_eq!(field(&|c| c.carrier_loop_hz = Some(0.0)), "carrier_loop_hz");
}

#[test]
fn chunking_is_invisible_where_lock_is_lost() {
    let config = signal(Modulation::Qpsk, 2.5, 0.5);
    let sent = send(&config, 9000, &noisy(&config, 3.0, 1));
    for missing in [1, 1000, 3001] {
        // Samples that vanish unseen make clock and phase jump, so that a locked receiver has to search again.
        let samples = [&sent.samples[..9000], &sent.samples[9000 + missing..]].concat();
        let whole = receive(&config, &samples);
        let mut receiver = PskReceiver::new(&config).unwrap();
        let mut out = SoftBatch::default();
        samples.chunks(7).for_each(|few| receiver.process(few, &mut out));
        receiver.finish(&mut out);
        assert_eq!(out, whole, "{missing} samples missing");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn chunking_is_invisible(
        cuts in prop::collection::vec(0usize..3000, 0..40),
        modulation in prop::sample::select(vec![Modulation::Bpsk, Modulation::Qpsk, Modulation::Oqpsk]),
        samples_per_symbol in prop::sample::select(vec![2.0, 3.0, 4.7, 21.3]),
    ) {
        let config = signal(modulation, samples_per_symbol, 0.4);
        let channel = ChannelConfig { leading: 1234, trailing: 2345, ..noisy(&config, 7.0, 1) };
        let sent = send(&config, 2600, &channel);
        let whole = receive(&config, &sent.samples);
        let mut receiver = PskReceiver::new(&config).unwrap();
        let mut out = SoftBatch::default();
        let mut rest = &sent.samples[..];
        for cut in cuts {
            let (head, tail) = rest.split_at(cut.min(rest.len()));
            receiver.process(head, &mut out);
            rest = tail;
        }
        rest.chunks(1).take(2000).for_each(|one| receiver.process(one, &mut out));
        receiver.process(rest.get(2000..).unwrap_or(&[]), &mut out);
        receiver.finish(&mut out);
        prop_assert_eq!(out, whole);
    }
}

/// Doppler of a low orbit at S band, scaled to the symbol rate: 2 kHz/s at 100 kBd. A single slip would cost a
/// good part of the symbols, with the one rotation that is allowed.
#[test]
fn a_weak_signal_is_followed_through_drift() {
    let cases = [
        (Modulation::Bpsk, -2.0, 2000.0),
        (Modulation::Qpsk, 0.0, 0.0),
        (Modulation::Qpsk, 1.0, 2000.0),
        (Modulation::Qpsk, 3.0, -5000.0),
        (Modulation::Oqpsk, 3.0, 2000.0),
    ];
    for (modulation, es_n0_db, doppler_hz_s) in cases {
        let config = signal(modulation, 3.0, 0.5);
        let channel = ChannelConfig {
            frequency_hz: -doppler_hz_s,
            doppler_hz_s,
            ..noisy(&config, es_n0_db, 3)
        };
        let sent = send(&config, 200_000, &channel);
        let out = receive(&config, &sent.samples);
        // The first windows are not always seen.
        let settled = sent.first + 8192.0 * sent.samples_per_symbol;
        let (wrong, total) = errors(&config, &sent, &out, |m| m.at > settled);
        let rate = wrong as f64 / total as f64;
        let limit = theory(modulation, es_n0_db - 0.15);
        assert!(total > 180_000, "{modulation:?}: {total}");
        assert!(rate < limit, "{modulation:?}: {rate}, at most {limit}");
    }
}
