//! The records of `--events`: JSON Lines, one self-describing object a line.

use crate::input::{LossCause, TimeSource};
use crate::time::{PacketTimeError, SampleClock, SampleTime, utc_text};
use groundlink_decoder::link::{Continuity, LinkPacket, SequenceCheck, VcId};
use serde::Serialize;
use std::fmt::Write;

/// Version of the records' layout, in every line as `v`. It changes when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// Where in the input something is: exactly one index, and UTC where the capture time is known.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Place {
    /// Input sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<u64>,
    /// Soft bit, for inputs of soft symbols or bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft_bit: Option<u64>,
    /// Byte, for inputs of CADUs, frames or packets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// UTC, ISO-8601 with Z.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utc: Option<String>,
    /// The time is right within this many seconds either way, where anybody says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utc_uncertainty_s: Option<f64>,
    /// Where the time is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_source: Option<TimeSource>,
}

impl Place {
    /// The place of a sample, with its time where it is known.
    pub fn of_sample(sample: u64, clock: &SampleClock) -> Self {
        Self {
            sample: Some(sample),
            ..Self::at(clock.at(sample as f64))
        }
    }

    /// A place of which the time alone is told.
    pub fn at(time: Option<SampleTime>) -> Self {
        Self {
            utc: time.map(|time| utc_text(time.utc)),
            utc_uncertainty_s: time.and_then(|time| time.uncertainty_s),
            time_source: time.map(|time| time.source),
            ..Self::default()
        }
    }
}

/// Samples lost on the way to a frame.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct LostBefore {
    /// Samples lost between the end of the frame before and the end of this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples_lost: Option<u64>,
    /// Why, each cause once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost_causes: Vec<LossCause>,
}

/// State of the signal, where samples are the input.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SignalRecord {
    /// Symbol energy to noise density, dB (`null` where unknown).
    pub es_n0_db: f64,
    /// Information-bit energy to noise density, dB.
    pub eb_n0_db: f64,
    /// Carrier offset from nominal, Hz.
    pub offset_hz: f64,
    /// Symbols per second.
    pub symbol_rate_hz: f64,
    /// Error vector magnitude, percent.
    pub evm_percent: Option<f64>,
    /// Root mean square of the carrier phase's error, degrees.
    pub phase_error_deg: Option<f64>,
}

/// What the coding layer says of a frame.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CodingRecord {
    /// Marker bits in error.
    pub asm_errors: u32,
    /// Whether the marker arrived inverted.
    pub inverted: bool,
    /// Whether the marker was not found where it was expected.
    pub flywheel: bool,
    /// Bits by which the frame began off its expected place.
    pub slip_bits: i32,
    /// Channel symbols in error by re-encoding, where a code corrects soft symbols.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_symbol_errors: Option<u32>,
    /// Channel symbols compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_symbols: Option<u32>,
    /// Symbols corrected per Reed-Solomon codeword, `null` for an uncorrectable one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rs_corrections: Option<Vec<Option<u8>>>,
    /// Erased symbols that the correction of each Reed-Solomon codeword used, where it used any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rs_erasures: Vec<u8>,
    /// Passes of the inner decoder, where there were more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passes: Option<u32>,
    /// Es/N0 of the channel symbols by the distance to what was decoded, dB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_es_n0_db: Option<f64>,
    /// The Eb/N0 per information bit that follows, dB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_eb_n0_db: Option<f64>,
    /// Iterations per turbo or LDPC codeword.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub iterations: Vec<u32>,
    /// Whether each turbo or LDPC codeword was decoded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub converged: Vec<bool>,
    /// Unsatisfied parity checks per LDPC codeword.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub syndrome_weights: Vec<u32>,
}

/// What the transfer frame's header says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeaderRecord {
    /// Transfer frame version number.
    pub version: u8,
    /// Spacecraft identifier.
    pub scid: u16,
    /// Virtual channel identifier.
    pub vcid: u8,
    /// Master channel frame count (TM).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mc_count: Option<u8>,
    /// Virtual channel frame count; TC: frame sequence number.
    pub vc_count: u32,
    /// First header pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_header_pointer: Option<u16>,
    /// TC: what else it says.
    #[serde(flatten)]
    pub tc: Option<TcRecord>,
}

/// What only the header of a TC frame says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TcRecord {
    /// Type-B frame: taken whatever its sequence number.
    pub bypass: bool,
    /// Type-C frame: its command to the receiver, "unlock", "`set_v_r`" or "unknown".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<&'static str>,
    /// The sequence number that the command sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v_r: Option<u8>,
    /// Sequence flags of the segment: 1 first, 0 continuation, 2 last, 3 whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_flags: Option<u8>,
    /// Multiplexer access point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<u8>,
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FrameRecord {
    /// Number from 0, bad frames included.
    pub frame: u64,
    /// Where its marker begins.
    #[serde(flatten)]
    pub place: Place,
    /// Whether every check passed.
    pub good: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<&'static str>,
    /// Bytes.
    pub length: usize,
    /// Header.
    #[serde(flatten)]
    pub header: Option<HeaderRecord>,
    /// Place in its channel's count: "first", "next", "gap", "duplicate", "reset", "uncounted".
    pub continuity: &'static str,
    /// Frames missing before it in its virtual channel.
    pub gap_before: u32,
    /// Frames missing before it in its master channel (TM).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mc_gap_before: Option<u32>,
    /// Samples lost on the way to it.
    #[serde(flatten)]
    pub lost_before: LostBefore,
    /// Whether it carries only idle data.
    pub idle: bool,
    /// Whether the FECF (or an opaque frame's CRC) is right; `null` without one.
    pub fecf: Option<bool>,
    /// Secondary header (TM), hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_header: Option<String>,
    /// Insert zone (AOS), hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insert_zone: Option<String>,
    /// Operational control field, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ocf: Option<String>,
    /// Coding layer.
    #[serde(flatten)]
    pub coding: Option<CodingRecord>,
    /// Signal.
    #[serde(flatten)]
    pub signal: Option<SignalRecord>,
    /// Offset in the frames output, where it was written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames_offset: Option<u64>,
}

/// How the signal was received over an interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricsRecord {
    /// Where the interval begins.
    #[serde(flatten)]
    pub place: Place,
    /// Its length, s.
    pub seconds: f64,
    /// For how long of it the receiver was locked, s; the means are over that time, and `null` where there is none.
    pub locked_seconds: f64,
    /// State of frame synchronisation at its end.
    pub sync: &'static str,
    /// Mean symbol energy to noise density, dB.
    pub es_n0_db: Option<f64>,
    /// Mean information-bit energy to noise density, dB.
    pub eb_n0_db: Option<f64>,
    /// Mean carrier offset from nominal, Hz.
    pub offset_hz: Option<f64>,
    /// Mean symbol rate over the profile's, minus one, parts per million.
    pub symbol_rate_error_ppm: Option<f64>,
    /// Good frames that begin in it.
    pub frames_good: u64,
    /// Of these, with anything corrected.
    pub frames_corrected: u64,
    /// Frames that begin in it and failed a check.
    pub frames_bad: u64,
    /// Frames missing before those that begin in it, in their virtual channels.
    pub frames_lost: u64,
    /// Samples that were lost from a place in it on.
    pub samples_lost: u64,
}

/// A packet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PacketRecord {
    /// Number from 0.
    pub packet: u64,
    /// Where the frame in which it begins begins (the packet, where packets are the input).
    #[serde(flatten)]
    pub place: Place,
    /// Spacecraft identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scid: Option<u16>,
    /// Virtual channel identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vcid: Option<u8>,
    /// Frame in which it begins.
    pub frame: u64,
    /// Frame in which it ends.
    pub last_frame: u64,
    /// Byte of that first frame at which its header begins.
    pub frame_offset: usize,
    /// Application process identifier.
    pub apid: u16,
    /// Telecommand rather than telemetry.
    pub telecommand: bool,
    /// Whether it has a secondary header.
    pub secondary_header: bool,
    /// UTC of its time code, ISO-8601 with nanoseconds and Z.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Why its time code could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_error: Option<String>,
    /// 3 unsegmented, 1 first, 0 continuation, 2 last.
    pub sequence_flags: u8,
    /// Sequence count.
    pub sequence_count: u16,
    /// Packets of its APID missing before it.
    pub gap_before: u16,
    /// Whether it is an idle packet.
    pub idle: bool,
    /// Packet error control right or not; `null` without one.
    pub crc: Option<bool>,
    /// Bytes, header included.
    pub length: usize,
    /// Offset in the packets output, where it was written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packets_offset: Option<u64>,
}

/// A line of `--events`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// First line.
    Start {
        /// Profile name.
        profile: String,
        /// Program version.
        groundlink: &'static str,
        /// What the input is: "iq", "soft", "bits", "cadus", "frames", "packets".
        from: &'static str,
        /// Samples per second, where samples are the input.
        #[serde(skip_serializing_if = "Option::is_none")]
        sample_rate_hz: Option<f64>,
        /// UTC of the first sample, where it is known beforehand.
        #[serde(flatten)]
        time: Place,
    },
    /// The receiver gained or lost lock, or began anew.
    Lock {
        /// Where.
        #[serde(flatten)]
        place: Place,
        /// Locked from here on.
        locked: bool,
        /// Symbols do not continue those before.
        restart: bool,
        /// Signal.
        #[serde(flatten)]
        signal: SignalRecord,
    },
    /// Frame synchronisation changed its state.
    Sync {
        /// Where.
        #[serde(flatten)]
        place: Place,
        /// "search", "verify" or "lock".
        state: &'static str,
        /// What node synchronisation found.
        #[serde(skip_serializing_if = "String::is_empty")]
        node: String,
    },
    /// A frame.
    Frame(Box<FrameRecord>),
    /// How the signal was received over an interval; for archives alone.
    Metrics(Box<MetricsRecord>),
    /// Frames are missing in a virtual channel.
    Gap {
        /// Where the next frame of the channel begins.
        #[serde(flatten)]
        place: Place,
        /// Spacecraft identifier.
        scid: u16,
        /// Virtual channel identifier.
        vcid: u8,
        /// Frames missing.
        lost: u32,
        /// Count of the frame after the gap.
        vc_count: u32,
    },
    /// A packet.
    Packet(Box<PacketRecord>),
    /// Packet extraction lost its place and found it again.
    Resync {
        /// Where the frame begins at which it happened.
        #[serde(flatten)]
        place: Place,
        /// Spacecraft identifier, where frames are known.
        #[serde(skip_serializing_if = "Option::is_none")]
        scid: Option<u16>,
        /// Virtual channel identifier, where frames are known.
        #[serde(skip_serializing_if = "Option::is_none")]
        vcid: Option<u8>,
        /// Bytes of packets dropped.
        dropped_bytes: usize,
        /// Why.
        reason: &'static str,
    },
    /// Samples were lost before they reached the receiver.
    SamplesLost {
        /// Where.
        #[serde(flatten)]
        place: Place,
        /// How many.
        lost: u64,
        /// How long that is.
        seconds: f64,
        /// Why.
        cause: LossCause,
    },
    /// The profile was changed while the run went on.
    ProfileChanged {
        /// From here on.
        #[serde(flatten)]
        place: Place,
        /// What was set, "coding.randomizer = none".
        set: String,
        /// Whether the counters of virtual channels began anew.
        counters_anew: bool,
    },
    /// Something is wrong with the input or an output.
    Warning {
        /// One line.
        text: String,
    },
    /// The run ends early.
    Error {
        /// One line.
        text: String,
    },
    /// Last line.
    End {
        /// Good frames.
        frames: u64,
        /// Bad frames.
        bad_frames: u64,
        /// Frames missing by the virtual channels' counts.
        lost_frames: u64,
        /// Packets.
        packets: u64,
    },
}

/// A record with the schema version in front, and the downlink where the run has several.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    /// [`SCHEMA_VERSION`].
    pub v: u32,
    /// Name of the downlink.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downlink: Option<&'a str>,
    /// Record.
    #[serde(flatten)]
    pub record: &'a Record,
    /// Content of the frame or packet that the record is about, hexadecimal, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// Bytes as upper-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02X}");
            text
        })
}

/// Word for a continuity, and the frames missing.
pub fn continuity(value: Continuity) -> (&'static str, u32) {
    match value {
        Continuity::First => ("first", 0),
        Continuity::Next => ("next", 0),
        Continuity::Gap(lost) => ("gap", lost),
        Continuity::Duplicate => ("duplicate", 0),
        Continuity::Reset => ("reset", 0),
        Continuity::Uncounted => ("uncounted", 0),
    }
}

/// Packets missing before a packet.
pub fn packet_gap(value: SequenceCheck) -> u16 {
    match value {
        SequenceCheck::Gap(lost) => lost,
        _ => 0,
    }
}

/// Record of a packet.
pub fn packet_record(
    number: u64,
    place: Place,
    packet: &LinkPacket,
    time: Option<Result<String, PacketTimeError>>,
    packets_offset: Option<u64>,
) -> Record {
    let (time, time_error) = match time {
        Some(Ok(text)) => (Some(text), None),
        Some(Err(error)) => (None, Some(error.to_string())),
        None => (None, None),
    };
    let vc: Option<VcId> = packet.vc;
    Record::Packet(Box::new(PacketRecord {
        packet: number,
        place,
        scid: vc.map(|vc| vc.scid),
        vcid: vc.map(|vc| vc.vcid),
        frame: packet.frame,
        last_frame: packet.last_frame,
        frame_offset: packet.offset,
        apid: packet.apid,
        telecommand: packet.telecommand,
        secondary_header: packet.secondary_header,
        time,
        time_error,
        sequence_flags: packet.sequence_flags,
        sequence_count: packet.sequence_count,
        gap_before: packet_gap(packet.sequence),
        idle: packet.idle(),
        crc: packet.crc_good,
        length: packet.bytes.len(),
        packets_offset,
    }))
}
