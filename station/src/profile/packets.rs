//! `[packets]`: read, checked and written.

use super::check::whole;
use super::error::{Problem, ProfileError, quoted};
use super::read::narrow;
use super::section::Section;
use super::words::{PACKET_TYPES, RESOLUTIONS, TIME_CODES, word};
use super::write::{Lines, quote};
use crate::input::parse_utc;
use crate::time::{PacketTime, utc_nanos_text};
use groundlink_decoder::link::{
    CdsFormat, CdsResolution, CucFormat, FrameKind, PacketConfig, TimeEpoch, TimeField, TimeLayout,
};
use hifitime::Epoch;

/// The word for the epoch that the time codes have by themselves.
const CCSDS_EPOCH: &str = "ccsds";
const EPOCH: &str =
    "\"ccsds\" or text with a UTC time of the years 1950 to 2199, as \"2000-01-01T12:00:00Z\"";
/// Longest part of a secondary header before the time, far above any.
const LONGEST_OFFSET: usize = 255;

pub(super) fn read(
    section: &Section<'_>,
    kind: FrameKind,
) -> Result<(Option<PacketConfig>, Option<PacketTime>), ProfileError> {
    let space_packets = section
        .choice("type", PACKET_TYPES)?
        .unwrap_or(kind != FrameKind::Opaque);
    if !space_packets {
        section.only(&["type"], " of type none")?;
        return Ok((None, None));
    }
    section.only(&["type", "max_bytes", "crc", "time"], "")?;
    let default = PacketConfig::default();
    let packets = PacketConfig {
        max_bytes: section.whole("max_bytes")?.unwrap_or(default.max_bytes),
        crc: section.boolean("crc")?.unwrap_or(default.crc),
    };
    let time = section.switch("time", false)?.map(|s| time(&s)).transpose()?;
    Ok((Some(packets), time))
}

fn time(section: &Section<'_>) -> Result<PacketTime, ProfileError> {
    let is_cuc = section.required("code", section.choice("code", TIME_CODES)?, "\"cuc\" or \"cds\"")?;
    let epoch = epoch(section)?;
    let kind = epoch.map_or(TimeEpoch::Ccsds1958, |_| TimeEpoch::Agency);
    let layout = if is_cuc {
        let keys = [
            "code",
            "epoch",
            "preamble",
            "offset",
            "coarse_bytes",
            "fine_bytes",
        ];
        section.only(&keys, " of code cuc")?;
        TimeLayout::Cuc(CucFormat {
            epoch: kind,
            coarse_bytes: section.whole("coarse_bytes")?.map_or(4, narrow),
            fine_bytes: section.whole("fine_bytes")?.map_or(2, narrow),
        })
    } else {
        let keys = ["code", "epoch", "preamble", "offset", "day_bytes", "resolution"];
        section.only(&keys, " of code cds")?;
        TimeLayout::Cds(CdsFormat {
            epoch: kind,
            long_day: long_day(section)?,
            resolution: section
                .choice("resolution", RESOLUTIONS)?
                .unwrap_or(CdsResolution::Millisecond),
        })
    };
    Ok(PacketTime {
        field: TimeField {
            offset: section.whole("offset")?.unwrap_or(0),
            preamble: section.boolean("preamble")?.unwrap_or(false),
            layout,
        },
        epoch,
    })
}

fn epoch(section: &Section<'_>) -> Result<Option<Epoch>, ProfileError> {
    match section.text("epoch", EPOCH)? {
        None | Some(CCSDS_EPOCH) => Ok(None),
        Some(text) => match parse_utc(text) {
            Ok(epoch) => Ok(Some(epoch)),
            Err(_) => Err(section.refuse("epoch", quoted(text), EPOCH)),
        },
    }
}

fn long_day(section: &Section<'_>) -> Result<bool, ProfileError> {
    match section.whole("day_bytes")? {
        None | Some(2) => Ok(false),
        Some(3) => Ok(true),
        Some(other) => Err(section.refuse("day_bytes", other.to_string(), "2 or 3")),
    }
}

pub(super) fn check(
    packets: &PacketConfig,
    time: Option<&PacketTime>,
    kind: FrameKind,
) -> Result<(), Problem> {
    if kind == FrameKind::Opaque {
        return Err(Problem::new(
            "packets.type",
            "\"space-packets\"",
            "\"none\" in opaque frames",
        ));
    }
    let header = time.map_or(Ok(0), check_time)?;
    // A packet is a 6-byte header and at least one byte (CCSDS 133.0-B-2 §4.1.4), here with its own CRC.
    let least = 6 + header.max(1) + 2 * usize::from(packets.crc);
    whole("packets.max_bytes", packets.max_bytes, least..=65_542)
}

/// Whether there is such a time; the bytes that it takes.
fn check_time(time: &PacketTime) -> Result<usize, Problem> {
    let key = |name: &str| format!("packets.time.{name}");
    whole(&key("offset"), time.field.offset, 0..=LONGEST_OFFSET)?;
    let mission = time.field.layout.epoch() == TimeEpoch::Agency;
    let named = time.epoch.map_or_else(|| CCSDS_EPOCH.to_owned(), utc_nanos_text);
    if mission != time.epoch.is_some() {
        return Err(Problem::new(&key("epoch"), named, "the epoch of the layout"));
    }
    match time.field.layout {
        TimeLayout::Cuc(format) => {
            whole(&key("coarse_bytes"), format.coarse_bytes, 1..=7)?;
            whole(&key("fine_bytes"), format.fine_bytes, 0..=10)?;
        }
        TimeLayout::Cds(_) => {
            let midnight =
                |epoch: Epoch| epoch.to_utc_duration().total_nanoseconds() % 86_400_000_000_000 == 0;
            if !time.epoch.is_none_or(midnight) {
                return Err(Problem::new(
                    &key("epoch"),
                    named,
                    "at midnight with code \"cds\"",
                ));
            }
        }
    }
    time.field
        .bytes()
        .map_err(|error| Problem::new("packets.time", error, "a layout that the code has"))
}

pub(super) fn write(out: &mut Lines, packets: Option<&PacketConfig>, time: Option<&PacketTime>) {
    out.section("packets");
    out.key(
        "type",
        quote(word(PACKET_TYPES, &packets.is_some())),
        "space-packets or none",
    );
    let Some(packets) = packets else {
        return;
    };
    out.key("max_bytes", packets.max_bytes, "longest packet believed");
    out.key("crc", packets.crc, "whether each packet ends in a CRC-16");
    match time {
        Some(time) => write_time(out, time),
        None => out.key("time", false, "a section: the time in secondary headers"),
    }
}

fn write_time(out: &mut Lines, time: &PacketTime) {
    out.section("packets.time");
    let is_cuc = matches!(time.field.layout, TimeLayout::Cuc(_));
    out.key("code", quote(word(TIME_CODES, &is_cuc)), "cuc or cds");
    let epoch = time.epoch.map_or_else(|| CCSDS_EPOCH.to_owned(), utc_nanos_text);
    out.key("epoch", quote(&epoch), "ccsds (1958), or a UTC time");
    out.key("preamble", time.field.preamble, "whether the P-field is sent");
    out.key(
        "offset",
        time.field.offset,
        "bytes of the secondary header before it",
    );
    match time.field.layout {
        TimeLayout::Cuc(format) => {
            out.key("coarse_bytes", format.coarse_bytes, "of seconds, 1 to 7");
            out.key("fine_bytes", format.fine_bytes, "of their fraction, 0 to 10");
        }
        TimeLayout::Cds(format) => {
            out.key("day_bytes", 2 + u8::from(format.long_day), "2 or 3");
            out.key(
                "resolution",
                quote(word(RESOLUTIONS, &format.resolution)),
                "ms, us or ps",
            );
        }
    }
}
