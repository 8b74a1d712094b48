//! Soft bits as a perfect receiver of BPSK, QPSK or OQPSK would give them.

use crate::theory::from_db;
use groundlink_dsp::SoftBatch;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Bits to noisy soft bits, without modulator, channel or receiver between.
#[derive(Debug)]
pub struct IdealReceiver {
    rng: ChaCha8Rng,
    deviation: f64,
    steps_per_amplitude: f64,
}

impl IdealReceiver {
    /// A receiver at this energy per channel bit to noise density.
    pub fn new(bit_es_n0_db: f64, seed: u64) -> Self {
        let snr = from_db(bit_es_n0_db);
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            // A unit amplitude with noise of variance 1 / (2 Es/N0) has the log-likelihood ratio 4 Es/N0 times y.
            deviation: (0.5 / snr).sqrt(),
            steps_per_amplitude: 4.0 * snr / f64::from(SoftBatch::LLR_UNIT),
        }
    }

    /// Appends one soft bit for each bit (0 or 1).
    pub fn process(&mut self, bits: &[u8], soft: &mut Vec<i8>) {
        soft.extend(bits.iter().map(|&bit| {
            let noise: f64 = StandardNormal.sample(&mut self.rng);
            let amplitude = f64::from(bit & 1) * 2.0 - 1.0 + noise * self.deviation;
            (amplitude * self.steps_per_amplitude)
                .round()
                .clamp(-127.0, 127.0) as i8
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::interval95;
    use crate::theory::psk_ber;

    #[test]
    fn signs_err_as_theory_says() {
        let bits: Vec<u8> = (0..200_000u32).map(|n| (n / 3 % 2) as u8).collect();
        for db in [-3.0, 0.0, 4.0] {
            let mut soft = Vec::new();
            IdealReceiver::new(db, 1).process(&bits, &mut soft);
            // A soft bit of 0 says nothing; half of the bits are ones, so half of these count as wrong.
            let errors = bits
                .iter()
                .zip(&soft)
                .filter(|&(&bit, &llr)| (llr > 0) != (bit == 1))
                .count();
            let (low, high) = interval95(errors as u64, bits.len() as u64);
            let theory = psk_ber(db);
            assert!(
                (low * 0.98..high * 1.02).contains(&theory),
                "{db} dB: {low} to {high}, {theory}"
            );
        }
    }
}
