//! Filter, mixer and spectrum, each beside the plain loop that says what it computes.

mod common;

use common::{CpuTime, cpu_time};
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use groundlink_dsp::fir::Fir;
use groundlink_dsp::nco::Nco;
use groundlink_dsp::spectrum::Spectrum;
use groundlink_dsp::{Complex32, design};
use std::hint::black_box;

const SAMPLES: usize = 1 << 16;
const SPECTRUM: usize = 4096;

fn group<'a>(criterion: &'a mut Criterion<CpuTime>, name: &str) -> BenchmarkGroup<'a, CpuTime> {
    common::group(criterion, name, SAMPLES)
}

/// A tone: what the numbers are does not matter to the kernels.
fn samples() -> Vec<Complex32> {
    (0..SAMPLES)
        .map(|n| Complex32::from_polar(0.5, (n % 1000) as f32 * 0.37))
        .collect()
}

/// One output after the other, one tap after the other.
fn plain_filter(taps: &[f32], input: &[Complex32], decimation: usize, out: &mut Vec<Complex32>) {
    for end in (taps.len()..=input.len()).step_by(decimation) {
        let newest_first = input[end - taps.len()..end].iter().rev();
        out.push(newest_first.zip(taps).map(|(sample, tap)| sample * tap).sum());
    }
}

fn filter(criterion: &mut Criterion<CpuTime>) {
    let input = samples();
    let taps = design::srrc(4.0, 0.5, 8);
    let mut out = Vec::with_capacity(2 * SAMPLES);
    for decimation in [1, 4] {
        let mut group = group(
            criterion,
            &format!("filter {} taps decimation {decimation}", taps.len()),
        );
        let mut fir = Fir::new(taps.clone(), decimation);
        group.bench_function("fir", |bencher| {
            bencher.iter(|| {
                out.clear();
                fir.process(black_box(&input), &mut out);
            });
        });
        group.bench_function("plain", |bencher| {
            bencher.iter(|| {
                out.clear();
                plain_filter(black_box(&taps), black_box(&input), decimation, &mut out);
            });
        });
    }
}

/// Sine and cosine of every sample's phase.
fn plain_mix(freq_cycles_per_sample: f64, from: usize, samples: &mut [Complex32]) {
    for (n, sample) in samples.iter_mut().enumerate() {
        let cycles = freq_cycles_per_sample * (from + n) as f64;
        let (sin, cos) = ((cycles - cycles.floor()) * std::f64::consts::TAU).sin_cos();
        *sample *= Complex32::new(cos as f32, sin as f32);
    }
}

fn mix(criterion: &mut Criterion<CpuTime>) {
    let mut group = group(criterion, "mix");
    let mut data = samples();
    let mut nco = Nco::new(0.123_456);
    group.bench_function("nco", |bencher| bencher.iter(|| nco.mix(black_box(&mut data))));
    let mut from = 0;
    group.bench_function("plain", |bencher| {
        bencher.iter(|| {
            plain_mix(black_box(0.123_456), from, black_box(&mut data));
            from += SAMPLES;
        });
    });
}

fn spectrum(criterion: &mut Criterion<CpuTime>) {
    let mut group = group(criterion, "spectrum");
    let input = samples();
    let mut spectrum = Spectrum::new(SPECTRUM);
    group.bench_function("averaged 4096", |bencher| {
        bencher.iter(|| spectrum.process(black_box(&input)));
    });
}

criterion_group! {
    name = benches;
    config = cpu_time();
    targets = filter, mix, spectrum
}
criterion_main!(benches);
