//! A downlink's own part: what is left to shift and decimate, and where in the wide stream the result lies.

use super::{Plan, Tuner};
use crate::{Complex32, Mark};

/// One downlink's samples, from the wide stream or from a channel of the filter bank.
///
/// Fed with the samples of one stretch without gaps; [`Lane::finish`] ends it, and what follows is the next.
/// A stretch's outputs are those that lie within it: as many as its length allows, the first at its first sample or
/// less than one output after it.
#[derive(Debug)]
pub struct Lane {
    tuner: Tuner,
    /// Wide samples per output.
    step: u64,
    /// Wide samples by which what the filters give first lies before the stretch's first sample.
    delay: u64,
    /// Outputs to come that lie before the stretch.
    skip: u64,
    /// Outputs given out of this stretch.
    produced: u64,
    rate_hz: f64,
}

impl Lane {
    /// The lane of the plan's downlink of this number.
    pub fn new(plan: &Plan, downlink: usize) -> Self {
        let (from, band) = (plan.source(downlink), plan.bands()[downlink]);
        let tuner = Tuner::new(
            from.rate_hz,
            from.centre_hz,
            band.half_width_hz,
            band.least_rate_hz,
        );
        let step = (from.decimation * tuner.decimation()) as u64;
        let delay = (from.delay + from.decimation * tuner.delay()) as u64;
        Self {
            rate_hz: from.rate_hz / tuner.decimation() as f64,
            tuner,
            step,
            delay,
            skip: delay.div_ceil(step),
            produced: 0,
        }
    }

    /// Samples per second that come out.
    pub fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    /// Wide samples per output.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Where the stretch's first output lies: wide samples after the stretch's first.
    pub fn first_at(&self) -> u64 {
        self.delay.div_ceil(self.step) * self.step - self.delay
    }

    /// Takes the next samples of the stretch, appends what is final.
    pub fn process(&mut self, input: &[Complex32], out: &mut Vec<Complex32>) {
        let from = out.len();
        self.tuner.process(input, out);
        let early = self.skip.min((out.len() - from) as u64);
        out.drain(from..from + early as usize);
        self.skip -= early;
        self.produced += (out.len() - from) as u64;
    }

    /// The stretch ends after so many wide samples. Takes the last samples of it (all that a filter bank gives for
    /// them and the silence behind), appends what is still inside, and begins anew.
    pub fn finish(&mut self, last: &[Complex32], length: u64, out: &mut Vec<Complex32>) {
        let silence = [Complex32::ZERO; 256];
        let whole = length.saturating_sub(self.first_at()).div_ceil(self.step);
        self.process(last, out);
        while self.produced < whole {
            self.process(&silence, out);
        }
        let beyond = (self.produced - whole) as usize;
        out.truncate(out.len() - beyond);
        self.tuner.reset();
        self.skip = self.delay.div_ceil(self.step);
        self.produced = 0;
    }

    /// Makes a mark that counts outputs since the stretch's first one that counts wide samples since the wide stream's
    /// start, in which the stretch begins at `origin`.
    pub fn to_source(&self, mark: &mut Mark, origin: u64) {
        mark.at = (origin + self.first_at()) as f64 + mark.at * self.step as f64;
        mark.samples_per_symbol *= self.step as f64;
    }
}
