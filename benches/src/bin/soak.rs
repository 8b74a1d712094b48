//! A day of signal through a running station, with faults: exit code 1 when anything does not add up.

use anyhow::{Result, bail};
use clap::Parser;
use groundlink_benches::soak::{Soak, Verdict};

/// Soak test: a slow link as VITA-49 over a real socket, as fast as the chain takes it.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Hours of signal.
    #[arg(long, default_value_t = 24.0)]
    hours: f64,
    /// Minutes of signal between two faults.
    #[arg(long, default_value_t = 5.0)]
    fault_every: f64,
    /// Eb/N0 of an information bit, dB.
    #[arg(long, default_value_t = 9.0)]
    ebn0: f64,
    /// Seed of content and noise.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let soak = Soak {
        signal_s: args.hours * 3600.0,
        fault_every_s: args.fault_every * 60.0,
        eb_n0_db: args.ebn0,
        seed: args.seed,
    };
    let folder = tempfile::tempdir()?;
    let outcome = soak.run(folder.path())?;
    println!("{outcome}");
    let mut verdict = Verdict::on(&outcome);
    verdict.health(&outcome);
    for wrong in verdict.wrong.iter().take(50) {
        println!("wrong      {wrong}");
    }
    if !verdict.wrong.is_empty() {
        bail!("{} of {} checks failed", verdict.wrong.len(), verdict.checks);
    }
    println!("all {} checks hold", verdict.checks);
    Ok(())
}
