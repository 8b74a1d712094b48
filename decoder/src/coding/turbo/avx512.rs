//! [`Lanes`] of a whole row in one 512-bit register.
#![allow(
    unsafe_code,
    reason = "intrinsics; callers run them only where the processor has AVX-512 BW"
)]

use super::component::Component;
use super::kernel::{Scratch, pass};
use super::lanes::{Lanes, WINDOWS};
use super::layout::Field;
use super::rules::{Parities, Sum};
use super::x86::registers;
use core::arch::x86_64::{
    __m512i, _mm512_abs_epi16, _mm512_add_epi16, _mm512_loadu_si512, _mm512_max_epi16, _mm512_min_epi16,
    _mm512_movepi16_mask, _mm512_mulhrs_epi16, _mm512_set1_epi16, _mm512_srli_epi16, _mm512_storeu_si512,
    _mm512_sub_epi16, _mm512_subs_epu16,
};

registers!(
    "avx512f,avx512bw", Avx512(__m512i) of 32, _mm512_movepi16_mask;
    _mm512_set1_epi16, _mm512_loadu_si512, _mm512_storeu_si512;
    _mm512_add_epi16, _mm512_sub_epi16, _mm512_max_epi16, _mm512_min_epi16;
    _mm512_abs_epi16, _mm512_subs_epu16, _mm512_srli_epi16, _mm512_mulhrs_epi16
);
