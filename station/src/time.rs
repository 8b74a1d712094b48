//! Sample index to UTC, and the time that packets carry.

mod packet;

pub use packet::{PacketTime, PacketTimeError};

use crate::input::Capture;
use hifitime::{Duration, Epoch};

/// Turns sample indices into UTC, from the capture segments of the input. No other place computes time.
#[derive(Debug, Clone, Default)]
pub struct SampleClock {
    captures: Vec<Capture>,
    sample_rate_hz: f64,
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

    /// UTC of a sample, `None` where no capture time is known.
    ///
    /// Samples before the first dated segment count back from it.
    pub fn utc(&self, sample: f64) -> Option<Epoch> {
        let after = self.captures.partition_point(|c| c.sample_start as f64 <= sample);
        let capture = self.captures.get(after.saturating_sub(1))?;
        let seconds = (sample - capture.sample_start as f64) / self.sample_rate_hz;
        Some(capture.time? + Duration::from_seconds(seconds))
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
            frequency_hz: None,
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
    fn unknown_without_a_dated_segment() {
        assert_eq!(SampleClock::new(&[capture(0, None)], 100.0).utc_text(5.0), None);
        assert_eq!(SampleClock::default().utc_text(5.0), None);
    }
}
