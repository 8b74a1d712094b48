//! Any soft bits through every kind of coding, cut anywhere: no panic, and the cuts change nothing.
#![no_main]

mod common;

use common::cuts_change_nothing;
use groundlink_decoder::coding::{
    AsmConfig, CodingConfig, ConvolutionalConfig, Descrambler, LineCode, PunctureRate, Randomized,
    Randomizer, ReedSolomonConfig, RsBasis, SymbolBits,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [switches, cut, rest @ ..] = data else { return };
    let config = CodingConfig {
        symbols: match switches % 4 {
            0 => SymbolBits::One,
            1 => SymbolBits::Two,
            // Three bits a symbol do not go with the inner code.
            3 if switches & 4 == 0 => SymbolBits::Three,
            _ => SymbolBits::TwoOffset,
        },
        convolutional: (switches & 4 != 0).then(|| ConvolutionalConfig {
            rate: PunctureRate::ALL[usize::from(switches / 32) % PunctureRate::ALL.len()],
            ..ConvolutionalConfig::default()
        }),
        line_code: if switches & 8 != 0 {
            LineCode::NrzM
        } else {
            LineCode::NrzL
        },
        descrambler: (switches & 16 != 0).then_some(Descrambler::Iess308),
        asm: AsmConfig {
            pattern: vec![0x1A, 0xCF],
            bits: 16,
            tolerance: None,
            flywheel: 1,
        },
        randomizer: Randomizer::Ccsds255,
        randomized: Randomized::default(),
        reed_solomon: Some(ReedSolomonConfig {
            parity: 16,
            interleave: 1,
            data_bytes: 8,
            basis: RsBasis::Dual,
            field: 0x187,
            first_root: 112,
            primitive: 11,
            covers_asm: false,
        }),
        iterative: None,
        cltu: None,
        block_bytes: 24,
        tail_bytes: 0,
    };
    cuts_change_nothing(&config, rest, *cut);
});
