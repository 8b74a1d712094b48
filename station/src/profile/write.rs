//! A profile as TOML, every default filled in and every key explained.

use super::cltu;
use super::iterative;
use super::packets;
use super::pm;
use super::types::{Coding, Frame, Profile, Signal};
use super::words::{
    BASES, CONVOLUTIONAL_RATES, DESCRAMBLERS, FRAME_TYPES, INPUTS, INVERTED_BRANCHES, IQ_ORDERS, LINE_CODES,
    ORDERS, RANDOMIZED, RANDOMIZERS, modulation_word, word,
};
use groundlink_decoder::coding::{AsmConfig, ConvolutionalConfig, ReedSolomonConfig};
use groundlink_decoder::link::FrameKind;
use groundlink_dsp::{Modulation, Pulse};
use std::fmt::{Display, Write};

/// Column at which comments begin.
const COMMENT_COLUMN: usize = 32;

impl Profile {
    /// The profile as TOML text with every default filled in and every key explained. Parsing it gives an
    /// equal profile.
    pub fn to_toml(&self) -> String {
        let mut out = Lines(String::new());
        out.key("name", quote(&self.name), "");
        out.key("description", quote(&self.description), "");
        out.key("source", quote(&self.source), "");
        if self.signal.is_none() {
            out.key("signal", false, "described from the symbols on");
        }
        if let Some(s) = &self.signal {
            signal(&mut out, s);
        }
        coding(&mut out, &self.coding);
        frame(&mut out, &self.frame);
        packets::write(&mut out, self.packets.as_ref(), self.packet_time.as_ref());
        out.0
    }
}

/// Text in the making.
pub(super) struct Lines(String);

impl Lines {
    pub(super) fn section(&mut self, name: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "\n[{name}]");
    }

    pub(super) fn key(&mut self, key: &str, value: impl Display, comment: &str) {
        let line = format!("{key} = {value}");
        let _ = match comment {
            "" => writeln!(self.0, "{line}"),
            _ => writeln!(self.0, "{line:<COMMENT_COLUMN$} # {comment}"),
        };
    }
}

fn signal(out: &mut Lines, signal: &Signal) {
    out.section("signal");
    let modulation = modulation_word(signal.modulation, signal.pulse);
    out.key("modulation", quote(modulation), "docs/profiles.md names all");
    out.key("symbol_rate", number(signal.symbol_rate_hz), "Bd");
    match signal.pulse {
        Pulse::Srrc { roll_off } => {
            out.key(
                "pulse",
                "\"srrc\"",
                "square-root raised cosine, rect or half-sine",
            );
            out.key("roll_off", number(roll_off), "0 to 1");
        }
        Pulse::HalfSine => out.key("pulse", "\"half-sine\"", "one symbol long"),
        Pulse::Rect => out.key("pulse", "\"rect\"", "one symbol long"),
        Pulse::Gaussian { bt } => {
            out.key("pulse", "\"gaussian\"", "frequency pulse");
            out.key("bt", number(bt), "3 dB bandwidth times symbol duration");
        }
    }
    if matches!(signal.modulation, Modulation::Fsk | Modulation::Fsk4) {
        out.key(
            "deviation",
            or_auto(signal.deviation_hz),
            "Hz, peak; auto measures it",
        );
    }
    if signal.modulation == Modulation::Gmsk {
        out.key("precoding", signal.precoding, "CCSDS 401.0-B 2.4.17");
    }
    if let Modulation::Pm(config) = &signal.modulation {
        pm::write(out, config);
    }
    out.key(
        "carrier",
        number(signal.carrier_hz),
        "Hz, nominal offset within the samples",
    );
    out.key("search", number(signal.search_hz), "Hz to either side of it");
    if signal.modulation.is_psk() && signal.modulation.bits_per_symbol() == 2 {
        out.key(
            "iq_order",
            quote(word(IQ_ORDERS, &signal.q_first)),
            "arm of a symbol's first bit: iq or qi",
        );
    }
    if signal.modulation == Modulation::Uqpsk {
        out.key(
            "unbalance",
            number(signal.unbalance_db),
            "dB, power of I over Q: 3 to 20 or -20 to -3",
        );
    }
    out.key("iq_swap", signal.iq_swap, "whether the spectrum is inverted");
    out.key(
        "input",
        quote(word(INPUTS, &signal.input)),
        "auto, iq, real or fm-audio",
    );
    out.key(
        "carrier_loop",
        or_auto(signal.carrier_loop_hz),
        "Hz, noise bandwidth",
    );
    out.key(
        "timing_loop",
        or_auto(signal.timing_loop_hz),
        "Hz, noise bandwidth",
    );
}

fn coding(out: &mut Lines, coding: &Coding) {
    out.section("coding");
    if coding.convolutional.is_none() {
        out.key("convolutional", false, "K=7: true, or a section");
    }
    out.key(
        "line_code",
        quote(word(LINE_CODES, &(coding.line_code, coding.bi_phase))),
        "nrz- or bi-phase- l, m or s",
    );
    out.key(
        "descrambler",
        quote(word(DESCRAMBLERS, &coding.descrambler)),
        "none or iess-308",
    );
    out.key(
        "randomizer",
        quote(word(RANDOMIZERS, &coding.randomizer)),
        "none, ccsds, ccsds-131071 or telecommand",
    );
    out.key(
        "randomized",
        quote(word(RANDOMIZED, &coding.randomized)),
        "codeblock or frame",
    );
    out.key(
        "tail_bytes",
        coding.tail_bytes,
        "bytes between codeblock and next marker",
    );
    if coding.reed_solomon.is_none() {
        out.key("reed_solomon", false, "true, or a section");
    }
    if let Some(inner) = coding.convolutional {
        convolutional(out, inner);
    }
    asm(out, "coding.asm", &coding.asm);
    if let Some(config) = &coding.iterative {
        iterative::write(out, config);
    }
    if let Some(config) = &coding.cltu {
        cltu::write(out, config);
    }
    if let Some(outer) = &coding.reed_solomon {
        reed_solomon(out, outer);
    }
}

fn convolutional(out: &mut Lines, inner: ConvolutionalConfig) {
    out.section("coding.convolutional");
    out.key(
        "rate",
        quote(word(CONVOLUTIONAL_RATES, &inner.rate)),
        "1/2, 2/3, 3/4, 5/6 or 7/8",
    );
    out.key(
        "order",
        quote(word(ORDERS, &inner.order)),
        "g1-first (CCSDS), g2-first (NASA-DSN) or auto",
    );
    out.key(
        "inverted",
        quote(word(INVERTED_BRANCHES, &inner.inverted)),
        "g2 (CCSDS at 1/2), g1, none or auto",
    );
    out.key("iterate", inner.iterate, "once more where Reed-Solomon failed");
}

/// The marker's digits, one for each four bits.
fn hexadecimal(asm: &AsmConfig) -> String {
    let bytes = asm.pattern.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02X}");
        digits
    });
    let fill = bytes.len().saturating_sub(asm.bits.div_ceil(4) as usize);
    bytes[fill..].to_owned()
}

pub(super) fn asm(out: &mut Lines, section: &str, asm: &AsmConfig) {
    out.section(section);
    out.key("pattern", quote(&hexadecimal(asm)), "hexadecimal, 16 to 192 bits");
    let tolerance = asm.tolerance.map_or("\"auto\"".into(), |bits| bits.to_string());
    out.key("tolerance", tolerance, "wrong bits accepted while searching");
    out.key("flywheel", asm.flywheel, "markers in a row that may be missing");
}

fn reed_solomon(out: &mut Lines, rs: &ReedSolomonConfig) {
    out.section("coding.reed_solomon");
    out.key("e", rs.parity / 2, "symbols corrected per codeword: 16 or 8");
    out.key("interleave", rs.interleave, "1 to 8");
    out.key("basis", quote(word(BASES, &rs.basis)), "dual or conventional");
    out.key(
        "data_bytes",
        rs.data_bytes,
        "of all codewords together, without fill",
    );
    out.key(
        "field",
        format!("{:#X}", rs.field),
        "polynomial with its x^8 term",
    );
    out.key("first_root", rs.first_root, "exponent of alpha^primitive");
    out.key("primitive", rs.primitive, "power of alpha from root to root");
    out.key(
        "covers_asm",
        rs.covers_asm,
        "whether the marker is part of the codeblock",
    );
}

fn frame(out: &mut Lines, frame: &Frame) {
    out.section("frame");
    out.key(
        "type",
        quote(word(FRAME_TYPES, &frame.kind)),
        "tm, aos, tc or opaque",
    );
    let length = if frame.kind == FrameKind::Tc {
        "bytes of the longest"
    } else {
        "bytes"
    };
    out.key("length", frame.length, length);
    if frame.kind == FrameKind::Opaque {
        let crc = frame.crc.map_or("false".into(), |c| {
            format!("{{ from = {}, to = {} }}", c.from, c.to)
        });
        out.key("crc", crc, "CRC-16 over bytes from..to, right behind them");
        return;
    }
    out.key("fecf", frame.fecf, "frame error control field");
    if frame.kind == FrameKind::Aos {
        out.key("ocf", frame.ocf, "operational control field");
        out.key(
            "header_error_control",
            frame.header_error_control,
            "frame header error control",
        );
        out.key("insert_zone", frame.insert_zone, "bytes");
    }
    if frame.kind == FrameKind::Tc {
        out.key(
            "segment_header",
            frame.segment_header,
            "whether data fields begin with one",
        );
    }
    if frame.kind == FrameKind::Tm {
        out.key(
            "secondary_header",
            frame.secondary_header,
            "bytes sent, 0 for none",
        );
    }
    let scid = frame.scid.map_or("\"any\"".into(), |id| id.to_string());
    out.key("scid", scid, "spacecraft expected");
    out.key(
        "vcids",
        format!("{:?}", frame.vcids),
        "virtual channels expected, none for any",
    );
}

pub(super) fn quote(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// The shortest text that reads back as the same number.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        format!("{value:.0}")
    } else {
        format!("{value:?}")
    }
}

fn or_auto(value: Option<f64>) -> String {
    value.map_or("\"auto\"".into(), number)
}
