//! What came of the words of a point.

use crate::statistics::interval95;

/// Counts. A trial is what is decoded by itself (a frame, a word); its units are what errors are counted in: bits,
/// codewords, or the trial itself.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    /// Trials.
    pub trials: u64,
    /// Trials with a wrong unit.
    pub failures: u64,
    /// Units.
    pub units: u64,
    /// Wrong units.
    pub errors: u64,
    /// Wrong units of each trial, squared and summed: errors of one trial are not independent of each other.
    pub squares: u64,
    /// Trials that are wrong although the decoder vouched for them.
    pub undetected: u64,
    /// Trials that are right although the decoder did not vouch for them.
    pub refused: u64,
    /// Iterations (passes of the inner decoder) of all trials.
    pub iterations: u64,
    /// Information bits that were decoded.
    pub info_bits: u64,
    /// CPU time that decoding took, seconds.
    pub seconds: f64,
}

impl Tally {
    /// Counts a trial of so many units, of which some are wrong.
    pub fn count(&mut self, units: u64, errors: u64, vouched: bool) {
        self.trials += 1;
        self.units += units;
        self.errors += errors;
        self.squares += errors * errors;
        self.failures += u64::from(errors > 0);
        self.undetected += u64::from(errors > 0 && vouched);
        self.refused += u64::from(errors == 0 && !vouched);
    }

    /// Share of the units that are wrong; NaN without any.
    pub fn rate(&self) -> f64 {
        self.errors as f64 / self.units as f64
    }

    /// 95 % interval of the rate. Wrong units come in bursts, one of which counts for one event: Wilson's interval
    /// with as many hits as there would have to be independent ones for the same relative deviation.
    pub fn interval(&self) -> (f64, f64) {
        if self.errors == 0 {
            return interval95(0, self.trials);
        }
        let burst = self.squares as f64 / self.errors as f64;
        let scaled = |count: u64| (count as f64 / burst).round() as u64;
        interval95(scaled(self.errors), scaled(self.units))
    }

    /// Iterations of a trial, on average.
    pub fn mean_iterations(&self) -> f64 {
        self.iterations as f64 / self.trials as f64
    }

    /// Information bits per second of one core, in millions; `None` where it took too little time to say.
    pub fn mbit_per_second(&self) -> Option<f64> {
        (self.seconds >= 0.1).then(|| self.info_bits as f64 / self.seconds * 1e-6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_widen_the_interval() {
        let (mut single, mut burst) = (Tally::default(), Tally::default());
        for n in 0..1000 {
            single.count(100, u64::from(n % 10 == 0), true);
            burst.count(100, if n % 100 == 0 { 10 } else { 0 }, true);
        }
        assert_eq!(single.rate(), 1e-3);
        assert_eq!(burst.rate(), 1e-3);
        assert_eq!((single.failures, burst.failures), (100, 10));
        assert_eq!(single.interval(), interval95(100, 100_000));
        assert_eq!(burst.interval(), interval95(10, 10_000));
    }

    #[test]
    fn vouching_and_being_right_are_two_things() {
        let mut tally = Tally::default();
        for (errors, vouched) in [(0, true), (0, false), (1, false), (1, true), (1, true)] {
            tally.count(1, errors, vouched);
        }
        assert_eq!((tally.failures, tally.undetected, tally.refused), (3, 2, 1));
        assert_eq!(tally.interval(), interval95(3, 5));
    }

    #[test]
    fn without_errors_the_bound_is_that_of_the_trials() {
        let mut tally = Tally::default();
        tally.count(8920, 0, true);
        assert_eq!(tally.interval(), interval95(0, 1));
        assert_eq!(tally.mbit_per_second(), None);
    }
}
