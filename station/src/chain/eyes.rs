//! The tap for the eye diagram: a short copy of the samples, and where the receiver found symbols in them.

use crate::monitor::NewestSamples;
use groundlink_dsp::measure::{Eye, EyePlace, eye};
use groundlink_dsp::{Mark, SignalConfig, SoftBatch};
use num_complex::Complex32;
use std::collections::VecDeque;

/// Symbols that a receiver may hold back before it says where they are.
const HELD_SYMBOLS: f64 = 10_000.0;
/// Fewest and most samples that are kept.
const SAMPLES: (f64, f64) = (16_384.0, 1_048_576.0);
/// Stretches of symbols that are remembered.
const STRETCHES: usize = 64;
/// Symbols of an eye, and fewest for which the newest stretch is taken rather than one before.
const SYMBOLS: (usize, usize) = (200, 64);

/// Symbols that follow a mark.
#[derive(Debug, Clone, Copy)]
struct Found {
    mark: Mark,
    bits: usize,
}

/// Keeps what an eye is made of.
#[derive(Debug)]
pub struct EyeTap {
    signal: SignalConfig,
    limit: usize,
    first: u64,
    samples: Vec<Complex32>,
    found: VecDeque<Found>,
}

impl EyeTap {
    /// A tap of this signal.
    pub fn new(signal: SignalConfig) -> Self {
        let per_symbol = signal.sample_rate_hz / signal.symbol_rate_hz;
        let (least, most) = SAMPLES;
        Self {
            limit: (HELD_SYMBOLS * per_symbol).max(least).min(most) as usize,
            signal,
            first: 0,
            samples: Vec::new(),
            found: VecDeque::new(),
        }
    }

    /// Nobody looks: keeps nothing.
    pub fn forget(&mut self) {
        self.samples = Vec::new();
        self.found.clear();
    }

    /// Takes a block, which begins with sample `first` of the input, and what the receiver gave for it.
    pub fn take(&mut self, first: u64, samples: &[Complex32], batch: &SoftBatch) {
        if first != self.first + self.samples.len() as u64 {
            self.samples.clear();
            self.first = first;
        }
        self.samples.extend_from_slice(samples);
        if self.samples.len() > 2 * self.limit {
            let old = self.samples.len() - self.limit;
            self.samples.drain(..old);
            self.first += old as u64;
        }
        let mut done = 0;
        for mark in &batch.marks {
            self.continue_by(mark.bit.saturating_sub(done));
            done = mark.bit;
            if self.found.len() == STRETCHES {
                self.found.pop_front();
            }
            self.found.push_back(Found { mark: *mark, bits: 0 });
        }
        self.continue_by(batch.llrs.len().saturating_sub(done));
    }

    fn continue_by(&mut self, bits: usize) {
        if let Some(newest) = self.found.back_mut() {
            newest.bits += bits;
        }
    }

    /// A copy of the samples at hand.
    pub fn samples(&self) -> NewestSamples {
        NewestSamples {
            first: self.first,
            samples: self.samples.clone(),
        }
    }

    /// The eye of the newest symbols, and whether the receiver was locked to them.
    pub fn look(&self) -> Option<(Eye, bool)> {
        let per_symbol = self.signal.modulation.bits_per_symbol();
        let symbols = |found: &Found| found.bits / per_symbol;
        let (most, fewest) = SYMBOLS;
        let chosen = self.found.iter().rev().find(|found| symbols(found) >= fewest);
        let found = chosen.or_else(|| self.found.iter().max_by_key(|found| found.bits))?;
        let skipped = symbols(found).saturating_sub(most);
        let mark = &found.mark;
        let place = EyePlace {
            at: mark.at - self.first as f64 + skipped as f64 * mark.samples_per_symbol,
            samples_per_symbol: mark.samples_per_symbol,
            symbols: symbols(found) - skipped,
            offset_hz: mark.offset_hz,
        };
        Some((eye(&self.samples, &self.signal, &place)?, mark.locked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundlink_dsp::modulator::Modulator;
    use groundlink_dsp::receiver::Receiver;
    use groundlink_dsp::{Modulation, Pulse};

    /// What the receiver finds is where the eye is open, however the samples come.
    #[test]
    fn the_eye_is_open_where_the_receiver_found_the_symbols() {
        let signal = SignalConfig::new(Modulation::Qpsk, Pulse::Srrc { roll_off: 0.5 }, 9_000.0, 48_000.0);
        let mut modulator = Modulator::new(&signal).expect("a signal");
        let bits: Vec<u8> = (0..20_000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 20 & 1) as u8)
            .collect();
        let mut samples = Vec::new();
        modulator.process(&bits, &mut samples);
        for cut in [1_000, 48_000] {
            let mut receiver = Receiver::new(&signal).expect("a signal");
            let mut tap = EyeTap::new(signal.clone());
            let mut batch = SoftBatch::default();
            for (n, block) in samples.chunks(cut).enumerate() {
                batch.clear();
                receiver.process(block, &mut batch);
                tap.take((n * cut) as u64, block, &batch);
            }
            let (eye, locked) = tap.look().expect("symbols");
            assert!(locked);
            let least = |arm: &[f32]| {
                let decided = arm.iter().step_by(groundlink_dsp::measure::EYE_POINTS);
                decided.map(|value| value.abs()).fold(f32::INFINITY, f32::min)
            };
            assert!(least(&eye.first) > 0.55 && least(&eye.second) > 0.55);
            tap.forget();
            assert!(tap.look().is_none());
        }
    }
}
