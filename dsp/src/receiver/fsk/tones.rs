//! Samples to the balance of two tones: what of a symbol with a large index the angle of samples does not show below
//! the threshold of a discriminator.

use super::stream::Stream;
use crate::Complex32;
use crate::nco::Nco;

/// Matched filters of both tones over one symbol each, and which of them holds more: from -1 to 1, at any level.
#[derive(Debug)]
pub(super) struct Tones {
    oversampling: usize,
    /// Oscillators of the lower and of the upper tone.
    oscillators: [Nco; 2],
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
            oscillators: [-deviation, deviation].map(|tone| Nco::new(tone / oversampling as f64)),
            upper: begun.clone(),
            lower: begun,
        }
    }

    /// Input samples that an output lies before its index.
    pub(super) fn delay(&self) -> f64 {
        (self.oversampling as f64 - 1.0) / 2.0
    }

    pub(super) fn process(&mut self, samples: &[Complex32], out: &mut Stream<f32>) {
        let held = self.upper.len();
        let [down, up] = &mut self.oscillators;
        self.upper.extend_from_slice(samples);
        down.mix(&mut self.upper[held..]);
        self.lower.extend_from_slice(samples);
        up.mix(&mut self.lower[held..]);
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
