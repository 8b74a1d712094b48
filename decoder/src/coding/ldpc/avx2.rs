//! [`super::x86`] for AVX2; on processors with AVX-512 for codes whose circulants are too small for that.
#![allow(
    unsafe_code,
    reason = "loads and stores of vectors, and calls of functions that the processor was asked for"
)]
#![allow(clippy::wildcard_imports, reason = "names of instructions")]

use super::rule::{LIMIT, Rule};
use super::vector::{Kernel, Run, Work};
use super::x86::{instructions, min_sum};
use std::arch::x86_64::*;

/// This implementation, if the processor has what it needs.
pub(super) fn kernel() -> Option<Kernel<32>> {
    is_x86_feature_detected!("avx2").then_some(Kernel { update, satisfied })
}

type Register = __m256i;

min_sum!("avx2", 32);

instructions!("avx2",
    add = _mm256_add_epi8(a: Register, b: Register);
    sub = _mm256_sub_epi8(a: Register, b: Register);
    add_signed = _mm256_adds_epi8(a: Register, b: Register);
    sub_signed = _mm256_subs_epi8(a: Register, b: Register);
    sub_unsigned = _mm256_subs_epu8(a: Register, b: Register);
    abs = _mm256_abs_epi8(a: Register);
    min = _mm256_min_epu8(a: Register, b: Register);
    max = _mm256_max_epu8(a: Register, b: Register);
    xor = _mm256_xor_si256(a: Register, b: Register);
    and = _mm256_and_si256(a: Register, b: Register);
    shift_right = _mm256_srl_epi16(a: Register, count: __m128i);
);

#[inline]
#[target_feature(enable = "avx2")]
fn splat(value: u8) -> Register {
    _mm256_set1_epi8(value.cast_signed())
}

/// `equal` where `a` equals `b`, otherwise `other`.
#[inline]
#[target_feature(enable = "avx2")]
fn select_equal(a: Register, b: Register, equal: Register, other: Register) -> Register {
    _mm256_blendv_epi8(other, equal, _mm256_cmpeq_epi8(a, b))
}

/// `-x` where `sign` is negative, otherwise `x`.
#[inline]
#[target_feature(enable = "avx2")]
fn negate_where(sign: Register, x: Register) -> Register {
    _mm256_sign_epi8(x, _mm256_or_si256(sign, splat(1)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn any_negative(x: Register) -> bool {
    _mm256_movemask_epi8(x) != 0
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(from: &[i8; 32]) -> Register {
    // SAFETY: 32 bytes are there to be read.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(to: &mut [i8; 32], value: Register) {
    // SAFETY: 32 bytes are there to be written.
    unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), value) }
}
