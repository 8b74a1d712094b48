//! Inner loops, written so that the compiler vectorises them across outputs, with run-time dispatch.
//!
//! No fused multiply-add and no reassociation: every instruction set gives the bits of the plain sum.

use multiversion::multiversion;

/// Outputs computed side by side, in `f32` lanes.
const LANES: usize = 32;

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

/// `out[i] = Σ_k taps[k] · planes[k mod D][i + 2 (k div D)]`, in rising order of `k`.
///
/// `planes` are the `D` phases of an interleaved I/Q stream, each holding whole complex values; `D = 1` is a
/// plain correlation. Each plane must hold `out.len() + 2 (taps.len() - 1) / D` values or more.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub fn correlate_planes(planes: &[&[f32]], taps: &[f32], out: &mut [f32]) {
    let count = planes.len();
    weighted_sums(taps, out, |k| (planes[k % count], 2 * (k / count)));
}

/// [`correlate_planes`] for a single plane.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub fn correlate(input: &[f32], taps: &[f32], out: &mut [f32]) {
    weighted_sums(taps, out, |k| (input, 2 * k));
}
