//! `groundlink run`.

use super::args::Run;
use super::monitor::serve;
use super::passes::second;
use super::{complain, say, stop_on_signal};
use anyhow::Context;
use groundlink_station::monitor::Monitor;
use groundlink_station::schedule::plan::{Decision, Verdict};
use groundlink_station::schedule::{self, Event, Preview};
use groundlink_station::time::utc_text;
use hifitime::Epoch;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Write, stdout};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

/// Runs the station until a signal comes, or prints its plan.
pub fn run(args: &Run) -> anyhow::Result<ExitCode> {
    if args.plan {
        return print_plan(args);
    }
    let events = args.events.as_deref().map(open).transpose()?;
    let events = Mutex::new(events);
    let monitor = Monitor::new();
    let asked = monitor.clone();
    stop_on_signal(move || asked.stop())?;
    let tell = |event: &Event| {
        let now = Epoch::now().unwrap_or_default();
        let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
        if !args.quiet || event.is_trouble() {
            let (word, text) = event.text();
            say(&format!("{}Z {word:<8} {text}\n", &utc_text(now)[..19]));
        }
        if let Some(to) = &mut *events {
            // A disk that is full for a while keeps nobody from receiving.
            let _ = to.write_all(format!("{}\n", event.json(now)).as_bytes());
            let _ = to.flush();
        }
    };
    let server = serve(args.serve.as_ref(), &monitor)?;
    schedule::run(&args.station, &monitor, server.as_ref(), &tell)?;
    Ok(ExitCode::SUCCESS)
}

/// Events are appended: the file outlives the process.
fn open(target: &str) -> anyhow::Result<Box<dyn Write + Send>> {
    if target == "-" {
        return Ok(Box::new(stdout()));
    }
    let file = File::options().create(true).append(true).open(target);
    Ok(Box::new(file.with_context(|| format!("cannot write {target}"))?))
}

fn print_plan(args: &Run) -> anyhow::Result<ExitCode> {
    let preview = schedule::preview(&args.station, args.from)?;
    let text = if args.json {
        format!("{:#}\n", as_json(&preview))
    } else {
        as_table(&preview)
    };
    if !args.json {
        preview.warnings.iter().for_each(|warning| complain(warning));
    }
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::from(u8::from(preview.plan.jobs.is_empty())))
}

fn as_table(preview: &Preview) -> String {
    if preview.plan.decisions.is_empty() {
        return "no passes\n".to_owned();
    }
    let names = preview.plan.decisions.iter();
    let width = names
        .map(|decision| decision.pass.name.len())
        .max()
        .unwrap_or(0)
        .max(9);
    let mut text = format!(
        "{:<width$}  {:<20}  {:<9} {:>3}  {:<9} {:>8}\n",
        "satellite", "AOS", "TCA", "el", "LOS", "priority"
    );
    for Decision { pass, verdict, why } in &preview.plan.decisions {
        let clock = |at: Epoch| second(at)[11..].to_owned();
        let verdict = match verdict {
            Verdict::Whole => "received",
            Verdict::Cut => "cut",
            Verdict::Skipped => "skipped",
        };
        let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:<width$}  {:<20}  {} {:>3.0}  {} {:>8}  {verdict}{why}",
            pass.name,
            second(pass.aos),
            clock(pass.tca),
            pass.elevation_deg,
            clock(pass.los),
            pass.priority,
        );
    }
    text
}

fn as_json(preview: &Preview) -> Value {
    let pass = |decision: &Decision| {
        let pass = &decision.pass;
        let jobs = preview.plan.jobs.iter().filter(|job| job.pass == *pass);
        let stretches: Vec<Value> = jobs
            .map(|job| json!({ "begin": utc_text(job.begin), "end": utc_text(job.end) }))
            .collect();
        json!({
            "satellite": pass.name,
            "priority": pass.priority,
            "aos": utc_text(pass.aos),
            "tca": utc_text(pass.tca),
            "los": utc_text(pass.los),
            "max_elevation_deg": pass.elevation_deg,
            "verdict": decision.verdict,
            "why": decision.why,
            "received": stretches,
        })
    };
    json!({
        "v": 1,
        "station": preview.fleet.name,
        "warnings": preview.warnings,
        "passes": preview.plan.decisions.iter().map(pass).collect::<Vec<_>>(),
    })
}
