//! Where in the bits a marker is: anywhere, at one place, or about where it is expected; and what vouches for it.

use super::{FrameSync, SLIP};
use crate::coding::asm::{Criterion, Match};
use crate::coding::candidate::{Candidate, Track};

impl FrameSync {
    /// First place at or after `from` and before `limit` where the marker fits, in any stream.
    pub(super) fn find(&self, from: u64, limit: u64) -> Option<Candidate> {
        let mut end = (limit + self.marker.bits() - 1).min(self.bits.end());
        let mut first: Option<Candidate> = None;
        for stream in 0..self.bits.streams() {
            if from >= end {
                break;
            }
            if let Some((place, found)) = self.marker.find(self.bits.slice(stream, from, end)) {
                let candidate = Candidate::new(from + place as u64, stream, found);
                if first.is_none_or(|f| candidate.bit < f.bit || candidate.correlation() > f.correlation()) {
                    first = Some(candidate);
                }
                end = candidate.bit + self.marker.bits();
            }
        }
        first
    }

    /// How the marker fits at `bit`.
    pub(super) fn fit(&self, stream: usize, bit: u64, criterion: Criterion) -> Option<Match> {
        let end = bit + self.marker.bits();
        if end > self.bits.end() {
            return None;
        }
        self.marker.fit(self.bits.slice(stream, bit, end), criterion)
    }

    /// Whether a marker of the same polarity follows the unit of `candidate`.
    pub(super) fn confirmed(&self, candidate: &Candidate) -> bool {
        self.fit(
            candidate.stream,
            candidate.bit + self.unit_bits,
            self.marker.search,
        )
        .is_some_and(|found| found.inverted == candidate.inverted)
    }

    /// Whether markers alone vouch for a candidate: its own without an error, or the one that follows its unit.
    fn witnessed(&self, candidate: &Candidate) -> bool {
        candidate.found.is_some_and(|found| found.errors == 0) || self.confirmed(candidate)
    }

    /// Whether the unit decoded last, a success at another place than expected, is no codeword met late
    /// ([`DOUBTFUL`](super::DOUBTFUL)): a burst of errors in marker and first bytes of a unit makes it fail, and the
    /// rest of it with what follows succeed.
    pub(super) fn vouched(&self, candidate: &Candidate) -> bool {
        self.blocks.most_corrected() == 0 || self.witnessed(candidate)
    }

    /// Whether a candidate in lock has the polarity of the frames before, or a witness for the other: the outer
    /// code is none, since it takes a frame and its complement alike.
    pub(super) fn polarity_sure(&self, candidate: &Candidate, track: &Track) -> bool {
        candidate.inverted == track.inverted || self.witnessed(candidate)
    }

    /// The candidate at or near the expected place.
    pub(super) fn expected(&self, track: &Track) -> Candidate {
        let (expected, stream) = (track.expected, track.stream);
        if let Some(found) = self.fit(stream, expected, self.marker.lock) {
            return Candidate::new(expected, stream, found);
        }
        for distance in 0..=SLIP {
            for bit in [expected.saturating_sub(distance), expected + distance] {
                for stream in 0..self.bits.streams() {
                    if let Some(found) = self.fit(stream, bit, self.marker.search) {
                        return Candidate::new(bit, stream, found);
                    }
                }
            }
        }
        Candidate::missing(track)
    }

    /// Whether there is at least a trace of a marker. Without one a success of the outer code proves nothing:
    /// constant fill is a codeword, and for most depths the randomizer's sequence is one too.
    pub(super) fn plausible(&self, candidate: &Candidate) -> bool {
        candidate.found.is_some()
            || self
                .fit(candidate.stream, candidate.bit, self.marker.trace)
                .is_some_and(|found| found.inverted == candidate.inverted)
    }
}
