//! Units in which Reed-Solomon failed: iterated decoding with known codewords, erasures, reversed error events.

mod coding_common;

use coding_common::{Random, ccsds, channel, receive, transmit};
use groundlink_decoder::coding::{
    CodedFrame, CodingConfig, ConvolutionalConfig, Descrambler, InvertedBranch, LineCode, PunctureRate,
    SymbolBits,
};
use proptest::prelude::*;

fn once(config: &CodingConfig) -> CodingConfig {
    CodingConfig {
        convolutional: config.convolutional.map(|code| ConvolutionalConfig {
            iterate: false,
            ..code
        }),
        ..config.clone()
    }
}

/// Sends frames at an Es/N0 and receives them in one pass and iterated; both, after every frame was compared:
/// good ones with what was sent, codewords that failed in both ways with each other.
fn both(
    config: &CodingConfig,
    frames: usize,
    es_n0_db: f64,
    seed: u64,
) -> (Vec<CodedFrame>, Vec<CodedFrame>) {
    let mut random = Random(seed);
    let (sent, bits) = transmit(config, frames, (40, 200), &mut random);
    let soft = channel(&bits, es_n0_db, &mut random);
    let one = receive(&once(config), &soft, 50_000);
    let more = receive(config, &soft, 50_000);
    assert_eq!((one.len(), more.len()), (frames, frames));
    for ((one, more), sent) in one.iter().zip(&more).zip(&sent) {
        let corrections = |frame: &CodedFrame| {
            frame
                .quality
                .reed_solomon
                .as_ref()
                .expect("RS")
                .corrections
                .clone()
        };
        let (first, last) = (corrections(one), corrections(more));
        for (codeword, (first, last)) in first.iter().zip(&last).enumerate() {
            assert!(first.is_none() || first == last, "what was good stays");
            let bytes = |bytes: &[u8]| -> Vec<u8> {
                bytes
                    .iter()
                    .skip(codeword)
                    .step_by(config.reed_solomon.as_ref().expect("RS").interleave)
                    .copied()
                    .collect()
            };
            let expected = if last.is_some() { sent } else { &one.bytes };
            assert_eq!(bytes(&more.bytes), bytes(expected));
        }
        assert_eq!(one.quality.passes, 1);
        assert_eq!(more.quality.passes > 1, !one.good(), "tried where it failed");
    }
    (one, more)
}

fn good(frames: &[CodedFrame]) -> usize {
    frames.iter().filter(|frame| frame.good()).count()
}

/// Es/N0 of the concatenated code at rate 1/2 and depth 4.
fn es_n0_db(eb_n0_db: f64) -> f64 {
    eb_n0_db + 10.0 * (0.5 * 892.0 / 1024.0f64).log10()
}

#[test]
fn most_frames_that_failed_are_won_by_iterating() {
    for (line_code, seed, expected) in [
        (LineCode::NrzL, 51, (45, 59)),
        (LineCode::NrzM, 52, (47, 59)),
        (LineCode::NrzS, 53, (43, 58)),
    ] {
        let config = CodingConfig {
            line_code,
            ..ccsds(4)
        };
        let (one, more) = both(&config, 60, es_n0_db(2.0), seed);
        assert_eq!((good(&one), good(&more)), expected, "{line_code:?}");
    }
}

#[test]
fn iterating_works_through_the_masks_of_punctured_codes_and_either_polarity() {
    let config = CodingConfig {
        symbols: SymbolBits::Two,
        convolutional: Some(ConvolutionalConfig {
            rate: PunctureRate::R56,
            ..ConvolutionalConfig::default()
        }),
        ..ccsds(4)
    };
    let mut won = Vec::new();
    for seed in 60..64 {
        let mut random = Random(seed);
        let sent = CodingConfig {
            convolutional: config.convolutional.map(|code| ConvolutionalConfig {
                inverted: Some([InvertedBranch::G2, InvertedBranch::None][seed as usize % 2]),
                ..code
            }),
            ..config.clone()
        };
        let (frames, mut bits) = transmit(&sent, 16, (0, 64), &mut random);
        bits.resize(bits.len() + bits.len() % 2, 0);
        let mut soft = channel(&bits, 2.35, &mut random);
        // A quarter turn, one arm inverted, or both.
        for pair in soft.chunks_exact_mut(2) {
            (pair[0], pair[1]) = match seed % 3 {
                0 => (-pair[1], pair[0]),
                1 => (pair[0], -pair[1]),
                _ => (-pair[0], -pair[1]),
            };
        }
        let received = receive(&config, &soft, 50_000);
        let right = received
            .iter()
            .filter(|frame| frame.good() && frames.contains(&frame.bytes))
            .count();
        assert_eq!(right, good(&received));
        won.push((good(&receive(&once(&config), &soft, 50_000)), right));
    }
    assert_eq!(won, [(12, 15), (12, 16), (13, 15), (12, 15)]);
}

#[test]
fn a_descrambled_stream_is_decoded_once() {
    let config = CodingConfig {
        descrambler: Some(Descrambler::Iess308),
        ..ccsds(4)
    };
    let mut random = Random(54);
    let (_, bits) = transmit(&config, 12, (300, 200), &mut random);
    let received = receive(&config, &channel(&bits, es_n0_db(2.0), &mut random), 9999);
    assert!(good(&received) < received.len());
    assert!(received.iter().all(|frame| frame.quality.passes == 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]
    #[test]
    fn chunking_is_invisible(seed in any::<u64>(), part in 1usize..20_000) {
        let config = ccsds(2);
        let mut random = Random(seed);
        let (_, bits) = transmit(&config, 12, (3, 0), &mut random);
        // So low that the first pass fails on nearly every frame: one in twelve always.
        let soft = channel(&bits, es_n0_db(1.5), &mut random);
        let whole = receive(&config, &soft, usize::MAX);
        prop_assert!(whole.iter().any(|frame| frame.quality.passes > 1));
        prop_assert!(receive(&config, &soft, part) == whole);
    }
}
