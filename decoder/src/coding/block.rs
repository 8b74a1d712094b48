//! One block from soft bits to a frame and a corrected CADU.

use super::config::CodingError;
use super::frame::{CodedFrame, FrameQuality, RsOutcome};
use super::iterative::{IterativeBlock, IterativeDecoder};
use super::layout::Layout;

/// A unit as decoded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decoded {
    /// Whether the outer code found it good; `None` where there is no outer code.
    pub(crate) good: Option<bool>,
    /// Marker and block, derandomised, corrected where possible.
    pub(super) unit: Vec<u8>,
    /// What Reed-Solomon did to each codeword.
    pub(super) corrections: Vec<Option<u8>>,
    /// Erasures with which each codeword was corrected.
    pub(super) erasures: Vec<u8>,
    /// Passes of the inner decoder.
    pub(super) passes: u32,
    /// What a turbo or LDPC decoder did.
    iterative: IterativeBlock,
}

impl Decoded {
    /// Whether a byte of the unit belongs to a good or corrected codeword of Reed-Solomon.
    pub(super) fn corrected(&self, layout: &Layout, byte: usize) -> bool {
        match (byte.checked_sub(layout.frame_start), &layout.rs) {
            (Some(place), Some(rs)) if place < rs.block_bytes() => {
                self.corrections[place % rs.interleave()].is_some()
            }
            _ => false,
        }
    }

    /// Most Reed-Solomon corrections in a codeword.
    pub(crate) fn most_corrected(&self) -> u8 {
        self.corrections.iter().flatten().copied().max().unwrap_or(0)
    }

    /// The unit as a frame, with `quality` completed.
    pub(crate) fn frame(
        &self,
        layout: &Layout,
        soft_index: u64,
        soft_end: u64,
        mut quality: FrameQuality,
    ) -> CodedFrame {
        let mut cadu = self.unit.clone();
        layout.randomize_block(&mut cadu);
        quality.reed_solomon = layout.rs.as_ref().map(|_| RsOutcome {
            corrections: self.corrections.clone(),
            erasures: self.erasures.clone(),
        });
        if quality.channel_symbols.is_some() {
            quality.passes = self.passes;
        }
        let mut bytes = if layout.iterative.is_some() {
            quality.iterative.clone_from(&self.iterative.outcomes);
            quality.channel_symbols = Some(self.iterative.channel_symbols());
            quality.es_n0_db = self.iterative.sums.es_n0_db();
            self.iterative.info.clone()
        } else {
            self.unit[layout.frame_start..][..layout.frame_bytes].to_vec()
        };
        layout.randomize_frame(&mut bytes);
        CodedFrame {
            soft_index,
            soft_end,
            bytes,
            cadu,
            quality,
        }
    }
}

/// What decoding one unit at a time needs.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    iterative: Option<IterativeDecoder>,
}

impl Worker {
    pub(crate) fn new(layout: &Layout) -> Result<Self, CodingError> {
        let iterative = layout.iterative.as_ref();
        Ok(Self {
            iterative: iterative.map(IterativeDecoder::new).transpose()?,
        })
    }

    /// Decodes a unit from its soft bits (marker first).
    pub(crate) fn decode(&mut self, layout: &Layout, soft: &[i8], inverted: bool, out: &mut Decoded) {
        let (marker, block) = soft.split_at(layout.asm_bits);
        out.unit.resize(layout.asm.len() + layout.block_bytes, 0);
        let (head, tail) = out.unit.split_at_mut(layout.asm.len());
        head.copy_from_slice(&layout.asm);
        if let Some(decoder) = &mut self.iterative {
            let sequence = layout.block_sequence();
            out.good = Some(decoder.decode(block, inverted, sequence, &mut out.iterative));
            pack_bits(&out.iterative.bits, tail);
            return;
        }
        if layout.frame_start == 0 {
            pack(marker, inverted, head);
        }
        pack(block, inverted, tail);
        layout.randomize_block(&mut out.unit);
        out.passes = 1;
        out.good = layout.rs.as_ref().map(|rs| {
            out.erasures.clear();
            let block = &mut out.unit[layout.frame_start..][..rs.block_bytes()];
            rs.decode(block, &mut out.corrections)
        });
    }
}

/// Packs hard decisions, most significant bit first.
fn pack(soft: &[i8], inverted: bool, out: &mut [u8]) {
    let mask = if inverted { 0xFF } else { 0 };
    for (byte, bits) in out.iter_mut().zip(soft.chunks_exact(8)) {
        *byte = bits.iter().fold(0, |b, &s| b << 1 | u8::from(s > 0)) ^ mask;
    }
}

/// Packs bits, most significant bit first; zeros fill the last byte.
fn pack_bits(bits: &[u8], out: &mut [u8]) {
    for (byte, bits) in out.iter_mut().zip(bits.chunks(8)) {
        *byte = bits.iter().fold(0, |b, &bit| b << 1 | bit) << (8 - bits.len());
    }
}
