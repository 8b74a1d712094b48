//! Error rates of a code by itself over Eb/N0, beside theory and what has to be reached. Prints a Markdown table,
//! draws an SVG.

use anyhow::{Context, Result, bail};
use clap::Parser;
use groundlink_benches::codes::{Code, Limits, Required, Tally, catalog, find, measure, required};
use groundlink_benches::curve::{Curve, Measured};
use std::path::PathBuf;

/// Eb/N0 closer than this is the same point, dB.
const SAME_DB: f64 = 1e-6;

/// Error rate of a code: BPSK in white noise, ideal soft symbols of eight bits.
///
/// Eb/N0 is that of an information bit; markers are not counted. Several codes are drawn into one picture. The same
/// arguments give the same counts on every machine.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Code; may be given up to six times.
    #[arg(long, required_unless_present = "list")]
    code: Vec<String>,
    /// Print the names of all codes, and what is required of them.
    #[arg(long)]
    list: bool,
    /// First Eb/N0, dB. Without it: the points that are required.
    #[arg(long, allow_negative_numbers = true, requires = "to")]
    from: Option<f64>,
    /// Last Eb/N0, dB.
    #[arg(long, allow_negative_numbers = true, requires = "from")]
    to: Option<f64>,
    /// Step of Eb/N0, dB.
    #[arg(long, default_value_t = 0.2)]
    step: f64,
    /// Failed frames after which a point is done.
    #[arg(long, default_value_t = 100)]
    failures: u64,
    /// Frames after which a point is done.
    #[arg(long, default_value_t = 100_000)]
    max_frames: u64,
    /// Seed of content and noise.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Decode by the exact algorithm in floating point (LDPC only).
    #[arg(long)]
    float: bool,
    /// Picture to write.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Args {
    fn codes(&self) -> Result<Vec<Code>> {
        if self.code.len() > 6 {
            bail!(
                "--code is given {} times, at most 6 fit a picture",
                self.code.len()
            );
        }
        let codes = self.code.iter().map(|name| {
            let code = find(name)?;
            if !self.float {
                return Ok(code);
            }
            code.in_floating_point()
                .with_context(|| format!("{name} has no decoder in floating point"))
        });
        codes.collect()
    }

    fn points(&self, code: &Code) -> Result<Vec<f64>> {
        let (Some(from), Some(to)) = (self.from, self.to) else {
            let points: Vec<f64> = required(&code.name).iter().map(|point| point.eb_n0_db).collect();
            if points.is_empty() {
                bail!("nothing is required of {}: give --from and --to", code.name);
            }
            return Ok(points);
        };
        let count = (to - from) / self.step;
        if !(self.step > 0.0 && (0.0..1000.0).contains(&count)) {
            bail!(
                "--from {from} --to {to} --step {} is no range of at most 1000 points",
                self.step
            );
        }
        // Half a step's rounding must not cost the last point.
        Ok((0..=(count + 1e-9) as usize)
            .map(|n| from + n as f64 * self.step)
            .collect())
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    if args.list {
        list();
        return Ok(());
    }
    let command: Vec<String> = std::iter::once("curves".to_owned())
        .chain(std::env::args().skip(1))
        .collect();
    let command = command.join(" ");
    println!("<!-- {command} -->");
    println!(
        "| code | Eb/N0 dB | frames | failed | undetected | refused | rate | 95 % | required | | theory | iterations | Mbit/s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    let codes = args.codes()?;
    let mut curve = Curve {
        title: codes
            .iter()
            .map(|code| code.name.as_str())
            .collect::<Vec<_>>()
            .join(", "),
        rate_name: codes.first().map_or("", |code| code.metric().name()).into(),
        command,
        measured: Vec::new(),
        theory: None,
        required: Vec::new(),
    };
    for code in &codes {
        let points = run(&args, code)?;
        if let [only] = codes.as_slice() {
            curve.theory = theory(only, &points);
        }
        curve.measured.push((code.name.clone(), points));
        let required = required(&code.name);
        curve
            .required
            .extend(required.iter().map(|point| (point.eb_n0_db, point.rate)));
    }
    match &args.svg {
        Some(path) => curve.write(path),
        None => Ok(()),
    }
}

fn list() {
    for code in catalog() {
        let required: Vec<String> = required(&code.name)
            .iter()
            .map(|point| format!("{:.1e} at {} dB", point.rate, point.eb_n0_db))
            .collect();
        println!("{:<26} {}", code.name, required.join(", "));
    }
}

fn run(args: &Args, code: &Code) -> Result<Vec<Measured>> {
    let limits = Limits {
        failures: args.failures,
        trials: args.max_frames,
    };
    let required = required(&code.name);
    let mut points = Vec::new();
    for (index, eb_n0_db) in args.points(code)?.into_iter().enumerate() {
        let tally = measure(code, eb_n0_db, limits, args.seed + index as u64)?;
        let required = required
            .iter()
            .find(|point| (point.eb_n0_db - eb_n0_db).abs() < SAME_DB);
        print_row(code, eb_n0_db, &tally, required);
        points.push(Measured {
            eb_n0_db,
            rate: tally.rate(),
            interval: tally.interval(),
        });
    }
    Ok(points)
}

fn print_row(code: &Code, eb_n0_db: f64, tally: &Tally, required: Option<&Required>) {
    let (low, high) = tally.interval();
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    println!(
        "| {} | {eb_n0_db:.2} | {} | {} | {} | {} | {:.2e} | {low:.1e} to {high:.1e} | {} | {} | {} | {:.2} | {} |",
        code.name,
        tally.trials,
        tally.failures,
        tally.undetected,
        tally.refused,
        tally.rate(),
        or_dash(required.map(|point| format!("{:.1e}", point.rate))),
        required.map_or("", |point| verdict(tally, point.rate)),
        or_dash(code.theory(eb_n0_db).map(|rate| format!("{rate:.2e}"))),
        tally.mean_iterations(),
        or_dash(tally.mbit_per_second().map(|rate| format!("{rate:.1}"))),
    );
}

/// What the counts say of a required rate.
fn verdict(tally: &Tally, required: f64) -> &'static str {
    let (low, high) = tally.interval();
    if high <= required {
        "reached"
    } else if low > required {
        "missed"
    } else {
        "undecided"
    }
}

/// Theory finely enough for a smooth line.
fn theory(code: &Code, points: &[Measured]) -> Option<(String, Vec<(f64, f64)>)> {
    let (first, last) = (points.first()?.eb_n0_db, points.last()?.eb_n0_db);
    let fine = (0..=100).map(|n| first + (last - first) * f64::from(n) / 100.0);
    let line: Vec<(f64, f64)> = fine.filter_map(|x| Some((x, code.theory(x)?))).collect();
    (!line.is_empty()).then(|| (code.theory_name().to_owned(), line))
}
