//! Turbo and LDPC sections of `[coding]`: reading, checking, writing, and the markers that go with each code
//! (CCSDS 131.0-B-5 §8.2 and §9.3).

use super::error::{Problem, ProfileError};
use super::read::asm;
use super::section::Section;
use super::types::Coding;
use super::words::{Words, word};
use super::write::{self, Lines};
use groundlink_decoder::coding::ldpc::{Ar4jaRate, LdpcCode};
use groundlink_decoder::coding::turbo::{TurboCode, TurboRate};
use groundlink_decoder::coding::{IterativeCode, IterativeConfig, LineCode, SlicedConfig};

/// Marker of uncoded, convolutional, Reed-Solomon and rate 7/8 LDPC links, and of sliced frames.
pub(super) const SHORT_MARKER: &str = "1ACFFC1D";
/// Marker of rate 1/2 turbo and of the lower-rate LDPC codes.
const LONG_MARKER: &str = "034776C7272895B0";

const TURBO_RATES: Words<TurboRate> = &[
    ("1/2", TurboRate::R12),
    ("1/3", TurboRate::R13),
    ("1/4", TurboRate::R14),
    ("1/6", TurboRate::R16),
];

/// `None` is C2.
const LDPC_RATES: Words<Option<Ar4jaRate>> = &[
    ("1/2", Some(Ar4jaRate::R12)),
    ("2/3", Some(Ar4jaRate::R23)),
    ("4/5", Some(Ar4jaRate::R45)),
    ("7/8", None),
];

const TURBO_LENGTHS: [usize; 4] = [1784, 3568, 7136, 8920];
const LDPC_LENGTHS: [usize; 3] = [1024, 4096, 16384];

/// The marker that belongs to a link's code unless the profile states another.
pub(super) fn default_marker(iterative: Option<&IterativeConfig>) -> &'static str {
    match iterative {
        Some(config) if config.sliced.is_none() => codeword_marker(config.code),
        _ => SHORT_MARKER,
    }
}

/// The marker before codewords of this code.
fn codeword_marker(code: IterativeCode) -> &'static str {
    match code {
        IterativeCode::Turbo(TurboCode { rate, .. }) => match rate {
            TurboRate::R12 => LONG_MARKER,
            TurboRate::R13 => "25D5C0CE8990F6C9461BF79C",
            TurboRate::R14 => "034776C7272895B0FCB88938D8D76A4F",
            TurboRate::R16 => "25D5C0CE8990F6C9461BF79CDA2A3F31766F0936B9E40863",
        },
        IterativeCode::Ldpc(LdpcCode::Ar4ja { .. }) => LONG_MARKER,
        IterativeCode::Ldpc(_) => SHORT_MARKER,
    }
}

/// The section that `[coding]` has of the two, if it has one.
pub(super) fn read(coding: &Section<'_>) -> Result<Option<IterativeConfig>, ProfileError> {
    coding.not_both("turbo", "ldpc")?;
    if let Some(section) = coding.switch("turbo", false)? {
        return turbo(&section).map(Some);
    }
    coding
        .switch("ldpc", false)?
        .map(|section| ldpc(&section))
        .transpose()
}

fn turbo(section: &Section<'_>) -> Result<IterativeConfig, ProfileError> {
    section.only(&["rate", "k"], "")?;
    let rate = section.choice("rate", TURBO_RATES)?.unwrap_or(TurboRate::R12);
    let k = section.whole("k")?.unwrap_or(8920);
    Ok(IterativeConfig {
        code: IterativeCode::Turbo(TurboCode { rate, k }),
        codewords: 1,
        sliced: None,
    })
}

fn ldpc(section: &Section<'_>) -> Result<IterativeConfig, ProfileError> {
    let rate = section
        .choice("rate", LDPC_RATES)?
        .unwrap_or(Some(Ar4jaRate::R12));
    let code = if let Some(rate) = rate {
        section.only(&["rate", "k", "codewords", "sliced"], "")?;
        let k = section.whole("k")?.unwrap_or(16384);
        LdpcCode::Ar4ja { rate, k }
    } else {
        section.only(&["rate", "codewords", "sliced"], " of rate 7/8")?;
        LdpcCode::C2
    };
    let code = IterativeCode::Ldpc(code);
    let sliced = section
        .switch("sliced", false)?
        .map(|sliced| {
            sliced.only(&["csm"], "")?;
            let csm = asm(&sliced.section("csm")?, codeword_marker(code))?;
            Ok::<_, ProfileError>(SlicedConfig { csm })
        })
        .transpose()?;
    Ok(IterativeConfig {
        code,
        codewords: section.whole("codewords")?.unwrap_or(1),
        sliced,
    })
}

/// Information bytes of the codewords behind a marker.
pub(super) fn info_bytes(config: &IterativeConfig) -> usize {
    config.codewords.saturating_mul(config.code.info_bits() / 8)
}

/// What is wrong with it, and with what it is combined.
pub(super) fn check(config: &IterativeConfig, coding: &Coding) -> Result<(), Problem> {
    match config.code {
        IterativeCode::Turbo(code) => length("coding.turbo.k", code.k, &TURBO_LENGTHS)?,
        IterativeCode::Ldpc(LdpcCode::Ar4ja { k, .. }) => length("coding.ldpc.k", k, &LDPC_LENGTHS)?,
        IterativeCode::Ldpc(_) => {}
    }
    if !(1..=8).contains(&config.codewords) {
        return Err(Problem::new("coding.ldpc.codewords", config.codewords, "1 to 8"));
    }
    let others = [
        (
            "coding.convolutional",
            coding.convolutional.is_some(),
            "true",
            "false",
        ),
        (
            "coding.reed_solomon",
            coding.reed_solomon.is_some(),
            "true",
            "false",
        ),
        (
            "coding.descrambler",
            coding.descrambler.is_some(),
            "\"iess-308\"",
            "\"none\"",
        ),
        (
            "coding.line_code",
            coding.line_code != LineCode::NrzL,
            "\"nrz-m\" or \"nrz-s\"",
            "\"nrz-l\"",
        ),
        ("coding.tail_bytes", coding.tail_bytes != 0, "above 0", "0"),
    ];
    match others.into_iter().find(|&(_, used, _, _)| used) {
        Some((key, _, found, allowed)) => {
            let allowed = format!("{allowed} with a turbo or LDPC code");
            Err(Problem::new(key, found, allowed))
        }
        None => Ok(()),
    }
}

fn length(key: &str, k: usize, allowed: &[usize]) -> Result<(), Problem> {
    if allowed.contains(&k) {
        return Ok(());
    }
    let words: Vec<String> = allowed.iter().map(usize::to_string).collect();
    Err(Problem::new(key, k, words.join(", ")))
}

/// The section as text.
pub(super) fn write(out: &mut Lines, config: &IterativeConfig) {
    match config.code {
        IterativeCode::Turbo(code) => {
            out.section("coding.turbo");
            out.key(
                "rate",
                write::quote(word(TURBO_RATES, &code.rate)),
                "1/2, 1/3, 1/4 or 1/6",
            );
            out.key("k", code.k, "information bits: 1784, 3568, 7136 or 8920");
        }
        IterativeCode::Ldpc(code) => {
            out.section("coding.ldpc");
            let (rate, k) = match code {
                LdpcCode::Ar4ja { rate, k } => (Some(rate), Some(k)),
                _ => (None, None),
            };
            out.key(
                "rate",
                write::quote(word(LDPC_RATES, &rate)),
                "1/2, 2/3, 4/5 or 7/8",
            );
            if let Some(k) = k {
                out.key("k", k, "information bits: 1024, 4096 or 16384");
            }
            out.key("codewords", config.codewords, "behind each marker, 1 to 8");
            if config.sliced.is_none() {
                out.key("sliced", false, "frames aligned to codewords; true, or a section");
            }
        }
    }
    if let Some(sliced) = &config.sliced {
        write::asm(out, "coding.ldpc.sliced.csm", &sliced.csm);
    }
}
