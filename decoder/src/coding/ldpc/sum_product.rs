//! Sum-product in floating point: the reference for what an approximation costs.

use super::matrix::Matrix;

/// Largest magnitude of a message: beyond it `tanh` is one in `f32`.
const LIMIT: f32 = 16.0;
/// Log-likelihood ratio of a bit that is known.
const CERTAIN: f32 = 1000.0;

/// Lowest `Es/N0` in [`SPREAD`], in dB; the entries are 1 dB apart.
const LOWEST_DB: f32 = -6.0;
/// Mean square over squared mean magnitude of BPSK in noise.
const SPREAD: [f32; 19] = [
    1.5319, 1.5160, 1.4953, 1.4692, 1.4376, 1.4008, 1.3599, 1.3164, 1.2723, 1.2295, 1.1898, 1.1546, 1.1245,
    1.0995, 1.0792, 1.0629, 1.0500, 1.0397, 1.0315,
];

/// Decoder state of one word. Log-likelihood ratios are positive for a zero.
#[derive(Debug, Clone)]
pub(super) struct SumProduct {
    llr_per_unit: Option<f32>,
    size: usize,
    layers: Vec<Vec<(usize, usize)>>,
    posterior: Vec<f32>,
    messages: Vec<Vec<f32>>,
    /// Bits of the check at hand.
    bits: Vec<usize>,
    /// Half-angle tangents of what its bits tell it, and the products of those behind each.
    tangents: Vec<f32>,
    behind: Vec<f32>,
}

impl SumProduct {
    pub(super) fn new(matrix: &Matrix, schedule: &[usize], llr_per_unit: Option<f32>) -> Self {
        let layers: Vec<Vec<_>> = schedule
            .iter()
            .map(|&row| {
                let row = &matrix.rows[row];
                row.iter().map(|c| (c.column * matrix.size, c.shift)).collect()
            })
            .collect();
        let degree = layers.iter().map(Vec::len).max().unwrap_or(0);
        Self {
            llr_per_unit,
            size: matrix.size,
            posterior: vec![0.0; matrix.word_bits()],
            messages: layers
                .iter()
                .map(|layer| vec![0.0; layer.len() * matrix.size])
                .collect(),
            layers,
            bits: vec![0; degree],
            tangents: vec![0.0; degree],
            behind: vec![1.0; degree + 1],
        }
    }

    /// Takes the soft bits (positive is a one) of a word that begins with `known` zeros.
    pub(super) fn load(&mut self, known: usize, soft: &[i8]) {
        let scale = self.llr_per_unit.unwrap_or_else(|| estimate(soft));
        self.posterior.fill(0.0);
        self.posterior[..known].fill(CERTAIN);
        for (to, &from) in self.posterior[known..].iter_mut().zip(soft) {
            *to = -f32::from(from.max(-127)) * scale;
        }
        self.messages.iter_mut().for_each(|layer| layer.fill(0.0));
    }

    pub(super) fn update(&mut self, layer: usize) {
        let circulants = &self.layers[layer];
        let degree = circulants.len();
        for (row, messages) in self.messages[layer].chunks_exact_mut(degree).enumerate() {
            for (bit, &(first, shift)) in self.bits.iter_mut().zip(circulants) {
                *bit = first + (row + shift) % self.size;
            }
            for (index, message) in messages.iter().enumerate() {
                let value = self.posterior[self.bits[index]] - message;
                self.tangents[index] = (value.clamp(-LIMIT, LIMIT) / 2.0).tanh();
            }
            for index in (0..degree).rev() {
                self.behind[index] = self.behind[index + 1] * self.tangents[index];
                if index + 1 == degree {
                    self.behind[index] = self.tangents[index];
                }
            }
            let mut before = 1.0;
            for (index, message) in messages.iter_mut().enumerate() {
                let behind = if index + 1 == degree {
                    1.0
                } else {
                    self.behind[index + 1]
                };
                let new = (2.0 * (before * behind).atanh()).clamp(-LIMIT, LIMIT);
                before *= self.tangents[index];
                self.posterior[self.bits[index]] += new - *message;
                *message = new;
            }
        }
    }

    /// Unsatisfied checks of a layer.
    pub(super) fn unsatisfied(&self, layer: usize) -> u32 {
        let odd = |row: &usize| {
            let bits = self.layers[layer].iter();
            bits.filter(|(first, shift)| self.posterior[first + (row + shift) % self.size] < 0.0)
                .count()
                % 2
                == 1
        };
        (0..self.size).filter(odd).count() as u32
    }

    /// Signs of the posteriors.
    pub(super) fn posteriors(&self, out: &mut [i8]) {
        for (out, &value) in out.iter_mut().zip(&self.posterior) {
            *out = if value < 0.0 { -1 } else { 1 };
        }
    }
}

/// Log-likelihood ratio of one unit, from how far the magnitudes spread.
fn estimate(soft: &[i8]) -> f32 {
    let (mut sum, mut square) = (0u64, 0u64);
    for value in soft {
        let magnitude = u64::from(value.unsigned_abs());
        sum += magnitude;
        square += magnitude * magnitude;
    }
    if sum == 0 {
        return 0.0;
    }
    let count = soft.len() as f32;
    let (mean, square) = (sum as f32 / count, square as f32 / count);
    let spread = square / (mean * mean);
    let above = SPREAD.iter().take_while(|&&entry| entry > spread).count();
    let db = match above {
        0 => LOWEST_DB,
        above if above == SPREAD.len() => LOWEST_DB + (above - 1) as f32,
        above => {
            let (high, low) = (SPREAD[above - 1], SPREAD[above]);
            LOWEST_DB + (above - 1) as f32 + (high - spread) / (high - low)
        }
    };
    let snr = 2.0 * 10f32.powf(db / 10.0);
    let amplitude = (square * snr / (1.0 + snr)).sqrt();
    2.0 * snr / amplitude
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_of_a_clean_signal_is_that_of_the_best_channel() {
        let soft = [40i8, -40, -40, 40];
        let snr = 2.0 * 10f32.powf(1.2);
        let amplitude = 40.0 * (snr / (1.0 + snr)).sqrt();
        assert!((estimate(&soft) - 2.0 * snr / amplitude).abs() < 1e-4);
        assert_eq!(estimate(&[0; 4]), 0.0);
    }
}
