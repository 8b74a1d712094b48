//! Weighted sums with AVX-512: 128 outputs at a time, so that additions need not wait for those before.
#![allow(
    unsafe_code,
    reason = "whole registers are loaded and stored; the dispatch makes sure of the features"
)]

use std::arch::x86_64::{
    __m512, __mmask16, _mm512_add_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_mul_ps,
    _mm512_set1_ps, _mm512_setzero_ps,
};

/// `f32` lanes of a register.
const LANES: usize = 16;
/// Registers of sums.
const SUMS: usize = 8;

/// See [`super::correlate_planes`].
#[target_feature(enable = "avx512f")]
pub fn correlate_planes<P: AsRef<[f32]>>(planes: &[P], taps: &[f32], out: &mut [f32]) {
    let mut first = 0;
    let mut blocks = out.chunks_exact_mut(SUMS * LANES);
    for block in &mut blocks {
        let sums = weighted::<SUMS, _>(planes, taps, first, LANES);
        for (part, sum) in block.chunks_exact_mut(LANES).zip(sums) {
            store(sum, part);
        }
        first += SUMS * LANES;
    }
    for part in blocks.into_remainder().chunks_mut(LANES) {
        let [sum] = weighted::<1, _>(planes, taps, first, part.len());
        store(sum, part);
        first += part.len();
    }
}

/// The outputs from `first` on, `lanes` in each register.
#[inline]
#[target_feature(enable = "avx512f")]
fn weighted<const N: usize, P: AsRef<[f32]>>(
    planes: &[P],
    taps: &[f32],
    first: usize,
    lanes: usize,
) -> [__m512; N] {
    let mut sums = [_mm512_setzero_ps(); N];
    for (k, taps) in taps.chunks(planes.len()).enumerate() {
        for (&tap, plane) in taps.iter().zip(planes) {
            let tap = _mm512_set1_ps(tap);
            let values = &plane.as_ref()[first + 2 * k..][..(N - 1) * LANES + lanes];
            for (n, sum) in sums.iter_mut().enumerate() {
                let x = load(&values[n * LANES..][..lanes]);
                *sum = _mm512_add_ps(*sum, _mm512_mul_ps(tap, x));
            }
        }
    }
    sums
}

/// At most sixteen values, and zeros.
#[inline]
#[target_feature(enable = "avx512f")]
fn load(values: &[f32]) -> __m512 {
    // SAFETY: only the lanes that the slice covers are read.
    unsafe { _mm512_maskz_loadu_ps(mask(values.len()), values.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(register: __m512, to: &mut [f32]) {
    // SAFETY: only the lanes that the slice covers are written.
    unsafe { _mm512_mask_storeu_ps(to.as_mut_ptr(), mask(to.len()), register) };
}

/// The lowest lanes, as many as `count`, or all.
fn mask(count: usize) -> __mmask16 {
    !(__mmask16::MAX.checked_shl(count as u32).unwrap_or(0))
}
