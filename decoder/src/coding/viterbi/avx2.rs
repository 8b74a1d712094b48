//! Add-compare-select with AVX2: the 64 metrics in two registers.
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

/// Places below and from 32.
type Register = (__m256i, __m256i);

#[inline]
#[target_feature(enable = "avx2,bmi2")]
fn load(bytes: &[u8; STATES]) -> Register {
    let (halves, _) = bytes.as_chunks::<32>();
    // SAFETY: both references cover the 32 bytes read.
    let half = |n: usize| unsafe { _mm256_loadu_si256(std::ptr::from_ref(&halves[n]).cast()) };
    (half(0), half(1))
}

#[inline]
#[target_feature(enable = "avx2,bmi2")]
fn store(register: Register, to: &mut [u8; STATES]) {
    let (halves, _) = to.as_chunks_mut::<32>();
    // SAFETY: both references cover the 32 bytes written.
    unsafe {
        _mm256_storeu_si256(std::ptr::from_mut(&mut halves[0]).cast(), register.0);
        _mm256_storeu_si256(std::ptr::from_mut(&mut halves[1]).cast(), register.1);
    }
}

/// Exchanges the metrics at places of one half that differ in the bit of this phase.
#[inline]
#[target_feature(enable = "avx2,bmi2")]
fn exchange<const PHASE: usize>(m: __m256i) -> __m256i {
    match PHASE {
        1 => _mm256_permute4x64_epi64::<0b01_00_11_10>(m),
        2 => _mm256_shuffle_epi32::<0b01_00_11_10>(m),
        3 => _mm256_shuffle_epi32::<0b10_11_00_01>(m),
        4 => _mm256_shufflehi_epi16::<0b10_11_00_01>(_mm256_shufflelo_epi16::<0b10_11_00_01>(m)),
        _ => _mm256_or_si256(_mm256_slli_epi16::<8>(m), _mm256_srli_epi16::<8>(m)),
    }
}

#[inline]
#[target_feature(enable = "avx2,bmi2")]
fn half(m: __m256i, exchanged: __m256i, costs: (__m256i, __m256i)) -> (__m256i, u64) {
    let own = _mm256_adds_epu8(m, costs.0);
    let other = _mm256_adds_epu8(exchanged, costs.1);
    let least = _mm256_min_epu8(own, other);
    let stays = _mm256_movemask_epi8(_mm256_cmpeq_epi8(least, own));
    (least, u64::from(!stays.cast_unsigned()))
}

#[inline]
#[target_feature(enable = "avx2,bmi2")]
fn acs<const PHASE: usize>(m: Register, branch: Branch) -> (Register, u64) {
    let costs = _mm256_set1_epi32(branch.cast_signed());
    let (own, other) = (load(&OWN[PHASE]), load(&OTHER[PHASE]));
    let cost = |low, high| (_mm256_shuffle_epi8(costs, low), _mm256_shuffle_epi8(costs, high));
    let exchanged = if PHASE == 0 {
        (m.1, m.0)
    } else {
        (exchange::<PHASE>(m.0), exchange::<PHASE>(m.1))
    };
    let (low, below) = half(m.0, exchanged.0, cost(own.0, other.0));
    let (high, above) = half(m.1, exchanged.1, cost(own.1, other.1));
    ((low, high), above << 32 | below)
}

/// Subtracts the same from all.
#[inline]
#[target_feature(enable = "avx2,bmi2")]
fn subtract(m: Register, less: u8) -> Register {
    let less = _mm256_set1_epi8(less.cast_signed());
    (_mm256_subs_epu8(m.0, less), _mm256_subs_epu8(m.1, less))
}

#[inline]
#[target_feature(enable = "avx2,bmi2")]
fn min(m: Register) -> u8 {
    let m = _mm256_min_epu8(m.0, m.1);
    let m = _mm_min_epu8(_mm256_castsi256_si128(m), _mm256_extracti128_si256::<1>(m));
    let m = _mm_minpos_epu16(_mm_min_epu8(m, _mm_srli_epi16::<8>(m)));
    _mm_cvtsi128_si32(m) as u8
}

#[inline]
#[target_feature(enable = "avx2,bmi2")]
fn equal(m: Register, value: u8) -> u64 {
    let half = |half| _mm256_movemask_epi8(_mm256_cmpeq_epi8(half, _mm256_set1_epi8(value.cast_signed())));
    u64::from(half(m.1).cast_unsigned()) << 32 | u64::from(half(m.0).cast_unsigned())
}

loops!("avx2,bmi2");
