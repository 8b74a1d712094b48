//! The code by tables, for any processor.
//!
//! Encoding and checking are the same division by the generator, a byte at a time through a table of 256 rows.
//! The maps between the bases are linear over GF(2), so the table is kept in the basis of the link and a clean
//! codeword is checked without any conversion. Only a remainder that is not zero is taken to the conventional
//! basis and solved.

use super::galois::Galois;
use super::solve::{Corrections, Roots, Search, solve};
use super::{Code, MAX_PARITY, RsWord, Strided};

/// Remainder of a division: the coefficient of the highest power in the highest byte of the first word.
type Remainder = [u64; MAX_PARITY / 8];

/// Remainder of each leading symbol, in the basis of the link.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    table: Box<[Remainder; 256]>,
}

fn byte_of(remainder: &Remainder, n: usize) -> u8 {
    (remainder[n / 8] >> (56 - n % 8 * 8)) as u8
}

impl Plain {
    pub(super) fn new(code: &Code) -> Self {
        let generator = generator(&code.field, &code.roots, code.parity);
        let mut table = Box::new([[0; MAX_PARITY / 8]; 256]);
        for (symbol, row) in table.iter_mut().enumerate() {
            let leading = code.to_conventional[symbol];
            for (n, &coefficient) in generator.iter().enumerate() {
                let product = code.from_conventional[code.field.mul(leading, coefficient) as usize];
                row[n / 8] |= u64::from(product) << (56 - n % 8 * 8);
            }
        }
        Self { table }
    }

    /// Parity symbols of the data symbols `data[at.start]`, `data[at.start + at.stride]` and so on.
    pub(super) fn encode(&self, data: &[u8], at: Strided) -> [u8; MAX_PARITY] {
        let remainder = self.divide(at.of(data));
        std::array::from_fn(|n| byte_of(&remainder, n))
    }

    /// Corrects the codeword at `at` of a block; `None`, and the block as it was, when that is impossible.
    pub(super) fn decode(
        &self,
        code: &Code,
        block: &mut [u8],
        at: Strided,
        search: &Search<'_>,
    ) -> Option<RsWord> {
        let data = search.length - code.parity;
        let remainder = self.divide(at.of(block).take(data));
        let mut difference = [0; MAX_PARITY];
        for (n, &received) in at.of(block).skip(data).enumerate() {
            difference[n] = code.to_conventional[(byte_of(&remainder, n) ^ received) as usize];
        }
        let difference = &difference[..code.parity];
        let erasures = search.erased.len() as u8;
        if difference.iter().all(|&d| d == 0) {
            return Some(RsWord { errors: 0, erasures });
        }
        let corrections: Corrections = solve(&code.field, &code.roots, difference, search)?;
        let mut errors = 0;
        for correction in corrections.iter() {
            let place = at.start + correction.position * at.stride;
            block[place] ^= code.from_conventional[correction.value as usize];
            errors += u8::from(!search.erased.contains(&(correction.position as u8)));
        }
        Some(RsWord { errors, erasures })
    }

    /// Remainder of the data followed by as many zeros as there are parity symbols.
    fn divide<'a>(&self, data: impl Iterator<Item = &'a u8>) -> Remainder {
        let mut r: Remainder = [0; 4];
        for &symbol in data {
            let row = &self.table[usize::from((r[0] >> 56) as u8 ^ symbol)];
            r = [
                (r[0] << 8 | r[1] >> 56) ^ row[0],
                (r[1] << 8 | r[2] >> 56) ^ row[1],
                (r[2] << 8 | r[3] >> 56) ^ row[2],
                (r[3] << 8) ^ row[3],
            ];
        }
        r
    }
}

/// Generator polynomial, highest power first, without its leading one.
pub(super) fn generator(field: &Galois, roots: &Roots, parity: usize) -> Vec<u8> {
    let mut g = vec![1u8];
    for j in 0..parity {
        let root = roots.nth(field, j);
        g.push(0);
        for k in (1..g.len()).rev() {
            g[k] ^= field.mul(g[k - 1], root);
        }
    }
    g.remove(0);
    g
}
