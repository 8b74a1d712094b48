//! Soft bits to log-likelihood ratios in the kernel's steps.

use super::TurboRate;
use super::kernel::CHANNEL_LIMIT;
use crate::coding::contradicted::count_contradicted;
use multiversion::multiversion;

/// Kernel steps of one nat.
pub(super) const STEPS_PER_NAT: f32 = 16.0;
/// Greatest symbol energy to noise density that an estimate gives; above, any scale decodes.
const GREATEST: f64 = 4.0;

/// Symbol energy to noise density below which the longest block of a rate cannot be decoded.
fn least(rate: TurboRate) -> f64 {
    match rate {
        TurboRate::R12 => 0.56,
        TurboRate::R13 => 0.33,
        TurboRate::R14 => 0.23,
        TurboRate::R16 => 0.145,
    }
}

/// Log-likelihood ratio of a soft bit of one, in nats, that the soft bits themselves suggest: 2A / sigma^2 of
/// signals +-A in Gaussian noise, from the second and the fourth moment (D. R. Pauluzzi, N. C. Beaulieu, "A
/// comparison of SNR estimation techniques for the AWGN channel", IEEE Trans. Commun. 48, 2000). Short blocks in much
/// noise leave an error of some 10 %; too low a value harms, so that none is taken below what the code needs.
pub(super) fn estimate(soft: &[i8], rate: TurboRate) -> f32 {
    let (second, fourth) = moments(soft);
    let count = soft.len().max(1) as f64;
    let (second, fourth) = (second as f64 / count, fourth as f64 / count);
    if second == 0.0 {
        return 1.0;
    }
    let signal = ((3.0 * second * second - fourth) / 2.0).max(0.0).sqrt();
    let noise = (second - signal).max(f64::MIN_POSITIVE);
    let ratio = (signal / noise / 2.0).clamp(least(rate), GREATEST);
    // With r = A^2 / 2 sigma^2 and A^2 + sigma^2 = m: 2A / sigma^2 = 4r / A, A^2 = 2r m / (2r + 1).
    let amplitude = (2.0 * ratio * second / (2.0 * ratio + 1.0)).sqrt();
    (4.0 * ratio / amplitude) as f32
}

/// Sums of the squares and of the fourth powers.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn moments(soft: &[i8]) -> (u64, u64) {
    const LANES: usize = 16;
    let (mut second, mut fourth) = (0, 0);
    let (rows, rest) = soft.as_chunks::<LANES>();
    let mut last = [0; LANES];
    last[..rest.len()].copy_from_slice(rest);
    // Eight fourth powers of at most 2^28 fit into 32 bits.
    for rows in rows.chunks(8).chain([&[last][..]]) {
        let (mut squares, mut fourths) = ([0u32; LANES], [0u32; LANES]);
        for row in rows {
            for n in 0..LANES {
                let square = (i32::from(row[n]) * i32::from(row[n])) as u32;
                squares[n] += square;
                fourths[n] += square * square;
            }
        }
        second += squares.iter().map(|&s| u64::from(s)).sum::<u64>();
        fourth += fourths.iter().map(|&s| u64::from(s)).sum::<u64>();
    }
    (second, fourth)
}

/// How many soft bits say the opposite of the codeword's bits; zeros say nothing.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
pub(super) fn contradictions(soft: &[i8], codeword: &[u8]) -> u32 {
    count_contradicted(soft, codeword, |bit| bit == 1)
}

/// Kernel value of every soft bit, by its bits as `u8`.
pub(super) fn table(llr_per_unit: f32) -> [i16; 256] {
    let limit = f32::from(CHANNEL_LIMIT);
    std::array::from_fn(|bits| {
        let value = f32::from(bits as u8 as i8) * llr_per_unit * STEPS_PER_NAT;
        // A NaN becomes 0.
        value.round().clamp(-limit, limit) as i16
    })
}
