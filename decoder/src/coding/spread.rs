//! Decoding units side by side: what a pool of threads has to offer to the coding layer, which has none itself.

use super::block::{Decoded, Worker};
use super::layout::Layout;
use std::fmt;

/// A pool that runs independent pieces of work, at once if it can. What comes out of a decoder does not depend on
/// it.
pub trait Spread: fmt::Debug + Send + Sync {
    /// Pieces that run at once.
    fn width(&self) -> usize;

    /// Runs every piece once ([`UnitJob::run`]), in any order, and returns when all are done.
    fn run(&self, jobs: &mut [UnitJob<'_>]);
}

/// A unit of marker and block to be decoded.
#[derive(Debug)]
pub struct UnitJob<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) worker: &'a mut Worker,
    pub(crate) soft: &'a [i8],
    pub(crate) inverted: bool,
    pub(crate) decoded: &'a mut Decoded,
}

impl UnitJob<'_> {
    /// Decodes the unit.
    pub fn run(&mut self) {
        self.worker
            .decode(self.layout, self.soft, self.inverted, self.decoded);
    }
}
