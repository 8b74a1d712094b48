//! The sending chain of a link whose markers and blocks follow each other: the exact inverse of the receiving one.

use super::config::{CodingConfig, CodingError, Descrambler};
use super::convolutional::ConvolutionalEncoder;
use super::descrambler::Iess308Scrambler;
use super::iterative::IterativeEncoder;
use super::layout::Layout;
use super::line_code::LineEncoder;

/// Frames in, coded bits out. All states continue from frame to frame.
#[derive(Debug)]
pub(crate) struct ChainEncoder {
    layout: Layout,
    unit: Vec<u8>,
    scrambler: Option<Iess308Scrambler>,
    line: LineEncoder,
    inner: Option<ConvolutionalEncoder>,
    iterative: Option<IterativeEncoder>,
    /// Bits of the newest turbo or LDPC codewords.
    code_bits: Vec<u8>,
    idle: u8,
}

impl ChainEncoder {
    /// Builds the encoder.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub(crate) fn new(config: &CodingConfig) -> Result<Self, CodingError> {
        let layout = Layout::new(config)?;
        Ok(Self {
            unit: vec![0; layout.asm.len() + layout.block_bytes],
            layout,
            scrambler: config
                .descrambler
                .map(|Descrambler::Iess308| Iess308Scrambler::default()),
            line: LineEncoder::new(config.line_code),
            inner: config.convolutional.map(ConvolutionalEncoder::new),
            iterative: config.iterative.as_ref().map(IterativeEncoder::new).transpose()?,
            code_bits: Vec::new(),
            idle: 0,
        })
    }

    /// Encodes one frame (of `CodingConfig::frame_bytes` bytes), appends its channel bits, one per byte
    /// (0 or 1), in the order in which the modulator sends them. Where the code covers the marker, the marker
    /// replaces the frame's first bytes. Tail bytes are sent as 0x55.
    ///
    /// # Errors
    /// When the frame has another length.
    pub(crate) fn encode(&mut self, frame: &[u8], bits: &mut Vec<u8>) -> Result<(), CodingError> {
        if frame.len() != self.layout.frame_bytes {
            return Err(CodingError::FrameLength {
                found: frame.len(),
                expected: self.layout.frame_bytes,
            });
        }
        self.encode_block(frame, bits);
        Ok(())
    }

    /// As [`Self::encode`], with a frame that has the right length.
    pub(crate) fn encode_block(&mut self, frame: &[u8], bits: &mut Vec<u8>) {
        self.assemble(frame);
        // A marker that is not whole bytes is preceded by the zeros that fill its first byte.
        let marker = 8 * self.layout.asm.len();
        self.send_unit(marker - self.layout.asm_bits, marker, bits);
        if let Some(iterative) = &mut self.iterative {
            self.code_bits.clear();
            let info = &self.unit[self.layout.frame_start..][..self.layout.frame_bytes];
            iterative.encode(info, &mut self.code_bits);
            self.layout.randomize_bits(&mut self.code_bits);
            bits.extend_from_slice(&self.code_bits);
        } else {
            self.send_unit(marker, 8 * self.unit.len(), bits);
        }
    }

    /// Marker, frame, parity and randomizer (but for a turbo or LDPC code, which comes on the bits).
    fn assemble(&mut self, frame: &[u8]) {
        let (layout, unit) = (&self.layout, &mut self.unit);
        unit.fill(0x55);
        unit[layout.frame_start..][..frame.len()].copy_from_slice(frame);
        layout.randomize_frame(&mut unit[layout.frame_start..][..frame.len()]);
        unit[..layout.asm.len()].copy_from_slice(&layout.asm);
        let codeblock = layout.codeblock(unit);
        if let Some(rs) = &layout.rs {
            rs.encode(codeblock);
        }
        if layout.iterative.is_none() {
            layout.randomize_block(unit);
        }
    }

    fn send_unit(&mut self, from: usize, to: usize, bits: &mut Vec<u8>) {
        for n in from..to {
            self.send(self.unit[n / 8] >> (7 - n % 8) & 1, bits);
        }
    }

    /// Appends the channel bits of `count` idle bits (0 and 1 in turn): before the first frame as a preamble,
    /// after the last so that a receiver's inner decoder gets the whole of it.
    pub(crate) fn idle(&mut self, count: usize, bits: &mut Vec<u8>) {
        for _ in 0..count {
            self.send(self.idle, bits);
            self.idle ^= 1;
        }
    }

    fn send(&mut self, bit: u8, bits: &mut Vec<u8>) {
        let bit = self
            .scrambler
            .as_mut()
            .map_or(bit, |scrambler| scrambler.encode(bit));
        let level = self.line.encode(bit);
        match &mut self.inner {
            Some(inner) => inner.encode(level, bits),
            None => bits.push(level),
        }
    }
}
