//! Turbo and LDPC codes through the whole coding layer.

mod coding_common;

use coding_common::{Random, bytes_of, ccsds, channel, receive, transmit};
use groundlink_decoder::coding::ldpc::{Ar4jaRate, LdpcCode};
use groundlink_decoder::coding::turbo::{TurboCode, TurboRate};
use groundlink_decoder::coding::{
    AsmConfig, CodedFrame, CodingConfig, FrameDecoder, IterativeCode, IterativeConfig, SlicedConfig, Spread,
    SymbolBits, UnitJob,
};
use std::sync::Arc;

fn marker(hexadecimal: u128, bytes: usize) -> AsmConfig {
    AsmConfig {
        pattern: hexadecimal.to_be_bytes()[16 - bytes..].to_vec(),
        bits: 8 * bytes as u32,
        tolerance: None,
        flywheel: 3,
    }
}

fn link(code: IterativeCode, codewords: usize, asm: AsmConfig) -> CodingConfig {
    CodingConfig {
        convolutional: None,
        reed_solomon: None,
        iterative: Some(IterativeConfig {
            code,
            codewords,
            sliced: None,
        }),
        block_bytes: codewords * code.info_bits() / 8,
        asm,
        ..ccsds(1)
    }
}

/// Each code with Es/N0 somewhat above its threshold.
fn links() -> Vec<(CodingConfig, f64)> {
    let turbo = |rate, k| IterativeCode::Turbo(TurboCode { rate, k });
    let ar4ja = |rate, k| IterativeCode::Ldpc(LdpcCode::Ar4ja { rate, k });
    let long = || marker(0x0347_76C7_2728_95B0, 8);
    vec![
        (link(turbo(TurboRate::R12, 1784), 1, long()), -0.5),
        (
            link(
                turbo(TurboRate::R13, 3568),
                1,
                marker(0x25D5_C0CE_8990_F6C9_461B_F79C, 12),
            ),
            -3.0,
        ),
        (
            link(
                turbo(TurboRate::R14, 1784),
                1,
                marker(0x0347_76C7_2728_95B0_FCB8_8938_D8D7_6A4F, 16),
            ),
            -4.0,
        ),
        (link(ar4ja(Ar4jaRate::R12, 1024), 1, long()), 0.5),
        (link(ar4ja(Ar4jaRate::R23, 4096), 2, long()), 2.0),
        (link(ar4ja(Ar4jaRate::R45, 1024), 1, long()), 4.0),
        (
            link(IterativeCode::Ldpc(LdpcCode::C2), 1, marker(0x1ACF_FC1D, 4)),
            4.5,
        ),
    ]
}

#[test]
fn every_frame_comes_back_from_noise_the_first_and_the_last_too() {
    let mut random = Random(5);
    for (config, es_n0_db) in links() {
        for symbols in [SymbolBits::One, SymbolBits::Two] {
            let config = CodingConfig {
                symbols,
                ..config.clone()
            };
            let (frames, bits) = transmit(&config, 4, (100, 0), &mut random);
            let soft = channel(&bits, es_n0_db, &mut random);
            let decoded = receive(&config, &soft, 999);
            assert!(
                bytes_of(&decoded) == frames,
                "{:?}, {symbols:?}",
                config.iterative
            );
            assert!(decoded.iter().all(|frame| {
                let word = frame.quality.iterative[0];
                frame.good() && word.iterations > 0 && word.channel_errors > 0
            }));
        }
    }
}

#[test]
fn an_inverted_stream_gives_the_same_frames_and_the_cadu_is_what_was_sent() {
    let mut random = Random(6);
    for (config, es_n0_db) in links() {
        let (frames, bits) = transmit(&config, 2, (0, 0), &mut random);
        let soft: Vec<i8> = channel(&bits, es_n0_db + 1.0, &mut random)
            .iter()
            .map(|&s| -s.max(-127))
            .collect();
        let decoded = receive(&config, &soft, 4096);
        assert!(bytes_of(&decoded) == frames, "{:?}", config.iterative);
        let unit: Vec<u8> = bits[..bits.len() / 2]
            .chunks(8)
            .map(|byte| byte.iter().fold(0, |b, bit| b << 1 | bit) << (8 - byte.len()))
            .collect();
        assert!(decoded[0].cadu == unit, "{:?}", config.iterative);
        assert!(decoded.iter().all(|frame| frame.quality.inverted));
    }
}

#[test]
fn a_codeword_that_is_lost_in_noise_is_not_called_good() {
    let mut random = Random(7);
    let code = IterativeCode::Ldpc(LdpcCode::Ar4ja {
        rate: Ar4jaRate::R12,
        k: 1024,
    });
    let config = link(code, 1, marker(0x0347_76C7_2728_95B0, 8));
    let (frames, bits) = transmit(&config, 5, (0, 0), &mut random);
    let mut soft = channel(&bits, 2.0, &mut random);
    let unit = bits.len() / 5;
    let noise = coding_common::noise(unit - 64, &mut random);
    soft[2 * unit + 64..3 * unit].copy_from_slice(&noise);
    let decoded = receive(&config, &soft, 1000);
    let good: Vec<bool> = decoded.iter().map(CodedFrame::good).collect();
    assert_eq!(good, [true, true, false, true, true]);
    assert!(decoded[2].quality.iterative[0].syndrome_weight > Some(0));
    assert_eq!(decoded[3].bytes, frames[3]);
}

/// A pool of three that runs the pieces one after the other, the last first.
#[derive(Debug)]
struct Backwards;

impl Spread for Backwards {
    fn width(&self) -> usize {
        3
    }

    fn run(&self, jobs: &mut [UnitJob<'_>]) {
        for job in jobs.iter_mut().rev() {
            job.run();
        }
    }
}

#[test]
fn decoding_ahead_changes_nothing_at_any_block_size() {
    let mut random = Random(8);
    let code = IterativeCode::Ldpc(LdpcCode::Ar4ja {
        rate: Ar4jaRate::R12,
        k: 1024,
    });
    let config = link(code, 1, marker(0x0347_76C7_2728_95B0, 8));
    let (_, bits) = transmit(&config, 30, (300, 50), &mut random);
    // Near the threshold, so that some frames fail, and with a slip.
    let mut soft = channel(&bits, -1.8, &mut random);
    soft.remove(30_000);
    let plain = receive(&config, &soft, usize::MAX);
    assert!(plain.iter().any(CodedFrame::good) && !plain.iter().all(CodedFrame::good));
    for part in [1000, 5000, usize::MAX] {
        let mut decoder = FrameDecoder::new(&config).expect("possible configuration");
        decoder.spread_over(Arc::new(Backwards));
        let mut frames = Vec::new();
        for part in soft.chunks(part) {
            decoder.feed(part, &mut frames);
        }
        decoder.finish(&mut frames);
        assert!(frames == plain, "parts of {part}");
    }
}

/// AOS-like frames of 300 bytes in codewords of 128, two behind each code sync marker.
fn sliced() -> CodingConfig {
    let code = IterativeCode::Ldpc(LdpcCode::Ar4ja {
        rate: Ar4jaRate::R12,
        k: 1024,
    });
    CodingConfig {
        iterative: Some(IterativeConfig {
            code,
            codewords: 2,
            sliced: Some(SlicedConfig {
                csm: marker(0x0347_76C7_2728_95B0, 8),
            }),
        }),
        block_bytes: 300,
        ..link(code, 2, marker(0x1ACF_FC1D, 4))
    }
}

#[test]
fn sliced_frames_come_back_each_from_the_symbol_it_began_at() {
    let mut random = Random(10);
    let config = sliced();
    let (frames, bits) = transmit(&config, 12, (10, 10), &mut random);
    let soft = channel(&bits, 1.0, &mut random);
    let decoded = receive(&config, &soft, 777);
    assert!(bytes_of(&decoded) == frames);
    assert!(receive(&config, &soft, usize::MAX) == decoded);
    // Ten idle bits, filled up to a block, come first; then marker and frame, frame after frame.
    let (info, unit) = (2048, 64 + 2 * 2048);
    for (n, frame) in decoded.iter().enumerate() {
        let bit = info + n * (32 + 8 * 300);
        let symbol = bit / info * unit + 64 + bit % info / 1024 * 2048 + bit % 1024;
        assert_eq!(frame.soft_index, symbol as u64, "frame {n}");
        assert!(frame.good() && (3..=4).contains(&frame.quality.iterative.len()));
    }
}

#[test]
fn frames_that_a_lost_codeword_carried_are_not_called_good_and_the_others_are() {
    let mut random = Random(11);
    let config = sliced();
    let (frames, bits) = transmit(&config, 12, (0, 10), &mut random);
    let mut soft = channel(&bits, 1.0, &mut random);
    // The second codeword behind the third marker: information bits 5120 to 6143.
    let lost = 2 * (64 + 2 * 2048) + 64 + 2048;
    let noise = coding_common::noise(2048, &mut random);
    soft[lost..lost + 2048].copy_from_slice(&noise);
    let decoded = receive(&config, &soft, 5000);
    let unit = 32 + 8 * 300;
    for (n, sent) in frames.iter().enumerate() {
        let (first, last) = (n * unit, (n + 1) * unit - 1);
        let touched = first < 6144 && last >= 5120;
        let received = decoded.iter().find(|frame| &frame.bytes == sent);
        assert_eq!(received.is_some_and(CodedFrame::good), !touched, "frame {n}");
    }
}

#[test]
fn sliced_frames_of_one_block_all_come_back() {
    let mut random = Random(12);
    let code = IterativeCode::Ldpc(LdpcCode::Ar4ja {
        rate: Ar4jaRate::R45,
        k: 4096,
    });
    let config = CodingConfig {
        block_bytes: 301,
        iterative: Some(IterativeConfig {
            code,
            codewords: 2,
            sliced: Some(SlicedConfig {
                csm: marker(0x0347_76C7_2728_95B0, 8),
            }),
        }),
        ..sliced()
    };
    for symbols in [SymbolBits::One, SymbolBits::Two] {
        let config = CodingConfig {
            symbols,
            ..config.clone()
        };
        let (frames, bits) = transmit(&config, 3, (0, 64), &mut random);
        let soft = channel(&bits, 8.0, &mut random);
        assert_eq!(bytes_of(&receive(&config, &soft, 1000)), frames, "{symbols:?}");
    }
}
