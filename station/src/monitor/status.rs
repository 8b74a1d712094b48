//! The snapshot of a running chain.

use crate::input::InputInfo;
use crate::output::stream::StreamReport;
use groundlink_decoder::coding::SyncStatus;
use groundlink_decoder::link::LinkCounters;
use groundlink_dsp::receiver::ReceiverStatus;
use std::sync::Arc;
use std::time::Duration;

/// Where the run stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Reading and decoding.
    #[default]
    Running,
    /// The input has ended (or the run was stopped) and all is decoded.
    Finished,
    /// Ended early; the reason in one line.
    Failed(String),
}

/// Totals of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Frames in which every check passed.
    pub frames_good: u64,
    /// Of these, frames in which Reed-Solomon corrected something.
    pub frames_corrected: u64,
    /// Frames with an uncorrectable codeword.
    pub frames_uncorrectable: u64,
    /// Frames that the link layer rejected (FECF, version, SCID, VCID).
    pub frames_rejected: u64,
    /// Frames missing by the virtual channels' counts.
    pub frames_lost: u64,
    /// Packets, idle ones included.
    pub packets: u64,
    /// Idle packets.
    pub packets_idle: u64,
    /// Events of level warning and above.
    pub warnings: u64,
}

/// Snapshot of a running chain.
#[derive(Debug, Clone, Default)]
pub struct StationStatus {
    /// Where the run stands.
    pub phase: Phase,
    /// What the input is.
    pub input: Option<Arc<InputInfo>>,
    /// Name of the link profile.
    pub profile: String,
    /// Modulation and rate for people: "QPSK 72000 Bd".
    pub signal: String,
    /// Samples (or soft bits, bytes for other inputs) read so far.
    pub position: u64,
    /// Sample at which the decoding began, later than the first after a jump in the replay.
    pub begins_at: u64,
    /// Samples lost before they reached the receiver.
    pub lost_samples: u64,
    /// UTC of the newest sample, ISO-8601 with Z, where the capture time is known.
    pub utc: Option<String>,
    /// Seconds of signal behind us.
    pub signal_seconds: f64,
    /// Wall-clock time since the start.
    pub elapsed: Duration,
    /// The receiver, where samples are the input.
    pub receiver: Option<ReceiverStatus>,
    /// Share of samples at full scale.
    pub clipping: f32,
    /// Frame synchronisation and inner code.
    pub sync: SyncStatus,
    /// Information-bit energy to noise density, dB; NaN where unknown.
    pub eb_n0_db: f32,
    /// Totals.
    pub totals: Totals,
    /// Per virtual channel and APID.
    pub link: Arc<LinkCounters>,
    /// Counters of the streams.
    pub outputs: Vec<StreamReport>,
}
