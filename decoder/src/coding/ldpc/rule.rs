//! The fixed-point arithmetic of min-sum, defined once for all implementations.
//!
//! Values are `i8`, negative for a one. In layer after layer, row after row, a check takes its bits' posteriors
//! `L` and the messages `R` it sent before:
//!
//! - `Q = L - R`, saturating;
//! - the smallest and second smallest `|Q|` (at most [`LIMIT`]), corrected ([`Correction::apply`]);
//! - the new message `R'`: the corrected smallest magnitude among the *other* bits, with the product of the
//!   other bits' signs;
//! - the new posterior `Q + R'`, saturating.
//!
//! Posteriors that have saturated lose what they had in excess, which does no harm before the codeword stands
//! but spoils it if iterated on: decoders stop on a zero syndrome.

/// Largest magnitude of a message.
pub(super) const LIMIT: u8 = 63;

/// How the minimum, which overstates what a check knows, is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Correction {
    /// To three quarters, rounded up.
    Normalise,
    /// Less one step.
    Offset,
}

impl Correction {
    #[allow(clippy::inline_always, reason = "part of the vector loops")]
    #[inline(always)]
    pub(super) fn apply(self, magnitude: u8) -> u8 {
        match self {
            Self::Normalise => magnitude - (magnitude >> 2),
            Self::Offset => magnitude.saturating_sub(1),
        }
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
