//! The whole chain as a machine: the same output however the input is cut, an answer to every malformed input,
//! nothing lost beside a gap, labels on what is bad, and the bundled recording.

mod bad_frames;
mod capture_times;
#[path = "../chain_support/mod.rs"]
mod chain_support;
mod cuts;
mod demo;
mod gaps;
mod malformed;
mod overrun;
mod packet_stream;
