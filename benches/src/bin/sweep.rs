//! Eb/N0 sweep: frames lost by a whole link, or bit errors of a receiver alone, beside theory. Prints a Markdown
//! table, draws an SVG.

use anyhow::{Context, Result, bail};
use clap::Parser;
use groundlink_benches::align::BitErrors;
use groundlink_benches::curve::{Curve, Measured};
use groundlink_benches::keying::Keying;
use groundlink_benches::link::{Link, Offsets};
use groundlink_benches::statistics::{interval95, rate};
use groundlink_benches::sweep::{FramePoint, Path, bits, frames, run_points};
use groundlink_benches::theory::{frame_error_rate, reference_ber, reference_name};
use groundlink_dsp::SignalConfig;
use std::path::PathBuf;

/// Frames lost (or, with --ber, bit errors) against Eb/N0: a Markdown table on stdout, with --svg a picture too.
///
/// Eb/N0 is that of an information bit: a bit of a frame, whatever coding and markers cost. The same arguments
/// give the same numbers on every machine.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Link profile, by name or path.
    #[arg(long, required_unless_present = "modulation")]
    profile: Option<String>,
    /// Override of a key of the profile.
    #[arg(long, value_name = "KEY=VALUE", requires = "profile")]
    set: Vec<String>,
    /// Plain signal of this modulation instead of a profile's, for --ber.
    #[arg(long, conflicts_with = "profile", requires = "ber")]
    modulation: Option<Keying>,
    /// Count bit errors of the receiver without any coding.
    #[arg(long)]
    ber: bool,
    /// First Eb/N0, dB.
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    from: f64,
    /// Last Eb/N0, dB.
    #[arg(long, default_value_t = 6.0, allow_negative_numbers = true)]
    to: f64,
    /// Step of Eb/N0, dB.
    #[arg(long, default_value_t = 0.5)]
    step: f64,
    /// Frames sent at each point.
    #[arg(long, default_value_t = 200, conflicts_with = "ber")]
    frames: u64,
    /// Bits sent at each point.
    #[arg(long, default_value_t = 400_000, requires = "ber")]
    bits: usize,
    /// Samples per symbol of a profile's signal.
    #[arg(long, default_value_t = 4.0, conflicts_with = "modulation")]
    samples_per_symbol: f64,
    /// Carrier offset, Hz; by default 1 % of the symbol rate.
    #[arg(long, value_name = "HZ", allow_negative_numbers = true)]
    freq_offset: Option<f64>,
    /// Clock offset, parts per million.
    #[arg(
        long,
        value_name = "PPM",
        default_value_t = 10.0,
        allow_negative_numbers = true
    )]
    clock_ppm: f64,
    /// Also decode ideal soft bits, for reference: what the coding loses without any receiver's loss.
    #[arg(long, conflicts_with = "ber")]
    ideal: bool,
    /// Points computed at the same time.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Seed of content and noise; each point adds its number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Picture to write.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Args {
    fn points(&self) -> Result<Vec<f64>> {
        let count = (self.to - self.from) / self.step;
        if !(self.step > 0.0 && (0.0..1000.0).contains(&count)) {
            bail!(
                "--from {} --to {} --step {} is no range of at most 1000 points",
                self.from,
                self.to,
                self.step
            );
        }
        // Half a step's rounding must not cost the last point.
        Ok((0..=(count + 1e-9) as usize)
            .map(|n| self.from + n as f64 * self.step)
            .collect())
    }

    fn offsets(&self, signal: &SignalConfig) -> Offsets {
        Offsets {
            frequency_hz: self.freq_offset.unwrap_or(signal.symbol_rate_hz / 100.0),
            clock_ppm: self.clock_ppm,
        }
    }

    fn link(&self) -> Result<Link> {
        let name = self.profile.as_deref().context("no --profile")?;
        Link::load(name, &self.set, self.samples_per_symbol)
    }

    fn signal(&self) -> Result<SignalConfig> {
        match self.modulation {
            Some(keying) => Ok(keying.signal()),
            None => Ok(self.link()?.signal),
        }
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    let command = command();
    println!("<!-- {command} -->");
    let curve = if args.ber {
        sweep_bits(&args, command)?
    } else {
        sweep_frames(&args, command)?
    };
    match &args.svg {
        Some(path) => curve.write(path),
        None => Ok(()),
    }
}

/// The command as it was given, the program by its name alone.
fn command() -> String {
    let arguments = std::env::args().skip(1);
    std::iter::once("sweep".to_owned())
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

fn sweep_frames(args: &Args, command: String) -> Result<Curve> {
    let link = args.link()?;
    let points = args.points()?;
    let offsets = args.offsets(&link.signal);
    let seed = |index: usize| args.seed + index as u64;
    let run = |path| {
        run_points(&points, args.threads, |index, eb_n0_db| {
            frames(&link, path, eb_n0_db, args.frames, seed(index))
        })
    };
    let modem = run(Path::Modem(offsets))?;
    let ideal = args.ideal.then(|| run(Path::Ideal)).transpose()?;
    let theory: Vec<Option<f64>> = points
        .iter()
        .map(|&eb_n0_db| {
            let ber = reference_ber(&link.signal, link.channel_bit_db(eb_n0_db));
            frame_error_rate(&link.coding, ber)
        })
        .collect();
    println!(
        "| Eb/N0 dB | sent | received | lost | wrong | FER | 95 % | ideal FER | theory FER | channel BER | theory BER |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for (index, (&eb_n0_db, point)) in points.iter().zip(&modem).enumerate() {
        let ideal = ideal
            .as_ref()
            .map(|ideal| rate(ideal[index].lost(), ideal[index].sent));
        let channel = reference_ber(&link.signal, link.channel_bit_db(eb_n0_db));
        print_frame_row(eb_n0_db, point, ideal, theory[index], channel);
    }
    let mut measured = vec![("receiver and decoder".to_owned(), lost(&points, &modem))];
    measured.extend(ideal.map(|ideal| ("decoder on ideal soft bits".to_owned(), lost(&points, &ideal))));
    let known: Vec<(f64, f64)> = points
        .iter()
        .zip(theory)
        .filter_map(|(&x, y)| y.map(|y| (x, y)))
        .collect();
    Ok(Curve {
        title: format!("{}: frames lost", link.profile.name),
        rate_name: "frame error rate".into(),
        command,
        measured,
        theory: (!known.is_empty()).then(|| ("theory".into(), known)),
        required: Vec::new(),
    })
}

fn print_frame_row(eb_n0_db: f64, point: &FramePoint, ideal: Option<f64>, theory: Option<f64>, channel: f64) {
    let (low, high) = interval95(point.lost(), point.sent);
    let or_dash = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.2e}"));
    let ber = (point.channel_bits > 0).then(|| rate(point.channel_errors, point.channel_bits));
    println!(
        "| {eb_n0_db:.2} | {} | {} | {} | {} | {:.4} | {low:.4} to {high:.4} | {} | {} | {} | {channel:.2e} |",
        point.sent,
        point.received,
        point.lost(),
        point.wrong,
        rate(point.lost(), point.sent),
        or_dash(ideal),
        or_dash(theory),
        or_dash(ber),
    );
}

fn lost(points: &[f64], results: &[FramePoint]) -> Vec<Measured> {
    let pairs = points.iter().zip(results);
    pairs
        .map(|(&eb_n0_db, point)| measured(eb_n0_db, point.lost(), point.sent))
        .collect()
}

fn measured(eb_n0_db: f64, hits: u64, trials: u64) -> Measured {
    Measured {
        eb_n0_db,
        rate: rate(hits, trials),
        interval: interval95(hits, trials),
    }
}

fn sweep_bits(args: &Args, command: String) -> Result<Curve> {
    let signal = args.signal()?;
    let points = args.points()?;
    let offsets = args.offsets(&signal);
    let results = run_points(&points, args.threads, |index, eb_n0_db| {
        bits(&signal, offsets, eb_n0_db, args.bits, args.seed + index as u64)
    })?;
    let name = reference_name(&signal);
    println!("| Eb/N0 dB | bits | compared | errors | slips | BER | 95 % | {name} | loss dB |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for (&eb_n0_db, found) in points.iter().zip(&results) {
        print_bit_row(&signal, args.bits, eb_n0_db, found);
    }
    let pairs = points.iter().zip(&results);
    let rates = pairs
        .map(|(&eb_n0_db, found)| measured(eb_n0_db, found.errors, found.bits))
        .collect();
    let reference = |eb_n0_db| reference_ber(&signal, eb_n0_db);
    let span = args.to - args.from;
    let fine = (0..=200).map(|n| args.from + span * f64::from(n) / 200.0);
    Ok(Curve {
        title: match args.modulation {
            Some(keying) => format!("{}: bit errors without coding", keying.name()),
            None => "Bit errors without coding".into(),
        },
        rate_name: "bit error rate".into(),
        command,
        measured: vec![("receiver".into(), rates)],
        theory: Some((name.into(), fine.map(|x| (x, reference(x))).collect())),
        required: Vec::new(),
    })
}

fn print_bit_row(signal: &SignalConfig, sent: usize, eb_n0_db: f64, found: &BitErrors) {
    let (low, high) = interval95(found.errors, found.bits);
    let ber = rate(found.errors, found.bits);
    let loss = implementation_loss_db(signal, eb_n0_db, ber);
    println!(
        "| {eb_n0_db:.2} | {sent} | {} | {} | {} | {ber:.3e} | {low:.2e} to {high:.2e} | {:.3e} | {} |",
        found.bits,
        found.errors,
        found.slips,
        reference_ber(signal, eb_n0_db),
        loss.map_or_else(|| "–".to_owned(), |loss| format!("{loss:.2}")),
    );
}

/// How much less Eb/N0 the reference needs for the same rate; `None` where no error, or nothing but errors, was
/// seen.
fn implementation_loss_db(signal: &SignalConfig, eb_n0_db: f64, ber: f64) -> Option<f64> {
    if !(ber > 0.0 && ber < 0.5) {
        return None;
    }
    let (mut low, mut high) = (-60.0, 60.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if reference_ber(signal, middle) > ber {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(eb_n0_db - low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use groundlink_benches::theory::psk_ber;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn grammar_is_sound() {
        Args::command().debug_assert();
        assert!(parse("sweep").is_err());
        assert!(parse("sweep --modulation qpsk").is_err());
        assert!(parse("sweep --modulation qpsk --ber --frames 5").is_err());
        assert!(parse("sweep --modulation qpsk --ber --from -2").is_ok());
        assert!(parse("sweep --profile demo --ber").is_ok());
    }

    #[test]
    fn both_ends_of_the_range_are_points() {
        let points = |line| parse(line).unwrap().points();
        let steps = points("sweep --profile demo --from 0 --to 0.3 --step 0.1").unwrap();
        assert_eq!(steps.len(), 4);
        assert!((steps[3] - 0.3).abs() < 1e-12);
        assert_eq!(points("sweep --profile demo --from 2 --to 2").unwrap(), [2.0]);
        assert!(points("sweep --profile demo --from 2 --to 1").is_err());
        assert!(points("sweep --profile demo --step 0").is_err());
    }

    #[test]
    fn loss_is_the_shift_of_the_reference() {
        let ber = psk_ber(5.0);
        let loss = implementation_loss_db(&Keying::Qpsk.signal(), 5.7, ber).unwrap();
        assert!((loss - 0.7).abs() < 1e-9, "{loss}");
        assert_eq!(implementation_loss_db(&Keying::Qpsk.signal(), 5.0, 0.0), None);
    }
}
