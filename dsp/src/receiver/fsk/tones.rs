//! Samples to the balance of two tones: what of a symbol with a large index the angle of samples does not show below
//! the threshold of a discriminator.

use super::stream::Stream;
use crate::Complex32;
use num_complex::Complex64;
use std::f64::consts::TAU;

/// Matched filters of both tones over one symbol each, and which of them holds more: from -1 to 1, at any level.
#[derive(Debug)]
pub(super) struct Tones {
    oversampling: usize,
    turns: f64,
    taken: u64,
    /// Samples turned back by the upper and by the lower tone.
    upper: Vec<Complex32>,
    lower: Vec<Complex32>,
}

impl Tones {
    /// `deviation` in cycles per symbol.
    pub(super) fn new(oversampling: usize, deviation: f64) -> Self {
        let begun = vec![Complex32::default(); oversampling - 1];
        Self {
            oversampling,
            turns: deviation / oversampling as f64,
            taken: 0,
            upper: begun.clone(),
            lower: begun,
        }
    }

    /// Input samples that an output lies before its index.
    pub(super) fn delay(&self) -> f64 {
        (self.oversampling as f64 - 1.0) / 2.0
    }

    pub(super) fn process(&mut self, samples: &[Complex32], out: &mut Stream<f32>) {
        for sample in samples {
            let turn = Complex64::cis(-TAU * (self.turns * self.taken as f64).fract());
            let turn = Complex32::new(turn.re as f32, turn.im as f32);
            self.taken += 1;
            self.upper.push(sample * turn);
            self.lower.push(sample * turn.conj());
        }
        let (upper, lower) = (
            self.upper.windows(self.oversampling),
            self.lower.windows(self.oversampling),
        );
        for (upper, lower) in upper.zip(lower) {
            let power = |tone: &[Complex32]| tone.iter().sum::<Complex32>().norm_sqr();
            let (upper, lower) = (power(upper), power(lower));
            let all = upper + lower;
            out.push(if all > 0.0 {
                (upper.sqrt() - lower.sqrt()) / all.sqrt()
            } else {
                0.0
            });
        }
        let done = self.upper.len() - (self.oversampling - 1);
        self.upper.drain(..done);
        self.lower.drain(..done);
    }
}
