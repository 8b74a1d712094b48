//! [`super::x86`] for AVX-512: all of a check's bits stay in registers.
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
pub(super) fn kernel() -> Option<Kernel<64>> {
    let has = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
    has.then_some(Kernel { update, satisfied })
}

type Register = __m512i;

min_sum!("avx512f,avx512bw", 64);

instructions!("avx512f,avx512bw",
    add = _mm512_add_epi8(a: Register, b: Register);
    sub = _mm512_sub_epi8(a: Register, b: Register);
    add_signed = _mm512_adds_epi8(a: Register, b: Register);
    sub_signed = _mm512_subs_epi8(a: Register, b: Register);
    sub_unsigned = _mm512_subs_epu8(a: Register, b: Register);
    abs = _mm512_abs_epi8(a: Register);
    min = _mm512_min_epu8(a: Register, b: Register);
    max = _mm512_max_epu8(a: Register, b: Register);
    xor = _mm512_xor_si512(a: Register, b: Register);
    and = _mm512_and_si512(a: Register, b: Register);
    shift_right = _mm512_srl_epi16(a: Register, count: __m128i);
);

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn splat(value: u8) -> Register {
    _mm512_set1_epi8(value.cast_signed())
}

/// `equal` where `a` equals `b`, otherwise `other`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn select_equal(a: Register, b: Register, equal: Register, other: Register) -> Register {
    _mm512_mask_blend_epi8(_mm512_cmpeq_epi8_mask(a, b), other, equal)
}

/// `-x` where `sign` is negative, otherwise `x`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn negate_where(sign: Register, x: Register) -> Register {
    _mm512_mask_sub_epi8(x, _mm512_movepi8_mask(sign), splat(0), x)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn any_negative(x: Register) -> bool {
    _mm512_movepi8_mask(x) != 0
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn load(from: &[i8; 64]) -> Register {
    // SAFETY: 64 bytes are there to be read.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn store(to: &mut [i8; 64], value: Register) {
    // SAFETY: 64 bytes are there to be written.
    unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), value) }
}
