//! `groundlink profiles`.

use super::args::Profiles;
use groundlink_station::profile::Profile;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Lists the built-in profiles, or prints one in full.
pub fn run(args: &Profiles) -> anyhow::Result<ExitCode> {
    let mut out = stdout().lock();
    match &args.name {
        Some(name) => out.write_all(Profile::load(name, &args.set)?.to_toml().as_bytes())?,
        None => {
            for name in Profile::builtin_names() {
                let profile = Profile::load(name, &[])?;
                writeln!(out, "{name:<18} {}", profile.description)?;
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
