//! Whether everything adds up.

use super::player::{SAMPLES, Sent};
use super::{Outcome, QUOTA};
use std::collections::BTreeMap;
use std::fmt;

/// Resident memory may grow by so much, KiB: what an allocator keeps is never quite the same.
const GROWTH_KIB: u64 = 4 << 10;
/// Files and threads may be there in one part and not in the other: a recording's, those of the client that comes and
/// goes.
const COMES_AND_GOES: u64 = 3;
/// A gap may also take the frame whose end lies in the filters and the decoder when it comes, and the one that begins
/// while the receiver finds the signal again: samples before it and behind it.
const BEFORE: f64 = 600.0;
const BEHIND: f64 = 6_000.0;
/// Samples of a symbol.
const SYMBOL: f64 = 6.0;

/// What does not add up.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Each in a line.
    pub wrong: Vec<String>,
    /// Checks made.
    pub checks: usize,
}

impl Verdict {
    fn equal<T: PartialEq + fmt::Debug>(&mut self, what: &str, got: T, wanted: T) {
        let right = got == wanted;
        self.holds(right, move || format!("{what}: {got:?}, not {wanted:?}"));
    }

    fn holds(&mut self, right: bool, what: impl FnOnce() -> String) {
        self.checks += 1;
        if !right {
            self.wrong.push(what());
        }
    }

    /// Holds what came out against what was sent, and against what the station says of it.
    pub fn on(outcome: &Outcome) -> Self {
        let mut verdict = Self::default();
        verdict.samples(outcome);
        verdict.frames(outcome);
        verdict.records(outcome);
        verdict.outputs(outcome);
        verdict.recording(outcome);
        verdict
    }

    fn samples(&mut self, outcome: &Outcome) {
        let (sent, input) = (&outcome.sent, &outcome.report.input);
        self.equal("error", outcome.report.error.as_deref(), None);
        self.equal("samples read and lost", input.read, sent.samples);
        let withheld = sent.withheld.values().map(|(_, samples)| samples).sum();
        self.equal("samples lost", input.lost_samples, withheld);
        let by = input
            .lost_by
            .iter()
            .map(|(cause, lost)| (*cause, (lost.gaps, lost.samples)));
        let withheld: Vec<_> = sent
            .withheld
            .iter()
            .map(|(cause, lost)| (*cause, *lost))
            .collect();
        self.equal("samples lost by cause", by.collect::<Vec<_>>(), withheld);
    }

    fn frames(&mut self, outcome: &Outcome) {
        let (sent, frames) = (&outcome.sent, &outcome.report.frames);
        self.equal("frames good and lost", frames.good + frames.lost, sent.frames);
        let channels = &outcome.report.virtual_channels;
        let lost: u64 = channels.iter().map(|channel| channel.lost).sum();
        self.equal("frames lost by the channels' counts", lost, frames.lost);
        let came = &outcome.received.frames;
        self.equal("frames that were not sent", came.strange, false);
        self.equal("frames that came over TCP", came.came, frames.good);
        self.equal("frames missing over TCP", came.missing.len() as u64, frames.lost);
        for number in 0..sent.frames {
            let lost = came.missing.binary_search(&number).is_ok();
            let (surely, perhaps) = (hit(sent, number, 0.0, 0.0), hit(sent, number, BEFORE, BEHIND));
            self.holds(if lost { perhaps } else { !surely }, || {
                format!("frame {number}: lost {lost}, in a gap {surely}")
            });
        }
    }

    fn records(&mut self, outcome: &Outcome) {
        let records = &outcome.received.records;
        let report = &outcome.report;
        self.equal("records of frames", records.frames, report.frames.good);
        self.equal("gaps in records", records.gaps, report.frames.lost);
        self.equal("lost frames that no lost samples explain", records.unexplained, 0);
        self.equal(
            "samples lost in records",
            records.samples_lost,
            report.input.lost_samples,
        );
        let off = records.sample_error;
        self.holds(off <= SYMBOL, || {
            format!("a frame is {off} samples from where it was sent")
        });
        let (error, uncertainty) = (records.time_error_s, records.uncertainty_s);
        self.holds(error <= uncertainty + 1e-6, || {
            format!("a time is off by {error} s, stated are {uncertainty} s")
        });
    }

    fn outputs(&mut self, outcome: &Outcome) {
        let frames = outcome.report.frames.good;
        for output in &outcome.report.outputs {
            let what = &output.output;
            self.equal(what, output.offered, output.delivered + output.dropped_total());
            self.equal(what, output.queued, 0);
        }
        // The record of the run's start comes before anybody can connect.
        let lost = [0, 1].map(|nth| outcome.report.outputs[nth].dropped.clone());
        let start = BTreeMap::from([("no_client", 1)]);
        self.equal(
            "units lost to consumers that read",
            lost,
            [BTreeMap::new(), start],
        );
        self.equal("frames offered", outcome.report.outputs[0].offered, frames);
        let status = &outcome.received.status;
        self.equal(
            "frames by HTTP",
            status["runs"][0]["frames"]["good"].as_u64(),
            Some(frames),
        );
    }

    fn recording(&mut self, outcome: &Outcome) {
        let Some(recording) = &outcome.report.recording else {
            return self.holds(false, || "nothing was recorded".to_owned());
        };
        let input = &outcome.report.input;
        self.equal("error of the recording", recording.error.as_deref(), None);
        self.equal(
            "samples recorded and dropped",
            recording.samples + recording.dropped_samples,
            input.read - input.lost_samples,
        );
        let files = recording.files.len() as u64;
        self.equal("recordings", files, recording.deleted + outcome.recordings);
        let bytes = outcome.recorded_bytes;
        self.holds(bytes <= QUOTA, || {
            format!("{bytes} bytes of recordings, quota {QUOTA}")
        });
    }

    /// Whether the process stayed as it was; it must have been alone with the run.
    pub fn health(&mut self, outcome: &Outcome) {
        let (early, late) = outcome.health.compare(|sample| sample.resident_kib);
        self.holds(late <= early + GROWTH_KIB, || {
            format!("memory grew from {early} to {late} KiB")
        });
        let (early, late) = outcome.health.compare(|sample| sample.threads);
        self.holds(late <= early + COMES_AND_GOES, || {
            format!("threads grew from {early} to {late}")
        });
        let (early, late) = outcome.health.compare(|sample| sample.files);
        self.holds(late <= early + COMES_AND_GOES, || {
            format!("open files grew from {early} to {late}")
        });
    }
}

/// Whether a gap, so many samples longer, takes a part of this frame.
fn hit(sent: &Sent, number: u64, before: f64, behind: f64) -> bool {
    let begin = sent.begin(number);
    let end = begin + sent.frame_samples;
    // Gaps are in order.
    let next = sent.gaps.partition_point(|gap| gap.end as f64 + behind <= begin);
    sent.gaps
        .get(next)
        .is_some_and(|gap| (gap.start as f64) - before < end)
}

/// What was measured, for people.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sent, report) = (&self.sent, &self.report);
        let seconds = report.input.seconds.unwrap_or(f64::NAN);
        let wall = self.elapsed.as_secs_f64();
        writeln!(
            f,
            "signal     {:.2} h in {wall:.1} s ({:.0} times real time)",
            seconds / 3600.0,
            seconds / wall
        )?;
        writeln!(
            f,
            "samples    {} sent, {} read and lost",
            sent.samples, report.input.read
        )?;
        for (cause, lost) in &report.input.lost_by {
            writeln!(f, "  lost     {} in {} gaps: {cause:?}", lost.samples, lost.gaps)?;
        }
        writeln!(
            f,
            "faults     {} gaps, {} stalls, {} packets twice ({SAMPLES} samples a packet)",
            sent.gaps.len(),
            sent.stalls,
            sent.repeated
        )?;
        let frames = &report.frames;
        let bad = frames.uncorrectable + frames.rejected;
        writeln!(
            f,
            "frames     {} sent = {} good + {} lost; {bad} bad",
            sent.frames, frames.good, frames.lost
        )?;
        for output in &report.outputs {
            writeln!(
                f,
                "output     {}: {} offered = {} delivered + {} lost, {} connections",
                output.output,
                output.offered,
                output.delivered,
                output.dropped_total(),
                output.connections
            )?;
        }
        if let Some(recording) = &report.recording {
            writeln!(
                f,
                "recording  {} samples in {} files, {} dropped, {} deleted, {} bytes left",
                recording.samples,
                recording.files.len(),
                recording.dropped_samples,
                recording.deleted,
                self.recorded_bytes
            )?;
        }
        let pair = |(early, late): (u64, u64)| format!("{early} -> {late}");
        write!(
            f,
            "process    resident KiB {}, threads {}, files {}",
            pair(self.health.compare(|sample| sample.resident_kib)),
            pair(self.health.compare(|sample| sample.threads)),
            pair(self.health.compare(|sample| sample.files))
        )
    }
}
