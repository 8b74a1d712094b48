//! Signal-to-noise ratio of channel symbols whose true signs are known (decision-aided).
//!
//! A soft symbol, taken with its true sign, is Gaussian about the amplitude. Where soft symbols saturate, the
//! share that does and the mean of the others give amplitude and deviation of the Gaussian that was cut off
//! (a censored sample); otherwise the first two moments do.

/// Full scale of soft symbols.
const FULL: f64 = 127.0;
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
    /// Adds symbols (zero: none was sent), each with whether its true value is 1.
    pub(crate) fn add(&mut self, symbols: &[i8], ones: impl Iterator<Item = bool>) {
        // Sums of a few thousand symbols fit into 32 bits.
        const PART: usize = 4096;
        let mut ones = ones;
        for part in symbols.chunks(PART) {
            let (mut count, mut sum, mut squares, mut saturated) = (0u32, 0i32, 0u32, 0u32);
            for (&symbol, one) in part.iter().zip(&mut ones) {
                let value = i32::from(if one { symbol } else { -symbol.max(-127) });
                let cut = value >= FULL as i32;
                saturated += u32::from(cut);
                let value = if cut { 0 } else { value };
                count += u32::from(symbol != 0 && !cut);
                sum += value;
                squares += (value * value) as u32;
            }
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
        let mut sums = SymbolSums::default();
        sums.add(&symbols, (0..count).map(|n| n % 2 == 0));
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
        unsent.add(&[0; 500], [true; 500].into_iter());
        assert_eq!(unsent, SymbolSums::default());
        let mut noise = SymbolSums::default();
        noise.add(&[-5; 500], [true; 500].into_iter());
        assert_eq!(noise.es_n0_db(), None, "the wrong sign");
    }

    #[test]
    fn quantiles() {
        for (probability, point) in [(0.5, 0.0), (0.158_655, 1.0), (0.977_25, -2.0), (1.349_9e-3, 3.0)] {
            assert!((upper_quantile(probability) - point).abs() < 6e-4);
        }
    }
}
