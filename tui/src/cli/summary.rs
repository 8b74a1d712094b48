//! The summary of a run for people, on stderr.

use groundlink_station::output::report::{Report, Spread, VcReport};
use std::fmt::Write;

/// Prints the summary on stderr.
pub fn print(report: &Report) {
    eprint!("{}", text(report));
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = input(&mut text, report);
    let _ = signal(&mut text, report);
    let _ = frames(&mut text, report);
    for channel in &report.virtual_channels {
        let _ = virtual_channel(&mut text, channel);
    }
    for warning in &report.warnings {
        let _ = writeln!(text, "warning   {warning}");
    }
    if !report.decoded {
        text.push_str("nothing decoded\n");
    }
    text
}

fn input(text: &mut String, report: &Report) -> std::fmt::Result {
    let input = &report.input;
    write!(text, "input     {} ({}), profile {}", input.name, input.format, report.profile)?;
    if let (Some(seconds), Some(rate)) = (input.seconds, input.sample_rate_hz) {
        write!(text, ", {seconds:.2} s at {rate} S/s")?;
    }
    if let (Some(start), Some(end)) = (&input.start, &input.end) {
        write!(text, ", {start} to {end}")?;
    }
    if input.lost_samples > 0 {
        write!(text, ", {} samples lost", input.lost_samples)?;
    }
    writeln!(text)
}

fn signal(text: &mut String, report: &Report) -> std::fmt::Result {
    let Some(eb_n0) = report.signal.eb_n0_db else {
        return Ok(());
    };
    write!(text, "signal    Eb/N0 {} dB", range(eb_n0, 1))?;
    if let Some(offset) = report.signal.offset_hz {
        write!(text, ", offset {} Hz", range(offset, 0))?;
    }
    if let Some(rate) = report.signal.symbol_rate_hz {
        write!(text, ", {:.2} Bd", rate.mean)?;
    }
    let coding = &report.coding;
    if coding.channel_symbols > 0 {
        let rate = coding.channel_symbol_errors as f64 / coding.channel_symbols as f64;
        write!(text, ", channel symbol errors {rate:.1e}")?;
    }
    writeln!(text)
}

fn range(spread: Spread, digits: usize) -> String {
    format!("{:.digits$} ({:.digits$} … {:.digits$})", spread.mean, spread.min, spread.max)
}

fn frames(text: &mut String, report: &Report) -> std::fmt::Result {
    let frames = &report.frames;
    writeln!(
        text,
        "frames    {} good ({} corrected), {} uncorrectable, {} rejected, {} lost",
        frames.good, frames.corrected, frames.uncorrectable, frames.rejected, frames.lost
    )?;
    for (reason, count) in &frames.rejected_by {
        writeln!(text, "          {count} by {reason}")?;
    }
    writeln!(text, "packets   {} ({} idle)", report.packets, report.packets_idle)
}

fn virtual_channel(text: &mut String, channel: &VcReport) -> std::fmt::Result {
    let (Some(scid), Some(vcid)) = (channel.scid, channel.vcid) else {
        return apids(text, channel);
    };
    writeln!(
        text,
        "VC {scid}/{vcid}: {} frames ({} idle), {} gaps, {} lost, {} duplicates, {} packets, {} cut",
        channel.frames,
        channel.idle,
        channel.gaps,
        channel.lost,
        channel.duplicates,
        channel.packets,
        channel.cut_packets
    )?;
    apids(text, channel)
}

fn apids(text: &mut String, channel: &VcReport) -> std::fmt::Result {
    for apid in &channel.apids {
        write!(text, "    APID {:>4}: {} packets, {} bytes", apid.apid, apid.packets, apid.bytes)?;
        if apid.lost > 0 {
            write!(text, ", {} lost in {} gaps", apid.lost, apid.gaps)?;
        }
        if apid.bad_crc > 0 {
            write!(text, ", {} with a wrong CRC", apid.bad_crc)?;
        }
        writeln!(text)?;
    }
    Ok(())
}
