//! Several downlinks out of one wide stream: each at its own frequency and at a rate that suits it.
//!
//! [`Plan`] decides how: a downlink that is wide, or one of few, is mixed down and decimated from the wide stream by
//! itself; many narrow ones share a [`crate::channelizer::Channelizer`] and take what is left to shift and decimate
//! from one of its channels. [`Splitter`] is the part that they share; [`Lane`] is what is left of each, and knows where in the wide stream each of its samples lies.

mod band;
mod lane;
mod plan;
mod splitter;
#[cfg(test)]
mod tests;
mod tuner;

pub use band::Band;
pub use lane::Lane;
pub use plan::{Channels, LaneSource, Plan};
pub use splitter::Splitter;
pub use tuner::Tuner;
