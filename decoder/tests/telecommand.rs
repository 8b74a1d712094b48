//! CLTUs against recorded ones, through encoder, channel and decoder, and on noise.

mod common;

use common::{Random, bits_of, published_vectors, unhex, vector};
use groundlink_decoder::telecommand::{
    BchMode, BchRandomized, Cltu, CltuCode, CltuConfig, CltuDecoder, CltuEncoder, CltuEnd, CltuError,
};
use proptest::prelude::*;

const BCH: CltuCode = CltuCode::Bch {
    mode: BchMode::Correct,
    randomized: BchRandomized::DataAndFill,
};
const LDPC: CltuCode = CltuCode::Ldpc128 { tail: true };

fn bit(random: &mut Random) -> u8 {
    (random.next() >> 40 & 1) as u8
}

fn soft(bits: &[u8]) -> Vec<i8> {
    bits.iter().map(|&bit| if bit == 1 { 90 } else { -90 }).collect()
}

fn decode(config: &CltuConfig, soft: &[i8], cut: usize) -> (Vec<Cltu>, CltuDecoder) {
    let mut decoder = CltuDecoder::new(config).expect("a link");
    let mut out = Vec::new();
    for part in soft.chunks(cut.max(1)) {
        decoder.feed(part, &mut out);
    }
    decoder.finish(&mut out);
    (out, decoder)
}

#[test]
fn recorded_cltus_come_out_and_are_made_again() {
    let Some(text) = vector("cltu_bch_randomised.hex") else {
        return;
    };
    // Version, spacecraft, virtual channel and length, sequence number: the length is that of the frame less 1.
    let headers: [[u8; 5]; 3] = [
        [0x30, 0x7B, 0x00, 0x07, 0x00],
        [0x00, 0x7B, 0x00, 0x2D, 0x00],
        [0x20, 0x7B, 0x00, 0x2D, 0x00],
    ];
    for mode in [BchMode::Detect, BchMode::Correct] {
        // In these CLTUs the fill is not randomised.
        let config = CltuConfig::new(CltuCode::Bch {
            mode,
            randomized: BchRandomized::Data,
        });
        let mut encoder = CltuEncoder::new(&config).expect("a link");
        let mut seen = 0;
        for (line, header) in text.lines().zip(headers) {
            let bits = bits_of(&unhex(line));
            for inverted in [false, true] {
                let sign = if inverted { -1 } else { 1 };
                let received: Vec<i8> = soft(&bits).iter().map(|&s| s * sign).collect();
                let (found, _) = decode(&config, &received, 1000);
                let [cltu] = &found[..] else {
                    panic!("{} CLTUs", found.len());
                };
                assert_eq!(cltu.bytes[..5], header);
                assert_eq!(cltu.inverted, inverted);
                assert_eq!((cltu.soft_index, cltu.soft_end), (0, bits.len() as u64));
                assert_eq!((cltu.ended, cltu.corrections), (CltuEnd::Tail, 0));
                assert_eq!(cltu.channel_errors, (0, bits.len() as u32));
                let mut again = Vec::new();
                let length = usize::from(header[3]) + 1;
                encoder
                    .encode(&cltu.bytes[..length], &mut again)
                    .expect("a frame");
                assert_eq!(again, bits);
                seen += 1;
            }
        }
        assert_eq!(seen, 6);
    }
}

#[test]
fn ldpc_codewords_are_randomised_each_from_the_beginning() {
    let Some(vectors) = published_vectors() else {
        return;
    };
    let list = vectors["ldpc_tc_labrador"].as_array().expect("list");
    let mut seen = 0;
    for (name, code) in [("TC128 ", LDPC), ("TC512 ", CltuCode::Ldpc512)] {
        let text = list
            .iter()
            .filter_map(|vector| vector.as_str())
            .find(|text| text.starts_with(name))
            .expect("vector");
        let field = |key: &str| {
            let from = text.find(key).expect("field") + key.len();
            unhex(text[from..].split(' ').next().expect("value"))
        };
        let (message, codeword) = (field("msg="), field("cw="));
        let mut bits = Vec::new();
        let mut encoder = CltuEncoder::new(&CltuConfig::new(code)).expect("a link");
        encoder.encode(&message.repeat(2), &mut bits).expect("data");
        assert_eq!(bits[..64], bits_of(&unhex("034776c7272895b0")));
        let length = 8 * codeword.len();
        let mut random = bits[64..64 + length].to_vec();
        assert_eq!(random, bits[64 + length..64 + 2 * length]);
        for (bit, clear) in random.iter_mut().zip(bits_of(&codeword)) {
            *bit ^= clear;
        }
        // 231.0-B-4 §6: the sequence begins 1111 1111 0011 1001 1001 1110 0101 1010 0110 1000.
        assert_eq!(random[..40], bits_of(&unhex("ff399e5a68")));
        seen += 1;
    }
    assert_eq!(seen, 2);
}

/// The tail sequence of (128,64), derandomised, as the standard prints it (231.0-B-4 §5.2.4.2, note 3).
#[test]
fn the_ldpc_tail_sequence_is_what_the_standard_says() {
    let mut bits = Vec::new();
    let mut encoder = CltuEncoder::new(&CltuConfig::new(LDPC)).expect("a link");
    encoder.encode(&[0; 8], &mut bits).expect("data");
    // The codeword of zeros is the randomizer's sequence itself.
    let (codeword, tail) = bits[64..].split_at(128);
    let derandomised: Vec<u8> = tail.iter().zip(codeword).map(|(a, b)| a ^ b).collect();
    assert_eq!(derandomised, bits_of(&unhex("9c987328ae457f1739dc7af4640b5d95")));
}

fn any_code() -> impl Strategy<Value = CltuCode> {
    let mode = prop::sample::select(vec![BchMode::Detect, BchMode::Correct]);
    let randomized = prop::sample::select(vec![
        BchRandomized::Off,
        BchRandomized::Data,
        BchRandomized::DataAndFill,
    ]);
    prop_oneof![
        (mode, randomized).prop_map(|(mode, randomized)| CltuCode::Bch { mode, randomized }),
        any::<bool>().prop_map(|tail| CltuCode::Ldpc128 { tail }),
        Just(CltuCode::Ldpc512),
    ]
}

/// Codeblock bits, wrong bits that are sure to be corrected in each, bytes of information, tail bits.
fn numbers(code: CltuCode) -> (usize, usize, usize, usize) {
    match code {
        CltuCode::Bch {
            mode: BchMode::Detect,
            ..
        } => (64, 0, 7, 64),
        CltuCode::Bch {
            mode: BchMode::Correct,
            ..
        } => (64, 1, 7, 64),
        CltuCode::Ldpc128 { tail } => (128, 4, 8, if tail { 128 } else { 0 }),
        CltuCode::Ldpc512 => (512, 15, 32, 0),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn cltus_come_back_whatever_the_polarity_and_the_cut(
        code in any_code(),
        frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..120), 1..4),
        before in 0usize..200,
        idle in 0usize..200,
        inverted in any::<bool>(),
        cut in 1usize..600,
        seed in any::<u64>(),
    ) {
        let config = CltuConfig::new(code);
        let (block, correctable, information, tail) = numbers(code);
        let mut encoder = CltuEncoder::new(&config).expect("a link");
        let mut random = Random(seed);
        let mut bits = Vec::new();
        let mut expected = Vec::new();
        encoder.idle(before, &mut bits);
        for data in &frames {
            let begin = bits.len();
            encoder.encode(data, &mut bits).expect("data");
            let end = bits.len() - tail;
            let start = if information == 7 { 16 } else { 64 };
            let mut wrong = 0;
            for codeblock in bits[begin + start..end].chunks_mut(block) {
                for n in 0..correctable as u64 {
                    // At different places; not the filler bit.
                    let place = (random.next() % (block as u64 / 16) + n * block as u64 / 16) as usize;
                    codeblock[place] ^= 1;
                    wrong += 1;
                }
            }
            expected.push((begin as u64, end as u64, wrong, data));
            // Without a tail sequence the CLTU ends where the bits are no codeblock: in the idle sequence.
            encoder.idle(idle + if tail == 0 { block } else { 0 }, &mut bits);
        }
        let received: Vec<i8> = soft(&bits).iter().map(|&s| if inverted { -s } else { s }).collect();
        let (found, decoder) = decode(&config, &received, cut);
        prop_assert_eq!(&found, &decode(&config, &received, received.len()).0);
        prop_assert_eq!(found.len(), expected.len());
        for (cltu, (begin, end, wrong, data)) in found.iter().zip(expected) {
            prop_assert_eq!(cltu.soft_index, begin);
            prop_assert_eq!(cltu.soft_end, end + tail as u64);
            prop_assert_eq!(cltu.corrections, wrong);
            prop_assert_eq!(cltu.channel_errors, (wrong, (end - begin) as u32 + tail as u32));
            prop_assert_eq!(cltu.inverted, inverted);
            prop_assert_eq!(cltu.start_errors, 0);
            prop_assert_eq!(cltu.ended, if tail == 0 { CltuEnd::Rejected } else { CltuEnd::Tail });
            prop_assert_eq!(cltu.codeblocks as usize, data.len().div_ceil(information));
            prop_assert_eq!(&cltu.bytes[..data.len()], &data[..]);
            if code != (CltuCode::Bch { mode: BchMode::Detect, randomized: BchRandomized::Data })
                && code != (CltuCode::Bch { mode: BchMode::Correct, randomized: BchRandomized::Data })
            {
                prop_assert!(cltu.bytes[data.len()..].iter().all(|&byte| byte == 0x55));
            }
        }
        prop_assert_eq!(decoder.status().cltus, frames.len() as u64);
    }

    /// Bits that look like CLTUs here and there.
    #[test]
    fn any_soft_bits_give_the_same_however_they_are_cut(
        code in any_code(),
        pieces in prop::collection::vec((0u8..6, any::<u64>(), 1usize..150), 1..20),
        tolerance in prop::option::of(0u32..=4),
        max_codeblocks in 1usize..5,
        cut in 1usize..300,
        restart in any::<bool>(),
    ) {
        let config = CltuConfig { start_tolerance: tolerance, max_codeblocks, ..CltuConfig::new(code) };
        let (block, _, information, _) = numbers(code);
        let mut encoder = CltuEncoder::new(&config).expect("a link");
        let mut received = Vec::new();
        for (kind, seed, length) in pieces {
            let mut random = Random(seed);
            let mut bits = Vec::new();
            match kind {
                0 => received.extend((0..length).map(|_| random.next() as i8)),
                1 => received.extend(std::iter::repeat_n(i8::MIN, length)),
                2 => received.extend(std::iter::repeat_n(0i8, length)),
                3 => encoder.idle(length, &mut bits),
                _ => {
                    let data: Vec<u8> = (0..information).map(|_| random.next() as u8).collect();
                    encoder.encode(&data, &mut bits).expect("data");
                    bits.truncate(bits.len() - (random.next() as usize % (2 * block)).min(bits.len()));
                }
            }
            received.extend(soft(&bits).iter().map(|&s| if kind == 5 { -s } else { s }));
        }
        let halves = if restart { received.split_at(received.len() / 2) } else { (&received[..], &[][..]) };
        let run = |cut: usize| {
            let mut decoder = CltuDecoder::new(&config).expect("a link");
            let mut out = Vec::new();
            for half in [halves.0, halves.1] {
                for part in half.chunks(cut) {
                    decoder.feed(part, &mut out);
                }
                decoder.restart(&mut out);
            }
            (out, decoder.status())
        };
        let (whole, status) = run(usize::MAX);
        prop_assert_eq!(&run(cut), &(whole.clone(), status));
        for cltu in &whole {
            prop_assert!(cltu.soft_index < cltu.soft_end && cltu.soft_end <= received.len() as u64);
            prop_assert_eq!(cltu.bytes.len(), cltu.codeblocks as usize * information);
            prop_assert!(cltu.codeblocks >= 1 && cltu.codeblocks as usize <= max_codeblocks);
        }
        for pair in whole.windows(2) {
            prop_assert!(pair[0].soft_end <= pair[1].soft_index);
        }
    }
}

/// The correcting mode takes a fourth of all random blocks for codeblocks, so accidents are frequent.
#[test]
fn accidents_in_the_noise_before_a_cltu_do_not_hide_it() {
    let config = CltuConfig::new(BCH);
    let mut encoder = CltuEncoder::new(&config).expect("a link");
    let mut random = Random(7);
    let mut accidents = 0;
    for n in 0..3000u32 {
        let mut bits: Vec<u8> = (0..300).map(|_| bit(&mut random)).collect();
        let data: Vec<u8> = (0..21).map(|_| random.next() as u8).collect();
        encoder.encode(&data, &mut bits).expect("data");
        let (found, decoder) = decode(&config, &soft(&bits), usize::MAX);
        let last = found.last().expect("the CLTU");
        assert_eq!(
            (last.soft_index, last.ended, &last.bytes[..]),
            (300, CltuEnd::Tail, &data[..]),
            "{n}"
        );
        accidents += decoder.status().superseded;
    }
    assert!(
        accidents > 10,
        "only {accidents} accidents: the noise proves nothing"
    );
}

#[test]
fn false_cltus_are_as_frequent_as_stated() {
    const BITS: usize = 2_000_000;
    let mut random = Random(11);
    let hard: Vec<i8> = (0..BITS)
        .map(|_| if bit(&mut random) == 1 { 50 } else { -50 })
        .collect();
    let uneven: Vec<i8> = (0..BITS).map(|_| random.next() as i8).collect();
    let config = CltuConfig::new(BCH);
    let expected = config.false_cltu_per_bit() * BITS as f64;
    // A CLTU's own bits are not searched again, which is 1 % of all here.
    let count = |soft: &[i8]| {
        let status = decode(&config, soft, 4096).1.status();
        (status.cltus + status.superseded) as f64
    };
    let found = count(&hard);
    assert!(
        (found - expected).abs() <= 4.0 * expected.sqrt() + 0.01 * expected,
        "{found} for {expected}"
    );
    let found = count(&uneven);
    assert!(
        found <= expected + 4.0 * expected.sqrt(),
        "{found} for {expected}"
    );
    assert!(found >= 0.2 * expected, "{found} for {expected}");
}

/// A start sequence, then random soft bits: how often the first codeblock is accepted.
#[test]
fn random_ldpc_codeblocks_are_accepted_no_more_often_than_stated() {
    let start = soft(&bits_of(&unhex("034776c7272895b0")));
    for (code, block, words) in [(LDPC, 128, 400), (CltuCode::Ldpc512, 512, 40)] {
        let exact = |code| CltuConfig {
            start_tolerance: Some(0),
            max_codeblocks: 1,
            ..CltuConfig::new(code)
        };
        let config = exact(code);
        let stated = config.false_cltu_per_bit() / 2.0 * 64f64.exp2();
        let mut random = Random(13);
        let mut decoder = CltuDecoder::new(&config).expect("a link");
        let mut out = Vec::new();
        for _ in 0..words {
            decoder.feed(&start, &mut out);
            let noise: Vec<i8> = (0..block).map(|_| random.next() as i8).collect();
            decoder.feed(&noise, &mut out);
            decoder.restart(&mut out);
        }
        let most = stated * f64::from(words);
        assert!(
            (out.len() as f64) <= most + 4.0 * most.sqrt(),
            "{code:?}: {} of {words}",
            out.len()
        );
    }
}

#[test]
fn a_damaged_codeblock_ends_the_cltu_there_and_the_next_one_is_found() {
    let config = CltuConfig::new(BCH);
    let mut encoder = CltuEncoder::new(&config).expect("a link");
    let mut bits = Vec::new();
    encoder.encode(&[1; 28], &mut bits).expect("data");
    let second = bits.len();
    encoder.encode(&[2; 7], &mut bits).expect("data");
    // Two wrong bits in the third codeblock.
    bits[16 + 2 * 64 + 5] ^= 1;
    bits[16 + 2 * 64 + 40] ^= 1;
    let (found, decoder) = decode(&config, &soft(&bits), 50);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].ended, found[0].codeblocks), (CltuEnd::Rejected, 2));
    assert_eq!((found[0].soft_index, found[0].soft_end), (0, 16 + 2 * 64));
    assert_eq!(found[0].bytes, [1; 14]);
    assert_eq!(
        (found[1].soft_index, found[1].ended),
        (second as u64, CltuEnd::Tail)
    );
    assert_eq!(found[1].bytes, [2; 7]);
    let status = decoder.status();
    assert_eq!((status.cltus, status.without_tail, status.codeblocks), (2, 1, 3));
}

#[test]
fn a_cltu_that_is_cut_off_gives_what_there_is() {
    let config = CltuConfig::new(BCH);
    let mut encoder = CltuEncoder::new(&config).expect("a link");
    let mut bits = Vec::new();
    encoder.encode(&[3; 21], &mut bits).expect("data");
    let received = soft(&bits);
    let mut decoder = CltuDecoder::new(&config).expect("a link");
    let mut out = Vec::new();
    decoder.feed(&received[..16 + 2 * 64 + 63], &mut out);
    assert!(out.is_empty() && decoder.status().reading);
    decoder.restart(&mut out);
    assert_eq!(
        (out[0].ended, out[0].codeblocks, out[0].soft_end),
        (CltuEnd::Cut, 2, 16 + 2 * 64)
    );
    // What follows is another run; indices go on counting.
    decoder.feed(&received, &mut out);
    assert_eq!(
        (out[1].soft_index, out[1].ended),
        (16 + 2 * 64 + 63, CltuEnd::Tail)
    );
}

#[test]
fn impossible_links_and_data_name_what_is_wrong() {
    let mut config = CltuConfig::new(BCH);
    config.start_tolerance = Some(5);
    let error = CltuDecoder::new(&config).expect_err("impossible");
    assert_eq!(
        error.to_string(),
        "start_tolerance is 5, must be no more than 4 of the start sequence's 16 bits"
    );
    config.start_tolerance = None;
    config.max_codeblocks = 0;
    let error = CltuEncoder::new(&config).expect_err("impossible");
    assert_eq!(error.to_string(), "max_codeblocks is 0, must be from 1 to 65536");
    config.max_codeblocks = 2;
    let mut encoder = CltuEncoder::new(&config).expect("a link");
    let mut bits = Vec::new();
    for (data, found) in [(&[0; 15][..], 15), (&[], 0)] {
        assert_eq!(
            encoder.encode(data, &mut bits),
            Err(CltuError::DataLength { found, limit: 14 })
        );
    }
    assert!(bits.is_empty());
}
