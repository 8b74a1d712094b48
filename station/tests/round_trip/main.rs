//! `simulate`, then the chain: every modulation with every coding and, in turn, every frame protocol, with
//! frequency, phase and clock offsets. All frames must come out as sent, the first and the last too, and each
//! must say the sample at which it began.

#[path = "../chain_support/mod.rs"]
mod chain_support;
mod codes;
mod figures;
mod pairs;
mod residual;
mod starts;
mod times;
