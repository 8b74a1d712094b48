//! When samples arrived, by this computer's clocks: their UTC, and how many are missing after a silence.

use crate::input::{Capture, Read, SampleBlock, TimeSource};
use hifitime::{Duration, Epoch};
use std::time::Instant;

/// How long arrivals are watched before the best of them is taken, seconds.
const WINDOW_S: f64 = 10.0;
/// A better time is told when it is off by more than this, seconds: jitter of the network stays below, the drift of
/// a receiver's clock (50 ppm) reaches it in a few minutes, and so does a step of this computer's clock.
const TOLERANCE_S: f64 = 0.01;

/// UTC of samples by their arrival.
///
/// Samples arrive late, never early: of the arrivals in a window the earliest, by the samples' count, is the best.
#[derive(Debug)]
pub(crate) struct ArrivalTime {
    rate_hz: f64,
    frequency_hz: Option<f64>,
    uncertainty_s: Option<f64>,
    /// UTC of sample 0 as told.
    told: Option<Epoch>,
    /// When the window began, and the earliest UTC of sample 0 in it.
    window: Option<(Epoch, Epoch)>,
}

impl ArrivalTime {
    /// Samples at this rate and frequency, of which nobody says how late they are if not `uncertainty_s`.
    pub fn new(rate_hz: f64, frequency_hz: Option<f64>, uncertainty_s: Option<f64>) -> Self {
        Self {
            rate_hz,
            frequency_hz,
            uncertainty_s,
            told: None,
            window: None,
        }
    }

    /// Samples do not continue those before: what is known of their time holds no longer.
    pub fn restart(&mut self) {
        self.told = None;
        self.window = None;
    }

    /// Samples `first..end` have arrived by `now`; a capture where there is something new to tell.
    pub fn arrived(&mut self, first: u64, end: u64, now: Epoch) -> Option<Capture> {
        let zero = now - Duration::from_seconds(end as f64 / self.rate_hz);
        let Some(told) = self.told else {
            self.window = Some((now, zero));
            return Some(self.tell(zero, first));
        };
        let (begun, earliest) = self.window.unwrap_or((now, zero));
        let earliest = earliest.min(zero);
        self.window = Some((begun, earliest));
        if (now - begun).abs().to_seconds() < WINDOW_S {
            return None;
        }
        self.window = None;
        let off = (earliest - told).abs().to_seconds() > TOLERANCE_S;
        off.then(|| self.tell(earliest, first))
    }

    /// Ends a read up to sample `end`, now: dates the block by its arrival where its time is not `known` otherwise.
    pub fn filled(&mut self, block: &mut SampleBlock, end: u64, known: bool) -> Read {
        if block.samples.is_empty() {
            return Read::Waiting;
        }
        if let (Some(now), false) = (utc_now(), known) {
            block.capture = self.arrived(block.first, end, now);
        }
        Read::Filled
    }

    fn tell(&mut self, zero: Epoch, first: u64) -> Capture {
        self.told = Some(zero);
        Capture {
            sample_start: first,
            time: Some(zero + Duration::from_seconds(first as f64 / self.rate_hz)),
            frequency_hz: self.frequency_hz,
            uncertainty_s: self.uncertainty_s,
            clock: TimeSource::Host,
        }
    }
}

/// Samples that are missing when the next `count` have just arrived, and the last one before them at `last`.
pub(crate) fn missing(last: Instant, now: Instant, count: u64, rate_hz: f64) -> u64 {
    let passed = now.saturating_duration_since(last).as_secs_f64() * rate_hz;
    (passed - count as f64).round().max(0.0) as u64
}

/// This computer's UTC; `None` where its clock is set to before 1970.
pub(crate) fn utc_now() -> Option<Epoch> {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?;
    Some(Epoch::from_unix_duration(since.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration as Std;

    const RATE: f64 = 1000.0;

    #[test]
    fn the_earliest_arrival_of_a_window_is_the_time() {
        let start = Epoch::from_gregorian_utc_at_midnight(2026, 3, 1);
        let seconds = Duration::from_seconds;
        let mut arrivals = ArrivalTime::new(RATE, Some(437e6), Some(0.1));
        // 100 samples a block, each late by some jitter; the first by 80 ms.
        let late = |n: u64| {
            if n == 0 {
                0.080
            } else {
                0.003 + 0.001 * (n % 7) as f64
            }
        };
        let mut told = Vec::new();
        for n in 0..300 {
            let now = start + seconds(0.1 * (n + 1) as f64 + late(n));
            told.extend(arrivals.arrived(100 * n, 100 * (n + 1), now));
        }
        assert_eq!(told.len(), 2);
        let error = |capture: &Capture| {
            let truth = start + seconds(capture.sample_start as f64 / RATE);
            (capture.time.unwrap() - truth).to_seconds()
        };
        assert!((error(&told[0]) - 0.080).abs() < 1e-6);
        assert!((error(&told[1]) - 0.003).abs() < 1e-6, "{}", error(&told[1]));
        assert_eq!(
            (told[1].clock, told[1].uncertainty_s),
            (TimeSource::Host, Some(0.1))
        );
        assert_eq!(told[1].frequency_hz, Some(437e6));
    }

    #[test]
    fn a_step_of_the_clock_is_followed_and_a_restart_told_at_once() {
        let start = Epoch::from_gregorian_utc_at_midnight(2026, 3, 1);
        let mut arrivals = ArrivalTime::new(RATE, None, None);
        let mut times = Vec::new();
        for n in 0..400u64 {
            // Set back by an hour in the middle.
            let step = if n < 200 { 0.0 } else { -3600.0 };
            let now = start + Duration::from_seconds(0.1 * (n + 1) as f64 + step);
            times.extend(arrivals.arrived(100 * n, 100 * (n + 1), now));
        }
        assert_eq!(times.len(), 2);
        let last = times[1].time.unwrap() - Duration::from_seconds(times[1].sample_start as f64 / RATE);
        assert_eq!(start - last, Duration::from_seconds(3600.0));
        arrivals.restart();
        assert!(arrivals.arrived(50_000, 50_100, start).is_some());
    }

    #[test]
    fn a_silence_is_counted_by_the_clock() {
        let last = Instant::now();
        assert_eq!(missing(last, last + Std::from_secs(2), 500, RATE), 1500);
        // A burst that makes up for the silence: nothing is missing.
        assert_eq!(missing(last, last + Std::from_secs(2), 2500, RATE), 0);
        assert_eq!(missing(last + Std::from_secs(1), last, 0, RATE), 0);
    }
}
