//! Sample index to UTC, and the time that packets carry.

mod packet;

pub use packet::{PacketTime, PacketTimeError};

use crate::input::{Capture, TimeSource};
use hifitime::{Duration, Epoch};
use std::collections::VecDeque;

/// Captures that are remembered; a live input may tell new ones for days, and frames lie in the newest.
const REMEMBERED: usize = 1 << 12;

/// Turns sample indices into UTC, from the captures of the input. No other place computes time.
#[derive(Debug, Clone, Default)]
pub struct SampleClock {
    captures: VecDeque<Capture>,
    sample_rate_hz: f64,
}

/// UTC of a sample, and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleTime {
    /// UTC.
    pub utc: Epoch,
    /// Right within this many seconds either way; `None` where nobody says.
    pub uncertainty_s: Option<f64>,
    /// Where the time is from.
    pub source: TimeSource,
}

impl SampleClock {
    /// A clock over these capture segments, which are in order.
    pub fn new(captures: &[Capture], sample_rate_hz: f64) -> Self {
        let captures = captures.iter().filter(|c| c.time.is_some()).cloned().collect();
        Self {
            captures,
            sample_rate_hz,
        }
    }

    /// Takes a capture that the input told while it ran. It holds from its sample on, and later ones behind that
    /// sample are forgotten; one without a time changes nothing.
    pub fn learn(&mut self, capture: &Capture) {
        if capture.time.is_none() {
            return;
        }
        while self
            .captures
            .back()
            .is_some_and(|last| last.sample_start >= capture.sample_start)
        {
            self.captures.pop_back();
        }
        if self.captures.len() == REMEMBERED {
            self.captures.pop_front();
        }
        self.captures.push_back(capture.clone());
    }

    /// Samples per second.
    pub fn sample_rate_hz(&self) -> f64 {
        self.sample_rate_hz
    }

    /// UTC of a sample, `None` where no capture time is known.
    ///
    /// Samples before the first dated segment count back from it.
    pub fn at(&self, sample: f64) -> Option<SampleTime> {
        let after = self.captures.partition_point(|c| c.sample_start as f64 <= sample);
        let capture = self.captures.get(after.saturating_sub(1))?;
        let seconds = (sample - capture.sample_start as f64) / self.sample_rate_hz;
        Some(SampleTime {
            utc: capture.time? + Duration::from_seconds(seconds),
            uncertainty_s: capture.uncertainty_s,
            source: capture.clock,
        })
    }

    /// UTC alone, as [`Self::at`] has it.
    pub fn utc(&self, sample: f64) -> Option<Epoch> {
        self.at(sample).map(|time| time.utc)
    }

    /// The same as text: ISO-8601 with microseconds and Z.
    pub fn utc_text(&self, sample: f64) -> Option<String> {
        self.utc(sample).map(utc_text)
    }
}

/// ISO-8601 with microseconds and Z.
pub fn utc_text(epoch: Epoch) -> String {
    let (second, nanos) = utc_parts(epoch);
    format!("{second}.{:06}Z", nanos / 1_000)
}

/// ISO-8601 with nanoseconds and Z.
pub(crate) fn utc_nanos_text(epoch: Epoch) -> String {
    let (second, nanos) = utc_parts(epoch);
    format!("{second}.{nanos:09}Z")
}

fn utc_parts(epoch: Epoch) -> (String, u32) {
    let (year, month, day, hour, minute, second, nanos) = epoch.to_gregorian_utc();
    let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    (text, nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture(sample_start: u64, time: Option<Epoch>) -> Capture {
        Capture {
            sample_start,
            time,
            ..Capture::default()
        }
    }

    #[test]
    fn counts_from_the_segment_the_sample_is_in() {
        let day = Epoch::from_gregorian_utc_at_midnight(2026, 3, 1);
        let hour = Epoch::from_gregorian_utc(2026, 3, 1, 1, 0, 0, 0);
        let clock = SampleClock::new(&[capture(100, Some(day)), capture(1_000, Some(hour))], 100.0);
        assert_eq!(
            clock.utc_text(100.0).as_deref(),
            Some("2026-03-01T00:00:00.000000Z")
        );
        assert_eq!(
            clock.utc_text(150.0).as_deref(),
            Some("2026-03-01T00:00:00.500000Z")
        );
        assert_eq!(
            clock.utc_text(0.0).as_deref(),
            Some("2026-02-28T23:59:59.000000Z")
        );
        assert_eq!(
            clock.utc_text(1_000.0).as_deref(),
            Some("2026-03-01T01:00:00.000000Z")
        );
    }

    #[test]
    fn a_capture_learned_later_holds_from_its_sample_on() {
        let day = Epoch::from_gregorian_utc_at_midnight(2026, 3, 1);
        let hour = Epoch::from_gregorian_utc(2026, 3, 1, 1, 0, 0, 0);
        let mut clock = SampleClock::new(&[], 100.0);
        clock.learn(&capture(0, None));
        assert_eq!(clock.at(0.0), None);
        clock.learn(&Capture {
            uncertainty_s: Some(0.25),
            clock: TimeSource::Host,
            ..capture(0, Some(day))
        });
        clock.learn(&Capture {
            clock: TimeSource::Hardware,
            ..capture(1_000, Some(hour))
        });
        let before = clock.at(999.0).unwrap();
        assert_eq!(utc_text(before.utc), "2026-03-01T00:00:09.990000Z");
        assert_eq!(
            (before.uncertainty_s, before.source),
            (Some(0.25), TimeSource::Host)
        );
        let after = clock.at(1_000.0).unwrap();
        assert_eq!(utc_text(after.utc), "2026-03-01T01:00:00.000000Z");
        assert_eq!((after.uncertainty_s, after.source), (None, TimeSource::Hardware));
        clock.learn(&capture(1_000, Some(day)));
        assert_eq!(clock.utc(1_000.0), Some(day));
    }

    #[test]
    fn a_run_of_days_remembers_no_more_than_it_must() {
        let day = Epoch::from_gregorian_utc_at_midnight(2026, 3, 1);
        let mut clock = SampleClock::new(&[], 1.0);
        for second in 0..3 * REMEMBERED as u64 {
            let at = day + Duration::from_seconds(second as f64);
            clock.learn(&capture(second, Some(at)));
        }
        assert_eq!(clock.captures.len(), REMEMBERED);
        let last = 3.0 * REMEMBERED as f64;
        assert_eq!(clock.utc(last), Some(day + Duration::from_seconds(last)));
    }

    #[test]
    fn unknown_without_a_dated_segment() {
        assert_eq!(SampleClock::new(&[capture(0, None)], 100.0).utc_text(5.0), None);
        assert_eq!(SampleClock::default().utc_text(5.0), None);
    }
}
