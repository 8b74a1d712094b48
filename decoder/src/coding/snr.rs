//! Signal-to-noise ratio of channel symbols whose true signs are known (decision-aided).
//!
//! A soft symbol, taken with its true sign, is Gaussian about the amplitude. Where soft symbols saturate, the
//! share that does and the mean of the others give amplitude and deviation of the Gaussian that was cut off
//! (a censored sample); otherwise the first two moments do.

use multiversion::multiversion;

/// Full scale of soft symbols.
const FULL: f64 = 127.0;
/// Symbols at a time; their sums fit into 32 bits.
const PART: usize = 4096;
/// Share of saturated symbols from which on the Gaussian is taken as cut off. Below, saturation shifts the
/// moments by less than 0.1 dB, and its share is known worse.
const CUT_OFF: f64 = 0.004;

/// Sums over soft symbols that were multiplied by their true sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SymbolSums {
    /// Symbols, without the saturated ones.
    pub(crate) count: u32,
    /// Their sum, and the sum of their squares.
    pub(crate) sum: i64,
    pub(crate) squares: u64,
    /// Symbols saturated with the right sign.
    pub(crate) saturated: u32,
}

impl SymbolSums {
    /// Adds symbols (zero: none was sent) with their true values, 0 or 1.
    pub(crate) fn add(&mut self, symbols: &[i8], values: &[u8]) {
        let mut wrong = [0; PART];
        for (symbols, values) in symbols.chunks(PART).zip(values.chunks(PART)) {
            for ((wrong, &symbol), &value) in wrong.iter_mut().zip(symbols).zip(values) {
                *wrong = u8::from(symbol > 0) ^ value;
            }
            self.add_contradicted(symbols, &wrong[..symbols.len()], 1);
        }
    }

    /// Adds symbols (zero: none was sent); those where `wrong` has the bit `flag` have the wrong sign.
    pub(crate) fn add_contradicted(&mut self, symbols: &[i8], wrong: &[u8], flag: u8) {
        for (symbols, wrong) in symbols.chunks(PART).zip(wrong.chunks(PART)) {
            let (count, sum, squares, saturated) = sums(symbols, wrong, flag);
            self.count += count;
            self.sum += i64::from(sum);
            self.squares += u64::from(squares);
            self.saturated += saturated;
        }
    }

    /// Es/N0 in decibels, with at most 0.3 dB of bias from 0 to 10 dB on soft symbols that saturate in no more
    /// than 99.5 % of cases. `None` with too few symbols, when hardly any is not saturated, or when there is no
    /// signal in them.
    pub(crate) fn es_n0_db(&self) -> Option<f32> {
        /// Fewest symbols, and fewest not saturated.
        const FEWEST: (u32, u32) = (100, 16);
        let total = self.count + self.saturated;
        if total < FEWEST.0 || self.count < FEWEST.1 {
            return None;
        }
        let count = f64::from(self.count);
        let mean = self.sum as f64 / count;
        let share = f64::from(self.saturated) / f64::from(total);
        let (amplitude, variance) = if share < CUT_OFF {
            let total = f64::from(total);
            let saturated = f64::from(self.saturated) * FULL;
            let mean = (self.sum as f64 + saturated) / total;
            let square = (self.squares as f64 + saturated * FULL) / total;
            (mean, square - mean * mean)
        } else {
            // Full scale lies `u` deviations above the amplitude, and the mean of what lies below it is less than
            // the amplitude by the deviation times density over probability.
            let u = -upper_quantile(share);
            let density = (-u * u / 2.0).exp() / std::f64::consts::TAU.sqrt();
            let deviation = (FULL - mean) / (-u + density / (1.0 - share));
            (FULL + u * deviation, deviation * deviation)
        };
        let ratio = amplitude * amplitude / (2.0 * variance);
        (amplitude > 0.0 && variance > 0.0).then(|| (10.0 * ratio.log10()) as f32)
    }
}

/// Count, sum and squares of the symbols that are not saturated with the right sign, and how many are.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn sums(symbols: &[i8], wrong: &[u8], flag: u8) -> (u32, i32, u32, u32) {
    let (mut count, mut sum, mut squares, mut saturated) = (0u32, 0i32, 0u32, 0u32);
    for (&symbol, &wrong) in symbols.iter().zip(wrong) {
        let magnitude = i32::from(symbol).abs().min(FULL as i32);
        let right = wrong & flag == 0;
        let cut = right && magnitude == FULL as i32;
        let kept = if cut { 0 } else { magnitude };
        saturated += u32::from(cut);
        count += u32::from(kept != 0);
        sum += if right { kept } else { -kept };
        squares += (kept * kept) as u32;
    }
    (count, sum, squares, saturated)
}

/// The point that a standard Gaussian exceeds with this probability (Abramowitz and Stegun 26.2.23: to 4.5e-4).
fn upper_quantile(probability: f64) -> f64 {
    if probability > 0.5 {
        return -upper_quantile(1.0 - probability);
    }
    let t = (-2.0 * probability.max(1e-300).ln()).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    t - above / below
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Soft symbols of ones in white noise, amplitude as given, rounded and saturated.
    fn sums(es_n0_db: f64, amplitude: f64, count: usize) -> SymbolSums {
        let sigma = amplitude * (0.5 / 10f64.powf(es_n0_db / 10.0)).sqrt();
        let symbols: Vec<i8> = (0..count)
            .map(|n| {
                // Every quantile once, in an order that does not matter; the sign in turn.
                let gauss = -upper_quantile((n as f64 + 0.5) / count as f64);
                let value = (amplitude + sigma * gauss).round().clamp(-127.0, 127.0) as i8;
                if n % 2 == 0 { value } else { -value }
            })
            .collect();
        // Wrong are those that do not have the sign sent.
        let wrong: Vec<u8> = (0..count)
            .map(|n| if (symbols[n] > 0) == (n % 2 == 0) { 1 } else { 2 })
            .collect();
        let mut sums = SymbolSums::default();
        sums.add_contradicted(&symbols, &wrong, 2);
        let values: Vec<u8> = (0..count).map(|n| u8::from(n % 2 == 0)).collect();
        let mut same = SymbolSums::default();
        same.add(&symbols, &values);
        assert_eq!(same, sums);
        sums
    }

    #[test]
    fn estimates_are_unbiased_at_any_level_saturated_or_not() {
        for tenths in (-20..=100).step_by(5) {
            let db = f64::from(tenths) / 10.0;
            // As ratios of likelihoods with eight steps a nat, and at fixed levels.
            let likelihood = 32.0 * 10f64.powf(db / 10.0);
            for amplitude in [likelihood, 20.0, 40.0, 60.0, 90.0, 110.0] {
                let estimate = sums(db, amplitude, 16384).es_n0_db().expect("enough");
                let error = f64::from(estimate) - db;
                assert!(error.abs() < 0.2, "{db} dB, level {amplitude}: {error}");
            }
        }
    }

    #[test]
    fn nothing_is_said_of_what_says_nothing() {
        assert_eq!(SymbolSums::default().es_n0_db(), None);
        assert_eq!(sums(6.0, 40.0, 80).es_n0_db(), None, "too few");
        assert_eq!(sums(20.0, 1000.0, 5000).es_n0_db(), None, "all saturated");
        let mut unsent = SymbolSums::default();
        unsent.add(&[0; 500], &[1; 500]);
        assert_eq!(unsent, SymbolSums::default());
        let mut noise = SymbolSums::default();
        noise.add(&[-5; 500], &[1; 500]);
        assert_eq!(noise.es_n0_db(), None, "the wrong sign");
    }

    #[test]
    fn quantiles() {
        for (probability, point) in [(0.5, 0.0), (0.158_655, 1.0), (0.977_25, -2.0), (1.349_9e-3, 3.0)] {
            assert!((upper_quantile(probability) - point).abs() < 6e-4);
        }
    }
}
