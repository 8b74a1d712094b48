//! The filter bank, and what a downlink costs without and behind it, in CPU time of the thread.

mod common;

use common::{CpuTime, cpu_time, group, random};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use groundlink_dsp::Complex32;
use groundlink_dsp::channelizer::Channelizer;
use groundlink_dsp::downlink::Tuner;
use std::hint::black_box;

const SAMPLES: usize = 1 << 16;

/// Noise, as from an 8-bit converter.
fn samples() -> Vec<Complex32> {
    let centred = |byte: u8| (f32::from(byte) - 127.5) / 128.0;
    random(2 * SAMPLES, 1)
        .chunks_exact(2)
        .map(|pair| Complex32::new(centred(pair[0]), centred(pair[1])))
        .collect()
}

/// All channels of the bank given out.
fn banks(criterion: &mut Criterion<CpuTime>) {
    let input = samples();
    for channels in [16, 64, 256] {
        let mut group = group(criterion, &format!("channelizer {channels}"), SAMPLES);
        group.throughput(Throughput::Elements(SAMPLES as u64));
        let wanted: Vec<usize> = (0..channels).collect();
        let mut bank = Channelizer::new(channels, &wanted).expect("an even number of channels");
        let mut out = vec![Vec::with_capacity(SAMPLES); channels];
        group.bench_function("groundlink", |bencher| {
            bencher.iter(|| {
                out.iter_mut().for_each(Vec::clear);
                bank.process(black_box(&input), &mut out);
            });
        });
    }
}

/// One channel of 25 kHz by itself.
fn tuners(criterion: &mut Criterion<CpuTime>) {
    let input = samples();
    for rate in [80e3, 2.4e6, 10e6] {
        let mut group = group(criterion, &format!("tuner {} kHz", rate / 1e3), SAMPLES);
        group.throughput(Throughput::Elements(SAMPLES as u64));
        let mut tuner = Tuner::new(rate, 0.1234 * rate, 12.5e3, 31.25e3);
        let mut out = Vec::with_capacity(SAMPLES);
        group.bench_function("groundlink", |bencher| {
            bencher.iter(|| {
                out.clear();
                tuner.process(black_box(&input), &mut out);
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = cpu_time();
    targets = banks, tuners
}
criterion_main!(benches);
