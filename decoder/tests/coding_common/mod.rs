//! What the tests of the coding layer share: configurations, frames and a noisy channel.
#![allow(dead_code, reason = "each test binary uses its part")]

#[path = "../common/mod.rs"]
mod common;

pub use common::*;

use groundlink_decoder::coding::{
    AsmConfig, CodedFrame, CodingConfig, ConvolutionalConfig, FrameDecoder, FrameEncoder, InvertedBranch,
    LineCode, PunctureRate, Randomized, Randomizer, ReedSolomonConfig, RsBasis, SymbolBits, SymbolOrder,
};

/// The inner code with nothing set that the decoder can find.
pub const FREE: ConvolutionalConfig = ConvolutionalConfig {
    rate: PunctureRate::R12,
    order: None,
    inverted: None,
    iterate: true,
};

/// One frame as CCSDS has it: convolutional code, RS of depth `interleave`, randomised.
pub fn ccsds(interleave: usize) -> CodingConfig {
    CodingConfig {
        symbols: SymbolBits::One,
        convolutional: Some(ConvolutionalConfig {
            order: Some(SymbolOrder::G1First),
            inverted: Some(InvertedBranch::G2),
            ..ConvolutionalConfig::default()
        }),
        line_code: LineCode::NrzL,
        descrambler: None,
        asm: AsmConfig {
            pattern: vec![0x1A, 0xCF, 0xFC, 0x1D],
            bits: 32,
            tolerance: None,
            flywheel: 3,
        },
        randomizer: Randomizer::Ccsds255,
        randomized: Randomized::default(),
        reed_solomon: Some(rs(interleave, RsBasis::Dual)),
        iterative: None,
        cltu: None,
        block_bytes: 255 * interleave,
        tail_bytes: 0,
    }
}

pub fn rs(interleave: usize, basis: RsBasis) -> ReedSolomonConfig {
    ReedSolomonConfig {
        parity: 32,
        interleave,
        data_bytes: 223 * interleave,
        basis,
        field: 0x187,
        first_root: 112,
        primitive: 11,
        covers_asm: false,
    }
}

/// Encodes `count` random frames with idle bits before and behind: frames and channel bits.
pub fn transmit(
    config: &CodingConfig,
    count: usize,
    idle: (usize, usize),
    random: &mut Random,
) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut encoder = FrameEncoder::new(config).expect("possible configuration");
    let mut bits = Vec::new();
    encoder.idle(idle.0, &mut bits);
    let frames: Vec<Vec<u8>> = (0..count).map(|_| random.bytes(config.frame_bytes())).collect();
    for frame in &frames {
        encoder.encode(frame, &mut bits).expect("right length");
    }
    encoder.idle(idle.1, &mut bits);
    (frames, bits)
}

/// Channel bits to soft bits in white noise; `es_n0_db` per channel bit, mean magnitude about 40.
pub fn channel(bits: &[u8], es_n0_db: f64, random: &mut Random) -> Vec<i8> {
    let sigma = (0.5 / 10f64.powf(es_n0_db / 10.0)).sqrt();
    bits.iter()
        .map(|&bit| soft(f64::from(bit) * 2.0 - 1.0 + sigma * random.gaussian()))
        .collect()
}

/// Soft bits of noise alone, as strong as at `es_n0_db`.
pub fn noise(count: usize, random: &mut Random) -> Vec<i8> {
    (0..count).map(|_| soft(random.gaussian())).collect()
}

fn soft(value: f64) -> i8 {
    (value * 40.0).round().clamp(-127.0, 127.0) as i8
}

/// Sure soft bits.
pub fn sure(bits: &[u8]) -> Vec<i8> {
    bits.iter()
        .map(|&bit| if bit == 1 { 127 } else { -127 })
        .collect()
}

/// A QPSK symbol turned by `quarter` turns and perhaps mirrored.
pub fn turn(i: i8, q: i8, quarter: usize, mirrored: bool) -> [i8; 2] {
    let q = if mirrored { -q } else { q };
    match quarter {
        0 => [i, q],
        1 => [-q, i],
        2 => [-i, -q],
        _ => [q, -i],
    }
}

/// Bits as sure OQPSK symbols, the second arm times `sign`: as they are (case 0), or with either arm late or
/// exchanged (1 to 3).
pub fn offset_arms(bits: &[u8], sign: i8, case: usize) -> Vec<i8> {
    let natural = sure(bits);
    let i: Vec<i8> = natural.iter().step_by(2).copied().collect();
    let q: Vec<i8> = natural.iter().skip(1).step_by(2).map(|&v| v * sign).collect();
    // (first arm, second arm) of each symbol.
    (1..q.len() - 1)
        .flat_map(|n| match case {
            0 => [i[n], q[n]],
            1 => [q[n], -i[n + 1]],
            2 => [q[n], -i[n]],
            _ => [i[n], q[n - 1]],
        })
        .collect()
}

/// Decodes a whole stream in parts of `part` soft bits.
pub fn receive(config: &CodingConfig, soft: &[i8], part: usize) -> Vec<CodedFrame> {
    let mut decoder = FrameDecoder::new(config).expect("possible configuration");
    let mut frames = Vec::new();
    for part in soft.chunks(part) {
        decoder.feed(part, &mut frames);
    }
    decoder.finish(&mut frames);
    frames
}

pub fn bytes_of(frames: &[CodedFrame]) -> Vec<Vec<u8>> {
    frames.iter().map(|frame| frame.bytes.clone()).collect()
}
