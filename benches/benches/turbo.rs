//! Turbo codes, ten iterations without early stopping, on every vector unit of the processor: the plain form first,
//! the fastest last. Rates are information bits per second of single frames, one after the other.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use groundlink_decoder::coding::turbo::{
    TurboAlgorithm, TurboBackend, TurboCode, TurboDecoder, TurboEncoder, TurboOptions, TurboRate,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use std::hint::black_box;
use std::time::Duration;

const RATES: [TurboRate; 4] = [TurboRate::R12, TurboRate::R13, TurboRate::R14, TurboRate::R16];

fn random(bytes: usize) -> Vec<u8> {
    let mut data = vec![0; bytes];
    ChaCha8Rng::seed_from_u64(1).fill_bytes(&mut data);
    data
}

/// A codeword's soft bits at Eb/N0 = 1 dB, eighths of a nat.
fn received(code: TurboCode) -> Vec<i8> {
    let mut bits = Vec::new();
    TurboEncoder::new(code)
        .expect("a code of the standard")
        .encode(&random(code.info_bits() / 8), &mut bits);
    let es_n0 = 10f64.powf(0.1) * code.info_bits() as f64 / code.code_bits() as f64;
    let noise = Normal::new(0.0, (0.5 / es_n0).sqrt()).expect("a finite deviation");
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    bits.iter()
        .map(|&bit| {
            let value = f64::from(bit) * 2.0 - 1.0 + noise.sample(&mut rng);
            (value * 4.0 * es_n0 * 8.0).round().clamp(-127.0, 127.0) as i8
        })
        .collect()
}

fn decode(criterion: &mut Criterion) {
    for (algorithm, name) in [
        (TurboAlgorithm::LogMap, "log-MAP"),
        (TurboAlgorithm::MaxLogMap, "max-log-MAP"),
    ] {
        let mut group = criterion.benchmark_group(format!("turbo {name}, 10 iterations"));
        group
            .warm_up_time(Duration::from_millis(200))
            .measurement_time(Duration::from_secs(1))
            .sample_size(20);
        let short = TurboCode {
            rate: TurboRate::R12,
            k: 1784,
        };
        for code in RATES
            .map(|rate| TurboCode { rate, k: 8920 })
            .into_iter()
            .chain([short])
        {
            let soft = received(code);
            let mut info = vec![0; code.info_bits() / 8];
            group.throughput(Throughput::Elements(code.info_bits() as u64));
            for backend in TurboBackend::available() {
                let options = TurboOptions {
                    algorithm,
                    early_stop: false,
                    ..TurboOptions::default()
                };
                let mut decoder =
                    TurboDecoder::with_backend(code, options, backend).expect("a code of the standard");
                group.bench_function(format!("{:?} k={} {backend:?}", code.rate, code.k), |b| {
                    b.iter(|| decoder.decode(black_box(&soft), &mut info));
                });
            }
        }
        group.finish();
    }
}

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("turbo encoder");
    group
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20);
    for code in RATES.map(|rate| TurboCode { rate, k: 8920 }) {
        let info = random(code.info_bits() / 8);
        let mut encoder = TurboEncoder::new(code).expect("a code of the standard");
        let mut bits = Vec::with_capacity(code.code_bits());
        group.throughput(Throughput::Elements(code.info_bits() as u64));
        group.bench_function(format!("{:?} k={}", code.rate, code.k), |b| {
            b.iter(|| {
                bits.clear();
                encoder.encode(black_box(&info), &mut bits);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decode, encode);
criterion_main!(benches);
