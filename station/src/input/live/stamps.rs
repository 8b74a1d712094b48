//! Time stamps of a stream, checked against its samples: what is missing between two pieces follows from them.

/// A jump beyond this is a clock that was set, not a loss, seconds.
const LONGEST_S: f64 = 3600.0;

/// What a piece's stamp says of the place between it and the piece before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The first piece, or the clock of the stamps was set: their times begin anew.
    Anew,
    /// Nothing is missing.
    Next,
    /// So many samples are missing.
    Lost(u64),
    /// The piece is older than the one before.
    Late,
}

/// Follows the stamps of a stream.
#[derive(Debug, Clone)]
pub(crate) struct Stamps {
    rate_hz: f64,
    /// Stamp that the next piece has if nothing is missing, picoseconds.
    expected: Option<i128>,
}

impl Stamps {
    /// Of samples at this rate.
    pub fn new(rate_hz: f64) -> Self {
        Self {
            rate_hz,
            expected: None,
        }
    }

    /// The next piece of `count` samples begins at this time, picoseconds from anywhere. `broken` says that
    /// something else has told of a loss: then the stamp is taken to the sample; otherwise one that is off by less
    /// than half the piece is jitter of a clock that is none of the samples'.
    pub fn take(&mut self, stamp_ps: i128, count: u64, broken: bool) -> Step {
        let samples_ps = |count: f64| (count / self.rate_hz * 1e12).round() as i128;
        let next = stamp_ps.saturating_add(samples_ps(count as f64));
        let Some(expected) = self.expected.replace(next) else {
            return Step::Anew;
        };
        let off = stamp_ps.saturating_sub(expected) as f64 * 1e-12 * self.rate_hz;
        let jitter = if broken {
            0.5
        } else {
            (0.5 * count as f64).max(0.5)
        };
        if off.abs() > LONGEST_S * self.rate_hz {
            Step::Anew
        } else if off.abs() < jitter {
            // The samples are the clock, lest jitter adds up.
            self.expected = Some(if broken {
                next
            } else {
                expected.saturating_add(next - stamp_ps)
            });
            Step::Next
        } else if off > 0.0 {
            Step::Lost(off.round() as u64)
        } else {
            self.expected = Some(expected);
            Step::Late
        }
    }

    /// Forgets what came before.
    #[cfg(feature = "soapysdr")]
    pub fn restart(&mut self) {
        self.expected = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 300 samples at 1 MHz: 300 µs.
    const PIECE: i128 = 300_000_000;

    #[test]
    fn a_jump_of_the_stamps_is_the_loss_to_the_sample() {
        let mut stamps = Stamps::new(1e6);
        assert_eq!(stamps.take(7, 300, false), Step::Anew);
        assert_eq!(stamps.take(7 + PIECE, 300, false), Step::Next);
        assert_eq!(stamps.take(7 + 2 * PIECE + 1_000_000, 300, true), Step::Lost(1));
        assert_eq!(stamps.take(7 + 3 * PIECE + 1_000_000, 300, true), Step::Next);
        assert_eq!(
            stamps.take(7 + 9 * PIECE + 1_000_000, 300, false),
            Step::Lost(1500)
        );
        assert_eq!(stamps.take(7 + 3 * PIECE, 300, false), Step::Late);
        assert_eq!(stamps.take(7 + 10 * PIECE + 1_000_000, 300, false), Step::Next);
    }

    #[test]
    fn stamps_of_a_rate_that_does_not_divide_a_second_lose_nothing_in_an_hour() {
        let rate = 1e6 / 3.0;
        let mut stamps = Stamps::new(rate);
        for piece in 0..1_000_000u64 {
            let stamp = (piece as f64 * 1200.0 / rate * 1e12) as i128;
            let step = stamps.take(stamp, 1200, true);
            assert_eq!(step, if piece == 0 { Step::Anew } else { Step::Next });
        }
    }

    #[test]
    fn jitter_is_no_loss_and_a_clock_that_is_set_neither() {
        let mut stamps = Stamps::new(1e6);
        for piece in 0..1000 {
            let jitter = [0, 100_000_000, -100_000_000][piece % 3];
            let step = stamps.take(piece as i128 * PIECE + jitter, 300, false);
            assert_eq!(step, if piece == 0 { Step::Anew } else { Step::Next });
        }
        assert_eq!(stamps.take(i128::from(u64::MAX), 300, false), Step::Anew);
        assert_eq!(stamps.take(0, 300, false), Step::Anew);
        assert_eq!(stamps.take(i128::MAX, 300, true), Step::Anew);
        assert_eq!(stamps.take(i128::MIN, 300, true), Step::Anew);
    }
}
