//! How many samples a device owes, by the clock.

use std::time::Instant;

/// Length of a window in which the earliest arrival is looked for, seconds: short enough that the drift between the
/// device's clock and this computer's (50 ppm) stays below a few milliseconds.
const WINDOW_S: f64 = 30.0;

/// Compares the count of samples with the clock. The earliest arrival of the last windows is what is to be expected.
#[derive(Debug)]
pub(crate) struct Pace {
    rate_hz: f64,
    began: Option<Instant>,
    /// When the window began, and the least lag in it, seconds since `began`.
    window: (f64, f64),
    /// Least lag of the window before.
    before: f64,
}

impl Pace {
    /// Of samples at this rate.
    pub fn new(rate_hz: f64) -> Self {
        Self {
            rate_hz,
            began: None,
            window: (0.0, f64::INFINITY),
            before: f64::INFINITY,
        }
    }

    fn lag(&self, now: Instant, end: u64) -> (f64, f64) {
        let since = self
            .began
            .map_or(0.0, |began| now.saturating_duration_since(began).as_secs_f64());
        (since, since - end as f64 / self.rate_hz)
    }

    /// Samples up to `end` have arrived, lost ones included.
    pub fn arrived(&mut self, now: Instant, end: u64) {
        self.began.get_or_insert(now);
        let (since, lag) = self.lag(now, end);
        if since - self.window.0 > WINDOW_S {
            self.before = self.window.1;
            self.window = (since, lag);
        }
        self.window.1 = self.window.1.min(lag);
    }

    /// Samples by which the count is behind when samples up to `end` have arrived.
    pub fn behind(&self, now: Instant, end: u64) -> u64 {
        let least = self.before.min(self.window.1);
        let (_, lag) = self.lag(now, end);
        if least.is_finite() {
            ((lag - least) * self.rate_hz).round().max(0.0) as u64
        } else {
            0
        }
    }

    /// Forgets what came before.
    pub fn restart(&mut self) {
        *self = Self::new(self.rate_hz);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_the_clock_is_ahead_is_missing() {
        let began = Instant::now();
        let at = |seconds: f64| began + Duration::from_secs_f64(seconds);
        let mut pace = Pace::new(1000.0);
        assert_eq!(pace.behind(at(0.0), 100), 0);
        // 100 samples every 0.1 s, late by 0 to 6 ms; 20 ppm slow.
        for n in 1..=1000u64 {
            let late = 0.001 * (n % 7) as f64;
            pace.arrived(at(0.1 * n as f64 * (1.0 + 20e-6) + late), 100 * n);
        }
        // Half a second is missing, to within the drift of a minute and the jitter.
        let lost = pace.behind(at(100.0 * (1.0 + 20e-6) + 0.6), 100_100);
        assert!((495..=510).contains(&lost), "{lost}");
        pace.restart();
        assert_eq!(pace.behind(at(200.0), 0), 0);
    }
}
