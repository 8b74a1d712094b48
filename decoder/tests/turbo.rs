//! Turbo codes against published codewords and a frame of a lunar orbiter (found through `GROUNDLINK_DATA`).

mod common;

use common::{data, levelled};
use groundlink_decoder::coding::IterativeOutcome;
use groundlink_decoder::coding::turbo::{
    TurboAlgorithm, TurboCode, TurboDecoder, TurboEncoder, TurboOptions, TurboRate,
};

const RATES: [(TurboRate, &str); 4] = [
    (TurboRate::R12, "r12"),
    (TurboRate::R13, "r13"),
    (TurboRate::R14, "r14"),
    (TurboRate::R16, "r16"),
];
const LENGTHS: [usize; 4] = [1784, 3568, 7136, 8920];
const ALGORITHMS: [TurboAlgorithm; 2] = [TurboAlgorithm::LogMap, TurboAlgorithm::MaxLogMap];

/// Bits of a vector file: characters 0 and 1.
fn bits(name: &str) -> Option<Vec<u8>> {
    let text = data(&format!("vectors/turbo/{name}"))?;
    Some(text.trim_ascii().iter().map(|&c| c - b'0').collect())
}

fn decoder(code: TurboCode, algorithm: TurboAlgorithm) -> TurboDecoder {
    let options = TurboOptions {
        algorithm,
        ..TurboOptions::default()
    };
    TurboDecoder::new(code, options).expect("a code of the standard")
}

/// The vectors' message: 0, 1, 0, 1...
fn message(code: TurboCode) -> Vec<u8> {
    vec![0x55; code.info_bits() / 8]
}

fn soft(bits: &[u8]) -> Vec<i8> {
    bits.iter().map(|&bit| if bit == 1 { 64 } else { -64 }).collect()
}

#[test]
fn codewords_are_the_published_ones_and_decode() {
    for (rate, name) in RATES {
        for k in LENGTHS {
            let code = TurboCode { rate, k };
            let Some(golden) = bits(&format!("turbo_k{k}_{name}_golden.txt")) else {
                return;
            };
            assert_eq!(golden.len(), code.code_bits());
            let message = message(code);
            let mut coded = Vec::new();
            TurboEncoder::new(code)
                .expect("a code of the standard")
                .encode(&message, &mut coded);
            assert!(coded == golden, "{code:?}");
            for algorithm in ALGORITHMS {
                let mut info = vec![0; k / 8];
                let outcome = decoder(code, algorithm).decode(&soft(&golden), &mut info);
                assert_eq!(info, message, "{code:?}");
                let expected = IterativeOutcome {
                    iterations: 1,
                    converged: true,
                    syndrome_weight: None,
                    channel_errors: 0,
                };
                assert_eq!(outcome, expected, "{code:?}");
            }
        }
    }
}

#[test]
fn the_published_word_with_thirty_errors_is_corrected() {
    let Some(received) = bits("turbo_k1784_r13_err30_rx.txt") else {
        return;
    };
    let code = TurboCode {
        rate: TurboRate::R13,
        k: 1784,
    };
    for algorithm in ALGORITHMS {
        let mut info = vec![0; code.info_bits() / 8];
        let outcome = decoder(code, algorithm).decode(&soft(&received), &mut info);
        assert_eq!(info, message(code));
        assert!(outcome.converged);
        assert_eq!(outcome.channel_errors, 30);
    }
}

/// The 255-bit sequence of CCSDS 131.0-B-5 §10.
fn sequence() -> impl Iterator<Item = bool> {
    let mut register = [true; 8];
    std::iter::repeat_with(move || {
        let out = register[0];
        let new = register[0] ^ register[3] ^ register[5] ^ register[7];
        register.rotate_left(1);
        register[7] = new;
        out
    })
}

/// Soft symbols of a recording, derandomised.
fn recording(bytes: &[u8]) -> Vec<i8> {
    levelled(bytes)
        .iter()
        .zip(sequence())
        .map(|(v, flip)| (if flip { -v } else { *v } * 30.0).clamp(-127.0, 127.0) as i8)
        .collect()
}

#[test]
fn one_frame_of_dslwp_b_decodes_at_all_four_stations() {
    let code = TurboCode {
        rate: TurboRate::R14,
        k: 1784,
    };
    // With how many of the 7152 symbols received wrong.
    for (station, errors) in [("Dwingeloo", 0), ("Wakayama", 2), ("Shahe", 8), ("Harbin", 1523)] {
        let Some(bytes) = data(&format!("soft/dslwpb_constell1_{station}.c64")) else {
            return;
        };
        let expected = data("expected/dslwpb_constell1_frame.bin").unwrap_or_default();
        let symbols = recording(&bytes);
        assert_eq!(symbols.len(), code.code_bits());
        for algorithm in ALGORITHMS {
            let mut info = vec![0; code.info_bits() / 8];
            let outcome = decoder(code, algorithm).decode(&symbols, &mut info);
            assert_eq!(info, expected, "{station}");
            assert_eq!(
                (outcome.converged, outcome.channel_errors),
                (true, errors),
                "{station}"
            );
        }
    }
}
