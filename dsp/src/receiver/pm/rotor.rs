//! Turning of samples by a phase that is nearly that of a steady frequency.

use crate::Complex32;
use num_complex::Complex64;

/// Samples between exactly computed phases.
pub(super) const BLOCK: usize = 64;
/// Largest deviation, over a block, of the phase from the table's: phasors between the ends of a block are
/// interpolated linearly, which costs an eighth of its square.
const LARGEST_BEND: f64 = 0.05;

/// Phasors by blocks: exact at the ends, between them those of a steady frequency from a table, times what is left,
/// interpolated.
///
/// All phases are `f64`; a phasor in `f32` is off by some 1e-7 however long the stream.
#[derive(Debug)]
pub(super) struct Rotors {
    /// Phase of the table from a sample to the next.
    step: f64,
    /// `e^(-j k step)`, and the conjugate of that at the end of the block.
    table: Table,
    back: Complex64,
    /// The last phase that was computed, with `e^(-j phase)`.
    last: (f64, Complex64),
}

#[derive(Debug)]
struct Table {
    re: [f32; BLOCK],
    im: [f32; BLOCK],
}

/// Phasors `e^(-j phase)` of a block: `(first + k slope) table[k]`.
#[derive(Debug)]
pub(super) struct Rotor<'a> {
    table: &'a Table,
    first: Complex32,
    slope: Complex32,
}

impl Default for Rotors {
    fn default() -> Self {
        Self {
            step: 0.0,
            table: Table {
                re: [1.0; BLOCK],
                im: [0.0; BLOCK],
            },
            back: Complex64::ONE,
            last: (0.0, Complex64::ONE),
        }
    }
}

impl Rotors {
    /// The phasors of a block from its phase at the first sample and [`BLOCK`] samples later.
    pub fn between(&mut self, begin: f64, end: f64) -> Rotor<'_> {
        if ((end - begin) - self.step * BLOCK as f64).abs() > LARGEST_BEND {
            self.set_step((end - begin) / BLOCK as f64);
        }
        let first = if begin == self.last.0 {
            self.last.1
        } else {
            Complex64::cis(-begin)
        };
        self.last = (end, Complex64::cis(-end));
        let slope = (self.last.1 * self.back - first) / BLOCK as f64;
        Rotor {
            table: &self.table,
            first: single(first),
            slope: single(slope),
        }
    }

    fn set_step(&mut self, step: f64) {
        self.step = step;
        let (turn, mut phasor) = (Complex64::cis(-step), Complex64::ONE);
        for (re, im) in self.table.re.iter_mut().zip(&mut self.table.im) {
            let value = single(phasor);
            (*re, *im) = (value.re, value.im);
            phasor *= turn;
        }
        self.back = phasor.conj();
    }
}

impl Rotor<'_> {
    /// The phasors of a whole block, real and imaginary parts.
    #[allow(
        clippy::inline_always,
        reason = "must take on the vector features of its caller"
    )]
    #[inline(always)]
    fn phasors(&self) -> ([f32; BLOCK], [f32; BLOCK]) {
        let (mut re, mut im) = ([0.0; BLOCK], [0.0; BLOCK]);
        for k in 0..BLOCK {
            let at = k as f32;
            let (a, b) = (
                self.first.re + at * self.slope.re,
                self.first.im + at * self.slope.im,
            );
            let (c, d) = (self.table.re[k], self.table.im[k]);
            re[k] = a * c - b * d;
            im[k] = a * d + b * c;
        }
        (re, im)
    }
}

/// Turns a block, of at most [`BLOCK`] samples, by the carrier's phase, and gives its data in the real part:
/// the imaginary part of what is turned; in the imaginary part the `carrier` less the real part.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(super) fn turn_around_carrier(
    block: &[Complex32],
    rotor: &Rotor<'_>,
    carrier: f32,
    out: &mut [Complex32],
) {
    let (re, im) = rotor.phasors();
    for ((sample, (c, d)), out) in block.iter().zip(re.iter().zip(&im)).zip(out) {
        *out = Complex32::new(
            sample.re * d + sample.im * c,
            carrier - (sample.re * c - sample.im * d),
        );
    }
}

/// As [`turn_around_carrier`], the data times `gain` and alone.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(super) fn turn_to_data(block: &[Complex32], rotor: &Rotor<'_>, gain: f32, out: &mut [f32]) {
    let (re, im) = rotor.phasors();
    for ((sample, (c, d)), out) in block.iter().zip(re.iter().zip(&im)).zip(out) {
        *out = gain * (sample.re * d + sample.im * c);
    }
}

/// Adds the samples of a block, turned and weighted, to others.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(super) fn add_turned(block: &[Complex32], rotor: &Rotor<'_>, weight: f32, out: &mut [Complex32]) {
    let (re, im) = rotor.phasors();
    for ((sample, (c, d)), out) in block.iter().zip(re.iter().zip(&im)).zip(out) {
        out.re += weight * (sample.re * c - sample.im * d);
        out.im += weight * (sample.re * d + sample.im * c);
    }
}

/// Turns a block.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(super) fn turn(block: &[Complex32], rotor: &Rotor<'_>, out: &mut [Complex32; BLOCK]) {
    let (re, im) = rotor.phasors();
    for ((sample, (c, d)), out) in block.iter().zip(re.iter().zip(&im)).zip(out) {
        *out = Complex32::new(sample.re * c - sample.im * d, sample.re * d + sample.im * c);
    }
}

/// Sum of samples, and their energy.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(super) fn sum(samples: &[Complex32]) -> (Complex64, f64) {
    const LANES: usize = 8;
    let mut sums = [Complex32::ZERO; LANES];
    let mut energies = [Complex32::ZERO; LANES];
    let mut add = |samples: &[Complex32]| {
        for ((sum, energy), sample) in sums.iter_mut().zip(&mut energies).zip(samples) {
            *sum += sample;
            *energy += Complex32::new(sample.re * sample.re, sample.im * sample.im);
        }
    };
    let whole = samples.chunks_exact(LANES);
    let rest = whole.remainder();
    whole.for_each(&mut add);
    add(rest);
    let (sum, energy): (Complex32, Complex32) = (sums.iter().sum(), energies.iter().sum());
    (
        Complex64::new(sum.re.into(), sum.im.into()),
        f64::from(energy.re) + f64::from(energy.im),
    )
}

/// Sum of values weighted by others.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(super) fn weighted_sum(values: &[Complex32], weights: &[f32]) -> Complex64 {
    const LANES: usize = 8;
    let mut sums = [Complex32::ZERO; LANES];
    for (values, weights) in values.chunks(LANES).zip(weights.chunks(LANES)) {
        for (sum, (value, weight)) in sums.iter_mut().zip(values.iter().zip(weights)) {
            *sum += value * weight;
        }
    }
    let sum: Complex32 = sums.iter().sum();
    Complex64::new(sum.re.into(), sum.im.into())
}

/// Energies of the real and of the imaginary parts.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
pub(super) fn powers(values: &[Complex32]) -> (f64, f64) {
    const LANES: usize = 8;
    let (mut re, mut im) = (0.0, 0.0);
    for block in values.chunks(BLOCK) {
        let mut sums = [Complex32::ZERO; LANES];
        for values in block.chunks(LANES) {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += Complex32::new(value.re * value.re, value.im * value.im);
            }
        }
        let sum: Complex32 = sums.iter().sum();
        re += f64::from(sum.re);
        im += f64::from(sum.im);
    }
    (re, im)
}

fn single(value: Complex64) -> Complex32 {
    Complex32::new(value.re as f32, value.im as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The phase of a carrier that drifts.
    fn phase(at: usize) -> f64 {
        let t = at as f64;
        3e4 - 0.7 * t + 2e-7 * t * t
    }

    fn exact(at: usize) -> Complex64 {
        Complex64::cis(-phase(at))
    }

    #[test]
    fn turns_as_the_phase_says() {
        let samples: Vec<Complex32> = (0..5000)
            .map(|n| Complex32::new((0.3 * n as f32).sin(), (0.11 * n as f32).cos()))
            .collect();
        let mut rotors = Rotors::default();
        for (n, block) in samples.chunks(BLOCK).enumerate() {
            let first = n * BLOCK;
            let rotor = rotors.between(phase(first), phase(first + BLOCK));
            let turned: Vec<Complex64> = block
                .iter()
                .enumerate()
                .map(|(k, s)| Complex64::new(s.re.into(), s.im.into()) * exact(first + k))
                .collect();
            let mut direct = vec![Complex32::ZERO; block.len()];
            turn_around_carrier(block, &rotor, 0.5, &mut direct);
            let mut data = vec![0.0; block.len()];
            turn_to_data(block, &rotor, 2.0, &mut data);
            let mut added = vec![Complex32::ONE; block.len()];
            add_turned(block, &rotor, 3.0, &mut added);
            for (k, expected) in turned.iter().enumerate() {
                let error = |value: f32, expected: f64| (f64::from(value) - expected).abs();
                assert!(error(direct[k].re, expected.im) < 1e-3, "{}", first + k);
                assert!(error(direct[k].im, 0.5 - expected.re) < 1e-3, "{}", first + k);
                assert!(error(data[k], 2.0 * expected.im) < 2e-3, "{}", first + k);
                assert!(
                    error(added[k].re, 1.0 + 3.0 * expected.re) < 3e-3,
                    "{}",
                    first + k
                );
                assert!(error(added[k].im, 3.0 * expected.im) < 3e-3, "{}", first + k);
            }
            let mut all = [Complex32::ZERO; BLOCK];
            turn(block, &rotor, &mut all);
            let (sum, energy) = sum(&all[..block.len()]);
            assert!((sum - turned.iter().sum::<Complex64>()).norm() < 0.02);
            let power: f64 = turned.iter().map(Complex64::norm_sqr).sum();
            assert!((energy / power - 1.0).abs() < 2e-3);
        }
    }

    #[test]
    fn a_steady_phase_is_exact_between_the_ends() {
        let mut rotors = Rotors::default();
        for block in [1_usize, 700, 30_000] {
            let at = |k: usize| 0.913 * (block * BLOCK + k) as f64;
            let rotor = rotors.between(at(0), at(BLOCK));
            let mut values = [Complex32::ZERO; BLOCK];
            add_turned(&[Complex32::ONE; BLOCK], &rotor, 1.0, &mut values);
            for (k, value) in values.iter().enumerate() {
                let error = value - single(Complex64::cis(-at(k)));
                assert!(error.norm() < 1e-6, "{k}: {error}");
            }
        }
    }
}
