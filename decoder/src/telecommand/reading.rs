//! A CLTU, and how its codeblocks are read.

use super::codeblock::{BlockDecoder, bits_of};
use super::config::CltuCode;

/// How a CLTU ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CltuEnd {
    /// By the tail sequence.
    Tail,
    /// By a codeblock that was rejected, as every CLTU without a tail sequence ends.
    Rejected,
    /// By the largest number of codeblocks.
    Limit,
    /// The soft bits ended, or a gap came.
    Cut,
}

/// A command link transmission unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cltu {
    /// Index, since the first soft bit ever fed, of the soft bit in which the start sequence began.
    pub soft_index: u64,
    /// Index of the soft bit just after the tail sequence, or after the last good codeblock where there was none.
    pub soft_end: u64,
    /// Information of all codeblocks, derandomised: transfer frames, and fill up to the end of the codeblock.
    pub bytes: Vec<u8>,
    /// Good codeblocks, at least 1.
    pub codeblocks: u32,
    /// Bits corrected in the codeblocks (for LDPC the hard decisions that the codewords contradict).
    pub corrections: u32,
    /// Iterations of the LDPC decoder; 0 for BCH.
    pub iterations: u32,
    /// How it ended.
    pub ended: CltuEnd,
    /// Whether it arrived inverted.
    pub inverted: bool,
    /// Wrong bits of the start sequence.
    pub start_errors: u32,
    /// Hard decisions known to be wrong (in start sequence, codeblocks and tail sequence), of how many.
    pub channel_errors: (u32, u32),
}

/// More soft bits are needed.
pub(super) struct Wait;

/// What reads codeblocks.
#[derive(Debug)]
pub(super) struct Reader {
    code: CltuCode,
    decoder: BlockDecoder,
    tail: Vec<u8>,
    max_codeblocks: u32,
    block: Vec<i8>,
}

impl Reader {
    pub(super) fn new(code: CltuCode, decoder: BlockDecoder, max_codeblocks: usize) -> Self {
        Self {
            code,
            decoder,
            tail: bits_of(code.tail()).collect(),
            max_codeblocks: max_codeblocks as u32,
            block: vec![0; code.block_bits()],
        }
    }

    /// Reads codeblocks from `soft`, whose first bit has the index `first`, until the CLTU ends; `last` says that
    /// no soft bits follow.
    pub(super) fn read(&mut self, cltu: &mut Cltu, soft: &[i8], first: u64, last: bool) -> Result<(), Wait> {
        loop {
            if cltu.codeblocks >= self.max_codeblocks {
                cltu.ended = CltuEnd::Limit;
                return Ok(());
            }
            let from = (cltu.soft_end - first) as usize;
            let Some(block) = soft.get(from..from + self.block.len()) else {
                cltu.ended = CltuEnd::Cut;
                return if last { Ok(()) } else { Err(Wait) };
            };
            for (to, &from) in self.block.iter_mut().zip(block) {
                *to = if cltu.inverted {
                    from.saturating_neg()
                } else {
                    from
                };
            }
            if let Some(end) = self.take_block(cltu) {
                cltu.ended = end;
                return Ok(());
            }
        }
    }

    /// Takes the tail sequence or a codeblock; how the CLTU ends, if it does.
    fn take_block(&mut self, cltu: &mut Cltu) -> Option<CltuEnd> {
        let bits = self.block.len() as u32;
        let tail_errors = self
            .block
            .iter()
            .zip(&self.tail)
            .filter(|&(&s, &bit)| (s > 0) != (bit == 1))
            .count() as u32;
        if !self.tail.is_empty() && tail_errors <= self.code.tail_tolerance() {
            cltu.channel_errors.0 += tail_errors;
            cltu.channel_errors.1 += bits;
            cltu.soft_end += u64::from(bits);
            return Some(CltuEnd::Tail);
        }
        let Some(repair) = self.decoder.decode(&self.block, &mut cltu.bytes) else {
            return Some(CltuEnd::Rejected);
        };
        cltu.codeblocks += 1;
        cltu.corrections += repair.corrected;
        cltu.iterations += repair.iterations;
        cltu.channel_errors.0 += repair.corrected;
        cltu.channel_errors.1 += bits;
        cltu.soft_end += u64::from(bits);
        None
    }
}
