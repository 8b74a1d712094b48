//! How probable it is that random bits look like a sequence.

/// Probability that `bits` random bits differ from a sequence in at most `errors` places.
pub(super) fn within(bits: u32, errors: u32) -> f64 {
    let mut ways = 1.0;
    let mut sum = 1.0;
    for k in 1..=errors.min(bits) {
        ways *= f64::from(bits - k + 1) / f64::from(k);
        sum += ways;
    }
    (sum / f64::from(bits).exp2()).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::within;
    use crate::telecommand::{BchMode, BchRandomized, CltuCode};

    #[test]
    fn counts_the_patterns() {
        assert_eq!(within(16, 0), 1.0 / 65536.0);
        assert_eq!(within(16, 1), 17.0 / 65536.0);
        assert_eq!(within(64, 64), 1.0);
    }

    #[test]
    fn data_are_hardly_ever_taken_for_a_tail_sequence() {
        let bch = CltuCode::Bch {
            mode: BchMode::Correct,
            randomized: BchRandomized::Off,
        };
        for code in [bch, CltuCode::Ldpc128 { tail: true }] {
            assert_eq!(code.tail().len() * 8, code.block_bits());
            let probability = within(code.block_bits() as u32, code.tail_tolerance());
            assert!(probability < 1e-12, "{code:?}: {probability:e}");
        }
    }
}
