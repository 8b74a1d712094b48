//! Error rates in white noise: the convolutional code against the union bound of its own trellis, the
//! concatenated code at the Eb/N0 it is expected to work at.

mod coding_common;

use coding_common::{Random, ccsds, channel, receive, transmit};
use groundlink_decoder::coding::viterbi::Viterbi;
use groundlink_decoder::coding::{CodedFrame, CodingConfig, ConvolutionalConfig};

/// Rate 1/2 in decibels.
const HALF_RATE_DB: f64 = -3.0103;
/// Distances followed; what lies beyond adds less than a hundredth at 4 dB.
const DISTANCES: usize = 32;

/// Sum over all error events of their wrong information bits, by Hamming distance, found by following every
/// path that leaves the zero state until it returns.
fn bit_weights() -> [f64; DISTANCES] {
    let symbols = |register: usize| (register & 0o117).count_ones() % 2 + (register & 0o155).count_ones() % 2;
    let mut result = [0.0; DISTANCES];
    // Paths, and wrong bits on them, by state and distance.
    let mut paths = vec![[(0.0, 0.0); DISTANCES]; 64];
    paths[1][symbols(1) as usize] = (1.0, 1.0);
    for _ in 0..200 {
        let mut next = vec![[(0.0, 0.0); DISTANCES]; 64];
        for (state, by_distance) in paths.iter().enumerate().skip(1) {
            for bit in 0..2 {
                let register = state << 1 | bit;
                let weight = symbols(register) as usize;
                for (d, &(count, wrong)) in by_distance[..DISTANCES - weight].iter().enumerate() {
                    let to = &mut next[register & 63][d + weight];
                    to.0 += count;
                    to.1 += wrong + count * bit as f64;
                }
            }
        }
        for (sum, ended) in result.iter_mut().zip(next[0]) {
            *sum += ended.1;
        }
        paths = next;
    }
    result
}

/// Probability that a standard Gaussian exceeds `x` (large `x`: the continued fraction of its tail).
fn tail(x: f64) -> f64 {
    let fraction = (1..60).rev().fold(x, |f, k| x + f64::from(k) / f);
    (-x * x / 2.0).exp() / (fraction * std::f64::consts::TAU.sqrt())
}

#[test]
fn convolutional_code_reaches_the_union_bound_at_4_db() {
    let weights = bit_weights();
    assert_eq!(
        weights[..15],
        [[0.0; 10].as_slice(), &[36.0, 0.0, 211.0, 0.0, 1404.0]].concat()
    );
    let eb_n0 = 10f64.powf(0.4);
    let bound: f64 = weights
        .iter()
        .enumerate()
        .skip(1)
        .map(|(d, w)| w * tail((d as f64 * eb_n0).sqrt()))
        .sum();
    assert!((1.7e-5..2.0e-5).contains(&bound), "{bound}");

    let count = 4_000_000;
    let mut random = Random(20);
    let mut viterbi = Viterbi::default();
    let (mut decoded, mut errors) = (Vec::new(), 0);
    for _ in 0..count / 500 {
        // The code is linear: zeros stand for all data.
        let soft = channel(&[0; 1000], 4.0 + HALF_RATE_DB, &mut random);
        let (g1, g2): (Vec<i8>, Vec<i8>) = soft.chunks_exact(2).map(|pair| (pair[0], pair[1])).unzip();
        viterbi.push(&g1, &g2);
        let mark = viterbi.mark();
        viterbi.emit(&mark, mark.steps().saturating_sub(128), &mut decoded);
        errors += decoded.iter().map(|&bit| u32::from(bit)).sum::<u32>();
        decoded.clear();
    }
    // Events of about four wrong bits: the count deviates by twice the square root of itself.
    let expected = bound * f64::from(count);
    let deviation = 3.0 * 2.0 * expected.sqrt();
    assert!(
        (f64::from(errors) - expected).abs() < deviation,
        "{errors} errors, the bound is {expected}"
    );
}

#[test]
fn concatenated_code_loses_no_frame_at_2_38_db_with_free_node_synchronisation() {
    let free = ConvolutionalConfig::default();
    let config = CodingConfig {
        convolutional: Some(free),
        ..ccsds(4)
    };
    let mut random = Random(21);
    let (sent, bits) = transmit(&config, 60, (0, 64), &mut random);
    let rate = 0.5 * 892.0 / 1024.0;
    let soft = channel(&bits, 2.38 + 10.0 * f64::log10(rate), &mut random);
    let received = receive(&config, &soft, 65536);
    assert!(received.iter().all(CodedFrame::good));
    assert!(received.iter().map(|frame| &frame.bytes).eq(&sent));
}
