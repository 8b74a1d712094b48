//! LDPC decoders: noise, wrong and missing input, and all implementations against each other.

mod common;

use common::Random;
use groundlink_decoder::coding::IterativeOutcome;
use groundlink_decoder::coding::ldpc::{
    Ar4jaRate, LdpcAlgorithm, LdpcBackend, LdpcCode, LdpcDecoder, LdpcEncoder, LdpcError, LdpcOptions,
};

const MIN_SUM: [LdpcAlgorithm; 3] = [
    LdpcAlgorithm::CorrectedMinSum,
    LdpcAlgorithm::NormalisedMinSum,
    LdpcAlgorithm::OffsetMinSum,
];
const SUM_PRODUCT: LdpcAlgorithm = LdpcAlgorithm::SumProduct { llr_per_unit: None };

/// Every code with an Eb/N0, in dB, at which it fails less than once in a million words.
fn codes() -> impl Iterator<Item = (LdpcCode, f64)> {
    let ar4ja = [
        (Ar4jaRate::R12, [2.8, 2.0, 1.6]),
        (Ar4jaRate::R23, [3.6, 2.8, 2.4]),
        (Ar4jaRate::R45, [4.6, 3.8, 3.4]),
    ];
    let ar4ja = ar4ja.into_iter().flat_map(|(rate, db)| {
        let lengths = [1024, 4096, 16384].into_iter().zip(db);
        lengths.map(move |(k, db)| (LdpcCode::Ar4ja { rate, k }, db))
    });
    ar4ja.chain([
        (LdpcCode::C2, 4.5),
        (LdpcCode::Tc128, 7.0),
        (LdpcCode::Tc512, 5.0),
    ])
}

fn options(algorithm: LdpcAlgorithm, max_iterations: u32) -> LdpcOptions {
    LdpcOptions {
        algorithm,
        max_iterations,
    }
}

/// Normal to three standard deviations, from integers alone, so that it is the same on every machine.
fn gaussian(random: &mut Random) -> f64 {
    let sum: u64 = (0..12).map(|_| random.next() >> 40).sum();
    sum as f64 / f64::from(1 << 24) - 6.0
}

/// A random codeword at an Eb/N0: its information, and its soft bits with amplitude `amplitude`.
fn received(
    encoder: &mut LdpcEncoder,
    code: LdpcCode,
    random: &mut Random,
    db: f64,
    amplitude: f64,
) -> (Vec<u8>, Vec<i8>) {
    let info = random.bytes(code.info_bits() / 8);
    let mut bits = Vec::new();
    encoder.encode(&info, &mut bits);
    let rate = code.info_bits() as f64 / code.code_bits() as f64;
    let sigma = (2.0 * rate * 10f64.powf(db / 10.0)).sqrt().recip();
    let soft = bits.iter().map(|&bit| {
        let sent = 2.0 * f64::from(bit) - 1.0;
        (amplitude * (sent + sigma * gaussian(random)))
            .round()
            .clamp(-127.0, 127.0) as i8
    });
    (info, soft.collect())
}

/// Soft bits that contradict the codeword of `info`.
fn errors(encoder: &mut LdpcEncoder, info: &[u8], soft: &[i8]) -> u32 {
    let mut bits = Vec::new();
    encoder.encode(info, &mut bits);
    let wrong = |(&bit, &soft): (&u8, &i8)| soft != 0 && (soft > 0) != (bit == 1);
    bits.iter().zip(soft).filter(|&pair| wrong(pair)).count() as u32
}

fn decode(decoder: &mut LdpcDecoder, code: LdpcCode, soft: &[i8]) -> (IterativeOutcome, Vec<u8>) {
    let mut info = vec![0; code.info_bits() / 8];
    (decoder.decode(soft, &mut info), info)
}

#[test]
fn noise_within_capability_is_removed_at_any_scale() {
    let mut random = Random(1);
    for (code, db) in codes() {
        let mut encoder = LdpcEncoder::new(code).expect("a code of the standard");
        for algorithm in MIN_SUM {
            let mut decoder = LdpcDecoder::new(code, options(algorithm, 100)).expect("options in range");
            for amplitude in [5.0, 40.0, 90.0] {
                let (info, soft) = received(&mut encoder, code, &mut random, db, amplitude);
                let (outcome, decoded) = decode(&mut decoder, code, &soft);
                assert_eq!(decoded, info, "{code:?} {algorithm:?} {amplitude}");
                assert!(outcome.converged && outcome.iterations <= 100);
                assert_eq!(outcome.syndrome_weight, Some(0));
                assert_eq!(
                    outcome.channel_errors,
                    errors(&mut encoder, &info, &soft),
                    "{code:?}"
                );
            }
        }
    }
}

#[test]
fn sum_product_finds_its_scale() {
    let mut random = Random(2);
    let short = Ar4jaRate::R12;
    let codes = [
        (LdpcCode::Tc128, 7.0),
        (LdpcCode::Tc512, 5.0),
        (LdpcCode::Ar4ja { rate: short, k: 1024 }, 2.8),
    ];
    for (code, db) in codes {
        let mut encoder = LdpcEncoder::new(code).expect("a code of the standard");
        let mut decoder = LdpcDecoder::new(code, options(SUM_PRODUCT, 50)).expect("options in range");
        for amplitude in [3.0, 50.0] {
            let (info, soft) = received(&mut encoder, code, &mut random, db, amplitude);
            let (outcome, decoded) = decode(&mut decoder, code, &soft);
            assert_eq!(decoded, info, "{code:?} {amplitude}");
            assert!(outcome.converged);
        }
    }
}

#[test]
fn hard_decisions_decode_too() {
    let mut random = Random(3);
    for (code, _) in codes() {
        let mut encoder = LdpcEncoder::new(code).expect("a code of the standard");
        let (info, soft) = received(&mut encoder, code, &mut random, 20.0, 100.0);
        let mut hard: Vec<i8> = soft.iter().map(|soft| soft.signum()).collect();
        let count = hard.len();
        (0..count / 200).for_each(|n| hard[n * 197 % count] *= -1);
        let mut decoder = LdpcDecoder::new(code, LdpcOptions::default()).expect("options in range");
        let (outcome, decoded) = decode(&mut decoder, code, &hard);
        assert_eq!(decoded, info, "{code:?}");
        assert!(outcome.converged);
        assert_eq!(outcome.channel_errors as usize, count / 200);
    }
}

/// Words near and beyond the limit, at several scales, and with all extremes.
fn difficult(encoder: &mut LdpcEncoder, code: LdpcCode, db: f64, random: &mut Random) -> Vec<Vec<i8>> {
    let mut words: Vec<Vec<i8>> = [(-1.0, 40.0), (-2.0, 127.0), (-4.0, 3.0)]
        .into_iter()
        .map(|(less, amplitude)| received(encoder, code, random, db + less, amplitude).1)
        .collect();
    words.push((0..code.code_bits()).map(|_| random.next() as i8).collect());
    let extremes = [i8::MIN, i8::MAX, 0, -127];
    words.push(
        (0..code.code_bits())
            .map(|_| extremes[random.next() as usize % 4])
            .collect(),
    );
    words
}

#[test]
fn all_implementations_give_the_same() {
    let mut random = Random(4);
    for (code, db) in codes() {
        let mut encoder = LdpcEncoder::new(code).expect("a code of the standard");
        let words = difficult(&mut encoder, code, db, &mut random);
        for algorithm in MIN_SUM {
            let new = |backend| {
                LdpcDecoder::with_backend(code, options(algorithm, 3), backend).expect("options in range")
            };
            let mut plain = new(LdpcBackend::Plain);
            let mut others: Vec<LdpcDecoder> = LdpcBackend::ALL.into_iter().map(new).collect();
            for soft in &words {
                let expected = decode(&mut plain, code, soft);
                for other in &mut others {
                    assert_eq!(decode(other, code, soft), expected, "{code:?} {algorithm:?}");
                }
            }
        }
    }
}

#[test]
fn a_decoder_carries_nothing_from_word_to_word() {
    let mut random = Random(5);
    let code = LdpcCode::C2;
    let mut encoder = LdpcEncoder::new(code).expect("a code of the standard");
    let words = difficult(&mut encoder, code, 4.5, &mut random);
    let new = || LdpcDecoder::new(code, options(LdpcAlgorithm::default(), 6)).expect("options in range");
    let mut used = new();
    for soft in &words {
        assert_eq!(decode(&mut used, code, soft), decode(&mut new(), code, soft));
    }
}

#[test]
fn silence_and_missing_bits_are_not_codewords() {
    for (code, _) in codes() {
        for algorithm in [LdpcAlgorithm::default(), SUM_PRODUCT] {
            let mut decoder = LdpcDecoder::new(code, options(algorithm, 2)).expect("options in range");
            let (outcome, _) = decode(&mut decoder, code, &[]);
            assert_eq!((outcome.converged, outcome.iterations), (false, 0), "{code:?}");
            assert_eq!(outcome.channel_errors, 0);
        }
    }
}

#[test]
fn input_and_output_of_any_length_are_taken() {
    let code = LdpcCode::Tc512;
    let mut encoder = LdpcEncoder::new(code).expect("a code of the standard");
    let (info, mut soft) = received(&mut encoder, code, &mut Random(6), 20.0, 100.0);
    let mut decoder = LdpcDecoder::new(code, LdpcOptions::default()).expect("options in range");
    soft.extend([127; 10]);
    assert_eq!(decode(&mut decoder, code, &soft).1, info);
    // The end is missing, as if erased: the checks fill it in.
    assert_eq!(decode(&mut decoder, code, &soft[..460]).1, info);
    let mut part = [0; 5];
    decoder.decode(&soft, &mut part);
    assert_eq!(part, info[..5]);
    let mut long = [0xAA; 40];
    decoder.decode(&soft, &mut long);
    assert_eq!((&long[..32], &long[32..]), (&info[..], &[0xAA; 8][..]));
}

#[test]
fn impossible_options_are_refused() {
    let error = |options| LdpcDecoder::new(LdpcCode::C2, options).err();
    assert_eq!(
        error(options(LdpcAlgorithm::default(), 0)),
        Some(LdpcError::MaxIterations {
            found: 0,
            limit: 10_000
        })
    );
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let algorithm = LdpcAlgorithm::SumProduct {
            llr_per_unit: Some(scale),
        };
        assert!(matches!(
            error(options(algorithm, 9)),
            Some(LdpcError::LlrPerUnit { .. })
        ));
    }
}

/// The (128,64) code is so short that what is received is at times nearer to another codeword than to the one
/// sent. Of 20 000 words at 2 dB, where three in ten fail, one decodes to a wrong codeword; of 20 000 times pure
/// noise, two make a codeword.
#[test]
fn undetected_errors_of_the_shortest_code_are_rare() {
    let (code, mut random) = (LdpcCode::Tc128, Random(7));
    let mut encoder = LdpcEncoder::new(code).expect("a code of the standard");
    let mut decoder =
        LdpcDecoder::new(code, options(LdpcAlgorithm::default(), 50)).expect("options in range");
    let (mut failed, mut undetected, mut invented) = (0, 0, 0);
    for _ in 0..20_000 {
        let (info, soft) = received(&mut encoder, code, &mut random, 2.0, 40.0);
        let (outcome, decoded) = decode(&mut decoder, code, &soft);
        failed += u32::from(decoded != info);
        undetected += u32::from(decoded != info && outcome.converged);
        let noise: Vec<i8> = soft
            .iter()
            .map(|_| (40.0 * gaussian(&mut random)).clamp(-127.0, 127.0) as i8)
            .collect();
        invented += u32::from(decode(&mut decoder, code, &noise).0.converged);
    }
    assert_eq!((failed, undetected, invented), (5893, 1, 2));
}
