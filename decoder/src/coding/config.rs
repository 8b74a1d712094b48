//! What a coded stream is: the one description that [`super::FrameDecoder`] and [`super::FrameEncoder`] are
//! both built from.

use super::ldpc::{LdpcCode, LdpcError};
use super::puncture::PunctureRate;
use super::turbo::TurboCode;
use crate::telecommand::{CltuConfig, CltuError};
use thiserror::Error;

/// How soft bits group into modem symbols, which decides the ambiguities a decoder has to resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SymbolBits {
    /// One bit a symbol (BPSK, FSK, GMSK): the sign of all bits is unknown.
    #[default]
    One,
    /// One bit a symbol, on two arms in turn (precoded GMSK): the signs of either arm are unknown.
    Alternating,
    /// Two bits a symbol (QPSK): I, Q in turn, rotated by a multiple of 90° and perhaps mirrored.
    Two,
    /// Two bits a symbol with offset (OQPSK): as `Two`, and one arm may be a symbol late.
    TwoOffset,
    /// Three bits a symbol (8PSK with the Gray labels 001, 000, 100, 110, 010, 011, 111, 101 from 0° in steps of
    /// 45°, ETSI EN 302 307-1 §5.4.2): rotated by a multiple of 45°. Without a convolutional code.
    Three,
}

/// Order in which the two convolutional output symbols are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SymbolOrder {
    /// G1 (171 octal) first, as CCSDS 131.0-B-5 §3.3 has it.
    #[default]
    G1First,
    /// G2 (133 octal) first, as the NASA-DSN convention has it.
    G2First,
}

/// Which of the two symbols of a bit is sent inverted.
///
/// The code is transparent, so that one inverted branch and the other differ by the sign of all bits only: which of
/// them a profile states decides what an inverted marker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InvertedBranch {
    /// Neither, as CCSDS 131.0-B-5 §3.4 has it for punctured codes.
    None,
    /// G1.
    G1,
    /// G2, as CCSDS 131.0-B-5 §3.3 has it.
    #[default]
    G2,
}

impl InvertedBranch {
    /// What CCSDS 131.0-B-5 has at this rate.
    pub fn of_rate(rate: PunctureRate) -> Self {
        match rate {
            PunctureRate::R12 => Self::G2,
            _ => Self::None,
        }
    }
}

/// Convolutional code K=7 (CCSDS 131.0-B-5 §3): rate 1/2, or punctured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvolutionalConfig {
    /// Rate.
    pub rate: PunctureRate,
    /// Order of the two symbols of a bit, where both are sent; `None` lets the decoder find it (an encoder takes
    /// G1 first).
    pub order: Option<SymbolOrder>,
    /// The inverted branch; `None` lets the decoder find whether there is one (it then calls G2 that; an encoder
    /// does as CCSDS has it).
    pub inverted: Option<InvertedBranch>,
    /// Whether a unit on which Reed-Solomon failed is decoded again, with what it did correct as known bits and
    /// with erasures.
    pub iterate: bool,
}

impl Default for ConvolutionalConfig {
    fn default() -> Self {
        Self {
            rate: PunctureRate::default(),
            order: None,
            inverted: None,
            iterate: true,
        }
    }
}

/// Line code of the bits that enter the inner encoder (or the modulator where there is none).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineCode {
    /// The level is the bit.
    #[default]
    NrzL,
    /// A one changes the level.
    NrzM,
    /// A zero changes the level.
    NrzS,
}

/// Self-synchronising scrambler after the line code (seen from the receiver).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Descrambler {
    /// IESS-308 (V.35-like, with the 31-count adverse-state inverter).
    Iess308,
}

/// Pseudo-random sequence, restarted after each marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Randomizer {
    /// Not randomised.
    None,
    /// 255 bits, x^8+x^7+x^5+x^3+1 (CCSDS 131.0-B-5 §10.4.2).
    #[default]
    Ccsds255,
    /// 131 071 bits, x^17+x^14+1 (CCSDS 131.0-B-5 §10.4.1).
    Ccsds131071,
    /// 255 bits of telecommands, x^8+x^6+x^4+x^3+x^2+x+1 (CCSDS 231.0-B-4 §6).
    Telecommand,
}

/// What the randomizer is added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Randomized {
    /// The codeblock, after the code: everything between marker and marker (CCSDS 131.0-B-5 §10).
    #[default]
    Codeblock,
    /// The frame, before the code.
    Frame,
}

/// Attached synchronisation marker and how it is searched.
#[derive(Debug, Clone, PartialEq)]
pub struct AsmConfig {
    /// Marker bits, packed most significant first. Where `bits` is not a multiple of 8 the first byte begins
    /// with zeros that fill it up.
    pub pattern: Vec<u8>,
    /// Length, 16 to 192 bits.
    pub bits: u32,
    /// Bit errors accepted while searching; `None` takes the most that keeps the stated false-alarm
    /// probability below the decoder's default bound.
    pub tolerance: Option<u32>,
    /// Frames in a row whose marker may be missing at the expected place before the search starts again.
    pub flywheel: u32,
}

/// Basis in which Reed-Solomon symbols are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RsBasis {
    /// Berlekamp's dual basis (CCSDS 131.0-B-5 §4 and annex F).
    #[default]
    Dual,
    /// The conventional basis.
    Conventional,
}

/// Reed-Solomon code over GF(256).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReedSolomonConfig {
    /// Parity symbols per codeword (32 for E=16, 16 for E=8).
    pub parity: usize,
    /// Interleaving depth I, 1 to 8.
    pub interleave: usize,
    /// Information bytes of the whole codeblock after virtual fill was left out (`I * (255 - parity)` when
    /// there is none). Must be a multiple of `interleave`.
    pub data_bytes: usize,
    /// Basis.
    pub basis: RsBasis,
    /// Field generator polynomial with its x^8 term (CCSDS: 0x187).
    pub field: u16,
    /// First consecutive root, as a power of `alpha^primitive` (CCSDS: 112).
    pub first_root: u32,
    /// Power of alpha that steps from root to root (CCSDS: 11).
    pub primitive: u32,
    /// Whether the marker is part of the first codewords (Voyager): the codeblock then begins at the ASM.
    pub covers_asm: bool,
}

/// A code that is decoded iteratively.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IterativeCode {
    /// Turbo code (CCSDS 131.0-B-5 §6).
    Turbo(TurboCode),
    /// Low-density parity-check code (CCSDS 131.0-B-5 §7).
    Ldpc(LdpcCode),
}

impl IterativeCode {
    /// Information bits of a codeword, whole bytes.
    pub fn info_bits(self) -> usize {
        match self {
            Self::Turbo(code) => code.info_bits(),
            Self::Ldpc(code) => code.info_bits(),
        }
    }

    /// Channel bits of a codeword.
    pub fn code_bits(self) -> usize {
        match self {
            Self::Turbo(code) => code.code_bits(),
            Self::Ldpc(code) => code.code_bits(),
        }
    }
}

/// Transfer frames that are not aligned to codewords (CCSDS 131.0-B-5 §8): frames with their markers form a
/// stream, the stream is sliced into information blocks, and codewords get markers of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct SlicedConfig {
    /// Marker before each group of codewords: the code sync marker (CSM).
    pub csm: AsmConfig,
}

/// Turbo or LDPC codewords.
#[derive(Debug, Clone, PartialEq)]
pub struct IterativeConfig {
    /// Code.
    pub code: IterativeCode,
    /// Codewords behind each marker, 1 to 8.
    pub codewords: usize,
    /// How frames are sliced; `None` where a block holds exactly one frame.
    pub sliced: Option<SlicedConfig>,
}

/// A whole coded stream, in the order of the receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct CodingConfig {
    /// Grouping of the soft bits.
    pub symbols: SymbolBits,
    /// Inner code, if there is one.
    pub convolutional: Option<ConvolutionalConfig>,
    /// Line code after the inner decoder.
    pub line_code: LineCode,
    /// Self-synchronising descrambler after the line code.
    pub descrambler: Option<Descrambler>,
    /// Marker.
    pub asm: AsmConfig,
    /// Randomizer.
    pub randomizer: Randomizer,
    /// What it is added to.
    pub randomized: Randomized,
    /// Outer code, if there is one.
    pub reed_solomon: Option<ReedSolomonConfig>,
    /// Turbo or LDPC code, if there is one; it stands alone, without inner, line or outer code.
    pub iterative: Option<IterativeConfig>,
    /// Telecommand coding in place of everything else: each CLTU carries one frame of `block_bytes` bytes, or
    /// transfer frames of no more than these. Marker and randomizer are then those of `cltu`.
    pub cltu: Option<CltuConfig>,
    /// Bytes from the end of one marker to the beginning of the next: the codeblock, or the frame where
    /// there is no outer code, plus `tail_bytes`. With a turbo or LDPC code the bytes of the frame.
    pub block_bytes: usize,
    /// Bytes at the end of the block that belong neither to the codeblock nor to the frame (Voyager: 4 less
    /// the marker's share). Zero for CCSDS links.
    pub tail_bytes: usize,
}

impl CodingConfig {
    /// How frames are sliced, if they are.
    pub(crate) fn sliced(&self) -> Option<(&IterativeConfig, &SlicedConfig)> {
        let iterative = self.iterative.as_ref()?;
        Some((iterative, iterative.sliced.as_ref()?))
    }

    /// Bytes of the frame that comes out: the information part of the block.
    pub fn frame_bytes(&self) -> usize {
        match &self.reed_solomon {
            Some(rs) => rs.data_bytes,
            None => self.block_bytes - self.tail_bytes,
        }
    }
}

/// A coding configuration that cannot be, or data that do not fit it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CodingError {
    /// A number outside what is possible.
    #[error("{field} is {value}, must be {limit}")]
    OutOfRange {
        /// Field of the configuration.
        field: &'static str,
        /// Value found.
        value: i64,
        /// What is allowed, in words.
        limit: String,
    },
    /// An inner code with symbols that it is not decoded with.
    #[error("a convolutional code does not go with symbols of three bits")]
    InnerWithEighths,
    /// An LDPC code that does not exist.
    #[error(transparent)]
    Ldpc(#[from] LdpcError),
    /// Telecommand coding that cannot be.
    #[error(transparent)]
    Cltu(#[from] CltuError),
    /// A frame of the wrong length was given to an encoder.
    #[error("frame has {found} bytes, the code takes {expected}")]
    FrameLength {
        /// Bytes found.
        found: usize,
        /// Bytes the code takes.
        expected: usize,
    },
}
