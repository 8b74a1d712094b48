//! [`Lanes`] of half a row in a 256-bit register.
#![allow(
    unsafe_code,
    reason = "intrinsics; callers run them only where the processor has AVX2"
)]

use super::component::Component;
use super::kernel::{Scratch, pass};
use super::lanes::{Lanes, WINDOWS};
use super::layout::Field;
use super::rules::{Parities, Sum};
use super::x86::registers;
use core::arch::x86_64::{
    __m256i, _mm256_abs_epi16, _mm256_add_epi16, _mm256_loadu_si256, _mm256_max_epi16, _mm256_min_epi16,
    _mm256_movemask_epi8, _mm256_mulhrs_epi16, _mm256_packs_epi16, _mm256_permute4x64_epi64,
    _mm256_set1_epi16, _mm256_srli_epi16, _mm256_storeu_si256, _mm256_sub_epi16, _mm256_subs_epu16,
};

registers!(
    "avx2", Avx2(__m256i) of 16, negative;
    _mm256_set1_epi16, _mm256_loadu_si256, _mm256_storeu_si256;
    _mm256_add_epi16, _mm256_sub_epi16, _mm256_max_epi16, _mm256_min_epi16;
    _mm256_abs_epi16, _mm256_subs_epu16, _mm256_srli_epi16, _mm256_mulhrs_epi16
);

/// Bits of the lanes below zero.
#[inline]
#[target_feature(enable = "avx2")]
fn negative(x: __m256i) -> u32 {
    // Packing keeps the signs, a 128-bit half at a time.
    let bytes = _mm256_permute4x64_epi64::<0b1000>(_mm256_packs_epi16(x, x));
    _mm256_movemask_epi8(bytes) as u32 & 0xFFFF
}
