//! Punctured convolutional codes from encoder to decoder: every rate, order, inversion and phase found without
//! setting; edges, slips and the ambiguities of two-bit symbols.

mod coding_common;

use coding_common::{Random, bytes_of, ccsds, channel, noise, offset_arms, receive, sure, transmit, turn};
use groundlink_decoder::coding::{
    CodedFrame, CodingConfig, ConvolutionalConfig, FrameDecoder, InvertedBranch, LineCode, PunctureRate,
    SymbolBits, SymbolOrder,
};

const PUNCTURED: [PunctureRate; 4] = [
    PunctureRate::R23,
    PunctureRate::R34,
    PunctureRate::R56,
    PunctureRate::R78,
];
/// Bits of a unit of depth 1.
const UNIT: usize = 32 + 8 * 255;

/// Order and inversion left open.
fn free(rate: PunctureRate, interleave: usize) -> CodingConfig {
    CodingConfig {
        convolutional: Some(ConvolutionalConfig {
            rate,
            ..ConvolutionalConfig::default()
        }),
        ..ccsds(interleave)
    }
}

fn sent_as(config: &CodingConfig, order: SymbolOrder, inverted: InvertedBranch) -> CodingConfig {
    CodingConfig {
        convolutional: config.convolutional.map(|code| ConvolutionalConfig {
            order: Some(order),
            inverted: Some(inverted),
            ..code
        }),
        ..config.clone()
    }
}

/// Es/N0 at which the rate makes hardly any errors.
fn clear_db(rate: PunctureRate) -> f64 {
    match rate {
        PunctureRate::R12 => 2.0,
        PunctureRate::R23 => 3.5,
        PunctureRate::R34 => 4.5,
        PunctureRate::R56 => 5.5,
        PunctureRate::R78 => 6.5,
    }
}

/// Soft bits before bit `n` of a stream.
fn symbols(rate: PunctureRate, n: usize) -> u64 {
    let step = n % rate.steps();
    (n / rate.steps() * rate.symbols() + step + usize::from(step > 0)) as u64
}

#[test]
fn every_order_inversion_phase_and_sign_is_found_without_setting_and_no_edge_is_lost() {
    let mut random = Random(31);
    for rate in PUNCTURED {
        let config = free(rate, 1);
        for offset in 0..rate.symbols() {
            // Every case at some offset, every offset with some cases.
            for case in [offset % 8, (offset + 3) % 8, (3 * offset + 6) % 8] {
                let (order, inverted) = (
                    [SymbolOrder::G1First, SymbolOrder::G2First][case & 1],
                    [InvertedBranch::None, InvertedBranch::G2][case >> 1 & 1],
                );
                let sign = if case & 4 == 0 { 1 } else { -1 };
                let (frames, bits) = transmit(&sent_as(&config, order, inverted), 3, (0, 0), &mut random);
                let mut soft = noise(offset, &mut random);
                let coded = channel(&bits, clear_db(rate), &mut random);
                soft.extend(coded.iter().map(|&s| s * sign));
                let received = receive(&config, &soft, 777);
                assert_eq!(bytes_of(&received), frames, "{rate:?} {offset} {case}");
                for (n, frame) in received.iter().enumerate() {
                    let begin = offset as u64 + symbols(rate, n * UNIT);
                    assert_eq!(frame.soft_index, begin, "{rate:?} {offset} {case}");
                    let last = symbols(rate, (n + 1) * UNIT - 1);
                    assert!((1..=2).contains(&(frame.soft_end - offset as u64 - last)));
                }
            }
        }
    }
}

#[test]
fn a_stream_that_begins_anywhere_in_the_pattern_loses_no_whole_frame() {
    let mut random = Random(32);
    for rate in PUNCTURED {
        let config = free(rate, 1);
        let (frames, bits) = transmit(&config, 4, (0, 0), &mut random);
        let soft = sure(&bits);
        for lead in 0..7 {
            let from = symbols(rate, UNIT) as usize - lead;
            let to = symbols(rate, 3 * UNIT - 1) as usize + 1 + lead;
            let received = receive(&config, &soft[from..=to], 500);
            assert_eq!(bytes_of(&received), frames[1..3], "{rate:?} {lead}");
            assert_eq!(received[0].soft_index, lead as u64);
        }
    }
}

#[test]
fn qpsk_is_decoded_in_all_rotations_mirrored_or_not_with_pairs_torn_or_not() {
    let mut random = Random(33);
    for rate in PUNCTURED {
        let config = CodingConfig {
            symbols: SymbolBits::Two,
            ..free(rate, 1)
        };
        for case in (0..32).step_by(if rate == PunctureRate::R34 { 1 } else { 5 }) {
            let (quarter, mirrored, lead) = (case & 3, case & 4 != 0, case >> 3 & 1);
            let order = [SymbolOrder::G1First, SymbolOrder::G2First][case >> 4];
            let (frames, mut bits) = transmit(
                &sent_as(
                    &config,
                    order,
                    [InvertedBranch::G2, InvertedBranch::None][usize::from(case % 3 > 0)],
                ),
                4,
                (0, 0),
                &mut random,
            );
            bits.splice(0..0, vec![0; lead]);
            bits.resize(bits.len() + bits.len() % 2, 0);
            let soft: Vec<i8> = channel(&bits, clear_db(rate), &mut random)
                .chunks(2)
                .flat_map(|s| turn(s[0], s[1], quarter, mirrored))
                .collect();
            let received = receive(&config, &soft, 1000);
            assert_eq!(bytes_of(&received), frames, "{rate:?} {case}");
        }
    }
}

#[test]
fn oqpsk_is_decoded_when_the_other_arm_is_taken_for_the_first_and_with_line_codes() {
    let mut random = Random(34);
    for rate in PUNCTURED {
        for case in 0..4 {
            for (n, line_code) in [LineCode::NrzL, LineCode::NrzM, LineCode::NrzS]
                .into_iter()
                .enumerate()
            {
                // Line codes on one rate; the others without.
                if n > 0 && rate != PunctureRate::R56 {
                    continue;
                }
                let config = CodingConfig {
                    symbols: SymbolBits::TwoOffset,
                    line_code,
                    ..free(rate, 1)
                };
                let (frames, bits) = transmit(&config, 4, (16, 16), &mut random);
                let sign = if n == 1 { -1 } else { 1 };
                let soft = offset_arms(&bits, sign, case);
                let received = receive(&config, &soft, 1000);
                assert_eq!(bytes_of(&received), frames, "{rate:?} {line_code:?} {case}");
            }
        }
    }
}

#[test]
fn bursts_of_one_frame_in_noise_come_out() {
    let mut random = Random(35);
    for rate in PUNCTURED {
        let config = free(rate, 1);
        let (mut soft, mut expected) = (noise(3001, &mut random), Vec::new());
        for gap in [5000, 20_011, 9_002, 313] {
            let (frames, bits) = transmit(&config, 1, (0, 10), &mut random);
            expected.extend(frames);
            soft.extend(channel(&bits, clear_db(rate), &mut random));
            soft.extend(noise(gap, &mut random));
        }
        let good: Vec<_> = receive(&config, &soft, 4096)
            .into_iter()
            .filter(CodedFrame::good)
            .collect();
        assert_eq!(bytes_of(&good), expected, "{rate:?}");
    }
}

#[test]
fn lost_and_doubled_soft_bits_cost_the_frame_they_hit() {
    let mut random = Random(36);
    for rate in PUNCTURED {
        let config = free(rate, 1);
        let unit = symbols(rate, UNIT) as usize;
        for at in [unit / 9, unit / 2, unit - 40] {
            let (frames, bits) = transmit(&config, 9, (0, 20), &mut random);
            let mut soft = channel(&bits, clear_db(rate), &mut random);
            soft.remove(3 * unit + at);
            soft.insert(6 * unit + at - 1, 5);
            let good: Vec<_> = receive(&config, &soft, 1000)
                .into_iter()
                .filter(CodedFrame::good)
                .map(|frame| frame.bytes)
                .collect();
            // A slip near the end of a frame may leave it correctable.
            for n in [0, 1, 2, 4, 5, 7, 8] {
                assert!(good.contains(&frames[n]), "{rate:?} at {at}: frame {n}");
            }
        }
    }
}

#[test]
fn channel_symbol_error_rate_counts_the_symbols_that_were_sent() {
    let mut random = Random(37);
    for rate in PunctureRate::ALL {
        let config = free(rate, 4);
        let es_n0_db = clear_db(rate);
        let (_, bits) = transmit(&config, 12, (0, 0), &mut random);
        let soft = channel(&bits, es_n0_db, &mut random);
        let contradicted = bits
            .iter()
            .zip(&soft)
            .filter(|&(&b, &s)| (b == 1) != (s > 0) && s != 0)
            .count();
        let mut decoder = FrameDecoder::new(&config).expect("possible");
        let mut out = Vec::new();
        decoder.feed(&soft, &mut out);
        decoder.finish(&mut out);
        // Those that say nothing count half, frame by frame.
        let unknown = |frame: &CodedFrame| {
            let symbols = &soft[frame.soft_index as usize..frame.soft_end as usize];
            symbols.iter().filter(|&&s| s == 0).count()
        };
        let wrong = contradicted + out.iter().map(|frame| unknown(frame) / 2).sum::<usize>();
        let counted = out
            .iter()
            .filter_map(|frame| frame.quality.channel_symbols)
            .fold((0, 0), |sum, n| (sum.0 + n.0, sum.1 + n.1));
        assert!(
            (counted.0 as usize).abs_diff(wrong) <= 3 + wrong / 1000,
            "{rate:?} {wrong} {counted:?}"
        );
        assert!((counted.1 as usize).abs_diff(bits.len()) <= 24, "{rate:?}");
    }
}

#[test]
fn es_n0_of_each_frame_is_estimated_without_bias() {
    let mut random = Random(38);
    for (rate, es_n0_db) in [
        (PunctureRate::R12, 0.0),
        (PunctureRate::R34, 5.0),
        (PunctureRate::R78, 9.0),
    ] {
        let config = free(rate, 4);
        let (_, bits) = transmit(&config, 10, (0, 0), &mut random);
        let received = receive(&config, &channel(&bits, es_n0_db, &mut random), 65536);
        let estimates: Vec<f64> = received
            .iter()
            .filter_map(|frame| frame.quality.es_n0_db.map(f64::from))
            .collect();
        assert_eq!(estimates.len(), 10);
        let mean = estimates.iter().sum::<f64>() / 10.0;
        assert!((mean - es_n0_db).abs() < 0.1, "{rate:?}: {mean}, not {es_n0_db}");
    }
}
