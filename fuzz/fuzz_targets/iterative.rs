//! Any soft bits through turbo and LDPC links, sliced ones too, cut anywhere: no panic, and the cuts change nothing.
#![no_main]

mod common;

use common::cuts_change_nothing;
use groundlink_decoder::coding::ldpc::{Ar4jaRate, LdpcCode};
use groundlink_decoder::coding::turbo::{TurboCode, TurboRate};
use groundlink_decoder::coding::{
    AsmConfig, CodingConfig, IterativeCode, IterativeConfig, LineCode, Randomized, Randomizer, SlicedConfig,
    SymbolBits,
};
use libfuzzer_sys::fuzz_target;

fn marker() -> AsmConfig {
    AsmConfig {
        pattern: vec![0x1A, 0xCF],
        bits: 16,
        tolerance: None,
        flywheel: 1,
    }
}

fuzz_target!(|data: &[u8]| {
    let [switches, cut, rest @ ..] = data else { return };
    let code = match switches % 4 {
        0 => IterativeCode::Turbo(TurboCode {
            rate: TurboRate::R12,
            k: 1784,
        }),
        1 => IterativeCode::Ldpc(LdpcCode::Tc128),
        2 => IterativeCode::Ldpc(LdpcCode::Tc512),
        _ => IterativeCode::Ldpc(LdpcCode::Ar4ja {
            rate: Ar4jaRate::R45,
            k: 1024,
        }),
    };
    let codewords = 1 + usize::from(switches / 4 % 3);
    let sliced = switches & 64 != 0;
    let config = CodingConfig {
        symbols: [SymbolBits::One, SymbolBits::Two][usize::from(switches >> 7)],
        convolutional: None,
        line_code: LineCode::NrzL,
        descrambler: None,
        asm: marker(),
        randomizer: Randomizer::Ccsds255,
        randomized: Randomized::default(),
        reed_solomon: None,
        iterative: Some(IterativeConfig {
            code,
            codewords,
            sliced: sliced.then(|| SlicedConfig { csm: marker() }),
        }),
        cltu: None,
        block_bytes: if sliced {
            9
        } else {
            codewords * code.info_bits() / 8
        },
        tail_bytes: 0,
    };
    cuts_change_nothing(&config, rest, *cut);
});
