//! Ranges, and whether the parts of a profile fit together.

use super::cltu;
use super::error::Problem;
use super::iterative;
use super::packets;
use super::pm;
use super::types::{Coding, Frame, Profile, Signal, SignalInput};
use super::words::modulation_word;
use groundlink_decoder::coding::{AsmConfig, ReedSolomonConfig, RsBasis};
use groundlink_decoder::link::{CrcSpan, FrameKind, TC_HEADER_BYTES, TC_LONGEST_FRAME};
use groundlink_dsp::{Modulation, Pulse};
use std::fmt::Display;
use std::ops::RangeInclusive;

/// Field polynomial of the CCSDS code, the only one that the dual basis is defined for.
const CCSDS_FIELD: u16 = 0x187;
/// Longest TM and AOS frame (CCSDS 131.0-B-5 §11).
const LONGEST_TRANSFER_FRAME: usize = 2048;
/// Longest block or opaque frame, far above anything sent.
const LONGEST_BLOCK: usize = 65_535;
/// Header of a TM or AOS frame.
const FRAME_HEADER: usize = 6;

/// The first thing that is wrong.
pub(super) fn profile(profile: &Profile) -> Result<(), Problem> {
    texts(profile)?;
    if let Some(s) = &profile.signal {
        signal(s)?;
    }
    coding(&profile.coding)?;
    bi_phase(profile)?;
    eighths(profile)?;
    frame(&profile.frame, &profile.coding)?;
    if let Some(config) = &profile.coding.cltu {
        cltu::check(config, profile)?;
    }
    match &profile.packets {
        Some(p) => packets::check(p, profile.packet_time.as_ref(), profile.frame.kind),
        None => Ok(()),
    }
}

fn texts(profile: &Profile) -> Result<(), Problem> {
    let name = &profile.name;
    if name.trim().is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(Problem::new(
            "name",
            super::error::quoted(name),
            "1 to 60 printable characters",
        ));
    }
    for (key, text) in [("description", &profile.description), ("source", &profile.source)] {
        // What is shown on terminals must not steer them.
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(Problem::new(
                key,
                super::error::quoted(text),
                "text without control characters",
            ));
        }
    }
    Ok(())
}

fn signal(signal: &Signal) -> Result<(), Problem> {
    let rate = signal.symbol_rate_hz;
    number("signal.symbol_rate", rate, 1e-3..=1e10, "0.001 to 1e10 Bd")?;
    match signal.pulse {
        Pulse::Srrc { roll_off } => number("signal.roll_off", roll_off, 0.0..=1.0, "0 to 1")?,
        Pulse::Gaussian { bt } => number("signal.bt", bt, 0.1..=10.0, "0.1 to 10")?,
        Pulse::Rect | Pulse::HalfSine => {}
    }
    let unbalance = signal.unbalance_db;
    if signal.modulation == Modulation::Uqpsk && !(3.0..=20.0).contains(&unbalance.abs()) {
        let allowed = "3 to 20 or -20 to -3 dB";
        return Err(Problem::new("signal.unbalance", unbalance, allowed));
    }
    if let Some(deviation) = signal.deviation_hz {
        let most = format!(
            "above 0 and at most 100 times the symbol rate, {} Hz",
            100.0 * rate
        );
        number(
            "signal.deviation",
            deviation,
            f64::MIN_POSITIVE..=100.0 * rate,
            &most,
        )?;
    }
    number(
        "signal.carrier",
        signal.carrier_hz,
        -1e12..=1e12,
        "-1e12 to 1e12 Hz",
    )?;
    number("signal.search", signal.search_hz, 0.0..=1e12, "0 to 1e12 Hz")?;
    for (key, width) in [
        ("signal.carrier_loop", signal.carrier_loop_hz),
        ("signal.timing_loop", signal.timing_loop_hz),
    ] {
        let most = format!("above 0 and at most the symbol rate, {rate} Hz");
        number(key, width.unwrap_or(rate), f64::MIN_POSITIVE..=rate, &most)?;
    }
    if let Modulation::Pm(config) = &signal.modulation {
        if signal.pulse != Pulse::Rect {
            return Err(Problem::new(
                "signal.pulse",
                "another",
                "\"rect\" with modulation pm",
            ));
        }
        pm::check(config, rate)?;
    }
    if signal.precoding && (signal.modulation != Modulation::Gmsk || signal.input == SignalInput::FmAudio) {
        let allowed = "false but with msk and gmsk that are not FM audio";
        return Err(Problem::new("signal.precoding", "true", allowed));
    }
    let fsk = matches!(signal.modulation, Modulation::Fsk | Modulation::Gmsk);
    if signal.input == SignalInput::FmAudio && !fsk {
        let allowed = format!(
            "\"auto\", \"iq\" or \"real\" with modulation {}",
            modulation_word(signal.modulation, signal.pulse)
        );
        return Err(Problem::new("signal.input", "\"fm-audio\"", allowed));
    }
    Ok(())
}

/// Half symbols are those of BPSK and PM. A profile without a signal describes what comes behind the receiver.
fn bi_phase(profile: &Profile) -> Result<(), Problem> {
    let signal = profile.signal.as_ref().filter(|_| profile.coding.bi_phase);
    match signal {
        Some(signal) if !matches!(signal.modulation, Modulation::Bpsk | Modulation::Pm(_)) => {
            let allowed = format!(
                "\"nrz-l\", \"nrz-m\" or \"nrz-s\" with modulation {}",
                modulation_word(signal.modulation, signal.pulse)
            );
            Err(Problem::new("coding.line_code", "a bi-phase code", allowed))
        }
        _ => Ok(()),
    }
}

/// No inner decoder takes symbols of three bits.
fn eighths(profile: &Profile) -> Result<(), Problem> {
    match &profile.signal {
        Some(signal) if signal.modulation == Modulation::Psk8 && profile.coding.convolutional.is_some() => {
            let allowed = "false with modulation 8psk";
            Err(Problem::new("coding.convolutional", "a section", allowed))
        }
        _ => Ok(()),
    }
}

fn coding(coding: &Coding) -> Result<(), Problem> {
    asm("coding.asm", &coding.asm)?;
    if let Some(rs) = &coding.reed_solomon {
        reed_solomon(rs, &coding.asm)?;
    }
    if let Some(config) = &coding.iterative {
        iterative::check(config, coding)?;
        if let Some(sliced) = &config.sliced {
            asm("coding.ldpc.sliced.csm", &sliced.csm)?;
        }
    }
    whole("coding.tail_bytes", coding.tail_bytes, 0..=LONGEST_BLOCK)
}

fn asm(section: &str, asm: &AsmConfig) -> Result<(), Problem> {
    let fits = (16..=192).contains(&asm.bits) && asm.pattern.len() == asm.bits.div_ceil(8) as usize;
    if !fits {
        let found = format!("{} bytes for {} bits", asm.pattern.len(), asm.bits);
        return Err(Problem::new(
            &format!("{section}.pattern"),
            found,
            "16 to 192 bits",
        ));
    }
    // From half the bits on, every pattern would match one way up or the other.
    let most = asm.bits / 2 - 1;
    whole(
        &format!("{section}.tolerance"),
        asm.tolerance.unwrap_or(0),
        0..=most,
    )?;
    whole(&format!("{section}.flywheel"), asm.flywheel, 0..=1000)
}

fn reed_solomon(rs: &ReedSolomonConfig, asm: &AsmConfig) -> Result<(), Problem> {
    let key = |name: &str| format!("coding.reed_solomon.{name}");
    if rs.parity != 32 && rs.parity != 16 {
        return Err(Problem::new(&key("e"), rs.parity / 2, "16 or 8"));
    }
    whole(&key("interleave"), rs.interleave, 1..=8)?;
    let most = rs.interleave * (255 - rs.parity);
    if !(rs.interleave..=most).contains(&rs.data_bytes) || !rs.data_bytes.is_multiple_of(rs.interleave) {
        let allowed = format!("a multiple of interleave from {} to {most}", rs.interleave);
        return Err(Problem::new(&key("data_bytes"), rs.data_bytes, allowed));
    }
    if !is_primitive(rs.field) {
        let allowed = "a primitive polynomial of degree 8 with its x^8 term, as 0x187 or 0x11D";
        return Err(Problem::new(&key("field"), format!("{:#X}", rs.field), allowed));
    }
    whole(&key("first_root"), rs.first_root, 0..=254)?;
    if !(1..=254).contains(&rs.primitive) || gcd(rs.primitive, 255) != 1 {
        return Err(Problem::new(
            &key("primitive"),
            rs.primitive,
            "1 to 254 without a factor of 3, 5 or 17",
        ));
    }
    if rs.basis == RsBasis::Dual && rs.field != CCSDS_FIELD {
        let allowed = format!("\"conventional\" with field {:#X}", rs.field);
        return Err(Problem::new(&key("basis"), "\"dual\"", allowed));
    }
    if rs.covers_asm && (!asm.bits.is_multiple_of(8) || rs.data_bytes <= (asm.bits / 8) as usize) {
        let allowed = format!(
            "false with a marker of {} bits and {} data bytes",
            asm.bits, rs.data_bytes
        );
        return Err(Problem::new(&key("covers_asm"), "true", allowed));
    }
    Ok(())
}

fn frame(frame: &Frame, coding: &Coding) -> Result<(), Problem> {
    if frame.kind == FrameKind::Tc && coding.cltu.is_none() {
        let allowed = "with telecommand coding (coding.cltu)";
        return Err(Problem::new("frame.type", "\"tc\"", allowed));
    }
    let trailer = 2 * usize::from(frame.fecf);
    let (least, most, largest_scid, largest_vcid) = match frame.kind {
        FrameKind::Tm => {
            secondary_header(frame.secondary_header)?;
            let least = FRAME_HEADER + frame.secondary_header + 1 + trailer;
            (least, LONGEST_TRANSFER_FRAME, 1023, 7)
        }
        FrameKind::Aos => {
            whole("frame.insert_zone", frame.insert_zone, 0..=LONGEST_TRANSFER_FRAME)?;
            let optional = 2 * usize::from(frame.header_error_control) + 4 * usize::from(frame.ocf);
            let least = FRAME_HEADER + frame.insert_zone + optional + trailer + 1;
            (least, LONGEST_TRANSFER_FRAME, 255, 63)
        }
        FrameKind::Tc => {
            let least = TC_HEADER_BYTES + usize::from(frame.segment_header) + 1 + trailer;
            (least, TC_LONGEST_FRAME, 1023, 63)
        }
        FrameKind::Opaque => (1, LONGEST_BLOCK, 0, 0),
    };
    if !(least..=most).contains(&frame.length) {
        let allowed = format!("{least} to {most} with these fields");
        return Err(Problem::new("frame.length", frame.length, allowed));
    }
    whole("frame.scid", frame.scid.unwrap_or(0), 0..=largest_scid)?;
    for (index, &vcid) in frame.vcids.iter().enumerate() {
        if vcid > largest_vcid || frame.vcids[..index].contains(&vcid) {
            let allowed = format!("different numbers from 0 to {largest_vcid}");
            return Err(Problem::new("frame.vcids", format!("{:?}", frame.vcids), allowed));
        }
    }
    if let Some(span) = frame.crc {
        crc(span, frame.length)?;
    }
    match &coding.reed_solomon {
        Some(rs) if rs.data_bytes != frame.length => {
            let allowed = format!(
                "{} as coding.reed_solomon has it (data_bytes; a shortened code needs its own)",
                rs.data_bytes
            );
            Err(Problem::new("frame.length", frame.length, allowed))
        }
        _ => iterative_length(frame, coding),
    }
}

fn iterative_length(frame: &Frame, coding: &Coding) -> Result<(), Problem> {
    match &coding.iterative {
        Some(config) if config.sliced.is_none() && iterative::info_bytes(config) != frame.length => {
            let allowed = format!(
                "{} as the codewords behind a marker have it (frames of other lengths are sliced)",
                iterative::info_bytes(config)
            );
            Err(Problem::new("frame.length", frame.length, allowed))
        }
        _ => Ok(()),
    }
}

/// The header begins with a byte of its own and has up to 63 more (CCSDS 132.0-B-3 §4.1.3).
fn secondary_header(bytes: usize) -> Result<(), Problem> {
    if bytes == 0 || (2..=64).contains(&bytes) {
        return Ok(());
    }
    Err(Problem::new("frame.secondary_header", bytes, "0, or 2 to 64"))
}

fn crc(span: CrcSpan, length: usize) -> Result<(), Problem> {
    let most = length.saturating_sub(2);
    if !(1..=most).contains(&span.to) {
        let allowed = format!("1 to {most}, two bytes before the end of the frame");
        return Err(Problem::new("frame.crc.to", span.to, allowed));
    }
    whole("frame.crc.from", span.from, 0..=span.to - 1)
}

fn number(key: &str, value: f64, range: RangeInclusive<f64>, allowed: &str) -> Result<(), Problem> {
    if range.contains(&value) {
        Ok(())
    } else {
        Err(Problem::new(key, value, allowed))
    }
}

pub(super) fn whole<T: PartialOrd + Display>(
    key: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), Problem> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(Problem::new(
        key,
        value,
        format!("{} to {}", range.start(), range.end()),
    ))
}

/// Whether x generates all 255 elements other than zero of the field modulo this polynomial.
fn is_primitive(polynomial: u16) -> bool {
    if polynomial >> 8 != 1 {
        return false;
    }
    let mut element = 1_u16;
    for power in 1..=255 {
        element <<= 1;
        if element & 0x100 != 0 {
            element ^= polynomial;
        }
        if element == 1 || element == 0 {
            return power == 255 && element == 1;
        }
    }
    false
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
