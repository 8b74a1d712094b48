//! What the vectors are loaded from: permutations that spread symbols over lanes, and the code's own tables.

use super::super::plain::generator;
use super::super::{CODEWORD, Code, MAX_PARITY};
use super::field::Image;

/// Symbols that one vector holds a column of.
pub(super) const PAIR: usize = 64 / MAX_PARITY;
/// Deepest interleaving that the spreading permutations are made for.
pub(super) const MAX_STRIDE: usize = 8;

/// One column of 32 rows for each symbol of an unshortened codeword, and one more to fill the last pair.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub(super) struct Columns(pub(super) [[u8; MAX_PARITY]; CODEWORD + 1]);

/// For each of the 255 symbols a field element.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub(super) struct Elements(pub(super) [[u8; 64]; 4]);

#[repr(align(64))]
pub(super) struct Lanes(pub(super) [[[u8; 64]; 32]; MAX_STRIDE]);

/// Of which byte of a vector each lane takes its symbol: the pair `n` of the symbols that lie `stride` bytes
/// apart, the first on the lower half, the second on the upper.
pub(super) static SPREAD: Lanes = {
    let mut lanes = [[[0; 64]; 32]; MAX_STRIDE];
    let mut stride = 1;
    while stride <= MAX_STRIDE {
        let mut pair = 0;
        while (PAIR * pair + 1) * stride < 64 {
            let mut lane = 0;
            while lane < 64 {
                lanes[stride - 1][pair][lane] = ((PAIR * pair + lane / MAX_PARITY) * stride) as u8;
                lane += 1;
            }
            pair += 1;
        }
        stride += 1;
    }
    Lanes(lanes)
};

/// The numbers of the lanes of four vectors, in order.
pub(super) static NUMBERS: Elements = {
    let mut numbers = [[0; 64]; 4];
    let mut n = 0;
    while n < 256 {
        numbers[n / 64][n % 64] = n as u8;
        n += 1;
    }
    Elements(numbers)
};

/// For each lane the number of the next.
pub(super) static NEXT: [u8; 64] = {
    let mut next = [0; 64];
    let mut n = 0;
    while n < 64 {
        next[n] = (n as u8 + 1) % 64;
        n += 1;
    }
    next
};

#[derive(Debug, Clone)]
pub(super) struct Tables {
    /// Column `c` belongs to the power `254 - c`.
    pub(super) syndromes: Columns,
    pub(super) parity_symbols: Columns,
    /// Inverse of each symbol's locator X.
    pub(super) inverse_locators: Elements,
    /// `X^-(first + parity)`.
    pub(super) value_factors: Elements,
    pub(super) from_link: i64,
    pub(super) to_link: i64,
    pub(super) parity: usize,
}

impl Tables {
    pub(super) fn new(code: &Code) -> Self {
        let image = Image::new(code);
        let (field, roots) = (&code.field, &code.roots);
        let of = |symbol: u8| image.of[usize::from(symbol)];
        let mut syndromes = Columns([[0; MAX_PARITY]; CODEWORD + 1]);
        let mut inverse_locators = Elements([[0; 64]; 4]);
        let mut value_factors = Elements([[0; 64]; 4]);
        for c in 0..CODEWORD {
            let log_locator = (CODEWORD - 1 - c) * roots.primitive % CODEWORD;
            let power = |n: usize| of(field.power(log_locator * n));
            for (j, row) in syndromes.0[c].iter_mut().enumerate().take(code.parity) {
                *row = power(roots.first + j);
            }
            let minus = |n: usize| CODEWORD - n % CODEWORD;
            inverse_locators.0[c / 64][c % 64] = power(minus(1));
            value_factors.0[c / 64][c % 64] = power(minus(roots.first + code.parity));
        }
        Self {
            syndromes,
            parity_symbols: parity_columns(code, &image),
            inverse_locators,
            value_factors,
            from_link: image.link_to_image(code).cast_signed(),
            to_link: image.image_to_link(code).cast_signed(),
            parity: code.parity,
        }
    }
}

/// What each data symbol adds to the parity symbols: its power modulo the generator.
fn parity_columns(code: &Code, image: &Image) -> Columns {
    let generator = generator(&code.field, &code.roots, code.parity);
    let mut columns = Columns([[0; MAX_PARITY]; CODEWORD + 1]);
    let mut remainder = generator.clone();
    for c in (0..CODEWORD - code.parity).rev() {
        for (row, &coefficient) in columns.0[c].iter_mut().zip(&remainder) {
            *row = image.of[usize::from(coefficient)];
        }
        let leading = remainder[0];
        remainder.rotate_left(1);
        remainder[code.parity - 1] = 0;
        for (r, &g) in remainder.iter_mut().zip(&generator) {
            *r ^= code.field.mul(leading, g);
        }
    }
    columns
}
