//! The data's part of the samples at a rate that suits the symbols: as it is, or one stream for each harmonic
//! of the subcarrier, brought down to zero frequency.

use super::Plan;
use super::decimate::Decimator;
use super::mixer::{Mixer, Phases};
use crate::Complex32;

/// Data of a stretch of the wide stream: in the real part of values, or, where a subcarrier carries them, alone.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub values: Vec<Complex32>,
    pub arm: Vec<f32>,
}

impl Data {
    pub fn clear(&mut self) {
        self.values.clear();
        self.arm.clear();
    }
}

/// Streams of symbols. Harmonic `h` of subcarrier phase `θ` appears as `-j e^(jh(θ - ωt))` times the symbol.
#[derive(Debug)]
pub(super) struct Branches {
    each: Vec<Branch>,
    /// What the mixers take theirs from.
    phases: Phases,
    mixed: Vec<Complex32>,
    first: u64,
    rate_hz: f64,
}

#[derive(Debug)]
struct Branch {
    mixer: Option<Mixer>,
    filter: Decimator,
    out: Vec<Complex32>,
}

impl Branches {
    pub fn new(plan: &Plan, wide_rate_hz: f64) -> Self {
        let (pass, least) = plan.symbol_band_hz();
        let ((taps, decimation), _) = Decimator::without_first(wide_rate_hz, pass, least);
        let each: Vec<Branch> = match plan.pm.subcarrier {
            None => vec![Branch {
                mixer: None,
                filter: Decimator::new(wide_rate_hz, pass, least),
                out: Vec::new(),
            }],
            Some(subcarrier) => plan
                .harmonics
                .iter()
                .map(|&harmonic| {
                    let freq = harmonic as f64 * subcarrier.frequency_hz / wide_rate_hz;
                    Branch {
                        mixer: Some(Mixer::new(&taps, decimation, freq)),
                        filter: Decimator::without_first(wide_rate_hz, pass, least).1,
                        out: Vec::new(),
                    }
                })
                .collect(),
        };
        Self {
            rate_hz: wide_rate_hz / each[0].filter.scale(),
            each,
            phases: Phases::new(taps.len(), decimation),
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

    /// Takes data of the wide stream; the index of the first new value of the streams.
    pub fn process(&mut self, data: &Data) -> u64 {
        let before = self.end();
        self.phases.push(&data.arm);
        let ready = self.phases.ready();
        for branch in &mut self.each {
            if let Some(mixer) = &mut branch.mixer {
                mixer.process(&self.phases, &mut self.mixed);
                branch.filter.process(&self.mixed, &mut branch.out);
            } else {
                branch.filter.process(&data.values, &mut branch.out);
            }
        }
        self.phases.forget(ready);
        before
    }

    /// The wide stream has ended before its sample `end`.
    pub fn finish(&mut self, end: u64) -> u64 {
        let mut zeros = Data::default();
        let latency = self.each[0].filter.latency();
        if self.each[0].mixer.is_some() {
            zeros.arm.resize(latency, 0.0);
        } else {
            zeros.values.resize(latency, Complex32::ZERO);
        }
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
