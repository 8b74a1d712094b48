//! Inner loops, vectorised across outputs, with run-time dispatch.
//!
//! No fused multiply-add and no reassociation: every instruction set gives the bits of the plain sum.

#[cfg(target_arch = "x86_64")]
mod avx512;

use multiversion::multiversion;

/// Outputs computed side by side, in `f32` lanes.
const LANES: usize = 32;

/// `out[i] = Σ_k taps[k] · planes[k mod D][i + 2 (k div D)]`, in rising order of `k`.
///
/// `planes` are the `D` phases of an interleaved I/Q stream, each holding whole complex values; `D = 1` is a
/// plain correlation. Each plane must hold `out.len() + 2 (taps.len() - 1) / D` values or more.
pub fn correlate_planes<P: AsRef<[f32]>>(planes: &[P], taps: &[f32], out: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has been asked.
        #[allow(unsafe_code, reason = "the dispatch")]
        unsafe {
            avx512::correlate_planes(planes, taps, out);
        }
        return;
    }
    portable(planes, taps, out);
}

/// [`correlate_planes`] for a single plane.
pub fn correlate(input: &[f32], taps: &[f32], out: &mut [f32]) {
    correlate_planes(&[input], taps, out);
}

#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn portable<P: AsRef<[f32]>>(planes: &[P], taps: &[f32], out: &mut [f32]) {
    // Without the division by a number that is not known, for the case that matters most.
    if let [plane] = planes {
        weighted_sums(taps, out, |k| (plane.as_ref(), 2 * k));
    } else {
        weighted_sums(taps, out, |k| {
            (planes[k % planes.len()].as_ref(), 2 * (k / planes.len()))
        });
    }
}

/// `out[i] = Σ_k taps[k] · x_k[d_k + i]`, in rising order of `k`, with `x_k` and `d_k` from `place`.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn weighted_sums<'a>(taps: &[f32], out: &mut [f32], place: impl Fn(usize) -> (&'a [f32], usize)) {
    for (chunk, block) in out.chunks_mut(LANES).enumerate() {
        let first = chunk * LANES;
        if block.len() == LANES {
            let mut sum = [0.0_f32; LANES];
            for (k, &tap) in taps.iter().enumerate() {
                let (input, delay) = place(k);
                let x: &[f32; LANES] = input[first + delay..][..LANES]
                    .try_into()
                    .expect("slice of LANES values");
                for lane in 0..LANES {
                    sum[lane] += tap * x[lane];
                }
            }
            block.copy_from_slice(&sum);
        } else {
            for (lane, value) in block.iter_mut().enumerate() {
                let mut sum = 0.0;
                for (k, &tap) in taps.iter().enumerate() {
                    let (input, delay) = place(k);
                    sum += tap * input[first + lane + delay];
                }
                *value = sum;
            }
        }
    }
}

/// `out[i] = Σ_k taps[k n + i] · input[k n + i]` with `n = out.len()`, in rising order of `k`: rows of `n` values,
/// weighted and added up. `input` and `taps` are as long as each other, a whole number of rows.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2", "aarch64+neon"))]
pub fn sum_rows(input: &[f32], taps: &[f32], out: &mut [f32]) {
    let row = out.len();
    let mut first = 0;
    for block in out.chunks_mut(LANES) {
        if block.len() == LANES {
            let mut sum = [0.0_f32; LANES];
            for (x, t) in input.chunks_exact(row).zip(taps.chunks_exact(row)) {
                let (x, t) = (&x[first..first + LANES], &t[first..first + LANES]);
                for lane in 0..LANES {
                    sum[lane] += t[lane] * x[lane];
                }
            }
            block.copy_from_slice(&sum);
        } else {
            block.fill(0.0);
            for (x, t) in input.chunks_exact(row).zip(taps.chunks_exact(row)) {
                for (sum, (x, t)) in block.iter_mut().zip(x[first..].iter().zip(&t[first..])) {
                    *sum += t * x;
                }
            }
        }
        first += block.len();
    }
}

/// Partial sums of [`dot`]: I and Q of so many samples.
const PARTS: usize = 32;

/// `Σ_n taps[n] · input[n]` over interleaved I and Q, the taps given twice each: I and Q of the sum. Summed in 32
/// parts, the values at a distance of 32 each, and these by halves.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2", "aarch64+neon"))]
pub fn dot(input: &[f32], taps: &[f32]) -> [f32; 2] {
    let mut parts = [0.0_f32; PARTS];
    let (mut x, mut t) = (input.chunks_exact(PARTS), taps.chunks_exact(PARTS));
    for (x, t) in x.by_ref().zip(t.by_ref()) {
        for lane in 0..PARTS {
            parts[lane] += t[lane] * x[lane];
        }
    }
    for ((part, x), t) in parts.iter_mut().zip(x.remainder()).zip(t.remainder()) {
        *part += t * x;
    }
    for width in [16, 8, 4, 2] {
        let (low, high) = parts.split_at_mut(width);
        for (a, b) in low.iter_mut().zip(high) {
            *a += *b;
        }
    }
    [parts[0], parts[1]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The sums as they are written down.
    fn plain(planes: &[&[f32]], taps: &[f32], out: &mut [f32]) {
        for (i, value) in out.iter_mut().enumerate() {
            *value = 0.0;
            for (k, tap) in taps.iter().enumerate() {
                *value += tap * planes[k % planes.len()][i + 2 * (k / planes.len())];
            }
        }
    }

    proptest! {
        #[test]
        fn rows_are_summed_from_the_first_to_the_last(
            row in 1_usize..150,
            rows in 1_usize..14,
            seed in any::<u32>(),
        ) {
            let value = |n: usize| ((seed as usize + 31 * n) as f32).sin();
            let input: Vec<f32> = (0..row * rows).map(value).collect();
            let taps: Vec<f32> = (0..row * rows).map(|n| value(7 * n + 1)).collect();
            let mut expected = vec![0.0; row];
            for (n, (x, t)) in input.iter().zip(&taps).enumerate() {
                expected[n % row] += t * x;
            }
            let mut given = vec![1.0; row];
            sum_rows(&input, &taps, &mut given);
            prop_assert_eq!(given, expected);
        }

        #[test]
        fn a_product_is_summed_in_parts_and_these_by_halves(pairs in 1_usize..200, seed in any::<u32>()) {
            let value = |n: usize| ((seed as usize + 31 * n) as f32).sin();
            let input: Vec<f32> = (0..2 * pairs).map(value).collect();
            let taps: Vec<f32> = (0..2 * pairs).map(|n| value(n / 2)).collect();
            let mut parts = [0.0; PARTS];
            for (n, (x, t)) in input.iter().zip(&taps).enumerate() {
                parts[n % PARTS] += t * x;
            }
            for width in [16, 8, 4, 2] {
                for n in 0..width {
                    parts[n] += parts[n + width];
                }
            }
            prop_assert_eq!(dot(&input, &taps), [parts[0], parts[1]]);
        }

        #[test]
        fn every_version_gives_the_bits_of_the_plain_sum(
            taps in proptest::collection::vec(-1.0_f32..1.0, 1..40),
            outputs in 0_usize..300,
            count in 1_usize..5,
            seed in any::<u32>(),
        ) {
            let length = outputs + 2 * taps.len();
            let planes: Vec<Vec<f32>> = (0..count)
                .map(|p| (0..length).map(|n| ((seed as usize + 31 * n + 7 * p) as f32).sin()).collect())
                .collect();
            let planes: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
            let (mut expected, mut given) = (vec![0.0; outputs], vec![0.0; outputs]);
            plain(&planes, &taps, &mut expected);
            portable(&planes, &taps, &mut given);
            prop_assert_eq!(&given, &expected);
            given.fill(0.0);
            correlate_planes(&planes, &taps, &mut given);
            prop_assert_eq!(&given, &expected);
        }
    }
}
