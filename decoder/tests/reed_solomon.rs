//! Reed-Solomon against published vectors, an independent implementation and its own law.

mod common;

use common::{published_vectors, unhex};
use fec::reed_solomon as oracle;
use groundlink_decoder::coding::reed_solomon::{
    Kernel, ReedSolomon, RsBlock, RsWord, miscorrection_probability,
};
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

#[test]
fn parity_equals_the_published_vectors() {
    let Some(vectors) = published_vectors() else {
        return;
    };
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

/// A code of any field, first root, primitive and basis, with its fill.
fn any_code() -> impl Strategy<Value = ReedSolomonConfig> {
    let field = prop::sample::select(vec![
        (0x187u16, RsBasis::Dual),
        (0x187, RsBasis::Conventional),
        (0x11D, RsBasis::Conventional),
        (0x12B, RsBasis::Conventional),
        (0x1F5, RsBasis::Conventional),
    ]);
    let primitive = prop::sample::select(vec![1u32, 2, 7, 11, 254]);
    (field, primitive, 0u32..600, 1usize..=16, 0usize..250, 1usize..=8).prop_map(
        |((field, basis), primitive, first_root, half_parity, fill, interleave)| {
            let parity = 2 * half_parity;
            let information = (255 - parity).saturating_sub(fill).max(1);
            ReedSolomonConfig {
                parity,
                interleave,
                data_bytes: information * interleave,
                basis,
                field,
                first_root,
                primitive,
                covers_asm: false,
            }
        },
    )
}

/// Random bytes (the generator `SplitMix64`).
fn bytes(random: u64, count: usize) -> Vec<u8> {
    let mut state = random;
    let next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ z >> 31) as u8
    };
    std::iter::repeat_with(next).take(count).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Words with too many errors included.
    #[test]
    fn every_kernel_equals_the_plain_one(
        config in any_code(),
        random in any::<u64>(),
        seed in prop::collection::vec(errors(20), 8),
    ) {
        let plain = RsBlock::with_kernel(&config, Kernel::Plain).expect("code");
        let mut block = bytes(random, plain.block_bytes());
        let original = block.clone();
        plain.encode(&mut block);
        for kernel in [Kernel::Avx512].into_iter().filter(|kernel| kernel.available()) {
            let vector = RsBlock::with_kernel(&config, kernel).expect("code");
            let mut theirs = original.clone();
            vector.encode(&mut theirs);
            prop_assert_eq!(&theirs, &block);
            for (first, seed) in seed.iter().enumerate().take(config.interleave) {
                let mut word: Vec<u8> = block[first..].iter().step_by(config.interleave).copied().collect();
                corrupt(&mut word, seed);
                for (to, from) in theirs[first..].iter_mut().step_by(config.interleave).zip(word) {
                    *to = from;
                }
            }
            let mut ours = theirs.clone();
            let (mut left, mut right) = (Vec::new(), Vec::new());
            prop_assert_eq!(vector.decode(&mut theirs, &mut left), plain.decode(&mut ours, &mut right));
            prop_assert_eq!(left, right);
            prop_assert_eq!(theirs, ours);
        }
    }

    /// With little parity a random word is often near a codeword.
    #[test]
    fn every_kernel_equals_the_plain_one_on_noise(
        config in any_code(),
        half_parity in 1usize..=4,
        random in any::<u64>(),
    ) {
        let config = ReedSolomonConfig {
            parity: 2 * half_parity,
            data_bytes: config.data_bytes.min(config.interleave * (255 - 2 * half_parity)),
            ..config
        };
        let plain = RsBlock::with_kernel(&config, Kernel::Plain).expect("code");
        for kernel in [Kernel::Avx512].into_iter().filter(|kernel| kernel.available()) {
            let vector = RsBlock::with_kernel(&config, kernel).expect("code");
            let mut theirs = bytes(random, plain.block_bytes());
            let mut ours = theirs.clone();
            let (mut left, mut right) = (Vec::new(), Vec::new());
            prop_assert_eq!(vector.decode(&mut theirs, &mut left), plain.decode(&mut ours, &mut right));
            prop_assert_eq!(left, right);
            prop_assert_eq!(theirs, ours);
        }
    }

    #[test]
    fn errors_and_erasures_within_the_capability_come_back(
        config in any_code(),
        random in any::<u64>(),
        erased in prop::collection::vec((any::<usize>(), any::<u8>()), 0..=32),
        wrong in errors(16),
    ) {
        let code = ReedSolomon::new(&config).expect("code");
        let information = config.data_bytes / config.interleave;
        let mut word = bytes(random, information);
        word.resize(information + config.parity, 0);
        let (data, parity) = word.split_at_mut(information);
        code.encode(data, parity);
        let clean = word.clone();
        let mut erasures: Vec<u8> = Vec::new();
        for (place, value) in erased.into_iter().take(config.parity) {
            let place = (place % word.len()) as u8;
            if !erasures.contains(&place) {
                // A value of 0 leaves the erased symbol right.
                word[usize::from(place)] ^= value;
                erasures.push(place);
            }
        }
        let mut places = std::collections::BTreeSet::new();
        for (place, value) in wrong {
            let place = (place % word.len()) as u8;
            if 2 * (places.len() + 1) + erasures.len() <= config.parity
                && !erasures.contains(&place)
                && places.insert(place)
            {
                word[usize::from(place)] ^= value.max(1);
            }
        }
        let received = word.clone();
        let expected = RsWord { errors: places.len() as u8, erasures: erasures.len() as u8 };
        // A position given twice counts once.
        let mut given = erasures.clone();
        given.extend(erasures.first());
        prop_assert_eq!(code.decode_erasures(&mut word, &given, expected.errors), Some(expected));
        prop_assert_eq!(&word, &clean);
        if expected.errors > 0 {
            word.copy_from_slice(&received);
            // A codeword of its own may be near enough, but never with more errors than asked for.
            if let Some(found) = code.decode_erasures(&mut word, &erasures, expected.errors - 1) {
                prop_assert!(found.errors < expected.errors);
            } else {
                prop_assert_eq!(word, received);
            }
        }
    }

    #[test]
    fn with_erasures_too_a_word_that_fails_is_left_alone(
        noise in prop::collection::vec(any::<u8>(), 255),
        erasures in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let code = ReedSolomon::new(&config(32, RsBasis::Dual)).expect("code");
        let mut word = noise.clone();
        if code.decode_erasures(&mut word, &erasures, 16).is_none() {
            prop_assert_eq!(word, noise);
        }
    }
}

/// Share of random words that are accepted with the first `erasures` positions erased.
fn accepted(code: &ReedSolomon, length: usize, erasures: u8, errors: u8, words: usize) -> f64 {
    let erasures: Vec<u8> = (0..erasures).collect();
    let count = (0..words as u64)
        .filter(|&n| {
            let mut word = bytes(n << 20, length);
            code.decode_erasures(&mut word, &erasures, errors).is_some()
        })
        .count();
    count as f64 / words as f64
}

#[test]
fn random_words_are_accepted_as_often_as_theory_says() {
    const WORDS: usize = 20_000;
    for (parity, erasures, errors) in [
        (2, 0, 1),
        (4, 0, 2),
        (6, 0, 3),
        (4, 2, 1),
        (4, 1, 1),
        (2, 1, 0),
        (4, 3, 0),
    ] {
        let code = ReedSolomon::new(&config(parity, RsBasis::Dual)).expect("code");
        let theory = miscorrection_probability(parity, erasures, errors);
        let rate = accepted(&code, 255, erasures as u8, errors as u8, WORDS);
        let sigma = (theory * (1.0 - theory) / WORDS as f64).sqrt();
        assert!(
            (rate - theory).abs() <= 4.0 * sigma,
            "{parity} {erasures} {errors}: {rate} for {theory}"
        );
        let shortened = accepted(&code, 100, erasures as u8, errors as u8, WORDS);
        assert!(
            shortened <= theory + 4.0 * sigma,
            "{parity} {erasures} {errors}: {shortened}"
        );
    }
    assert_eq!(miscorrection_probability(4, 3, 1), 1.0, "beyond what is decoded");
}

#[test]
fn errors_beyond_the_capability_are_miscorrected_no_more_often_than_theory_allows() {
    const WORDS: usize = 20_000;
    for (parity, errors) in [(4, 3), (4, 7), (6, 4), (6, 12)] {
        let code = ReedSolomon::new(&config(parity, RsBasis::Dual)).expect("code");
        let mut wrong = 0;
        for n in 0..WORDS as u64 {
            // The zero codeword, and errors at different places.
            let mut word = [0; 255];
            let mut random = bytes(n << 20, 4 * errors).into_iter();
            while word.iter().filter(|&&symbol| symbol != 0).count() < errors {
                let Some((place, value)) = random.next().zip(random.next()) else {
                    break;
                };
                word[usize::from(place) % 255] = value.max(1);
            }
            wrong += usize::from(code.decode(&mut word).is_some());
        }
        let rate = wrong as f64 / WORDS as f64;
        let theory = miscorrection_probability(parity, 0, parity / 2);
        let sigma = (theory * (1.0 - theory) / WORDS as f64).sqrt();
        assert!(
            rate <= theory + 4.0 * sigma,
            "{parity} {errors}: {rate} for {theory}"
        );
        assert!(
            rate >= theory / 2.0,
            "{parity} {errors}: {rate} for {theory}: the words are not near codewords"
        );
    }
}

#[test]
fn impossible_erasures_are_refused() {
    let code = ReedSolomon::new(&config(16, RsBasis::Dual)).expect("code");
    let all: Vec<u8> = (0..17).collect();
    assert_eq!(code.decode_erasures(&mut [0; 255], &all, 8), None);
    assert_eq!(code.decode_erasures(&mut [0; 100], &[100], 8), None);
    assert_eq!(
        code.decode_erasures(&mut [0; 100], &[99, 99], 8),
        Some(RsWord {
            errors: 0,
            erasures: 1
        })
    );
    let block = RsBlock::new(&ReedSolomonConfig {
        interleave: 2,
        data_bytes: 478,
        ..config(16, RsBasis::Dual)
    })
    .expect("code");
    assert_eq!(block.decode_erasures(&mut [0; 510], 2, &[], 8), None);
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
