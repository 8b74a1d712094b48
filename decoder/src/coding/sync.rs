//! Frame synchronisation: search, verification, lock with flywheel, slips.
//!
//! A candidate is a place where the marker fits. The outer code judges it; without one the marker that follows
//! does. A candidate that fails never consumes the bits of a better one: before a failed unit is given out, all
//! candidates inside its span are tried. Every decision is taken when the bits it depends on have arrived, so
//! that it does not depend on how the input was cut.

use super::asm::{FALSE_ALARM_BOUND, Marker, Match, match_probability};
use super::bits::BitBuffer;
use super::block::BlockDecoder;
use super::frame::{CodedFrame, FrameQuality, SyncState};

/// Bits by which a frame may be early or late before a whole search looks for it.
const SLIP: u64 = 8;

/// Corrections from which on a success in search is doubted until no better candidate is in its span: the code
/// is cyclic, so a codeword met some bytes late (at a marker inside a frame) decodes with as many corrections.
const DOUBTFUL: u8 = 4;

/// Where a unit may begin.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    bit: u64,
    stream: usize,
    /// How the marker fits, `None` where it is only expected.
    found: Option<Match>,
    /// Polarity to decode with.
    inverted: bool,
}

/// What is expected next.
#[derive(Debug, Clone, Copy)]
enum State {
    /// Search from this bit on.
    Search(u64),
    Lock {
        expected: u64,
        stream: usize,
        inverted: bool,
        missed: u32,
    },
}

/// Counters.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) blocks: u64,
    pub(crate) uncorrectable: u64,
    pub(crate) slips: u64,
}

/// More bits are needed for the next decision.
struct Wait;

#[derive(Debug)]
pub(crate) struct FrameSync {
    marker: Marker,
    blocks: BlockDecoder,
    pub(crate) bits: BitBuffer,
    flywheel: u32,
    state: State,
    /// Units without marker and without success, kept until a marker shows that the lock held.
    unconfirmed: Vec<CodedFrame>,
    counts: Counts,
    unit_bits: u64,
    checked: bool,
    finished: bool,
}

impl FrameSync {
    pub(crate) fn new(marker: Marker, blocks: BlockDecoder, bits: BitBuffer, flywheel: u32) -> Self {
        let unit_bits = blocks.layout().unit_bits() as u64;
        let checked = blocks.layout().rs.is_some();
        Self {
            marker,
            blocks,
            bits,
            flywheel,
            state: State::Search(0),
            unconfirmed: Vec::new(),
            counts: Counts::default(),
            unit_bits,
            checked,
            finished: false,
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) fn state(&self) -> SyncState {
        match self.state {
            State::Search(_) => SyncState::Search,
            State::Lock { missed: 0, .. } => SyncState::Lock,
            State::Lock { .. } => SyncState::Verify,
        }
    }

    /// Probability that a random stretch of a frame's length is taken for a frame.
    pub(crate) fn false_alarm_per_frame(&self) -> f64 {
        let places = (self.unit_bits * self.bits.streams() as u64) as f64;
        let candidates = 2.0 * places * match_probability(self.marker.bits, self.marker.search_tolerance);
        if self.checked {
            candidates.min(1.0) * FALSE_ALARM_BOUND
        } else {
            candidates.min(1.0)
        }
    }

    /// Takes all decisions that the bits allow.
    pub(crate) fn advance(&mut self, out: &mut Vec<CodedFrame>) {
        while self.step(out).is_ok() {}
        let needed = match self.state {
            State::Search(from) => from,
            State::Lock { expected, .. } => expected.saturating_sub(SLIP),
        };
        self.bits.forget(needed);
    }

    /// No bits follow: decides with what there is, and starts anew behind it.
    pub(crate) fn finish(&mut self, out: &mut Vec<CodedFrame>) {
        self.finished = true;
        self.advance(out);
        self.finished = false;
        self.unconfirmed.clear();
        self.state = State::Search(self.bits.end());
    }

    fn step(&mut self, out: &mut Vec<CodedFrame>) -> Result<(), Wait> {
        match self.state {
            State::Search(from) => self.search(from, out),
            State::Lock { .. } => self.track(out),
        }
    }

    /// Waits until bit `end` is there, if it can still come.
    fn need(&self, end: u64) -> Result<(), Wait> {
        if self.finished || self.bits.end() >= end {
            Ok(())
        } else {
            Err(Wait)
        }
    }

    fn complete(&self, candidate: &Candidate) -> bool {
        candidate.bit + self.unit_bits <= self.bits.end()
    }

    /// First place at or after `from` and before `limit` where the marker fits, in any stream.
    fn find(&self, from: u64, limit: u64) -> Option<Candidate> {
        let mut end = (limit + self.marker.bits as u64 - 1).min(self.bits.end());
        let mut first: Option<Candidate> = None;
        for stream in 0..self.bits.streams() {
            if from >= end {
                break;
            }
            if let Some((place, found)) = self.marker.find(self.bits.slice(stream, from, end)) {
                let bit = from + place as u64;
                if first.is_none_or(|f| bit < f.bit || found.errors < f.found.map_or(0, |m| m.errors)) {
                    first = Some(Candidate {
                        bit,
                        stream,
                        found: Some(found),
                        inverted: found.inverted,
                    });
                }
                end = bit + self.marker.bits as u64;
            }
        }
        first
    }

    /// How the marker fits at `bit`.
    fn fit(&self, stream: usize, bit: u64, tolerance: u32) -> Option<Match> {
        let end = bit + self.marker.bits as u64;
        if end > self.bits.end() {
            return None;
        }
        self.marker.fit(self.bits.slice(stream, bit, end), tolerance)
    }

    /// Whether a marker of the same polarity follows the unit of `candidate`.
    fn confirmed(&self, candidate: &Candidate) -> bool {
        self.fit(
            candidate.stream,
            candidate.bit + self.unit_bits,
            self.marker.search_tolerance,
        )
        .is_some_and(|found| found.inverted == candidate.inverted)
    }

    fn search(&mut self, from: u64, out: &mut Vec<CodedFrame>) -> Result<(), Wait> {
        let end = self.bits.end();
        let Some(candidate) = self.find(from, end) else {
            self.state = State::Search(from.max((end + 1).saturating_sub(self.marker.bits as u64)));
            return Err(Wait);
        };
        self.state = State::Search(candidate.bit);
        self.need(candidate.bit + self.unit_bits)?;
        self.state = State::Search(candidate.bit + 1);
        if !self.complete(&candidate) {
            return Ok(());
        }
        let good = self.decode(&candidate) == Some(true);
        let corrected = self.blocks.most_corrected();
        if good && corrected < DOUBTFUL {
            self.accept(&candidate, 0, out);
            return Ok(());
        }
        self.state = State::Search(candidate.bit);
        self.need(candidate.bit + self.unit_bits + self.marker.bits as u64)?;
        let confirmed = self.confirmed(&candidate);
        if self.checked && !good && !confirmed {
            self.state = State::Search(candidate.bit + 1);
            return Ok(());
        }
        let sure = confirmed && (good || !self.checked);
        let chosen = if sure {
            candidate
        } else {
            self.need(candidate.bit + 2 * (self.unit_bits + self.marker.bits as u64))?;
            let limit = if good { corrected } else { u8::MAX };
            self.find_better(&candidate, candidate.bit + 1, limit)
                .unwrap_or(candidate)
        };
        self.decode(&chosen);
        self.accept(&chosen, 0, out);
        Ok(())
    }

    /// Decodes the unit of a candidate into the buffers of the block decoder.
    fn decode(&mut self, candidate: &Candidate) -> Option<bool> {
        let soft = self
            .bits
            .slice(candidate.stream, candidate.bit, candidate.bit + self.unit_bits);
        self.blocks.decode(soft, candidate.inverted)
    }

    /// The first candidate from `from` on inside the span of `failed` that succeeds, with fewer than
    /// `corrections` corrected symbols in each codeword.
    fn find_better(&mut self, failed: &Candidate, from: u64, corrections: u8) -> Option<Candidate> {
        let limit = failed.bit + self.unit_bits;
        let mut from = from;
        while let Some(candidate) = self.find(from, limit) {
            from = candidate.bit + 1;
            if candidate.bit == failed.bit || !self.complete(&candidate) {
                continue;
            }
            let good = if self.checked {
                self.decode(&candidate) == Some(true) && self.blocks.most_corrected() < corrections
            } else {
                self.confirmed(&candidate)
            };
            // A marker with a successor also beats a place where there is none.
            if good || (failed.found.is_none() && self.confirmed(&candidate)) {
                return Some(candidate);
            }
        }
        None
    }

    /// Gives out the unit decoded last and locks behind it.
    fn accept(&mut self, candidate: &Candidate, slip: i64, out: &mut Vec<CodedFrame>) {
        self.release(out);
        let frame = self.build(candidate, slip);
        self.give(frame, out);
        self.lock(candidate, 0);
    }

    fn lock(&mut self, candidate: &Candidate, missed: u32) {
        self.state = State::Lock {
            expected: candidate.bit + self.unit_bits,
            stream: candidate.stream,
            inverted: candidate.inverted,
            missed,
        };
    }

    fn release(&mut self, out: &mut Vec<CodedFrame>) {
        for frame in std::mem::take(&mut self.unconfirmed) {
            self.give(frame, out);
        }
    }

    fn give(&mut self, frame: CodedFrame, out: &mut Vec<CodedFrame>) {
        self.counts.blocks += 1;
        self.counts.uncorrectable += u64::from(!frame.good());
        self.counts.slips += u64::from(frame.quality.slip_bits != 0);
        out.push(frame);
    }

    fn build(&self, candidate: &Candidate, slip: i64) -> CodedFrame {
        let end = candidate.bit + self.unit_bits;
        let soft = self.bits.slice(candidate.stream, candidate.bit, end);
        let found = candidate
            .found
            .or_else(|| self.marker.fit(soft, self.marker.bits as u32));
        let asm_errors = found.map_or(0, |found| {
            if found.inverted == candidate.inverted {
                found.errors
            } else {
                self.marker.bits as u32 - found.errors
            }
        });
        let quality = FrameQuality {
            asm_errors,
            inverted: candidate.inverted,
            flywheel: candidate.found.is_none(),
            slip_bits: slip.clamp(i32::MIN.into(), i32::MAX.into()) as i32,
            channel_symbols: self.bits.channel_symbols(candidate.bit, end),
            reed_solomon: None,
        };
        self.blocks.frame(
            self.bits.soft_index(candidate.bit),
            self.bits.soft_end(end - 1),
            quality,
        )
    }

    /// The candidate at or near the expected place.
    fn expected(&self, expected: u64, stream: usize, inverted: bool) -> Candidate {
        let at = |bit: u64, stream: usize, found: Match| Candidate {
            bit,
            stream,
            found: Some(found),
            inverted: found.inverted,
        };
        if let Some(found) = self.fit(stream, expected, self.marker.lock_tolerance) {
            return at(expected, stream, found);
        }
        let tolerance = self.marker.search_tolerance;
        for distance in 0..=SLIP {
            for bit in [expected.saturating_sub(distance), expected + distance] {
                for stream in 0..self.bits.streams() {
                    if let Some(found) = self.fit(stream, bit, tolerance) {
                        return at(bit, stream, found);
                    }
                }
            }
        }
        Candidate {
            bit: expected,
            stream,
            found: None,
            inverted,
        }
    }

    fn track(&mut self, out: &mut Vec<CodedFrame>) -> Result<(), Wait> {
        let State::Lock {
            expected,
            stream,
            inverted,
            missed,
        } = self.state
        else {
            return Ok(());
        };
        self.need(expected + SLIP + self.marker.bits as u64)?;
        let candidate = self.expected(expected, stream, inverted);
        self.need(candidate.bit + self.unit_bits)?;
        if !self.complete(&candidate) {
            // The stream ends in this unit; nothing that begins later can be whole.
            return Err(Wait);
        }
        let good = self
            .decode(&candidate)
            .map_or(candidate.found.is_some(), |ok| ok && self.plausible(&candidate));
        let slip = candidate.bit as i64 - expected as i64;
        if good {
            self.accept(&candidate, slip, out);
            return Ok(());
        }
        self.need(candidate.bit + 2 * (self.unit_bits + self.marker.bits as u64))?;
        if let Some(better) = self.find_better(&candidate, expected.saturating_sub(SLIP), u8::MAX) {
            self.unconfirmed.clear();
            self.decode(&better);
            self.accept(&better, better.bit as i64 - expected as i64, out);
            return Ok(());
        }
        self.decode(&candidate);
        self.failed(&candidate, slip, missed, out);
        Ok(())
    }

    /// Whether there is at least a trace of a marker. Without one a success of the outer code proves nothing:
    /// constant fill is a codeword, and for most depths the randomizer's sequence is one too.
    fn plausible(&self, candidate: &Candidate) -> bool {
        candidate.found.is_some()
            || self
                .fit(candidate.stream, candidate.bit, self.marker.bits as u32 / 3)
                .is_some_and(|found| found.inverted == candidate.inverted)
    }

    /// A unit in lock that did not decode, or without any marker, and nothing better in its span.
    fn failed(&mut self, candidate: &Candidate, slip: i64, missed: u32, out: &mut Vec<CodedFrame>) {
        if candidate.found.is_some() {
            self.accept(candidate, slip, out);
            return;
        }
        if missed >= self.flywheel {
            self.unconfirmed.clear();
            self.state = State::Search(candidate.bit + self.unit_bits);
            return;
        }
        let frame = self.build(candidate, slip);
        self.unconfirmed.push(frame);
        self.lock(candidate, missed + 1);
    }
}
