//! Places where frame synchronisation looks.

use super::asm::Match;

/// Where a unit may begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) bit: u64,
    pub(crate) stream: usize,
    /// How the marker fits, `None` where it is only expected.
    pub(crate) found: Option<Match>,
    /// Polarity to decode with.
    pub(crate) inverted: bool,
}

impl Candidate {
    pub(crate) fn new(bit: u64, stream: usize, found: Match) -> Self {
        Self {
            bit,
            stream,
            found: Some(found),
            inverted: found.inverted,
        }
    }

    /// The place where a marker is expected and is not found.
    pub(crate) fn missing(track: &Track) -> Self {
        Self {
            bit: track.expected,
            stream: track.stream,
            found: None,
            inverted: track.inverted,
        }
    }

    pub(crate) fn correlation(&self) -> f32 {
        self.found.map_or(0.0, |found| found.correlation)
    }
}

/// Where the next marker is expected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Track {
    pub(crate) expected: u64,
    pub(crate) stream: usize,
    pub(crate) inverted: bool,
    /// Markers missing in a row.
    pub(crate) missed: u32,
    /// Whether the code or a second marker has confirmed the first.
    pub(crate) confirmed: bool,
}
