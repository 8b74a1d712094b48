//! Channel codes and marker search, each beside a plain version and the crate `fec`. Rates are information bits
//! (for the marker search: searched bits) per second.

mod common;

use common::{CpuTime, cpu_time, group, random};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use groundlink_benches::ideal::IdealReceiver;
use groundlink_benches::link::Link;
use groundlink_decoder::coding::reed_solomon::{Kernel, ReedSolomon, RsBlock};
use groundlink_decoder::coding::viterbi::{self, Viterbi};
use groundlink_decoder::coding::{FrameDecoder, ReedSolomonConfig, SymbolBits};
use std::hint::black_box;

/// Kernels by name; the portable one stands for those that the processor lacks.
const VITERBI_KERNELS: [(&str, viterbi::Kernel); 4] = [
    ("avx512", viterbi::Kernel::Avx512),
    ("avx2", viterbi::Kernel::Avx2),
    ("portable", viterbi::Kernel::Portable),
    ("plain", viterbi::Kernel::Plain),
];
/// Bytes that are convolutionally coded at a time.
const MESSAGE: usize = 2048;
/// Channel bit energy to noise density, dB: Eb/N0 = 6 dB at rate 1/2.
const CHANNEL_DB: f64 = 3.0;
/// Generators 171 and 133 octal, the newest bit lowest.
const GENERATORS: [u16; 2] = [0o117, 0o155];
const DATA: usize = 223;
const CODEWORD: usize = 255;
/// Interleaving depth of the codeblock.
const DEPTH: usize = 5;
const SEARCHED: usize = 1 << 16;
const MARKER: u32 = 0x1ACF_FC1D;

fn bits_of(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
}

/// Soft bits of a message, noisy or not, G1 and G2 in turn.
fn coded(message: &[u8], channel_db: f64) -> Vec<i8> {
    let mut encoder = fec::ConvEncoder::new(2, 7, &GENERATORS);
    let mut packed = vec![
        0;
        encoder
            .encode_len(message.len())
            .div_ceil(8)
            .max(2 * message.len() + 8)
    ];
    let count = encoder
        .encode(message, &mut packed)
        .expect("room for the coded bits");
    let bits: Vec<u8> = bits_of(&packed).take(count).collect();
    let mut soft = Vec::new();
    IdealReceiver::new(channel_db, 1).process(&bits, &mut soft);
    soft
}

fn decode(viterbi: &mut Viterbi, g1: &[i8], g2: &[i8], bits: &mut Vec<u8>) {
    bits.clear();
    viterbi.push(g1, g2);
    viterbi.finish(bits);
}

/// Soft bits as `fec` has them: 0 to 255, 128 knows nothing.
fn unsigned(soft: &[i8]) -> Vec<u8> {
    soft.iter().map(|&llr| (i16::from(llr) + 128) as u8).collect()
}

fn split(soft: &[i8]) -> (Vec<i8>, Vec<i8>) {
    let every_other = |first: usize| soft.iter().skip(first).step_by(2).copied().collect();
    (every_other(0), every_other(1))
}

fn viterbi(criterion: &mut Criterion<CpuTime>) {
    let message = random(MESSAGE, 1);
    let mut bits = Vec::new();
    let mut bytes = vec![0; MESSAGE];
    let mut other = fec::ConvDecoder::new(2, 7, &GENERATORS);
    let clear = coded(&message, 20.0);
    let (g1, g2) = split(&clear);
    for (_, kernel) in VITERBI_KERNELS {
        decode(&mut Viterbi::new(kernel), &g1, &g2, &mut bits);
        assert!(
            bits.iter().copied().take(8 * MESSAGE).eq(bits_of(&message)),
            "the codes are not the same"
        );
    }
    other
        .decode_soft(&unsigned(&clear), &mut bytes)
        .expect("room for the message");
    assert_eq!(bytes, message, "the codes are not the same");

    let soft = coded(&message, CHANNEL_DB);
    let (g1, g2) = split(&soft);
    let theirs = unsigned(&soft);
    let mut group = group(criterion, "viterbi", 8 * MESSAGE);
    for (name, kernel) in VITERBI_KERNELS {
        let mut viterbi = Viterbi::new(kernel);
        group.bench_function(name, |bencher| {
            bencher.iter(|| decode(&mut viterbi, black_box(&g1), black_box(&g2), &mut bits));
        });
    }
    group.bench_function("fec", |bencher| {
        bencher.iter(|| other.decode_soft(black_box(&theirs), &mut bytes));
    });
}

/// The code of the demo: E = 16, dual basis.
fn dual_config() -> ReedSolomonConfig {
    let coding = Link::concatenated().expect("the demo's profile is sound").coding;
    coding.reed_solomon.expect("the demo has Reed-Solomon")
}

/// The kernels of this processor, by name.
fn rs_kernels() -> impl Iterator<Item = (&'static str, Kernel)> {
    [("plain", Kernel::Plain), ("avx512", Kernel::Avx512)]
        .into_iter()
        .filter(|(_, kernel)| kernel.available())
}

fn rs_encode(criterion: &mut Criterion<CpuTime>) {
    let data = random(DATA, 2);
    let mut theirs = [0; CODEWORD - DATA];
    let mut other = fec::RsEncoder::new_ccsds();
    other
        .encode_ccsds_dual(&data, &mut theirs)
        .expect("room for the parity");
    let mut group = group(criterion, "reed-solomon encode", 8 * DATA);
    for (name, kernel) in rs_kernels() {
        let code = ReedSolomon::with_kernel(&dual_config(), kernel).expect("the CCSDS code");
        let mut ours = [0; CODEWORD - DATA];
        code.encode(&data, &mut ours);
        assert_eq!(ours, theirs, "the codes are not the same");
        group.bench_function(name, |bencher| {
            bencher.iter(|| code.encode(black_box(&data), &mut ours));
        });
    }
    group.bench_function("fec", |bencher| {
        bencher.iter(|| other.encode_ccsds_dual(black_box(&data), &mut theirs));
    });
}

/// A codeword by itself, and, as `interleaved`, each of the five of a codeblock.
fn rs_decode(criterion: &mut Criterion<CpuTime>) {
    let block_config = ReedSolomonConfig {
        interleave: DEPTH,
        data_bytes: DEPTH * DATA,
        ..dual_config()
    };
    let mut word = random(CODEWORD, 3);
    let (data, parity) = word.split_at_mut(DATA);
    ReedSolomon::new(&dual_config())
        .expect("the CCSDS code")
        .encode(data, parity);
    let mut other = fec::RsDecoder::new_ccsds();
    let mut message = [0; DATA];
    let mut corrections = Vec::new();
    for errors in [0usize, 8, 16] {
        let mut received = word.clone();
        (0..errors).for_each(|n| received[n * 15 + 3] ^= n as u8 + 1);
        let name = format!("reed-solomon decode {errors} errors");
        let mut group = group(criterion, &name, 8 * DATA);
        for (name, kernel) in rs_kernels() {
            let code = ReedSolomon::with_kernel(&dual_config(), kernel).expect("the CCSDS code");
            let mut work = received.clone();
            assert_eq!(code.decode(&mut work), Some(errors as u8));
            assert_eq!(work, word);
            group.bench_function(name, |bencher| {
                bencher.iter(|| {
                    work.copy_from_slice(black_box(&received));
                    code.decode(&mut work)
                });
            });
        }
        group.bench_function("fec", |bencher| {
            bencher.iter(|| other.decode_ccsds_dual(black_box(&received), &mut message));
        });
        let code = RsBlock::new(&block_config).expect("the CCSDS code");
        let block: Vec<u8> = received.iter().flat_map(|&symbol| [symbol; DEPTH]).collect();
        let mut work = block.clone();
        code.decode(&mut work, &mut corrections);
        assert_eq!(corrections, [Some(errors as u8); DEPTH]);
        group.throughput(Throughput::Bits((8 * DATA * DEPTH) as u64));
        group.bench_function("interleaved", |bencher| {
            bencher.iter(|| {
                work.copy_from_slice(black_box(&block));
                code.decode(&mut work, &mut corrections)
            });
        });
    }
}

/// Places where the marker fits in either polarity, bit by bit.
fn plain_search(soft: &[i8], tolerance: u32) -> usize {
    let fits = |window: &&[i8]| {
        let errors: u32 = (0..32)
            .map(|bit| u32::from((window[bit] > 0) != (MARKER >> (31 - bit) & 1 == 1)))
            .sum();
        errors <= tolerance || errors >= 32 - tolerance
    };
    soft.windows(32).filter(fits).count()
}

/// Search of a stream that has no marker, by the frame decoder of a link without codes.
fn asm_search(criterion: &mut Criterion<CpuTime>) {
    let mut coding = Link::concatenated().expect("the demo's profile is sound").coding;
    (coding.convolutional, coding.reed_solomon, coding.symbols) = (None, None, SymbolBits::One);
    coding.asm.tolerance = Some(1);
    let soft: Vec<i8> = random(SEARCHED, 4)
        .iter()
        .map(|byte| byte.cast_signed() | 1)
        .collect();
    let mut decoder = FrameDecoder::new(&coding).expect("a link without codes");
    let mut frames = Vec::new();
    let mut group = group(criterion, "marker search", SEARCHED);
    group.bench_function("frame decoder", |bencher| {
        bencher.iter(|| decoder.feed(black_box(&soft), &mut frames));
    });
    group.bench_function("plain", |bencher| {
        bencher.iter(|| plain_search(black_box(&soft), 1));
    });
    assert!(frames.is_empty(), "random bits held a frame");
}

criterion_group! {
    name = benches;
    config = cpu_time();
    targets = viterbi, rs_encode, rs_decode, asm_search
}
criterion_main!(benches);
