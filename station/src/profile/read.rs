//! From the TOML tree to a profile, with the standard's defaults.

use super::cltu;
use super::document::Document;
use super::error::{ProfileError, quoted};
use super::iterative;
use super::packets;
use super::read_signal;
use super::section::Section;
use super::types::{Coding, Frame, Profile};
use super::words::{
    BASES, CONVOLUTIONAL_RATES, DESCRAMBLERS, FRAME_TYPES, INVERTED_BRANCHES, LINE_CODES, ORDERS, RANDOMIZED,
    RANDOMIZERS,
};
use groundlink_decoder::coding::{
    AsmConfig, ConvolutionalConfig, InvertedBranch, IterativeCode, Randomized, Randomizer, ReedSolomonConfig,
    RsBasis, SymbolOrder,
};
use groundlink_decoder::link::{CrcSpan, FrameKind, TC_LONGEST_FRAME};

/// The sections, as far as their own types and keys go; how they fit together is checked afterwards.
pub(super) fn profile(document: &Document, default_name: &str) -> Result<Profile, ProfileError> {
    let root = Section::root(document);
    root.only(
        &[
            "name",
            "description",
            "source",
            "signal",
            "coding",
            "frame",
            "packets",
        ],
        "",
    )?;
    let signal = root
        .switch("signal", false)?
        .map(|section| read_signal::signal(&section))
        .transpose()?;
    let coding = coding(&root.section("coding")?)?;
    let frame = frame(&root.section("frame")?, &coding)?;
    let (packets, packet_time) = packets::read(&root.section("packets")?, frame.kind)?;
    let text = |key| root.text(key, "text");
    Ok(Profile {
        name: text("name")?.unwrap_or(default_name).to_string(),
        description: text("description")?.unwrap_or_default().to_string(),
        source: text("source")?.unwrap_or_default().to_string(),
        signal,
        coding,
        frame,
        packets,
        packet_time,
    })
}

fn coding(section: &Section<'_>) -> Result<Coding, ProfileError> {
    let keys = [
        "convolutional",
        "line_code",
        "descrambler",
        "randomizer",
        "randomized",
        "asm",
        "reed_solomon",
        "turbo",
        "ldpc",
        "cltu",
        "tail_bytes",
    ];
    section.only(&keys, "")?;
    let iterative = iterative::read(section)?;
    let cltu = cltu::read(section)?;
    let (line_code, bi_phase) = section.choice("line_code", LINE_CODES)?.unwrap_or_default();
    Ok(Coding {
        convolutional: section
            .switch("convolutional", false)?
            .map(|s| convolutional(&s))
            .transpose()?,
        line_code,
        bi_phase,
        descrambler: section.choice("descrambler", DESCRAMBLERS)?.unwrap_or(None),
        asm: asm(
            &section.section("asm")?,
            iterative::default_marker(iterative.as_ref()),
        )?,
        randomizer: section
            .choice("randomizer", RANDOMIZERS)?
            .unwrap_or(Randomizer::Ccsds255),
        randomized: section
            .choice("randomized", RANDOMIZED)?
            .unwrap_or(Randomized::Codeblock),
        reed_solomon: section
            .switch("reed_solomon", iterative.is_none() && cltu.is_none())?
            .map(|s| reed_solomon(&s))
            .transpose()?,
        iterative,
        cltu,
        tail_bytes: section.whole("tail_bytes")?.unwrap_or(0),
    })
}

fn convolutional(section: &Section<'_>) -> Result<ConvolutionalConfig, ProfileError> {
    section.only(&["rate", "order", "inverted", "iterate"], "")?;
    let rate = section.choice("rate", CONVOLUTIONAL_RATES)?.unwrap_or_default();
    Ok(ConvolutionalConfig {
        rate,
        order: section
            .choice("order", ORDERS)?
            .unwrap_or(Some(SymbolOrder::G1First)),
        inverted: section
            .choice("inverted", INVERTED_BRANCHES)?
            .unwrap_or(Some(InvertedBranch::of_rate(rate))),
        iterate: section.boolean("iterate")?.unwrap_or(true),
    })
}

/// Hexadecimal digits as bytes; a half byte is filled up with zeros before it.
fn packed(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits
        .chars()
        .map(|digit| digit.to_digit(16).unwrap_or(0) as u8)
        .collect();
    digits
        .rchunks(2)
        .rev()
        .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
        .collect()
}

pub(super) fn asm(section: &Section<'_>, default: &str) -> Result<AsmConfig, ProfileError> {
    section.only(&["pattern", "tolerance", "flywheel"], "")?;
    let allowed = "text of 4 to 48 hexadecimal digits";
    let text = section.text("pattern", allowed)?.unwrap_or(default);
    let hexadecimal = (4..=48).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    if !hexadecimal {
        return Err(section.refuse("pattern", quoted(text), allowed));
    }
    Ok(AsmConfig {
        pattern: packed(text),
        bits: 4 * text.len() as u32,
        tolerance: section.whole_or("tolerance", "auto")?.map(narrow),
        flywheel: section.whole("flywheel")?.map_or(3, narrow),
    })
}

fn reed_solomon(section: &Section<'_>) -> Result<ReedSolomonConfig, ProfileError> {
    let keys = [
        "e",
        "interleave",
        "basis",
        "data_bytes",
        "virtual_fill",
        "field",
        "first_root",
        "primitive",
        "covers_asm",
    ];
    section.only(&keys, "")?;
    section.not_both("data_bytes", "virtual_fill")?;
    let parity = section.whole("e")?.unwrap_or(16).saturating_mul(2);
    let interleave = section.whole("interleave")?.unwrap_or(1);
    let fill = section.whole("virtual_fill")?.unwrap_or(0);
    let filled = 255_usize
        .saturating_sub(parity)
        .saturating_sub(fill)
        .saturating_mul(interleave);
    Ok(ReedSolomonConfig {
        parity,
        interleave,
        data_bytes: section.whole("data_bytes")?.unwrap_or(filled),
        basis: section.choice("basis", BASES)?.unwrap_or(RsBasis::Dual),
        field: section.whole("field")?.map_or(0x187, narrow),
        first_root: section.whole("first_root")?.map_or(112, narrow),
        primitive: section.whole("primitive")?.map_or(11, narrow),
        covers_asm: section.boolean("covers_asm")?.unwrap_or(false),
    })
}

fn frame(section: &Section<'_>, coding: &Coding) -> Result<Frame, ProfileError> {
    let kind = section
        .choice("type", FRAME_TYPES)?
        .unwrap_or(if coding.cltu.is_some() {
            FrameKind::Opaque
        } else {
            FrameKind::Tm
        });
    match kind {
        FrameKind::Tm => section.only(
            &["type", "length", "fecf", "secondary_header", "scid", "vcids"],
            " of type tm",
        )?,
        FrameKind::Aos => {
            let keys = [
                "type",
                "length",
                "fecf",
                "ocf",
                "header_error_control",
                "insert_zone",
                "scid",
                "vcids",
            ];
            section.only(&keys, " of type aos")?;
        }
        FrameKind::Tc => section.only(
            &["type", "length", "fecf", "segment_header", "scid", "vcids"],
            " of type tc",
        )?,
        FrameKind::Opaque => section.only(&["type", "length", "crc"], " of type opaque")?,
    }
    let allowed = "the bytes of a frame, as no code gives them";
    let longest = (kind == FrameKind::Tc).then_some(TC_LONGEST_FRAME);
    let length = section.whole("length")?.or(coded_length(coding)).or(longest);
    // CCSDS 132.0-B-3 §4.1.6.1.2 asks for the field where no outer code vouches for the frame; neither does a
    // turbo code.
    let vouched = coding.reed_solomon.is_some()
        || matches!(&coding.iterative, Some(config) if matches!(config.code, IterativeCode::Ldpc(_)));
    let fecf_default = kind != FrameKind::Opaque && !vouched;
    Ok(Frame {
        kind,
        length: section.required("length", length, allowed)?,
        fecf: section.boolean("fecf")?.unwrap_or(fecf_default),
        ocf: section.boolean("ocf")?.unwrap_or(false),
        header_error_control: section.boolean("header_error_control")?.unwrap_or(false),
        insert_zone: section.whole("insert_zone")?.unwrap_or(0),
        segment_header: section.boolean("segment_header")?.unwrap_or(false),
        secondary_header: section.whole("secondary_header")?.unwrap_or(0),
        crc: section.switch("crc", false)?.map(|s| crc(&s)).transpose()?,
        scid: section.whole_or("scid", "any")?.map(narrow),
        vcids: section
            .whole_list("vcids")?
            .unwrap_or_default()
            .into_iter()
            .map(narrow)
            .collect(),
    })
}

/// Bytes of the frames, where the code decides on them.
fn coded_length(coding: &Coding) -> Option<usize> {
    let iterative = coding.iterative.as_ref().filter(|config| config.sliced.is_none());
    let outer = coding.reed_solomon.as_ref().map(|rs| rs.data_bytes);
    outer.or(iterative.map(iterative::info_bytes))
}

fn crc(section: &Section<'_>) -> Result<CrcSpan, ProfileError> {
    section.only(&["from", "to"], "")?;
    Ok(CrcSpan {
        from: section.required(
            "from",
            section.whole("from")?,
            "the first byte that the CRC covers",
        )?,
        to: section.required(
            "to",
            section.whole("to")?,
            "the byte after the last that the CRC covers",
        )?,
    })
}

/// The number in a smaller type; one that does not fit becomes the largest, which no range check allows.
pub(super) fn narrow<T: TryFrom<usize> + Bounded>(number: usize) -> T {
    T::try_from(number).unwrap_or(T::LARGEST)
}

pub(super) trait Bounded {
    const LARGEST: Self;
}

impl Bounded for u8 {
    const LARGEST: Self = Self::MAX;
}

impl Bounded for u16 {
    const LARGEST: Self = Self::MAX;
}

impl Bounded for u32 {
    const LARGEST: Self = Self::MAX;
}
