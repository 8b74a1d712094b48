//! Reed-Solomon code over GF(256) with any field, first root and primitive (CCSDS 131.0-B-5 §4), shortened
//! and interleaved.
//!
//! Encoding and checking are the same division by the generator, a byte at a time through a table of 256 rows.
//! The maps between the bases are linear over GF(2), so the table is kept in the basis of the link and a clean
//! codeword is checked without any conversion. Only a remainder that is not zero is taken to the conventional
//! basis and solved (`solve`).

mod galois;
mod solve;

use super::config::{CodingError, ReedSolomonConfig, RsBasis};
use galois::{Galois, ORDER};
use solve::{Roots, solve};

/// Most parity symbols of a codeword.
pub(crate) const MAX_PARITY: usize = 32;
/// Symbols of an unshortened codeword.
pub(crate) const CODEWORD: usize = ORDER;

const CCSDS_FIELD: u16 = 0x187;

/// The dual-basis symbols of alpha^0 to alpha^7 (CCSDS 131.0-B-5 annex F).
const DUAL_OF_POWERS: [u8; 8] = [0x7B, 0xAF, 0x99, 0xFA, 0x86, 0xEC, 0xEF, 0x8D];

/// Remainder of a division: the coefficient of the highest power in the highest byte of the first word.
type Remainder = [u64; MAX_PARITY / 8];

/// One codeword's code.
#[derive(Debug, Clone)]
pub struct ReedSolomon {
    field: Galois,
    roots: Roots,
    parity: usize,
    /// Remainder of each leading symbol, in the basis of the link.
    table: Box<[Remainder; 256]>,
    to_conventional: [u8; 256],
    from_conventional: [u8; 256],
}

fn out_of_range(field: &'static str, value: i64, limit: &str) -> CodingError {
    CodingError::OutOfRange {
        field,
        value,
        limit: limit.to_owned(),
    }
}

impl ReedSolomon {
    /// Builds the tables. Only the fields of `config` that describe one codeword are used.
    ///
    /// # Errors
    /// When parity, field, primitive or basis cannot be.
    pub fn new(config: &ReedSolomonConfig) -> Result<Self, CodingError> {
        let parity = config.parity;
        if parity % 2 == 1 || !(2..=MAX_PARITY).contains(&parity) {
            return Err(out_of_range("parity", parity as i64, "even, from 2 to 32"));
        }
        let field = Galois::new(config.field).ok_or_else(|| {
            out_of_range(
                "field",
                i64::from(config.field),
                "a primitive polynomial of degree 8, such as 0x187",
            )
        })?;
        if config.basis == RsBasis::Dual && config.field != CCSDS_FIELD {
            return Err(out_of_range(
                "field",
                i64::from(config.field),
                "0x187 where the basis is dual",
            ));
        }
        if config.primitive == 0 || [3, 5, 17].iter().any(|&p| config.primitive.is_multiple_of(p)) {
            return Err(out_of_range(
                "primitive",
                i64::from(config.primitive),
                "without common divisor with 255",
            ));
        }
        let roots = Roots {
            first: config.first_root as usize % ORDER,
            primitive: config.primitive as usize % ORDER,
        };
        let from_conventional = basis_map(config.basis);
        let mut to_conventional = [0; 256];
        for (conventional, &symbol) in from_conventional.iter().enumerate() {
            to_conventional[symbol as usize] = conventional as u8;
        }
        let generator = generator(&field, &roots, parity);
        let table = division_table(&field, &generator, &to_conventional, &from_conventional);
        Ok(Self {
            field,
            roots,
            parity,
            table,
            to_conventional,
            from_conventional,
        })
    }

    /// Writes the parity symbols of `data` (at most 255 less the parity).
    pub fn encode(&self, data: &[u8], parity: &mut [u8]) {
        let remainder = self.divide(data.iter());
        for (n, symbol) in parity.iter_mut().enumerate().take(self.parity) {
            *symbol = byte_of(&remainder, n);
        }
    }

    /// Corrects a codeword (data, then parity) in place; how many symbols were corrected. `None`, and `word`
    /// as it was, when it is uncorrectable or its length is impossible.
    pub fn decode(&self, word: &mut [u8]) -> Option<u8> {
        self.decode_strided(word, 0, 1)
    }

    /// Corrects the codeword whose symbols are `block[start]`, `block[start + stride]` and so on.
    fn decode_strided(&self, block: &mut [u8], start: usize, stride: usize) -> Option<u8> {
        let length = block.len().saturating_sub(start).div_ceil(stride);
        let data = length.checked_sub(self.parity)?;
        if length > CODEWORD {
            return None;
        }
        let symbols = || block[start..].iter().step_by(stride);
        let remainder = self.divide(symbols().take(data));
        let mut error = [0; MAX_PARITY];
        let mut clean = true;
        for (n, &received) in symbols().skip(data).enumerate() {
            let difference = byte_of(&remainder, n) ^ received;
            clean &= difference == 0;
            error[n] = self.to_conventional[difference as usize];
        }
        if clean {
            return Some(0);
        }
        let corrections = solve(&self.field, &self.roots, &error[..self.parity], length)?;
        for correction in corrections.iter() {
            block[start + correction.position * stride] ^= self.from_conventional[correction.value as usize];
        }
        Some(corrections.len() as u8)
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

fn byte_of(remainder: &Remainder, n: usize) -> u8 {
    (remainder[n / 8] >> (56 - n % 8 * 8)) as u8
}

/// Symbol of the link for each conventional symbol.
fn basis_map(basis: RsBasis) -> [u8; 256] {
    let mut map = [0; 256];
    for (symbol, mapped) in map.iter_mut().enumerate() {
        *mapped = match basis {
            RsBasis::Conventional => symbol as u8,
            RsBasis::Dual => DUAL_OF_POWERS
                .iter()
                .enumerate()
                .filter(|(bit, _)| symbol >> bit & 1 == 1)
                .fold(0, |sum, (_, dual)| sum ^ dual),
        };
    }
    map
}

/// Generator polynomial, highest power first, without its leading one.
fn generator(field: &Galois, roots: &Roots, parity: usize) -> Vec<u8> {
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

fn division_table(
    field: &Galois,
    generator: &[u8],
    to_conventional: &[u8; 256],
    from_conventional: &[u8; 256],
) -> Box<[Remainder; 256]> {
    let mut table = Box::new([[0; MAX_PARITY / 8]; 256]);
    for (symbol, row) in table.iter_mut().enumerate() {
        let leading = to_conventional[symbol];
        for (n, &coefficient) in generator.iter().enumerate() {
            let product = from_conventional[field.mul(leading, coefficient) as usize];
            row[n / 8] |= u64::from(product) << (56 - n % 8 * 8);
        }
    }
    table
}

/// The interleaved codeblock of a link.
#[derive(Debug, Clone)]
pub struct RsBlock {
    code: ReedSolomon,
    interleave: usize,
    data_bytes: usize,
}

impl RsBlock {
    /// Builds the code of `config`.
    ///
    /// # Errors
    /// When the configuration cannot be.
    pub fn new(config: &ReedSolomonConfig) -> Result<Self, CodingError> {
        let code = ReedSolomon::new(config)?;
        let (interleave, data_bytes) = (config.interleave, config.data_bytes);
        if !(1..=8).contains(&interleave) {
            return Err(out_of_range("interleave", interleave as i64, "from 1 to 8"));
        }
        let most = interleave * (CODEWORD - config.parity);
        if data_bytes == 0 || data_bytes > most || data_bytes % interleave != 0 {
            let limit =
                format!("a multiple of the interleaving depth {interleave}, from {interleave} to {most}");
            return Err(CodingError::OutOfRange {
                field: "data_bytes",
                value: data_bytes as i64,
                limit,
            });
        }
        Ok(Self {
            code,
            interleave,
            data_bytes,
        })
    }

    /// Bytes of the codeblock: information and parity.
    pub fn block_bytes(&self) -> usize {
        self.data_bytes + self.interleave * self.code.parity
    }

    /// Bytes of information.
    pub fn data_bytes(&self) -> usize {
        self.data_bytes
    }

    /// Writes the parity of a codeblock of [`Self::block_bytes`] bytes behind its information.
    pub fn encode(&self, block: &mut [u8]) {
        let (data, parity) = block.split_at_mut(self.data_bytes);
        for first in 0..self.interleave {
            let remainder = self.code.divide(data[first..].iter().step_by(self.interleave));
            for (n, symbol) in parity[first..].iter_mut().step_by(self.interleave).enumerate() {
                *symbol = byte_of(&remainder, n);
            }
        }
    }

    /// Corrects a codeblock in place and writes the outcome of each codeword; those that are uncorrectable stay
    /// as they were. Whether all are good.
    pub fn decode(&self, block: &mut [u8], corrections: &mut Vec<Option<u8>>) -> bool {
        corrections.clear();
        for first in 0..self.interleave {
            corrections.push(self.code.decode_strided(block, first, self.interleave));
        }
        corrections.iter().all(Option::is_some)
    }
}
