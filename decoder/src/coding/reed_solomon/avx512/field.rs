//! The isomorphic image of the code's field in the one field that GFNI multiplies in, GF(2)[x] modulo
//! x^8 + x^4 + x^3 + x + 1.
//!
//! All fields of 256 elements are the same but for the names of the elements: sending alpha to a root of alpha's
//! own polynomial keeps sums and products. Such a map is linear over GF(2), so it and the change of basis are one
//! 8 by 8 matrix.

use super::super::Code;

const POLYNOMIAL: u16 = 0x11B;

/// Product in the image field.
fn multiply(a: u8, b: u8) -> u8 {
    let mut product = 0u16;
    for bit in (0..8).rev() {
        product <<= 1;
        if product > 0xFF {
            product ^= POLYNOMIAL;
        }
        if b >> bit & 1 == 1 {
            product ^= u16::from(a);
        }
    }
    product as u8
}

/// The images of all elements of the code's field.
pub(super) struct Image {
    pub(super) of: [u8; 256],
}

impl Image {
    pub(super) fn new(code: &Code) -> Self {
        // alpha^8, reduced, names the lower terms of alpha's polynomial.
        let lower = code.field.power(8);
        let image = |powers: &[u8; 9], symbol: u8| {
            (0..8)
                .filter(|bit| symbol >> bit & 1 == 1)
                .fold(0, |sum, bit| sum ^ powers[bit])
        };
        let powers_of = |root: u8| {
            let mut powers = [1u8; 9];
            for n in 1..9 {
                powers[n] = multiply(powers[n - 1], root);
            }
            powers
        };
        let powers = (2..=255u8)
            .map(powers_of)
            .find(|powers| powers[8] == image(powers, lower))
            .unwrap_or([0; 9]);
        let mut of = [0; 256];
        for (symbol, to) in of.iter_mut().enumerate() {
            *to = image(&powers, symbol as u8);
        }
        Self { of }
    }

    /// Matrix that takes a symbol of the link to its image.
    pub(super) fn link_to_image(&self, code: &Code) -> u64 {
        matrix(|symbol| self.of[usize::from(code.to_conventional[usize::from(symbol)])])
    }

    /// Matrix that takes an image to its symbol of the link.
    pub(super) fn image_to_link(&self, code: &Code) -> u64 {
        let mut symbol_of = [0; 256];
        for (conventional, &image) in self.of.iter().enumerate() {
            symbol_of[usize::from(image)] = code.from_conventional[conventional];
        }
        matrix(|image| symbol_of[usize::from(image)])
    }
}

/// A linear map as `gf2p8affineqb` takes it: the row of result bit `i` in byte `7 - i`.
fn matrix(map: impl Fn(u8) -> u8) -> u64 {
    let mut rows = 0;
    for input in 0..8 {
        let column = map(1 << input);
        for output in (0..8).filter(|output| column >> output & 1 == 1) {
            rows |= 1u64 << (8 * (7 - output) + input);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::{ReedSolomonConfig, RsBasis};

    #[test]
    fn the_image_keeps_sums_and_products_for_all_primitive_polynomials() {
        let mut fields = 0;
        for field in 0x100..0x200u16 {
            let Ok(code) = Code::new(&ReedSolomonConfig {
                parity: 2,
                interleave: 1,
                data_bytes: 1,
                basis: RsBasis::Conventional,
                field,
                first_root: 0,
                primitive: 1,
                covers_asm: false,
            }) else {
                continue;
            };
            fields += 1;
            let image = Image::new(&code);
            for a in 0..=255u8 {
                for b in [0, 1, 2, 0x53, 0xCA, 255, a, a.rotate_left(3)] {
                    let of = |symbol: u8| image.of[usize::from(symbol)];
                    assert_eq!(of(a ^ b), of(a) ^ of(b));
                    assert_eq!(of(code.field.mul(a, b)), multiply(of(a), of(b)));
                }
            }
            let distinct: std::collections::BTreeSet<u8> = image.of.iter().copied().collect();
            assert_eq!(distinct.len(), 256);
        }
        assert_eq!(fields, 16);
    }
}
