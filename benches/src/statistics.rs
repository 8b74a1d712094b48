//! How sure a counted rate is.

/// Standard normal quantile of a two-sided 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// 95 % interval of a probability of which `hits` of `trials` were seen (Wilson's score interval: E. B. Wilson,
/// J. Am. Stat. Assoc. 22, 1927). It keeps its coverage at rates near 0 and 1, where frame error rates lie.
/// Without trials nothing is known: 0 to 1.
pub fn interval95(hits: u64, trials: u64) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let n = trials as f64;
    let rate = hits as f64 / n;
    let centre = rate + Z * Z / (2.0 * n);
    let half = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    let low = if hits == 0 { 0.0 } else { (centre - half) / scale };
    let high = if hits == trials {
        1.0
    } else {
        (centre + half) / scale
    };
    (low, high)
}

/// Rate of `hits` in `trials`; NaN without trials.
pub fn rate(hits: u64, trials: u64) -> f64 {
    hits as f64 / trials as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: (f64, f64), expected: (f64, f64)) {
        let close = |a: f64, b: f64| (a - b).abs() < 5e-5;
        assert!(
            close(found.0, expected.0) && close(found.1, expected.1),
            "{found:?}"
        );
    }

    #[test]
    fn intervals_of_newcombe_1998() {
        // R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        near(interval95(81, 263), (0.2553, 0.3662));
        near(interval95(15, 148), (0.0624, 0.1605));
        near(interval95(0, 20), (0.0, 0.1611));
        near(interval95(1, 29), (0.0061, 0.1718));
    }

    #[test]
    fn nothing_tried_nothing_known() {
        assert_eq!(interval95(0, 0), (0.0, 1.0));
        assert_eq!(interval95(7, 7).1, 1.0);
        assert!(rate(0, 0).is_nan());
    }
}
