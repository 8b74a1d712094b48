//! The receiver against modulated signals of known bits, instants and impairments.

use super::GmskReceiver;
use crate::channel::{Channel, ChannelConfig, noise_sigma};
use crate::receiver::sent::{Sent, send};
use crate::{Complex32, ConfigError, FskInput, Modulation, Pulse, SignalConfig, SoftBatch};
use proptest::prelude::*;

const BIT_RATE: f64 = 10_000.0;

fn signal(pulse: Pulse, samples_per_bit: f64, precoding: bool) -> SignalConfig {
    SignalConfig {
        precoding,
        ..SignalConfig::new(Modulation::Gmsk, pulse, BIT_RATE, BIT_RATE * samples_per_bit)
    }
}

fn gaussian(bt: f64) -> Pulse {
    Pulse::Gaussian { bt }
}

/// Carrier, phase, clock and noise that the receiver is told nothing of.
fn noisy(config: &SignalConfig, es_n0_db: f64, seed: u64) -> ChannelConfig {
    ChannelConfig {
        seed,
        noise_sigma: noise_sigma(es_n0_db, config.sample_rate_hz / BIT_RATE),
        frequency_hz: 0.083 * BIT_RATE,
        leading: 100,
        phase_rad: 1.1,
        clock_ppm: 50.0,
        ..ChannelConfig::ideal(config.sample_rate_hz)
    }
}

fn receive(config: &SignalConfig, samples: &[Complex32]) -> SoftBatch {
    let mut receiver = GmskReceiver::new(config).unwrap();
    let mut out = SoftBatch::default();
    receiver.process(samples, &mut out);
    receiver.finish(&mut out);
    out
}

/// Bit errors (halves where undecided) and bits compared, with the signs that fit best where precoding leaves them
/// open.
fn errors(config: &SignalConfig, sent: &Sent, out: &SoftBatch) -> (f64, usize) {
    let (mut straight, mut alternating, mut total) = (0.0, 0.0, 0);
    for (n, mark) in out.marks.iter().enumerate() {
        let end = out.marks.get(n + 1).map_or(out.llrs.len(), |next| next.bit);
        let first = ((mark.at - sent.first) / sent.samples_per_symbol).round() as i64;
        for (k, &llr) in out.llrs[mark.bit..end].iter().enumerate() {
            let Some(&bit) = usize::try_from(first + k as i64)
                .ok()
                .and_then(|index| sent.bits.get(index))
            else {
                continue;
            };
            let wrong = |soft: i32| match soft.signum() * (2 * i32::from(bit) - 1) {
                1 => 0.0,
                0 => 0.5,
                _ => 1.0,
            };
            let llr = i32::from(llr);
            straight += wrong(llr);
            alternating += wrong(if k % 2 == 0 { llr } else { -llr });
            total += 1;
        }
    }
    let count = total as f64;
    let least = if config.precoding {
        [straight, count - straight, alternating, count - alternating]
            .into_iter()
            .fold(f64::INFINITY, f64::min)
    } else {
        straight
    };
    (least, total)
}

const PULSES: [Pulse; 4] = [
    Pulse::Rect,
    Pulse::Gaussian { bt: 0.5 },
    Pulse::Gaussian { bt: 0.3 },
    Pulse::Gaussian { bt: 0.25 },
];

/// Error rate of coherent MSK, or of differences of its signs.
fn theory(es_n0_db: f64, precoded: bool) -> f64 {
    let wrong = 0.5 * (1.0 - crate::modulator::erf(10f64.powf(es_n0_db / 20.0)));
    if precoded {
        wrong
    } else {
        2.0 * wrong * (1.0 - wrong)
    }
}

#[test]
fn the_loss_is_small() {
    // What GMSK of bandwidth-time product 0.5, 0.3 and 0.25 needs more than MSK, dB, at an Es/N0 of 1, 4 and 7 dB: found
    // by detecting bit by bit in the trellis of its phase, with carrier and clock known.
    const NARROW: [[f64; 3]; 4] = [
        [0.0; 3],
        [0.00, 0.01, 0.01],
        [0.04, 0.07, 0.12],
        [0.09, 0.14, 0.27],
    ];
    for (pulse, more) in PULSES.into_iter().zip(NARROW) {
        for precoded in [false, true] {
            for (es_n0_db, more) in [1.0, 4.0, 7.0].into_iter().zip(more) {
                let config = signal(pulse, 4.0, precoded);
                let sent = send(&config, 60_000, &noisy(&config, es_n0_db, 7));
                let out = receive(&config, &sent.samples);
                let (wrong, total) = errors(&config, &sent, &out);
                let rate = wrong / total as f64;
                let [best, worst] = [0.15, -0.3].map(|db| theory(es_n0_db - more + db, precoded));
                let case = format!("{pulse:?} precoded {precoded} at {es_n0_db} dB");
                assert!(
                    rate > best && rate < worst,
                    "{case}: {rate} not in {best}..{worst}"
                );
                assert!(total > 59_990, "{case}: {total}");
                assert_eq!(out.marks.iter().filter(|m| m.restart).count(), 1, "{case}");
            }
        }
    }
}

#[test]
fn weak_signals_are_followed() {
    for pulse in PULSES {
        let config = signal(pulse, 3.0, true);
        let sent = send(&config, 60_000, &noisy(&config, -2.0, 9));
        let out = receive(&config, &sent.samples);
        let (wrong, total) = errors(&config, &sent, &out);
        let rate = wrong / total as f64;
        assert!(rate < theory(-2.4, true), "{pulse:?}: {rate}");
        assert!(out.marks.iter().filter(|m| !m.locked).count() <= 2, "{pulse:?}");
        assert_eq!(out.marks.iter().filter(|m| m.restart).count(), 1, "{pulse:?}");
    }
}

#[test]
fn marks_lie_on_the_bits() {
    for (pulse, samples_per_bit) in PULSES.into_iter().zip([2.0, 3.7, 10.0, 41.3]) {
        for precoded in [false, true] {
            let config = signal(pulse, samples_per_bit, precoded);
            let sent = send(&config, 8000, &noisy(&config, 20.0, 3));
            let out = receive(&config, &sent.samples);
            let (wrong, total) = errors(&config, &sent, &out);
            assert!(wrong <= 0.0 && total == 8000, "{pulse:?}: {wrong} of {total}");
            for mark in out.marks.iter().filter(|mark| mark.locked) {
                let bits = (mark.at - sent.first) / sent.samples_per_symbol;
                assert!((bits - bits.round()).abs() < 0.02, "{pulse:?}: {bits}");
                assert!((mark.offset_hz - 830.0).abs() < 3.0, "{}", mark.offset_hz);
                let ppm = (mark.symbol_rate_hz / BIT_RATE - 1.0) * 1e6;
                assert!((ppm - 50.0).abs() < 60.0, "{ppm} ppm");
            }
            assert!(out.marks.iter().filter(|mark| mark.locked).count() >= 15);
        }
    }
}

#[test]
fn es_n0_is_read_within_half_a_decibel() {
    for pulse in PULSES {
        for es_n0_db in [2.0, 6.0, 10.0, 14.0] {
            let config = signal(pulse, 4.0, false);
            let sent = send(&config, 20_000, &noisy(&config, es_n0_db, 4));
            let out = receive(&config, &sent.samples);
            let mut read: Vec<f32> = out.marks.iter().map(|mark| mark.es_n0_db).collect();
            read.sort_by(f32::total_cmp);
            let median = f64::from(read[read.len() / 2]);
            assert!(
                (median - es_n0_db).abs() < 0.5,
                "{pulse:?} at {es_n0_db} dB: {median}"
            );
        }
    }
}

#[test]
fn soft_bits_are_log_likelihood_ratios() {
    for (pulse, precoded) in [(PULSES[1], false), (PULSES[3], true)] {
        let config = signal(pulse, 4.0, precoded);
        let sent = send(&config, 60_000, &noisy(&config, 2.0, 9));
        let out = receive(&config, &sent.samples);
        // Of the soft bits of magnitude 1.5, a share of 1/(1 + e^1.5) is wrong.
        let near = SoftBatch {
            llrs: out
                .llrs
                .iter()
                .map(|llr| if llr.abs_diff(0) == 12 { *llr } else { 0 })
                .collect(),
            marks: out.marks.clone(),
        };
        let count = near.llrs.iter().filter(|llr| **llr != 0).count() as f64;
        let (wrong, total) = errors(&config, &sent, &near);
        let share = (wrong - (total as f64 - count) / 2.0) / count;
        let expected = 1.0 / (1.0 + 1.5f64.exp());
        assert!(
            (share - expected).abs() < 0.03,
            "{pulse:?}: {share} against {expected}"
        );
    }
}

#[test]
fn bursts_arrive_from_their_first_to_their_last_bit() {
    for pulse in PULSES {
        let config = signal(pulse, 5.0, false);
        for (n, bits) in [300, 800, 1500, 4000].into_iter().enumerate() {
            let channel = ChannelConfig {
                frequency_hz: [0.02, -0.05, 0.09, -0.1][n] * BIT_RATE,
                leading: 9000 + 1111 * n as u64,
                trailing: 9000,
                ..noisy(&config, 13.0, n as u64)
            };
            let sent = send(&config, bits, &channel);
            let out = receive(&config, &sent.samples);
            assert_eq!(errors(&config, &sent, &out), (0.0, bits), "{pulse:?}");
            // Locked around the burst, at most three windows of 512 bits too far.
            for mark in out.marks.iter().filter(|mark| mark.locked) {
                let bit = (mark.at - sent.first) / sent.samples_per_symbol;
                assert!(
                    bit > -1600.0 && bit < bits as f64 + 1100.0,
                    "{pulse:?}: {bit} of {bits}"
                );
            }
        }
    }
}

#[test]
fn doppler_is_followed() {
    for pulse in PULSES {
        for doppler_hz_s in [-200.0, 500.0, 1000.0] {
            let config = signal(pulse, 4.0, true);
            let channel = ChannelConfig {
                doppler_hz_s,
                frequency_hz: 400.0 * -f64::signum(doppler_hz_s),
                ..noisy(&config, 4.0, 3)
            };
            let sent = send(&config, 40_000, &channel);
            let out = receive(&config, &sent.samples);
            let (wrong, total) = errors(&config, &sent, &out);
            assert_eq!(out.marks.iter().filter(|m| m.restart).count(), 1);
            let rate = wrong / total as f64;
            assert!(
                rate < theory(3.5, true),
                "{pulse:?} at {doppler_hz_s} Hz/s: {rate}"
            );
        }
    }
}

#[test]
fn a_wide_search_finds_the_carrier() {
    for pulse in PULSES {
        for (offset, es_n0_db) in [(0.47, 3.0), (-0.25, 5.0), (0.25, 1.0), (-0.49, 8.0)] {
            let mut config = signal(pulse, 4.0, false);
            config.search_hz = 0.5 * BIT_RATE;
            let channel = ChannelConfig {
                frequency_hz: offset * BIT_RATE,
                ..noisy(&config, es_n0_db, 4)
            };
            let sent = send(&config, 6000, &channel);
            let out = receive(&config, &sent.samples);
            assert!(
                out.marks[..11].iter().all(|mark| mark.locked),
                "{pulse:?} {offset}"
            );
            for mark in out.marks.iter().filter(|mark| mark.locked) {
                assert!(
                    (mark.offset_hz - offset * BIT_RATE).abs() < 15.0,
                    "{}",
                    mark.offset_hz
                );
            }
        }
    }
}

fn noise(config: &SignalConfig, samples: u64, sigma: f64) -> Vec<Complex32> {
    let channel = ChannelConfig {
        noise_sigma: sigma,
        trailing: samples,
        seed: 12,
        ..ChannelConfig::ideal(config.sample_rate_hz)
    };
    let mut out = Vec::new();
    Channel::new(&channel).unwrap().finish(&mut out);
    out
}

#[test]
fn noise_alone_is_not_locked() {
    for (pulse, search) in PULSES.into_iter().zip([0.1, 0.5, 0.0, 0.1]) {
        let mut config = signal(pulse, 3.0, false);
        config.search_hz = search * BIT_RATE;
        let out = receive(&config, &noise(&config, 300_000, 1.0));
        assert_eq!(out.marks.iter().filter(|m| m.locked).count(), 0, "{pulse:?}");
        assert!(out.llrs.len().abs_diff(100_000) < 3, "{}", out.llrs.len());
    }
}

#[test]
fn silence_a_constant_and_a_carrier_are_not_locked() {
    for (pulse, freq) in PULSES.into_iter().zip([0.0625, 0.0, 0.013, -0.0625]) {
        for (sigma, level) in [(0.0, 0.0), (0.0, 1.0), (0.3, 1.0)] {
            let mut config = signal(pulse, 4.0, false);
            config.search_hz = 0.5 * BIT_RATE;
            let mut samples = noise(&config, 20_000, sigma);
            for (n, sample) in samples.iter_mut().enumerate() {
                let turns = (freq * n as f32).fract();
                *sample += Complex32::from_polar(level, std::f32::consts::TAU * turns);
            }
            let out = receive(&config, &samples);
            assert!(out.marks.iter().all(|m| !m.locked), "{pulse:?} {freq} {sigma}");
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
    let config = signal(PULSES[2], 3.0, false);
    let sent = send(&config, 3000, &noisy(&config, 10.0, 1));
    let (mut bad, mut zero) = (sent.samples.clone(), sent.samples);
    for n in (100..6000).step_by(997) {
        bad[n] = Complex32::new(f32::NAN, [f32::INFINITY, 0.5][n % 2]);
        zero[n] = Complex32::ZERO;
    }
    assert_eq!(receive(&config, &bad), receive(&config, &zero));
}

#[test]
fn a_gap_restarts_at_the_right_sample() {
    let config = signal(PULSES[1], 4.0, false);
    let sent = send(&config, 6000, &noisy(&config, 14.0, 1));
    let mut receiver = GmskReceiver::new(&config).unwrap();
    let mut out = SoftBatch::default();
    receiver.process(&sent.samples[..9000], &mut out);
    receiver.gap(1003, &mut out);
    let resumed = out.llrs.len();
    receiver.process(&sent.samples[10_003..], &mut out);
    receiver.finish(&mut out);
    let mark = out.marks.iter().find(|mark| mark.bit == resumed).unwrap();
    assert!(mark.restart && mark.at > 9990.0 && mark.at < 10_010.0, "{mark:?}");
    let (wrong, total) = errors(&config, &sent, &out);
    // Pulses are cut through on both sides of the gap, and the first bit behind it has none to be compared with.
    assert!(wrong <= 4.0 && total > 5740, "{wrong} of {total}");
}

#[test]
fn impossible_configurations_are_refused() {
    let good = signal(PULSES[1], 5.0, false);
    let refused = |change: &dyn Fn(&mut SignalConfig)| {
        let mut config = good.clone();
        change(&mut config);
        GmskReceiver::new(&config).unwrap_err()
    };
    for value in [f64::NAN, f64::INFINITY, 0.0, -9600.0, 26_000.0, 1e-3] {
        refused(&|c| c.symbol_rate_hz = value);
    }
    refused(&|c| c.sample_rate_hz = f64::NAN);
    refused(&|c| c.carrier_hz = 26_000.0);
    refused(&|c| c.search_hz = -1.0);
    refused(&|c| c.search_hz = f64::NAN);
    refused(&|c| c.pulse = Pulse::Gaussian { bt: 0.0 });
    refused(&|c| c.fsk_input = FskInput::FmAudio);
    refused(&|c| c.modulation = Modulation::Bpsk);
    assert!(matches!(
        refused(&|c| c.pulse = Pulse::HalfSine),
        ConfigError::PulseMismatch { .. }
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn chunking_is_invisible(
        cuts in prop::collection::vec(1usize..7000, 1..12),
        pulse in 0usize..4,
        precoded: bool,
        samples_per_bit in 2.0f64..12.0,
    ) {
        let config = signal(PULSES[pulse], samples_per_bit, precoded);
        let channel = ChannelConfig { leading: 700, trailing: 3000, ..noisy(&config, 8.0, 5) };
        let sent = send(&config, 2500, &channel);
        let whole = receive(&config, &sent.samples);
        let mut receiver = GmskReceiver::new(&config).unwrap();
        let mut out = SoftBatch::default();
        let mut rest = &sent.samples[..];
        for cut in cuts.iter().cycle() {
            let (head, tail) = rest.split_at((*cut).min(rest.len()));
            receiver.process(head, &mut out);
            rest = tail;
            if rest.is_empty() {
                break;
            }
        }
        receiver.finish(&mut out);
        prop_assert_eq!(whole, out);
    }
}

fn wav(name: &str) -> Option<Vec<Complex32>> {
    let Ok(data) = std::env::var("GROUNDLINK_DATA") else {
        println!("skipped: GROUNDLINK_DATA is not set");
        return None;
    };
    let bytes = std::fs::read(std::path::Path::new(&data).join("iq").join(name)).unwrap();
    let data = bytes.windows(4).position(|tag| tag == b"data").unwrap() + 8;
    let value = |b: &[u8]| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0;
    let sample = |b: &[u8]| Complex32::new(value(b), value(&b[2..]));
    Some(bytes[data..].chunks_exact(4).map(sample).collect())
}

#[test]
fn three_bursts_of_a_recording_have_faultless_sync_words() {
    const SYNC: u64 = 0x5072_F64B_2D90_B1F5;
    let Some(samples) = wav("orbicraft-z_48k_iq.wav") else {
        return;
    };
    let mut config = SignalConfig::new(Modulation::Gmsk, gaussian(0.5), 9600.0, 48_000.0);
    config.search_hz = 2000.0;
    let out = receive(&config, &samples);
    let bits: Vec<bool> = out.llrs.iter().map(|llr| *llr > 0).collect();
    let word = |bits: &[bool]| bits.iter().fold(0, |word, bit| word << 1 | u64::from(*bit));
    let found: Vec<usize> = bits
        .windows(64)
        .enumerate()
        .filter_map(|(place, bits)| (word(bits) == SYNC).then_some(place))
        .collect();
    assert_eq!(found.len(), 3, "{found:?}");
    // The second and third burst carry the same frame: sync, 64 bits of header and 1280 coded bits.
    assert_eq!(bits[found[1]..][..1408], bits[found[2]..][..1408]);
    for (&place, symbol) in found.iter().zip([1654.0, 10_977.0, 17_617.0]) {
        let mark = out.marks.iter().rfind(|mark| mark.bit <= place).unwrap();
        assert!(mark.locked);
        let at = mark.at + (place - mark.bit) as f64 * mark.samples_per_symbol;
        assert!((at / 5.0 - symbol).abs() < 20.0, "{} {symbol}", at / 5.0);
    }
    // Not between the bursts.
    for quiet in [7700.0..9700.0, 14_300.0..15_900.0] {
        let marks = out.marks.iter().filter(|mark| quiet.contains(&(mark.at / 5.0)));
        assert_eq!(marks.filter(|mark| mark.locked).count(), 0, "{quiet:?}");
    }
}

#[test]
fn signals_that_begin_anywhere_arrive_from_their_first_bit() {
    for pulse in PULSES {
        for n in 0..12_u64 {
            let config = signal(pulse, 5.0, n % 2 == 1);
            let channel = ChannelConfig {
                frequency_hz: [0.1, -0.03, 0.077, 0.0, -0.1][(n % 5) as usize] * BIT_RATE,
                leading: 1500 + 993 * n,
                phase_rad: 0.7 * n as f64,
                clock_ppm: [50.0, -50.0, 20.0][(n % 3) as usize],
                ..noisy(&config, 14.0, n)
            };
            let sent = send(&config, 4000, &channel);
            let out = receive(&config, &sent.samples);
            assert_eq!(errors(&config, &sent, &out), (0.0, 4000), "{pulse:?} {n}");
        }
    }
}
