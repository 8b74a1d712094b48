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

#[cfg(test)]
mod tests {
    use super::*;

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
