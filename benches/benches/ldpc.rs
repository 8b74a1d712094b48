//! LDPC codes at the Eb/N0 of their operating points: information bits per second of one core, the decoder's
//! implementations beside each other.

mod common;

use common::group;
use criterion::{Criterion, criterion_group, criterion_main};
use groundlink_benches::ideal::IdealReceiver;
use groundlink_decoder::coding::ldpc::{
    Ar4jaRate, LdpcBackend, LdpcCode, LdpcDecoder, LdpcEncoder, LdpcOptions,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::hint::black_box;

/// Words of a measurement: enough that their iterations average.
const WORDS: usize = 64;

fn ar4ja(rate: Ar4jaRate, k: usize) -> LdpcCode {
    LdpcCode::Ar4ja { rate, k }
}

/// Codes and the Eb/N0, in dB, at which they are used.
fn operating_points() -> [(&'static str, LdpcCode, f64); 8] {
    [
        ("C2 at 4.0 dB", LdpcCode::C2, 4.0),
        ("AR4JA 1/2 k=1024 at 2.0 dB", ar4ja(Ar4jaRate::R12, 1024), 2.0),
        ("AR4JA 1/2 k=4096 at 1.5 dB", ar4ja(Ar4jaRate::R12, 4096), 1.5),
        ("AR4JA 1/2 k=16384 at 1.2 dB", ar4ja(Ar4jaRate::R12, 16384), 1.2),
        ("AR4JA 2/3 k=4096 at 2.2 dB", ar4ja(Ar4jaRate::R23, 4096), 2.2),
        ("AR4JA 4/5 k=1024 at 3.8 dB", ar4ja(Ar4jaRate::R45, 1024), 3.8),
        ("AR4JA 4/5 k=4096 at 3.2 dB", ar4ja(Ar4jaRate::R45, 4096), 3.2),
        ("telecommand (512,256) at 3.5 dB", LdpcCode::Tc512, 3.5),
    ]
}

/// Random information, packed.
fn messages(code: LdpcCode) -> Vec<Vec<u8>> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut message = || {
        let mut info = vec![0; code.info_bits() / 8];
        random.fill_bytes(&mut info);
        info
    };
    (0..WORDS).map(|_| message()).collect()
}

fn encode(criterion: &mut Criterion) {
    for (name, code, _) in operating_points() {
        let name = name.split(" at ").next().unwrap_or(name);
        let mut encoder = LdpcEncoder::new(code).expect("a code of the standard");
        let messages = messages(code);
        let mut bits = Vec::new();
        let mut group = group(
            criterion,
            &format!("ldpc encode {name}"),
            WORDS * code.info_bits(),
        );
        group.bench_function("own", |bencher| {
            bencher.iter(|| {
                for info in &messages {
                    bits.clear();
                    encoder.encode(black_box(info), &mut bits);
                }
            });
        });
    }
}

fn decode(criterion: &mut Criterion) {
    for (name, code, db) in operating_points() {
        let mut encoder = LdpcEncoder::new(code).expect("a code of the standard");
        let rate = code.info_bits() as f64 / code.code_bits() as f64;
        let mut channel = IdealReceiver::new(db + 10.0 * rate.log10(), 1);
        let words: Vec<Vec<i8>> = messages(code)
            .iter()
            .map(|info| {
                let (mut bits, mut soft) = (Vec::new(), Vec::new());
                encoder.encode(info, &mut bits);
                channel.process(&bits, &mut soft);
                soft
            })
            .collect();
        let mut info = vec![0; code.info_bits() / 8];
        let mut group = group(
            criterion,
            &format!("ldpc decode {name}"),
            WORDS * code.info_bits(),
        );
        for backend in LdpcBackend::ALL {
            let mut decoder = LdpcDecoder::with_backend(code, LdpcOptions::default(), backend)
                .expect("a code of the standard");
            group.bench_function(format!("{backend:?}").to_lowercase(), |bencher| {
                bencher.iter(|| {
                    for soft in &words {
                        decoder.decode(black_box(soft), &mut info);
                    }
                });
            });
        }
    }
}

criterion_group!(benches, encode, decode);
criterion_main!(benches);
