//! Soft bits to frames (CCSDS 131.0-B-5): inner code, line code, frame synchronisation, derandomisation,
//! Reed-Solomon; and the encoder of the same configuration.

mod arms;
mod asm;
mod bits;
mod block;
mod blocks;
mod candidate;
mod chain;
mod chain_encoder;
mod cltu;
mod config;
pub mod constrained;
mod contradicted;
mod convolutional;
mod correlate;
mod decoder;
mod delivery;
mod descrambler;
mod eighths;
mod encoder;
mod events;
mod false_alarm;
mod frame;
mod hypothesis;
mod inner;
mod iterative;
mod layout;
pub mod ldpc;
mod line_code;
mod node;
mod puncture;
pub(crate) mod randomizer;
pub mod reed_solomon;
mod rescue;
mod sliced;
mod snr;
mod spread;
mod survey;
mod sync;
pub mod turbo;
pub mod viterbi;

pub use config::{
    AsmConfig, CodingConfig, CodingError, ConvolutionalConfig, Descrambler, InvertedBranch, IterativeCode,
    IterativeConfig, LineCode, Randomized, Randomizer, ReedSolomonConfig, RsBasis, SlicedConfig, SymbolBits,
    SymbolOrder,
};
pub use decoder::FrameDecoder;
pub use delivery::SyncChange;
pub use encoder::FrameEncoder;
pub use frame::{CodedFrame, FrameQuality, IterativeOutcome, RsOutcome, SyncState, SyncStatus};
pub use puncture::PunctureRate;
pub use spread::{Spread, UnitJob};
pub use survey::{MarkerSurvey, survey_markers};
