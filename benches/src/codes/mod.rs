//! Error rates of the codes by themselves: BPSK, white noise, ideal soft symbols of eight bits.

mod awgn;
mod block;
mod catalog;
mod required;
mod stream;
mod tally;
mod union;

pub use catalog::{Code, Metric, catalog, find};
pub use required::{Required, required};
pub use tally::Tally;

use anyhow::Result;
use awgn::Awgn;
use thiserror::Error;

/// A name that no code has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no code {0:?}; --list shows their names")]
pub struct WrongCode(pub String);

/// When a point has been measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Failed trials that are enough.
    pub failures: u64,
    /// Trials that are enough.
    pub trials: u64,
}

/// Encoder, decoder and what lies between.
trait Trials {
    /// Runs some more.
    fn run(&mut self, channel: &mut Awgn, tally: &mut Tally) -> Result<()>;
    /// Counts what is still under way.
    fn finish(&mut self, tally: &mut Tally);
}

/// Measures a code at this Eb/N0 of an information bit (code rate counts, markers do not). Batch by batch, so that
/// the limits are met or somewhat exceeded; the same arguments give the same counts on every machine.
///
/// # Errors
/// When the code cannot be built.
pub fn measure(code: &Code, eb_n0_db: f64, limits: Limits, seed: u64) -> Result<Tally> {
    let mut trials = code.trials(seed)?;
    let mut channel = Awgn::new(code.es_n0_db(eb_n0_db), !seed);
    let mut tally = Tally::default();
    while tally.failures < limits.failures && tally.trials < limits.trials {
        trials.run(&mut channel, &mut tally)?;
    }
    trials.finish(&mut tally);
    Ok(tally)
}
