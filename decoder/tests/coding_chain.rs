//! The coding layer from encoder to decoder: every code and ambiguity, noise, bursts, slips, cuts.

mod coding_common;

use coding_common::{
    FREE, Random, bytes_of, ccsds, channel, noise, offset_arms, receive, sure, transmit, turn,
};
use groundlink_decoder::coding::{
    CodedFrame, CodingConfig, CodingError, ConvolutionalConfig, Descrambler, FrameDecoder, FrameEncoder,
    InvertedBranch, LineCode, Randomizer, SymbolBits, SymbolOrder,
};
use proptest::prelude::*;

fn without_code(symbols: SymbolBits) -> CodingConfig {
    CodingConfig {
        symbols,
        convolutional: None,
        ..ccsds(1)
    }
}

#[test]
fn every_order_inversion_and_offset_is_found_without_setting() {
    let mut random = Random(1);
    for order in [SymbolOrder::G1First, SymbolOrder::G2First] {
        for inverted in [InvertedBranch::None, InvertedBranch::G1, InvertedBranch::G2] {
            for offset in 0..2usize {
                for sign in [1, -1] {
                    let sent = ConvolutionalConfig {
                        order: Some(order),
                        inverted: Some(inverted),
                        ..FREE
                    };
                    let config = CodingConfig {
                        convolutional: Some(sent),
                        ..ccsds(1)
                    };
                    let (frames, bits) = transmit(&config, 3, (0, 0), &mut random);
                    let mut soft = noise(offset, &mut random);
                    soft.extend(channel(&bits, -1.0 + 3.0, &mut random).iter().map(|&s| s * sign));
                    let received = receive(
                        &CodingConfig {
                            convolutional: Some(FREE),
                            ..config.clone()
                        },
                        &soft,
                        777,
                    );
                    assert_eq!(
                        bytes_of(&received),
                        frames,
                        "{order:?} {inverted:?} {offset} {sign}"
                    );
                    for (n, frame) in received.iter().enumerate() {
                        assert_eq!(frame.soft_index, (offset + n * 2 * (32 + 8 * 255)) as u64);
                        assert_eq!(frame.soft_end - frame.soft_index, 2 * (32 + 8 * 255));
                        // What is found is G2 or none.
                        let turned = inverted == InvertedBranch::G1;
                        assert_eq!(frame.quality.inverted, (sign < 0) != turned);
                    }
                }
            }
        }
    }
}

#[test]
fn qpsk_is_decoded_in_all_rotations_mirrored_or_not_with_and_without_inner_code() {
    let mut random = Random(2);
    for coded in [false, true] {
        for (quarter, mirrored, lead) in (0..4)
            .flat_map(|q| [(q, false), (q, true)])
            .flat_map(|(q, m)| [(q, m, 0), (q, m, 1)])
        {
            let config = CodingConfig {
                symbols: SymbolBits::Two,
                ..ccsds(1)
            };
            let config = if coded {
                config
            } else {
                without_code(SymbolBits::Two)
            };
            let (frames, mut bits) = transmit(&config, 4, (0, 0), &mut random);
            // A leading bit puts every codeword pair astride two symbols.
            bits.splice(0..0, vec![0; lead]);
            bits.resize(bits.len() + bits.len() % 2, 0);
            let soft: Vec<i8> = sure(&bits)
                .chunks(2)
                .flat_map(|s| turn(s[0], s[1], quarter, mirrored))
                .collect();
            let received = receive(&config, &soft, 1000);
            assert_eq!(
                bytes_of(&received),
                frames,
                "coded {coded}, {quarter} quarters, {mirrored}, lead {lead}"
            );
        }
    }
}

#[test]
fn bits_on_two_arms_in_turn_are_decoded_with_any_signs() {
    let mut random = Random(6);
    for coded in [false, true] {
        for (lead, signs) in [
            (0, [1, 1]),
            (0, [1, -1]),
            (1, [-1, 1]),
            (1, [1, -1]),
            (1, [-1, -1]),
        ] {
            let config = CodingConfig {
                symbols: SymbolBits::Alternating,
                ..if coded {
                    ccsds(1)
                } else {
                    without_code(SymbolBits::One)
                }
            };
            let (frames, mut bits) = transmit(&config, 4, (0, 0), &mut random);
            bits.splice(0..0, vec![0; lead]);
            let soft: Vec<i8> = sure(&bits)
                .iter()
                .zip(signs.into_iter().cycle())
                .map(|(soft, sign)| soft * sign)
                .collect();
            let received = receive(&config, &soft, 1000);
            assert_eq!(
                bytes_of(&received),
                frames,
                "coded {coded}, lead {lead}, {signs:?}"
            );
        }
    }
}

#[test]
fn eight_phases_are_decoded_in_all_turns() {
    let mut random = Random(4);
    let config = without_code(SymbolBits::Three);
    let labels = [1, 0, 4, 6, 2, 3, 7, 5];
    for turn in 0..8 {
        for lead in 0..3 {
            let (frames, mut bits) = transmit(&config, 4, (0, 0), &mut random);
            bits.splice(0..0, vec![0; lead]);
            bits.resize(bits.len().next_multiple_of(3), 0);
            let turned: Vec<u8> = bits
                .chunks(3)
                .flat_map(|s| {
                    let label = s[0] << 2 | s[1] << 1 | s[2];
                    let point = labels.iter().position(|l| *l == label).expect("a label");
                    let label = labels[(point + turn) % 8];
                    [label >> 2 & 1, label >> 1 & 1, label & 1]
                })
                .collect();
            let received = receive(&config, &sure(&turned), 1000);
            assert_eq!(bytes_of(&received), frames, "turn {turn}, lead {lead}");
        }
    }
}

#[test]
fn eight_phases_with_an_inner_code_are_refused() {
    let config = CodingConfig {
        symbols: SymbolBits::Three,
        ..ccsds(1)
    };
    assert_eq!(
        FrameDecoder::new(&config).expect_err("not possible"),
        CodingError::InnerWithEighths
    );
}

#[test]
fn oqpsk_is_decoded_when_the_other_arm_is_taken_for_the_first() {
    let mut random = Random(3);
    for coded in [false, true] {
        for sign in [1i8, -1] {
            for case in 0..4 {
                let config = CodingConfig {
                    symbols: SymbolBits::TwoOffset,
                    ..ccsds(1)
                };
                let config = if coded {
                    config
                } else {
                    without_code(SymbolBits::TwoOffset)
                };
                let (frames, bits) = transmit(&config, 4, (8, 8), &mut random);
                let soft = offset_arms(&bits, sign, case);
                let received = receive(&config, &soft, 1000);
                assert_eq!(
                    bytes_of(&received),
                    frames,
                    "coded {coded}, sign {sign}, case {case}"
                );
            }
        }
    }
}

#[test]
fn line_codes_and_descrambler_are_undone() {
    let mut random = Random(4);
    for line_code in [LineCode::NrzL, LineCode::NrzM, LineCode::NrzS] {
        for descrambler in [None, Some(Descrambler::Iess308)] {
            for convolutional in [None, Some(FREE)] {
                let config = CodingConfig {
                    line_code,
                    descrambler,
                    convolutional,
                    ..ccsds(2)
                };
                let (frames, bits) = transmit(&config, 3, (300, 40), &mut random);
                let received = receive(&config, &sure(&bits), 500);
                assert_eq!(
                    bytes_of(&received),
                    frames,
                    "{line_code:?} {descrambler:?} {convolutional:?}"
                );
                let all_clean = |f: &CodedFrame| {
                    f.quality
                        .reed_solomon
                        .as_ref()
                        .is_some_and(|rs| rs.corrections.iter().all(|&c| c == Some(0)))
                };
                assert!(received.iter().all(all_clean));
            }
        }
    }
}

#[test]
fn first_and_last_frame_of_a_burst_in_noise_at_3_db_come_out() {
    let mut random = Random(5);
    let config = CodingConfig {
        convolutional: Some(FREE),
        ..ccsds(1)
    };
    for case in 0..12 {
        let mut soft = noise(1000 * case + 13 * case + 1, &mut random);
        let mut expected = Vec::new();
        let mut starts = Vec::new();
        for _ in 0..3 {
            let (frames, bits) = transmit(&config, 3, (0, 8), &mut random);
            starts.extend((0..3).map(|n| (soft.len() + n * 2 * (32 + 8 * 255)) as u64));
            expected.extend(frames);
            soft.extend(channel(&bits, 0.0, &mut random));
            soft.extend(noise(3001 + 500 * case, &mut random));
        }
        let received = receive(&config, &soft, 4096);
        let good: Vec<_> = received.into_iter().filter(CodedFrame::good).collect();
        assert_eq!(bytes_of(&good), expected, "case {case}");
        assert_eq!(good.iter().map(|f| f.soft_index).collect::<Vec<_>>(), starts);
    }
}

#[test]
fn no_false_switch_at_2_db() {
    let mut random = Random(6);
    let config = CodingConfig {
        convolutional: Some(FREE),
        ..ccsds(4)
    };
    let (_, bits) = transmit(&config, 40, (0, 0), &mut random);
    let soft = channel(&bits, 2.0 - 3.01, &mut random);
    let mut decoder = FrameDecoder::new(&config).expect("possible");
    let mut out = Vec::new();
    let mut nodes = Vec::new();
    for part in soft.chunks(8192) {
        decoder.feed(part, &mut out);
        nodes.push(decoder.status().node);
    }
    decoder.finish(&mut out);
    nodes.retain(|node| !node.is_empty());
    assert!(
        nodes.iter().all(|node| node == "G1 first, G2 inverted, offset 0"),
        "{nodes:?}"
    );
    assert_eq!(out.len(), 40);
    assert_eq!(decoder.status().slips, 0);
    let (wrong, of) = out
        .iter()
        .filter_map(|f| f.quality.channel_symbols)
        .fold((0, 0), |s, c| (s.0 + c.0, s.1 + c.1));
    let rate = f64::from(wrong) / f64::from(of);
    // Q(sqrt(2 Es/N0)) = 0.104.
    assert!((rate - 0.104).abs() < 0.003, "{rate}");
}

#[test]
fn a_lost_or_doubled_symbol_costs_the_frame_it_hits() {
    let mut random = Random(7);
    let unit = 2 * (32 + 8 * 255);
    for (coded, at) in [
        (true, 700),
        (true, 2040),
        (true, 4000),
        (false, 500),
        (false, 1500),
        (false, 2000),
    ] {
        let config = if coded {
            ccsds(1)
        } else {
            without_code(SymbolBits::One)
        };
        let unit = if coded { unit } else { unit / 2 };
        let (frames, bits) = transmit(&config, 9, (0, 20), &mut random);
        let mut soft = if coded {
            channel(&bits, 2.0, &mut random)
        } else {
            sure(&bits)
        };
        soft.remove(3 * unit + at);
        soft.insert(6 * unit + at - 1, 5);
        let received = receive(&config, &soft, 1000);
        let good: Vec<_> = received
            .iter()
            .filter(|f| f.good())
            .map(|f| f.bytes.clone())
            .collect();
        let intact: Vec<_> = [0, 1, 2, 4, 5, 7, 8].map(|n: usize| frames[n].clone()).to_vec();
        // A slip near the end of a frame may leave it correctable.
        let missing = intact.iter().filter(|frame| !good.contains(frame)).count();
        assert_eq!(missing, 0, "coded {coded}, at {at}");
    }
}

#[test]
fn frames_of_other_spacing_are_found_at_once() {
    let mut random = Random(8);
    let config = without_code(SymbolBits::One);
    let mut bits = Vec::new();
    let mut expected = Vec::new();
    for gap in [0usize, 3, 160, 720, 0, 9, 1, 2000] {
        let (frames, coded) = transmit(&config, 1, (gap, 0), &mut random);
        bits.extend(coded);
        expected.extend(frames);
    }
    let received = receive(&config, &sure(&bits), 100);
    let good: Vec<_> = received
        .iter()
        .filter(|f| f.good())
        .map(|f| f.bytes.clone())
        .collect();
    assert_eq!(good, expected);
    assert_eq!(received.len(), expected.len(), "no failed units beside them");
}

#[test]
fn long_idle_between_frames_does_not_hide_the_pairing() {
    let mut random = Random(14);
    for (line_code, fill) in [
        (LineCode::NrzL, None),
        (LineCode::NrzM, None),
        (LineCode::NrzL, Some(0u8)),
    ] {
        let config = CodingConfig {
            convolutional: Some(FREE),
            line_code,
            ..ccsds(1)
        };
        let mut encoder = FrameEncoder::new(&config).expect("possible");
        let (mut bits, mut expected) = (Vec::new(), Vec::new());
        for gap in [4000usize, 5, 3000, 0, 700, 9001, 1300] {
            match fill {
                None => encoder.idle(gap, &mut bits),
                // A carrier without modulation, in which every pairing fits.
                Some(bit) => bits.resize(bits.len() + gap, bit),
            }
            let frame = random.bytes(223);
            encoder.encode(&frame, &mut bits).expect("length");
            encoder.idle(8, &mut bits);
            expected.push(frame);
        }
        for es_n0_db in [12.0, 1.0] {
            let received = receive(&config, &channel(&bits, es_n0_db, &mut random), 1000);
            let good: Vec<_> = received
                .iter()
                .filter(|f| f.good())
                .map(|f| f.bytes.clone())
                .collect();
            assert_eq!(good, expected, "{line_code:?} {fill:?} {es_n0_db} dB");
        }
    }
}

#[test]
fn a_marker_inside_a_frame_does_not_hide_the_next_frame() {
    let mut random = Random(9);
    let config = CodingConfig {
        randomizer: Randomizer::None,
        ..without_code(SymbolBits::One)
    };
    let mut encoder = FrameEncoder::new(&config).expect("possible");
    let mut bits = Vec::new();
    let mut frames = Vec::new();
    for place in [10usize, 100, 215] {
        let mut frame = random.bytes(223);
        frame[place..place + 4].copy_from_slice(&[0x1A, 0xCF, 0xFC, 0x1D]);
        encoder.encode(&frame, &mut bits).expect("length");
        frames.push(frame);
    }
    // The first true marker is cut off, so that the false one is met first.
    let received = receive(&config, &sure(&bits[8..]), 333);
    assert_eq!(bytes_of(&received), frames[1..]);
}

#[test]
fn frames_with_hopeless_blocks_are_given_out_labelled_while_in_lock() {
    let mut random = Random(10);
    let config = without_code(SymbolBits::One);
    let (frames, bits) = transmit(&config, 6, (0, 0), &mut random);
    let unit = 32 + 8 * 255;
    let mut soft = sure(&bits);
    for byte in 0..20 {
        soft[2 * unit + 32 + 80 * byte] *= -1;
    }
    // The fourth loses its marker as well.
    for bit in 0..unit / 2 {
        soft[3 * unit + bit] = if random.next().is_multiple_of(2) {
            127
        } else {
            -127
        };
    }
    let received = receive(&config, &soft, 333);
    let good: Vec<bool> = received.iter().map(CodedFrame::good).collect();
    assert_eq!(good, [true, true, false, false, true, true]);
    assert_eq!(
        received[2].quality.reed_solomon.as_ref().expect("RS").corrections,
        [None]
    );
    assert!(!received[2].quality.flywheel && received[3].quality.flywheel);
    let mut damaged = frames[2].clone();
    for byte in 0..20 {
        if 10 * byte < 223 {
            damaged[10 * byte] ^= 0x80;
        }
    }
    assert_eq!(received[2].bytes, damaged, "bytes as received");
}

#[test]
fn a_marker_of_the_whole_stream_and_a_cut_in_every_frame_lose_no_other() {
    let mut random = Random(11);
    for convolutional in [None, Some(FREE)] {
        let config = CodingConfig {
            convolutional,
            ..ccsds(1)
        };
        let per_bit = if convolutional.is_some() { 2 } else { 1 };
        let (frames, bits) = transmit(&config, 4, (0, 0), &mut random);
        let soft = sure(&bits);
        assert_eq!(bytes_of(&receive(&config, &soft, 999)), frames);
        let received = receive(&config, &soft[per_bit * 500..soft.len() - per_bit * 300], 999);
        assert_eq!(bytes_of(&received), frames[1..3]);
    }
}

#[test]
fn restart_counts_soft_bits_on_and_loses_only_the_frame_it_cuts() {
    let mut random = Random(12);
    for convolutional in [None, Some(FREE)] {
        let config = CodingConfig {
            convolutional,
            ..ccsds(1)
        };
        let (frames, bits) = transmit(&config, 2, (0, 0), &mut random);
        let soft = sure(&bits);
        let mut decoder = FrameDecoder::new(&config).expect("possible");
        let mut out = Vec::new();
        decoder.feed(&soft, &mut out);
        decoder.restart(&mut out);
        decoder.feed(&soft[..soft.len() - 9], &mut out);
        decoder.restart(&mut out);
        decoder.feed(&soft, &mut out);
        decoder.finish(&mut out);
        let expected = [0, 1, 0, 0, 1].map(|n: usize| frames[n].clone());
        assert_eq!(bytes_of(&out), expected);
        let (whole, unit) = (soft.len() as u64, soft.len() as u64 / 2);
        let starts: Vec<u64> = out.iter().map(|f| f.soft_index).collect();
        assert_eq!(starts, [0, unit, whole, 2 * whole - 9, 2 * whole - 9 + unit]);
    }
}

#[test]
fn the_cadu_is_what_was_sent() {
    let mut random = Random(13);
    for (interleave, virtual_fill) in [(1, 0), (4, 0), (5, 10), (8, 0)] {
        let mut config = CodingConfig {
            convolutional: None,
            ..ccsds(interleave)
        };
        let rs = config.reed_solomon.as_mut().expect("RS");
        rs.data_bytes -= interleave * virtual_fill;
        config.block_bytes = rs.data_bytes + 32 * interleave;
        let (_, bits) = transmit(&config, 2, (0, 0), &mut random);
        let mut soft = sure(&bits);
        soft[200] *= -1;
        soft[900] *= -1;
        soft[20] *= -1;
        let sent: Vec<u8> = bits
            .chunks(8)
            .map(|b| b.iter().fold(0, |v, &bit| v << 1 | bit))
            .collect();
        let received: Vec<u8> = receive(&config, &soft, 4000)
            .iter()
            .flat_map(|f| f.cadu.clone())
            .collect();
        assert!(received == sent, "depth {interleave}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn chunking_is_invisible(seed in any::<u64>(), parts in prop::collection::vec(1usize..3000, 1..8), coded in any::<bool>(), eighths in any::<bool>(), db in -1.0f64..3.0) {
        let mut random = Random(seed);
        let config = if coded { CodingConfig { convolutional: Some(FREE), ..ccsds(1) } } else { without_code(if eighths { SymbolBits::Three } else { SymbolBits::Two }) };
        let (_, bits) = transmit(&config, 4, (100, 20), &mut random);
        let mut soft = noise(1501, &mut random);
        soft.extend(channel(&bits, db + if coded { 0.0 } else { 8.0 }, &mut random));
        soft.remove(7000 % soft.len());
        let whole = receive(&config, &soft, usize::MAX);
        let mut decoder = FrameDecoder::new(&config).expect("possible");
        let mut out = Vec::new();
        let (mut at, mut n) = (0, 0);
        while at < soft.len() {
            let to = (at + parts[n % parts.len()]).min(soft.len());
            decoder.feed(&soft[at..to], &mut out);
            (at, n) = (to, n + 1);
        }
        decoder.finish(&mut out);
        prop_assert!(out == whole);
        prop_assert!(receive(&config, &soft, 1) == whole);
    }

    #[test]
    fn arbitrary_soft_bits_never_panic(soft in prop::collection::vec(any::<i8>(), 0..9000), kind in 0usize..5) {
        let base = CodingConfig { block_bytes: 20, reed_solomon: None, ..ccsds(1) };
        let config = match kind {
            0 => CodingConfig { convolutional: Some(FREE), symbols: SymbolBits::TwoOffset, ..base },
            1 => CodingConfig { convolutional: Some(FREE), ..base },
            2 => CodingConfig { convolutional: None, symbols: SymbolBits::TwoOffset, ..base },
            3 => CodingConfig { convolutional: None, symbols: SymbolBits::Three, ..base },
            _ => CodingConfig { convolutional: None, descrambler: Some(Descrambler::Iess308), line_code: LineCode::NrzS, ..base },
        };
        let frames = receive(&config, &soft, 700);
        prop_assert!(frames.iter().all(|f| f.soft_end <= soft.len() as u64 + 2));
    }
}
