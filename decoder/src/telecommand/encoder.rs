//! Transfer frames to channel bits.

use super::codeblock::{BlockEncoder, bits_of, randomizer};
use super::config::{BchRandomized, CltuCode, CltuConfig, CltuError};

/// What completes the last codeblock.
const FILL: u8 = 0x55;

/// Transfer frames in, the bits of a CLTU out: the inverse of [`super::CltuDecoder`].
///
/// The physical layer operations procedure (CCSDS 231.0-B-4 §7) surrounds CLTUs by an acquisition sequence (at
/// least 128 bits) and idle sequences (at least 8 bits), both zeros and ones in turn: see [`Self::idle`].
#[derive(Debug)]
pub struct CltuEncoder {
    config: CltuConfig,
    blocks: BlockEncoder,
    randomizer: Vec<u8>,
    data: Vec<u8>,
    idle: u8,
}

impl CltuEncoder {
    /// Builds the encoder.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub fn new(config: &CltuConfig) -> Result<Self, CltuError> {
        config.check()?;
        Ok(Self {
            config: *config,
            blocks: BlockEncoder::new(config.code)?,
            randomizer: randomizer(),
            data: Vec::new(),
            idle: 0,
        })
    }

    /// Appends the channel bits, one per byte (0 or 1), of the CLTU that carries `frames` (one transfer frame or
    /// several in a row): start sequence, codeblocks, tail sequence if there is one.
    ///
    /// # Errors
    /// When there are no data, or too many for one CLTU; nothing is appended then.
    pub fn encode(&mut self, frames: &[u8], bits: &mut Vec<u8>) -> Result<(), CltuError> {
        let code = self.config.code;
        let block_bytes = code.information_bytes();
        let limit = self.config.max_codeblocks * block_bytes;
        if frames.is_empty() || frames.len() > limit {
            return Err(CltuError::DataLength {
                found: frames.len(),
                limit,
            });
        }
        self.data.clear();
        self.data.extend(frames);
        self.data.resize(frames.len().next_multiple_of(block_bytes), FILL);
        let randomized = match code {
            CltuCode::Bch {
                randomized: BchRandomized::Data,
                ..
            } => frames.len(),
            CltuCode::Bch {
                randomized: BchRandomized::DataAndFill,
                ..
            } => self.data.len(),
            // LDPC is randomised after encoding.
            CltuCode::Bch { .. } | CltuCode::Ldpc128 { .. } | CltuCode::Ldpc512 => 0,
        };
        for (byte, random) in self.data[..randomized]
            .iter_mut()
            .zip(self.randomizer.iter().cycle())
        {
            *byte ^= random;
        }
        let (length, start) = code.start();
        bits.extend((0..length).rev().map(|bit| (start >> bit & 1) as u8));
        for information in self.data.chunks(block_bytes) {
            self.blocks.encode(information, bits);
        }
        bits.extend(bits_of(code.tail()));
        Ok(())
    }

    /// Appends `count` idle bits (0 and 1 in turn, going on where the last ones ended): the acquisition sequence
    /// before the first CLTU, the idle sequence between and after them.
    pub fn idle(&mut self, count: usize, bits: &mut Vec<u8>) {
        for _ in 0..count {
            bits.push(self.idle);
            self.idle ^= 1;
        }
    }
}
