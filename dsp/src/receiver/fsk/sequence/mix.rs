//! A stretch of samples, its carrier taken off, and what waveforms have in common with it.

#![allow(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the target"
)]

use crate::Complex32;
use multiversion::multiversion;
use num_complex::Complex64;
use std::f64::consts::TAU;

/// Samples that are correlated at once: intervals have whole numbers of them.
const LANES: usize = 8;
/// Samples turned by one table of phasors.
const BLOCK: usize = 64;

/// Samples without their carrier.
#[derive(Debug, Default)]
pub(super) struct Mixed {
    pub(super) re: Vec<f32>,
    pub(super) im: Vec<f32>,
}

impl Mixed {
    /// Takes `length` samples, of which `samples` are the known ones from place `known` on and the others are zero, and
    /// turns number `n` back by `turns * (n + begin)` cycles.
    pub(super) fn take(
        &mut self,
        samples: &[Complex32],
        known: usize,
        length: usize,
        turns: f64,
        begin: f64,
    ) {
        self.re.clear();
        self.im.clear();
        self.re.resize(length, 0.0);
        self.im.resize(length, 0.0);
        let table = table(turns);
        for (n, samples) in samples.chunks(BLOCK).enumerate() {
            let at = known + n * BLOCK;
            let start = phasor(turns * (at as f64 + begin));
            let to = at..at + samples.len();
            let out = (&mut self.re[to.clone()], &mut self.im[to]);
            turn(samples, &table, [start.re as f32, start.im as f32], out);
        }
    }
}

/// Turned back by so many cycles.
fn phasor(turns: f64) -> Complex64 {
    Complex64::cis(-TAU * turns.fract())
}

/// Real and imaginary parts of a phasor that turns back by `turns` cycles a sample.
fn table(turns: f64) -> [[f32; BLOCK]; 2] {
    let fine: [Complex64; LANES] = std::array::from_fn(|n| phasor(turns * n as f64));
    let mut table = [[0.0; BLOCK]; 2];
    for row in 0..BLOCK / LANES {
        let coarse = phasor(turns * (row * LANES) as f64);
        for (n, fine) in fine.iter().enumerate() {
            let phasor = coarse * fine;
            table[0][row * LANES + n] = phasor.re as f32;
            table[1][row * LANES + n] = phasor.im as f32;
        }
    }
    table
}

/// Multiplies samples by a phasor that turns as the table says.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn turn(samples: &[Complex32], table: &[[f32; BLOCK]; 2], start: [f32; 2], out: (&mut [f32], &mut [f32])) {
    let phasors = table[0].iter().zip(&table[1]);
    let out = out.0.iter_mut().zip(out.1);
    for ((sample, (re, im)), out) in samples.iter().zip(phasors).zip(out) {
        let (re, im) = (start[0] * re - start[1] * im, start[0] * im + start[1] * re);
        *out.0 = sample.re * re - sample.im * im;
        *out.1 = sample.re * im + sample.im * re;
    }
}

/// Correlates an interval, real and imaginary parts, with one waveform after the other.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(super) fn correlate(samples: [&[f32]; 2], waves: [&[f32]; 2], out: [&mut [f32]; 2]) {
    let size = samples[0].len().max(1);
    let waves = waves[0].chunks_exact(size).zip(waves[1].chunks_exact(size));
    let [out_re, out_im] = out;
    for ((wave_re, wave_im), (out_re, out_im)) in waves.zip(out_re.iter_mut().zip(out_im)) {
        let (mut sum_re, mut sum_im) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        let samples = samples[0].chunks_exact(LANES).zip(samples[1].chunks_exact(LANES));
        let waves = wave_re.chunks_exact(LANES).zip(wave_im.chunks_exact(LANES));
        for ((re, im), (wave_re, wave_im)) in samples.zip(waves) {
            for k in 0..LANES {
                sum_re[k] += re[k] * wave_re[k] - im[k] * wave_im[k];
                sum_im[k] += re[k] * wave_im[k] + im[k] * wave_re[k];
            }
        }
        *out_re = total(sum_re);
        *out_im = total(sum_im);
    }
}

/// Sum of the lanes, halves first.
#[inline(always)]
fn total(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for k in 0..half {
            lanes[k] += lanes[k + half];
        }
        half /= 2;
    }
    lanes[0]
}
