//! Soft-bit index to the place in the input, and to the signal's state there.

use groundlink_dsp::Mark;
use groundlink_dsp::receiver::SymbolQuality;
use std::collections::VecDeque;

/// Stretches kept; a frame spans far fewer.
const KEPT: usize = 1 << 16;

/// Remembers the receiver's marks and answers where a soft bit came from.
#[derive(Debug)]
pub struct SymbolMap {
    bits_per_symbol: f64,
    /// Absolute soft-bit index at which each stretch begins, with its mark.
    stretches: VecDeque<(u64, Mark)>,
}

impl SymbolMap {
    /// A map of a receiver that gives this many bits per symbol.
    pub fn new(bits_per_symbol: usize) -> Self {
        Self {
            bits_per_symbol: bits_per_symbol as f64,
            stretches: VecDeque::new(),
        }
    }

    /// A stretch begins at this absolute soft-bit index.
    pub fn push(&mut self, soft_index: u64, mark: Mark) {
        if self.stretches.len() == KEPT {
            self.stretches.pop_front();
        }
        self.stretches.push_back((soft_index, mark));
    }

    fn stretch(&self, soft_index: u64) -> Option<usize> {
        self.stretches
            .partition_point(|(first, _)| *first <= soft_index)
            .checked_sub(1)
    }

    /// Input sample at which the symbol of this soft bit begins (half a symbol before its centre).
    pub fn sample(&self, soft_index: u64) -> Option<u64> {
        let (first, mark) = self.stretches.get(self.stretch(soft_index)?)?;
        let symbol = ((soft_index - first) as f64 / self.bits_per_symbol).floor();
        Some(
            (mark.at + (symbol - 0.5) * mark.samples_per_symbol)
                .round()
                .max(0.0) as u64,
        )
    }

    /// State of the signal over these soft bits: mean Es/N0 (dB), and offset, symbol rate and quality at their start.
    pub fn signal(&self, start: u64, end: u64) -> Option<SignalAt> {
        let first = self.stretch(start)?;
        let last = self.stretch(end.saturating_sub(1).max(start))?;
        let linear = |mark: &Mark| 10f64.powf(f64::from(mark.es_n0_db) / 10.0);
        let known: Vec<f64> = self
            .stretches
            .range(first..=last)
            .map(|(_, mark)| linear(mark))
            .filter(|value| value.is_finite())
            .collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let mark = self.stretches.get(first)?.1;
        Some(SignalAt {
            es_n0_db: 10.0 * mean.log10(),
            offset_hz: mark.offset_hz,
            symbol_rate_hz: mark.symbol_rate_hz,
            quality: mark.quality,
        })
    }
}

/// State of the signal at a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignalAt {
    /// Symbol energy to noise density, dB; NaN where unknown.
    pub es_n0_db: f64,
    /// Carrier offset from nominal, Hz.
    pub offset_hz: f64,
    /// Symbol rate, per second.
    pub symbol_rate_hz: f64,
    /// How good the symbols are, where known.
    pub quality: Option<SymbolQuality>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(at: f64, es_n0_db: f32) -> Mark {
        Mark {
            bit: 0,
            at,
            samples_per_symbol: 4.0,
            restart: false,
            locked: true,
            es_n0_db,
            offset_hz: at,
            symbol_rate_hz: 1.0,
            quality: None,
        }
    }

    #[test]
    fn a_bit_is_found_in_its_stretch() {
        let mut map = SymbolMap::new(2);
        assert_eq!(map.sample(0), None);
        map.push(0, mark(10.0, 0.0));
        map.push(100, mark(300.0, 10.0));
        assert_eq!(map.sample(0), Some(8));
        assert_eq!(map.sample(1), Some(8));
        assert_eq!(map.sample(2), Some(12));
        assert_eq!(map.sample(100), Some(298));
    }

    #[test]
    fn the_signal_is_averaged_over_the_stretches_of_a_frame() {
        let mut map = SymbolMap::new(1);
        map.push(0, mark(10.0, 0.0));
        map.push(100, mark(300.0, 10.0));
        let at = map.signal(50, 150).unwrap();
        assert!((at.es_n0_db - 10.0 * 5.5f64.log10()).abs() < 1e-9);
        assert_eq!(at.offset_hz, 10.0);
        assert!((map.signal(50, 100).unwrap().es_n0_db).abs() < 1e-9);
    }
}
