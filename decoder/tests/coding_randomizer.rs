//! Randomizers before and after the code, in both directions.

mod coding_common;

use coding_common::{Random, ccsds};
use groundlink_decoder::coding::{CodingConfig, FrameDecoder, FrameEncoder, Randomized, Randomizer};

const KINDS: [Randomizer; 4] = [
    Randomizer::None,
    Randomizer::Ccsds255,
    Randomizer::Ccsds131071,
    Randomizer::Telecommand,
];

fn sent(config: &CodingConfig, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut encoder = FrameEncoder::new(config).expect("a good configuration");
    let mut bits = Vec::new();
    for frame in frames {
        encoder.encode(frame, &mut bits).expect("frames fit");
    }
    encoder.idle(200, &mut bits);
    bits
}

fn received(config: &CodingConfig, bits: &[u8]) -> Vec<Vec<u8>> {
    let mut decoder = FrameDecoder::new(config).expect("a good configuration");
    let soft: Vec<i8> = bits
        .iter()
        .map(|&bit| if bit == 1 { 127 } else { -127 })
        .collect();
    let mut frames = Vec::new();
    decoder.feed(&soft, &mut frames);
    decoder.finish(&mut frames);
    frames.into_iter().map(|frame| frame.bytes).collect()
}

#[test]
fn every_randomizer_comes_off_again_and_no_two_streams_are_alike() {
    let mut random = Random(9);
    let base = CodingConfig {
        convolutional: None,
        ..ccsds(3)
    };
    let frames: Vec<Vec<u8>> = (0..3).map(|_| random.bytes(base.frame_bytes())).collect();
    let mut streams = Vec::new();
    for randomized in [Randomized::Codeblock, Randomized::Frame] {
        for randomizer in KINDS {
            let config = CodingConfig {
                randomizer,
                randomized,
                ..base.clone()
            };
            let bits = sent(&config, &frames);
            assert_eq!(received(&config, &bits), frames, "{randomizer:?}, {randomized:?}");
            if randomizer != Randomizer::None || randomized == Randomized::Codeblock {
                streams.push(bits);
            }
        }
    }
    for (n, stream) in streams.iter().enumerate() {
        assert!(!streams[..n].contains(stream), "stream {n} is as one before it");
    }
}
