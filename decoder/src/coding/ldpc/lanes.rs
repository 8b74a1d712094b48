//! Min-sum over vectors in plain Rust, for the compiler to make of it what the processor has.

use super::rule::LIMIT;
use super::vector::{Kernel, Run, Work};
use multiversion::multiversion;

/// Most circulants in a layer.
const DEGREES: usize = 32;

/// This implementation.
pub(super) fn kernel<const W: usize>() -> Kernel<W> {
    Kernel { update, satisfied }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn update<const W: usize>(work: Work<W>) {
    let mut work = work;
    match work.degree {
        3 => update_of::<W, 3>(&mut work),
        6 => update_of::<W, 6>(&mut work),
        10 => update_of::<W, 10>(&mut work),
        18 => update_of::<W, 18>(&mut work),
        _ => update_of::<W, DEGREES>(&mut work),
    }
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn update_of<const W: usize, const D: usize>(work: &mut Work<W>) {
    let last = work.runs.len() / D - 1;
    let stretches = work
        .runs
        .as_chunks::<D>()
        .0
        .iter()
        .zip(work.messages.as_chunks_mut::<D>().0);
    for (index, (runs, messages)) in stretches.enumerate() {
        let (mut smallest, mut second, mut sign) = ([LIMIT; W], [LIMIT; W], [0i8; W]);
        let mut values = [[0i8; W]; D];
        for n in 0..D {
            let bits = at::<W>(work.posteriors, runs[n].at);
            for lane in 0..W {
                let value = bits[lane].saturating_sub(messages[n].0[lane]);
                let magnitude = value.unsigned_abs();
                second[lane] = second[lane].min(smallest[lane].max(magnitude));
                smallest[lane] = smallest[lane].min(magnitude);
                sign[lane] ^= value;
                values[n][lane] = value;
            }
        }
        let rows = if index == last { *work.rows } else { [u8::MAX; W] };
        let (mut for_others, mut for_smallest) = ([0u8; W], [0u8; W]);
        for lane in 0..W {
            let (others, smallest) = work.rule.apply(smallest[lane], second[lane]);
            for_others[lane] = others & rows[lane];
            for_smallest[lane] = smallest & rows[lane];
        }
        for n in 0..D {
            let mut bits = [0i8; W];
            for lane in 0..W {
                let value = values[n][lane];
                let is_smallest = value.unsigned_abs() == smallest[lane];
                let magnitude = if is_smallest {
                    for_smallest[lane]
                } else {
                    for_others[lane]
                } as i8;
                let message = if sign[lane] ^ value < 0 {
                    -magnitude
                } else {
                    magnitude
                };
                messages[n].0[lane] = message;
                bits[lane] = value.saturating_add(message);
            }
            *at_mut::<W>(work.posteriors, runs[n].at) = bits;
            for copy in runs[n].copies {
                if copy != 0 {
                    *at_mut::<W>(work.posteriors, copy) = bits;
                }
            }
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn satisfied<const W: usize>(posteriors: &[i8], runs: &[Run], degree: usize, rows: &[u8; W]) -> bool {
    let stretches = runs.len() / degree;
    for (index, runs) in runs.chunks_exact(degree).enumerate() {
        let mut sign = [0i8; W];
        for run in runs {
            let bits = at::<W>(posteriors, run.at);
            for lane in 0..W {
                sign[lane] ^= bits[lane];
            }
        }
        let mut any = 0;
        for lane in 0..W {
            let row = if index + 1 == stretches {
                rows[lane]
            } else {
                u8::MAX
            };
            any |= sign[lane] & row as i8;
        }
        if any < 0 {
            return false;
        }
    }
    true
}

#[allow(clippy::inline_always, reason = "part of the vector loops")]
#[inline(always)]
fn at<const W: usize>(posteriors: &[i8], at: u32) -> &[i8; W] {
    posteriors[at as usize..]
        .first_chunk()
        .expect("runs lie within the posteriors")
}

#[allow(clippy::inline_always, reason = "part of the vector loops")]
#[inline(always)]
fn at_mut<const W: usize>(posteriors: &mut [i8], at: u32) -> &mut [i8; W] {
    posteriors[at as usize..]
        .first_chunk_mut()
        .expect("runs lie within the posteriors")
}
