//! Min-sum check by check: the reference of the vector implementation, and the decoder of the short codes.

use super::decoder::LdpcAlgorithm;
use super::matrix::Matrix;
use super::rule::{LIMIT, Rule};

/// Decoder state of one word.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    size: usize,
    /// Per layer its circulants, as (first bit of the column, shift).
    layers: Vec<Vec<(usize, usize)>>,
    rules: Vec<Rule>,
    posterior: Vec<i8>,
    /// Per layer and row, a message for each circulant.
    messages: Vec<Vec<i8>>,
}

impl Plain {
    pub(super) fn new(matrix: &Matrix, schedule: &[usize], algorithm: LdpcAlgorithm) -> Self {
        let layers: Vec<Vec<_>> = schedule
            .iter()
            .map(|&row| {
                let row = &matrix.rows[row];
                row.iter().map(|c| (c.column * matrix.size, c.shift)).collect()
            })
            .collect();
        Self {
            size: matrix.size,
            rules: layers
                .iter()
                .map(|layer| Rule::new(algorithm, layer.len()))
                .collect(),
            posterior: vec![0; matrix.word_bits()],
            messages: layers
                .iter()
                .map(|layer| vec![0; layer.len() * matrix.size])
                .collect(),
            layers,
        }
    }

    pub(super) fn load(&mut self, channel: &[i8]) {
        self.posterior.copy_from_slice(channel);
        self.messages.iter_mut().for_each(|layer| layer.fill(0));
    }

    /// Indices of the bits of a check.
    fn bits(layer: &[(usize, usize)], size: usize, row: usize) -> impl Iterator<Item = usize> {
        layer.iter().map(move |&(first, shift)| {
            let turned = row + shift;
            first + if turned < size { turned } else { turned - size }
        })
    }

    pub(super) fn update(&mut self, layer: usize) {
        let (circulants, rule) = (&self.layers[layer], self.rules[layer]);
        let messages = self.messages[layer].chunks_exact_mut(circulants.len());
        for (row, messages) in messages.enumerate() {
            let (mut smallest, mut second, mut sign) = (LIMIT, LIMIT, 0i8);
            for (bit, message) in Self::bits(circulants, self.size, row).zip(messages.iter()) {
                let value = self.posterior[bit].saturating_sub(*message);
                let magnitude = value.unsigned_abs();
                second = second.min(smallest.max(magnitude));
                smallest = smallest.min(magnitude);
                sign ^= value;
            }
            let (for_others, for_smallest) = rule.apply(smallest, second);
            for (bit, message) in Self::bits(circulants, self.size, row).zip(messages) {
                let value = self.posterior[bit].saturating_sub(*message);
                let is_smallest = value.unsigned_abs() == smallest;
                let magnitude = if is_smallest { for_smallest } else { for_others } as i8;
                *message = if sign ^ value < 0 { -magnitude } else { magnitude };
                self.posterior[bit] = value.saturating_add(*message);
            }
        }
    }

    /// Unsatisfied checks of a layer.
    pub(super) fn unsatisfied(&self, layer: usize) -> u32 {
        let odd = |&row: &usize| {
            let bits = Self::bits(&self.layers[layer], self.size, row);
            bits.fold(0, |sign, bit| sign ^ self.posterior[bit]) < 0
        };
        (0..self.size).filter(odd).count() as u32
    }

    /// Copies the posteriors.
    pub(super) fn posteriors(&self, out: &mut [i8]) {
        out.copy_from_slice(&self.posterior);
    }
}
