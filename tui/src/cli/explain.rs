//! `groundlink explain`.

use super::args::Explain;
use super::usage;
use groundlink_station::explain::{ExplainInput, ProfileSource, explain};
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Says on stdout why the input does not decode, or that it does.
pub fn run(args: Explain) -> anyhow::Result<ExitCode> {
    usage::check_input(&args.input)?;
    let source = ProfileSource::Named {
        name: args.profile.profile,
        set: args.profile.set,
    };
    let input = ExplainInput {
        open: args.input.options(),
        path: args.input.input,
        from: args.input.from.into(),
        soft: args.input.soft_format,
    };
    let explanation = explain(&input, &source)?;
    let mut out = stdout().lock();
    if args.json {
        // As text first: a reader that has gone shows in the error of writing, not in that of formatting.
        let json = serde_json::to_string_pretty(&explanation)?;
        writeln!(out, "{json}")?;
    } else {
        out.write_all(explanation.text().as_bytes())?;
    }
    out.flush()?;
    Ok(ExitCode::from(u8::from(!explanation.decodes)))
}
