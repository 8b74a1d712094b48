//! Attached synchronisation marker (CCSDS 131.0-B-5 §9): what counts as one, from bounds on false alarms.
//!
//! A place fits when random bits of the same magnitudes would fit as well with no more than a stated probability.
//! That probability is counted exactly ([`random_signs_fit_within`]): of hard decisions it is the binomial number of
//! wrong bits; of soft bits the wrong ones count with their magnitudes, as the correlation does. How many first
//! markers are found in white noise, at the default bound for the frame that goes with them, by soft bits and by
//! their signs alone:
//!
//! | marker | bits to the next | checked by | Es/N0 | soft | signs |
//! |---|---|---|---|---|---|
//! | 32 | 8224 | nothing | 2.0 / 0.0 / -2.0 dB | 98 / 72 / 29 % | 66 / 27 / 7 % |
//! | 32 | 8192 | an algebraic code | 0.0 / -2.0 / -4.4 dB | 99.4 / 89 / 48 % | 89 / 58 / 21 % |
//! | 64 | 32832 | an iterated code | -2.0 / -4.4 / -5.8 / -7.9 dB | 99.9 / 87 / 59 / 18 % | 93 / 49 / 23 / 5 % |
//! | 96 | 26868 | an iterated code | -4.4 / -5.8 / -7.9 dB | 99.8 / 95 / 61 % | 88 / 60 / 20 % |
//! | 128 | 35824 | an iterated code | -5.8 / -7.9 dB | 99.8 / 87 % | 87 / 42 % |
//! | 192 | 53736 | an iterated code | -7.9 dB | 99.5 % | 82 % |
//!
//! Where a marker is expected a far greater probability is accepted: of these, at the Es/N0 for which their codes
//! are made, less than one in a thousand is missed.

use super::config::AsmConfig;
use super::correlate::{Screen, next_place};
use super::false_alarm::{
    Check, RADEMACHER, gaussian_level, level_of_errors, level_of_noise, most_errors, random_signs_fit_within,
    within_errors,
};

/// Probability that random bits fit, either way up, at the one place where a marker is expected.
const EXPECTED_PLACE: f64 = 2e-3;
/// Probability that random bits show a trace of a marker of known polarity.
const TRACE: f64 = 0.03;
/// How far below the level that noise needs places are looked at closely, times the root of the marker's length:
/// room for magnitudes that happen to be spread more.
const SCREEN_ROOM: f64 = 0.28;

/// When soft bits count as the marker.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Criterion {
    /// No more than so many signs differ.
    Errors(u32),
    /// Random signs would fit as well with at most this probability.
    Improbable {
        bound: f64,
        /// Squared level below which a place does not fit.
        least: f32,
        /// Squared level from which on it is sure to fit.
        sure: f32,
    },
}

impl Criterion {
    /// `bound` is the probability in one polarity; a perfect fit is always accepted.
    fn improbable(bits: usize, bound: f64) -> Self {
        let bound = bound.max((-(bits as f64)).exp2());
        let hard = level_of_errors(bits, most_errors(bits, bound));
        // Rounding must not exclude what lies on the limit.
        let room = 1.0 - SCREEN_ROOM / (bits as f64).sqrt();
        let least = (room * level_of_noise(bits, bound)).min(hard) * (1.0 - 1e-4);
        let sure = gaussian_level(bound / RADEMACHER) * (1.0 + 1e-4);
        Self::Improbable {
            bound,
            least: (least * least) as f32,
            sure: (sure * sure) as f32,
        }
    }

    fn screen(self, bits: usize) -> Screen {
        match self {
            Self::Errors(errors) => Screen::Signs(bits as i16 - 2 * errors as i16),
            Self::Improbable { least, .. } => Screen::Level(least),
        }
    }

    /// Probability that random bits fit in one polarity, at most.
    fn probability(self, bits: usize) -> f64 {
        match self {
            Self::Errors(errors) => within_errors(bits, errors),
            Self::Improbable { bound, .. } => bound,
        }
    }
}

/// A marker and what counts as one.
#[derive(Debug, Clone)]
pub(crate) struct Marker {
    /// -1 and 1 for each bit, first to last.
    pattern: Vec<i8>,
    /// Anywhere.
    pub(crate) search: Criterion,
    /// Where it is expected.
    pub(crate) lock: Criterion,
    /// Where a frame without a marker was decoded.
    pub(crate) trace: Criterion,
}

/// A place where the marker fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Match {
    pub(crate) inverted: bool,
    /// Signs that differ.
    pub(crate) errors: u32,
    /// Cosine between soft bits and pattern: 1 for a perfect fit of equal magnitudes, 0 for none.
    pub(crate) correlation: f32,
}

/// A marker's length of soft bits beside the pattern, the right way up.
#[derive(Debug, Clone, Copy)]
struct Measure {
    errors: u32,
    correlation: i32,
    energy: i32,
}

impl Marker {
    /// `places` is the number of bit positions (times parallel streams) in one frame's length; `sure` says that
    /// all bits have one magnitude, where counting signs is the same and quicker.
    pub(crate) fn new(config: &AsmConfig, places: f64, check: Check, sure: bool) -> Self {
        let bits = config.bits as usize;
        let fill = 8 * config.pattern.len() - bits;
        let pattern = (fill..fill + bits)
            .map(|n| (config.pattern[n / 8] >> (7 - n % 8) & 1) as i8 * 2 - 1)
            .collect();
        let criterion = |probability: f64| match config.tolerance {
            Some(errors) => Criterion::Errors(errors.max(most_errors(bits, probability))),
            None if sure => Criterion::Errors(most_errors(bits, probability)),
            None => Criterion::improbable(bits, probability),
        };
        let search = config
            .tolerance
            .map_or_else(|| criterion(check.candidates / (2.0 * places)), Criterion::Errors);
        Self {
            pattern,
            search,
            lock: criterion(EXPECTED_PLACE / 2.0),
            trace: criterion(TRACE),
        }
    }

    /// Length in bits.
    pub(crate) fn bits(&self) -> u64 {
        self.pattern.len() as u64
    }

    /// Expected number of places among `places` random ones that fit in the search, either way up.
    pub(crate) fn candidates(&self, places: f64) -> f64 {
        2.0 * places * self.search.probability(self.pattern.len())
    }

    fn measure(&self, soft: &[i8]) -> Measure {
        let mut measure = Measure {
            errors: 0,
            correlation: 0,
            energy: 0,
        };
        for (&bit, &s) in self.pattern.iter().zip(soft) {
            measure.errors += u32::from((bit > 0) != (s > 0));
            measure.correlation += i32::from(bit) * i32::from(s);
            measure.energy += i32::from(s) * i32::from(s);
        }
        measure
    }

    /// How the first bits of `soft` look beside the marker of the given polarity.
    pub(crate) fn compare(&self, soft: &[i8], inverted: bool) -> Match {
        let measure = self.measure(soft);
        let norm = (self.pattern.len() as f32 * measure.energy.max(1) as f32).sqrt();
        let correlation = measure.correlation as f32 / norm;
        Match {
            inverted,
            errors: if inverted {
                self.pattern.len() as u32 - measure.errors
            } else {
                measure.errors
            },
            correlation: if inverted { -correlation } else { correlation },
        }
    }

    /// How the marker fits to the first bits of `soft`, if it does in either polarity.
    pub(crate) fn fit(&self, soft: &[i8], criterion: Criterion) -> Option<Match> {
        let soft = soft.get(..self.pattern.len())?;
        let measure = self.measure(soft);
        let inverted = match criterion {
            Criterion::Errors(most) => {
                let wrong = self.pattern.len() as u32 - measure.errors;
                if measure.errors.min(wrong) > most {
                    return None;
                }
                wrong < measure.errors
            }
            Criterion::Improbable { bound, least, sure } => {
                let correlation = measure.correlation as f32;
                let (square, energy) = (correlation * correlation, measure.energy as f32);
                if measure.correlation == 0 || square < least * energy {
                    return None;
                }
                if square < sure * energy && !self.improbable(soft, measure, bound) {
                    return None;
                }
                measure.correlation < 0
            }
        };
        Some(self.compare(soft, inverted))
    }

    /// Whether random signs fit as well as these, in the better polarity, with no more than this probability.
    fn improbable(&self, soft: &[i8], measure: Measure, bound: f64) -> bool {
        let first = soft[0].unsigned_abs();
        if soft.iter().all(|s| s.unsigned_abs() == first) {
            let wrong = self.pattern.len() as u32 - measure.errors;
            return within_errors(self.pattern.len(), measure.errors.min(wrong)) <= bound;
        }
        let magnitudes = soft.iter().map(|s| s.unsigned_abs());
        let total: i32 = magnitudes.clone().map(i32::from).sum();
        let wrong = (total - measure.correlation.abs()) / 2;
        random_signs_fit_within(magnitudes, wrong as usize, bound)
    }

    /// First place in `soft` where the whole marker fits.
    pub(crate) fn find(&self, soft: &[i8]) -> Option<(usize, Match)> {
        let screen = self.search.screen(self.pattern.len());
        let mut from = 0;
        while let Some(place) = next_place(&self.pattern, screen, soft, from) {
            if let Some(found) = self.fit(&soft[place..], self.search) {
                return Some((place, found));
            }
            from = place + 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CCSDS: [u8; 4] = [0x1A, 0xCF, 0xFC, 0x1D];

    fn config(pattern: &[u8], tolerance: Option<u32>) -> AsmConfig {
        AsmConfig {
            pattern: pattern.to_vec(),
            bits: 8 * pattern.len() as u32,
            tolerance,
            flywheel: 3,
        }
    }

    /// Small deterministic generator of uniform and of Gaussian values.
    struct Random(u64);

    impl Random {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ z >> 31) >> 11) as f64 / (1u64 << 53) as f64
        }

        /// A soft bit of a one at an amplitude, in white noise of an Es/N0 (dB).
        fn soft(&mut self, amplitude: f64, es_n0_db: f64) -> i8 {
            let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
            let gaussian = radius * (std::f64::consts::TAU * self.uniform()).cos();
            let sigma = (0.5 / 10f64.powf(es_n0_db / 10.0)).sqrt();
            (32.0 * (amplitude + sigma * gaussian))
                .round()
                .clamp(-127.0, 127.0) as i8
        }
    }

    fn errors(criterion: Criterion) -> u32 {
        match criterion {
            Criterion::Errors(errors) => errors,
            Criterion::Improbable { .. } => u32::MAX,
        }
    }

    #[test]
    fn tolerances_follow_from_the_bounds() {
        let most =
            |tolerance, check| errors(Marker::new(&config(&CCSDS, tolerance), 8192.0, check, true).search);
        // 2 * 8192 * 33 / 2^32 = 1.3e-4 and 2 * 8192 * 529 / 2^32 = 2.0e-3.
        assert_eq!(most(None, Check::none()), 1);
        assert_eq!(most(None, Check::algebraic(1e-9)), 4);
        assert_eq!(most(None, Check::iterative(1e-9)), 2);
        assert_eq!(most(Some(7), Check::algebraic(1e-9)), 7);
        let marker = Marker::new(&config(&CCSDS, None), 8192.0, Check::none(), true);
        assert_eq!((errors(marker.lock), errors(marker.trace)), (6, 10));
        assert_eq!(marker.candidates(8192.0), 16384.0 * 33.0 / 2f64.powi(32));
    }

    #[test]
    fn finds_either_polarity_at_every_place_within_the_tolerance_and_not_beyond() {
        let marker = Marker::new(&config(&CCSDS, Some(2)), 8192.0, Check::none(), false);
        for place in [0usize, 1, 63, 100] {
            for (sign, inverted) in [(1i8, false), (-1, true)] {
                let mut soft = vec![-1i8; place + 32];
                for (n, value) in soft[..place].iter_mut().enumerate() {
                    *value = if n % 2 == 0 { 1 } else { -1 };
                }
                for bit in 0..32 {
                    soft[place + bit] = sign * 90 * marker.pattern[bit];
                }
                soft[place + 3] *= -1;
                soft[place + 30] *= -1;
                let expected = Match {
                    inverted,
                    errors: 2,
                    correlation: 28.0 / 32.0,
                };
                assert_eq!(marker.find(&soft), Some((place, expected)));
                soft[place + 8] *= -1;
                assert_eq!(marker.find(&soft), None);
            }
        }
    }

    #[test]
    fn of_equal_magnitudes_soft_bits_fit_as_their_signs_do() {
        let mut random = Random(1);
        for bytes in [2, 3, 4, 8, 12, 24] {
            let pattern: Vec<u8> = (0..bytes).map(|_| (256.0 * random.uniform()) as u8).collect();
            for check in [Check::none(), Check::algebraic(1e-9), Check::iterative(1e-3)] {
                let soft = Marker::new(&config(&pattern, None), 9000.0, check, false);
                let hard = Marker::new(&config(&pattern, None), 9000.0, check, true);
                for wrong in 0..=8 * bytes {
                    let mut bits: Vec<i8> = soft.pattern.iter().map(|&bit| 127 * bit).collect();
                    bits[..wrong].iter_mut().for_each(|bit| *bit *= -1);
                    assert_eq!(soft.find(&bits), hard.find(&bits));
                    assert_eq!(soft.fit(&bits, soft.lock), hard.fit(&bits, hard.lock));
                    assert_eq!(soft.fit(&bits, soft.trace), hard.fit(&bits, hard.trace));
                }
            }
        }
    }

    #[test]
    fn noise_offers_no_more_candidates_than_stated() {
        let mut random = Random(2);
        let soft: Vec<i8> = (0..4_000_000).map(|_| random.soft(0.0, 0.0)).collect();
        for bytes in [3, 4, 8, 24] {
            let pattern: Vec<u8> = (0..bytes).map(|_| (256.0 * random.uniform()) as u8).collect();
            // 100 candidates expected.
            let marker = Marker::new(&config(&pattern, None), 1e4, Check::algebraic(1e-9), false);
            let (mut from, mut candidates) = (0, 0);
            while let Some((place, _)) = marker.find(&soft[from..]) {
                from += place + 1;
                candidates += 1;
            }
            // Within three standard deviations below what is allowed: the bound is reached, too.
            assert!((70..=130).contains(&candidates), "{bytes} bytes: {candidates}");
        }
    }

    /// Share of markers found where they are, of soft bits and of their signs, with a frame's bound.
    fn detection(pattern: &[u8], unit_bits: f64, check: Check, es_n0_db: f64, count: usize) -> [f64; 2] {
        let mut random = Random(3);
        let marker = Marker::new(&config(pattern, None), unit_bits, check, false);
        let signs = Marker::new(&config(pattern, None), unit_bits, check, true);
        let mut found = [0usize; 2];
        for _ in 0..count {
            let soft: Vec<i8> = marker
                .pattern
                .iter()
                .map(|&bit| random.soft(f64::from(bit), es_n0_db))
                .collect();
            let ones = [&marker, &signs].map(|m| m.fit(&soft, m.search).is_some_and(|m| !m.inverted));
            for (found, one) in found.iter_mut().zip(ones) {
                *found += usize::from(one);
            }
        }
        found.map(|found| found as f64 / count as f64)
    }

    #[test]
    fn markers_are_detected_as_the_table_says() {
        let mut random = Random(9);
        let iterated = Check::iterative(1e-3);
        for (bytes, unit_bits, check, es_n0_db, soft, signs) in [
            (4, 8224.0, Check::none(), 0.0, 0.72, 0.27),
            (4, 8192.0, Check::algebraic(1e-9), 0.0, 0.994, 0.892),
            (8, 32832.0, iterated, -4.4, 0.872, 0.495),
            (8, 32832.0, iterated, -2.0, 0.999, 0.934),
            (12, 26868.0, iterated, -4.4, 0.998, 0.882),
            (16, 35824.0, iterated, -5.8, 0.998, 0.872),
            (24, 53736.0, iterated, -7.9, 0.995, 0.822),
        ] {
            let pattern: Vec<u8> = (0..bytes).map(|_| (256.0 * random.uniform()) as u8).collect();
            let count = 2000;
            let found = detection(&pattern, unit_bits, check, es_n0_db, count);
            for (found, expected) in found.into_iter().zip([soft, signs]) {
                let deviation = (expected * (1.0 - expected) / count as f64).sqrt();
                assert!(
                    f64::abs(found - expected) < 4.0 * deviation + 0.003,
                    "{bytes} bytes, {es_n0_db} dB: {found}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn an_expected_marker_is_missed_less_than_once_in_a_thousand() {
        let mut random = Random(10);
        for (bytes, es_n0_db) in [(4, 0.0), (8, -2.0), (12, -4.4), (16, -5.8), (24, -7.9)] {
            let pattern: Vec<u8> = (0..bytes).map(|_| (256.0 * random.uniform()) as u8).collect();
            let marker = Marker::new(&config(&pattern, None), 3e4, Check::iterative(1e-3), false);
            let missed = (0..5000).filter(|_| {
                let noisy = marker
                    .pattern
                    .iter()
                    .map(|&bit| random.soft(f64::from(bit), es_n0_db));
                marker.fit(&noisy.collect::<Vec<i8>>(), marker.lock).is_none()
            });
            assert_eq!(missed.count(), 0, "{bytes} bytes");
        }
    }
}
