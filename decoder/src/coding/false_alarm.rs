//! How probable it is that random bits look like a marker, and a random block like a codeword.
//!
//! Random bits have signs that are fair and independent, whatever their magnitudes are: all probabilities here
//! are conditional on the magnitudes, so they hold for every receiver, channel and scaling.

use std::f64::consts::PI;

/// Bound on the probability that a random stretch of one frame's length is taken for a frame.
const FRAME_BOUND: f64 = 1e-3;
/// Candidates that a random frame's length may offer where a code that costs little checks each.
const CHECKED_CANDIDATES: f64 = 0.25;
/// The same where an iterative decoder has to run for each.
const ITERATED_CANDIDATES: f64 = 0.02;

/// The tail of every weighted sum of random signs is at most this many times the Gaussian tail: `1 / (4 Q(√2))`,
/// rounded up (V. Bentkus, D. Dzindzalieta, "A tight Gaussian bound for weighted sums of Rademacher random
/// variables", Bernoulli 21(2), 2015, theorem 1.1).
pub(crate) const RADEMACHER: f64 = 3.1788;

/// What becomes of a place that looks like a marker.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check {
    /// Probability that a random block is accepted; 1 where nothing checks it.
    accept: f64,
    /// Candidates that a random frame's length may offer, expected.
    pub(crate) candidates: f64,
}

impl Check {
    /// The marker alone vouches.
    pub(crate) fn none() -> Self {
        Self {
            accept: 1.0,
            candidates: FRAME_BOUND,
        }
    }

    /// A code that costs little vouches, which accepts a random block with this probability.
    pub(crate) fn algebraic(accept: f64) -> Self {
        Self {
            accept,
            candidates: CHECKED_CANDIDATES.min(FRAME_BOUND / accept),
        }
    }

    /// An iterative decoder vouches, which accepts a random block with this probability.
    pub(crate) fn iterative(accept: f64) -> Self {
        Self {
            accept,
            candidates: ITERATED_CANDIDATES.min(FRAME_BOUND / accept),
        }
    }

    /// Whether there is a code that checks.
    pub(crate) fn checks(self) -> bool {
        self.accept < 1.0
    }

    /// Probability of a false frame where a random frame's length offers so many candidates.
    pub(crate) fn false_frame(self, candidates: f64) -> f64 {
        candidates.min(1.0) * self.accept
    }
}

/// Probability that random bits match `bits` given ones within `errors` errors.
pub(crate) fn within_errors(bits: usize, errors: u32) -> f64 {
    let mut ways = 1.0;
    let mut sum = 1.0;
    for k in 1..=(errors as usize).min(bits) {
        ways *= (bits - k + 1) as f64 / k as f64;
        sum += ways;
    }
    sum / (bits as f64).exp2()
}

/// Most errors whose probability stays below `bound`; none where even that is more probable.
pub(crate) fn most_errors(bits: usize, bound: f64) -> u32 {
    (1..=bits as u32)
        .take_while(|&errors| within_errors(bits, errors) <= bound)
        .last()
        .unwrap_or(0)
}

/// Gaussian tail `Q(level)` for levels from 1 on (the continued fraction of Mills' ratio).
fn gaussian_tail(level: f64) -> f64 {
    let fraction = (1..=200).rev().fold(level, |rest, k| level + f64::from(k) / rest);
    (-level * level / 2.0).exp() / (2.0 * PI).sqrt() / fraction
}

/// Level whose Gaussian tail is `tail` (at most 0.1).
pub(crate) fn gaussian_level(tail: f64) -> f64 {
    let (mut low, mut high) = (1.0, 40.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if gaussian_tail(middle) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Longest marker, bits.
pub(crate) const LONGEST: usize = 192;
/// Most that the wrong half of a marker's magnitudes can come to, and one.
const SUMS: usize = LONGEST * 127 / 2 + 1;
/// Sums that are counted in a first, coarse count.
const FEW_SUMS: usize = 512;

/// Whether random signs fit a marker at least as well as signs whose wrong ones have magnitudes that sum to
/// `wrong` with a probability of no more than `bound`, given all magnitudes. The probability is the share of
/// subsets of the magnitudes that sum to no more; of equal magnitudes it is [`within_errors`]. It is counted
/// exactly but for rounding in single precision.
pub(crate) fn random_signs_fit_within(
    magnitudes: impl Iterator<Item = u8> + Clone,
    wrong: usize,
    bound: f64,
) -> bool {
    // Rounding magnitudes up and the sum down leaves subsets out: if there are too many still, that decides.
    let step = wrong / FEW_SUMS + 1;
    let coarse = magnitudes
        .clone()
        .map(|magnitude| usize::from(magnitude).div_ceil(step) as u8);
    let least = wrong_sums::<FEW_SUMS>(coarse, wrong / step)[wrong / step];
    if step == 1 || f64::from(least) > bound {
        return f64::from(least) <= bound;
    }
    wrong < SUMS && f64::from(wrong_sums::<SUMS>(magnitudes, wrong)[wrong]) <= bound
}

/// For each sum up to `most` the probability that the magnitudes of random wrong signs sum to no more.
fn wrong_sums<const N: usize>(magnitudes: impl Iterator<Item = u8>, most: usize) -> [f32; N] {
    // Each magnitude is wrong or not: the mean of the probabilities with and without it.
    let (mut before, mut after) = ([1f32; N], [0f32; N]);
    for magnitude in magnitudes {
        let first = usize::from(magnitude).min(most + 1);
        for (to, &right) in after[..first].iter_mut().zip(&before[..first]) {
            *to = 0.5 * right;
        }
        let both = before[first..=most].iter().zip(&before[..=most]);
        for (to, (&right, &wrong)) in after[first..=most].iter_mut().zip(both) {
            *to = 0.5 * (right + wrong);
        }
        std::mem::swap(&mut before, &mut after);
    }
    before
}

/// Level (correlation over the root of the energy) that `bits` soft bits need for random signs to fit as well with
/// probability `bound` only, where their magnitudes are spread a little more than those of Gaussian noise are (half
/// a logistic distribution). The more even magnitudes are, the higher it is.
pub(crate) fn level_of_noise(bits: usize, bound: f64) -> f64 {
    let magnitudes: Vec<u8> = (0..bits)
        .map(|n| (n as f64 + 0.5) / bits as f64)
        .map(|share| (16.0 * ((1.0 + share) / (1.0 - share)).ln()).ceil().min(127.0) as u8)
        .collect();
    let total: usize = magnitudes.iter().map(|&m| usize::from(m)).sum();
    let energy: f64 = magnitudes.iter().map(|&m| f64::from(m).powi(2)).sum();
    let most = (total / 2).min(SUMS - 1);
    let sums = wrong_sums::<SUMS>(magnitudes.into_iter(), most);
    let wrong = sums[..=most].partition_point(|&sum| f64::from(sum) <= bound);
    (total as f64 - 2.0 * wrong.saturating_sub(1) as f64) / energy.sqrt()
}

/// Level that `errors` wrong ones of `bits` bits of equal magnitude reach: their correlation in standard
/// deviations of random signs.
pub(crate) fn level_of_errors(bits: usize, errors: u32) -> f64 {
    (bits as f64 - 2.0 * f64::from(errors)) / (bits as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaussian_tails_are_those_of_the_tables() {
        for (level, tail) in [
            (1.0, 0.158_655_253_9),
            (2.0, 0.022_750_131_9),
            (5.0, 2.866_515_72e-7),
        ] {
            assert!((gaussian_tail(level) / tail - 1.0).abs() < 1e-6, "{level}");
            assert!((gaussian_level(tail) - level).abs() < 1e-6);
        }
        assert!((RADEMACHER - 1.0 / (4.0 * gaussian_tail(std::f64::consts::SQRT_2))).abs() < 1e-3);
        assert!(RADEMACHER > 1.0 / (4.0 * gaussian_tail(std::f64::consts::SQRT_2)));
    }

    #[test]
    fn random_signs_of_equal_magnitudes_are_binomial() {
        assert_eq!(within_errors(32, 1), 33.0 / 2f64.powi(32));
        assert_eq!(within_errors(24, 24), 1.0);
        for (bits, errors, magnitude) in [(32, 4, 1u8), (64, 14, 127), (192, 60, 50), (16, 0, 127)] {
            let wrong = errors * usize::from(magnitude);
            let expected = within_errors(bits, errors as u32);
            for (factor, fits) in [(1.0 - 1e-5, false), (1.0 + 1e-5, true)] {
                let magnitudes = std::iter::repeat_n(magnitude, bits);
                let found = random_signs_fit_within(magnitudes, wrong, factor * expected);
                assert_eq!(found, fits, "{bits} bits, {errors} errors, times {factor}");
            }
        }
    }

    #[test]
    fn random_signs_of_any_magnitudes_are_counted_exactly_and_within_the_gaussian_bound() {
        let magnitudes = [0u8, 3, 127, 40, 1, 1, 90, 17, 64, 0, 5, 33];
        let total: usize = magnitudes.iter().map(|&m| usize::from(m)).sum();
        let energy: f64 = magnitudes.iter().map(|&m| f64::from(m).powi(2)).sum();
        for wrong in 0..=total / 2 {
            let subsets = (0u32..1 << 12).filter(|set| {
                let sum: usize = (0..12)
                    .filter(|k| set >> k & 1 == 1)
                    .map(|k| usize::from(magnitudes[k]))
                    .sum();
                sum <= wrong
            });
            let expected = subsets.count() as f64 / 4096.0;
            let sums = wrong_sums::<SUMS>(magnitudes.into_iter(), wrong);
            assert_eq!(f64::from(sums[wrong]), expected, "{wrong}");
            let within = |bound| random_signs_fit_within(magnitudes.into_iter(), wrong, bound);
            assert!(within(expected) && !within(expected - 1e-6), "{wrong}");
            let level = (total - 2 * wrong) as f64 / energy.sqrt();
            assert!(level < 1.0 || expected <= RADEMACHER * gaussian_tail(level));
        }
    }

    #[test]
    fn the_bound_on_false_frames_holds_whatever_the_code_accepts() {
        for accept in [1e-12, 2e-5, 1e-2, 0.5] {
            for check in [Check::algebraic(accept), Check::iterative(accept)] {
                assert!(check.checks() && check.false_frame(check.candidates) <= 1e-3 * (1.0 + 1e-12));
            }
        }
        assert!(!Check::none().checks());
        assert_eq!(Check::none().false_frame(Check::none().candidates), 1e-3);
    }
}
