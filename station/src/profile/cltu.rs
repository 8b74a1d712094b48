//! The telecommand section of `[coding]`: reading, checking, writing (CCSDS 231.0-B-4).

use super::error::{Problem, ProfileError};
use super::section::Section;
use super::types::{Coding, Profile};
use super::words::{Words, word};
use super::write::{Lines, quote};
use groundlink_decoder::coding::LineCode;
use groundlink_decoder::link::FrameKind;
use groundlink_decoder::telecommand::{BchMode, BchRandomized, CltuCode, CltuConfig, CltuContent};
use groundlink_dsp::Modulation;

/// The words of `code`, with the code's defaults.
const CODES: Words<CltuCode> = &[
    (
        "bch",
        CltuCode::Bch {
            mode: BchMode::Correct,
            randomized: BchRandomized::DataAndFill,
        },
    ),
    ("ldpc-128", CltuCode::Ldpc128 { tail: true }),
    ("ldpc-512", CltuCode::Ldpc512),
];

const MODES: Words<BchMode> = &[("correct", BchMode::Correct), ("detect", BchMode::Detect)];

const RANDOMIZED: Words<BchRandomized> = &[
    ("data-and-fill", BchRandomized::DataAndFill),
    ("data", BchRandomized::Data),
    ("none", BchRandomized::Off),
];

/// Most codeblocks of a CLTU.
const MOST_CODEBLOCKS: usize = 65_536;

/// The section, if the profile has it.
pub(super) fn read(coding: &Section<'_>) -> Result<Option<CltuConfig>, ProfileError> {
    coding
        .switch("cltu", false)?
        .map(|section| cltu(&section))
        .transpose()
}

fn cltu(section: &Section<'_>) -> Result<CltuConfig, ProfileError> {
    let code = match section.choice("code", CODES)?.unwrap_or(CODES[0].1) {
        CltuCode::Bch { mode, randomized } => {
            let keys = ["code", "mode", "randomized", "start_tolerance", "max_codeblocks"];
            section.only(&keys, " of code bch")?;
            CltuCode::Bch {
                mode: section.choice("mode", MODES)?.unwrap_or(mode),
                randomized: section.choice("randomized", RANDOMIZED)?.unwrap_or(randomized),
            }
        }
        CltuCode::Ldpc128 { tail } => {
            let keys = ["code", "tail", "start_tolerance", "max_codeblocks"];
            section.only(&keys, " of code ldpc-128")?;
            CltuCode::Ldpc128 {
                tail: section.boolean("tail")?.unwrap_or(tail),
            }
        }
        CltuCode::Ldpc512 => {
            section.only(
                &["code", "start_tolerance", "max_codeblocks"],
                " of code ldpc-512",
            )?;
            CltuCode::Ldpc512
        }
    };
    let default = CltuConfig::new(code);
    let tolerance = section.whole_or("start_tolerance", "auto")?;
    Ok(CltuConfig {
        // A number too large for its type is too large for any range.
        start_tolerance: tolerance.map(|bits| u32::try_from(bits).unwrap_or(u32::MAX)),
        max_codeblocks: section.whole("max_codeblocks")?.unwrap_or(default.max_codeblocks),
        ..default
    })
}

/// What CLTUs carry on a link of such frames.
pub(super) fn content(kind: FrameKind) -> CltuContent {
    if kind == FrameKind::Tc {
        CltuContent::TransferFrames
    } else {
        CltuContent::Frame
    }
}

/// What is wrong with it, and with what it is combined.
pub(super) fn check(cltu: &CltuConfig, profile: &Profile) -> Result<(), Problem> {
    others(&profile.coding)?;
    let start = if matches!(cltu.code, CltuCode::Bch { .. }) {
        16
    } else {
        64
    };
    if cltu.start_tolerance.is_some_and(|bits| bits > start / 3) {
        let allowed = format!("0 to {}", start / 3);
        let found = cltu.start_tolerance.unwrap_or(0);
        return Err(Problem::new("coding.cltu.start_tolerance", found, allowed));
    }
    if !(1..=MOST_CODEBLOCKS).contains(&cltu.max_codeblocks) {
        let allowed = format!("1 to {MOST_CODEBLOCKS}");
        return Err(Problem::new(
            "coding.cltu.max_codeblocks",
            cltu.max_codeblocks,
            allowed,
        ));
    }
    if !matches!(profile.frame.kind, FrameKind::Opaque | FrameKind::Tc) {
        return Err(Problem::new(
            "frame.type",
            "tm or aos",
            "\"tc\" or \"opaque\" with telecommand coding",
        ));
    }
    match profile.signal.as_ref().map(|signal| signal.modulation) {
        Some(Modulation::Psk8) => {
            let allowed = "of one bit a symbol with telecommand coding";
            Err(Problem::new("signal.modulation", "8psk", allowed))
        }
        Some(Modulation::Qpsk | Modulation::Oqpsk) => {
            let allowed = "of one bit a symbol with telecommand coding";
            Err(Problem::new("signal.modulation", "qpsk or oqpsk", allowed))
        }
        _ => Ok(()),
    }
}

fn others(coding: &Coding) -> Result<(), Problem> {
    let others = [
        ("coding.convolutional", coding.convolutional.is_some()),
        ("coding.reed_solomon", coding.reed_solomon.is_some()),
        ("coding.turbo or coding.ldpc", coding.iterative.is_some()),
        ("coding.descrambler", coding.descrambler.is_some()),
        ("coding.line_code", coding.line_code != LineCode::NrzL),
        ("coding.tail_bytes", coding.tail_bytes != 0),
    ];
    match others.into_iter().find(|&(_, used)| used) {
        Some((key, _)) => Err(Problem::new(key, "used", "unused with telecommand coding")),
        None => Ok(()),
    }
}

/// The section as text.
pub(super) fn write(out: &mut Lines, cltu: &CltuConfig) {
    out.section("coding.cltu");
    let name = match cltu.code {
        CltuCode::Bch { .. } => CODES[0].0,
        CltuCode::Ldpc128 { .. } => CODES[1].0,
        CltuCode::Ldpc512 => CODES[2].0,
    };
    out.key("code", quote(name), "bch, ldpc-128 or ldpc-512");
    match cltu.code {
        CltuCode::Bch { mode, randomized } => {
            out.key("mode", quote(word(MODES, &mode)), "correct (one error) or detect");
            out.key(
                "randomized",
                quote(word(RANDOMIZED, &randomized)),
                "data-and-fill, data or none",
            );
        }
        CltuCode::Ldpc128 { tail } => out.key("tail", tail, "whether the tail sequence is sent"),
        CltuCode::Ldpc512 => {}
    }
    let tolerance = cltu
        .start_tolerance
        .map_or("\"auto\"".into(), |bits| bits.to_string());
    out.key(
        "start_tolerance",
        tolerance,
        "wrong bits accepted in the start sequence",
    );
    out.key("max_codeblocks", cltu.max_codeblocks, "of a CLTU");
}
