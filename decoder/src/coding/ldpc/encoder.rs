//! Systematic encoder: parity from the parity-check matrix, with the one dense part inverted at construction.

use super::ar4ja::{BLOCK_ROWS, QUARTERS};
use super::code::{LdpcCode, LdpcError, Shape};
use super::dense::Dense;
use super::matrix::{Circulant, Matrix};
use super::ring::{Polynomial, Ring, add_bits, bits_at};
use std::ops::Range;

/// Encoder of one code.
///
/// The checks are sparse and so is most of the way from information to parity; dense is only the inverse of a
/// square part of the matrix (AR4JA: M×M; others: all of the parity columns), whose product is taken a nibble at
/// a time.
#[derive(Debug, Clone)]
pub struct LdpcEncoder {
    shape: Shape,
    matrix: Matrix,
    ring: Ring,
    solution: Solution,
    dense: Dense,
    /// C2's checks hold as well with a parity column complemented: for each, the information columns that
    /// complement it if their weight is odd.
    complements: Vec<Vec<usize>>,
    /// The word, bit by bit, in the order of the matrix.
    word: Vec<u64>,
    /// Each block column of the word, twice in a row.
    columns: Vec<Vec<u64>>,
    checks: Vec<u64>,
    solved: Vec<u64>,
}

/// How the parity columns follow from the information.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Solution {
    /// All at once.
    Direct,
    /// The last M from the dense part, the others by substitution.
    Ar4ja,
}

impl LdpcEncoder {
    /// Prepares the encoder of `code`.
    ///
    /// # Errors
    /// [`LdpcError::InformationBits`] where there is no such code.
    pub fn new(code: LdpcCode) -> Result<Self, LdpcError> {
        let matrix = code.matrix()?;
        let ring = Ring::new(matrix.size);
        let parity = parity_columns(&matrix);
        let (square, solution) = match code {
            LdpcCode::Ar4ja { .. } => (ar4ja_square(&matrix, ring), Solution::Ar4ja),
            _ => (
                polynomials(&matrix, ring, 0..matrix.rows.len(), &parity),
                Solution::Direct,
            ),
        };
        let inverse = ring
            .invert(&square)
            .expect("the parity part of every CCSDS code is invertible");
        let mut encoder = Self {
            shape: code.shape(),
            ring,
            dense: Dense::new(ring, matrix.size, &inverse),
            solution,
            complements: vec![Vec::new(); parity.len()],
            word: vec![0; matrix.word_bits().div_ceil(64) + 2],
            columns: vec![vec![0; (2 * matrix.size).div_ceil(64) + 2]; matrix.columns],
            checks: vec![0; ring.words() * inverse.len()],
            solved: vec![0; ring.words() * inverse.len()],
            matrix,
        };
        if code == LdpcCode::C2 {
            encoder.complements = encoder.complements();
        }
        Ok(encoder)
    }

    /// Appends the codeword to `bits`, one bit (0 or 1) a byte, in the order of sending. `info` is packed, first
    /// bit highest; missing bits are zeros, further ones are ignored.
    pub fn encode(&mut self, info: &[u8], bits: &mut Vec<u8>) {
        self.load(info);
        self.solve();
        for column in parity_columns(&self.matrix) {
            let start = column * self.matrix.size;
            for (word, &value) in self.columns[column][..self.ring.words()].iter().enumerate() {
                let left = self.matrix.size - 64 * word;
                insert(&mut self.word, start + 64 * word, low(value, left));
            }
        }
        unpack(&self.word, self.shape.known, self.shape.sent, bits);
        bits.resize(bits.len() + self.shape.fill, 0);
    }

    /// Takes the information into the word and its columns.
    fn load(&mut self, info: &[u8]) {
        self.word.fill(0);
        for (index, bytes) in info.chunks(8).take(self.shape.info.div_ceil(64)).enumerate() {
            let mut eight = [0; 8];
            eight[..bytes.len()].copy_from_slice(bytes);
            let value = u64::from_be_bytes(eight).reverse_bits();
            let left = self.shape.info - 64 * index;
            insert(&mut self.word, self.shape.known + 64 * index, low(value, left));
        }
        for column in 0..parity_columns(&self.matrix).start {
            let start = column * self.matrix.size;
            let target = &mut self.columns[column];
            target.fill(0);
            for (word, target) in target[..self.ring.words()].iter_mut().enumerate() {
                *target = bits_at(&self.word, start + 64 * word);
            }
            self.ring.trim(target);
            self.ring.double(target);
        }
    }

    /// Fills the parity columns.
    fn solve(&mut self) {
        let parity = parity_columns(&self.matrix);
        let information = 0..parity.start;
        if self.solution == Solution::Direct {
            self.sum_checks(0..self.matrix.rows.len(), |column| column < parity.start);
            self.dense.multiply(&self.checks, &mut self.solved);
            std::mem::swap(&mut self.checks, &mut self.solved);
            self.store(parity.start);
            let complements = std::mem::take(&mut self.complements);
            for (column, odd) in parity.zip(&complements) {
                self.complement(column, odd);
            }
            self.complements = complements;
            return;
        }
        let [first, second, last] = [0, 1, 2].map(|block| information.end + block * QUARTERS);
        self.sum_checks(QUARTERS..2 * QUARTERS, |column| column < first);
        self.store(second);
        self.sum_checks(2 * QUARTERS..3 * QUARTERS, |column| column < last);
        self.dense.multiply(&self.checks, &mut self.solved);
        std::mem::swap(&mut self.checks, &mut self.solved);
        self.store(last);
        self.sum_checks(QUARTERS..2 * QUARTERS, |column| column < first || column >= last);
        self.store(second);
        self.sum_checks(0..QUARTERS, |column| column >= last);
        self.store(first);
    }

    /// The checks of some block rows, over those columns that `among` says.
    fn sum_checks(&mut self, rows: Range<usize>, among: impl Fn(usize) -> bool) {
        let words = self.ring.words();
        for (row, check) in rows.zip(self.checks.chunks_exact_mut(words)) {
            check.fill(0);
            for circulant in self.matrix.rows[row].iter().filter(|c| among(c.column)) {
                add_bits(check, &self.columns[circulant.column], circulant.shift);
            }
            self.ring.trim(check);
        }
    }

    /// Takes the checks as the values of as many columns from `first`.
    fn store(&mut self, first: usize) {
        let words = self.ring.words();
        for (column, value) in self.columns[first..]
            .iter_mut()
            .zip(self.checks.chunks_exact(words))
        {
            column.fill(0);
            column[..words].copy_from_slice(value);
            self.ring.double(column);
        }
    }

    /// Complements a column if the weight of the columns `odd` is odd.
    fn complement(&mut self, column: usize, odd: &[usize]) {
        let words = self.ring.words();
        let weights = odd.iter().flat_map(|&column| &self.columns[column][..words]);
        if weights.fold(0, |sum, word| sum ^ word).count_ones() % 2 == 1 {
            let column = &mut self.columns[column][..words];
            for word in column.iter_mut() {
                *word = !*word;
            }
            self.ring.trim(column);
        }
    }

    /// The choice of CCSDS 131.0-B-5 §7.3 among the codewords that C2's checks allow: the first row of each
    /// circulant of the generator ends with a zero.
    fn complements(&mut self) -> Vec<Vec<usize>> {
        let parity = parity_columns(&self.matrix);
        let mut complements = vec![Vec::new(); parity.len()];
        for information in 0..parity.start {
            self.columns.iter_mut().for_each(|column| column.fill(0));
            self.columns[information][0] = 1;
            self.ring.double(&mut self.columns[information]);
            self.solve();
            let last = self.matrix.size - 1;
            for (column, complements) in parity.clone().zip(&mut complements) {
                if self.columns[column][last / 64] >> (last % 64) & 1 == 1 {
                    complements.push(information);
                }
            }
        }
        complements
    }
}

/// The lowest `count` bits.
fn low(value: u64, count: usize) -> u64 {
    if count < 64 {
        value & ((1 << count) - 1)
    } else {
        value
    }
}

/// Sets bits from `offset`, where none are set.
fn insert(words: &mut [u64], offset: usize, value: u64) {
    words[offset / 64] |= value << (offset % 64);
    words[offset / 64 + 1] |= value >> (63 - offset % 64) >> 1;
}

/// Appends `count` bits from bit `from`, one a byte.
fn unpack(words: &[u64], from: usize, count: usize, bits: &mut Vec<u8>) {
    let end = bits.len() + count;
    bits.reserve(count + 64);
    for offset in (0..count).step_by(64) {
        let eight = bits_at(words, from + offset).to_le_bytes();
        bits.extend_from_slice(eight.map(spread).as_flattened());
    }
    bits.truncate(end);
}

/// The bits of a byte, lowest first.
fn spread(byte: u8) -> [u8; 8] {
    let each = (u64::from(byte) * 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
    ((each + 0x7F7F_7F7F_7F7F_7F7F) >> 7 & 0x0101_0101_0101_0101).to_le_bytes()
}

/// The block columns of parity: as many as there are block rows, at the end.
fn parity_columns(matrix: &Matrix) -> Range<usize> {
    matrix.columns - matrix.rows.len()..matrix.columns
}

/// A part of the matrix as polynomials; there, a shift by `s` multiplies by `x^-s`.
fn polynomials(
    matrix: &Matrix,
    ring: Ring,
    rows: Range<usize>,
    columns: &Range<usize>,
) -> Vec<Vec<Polynomial>> {
    let entry = |row: &[Circulant], column| {
        let mut sum = ring.zero();
        for circulant in row.iter().filter(|circulant| circulant.column == column) {
            let term = ring.monomial(matrix.size - circulant.shift);
            sum.iter_mut().zip(term).for_each(|(sum, term)| *sum ^= term);
        }
        sum
    };
    rows.map(|row| {
        columns
            .clone()
            .map(|column| entry(&matrix.rows[row], column))
            .collect()
    })
    .collect()
}

/// What the last M bits of an AR4JA word are multiplied by in the third block row of checks, once the second has
/// given the M bits before in terms of them.
fn ar4ja_square(matrix: &Matrix, ring: Ring) -> Vec<Vec<Polynomial>> {
    let last = matrix.columns - QUARTERS;
    let rows = |block: usize| block * QUARTERS..(block + 1) * QUARTERS;
    let third = rows(BLOCK_ROWS - 1);
    let mut square = polynomials(matrix, ring, third.clone(), &(last..matrix.columns));
    let before = polynomials(matrix, ring, third, &(last - QUARTERS..last));
    let second = polynomials(matrix, ring, rows(BLOCK_ROWS - 2), &(last..matrix.columns));
    for (row, left) in square.iter_mut().zip(before) {
        for (column, entry) in row.iter_mut().enumerate() {
            for (left, right) in left.iter().zip(&second) {
                let product = ring.multiply(left, &right[column]);
                entry.iter_mut().zip(product).for_each(|(sum, term)| *sum ^= term);
            }
        }
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::ldpc::Ar4jaRate;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;

    fn codes() -> impl Iterator<Item = LdpcCode> {
        let rates = [Ar4jaRate::R12, Ar4jaRate::R23, Ar4jaRate::R45];
        let ar4ja = rates
            .into_iter()
            .flat_map(|rate| [1024, 4096, 16384].map(|k| LdpcCode::Ar4ja { rate, k }));
        ar4ja.chain([LdpcCode::C2, LdpcCode::Tc128, LdpcCode::Tc512])
    }

    fn bit(encoder: &LdpcEncoder, index: usize) -> u64 {
        bits_at(&encoder.word, index) & 1
    }

    #[test]
    fn every_check_holds_and_the_information_comes_first() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        for code in codes() {
            let mut encoder = LdpcEncoder::new(code).expect("a code of the standard");
            let length = code.info_bits() / 8;
            let messages = prop::collection::vec(any::<u8>(), length);
            for _ in 0..3 {
                let info = messages.new_tree(&mut runner).expect("bytes").current();
                let mut bits = vec![7];
                encoder.encode(&info, &mut bits);
                assert_eq!(bits.len(), 1 + code.code_bits(), "{code:?}");
                for (n, &bit) in bits[1..=code.info_bits()].iter().enumerate() {
                    assert_eq!(bit, info[n / 8] >> (7 - n % 8) & 1, "{code:?}");
                }
                let Matrix { size, rows, .. } = encoder.matrix.clone();
                for circulants in &rows {
                    for row in 0..size {
                        let bits = circulants
                            .iter()
                            .map(|c| bit(&encoder, c.column * size + (row + c.shift) % size));
                        assert_eq!(bits.fold(0, |sum, bit| sum ^ bit), 0, "{code:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn information_that_is_short_or_long_is_taken_as_far_as_it_goes() {
        let mut encoder = LdpcEncoder::new(LdpcCode::Tc128).expect("a code of the standard");
        let mut encode = |info: &[u8]| {
            let mut bits = Vec::new();
            encoder.encode(info, &mut bits);
            bits
        };
        let whole = encode(&[1, 2, 3, 4, 5, 0, 0, 0]);
        assert_eq!(encode(&[1, 2, 3, 4, 5]), whole);
        assert_eq!(encode(&[1, 2, 3, 4, 5, 0, 0, 0, 9, 9]), whole);
        assert_eq!(encode(&[]), vec![0; 128]);
    }

    #[test]
    fn unknown_lengths_are_refused() {
        let code = LdpcCode::Ar4ja {
            rate: Ar4jaRate::R12,
            k: 2048,
        };
        let error = LdpcEncoder::new(code).err().map(|error| error.to_string());
        assert_eq!(
            error.as_deref(),
            Some("AR4JA has 1024, 4096 or 16384 information bits, not 2048")
        );
    }
}
