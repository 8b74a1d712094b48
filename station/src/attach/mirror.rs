//! What the messages carry of the monitor's views, and both directions between the two.

use crate::input::{Capture, InputInfo, parse_utc};
use crate::monitor::{BlockView, FrameView, PacketView, Phase, StationStatus, SyncView, Totals};
use crate::output::stream::StreamReport;
use crate::time::utc_nanos_text;
use groundlink_decoder::coding::{FrameQuality, IterativeOutcome, RsOutcome, SyncState, SyncStatus};
use groundlink_decoder::link::{
    ApidCounters, ControlCommand, FrameHeader, LinkCounters, Rejection, SegmentHeader, TcHeader, VcCounters,
    VcId,
};
use groundlink_dsp::receiver::{ReceiverStatus, ResidualCarrier, SymbolQuality};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// Bytes, as CBOR has them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        from.deserialize_byte_buf(Visitor)
    }
}

/// An input.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Input {
    name: String,
    format: String,
    complex: bool,
    sample_rate_hz: Option<f64>,
    length: Option<u64>,
    /// The newest captures: first sample, UTC, frequency in Hz.
    captures: Vec<(u64, Option<String>, Option<f64>)>,
    hardware: Option<String>,
}

/// Captures of an input that are told, of one that knows very many.
const CAPTURES: usize = 64;

impl From<&InputInfo> for Input {
    fn from(info: &InputInfo) -> Self {
        let told = |c: &Capture| (c.sample_start, c.time.map(utc_nanos_text), c.frequency_hz);
        Self {
            name: info.name.clone(),
            format: info.format.clone(),
            complex: info.complex,
            sample_rate_hz: info.sample_rate_hz,
            length: info.length,
            captures: info.captures.iter().take(CAPTURES).map(told).collect(),
            hardware: info.hardware.clone(),
        }
    }
}

impl From<Input> for InputInfo {
    fn from(input: Input) -> Self {
        let capture = |(sample_start, time, frequency_hz): (u64, Option<String>, Option<f64>)| Capture {
            sample_start,
            time: time.and_then(|time| parse_utc(&time).ok()),
            frequency_hz,
            ..Capture::default()
        };
        Self {
            name: input.name,
            format: input.format,
            complex: input.complex,
            sample_rate_hz: input.sample_rate_hz,
            length: input.length,
            captures: input.captures.into_iter().map(capture).collect(),
            hardware: input.hardware,
        }
    }
}

/// The receiver.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Receiver {
    level_dbfs: f32,
    carrier_locked: bool,
    timing_locked: bool,
    es_n0_db: f32,
    offset_hz: f64,
    symbol_rate_hz: f64,
    symbol_rate_error_ppm: f64,
    evm: Option<f32>,
    phase_error_rad: Option<f32>,
    false_lock: Option<f64>,
    noise_dbfs_hz: Option<f64>,
    carrier_power_dbfs: Option<f32>,
    carrier_c_n0_db_hz: Option<f32>,
    carrier_index_rad: Option<f32>,
}

impl From<&ReceiverStatus> for Receiver {
    fn from(status: &ReceiverStatus) -> Self {
        Self {
            level_dbfs: status.level_dbfs,
            carrier_locked: status.carrier_locked,
            timing_locked: status.timing_locked,
            es_n0_db: status.es_n0_db,
            offset_hz: status.offset_hz,
            symbol_rate_hz: status.symbol_rate_hz,
            symbol_rate_error_ppm: status.symbol_rate_error_ppm,
            evm: status.quality.map(|q| q.evm),
            phase_error_rad: status.quality.map(|q| q.phase_error_rad),
            false_lock: status.false_lock,
            noise_dbfs_hz: status.noise_dbfs_hz,
            carrier_power_dbfs: status.residual_carrier.map(|c| c.power_dbfs),
            carrier_c_n0_db_hz: status.residual_carrier.map(|c| c.c_n0_db_hz),
            carrier_index_rad: status.residual_carrier.map(|c| c.index_rad),
        }
    }
}

impl From<Receiver> for ReceiverStatus {
    fn from(told: Receiver) -> Self {
        let quality = told.evm.zip(told.phase_error_rad);
        Self {
            level_dbfs: told.level_dbfs,
            carrier_locked: told.carrier_locked,
            timing_locked: told.timing_locked,
            es_n0_db: told.es_n0_db,
            offset_hz: told.offset_hz,
            symbol_rate_hz: told.symbol_rate_hz,
            symbol_rate_error_ppm: told.symbol_rate_error_ppm,
            quality: quality.map(|(evm, phase_error_rad)| SymbolQuality { evm, phase_error_rad }),
            false_lock: told.false_lock,
            noise_dbfs_hz: told.noise_dbfs_hz,
            residual_carrier: told.carrier_power_dbfs.map(|power_dbfs| ResidualCarrier {
                power_dbfs,
                c_n0_db_hz: told.carrier_c_n0_db_hz.unwrap_or(f32::NAN),
                index_rad: told.carrier_index_rad.unwrap_or(f32::NAN),
            }),
        }
    }
}

/// Name of a state of frame synchronisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Looking for markers.
    #[default]
    Search,
    /// A marker that nothing has confirmed yet.
    Verify,
    /// In lock.
    Lock,
}

impl From<SyncState> for State {
    fn from(state: SyncState) -> Self {
        match state {
            SyncState::Search => Self::Search,
            SyncState::Verify => Self::Verify,
            SyncState::Lock => Self::Lock,
        }
    }
}

impl From<State> for SyncState {
    fn from(state: State) -> Self {
        match state {
            State::Search => Self::Search,
            State::Verify => Self::Verify,
            State::Lock => Self::Lock,
        }
    }
}

/// The coding layer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Coding {
    state: State,
    node_locked: bool,
    channel_ber: f32,
    node: String,
    false_alarm_per_frame: f64,
    blocks: u64,
    uncorrectable: u64,
    slips: u64,
    unconfirmed: u64,
}

/// An output to other programs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Output {
    #[serde(rename = "output")]
    spec: String,
    listens_at: Option<String>,
    offered: u64,
    delivered: u64,
    queued: u64,
    bytes: u64,
    connections: u64,
    clients: u64,
    copies_lost: u64,
    last_error: Option<String>,
}

/// Outputs that are told.
const OUTPUTS: usize = 32;

/// Status of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    phase: Phase,
    input: Option<Input>,
    profile: String,
    signal: String,
    position: u64,
    begins_at: u64,
    lost_samples: u64,
    utc: Option<String>,
    signal_seconds: f64,
    elapsed_s: f64,
    receiver: Option<Receiver>,
    clipping: f32,
    sync: Coding,
    eb_n0_db: f32,
    totals: Totals,
    outputs: Vec<Output>,
}

impl From<&StationStatus> for Status {
    fn from(status: &StationStatus) -> Self {
        Self {
            phase: status.phase.clone(),
            input: status.input.as_deref().map(Input::from),
            profile: status.profile.clone(),
            signal: status.signal.clone(),
            position: status.position,
            begins_at: status.begins_at,
            lost_samples: status.lost_samples,
            utc: status.utc.clone(),
            signal_seconds: status.signal_seconds,
            elapsed_s: status.elapsed.as_secs_f64(),
            receiver: status.receiver.as_ref().map(Receiver::from),
            clipping: status.clipping,
            sync: Coding {
                state: status.sync.state.into(),
                node_locked: status.sync.node_locked,
                channel_ber: status.sync.channel_ber,
                node: status.sync.node.clone(),
                false_alarm_per_frame: status.sync.false_alarm_per_frame,
                blocks: status.sync.blocks,
                uncorrectable: status.sync.uncorrectable,
                slips: status.sync.slips,
                unconfirmed: status.sync.unconfirmed,
            },
            eb_n0_db: status.eb_n0_db,
            totals: status.totals,
            outputs: status.outputs.iter().take(OUTPUTS).map(output).collect(),
        }
    }
}

fn output(report: &StreamReport) -> Output {
    Output {
        spec: report.output.clone(),
        listens_at: report.listens_at.clone(),
        offered: report.offered,
        delivered: report.delivered,
        queued: report.queued,
        bytes: report.bytes,
        connections: report.connections,
        clients: report.clients,
        copies_lost: report.copies_lost,
        last_error: report.last_error.clone(),
    }
}

impl Status {
    /// Where the run stands.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Puts it into a status, beside what it does not tell.
    pub fn put(self, status: &mut StationStatus) {
        status.phase = self.phase;
        status.input = self.input.map(|input| Arc::new(input.into()));
        status.profile = self.profile;
        status.signal = self.signal;
        status.position = self.position;
        status.begins_at = self.begins_at;
        status.lost_samples = self.lost_samples;
        status.utc = self.utc;
        status.signal_seconds = self.signal_seconds;
        status.elapsed = Duration::try_from_secs_f64(self.elapsed_s).unwrap_or_default();
        status.receiver = self.receiver.map(ReceiverStatus::from);
        status.clipping = self.clipping;
        status.sync = SyncStatus {
            state: self.sync.state.into(),
            node_locked: self.sync.node_locked,
            channel_ber: self.sync.channel_ber,
            node: self.sync.node,
            false_alarm_per_frame: self.sync.false_alarm_per_frame,
            blocks: self.sync.blocks,
            uncorrectable: self.sync.uncorrectable,
            slips: self.sync.slips,
            unconfirmed: self.sync.unconfirmed,
        };
        status.eb_n0_db = self.eb_n0_db;
        status.totals = self.totals;
        let report = |output: Output| StreamReport {
            output: output.spec,
            listens_at: output.listens_at,
            offered: output.offered,
            delivered: output.delivered,
            queued: output.queued,
            bytes: output.bytes,
            connections: output.connections,
            clients: output.clients,
            copies_lost: output.copies_lost,
            last_error: output.last_error,
            ..StreamReport::default()
        };
        status.outputs = self.outputs.into_iter().map(report).collect();
    }
}

/// Counters of an APID.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Apid {
    #[serde(rename = "apid")]
    id: u16,
    packets: u64,
    bytes: u64,
    gaps: u64,
    lost: u64,
    repeats: u64,
    bad_crc: u64,
    last_count: u16,
}

/// Counters of a virtual channel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Channel {
    scid: u16,
    vcid: u8,
    frames: u64,
    idle: u64,
    duplicates: u64,
    gaps: u64,
    lost: u64,
    resets: u64,
    no_packet_start: u64,
    last_count: u32,
    last_ocf: Option<u32>,
    packets: u64,
    packet_bytes: u64,
    resyncs: u64,
    cut_packets: u64,
    dropped_bytes: u64,
    apids: Vec<Apid>,
}

/// Counters of a link.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    fed: u64,
    good: u64,
    fecf_good: u64,
    fecf_bad: u64,
    rejected: Vec<(String, u64)>,
    channels: Vec<Channel>,
}

impl From<&LinkCounters> for Link {
    fn from(link: &LinkCounters) -> Self {
        let rejected = link
            .rejected
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count));
        Self {
            fed: link.fed,
            good: link.good,
            fecf_good: link.fecf_good,
            fecf_bad: link.fecf_bad,
            rejected: rejected.collect(),
            channels: link.vcs.iter().map(|(id, vc)| channel(*id, vc)).collect(),
        }
    }
}

fn channel(id: VcId, vc: &VcCounters) -> Channel {
    let apid = |(apid, counters): (&u16, &ApidCounters)| Apid {
        id: *apid,
        packets: counters.packets,
        bytes: counters.bytes,
        gaps: counters.gaps,
        lost: counters.lost,
        repeats: counters.repeats,
        bad_crc: counters.bad_crc,
        last_count: counters.last_count,
    };
    Channel {
        scid: id.scid,
        vcid: id.vcid,
        frames: vc.frames,
        idle: vc.idle,
        duplicates: vc.duplicates,
        gaps: vc.gaps,
        lost: vc.lost,
        resets: vc.resets,
        no_packet_start: vc.no_packet_start,
        last_count: vc.last_count,
        last_ocf: vc.last_ocf,
        packets: vc.packets,
        packet_bytes: vc.packet_bytes,
        resyncs: vc.resyncs,
        cut_packets: vc.cut_packets,
        dropped_bytes: vc.dropped_bytes,
        apids: vc.apids.iter().map(apid).collect(),
    }
}

/// The name of a rejection as this program has it.
fn rejection(name: &str) -> &'static str {
    const ALL: [Rejection; 8] = [
        Rejection::Uncorrectable,
        Rejection::Length,
        Rejection::Fecf,
        Rejection::HeaderErrorControl,
        Rejection::Version,
        Rejection::Scid,
        Rejection::Vcid,
        Rejection::SecondaryHeader,
    ];
    ALL.map(Rejection::name)
        .into_iter()
        .find(|known| *known == name)
        .unwrap_or("other")
}

impl From<Link> for LinkCounters {
    fn from(link: Link) -> Self {
        let rejected = link
            .rejected
            .iter()
            .map(|(name, count)| (rejection(name), *count));
        Self {
            fed: link.fed,
            good: link.good,
            fecf_good: link.fecf_good,
            fecf_bad: link.fecf_bad,
            rejected: rejected.collect(),
            vcs: link.channels.into_iter().map(counters).collect(),
            ..Self::default()
        }
    }
}

fn counters(told: Channel) -> (VcId, VcCounters) {
    let id = VcId {
        scid: told.scid,
        vcid: told.vcid,
    };
    let apid = |apid: Apid| {
        let counters = ApidCounters {
            packets: apid.packets,
            bytes: apid.bytes,
            gaps: apid.gaps,
            lost: apid.lost,
            repeats: apid.repeats,
            bad_crc: apid.bad_crc,
            last_count: apid.last_count,
            ..ApidCounters::default()
        };
        (apid.id, counters)
    };
    let counters = VcCounters {
        frames: told.frames,
        idle: told.idle,
        duplicates: told.duplicates,
        gaps: told.gaps,
        lost: told.lost,
        resets: told.resets,
        no_packet_start: told.no_packet_start,
        last_count: told.last_count,
        last_ocf: told.last_ocf,
        packets: told.packets,
        packet_bytes: told.packet_bytes,
        resyncs: told.resyncs,
        cut_packets: told.cut_packets,
        dropped_bytes: told.dropped_bytes,
        apids: told.apids.into_iter().map(apid).collect(),
    };
    (id, counters)
}

/// A frame header.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Header {
    version: u8,
    scid: u16,
    vcid: u8,
    mc_count: Option<u8>,
    vc_count: u32,
    replay: bool,
    first_header_pointer: Option<u16>,
    tc: Option<Tc>,
}

/// What a TC frame's header has beside.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tc {
    bypass: bool,
    /// "unlock", "`set_v_r`" or another.
    command: Option<String>,
    v_r: Option<u8>,
    segment_flags: Option<u8>,
    map: Option<u8>,
}

impl From<FrameHeader> for Header {
    fn from(header: FrameHeader) -> Self {
        Self {
            version: header.version,
            scid: header.vc.scid,
            vcid: header.vc.vcid,
            mc_count: header.mc_frame_count,
            vc_count: header.vc_frame_count,
            replay: header.replay,
            first_header_pointer: header.first_header_pointer,
            tc: header.tc.map(|tc| Tc {
                bypass: tc.bypass,
                command: tc.command.map(|command| match command {
                    ControlCommand::Unlock => "unlock".to_owned(),
                    ControlCommand::SetVr(_) => "set_v_r".to_owned(),
                    ControlCommand::Unknown => "unknown".to_owned(),
                }),
                v_r: match tc.command {
                    Some(ControlCommand::SetVr(number)) => Some(number),
                    _ => None,
                },
                segment_flags: tc.segment.map(|s| s.sequence_flags),
                map: tc.segment.map(|s| s.map),
            }),
        }
    }
}

impl From<Header> for FrameHeader {
    fn from(told: Header) -> Self {
        let tc = |tc: Tc| TcHeader {
            bypass: tc.bypass,
            command: tc.command.map(|command| match (command.as_str(), tc.v_r) {
                ("unlock", _) => ControlCommand::Unlock,
                ("set_v_r", Some(number)) => ControlCommand::SetVr(number),
                _ => ControlCommand::Unknown,
            }),
            segment: tc
                .segment_flags
                .zip(tc.map)
                .map(|(sequence_flags, map)| SegmentHeader { sequence_flags, map }),
        };
        Self {
            version: told.version,
            vc: VcId {
                scid: told.scid,
                vcid: told.vcid,
            },
            mc_frame_count: told.mc_count,
            vc_frame_count: told.vc_count,
            replay: told.replay,
            first_header_pointer: told.first_header_pointer,
            tc: told.tc.map(tc),
        }
    }
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Frame {
    ordinal: u64,
    sample: Option<u64>,
    utc: Option<String>,
    header: Option<Header>,
    verdict: String,
    good: bool,
    idle: bool,
    gap_before: u32,
    samples_lost: u64,
    eb_n0_db: f32,
    bytes: Bytes,
}

impl From<FrameView> for Frame {
    fn from(frame: FrameView) -> Self {
        Self {
            ordinal: frame.ordinal,
            sample: frame.sample,
            utc: frame.utc,
            header: frame.header.map(Header::from),
            verdict: frame.verdict,
            good: frame.good,
            idle: frame.idle,
            gap_before: frame.gap_before,
            samples_lost: frame.samples_lost,
            eb_n0_db: frame.eb_n0_db,
            bytes: Bytes(frame.bytes),
        }
    }
}

impl From<Frame> for FrameView {
    fn from(frame: Frame) -> Self {
        Self {
            ordinal: frame.ordinal,
            sample: frame.sample,
            utc: frame.utc,
            header: frame.header.map(FrameHeader::from),
            verdict: frame.verdict,
            good: frame.good,
            idle: frame.idle,
            gap_before: frame.gap_before,
            samples_lost: frame.samples_lost,
            eb_n0_db: frame.eb_n0_db,
            bytes: frame.bytes.0,
        }
    }
}

/// A packet.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Packet {
    ordinal: u64,
    sample: Option<u64>,
    utc: Option<String>,
    scid: Option<u16>,
    vcid: Option<u8>,
    apid: u16,
    sequence_flags: u8,
    sequence_count: u16,
    gap_before: u16,
    time: Option<String>,
    bytes: Bytes,
}

impl From<PacketView> for Packet {
    fn from(packet: PacketView) -> Self {
        Self {
            ordinal: packet.ordinal,
            sample: packet.sample,
            utc: packet.utc,
            scid: packet.vc.map(|vc| vc.scid),
            vcid: packet.vc.map(|vc| vc.vcid),
            apid: packet.apid,
            sequence_flags: packet.sequence_flags,
            sequence_count: packet.sequence_count,
            gap_before: packet.gap_before,
            time: packet.time,
            bytes: Bytes(packet.bytes),
        }
    }
}

impl From<Packet> for PacketView {
    fn from(packet: Packet) -> Self {
        Self {
            ordinal: packet.ordinal,
            sample: packet.sample,
            utc: packet.utc,
            vc: packet
                .scid
                .zip(packet.vcid)
                .map(|(scid, vcid)| VcId { scid, vcid }),
            apid: packet.apid,
            sequence_flags: packet.sequence_flags,
            sequence_count: packet.sequence_count,
            gap_before: packet.gap_before,
            time: packet.time,
            bytes: packet.bytes.0,
        }
    }
}

/// A block as the codes saw it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Block {
    index: Option<u64>,
    end: Option<u64>,
    good: bool,
    eb_n0_db: f32,
    asm_errors: u32,
    asm_correlation: f32,
    inverted: bool,
    flywheel: bool,
    slip_bits: i32,
    /// In error, of how many.
    channel_symbols: Option<(u32, u32)>,
    es_n0_db: Option<f32>,
    passes: u32,
    rs_corrections: Option<Vec<Option<u8>>>,
    rs_erasures: Vec<u8>,
    /// Iterations, converged, unsatisfied checks, channel errors.
    iterative: Vec<(u32, bool, Option<u32>, u32)>,
}

impl From<BlockView> for Block {
    fn from(block: BlockView) -> Self {
        let quality = block.quality;
        let erasures = quality.reed_solomon.as_ref().map(|rs| rs.erasures.clone());
        let words = quality.iterative.iter();
        let words = words.map(|w| (w.iterations, w.converged, w.syndrome_weight, w.channel_errors));
        Self {
            index: block.index,
            end: block.end,
            good: block.good,
            eb_n0_db: block.eb_n0_db,
            asm_errors: quality.asm_errors,
            asm_correlation: quality.asm_correlation,
            inverted: quality.inverted,
            flywheel: quality.flywheel,
            slip_bits: quality.slip_bits,
            channel_symbols: quality.channel_symbols,
            es_n0_db: quality.es_n0_db,
            passes: quality.passes,
            iterative: words.collect(),
            rs_corrections: quality.reed_solomon.map(|rs| rs.corrections),
            rs_erasures: erasures.unwrap_or_default(),
        }
    }
}

impl From<Block> for BlockView {
    fn from(block: Block) -> Self {
        let erasures = block.rs_erasures;
        let word = |(iterations, converged, syndrome_weight, channel_errors)| IterativeOutcome {
            iterations,
            converged,
            syndrome_weight,
            channel_errors,
        };
        Self {
            index: block.index,
            end: block.end,
            good: block.good,
            eb_n0_db: block.eb_n0_db,
            quality: FrameQuality {
                asm_errors: block.asm_errors,
                asm_correlation: block.asm_correlation,
                inverted: block.inverted,
                flywheel: block.flywheel,
                slip_bits: block.slip_bits,
                channel_symbols: block.channel_symbols,
                es_n0_db: block.es_n0_db,
                passes: block.passes,
                reed_solomon: block.rs_corrections.map(|corrections| RsOutcome {
                    corrections,
                    erasures,
                }),
                iterative: block.iterative.into_iter().map(word).collect(),
            },
        }
    }
}

/// A change of frame synchronisation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sync {
    index: Option<u64>,
    state: State,
    node: String,
}

impl From<SyncView> for Sync {
    fn from(sync: SyncView) -> Self {
        Self {
            index: sync.index,
            state: sync.state.into(),
            node: sync.node,
        }
    }
}

impl From<Sync> for SyncView {
    fn from(sync: Sync) -> Self {
        Self {
            index: sync.index,
            state: sync.state.into(),
            node: sync.node,
        }
    }
}
