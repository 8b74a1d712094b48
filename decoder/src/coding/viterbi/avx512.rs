//! Add-compare-select with AVX-512: all 64 metrics in one register.
#![allow(
    unsafe_code,
    reason = "whole registers are loaded and stored; the dispatch makes sure of the features"
)]
#![allow(
    clippy::wildcard_imports,
    reason = "some thirty names that all say where they come from"
)]

use super::kernel::Trace;
use super::loops::loops;
use super::trellis::{Branch, LEAD_ROUNDS, OTHER, OWN, Paths, ROUND, Round, STATES, round_back};
use std::arch::x86_64::*;

type Register = __m512i;

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx2,bmi2")]
fn load(bytes: &[u8; STATES]) -> Register {
    // SAFETY: the reference covers the 64 bytes read.
    unsafe { _mm512_loadu_si512(std::ptr::from_ref(bytes).cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx2,bmi2")]
fn store(register: Register, to: &mut [u8; STATES]) {
    // SAFETY: the reference covers the 64 bytes written.
    unsafe { _mm512_storeu_si512(std::ptr::from_mut(to).cast(), register) }
}

/// Exchanges the metrics at places that differ in the bit of this phase.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx2,bmi2")]
fn exchange<const PHASE: usize>(m: Register) -> Register {
    match PHASE {
        0 => _mm512_shuffle_i64x2::<0b01_00_11_10>(m, m),
        1 => _mm512_shuffle_i64x2::<0b10_11_00_01>(m, m),
        2 => _mm512_shuffle_epi32::<0b01_00_11_10>(m),
        3 => _mm512_rol_epi64::<32>(m),
        4 => _mm512_rol_epi32::<16>(m),
        _ => {
            let bytes = _mm512_set4_epi32(0x0E0F_0C0D, 0x0A0B_0809, 0x0607_0405, 0x0203_0001);
            _mm512_shuffle_epi8(m, bytes)
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx2,bmi2")]
fn acs<const PHASE: usize>(m: Register, branch: Branch) -> (Register, u64) {
    let costs = _mm512_set1_epi32(branch.cast_signed());
    let own = _mm512_adds_epu8(m, _mm512_shuffle_epi8(costs, load(&OWN[PHASE])));
    let other = _mm512_adds_epu8(
        exchange::<PHASE>(m),
        _mm512_shuffle_epi8(costs, load(&OTHER[PHASE])),
    );
    (_mm512_min_epu8(own, other), _mm512_cmplt_epu8_mask(other, own))
}

/// Subtracts the same from all.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx2,bmi2")]
fn subtract(m: Register, less: u8) -> Register {
    _mm512_subs_epu8(m, _mm512_set1_epi8(less.cast_signed()))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx2,bmi2")]
fn min(m: Register) -> u8 {
    let m = _mm256_min_epu8(_mm512_castsi512_si256(m), _mm512_extracti64x4_epi64::<1>(m));
    let m = _mm_min_epu8(_mm256_castsi256_si128(m), _mm256_extracti128_si256::<1>(m));
    let m = _mm_minpos_epu16(_mm_min_epu8(m, _mm_srli_epi16::<8>(m)));
    _mm_cvtsi128_si32(m) as u8
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx2,bmi2")]
fn equal(m: Register, value: u8) -> u64 {
    _mm512_cmpeq_epi8_mask(m, _mm512_set1_epi8(value.cast_signed()))
}

loops!("avx512f,avx512bw,avx2,bmi2");
