//! Soft bits with the place in the input that each came from.

use crate::receiver::SymbolQuality;

/// A stretch of soft bits begins here; it lasts until the next mark.
///
/// Bit `b` of the stretch belongs to symbol `(b - bit) / bits_per_symbol` of it, and the centre of symbol
/// `k` is at source sample `at + k * samples_per_symbol`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// Index into [`SoftBatch::llrs`] of the stretch's first bit.
    pub bit: usize,
    /// Centre of the first symbol, in source samples since the start of the input (fractional).
    pub at: f64,
    /// Source samples per symbol within the stretch.
    pub samples_per_symbol: f64,
    /// True when the symbols do not continue those before: at the start, after a gap, at a new burst, and
    /// after re-acquisition. Symbols between may have been lost or repeated.
    pub restart: bool,
    /// Whether carrier and timing are locked over the stretch, as well as the lock detectors tell.
    pub locked: bool,
    /// Estimated symbol energy to noise density, dB.
    pub es_n0_db: f32,
    /// Estimated carrier frequency minus the nominal one, Hz.
    pub offset_hz: f64,
    /// Estimated symbol rate, per second.
    pub symbol_rate_hz: f64,
    /// How good the symbols are, where that can be told.
    pub quality: Option<SymbolQuality>,
}

/// Soft bits of a receiver, appended by [`crate::receiver::Receiver::process`], emptied by its caller.
///
/// Soft bits are log-likelihood ratios in units of [`SoftBatch::LLR_UNIT`], saturating at ±127, positive = 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SoftBatch {
    /// Soft bits, for two bits a symbol I first, then Q.
    pub llrs: Vec<i8>,
    /// Where the bits come from, in rising order of [`Mark::bit`]. A batch may begin in a stretch whose
    /// mark was in an earlier batch.
    pub marks: Vec<Mark>,
}

impl SoftBatch {
    /// Natural-logarithm likelihood ratio that one step of a soft bit stands for.
    pub const LLR_UNIT: f32 = 1.0 / 8.0;

    /// Forgets the contents, keeps the memory.
    pub fn clear(&mut self) {
        self.llrs.clear();
        self.marks.clear();
    }
}
