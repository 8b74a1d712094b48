//! Real signals, symbols and frames through the whole chain with the built-in profiles, against what independent
//! decoders made of them. The data are found through `GROUNDLINK_DATA`; without it each test says that it is
//! skipped.

mod ax25;
#[path = "../chain_support/mod.rs"]
mod chain_support;
mod frames;
mod orbicraft;
mod recordings;
mod signals;
mod symbols;
