//! Frames, packets and events as they are shown.

use groundlink_decoder::link::{FrameHeader, VcId};

/// Severity of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Normal course.
    Info,
    /// Something was lost or rejected.
    Warning,
    /// The run cannot go on, or an output failed.
    Error,
}

/// What an event is about, for those who ring bells and jump from one to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Anything else.
    #[default]
    Other,
    /// A satellite has risen, or what is received of it begins.
    Aos,
    /// A satellite has set, or what is received of it has ended.
    Los,
    /// The receiver or frame synchronisation has found its signal.
    Locked,
    /// One of them has lost it.
    LockLost,
    /// Frames are missing by a virtual channel's count.
    Gap,
    /// Samples were lost before the receiver.
    SamplesLost,
    /// Somebody changed the run: another place, another profile.
    Asked,
}

impl EventKind {
    /// Whether something was lost.
    pub fn trouble(self) -> bool {
        matches!(self, Self::LockLost | Self::Gap | Self::SamplesLost)
    }
}

/// An event for people.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct EventLine {
    /// Severity.
    pub level: Level,
    /// What it is about.
    pub kind: EventKind,
    /// Input sample at which it happened, where there are samples.
    pub sample: Option<u64>,
    /// UTC, where known.
    pub utc: Option<String>,
    /// One line.
    pub text: String,
}

impl EventLine {
    /// An event of the normal course, without a place.
    pub fn info(text: &str) -> Self {
        Self {
            level: Level::Info,
            kind: EventKind::Other,
            sample: None,
            utc: None,
            text: text.to_owned(),
        }
    }
}

/// A frame for display.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameView {
    /// Number from 0.
    pub ordinal: u64,
    /// Input sample at which its ASM began.
    pub sample: Option<u64>,
    /// UTC of that sample.
    pub utc: Option<String>,
    /// Header, where the protocol has one.
    pub header: Option<FrameHeader>,
    /// "good", "corrected 3", "uncorrectable", "FECF", …
    pub verdict: String,
    /// Whether every check passed.
    pub good: bool,
    /// Whether it carries only idle data.
    pub idle: bool,
    /// Frames missing before it in its channel.
    pub gap_before: u32,
    /// Samples lost between the end of the frame before and its own.
    pub samples_lost: u64,
    /// Eb/N0 at its time, dB; NaN where unknown.
    pub eb_n0_db: f32,
    /// Content.
    pub bytes: Vec<u8>,
}

/// A packet for display.
#[derive(Debug, Clone, PartialEq)]
pub struct PacketView {
    /// Number from 0.
    pub ordinal: u64,
    /// Input sample at which the frame in which it began starts.
    pub sample: Option<u64>,
    /// UTC of that sample.
    pub utc: Option<String>,
    /// Virtual channel, where known.
    pub vc: Option<VcId>,
    /// Application process identifier.
    pub apid: u16,
    /// Sequence flags.
    pub sequence_flags: u8,
    /// Sequence count.
    pub sequence_count: u16,
    /// Packets missing before it by its count.
    pub gap_before: u16,
    /// UTC of its time code, where it has one that can be told.
    pub time: Option<String>,
    /// Content, header included.
    pub bytes: Vec<u8>,
}
