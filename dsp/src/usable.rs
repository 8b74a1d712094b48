//! Which samples are numbers that can be computed with.

use crate::Complex32;

/// Larger values than any recording holds; beyond them powers would overflow.
const ABSURD: f32 = 1e6;

/// The sample, or zero when it is not a usable number: not finite, or absurdly large.
pub(crate) fn usable(sample: Complex32) -> Complex32 {
    if sample.re.abs() < ABSURD && sample.im.abs() < ABSURD {
        sample
    } else {
        Complex32::ZERO
    }
}

/// Samples whose energies are added in `f32`.
const BLOCK: usize = 64;

/// Replaces `out` by the usable samples; returns their energy.
pub(crate) fn take_usable(samples: &[Complex32], out: &mut Vec<Complex32>) -> f64 {
    out.resize(samples.len(), Complex32::ZERO);
    copy(samples, out)
}

#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn copy(samples: &[Complex32], out: &mut [Complex32]) -> f64 {
    let mut energy = 0.0;
    for (samples, out) in samples.chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
        let (mut lanes, mut rest) = ([0.0_f32; 8], 0.0);
        let (mut from, mut to) = (samples.chunks_exact(8), out.chunks_exact_mut(8));
        for (from, to) in (&mut from).zip(&mut to) {
            for lane in 0..8 {
                to[lane] = usable(from[lane]);
                lanes[lane] += to[lane].re * to[lane].re + to[lane].im * to[lane].im;
            }
        }
        for (from, to) in from.remainder().iter().zip(to.into_remainder()) {
            *to = usable(*from);
            rest += to.norm_sqr();
        }
        energy += f64::from(lanes.iter().sum::<f32>() + rest);
    }
    energy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_samples_with_their_energy() {
        let samples: Vec<Complex32> = (0..203)
            .map(|n| match n {
                17 | 201 => Complex32::new(f32::NAN, 1.0),
                _ => Complex32::new(n as f32, -1.0),
            })
            .collect();
        let expected: Vec<Complex32> = samples.iter().copied().map(usable).collect();
        let mut taken = vec![Complex32::ONE];
        let energy = take_usable(&samples, &mut taken);
        assert_eq!(taken, expected);
        let exact: f64 = expected.iter().map(|s| f64::from(s.norm_sqr())).sum();
        assert!((energy / exact - 1.0).abs() < 1e-6, "{energy} for {exact}");
    }

    #[test]
    fn what_is_no_number_is_zero() {
        let good = Complex32::new(-3.0e4, 2.0);
        assert_eq!(usable(good), good);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30] {
            assert_eq!(usable(Complex32::new(bad, 0.0)), Complex32::ZERO);
            assert_eq!(usable(Complex32::new(0.0, bad)), Complex32::ZERO);
        }
    }
}
