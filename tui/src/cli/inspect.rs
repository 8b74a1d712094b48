//! `groundlink inspect`.

use super::args::Inspect;
use super::picture;
use groundlink_station::inspect::{Findings, inspect};
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Rows of the spectrum in the terminal.
const ROWS: usize = 12;
/// Columns of the spectrum in the terminal.
const COLUMNS: usize = 72;
/// Range of levels shown, dB, at the least.
const RANGE_DB: f32 = 20.0;

/// Finds out what the input is and says so on stdout.
pub fn run(args: &Inspect) -> anyhow::Result<ExitCode> {
    let findings = inspect(&args.input, &args.samples.options())?;
    if let Some(path) = &args.png {
        picture::write(path, &findings.spectrum)?;
    }
    let mut out = stdout().lock();
    if args.json {
        // As text first: a reader that has gone shows in the error of writing, not in that of formatting.
        let json = serde_json::to_string_pretty(&findings)?;
        writeln!(out, "{json}")?;
    } else {
        out.write_all(text(&findings).as_bytes())?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn optional(value: Option<f64>, digits: usize, unit: &str) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$} {unit}"))
}

fn text(f: &Findings) -> String {
    let kind = if f.complex { "complex" } else { "real" };
    let mut lines = vec![
        format!("input       {}", f.name),
        format!("format      {}, {kind}", f.format),
        format!("rate        {} S/s", f.sample_rate_hz),
        format!("length      {} samples, {:.3} s", f.samples, f.seconds),
    ];
    lines.extend(f.start.iter().map(|start| format!("start       {start}")));
    lines.extend(f.frequency_hz.map(|hz| format!("frequency   {hz} Hz")));
    lines.extend(
        f.hardware
            .iter()
            .map(|hardware| format!("hardware    {hardware}")),
    );
    lines.push(format!(
        "level       mean {}, peak {}",
        optional(f.level_dbfs, 1, "dBFS"),
        optional(f.peak_dbfs, 1, "dBFS")
    ));
    let places = f.clipped_from_to.map_or_else(String::new, |[first, last]| {
        format!(", from sample {first} to {last}")
    });
    lines.push(format!(
        "clipping    {:.3} % of the samples{places}",
        100.0 * f.clipping
    ));
    lines.push(format!("noise       {}", optional(f.noise_dbfs_hz, 1, "dBFS/Hz")));
    lines.push(format!(
        "DC          I {:+.4}, Q {:+.4} ({})",
        f.dc[0],
        f.dc[1],
        optional(f.dc_dbfs, 1, "dBFS")
    ));
    if let (Some(gain), Some(phase)) = (f.iq_gain_db, f.iq_phase_deg) {
        lines.push(format!("I/Q         gain {gain:+.2} dB, quadrature {phase:+.1}°"));
    }
    if f.bad_samples > 0 {
        lines.push(format!("not numbers {} samples", f.bad_samples));
    }
    for (n, line) in f.lines.iter().enumerate() {
        lines.push(format!(
            "{:<11} {:>+12.1} Hz  {:>6.1} dBFS  {:>5.1} dB above the floor, {:.1} Hz wide",
            if n == 0 { "lines" } else { "" },
            line.frequency_hz + 0.0,
            line.level_dbfs,
            line.above_floor_db,
            line.width_hz
        ));
    }
    for (n, clock) in f.symbol_clocks.iter().enumerate() {
        lines.push(format!(
            "{:<11} {:>12.2} Bd  {:>5.1} dB, by the {}",
            if n == 0 { "clocks" } else { "" },
            clock.rate_hz,
            clock.strength_db,
            clock.source
        ));
    }
    lines.extend(f.warnings.iter().map(|warning| format!("warning     {warning}")));
    lines.push(String::new());
    lines.push(chart(f));
    lines.join("\n")
}

/// The spectrum as columns of blocks, with its axes.
fn chart(f: &Findings) -> String {
    const STEPS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let columns = picture::columns(&f.spectrum, COLUMNS);
    let (low, high) = picture::range(&columns, RANGE_DB);
    let height =
        |level: f32| ((level - low) / (high - low) * (ROWS * 8) as f32).clamp(0.0, (ROWS * 8) as f32);
    let cell = |row: usize, level: f32| STEPS[(height(level) as usize).saturating_sub(row * 8).min(8)];
    let line = |row: usize| {
        let level = low + (high - low) * (row + 1) as f32 / ROWS as f32;
        let cells: String = columns.iter().map(|&level| cell(row, level)).collect();
        format!("{level:>7.0} {}", cells.trim_end())
    };
    let picture = (0..ROWS).rev().map(line).collect::<Vec<_>>().join("\n");
    let (left, middle, right) = if f.complex {
        (-f.sample_rate_hz / 2.0, 0.0, f.sample_rate_hz / 2.0)
    } else {
        (0.0, f.sample_rate_hz / 4.0, f.sample_rate_hz / 2.0)
    };
    let side = COLUMNS / 2 - 4;
    format!("{picture}\n   dBFS {left:<side$}{middle:^8}{right:>side$} Hz\n")
}
