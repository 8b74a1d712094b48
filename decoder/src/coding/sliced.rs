//! Sliced transfer frames (CCSDS 131.0-B-5 §8): codewords behind a code sync marker carry a stream of frames, each
//! behind its own marker, without regard to where codewords begin.

use super::chain::Chain;
use super::chain_encoder::ChainEncoder;
use super::config::{CodingConfig, CodingError, IterativeConfig, Randomizer, SlicedConfig, SymbolBits};
use super::delivery::SyncChange;
use super::frame::{CodedFrame, IterativeOutcome, SyncState, SyncStatus};
use super::spread::Spread;
use std::collections::VecDeque;
use std::sync::Arc;

/// Magnitude of the bits that a decoded codeword vouches for, and of those of one that failed.
const SURE: i8 = 127;
const DOUBTFUL: i8 = 1;

/// The two links that a sliced one consists of: codewords behind code sync markers, and frames behind markers.
fn links(
    config: &CodingConfig,
    iterative: &IterativeConfig,
    sliced: &SlicedConfig,
) -> (CodingConfig, CodingConfig) {
    let codewords = CodingConfig {
        asm: sliced.csm.clone(),
        block_bytes: iterative.codewords * iterative.code.info_bits() / 8,
        iterative: Some(IterativeConfig {
            sliced: None,
            ..iterative.clone()
        }),
        ..config.clone()
    };
    let frames = CodingConfig {
        symbols: SymbolBits::One,
        randomizer: Randomizer::None,
        iterative: None,
        ..config.clone()
    };
    (codewords, frames)
}

/// A block of codewords whose bits frames may still refer to.
#[derive(Debug)]
struct Block {
    /// Number of its first information bit.
    first: u64,
    soft_index: u64,
    soft_end: u64,
    outcomes: Vec<IterativeOutcome>,
}

/// Bits of a codeword's information, of a codeword, and of the marker before codewords.
#[derive(Debug, Clone, Copy)]
struct Lengths {
    info: u64,
    code: u64,
    csm: u64,
}

/// Channel symbol that carries an information bit: the codes are systematic, information first.
fn symbol(blocks: &VecDeque<Block>, lengths: &Lengths, bit: u64) -> u64 {
    let after = blocks.partition_point(|block| block.first <= bit);
    let Some(block) = blocks.get(after.saturating_sub(1)) else {
        return 0;
    };
    let inside = bit.saturating_sub(block.first);
    let (codeword, bit) = (inside / lengths.info, inside % lengths.info);
    block.soft_index + lengths.csm + codeword * lengths.code + bit
}

/// The decoder.
#[derive(Debug)]
pub(crate) struct SlicedDecoder {
    codewords: Chain,
    frames: Chain,
    code: Lengths,
    blocks: VecDeque<Block>,
    /// Information bits ever handed on.
    handed: u64,
    /// Information bits that frames still to come may reach back.
    reach: u64,
    coded: Vec<CodedFrame>,
    soft: Vec<i8>,
    changes: Vec<SyncChange>,
    uncorrectable: u64,
}

impl SlicedDecoder {
    pub(crate) fn new(
        config: &CodingConfig,
        iterative: &IterativeConfig,
        sliced: &SlicedConfig,
    ) -> Result<Self, CodingError> {
        let (codewords, frames) = links(config, iterative, sliced);
        Ok(Self {
            codewords: Chain::new(&codewords)?,
            frames: Chain::new(&frames)?,
            code: Lengths {
                info: iterative.code.info_bits() as u64,
                code: iterative.code.code_bits() as u64,
                csm: u64::from(sliced.csm.bits),
            },
            blocks: VecDeque::new(),
            handed: 0,
            // Units held back by the flywheel, the one in work, and what it is compared with.
            reach: (u64::from(config.asm.flywheel) + 4)
                * (8 * config.block_bytes as u64 + u64::from(config.asm.bits)),
            coded: Vec::new(),
            soft: Vec::new(),
            changes: Vec::new(),
            uncorrectable: 0,
        })
    }

    pub(crate) fn spread_over(&mut self, pool: Arc<dyn Spread>) {
        self.codewords.spread_over(pool);
    }

    /// Changes of the synchronisation of frames.
    pub(crate) fn changes(&mut self) -> std::vec::Drain<'_, SyncChange> {
        self.changes.drain(..)
    }

    /// Of the frames; node synchronisation is that of the codewords.
    pub(crate) fn status(&self) -> SyncStatus {
        let (codewords, frames) = (self.codewords.status(), self.frames.status());
        SyncStatus {
            node_locked: codewords.state == SyncState::Lock,
            channel_ber: codewords.channel_ber,
            slips: codewords.slips + frames.slips,
            uncorrectable: self.uncorrectable,
            ..frames
        }
    }

    pub(crate) fn feed(&mut self, soft: &[i8], out: &mut Vec<CodedFrame>) {
        self.codewords.feed(soft, &mut self.coded);
        self.hand_on(out);
    }

    pub(crate) fn restart(&mut self, out: &mut Vec<CodedFrame>) {
        self.codewords.restart(&mut self.coded);
        self.hand_on(out);
        self.frames_begin_anew(out);
    }

    pub(crate) fn finish(&mut self, out: &mut Vec<CodedFrame>) {
        self.codewords.finish(&mut self.coded);
        self.hand_on(out);
        let before = out.len();
        self.frames.finish(out);
        self.place(&mut out[before..]);
        self.blocks.clear();
    }

    /// Gives the information bits of new blocks to the frames' link.
    fn hand_on(&mut self, out: &mut Vec<CodedFrame>) {
        for block in std::mem::take(&mut self.coded) {
            let follows = self
                .blocks
                .back()
                .is_some_and(|last| last.soft_end == block.soft_index);
            if !follows && !self.blocks.is_empty() {
                self.frames_begin_anew(out);
            }
            self.unpack(&block);
            self.blocks.push_back(Block {
                first: self.handed,
                soft_index: block.soft_index,
                soft_end: block.soft_end,
                outcomes: block.quality.iterative,
            });
            self.handed += self.soft.len() as u64;
            let before = out.len();
            self.frames.feed(&self.soft, out);
            self.place(&mut out[before..]);
        }
    }

    fn frames_begin_anew(&mut self, out: &mut Vec<CodedFrame>) {
        let before = out.len();
        self.frames.restart(out);
        self.place(&mut out[before..]);
        self.blocks.clear();
    }

    /// Information bits as soft bits, sure where their codeword was decoded.
    fn unpack(&mut self, block: &CodedFrame) {
        self.soft.clear();
        let parts = block.bytes.chunks(self.code.info as usize / 8);
        for (info, outcome) in parts.zip(&block.quality.iterative) {
            let sure = if outcome.converged { SURE } else { DOUBTFUL };
            let bits = info
                .iter()
                .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
            self.soft.extend(bits.map(|bit| if bit { sure } else { -sure }));
        }
    }

    /// Turns places among information bits into places among channel symbols, and lists the codewords that each
    /// frame was carried by.
    fn place(&mut self, frames: &mut [CodedFrame]) {
        for frame in frames {
            let (first, last) = (frame.soft_index, frame.soft_end - 1);
            frame.quality.iterative = self.outcomes(first, last);
            frame.soft_index = self.symbol(first);
            frame.soft_end = self.symbol(last) + 1;
            self.uncorrectable += u64::from(!frame.good());
        }
        for change in self.frames.changes() {
            self.changes.push(SyncChange {
                soft_index: symbol(&self.blocks, &self.code, change.soft_index),
                ..change
            });
        }
        let oldest = self.handed.saturating_sub(self.reach);
        while self.blocks.get(1).is_some_and(|next| next.first <= oldest) {
            self.blocks.pop_front();
        }
    }

    fn symbol(&self, bit: u64) -> u64 {
        symbol(&self.blocks, &self.code, bit)
    }

    fn outcomes(&self, first: u64, last: u64) -> Vec<IterativeOutcome> {
        let mut list = Vec::new();
        for block in &self.blocks {
            for (n, outcome) in block.outcomes.iter().enumerate() {
                let begin = block.first + n as u64 * self.code.info;
                if begin <= last && begin + self.code.info > first {
                    list.push(*outcome);
                }
            }
        }
        list
    }
}

/// The encoder: frames behind their markers, sliced into codewords behind theirs.
#[derive(Debug)]
pub(crate) struct SlicedEncoder {
    codewords: Box<ChainEncoder>,
    frames: Box<ChainEncoder>,
    /// Bits of the stream that do not fill a block yet.
    stream: Vec<u8>,
    block_bytes: usize,
}

impl SlicedEncoder {
    pub(crate) fn new(
        config: &CodingConfig,
        iterative: &IterativeConfig,
        sliced: &SlicedConfig,
    ) -> Result<Self, CodingError> {
        let (codewords, frames) = links(config, iterative, sliced);
        Ok(Self {
            block_bytes: codewords.block_bytes,
            codewords: Box::new(ChainEncoder::new(&codewords)?),
            frames: Box::new(ChainEncoder::new(&frames)?),
            stream: Vec::new(),
        })
    }

    pub(crate) fn encode(&mut self, frame: &[u8], bits: &mut Vec<u8>) -> Result<(), CodingError> {
        self.frames.encode(frame, &mut self.stream)?;
        self.send_blocks(bits);
        Ok(())
    }

    /// Idle bits between or behind frames go into the stream, as the standard fills it: what has been sent of a
    /// frame becomes whole with them.
    pub(crate) fn idle(&mut self, count: usize, bits: &mut Vec<u8>) {
        if count == 0 {
            return;
        }
        self.frames.idle(count, &mut self.stream);
        let rest = self.stream.len() % (8 * self.block_bytes);
        if rest > 0 {
            self.frames.idle(8 * self.block_bytes - rest, &mut self.stream);
        }
        self.send_blocks(bits);
    }

    fn send_blocks(&mut self, bits: &mut Vec<u8>) {
        let whole = self.stream.len() / (8 * self.block_bytes) * (8 * self.block_bytes);
        for block in self.stream[..whole].chunks(8 * self.block_bytes) {
            let info: Vec<u8> = block
                .chunks(8)
                .map(|byte| byte.iter().fold(0, |b, bit| b << 1 | bit))
                .collect();
            self.codewords.encode_block(&info, bits);
        }
        self.stream.drain(..whole);
    }
}
