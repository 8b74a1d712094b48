//! Where marker, codeblock and frame lie in a unit of marker and block; common to both directions.

use super::config::{CodingConfig, CodingError, IterativeCode, IterativeConfig, LineCode, Randomized};
use super::false_alarm::Check;
use super::randomizer::{randomize, sequence};
use super::reed_solomon::{RsBlock, miscorrection_probability};

/// The parts of a unit.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) asm: Vec<u8>,
    pub(crate) asm_bits: usize,
    /// Channel bits of the block.
    pub(crate) block_bits: usize,
    /// Bytes that hold them.
    pub(crate) block_bytes: usize,
    /// The randomizer's sequence, as long as the block.
    sequence: Vec<u8>,
    randomized: Randomized,
    pub(crate) rs: Option<RsBlock>,
    pub(crate) iterative: Option<IterativeConfig>,
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
        if let Some(rs) = &rs {
            let marker = if covers_asm { asm_bytes } else { 0 };
            check_codeblock(config, rs.block_bytes(), marker)?;
        }
        let block_bits = config.iterative.as_ref().map_or(8 * config.block_bytes, |code| {
            code.codewords * code.code.code_bits()
        });
        let block_bytes = block_bits.div_ceil(8);
        Ok(Self {
            asm: config.asm.pattern.clone(),
            asm_bits,
            block_bits,
            block_bytes,
            sequence: sequence(config.randomizer, block_bytes),
            randomized: config.randomized,
            rs,
            iterative: config.iterative.clone(),
            check: what_checks(config),
            frame_start: if covers_asm { 0 } else { asm_bytes },
            frame_bytes: config.frame_bytes(),
        })
    }

    /// What checks the units.
    pub(crate) fn check(&self) -> Check {
        self.check
    }

    /// Bits from marker to marker.
    pub(crate) fn unit_bits(&self) -> usize {
        self.asm_bits + self.block_bits
    }

    /// The sequence that is added to the block; empty where there is none.
    pub(crate) fn block_sequence(&self) -> &[u8] {
        match self.randomized {
            Randomized::Codeblock => &self.sequence,
            Randomized::Frame => &[],
        }
    }

    /// Randomises or derandomises the block of a unit, where the randomizer comes after the code.
    pub(crate) fn randomize_block(&self, unit: &mut [u8]) {
        randomize(&mut unit[self.asm.len()..], self.block_sequence());
        // What fills the last byte is not sent and stays zero.
        let fill = 8 * self.block_bytes - self.block_bits;
        if let (1.., Some(last)) = (fill, unit.last_mut()) {
            *last &= 0xFF << fill;
        }
    }

    /// Randomises the bits (one a byte) of a block.
    pub(crate) fn randomize_bits(&self, bits: &mut [u8]) {
        for (bits, random) in bits.chunks_mut(8).zip(self.block_sequence()) {
            for (n, bit) in bits.iter_mut().enumerate() {
                *bit ^= random >> (7 - n) & 1;
            }
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

/// Bound on the probability that an LDPC decoder takes a random block for a codeword: what was measured with the
/// telecommand code (512,256) bounds it, since the codes here have at least as many checks.
const LDPC_ACCEPT: f64 = 1e-3;
/// Bound on the probability that a turbo decoder's decisions settle on a random block (measured: none of 9000).
const TURBO_ACCEPT: f64 = 1e-3;

fn what_checks(config: &CodingConfig) -> Check {
    if let Some(rs) = &config.reed_solomon {
        let codeword = miscorrection_probability(rs.parity, 0, rs.parity / 2);
        return Check::algebraic(codeword.powi(rs.interleave as i32));
    }
    match config.iterative.as_ref().map(|iterative| iterative.code) {
        Some(IterativeCode::Turbo(_)) => Check::iterative(TURBO_ACCEPT),
        Some(IterativeCode::Ldpc(_)) => Check::iterative(LDPC_ACCEPT),
        None => Check::none(),
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
    match &config.iterative {
        Some(iterative) => check_iterative(config, iterative),
        None => Ok(()),
    }
}

fn check_codeblock(config: &CodingConfig, code_bytes: usize, marker: usize) -> Result<(), CodingError> {
    let found = config.block_bytes - config.tail_bytes + marker;
    if found == code_bytes {
        return Ok(());
    }
    let limit = format!(
        "such that the codeblock has {code_bytes} bytes (the code's information and parity), not {found}"
    );
    Err(out_of_range("block_bytes", config.block_bytes, &limit))
}

fn check_iterative(config: &CodingConfig, iterative: &IterativeConfig) -> Result<(), CodingError> {
    let others = [
        ("convolutional", config.convolutional.is_some()),
        ("reed_solomon", config.reed_solomon.is_some()),
        ("descrambler", config.descrambler.is_some()),
        ("line_code", config.line_code != LineCode::NrzL),
        ("tail_bytes", config.tail_bytes != 0),
    ];
    if let Some((field, _)) = others.into_iter().find(|&(_, used)| used) {
        return Err(out_of_range(field, 1, "unused (0) with a turbo or LDPC code"));
    }
    if !(1..=8).contains(&iterative.codewords) {
        return Err(out_of_range("codewords", iterative.codewords, "from 1 to 8"));
    }
    let info = iterative.codewords * iterative.code.info_bits() / 8;
    if iterative.sliced.is_none() && config.block_bytes != info {
        let limit = format!("{info}, the information bytes of the codewords behind a marker");
        return Err(out_of_range("block_bytes", config.block_bytes, &limit));
    }
    Ok(())
}
