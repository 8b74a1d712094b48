//! How a signal was received, second by second of it: sums by the sample index, so that rows do not depend on block sizes.

use crate::output::record::{MetricsRecord, Place};
use crate::time::SampleClock;
use std::collections::BTreeMap;

/// Length of an interval, s.
pub const EVERY_S: f64 = 1.0;
/// How long an interval waits for its frames, s of signal: longer than a decoder holds them. What comes later is counted in
/// the first interval that is still open.
const PATIENCE_S: f64 = 600.0;

/// What a receiver measured over a stretch of samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Its first sample.
    pub from: f64,
    /// The one behind its last.
    pub to: f64,
    /// Frequency received minus nominal, Hz.
    pub offset_hz: f64,
    /// Symbol energy to noise density, dB.
    pub es_n0_db: f64,
    /// Symbols per second.
    pub symbol_rate_hz: f64,
    /// Whether the receiver was locked.
    pub locked: bool,
}

/// A frame, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Whether every check passed.
    pub good: bool,
    /// Whether anything was corrected.
    pub corrected: bool,
    /// Frames missing before it.
    pub lost: u32,
}

/// An interval.
#[derive(Debug, Default)]
struct Sums {
    /// Samples over which the receiver was locked.
    locked: f64,
    /// Sums over these samples.
    es_n0_db: f64,
    offset_hz: f64,
    symbol_rate_hz: f64,
    sync: Option<&'static str>,
    good: u64,
    corrected: u64,
    bad: u64,
    lost: u64,
    samples_lost: u64,
}

/// Intervals of a run.
#[derive(Debug)]
pub struct Metrics {
    rate_hz: f64,
    eb_n0_offset_db: f64,
    /// Symbol rate as the profile has it.
    stated_hz: Option<f64>,
    open: BTreeMap<u64, Sums>,
    /// Intervals before this one have been told.
    told: u64,
    sync: &'static str,
}

impl Metrics {
    /// Of a signal of this symbol rate, in samples of this rate. `eb_n0_offset_db` is added to Es/N0 to give Eb/N0.
    pub fn new(rate_hz: f64, eb_n0_offset_db: f64, stated_hz: Option<f64>) -> Self {
        Self {
            rate_hz,
            eb_n0_offset_db,
            stated_hz,
            open: BTreeMap::new(),
            told: 0,
            sync: "search",
        }
    }

    /// From here on the signal is one of this symbol rate, and this makes an Es/N0 an Eb/N0.
    pub fn restate(&mut self, eb_n0_offset_db: f64, stated_hz: Option<f64>) {
        (self.eb_n0_offset_db, self.stated_hz) = (eb_n0_offset_db, stated_hz);
    }

    /// Number of the interval that a sample is in.
    fn number(&self, sample: f64) -> u64 {
        (sample / (self.rate_hz * EVERY_S)).max(0.0) as u64
    }

    /// First sample of an interval.
    fn first(&self, number: u64) -> f64 {
        number as f64 * self.rate_hz * EVERY_S
    }

    fn interval(&mut self, sample: f64) -> &mut Sums {
        let number = self.number(sample).max(self.told);
        self.open.entry(number).or_default()
    }

    /// Takes what was measured; of what is measured without lock only that there was none.
    pub fn measure(&mut self, stretch: &Stretch) {
        let known = stretch.from.is_finite() && stretch.to.is_finite() && stretch.from < stretch.to;
        if !known {
            return;
        }
        let mut number = self.number(stretch.from);
        while self.first(number) < stretch.to {
            let from = stretch.from.max(self.first(number));
            let to = stretch.to.min(self.first(number + 1));
            let sums = self.interval(from);
            if stretch.locked && to > from {
                let weight = to - from;
                sums.locked += weight;
                sums.es_n0_db += weight * stretch.es_n0_db;
                sums.offset_hz += weight * stretch.offset_hz;
                sums.symbol_rate_hz += weight * stretch.symbol_rate_hz;
            }
            number += 1;
        }
    }

    /// Frame synchronisation changed at this sample.
    pub fn sync(&mut self, sample: u64, state: &'static str) {
        self.interval(sample as f64).sync = Some(state);
    }

    /// Counts a frame that begins at this sample.
    pub fn frame(&mut self, sample: u64, frame: Counted) {
        let sums = self.interval(sample as f64);
        sums.good += u64::from(frame.good);
        sums.corrected += u64::from(frame.corrected);
        sums.bad += u64::from(!frame.good);
        sums.lost += u64::from(frame.lost);
    }

    /// Counts samples that were lost from this one on.
    pub fn lose(&mut self, first: u64, samples: u64) {
        self.interval(first as f64).samples_lost += samples;
    }

    /// The next interval that is complete once everything before this sample has been decoded; all of them for `None`.
    pub fn next(&mut self, decoded: Option<f64>, clock: &SampleClock) -> Option<MetricsRecord> {
        let first = *self.open.first_key_value()?.0;
        if let Some(decoded) = decoded
            && self.first(first + 1) + PATIENCE_S * self.rate_hz > decoded
        {
            return None;
        }
        let (number, sums) = self.open.pop_first()?;
        self.told = number + 1;
        self.sync = sums.sync.unwrap_or(self.sync);
        Some(self.record(number, &sums, clock))
    }

    fn record(&self, number: u64, sums: &Sums, clock: &SampleClock) -> MetricsRecord {
        let mean = |sum: f64| Some(sum / sums.locked).filter(|mean| mean.is_finite());
        let es_n0_db = mean(sums.es_n0_db);
        let ratio = mean(sums.symbol_rate_hz).zip(self.stated_hz);
        MetricsRecord {
            place: Place::of_sample(self.first(number).round() as u64, clock),
            seconds: EVERY_S,
            locked_seconds: sums.locked / self.rate_hz,
            sync: self.sync,
            es_n0_db,
            eb_n0_db: es_n0_db.map(|db| db + self.eb_n0_offset_db),
            offset_hz: mean(sums.offset_hz),
            symbol_rate_error_ppm: ratio.map(|(mean, stated)| (mean / stated - 1.0) * 1e6),
            frames_good: sums.good,
            frames_corrected: sums.corrected,
            frames_bad: sums.bad,
            frames_lost: sums.lost,
            samples_lost: sums.samples_lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(from: f64, to: f64, locked: bool) -> Stretch {
        Stretch {
            from,
            to,
            offset_hz: from,
            es_n0_db: 10.0,
            symbol_rate_hz: 1001.0,
            locked,
        }
    }

    fn rest(metrics: &mut Metrics) -> Vec<MetricsRecord> {
        let clock = SampleClock::default();
        std::iter::from_fn(|| metrics.next(None, &clock)).collect()
    }

    #[test]
    fn a_stretch_counts_in_each_interval_by_its_share() {
        let mut metrics = Metrics::new(100.0, -3.0, Some(1000.0));
        metrics.measure(&stretch(50.0, 100.0, true));
        metrics.measure(&stretch(100.0, 130.0, false));
        metrics.measure(&stretch(180.0, 260.0, true));
        metrics.sync(120, "lock");
        metrics.lose(270, 5);
        let counted = Counted {
            good: true,
            corrected: true,
            lost: 2,
        };
        metrics.frame(199, counted);
        metrics.frame(
            200,
            Counted {
                good: false,
                ..counted
            },
        );
        let rows = rest(&mut metrics);
        let samples: Vec<_> = rows.iter().map(|row| row.place.sample.unwrap()).collect();
        assert_eq!(samples, [0, 100, 200]);
        let locked: Vec<_> = rows.iter().map(|row| row.locked_seconds).collect();
        assert_eq!(locked, [0.5, 0.2, 0.6]);
        assert_eq!((rows[0].offset_hz, rows[1].offset_hz), (Some(50.0), Some(180.0)));
        assert_eq!((rows[2].es_n0_db, rows[2].eb_n0_db), (Some(10.0), Some(7.0)));
        assert!((rows[2].symbol_rate_error_ppm.unwrap() - 1000.0).abs() < 1e-6);
        let sync: Vec<_> = rows.iter().map(|row| row.sync).collect();
        assert_eq!(sync, ["search", "lock", "lock"]);
        assert_eq!(
            (rows[1].frames_good, rows[1].frames_corrected, rows[1].frames_lost),
            (1, 1, 2)
        );
        assert_eq!((rows[2].frames_bad, rows[2].samples_lost), (1, 5));
    }

    #[test]
    fn without_lock_nothing_is_measured() {
        let mut metrics = Metrics::new(100.0, 0.0, None);
        metrics.measure(&stretch(0.0, 100.0, false));
        metrics.measure(&stretch(f64::NAN, 1e300, true));
        let rows = rest(&mut metrics);
        assert_eq!(rows.len(), 1);
        assert!(
            rows.iter()
                .all(|row| row.es_n0_db.is_none() && row.symbol_rate_error_ppm.is_none())
        );
    }

    #[test]
    fn an_interval_waits_for_its_frames_and_none_is_lost() {
        let mut metrics = Metrics::new(10.0, 0.0, None);
        let clock = SampleClock::default();
        let good = Counted {
            good: true,
            corrected: false,
            lost: 0,
        };
        metrics.frame(5, good);
        metrics.frame(15, good);
        assert_eq!(metrics.next(Some(6009.0), &clock), None);
        assert_eq!(metrics.next(Some(6010.0), &clock).unwrap().frames_good, 1);
        metrics.frame(6, good);
        assert_eq!(rest(&mut metrics)[0].frames_good, 2);
    }
}
