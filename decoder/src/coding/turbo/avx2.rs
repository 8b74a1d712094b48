//! [`Lanes`] of half a row in a 256-bit register.
#![allow(
    unsafe_code,
    reason = "intrinsics; callers run them only where the processor has AVX2"
)]

use super::kernel::{Component, Parities, Scratch, Sum, pass};
use super::lanes::{Lanes, WINDOWS};
use super::layout::Field;
use core::arch::x86_64::{
    __m256i, _mm256_abs_epi16, _mm256_add_epi16, _mm256_loadu_si256, _mm256_max_epi16, _mm256_min_epi16,
    _mm256_movemask_epi8, _mm256_mulhrs_epi16, _mm256_packs_epi16, _mm256_permute4x64_epi64,
    _mm256_set1_epi16, _mm256_srli_epi16, _mm256_storeu_si256, _mm256_sub_epi16, _mm256_subs_epu16,
};

/// Only made by [`run`], hence only on processors that have the instructions.
#[derive(Debug, Clone, Copy)]
struct Avx2(__m256i);

// SAFETY (all blocks): values of this type exist only inside `run`, which the caller enters on a processor with
// AVX2; loads and stores are of slices that were cut to the register's size.
#[allow(clippy::inline_always, reason = "part of the kernel's inner loops")]
impl Lanes for Avx2 {
    const COUNT: usize = 16;

    #[inline(always)]
    fn splat(value: i16) -> Self {
        Self(unsafe { _mm256_set1_epi16(value) })
    }
    #[inline(always)]
    fn load(row: &[i16; WINDOWS], at: usize) -> Self {
        let half: &[i16] = &row[at..][..Self::COUNT];
        Self(unsafe { _mm256_loadu_si256(half.as_ptr().cast()) })
    }
    #[inline(always)]
    fn store(self, row: &mut [i16; WINDOWS], at: usize) {
        let half: &mut [i16] = &mut row[at..][..Self::COUNT];
        unsafe { _mm256_storeu_si256(half.as_mut_ptr().cast(), self.0) }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(unsafe { _mm256_add_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(unsafe { _mm256_sub_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(unsafe { _mm256_max_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(unsafe { _mm256_min_epi16(self.0, other.0) })
    }
    #[inline(always)]
    fn quarter_below(self, limit: Self) -> Self {
        Self(unsafe { _mm256_srli_epi16::<2>(_mm256_subs_epu16(limit.0, _mm256_abs_epi16(self.0))) })
    }
    #[inline(always)]
    fn scale(self, fraction: Self) -> Self {
        Self(unsafe { _mm256_mulhrs_epi16(self.0, fraction.0) })
    }
    #[inline(always)]
    fn negative(self) -> u32 {
        unsafe {
            // Packing keeps the signs, a 128-bit half at a time.
            let bytes = _mm256_permute4x64_epi64::<0b1000>(_mm256_packs_epi16(self.0, self.0));
            _mm256_movemask_epi8(bytes) as u32 & 0xFFFF
        }
    }
}

#[target_feature(enable = "avx2")]
fn run<P: Parities, S: Sum>(component: &mut Component, source: &Field, scratch: &mut Scratch) -> bool {
    pass::<Avx2, P, S>(component, source, scratch)
}

/// The pass; to be called only where the processor has AVX2.
pub(super) fn compiled<P: Parities, S: Sum>(
    component: &mut Component,
    source: &Field,
    scratch: &mut Scratch,
) -> bool {
    // SAFETY: selected only after the processor was asked.
    unsafe { run::<P, S>(component, source, scratch) }
}
