//! Min-sum with the instructions of AVX-512: 64 rows in a register, and all of a check's bits in registers.
#![allow(
    unsafe_code,
    reason = "loads and stores of vectors, and calls of functions that the processor was asked for"
)]

use super::vector::Kernel;

/// This implementation, if the processor has what it needs.
#[cfg(target_arch = "x86_64")]
pub(super) fn kernel() -> Option<Kernel<64>> {
    (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw")).then_some(Kernel {
        update: x86::update,
        satisfied: x86::satisfied,
    })
}

/// Other processors have none of it.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn kernel() -> Option<Kernel<64>> {
    None
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::rule::{LIMIT, Rule};
    use super::super::vector::{Run, Work};
    use std::arch::x86_64::*;

    /// Most circulants in a layer.
    const DEGREES: usize = 32;

    pub(super) fn update(work: Work<64>) {
        // SAFETY: `kernel` has asked for both features.
        unsafe {
            match work.degree {
                3 => update_of::<3>(work),
                6 => update_of::<6>(work),
                10 => update_of::<10>(work),
                18 => update_of::<18>(work),
                _ => update_of::<DEGREES>(work),
            }
        }
    }

    pub(super) fn satisfied(posteriors: &[i8], runs: &[Run], degree: usize, rows: &[u8; 64]) -> bool {
        // SAFETY: `kernel` has asked for both features.
        unsafe { satisfied_of(posteriors, runs, degree, rows) }
    }

    /// A rule in registers.
    #[derive(Clone, Copy)]
    struct Constants {
        close: __m512i,
        second: __m512i,
        round: __m512i,
        slope: __m128i,
        slope_mask: __m512i,
        shift: __m128i,
        shift_mask: __m512i,
    }

    impl Constants {
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw")]
        fn new(rule: Rule) -> Self {
            let byte = |value: u8| _mm512_set1_epi8(value as i8);
            let count = |value: u8| _mm_cvtsi32_si128(i32::from(value));
            Self {
                close: byte(rule.close),
                second: byte(rule.second),
                round: byte(rule.round),
                slope: count(rule.slope),
                slope_mask: byte(u8::MAX >> rule.slope),
                shift: count(rule.shift),
                shift_mask: byte(u8::MAX >> rule.shift),
            }
        }

        /// As [`Rule::apply`].
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw")]
        fn apply(self, smallest: __m512i, second: __m512i) -> (__m512i, __m512i) {
            let distance = _mm512_sub_epi8(second, smallest);
            let gain = _mm512_and_si512(_mm512_srl_epi16(distance, self.slope), self.slope_mask);
            let loss = _mm512_subs_epu8(self.close, gain);
            (
                self.fraction(_mm512_subs_epu8(smallest, loss)),
                self.fraction(_mm512_subs_epu8(second, self.second)),
            )
        }

        #[inline]
        #[target_feature(enable = "avx512f,avx512bw")]
        fn fraction(self, x: __m512i) -> __m512i {
            let less = _mm512_srl_epi16(_mm512_add_epi8(x, self.round), self.shift);
            _mm512_sub_epi8(x, _mm512_and_si512(less, self.shift_mask))
        }
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    fn update_of<const D: usize>(work: Work<64>) {
        let constants = Constants::new(work.rule);
        let zero = _mm512_setzero_si512();
        let limit = _mm512_set1_epi8(LIMIT as i8);
        let last = (work.runs.len() / D).wrapping_sub(1);
        let stretches = work
            .runs
            .as_chunks::<D>()
            .0
            .iter()
            .zip(work.messages.as_chunks_mut::<D>().0);
        for (index, (runs, messages)) in stretches.enumerate() {
            let (mut smallest, mut second, mut sign) = (limit, limit, zero);
            let mut values = [zero; D];
            for n in 0..D {
                let value = _mm512_subs_epi8(load(at(work.posteriors, runs[n].at)), load(&messages[n].0));
                let magnitude = _mm512_abs_epi8(value);
                second = _mm512_min_epu8(second, _mm512_max_epu8(smallest, magnitude));
                smallest = _mm512_min_epu8(smallest, magnitude);
                sign = _mm512_xor_si512(sign, value);
                values[n] = value;
            }
            let (mut for_others, mut for_smallest) = constants.apply(smallest, second);
            if index == last {
                let rows = load(&work.rows.map(|row| row as i8));
                for_others = _mm512_and_si512(for_others, rows);
                for_smallest = _mm512_and_si512(for_smallest, rows);
            }
            for n in 0..D {
                let value = values[n];
                let is_smallest = _mm512_cmpeq_epi8_mask(_mm512_abs_epi8(value), smallest);
                let magnitude = _mm512_mask_blend_epi8(is_smallest, for_others, for_smallest);
                let negative = _mm512_movepi8_mask(_mm512_xor_si512(sign, value));
                let message = _mm512_mask_sub_epi8(magnitude, negative, zero, magnitude);
                let bits = _mm512_adds_epi8(value, message);
                store(&mut messages[n].0, message);
                store(at_mut(work.posteriors, runs[n].at), bits);
                for copy in runs[n].copies {
                    if copy != 0 {
                        store(at_mut(work.posteriors, copy), bits);
                    }
                }
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    fn satisfied_of(posteriors: &[i8], runs: &[Run], degree: usize, rows: &[u8; 64]) -> bool {
        let stretches = runs.len() / degree;
        let last = _mm512_movepi8_mask(load(&rows.map(|row| row as i8)));
        for (index, runs) in runs.chunks_exact(degree).enumerate() {
            let mut sign = _mm512_setzero_si512();
            for run in runs {
                sign = _mm512_xor_si512(sign, load(at(posteriors, run.at)));
            }
            let rows = if index + 1 == stretches { last } else { u64::MAX };
            if _mm512_movepi8_mask(sign) & rows != 0 {
                return false;
            }
        }
        true
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn load(from: &[i8; 64]) -> __m512i {
        // SAFETY: 64 bytes are there to be read.
        unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn store(to: &mut [i8; 64], value: __m512i) {
        // SAFETY: 64 bytes are there to be written.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), value) }
    }

    #[inline]
    fn at(posteriors: &[i8], at: u32) -> &[i8; 64] {
        posteriors[at as usize..]
            .first_chunk()
            .expect("runs lie within the posteriors")
    }

    #[inline]
    fn at_mut(posteriors: &mut [i8], at: u32) -> &mut [i8; 64] {
        posteriors[at as usize..]
            .first_chunk_mut()
            .expect("runs lie within the posteriors")
    }
}
