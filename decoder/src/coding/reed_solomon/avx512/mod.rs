//! The code on vectors of 64 field elements (AVX-512 with VBMI, VBMI2 and GFNI).
//!
//! Parity symbols and syndromes are both the product of a matrix with the codeword. A vector holds the columns
//! of two neighbouring symbols, 32 rows each; the symbols are spread over the lanes by one permutation whatever
//! the interleaving depth is, so a codeword costs a permutation, a multiplication and half an addition for every
//! two symbols. Everything happens in the isomorphic image of the field that GFNI multiplies in (`field`); one
//! matrix takes symbols of the link there, another takes the results back.
//!
//! Errors are found by the inversionless, reformulated Berlekamp-Massey algorithm (D. Sarwate and N. Shanbhag,
//! High-speed architectures for Reed-Solomon decoders, 2001), which keeps the discrepancies of all orders, the
//! locator and the evaluator in one register; then the locator is evaluated at all positions at once, and the
//! errors' values are accepted only when they give the syndromes again.

#![allow(
    unsafe_code,
    reason = "calls of functions that need processor features, and loads from slices"
)]

mod field;
mod tables;

use super::{CODEWORD, Code, MAX_PARITY, Strided};
use std::arch::x86_64::{
    __m128i, __m256i, __m512i, __mmask64, _mm_cvtsi128_si32, _mm_gf2p8affine_epi64_epi8,
    _mm_gf2p8affineinv_epi64_epi8, _mm_gf2p8mul_epi8, _mm_loadu_si128, _mm_set1_epi8, _mm_set1_epi64x,
    _mm_setzero_si128, _mm_storeu_si128, _mm_xor_si128, _mm256_cmpneq_epi8_mask,
    _mm256_gf2p8affine_epi64_epi8, _mm256_gf2p8mul_epi8, _mm256_loadu_si256, _mm256_set1_epi8,
    _mm256_set1_epi64x, _mm256_setzero_si256, _mm256_storeu_si256, _mm256_test_epi8_mask, _mm256_xor_si256,
    _mm512_broadcastb_epi8, _mm512_castsi512_si128, _mm512_castsi512_si256, _mm512_extracti64x4_epi64,
    _mm512_gf2p8affine_epi64_epi8, _mm512_gf2p8mul_epi8, _mm512_loadu_si512, _mm512_maskz_compress_epi8,
    _mm512_maskz_loadu_epi8, _mm512_maskz_permutexvar_epi8, _mm512_permutexvar_epi8, _mm512_set1_epi8,
    _mm512_set1_epi64, _mm512_setzero_si512, _mm512_storeu_si512, _mm512_ternarylogic_epi64,
    _mm512_test_epi8_mask, _mm512_testn_epi8_mask, _mm512_xor_si512, _mm512_zextsi256_si512,
};
use tables::{NEXT, NUMBERS, PAIR, SPREAD, Tables};

/// Most errors of a codeword.
const MAX_ERRORS: usize = MAX_PARITY / 2;
/// The truth table of the sum of three bits.
const XOR_OF_THREE: i32 = 0x96;
/// The matrix of the identity.
const IDENTITY: i64 = 0x0102_0408_1020_4080;

pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi")
        && is_x86_feature_detected!("avx512vbmi2")
        && is_x86_feature_detected!("gfni")
}

/// The tables of a code; exists only where the processor has the features.
#[derive(Debug, Clone)]
pub(super) struct Vector(Box<Tables>);

impl Vector {
    /// `None` where the processor lacks a feature.
    pub(super) fn new(code: &Code) -> Option<Self> {
        available().then(|| Self(Box::new(Tables::new(code))))
    }

    pub(super) fn encode(&self, data: &[u8], at: Strided) -> [u8; MAX_PARITY] {
        // SAFETY: a `Vector` is made only where the processor has the features.
        unsafe { encode(&self.0, data, at) }
    }

    pub(super) fn decode(&self, block: &mut [u8], at: Strided, length: usize) -> Option<u8> {
        // SAFETY: as above.
        unsafe { decode(&self.0, block, at, length) }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the array has 64 bytes.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// The first 64 bytes of a slice, zeros where it has fewer.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn load_part(bytes: &[u8]) -> __m512i {
    let mask = if bytes.len() >= 64 {
        __mmask64::MAX
    } else {
        (1 << bytes.len()) - 1
    };
    // SAFETY: bytes beyond the slice are masked, and masked bytes are not accessed.
    unsafe { _mm512_maskz_loadu_epi8(mask, bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn bytes_of(vector: __m512i) -> [u8; 64] {
    let mut bytes = [0; 64];
    // SAFETY: the array has 64 bytes.
    unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), vector) }
    bytes
}

#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn load_column(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the array has 32 bytes.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn load_few(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the array has 16 bytes.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// Sum of `columns` (32 bytes each, beginning with the first symbol's) times the symbols at `at`, `count` of
/// them. There has to be one column more than symbols when their number is odd.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,gfni")]
#[inline]
fn product(columns: &[u8], block: &[u8], at: Strided, count: usize, from_link: i64) -> __m256i {
    let to_image = _mm512_set1_epi64(from_link);
    let (spread, _) = SPREAD.0[at.stride - 1].as_chunks::<2>();
    // Whole pairs that lie in 64 bytes.
    let part = (63 / at.stride + 1) / PAIR * PAIR;
    let mut sum = _mm512_setzero_si512();
    let mut done = 0;
    while done < count {
        let pairs = part.min(count - done).div_ceil(PAIR);
        let symbols = load_part(&block[at.start + done * at.stride..]);
        let symbols = _mm512_gf2p8affine_epi64_epi8::<0>(symbols, to_image);
        let (columns, _) = columns[done * MAX_PARITY..][..pairs * 64].as_chunks::<64>();
        let (columns, odd) = columns.as_chunks::<2>();
        for ([lanes, more_lanes], [column, more_columns]) in spread.iter().zip(columns) {
            let one = term(symbols, lanes, column);
            let other = term(symbols, more_lanes, more_columns);
            sum = _mm512_ternarylogic_epi64::<XOR_OF_THREE>(sum, one, other);
        }
        if let [column] = odd {
            sum = _mm512_xor_si512(sum, term(symbols, &spread[columns.len()][0], column));
        }
        done += part;
    }
    _mm256_xor_si256(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64::<1>(sum))
}

/// Two columns times their symbols.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,gfni")]
#[inline]
fn term(symbols: __m512i, lanes: &[u8; 64], columns: &[u8; 64]) -> __m512i {
    let spread = _mm512_permutexvar_epi8(load(lanes), symbols);
    _mm512_gf2p8mul_epi8(spread, load(columns))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,gfni")]
fn encode(tables: &Tables, data: &[u8], at: Strided) -> [u8; MAX_PARITY] {
    let count = data.len().saturating_sub(at.start).div_ceil(at.stride);
    let first = CODEWORD - tables.parity - count;
    let columns = tables.parity_symbols.0[first..].as_flattened();
    let image = product(columns, data, at, count, tables.from_link);
    let symbols = _mm256_gf2p8affine_epi64_epi8::<0>(image, _mm256_set1_epi64x(tables.to_link));
    let mut parity = [0; MAX_PARITY];
    // SAFETY: the array has 32 bytes.
    unsafe { _mm256_storeu_si256(parity.as_mut_ptr().cast(), symbols) }
    parity
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,gfni")]
fn decode(tables: &Tables, block: &mut [u8], at: Strided, length: usize) -> Option<u8> {
    let fill = CODEWORD - length;
    let columns = tables.syndromes.0[fill..].as_flattened();
    let syndromes = product(columns, block, at, length, tables.from_link);
    if _mm256_test_epi8_mask(syndromes, syndromes) == 0 {
        return Some(0);
    }
    let key = Key::solve(syndromes, tables.parity)?;
    let errors = key.locate(tables, fill)?;
    let mut sum = _mm256_setzero_si256();
    for (&column, &value) in errors.columns[..key.errors].iter().zip(&errors.values) {
        let value = _mm256_set1_epi8(value.cast_signed());
        let column = load_column(&tables.syndromes.0[usize::from(column)]);
        sum = _mm256_xor_si256(sum, _mm256_gf2p8mul_epi8(value, column));
    }
    if _mm256_cmpneq_epi8_mask(sum, syndromes) != 0 {
        return None;
    }
    let matrix = _mm_set1_epi64x(tables.to_link);
    let symbols = _mm_gf2p8affine_epi64_epi8::<0>(load_few(&errors.values), matrix);
    let symbols = few_of(symbols);
    for (&column, symbol) in errors.columns[..key.errors].iter().zip(symbols) {
        block[at.start + (usize::from(column) - fill) * at.stride] ^= symbol;
    }
    Some(key.errors as u8)
}

#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn few_of(vector: __m128i) -> [u8; 16] {
    let mut bytes = [0; 16];
    // SAFETY: the array has 16 bytes.
    unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), vector) }
    bytes
}

/// Solution of the key equation, all coefficients times a common factor.
struct Key {
    coefficients: [u8; 64],
    /// Most errors that the code corrects.
    most: usize,
    /// Degree of the locator, at least 1.
    errors: usize,
}

impl Key {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,gfni")]
    #[inline]
    fn solve(syndromes: __m256i, parity: usize) -> Option<Self> {
        let most = parity / 2;
        let next = load(&NEXT);
        let mut unit = [0; 64];
        unit[3 * most] = 1;
        let mut discrepancies = _mm512_xor_si512(_mm512_zextsi256_si512(syndromes), load(&unit));
        let mut correction = discrepancies;
        let mut scale = _mm512_set1_epi8(1);
        let mut surplus = 0i32;
        for _ in 0..parity {
            let lowest = _mm512_castsi512_si128(discrepancies);
            let nonzero = _mm_cvtsi128_si32(lowest) & 0xFF != 0;
            let lowest = _mm512_broadcastb_epi8(lowest);
            let shifted = _mm512_maskz_permutexvar_epi8(!(1 << 63), next, discrepancies);
            discrepancies = _mm512_xor_si512(
                _mm512_gf2p8mul_epi8(scale, shifted),
                _mm512_gf2p8mul_epi8(lowest, correction),
            );
            if nonzero && surplus >= 0 {
                correction = shifted;
                scale = lowest;
                surplus = -surplus - 1;
            } else {
                surplus += 1;
            }
        }
        // The locator begins in lane `most`.
        let present = _mm512_test_epi8_mask(discrepancies, discrepancies) >> most;
        let errors = (present & ((2 << most) - 1))
            .checked_ilog2()
            .filter(|&degree| degree > 0)?;
        Some(Self {
            coefficients: bytes_of(discrepancies),
            most,
            errors: errors as usize,
        })
    }

    /// Lowest power first.
    fn locator(&self) -> &[u8] {
        &self.coefficients[self.most..][..=self.errors]
    }

    /// The part of `syndromes * locator` above the power of the parity, lowest power first.
    fn evaluator(&self) -> &[u8] {
        &self.coefficients[..self.errors]
    }

    /// Where the errors are and what they are; `None` unless the locator has as many roots in the codeword, that
    /// is beyond the first `fill` columns, as its degree says.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,gfni")]
    #[inline]
    fn locate(&self, tables: &Tables, fill: usize) -> Option<Errors> {
        let inverse = &tables.inverse_locators.0;
        let mut sums = [_mm512_setzero_si512(); 4];
        for &coefficient in self.locator().iter().rev() {
            let coefficient = _mm512_set1_epi8(coefficient.cast_signed());
            for (sum, x) in sums.iter_mut().zip(inverse) {
                *sum = _mm512_xor_si512(_mm512_gf2p8mul_epi8(*sum, load(x)), coefficient);
            }
        }
        let mut roots = [0u64; 4];
        let mut count = 0;
        for (n, root) in roots.iter_mut().enumerate() {
            *root = _mm512_testn_epi8_mask(sums[n], sums[n]) & in_codeword(n, fill);
            count += root.count_ones() as usize;
        }
        if count != self.errors {
            return None;
        }
        let mut columns = [0; MAX_ERRORS + 64];
        let mut x = [0; MAX_ERRORS + 64];
        let mut factors = [0; MAX_ERRORS + 64];
        let mut found = 0;
        for (n, &root) in roots.iter().enumerate().filter(|&(_, &root)| root != 0) {
            for (to, from) in [
                (&mut columns, &NUMBERS),
                (&mut x, &tables.inverse_locators),
                (&mut factors, &tables.value_factors),
            ] {
                let packed = _mm512_maskz_compress_epi8(root, load(&from.0[n]));
                to[found..found + 64].copy_from_slice(&bytes_of(packed));
            }
            found += root.count_ones() as usize;
        }
        let values = self.values(load_few(few(&x)), load_few(few(&factors)));
        Some(Errors {
            columns: *few(&columns),
            values: few_of(values),
        })
    }

    /// Forney's formula at the inverse locators `x`.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,gfni")]
    #[inline]
    fn values(&self, x: __m128i, factors: __m128i) -> __m128i {
        let mut evaluator = _mm_setzero_si128();
        for &coefficient in self.evaluator().iter().rev() {
            let coefficient = _mm_set1_epi8(coefficient.cast_signed());
            evaluator = _mm_xor_si128(_mm_gf2p8mul_epi8(evaluator, x), coefficient);
        }
        // The locator's derivative times x: its odd powers.
        let square = _mm_gf2p8mul_epi8(x, x);
        let mut odd = _mm_setzero_si128();
        for &coefficient in self.locator().iter().skip(1).step_by(2).rev() {
            let coefficient = _mm_set1_epi8(coefficient.cast_signed());
            odd = _mm_xor_si128(_mm_gf2p8mul_epi8(odd, square), coefficient);
        }
        let odd = _mm_gf2p8mul_epi8(odd, x);
        let inverse = _mm_gf2p8affineinv_epi64_epi8::<0>(odd, _mm_set1_epi64x(IDENTITY));
        _mm_gf2p8mul_epi8(_mm_gf2p8mul_epi8(evaluator, factors), inverse)
    }
}

/// The errors of a codeword: the columns of the wrong symbols, and what is to be added to them.
struct Errors {
    columns: [u8; MAX_ERRORS],
    values: [u8; MAX_ERRORS],
}

/// The first elements of a buffer that is longer, so that whole vectors can be written to it.
fn few(buffer: &[u8; MAX_ERRORS + 64]) -> &[u8; MAX_ERRORS] {
    let (first, _) = buffer.as_chunks();
    &first[0]
}

/// Which of the columns `64 * n` to `64 * n + 63` are in a codeword that begins after `fill` columns.
fn in_codeword(n: usize, fill: usize) -> u64 {
    let columns = if n == 3 { u64::MAX >> 1 } else { u64::MAX };
    let before = fill.saturating_sub(64 * n);
    if before >= 64 {
        0
    } else {
        columns & u64::MAX << before
    }
}
