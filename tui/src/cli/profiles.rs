//! `groundlink profiles`.

use super::args::Profiles;
use groundlink_station::profile::Profile;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Lists the built-in profiles, or prints one in full.
pub fn run(args: &Profiles) -> anyhow::Result<ExitCode> {
    let text = match &args.name {
        Some(name) => Profile::load(name, &args.set)?.to_toml(),
        None => list()?,
    };
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn list() -> anyhow::Result<String> {
    let line = |name: &&str| -> anyhow::Result<String> {
        let profile = Profile::load(name, &[])?;
        // The first sentence says what it is; `profiles NAME` has the rest.
        let what = profile
            .description
            .split(". ")
            .next()
            .unwrap_or_default()
            .trim_end_matches('.');
        Ok(format!("{name:<18} {what}\n"))
    };
    Profile::builtin_names().iter().map(line).collect()
}
