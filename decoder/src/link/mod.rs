//! Frames to packets: transfer frames (TM, AOS, opaque), virtual channels, space packets; and the encoders.

mod config;
mod report;

pub use config::{CrcSpan, FrameKind, LinkConfig, LinkError, PacketConfig};
pub use report::{
    ApidCounters, Continuity, FrameHeader, LinkCounters, LinkFrame, LinkOutput, LinkPacket, Rejection, Resync,
    SequenceCheck, VcCounters, VcId,
};

/// Frames in, packets out, everything counted.
#[derive(Debug)]
pub struct LinkDecoder {}

impl LinkDecoder {
    /// Builds the decoder.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub fn new(_config: &LinkConfig) -> Result<Self, LinkError> {
        todo!()
    }

    /// Takes the next frame apart; what comes of it is appended to `out`.
    ///
    /// `coding_good` says whether the coding layer vouches for the bytes. A frame that it does not vouch for,
    /// or that fails a check here, is reported and counted but never used for continuity or packets.
    pub fn feed(&mut self, _frame: &[u8], _coding_good: bool, _out: &mut LinkOutput) {
        todo!()
    }

    /// The input has ended: packets still incomplete are counted as cut.
    pub fn finish(&mut self, _out: &mut LinkOutput) {
        todo!()
    }

    /// All counters so far.
    pub fn counters(&self) -> &LinkCounters {
        todo!()
    }
}
