//! What a telecommand link is: the one description of [`super::CltuEncoder`] and [`super::CltuDecoder`].

use super::probability;
use crate::coding::ldpc::LdpcError;
use thiserror::Error;

/// What the BCH decoder does with a codeblock that has an error (CCSDS 231.0-B-4 §3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BchMode {
    /// Rejects it (triple error detection).
    Detect,
    /// Corrects a single error (single error correction, double error detection).
    #[default]
    Correct,
}

/// What of a BCH link is randomised. A decoder only needs to know whether anything is: where the fill is not
/// randomised it comes out as something else than 55, behind the frames that end before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BchRandomized {
    /// Nothing.
    Off,
    /// The frames; the fill of the last codeblock stays 55.
    Data,
    /// The frames and the fill (CCSDS 231.0-B-4 §6).
    #[default]
    DataAndFill,
}

/// Channel code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CltuCode {
    /// Modified BCH (63,56).
    Bch {
        /// Decoding mode.
        mode: BchMode,
        /// Randomisation, before the code.
        randomized: BchRandomized,
    },
    /// LDPC (128,64), always randomised.
    Ldpc128 {
        /// Whether the tail sequence is sent. A decoder recognises it only if so; without it a CLTU ends where
        /// a codeblock cannot be decoded.
        tail: bool,
    },
    /// LDPC (512,256), always randomised; has no tail sequence.
    Ldpc512,
}

/// What a CLTU carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CltuContent {
    /// One frame, as long as all others.
    #[default]
    Frame,
    /// TC transfer frames (CCSDS 232.0-B-4), which say how long they are: one, or several in a row.
    TransferFrames,
}

/// A telecommand link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CltuConfig {
    /// Code.
    pub code: CltuCode,
    /// What a CLTU carries.
    pub content: CltuContent,
    /// Wrong bits accepted in the start sequence; `None` takes what the standard says for BCH (1 in the
    /// correcting mode, 0 in the detecting one) and 14 of 64 for LDPC.
    pub start_tolerance: Option<u32>,
    /// Most codeblocks of a CLTU: the encoder refuses longer ones, the decoder ends a CLTU there.
    pub max_codeblocks: usize,
}

/// A telecommand configuration that cannot be, or data that do not fit it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CltuError {
    /// A number outside what is possible.
    #[error("{field} is {value}, must be {limit}")]
    OutOfRange {
        /// Field of the configuration.
        field: &'static str,
        /// Value found.
        value: u64,
        /// What is allowed, in words.
        limit: String,
    },
    /// A CLTU without data, or with more than the link allows.
    #[error("a CLTU takes 1 to {limit} bytes, not {found}")]
    DataLength {
        /// Bytes given.
        found: usize,
        /// Most bytes.
        limit: usize,
    },
    /// The LDPC code cannot be built.
    #[error(transparent)]
    Ldpc(#[from] LdpcError),
}

/// Largest `max_codeblocks`.
const CODEBLOCKS_LIMIT: usize = 65536;

impl CltuCode {
    /// Information bits per channel bit of a codeblock.
    pub fn rate(self) -> f64 {
        match self {
            Self::Bch { .. } => 56.0 / 64.0,
            Self::Ldpc128 { .. } | Self::Ldpc512 => 0.5,
        }
    }

    /// Whether an iterative decoder decodes it.
    pub(crate) fn iterated(self) -> bool {
        !matches!(self, Self::Bch { .. })
    }
}

impl CltuConfig {
    /// The defaults of a code: the standard's tolerance, and 1024 codeblocks.
    pub fn new(code: CltuCode) -> Self {
        Self {
            code,
            content: CltuContent::default(),
            start_tolerance: None,
            max_codeblocks: 1024,
        }
    }

    /// Probability, for each bit of a random stream, that a CLTU of at least one codeblock begins there: either
    /// polarity of the start sequence within the tolerance, and a first codeblock that is accepted.
    ///
    /// The start sequence is judged by its signs, which are fair and independent whatever the magnitudes are (the
    /// magnitudes can only reject further places): `sum(C(n, k), k <= tolerance) / 2^n` for each polarity. A
    /// random codeblock is accepted with 2^-7 by the detecting BCH decoder, and by the correcting one when the
    /// syndrome is one of 63 others and the filler bit is 0 as well: `(1 + 63 / 2) / 2^7`. For the LDPC codes the
    /// factor bounds what was measured with random words (3e-4 for (128,64), none of 3000 for (512,256)): 1e-3.
    pub fn false_cltu_per_bit(&self) -> f64 {
        let (start, _) = self.code.start();
        2.0 * probability::within(start, self.tolerance()) * self.code.accepts_random()
    }

    /// Wrong bits accepted in the start sequence.
    pub(super) fn tolerance(&self) -> u32 {
        self.start_tolerance.unwrap_or(match self.code {
            CltuCode::Bch {
                mode: BchMode::Detect,
                ..
            } => 0,
            CltuCode::Bch {
                mode: BchMode::Correct,
                ..
            } => 1,
            CltuCode::Ldpc128 { .. } | CltuCode::Ldpc512 => 14,
        })
    }

    pub(super) fn check(&self) -> Result<(), CltuError> {
        let (bits, _) = self.code.start();
        if self.tolerance() > bits / 4 {
            return Err(CltuError::OutOfRange {
                field: "start_tolerance",
                value: self.tolerance().into(),
                limit: format!("no more than {} of the start sequence's {bits} bits", bits / 4),
            });
        }
        if !(1..=CODEBLOCKS_LIMIT).contains(&self.max_codeblocks) {
            return Err(CltuError::OutOfRange {
                field: "max_codeblocks",
                value: self.max_codeblocks as u64,
                limit: format!("from 1 to {CODEBLOCKS_LIMIT}"),
            });
        }
        Ok(())
    }
}

impl CltuCode {
    /// Length and bits of the start sequence, first bit highest (CCSDS 231.0-B-4 §5.2.2).
    pub(crate) fn start(self) -> (u32, u64) {
        match self {
            Self::Bch { .. } => (16, 0xEB90),
            Self::Ldpc128 { .. } | Self::Ldpc512 => (64, 0x0347_76C7_2728_95B0),
        }
    }

    /// The tail sequence, as long as a codeblock; empty where there is none (CCSDS 231.0-B-4 §5.2.4 with
    /// corrigendum 1).
    pub(super) fn tail(self) -> &'static [u8] {
        match self {
            Self::Bch { .. } => &[0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0x79],
            Self::Ldpc128 { tail: true } => &[
                0x63, 0xA1, 0xED, 0x72, 0xC6, 0xAC, 0x79, 0xE2, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
                0x55,
            ],
            Self::Ldpc128 { tail: false } | Self::Ldpc512 => &[],
        }
    }

    /// Wrong bits up to which a codeblock is taken for the tail sequence: so few that a block of data looks like
    /// it with a probability below 1e-12.
    pub(super) fn tail_tolerance(self) -> u32 {
        match self {
            Self::Bch { .. } => 5,
            Self::Ldpc128 { .. } | Self::Ldpc512 => 24,
        }
    }

    /// Bytes of information of a codeblock.
    pub(crate) fn information_bytes(self) -> usize {
        match self {
            Self::Bch { .. } => 7,
            Self::Ldpc128 { .. } => 8,
            Self::Ldpc512 => 32,
        }
    }

    /// Bits of a codeblock.
    pub(crate) fn block_bits(self) -> usize {
        match self {
            Self::Bch { .. } => 64,
            Self::Ldpc128 { .. } => 128,
            Self::Ldpc512 => 512,
        }
    }

    fn accepts_random(self) -> f64 {
        match self {
            Self::Bch {
                mode: BchMode::Detect,
                ..
            } => 1.0 / 128.0,
            Self::Bch {
                mode: BchMode::Correct,
                ..
            } => 32.5 / 128.0,
            Self::Ldpc128 { .. } | Self::Ldpc512 => 1e-3,
        }
    }
}
