//! Properties of encoder and decoder, and the vector units against each other.

use super::reference;
use super::{
    LENGTHS, TurboAlgorithm, TurboBackend, TurboCode, TurboDecoder, TurboEncoder, TurboOptions, TurboRate,
};
use crate::coding::frame::IterativeOutcome;
use proptest::prelude::*;

const RATES: [TurboRate; 4] = [TurboRate::R12, TurboRate::R13, TurboRate::R14, TurboRate::R16];
const ALGORITHMS: [TurboAlgorithm; 2] = [TurboAlgorithm::LogMap, TurboAlgorithm::MaxLogMap];

fn codes() -> impl Iterator<Item = TurboCode> {
    RATES
        .into_iter()
        .flat_map(|rate| LENGTHS.map(|k| TurboCode { rate, k }))
}

fn decoder(code: TurboCode, options: TurboOptions) -> TurboDecoder {
    TurboDecoder::new(code, options).expect("a code of the standard")
}

/// Repeatable random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.bits() as u8).collect()
    }

    fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

fn encode(code: TurboCode, info: &[u8]) -> Vec<u8> {
    let mut bits = Vec::new();
    TurboEncoder::new(code)
        .expect("a code of the standard")
        .encode(info, &mut bits);
    bits
}

/// Log-likelihood ratios of a codeword in Gaussian noise.
fn received(code: TurboCode, bits: &[u8], eb_n0_db: f64, random: &mut Random) -> Vec<f64> {
    let rate = code.info_bits() as f64 / code.code_bits() as f64;
    let sigma = (0.5 / (10f64.powf(eb_n0_db / 10.0) * rate)).sqrt();
    bits.iter()
        .map(|&bit| (f64::from(bit) * 2.0 - 1.0 + sigma * random.normal()) * 2.0 / (sigma * sigma))
        .collect()
}

/// Soft bits in eighths of a nat, as the receivers give them.
fn quantized(llr: &[f64]) -> Vec<i8> {
    llr.iter()
        .map(|llr| (llr * 8.0).round().clamp(-127.0, 127.0) as i8)
        .collect()
}

/// Eb/N0 well above each rate's threshold, dB.
fn safe_db(rate: TurboRate) -> f64 {
    match rate {
        TurboRate::R12 => 2.3,
        TurboRate::R13 => 1.7,
        TurboRate::R14 => 1.5,
        TurboRate::R16 => 1.2,
    }
}

fn wrong(info: &[u8], decided: &[u8]) -> u32 {
    info.iter().zip(decided).map(|(a, b)| (a ^ b).count_ones()).sum()
}

#[test]
fn every_code_decodes_what_it_encodes_in_noise() {
    let mut random = Random(1);
    for code in codes() {
        let info = random.bytes(code.k / 8);
        let bits = encode(code, &info);
        let soft = quantized(&received(code, &bits, safe_db(code.rate), &mut random));
        let errors = soft
            .iter()
            .zip(&bits)
            .filter(|&(&s, &bit)| s != 0 && (s > 0) != (bit == 1))
            .count();
        for algorithm in ALGORITHMS {
            let options = TurboOptions {
                algorithm,
                ..TurboOptions::default()
            };
            let mut decided = vec![0; code.k / 8];
            let outcome = decoder(code, options).decode(&soft, &mut decided);
            assert!(decided == info, "{code:?} {algorithm:?} {outcome:?}");
            assert!(
                outcome.converged && outcome.iterations < 8,
                "{code:?} {algorithm:?} {outcome:?}"
            );
            assert_eq!(outcome.channel_errors, errors as u32);
            assert_eq!(outcome.syndrome_weight, None);
        }
    }
}

#[test]
fn windows_integers_and_the_approximate_sum_lose_less_than_a_tenth_of_a_decibel() {
    // Below the thresholds, few iterations: plenty of bits are still wrong and all losses show.
    for (rate, eb_n0_db) in [
        (TurboRate::R12, 0.9),
        (TurboRate::R13, 0.3),
        (TurboRate::R14, 0.2),
        (TurboRate::R16, 0.0),
    ] {
        let code = TurboCode { rate, k: 1784 };
        let (mut worse, mut exact, mut ours) = (0, 0, 0);
        for seed in 0..6 {
            let info = Random(seed).bytes(code.k / 8);
            let bits = encode(code, &info);
            let llr = |loss: f64| received(code, &bits, eb_n0_db - loss, &mut Random(100 + seed));
            let errors = |bits: Vec<u8>| {
                let wrong = |&(n, bit): &(usize, u8)| info[n / 8] >> (7 - n % 8) & 1 != bit;
                bits.into_iter().enumerate().filter(wrong).count()
            };
            worse += errors(reference::decode(code, &llr(0.1), 3));
            exact += errors(reference::decode(code, &llr(0.0), 3));
            let options = TurboOptions {
                max_iterations: 3,
                early_stop: false,
                ..TurboOptions::default()
            };
            let mut decided = vec![0; code.k / 8];
            decoder(code, options).decode(&quantized(&llr(0.0)), &mut decided);
            ours += wrong(&info, &decided) as usize;
        }
        assert!(
            exact > 100 && ours < worse,
            "{rate:?} exact {exact}, 0.1 dB worse {worse}, found {ours}"
        );
    }
}

/// Everything a decoder says of a few frames.
fn all_results(
    code: TurboCode,
    options: TurboOptions,
    backend: TurboBackend,
    frames: &[Vec<i8>],
) -> Vec<(Vec<u8>, IterativeOutcome)> {
    let mut decoder = TurboDecoder::with_backend(code, options, backend).expect("a code of the standard");
    frames
        .iter()
        .map(|soft| {
            let mut info = vec![0; code.k / 8];
            let outcome = decoder.decode(soft, &mut info);
            (info, outcome)
        })
        .collect()
}

#[test]
fn all_vector_units_give_the_same_on_noise_and_on_extreme_input() {
    let mut random = Random(3);
    for rate in RATES {
        for k in [1784, 3568] {
            let code = TurboCode { rate, k };
            let bits = encode(code, &random.bytes(k / 8));
            let noise =
                |random: &mut Random| random.bytes(code.code_bits()).iter().map(|&b| b as i8).collect();
            let frames: Vec<Vec<i8>> = vec![
                quantized(&received(code, &bits, safe_db(rate) - 1.2, &mut random)),
                noise(&mut random),
                vec![0; code.code_bits()],
                vec![127; code.code_bits()],
                vec![-127; code.code_bits()],
                vec![-128; code.code_bits()],
                bits.iter()
                    .map(|&bit| if bit == 1 { 127 } else { -128 })
                    .collect(),
                noise(&mut random)
                    .iter()
                    .map(|&v: &i8| if v < 0 { -128 } else { 127 })
                    .collect(),
            ];
            for algorithm in ALGORITHMS {
                for llr_per_unit in [None, Some(1e9), Some(0.3)] {
                    let options = TurboOptions {
                        algorithm,
                        llr_per_unit,
                        max_iterations: 6,
                        early_stop: llr_per_unit.is_none(),
                    };
                    let plain = all_results(code, options, TurboBackend::Plain, &frames);
                    for backend in TurboBackend::available() {
                        let found = all_results(code, options, backend, &frames);
                        assert!(found == plain, "{code:?} {options:?} {backend:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn minus_128_counts_as_minus_127() {
    let code = TurboCode {
        rate: TurboRate::R13,
        k: 1784,
    };
    let mut random = Random(4);
    let loud = |value: i8| {
        let mut random = Random(5);
        (0..code.code_bits())
            .map(|_| {
                if random.bits() & 1 == 1 {
                    value
                } else {
                    random.bits() as i8 / 2
                }
            })
            .collect::<Vec<i8>>()
    };
    let options = TurboOptions::default();
    let [a, b] =
        [-128, -127].map(|value| all_results(code, options, TurboBackend::fastest(), &[loud(value)]));
    assert!(a == b);
    // And a decoder remembers nothing of the frame before.
    let frame = quantized(&received(
        code,
        &encode(code, &random.bytes(223)),
        0.6,
        &mut random,
    ));
    let twice = all_results(
        code,
        options,
        TurboBackend::fastest(),
        &[frame.clone(), loud(-127), frame],
    );
    assert!(twice[0] == twice[2]);
}

#[test]
fn scale_is_estimated_from_the_soft_bits() {
    let code = TurboCode {
        rate: TurboRate::R14,
        k: 8920,
    };
    let mut random = Random(6);
    let bits = encode(code, &random.bytes(1115));
    let llr = received(code, &bits, 0.5, &mut random);
    for unit in [4.0, 8.0, 16.0] {
        let soft: Vec<i8> = llr
            .iter()
            .map(|l| (l * unit).round().clamp(-127.0, 127.0) as i8)
            .collect();
        let estimate = f64::from(super::quantize::estimate(&soft, code.rate)) * unit;
        assert!((0.95..1.05).contains(&estimate), "{unit} {estimate}");
    }
}

#[test]
fn impossible_codes_and_options_are_refused() {
    let code = TurboCode {
        rate: TurboRate::R12,
        k: 1785,
    };
    assert!(TurboEncoder::new(code).is_err());
    assert!(TurboDecoder::new(code, TurboOptions::default()).is_err());
    let code = TurboCode { k: 1784, ..code };
    for options in [
        TurboOptions {
            max_iterations: 0,
            ..TurboOptions::default()
        },
        TurboOptions {
            max_iterations: 1001,
            ..TurboOptions::default()
        },
        TurboOptions {
            llr_per_unit: Some(0.0),
            ..TurboOptions::default()
        },
        TurboOptions {
            llr_per_unit: Some(f32::NAN),
            ..TurboOptions::default()
        },
    ] {
        assert!(TurboDecoder::new(code, options).is_err(), "{options:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_input_of_any_length_is_taken(
        soft in prop::collection::vec(any::<i8>(), 0..4000),
        room in 0usize..300,
        rate in prop::sample::select(&RATES[..]),
    ) {
        let code = TurboCode { rate, k: 1784 };
        let options = TurboOptions { max_iterations: 2, ..TurboOptions::default() };
        let mut info = vec![0xA5; room];
        let outcome = decoder(code, options).decode(&soft, &mut info);
        prop_assert!(outcome.iterations <= 2);
        prop_assert!(outcome.channel_errors as usize <= soft.len());
        prop_assert!(info[room.min(223)..].iter().all(|&byte| byte == 0xA5));
    }

    #[test]
    fn codes_are_linear_and_short_blocks_end_in_zeros(
        a in prop::collection::vec(any::<u8>(), 223),
        b in prop::collection::vec(any::<u8>(), 0..230),
        rate in prop::sample::select(&RATES[..]),
    ) {
        let code = TurboCode { rate, k: 1784 };
        let mut filled = b.clone();
        filled.resize(223, 0);
        let sum: Vec<u8> = a.iter().zip(&filled).map(|(a, b)| a ^ b).collect();
        let coded: Vec<u8> = encode(code, &a).iter().zip(encode(code, &b)).map(|(a, b)| a ^ b).collect();
        prop_assert_eq!(coded, encode(code, &sum));
    }
}
