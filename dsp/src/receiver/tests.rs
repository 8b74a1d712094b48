//! What all receivers have in common: bi-phase halves, inverted spectra, the order of a symbol's bits.

use super::{Receiver, ReceiverStatus};
use crate::channel::{Channel, ChannelConfig, noise_sigma};
use crate::modulator::{EIGHT_LABELS, Modulator, erf};
use crate::{Complex32, ConfigError, Modulation, PmConfig, Pulse, SignalConfig, SoftBatch};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::{PI, TAU};

const RATE: f64 = 10e3;

fn signal(modulation: Modulation, pulse: Pulse, samples_per_symbol: f64) -> SignalConfig {
    SignalConfig::new(modulation, pulse, RATE, RATE * samples_per_symbol)
}

/// Bits, and samples with a frequency offset of 4 % of the symbol rate and 50 ppm of clock error.
fn send(config: &SignalConfig, count: usize, es_n0_db: f64) -> (Vec<u8>, Vec<Complex32>) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let bits: Vec<u8> = (0..count).map(|_| rng.random_range(0..2)).collect();
    let mut modulator = Modulator::new(config).unwrap();
    let (mut clean, mut samples) = (Vec::new(), Vec::new());
    modulator.process(&bits, &mut clean);
    modulator.finish(&mut clean);
    let mut channel = Channel::new(&ChannelConfig {
        seed: 5,
        noise_sigma: noise_sigma(es_n0_db, config.sample_rate_hz / RATE),
        frequency_hz: 0.04 * RATE,
        clock_ppm: 50.0,
        ..ChannelConfig::ideal(config.sample_rate_hz)
    })
    .unwrap();
    channel.process(&clean, &mut samples);
    channel.finish(&mut samples);
    (bits, samples)
}

fn receive(config: &SignalConfig, samples: &[Complex32]) -> SoftBatch {
    let (mut receiver, mut out) = (Receiver::new(config).unwrap(), SoftBatch::default());
    receiver.process(samples, &mut out);
    receiver.finish(&mut out);
    out
}

/// Share of wrong bits from the one that the first mark tells to be sent, for the one ambiguity of the modulation
/// that fits best: the sign, or of 8PSK the turn.
fn error_rate(config: &SignalConfig, sent: &[u8], out: &SoftBatch) -> f64 {
    let first = Modulator::new(config).unwrap().first_symbol_at();
    let period = config.sample_rate_hz / RATE / (1.0 + 50e-6);
    let arms = config.modulation.bits_per_symbol();
    let turns = if config.modulation == Modulation::Psk8 {
        8
    } else {
        2
    };
    let mut wrong = vec![0.0; turns];
    let mut total = 0.0;
    for (n, mark) in out.marks.iter().enumerate() {
        let end = out.marks.get(n + 1).map_or(out.llrs.len(), |next| next.bit);
        let symbols = (mark.at - first / (1.0 + 50e-6)) / period;
        assert!((symbols - symbols.round()).abs() < 0.1, "{symbols}");
        for (k, soft) in out.llrs[mark.bit..end].chunks(arms).enumerate() {
            let symbol = symbols.round() as i64 + k as i64;
            let Some(bits) = usize::try_from(symbol)
                .ok()
                .and_then(|k| sent.get(arms * k..arms * (k + 1)))
            else {
                continue;
            };
            total += arms as f64;
            for (turn, wrong) in wrong.iter_mut().enumerate() {
                for (bit, &soft) in turned(bits, turn).iter().zip(soft) {
                    *wrong += match soft {
                        0 => 0.5,
                        soft => f64::from(u8::from((soft > 0) != (*bit == 1))),
                    };
                }
            }
        }
    }
    assert!(total > 0.99 * sent.len() as f64);
    wrong.into_iter().fold(f64::MAX, f64::min) / total
}

/// Status behind a signal of 20 000 symbols through a channel with Es/N0 of 20 dB.
fn status_of(config: &SignalConfig, channel: &ChannelConfig) -> ReceiverStatus {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let count = 20_000 * config.modulation.bits_per_symbol();
    let bits: Vec<u8> = (0..count).map(|_| rng.random_range(0..2)).collect();
    let (mut clean, mut samples) = (Vec::new(), Vec::new());
    Modulator::new(config).unwrap().process(&bits, &mut clean);
    let sigma = noise_sigma(
        20.0,
        config.modulation.data_share() * config.sample_rate_hz / RATE,
    );
    let channel = ChannelConfig {
        noise_sigma: sigma,
        clock_ppm: 50.0,
        ..channel.clone()
    };
    Channel::new(&channel).unwrap().process(&clean, &mut samples);
    let (mut receiver, mut out) = (Receiver::new(config).unwrap(), SoftBatch::default());
    receiver.process(&samples, &mut out);
    assert_eq!(receiver.status().quality, out.marks.last().unwrap().quality);
    receiver.status()
}

#[test]
fn metrics_show_known_impairments() {
    let srrc = Pulse::Srrc { roll_off: 0.5 };
    let pm = Modulation::Pm(PmConfig {
        index_rad: Some(1.1),
        ..PmConfig::default()
    });
    for config in [
        signal(Modulation::Bpsk, srrc, 4.0),
        signal(Modulation::Qpsk, srrc, 4.0),
        signal(Modulation::Oqpsk, srrc, 4.0),
        signal(Modulation::Psk8, srrc, 4.0),
        signal(pm, Pulse::Rect, 16.0),
    ] {
        let ideal = ChannelConfig::ideal(config.sample_rate_hz);
        let status = status_of(&config, &ideal);
        let text = format!("{:?}: {status:?}", config.modulation);
        assert!((status.symbol_rate_error_ppm - 50.0).abs() < 3.0, "{text}");
        assert_eq!(status.false_lock, Some(1e-4), "{text}");
        let quality = status.quality.unwrap();
        assert!((quality.evm - 0.1).abs() < 0.015, "{text}");
        assert!(quality.phase_error_rad.to_degrees() < 2.5, "{text}");
        // Smoothing of OQPSK and PM is too long for such a carrier.
        if matches!(config.modulation, Modulation::Oqpsk | Modulation::Pm(_)) {
            continue;
        }
        // Smoothed over 24 symbols or more, a phase that walks by 0.056 rad a symbol is off by some degrees.
        let noisy = status_of(
            &config,
            &ChannelConfig {
                linewidth_hz: 5.0,
                ..ideal
            },
        );
        let text = format!("{:?}: {noisy:?}", config.modulation);
        let quality = noisy.quality.unwrap();
        let degrees = f64::from(quality.phase_error_rad.to_degrees());
        assert!((2.0..8.0).contains(&degrees), "{text}");
        let expected = (0.01 + f64::from(quality.phase_error_rad).powi(2)).sqrt();
        assert!((f64::from(quality.evm) / expected - 1.0).abs() < 0.15, "{text}");
    }
}

/// Bits of a symbol turned: by eighths where there are three, else inverted or not.
fn turned(bits: &[u8], turn: usize) -> Vec<u8> {
    if bits.len() < 3 {
        return bits.iter().map(|bit| bit ^ turn as u8).collect();
    }
    let label = bits.iter().fold(0, |label, bit| label << 1 | bit);
    let point = EIGHT_LABELS.iter().position(|l| *l == label).unwrap();
    let label = EIGHT_LABELS[(point + turn) % 8];
    (0..3).map(|bit| label >> (2 - bit) & 1).collect()
}

/// Bit error rate that theory gives, over all bits of a symbol.
fn theory(config: &SignalConfig, es_n0_db: f64) -> f64 {
    let es_n0 = 10f64.powf(es_n0_db / 10.0);
    let arm = |energy: f64| 0.5 * (1.0 - erf(energy.sqrt()));
    // A change is wrong when one of the two symbols is.
    let changed = |p: f64| 2.0 * p * (1.0 - p);
    match config.modulation {
        Modulation::Dbpsk => changed(arm(es_n0)),
        Modulation::Dqpsk | Modulation::Pi4Dqpsk => changed(arm(es_n0 / 2.0)),
        Modulation::Uqpsk => {
            let ratio = 10f64.powf(config.unbalance_db / 10.0);
            0.5 * (arm(es_n0 * ratio / (1.0 + ratio)) + arm(es_n0 / (1.0 + ratio)))
        }
        Modulation::Psk8 => eight_ber(es_n0),
        Modulation::Bpsk => arm(es_n0),
        _ => arm(es_n0 / 2.0),
    }
}

/// Bits that differ between labels so many eighths apart, times the chance of a noisy phase to fall there
/// (J. G. Proakis, Digital Communications, for the density of the phase).
fn eight_ber(es_n0: f64) -> f64 {
    let density = |angle: f64| {
        let along = es_n0.sqrt() * angle.cos();
        (-es_n0).exp() / TAU
            + along / PI.sqrt() / 2.0 * (-es_n0 * angle.sin().powi(2)).exp() * (1.0 + erf(along))
    };
    let steps = 4000;
    let sector = |k: usize| -> f64 {
        let width = TAU / 8.0 / f64::from(steps);
        let place = |n: i32| (k as f64 - 0.5) * TAU / 8.0 + (f64::from(n) + 0.5) * width;
        (0..steps).map(|n| density(place(n)) * width).sum()
    };
    let differing = |k: usize| -> u32 {
        let labels = (0..8).map(|n| EIGHT_LABELS[n] ^ EIGHT_LABELS[(n + k) % 8]);
        labels.map(u8::count_ones).sum()
    };
    (1..8).map(|k| sector(k) * f64::from(differing(k)) / 24.0).sum()
}

/// The bit error rate lies between theory 0.1 dB better and theory `loss_db` worse.
fn assert_loss(config: &SignalConfig, symbols: usize, es_n0_db: f64, loss_db: f64) {
    let (bits, samples) = send(config, symbols * config.modulation.bits_per_symbol(), es_n0_db);
    let out = receive(config, &samples);
    let rate = error_rate(config, &bits, &out);
    let (best, worst) = (
        theory(config, es_n0_db + 0.12),
        theory(config, es_n0_db - loss_db),
    );
    let name = format!("{:?} {:?} at {es_n0_db} dB", config.modulation, config.pulse);
    assert!(
        rate > best && rate < worst,
        "{name}: {rate} not in {best}..{worst}"
    );
    assert_eq!(out.marks.iter().filter(|m| m.restart).count(), 1, "{name}");
    let mark = out.marks[out.marks.len() / 2];
    assert!((f64::from(mark.es_n0_db) - es_n0_db).abs() < 0.7, "{mark:?}");
    assert!((mark.offset_hz - 0.04 * RATE).abs() < 3.0, "{mark:?}");
}
const SRRC: Pulse = Pulse::Srrc { roll_off: 0.5 };

#[test]
fn differential_modulations_err_twice_as_often_as_coherent_ones() {
    for (modulation, es_n0_db) in [
        (Modulation::Dbpsk, 1.0),
        (Modulation::Dbpsk, 5.0),
        (Modulation::Dqpsk, 4.0),
        (Modulation::Dqpsk, 8.0),
        (Modulation::Pi4Dqpsk, 4.0),
        (Modulation::Pi4Dqpsk, 8.0),
    ] {
        assert_loss(&signal(modulation, SRRC, 4.0), 60_000, es_n0_db, 0.15);
    }
}

#[test]
fn eight_phases_lose_little() {
    for (es_n0_db, roll_off) in [(8.0, 0.5), (10.0, 0.35), (12.0, 0.5)] {
        let config = signal(Modulation::Psk8, Pulse::Srrc { roll_off }, 4.0);
        assert_loss(&config, 60_000, es_n0_db, 0.2);
    }
}

#[test]
fn both_arms_of_unbalanced_qpsk_lose_little() {
    for (unbalance_db, es_n0_db) in [(3.0, 5.0), (6.0, 5.0), (-6.0, 9.0)] {
        let config = SignalConfig {
            unbalance_db,
            ..signal(Modulation::Uqpsk, SRRC, 4.0)
        };
        assert_loss(&config, 60_000, es_n0_db, 0.25);
    }
}

#[test]
fn half_sines_lose_little() {
    for (modulation, es_n0_db) in [
        (Modulation::Bpsk, 2.0),
        (Modulation::Qpsk, 5.0),
        (Modulation::Dqpsk, 6.0),
    ] {
        assert_loss(&signal(modulation, Pulse::HalfSine, 8.0), 60_000, es_n0_db, 0.15);
    }
}

fn psk_ber(es_n0_db: f64) -> f64 {
    0.5 * (1.0 - erf(10f64.powf(es_n0_db / 20.0)))
}

#[test]
fn bi_phase_loses_little_against_theory_and_its_marks_lie_on_whole_symbols() {
    // The sidelobes of a rectangle that the filters keep out are part of its loss.
    for (pulse, samples_per_symbol, es_n0_db, loss_db) in [
        (Pulse::Rect, 16.0, 2.0, 0.35),
        (Pulse::Srrc { roll_off: 0.5 }, 6.3, 4.0, 0.12),
        (Pulse::Srrc { roll_off: 0.5 }, 4.0, 1.0, 0.12),
    ] {
        let config = SignalConfig {
            bi_phase: true,
            ..signal(Modulation::Bpsk, pulse, samples_per_symbol)
        };
        let (bits, samples) = send(&config, 60_000, es_n0_db);
        let out = receive(&config, &samples);
        let rate = error_rate(&config, &bits, &out);
        let (best, worst) = (psk_ber(es_n0_db + 0.15), psk_ber(es_n0_db - loss_db));
        assert!(
            rate > best && rate < worst,
            "{pulse:?}: {rate} not in {best}..{worst}"
        );
        let mark = out.marks[out.marks.len() / 2];
        assert!((f64::from(mark.es_n0_db) - es_n0_db).abs() < 0.7, "{mark:?}");
        assert!(
            (mark.symbol_rate_hz - RATE * (1.0 + 50e-6)).abs() < 0.2,
            "{mark:?}"
        );
        assert_eq!(out.marks.iter().filter(|m| m.restart).count(), 1);
    }
}

#[test]
fn a_one_of_bi_phase_is_high_and_then_low() {
    let config = SignalConfig {
        bi_phase: true,
        ..signal(Modulation::Bpsk, Pulse::Rect, 8.0)
    };
    let mut modulator = Modulator::new(&config).unwrap();
    let mut out = Vec::new();
    modulator.process(&[1, 0], &mut out);
    modulator.finish(&mut out);
    let centre = modulator.first_symbol_at();
    let at = |symbols: f64| out[(centre + 8.0 * symbols).round() as usize].re;
    assert_eq!([-0.25, 0.25, 0.75, 1.25].map(at), [1.0, -1.0, -1.0, 1.0]);
}

#[test]
fn an_inverted_spectrum_is_that_of_conjugated_samples() {
    for (modulation, pulse) in [
        (Modulation::Qpsk, Pulse::Srrc { roll_off: 0.5 }),
        (Modulation::Fsk, Pulse::Rect),
    ] {
        let mut config = signal(modulation, pulse, 8.0);
        config.carrier_hz = 0.7 * RATE;
        let swapped = SignalConfig {
            iq_swap: true,
            ..config.clone()
        };
        let bits = [1, 0, 0, 1, 1, 1, 0, 1];
        let modulate = |config: &SignalConfig| {
            let (mut modulator, mut out) = (Modulator::new(config).unwrap(), Vec::new());
            modulator.process(&bits, &mut out);
            modulator.finish(&mut out);
            out
        };
        let mirror = SignalConfig {
            carrier_hz: -config.carrier_hz,
            ..config.clone()
        };
        let conjugated: Vec<Complex32> = modulate(&mirror).iter().map(Complex32::conj).collect();
        assert_eq!(modulate(&swapped), conjugated);
        let (_, samples) = send(&swapped, 12_000, 15.0);
        let conjugated: Vec<Complex32> = samples.iter().map(Complex32::conj).collect();
        let (out, mut expected) = (receive(&swapped, &samples), receive(&mirror, &conjugated));
        for mark in &mut expected.marks {
            mark.offset_hz = -mark.offset_hz;
        }
        assert_eq!(out, expected);
        let offset = out.marks[out.marks.len() / 2].offset_hz;
        assert!((offset - 0.04 * RATE).abs() < 30.0, "{offset}");
    }
}

#[test]
fn the_first_bit_of_a_symbol_may_be_that_of_q() {
    let config = signal(Modulation::Qpsk, Pulse::Srrc { roll_off: 0.5 }, 4.0);
    let late = SignalConfig {
        q_first: true,
        ..config.clone()
    };
    let (bits, samples) = send(&config, 6000, 20.0);
    let exchanged: Vec<u8> = bits.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
    let mut modulator = Modulator::new(&late).unwrap();
    let (mut same, mut plain) = (Vec::new(), Vec::new());
    modulator.process(&exchanged, &mut same);
    Modulator::new(&config).unwrap().process(&bits, &mut plain);
    assert_eq!(same, plain);
    let (straight, swapped) = (receive(&config, &samples), receive(&late, &samples));
    let pairs = straight.llrs.chunks(2).flat_map(|pair| [pair[1], pair[0]]);
    assert_eq!(swapped.llrs, pairs.collect::<Vec<_>>());
    assert_eq!(swapped.marks, straight.marks);
}

#[test]
fn cuts_of_samples_are_invisible() {
    let halves = SignalConfig {
        bi_phase: true,
        iq_swap: true,
        ..signal(Modulation::Bpsk, Pulse::Rect, 8.0)
    };
    let others = [
        (Modulation::Dbpsk, Pulse::HalfSine),
        (Modulation::Pi4Dqpsk, SRRC),
        (Modulation::Uqpsk, SRRC),
        (Modulation::Psk8, SRRC),
        (Modulation::Oqpsk, Pulse::HalfSine),
    ];
    let others = others.map(|(modulation, pulse)| signal(modulation, pulse, 8.0));
    for config in [halves].into_iter().chain(others) {
        let (_, mut samples) = send(&config, 3000 * config.modulation.bits_per_symbol(), 9.0);
        // Samples that vanish unseen make a locked receiver search again.
        samples.drain(9000..9777);
        let whole = receive(&config, &samples);
        for length in [1, 777, 9000] {
            let (mut receiver, mut out) = (Receiver::new(&config).unwrap(), SoftBatch::default());
            for part in samples.chunks(length) {
                receiver.process(part, &mut out);
            }
            receiver.finish(&mut out);
            assert_eq!(out, whole, "{:?} {length}", config.modulation);
        }
    }
}

#[test]
fn fields_that_do_not_go_with_the_modulation_are_refused() {
    for (modulation, bi_phase, q_first, unbalance_db, expected) in [
        (Modulation::Qpsk, true, false, 0.0, "bi_phase"),
        (Modulation::Psk8, false, true, 0.0, "q_first"),
        (Modulation::Qpsk, false, false, 6.0, "unbalance_db"),
    ] {
        let config = SignalConfig {
            bi_phase,
            q_first,
            unbalance_db,
            ..signal(modulation, Pulse::Rect, 8.0)
        };
        for error in [
            Receiver::new(&config).unwrap_err(),
            Modulator::new(&config).unwrap_err(),
        ] {
            assert!(matches!(error, ConfigError::Mismatch { field, .. } if field == expected));
        }
    }
}

#[test]
fn impossible_power_ratios_and_pulses_are_refused() {
    for unbalance_db in [0.0, 2.9, -20.1, f64::NAN] {
        let config = SignalConfig {
            unbalance_db,
            ..signal(Modulation::Uqpsk, SRRC, 4.0)
        };
        let error = Receiver::new(&config).unwrap_err();
        assert!(matches!(
            error,
            ConfigError::OutOfRange {
                field: "unbalance_db",
                ..
            }
        ));
    }
    for (modulation, pulse) in [
        (Modulation::Gmsk, Pulse::HalfSine),
        (Modulation::Psk8, Pulse::Gaussian { bt: 0.5 }),
    ] {
        let config = signal(modulation, pulse, 8.0);
        for error in [
            Receiver::new(&config).unwrap_err(),
            Modulator::new(&config).unwrap_err(),
        ] {
            assert!(matches!(error, ConfigError::PulseMismatch { .. }));
        }
    }
}
