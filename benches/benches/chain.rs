//! The whole chain in one thread: QPSK, convolutional and Reed-Solomon code, 3 samples a symbol, Eb/N0 6 dB. Rates
//! are samples per second. What the threads make of it is measured by the program `throughput`.

mod common;

use common::{CpuTime, cpu_time, group};
use criterion::{Criterion, criterion_group, criterion_main};
use groundlink_benches::link::{Link, Offsets, Transmitter};
use groundlink_benches::receive::{ReceivingEnd, feed_batch};
use groundlink_decoder::coding::FrameDecoder;
use groundlink_dsp::SoftBatch;
use groundlink_dsp::receiver::Receiver;
use std::hint::black_box;

const SAMPLES: usize = 1_000_000;
const BLOCK: usize = 1 << 16;
const EB_N0_DB: f64 = 6.0;

fn chain(criterion: &mut Criterion<CpuTime>) {
    let link = Link::concatenated().expect("the demo's profile is sound");
    let offsets = Offsets {
        frequency_hz: link.signal.symbol_rate_hz / 100.0,
        clock_ppm: 10.0,
    };
    let transmitter = Transmitter::new(&link, EB_N0_DB, offsets, 1).expect("a sound link");
    let samples = transmitter.record(SAMPLES).expect("a sound link");
    let mut batch = SoftBatch::default();
    let mut group = group(criterion, "receiver qpsk 3 samples", samples.len());
    group.bench_function("receiver", |bencher| {
        bencher.iter(|| {
            batch.clear();
            let mut receiver = Receiver::new(&link.signal).expect("a sound signal");
            for block in black_box(&samples).chunks(BLOCK) {
                receiver.process(block, &mut batch);
            }
            receiver.finish(&mut batch);
        });
    });
    group.finish();
    let mut group = self::group(criterion, "whole chain", samples.len());
    let mut frames = Vec::new();
    group.bench_function("frame decoder", |bencher| {
        bencher.iter(|| {
            frames.clear();
            let mut decoder = FrameDecoder::new(&link.coding).expect("a sound coding");
            feed_batch(&mut decoder, black_box(&batch), false, &mut frames);
            decoder.finish(&mut frames);
        });
    });
    group.bench_function("samples to packets", |bencher| {
        bencher.iter(|| {
            let mut end = ReceivingEnd::new(&link).expect("a sound link");
            let mut good = 0;
            for block in black_box(&samples).chunks(BLOCK) {
                end.process(block, |_, is_good, _| good += usize::from(is_good));
            }
            end.finish(|_, is_good, _| good += usize::from(is_good));
            good
        });
    });
}

criterion_group! {
    name = benches;
    config = cpu_time();
    targets = chain
}
criterion_main!(benches);
