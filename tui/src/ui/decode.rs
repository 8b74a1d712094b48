//! Header fields of frames and packets, spelled out for display.

use super::format;
use groundlink_decoder::link::{ControlCommand, TcHeader};
use groundlink_station::monitor::{FrameView, PacketView};

/// APID of idle packets (CCSDS 133.0-B-2 §4.1.3.3.4.4).
pub const IDLE_APID: u16 = 0x7FF;

/// A name and a value.
pub type Field = (&'static str, String);

fn yes(flag: bool) -> String {
    if flag { "yes" } else { "no" }.to_owned()
}

/// Number and place in the input.
pub fn heading(kind: &str, ordinal: u64, sample: Option<u64>, utc: Option<&str>) -> String {
    let mut text = format!("{kind} {}", format::grouped(ordinal));
    if let Some(sample) = sample {
        text.push_str(" at sample ");
        text.push_str(&format::grouped(sample));
    }
    if let Some(utc) = utc {
        text.push_str(", ");
        text.push_str(utc);
    }
    text
}

/// What is known of a frame.
pub fn frame_fields(frame: &FrameView) -> Vec<Field> {
    let mut fields = vec![("verdict", frame.verdict.clone())];
    fields.push((
        "length",
        format!("{} bytes", format::grouped(frame.bytes.len() as u64)),
    ));
    fields.push(("Eb/N0", format::decibel(frame.eb_n0_db, "dB")));
    fields.push(("gap before", format::grouped(frame.gap_before.into())));
    if frame.samples_lost > 0 {
        fields.push(("samples lost", format::grouped(frame.samples_lost)));
    }
    let Some(header) = frame.header else {
        return fields;
    };
    let tc = header.tc.is_some();
    fields.push(("version", version_words(header.version, tc)));
    fields.push(("SCID", format!("{} (0x{:X})", header.vc.scid, header.vc.scid)));
    fields.push(("VCID", header.vc.vcid.to_string()));
    fields.extend(header.mc_frame_count.map(|c| ("MC frame count", c.to_string())));
    fields.push(("VC frame count", header.vc_frame_count.to_string()));
    if let Some(pointer) = header.first_header_pointer {
        fields.push(("first header", pointer_words(pointer)));
    }
    match header.version {
        _ if tc => fields.extend(header.tc.into_iter().flat_map(tc_fields)),
        0 => tm_flags(&frame.bytes, &mut fields),
        1 => fields.push(("replay", yes(header.replay))),
        _ => {}
    }
    fields.push(("idle", yes(frame.idle)));
    fields
}

fn version_words(version: u8, tc: bool) -> String {
    match version {
        0 if tc => "0, TC".into(),
        0 => "0, TM".into(),
        1 => "1, AOS".into(),
        other => other.to_string(),
    }
}

fn tc_fields(header: TcHeader) -> Vec<Field> {
    let kind = match (header.bypass, header.command) {
        (false, None) => "AD".to_owned(),
        (true, None) => "BD".to_owned(),
        (bypass, Some(command)) => {
            let command = match command {
                ControlCommand::Unlock => "unlock".to_owned(),
                ControlCommand::SetVr(number) => format!("set V(R) to {number}"),
                ControlCommand::Unknown => "unknown command".to_owned(),
            };
            format!("{}, {command}", if bypass { "BC" } else { "AC (not allowed)" })
        }
    };
    let mut fields = vec![("type", kind)];
    if let Some(segment) = header.segment {
        fields.push(("segment", flags_words(segment.sequence_flags).into()));
        fields.push(("MAP", segment.map.to_string()));
    }
    fields
}

/// A first header pointer in words: CCSDS 132.0-B-3 §4.1.2.7.6, CCSDS 732.0-B-4 §4.1.4.2.3.
pub fn pointer_words(pointer: u16) -> String {
    match pointer {
        2047 => "no packet starts".into(),
        2046 => "idle data only".into(),
        offset => format!("byte {offset}"),
    }
}

/// Flags of the TM primary header, CCSDS 132.0-B-3 §4.1.2.
fn tm_flags(bytes: &[u8], fields: &mut Vec<Field>) {
    let &[_, ocf, _, _, status, _, ..] = bytes else {
        return;
    };
    fields.push(("OCF", yes(ocf & 1 != 0)));
    fields.push(("2nd header", yes(status & 0x80 != 0)));
    fields.push(("sync flag", yes(status & 0x40 != 0)));
    fields.push(("segment length", (status >> 3 & 3).to_string()));
}

/// What is known of a packet.
pub fn packet_fields(packet: &PacketView) -> Vec<Field> {
    let mut fields = Vec::new();
    fields.extend(packet.vc.map(|v| ("SCID", v.scid.to_string())));
    fields.extend(packet.vc.map(|v| ("VCID", v.vcid.to_string())));
    fields.push((
        "length",
        format!("{} bytes", format::grouped(packet.bytes.len() as u64)),
    ));
    fields.push(("gap before", packet.gap_before.to_string()));
    fields.push(("APID", apid_words(packet.apid)));
    fields.push(("sequence", flags_words(packet.sequence_flags).into()));
    fields.push(("sequence count", packet.sequence_count.to_string()));
    fields.extend(packet.time.clone().map(|time| ("time", time)));
    let &[first, _, _, _, high, low, ..] = packet.bytes.as_slice() else {
        return fields;
    };
    fields.push(("version", (first >> 5).to_string()));
    fields.push((
        "type",
        if first & 0x10 == 0 {
            "telemetry"
        } else {
            "telecommand"
        }
        .into(),
    ));
    fields.push(("2nd header", yes(first & 0x08 != 0)));
    fields.push(("length field", u16::from_be_bytes([high, low]).to_string()));
    fields
}

/// An APID as people know it.
pub fn apid_words(apid: u16) -> String {
    if apid == IDLE_APID {
        "2047 idle".into()
    } else {
        apid.to_string()
    }
}

/// Sequence flags, CCSDS 133.0-B-2 §4.1.3.4.2.
pub fn flags_words(flags: u8) -> &'static str {
    match flags & 3 {
        0 => "continued",
        1 => "first",
        2 => "last",
        _ => "whole",
    }
}

/// A communications link control word in words (CCSDS 232.0-B-4 §4.2); other contents of the field in hex only.
pub fn ocf_words(ocf: u32) -> String {
    if ocf >> 31 != 0 {
        return format!("{ocf:08X} (type 2)");
    }
    let flags = [
        (15, "no RF"),
        (14, "no bit lock"),
        (13, "lockout"),
        (12, "wait"),
        (11, "retransmit"),
    ];
    let mut text = format!("{ocf:08X} CLCW VC {} next {}", ocf >> 18 & 0x3F, ocf & 0xFF);
    for (_, word) in flags.iter().filter(|(bit, _)| ocf >> bit & 1 != 0) {
        text.push_str(", ");
        text.push_str(word);
    }
    text
}

/// Lower-case hex without spaces, as scripts like it.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clcw_bits_are_where_the_standard_has_them() {
        assert_eq!(ocf_words(0x0000_0000), "00000000 CLCW VC 0 next 0");
        assert_eq!(
            ocf_words(0x010C_A805),
            "010CA805 CLCW VC 3 next 5, no RF, lockout, retransmit"
        );
        assert_eq!(ocf_words(0x8000_0000), "80000000 (type 2)");
    }

    #[test]
    fn hex_is_plain() {
        assert_eq!(hex(&[0x1A, 0xCF, 0xFC, 0x1D]), "1acffc1d");
        assert_eq!(hex(&[]), "");
    }
}
