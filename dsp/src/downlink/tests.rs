use super::*;
use crate::modulator::Modulator;
use crate::nco::Nco;
use crate::receiver::Receiver;
use crate::{Complex32, Modulation, Pulse, SignalConfig, SoftBatch, design};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;

const RATE: f64 = 1e6;

fn band(centre_hz: f64, half_width_hz: f64) -> Band {
    Band {
        centre_hz,
        half_width_hz,
        least_rate_hz: 2.5 * half_width_hz,
        residual_carrier: false,
    }
}

fn tone(freq_hz: f64, count: usize) -> Vec<Complex32> {
    (0..count)
        .map(|n| Complex32::cis((TAU * (freq_hz / RATE * n as f64).fract()) as f32))
        .collect()
}

/// Everything that the lanes give, stretch by stretch, fed in blocks of this size.
fn lanes(plan: &Plan, stretches: &[&[Complex32]], block: usize) -> Vec<Vec<Vec<Complex32>>> {
    let mut splitter = Splitter::new(plan).unwrap();
    let mut lanes: Vec<Lane> = (0..plan.bands().len()).map(|n| Lane::new(plan, n)).collect();
    let mut out = Vec::new();
    for stretch in stretches {
        let mut outputs = vec![Vec::new(); lanes.len()];
        let mut channels = vec![Vec::new(); splitter.channels()];
        for block in stretch.chunks(block) {
            let mut wide = block.to_vec();
            channels.iter_mut().for_each(Vec::clear);
            splitter.process(&mut wide, &mut channels);
            for (n, lane) in lanes.iter_mut().enumerate() {
                let input = plan.source(n).channel.map_or(&wide, |k| &channels[k]);
                lane.process(input, &mut outputs[n]);
            }
        }
        channels.iter_mut().for_each(Vec::clear);
        splitter.finish(&mut channels);
        for (n, lane) in lanes.iter_mut().enumerate() {
            let last = plan.source(n).channel.map_or(&[][..], |k| &channels[k]);
            lane.finish(last, stretch.len() as u64, &mut outputs[n]);
        }
        out.push(outputs);
    }
    out
}

/// Twelve narrow bands all over the stream, some across the edges of channels, one across the ends of the spectrum.
fn narrow() -> Vec<Band> {
    let centres = [
        -499e3, -312.5e3, -250e3, -123.4e3, -15.6e3, 0.0, 3.9e3, 7.8125e3, 100e3, 234.375e3, 333.3e3, 490e3,
    ];
    centres.map(|centre| band(centre, 6e3)).to_vec()
}

#[test]
fn few_or_wide_downlinks_go_directly_and_many_narrow_ones_share_a_bank() {
    let plan = |bands: &[Band]| Plan::new(RATE, bands).unwrap();
    assert_eq!(plan(&[]).channels(), None);
    assert_eq!(plan(&narrow()[..1]).channels(), None);
    let wide = [-300e3, 0.0, 300e3].map(|centre| band(centre, 180e3));
    assert_eq!(plan(&wide).channels(), None);
    let mut all = narrow();
    all.extend(wide);
    let mixed = plan(&all);
    let channels = mixed.channels().unwrap();
    assert!((16..=32).contains(&channels.count), "{channels:?}");
    for n in 0..12 {
        assert!(mixed.source(n).channel.is_some(), "{n}: {:?}", mixed.source(n));
    }
    for (n, band) in all.iter().enumerate().skip(12) {
        assert_eq!(mixed.source(n).channel, None);
        assert_eq!(mixed.source(n).centre_hz, band.centre_hz);
    }
    assert!(mixed.any_direct() && !plan(&narrow()).any_direct());
}

#[test]
fn impossible_bands_are_refused() {
    let text = |bands: &[Band]| Plan::new(RATE, bands).unwrap_err().to_string();
    let beyond = text(&[band(5.1e5, 1.0)]);
    assert_eq!(beyond, "carrier_hz is 510000, must be from -500000 to 500000");
    assert!(text(&[band(0.0, f64::NAN)]).starts_with("half_width_hz is NaN"));
    assert!(Plan::new(f64::INFINITY, &[]).is_err());
}

/// A band's samples by the book: mixed down, filtered with many taps, and read at the lane's own places.
fn reference(band: &Band, input: &[Complex32], lane: &Lane) -> Vec<Complex32> {
    let mut mixed = input.to_vec();
    Nco::new(-band.centre_hz / RATE).mix(&mut mixed);
    let stop = lane.rate_hz() - band.half_width_hz;
    let (cutoff, transition) = (
        f64::midpoint(band.half_width_hz, stop) / RATE,
        (stop - band.half_width_hz) / RATE,
    );
    let taps = design::low_pass(cutoff, transition, 100.0);
    let half = taps.len() / 2;
    (lane.first_at() as usize..input.len())
        .step_by(lane.step() as usize)
        .map(|at| {
            let mut sum = Complex32::ZERO;
            for (n, tap) in taps.iter().enumerate() {
                if let Some(sample) = (at + half).checked_sub(n).and_then(|i| mixed.get(i)) {
                    sum += sample * tap;
                }
            }
            sum
        })
        .collect()
}

#[test]
fn a_lane_gives_what_an_oscillator_and_one_filter_would_wherever_its_band_lies() {
    let bands = narrow();
    let plan = Plan::new(RATE, &bands).unwrap();
    // Tones within every band, and strong ones outside of all.
    let mut input = vec![Complex32::ZERO; 60_000];
    let mut place = 0.1_f64;
    let inside = bands.iter().map(|band| {
        place = (place * 7.7).fract();
        (band.centre_hz + (2.0 * place - 1.0) * 5.9e3, 1.0)
    });
    let inside: Vec<(f64, f32)> = inside.collect();
    for (freq, level) in inside
        .into_iter()
        .chain([(50e3, 30.0), (-400e3, 30.0), (160e3, 30.0)])
    {
        for (sum, sample) in input.iter_mut().zip(tone(freq, 60_000)) {
            *sum += sample * level;
        }
    }
    let out = lanes(&plan, &[&input], 10_000).remove(0);
    for (n, samples) in out.iter().enumerate() {
        let lane = Lane::new(&plan, n);
        let expected = reference(&bands[n], &input, &lane);
        assert_eq!(samples.len(), expected.len(), "band {n}");
        // Up to the phase with which the oscillators begin, constant over the whole.
        let inner = 200..samples.len() - 200;
        let turn: Complex32 = inner.clone().map(|k| samples[k] * expected[k].conj()).sum();
        let turn = turn / turn.norm();
        let power: f32 = inner.clone().map(|k| expected[k].norm_sqr()).sum();
        let error: f32 = inner.map(|k| (samples[k] - expected[k] * turn).norm_sqr()).sum();
        // The strong tones are 30 dB up, and folded ones are down by 80 dB.
        let db = 10.0 * (error / power).log10();
        assert!(db < -45.0, "band {n}: {db} dB");
    }
}

#[test]
fn outputs_lie_where_they_say_in_every_stretch() {
    let mut bands = narrow();
    bands.push(band(50e3, 200e3));
    let plan = Plan::new(RATE, &bands).unwrap();
    let pulse_at = 20_000.0;
    for (n, band) in bands.iter().enumerate() {
        let pulse = |length: usize| -> Vec<Complex32> {
            let mut samples: Vec<Complex32> = (0..length)
                .map(|k| {
                    let t = (k as f64 - pulse_at) * band.half_width_hz / RATE;
                    Complex32::from((-4.0 * t * t).exp() as f32)
                })
                .collect();
            Nco::new(band.centre_hz / RATE).mix(&mut samples);
            samples
        };
        let (long, short) = (pulse(50_000), pulse(33_333));
        for (stretch, outputs) in [&long, &short].iter().zip(lanes(&plan, &[&long, &short], 7_777)) {
            let lane = Lane::new(&plan, n);
            let powers: Vec<f64> = outputs[n].iter().map(|s| f64::from(s.norm_sqr())).collect();
            let centre = powers.iter().enumerate().map(|(k, p)| k as f64 * p).sum::<f64>()
                / powers.iter().sum::<f64>();
            let at = lane.first_at() as f64 + centre * lane.step() as f64;
            assert!((at - pulse_at).abs() < 0.5, "band {n}: {at}");
            let end = lane.first_at() + outputs[n].len() as u64 * lane.step();
            assert!((stretch.len() as u64..stretch.len() as u64 + lane.step()).contains(&end));
        }
    }
}

#[test]
fn stretches_shorter_than_the_filters_give_what_fits() {
    let plan = Plan::new(RATE, &narrow()).unwrap();
    let input = tone(1e3, 40);
    for length in [0, 1, 3, 40] {
        let out = lanes(&plan, &[&input[..length], &input], 13);
        for (n, samples) in out[0].iter().enumerate() {
            let lane = Lane::new(&plan, n);
            let expected = (lane.first_at()..length as u64)
                .step_by(lane.step() as usize)
                .count();
            assert_eq!(samples.len(), expected, "lane {n}, {length} samples");
        }
        // What came before leaves nothing behind.
        assert_eq!(out[1], lanes(&plan, &[&input], 40)[0]);
    }
}

#[test]
fn cutting_does_not_change_a_bit() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let input: Vec<Complex32> = (0..40_000)
        .map(|_| Complex32::new(rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0)))
        .collect();
    let mut bands = narrow();
    bands.push(band(-200e3, 150e3));
    let plan = Plan::new(RATE, &bands).unwrap();
    let whole = lanes(&plan, &[&input], usize::MAX);
    for block in [1, 63, 4096, 10_007] {
        assert!(lanes(&plan, &[&input], block) == whole, "blocks of {block}");
    }
}

#[test]
fn what_is_no_number_is_silence() {
    let plan = Plan::new(RATE, &narrow()).unwrap();
    let mut input = tone(-123.4e3, 20_000);
    let mut silent = input.clone();
    for (k, bad) in [f32::NAN, f32::INFINITY, -1e30].into_iter().enumerate() {
        input[9_000 + k] = Complex32::new(bad, 0.0);
        silent[9_000 + k] = Complex32::ZERO;
    }
    assert_eq!(lanes(&plan, &[&input], 999), lanes(&plan, &[&silent], 999));
}

#[test]
fn marks_tell_wide_samples() {
    let symbol_rate = 9_600.0;
    let shape = Pulse::Srrc { roll_off: 0.5 };
    let mut bands = narrow();
    let mut signal = SignalConfig::new(Modulation::Qpsk, shape, symbol_rate, RATE);
    signal.carrier_hz = 77_777.0;
    bands[0] = Band::of(&signal);
    let plan = Plan::new(RATE, &bands).unwrap();
    let mut modulator = Modulator::new(&signal).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let bits: Vec<u8> = (0..6_000).map(|_| rng.random_range(0..2)).collect();
    let mut input = Vec::new();
    modulator.process(&bits, &mut input);
    modulator.finish(&mut input);
    let lane = Lane::new(&plan, 0);
    let mut receiver = Receiver::new(&SignalConfig {
        sample_rate_hz: lane.rate_hz(),
        carrier_hz: 0.0,
        ..signal.clone()
    })
    .unwrap();
    let mut batch = SoftBatch::default();
    receiver.process(&lanes(&plan, &[&input], 5_000)[0][0], &mut batch);
    receiver.finish(&mut batch);
    let first = modulator.first_symbol_at();
    let origin = 1_000_000;
    for mark in batch.marks.iter().filter(|mark| mark.locked) {
        let mut mark = *mark;
        lane.to_source(&mut mark, origin);
        assert!((mark.samples_per_symbol * symbol_rate / RATE - 1.0).abs() < 1e-4);
        let symbols = (mark.at - origin as f64 - first) * symbol_rate / RATE;
        assert!((symbols - symbols.round()).abs() < 0.02, "{symbols}");
    }
    assert!(batch.marks.iter().any(|mark| mark.locked));
}

#[test]
fn a_constant_is_taken_off_where_it_is_not_a_carrier() {
    let input: Vec<Complex32> = tone(2e3, 80_000)
        .iter()
        .map(|sample| sample * 0.1 + Complex32::new(0.5, -0.3))
        .collect();
    for (residual_carrier, expected) in [(false, 0.1), (true, 0.59)] {
        let mut bands = narrow();
        bands[5].residual_carrier = residual_carrier;
        bands[6].residual_carrier = residual_carrier;
        bands.remove(4);
        let plan = Plan::new(RATE, &bands).unwrap();
        let samples = lanes(&plan, &[&input], 4_000)[0][4].clone();
        let half = &samples[samples.len() / 2..];
        let power: f32 = half.iter().map(Complex32::norm_sqr).sum::<f32>() / half.len() as f32;
        assert!((power.sqrt() - expected).abs() < 0.02, "{}", power.sqrt());
    }
}
