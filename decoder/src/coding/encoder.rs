//! The sending end of the coding layer: which chain a configuration asks for.

use super::chain_encoder::ChainEncoder;
use super::cltu::CltuSender;
use super::config::{CodingConfig, CodingError};
use super::sliced::SlicedEncoder;

/// Frames in, coded bits out: the exact inverse of [`super::FrameDecoder`]. All states continue from frame to
/// frame.
#[derive(Debug)]
pub struct FrameEncoder {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Plain(Box<ChainEncoder>),
    Sliced(Box<SlicedEncoder>),
    Cltu(Box<CltuSender>),
}

impl FrameEncoder {
    /// Builds the encoder.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub fn new(config: &CodingConfig) -> Result<Self, CodingError> {
        let kind = match (&config.cltu, config.sliced()) {
            (Some(cltu), _) => Kind::Cltu(Box::new(CltuSender::new(config, cltu)?)),
            (None, Some((iterative, sliced))) => {
                Kind::Sliced(Box::new(SlicedEncoder::new(config, iterative, sliced)?))
            }
            (None, None) => Kind::Plain(Box::new(ChainEncoder::new(config)?)),
        };
        Ok(Self { kind })
    }

    /// Encodes one frame (of `CodingConfig::frame_bytes` bytes), appends its channel bits, one per byte
    /// (0 or 1), in the order in which the modulator sends them. Where the code covers the marker, the marker
    /// replaces the frame's first bytes. Tail bytes are sent as 0x55. Of sliced frames only whole blocks of
    /// codewords are sent; the rest waits for the next frame.
    ///
    /// # Errors
    /// When the frame has another length.
    pub fn encode(&mut self, frame: &[u8], bits: &mut Vec<u8>) -> Result<(), CodingError> {
        match &mut self.kind {
            Kind::Plain(chain) => chain.encode(frame, bits),
            Kind::Sliced(sliced) => sliced.encode(frame, bits),
            Kind::Cltu(cltu) => cltu.encode(frame, bits),
        }
    }

    /// Appends the channel bits of `count` idle bits (0 and 1 in turn): before the first frame as a preamble,
    /// after the last so that a receiver gets the whole of it. Between sliced frames they fill up codewords.
    pub fn idle(&mut self, count: usize, bits: &mut Vec<u8>) {
        match &mut self.kind {
            Kind::Plain(chain) => chain.idle(count, bits),
            Kind::Sliced(sliced) => sliced.idle(count, bits),
            Kind::Cltu(cltu) => cltu.idle(count, bits),
        }
    }
}
