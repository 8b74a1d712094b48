//! Several downlinks out of one stream: what comes out of each, where it says that it lay, and what a station file may say.

#[path = "../chain_support/mod.rs"]
mod chain_support;
mod downlinks;
mod file;
mod run_file;
mod support;
