//! Multiplication by a fixed matrix of dense circulants, a nibble at a time.

use super::ring::{Polynomial, Ring, bits_at};
use multiversion::multiversion;

/// Multiples kept of each polynomial: one for each value of a nibble.
const MULTIPLES: usize = 16;
/// Nibbles of a word.
const PHASES: usize = 16;

/// The matrix: `output[o] = Σ matrix[o][i] · input[i]`.
///
/// The products are collected in one accumulator of twice the length. Its words of the same place lie side by
/// side for all outputs, and so do those of the multiples: adding a multiple is one run over contiguous words.
#[derive(Debug, Clone)]
pub(super) struct Dense {
    ring: Ring,
    size: usize,
    outputs: usize,
    /// `[input][nibble][word][output]`.
    multiples: Vec<u64>,
    /// `[word][output]`, twice the words of a polynomial.
    sum: Vec<u64>,
    product: Vec<u64>,
}

impl Dense {
    pub(super) fn new(ring: Ring, size: usize, matrix: &[Vec<Polynomial>]) -> Self {
        let (words, outputs) = (ring.words(), matrix.len());
        let inputs = matrix.first().map_or(0, Vec::len);
        let run = words * outputs;
        let mut multiples = vec![0; inputs * MULTIPLES * run];
        for (output, row) in matrix.iter().enumerate() {
            for (input, entry) in row.iter().enumerate() {
                for nibble in 0..MULTIPLES {
                    let mut factor = ring.zero();
                    factor[0] = nibble as u64;
                    let product = ring.multiply(&factor, entry);
                    for (word, value) in product.into_iter().enumerate() {
                        multiples[(input * MULTIPLES + nibble) * run + word * outputs + output] = value;
                    }
                }
            }
        }
        Self {
            ring,
            size,
            outputs,
            multiples,
            sum: vec![0; 2 * run],
            product: vec![0; 2 * words + 1],
        }
    }

    /// Multiplies; polynomials lie one behind the other.
    pub(super) fn multiply(&mut self, input: &[u64], output: &mut [u64]) {
        let words = self.ring.words();
        accumulate(&mut self.sum, &self.multiples, input, words, self.outputs);
        for (index, output) in output.chunks_exact_mut(words).enumerate() {
            let column = self.sum[index..].iter().step_by(self.outputs);
            self.product
                .iter_mut()
                .zip(column)
                .for_each(|(to, &from)| *to = from);
            for (word, output) in output.iter_mut().enumerate() {
                *output = self.product[word] ^ bits_at(&self.product, self.size + 64 * word);
            }
            self.ring.trim(output);
        }
    }
}

/// Words of a vector of the widest kind.
const VECTOR: usize = 8;

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2", "aarch64+neon"))]
fn accumulate(sum: &mut [u64], multiples: &[u64], input: &[u64], words: usize, outputs: usize) {
    match input.len() / words {
        2 => accumulate_of::<2>(sum, multiples, input, words, outputs),
        _ => accumulate_of::<4>(sum, multiples, input, words, outputs),
    }
}

/// Takes places that are a vector apart one after the other: a run that overlaps the one just written by part of a
/// vector would have to wait for it.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn accumulate_of<const I: usize>(
    sum: &mut [u64],
    multiples: &[u64],
    input: &[u64],
    words: usize,
    outputs: usize,
) {
    let run = words * outputs;
    let stride = (VECTOR / outputs).max(1);
    sum.fill(0);
    for phase in (0..PHASES).rev() {
        for index in (0..sum.len()).rev() {
            let carry = if index < outputs {
                0
            } else {
                sum[index - outputs] >> 60
            };
            sum[index] = sum[index] << 4 | carry;
        }
        for first in 0..stride {
            for word in (first..words).step_by(stride) {
                let multiple: [&[u64]; I] = std::array::from_fn(|n| {
                    let nibble = (input[n * words + word] >> (4 * phase)) as usize % MULTIPLES;
                    &multiples[(n * MULTIPLES + nibble) * run..][..run]
                });
                for (place, to) in sum[word * outputs..][..run].iter_mut().enumerate() {
                    *to ^= multiple.iter().fold(0, |sum, multiple| sum ^ multiple[place]);
                }
            }
        }
    }
}
