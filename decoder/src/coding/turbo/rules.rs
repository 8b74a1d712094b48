//! What the passes differ in, chosen when they are compiled: how probabilities are added, and which parities are sent.

use super::lanes::Lanes;
use super::trellis::{BUTTERFLIES, branch};

/// Sum of two probabilities in the logarithmic domain: with metrics a and b, ln(e^a + e^b) or near it.
pub(super) trait Sum {
    /// Factor on the extrinsic values, of 2^15 where it is not 1.
    const SCALE: Option<i16>;
    fn sum<V: Lanes>(a: V, b: V) -> V;
}

/// The greater one. Overrates what it knows, hence the factor (0.75).
pub(super) struct MaxLog;

/// The greater one and a correction that falls linearly with the difference, (2.5 - |a - b|) / 4 nat down to zero.
pub(super) struct LogMap;

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
impl Sum for MaxLog {
    const SCALE: Option<i16> = Some(24576);
    #[inline(always)]
    fn sum<V: Lanes>(a: V, b: V) -> V {
        a.max(b)
    }
}

#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
impl Sum for LogMap {
    const SCALE: Option<i16> = None;
    #[inline(always)]
    fn sum<V: Lanes>(a: V, b: V) -> V {
        a.max(b).add(a.sub(b).quarter_below(V::splat(40)))
    }
}

/// Which forward polynomials a component encoder sends.
pub(super) trait Parities {
    const POLYNOMIALS: &'static [usize];
    /// Label of each butterfly's branch from the even state with a zero: the information bit lowest, then the
    /// parities.
    const LABELS: [usize; BUTTERFLIES] = {
        let mut labels = [0; BUTTERFLIES];
        let mut b = 0;
        while b < BUTTERFLIES {
            let outputs = branch(2 * b as u8, 0);
            labels[b] = outputs.info as usize;
            let mut n = 0;
            while n < Self::POLYNOMIALS.len() {
                labels[b] |= (outputs.parity[Self::POLYNOMIALS[n]] as usize) << (n + 1);
                n += 1;
            }
            b += 1;
        }
        labels
    };
    /// All bits of a label.
    const ONES: usize = (2 << Self::POLYNOMIALS.len()) - 1;
}

pub(super) struct P1;
impl Parities for P1 {
    const POLYNOMIALS: &'static [usize] = &[0];
}
pub(super) struct P23;
impl Parities for P23 {
    const POLYNOMIALS: &'static [usize] = &[1, 2];
}
pub(super) struct P13;
impl Parities for P13 {
    const POLYNOMIALS: &'static [usize] = &[0, 2];
}
pub(super) struct P123;
impl Parities for P123 {
    const POLYNOMIALS: &'static [usize] = &[0, 1, 2];
}
