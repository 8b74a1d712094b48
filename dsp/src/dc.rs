//! Removal of the constant offset that direct-conversion receivers add.

use crate::Complex32;

/// Samples between two looks at the mean.
const BLOCK: u64 = 16_384;
/// Sums kept side by side: I and Q of four samples.
const LANES: usize = 8;

/// Subtracts the mean of the whole past when it is a spike, and nothing otherwise.
///
/// A high-pass filter would cut a notch into a signal whose carrier sits at zero. The mean over at least
/// 16 384 samples is a notch far narrower than any modulation's spectrum, and it is only used when it holds
/// more power than a modulated signal could leave at one point of its spectrum.
#[derive(Debug, Clone)]
pub struct DcRemover {
    /// Sums of I and Q, of every fourth sample each, and of their squares.
    sum: [f64; LANES],
    energy: [f64; LANES],
    count: u64,
    offset: Complex32,
    /// Share of the power that chance leaves in the mean of one sample: the correlated samples.
    correlated: f64,
}

impl DcRemover {
    /// `correlated_samples` is how many neighbouring samples a modulated signal holds together: its samples
    /// per symbol.
    pub fn new(correlated_samples: f64) -> Self {
        Self {
            sum: [0.0; LANES],
            energy: [0.0; LANES],
            count: 0,
            offset: Complex32::ZERO,
            correlated: correlated_samples.max(1.0),
        }
    }

    /// Subtracts the offset found so far from the samples.
    pub fn process(&mut self, samples: &mut [Complex32]) {
        let mut rest = samples;
        while !rest.is_empty() {
            let room = (BLOCK - self.count % BLOCK) as usize;
            let (head, tail) = rest.split_at_mut(room.min(rest.len()));
            let first = (self.count % (LANES as u64 / 2)) as usize;
            take(head, first, self.offset, &mut self.sum, &mut self.energy);
            self.count += head.len() as u64;
            if self.count.is_multiple_of(BLOCK) {
                self.decide();
            }
            rest = tail;
        }
    }

    fn decide(&mut self) {
        let n = self.count as f64;
        let mean = [0, 1].map(|part| self.sum.iter().skip(part).step_by(2).sum::<f64>() / n);
        let spike = mean[0] * mean[0] + mean[1] * mean[1];
        let by_chance = self.energy.iter().sum::<f64>() / n * self.correlated / n;
        self.offset = if spike > 16.0 * by_chance {
            Complex32::new(mean[0] as f32, mean[1] as f32)
        } else {
            Complex32::ZERO
        };
    }
}

/// Adds samples to sums, the first to those of sample `first` of four, and takes the offset off.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn take(
    samples: &mut [Complex32],
    first: usize,
    offset: Complex32,
    sum: &mut [f64; LANES],
    energy: &mut [f64; LANES],
) {
    const SAMPLES: usize = LANES / 2;
    let mut add = |first: usize, samples: &mut [Complex32]| {
        for (lane, value) in samples.iter_mut().enumerate() {
            for (part, value) in [&mut value.re, &mut value.im].into_iter().enumerate() {
                let place = (2 * (first + lane) + part) % LANES;
                sum[place] += f64::from(*value);
                energy[place] += f64::from(*value * *value);
            }
            *value -= offset;
        }
    };
    let before = ((SAMPLES - first) % SAMPLES).min(samples.len());
    let (head, rest) = samples.split_at_mut(before);
    add(first, head);
    let mut whole = rest.chunks_exact_mut(SAMPLES);
    for samples in &mut whole {
        add(0, samples);
    }
    add(0, whole.into_remainder());
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use std::f32::consts::TAU;

    #[test]
    fn removes_a_spike() {
        let mut remover = DcRemover::new(4.0);
        let mut last = Vec::new();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..4 {
            last = (0..BLOCK)
                .map(|_| Complex32::cis(rng.random_range(0.0..TAU)) + Complex32::new(0.3, -0.1))
                .collect();
            remover.process(&mut last);
        }
        let mean: Complex32 = last.iter().sum::<Complex32>() / last.len() as f32;
        assert!(mean.norm() < 0.03, "{mean}");
    }

    #[test]
    fn leaves_a_signal_without_a_spike_alone() {
        let mut remover = DcRemover::new(4.0);
        let input: Vec<Complex32> = (0..3 * BLOCK)
            .map(|n| Complex32::new(if (n / 4) % 2 == 0 { 1.0 } else { -1.0 }, 0.0))
            .collect();
        let mut output = input.clone();
        remover.process(&mut output);
        assert_eq!(input, output);
    }
}
