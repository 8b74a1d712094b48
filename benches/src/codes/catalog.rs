//! The codes by name.

use super::block::{BlockTrials, CltuWords, IterativeWords, RsWords};
use super::stream::StreamTrials;
use super::{Trials, WrongCode, union};
use crate::theory::{frame_error_rate, psk_ber};
use anyhow::Result;
use groundlink_decoder::coding::ldpc::{Ar4jaRate, LdpcAlgorithm, LdpcCode, LdpcOptions};
use groundlink_decoder::coding::turbo::{TurboAlgorithm, TurboCode, TurboOptions, TurboRate};
use groundlink_decoder::coding::{
    AsmConfig, CodingConfig, ConvolutionalConfig, InvertedBranch, LineCode, PunctureRate, Randomized,
    Randomizer, ReedSolomonConfig, RsBasis, SymbolBits, SymbolOrder,
};
use groundlink_decoder::telecommand::{BchMode, BchRandomized, CltuCode, CltuConfig};

/// Bytes of a frame that is coded convolutionally alone.
const PLAIN_FRAME: usize = 1115;
/// Codeblocks of a CLTU: a transfer frame of 256 bytes, the longest of CCSDS 232.0-B, and fill.
const CLTU_BLOCKS: usize = 37;

/// What a rate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Wrong information bits.
    Bits,
    /// Wrong words.
    Words,
}

impl Metric {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bits => "bit error rate",
            Self::Words => "word error rate",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Stream(Box<CodingConfig>),
    Rs(ReedSolomonConfig),
    Ldpc(LdpcCode, LdpcOptions),
    Turbo(TurboCode, TurboOptions),
    Cltu(CltuConfig, usize),
}

/// A code with its decoder's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Code {
    /// Name.
    pub name: String,
    kind: Kind,
}

impl Code {
    /// What its rate counts.
    pub fn metric(&self) -> Metric {
        match &self.kind {
            Kind::Stream(config) if config.reed_solomon.is_none() => Metric::Bits,
            _ => Metric::Words,
        }
    }

    /// The same with the exact sum-product algorithm in floating point; `None` for other codes than LDPC.
    pub fn in_floating_point(&self) -> Option<Self> {
        let Kind::Ldpc(code, options) = self.kind else {
            return None;
        };
        let algorithm = LdpcAlgorithm::SumProduct { llr_per_unit: None };
        Some(Self {
            name: self.name.clone(),
            kind: Kind::Ldpc(code, LdpcOptions { algorithm, ..options }),
        })
    }

    /// Information bits for each channel bit, markers not counted.
    fn rate(&self) -> f64 {
        match &self.kind {
            Kind::Stream(config) => {
                let inner = config.convolutional.map_or(1.0, |inner| {
                    inner.rate.steps() as f64 / inner.rate.symbols() as f64
                });
                inner * config.frame_bytes() as f64 / config.block_bytes as f64
            }
            Kind::Rs(config) => (255 - config.parity) as f64 / 255.0,
            Kind::Ldpc(code, _) => code.info_bits() as f64 / code.code_bits() as f64,
            Kind::Turbo(code, _) => code.info_bits() as f64 / code.code_bits() as f64,
            Kind::Cltu(..) => 56.0 / 64.0,
        }
    }

    /// Es/N0 of a channel bit at this Eb/N0, dB.
    pub(super) fn es_n0_db(&self, eb_n0_db: f64) -> f64 {
        eb_n0_db + 10.0 * self.rate().log10()
    }

    pub(super) fn trials(&self, seed: u64) -> Result<Box<dyn Trials>> {
        let block = |words| Box::new(BlockTrials::new(words, seed));
        Ok(match &self.kind {
            Kind::Stream(config) => Box::new(StreamTrials::new(config, seed)?),
            Kind::Rs(config) => block(Box::new(RsWords::new(config)?)),
            Kind::Ldpc(code, options) => block(Box::new(IterativeWords::ldpc(*code, *options)?)),
            Kind::Turbo(code, options) => block(Box::new(IterativeWords::turbo(*code, *options)?)),
            Kind::Cltu(config, info_bytes) => block(Box::new(CltuWords::new(config, *info_bytes)?)),
        })
    }

    /// What theory is drawn beside it; empty where there is none.
    pub fn theory_name(&self) -> &'static str {
        match &self.kind {
            Kind::Stream(config) if config.reed_solomon.is_none() => "union bound",
            Kind::Rs(_) | Kind::Cltu(..) => "exact",
            _ => "",
        }
    }

    /// The rate that theory gives at this Eb/N0: exact for codes decoded from hard decisions, an upper bound for
    /// convolutional codes, nothing for others.
    pub fn theory(&self, eb_n0_db: f64) -> Option<f64> {
        let es_n0_db = self.es_n0_db(eb_n0_db);
        match &self.kind {
            Kind::Stream(config) if config.reed_solomon.is_none() => {
                Some(union::bound(config.convolutional?.rate, es_n0_db))
            }
            Kind::Rs(config) => {
                let alone = CodingConfig {
                    reed_solomon: Some(config.clone()),
                    ..plain(255)
                };
                frame_error_rate(&alone, psk_ber(es_n0_db))
            }
            Kind::Cltu(config, _) => Some(rejected_cltu(config, psk_ber(es_n0_db))),
            _ => None,
        }
    }
}

/// Probability that a BCH CLTU of [`CLTU_BLOCKS`] is lost: start sequence of 16 bits beyond the tolerance, or a
/// codeblock rejected.
fn rejected_cltu(config: &CltuConfig, ber: f64) -> f64 {
    let right = 1.0 - ber;
    let corrects = matches!(
        config.code,
        CltuCode::Bch {
            mode: BchMode::Correct,
            ..
        }
    );
    // One error is corrected where the filler bit is right.
    let one = if corrects { 1.0 } else { 0.0 };
    let start = right.powi(16) + one * 16.0 * ber * right.powi(15);
    let block = right.powi(63) + one * 63.0 * ber * right.powi(63);
    1.0 - start * block.powi(CLTU_BLOCKS as i32)
}

fn plain(block_bytes: usize) -> CodingConfig {
    CodingConfig {
        symbols: SymbolBits::One,
        convolutional: None,
        line_code: LineCode::NrzL,
        descrambler: None,
        asm: AsmConfig {
            pattern: vec![0x1A, 0xCF, 0xFC, 0x1D],
            bits: 32,
            tolerance: None,
            flywheel: 3,
        },
        randomizer: Randomizer::Ccsds255,
        randomized: Randomized::Codeblock,
        reed_solomon: None,
        iterative: None,
        cltu: None,
        block_bytes,
        tail_bytes: 0,
    }
}

fn reed_solomon(parity: usize, interleave: usize) -> ReedSolomonConfig {
    ReedSolomonConfig {
        parity,
        interleave,
        data_bytes: interleave * (255 - parity),
        basis: RsBasis::Dual,
        field: 0x187,
        first_root: 112,
        primitive: 11,
        covers_asm: false,
    }
}

/// Order and inversion as CCSDS has them; where symbols begin is for the decoder to find.
fn convolutional(rate: PunctureRate, iterate: bool) -> ConvolutionalConfig {
    ConvolutionalConfig {
        rate,
        order: Some(SymbolOrder::G1First),
        inverted: Some(InvertedBranch::of_rate(rate)),
        iterate,
    }
}

fn code(name: impl Into<String>, kind: Kind) -> Code {
    Code {
        name: name.into(),
        kind,
    }
}

fn stream(name: impl Into<String>, config: CodingConfig) -> Code {
    code(name, Kind::Stream(Box::new(config)))
}

fn convolutional_codes() -> Vec<Code> {
    let mut codes = Vec::new();
    for rate in PunctureRate::ALL {
        let name = format!("{}/{}", rate.steps(), rate.symbols());
        let alone = CodingConfig {
            convolutional: Some(convolutional(rate, false)),
            ..plain(PLAIN_FRAME)
        };
        codes.push(stream(format!("conv-{name}"), alone));
        for depth in 1..=8 {
            for (iterate, suffix) in [(false, ""), (true, "-iterated")] {
                let concatenated = CodingConfig {
                    convolutional: Some(convolutional(rate, iterate)),
                    reed_solomon: Some(reed_solomon(32, depth)),
                    ..plain(255 * depth)
                };
                codes.push(stream(format!("rs-conv-{name}-i{depth}{suffix}"), concatenated));
            }
        }
    }
    codes
}

fn ldpc_codes() -> Vec<Code> {
    let mut codes = Vec::new();
    let mut add = |name: String, ldpc| codes.push(code(name, Kind::Ldpc(ldpc, LdpcOptions::default())));
    for (rate, name) in [
        (Ar4jaRate::R12, "1/2"),
        (Ar4jaRate::R23, "2/3"),
        (Ar4jaRate::R45, "4/5"),
    ] {
        for k in [1024, 4096, 16384] {
            add(format!("ar4ja-{name}-{k}"), LdpcCode::Ar4ja { rate, k });
        }
    }
    add("c2".into(), LdpcCode::C2);
    add("tc-ldpc-128".into(), LdpcCode::Tc128);
    add("tc-ldpc-512".into(), LdpcCode::Tc512);
    codes
}

fn turbo_codes() -> Vec<Code> {
    let mut codes = Vec::new();
    for (rate, name) in [
        (TurboRate::R12, "1/2"),
        (TurboRate::R13, "1/3"),
        (TurboRate::R14, "1/4"),
        (TurboRate::R16, "1/6"),
    ] {
        for k in [1784, 3568, 7136, 8920] {
            for (algorithm, suffix) in [
                (TurboAlgorithm::LogMap, ""),
                (TurboAlgorithm::MaxLogMap, "-max-log"),
            ] {
                let options = TurboOptions {
                    algorithm,
                    ..TurboOptions::default()
                };
                let kind = Kind::Turbo(TurboCode { rate, k }, options);
                codes.push(code(format!("turbo-{name}-{k}{suffix}"), kind));
            }
        }
    }
    codes
}

fn bch_codes() -> Vec<Code> {
    let cltu = |mode| {
        let bch = CltuCode::Bch {
            mode,
            randomized: BchRandomized::DataAndFill,
        };
        Kind::Cltu(CltuConfig::new(bch), 7 * CLTU_BLOCKS)
    };
    vec![
        code("bch-63", cltu(BchMode::Correct)),
        code("bch-63-detect", cltu(BchMode::Detect)),
    ]
}

/// All codes.
pub fn catalog() -> Vec<Code> {
    let mut codes = convolutional_codes();
    codes.push(code("rs", Kind::Rs(reed_solomon(32, 1))));
    codes.push(code("rs-e8", Kind::Rs(reed_solomon(16, 1))));
    codes.extend(ldpc_codes());
    codes.extend(turbo_codes());
    codes.extend(bch_codes());
    codes
}

/// The code of a name.
///
/// # Errors
/// When there is none.
pub fn find(name: &str) -> Result<Code, WrongCode> {
    let mut codes = catalog().into_iter();
    codes
        .find(|code| code.name == name)
        .ok_or_else(|| WrongCode(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_every_code_can_be_built() {
        let names: HashSet<String> = catalog().into_iter().map(|code| code.name).collect();
        assert_eq!(names.len(), catalog().len());
        for name in ["conv-7/8", "rs-conv-5/6-i8-iterated", "c2", "bch-63-detect"] {
            assert!(find(name).unwrap().trials(1).is_ok(), "{name}");
        }
        assert_eq!(find("c3"), Err(WrongCode("c3".into())));
    }

    #[test]
    fn rates_are_those_of_the_codes() {
        let rate = |name: &str| find(name).unwrap().rate();
        assert_eq!(rate("conv-7/8"), 0.875);
        assert_eq!(rate("rs-conv-1/2-i4"), 0.5 * 223.0 / 255.0);
        assert_eq!(rate("ar4ja-4/5-1024"), 0.8);
        assert_eq!(rate("turbo-1/6-1784"), 1784.0 / (6.0 * 1788.0));
    }
}
