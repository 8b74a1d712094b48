//! The receiving end of the coding layer: which chain a configuration asks for.

use super::chain::Chain;
use super::cltu::CltuChain;
use super::config::{CodingConfig, CodingError};
use super::delivery::SyncChange;
use super::frame::{CodedFrame, SyncStatus};
use super::sliced::SlicedDecoder;
use super::spread::Spread;
use std::sync::Arc;

/// Soft bits in, frames out.
///
/// Soft bits are `i8`, positive = 1, magnitude = reliability (±127 for hard decisions; -128 counts as -127).
/// With an inner code frames come out some thousand soft bits after their last bit, since node synchronisation
/// looks ahead; without one as soon as their last bit is in (and the next marker, where nothing else vouches).
#[derive(Debug)]
pub struct FrameDecoder {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Plain(Box<Chain>),
    Sliced(Box<SlicedDecoder>),
    Cltu(Box<CltuChain>),
}

impl FrameDecoder {
    /// Builds the decoder.
    ///
    /// # Errors
    /// When the configuration is impossible.
    pub fn new(config: &CodingConfig) -> Result<Self, CodingError> {
        let kind = match (&config.cltu, config.sliced()) {
            (Some(cltu), _) => Kind::Cltu(Box::new(CltuChain::new(config, cltu)?)),
            (None, Some((iterative, sliced))) => {
                Kind::Sliced(Box::new(SlicedDecoder::new(config, iterative, sliced)?))
            }
            (None, None) => Kind::Plain(Box::new(Chain::new(config)?)),
        };
        Ok(Self { kind })
    }

    /// Lets a pool decode units side by side, where that pays (turbo and LDPC codes). It has the more to do the
    /// more soft bits are fed at a time.
    pub fn spread_over(&mut self, pool: Arc<dyn Spread>) {
        match &mut self.kind {
            Kind::Plain(chain) => chain.spread_over(pool),
            Kind::Sliced(sliced) => sliced.spread_over(pool),
            // Its codewords are short.
            Kind::Cltu(_) => {}
        }
    }

    /// Takes the next soft bits, appends the frames they complete. The output does not depend on where the
    /// input was cut.
    pub fn feed(&mut self, soft: &[i8], out: &mut Vec<CodedFrame>) {
        match &mut self.kind {
            Kind::Plain(chain) => chain.feed(soft, out),
            Kind::Sliced(sliced) => sliced.feed(soft, out),
            Kind::Cltu(cltu) => cltu.feed(soft, out),
        }
    }

    /// The next soft bit does not continue the one before (a gap, a new burst): gives what can still be
    /// given and starts the search again. Soft-bit indices go on counting.
    pub fn restart(&mut self, out: &mut Vec<CodedFrame>) {
        match &mut self.kind {
            Kind::Plain(chain) => chain.restart(out),
            Kind::Sliced(sliced) => sliced.restart(out),
            Kind::Cltu(cltu) => cltu.restart(out),
        }
    }

    /// The input has ended: appends what can still be given.
    pub fn finish(&mut self, out: &mut Vec<CodedFrame>) {
        match &mut self.kind {
            Kind::Plain(chain) => chain.finish(out),
            Kind::Sliced(sliced) => sliced.finish(out),
            Kind::Cltu(cltu) => cltu.finish(out),
        }
    }

    /// Takes the changes of synchronisation since the last call, in their order (which the cuts of the input do
    /// not touch).
    pub fn changes(&mut self) -> std::vec::Drain<'_, SyncChange> {
        match &mut self.kind {
            Kind::Plain(chain) => chain.changes(),
            Kind::Sliced(sliced) => sliced.changes(),
            Kind::Cltu(cltu) => cltu.changes(),
        }
    }

    /// Snapshot for display and report.
    pub fn status(&self) -> SyncStatus {
        match &self.kind {
            Kind::Plain(chain) => chain.status(),
            Kind::Sliced(sliced) => sliced.status(),
            Kind::Cltu(cltu) => cltu.status(),
        }
    }
}
