//! Polynomials over GF(2) modulo `x^size + 1`, packed lowest coefficient first: the algebra of circulants.
//!
//! For sizes that are a power of two, `x^size + 1 = (x + 1)^size`: a polynomial is invertible if its weight is
//! odd. For 511 the ring is a product of fields, of which the circulants of the C2 code, having even weight, never
//! see the one modulo `x + 1`: there, arithmetic is done in the other fields, whose one is [`Ring::one`].

/// Sizes of circulants that are not a power of two have elements that all satisfy `a^512 = a`.
const FIELD_BITS: u32 = 9;

/// The ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ring {
    size: usize,
}

/// The 64 bits from bit `offset`; there must be a word behind the last wanted one.
pub(super) fn bits_at(words: &[u64], offset: usize) -> u64 {
    let (word, bit) = (offset / 64, offset % 64);
    words[word] >> bit | words[word + 1] << (63 - bit) << 1
}

/// Adds as many bits as `sum` has, from bit `offset`; there must be a word behind the last wanted one.
pub(super) fn add_bits(sum: &mut [u64], words: &[u64], offset: usize) {
    let bit = offset % 64;
    for (sum, pair) in sum.iter_mut().zip(words[offset / 64..].windows(2)) {
        *sum ^= pair[0] >> bit | pair[1] << (63 - bit) << 1;
    }
}

/// A polynomial.
pub(super) type Polynomial = Vec<u64>;

impl Ring {
    pub(super) fn new(size: usize) -> Self {
        Self { size }
    }

    /// Words of a polynomial.
    pub(super) fn words(self) -> usize {
        self.size.div_ceil(64)
    }

    pub(super) fn zero(self) -> Polynomial {
        vec![0; self.words()]
    }

    /// `x^power`.
    pub(super) fn monomial(self, power: usize) -> Polynomial {
        let mut result = self.zero();
        let power = power % self.size;
        result[power / 64] = 1 << (power % 64);
        result
    }

    /// The neutral element of the part of the ring that is computed in.
    pub(super) fn one(self) -> Polynomial {
        let mut result = self.monomial(0);
        if !self.size.is_power_of_two() {
            (0..self.size).for_each(|power| result[power / 64] ^= 1 << (power % 64));
        }
        result
    }

    /// Exponents of the terms.
    fn powers(self, a: &[u64]) -> impl Iterator<Item = usize> {
        (0..self.size).filter(move |&power| a[power / 64] >> (power % 64) & 1 == 1)
    }

    /// Repeats the first `size` bits behind themselves; nothing else may be set.
    pub(super) fn double(self, words: &mut [u64]) {
        let (word, bit) = (self.size / 64, self.size % 64);
        for index in (0..self.words()).rev() {
            let value = words[index];
            words[index + word] |= value << bit;
            words[index + word + 1] |= value >> (63 - bit) >> 1;
        }
    }

    /// Clears the bits above `size`.
    pub(super) fn trim(self, words: &mut [u64]) {
        if !self.size.is_multiple_of(64) {
            words[self.size / 64] &= (1 << (self.size % 64)) - 1;
        }
    }

    pub(super) fn multiply(self, a: &[u64], b: &[u64]) -> Polynomial {
        let mut doubled = b.to_vec();
        doubled.resize((2 * self.size).div_ceil(64) + 2, 0);
        self.double(&mut doubled);
        let mut result = self.zero();
        for power in self.powers(a) {
            add_bits(&mut result, &doubled, self.size - power);
        }
        self.trim(&mut result);
        result
    }

    fn square(self, a: &[u64]) -> Polynomial {
        let mut result = self.zero();
        for power in self.powers(a) {
            let power = 2 * power % self.size;
            result[power / 64] ^= 1 << (power % 64);
        }
        result
    }

    /// The inverse, `None` if there is none: `a^(size-1)` where the size is a power of two, otherwise `a^510`.
    fn inverse(self, a: &[u64]) -> Option<Polynomial> {
        let mut power = self.multiply(a, &self.one());
        let mut result = self.one();
        if self.size.is_power_of_two() {
            for _ in 0..self.size.ilog2() {
                result = self.multiply(&power, &result);
                power = self.square(&power);
            }
        } else {
            for _ in 1..FIELD_BITS {
                power = self.square(&power);
                result = self.multiply(&power, &result);
            }
        }
        (self.multiply(a, &result) == self.one()).then_some(result)
    }

    /// Inverse of a square matrix of polynomials, `None` if it has none.
    pub(super) fn invert(self, matrix: &[Vec<Polynomial>]) -> Option<Vec<Vec<Polynomial>>> {
        let count = matrix.len();
        let mut left: Vec<_> = matrix.to_vec();
        let mut right: Vec<Vec<_>> = (0..count)
            .map(|row| {
                let entry = |column| if column == row { self.one() } else { self.zero() };
                (0..count).map(entry).collect()
            })
            .collect();
        for pivot in 0..count {
            let (row, inverse) =
                (pivot..count).find_map(|row| Some((row, self.inverse(&left[row][pivot])?)))?;
            left.swap(pivot, row);
            right.swap(pivot, row);
            for entry in left[pivot].iter_mut().chain(&mut right[pivot]) {
                *entry = self.multiply(&inverse, entry);
            }
            let (left_pivot, right_pivot) = (left[pivot].clone(), right[pivot].clone());
            for row in (0..count).filter(|&row| row != pivot) {
                let factor = left[row][pivot].clone();
                self.subtract(&mut left[row], &factor, &left_pivot);
                self.subtract(&mut right[row], &factor, &right_pivot);
            }
        }
        Some(right)
    }

    fn subtract(self, row: &mut [Polynomial], factor: &[u64], pivot: &[Polynomial]) {
        for (entry, pivot) in row.iter_mut().zip(pivot) {
            let product = self.multiply(factor, pivot);
            entry.iter_mut().zip(product).for_each(|(sum, term)| *sum ^= term);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_invertible_element_times_its_inverse_is_one(
            size in prop::sample::select(vec![16usize, 32, 64, 128, 511]),
            powers in prop::collection::vec(0usize..511, 1..8),
        ) {
            let ring = Ring::new(size);
            let mut a = ring.zero();
            for &power in &powers {
                a[power % size / 64] ^= 1 << (power % size % 64);
            }
            let weight: u32 = a.iter().map(|word| word.count_ones()).sum();
            let inverse = ring.inverse(&a);
            if size.is_power_of_two() {
                prop_assert_eq!(inverse.is_some(), weight % 2 == 1);
            }
            if let Some(inverse) = inverse {
                prop_assert_eq!(ring.multiply(&a, &inverse), ring.one());
            }
        }
    }

    #[test]
    fn shifts_wrap_around() {
        for size in [16, 64, 511, 512] {
            let ring = Ring::new(size);
            let product = ring.multiply(&ring.monomial(size - 1), &ring.monomial(3));
            assert_eq!(product, ring.monomial(2), "{size}");
        }
    }
}
