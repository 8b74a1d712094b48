//! Soft bits to frames (CCSDS 131.0-B-5): inner code, line code, frame synchronisation, derandomisation,
//! Reed-Solomon; and the encoder of the same configuration.

mod config;
mod frame;

pub use config::{
    AsmConfig, CodingConfig, CodingError, ConvolutionalConfig, Descrambler, LineCode, Randomizer, ReedSolomonConfig,
    RsBasis, SymbolBits, SymbolOrder,
};
pub use frame::{CodedFrame, FrameQuality, RsOutcome, SyncState, SyncStatus};

/// Soft bits in, frames out.
#[derive(Debug)]
pub struct FrameDecoder {}

impl FrameDecoder {
    /// Builds the decoder.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub fn new(_config: &CodingConfig) -> Result<Self, CodingError> {
        todo!()
    }

    /// Takes the next soft bits, appends the frames they complete. The output does not depend on where the
    /// input was cut.
    pub fn feed(&mut self, _soft: &[i8], _out: &mut Vec<CodedFrame>) {
        todo!()
    }

    /// The next soft bit does not continue the one before (a gap, a new burst): gives what can still be
    /// given and starts the search again. Soft-bit indices go on counting.
    pub fn restart(&mut self, _out: &mut Vec<CodedFrame>) {
        todo!()
    }

    /// The input has ended: appends what can still be given.
    pub fn finish(&mut self, _out: &mut Vec<CodedFrame>) {
        todo!()
    }

    /// Snapshot for display and report.
    pub fn status(&self) -> SyncStatus {
        todo!()
    }
}

/// Frames in, coded bits out: the exact inverse of [`FrameDecoder`].
#[derive(Debug)]
pub struct FrameEncoder {}

impl FrameEncoder {
    /// Builds the encoder.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub fn new(_config: &CodingConfig) -> Result<Self, CodingError> {
        todo!()
    }

    /// Encodes one frame (of `CodingConfig::frame_bytes` bytes), appends its channel bits, one per byte
    /// (0 or 1), in the order in which the modulator sends them.
    ///
    /// # Errors
    /// When the frame has another length.
    pub fn encode(&mut self, _frame: &[u8], _bits: &mut Vec<u8>) -> Result<(), CodingError> {
        todo!()
    }
}
