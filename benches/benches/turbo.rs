//! Turbo codes, ten iterations without early stopping, on every vector unit of the processor: the plain form first,
//! the fastest last. Rates are information bits per second of single frames, one after the other.

mod common;

use common::{CpuTime, cpu_time, group, random};
use criterion::{Criterion, criterion_group, criterion_main};
use groundlink_benches::ideal::IdealReceiver;
use groundlink_decoder::coding::turbo::{
    TurboAlgorithm, TurboBackend, TurboCode, TurboDecoder, TurboEncoder, TurboOptions, TurboRate,
};
use std::hint::black_box;

const RATES: [TurboRate; 4] = [TurboRate::R12, TurboRate::R13, TurboRate::R14, TurboRate::R16];

/// A codeword's soft bits at Eb/N0 = 1 dB.
fn received(code: TurboCode) -> Vec<i8> {
    let mut bits = Vec::new();
    TurboEncoder::new(code)
        .expect("a code of the standard")
        .encode(&random(code.info_bits() / 8, 1), &mut bits);
    let rate = code.info_bits() as f64 / code.code_bits() as f64;
    let mut soft = Vec::new();
    IdealReceiver::new(1.0 + 10.0 * rate.log10(), 2).process(&bits, &mut soft);
    soft
}

fn name(code: TurboCode) -> String {
    format!("1/{} k={}", code.rate.symbols_per_bit(), code.k)
}

fn decode(criterion: &mut Criterion<CpuTime>) {
    let long = RATES.map(|rate| TurboCode { rate, k: 8920 });
    let short = TurboCode {
        rate: TurboRate::R12,
        k: 1784,
    };
    for (algorithm, algorithm_name) in [
        (TurboAlgorithm::LogMap, "log-MAP"),
        (TurboAlgorithm::MaxLogMap, "max-log-MAP"),
    ] {
        let options = TurboOptions {
            algorithm,
            early_stop: false,
            ..TurboOptions::default()
        };
        for code in long.into_iter().chain([short]) {
            let soft = received(code);
            let mut info = vec![0; code.info_bits() / 8];
            let title = format!("turbo decode {algorithm_name} {}", name(code));
            let mut group = group(criterion, &title, code.info_bits());
            for backend in TurboBackend::available() {
                let mut decoder =
                    TurboDecoder::with_backend(code, options, backend).expect("a code of the standard");
                group.bench_function(format!("{backend:?}").to_lowercase(), |bencher| {
                    bencher.iter(|| decoder.decode(black_box(&soft), &mut info));
                });
            }
        }
    }
}

fn encode(criterion: &mut Criterion<CpuTime>) {
    for code in RATES.map(|rate| TurboCode { rate, k: 8920 }) {
        let info = random(code.info_bits() / 8, 1);
        let mut encoder = TurboEncoder::new(code).expect("a code of the standard");
        let mut bits = Vec::with_capacity(code.code_bits());
        let title = format!("turbo encode {}", name(code));
        group(criterion, &title, code.info_bits()).bench_function("own", |bencher| {
            bencher.iter(|| {
                bits.clear();
                encoder.encode(black_box(&info), &mut bits);
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = cpu_time();
    targets = decode, encode
}
criterion_main!(benches);
