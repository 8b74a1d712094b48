use super::*;
use crate::channel::{Channel, ChannelConfig, noise_sigma};
use crate::modulator::Modulator;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};

const RATE: f64 = 9600.0;

fn config(modulation: Modulation, pulse: Pulse, fsk_input: FskInput, sample_rate_hz: f64) -> SignalConfig {
    SignalConfig {
        search_hz: 0.0,
        fsk_input,
        ..SignalConfig::new(modulation, pulse, RATE, sample_rate_hz)
    }
}

/// GFSK of index 0.5.
fn minimum_shift(fsk_input: FskInput, sample_rate_hz: f64) -> SignalConfig {
    SignalConfig {
        deviation_hz: Some(RATE / 4.0),
        ..config(Modulation::Fsk, GAUSS, fsk_input, sample_rate_hz)
    }
}

fn random_bits(count: usize, seed: u64) -> Vec<u8> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(0..2)).collect()
}

/// Samples after the channel, and the source position of each symbol's centre.
fn transmit(config: &SignalConfig, channel: &ChannelConfig, bits: &[u8]) -> (Vec<Complex32>, Vec<f64>) {
    let mut modulator = Modulator::new(config).unwrap();
    let (mut clean, mut out) = (Vec::new(), Vec::new());
    modulator.process(bits, &mut clean);
    modulator.finish(&mut clean);
    let mut channel_run = Channel::new(channel).unwrap();
    channel_run.process(&clean, &mut out);
    channel_run.finish(&mut out);
    let speed = 1.0 + channel.clock_ppm * 1e-6;
    let first = modulator.first_symbol_at();
    let sps = config.sample_rate_hz / config.symbol_rate_hz;
    let at = |k: usize| channel.leading as f64 + (first + k as f64 * sps) / speed;
    (out, (0..bits.len()).map(at).collect())
}

fn receive(config: &SignalConfig, samples: &[Complex32]) -> SoftBatch {
    let mut receiver = FskReceiver::new(config).unwrap();
    let mut out = SoftBatch::default();
    receiver.process(samples, &mut out);
    receiver.finish(&mut out);
    out
}

/// Source position of every soft bit by the marks.
fn positions(batch: &SoftBatch) -> Vec<f64> {
    let mut places = Vec::with_capacity(batch.llrs.len());
    for (n, mark) in batch.marks.iter().enumerate() {
        let end = batch.marks.get(n + 1).map_or(batch.llrs.len(), |next| next.bit);
        places.extend((mark.bit..end).map(|bit| mark.at + (bit - mark.bit) as f64 * mark.samples_per_symbol));
    }
    places
}

/// How the soft bits nearest to the symbols compare.
#[derive(Debug)]
struct Comparison {
    errors: usize,
    missing: usize,
    /// Largest distance of a soft bit from its symbol, in symbols.
    farthest: f64,
}

fn compare(batch: &SoftBatch, bits: &[u8], at: &[f64]) -> Comparison {
    let places = positions(batch);
    assert_eq!(places.len(), batch.llrs.len());
    assert!(places.windows(2).all(|pair| pair[0] < pair[1] + 3.0));
    let symbol = at[1] - at[0];
    let mut result = Comparison {
        errors: 0,
        missing: 0,
        farthest: 0.0,
    };
    for (&bit, &at) in bits.iter().zip(at) {
        let after = places.partition_point(|&place| place < at);
        let near = [after.saturating_sub(1), after.min(places.len() - 1)];
        let best = near
            .into_iter()
            .min_by(|&a, &b| (places[a] - at).abs().total_cmp(&(places[b] - at).abs()));
        let best = best.unwrap();
        let distance = (places[best] - at).abs() / symbol;
        if distance > 0.4 {
            result.missing += 1;
            continue;
        }
        result.farthest = result.farthest.max(distance);
        result.errors += usize::from((batch.llrs[best] > 0) != (bit == 1));
    }
    result
}

const GAUSS: Pulse = Pulse::Gaussian { bt: 0.5 };

/// Every kind of signal: modulation, pulse, deviation.
const KINDS: [(Modulation, Pulse, Option<f64>); 4] = [
    (Modulation::Fsk, Pulse::Rect, Some(4800.0)),
    (Modulation::Fsk, Pulse::Rect, Some(3000.0)),
    (Modulation::Fsk, GAUSS, Some(3000.0)),
    (Modulation::Fsk, GAUSS, Some(2400.0)),
];

#[test]
fn bursts_come_out_whole_with_frequency_and_clock_offsets() {
    let bits = random_bits(2000, 3);
    for (modulation, pulse, deviation_hz) in KINDS {
        for (fsk_input, sample_rate) in [
            (FskInput::Iq, 48_000.0),
            (FskInput::Iq, 250_000.0),
            (FskInput::FmAudio, 47_040.0),
        ] {
            for ppm in [-15_000.0, 80.0, 15_000.0] {
                let mut config = config(modulation, pulse, fsk_input, sample_rate);
                config.deviation_hz = deviation_hz;
                config.search_hz = 2000.0;
                let channel = ChannelConfig {
                    noise_sigma: noise_sigma(22.0, sample_rate / RATE),
                    frequency_hz: if fsk_input == FskInput::Iq { 1300.0 } else { 0.0 },
                    phase_rad: 1.0,
                    clock_ppm: ppm,
                    leading: 7_777,
                    trailing: 5_000,
                    ..ChannelConfig::ideal(sample_rate)
                };
                let (samples, at) = transmit(&config, &channel, &bits);
                let batch = receive(&config, &samples);
                let result = compare(&batch, &bits, &at);
                let case = format!("{modulation:?} {pulse:?} {fsk_input:?} {sample_rate} {ppm}: {result:?}");
                assert_eq!((result.errors, result.missing), (0, 0), "{case}");
                assert!(result.farthest < 0.1, "{case}");
                let locked: Vec<_> = batch.marks.iter().filter(|mark| mark.locked).collect();
                let mark = locked[locked.len() / 2];
                assert!(
                    (mark.symbol_rate_hz / RATE - 1.0 - ppm * 1e-6).abs() < 1e-3,
                    "{case}"
                );
                let offset = if fsk_input == FskInput::Iq { 1300.0 } else { 0.0 };
                assert!(
                    (mark.offset_hz - offset).abs() < 150.0,
                    "{case} {}",
                    mark.offset_hz
                );
            }
        }
    }
}

#[test]
fn a_carrier_in_the_passband_is_mixed_down() {
    let bits = random_bits(1000, 4);
    let mut config = minimum_shift(FskInput::Iq, 96_000.0);
    config.carrier_hz = -21_000.0;
    let channel = ChannelConfig {
        noise_sigma: noise_sigma(20.0, 10.0),
        leading: 5000,
        ..ChannelConfig::ideal(96_000.0)
    };
    let (samples, at) = transmit(&config, &channel, &bits);
    let result = compare(&receive(&config, &samples), &bits, &at);
    assert_eq!((result.errors, result.missing), (0, 0), "{result:?}");
}

#[test]
fn audio_of_any_scale_and_offset_is_received() {
    let bits = random_bits(1500, 5);
    let config = config(Modulation::Fsk, GAUSS, FskInput::FmAudio, 48_000.0);
    let channel = ChannelConfig {
        noise_sigma: noise_sigma(20.0, 5.0),
        ..ChannelConfig::ideal(48_000.0)
    };
    let (samples, at) = transmit(&config, &channel, &bits);
    for (scale, offset) in [(1.0, 0.0), (0.003, 0.004), (-25.0, -40.0)] {
        let changed: Vec<_> = samples
            .iter()
            .map(|s| Complex32::new(scale * s.re + offset, 0.0))
            .collect();
        let mut batch = receive(&config, &changed);
        if scale < 0.0 {
            batch.llrs.iter_mut().for_each(|llr| *llr = -*llr);
        }
        let result = compare(&batch, &bits, &at);
        assert_eq!(
            (result.errors, result.missing),
            (0, 0),
            "{scale} {offset} {result:?}"
        );
    }
}

#[test]
fn long_runs_of_equal_bits_survive() {
    let mut bits = random_bits(1000, 6);
    bits[300..420].fill(1);
    bits[600..750].fill(0);
    for fsk_input in [FskInput::Iq, FskInput::FmAudio] {
        let config = config(Modulation::Fsk, Pulse::Rect, fsk_input, 48_000.0);
        let channel = ChannelConfig {
            noise_sigma: noise_sigma(18.0, 5.0),
            ..ChannelConfig::ideal(48_000.0)
        };
        let (samples, at) = transmit(&config, &channel, &bits);
        let result = compare(&receive(&config, &samples), &bits, &at);
        assert_eq!(
            (result.errors, result.missing),
            (0, 0),
            "{fsk_input:?} {result:?}"
        );
    }
}

#[test]
fn the_last_symbol_comes_out_and_none_beyond_the_end() {
    let bits = random_bits(700, 7);
    let config = config(Modulation::Fsk, Pulse::Rect, FskInput::Iq, 48_000.0);
    let (samples, at) = transmit(&config, &ChannelConfig::ideal(48_000.0), &bits);
    let cut = (at[699] + 2.6) as usize + 1;
    let batch = receive(&config, &samples[..cut]);
    let places = positions(&batch);
    assert!(*places.last().unwrap() <= (cut - 1) as f64 && places[0] >= 0.0);
    assert!((places.last().unwrap() - at[699]).abs() < 1.0);
    let result = compare(&batch, &bits[..699], &at[..699]);
    assert_eq!((result.errors, result.missing), (0, 0), "{result:?}");
}

#[test]
fn a_burst_is_received_whole_without_a_restart_in_it() {
    let bits = random_bits(1500, 13);
    for (modulation, pulse, deviation_hz) in KINDS {
        for (fsk_input, leading) in [0, 5, 480, 5000]
            .into_iter()
            .flat_map(|leading| [(FskInput::Iq, leading), (FskInput::FmAudio, leading)])
        {
            let mut config = config(modulation, pulse, fsk_input, 48_000.0);
            config.deviation_hz = deviation_hz;
            let channel = ChannelConfig {
                noise_sigma: noise_sigma(20.0, 5.0),
                leading,
                trailing: 5000,
                ..ChannelConfig::ideal(48_000.0)
            };
            let (samples, at) = transmit(&config, &channel, &bits);
            let batch = receive(&config, &samples);
            let result = compare(&batch, &bits, &at);
            let case = format!("{modulation:?} {deviation_hz:?} {fsk_input:?} {leading}: {result:?}");
            assert_eq!((result.errors, result.missing), (0, 0), "{case}");
            let inside = |mark: &Mark| mark.at > at[0] && mark.at < at[1400];
            let restarts = batch.marks.iter().filter(|mark| mark.restart && inside(mark));
            assert_eq!(restarts.count(), 0, "{case}");
            assert!(batch.marks[0].restart, "{case}");
            assert!(
                batch.marks.iter().all(|mark| mark.locked || !inside(mark)),
                "{case}"
            );
            // A stretch has 64 symbols of 5 samples; the burst may fill a part of those at its ends. Noise from a
            // discriminator's angle lies much as symbols do: next to a burst, windows with both of them are believed.
            let reach = if fsk_input == FskInput::Iq {
                4.0 * 320.0
            } else {
                320.0
            };
            let outside = |mark: &&Mark| mark.at < at[0] - reach || mark.at > at[1499] + reach - 320.0;
            let locked_outside: Vec<f64> = batch
                .marks
                .iter()
                .filter(|mark| mark.locked)
                .filter(outside)
                .map(|mark| mark.at)
                .collect();
            assert_eq!(locked_outside, [0.0; 0], "{case}: {} to {}", at[0], at[1499]);
        }
    }
}

#[test]
fn noise_is_neither_locked_nor_believed() {
    for fsk_input in [FskInput::Iq, FskInput::FmAudio] {
        let config = minimum_shift(fsk_input, 48_000.0);
        let channel = ChannelConfig {
            noise_sigma: 0.3,
            trailing: 1_000_000,
            ..ChannelConfig::ideal(48_000.0)
        };
        let mut samples = Vec::new();
        Channel::new(&channel).unwrap().finish(&mut samples);
        let batch = receive(&config, &samples);
        assert_eq!(batch.marks.iter().filter(|mark| mark.locked).count(), 0);
        let mean = batch.llrs.iter().map(|llr| f64::from(llr.abs())).sum::<f64>() / batch.llrs.len() as f64;
        assert!(mean < 6.0, "{fsk_input:?} {mean}");
    }
}

/// Stretches that are locked, and all.
fn locked(batch: &SoftBatch) -> (usize, usize) {
    (
        batch.marks.iter().filter(|mark| mark.locked).count(),
        batch.marks.len(),
    )
}

/// Samples of noise, with something constant on them.
fn noise(samples: u64, sigma: f64, seed: u64, constant: Complex32) -> Vec<Complex32> {
    let channel = ChannelConfig {
        noise_sigma: sigma,
        trailing: samples,
        seed,
        ..ChannelConfig::ideal(48_000.0)
    };
    let mut samples = Vec::new();
    Channel::new(&channel).unwrap().finish(&mut samples);
    for sample in &mut samples {
        *sample += constant;
    }
    samples
}

#[test]
fn neither_noise_nor_a_bare_carrier_is_locked() {
    for (n, (modulation, pulse, deviation_hz)) in KINDS.into_iter().enumerate() {
        for fsk_input in [FskInput::Iq, FskInput::FmAudio] {
            let mut config = config(modulation, pulse, fsk_input, 48_000.0);
            config.deviation_hz = deviation_hz;
            for search_hz in [0.0, 2000.0] {
                config.search_hz = search_hz;
                let (found, all) = locked(&receive(
                    &config,
                    &noise(300_000, 0.1, n as u64, Complex32::default()),
                ));
                assert!(found == 0 && all > 900, "{found} of {all}: {config:?}");
                // The DC of many a receiver, from below the noise to far above it.
                for level in [0.03, 0.06, 0.12, 0.5] {
                    let samples = noise(60_000, 0.1, 7, Complex32::from_polar(level, 0.8));
                    assert_eq!(locked(&receive(&config, &samples)).0, 0, "{level} {config:?}");
                }
            }
        }
    }
}

/// Stretches of 64 symbols that are not locked on a lasting signal, of a thousand.
fn missed(config: &SignalConfig, es_n0_db: f64) -> usize {
    let sps = config.sample_rate_hz / config.symbol_rate_hz;
    let channel = ChannelConfig {
        noise_sigma: noise_sigma(es_n0_db, sps),
        seed: 21,
        ..ChannelConfig::ideal(config.sample_rate_hz)
    };
    let (samples, at) = transmit(config, &channel, &random_bits(64 * 300, 17));
    let batch = receive(config, &samples);
    let signal = batch
        .marks
        .iter()
        .filter(|mark| mark.at > at[0] && mark.at < at[64 * 298]);
    let (mut missed, mut all) = (0, 0);
    for mark in signal {
        missed += usize::from(!mark.locked);
        all += 1;
    }
    missed * 1000 / all
}

#[test]
fn lock_is_missed_no_more_often_than_is_said() {
    // Of a thousand stretches at 1, 2, 3, 5, 7 and 10 dB.
    let cases = [
        (
            Modulation::Fsk,
            Pulse::Rect,
            Some(4800.0),
            FskInput::Iq,
            [650, 150, 10, 0, 0, 0],
        ),
        (
            Modulation::Fsk,
            GAUSS,
            Some(3000.0),
            FskInput::FmAudio,
            [950, 500, 60, 0, 0, 0],
        ),
    ];
    for (modulation, pulse, deviation_hz, fsk_input, limits) in cases {
        let mut config = config(modulation, pulse, fsk_input, 48_000.0);
        config.deviation_hz = deviation_hz;
        let found = [1.0, 2.0, 3.0, 5.0, 7.0, 10.0].map(|es_n0_db| missed(&config, es_n0_db));
        let kept = found.iter().zip(limits).all(|(found, limit)| *found <= limit);
        assert!(kept, "{modulation:?} {fsk_input:?}: {found:?}");
    }
}

#[test]
fn es_n0_is_read_within_a_decibel_and_a_half() {
    for (modulation, pulse, deviation_hz) in KINDS {
        for es_n0_db in [6.0, 10.0, 14.0, 18.0] {
            let mut config = config(modulation, pulse, FskInput::Iq, 48_000.0);
            config.deviation_hz = deviation_hz;
            let channel = ChannelConfig {
                noise_sigma: noise_sigma(es_n0_db, 5.0),
                ..ChannelConfig::ideal(48_000.0)
            };
            let (samples, _) = transmit(&config, &channel, &random_bits(8_000, 5));
            let batch = receive(&config, &samples);
            let mut read: Vec<f32> = batch.marks.iter().map(|mark| mark.es_n0_db).collect();
            read.sort_by(f32::total_cmp);
            let median = f64::from(read[read.len() / 2]);
            assert!(
                (median - es_n0_db).abs() < 1.5,
                "{modulation:?} {deviation_hz:?} at {es_n0_db} dB: {median}"
            );
        }
    }
}

#[test]
fn a_gap_restarts_and_keeps_the_source_position() {
    let bits = random_bits(1500, 8);
    let config = config(Modulation::Fsk, Pulse::Rect, FskInput::Iq, 48_000.0);
    let (samples, at) = transmit(&config, &ChannelConfig::ideal(48_000.0), &bits);
    let mut receiver = FskReceiver::new(&config).unwrap();
    let mut batch = SoftBatch::default();
    receiver.process(&samples[..3000], &mut batch);
    receiver.gap(1003, &mut batch);
    let resumed = batch.llrs.len();
    receiver.process(&samples[4003..], &mut batch);
    receiver.finish(&mut batch);
    let mark = batch.marks.iter().find(|mark| mark.bit == resumed).unwrap();
    assert!(mark.restart && mark.at >= 4003.0 && mark.at < 4012.0, "{mark:?}");
    let kept: Vec<usize> = (0..1500).filter(|&k| at[k] < 2990.0 || at[k] > 4013.0).collect();
    let sent: Vec<u8> = kept.iter().map(|&k| bits[k]).collect();
    let places: Vec<f64> = kept.iter().map(|&k| at[k]).collect();
    let result = compare(&batch, &sent, &places);
    assert_eq!((result.errors, result.missing), (0, 0), "{result:?}");
}

#[test]
fn bad_samples_are_zeros() {
    let bits = random_bits(800, 9);
    let config = minimum_shift(FskInput::Iq, 48_000.0);
    let (samples, _) = transmit(&config, &ChannelConfig::ideal(48_000.0), &bits);
    let (mut bad, mut zeroed) = (samples.clone(), samples);
    for n in (100..3000).step_by(97) {
        bad[n] = Complex32::new(f32::NAN, [f32::INFINITY, 0.0][n % 2]);
        zeroed[n] = Complex32::new(0.0, 0.0);
    }
    assert_eq!(receive(&config, &bad).llrs, receive(&config, &zeroed).llrs);
}

#[test]
fn impossible_configurations_are_refused() {
    let good = minimum_shift(FskInput::Iq, 48_000.0);
    let refused = |change: &dyn Fn(&mut SignalConfig)| {
        let mut config = good.clone();
        change(&mut config);
        FskReceiver::new(&config).unwrap_err()
    };
    for value in [f64::NAN, f64::INFINITY, 0.0, -9600.0, 25_000.0, 1e-3] {
        refused(&|c| c.symbol_rate_hz = value);
    }
    refused(&|c| c.sample_rate_hz = f64::NAN);
    refused(&|c| c.carrier_hz = 30_000.0);
    refused(&|c| c.search_hz = -1.0);
    refused(&|c| c.pulse = Pulse::Gaussian { bt: 0.0 });
    assert!(matches!(
        refused(&|c| c.modulation = Modulation::Bpsk),
        ConfigError::PulseMismatch { .. }
    ));
    refused(&|c| {
        c.modulation = Modulation::Fsk;
        c.deviation_hz = Some(f64::NAN);
    });
}

/// Bit error rate of a long transmission.
fn bit_error_rate(config: &SignalConfig, es_n0_db: f64, count: usize) -> f64 {
    let bits = random_bits(count, 11);
    let sps = config.sample_rate_hz / config.symbol_rate_hz;
    let channel = ChannelConfig {
        noise_sigma: noise_sigma(es_n0_db, sps),
        seed: 12,
        ..ChannelConfig::ideal(config.sample_rate_hz)
    };
    let (samples, at) = transmit(config, &channel, &bits);
    let result = compare(&receive(config, &samples), &bits, &at);
    (result.errors + result.missing) as f64 / count as f64
}

#[test]
fn error_rates_of_audio_are_those_of_a_matched_filter() {
    // White noise on the audio: erfc(sqrt(Es/N0))/2.
    for (es_n0_db, low, high) in [(2.0, 0.95, 1.1), (6.0, 0.9, 1.25)] {
        let mut config = config(Modulation::Fsk, Pulse::Rect, FskInput::FmAudio, 48_000.0);
        config.deviation_hz = Some(4800.0);
        let theory = 0.5 * (1.0 - crate::modulator::erf(10f64.powf(es_n0_db / 20.0)));
        let found = bit_error_rate(&config, es_n0_db, 20_000) / theory;
        assert!(
            (low..=high).contains(&found),
            "{es_n0_db} dB: {found} times theory"
        );
    }
}

/// Normal distribution's tail.
fn tail(x: f64) -> f64 {
    0.5 * (1.0 - crate::modulator::erf(x / std::f64::consts::SQRT_2))
}

#[test]
fn rows_of_symbols_are_detected_as_with_a_known_carrier() {
    // Index, Gaussian bandwidth (0: rectangular), samples a symbol, Eb/N0, squared distance over 2 Eb of the symbols most
    // alike that theory is for, the times that an error counts, and the loss allowed, in dB. Orthogonal tones
    // (index 1, 2, 4): Q(sqrt(Eb/N0)), J. G. Proakis, Digital Communications, 5.2. Minimum shift: two errors of
    // Q(sqrt(2 Eb/N0)), as bits are changes of phase. Index 0.7: 1.21 times the distance of minimum shift over three
    // symbols (J. B. Anderson, T. Aulin, C.-E. Sundberg, Digital Phase Modulation, 2.5).
    for (index, bt, sps, es_n0_db, distance, times, loss_db) in [
        (0.5, 0.0, 5.0, 5.0, 2.0, 2.0, 0.4),
        (0.5, 0.5, 5.0, 6.0, 2.0, 2.0, 0.6),
        (0.7, 0.0, 5.0, 5.0, 2.43, 1.5, 0.7),
        (1.0, 0.0, 5.0, 4.0, 1.0, 1.0, 0.2),
        (1.0, 0.0, 5.0, 7.0, 1.0, 1.0, 0.3),
        (1.0, 0.5, 5.0, 6.0, 1.0, 1.0, 0.0),
        (2.0, 0.0, 8.0, 6.0, 1.0, 1.0, 0.5),
        (4.0, 0.0, 10.0, 6.0, 1.0, 1.0, 0.5),
    ] {
        let pulse = if bt == 0.0 {
            Pulse::Rect
        } else {
            Pulse::Gaussian { bt }
        };
        let mut config = config(Modulation::Fsk, pulse, FskInput::Iq, RATE * sps);
        config.deviation_hz = Some(0.5 * index * RATE);
        config.search_hz = 0.1 * RATE;
        let bits = random_bits(12_000, 31);
        let channel = ChannelConfig {
            noise_sigma: noise_sigma(es_n0_db, sps),
            frequency_hz: 0.08 * RATE,
            phase_rad: 1.0,
            clock_ppm: 50.0,
            leading: 3000,
            trailing: 3000,
            seed: 32,
            ..ChannelConfig::ideal(config.sample_rate_hz)
        };
        let (samples, at) = transmit(&config, &channel, &bits);
        let result = compare(&receive(&config, &samples), &bits, &at);
        let found = (result.errors + result.missing) as f64 / bits.len() as f64;
        let theory = |db: f64| times * tail((distance * 10f64.powf(db / 10.0)).sqrt());
        assert!(
            found < theory(es_n0_db - loss_db),
            "{config:?} at {es_n0_db} dB: {found}, theory {}",
            theory(es_n0_db)
        );
    }
}

fn search(config: &SignalConfig, samples: &[Complex32], block: usize) -> SoftBatch {
    let mut receiver = FskSearch::new(config).unwrap();
    let mut out = SoftBatch::default();
    for samples in samples.chunks(block) {
        receiver.process(samples, &mut out);
    }
    receiver.finish(&mut out);
    out
}

#[test]
fn the_deviation_is_found() {
    for (pulse, index) in [
        (GAUSS, 0.35),
        (Pulse::Rect, 0.5),
        (Pulse::Rect, 0.7),
        (Pulse::Rect, 1.0),
        (GAUSS, 2.0),
        (Pulse::Rect, 2.0),
        (Pulse::Rect, 2.8),
        (Pulse::Rect, 3.0),
        (Pulse::Rect, 4.0),
    ] {
        let sps = 12.0;
        let mut config = config(Modulation::Fsk, pulse, FskInput::Iq, RATE * sps);
        config.search_hz = 0.1 * RATE;
        config.deviation_hz = Some(0.5 * index * RATE);
        let bits = random_bits(2000, 44);
        let channel = ChannelConfig {
            noise_sigma: noise_sigma(14.0, sps),
            frequency_hz: 0.08 * RATE,
            clock_ppm: 50.0,
            leading: 20_000,
            trailing: 3000,
            seed: 45,
            ..ChannelConfig::ideal(config.sample_rate_hz)
        };
        let (samples, at) = transmit(&config, &channel, &bits);
        config.deviation_hz = None;
        let batch = search(&config, &samples, 4096);
        let found = compare(&batch, &bits, &at);
        assert_eq!(
            (found.errors, found.missing),
            (0, 0),
            "{pulse:?} {index}: {found:?}"
        );
        // Those of the signal, and one that its end is in.
        let (count, _) = locked(&batch);
        assert!((31..=33).contains(&count), "{pulse:?} {index}: {count}");
    }
}

#[test]
fn while_the_deviation_is_looked_for_noise_is_not_locked_and_blocks_do_not_matter() {
    let config = config(Modulation::Fsk, Pulse::Rect, FskInput::Iq, RATE * 6.0);
    let samples = noise(150_000, 0.3, 46, Complex32::default());
    let batch = search(&config, &samples, 5000);
    let (found, all) = locked(&batch);
    assert!(found == 0 && all > 380, "{found} {all}");
    assert_eq!(search(&config, &samples, 777), batch);
}

/// Bits of two to a symbol by the places of their symbols.
#[derive(Debug)]
struct Pairs {
    /// Numbers of the bits that are wrong.
    bits: Vec<usize>,
    /// Symbols that did not come out.
    missing: usize,
}

fn wrong_pairs(batch: &SoftBatch, bits: &[u8], at: &[f64]) -> Pairs {
    let mut pairs = Pairs {
        bits: Vec::new(),
        missing: bits.len() / 2,
    };
    for (n, mark) in batch.marks.iter().enumerate() {
        let end = batch.marks.get(n + 1).map_or(batch.llrs.len(), |next| next.bit);
        for (pair, soft) in batch.llrs[mark.bit..end].chunks_exact(2).enumerate() {
            let place = mark.at + pair as f64 * mark.samples_per_symbol;
            let symbol = ((place - at[0]) / (at[1] - at[0])).round();
            if symbol < 0.0 || symbol as usize >= bits.len() / 2 {
                continue;
            }
            pairs.missing = pairs.missing.saturating_sub(1);
            let first = 2 * symbol as usize;
            let wrong = (0..2).filter(|&n| (soft[n] > 0) != (bits[first + n] == 1));
            pairs.bits.extend(wrong.map(|n| first + n));
        }
    }
    pairs
}

#[test]
fn four_frequencies_are_detected_as_with_a_known_carrier() {
    // Frequencies half a symbol rate apart and one apart, coherently detected: of two bits 2 Q(sqrt(2 Eb/N0)) wrong by
    // the union bound (J. G. Proakis, Digital Communications, 5.2).
    for (apart, sps) in [(0.5, 8.0), (1.0, 10.0)] {
        let mut config = config(Modulation::Fsk4, Pulse::Rect, FskInput::Iq, RATE * sps);
        config.deviation_hz = Some(1.5 * apart * RATE);
        config.search_hz = 0.1 * RATE;
        let bits = random_bits(16_000, 35);
        let eb_n0_db = 6.0;
        let channel = ChannelConfig {
            noise_sigma: noise_sigma(eb_n0_db, sps / 2.0),
            frequency_hz: 0.08 * RATE,
            clock_ppm: 50.0,
            leading: 3000,
            trailing: 3000,
            seed: 36,
            ..ChannelConfig::ideal(config.sample_rate_hz)
        };
        let (samples, at) = transmit(&config, &channel, &bits);
        let batch = receive(&config, &samples);
        let wrong = wrong_pairs(&batch, &bits, &at);
        let seen = bits.len() - 2 * wrong.missing;
        let errors = wrong.bits.len();
        let theory = |db: f64| 2.0 * tail((2.0 * 10f64.powf(db / 10.0)).sqrt());
        let found = errors as f64 / bits.len() as f64;
        assert!(seen.abs_diff(bits.len()) < 5, "{apart}: {seen}");
        assert!(
            found < theory(eb_n0_db - 0.5),
            "{apart}: {found}, theory {}",
            theory(eb_n0_db)
        );
    }
}

#[test]
fn soft_bits_of_rows_of_symbols_are_log_likelihood_ratios() {
    for (index, es_n0_db) in [(0.5, 3.0), (1.0, 5.0)] {
        let mut config = config(Modulation::Fsk, Pulse::Rect, FskInput::Iq, 48_000.0);
        config.deviation_hz = Some(0.5 * index * RATE);
        let bits = random_bits(40_000, 33);
        let channel = ChannelConfig {
            noise_sigma: noise_sigma(es_n0_db, 5.0),
            seed: 34,
            ..ChannelConfig::ideal(config.sample_rate_hz)
        };
        let (samples, at) = transmit(&config, &channel, &bits);
        let batch = receive(&config, &samples);
        let places = positions(&batch);
        let first = places.partition_point(|&place| place < at[0] - 2.5);
        // Bits and errors by magnitude, in natural units.
        let mut bins = [(0.0, 0.0); 4];
        for (&llr, &bit) in batch.llrs[first..].iter().zip(&bits) {
            let magnitude = f32::from(llr.unsigned_abs()) * SoftBatch::LLR_UNIT;
            if let Some(bin) = bins.get_mut(magnitude as usize) {
                bin.0 += 1.0;
                bin.1 += f64::from(u8::from((llr > 0) != (bit == 1)));
            }
        }
        for (n, (all, wrong)) in bins.into_iter().enumerate() {
            let said = n as f64 + 0.5;
            let true_ratio = ((all - wrong) / wrong).ln();
            assert!(
                all > 500.0 && (true_ratio - said).abs() < 0.25 * said + 0.15,
                "index {index}, about {said}: {true_ratio} ({wrong} of {all} wrong)"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn chunking_is_invisible(cuts in prop::collection::vec(0usize..3000, 1..12), kind in 0usize..4, audio: bool) {
        let fsk_input = if audio { FskInput::FmAudio } else { FskInput::Iq };
        let (modulation, pulse, deviation_hz) = KINDS[kind];
        let mut config = config(modulation, pulse, fsk_input, 48_000.0);
        config.deviation_hz = deviation_hz;
        let channel = ChannelConfig {
            noise_sigma: noise_sigma(12.0, 5.0),
            leading: 500,
            ..ChannelConfig::ideal(48_000.0)
        };
        let (samples, _) = transmit(&config, &channel, &random_bits(cuts.iter().sum::<usize>() / 6, 1));
        let whole = receive(&config, &samples);
        let mut receiver = FskReceiver::new(&config).unwrap();
        let mut batch = SoftBatch::default();
        let mut rest = &samples[..];
        for cut in cuts {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            receiver.process(now, &mut batch);
            rest = later;
        }
        receiver.process(rest, &mut batch);
        receiver.finish(&mut batch);
        prop_assert_eq!(whole, batch);
    }
}

fn wav(name: &str) -> Option<Vec<Complex32>> {
    let Ok(data) = std::env::var("GROUNDLINK_DATA") else {
        println!("skipped: GROUNDLINK_DATA is not set");
        return None;
    };
    let bytes = std::fs::read(std::path::Path::new(&data).join("iq").join(name)).unwrap();
    let channels = usize::from(bytes[22]);
    let data = bytes.windows(4).position(|tag| tag == b"data").unwrap() + 8;
    let value = |b: &[u8]| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0;
    let sample = |b: &[u8]| Complex32::new(value(b), if channels == 2 { value(&b[2..]) } else { 0.0 });
    Some(bytes[data..].chunks_exact(2 * channels).map(sample).collect())
}

#[test]
fn a_recording_of_fm_audio_is_locked_at_its_symbol_rate() {
    let Some(samples) = wav("trisat_48k_fmdemod.wav") else {
        return;
    };
    let mut config = config(Modulation::Fsk, Pulse::Rect, FskInput::FmAudio, 48_000.0);
    config.symbol_rate_hz = 9766.0;
    let batch = receive(&config, &samples);
    let locked: Vec<_> = batch.marks.iter().filter(|mark| mark.locked).collect();
    assert!(locked.len() > 400, "{}", locked.len());
    let mut rates: Vec<f64> = locked.iter().map(|mark| mark.symbol_rate_hz).collect();
    rates.sort_by(f64::total_cmp);
    assert!((rates[rates.len() / 2] - 9765.7).abs() < 1.0);
}

#[test]
fn bursts_of_four_frequencies_come_out_whole() {
    for (pulse, sps) in [(Pulse::Rect, 6.0), (GAUSS, 5.0)] {
        for trial in 0..20 {
            let mut config = config(Modulation::Fsk4, pulse, FskInput::Iq, RATE * sps);
            config.search_hz = 0.1 * RATE;
            config.deviation_hz = Some(0.75 * RATE);
            let bits = random_bits(1200, 100 + trial);
            let channel = ChannelConfig {
                noise_sigma: noise_sigma(16.0, sps),
                frequency_hz: (trial as f64 / 10.0 - 1.0) * 0.1 * RATE,
                clock_ppm: 30.0,
                leading: 500 + 97 * trial,
                trailing: 3000,
                seed: trial,
                ..ChannelConfig::ideal(config.sample_rate_hz)
            };
            let (samples, at) = transmit(&config, &channel, &bits);
            let wrong = wrong_pairs(&receive(&config, &samples), &bits, &at);
            assert_eq!(wrong.missing, 0, "{pulse:?} {trial}");
            // The first symbols have none before them that would tell the phase.
            assert!(
                wrong.bits.len() < 2 && wrong.bits.iter().all(|&bit| bit < 8),
                "{pulse:?} {trial}: {wrong:?}"
            );
        }
    }
}

#[test]
fn noise_is_not_locked_as_four_frequencies() {
    for (pulse, seed) in [(Pulse::Rect, 41), (GAUSS, 42)] {
        let mut config = config(Modulation::Fsk4, pulse, FskInput::Iq, RATE * 6.0);
        config.search_hz = 0.1 * RATE;
        let batch = receive(&config, &noise(200_000, 0.3, seed, Complex32::default()));
        assert_eq!(
            batch.marks.iter().filter(|mark| mark.locked).count(),
            0,
            "{pulse:?}"
        );
        assert!(batch.marks.len() > 500);
    }
}
