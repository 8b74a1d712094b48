//! Reed-Solomon code over GF(256) with any field, first root and primitive (CCSDS 131.0-B-5 §4), shortened
//! and interleaved.
//!
//! There are two kernels that give the same results, failures included: tables for any processor (`plain`), and
//! vectors of 64 field elements where the processor has AVX-512 with GFNI (`avx512`).

#[cfg(target_arch = "x86_64")]
mod avx512;
mod galois;
mod plain;
mod probability;
mod solve;

use super::config::{CodingError, ReedSolomonConfig, RsBasis};
use galois::{Galois, ORDER};
use plain::Plain;
use solve::{Roots, Search};

pub use probability::miscorrection_probability;

/// Most parity symbols of a codeword.
const MAX_PARITY: usize = 32;
/// Symbols of an unshortened codeword.
pub(crate) const CODEWORD: usize = ORDER;

const CCSDS_FIELD: u16 = 0x187;

/// The dual-basis symbols of alpha^0 to alpha^7 (CCSDS 131.0-B-5 annex F).
const DUAL_OF_POWERS: [u8; 8] = [0x7B, 0xAF, 0x99, 0xFA, 0x86, 0xEC, 0xEF, 0x8D];

/// Which implementation runs; all give the same results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kernel {
    /// Table look-ups, on any processor.
    Plain,
    /// AVX-512 with VBMI, VBMI2 and GFNI.
    Avx512,
}

impl Kernel {
    /// Whether this processor has it.
    pub fn available(self) -> bool {
        match self {
            Self::Plain => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => avx512::available(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx512 => false,
        }
    }

    /// The fastest that this processor has.
    pub fn best() -> Self {
        if Self::Avx512.available() {
            Self::Avx512
        } else {
            Self::Plain
        }
    }
}

/// What decoding with erasures did to a codeword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RsWord {
    /// Wrong symbols that were corrected outside the erasures.
    pub errors: u8,
    /// Symbols that were given as erased, wrong or not.
    pub erasures: u8,
}

/// What both kernels know of the code.
#[derive(Debug, Clone)]
struct Code {
    field: Galois,
    roots: Roots,
    parity: usize,
    to_conventional: [u8; 256],
    from_conventional: [u8; 256],
}

/// Every `stride`-th symbol of a block from `start` on.
#[derive(Debug, Clone, Copy)]
struct Strided {
    start: usize,
    stride: usize,
}

impl Strided {
    fn of(self, block: &[u8]) -> impl Iterator<Item = &u8> {
        block[self.start..].iter().step_by(self.stride)
    }
}

/// One codeword's code.
#[derive(Debug, Clone)]
pub struct ReedSolomon {
    code: Code,
    plain: Plain,
    #[cfg(target_arch = "x86_64")]
    vector: Option<avx512::Vector>,
}

fn out_of_range(field: &'static str, value: i64, limit: &str) -> CodingError {
    CodingError::OutOfRange {
        field,
        value,
        limit: limit.to_owned(),
    }
}

impl Code {
    fn new(config: &ReedSolomonConfig) -> Result<Self, CodingError> {
        let parity = config.parity;
        if parity % 2 == 1 || !(2..=MAX_PARITY).contains(&parity) {
            return Err(out_of_range("parity", parity as i64, "even, from 2 to 32"));
        }
        let given = i64::from(config.field);
        let field = Galois::new(config.field).ok_or_else(|| {
            out_of_range(
                "field",
                given,
                "a primitive polynomial of degree 8, such as 0x187",
            )
        })?;
        if config.basis == RsBasis::Dual && config.field != CCSDS_FIELD {
            return Err(out_of_range("field", given, "0x187 where the basis is dual"));
        }
        if config.primitive == 0 || [3, 5, 17].iter().any(|&p| config.primitive.is_multiple_of(p)) {
            return Err(out_of_range(
                "primitive",
                i64::from(config.primitive),
                "without common divisor with 255",
            ));
        }
        let from_conventional = basis_map(config.basis);
        let mut to_conventional = [0; 256];
        for (conventional, &symbol) in from_conventional.iter().enumerate() {
            to_conventional[symbol as usize] = conventional as u8;
        }
        Ok(Self {
            field,
            roots: Roots {
                first: config.first_root as usize % ORDER,
                primitive: config.primitive as usize % ORDER,
            },
            parity,
            to_conventional,
            from_conventional,
        })
    }
}

impl ReedSolomon {
    /// Builds the tables of the fastest kernel. Only the fields of `config` that describe one codeword are used.
    ///
    /// # Errors
    /// When parity, field, primitive or basis cannot be.
    pub fn new(config: &ReedSolomonConfig) -> Result<Self, CodingError> {
        Self::with_kernel(config, Kernel::best())
    }

    /// As [`Self::new`] with a certain kernel, or the plain one where the processor does not have it.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_kernel(config: &ReedSolomonConfig, kernel: Kernel) -> Result<Self, CodingError> {
        let code = Code::new(config)?;
        Ok(Self {
            plain: Plain::new(&code),
            #[cfg(target_arch = "x86_64")]
            vector: (kernel == Kernel::Avx512)
                .then(|| avx512::Vector::new(&code))
                .flatten(),
            code,
        })
    }

    /// Writes the parity symbols of `data` (at most 255 less the parity).
    pub fn encode(&self, data: &[u8], parity: &mut [u8]) {
        let at = Strided { start: 0, stride: 1 };
        let symbols = self.parity_of(data, at);
        for (to, from) in parity.iter_mut().zip(&symbols[..self.code.parity]) {
            *to = *from;
        }
    }

    fn parity_of(&self, data: &[u8], at: Strided) -> [u8; MAX_PARITY] {
        #[cfg(target_arch = "x86_64")]
        if let Some(vector) = &self.vector
            && data.len() <= at.stride * (CODEWORD - self.code.parity)
        {
            return vector.encode(data, at);
        }
        self.plain.encode(data, at)
    }

    /// Corrects a codeword (data, then parity) in place; how many symbols were corrected. `None`, and `word`
    /// as it was, when it is uncorrectable or its length is impossible.
    pub fn decode(&self, word: &mut [u8]) -> Option<u8> {
        self.decode_strided(word, Strided { start: 0, stride: 1 })
    }

    /// Corrects errors at unknown positions and the symbols at the positions `erasures` (in the shortened word,
    /// a position given twice counts once), as long as there are no more than `most_errors` errors and
    /// `2 * errors + erasures` does not exceed the parity. `None`, and `word` as it was, when that is
    /// impossible, or when a position lies outside of the word.
    ///
    /// With many erasures little is left to tell a right result from a wrong one:
    /// [`miscorrection_probability`] says how little.
    pub fn decode_erasures(&self, word: &mut [u8], erasures: &[u8], most_errors: u8) -> Option<RsWord> {
        self.decode_erasures_strided(word, Strided { start: 0, stride: 1 }, erasures, most_errors)
    }

    /// Symbols of the codeword at `at` of a block, if a codeword can have that many.
    fn length(&self, block: &[u8], at: Strided) -> Option<usize> {
        let length = block.len().saturating_sub(at.start).div_ceil(at.stride);
        (self.code.parity..=CODEWORD).contains(&length).then_some(length)
    }

    fn decode_strided(&self, block: &mut [u8], at: Strided) -> Option<u8> {
        let length = self.length(block, at)?;
        #[cfg(target_arch = "x86_64")]
        if let Some(vector) = &self.vector {
            return vector.decode(block, at, length);
        }
        let search = Search {
            length,
            erased: &[],
            most_errors: MAX_PARITY,
        };
        let word = self.plain.decode(&self.code, block, at, &search)?;
        Some(word.errors)
    }

    fn decode_erasures_strided(
        &self,
        block: &mut [u8],
        at: Strided,
        erasures: &[u8],
        most_errors: u8,
    ) -> Option<RsWord> {
        let length = self.length(block, at)?;
        let mut distinct = [0; MAX_PARITY];
        let mut count = 0;
        for &position in erasures {
            if usize::from(position) >= length {
                return None;
            }
            if !distinct[..count].contains(&position) {
                *distinct.get_mut(count)? = position;
                count += 1;
            }
        }
        let search = Search {
            length,
            erased: &distinct[..count],
            most_errors: most_errors.into(),
        };
        if count > self.code.parity {
            return None;
        }
        self.plain.decode(&self.code, block, at, &search)
    }
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

/// The interleaved codeblock of a link.
#[derive(Debug, Clone)]
pub struct RsBlock {
    code: ReedSolomon,
    interleave: usize,
    data_bytes: usize,
}

impl RsBlock {
    /// Builds the code of `config` with the fastest kernel.
    ///
    /// # Errors
    /// When the configuration cannot be.
    pub fn new(config: &ReedSolomonConfig) -> Result<Self, CodingError> {
        Self::with_kernel(config, Kernel::best())
    }

    /// As [`Self::new`] with a certain kernel, or the plain one where the processor does not have it.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_kernel(config: &ReedSolomonConfig, kernel: Kernel) -> Result<Self, CodingError> {
        let code = ReedSolomon::with_kernel(config, kernel)?;
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
        self.data_bytes + self.interleave * self.code.code.parity
    }

    /// Bytes of information.
    pub fn data_bytes(&self) -> usize {
        self.data_bytes
    }

    /// Interleaving depth: symbol `n` of codeword `c` is byte `n * interleave + c` of the block.
    pub fn interleave(&self) -> usize {
        self.interleave
    }

    /// Parity symbols of each codeword.
    pub fn parity(&self) -> usize {
        self.code.code.parity
    }

    fn word(&self, codeword: usize) -> Strided {
        Strided {
            start: codeword,
            stride: self.interleave,
        }
    }

    /// Writes the parity of a codeblock of [`Self::block_bytes`] bytes behind its information.
    pub fn encode(&self, block: &mut [u8]) {
        let (data, parity) = block.split_at_mut(self.data_bytes);
        for codeword in 0..self.interleave {
            let symbols = self.code.parity_of(data, self.word(codeword));
            let places = parity[codeword..].iter_mut().step_by(self.interleave);
            for (to, from) in places.zip(symbols) {
                *to = from;
            }
        }
    }

    /// Corrects a codeblock in place and writes the outcome of each codeword; those that are uncorrectable stay
    /// as they were. Whether all are good.
    pub fn decode(&self, block: &mut [u8], corrections: &mut Vec<Option<u8>>) -> bool {
        corrections.clear();
        for codeword in 0..self.interleave {
            corrections.push(self.code.decode_strided(block, self.word(codeword)));
        }
        corrections.iter().all(Option::is_some)
    }

    /// [`ReedSolomon::decode_erasures`] for one codeword of a codeblock; `erasures` are positions in the
    /// codeword.
    pub fn decode_erasures(
        &self,
        block: &mut [u8],
        codeword: usize,
        erasures: &[u8],
        most_errors: u8,
    ) -> Option<RsWord> {
        if codeword >= self.interleave {
            return None;
        }
        let at = self.word(codeword);
        self.code
            .decode_erasures_strided(block, at, erasures, most_errors)
    }
}
