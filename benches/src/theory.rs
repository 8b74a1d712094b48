//! Error rates that theory gives for the additive white Gaussian noise channel.

use groundlink_decoder::coding::CodingConfig;
use groundlink_dsp::{Modulation, SignalConfig};
use std::f64::consts::PI;

/// A level in dB as a power ratio.
pub fn from_db(db: f64) -> f64 {
    10f64.powf(db / 10.0)
}

/// Complementary error function: Taylor series of erf up to 2.5, continued fraction beyond (Abramowitz and
/// Stegun 7.1.6 and 7.1.14). Relative error below 1e-10.
pub fn erfc(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - erfc(-x);
    }
    let bell = (-x * x).exp() / PI.sqrt();
    if x < 2.5 {
        let (mut term, mut sum) = (x, x);
        for n in 1..60 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            sum += term;
        }
        return 1.0 - 2.0 * bell * sum;
    }
    let fraction = (1..=60).rev().fold(x, |tail, k| x + f64::from(k) / 2.0 / tail);
    bell / fraction
}

/// Bit error rate of ideal coherent BPSK, QPSK and OQPSK: `0.5 erfc(sqrt(Eb/N0))`.
pub fn psk_ber(eb_n0_db: f64) -> f64 {
    0.5 * erfc(from_db(eb_n0_db).sqrt())
}

/// Bit error rate of orthogonal FSK (index 1) received with a known carrier phase: `0.5 erfc(sqrt(Eb/N0 / 2))`.
pub fn orthogonal_fsk_ber(eb_n0_db: f64) -> f64 {
    0.5 * erfc((from_db(eb_n0_db) / 2.0).sqrt())
}

/// Bits that differ between the labels of 8PSK so many eighths apart, summed over the eight points (ETSI EN 302 307-1
/// §5.4.2: neighbours differ in one bit).
const EIGHTH_DISTANCES: [f64; 8] = [0.0, 8.0, 16.0, 16.0, 16.0, 16.0, 16.0, 8.0];

/// Bit error rate of ideal coherent 8PSK with Gray labels: the chance of a noisy phase to fall into each sector
/// (J. G. Proakis, Digital Communications, for its density) times the bits that are then wrong.
pub fn eight_psk_ber(eb_n0_db: f64) -> f64 {
    const STEPS: usize = 2000;
    let es_n0 = 3.0 * from_db(eb_n0_db);
    let density = |angle: f64| {
        let along = es_n0.sqrt() * angle.cos();
        (-es_n0).exp() / (2.0 * PI)
            + along / PI.sqrt() / 2.0 * (-es_n0 * angle.sin().powi(2)).exp() * (2.0 - erfc(along))
    };
    let width = PI / 4.0 / STEPS as f64;
    let sector = |k: usize| -> f64 {
        let from = (k as f64 - 0.5) * PI / 4.0;
        (0..STEPS)
            .map(|n| density(from + (n as f64 + 0.5) * width) * width)
            .sum()
    };
    (1..8).map(|k| sector(k) * EIGHTH_DISTANCES[k] / 24.0).sum()
}

/// Bit error rate of four orthogonal frequencies received with a known carrier phase: the chance that noise on one of
/// three outputs exceeds signal and noise on the fourth, and of the three wrong symbols' six bits four are wrong
/// (J. G. Proakis, Digital Communications, 5.2).
pub fn four_orthogonal_ber(eb_n0_db: f64) -> f64 {
    const STEPS: i32 = 2000;
    const REACH: f64 = 10.0;
    let distance = (4.0 * from_db(eb_n0_db)).sqrt();
    let width = 2.0 * REACH / f64::from(STEPS);
    let wrong: f64 = (0..STEPS)
        .map(|n| {
            let noise = (f64::from(n) + 0.5) * width - REACH;
            let density = (-0.5 * noise * noise).exp() / (2.0 * PI).sqrt();
            let above = 0.5 * erfc((noise + distance) / 2f64.sqrt());
            -(3.0 * (-above).ln_1p()).exp_m1() * density * width
        })
        .sum();
    2.0 / 3.0 * wrong
}

/// Bit error rate that theory has for a signal. For GMSK it is that of coherent MSK, which no receiver of
/// GMSK reaches.
pub fn reference_ber(signal: &SignalConfig, eb_n0_db: f64) -> f64 {
    let coherent = psk_ber(eb_n0_db);
    match signal.modulation {
        Modulation::Fsk => orthogonal_fsk_ber(eb_n0_db),
        Modulation::Fsk4 => four_orthogonal_ber(eb_n0_db),
        Modulation::Gmsk if signal.precoding => coherent,
        // A change is wrong when one of the two symbols is.
        Modulation::Gmsk | Modulation::Dbpsk | Modulation::Dqpsk | Modulation::Pi4Dqpsk => {
            2.0 * coherent * (1.0 - coherent)
        }
        Modulation::Uqpsk => {
            let ratio = from_db(signal.unbalance_db);
            let arm = |share: f64| psk_ber(eb_n0_db + 10.0 * (2.0 * share).log10());
            f64::midpoint(arm(ratio / (1.0 + ratio)), arm(1.0 / (1.0 + ratio)))
        }
        Modulation::Psk8 => eight_psk_ber(eb_n0_db),
        _ => coherent,
    }
}

/// What [`reference_ber`] is called.
pub fn reference_name(signal: &SignalConfig) -> &'static str {
    match signal.modulation {
        Modulation::Fsk => "coherent orthogonal FSK",
        Modulation::Fsk4 => "coherent orthogonal 4FSK",
        Modulation::Gmsk if signal.precoding => "coherent MSK",
        Modulation::Gmsk => "2 p (1 - p), p of coherent MSK",
        Modulation::Dbpsk | Modulation::Dqpsk | Modulation::Pi4Dqpsk => "2 p (1 - p), p of coherent PSK",
        Modulation::Uqpsk => "mean of both arms",
        Modulation::Psk8 => "coherent 8PSK",
        _ => "0.5 erfc(sqrt(Eb/N0))",
    }
}

/// Probability that a frame of this coding is lost when its bits err independently with probability `ber`.
/// `None` where an inner code makes the errors come in bursts; such links have no closed form.
pub fn frame_error_rate(coding: &CodingConfig, ber: f64) -> Option<f64> {
    if coding.convolutional.is_some() {
        return None;
    }
    let Some(rs) = &coding.reed_solomon else {
        let bits = (coding.frame_bytes() * 8) as f64;
        return Some(-(bits * (-ber).ln_1p()).exp_m1());
    };
    let codeword = rs.data_bytes / rs.interleave + rs.parity;
    let symbol = -(8.0 * (-ber).ln_1p()).exp_m1();
    let lost = more_than(rs.parity / 2, codeword, symbol);
    Some(-(rs.interleave as f64 * (-lost).ln_1p()).exp_m1())
}

/// Probability of more than `limit` hits in `trials`, each of probability `p`.
fn more_than(limit: usize, trials: usize, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    let mut log_choose = 0.0;
    let mut sum = 0.0;
    for hits in 0..=trials {
        if hits > limit {
            let log = log_choose + hits as f64 * p.ln() + (trials - hits) as f64 * (-p).ln_1p();
            sum += log.exp();
        }
        log_choose += ((trials - hits) as f64 / (hits + 1) as f64).ln();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundlink_station::profile::Profile;

    #[test]
    fn erfc_of_published_tables() {
        // Abramowitz and Stegun, tables 7.1 and 7.3.
        for (x, expected) in [
            (0.0, 1.0),
            (0.5, 0.479_500_122_187),
            (1.0, 0.157_299_207_050),
            (2.0, 4.677_734_981_047e-3),
            (3.0, 2.209_049_699_859e-5),
            (5.0, 1.537_459_794_428e-12),
            (-1.0, 1.842_700_792_950),
        ] {
            assert!(
                (erfc(x) / expected - 1.0).abs() < 1e-10,
                "erfc({x}) = {}",
                erfc(x)
            );
        }
        assert!((erfc(2.5 - 1e-12) / erfc(2.5) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn eight_psk_meets_its_symbol_error_rate() {
        // Well above threshold a wrong symbol is a neighbour: one bit of three, and the chance is that of leaving the
        // sector to either side, erfc(sqrt(Es/N0) sin(π/8)).
        for eb_n0_db in [8.0, 10.0, 12.0] {
            let symbol = erfc((3.0 * from_db(eb_n0_db)).sqrt() * (PI / 8.0).sin());
            let found = eight_psk_ber(eb_n0_db) * 3.0 / symbol;
            assert!((found - 1.0).abs() < 2e-3, "{eb_n0_db} dB: {found}");
        }
        assert!((eight_psk_ber(-60.0) - 0.5).abs() < 2e-3);
    }

    #[test]
    fn four_frequencies_approach_the_union_bound() {
        for eb_n0_db in [10.0, 11.0] {
            let bound = 2.0 * orthogonal_fsk_ber(eb_n0_db + 10.0 * 2f64.log10());
            let found = four_orthogonal_ber(eb_n0_db) / bound;
            assert!((0.99..1.0).contains(&found), "{eb_n0_db} dB: {found}");
        }
        assert!((four_orthogonal_ber(-60.0) - 0.5).abs() < 1e-3);
    }

    #[test]
    fn unbalanced_arms_without_unbalance_are_those_of_qpsk() {
        let signal = SignalConfig {
            unbalance_db: 0.0,
            ..crate::keying::Keying::Uqpsk.signal()
        };
        assert!((reference_ber(&signal, 5.0) / psk_ber(5.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn bpsk_reaches_1e_5_at_9_59_db() {
        assert!((psk_ber(9.588) / 1e-5 - 1.0).abs() < 0.01);
    }

    #[test]
    fn reed_solomon_meets_published_points() {
        // aff3ct/error_rate_references, RS(255,223) over BPSK and AWGN.
        let mut coding = Profile::builtin("demo").unwrap().coding_config().unwrap();
        coding.convolutional = None;
        let rs = coding.reed_solomon.as_mut().unwrap();
        (rs.interleave, rs.data_bytes) = (1, 223);
        for (eb_n0_db, expected) in [(5.4, 2.16e-1), (6.0, 4.95e-3), (6.2, 7.78e-4)] {
            let channel_db = eb_n0_db + 10.0 * (223.0_f64 / 255.0).log10();
            let found = frame_error_rate(&coding, psk_ber(channel_db)).unwrap();
            assert!((found / expected - 1.0).abs() < 0.1, "{eb_n0_db} dB: {found:.3e}");
        }
    }

    #[test]
    fn an_uncoded_frame_is_lost_by_its_first_wrong_bit() {
        let mut coding = Profile::builtin("demo").unwrap().coding_config().unwrap();
        assert_eq!(frame_error_rate(&coding, 1e-3), None);
        (coding.convolutional, coding.reed_solomon) = (None, None);
        coding.block_bytes = 100;
        let expected = 1.0 - 0.999_f64.powi(800);
        assert!((frame_error_rate(&coding, 1e-3).unwrap() - expected).abs() < 1e-12);
    }
}
