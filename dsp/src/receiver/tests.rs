//! What all receivers have in common: bi-phase halves, inverted spectra, the order of a symbol's bits.

use super::Receiver;
use crate::channel::{Channel, ChannelConfig, noise_sigma};
use crate::modulator::{Modulator, erf};
use crate::{Complex32, ConfigError, Modulation, Pulse, SignalConfig, SoftBatch};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

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

/// Share of wrong bits from the one that the first mark tells to be sent, whichever sign they have.
fn error_rate(config: &SignalConfig, sent: &[u8], out: &SoftBatch) -> f64 {
    let first = Modulator::new(config).unwrap().first_symbol_at();
    let period = config.sample_rate_hz / RATE / (1.0 + 50e-6);
    let arms = config.modulation.bits_per_symbol() as f64;
    let mut wrong = [0.0; 2];
    let mut total = 0.0;
    for (n, mark) in out.marks.iter().enumerate() {
        let end = out.marks.get(n + 1).map_or(out.llrs.len(), |next| next.bit);
        let symbols = (mark.at - first / (1.0 + 50e-6)) / period;
        assert!((symbols - symbols.round()).abs() < 0.1, "{symbols}");
        let shift = (symbols.round() * arms) as i64 - mark.bit as i64;
        for k in mark.bit..end {
            let Some(&bit) = usize::try_from(k as i64 + shift).ok().and_then(|k| sent.get(k)) else {
                continue;
            };
            total += 1.0;
            for (sign, wrong) in wrong.iter_mut().enumerate() {
                *wrong += match (out.llrs[k], usize::from(bit) == sign) {
                    (0, _) => 0.5,
                    (soft, same) => f64::from(u8::from((soft > 0) != same)),
                };
            }
        }
    }
    assert!(total > 0.99 * sent.len() as f64);
    wrong[0].min(wrong[1]) / total
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
fn cuts_of_bi_phase_samples_are_invisible() {
    let config = SignalConfig {
        bi_phase: true,
        iq_swap: true,
        ..signal(Modulation::Bpsk, Pulse::Rect, 8.0)
    };
    let (_, samples) = send(&config, 3000, 1.0);
    let whole = receive(&config, &samples);
    for length in [1, 777, 9000] {
        let (mut receiver, mut out) = (Receiver::new(&config).unwrap(), SoftBatch::default());
        for part in samples.chunks(length) {
            receiver.process(part, &mut out);
        }
        receiver.finish(&mut out);
        assert_eq!(out, whole, "{length}");
    }
}

#[test]
fn fields_that_do_not_go_with_the_modulation_are_refused() {
    for (modulation, bi_phase, q_first, expected) in [
        (Modulation::Qpsk, true, false, "bi_phase"),
        (Modulation::Bpsk, false, true, "q_first"),
    ] {
        let config = SignalConfig {
            bi_phase,
            q_first,
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
