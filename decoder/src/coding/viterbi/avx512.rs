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
use super::trellis::{Branch, LEAD_ROUNDS, LIMIT, OTHER, OWN, Paths, ROUND, Round, STATES, round_back};
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

/// Of as many steps as fill whole registers, how many, the sum of the symbols' magnitudes and how many symbols are
/// not 0.
pub(super) fn magnitude(g1: &[i8], g2: &[i8]) -> (usize, u32, u32) {
    // SAFETY: the caller has found the features.
    unsafe { add_magnitudes(g1, g2) }
}

#[target_feature(enable = "avx512f,avx512bw,avx2,bmi2")]
fn add_magnitudes(g1: &[i8], g2: &[i8]) -> (usize, u32, u32) {
    let (mut sums, mut count, mut done) = (_mm512_setzero_si512(), 0, 0);
    for (g1, g2) in g1.as_chunks().0.iter().zip(g2.as_chunks().0) {
        for symbols in [load_soft(g1), load_soft(g2)] {
            let sum = _mm512_sad_epu8(_mm512_abs_epi8(symbols), _mm512_setzero_si512());
            sums = _mm512_add_epi64(sums, sum);
            count += _mm512_test_epi8_mask(symbols, symbols).count_ones();
        }
        done += STATES;
    }
    (done, _mm512_reduce_add_epi64(sums) as u32, count)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx2,bmi2")]
fn load_soft(symbols: &[i8; STATES]) -> __m512i {
    // SAFETY: the reference covers the 64 bytes read.
    unsafe { _mm512_loadu_si512(std::ptr::from_ref(symbols).cast()) }
}

/// Quantises as many steps as fill whole registers, at most a span; how many, and the sum of the magnitudes.
pub(super) fn quantise(g1: &[i8], g2: &[i8], scale: u16, branches: &mut [Branch]) -> (usize, u32) {
    // SAFETY: the caller has found the features.
    unsafe { blocks(g1, g2, scale, branches) }
}

#[target_feature(enable = "avx512f,avx512bw,avx2,bmi2")]
fn blocks(g1: &[i8], g2: &[i8], scale: u16, branches: &mut [Branch]) -> (usize, u32) {
    let scale = _mm512_set1_epi16(scale.cast_signed());
    let mut sums = _mm512_setzero_si512();
    let mut done = 0;
    let ((g1, _), (g2, _)) = (g1.as_chunks(), g2.as_chunks());
    for ((g1, g2), branches) in g1.iter().zip(g2).zip(branches.as_chunks_mut().0) {
        let (one, two) = (Costs::of(g1, scale), Costs::of(g2, scale));
        let add = |one, two| _mm512_adds_epu8(one, two);
        let low = (add(one.zero, two.zero), add(one.zero, two.one));
        let high = (add(one.one, two.zero), add(one.one, two.one));
        write_branches(low, high, branches);
        let magnitudes = add(one.magnitude, two.magnitude);
        sums = _mm512_add_epi64(sums, _mm512_sad_epu8(magnitudes, _mm512_setzero_si512()));
        done += STATES;
    }
    (done, _mm512_reduce_add_epi64(sums) as u32)
}

/// What a zero and what a one costs in each of 64 steps, in the order that [`write_branches`] takes.
struct Costs {
    zero: __m512i,
    one: __m512i,
    magnitude: __m512i,
}

impl Costs {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx2,bmi2")]
    fn of(symbols: &[i8; STATES], scale: __m512i) -> Self {
        let order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
        let symbols = _mm512_permutexvar_epi32(order, load_soft(symbols));
        let soft = _mm512_abs_epi8(symbols);
        let nothing = _mm512_setzero_si512();
        // 2^7 times the magnitude, times the scale, rounded and without the lowest 15 bits: that is in 256ths.
        let half = |words| _mm512_mulhrs_epi16(_mm512_slli_epi16::<7>(words), scale);
        let magnitude = _mm512_packus_epi16(
            half(_mm512_unpacklo_epi8(soft, nothing)),
            half(_mm512_unpackhi_epi8(soft, nothing)),
        );
        let magnitude = _mm512_min_epu8(magnitude, _mm512_set1_epi8(LIMIT.cast_signed()));
        let ones = _mm512_movepi8_mask(symbols);
        Self {
            zero: _mm512_maskz_mov_epi8(!ones, magnitude),
            one: _mm512_maskz_mov_epi8(ones, magnitude),
            magnitude,
        }
    }
}

/// Writes the four costs of each step side by side.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx2,bmi2")]
fn write_branches(low: (__m512i, __m512i), high: (__m512i, __m512i), branches: &mut [Branch; STATES]) {
    let first = (
        _mm512_unpacklo_epi8(low.0, low.1),
        _mm512_unpacklo_epi8(high.0, high.1),
    );
    let second = (
        _mm512_unpackhi_epi8(low.0, low.1),
        _mm512_unpackhi_epi8(high.0, high.1),
    );
    let quarters = [
        _mm512_unpacklo_epi16(first.0, first.1),
        _mm512_unpackhi_epi16(first.0, first.1),
        _mm512_unpacklo_epi16(second.0, second.1),
        _mm512_unpackhi_epi16(second.0, second.1),
    ];
    for (to, quarter) in branches.as_chunks_mut::<16>().0.iter_mut().zip(quarters) {
        // SAFETY: the reference covers the 64 bytes written.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), quarter) }
    }
}

loops!("avx512f,avx512bw,avx2,bmi2");
