//! Which codes there are and how long their words are.

use super::matrix::Matrix;
use super::{ar4ja, c2, telecommand};
use thiserror::Error;

/// Rate of an AR4JA code (CCSDS 131.0-B-5 §7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ar4jaRate {
    /// 1/2.
    R12,
    /// 2/3.
    R23,
    /// 4/5.
    R45,
}

/// A low-density parity-check code of the CCSDS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LdpcCode {
    /// Accumulate-repeat-4-jagged-accumulate code of telemetry (CCSDS 131.0-B-5 §7.4). Its last M bits are
    /// never sent.
    Ar4ja {
        /// Rate.
        rate: Ar4jaRate,
        /// Information bits: 1024, 4096 or 16384.
        k: usize,
    },
    /// The (8160,7136) code (CCSDS 131.0-B-5 §7.3): the (8176,7156) code without its first 18 bits, which are
    /// zeros, and with two zeros at the end.
    C2,
    /// The (128,64) code of telecommand (CCSDS 231.0-B-4 §4).
    Tc128,
    /// The (512,256) code of telecommand (CCSDS 231.0-B-4 §4).
    Tc512,
}

/// Why a code cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LdpcError {
    /// No AR4JA code has this length.
    #[error("AR4JA has 1024, 4096 or 16384 information bits, not {k}")]
    InformationBits {
        /// What was asked for.
        k: usize,
    },
    /// A decoder that may not iterate.
    #[error("max_iterations is {found}, allowed are 1 to {limit}")]
    MaxIterations {
        /// What was asked for.
        found: u32,
        /// Largest number.
        limit: u32,
    },
    /// A scale that is not a positive number.
    #[error("llr_per_unit is {found}, it must be a finite number above 0")]
    LlrPerUnit {
        /// What was asked for, as text (a NaN has no equal).
        found: String,
    },
}

/// What of a word of the parity-check matrix is sent: first `known` zeros that are not, then `sent` bits, then
/// bits that are not sent either. Behind the `sent` bits the channel carries `fill` zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) info: usize,
    pub(super) known: usize,
    pub(super) sent: usize,
    pub(super) fill: usize,
}

impl LdpcCode {
    /// Information bits of a codeword.
    pub fn info_bits(self) -> usize {
        self.shape().info
    }

    /// Bits of a codeword as sent.
    pub fn code_bits(self) -> usize {
        self.shape().sent + self.shape().fill
    }

    pub(super) fn shape(self) -> Shape {
        let (info, known, sent, fill) = match self {
            Self::Ar4ja { rate, k } => (k, 0, k + 2 * ar4ja::submatrix(rate, k), 0),
            Self::C2 => (7136, 18, 8158, 2),
            Self::Tc128 => (64, 0, 128, 0),
            Self::Tc512 => (256, 0, 512, 0),
        };
        Shape {
            info,
            known,
            sent,
            fill,
        }
    }

    /// The parity-check matrix.
    pub(super) fn matrix(self) -> Result<Matrix, LdpcError> {
        match self {
            Self::Ar4ja { rate, k } => ar4ja::matrix(rate, k),
            Self::C2 => Ok(c2::matrix()),
            Self::Tc128 => Ok(telecommand::matrix(&telecommand::TC128)),
            Self::Tc512 => Ok(telecommand::matrix(&telecommand::TC512)),
        }
    }
}
