//! The data's part of the samples at a rate that suits the symbols: as it is, or one stream for each harmonic
//! of the subcarrier, brought down to zero frequency.

use super::Plan;
use super::decimate::Decimator;
use crate::Complex32;
use crate::nco::Nco;

/// Streams of symbols. Harmonic `h` of subcarrier phase `θ` appears as `-j e^(jh(θ - ωt))` times the symbol.
#[derive(Debug)]
pub(super) struct Branches {
    each: Vec<Branch>,
    mixed: Vec<Complex32>,
    first: u64,
    rate_hz: f64,
}

#[derive(Debug)]
struct Branch {
    nco: Option<Nco>,
    filter: Decimator,
    out: Vec<Complex32>,
}

impl Branches {
    pub fn new(plan: &Plan, wide_rate_hz: f64) -> Self {
        let (pass, least) = plan.symbol_band_hz();
        let branch = |harmonic: f64| Branch {
            nco: plan
                .pm
                .subcarrier
                .map(|s| Nco::new(-harmonic * s.frequency_hz / wide_rate_hz)),
            filter: Decimator::new(wide_rate_hz, pass, least),
            out: Vec::new(),
        };
        let each: Vec<Branch> = match plan.harmonics.as_slice() {
            [] => vec![branch(0.0)],
            harmonics => harmonics.iter().map(|&h| branch(h as f64)).collect(),
        };
        Self {
            rate_hz: wide_rate_hz / each[0].filter.scale(),
            each,
            mixed: Vec::new(),
            first: 0,
        }
    }

    /// Rate of the streams.
    pub fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    /// Sample of the wide stream at a position of the streams, and how many there are to one.
    pub fn wide_at(&self, position: f64) -> f64 {
        self.each[0].filter.input_at(position)
    }

    pub fn scale(&self) -> f64 {
        self.each[0].filter.scale()
    }

    /// Takes samples of the wide stream; the index of the first new value of the streams.
    pub fn process(&mut self, samples: &[Complex32]) -> u64 {
        let before = self.end();
        for branch in &mut self.each {
            if let Some(nco) = &mut branch.nco {
                self.mixed.clear();
                self.mixed.extend_from_slice(samples);
                nco.mix(&mut self.mixed);
                branch.filter.process(&self.mixed, &mut branch.out);
            } else {
                branch.filter.process(samples, &mut branch.out);
            }
        }
        before
    }

    /// The wide stream has ended before its sample `end`.
    pub fn finish(&mut self, end: u64) -> u64 {
        let zeros = vec![Complex32::ZERO; self.each[0].filter.latency()];
        let before = self.process(&zeros);
        let held = (self.each[0].filter.output_at(end as f64).ceil().max(0.0) as u64).max(before);
        for branch in &mut self.each {
            branch.out.truncate(held.saturating_sub(self.first) as usize);
        }
        before
    }

    pub fn count(&self) -> usize {
        self.each.len()
    }

    /// The values of a stream from index `from` on.
    pub fn stream(&self, branch: usize, from: u64) -> &[Complex32] {
        let out = &self.each[branch].out;
        &out[(from.saturating_sub(self.first) as usize).min(out.len())..]
    }

    /// Index of the first value held.
    pub fn first(&self) -> u64 {
        self.first
    }

    pub fn forget(&mut self, before: f64) {
        let held = self.each[0].out.len();
        let done = (before.max(0.0) as u64)
            .saturating_sub(self.first)
            .min(held as u64);
        for branch in &mut self.each {
            branch.out.drain(..done as usize);
        }
        self.first += done;
    }

    fn end(&self) -> u64 {
        self.first + self.each[0].out.len() as u64
    }
}
