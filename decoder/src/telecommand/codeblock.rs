//! One codeblock, whichever code it is of.

use super::bch;
use super::config::{BchMode, CltuCode, CltuError};
use crate::coding::Randomizer;
use crate::coding::ldpc::{LdpcCode, LdpcDecoder, LdpcEncoder, LdpcOptions};
use crate::coding::randomizer::sequence;

/// Bytes after which telecommand's sequence repeats (255 bits and 8 have no common divisor).
const PERIOD: usize = 255;

/// What decoding a codeblock took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repair {
    /// Hard decisions that the codeblock contradicts.
    pub(super) corrected: u32,
    pub(super) iterations: u32,
}

/// The randomizer's bytes, as many as it takes to repeat.
pub(super) fn randomizer() -> Vec<u8> {
    sequence(Randomizer::Telecommand, PERIOD)
}

fn ldpc(code: CltuCode) -> Option<LdpcCode> {
    match code {
        CltuCode::Bch { .. } => None,
        CltuCode::Ldpc128 { .. } => Some(LdpcCode::Tc128),
        CltuCode::Ldpc512 => Some(LdpcCode::Tc512),
    }
}

/// Decodes codeblocks.
#[derive(Debug)]
pub(super) enum BlockDecoder {
    Bch(BchMode),
    Ldpc {
        decoder: Box<LdpcDecoder>,
        /// Whether the randomizer inverts each bit of a codeword.
        inverts: Vec<bool>,
        soft: Vec<i8>,
        information: Vec<u8>,
    },
}

impl BlockDecoder {
    pub(super) fn new(code: CltuCode) -> Result<Self, CltuError> {
        let Some(ldpc) = ldpc(code) else {
            let mode = match code {
                CltuCode::Bch { mode, .. } => mode,
                CltuCode::Ldpc128 { .. } | CltuCode::Ldpc512 => BchMode::default(),
            };
            return Ok(Self::Bch(mode));
        };
        let bits = code.block_bits();
        Ok(Self::Ldpc {
            decoder: Box::new(LdpcDecoder::new(ldpc, LdpcOptions::default())?),
            inverts: bits_of(&randomizer()).take(bits).map(|bit| bit == 1).collect(),
            soft: vec![0; bits],
            information: vec![0; code.information_bytes()],
        })
    }

    /// Decodes a codeblock of soft bits and appends its information; `None` where it is rejected.
    pub(super) fn decode(&mut self, soft: &[i8], bytes: &mut Vec<u8>) -> Option<Repair> {
        match self {
            Self::Bch(mode) => {
                let (information, corrected) = bch::decode(hard(soft), *mode)?;
                bytes.extend(information);
                Some(Repair {
                    corrected,
                    iterations: 0,
                })
            }
            Self::Ldpc {
                decoder,
                inverts,
                soft: derandomized,
                information,
            } => {
                for ((to, &from), &inverts) in derandomized.iter_mut().zip(soft).zip(&*inverts) {
                    *to = if inverts { from.saturating_neg() } else { from };
                }
                let outcome = decoder.decode(derandomized, information);
                if !outcome.converged {
                    return None;
                }
                bytes.extend(&*information);
                Some(Repair {
                    corrected: outcome.channel_errors,
                    iterations: outcome.iterations,
                })
            }
        }
    }
}

/// Encodes codeblocks.
#[derive(Debug)]
pub(super) enum BlockEncoder {
    Bch,
    Ldpc {
        encoder: Box<LdpcEncoder>,
        randomizer: Vec<u8>,
    },
}

impl BlockEncoder {
    pub(super) fn new(code: CltuCode) -> Result<Self, CltuError> {
        Ok(match ldpc(code) {
            None => Self::Bch,
            Some(ldpc) => Self::Ldpc {
                encoder: Box::new(LdpcEncoder::new(ldpc)?),
                randomizer: randomizer(),
            },
        })
    }

    /// Appends the bits, one a byte, of the codeblock of `information`.
    pub(super) fn encode(&mut self, information: &[u8], bits: &mut Vec<u8>) {
        match self {
            Self::Bch => {
                let mut block = [0; 7];
                block.copy_from_slice(information);
                bits.extend(bits_of(&bch::encode(block)));
            }
            Self::Ldpc { encoder, randomizer } => {
                let from = bits.len();
                encoder.encode(information, bits);
                for (bit, random) in bits[from..].iter_mut().zip(bits_of(randomizer)) {
                    *bit ^= random;
                }
            }
        }
    }
}

/// Hard decisions of the first 64 soft bits.
fn hard(soft: &[i8]) -> [u8; 8] {
    soft.iter()
        .take(64)
        .fold(0u64, |word, &s| word << 1 | u64::from(s > 0))
        .to_be_bytes()
}

/// The bits of bytes, most significant first.
pub(super) fn bits_of(bytes: &[u8]) -> impl Iterator<Item = u8> {
    bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
}
