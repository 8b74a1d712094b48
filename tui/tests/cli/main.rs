//! The command line's contract, held against the program itself.

mod commands;
mod damage;
mod explain;
mod faults;
mod mistakes;
mod outputs;
#[path = "../../../station/tests/chain_support/overhead.rs"]
mod overhead;
mod passes;
mod pipes;
mod receiver;
mod recording;
mod station;
mod support;
mod unattended;
#[cfg(all(feature = "nats", unix))]
mod work;
