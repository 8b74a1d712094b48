use super::*;
use crate::nco::Nco;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;

fn noise(count: usize, seed: u64) -> Vec<Complex32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|_| Complex32::new(rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0)))
        .collect()
}

fn tone(freq_cycles_per_sample: f64, count: usize) -> Vec<Complex32> {
    (0..count)
        .map(|n| Complex32::cis((TAU * (freq_cycles_per_sample * n as f64).fract()) as f32))
        .collect()
}

fn run(bank: &mut Channelizer, input: &[Complex32]) -> Vec<Vec<Complex32>> {
    let mut out = vec![Vec::new(); bank.wanted.len()];
    bank.process(input, &mut out);
    out
}

/// What the bank's documentation says, one product after the other.
fn direct(channels: usize, channel: usize, input: &[Complex32]) -> Vec<Complex32> {
    let taps = prototype(channels);
    let mut mixed = input.to_vec();
    Nco::new(-(channel as f64) / channels as f64).mix(&mut mixed);
    (0..input.len())
        .step_by(channels / 2)
        .map(|newest| {
            let mut sum = [0.0; 2];
            for (n, tap) in taps.iter().enumerate().take(newest + 1) {
                sum[0] += tap * f64::from(mixed[newest - n].re);
                sum[1] += tap * f64::from(mixed[newest - n].im);
            }
            Complex32::new(sum[0] as f32, sum[1] as f32)
        })
        .collect()
}

#[test]
fn every_channel_is_an_oscillator_a_filter_and_a_decimator() {
    for channels in [2, 4, 6, 10, 16, 34, 64] {
        let input = noise(20 * channels, 7);
        let all: Vec<usize> = (0..channels).collect();
        let out = run(&mut Channelizer::new(channels, &all).unwrap(), &input);
        for (channel, samples) in out.iter().enumerate() {
            let expected = direct(channels, channel, &input);
            assert_eq!(samples.len(), expected.len());
            for (m, (found, expected)) in samples.iter().zip(&expected).enumerate() {
                let error = (found - expected).norm();
                assert!(
                    error < 3e-6,
                    "{channels} channels, {channel}, output {m}: {error}"
                );
            }
        }
    }
}

/// Mean power of a channel once the filter is full, dB.
fn level_db(bank: &Channelizer, samples: &[Complex32]) -> f64 {
    let full = &samples[2 * bank.span() / bank.channels..];
    let power: f64 = full.iter().map(|s| f64::from(s.norm_sqr())).sum();
    10.0 * (power / full.len() as f64).max(1e-20).log10()
}

#[test]
fn a_tone_passes_its_channel_and_neither_it_nor_its_images_get_into_others() {
    let channels = 16;
    let all: Vec<usize> = (0..channels).collect();
    for place in [0.0, 0.4, 0.5, -0.74, 0.74] {
        let mut bank = Channelizer::new(channels, &all).unwrap();
        let freq = (5.0 + place) / channels as f64;
        let out = run(&mut bank, &tone(freq, 8000));
        let passed = level_db(&bank, &out[5]);
        assert!(passed.abs() < 2.0 * RIPPLE_DB, "{passed} dB at {place}");
        for (channel, samples) in out.iter().enumerate() {
            let distance = (channel as f64 - 5.0 - place).abs();
            if distance.min(channels as f64 - distance) > 2.0 - PASS {
                let level = level_db(&bank, samples);
                assert!(level < -STOP_DB, "{level} dB in channel {channel} at {place}");
            }
        }
    }
}

#[test]
fn a_tone_between_two_channels_is_whole_in_both() {
    let (channels, freq) = (8, 2.5 / 8.0);
    let mut bank = Channelizer::new(channels, &[2, 3]).unwrap();
    let out = run(&mut bank, &tone(freq, 2000));
    for (channel, samples) in [2, 3].into_iter().zip(&out) {
        // Output m is the tone at input sample m D − delay, moved down by the channel's own frequency.
        for (m, sample) in samples.iter().enumerate().skip(2 * BRANCH) {
            let at = (m * bank.decimation()) as f64 - bank.delay() as f64;
            let expected = Complex32::cis((TAU * (freq - channel as f64 / channels as f64) * at) as f32);
            assert!((sample - expected).norm() < 5e-4, "channel {channel} output {m}");
        }
    }
}

#[test]
fn after_its_span_silence_is_silence() {
    let mut bank = Channelizer::new(6, &[0, 5]).unwrap();
    run(&mut bank, &noise(500, 3));
    let silence = vec![Complex32::ZERO; bank.span()];
    run(&mut bank, &silence);
    for samples in run(&mut bank, &[Complex32::ZERO; 100]) {
        assert!(!samples.is_empty() && samples.iter().all(|s| *s == Complex32::ZERO));
    }
}

#[test]
fn reset_begins_anew() {
    let mut bank = Channelizer::new(10, &[1, 7]).unwrap();
    let input = noise(400, 4);
    let first = run(&mut bank, &input);
    bank.reset();
    assert_eq!(run(&mut bank, &input), first);
}

#[test]
fn impossible_banks_are_refused() {
    for (channels, wanted, expected) in [
        (0, 0, "channels is 0, must be an even number from 2 to 65536"),
        (7, 0, "channels is 7, must be an even number from 2 to 65536"),
        (1 << 17, 0, "channels is 131072, must be"),
        (8, 8, "wanted channel is 8, must be below 8"),
    ] {
        let error = Channelizer::new(channels, &[wanted]).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

proptest! {
    #[test]
    fn cutting_does_not_change_a_bit(
        half in 1usize..20,
        cuts in prop::collection::vec(0usize..90, 1..40),
    ) {
        let channels = 2 * half;
        let input = noise(1500, half as u64);
        let wanted = [0, channels - 1, half];
        let whole = run(&mut Channelizer::new(channels, &wanted).unwrap(), &input);
        let mut bank = Channelizer::new(channels, &wanted).unwrap();
        let mut out = vec![Vec::new(); wanted.len()];
        let mut rest = &input[..];
        for cut in cuts {
            let (head, tail) = rest.split_at(cut.min(rest.len()));
            bank.process(head, &mut out);
            rest = tail;
        }
        bank.process(rest, &mut out);
        prop_assert_eq!(out, whole);
    }
}
