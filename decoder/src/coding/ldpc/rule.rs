//! The fixed-point arithmetic of min-sum, defined once for all implementations.
//!
//! Values are `i8`, negative for a one. In layer after layer, row after row, a check takes its bits' posteriors
//! `L` and the messages `R` it sent before:
//!
//! - `Q = L - R`, saturating;
//! - the smallest and second smallest `|Q|` (at most [`LIMIT`]), made less ([`Rule`]);
//! - the new message `R'`: what became of the smallest magnitude among the *other* bits, with the product of the
//!   other bits' signs;
//! - the new posterior `Q + R'`, saturating.
//!
//! Posteriors that have saturated lose what they had in excess, which does no harm before the codeword stands
//! but spoils it if iterated on: decoders stop on a zero syndrome.

use super::decoder::LdpcAlgorithm;

/// Largest magnitude of a message.
pub(super) const LIMIT: u8 = 127;

/// How the minimum, which overstates what a check knows, is made less.
///
/// The smallest loses `close`, the less the further the second smallest lies above it; the second smallest, which
/// the bit with the smallest receives, loses `second`. Both are then reduced to a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    /// Loss of the smallest where the second smallest equals it.
    pub(super) close: u8,
    /// This loss shrinks by the distance to the second smallest, divided by `2^slope`.
    pub(super) slope: u8,
    /// Loss of the second smallest.
    pub(super) second: u8,
    /// `x` is reduced by `(x + round) / 2^shift`.
    pub(super) round: u8,
    /// See `round`.
    pub(super) shift: u8,
}

impl Rule {
    /// The minimum as it is: magnitudes are below 128.
    const MINIMUM: Self = Self {
        close: 0,
        slope: 7,
        second: 0,
        round: 0,
        shift: 7,
    };

    /// The rule of an algorithm for checks of `degree` bits; constants found by simulation.
    pub(super) fn new(algorithm: LdpcAlgorithm, degree: usize) -> Self {
        match algorithm {
            LdpcAlgorithm::NormalisedMinSum => Self {
                round: 3,
                shift: 2,
                ..Self::MINIMUM
            },
            LdpcAlgorithm::OffsetMinSum => {
                let offset = if degree > 10 { 1 } else { 2 };
                Self {
                    close: offset,
                    second: offset,
                    ..Self::MINIMUM
                }
            }
            LdpcAlgorithm::CorrectedMinSum | LdpcAlgorithm::SumProduct { .. } => Self {
                close: if degree == 6 { 3 } else { 2 },
                slope: 2,
                second: 1,
                round: 3,
                shift: 3,
            },
        }
    }

    /// The magnitudes sent to the bits that do not have the smallest, and to the one that has.
    #[allow(clippy::inline_always, reason = "part of the vector loops")]
    #[inline(always)]
    pub(super) fn apply(self, smallest: u8, second: u8) -> (u8, u8) {
        let loss = self.close.saturating_sub((second - smallest) >> self.slope);
        let fraction = |x: u8| x - ((x + self.round) >> self.shift);
        (
            fraction(smallest.saturating_sub(loss)),
            fraction(second.saturating_sub(self.second)),
        )
    }
}
