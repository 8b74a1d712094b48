//! One block from received bytes to a frame and a corrected CADU.

use super::config::{CodingConfig, CodingError, Randomized};
use super::false_alarm::Check;
use super::frame::{CodedFrame, FrameQuality, RsOutcome};
use super::randomizer::{randomize, sequence};
use super::reed_solomon::{RsBlock, miscorrection_probability};

/// Derandomises and corrects blocks; keeps the newest in its buffers.
#[derive(Debug, Clone)]
pub(crate) struct BlockDecoder {
    layout: Layout,
    /// Marker and block, derandomised, corrected where possible.
    unit: Vec<u8>,
    corrections: Vec<Option<u8>>,
}

/// Where marker, codeblock and frame lie in a unit of marker and block; common to both directions.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) asm: Vec<u8>,
    pub(crate) asm_bits: usize,
    pub(crate) block_bytes: usize,
    /// The randomizer's sequence, as long as the block.
    sequence: Vec<u8>,
    randomized: Randomized,
    pub(crate) rs: Option<RsBlock>,
    check: Check,
    /// Bytes of the unit before the codeblock or frame.
    pub(crate) frame_start: usize,
    pub(crate) frame_bytes: usize,
}

impl Layout {
    pub(crate) fn new(config: &CodingConfig) -> Result<Self, CodingError> {
        check(config)?;
        let rs = config.reed_solomon.as_ref().map(RsBlock::new).transpose()?;
        let asm_bits = config.asm.bits as usize;
        let asm_bytes = asm_bits.div_ceil(8);
        let covers_asm = config.reed_solomon.as_ref().is_some_and(|rs| rs.covers_asm);
        let coded = config.block_bytes - config.tail_bytes + if covers_asm { asm_bytes } else { 0 };
        if let Some(found) = rs
            .as_ref()
            .map(RsBlock::block_bytes)
            .filter(|&found| found != coded)
        {
            return Err(CodingError::OutOfRange {
                field: "block_bytes",
                value: config.block_bytes as i64,
                limit: format!(
                    "such that the codeblock has {found} bytes (the code's information and parity), not {coded}"
                ),
            });
        }
        Ok(Self {
            asm: config.asm.pattern.clone(),
            asm_bits,
            block_bytes: config.block_bytes,
            sequence: sequence(config.randomizer, config.block_bytes),
            randomized: config.randomized,
            check: config.reed_solomon.as_ref().map_or_else(Check::none, |rs| {
                let codeword = miscorrection_probability(rs.parity, 0, rs.parity / 2);
                Check::algebraic(codeword.powi(rs.interleave as i32))
            }),
            rs,
            frame_start: if covers_asm { 0 } else { asm_bytes },
            frame_bytes: config.frame_bytes(),
        })
    }

    /// Bits from marker to marker.
    pub(crate) fn unit_bits(&self) -> usize {
        self.asm_bits + 8 * self.block_bytes
    }

    /// What checks the units.
    pub(crate) fn check(&self) -> Check {
        self.check
    }

    /// Randomises or derandomises the block of a unit, where the randomizer comes after the code.
    pub(crate) fn randomize_block(&self, unit: &mut [u8]) {
        if self.randomized == Randomized::Codeblock {
            randomize(&mut unit[self.asm.len()..], &self.sequence);
        }
    }

    /// Randomises or derandomises a frame, where the randomizer comes before the code.
    pub(crate) fn randomize_frame(&self, frame: &mut [u8]) {
        if self.randomized == Randomized::Frame {
            randomize(frame, &self.sequence);
        }
    }

    /// The codeblock (or frame, where there is no code) of a unit.
    pub(crate) fn codeblock<'a>(&self, unit: &'a mut [u8]) -> &'a mut [u8] {
        let length = self.rs.as_ref().map_or(self.frame_bytes, RsBlock::block_bytes);
        &mut unit[self.frame_start..][..length]
    }
}

fn out_of_range(field: &'static str, value: usize, limit: &str) -> CodingError {
    CodingError::OutOfRange {
        field,
        value: value as i64,
        limit: limit.to_owned(),
    }
}

/// What does not depend on the code's own tables.
fn check(config: &CodingConfig) -> Result<(), CodingError> {
    let asm = &config.asm;
    if !(16..=192).contains(&asm.bits) {
        return Err(out_of_range("asm.bits", asm.bits as usize, "from 16 to 192"));
    }
    let fill = asm.pattern.len() as i64 * 8 - i64::from(asm.bits);
    if !(0..8).contains(&fill) {
        let limit = "as many bytes as asm.bits fill";
        return Err(out_of_range("asm.pattern", asm.pattern.len(), limit));
    }
    if u32::from(asm.pattern[0]) >> (8 - fill) != 0 {
        let limit = "no longer than asm.bits: zeros before it";
        return Err(out_of_range("asm.pattern", asm.pattern[0].into(), limit));
    }
    if asm.tolerance.is_some_and(|t| t > asm.bits / 3) {
        let limit = "no more than a third of asm.bits";
        return Err(out_of_range(
            "asm.tolerance",
            asm.tolerance.unwrap_or(0) as usize,
            limit,
        ));
    }
    if asm.flywheel > 1000 {
        return Err(out_of_range(
            "asm.flywheel",
            asm.flywheel as usize,
            "no more than 1000",
        ));
    }
    if !(1..=65536).contains(&config.block_bytes) {
        return Err(out_of_range("block_bytes", config.block_bytes, "from 1 to 65536"));
    }
    if config.tail_bytes >= config.block_bytes {
        return Err(out_of_range(
            "tail_bytes",
            config.tail_bytes,
            "less than block_bytes",
        ));
    }
    if config.reed_solomon.as_ref().is_some_and(|rs| rs.covers_asm) && !asm.bits.is_multiple_of(8) {
        return Err(out_of_range(
            "asm.bits",
            asm.bits as usize,
            "a multiple of 8 where the code covers the marker",
        ));
    }
    Ok(())
}

impl BlockDecoder {
    pub(crate) fn new(layout: Layout) -> Self {
        let unit = vec![0; layout.asm.len() + layout.block_bytes];
        Self {
            layout,
            unit,
            corrections: Vec::new(),
        }
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Decodes a unit from its soft bits (marker first); whether the outer code found it good, `None` where
    /// there is no outer code.
    pub(crate) fn decode(&mut self, soft: &[i8], inverted: bool) -> Option<bool> {
        let (marker, block) = soft.split_at(self.layout.asm_bits);
        let (head, tail) = self.unit.split_at_mut(self.layout.asm.len());
        head.copy_from_slice(&self.layout.asm);
        if self.layout.frame_start == 0 {
            pack(marker, inverted, head);
        }
        pack(block, inverted, tail);
        self.layout.randomize_block(&mut self.unit);
        let rs = self.layout.rs.as_ref()?;
        Some(rs.decode(
            &mut self.unit[self.layout.frame_start..][..rs.block_bytes()],
            &mut self.corrections,
        ))
    }

    /// Most corrections in a codeword of the unit decoded last (0 where there is no outer code).
    pub(crate) fn most_corrected(&self) -> u8 {
        self.corrections.iter().flatten().copied().max().unwrap_or(0)
    }

    /// The unit decoded last as a frame, with `quality` completed.
    pub(crate) fn frame(&self, soft_index: u64, soft_end: u64, mut quality: FrameQuality) -> CodedFrame {
        let mut cadu = self.unit.clone();
        self.layout.randomize_block(&mut cadu);
        quality.reed_solomon = self.layout.rs.as_ref().map(|_| RsOutcome {
            corrections: self.corrections.clone(),
        });
        let mut bytes = self.unit[self.layout.frame_start..][..self.layout.frame_bytes].to_vec();
        self.layout.randomize_frame(&mut bytes);
        CodedFrame {
            soft_index,
            soft_end,
            bytes,
            cadu,
            quality,
        }
    }
}

/// Packs hard decisions, most significant bit first.
fn pack(soft: &[i8], inverted: bool, out: &mut [u8]) {
    let mask = if inverted { 0xFF } else { 0 };
    for (byte, bits) in out.iter_mut().zip(soft.chunks_exact(8)) {
        *byte = bits.iter().fold(0, |b, &s| b << 1 | u8::from(s > 0)) ^ mask;
    }
}
