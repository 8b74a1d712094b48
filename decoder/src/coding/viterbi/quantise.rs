//! Soft symbols to the few levels that metrics of eight bits can carry.
//!
//! Max-log decoding does not depend on scale, so each span of [`SPAN`] steps is scaled to its own mean magnitude
//! (of the symbols that are not erased) and rounded: that puts the mean at [`TARGET`] of [`LIMIT`] levels. Half as
//! many levels would lose 0.015 dB where Reed-Solomon follows. After a fade the level follows by a quarter a span, so that weak symbols stay weak beside the strong ones before them.

use super::kernel::Kernel;
use super::trellis::{Branch, LIMIT};
use multiversion::multiversion;

/// Steps with one scale.
pub(super) const SPAN: usize = 256;
/// Mean of the quantised magnitudes.
const TARGET: u32 = 20;

/// Largest scale, a little below 2: the product with any magnitude must fit 16 bits, and finer steps than those of
/// the soft bits hold nothing.
const MAX_SCALE: u32 = 510;

/// The level that the scale follows, in 256ths of a soft bit's step.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Level(u32);

/// Sums of magnitudes, before and after quantisation.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Magnitudes {
    pub(super) soft: i64,
    pub(super) quantised: i64,
}

impl Level {
    /// Quantises the symbols of one push, span by span, to branches; sums of the magnitudes.
    pub(super) fn quantise(
        &mut self,
        kernel: Kernel,
        g1: &[i8],
        g2: &[i8],
        branches: &mut [Branch],
    ) -> Magnitudes {
        let mut sums = Magnitudes::default();
        let spans = g1.chunks(SPAN).zip(g2.chunks(SPAN));
        for ((g1, g2), branches) in spans.zip(branches.chunks_mut(SPAN)) {
            let (sum, count) = kernel.magnitude(g1, g2);
            let mean = (sum << 8).checked_div(count).unwrap_or(0);
            self.0 = mean.max(self.0 - self.0 / 4);
            // In 256ths.
            let scale = (TARGET << 16).checked_div(self.0).unwrap_or(0).min(MAX_SCALE) as u16;
            sums.soft += i64::from(sum);
            sums.quantised += i64::from(kernel.quantise(g1, g2, scale, branches));
        }
        sums
    }
}

/// Lanes of a sum: no wider than a register of any kernel.
const LANES: usize = 32;

/// Sum of magnitudes and number of symbols that are not 0.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
pub(super) fn magnitude(symbols: &[i8]) -> (u32, u32) {
    let (mut sums, mut counts) = ([0u16; LANES], [0u8; LANES]);
    let (blocks, rest) = symbols.as_chunks::<LANES>();
    for block in blocks {
        for ((sum, count), symbol) in sums.iter_mut().zip(&mut counts).zip(block) {
            *sum += u16::from(symbol.unsigned_abs());
            *count += u8::from(*symbol != 0);
        }
    }
    for ((sum, count), symbol) in sums.iter_mut().zip(&mut counts).zip(rest) {
        *sum += u16::from(symbol.unsigned_abs());
        *count += u8::from(*symbol != 0);
    }
    (
        sums.iter().map(|&s| u32::from(s)).sum(),
        counts.iter().map(|&c| u32::from(c)).sum(),
    )
}

/// Magnitudes of what contradicts a zero and what contradicts a one: one of them 0.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn level(soft: i8, scale: u16) -> (u16, u16) {
    let scaled = (u16::from(soft.unsigned_abs()) * scale + 128) >> 8;
    let magnitude = scaled.min(u16::from(LIMIT));
    if soft < 0 { (0, magnitude) } else { (magnitude, 0) }
}

/// Branches of a span; the sum of the quantised magnitudes.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
pub(super) fn quantise(g1: &[i8], g2: &[i8], scale: u16, branches: &mut [Branch]) -> u32 {
    let mut sums = [0; LANES];
    let ((g1, rest1), (g2, rest2)) = (g1.as_chunks(), g2.as_chunks());
    let (branches, rest) = branches.as_chunks_mut();
    for ((g1, g2), branches) in g1.iter().zip(g2).zip(branches) {
        block(g1, g2, scale, branches, &mut sums);
    }
    if !rest1.is_empty() {
        let (mut g1, mut g2, mut branches) = ([0; LANES], [0; LANES], [0; LANES]);
        g1[..rest1.len()].copy_from_slice(rest1);
        g2[..rest2.len()].copy_from_slice(rest2);
        block(&g1, &g2, scale, &mut branches, &mut sums);
        rest.copy_from_slice(&branches[..rest1.len()]);
    }
    sums.iter().map(|&sum| u32::from(sum)).sum()
}

/// In stages of equal width, which compilers vectorise whole.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn block(
    g1: &[i8; LANES],
    g2: &[i8; LANES],
    scale: u16,
    branches: &mut [Branch; LANES],
    sums: &mut [u16; LANES],
) {
    let (mut zero1, mut one1) = ([0; LANES], [0; LANES]);
    let (mut zero2, mut one2) = ([0; LANES], [0; LANES]);
    for n in 0..LANES {
        (zero1[n], one1[n]) = level(g1[n], scale);
        (zero2[n], one2[n]) = level(g2[n], scale);
    }
    let (mut low, mut high) = ([0; LANES], [0; LANES]);
    for n in 0..LANES {
        low[n] = (zero1[n] + zero2[n]) | ((zero1[n] + one2[n]) << 8);
        high[n] = (one1[n] + zero2[n]) | ((one1[n] + one2[n]) << 8);
        sums[n] += zero1[n] + one1[n] + zero2[n] + one2[n];
    }
    for n in 0..LANES {
        branches[n] = u32::from(low[n]) | u32::from(high[n]) << 16;
    }
}
