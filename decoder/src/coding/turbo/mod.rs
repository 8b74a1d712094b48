//! Turbo codes (CCSDS 131.0-B-5 §6): rates 1/2, 1/3, 1/4 and 1/6, information blocks of 1784 to 8920 bits.
//!
//! Two recursive convolutional encoders of 16 states, the second fed with the permuted information, each driven
//! back to state zero by four further steps. The decoder passes what each component code adds back and forth
//! ([`TurboDecoder`]); one frame is split into windows that are decoded side by side, so a frame alone is as
//! fast as many.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod backend;
mod component;
mod decoder;
mod encoder;
mod kernel;
mod lanes;
mod layout;
mod permutation;
mod quantize;
#[cfg(test)]
mod reference;
mod rules;
#[cfg(test)]
mod tests;
mod trellis;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use backend::TurboBackend;
pub use decoder::{TurboAlgorithm, TurboDecoder, TurboOptions};
pub use encoder::TurboEncoder;

use super::config::CodingError;

/// Steps that drive a component encoder back to state zero.
const TAIL: usize = 4;
/// Information block lengths of the standard, bits (CCSDS 131.0-B-5 table 6-1).
const LENGTHS: [usize; 4] = [1784, 3568, 7136, 8920];

/// Nominal code rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TurboRate {
    /// 1/2
    R12,
    /// 1/3
    R13,
    /// 1/4
    R14,
    /// 1/6
    R16,
}

impl TurboRate {
    /// Symbols sent per step of the trellis.
    pub fn symbols_per_bit(self) -> usize {
        match self {
            Self::R12 => 2,
            Self::R13 => 3,
            Self::R14 => 4,
            Self::R16 => 6,
        }
    }
}

/// One of the sixteen codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TurboCode {
    /// Nominal rate.
    pub rate: TurboRate,
    /// Information bits of a block: 1784, 3568, 7136 or 8920.
    pub k: usize,
}

impl TurboCode {
    /// Information bits of a block.
    pub fn info_bits(self) -> usize {
        self.k
    }

    /// Symbols of a codeword, those of the termination included: (k + 4) / r.
    pub fn code_bits(self) -> usize {
        (self.k + TAIL) * self.rate.symbols_per_bit()
    }

    /// Refuses block lengths that the standard does not have.
    fn check(self) -> Result<(), CodingError> {
        if LENGTHS.contains(&self.k) {
            return Ok(());
        }
        Err(CodingError::OutOfRange {
            field: "turbo.k",
            value: self.k as i64,
            limit: "1784, 3568, 7136 or 8920".to_owned(),
        })
    }
}
