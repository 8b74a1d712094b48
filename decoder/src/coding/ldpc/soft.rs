//! From soft bits to the decoder's fixed point and from its posteriors to the result.

use crate::coding::contradicted::count_contradicted;
use multiversion::multiversion;

/// Mean magnitude that channel values are brought to.
const MEAN: u64 = 16;

/// Factor, in 256ths, that brings the mean magnitude of `soft` to [`MEAN`]; `None` if all are zero.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
pub(super) fn gain(soft: &[i8]) -> Option<u16> {
    let magnitude = |value: &i8| u32::from(value.unsigned_abs().min(127));
    let sum: u32 = soft.iter().map(magnitude).sum();
    let scaled = 256 * MEAN * soft.len() as u64;
    (sum > 0).then(|| u16::try_from(scaled / u64::from(sum)).unwrap_or(u16::MAX))
}

/// Multiplies by the gain, rounding away from zero at halves, and turns the sign: positive is a zero.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
pub(super) fn scale(soft: &[i8], gain: u16, out: &mut [i8]) {
    for (&soft, out) in soft.iter().zip(out) {
        let half_steps = (u32::from(u16::from(soft.unsigned_abs().min(127)) << 9) * u32::from(gain)) >> 16;
        let magnitude = ((half_steps as u16 + 1) >> 1).min(127) as i8;
        *out = if soft > 0 { -magnitude } else { magnitude };
    }
}

/// Packs decisions (negative: one), first bit highest.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
pub(super) fn pack(decided: &[i8], info: &mut [u8]) {
    for (eight, byte) in decided.as_chunks::<8>().0.iter().zip(info) {
        let signs = u64::from_le_bytes(eight.map(i8::cast_unsigned)) >> 7 & 0x0101_0101_0101_0101;
        *byte = (signs.wrapping_mul(0x8040_2010_0804_0201) >> 56) as u8;
    }
}

/// Soft bits (positive: one) that the decisions (negative: one) contradict; zeros say nothing.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
pub(super) fn contradictions(soft: &[i8], decided: &[i8]) -> u32 {
    count_contradicted(soft, decided, |decided| decided < 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_brings_the_mean_to_its_place_and_keeps_signs() {
        let soft: Vec<i8> = (0..1000).map(|n| if n % 3 == 0 { 1 } else { -1 }).collect();
        let mut out = vec![0; soft.len()];
        scale(&soft, gain(&soft).expect("not all are zero"), &mut out);
        for (soft, out) in soft.iter().zip(&out) {
            assert_eq!(*out, -16 * soft);
        }
        assert_eq!(gain(&[0; 9]), None);
    }

    #[test]
    fn the_extremes_stay_in_range() {
        let soft = [i8::MIN, -127, 127, 0, 0, 0, 0, 0];
        let mut out = [0; 8];
        scale(&soft, u16::MAX, &mut out);
        assert_eq!(out, [127, 127, -127, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn packing_puts_the_first_bit_highest() {
        let mut byte = [0];
        pack(&[-1, 5, 0, -128, 127, 1, -3, -4], &mut byte);
        assert_eq!(byte, [0b1001_0011]);
    }

    #[test]
    fn zeros_contradict_nothing() {
        assert_eq!(contradictions(&[1, 1, -1, -1, 0, 0], &[1, -1, 1, -1, 1, -1]), 2);
        assert_eq!(contradictions(&[1; 300], &[0; 300]), 300);
    }
}
