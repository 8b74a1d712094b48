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
    /// See `round`; 8 for no reduction.
    pub(super) shift: u8,
}

impl Rule {
    /// The rule of an algorithm for checks of `degree` bits.
    pub(super) fn new(algorithm: LdpcAlgorithm, degree: usize) -> Self {
        let _ = degree;
        match algorithm {
            LdpcAlgorithm::OffsetMinSum => Self {
                close: 1,
                slope: 7,
                second: 1,
                round: 0,
                shift: 7,
            },
            LdpcAlgorithm::NormalisedMinSum => Self {
                close: 0,
                slope: 7,
                second: 0,
                round: 0,
                shift: 2,
            },
            _ => Self {
                close: 2,
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

/// Mean magnitude that channel values are brought to.
const MEAN: u32 = 12;
/// Largest magnitude of a channel value.
const CHANNEL_LIMIT: u16 = 127;

/// Factor, in 256ths, that brings the mean magnitude of `soft` to [`MEAN`]; `None` if all are zero.
pub(super) fn gain(soft: &[i8]) -> Option<u16> {
    let sum: u32 = soft
        .iter()
        .map(|value| u32::from(value.unsigned_abs().min(127)))
        .sum();
    let scaled = 256 * u64::from(MEAN) * soft.len() as u64;
    (sum > 0).then(|| u16::try_from(scaled / u64::from(sum)).unwrap_or(u16::MAX))
}

/// Multiplies by the gain, rounding away from zero at halves, and turns the sign: positive is a zero.
pub(super) fn scale(soft: &[i8], gain: u16, out: &mut [i8]) {
    for (&soft, out) in soft.iter().zip(out) {
        let doubled = (u32::from(soft.unsigned_abs().min(127)) << 9) * u32::from(gain) >> 16;
        let magnitude = (doubled as u16).div_ceil(2).min(CHANNEL_LIMIT) as i8;
        *out = if soft > 0 { -magnitude } else { magnitude };
    }
}
