//! Doppler of a low orbit: taken off by the orbit, or by what another receiver measured.

#[path = "../chain_support/mod.rs"]
mod chain_support;
mod measured;
mod pass;
mod stations;
