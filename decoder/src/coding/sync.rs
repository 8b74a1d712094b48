//! Frame synchronisation: search, verification, lock with flywheel, slips.
//!
//! A candidate is a place where the marker fits. The outer code judges it; without one the marker that follows
//! does. A candidate that fails never consumes the bits of a better one: before a failed unit is given out, all
//! candidates inside its span are tried. Every decision is taken when the bits it depends on have arrived, so
//! that it does not depend on how the input was cut.

mod places;

use super::asm::Marker;
use super::bits::BitBuffer;
use super::blocks::{BlockDecoder, UnitKey};
use super::candidate::{Candidate, Track};
use super::delivery::Delivery;
use super::false_alarm::Check;
use super::frame::{CodedFrame, FrameQuality, SyncState};
use super::rescue::Rescue;
use super::spread::Spread;
use std::sync::Arc;

/// Bits by which a frame may be early or late before a whole search looks for it.
const SLIP: u64 = 8;

/// Corrections from which on a success in search is doubted until no better candidate is in its span: the code
/// is cyclic, so a codeword met some bytes late (at a marker inside a frame) decodes with as many corrections.
const DOUBTFUL: u8 = 4;

/// What is expected next.
#[derive(Debug, Clone, Copy)]
enum State {
    /// Search from this bit on.
    Search(u64),
    /// A marker, whose unit is not judged yet.
    Verify(Candidate),
    Lock(Track),
}

/// More bits are needed for the next decision.
struct Wait;

#[derive(Debug)]
pub(crate) struct FrameSync {
    marker: Marker,
    blocks: BlockDecoder,
    pub(crate) bits: BitBuffer,
    /// For units that have failed for good.
    rescue: Option<Rescue>,
    flywheel: u32,
    state: State,
    pub(crate) delivery: Delivery,
    unit_bits: u64,
    check: Check,
    /// The unit decoded last, and what became of it.
    decoded: Option<(UnitKey, Option<bool>)>,
    finished: bool,
}

impl FrameSync {
    pub(crate) fn new(
        marker: Marker,
        blocks: BlockDecoder,
        bits: BitBuffer,
        rescue: Option<Rescue>,
        flywheel: u32,
    ) -> Self {
        let unit_bits = blocks.layout().unit_bits() as u64;
        let check = blocks.layout().check();
        Self {
            marker,
            blocks,
            bits,
            rescue,
            flywheel,
            state: State::Search(0),
            delivery: Delivery::default(),
            unit_bits,
            check,
            decoded: None,
            finished: false,
        }
    }

    pub(crate) fn state(&self) -> SyncState {
        match self.state {
            State::Search(_) => SyncState::Search,
            State::Lock(Track {
                missed: 0,
                confirmed: true,
                ..
            }) => SyncState::Lock,
            State::Verify(_) | State::Lock(_) => SyncState::Verify,
        }
    }

    /// Probability that a random stretch of a frame's length is taken for a frame.
    pub(crate) fn false_alarm_per_frame(&self) -> f64 {
        let places = (self.unit_bits * self.bits.streams() as u64) as f64;
        self.check.false_frame(self.marker.candidates(places))
    }

    /// Takes all decisions that the bits allow.
    pub(crate) fn advance(&mut self, out: &mut Vec<CodedFrame>) {
        while self.step(out).is_ok() {}
        let needed = match self.state {
            State::Search(from) => from,
            State::Verify(candidate) => candidate.bit,
            State::Lock(track) => track.expected.saturating_sub(SLIP),
        };
        self.delivery.reach(needed);
        self.bits.forget(needed);
    }

    /// No bits follow: decides with what there is, and starts anew behind it.
    pub(crate) fn finish(&mut self, out: &mut Vec<CodedFrame>) {
        self.finished = true;
        self.advance(out);
        self.finished = false;
        self.delivery.drop_held(0);
        self.delivery.reach(self.bits.end());
        self.state = State::Search(self.bits.end());
        self.decoded = None;
    }

    fn step(&mut self, out: &mut Vec<CodedFrame>) -> Result<(), Wait> {
        match self.state {
            State::Search(from) => self.search(from),
            State::Verify(candidate) => self.verify(candidate, out),
            State::Lock(track) => self.track(track, out),
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

    fn search(&mut self, from: u64) -> Result<(), Wait> {
        let end = self.bits.end();
        let Some(first) = self.find(from, end) else {
            self.state = State::Search(from.max((end + 1).saturating_sub(self.marker.bits())));
            return Err(Wait);
        };
        self.state = State::Search(first.bit);
        let behind = first.bit + self.marker.bits();
        self.need(behind + self.marker.bits())?;
        // The best of the places that share bits with the first, since judging one is dear.
        let (mut best, mut from) = (first, first.bit + 1);
        while let Some(next) = self.find(from, behind) {
            from = next.bit + 1;
            if next.correlation() > best.correlation() {
                best = next;
            }
        }
        self.state = State::Verify(best);
        Ok(())
    }

    fn verify(&mut self, candidate: Candidate, out: &mut Vec<CodedFrame>) -> Result<(), Wait> {
        self.need(candidate.bit + self.unit_bits)?;
        if !self.complete(&candidate) {
            self.state = State::Search(candidate.bit + 1);
            return Ok(());
        }
        let good = self.decode(&candidate) == Some(true);
        let corrected = self.blocks.most_corrected();
        if good && corrected < DOUBTFUL {
            self.accept(&candidate, 0, true, out);
            return Ok(());
        }
        self.need(candidate.bit + self.unit_bits + self.marker.bits())?;
        let confirmed = self.confirmed(&candidate);
        if self.check.checks() && !good && !confirmed {
            self.state = State::Search(candidate.bit + 1);
            return Ok(());
        }
        if confirmed && (good || !self.check.checks()) {
            self.accept(&candidate, 0, true, out);
            return Ok(());
        }
        let behind = candidate.bit + 2 * (self.unit_bits + self.marker.bits());
        self.need(behind)?;
        let limit = if good { corrected } else { u8::MAX };
        let better = self.find_better(&candidate, candidate.bit + 1, limit);
        let chosen = better.unwrap_or(candidate);
        let good = self.conclude(&chosen, behind) == Some(true);
        self.accept(&chosen, 0, good || self.confirmed(&chosen), out);
        Ok(())
    }

    /// Decodes the unit of a candidate into the buffers of the block decoder, unless it is there already.
    fn decode(&mut self, candidate: &Candidate) -> Option<bool> {
        let key = UnitKey {
            bit: candidate.bit,
            stream: candidate.stream,
            inverted: candidate.inverted,
        };
        if let Some((_, outcome)) = self.decoded.filter(|(newest, _)| *newest == key) {
            return outcome;
        }
        let soft = self
            .bits
            .slice(candidate.stream, candidate.bit, candidate.bit + self.unit_bits);
        let outcome = self.blocks.decode(key, soft);
        self.decoded = Some((key, outcome));
        outcome
    }

    /// Decodes the unit that nothing in its span is better than: what fails here has failed for good, and gets a
    /// second attempt. Bits before `limit` are there, or will not come.
    fn conclude(&mut self, candidate: &Candidate, limit: u64) -> Option<bool> {
        let outcome = self.decode(candidate);
        if let (Some(false), Some(rescue)) = (outcome, &mut self.rescue) {
            let (layout, decoded) = self.blocks.layout_and_newest();
            if rescue.run(&self.bits, candidate, limit, layout, decoded) {
                self.decoded = self.decoded.map(|(key, _)| (key, Some(true)));
                return Some(true);
            }
        }
        outcome
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
            let good = if self.check.checks() {
                self.decode(&candidate) == Some(true)
                    && self.blocks.most_corrected() < corrections
                    && self.vouched(&candidate)
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

    /// Gives out the unit decoded last and locks behind it; `confirmed` says that the code or another marker
    /// vouches for it.
    fn accept(&mut self, candidate: &Candidate, slip: i64, confirmed: bool, out: &mut Vec<CodedFrame>) {
        self.delivery.reach(candidate.bit);
        self.delivery.release(out);
        if matches!(self.state, State::Verify(_)) {
            self.delivery
                .change(self.bits.soft_index(candidate.bit), SyncState::Verify);
        }
        let frame = self.build(candidate, slip);
        self.delivery.give(frame, out);
        self.follow(candidate, 0, confirmed);
        if confirmed {
            let end = self.bits.soft_end(candidate.bit + self.unit_bits - 1);
            self.delivery.change(end, SyncState::Lock);
        }
    }

    /// Expects the next marker behind the unit of `candidate`.
    fn follow(&mut self, candidate: &Candidate, missed: u32, confirmed: bool) {
        self.state = State::Lock(Track {
            expected: candidate.bit + self.unit_bits,
            stream: candidate.stream,
            inverted: candidate.inverted,
            missed,
            confirmed,
        });
    }

    fn build(&self, candidate: &Candidate, slip: i64) -> CodedFrame {
        let end = candidate.bit + self.unit_bits;
        let soft = self.bits.slice(candidate.stream, candidate.bit, end);
        let marker = self.marker.compare(soft, candidate.inverted);
        let quality = FrameQuality {
            asm_errors: marker.errors,
            asm_correlation: marker.correlation,
            inverted: candidate.inverted,
            flywheel: candidate.found.is_none(),
            slip_bits: slip.clamp(i32::MIN.into(), i32::MAX.into()) as i32,
            channel_symbols: self.bits.channel_symbols(candidate.bit, end),
            es_n0_db: self.bits.es_n0_db(candidate.bit, end),
            ..FrameQuality::default()
        };
        self.blocks.frame(
            self.bits.soft_index(candidate.bit),
            self.bits.soft_end(end - 1),
            quality,
        )
    }

    fn track(&mut self, track: Track, out: &mut Vec<CodedFrame>) -> Result<(), Wait> {
        let expected = track.expected;
        self.need(expected + SLIP + self.marker.bits())?;
        let candidate = self.expected(&track);
        self.need(candidate.bit + self.unit_bits)?;
        if !self.complete(&candidate) {
            // The stream ends in this unit; nothing that begins later can be whole.
            return Err(Wait);
        }
        self.decode_ahead(&candidate);
        let good = self
            .decode(&candidate)
            .map_or(candidate.found.is_some(), |ok| ok && self.plausible(&candidate));
        let slip = candidate.bit as i64 - expected as i64;
        if good && (slip != 0 || candidate.inverted != track.inverted) {
            self.need(candidate.bit + self.unit_bits + self.marker.bits())?;
        }
        let polarity_sure = self.polarity_sure(&candidate, &track);
        if good && polarity_sure && (slip == 0 || self.vouched(&candidate)) {
            self.accept(&candidate, slip, true, out);
            return Ok(());
        }
        let behind = candidate.bit + 2 * (self.unit_bits + self.marker.bits());
        self.need(behind)?;
        if let Some(better) = self.find_better(&candidate, expected.saturating_sub(SLIP), u8::MAX) {
            self.delivery.drop_held(0);
            self.conclude(&better, behind);
            self.accept(&better, better.bit as i64 - expected as i64, true, out);
            return Ok(());
        }
        let (candidate, slip) = if (slip == 0 && polarity_sure) || self.confirmed(&candidate) {
            (candidate, slip)
        } else {
            // Nothing but one marker, with errors, speaks for the slip or the turn.
            (Candidate::missing(&track), 0)
        };
        let good = self.conclude(&candidate, behind) == Some(true) && self.plausible(&candidate);
        if good || candidate.found.is_some() {
            self.accept(&candidate, slip, true, out);
        } else {
            self.missing(&candidate, slip, &track);
        }
        Ok(())
    }

    /// Has the units that follow each other from here decoded side by side, as far as they have arrived.
    fn decode_ahead(&mut self, candidate: &Candidate) {
        let unit = self.unit_bits;
        let key = |n: usize| UnitKey {
            bit: candidate.bit + n as u64 * unit,
            stream: candidate.stream,
            inverted: candidate.inverted,
        };
        let whole = (self.bits.end() - candidate.bit) / unit;
        let count = self.blocks.room_ahead(key(0)).min(whole as usize);
        if count > 1 {
            let bits = &self.bits;
            let units =
                (0..count).map(|n| (key(n), bits.slice(candidate.stream, key(n).bit, key(n + 1).bit)));
            self.blocks.decode_ahead(units);
            self.decoded = None;
        }
    }

    /// Lets a pool decode units side by side; whether that pays.
    pub(crate) fn spread_over(&mut self, pool: Arc<dyn Spread>) -> bool {
        self.decoded = None;
        self.blocks.spread_over(pool)
    }

    /// A unit without any marker that did not decode, and nothing better in its span.
    fn missing(&mut self, candidate: &Candidate, slip: i64, track: &Track) {
        self.delivery.reach(candidate.bit);
        if track.missed >= self.flywheel {
            self.delivery.drop_held(1);
            let end = candidate.bit + self.unit_bits;
            self.state = State::Search(end);
            self.delivery
                .change(self.bits.soft_end(end - 1), SyncState::Search);
            return;
        }
        let frame = self.build(candidate, slip);
        self.delivery.hold(frame);
        self.follow(candidate, track.missed + 1, track.confirmed);
        self.delivery
            .change(self.bits.soft_index(candidate.bit), SyncState::Verify);
    }
}
