//! What streams carry, one unit at a time.

use crate::output::record::Record;
use hifitime::Epoch;
use std::sync::Arc;

/// What the units of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Frames.
    Frames,
    /// CADUs: marker and block as sent, corrected.
    Cadus,
    /// Packets.
    Packets,
    /// Records: lines of JSON.
    Records,
    /// How the signal was received, in intervals.
    Metrics,
}

impl What {
    /// Its name in specifications and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            Self::Cadus => "cadus",
            Self::Packets => "packets",
            Self::Records => "records",
            Self::Metrics => "metrics",
        }
    }
}

/// The run that a unit comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// Name of the link profile.
    pub profile: String,
    /// Name of the downlink, where the run has several.
    pub downlink: Option<String>,
}

/// A unit on its way to the streams.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// What it is.
    pub what: What,
    /// Content.
    pub bytes: Vec<u8>,
    /// UTC of its first bit (of the first bit of the frame in which a packet begins), where known.
    pub utc: Option<Epoch>,
    /// What was said of it.
    pub record: Arc<Record>,
    /// Where it comes from.
    pub origin: Arc<Origin>,
}

impl Unit {
    /// Whole microseconds since the beginning of 1970, UTC, where the time is known.
    pub fn unix_us(&self) -> Option<i64> {
        let since = self.utc?.to_unix_duration().total_nanoseconds();
        i64::try_from(since.div_euclid(1000)).ok()
    }

    /// Whole milliseconds since the beginning of 1970, UTC, where the time is known and not before that.
    pub fn unix_ms(&self) -> Option<u64> {
        u64::try_from(self.unix_us()?.div_euclid(1000)).ok()
    }
}
