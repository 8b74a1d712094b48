//! The summary of a run for people, on stderr.

use super::say;
use groundlink_station::output::report::{Report, Spread, StationReport, Stopped, VcReport};
use groundlink_station::output::stream::StreamReport;
use groundlink_station::recording::RecordReport;
use std::fmt::Write;

/// Prints the summary on stderr, with hints where nothing was decoded. A run whose readers have gone gets none:
/// whoever looked has seen enough.
pub fn print(report: &Report, hints: &[String]) {
    if report.stopped != Some(Stopped::ReadersGone) {
        say(&text(report, hints));
    }
}

/// Prints the summary of all downlinks on stderr.
pub fn print_station(report: &StationReport) {
    if report.stopped != Some(Stopped::ReadersGone) {
        say(&station_text(report));
    }
}

fn station_text(report: &StationReport) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if let Some(first) = report.downlinks.first() {
        let _ = station_input(&mut text, report, &first.report);
    }
    for warning in &report.warnings {
        let _ = writeln!(text, "warning   {warning}");
    }
    for downlink in &report.downlinks {
        let run = &downlink.report;
        let _ = writeln!(
            text,
            "downlink  {}, profile {}, {:+.1} Hz",
            downlink.name,
            run.profile,
            downlink.offset_hz + 0.0
        );
        let _ = signal(&mut text, run);
        let _ = frames(&mut text, run);
        for channel in &run.virtual_channels {
            let _ = virtual_channel(&mut text, channel);
        }
        let _ = outputs(&mut text, &run.outputs);
        for warning in run.warnings.iter().filter(|text| !report.warnings.contains(text)) {
            let _ = writeln!(text, "warning   {warning}");
        }
        if let Some(error) = &run.error {
            let _ = writeln!(text, "error     {error}");
        }
    }
    let _ = outputs(&mut text, &report.outputs);
    let _ = recording(&mut text, report.recording.as_ref());
    conclusion(&mut text, report.stopped.is_some(), report.decoded);
    text
}

fn station_input(text: &mut String, report: &StationReport, run: &Report) -> std::fmt::Result {
    let input = &run.input;
    write!(text, "input     {} ({})", input.name, input.format)?;
    samples(text, run)?;
    match report.channels {
        0 => writeln!(text, ", {}", count(report.downlinks.len() as u64, "downlink")),
        channels => writeln!(
            text,
            ", {} by {channels} channels",
            count(report.downlinks.len() as u64, "downlink")
        ),
    }
}

fn text(report: &Report, hints: &[String]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = input(&mut text, report);
    let _ = signal(&mut text, report);
    let _ = frames(&mut text, report);
    for channel in &report.virtual_channels {
        let _ = virtual_channel(&mut text, channel);
    }
    let _ = outputs(&mut text, &report.outputs);
    let _ = recording(&mut text, report.recording.as_ref());
    for warning in &report.warnings {
        let _ = writeln!(text, "warning   {warning}");
    }
    for hint in hints {
        let _ = writeln!(text, "hint      {hint}");
    }
    conclusion(&mut text, report.stopped.is_some(), report.decoded);
    text
}

fn conclusion(text: &mut String, stopped: bool, decoded: bool) {
    text.push_str(match (stopped, decoded) {
        (true, true) => "stopped before the input ended\n",
        (true, false) => "stopped before the input ended; nothing decoded\n",
        (false, false) => "nothing decoded\n",
        (false, true) => "",
    });
}

/// "1 gap", "2 gaps".
fn count(n: u64, what: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{n} {what}{ending}")
}

fn input(text: &mut String, report: &Report) -> std::fmt::Result {
    let input = &report.input;
    write!(
        text,
        "input     {} ({}), profile {}",
        input.name, input.format, report.profile
    )?;
    samples(text, report)?;
    writeln!(text)
}

/// How much was read, from when to when, and what is missing.
fn samples(text: &mut String, report: &Report) -> std::fmt::Result {
    let input = &report.input;
    if let (Some(seconds), Some(rate)) = (input.seconds, input.sample_rate_hz) {
        write!(text, ", {seconds:.2} s at {rate} S/s")?;
    } else {
        let unit = if matches!(input.from, "soft" | "bits") {
            "soft bit"
        } else {
            "byte"
        };
        write!(text, ", {}", count(input.read, unit))?;
    }
    if let (Some(start), Some(end)) = (&input.start, &input.end) {
        write!(text, ", {start} to {end}")?;
    }
    if input.lost_samples > 0 {
        write!(text, ", {} lost", count(input.lost_samples, "sample"))?;
        let by = input.lost_by.iter().map(|(cause, lost)| {
            format!(
                "{} by {} in {}",
                lost.samples,
                cause.name(),
                count(lost.gaps, "gap")
            )
        });
        write!(text, " ({})", by.collect::<Vec<_>>().join(", "))?;
    }
    Ok(())
}

fn signal(text: &mut String, report: &Report) -> std::fmt::Result {
    let Some(eb_n0) = report.signal.eb_n0_db else {
        return Ok(());
    };
    write!(text, "signal    Eb/N0 {} dB", range(eb_n0, 1))?;
    if let Some(offset) = report.signal.offset_hz {
        write!(text, ", offset {} Hz", range(offset, 1))?;
    }
    if let Some(rate) = report.signal.symbol_rate_hz {
        write!(text, ", {:.2} Bd", rate.mean)?;
    }
    if let Some(carrier) = &report.signal.residual_carrier {
        if let Some(index) = carrier.modulation_index {
            write!(text, ", index {index:.2} rad")?;
        }
        if let Some(c_n0) = carrier.c_n0_db_hz {
            write!(text, ", C/N0 {} dB-Hz", number(c_n0, 1))?;
        }
    }
    let coding = &report.coding;
    if coding.channel_symbols > 0 {
        let rate = coding.channel_symbol_errors as f64 / coding.channel_symbols as f64;
        write!(text, ", channel symbol errors {rate:.1e}")?;
    }
    writeln!(text)
}

/// A number of so many digits, without the sign of a zero.
fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|byte| matches!(byte, b'0' | b'.')) => rest.to_owned(),
        _ => text,
    }
}

fn range(spread: Spread, digits: usize) -> String {
    let [mean, min, max] = [spread.mean, spread.min, spread.max].map(|value| number(value, digits));
    format!("{mean} ({min} … {max})")
}

fn frames(text: &mut String, report: &Report) -> std::fmt::Result {
    if report.input.from != "packets" {
        let frames = &report.frames;
        writeln!(
            text,
            "frames    {} good ({} corrected), {} uncorrectable, {} rejected, {} lost",
            frames.good, frames.corrected, frames.uncorrectable, frames.rejected, frames.lost
        )?;
        for (reason, count) in &frames.rejected_by {
            writeln!(text, "          {count} by {}", reason.replace('_', " "))?;
        }
    }
    writeln!(
        text,
        "packets   {} ({} idle)",
        report.packets, report.packets_idle
    )
}

fn virtual_channel(text: &mut String, channel: &VcReport) -> std::fmt::Result {
    let (Some(scid), Some(vcid)) = (channel.scid, channel.vcid) else {
        return apids(text, channel);
    };
    let label = format!("VC {scid}/{vcid}");
    write!(
        text,
        "{label:<9} {} ({} idle)",
        count(channel.frames, "frame"),
        channel.idle
    )?;
    write!(text, ", {} lost in {}", channel.lost, count(channel.gaps, "gap"))?;
    for (n, what) in [(channel.duplicates, "duplicate"), (channel.resets, "reset")] {
        if n > 0 {
            write!(text, ", {}", count(n, what))?;
        }
    }
    write!(text, ", {}", count(channel.packets, "packet"))?;
    if channel.cut_packets > 0 {
        write!(text, ", {} cut short", channel.cut_packets)?;
    }
    writeln!(text)?;
    apids(text, channel)
}

fn apids(text: &mut String, channel: &VcReport) -> std::fmt::Result {
    for apid in &channel.apids {
        let packets = count(apid.packets, "packet");
        write!(
            text,
            "  APID {:<4} {packets}, {}",
            apid.apid,
            count(apid.bytes, "byte")
        )?;
        if apid.lost > 0 {
            write!(text, ", {} lost in {}", apid.lost, count(apid.gaps, "gap"))?;
        }
        if apid.bad_crc > 0 {
            write!(text, ", {} with a wrong CRC", apid.bad_crc)?;
        }
        writeln!(text)?;
    }
    Ok(())
}

fn outputs(text: &mut String, outputs: &[StreamReport]) -> std::fmt::Result {
    for output in outputs.iter().filter(|output| output.offered > 0) {
        write!(
            text,
            "output    {}: {} of {} {} delivered",
            output.output, output.delivered, output.offered, output.what
        )?;
        for (cause, n) in &output.dropped {
            write!(text, ", {n} {}", cause.replace('_', " "))?;
        }
        if let (Some(error), true) = (&output.last_error, output.dropped_total() > 0) {
            write!(text, "; {error}")?;
        }
        writeln!(text)?;
    }
    Ok(())
}

fn recording(text: &mut String, report: Option<&RecordReport>) -> std::fmt::Result {
    let Some(report) = report else { return Ok(()) };
    write!(text, "recorded  {} in ", count(report.samples, "sample"))?;
    write!(text, "{}", count(report.files.len() as u64, "recording"))?;
    if let Some(last) = report.files.last() {
        write!(text, ", last {}", last.name)?;
    }
    for (n, what) in [
        (report.dropped_samples, "samples had no room"),
        (report.clipped, "numbers clipped"),
        (report.deleted, "old recordings deleted"),
    ] {
        if n > 0 {
            write!(text, ", {n} {what}")?;
        }
    }
    if let Some(error) = &report.error {
        write!(text, "; {error}")?;
    }
    writeln!(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_negative_zero() {
        assert_eq!(number(-0.04, 1), "0.0");
        assert_eq!(number(-0.06, 1), "-0.1");
        assert_eq!(number(-10.0, 0), "-10");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(count(1, "gap"), "1 gap");
        assert_eq!(count(0, "gap"), "0 gaps");
    }

    #[test]
    fn an_empty_run_says_that_nothing_came() {
        let text = text(&Report::of("demo"), &["look here".to_owned()]);
        assert!(text.ends_with("hint      look here\nnothing decoded\n"), "{text}");
    }
}
