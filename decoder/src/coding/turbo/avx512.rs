//! [`Lanes`] of a whole row in one 512-bit register.
#![allow(
    unsafe_code,
    reason = "intrinsics; callers run them only where the processor has AVX-512 BW"
)]

use super::kernel::{Component, Parities, Scratch, Sum, pass};
use super::lanes::{Lanes, WINDOWS};
use super::layout::Field;
use core::arch::x86_64::{
    __m512i, _mm512_abs_epi16, _mm512_add_epi16, _mm512_loadu_si512, _mm512_max_epi16, _mm512_min_epi16,
    _mm512_movepi16_mask, _mm512_mulhrs_epi16, _mm512_set1_epi16, _mm512_srli_epi16, _mm512_storeu_si512,
    _mm512_sub_epi16, _mm512_subs_epu16,
};

/// Only made by [`run`], hence only on processors that have the instructions.
#[derive(Debug, Clone, Copy)]
struct Avx512(__m512i);

// SAFETY (all blocks): values of this type exist only inside `run`, which the caller enters on a processor with
// AVX-512 F and BW; loads and stores are of arrays of exactly the register's size.
#[allow(clippy::inline_always, reason = "part of the kernel's inner loops")]
impl Lanes for Avx512 {
    const COUNT: usize = WINDOWS;

    #[inline(always)]
    fn splat(value: i16) -> Self {
        Self(unsafe { _mm512_set1_epi16(value) })
    }
    #[inline(always)]
    fn load(row: &[i16; WINDOWS], _at: usize) -> Self {
        Self(unsafe { _mm512_loadu_si512(row.as_ptr().cast()) })
    }
    #[inline(always)]
    fn store(self, row: &mut [i16; WINDOWS], _at: usize) {
        unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), self.0) }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(unsafe { _mm512_add_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(unsafe { _mm512_sub_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(unsafe { _mm512_max_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(unsafe { _mm512_min_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn quarter_below(self, limit: Self) -> Self {
        Self(unsafe { _mm512_srli_epi16::<2>(_mm512_subs_epu16(limit.0, _mm512_abs_epi16(self.0))) })
    }
    #[inline(always)]
    fn scale(self, fraction: Self) -> Self {
        Self(unsafe { _mm512_mulhrs_epi16(self.0, fraction.0) })
    }
    #[inline(always)]
    fn negative(self) -> u32 {
        unsafe { _mm512_movepi16_mask(self.0) }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn run<P: Parities, S: Sum>(component: &mut Component, source: &Field, scratch: &mut Scratch) -> bool {
    pass::<Avx512, P, S>(component, source, scratch)
}

/// The pass; to be called only where the processor has AVX-512 F and BW.
pub(super) fn compiled<P: Parities, S: Sum>(
    component: &mut Component,
    source: &Field,
    scratch: &mut Scratch,
) -> bool {
    // SAFETY: selected only after the processor was asked.
    unsafe { run::<P, S>(component, source, scratch) }
}
