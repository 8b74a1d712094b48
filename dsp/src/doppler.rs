//! A mixer that follows a frequency which changes slowly: Doppler, taken off before the receiver.

use crate::nco::{TURN, turns};
use num_complex::{Complex32, Complex64};
use std::f64::consts::TAU;

/// Samples that share one exactly computed phase.
const BLOCK: usize = 64;
/// Phasors turned side by side.
const LANES: usize = 8;

/// Mixes by a frequency that is a polygon over time, its corners a fixed number of samples apart: the phase is a
/// parabola between two corners and continuous everywhere.
///
/// The phase is computed exactly every 64 samples and turned between, and neither it nor the corners depend on how
/// calls cut the stream.
#[derive(Debug, Clone)]
pub struct DopplerMixer {
    /// Samples between two corners.
    span: usize,
    /// Corners passed.
    corner: u64,
    /// Samples since the last corner.
    position: usize,
    /// Frequency at the last corner and the next, cycles per sample; none before the first sample.
    ends: Option<[f64; 2]>,
    /// Phase at the last corner, in 2^-64 of a turn.
    phase: u64,
    table: [Complex32; BLOCK],
}

impl DopplerMixer {
    /// A mixer at phase zero, with corners every `span` samples, rounded up to a whole number of 64.
    pub fn new(span: usize) -> Self {
        Self {
            span: span.max(1).div_ceil(BLOCK) * BLOCK,
            corner: 0,
            position: 0,
            ends: None,
            phase: 0,
            table: [Complex32::ONE; BLOCK],
        }
    }

    /// Samples between two corners.
    pub fn span(&self) -> usize {
        self.span
    }

    /// Takes the frequency off: a tone at it goes to 0 Hz.
    ///
    /// `frequency` tells it (cycles per sample, positive turns counter-clockwise) at a corner, given as the number of
    /// samples since the mixer began; it is asked once for each, in their order, the one behind the newest sample included.
    pub fn remove(&mut self, samples: &mut [Complex32], mut frequency: impl FnMut(u64) -> f64) {
        let mut rest = samples;
        while !rest.is_empty() {
            let ends = *self
                .ends
                .get_or_insert_with(|| [frequency(0), frequency(self.span as u64)]);
            if self.position.is_multiple_of(BLOCK) {
                self.table = self.block(ends);
            }
            let within = self.position % BLOCK;
            let count = rest.len().min(BLOCK - within);
            let (head, tail) = rest.split_at_mut(count);
            turn(head, &self.table[within..within + count]);
            self.position += count;
            rest = tail;
            if self.position == self.span {
                self.turn_corner(ends, &mut frequency);
            }
        }
    }

    fn turn_corner(&mut self, [from, to]: [f64; 2], mut frequency: impl FnMut(u64) -> f64) {
        let cycles = self.span as f64 * f64::midpoint(from, to);
        self.phase = self.phase.wrapping_add(turns(cycles));
        self.position = 0;
        self.corner += 1;
        self.ends = Some([to, frequency((self.corner + 1) * self.span as u64)]);
    }

    /// The phasors of the block that begins here, those that take the frequency off.
    fn block(&self, [from, to]: [f64; 2]) -> [Complex32; BLOCK] {
        let (at, slope) = (self.position as f64, (to - from) / self.span as f64);
        let anchor = self.phase.wrapping_add(turns(at * (from + 0.5 * slope * at)));
        let here = from + slope * at;
        let stride = LANES as f64;
        let mut phasor = cis(anchor as f64 / TURN);
        let mut step = cis(here + 0.5 * slope);
        let mut leap = cis(stride * (here + 0.5 * stride * slope));
        let (of_step, of_leap) = (cis(slope), cis(stride * slope));
        let (mut phasors, mut leaps) = ([Complex32::ZERO; LANES], [Complex32::ZERO; LANES]);
        for (now, next) in phasors.iter_mut().zip(&mut leaps) {
            (*now, *next) = (narrow(phasor), narrow(leap));
            phasor *= step;
            step *= of_step;
            leap *= of_leap;
        }
        let mut table = [Complex32::ZERO; BLOCK];
        spin(&mut table, phasors, leaps, narrow(cis(stride * stride * slope)));
        table
    }
}

/// The phasor that takes so many cycles off.
fn cis(cycles: f64) -> Complex64 {
    Complex64::cis(-TAU * cycles)
}

fn narrow(wide: Complex64) -> Complex32 {
    Complex32::new(wide.re as f32, wide.im as f32)
}

/// Fills a block from its first phasors: each turns by its leap to the one `LANES` on, and the leap by `of_leap`.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn spin(
    table: &mut [Complex32; BLOCK],
    mut phasors: [Complex32; LANES],
    mut leaps: [Complex32; LANES],
    of_leap: Complex32,
) {
    for row in table.chunks_exact_mut(LANES) {
        row.copy_from_slice(&phasors);
        for (phasor, leap) in phasors.iter_mut().zip(&mut leaps) {
            *phasor = product(*phasor, *leap);
            *leap = product(*leap, of_leap);
        }
    }
}

#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn turn(samples: &mut [Complex32], table: &[Complex32]) {
    for (sample, &phasor) in samples.iter_mut().zip(table) {
        *sample = product(*sample, phasor);
    }
}

#[inline(always)]
#[allow(
    clippy::inline_always,
    reason = "it must be compiled for the vector units of its callers"
)]
fn product(a: Complex32, b: Complex32) -> Complex32 {
    Complex32::new(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: usize = 640;

    /// A frequency that swings, cycles per sample, at the corners.
    fn swing(sample: u64) -> f64 {
        0.2 * (sample as f64 / 5_000.0).cos()
    }

    /// The phase of the polygon through the corners, in cycles, summed corner by corner.
    fn cycles(sample: usize) -> f64 {
        let whole = sample / SPAN;
        let corner = |n: usize| swing((n * SPAN) as u64);
        let passed: f64 = (0..whole)
            .map(|n| SPAN as f64 * f64::midpoint(corner(n), corner(n + 1)))
            .sum();
        let (k, slope) = (
            (sample - whole * SPAN) as f64,
            (corner(whole + 1) - corner(whole)) / SPAN as f64,
        );
        passed + k * (corner(whole) + 0.5 * slope * k)
    }

    #[test]
    fn the_phase_is_that_of_the_polygon_at_every_sample() {
        let mut samples: Vec<Complex32> = (0..100_000)
            .map(|n| narrow(Complex64::cis(TAU * cycles(n))))
            .collect();
        DopplerMixer::new(SPAN).remove(&mut samples, swing);
        for (n, sample) in samples.iter().enumerate() {
            let error = (sample - Complex32::ONE).norm();
            assert!(error < 3e-6, "sample {n}: {error}");
        }
    }

    #[test]
    fn cutting_does_not_change_a_bit_and_corners_are_asked_for_once() {
        let input: Vec<Complex32> = (0..5_000).map(|k| Complex32::new(k as f32, 1.0)).collect();
        let run = |cut: usize| {
            let (mut samples, mut asked) = (input.clone(), Vec::new());
            let mut mixer = DopplerMixer::new(600);
            for piece in samples.chunks_mut(cut) {
                mixer.remove(piece, |at| {
                    asked.push(at);
                    swing(at)
                });
            }
            (samples, asked)
        };
        let whole = run(usize::MAX);
        assert_eq!(whole.1, (0..=8).map(|n| n * SPAN as u64).collect::<Vec<_>>());
        for cut in [1, 7, 64, 639, 641, 4_096] {
            assert!(run(cut) == whole, "{cut}");
        }
    }
}
