//! Real samples brought down from a subcarrier: mixed, filtered and decimated at once.
//!
//! A filter of samples that were mixed is, but for a turn of its outputs, a filter with its taps mixed instead: of
//! real samples half the work, and none of it for samples that are not kept.

use crate::Complex32;
use crate::nco::Nco;
use num_complex::Complex64;
use std::f64::consts::TAU;

/// Outputs computed side by side.
const LANES: usize = 16;

/// Real samples, split into the phases of a decimation, that the mixers of all harmonics take theirs from.
#[derive(Debug)]
pub(super) struct Phases {
    planes: Vec<Vec<f32>>,
    /// Phase that the next sample belongs to, and samples held.
    next: usize,
    held: usize,
    taps: usize,
}

impl Phases {
    /// For filters of so many taps.
    pub fn new(taps: usize, decimation: usize) -> Self {
        let mut phases = Self {
            planes: vec![Vec::new(); decimation.max(1)],
            next: 0,
            held: 0,
            taps: taps.max(1),
        };
        phases.push(&vec![0.0; phases.taps - 1]);
        phases
    }

    pub fn push(&mut self, samples: &[f32]) {
        let count = self.planes.len();
        for (n, plane) in self.planes.iter_mut().enumerate() {
            let first = (n + count - self.next) % count;
            let own = samples.get(first..).unwrap_or(&[]).chunks(count);
            plane.extend(own.map(|few| few[0]));
        }
        self.next = (self.next + samples.len()) % count;
        self.held += samples.len();
    }

    /// Outputs that the samples held are enough for.
    pub fn ready(&self) -> usize {
        match self.held.checked_sub(self.taps) {
            Some(more) => more / self.planes.len() + 1,
            None => 0,
        }
    }

    /// Drops the samples that only the first `outputs` needed.
    pub fn forget(&mut self, outputs: usize) {
        for plane in &mut self.planes {
            let done = outputs.min(plane.len());
            plane.drain(..done);
            self.held -= done;
        }
    }
}

/// One harmonic's filter.
#[derive(Debug)]
pub(super) struct Mixer {
    /// For each phase the taps that its samples meet, mixed, in the order of the samples.
    taps: Vec<Vec<Complex32>>,
    nco: Nco,
}

impl Mixer {
    /// A filter of these taps around `freq` (cycles per sample) that brings it to zero.
    pub fn new(taps: &[f32], decimation: usize, freq: f64) -> Self {
        let decimation = decimation.max(1);
        let mixed = |delay: usize| {
            let turns = freq * delay as f64;
            let tap = f64::from(taps[delay]) * Complex64::cis(TAU * (turns - turns.floor()));
            Complex32::new(tap.re as f32, tap.im as f32)
        };
        Self {
            taps: (0..decimation)
                .map(|phase| {
                    (phase..taps.len())
                        .step_by(decimation)
                        .map(|n| mixed(taps.len() - 1 - n))
                        .collect()
                })
                .collect(),
            nco: Nco::new(-freq * decimation as f64),
        }
    }

    /// Replaces `out` by all outputs that are ready.
    pub fn process(&mut self, input: &Phases, out: &mut Vec<Complex32>) {
        out.clear();
        out.resize(input.ready(), Complex32::ZERO);
        correlate(&input.planes, &self.taps, out);
        self.nco.mix(out);
    }
}

/// `out[i] = Σ_p Σ_j taps[p][j] · planes[p][i + j]`.
#[multiversion::multiversion(targets("x86_64+avx512f", "x86_64+avx2", "aarch64+neon"))]
fn correlate(planes: &[Vec<f32>], taps: &[Vec<Complex32>], out: &mut [Complex32]) {
    let mut first = 0;
    for block in out.chunks_mut(LANES) {
        let (mut re, mut im) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        for (plane, taps) in planes.iter().zip(taps) {
            let plane = &plane[first..];
            if block.len() == LANES {
                for (tap, x) in taps.iter().zip(plane.windows(LANES)) {
                    for lane in 0..LANES {
                        re[lane] += tap.re * x[lane];
                        im[lane] += tap.im * x[lane];
                    }
                }
            } else {
                for (j, tap) in taps.iter().enumerate() {
                    for (lane, x) in plane[j..].iter().take(block.len()).enumerate() {
                        re[lane] += tap.re * x;
                        im[lane] += tap.im * x;
                    }
                }
            }
        }
        for (value, (re, im)) in block.iter_mut().zip(re.iter().zip(&im)) {
            *value = Complex32::new(*re, *im);
        }
        first += LANES;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn mixes_then_filters_then_decimates_wherever_it_is_cut(
            samples in prop::collection::vec(-1.0_f32..1.0, 0..400),
            taps in prop::collection::vec(-1.0_f32..1.0, 7..40),
            decimation in 1usize..7,
            cuts in prop::collection::vec(0usize..90, 0..20),
            freq in -0.5_f64..0.5,
        ) {
            let mixed = |n: usize| f64::from(samples[n]) * Complex64::cis(-TAU * freq * n as f64);
            let expected: Vec<Complex64> = (0..samples.len().div_ceil(decimation))
                .map(|m| {
                    let last = m * decimation;
                    (0..taps.len().min(last + 1)).map(|k| mixed(last - k) * f64::from(taps[k])).sum()
                })
                .collect();
            let run = |cuts: &[usize]| {
                let mut phases = Phases::new(taps.len(), decimation);
                let mut mixer = Mixer::new(&taps, decimation, freq);
                let (mut all, mut out, mut rest) = (Vec::new(), Vec::new(), &samples[..]);
                for cut in cuts.iter().copied().chain([samples.len()]) {
                    let (head, tail) = rest.split_at(cut.min(rest.len()));
                    phases.push(head);
                    mixer.process(&phases, &mut out);
                    phases.forget(out.len());
                    all.extend_from_slice(&out);
                    rest = tail;
                }
                all
            };
            let whole = run(&[]);
            prop_assert_eq!(&whole, &run(&cuts));
            prop_assert_eq!(whole.len(), expected.len());
            for (found, expected) in whole.iter().zip(&expected) {
                let found = Complex64::new(found.re.into(), found.im.into());
                prop_assert!((found - expected).norm() < 1e-4, "{found} {expected}");
            }
        }
    }
}
