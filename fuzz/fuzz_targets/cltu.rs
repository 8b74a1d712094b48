//! Any soft bits through every telecommand code, cut anywhere: no panic, and the cuts change nothing.
#![no_main]

use groundlink_decoder::telecommand::{BchMode, BchRandomized, CltuCode, CltuConfig, CltuDecoder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [switches, cut, rest @ ..] = data else { return };
    let code = match switches % 5 {
        0 => CltuCode::Bch {
            mode: BchMode::Detect,
            randomized: BchRandomized::Off,
        },
        1 | 2 => CltuCode::Bch {
            mode: BchMode::Correct,
            randomized: BchRandomized::DataAndFill,
        },
        3 => CltuCode::Ldpc128 {
            tail: switches & 128 != 0,
        },
        _ => CltuCode::Ldpc512,
    };
    let config = CltuConfig {
        start_tolerance: (switches & 64 != 0).then_some(4),
        max_codeblocks: 1 + usize::from(switches / 8 % 4),
        ..CltuConfig::new(code)
    };
    let soft: Vec<i8> = rest.iter().map(|&byte| byte.cast_signed()).collect();
    let decode = |chunk: usize| {
        let mut cltus = Vec::new();
        let mut decoder = CltuDecoder::new(&config).expect("a valid configuration");
        for part in soft.chunks(chunk) {
            decoder.feed(part, &mut cltus);
        }
        decoder.finish(&mut cltus);
        (cltus, decoder.status())
    };
    assert_eq!(decode(usize::from(*cut).max(1)), decode(soft.len().max(1)));
});
