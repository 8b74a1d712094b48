//! LDPC codes at the Eb/N0 of their operating points: information bits per second of one core, the decoder's
//! implementations beside each other and, where it has the code, the crate `labrador-ldpc`.

mod common;

use common::{CpuTime, cpu_time, group, random};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use groundlink_benches::ideal::IdealReceiver;
use groundlink_decoder::coding::ldpc::{
    Ar4jaRate, LdpcBackend, LdpcCode, LdpcDecoder, LdpcEncoder, LdpcOptions,
};
use labrador_ldpc::LDPCCode;
use std::hint::black_box;

/// Words of a measurement: enough that their iterations average.
const WORDS: usize = 64;
/// The first of these, for decoders that are a hundred times slower.
const FEW_WORDS: usize = 8;
/// Most iterations of `labrador-ldpc`.
const ITERATIONS: usize = 200;

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
    let bytes = code.info_bits() / 8;
    random(WORDS * bytes, 1)
        .chunks(bytes)
        .map(<[u8]>::to_vec)
        .collect()
}

/// The code in `labrador-ldpc`, which has neither C2 nor k = 16384.
fn theirs(code: LdpcCode) -> Option<LDPCCode> {
    match code {
        LdpcCode::Ar4ja { rate, k } => match (rate, k) {
            (Ar4jaRate::R12, 1024) => Some(LDPCCode::TM2048),
            (Ar4jaRate::R23, 1024) => Some(LDPCCode::TM1536),
            (Ar4jaRate::R45, 1024) => Some(LDPCCode::TM1280),
            (Ar4jaRate::R12, 4096) => Some(LDPCCode::TM8192),
            (Ar4jaRate::R23, 4096) => Some(LDPCCode::TM6144),
            (Ar4jaRate::R45, 4096) => Some(LDPCCode::TM5120),
            _ => None,
        },
        LdpcCode::Tc512 => Some(LDPCCode::TC512),
        LdpcCode::Tc128 => Some(LDPCCode::TC128),
        LdpcCode::C2 => None,
    }
}

fn encode(criterion: &mut Criterion<CpuTime>) {
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

fn decode(criterion: &mut Criterion<CpuTime>) {
    for (name, code, db) in operating_points() {
        let mut encoder = LdpcEncoder::new(code).expect("a code of the standard");
        let rate = code.info_bits() as f64 / code.code_bits() as f64;
        let mut channel = IdealReceiver::new(db + 10.0 * rate.log10(), 1);
        let messages = messages(code);
        let words: Vec<Vec<i8>> = messages
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
        if let Some(code) = theirs(code) {
            let words: Vec<Vec<i8>> = words.iter().take(FEW_WORDS).map(|soft| scaled(soft)).collect();
            let mut output = vec![0; code.output_len()];
            let mut working = vec![0; code.decode_ms_working_len()];
            let mut signs = vec![0; code.decode_ms_working_u8_len()];
            group.throughput(Throughput::Bits((FEW_WORDS * code.k()) as u64));
            let mut decode = |llrs: &[i8]| {
                code.decode_ms(llrs, &mut output, &mut working, &mut signs, ITERATIONS);
                output.starts_with(&messages[0])
            };
            assert!(decode(&words[0]), "the codes are not the same");
            group.bench_function("labrador-ldpc", |bencher| {
                bencher.iter(|| words.iter().filter(|llrs| decode(black_box(llrs))).count());
            });
        }
    }
}

/// Soft bits as `labrador-ldpc` has them: positive is a zero, with room for sums in eight bits.
fn scaled(soft: &[i8]) -> Vec<i8> {
    soft.iter().map(|&llr| -(llr.max(-127) / 4)).collect()
}

criterion_group! {
    name = benches;
    config = cpu_time();
    targets = encode, decode
}
criterion_main!(benches);
