//! How often Reed-Solomon decoding accepts what is no codeword.

use super::CODEWORD;

/// Bound on the probability that a word without any relation to the code (every symbol random) is accepted by a
/// decoder of a code with `parity` parity symbols that corrects up to `errors` errors beside `erasures`
/// erasures; 1 where `2 * errors + erasures` exceeds the parity.
///
/// A word is accepted when its syndrome is one that a correctable pattern has. There are `256^parity` syndromes,
/// all equally probable for a random word. The correctable patterns are any values at the `f` erasures and `i`
/// wrong symbols, `i` up to `errors`, at other places: `256^f * sum(C(255 - f, i) * 255^i)`; no two have the
/// same syndrome as long as `2 * errors + f <= parity`. The quotient is the probability, exact for the
/// unshortened code, and more than that of a shortened one, which has fewer places. For the words that a noisy
/// channel makes beyond the capability of the code it holds as well, to within a factor close to 1 (`McEliece`
/// and Swanson, On the decoder error probability for Reed-Solomon codes, 1986).
pub fn miscorrection_probability(parity: usize, erasures: usize, errors: usize) -> f64 {
    if 2 * errors + erasures > parity {
        return 1.0;
    }
    let places = (CODEWORD - erasures.min(CODEWORD)) as f64;
    let mut patterns = 1.0;
    let mut sum = 1.0;
    for i in 1..=errors {
        patterns *= (places - (i - 1) as f64) / i as f64 * 255.0;
        sum += patterns;
    }
    (sum / ((parity - erasures) as f64 * 8.0).exp2()).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_share_of_correctable_syndromes() {
        assert_eq!(miscorrection_probability(2, 0, 0), 1.0 / 65536.0);
        assert_eq!(miscorrection_probability(2, 0, 1), 65026.0 / 65536.0);
        assert_eq!(miscorrection_probability(2, 2, 0), 1.0);
        assert_eq!(miscorrection_probability(2, 1, 1), 1.0);
        // E = 16 and E = 8: close to 1 / 16! and 1 / 8!, for the patterns are few below the limit.
        let (e16, e8) = (
            miscorrection_probability(32, 0, 16),
            miscorrection_probability(16, 0, 8),
        );
        assert!((2.0e-14..4.8e-14).contains(&e16), "{e16:e}");
        assert!((2.0e-5..2.5e-5).contains(&e8), "{e8:e}");
    }
}
