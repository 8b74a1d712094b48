//! Frame synchronisation: its states as they change, what it counts, and weak markers.

mod coding_common;

use coding_common::{Random, bytes_of, ccsds, channel, noise, receive, sure, transmit};
use groundlink_decoder::coding::{
    AsmConfig, CodedFrame, CodingConfig, ConvolutionalConfig, FrameDecoder, Randomizer, SyncChange, SyncState,
};

/// Frames, changes and the number of unconfirmed units of a stream decoded in parts.
fn follow(config: &CodingConfig, soft: &[i8], part: usize) -> (Vec<CodedFrame>, Vec<SyncChange>, u64) {
    let mut decoder = FrameDecoder::new(config).expect("possible configuration");
    let (mut frames, mut changes) = (Vec::new(), Vec::new());
    for part in soft.chunks(part) {
        decoder.feed(part, &mut frames);
        changes.extend(decoder.changes());
    }
    decoder.finish(&mut frames);
    changes.extend(decoder.changes());
    (frames, changes, decoder.status().unconfirmed)
}

fn states(changes: &[SyncChange]) -> Vec<(SyncState, u64, u64)> {
    changes
        .iter()
        .map(|change| (change.state, change.soft_index, change.frames))
        .collect()
}

fn without_inner() -> CodingConfig {
    CodingConfig {
        convolutional: None,
        ..ccsds(1)
    }
}

#[test]
fn a_marker_is_verified_by_the_code_and_a_lost_lock_is_told_where_it_ends() {
    let mut random = Random(21);
    let unit = 32 + 8 * 255;
    let (frames, bits) = transmit(&without_inner(), 4, (100, 0), &mut random);
    let mut soft = sure(&bits);
    soft.extend(noise(10 * unit, &mut random));
    let (received, changes, unconfirmed) = follow(&without_inner(), &soft, 1000);
    assert_eq!(bytes_of(&received), frames);
    let at = |units: u64| 100 + units * unit as u64;
    let expected = [
        (SyncState::Verify, at(0), 0),
        (SyncState::Lock, at(1), 1),
        (SyncState::Verify, at(4), 4),
        (SyncState::Search, at(8), 4),
    ];
    assert_eq!(states(&changes), expected);
    // Three flywheel frames and the one with which the lock was given up.
    assert_eq!(unconfirmed, 4);
}

#[test]
fn without_a_code_the_next_marker_verifies() {
    let mut random = Random(22);
    let config = CodingConfig {
        reed_solomon: None,
        ..without_inner()
    };
    let (frames, bits) = transmit(&config, 1, (77, 0), &mut random);
    let mut soft = sure(&bits);
    soft.extend(noise(3000, &mut random));
    let (received, changes, _) = follow(&config, &soft, 1000);
    assert_eq!(bytes_of(&received), frames);
    assert_eq!(states(&changes), [(SyncState::Verify, 77, 0)]);
    let (_, bits) = transmit(&config, 2, (77, 0), &mut random);
    let (received, changes, _) = follow(&config, &sure(&bits), 1000);
    assert_eq!(received.len(), 2);
    let expected = [(SyncState::Verify, 77, 0), (SyncState::Lock, 77 + 2072, 1)];
    assert_eq!(states(&changes), expected);
}

#[test]
fn changes_and_frames_have_one_order_whatever_the_cuts() {
    let mut random = Random(23);
    let config = CodingConfig {
        convolutional: Some(ConvolutionalConfig {
            order: None,
            inverted: None,
            ..ConvolutionalConfig::default()
        }),
        ..ccsds(1)
    };
    let (_, bits) = transmit(&config, 8, (300, 20), &mut random);
    let mut soft = noise(5001, &mut random);
    soft.extend(channel(&bits, 1.0, &mut random));
    soft.remove(20_000);
    soft.extend(noise(30_000, &mut random));
    let whole = follow(&config, &soft, usize::MAX);
    assert!(whole.0.len() >= 6);
    let nodes: Vec<&str> = whole.1.iter().map(|change| change.node.as_str()).collect();
    assert!(nodes.contains(&"G1 first, G2 inverted, offset 1"), "{nodes:?}");
    assert!(nodes.contains(&"G1 first, G2 inverted, offset 0"), "{nodes:?}");
    for part in [1, 1000, 5000, 65_536] {
        assert!(follow(&config, &soft, part) == whole, "parts of {part}");
    }
}

#[test]
fn markers_far_below_the_noise_begin_frames_at_the_right_places() {
    for (bytes, es_n0_db) in [(8, -1.5), (12, -4.0), (16, -5.4), (24, -7.5)] {
        let mut random = Random(24);
        let config = CodingConfig {
            reed_solomon: None,
            randomizer: Randomizer::None,
            asm: AsmConfig {
                pattern: random.bytes(bytes),
                bits: 8 * bytes as u32,
                tolerance: None,
                flywheel: 3,
            },
            block_bytes: 223,
            ..without_inner()
        };
        let (_, bits) = transmit(&config, 20, (500, 10), &mut random);
        let received = receive(&config, &channel(&bits, es_n0_db, &mut random), 999);
        let starts: Vec<u64> = received.iter().map(|frame| frame.soft_index).collect();
        let unit = 8 * (bytes as u64 + 223);
        let expected: Vec<u64> = (0..20).map(|n| 500 + n * unit).collect();
        assert_eq!(starts, expected, "{bytes} bytes");
        assert!(received.iter().all(|frame| frame.quality.asm_correlation > 0.2));
    }
}
