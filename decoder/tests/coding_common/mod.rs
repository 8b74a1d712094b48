//! What the tests of the coding layer share: configurations, frames and a noisy channel.
#![allow(dead_code, reason = "each test binary uses its part")]

use groundlink_decoder::coding::{
    AsmConfig, CodedFrame, CodingConfig, ConvolutionalConfig, FrameDecoder, FrameEncoder, LineCode,
    Randomized, Randomizer, ReedSolomonConfig, RsBasis, SymbolBits, SymbolOrder,
};

/// Small deterministic generator (`SplitMix64`).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn gaussian(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// One frame as CCSDS has it: convolutional code, RS of depth `interleave`, randomised.
pub fn ccsds(interleave: usize) -> CodingConfig {
    CodingConfig {
        symbols: SymbolBits::One,
        convolutional: Some(ConvolutionalConfig {
            order: Some(SymbolOrder::G1First),
            g2_inverted: Some(true),
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
