//! Reed-Solomon against published vectors, an independent implementation and its own law.

use fec::reed_solomon as oracle;
use groundlink_decoder::coding::reed_solomon::{ReedSolomon, RsBlock};
use groundlink_decoder::coding::{CodingError, ReedSolomonConfig, RsBasis};
use proptest::prelude::*;

fn config(parity: usize, basis: RsBasis) -> ReedSolomonConfig {
    ReedSolomonConfig {
        parity,
        interleave: 1,
        data_bytes: 255 - parity,
        basis,
        field: 0x187,
        first_root: if parity == 32 { 112 } else { 120 },
        primitive: 11,
        covers_asm: false,
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).expect("hex"))
        .collect()
}

#[test]
fn parity_equals_the_published_vectors() {
    let Some(root) = std::env::var_os("GROUNDLINK_DATA") else {
        eprintln!("skipped: GROUNDLINK_DATA is not set");
        return;
    };
    let path = std::path::Path::new(&root).join("vectors/rs_crc_prn_ldpctc_vectors.json");
    let vectors: serde_json::Value =
        serde_json::from_slice(&std::fs::read(path).expect("vectors")).expect("JSON");
    let mut seen = 0;
    for (key, basis) in [
        ("rs255_223_dual", RsBasis::Dual),
        ("rs255_223_conventional", RsBasis::Conventional),
    ] {
        for vector in vectors[key].as_array().expect("list") {
            let text = |field: &str| unhex(vector[field].as_str().expect("text"));
            let mut parity = [0; 32];
            ReedSolomon::new(&config(32, basis))
                .expect("code")
                .encode(&text("data"), &mut parity);
            assert_eq!(parity.to_vec(), text("parity"), "{key}");
            seen += 1;
        }
    }
    assert_eq!(seen, 3);
}

/// Flips `count` different symbols.
fn corrupt(word: &mut [u8], seed: &[(usize, u8)]) -> usize {
    let mut places = std::collections::BTreeSet::new();
    for &(place, value) in seed {
        let place = place % word.len();
        if places.insert(place) {
            word[place] ^= value.max(1);
        }
    }
    places.len()
}

fn errors(most: usize) -> impl Strategy<Value = Vec<(usize, u8)>> {
    prop::collection::vec((any::<usize>(), any::<u8>()), 0..=most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn agrees_with_the_oracle_on_encoding_correcting_and_refusing(
        data in prop::collection::vec(any::<u8>(), 223),
        seed in errors(24),
        dual in any::<bool>(),
    ) {
        let basis = if dual { RsBasis::Dual } else { RsBasis::Conventional };
        let code = ReedSolomon::new(&config(32, basis)).expect("code");
        let mut word = data.clone();
        word.resize(255, 0);
        code.encode(&data, &mut word[223..]);
        let convert = |word: &[u8]| -> Vec<u8> {
            word.iter().map(|&b| if dual { oracle::ccsds::dual_to_conv(b) } else { b }).collect()
        };
        let mut reference = vec![0; 255];
        oracle::Encoder::new_ccsds().encode(&convert(&data), &mut reference).expect("encodes");
        prop_assert_eq!(&convert(&word), &reference);

        let clean = word.clone();
        let count = corrupt(&mut word, &seed);
        let received = word.clone();
        let result = code.decode(&mut word);
        let mut message = vec![0; 223];
        let theirs = oracle::Decoder::new_ccsds().decode(&convert(&received), &mut message);
        prop_assert_eq!(result.is_some(), theirs.is_ok());
        if count <= 16 {
            prop_assert_eq!(result, Some(count as u8));
            prop_assert_eq!(word, clean);
        } else if result.is_none() {
            prop_assert_eq!(word, received);
        }
    }

    #[test]
    fn interleaved_shortened_blocks_of_any_code_come_back(
        interleave in 1usize..=8,
        half_parity in 1usize..=16,
        fill in 0usize..200,
        (field, first_root, primitive) in prop::sample::select(vec![
            (0x187u16, 112u32, 11u32), (0x187, 120, 11), (0x11D, 1, 1), (0x11D, 0, 1), (0x12B, 254, 7),
        ]),
        random in any::<u64>(),
        seed in prop::collection::vec(errors(16), 8),
    ) {
        let parity = 2 * half_parity;
        let information = (255 - parity).saturating_sub(fill).max(1);
        let config = ReedSolomonConfig {
            parity, interleave, data_bytes: information * interleave,
            basis: RsBasis::Conventional, field, first_root, primitive, covers_asm: false,
        };
        let code = RsBlock::new(&config).expect("code");
        let mut block: Vec<u8> =
            (0..code.block_bytes() as u64).map(|n| (random.wrapping_mul(n * 2 + 1) >> 32) as u8).collect();
        code.encode(&mut block);
        let clean = block.clone();
        let mut expected = Vec::new();
        for first in 0..interleave {
            let mut word: Vec<u8> = block[first..].iter().step_by(interleave).copied().collect();
            let count = corrupt(&mut word, &seed[first][..seed[first].len().min(half_parity)]);
            for (to, from) in block[first..].iter_mut().step_by(interleave).zip(word) {
                *to = from;
            }
            expected.push(Some(count as u8));
        }
        let mut corrections = Vec::new();
        prop_assert!(code.decode(&mut block, &mut corrections));
        prop_assert_eq!(corrections, expected);
        prop_assert_eq!(block, clean);
    }

    #[test]
    fn noise_is_refused_and_left_alone(noise in prop::collection::vec(any::<u8>(), 255)) {
        let code = ReedSolomon::new(&config(32, RsBasis::Dual)).expect("code");
        let mut word = noise.clone();
        prop_assert_eq!(code.decode(&mut word), None);
        prop_assert_eq!(word, noise);
    }
}

#[test]
fn one_bad_codeword_does_not_touch_the_others_nor_its_own_bytes() {
    let config = ReedSolomonConfig {
        interleave: 3,
        data_bytes: 669,
        ..config(32, RsBasis::Dual)
    };
    let code = RsBlock::new(&config).expect("code");
    let mut block: Vec<u8> = (0..code.block_bytes()).map(|n| (n * n / 3) as u8).collect();
    code.encode(&mut block);
    let clean = block.clone();
    for n in 0..40 {
        block[1 + 9 * n] ^= 0x5A;
    }
    block[3] ^= 1;
    let mut expected = block.clone();
    expected[3] ^= 1;
    let mut corrections = Vec::new();
    assert!(!code.decode(&mut block, &mut corrections));
    assert_eq!(corrections, [Some(1), None, Some(0)]);
    assert_eq!(block, expected);
    assert_ne!(block, clean);
}

#[test]
fn words_of_impossible_length_are_refused() {
    let code = ReedSolomon::new(&config(32, RsBasis::Dual)).expect("code");
    assert_eq!(code.decode(&mut [0; 31]), None);
    assert_eq!(code.decode(&mut [0; 256]), None);
    assert_eq!(code.decode(&mut []), None);
}

#[test]
fn impossible_codes_name_field_value_and_limit() {
    let base = config(32, RsBasis::Dual);
    let cases = [
        (
            ReedSolomonConfig {
                parity: 31,
                ..base.clone()
            },
            "parity is 31, must be even, from 2 to 32",
        ),
        (
            ReedSolomonConfig {
                parity: 0,
                ..base.clone()
            },
            "parity is 0, must be even, from 2 to 32",
        ),
        (
            ReedSolomonConfig {
                field: 0x11B,
                basis: RsBasis::Conventional,
                ..base.clone()
            },
            "field is 283, must be a primitive polynomial of degree 8, such as 0x187",
        ),
        (
            ReedSolomonConfig {
                field: 0x11D,
                ..base.clone()
            },
            "field is 285, must be 0x187 where the basis is dual",
        ),
        (
            ReedSolomonConfig {
                primitive: 5,
                ..base.clone()
            },
            "primitive is 5, must be without common divisor with 255",
        ),
        (
            ReedSolomonConfig {
                interleave: 9,
                ..base.clone()
            },
            "interleave is 9, must be from 1 to 8",
        ),
        (
            ReedSolomonConfig {
                interleave: 2,
                ..base
            },
            "data_bytes is 223, must be a multiple of the interleaving depth 2, from 2 to 446",
        ),
    ];
    for (config, message) in cases {
        let error: CodingError = RsBlock::new(&config).expect_err("impossible");
        assert_eq!(error.to_string(), message);
    }
}
