//! The display's own bounded copies of what the monitor shows, and the histories made of them.

use super::filter::{Row, Value};
use super::format;
use super::traces::Traces;
use groundlink_decoder::link::FrameHeader;
use groundlink_dsp::receiver::ReceiverStatus;
use groundlink_station::monitor::{
    BlockView, CodingView, EventLine, Explained, FrameView, HISTORY, Level, LevelStep, Monitor, PacketView,
    Phase, Plots, StationStatus, SyncView, Totals,
};
use num_complex::Complex32;
use std::collections::VecDeque;

/// Rows of the waterfall kept.
const WATERFALL_ROWS: usize = 256;
/// Bins kept per row of the waterfall; more are merged by their maximum.
const WATERFALL_BINS: usize = 4096;
/// Constellation points kept.
const POINTS: usize = 8192;
/// Share of the soft bits counted before that a new count leaves.
const SOFT_KEPT: f32 = 0.8;
/// Values of the Eb/N0 history kept.
const EB_N0_HISTORY: usize = 1024;
/// Wall-clock seconds over which rates are taken.
const RATE_WINDOW_SECONDS: f64 = 2.0;

/// An entry of a history with its number and the text that filters search.
#[derive(Debug, Clone)]
pub struct Entry<T> {
    /// Number from 0 for ever.
    pub number: u64,
    /// The entry.
    pub item: T,
    text: String,
}

/// The newest entries of a history.
#[derive(Debug, Clone)]
pub struct Tail<T> {
    next: u64,
    entries: VecDeque<Entry<T>>,
}

impl<T> Default for Tail<T> {
    fn default() -> Self {
        Self {
            next: 0,
            entries: VecDeque::new(),
        }
    }
}

impl<T> Tail<T>
where
    Entry<T>: Describe<T>,
{
    fn extend(&mut self, (first, items): (u64, Vec<T>)) -> bool {
        let changed = !items.is_empty();
        for (number, item) in (first..).zip(items) {
            if self.entries.len() == HISTORY {
                self.entries.pop_front();
            }
            let text = Entry::<T>::describe(&item).to_lowercase();
            self.entries.push_back(Entry { number, item, text });
            self.next = number + 1;
        }
        changed
    }
}

impl<T> Tail<T> {
    /// Entries, oldest first.
    pub fn entries(&self) -> &VecDeque<Entry<T>> {
        &self.entries
    }

    /// Entries that there ever were.
    pub fn total(&self) -> u64 {
        self.next
    }

    /// The entry of this number, while it is kept.
    pub fn get(&self, number: u64) -> Option<&Entry<T>> {
        let index = self.entries.partition_point(|e| e.number < number);
        self.entries.get(index).filter(|e| e.number == number)
    }
}

/// The newest entries of a history that no filter searches.
#[derive(Debug, Clone)]
pub struct Numbered<T> {
    next: u64,
    entries: VecDeque<T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            next: 0,
            entries: VecDeque::new(),
        }
    }
}

impl<T> Numbered<T> {
    fn extend(&mut self, (first, items): (u64, Vec<T>)) -> bool {
        let changed = !items.is_empty();
        self.next = first + items.len() as u64;
        for item in items {
            push_bounded(&mut self.entries, item, HISTORY);
        }
        changed
    }

    /// Entries, oldest first.
    pub fn entries(&self) -> &VecDeque<T> {
        &self.entries
    }

    /// Entries that there ever were.
    pub fn total(&self) -> u64 {
        self.next
    }
}

/// The text by which filters find an entry.
pub trait Describe<T> {
    /// All that a list shows of the item, in one line.
    fn describe(item: &T) -> String;
}

impl Describe<FrameView> for Entry<FrameView> {
    fn describe(f: &FrameView) -> String {
        let vc = f
            .header
            .map(|h| format!("vc {} scid {}", h.vc.vcid, h.vc.scid))
            .unwrap_or_default();
        let idle = if f.idle { "idle" } else { "" };
        format!(
            "{} {vc} {} {idle}",
            f.verdict,
            f.utc.as_deref().unwrap_or_default()
        )
    }
}

impl Describe<PacketView> for Entry<PacketView> {
    fn describe(p: &PacketView) -> String {
        let vc =
            p.vc.map(|v| format!("vc {} scid {}", v.vcid, v.scid))
                .unwrap_or_default();
        let kind = if p.apid == super::decode::IDLE_APID {
            "idle"
        } else {
            ""
        };
        format!(
            "apid {} {vc} {} {kind}",
            p.apid,
            p.utc.as_deref().unwrap_or_default()
        )
    }
}

impl Describe<EventLine> for Entry<EventLine> {
    fn describe(e: &EventLine) -> String {
        format!(
            "{} {} {}",
            level_word(e.level),
            e.utc.as_deref().unwrap_or_default(),
            e.text
        )
    }
}

/// The word of a severity.
pub fn level_word(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

impl Row for Entry<FrameView> {
    fn text(&self) -> &str {
        &self.text
    }

    fn value(&self, name: &str) -> Option<Value<'_>> {
        let item = &self.item;
        let header = |value: fn(&FrameHeader) -> f64| item.header.as_ref().map_or(f64::NAN, value);
        Some(match name {
            "vcid" | "vc" => Value::Number(header(|h| h.vc.vcid.into())),
            "scid" => Value::Number(header(|h| h.vc.scid.into())),
            "count" => Value::Number(header(|h| h.vc_frame_count.into())),
            "good" => Value::Flag(item.good),
            "idle" => Value::Flag(item.idle),
            "gap" => Value::Number(item.gap_before.into()),
            "ebn0" => Value::Number(item.eb_n0_db.into()),
            _ => return unit_value(name, item.bytes.len(), item.sample, item.utc.as_deref()),
        })
    }
}

impl Row for Entry<PacketView> {
    fn text(&self) -> &str {
        &self.text
    }

    fn value(&self, name: &str) -> Option<Value<'_>> {
        let item = &self.item;
        Some(match name {
            "apid" => Value::Number(item.apid.into()),
            "vcid" | "vc" => Value::Number(item.vc.map_or(f64::NAN, |v| v.vcid.into())),
            "scid" => Value::Number(item.vc.map_or(f64::NAN, |v| v.scid.into())),
            "seq" | "count" => Value::Number(item.sequence_count.into()),
            "idle" => Value::Flag(item.apid == super::decode::IDLE_APID),
            "gap" => Value::Number(item.gap_before.into()),
            "time" => Value::Text(item.time.as_deref().unwrap_or_default()),
            _ => return unit_value(name, item.bytes.len(), item.sample, item.utc.as_deref()),
        })
    }
}

/// What frames and packets have in common.
fn unit_value<'u>(name: &str, bytes: usize, sample: Option<u64>, utc: Option<&'u str>) -> Option<Value<'u>> {
    Some(match name {
        "len" | "bytes" => Value::Number(bytes as f64),
        "sample" => Value::Number(sample.map_or(f64::NAN, |sample| sample as f64)),
        "utc" => Value::Text(utc.unwrap_or_default()),
        _ => return None,
    })
}

impl Row for Entry<EventLine> {
    fn text(&self) -> &str {
        &self.text
    }

    fn value(&self, name: &str) -> Option<Value<'_>> {
        Some(match name {
            "level" => Value::Level(self.item.level),
            "sample" => Value::Number(self.item.sample.map_or(f64::NAN, |sample| sample as f64)),
            "utc" => Value::Text(self.item.utc.as_deref().unwrap_or_default()),
            _ => return None,
        })
    }
}

/// Levels further from full scale than this are no levels.
const SENSIBLE_DB: f32 = 1_000.0;

/// A row of the waterfall.
#[derive(Debug, Clone)]
pub struct WaterfallRow {
    /// Seconds of signal at its time.
    pub seconds: f64,
    /// Power, dBFS, lowest frequency first.
    pub bins: Vec<f32>,
}

/// The receiver's loops at one look; NaN where unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoopStep {
    /// Carrier minus nominal frequency, Hz.
    pub offset_hz: f64,
    /// Symbol rate over the stated one, parts per million beyond 1.
    pub rate_ppm: f64,
    /// Root mean square of the carrier phase error, degrees.
    pub phase_deg: f64,
    /// Es/N0, dB.
    pub es_n0_db: f64,
    /// Error vector magnitude, percent.
    pub evm_percent: f64,
}

impl LoopStep {
    fn of(receiver: &ReceiverStatus) -> Self {
        let quality = receiver.quality;
        Self {
            offset_hz: receiver.offset_hz,
            rate_ppm: receiver.symbol_rate_error_ppm,
            phase_deg: quality.map_or(f64::NAN, |q| f64::from(q.phase_error_rad).to_degrees()),
            es_n0_db: receiver.es_n0_db.into(),
            evm_percent: quality.map_or(f64::NAN, |q| 100.0 * f64::from(q.evm)),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    elapsed: f64,
    position: u64,
    signal_seconds: f64,
    totals: Totals,
}

/// What happens per second of wall-clock time, over the newest seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Samples (or what the input is made of) per second.
    pub input: f64,
    /// Seconds of signal per second.
    pub real_time: f64,
    /// Frames per second, of any outcome.
    pub frames: f64,
    /// Packets per second.
    pub packets: f64,
}

/// Copies and histories of a run.
#[derive(Debug, Clone, Default)]
pub struct Data {
    /// Newest status.
    pub status: StationStatus,
    /// Newest plots; the constellation is in [`Self::points`].
    pub plots: Plots,
    /// Rows of the waterfall, newest last.
    pub waterfall: VecDeque<WaterfallRow>,
    /// Lowest and highest level worth showing, dBFS.
    pub levels: Option<(f32, f32)>,
    /// Constellation points, newest last.
    pub points: VecDeque<Complex32>,
    /// Newest frames.
    pub frames: Tail<FrameView>,
    /// Newest packets.
    pub packets: Tail<PacketView>,
    /// Newest events.
    pub events: Tail<EventLine>,
    /// Why there are no frames, as far as it was worked out.
    pub explained: Explained,
    /// Eb/N0, one value per look that found the input further on, dB; NaN where unknown.
    pub eb_n0: VecDeque<f32>,
    /// What the codes did, in sums.
    pub coding: CodingView,
    /// Newest blocks as the codes saw them.
    pub blocks: Numbered<BlockView>,
    /// Newest changes of frame synchronisation.
    pub syncs: Numbered<SyncView>,
    /// The loops, one entry per look that found the input further on.
    pub loops: VecDeque<LoopStep>,
    /// Soft bits by value, from -128 on, older ones counting less.
    pub soft: Vec<f32>,
    /// Means and maxima of spectra.
    pub traces: Traces,
    /// Levels, one entry per spectrum.
    pub level: VecDeque<LevelStep>,
    samples: VecDeque<Sample>,
}

impl Data {
    /// Takes what is new; whether anything was.
    pub fn poll(&mut self, monitor: &Monitor) -> bool {
        let status = monitor.status();
        let moved = status.position != self.status.position;
        let mut changed = moved
            || status.phase != self.status.phase
            || status.totals != self.status.totals
            || status.elapsed != self.status.elapsed
            || status.profile != self.status.profile
            || status.input != self.status.input;
        let elsewhere = status.begins_at != self.status.begins_at || status.elapsed < self.status.elapsed;
        self.status = status;
        if elsewhere {
            self.forget();
        }
        self.remember(moved);
        changed |= self.take_plots(monitor.plots());
        let explained = monitor.explained();
        changed |= std::mem::discriminant(&explained) != std::mem::discriminant(&self.explained);
        self.explained = explained;
        changed |= self.frames.extend(monitor.frames_since(self.frames.next));
        changed |= self.packets.extend(monitor.packets_since(self.packets.next));
        changed |= self.events.extend(monitor.events_since(self.events.next));
        let blocks = self.blocks.extend(monitor.blocks_since(self.blocks.next));
        if blocks || moved || self.coding.parts.is_none() {
            self.coding = monitor.coding();
        }
        changed |= blocks | self.syncs.extend(monitor.syncs_since(self.syncs.next));
        changed
    }

    /// The replay went on elsewhere: what was made of the signal before does not continue there.
    fn forget(&mut self) {
        self.samples.clear();
        self.waterfall.clear();
        self.points.clear();
        self.eb_n0.clear();
    }

    fn remember(&mut self, moved: bool) {
        let status = &self.status;
        if moved {
            push_bounded(&mut self.eb_n0, status.eb_n0_db, EB_N0_HISTORY);
            let step = status.receiver.as_ref().map(LoopStep::of);
            if let Some(step) = step {
                push_bounded(&mut self.loops, step, EB_N0_HISTORY);
            }
        }
        let now = Sample {
            elapsed: status.elapsed.as_secs_f64(),
            position: status.position,
            signal_seconds: status.signal_seconds,
            totals: status.totals,
        };
        if self.samples.back().is_none_or(|last| now.elapsed > last.elapsed) {
            push_bounded(&mut self.samples, now, 256);
        }
        while self.samples.len() > 2 && now.elapsed - self.samples[1].elapsed >= RATE_WINDOW_SECONDS {
            self.samples.pop_front();
        }
    }

    fn take_plots(&mut self, plots: Plots) -> bool {
        let spectrum = plots.spectrum_serial != self.plots.spectrum_serial && !plots.spectrum.is_empty();
        let constellation = plots.constellation_serial != self.plots.constellation_serial;
        if spectrum {
            let bins = merged(&plots.spectrum, WATERFALL_BINS);
            self.levels = follow_levels(self.levels, &bins);
            self.traces.take(&bins);
            let row = WaterfallRow {
                seconds: self.status.signal_seconds,
                bins,
            };
            push_bounded(&mut self.waterfall, row, WATERFALL_ROWS);
            push_bounded(&mut self.level, plots.level, EB_N0_HISTORY);
        }
        if constellation {
            for &point in plots.constellation.iter().rev().take(POINTS).rev() {
                push_bounded(&mut self.points, point, POINTS);
            }
        }
        let soft = plots.soft_serial != self.plots.soft_serial;
        if soft {
            self.soft.resize(256, 0.0);
            for (kept, &new) in self.soft.iter_mut().zip(&plots.soft) {
                *kept = SOFT_KEPT * *kept + new as f32;
            }
        }
        let changed = spectrum || constellation || soft || plots.eye_serial != self.plots.eye_serial;
        if changed {
            self.plots = plots;
        }
        changed
    }

    /// Rates over the newest seconds; `None` before two looks at a running input.
    pub fn rates(&self) -> Option<Rates> {
        let (first, last) = (self.samples.front()?, self.samples.back()?);
        let seconds = last.elapsed - first.elapsed;
        if seconds <= 0.0 {
            return None;
        }
        let per_second = |a: u64, b: u64| b.saturating_sub(a) as f64 / seconds;
        Some(Rates {
            input: per_second(first.position, last.position),
            real_time: (last.signal_seconds - first.signal_seconds) / seconds,
            frames: per_second(all_frames(&first.totals), all_frames(&last.totals)),
            packets: per_second(first.totals.packets, last.totals.packets),
        })
    }

    /// Totals at the beginning of the window over which [`Self::rates`] are taken.
    pub fn totals_before(&self) -> Totals {
        match (&self.status.phase, self.samples.front()) {
            (Phase::Running, Some(first)) if self.samples.len() > 1 => first.totals,
            _ => Totals::default(),
        }
    }

    /// What the position counts.
    pub fn unit(&self) -> &'static str {
        let sampled = self
            .status
            .input
            .as_ref()
            .is_some_and(|i| i.sample_rate_hz.is_some());
        if sampled || self.status.receiver.is_some() {
            "S"
        } else {
            ""
        }
    }

    /// Mean multiple of real time since the start.
    pub fn mean_real_time(&self) -> Option<f64> {
        let elapsed = self.status.elapsed.as_secs_f64();
        let before = match self.status.input.as_ref().and_then(|input| input.sample_rate_hz) {
            Some(rate) => self.status.begins_at as f64 / rate,
            None => 0.0,
        };
        let seconds = self.status.signal_seconds - before;
        (elapsed > 0.0 && seconds > 0.0).then(|| seconds / elapsed)
    }
}

/// Frames of any outcome.
pub fn all_frames(totals: &Totals) -> u64 {
    totals.frames_good + totals.frames_uncorrectable + totals.frames_rejected
}

/// Seconds and tenths of a time of the signal, or the sample, for lists.
pub fn place(utc: Option<&str>, sample: Option<u64>) -> String {
    match (utc, sample) {
        (Some(utc), _) => utc.to_owned(),
        (None, Some(sample)) => format::grouped(sample),
        (None, None) => "–".to_owned(),
    }
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, limit: usize) {
    if queue.len() >= limit {
        queue.pop_front();
    }
    queue.push_back(item);
}

fn merged(bins: &[f32], limit: usize) -> Vec<f32> {
    let size = bins.len().div_ceil(limit).max(1);
    bins.chunks(size)
        .map(|c| c.iter().copied().fold(f32::NEG_INFINITY, f32::max))
        .collect()
}

/// Moves the shown range of levels towards what the spectrum needs: noise near the bottom, peaks below the top.
/// Small changes leave it alone so that the picture stands still.
fn follow_levels(old: Option<(f32, f32)>, bins: &[f32]) -> Option<(f32, f32)> {
    let sensible = |level: &f32| level.abs() < SENSIBLE_DB;
    let step = bins.len().div_ceil(512).max(1);
    let mut some: Vec<f32> = bins.iter().copied().step_by(step).filter(sensible).collect();
    if some.is_empty() {
        return old;
    }
    some.sort_by(f32::total_cmp);
    let peak = bins
        .iter()
        .copied()
        .filter(sensible)
        .fold(f32::NEG_INFINITY, f32::max);
    let low = ((some[some.len() / 10] - 4.0) / 5.0).floor() * 5.0;
    let high = (((peak + 2.0) / 5.0).ceil() * 5.0).max(low + 20.0);
    match old {
        Some((l, h)) if (l - low).abs() <= 5.0 && (h - high).abs() <= 5.0 && peak < h => Some((l, h)),
        _ => Some((low, high)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &str) -> EventLine {
        EventLine::info(text)
    }

    #[test]
    fn copies_are_bounded_and_keep_their_numbers() {
        let monitor = Monitor::new();
        let mut data = Data::default();
        for i in 0..HISTORY + 10 {
            monitor.push_event(event(&i.to_string()));
            if i == 5 {
                assert!(data.poll(&monitor));
            }
        }
        assert!(data.poll(&monitor));
        assert!(!data.poll(&monitor));
        assert_eq!(data.events.entries().len(), HISTORY);
        assert_eq!(data.events.total(), HISTORY as u64 + 10);
        assert_eq!(data.events.get(10).map(|e| e.item.text.as_str()), Some("10"));
        assert!(data.events.get(9).is_none());
    }

    #[test]
    fn rates_come_from_the_newest_seconds() {
        let monitor = Monitor::new();
        let mut data = Data::default();
        for step in 0..100_u64 {
            monitor.update(|s| {
                s.elapsed = std::time::Duration::from_millis(step * 100);
                s.position = if step < 50 {
                    step * 1_000
                } else {
                    50_000 + (step - 50) * 100
                };
                s.signal_seconds = s.position as f64 / 1e3;
            });
            data.poll(&monitor);
        }
        let rates = data.rates().expect("a hundred looks");
        assert!((rates.input - 1_000.0).abs() < 1e-6, "{rates:?}");
        assert!((rates.real_time - 1.0).abs() < 1e-9, "{rates:?}");
    }

    #[test]
    fn levels_ignore_what_is_no_number() {
        let bins = [f32::NAN, f32::NEG_INFINITY, -80.0, -81.0, -20.0, f32::INFINITY];
        let (low, high) = follow_levels(None, &bins).expect("three numbers");
        assert_eq!((low, high), (-85.0, -15.0));
        assert_eq!(
            follow_levels(Some((-85.0, -15.0)), &[f32::NAN]),
            Some((-85.0, -15.0))
        );
        assert_eq!(follow_levels(None, &[]), None);
    }

    #[test]
    fn wide_spectra_are_merged_by_their_maximum() {
        let mut bins = vec![-90.0; 10_000];
        bins[7_777] = -10.0;
        let row = merged(&bins, 4096);
        assert!(row.len() <= 4096);
        assert_eq!(row.iter().filter(|v| **v == -10.0).count(), 1);
    }
}
