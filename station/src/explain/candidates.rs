//! What may be wrong behind the demodulator, as changes of the profile to be tried.

use super::base::ProfileSource;
use super::report::Link;
use super::trial::Outcome;
use crate::profile::Profile;
use groundlink_decoder::coding::{
    ConvolutionalConfig, Descrambler, InvertedBranch, LineCode, PunctureRate, Randomizer, ReedSolomonConfig,
    RsBasis, SymbolOrder,
};
use groundlink_decoder::link::FrameKind;
use groundlink_dsp::Modulation;

/// A change to be tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The link that it mends.
    pub link: Link,
    /// What is wrong if it helps.
    pub text: String,
    /// What speaks for it.
    pub evidence: String,
    /// The change, each part as `--set` takes it.
    pub set: Vec<String>,
}

impl Candidate {
    /// A change that only its trial speaks for.
    pub fn new(link: Link, text: impl Into<String>, set: &[&str]) -> Self {
        Self {
            link,
            text: text.into(),
            evidence: String::new(),
            set: set.iter().map(|&part| part.to_owned()).collect(),
        }
    }
}

/// Markers in use, with what they are.
const MARKERS: [(&str, &str); 6] = [
    ("1ACFFC1D", "CCSDS"),
    ("034776C7272895B0", "CCSDS, turbo 1/2 and LDPC"),
    ("352EF853", "CCSDS, second"),
    ("FAF320", "Proximity-1"),
    ("03915ED3", "Voyager"),
    ("5072F64B2D90B1F5", "USP"),
];

/// Where the signal is received but there are no markers: inner code, line code, marker.
pub fn behind_receiver(profile: &Profile) -> Vec<Candidate> {
    if profile.coding.cltu.is_some() {
        return Vec::new();
    }
    let mut list = inner(profile);
    list.extend(lines(profile));
    list.extend(descrambler(profile));
    list.extend(order_of_arms(profile));
    list.extend(markers(profile));
    list
}

/// Inner code, and its conventions.
fn inner(profile: &Profile) -> Vec<Candidate> {
    let candidate = |text: &str, set: &[&str]| Candidate::new(Link::Node, text, set);
    if profile.coding.iterative.is_some() {
        return Vec::new();
    }
    let Some(code) = profile.coding.convolutional else {
        return vec![
            candidate(
                "the link has a convolutional code of rate 1/2",
                &["coding.convolutional=true"],
            ),
            candidate(
                "the link has a convolutional code of rate 1/2 in another convention",
                &["coding.convolutional={ order = \"auto\", inverted = \"auto\" }"],
            ),
        ];
    };
    let mut list = conventions(code);
    for (rate, word) in [
        (PunctureRate::R12, "1/2"),
        (PunctureRate::R23, "2/3"),
        (PunctureRate::R34, "3/4"),
        (PunctureRate::R56, "5/6"),
        (PunctureRate::R78, "7/8"),
    ] {
        if rate != code.rate {
            list.push(Candidate::new(
                Link::Node,
                format!("the convolutional code has rate {word}"),
                &[&format!(
                    "coding.convolutional={{ rate = \"{word}\", order = \"auto\", inverted = \"auto\" }}"
                )],
            ));
        }
    }
    list.push(candidate(
        "the link has no convolutional code",
        &["coding.convolutional=false"],
    ));
    list
}

/// The same code with its symbols in another order, or another one inverted.
fn conventions(code: ConvolutionalConfig) -> Vec<Candidate> {
    let candidate = |text: &str, set: &[&str]| Candidate::new(Link::Node, text, set);
    let mut list = Vec::new();
    let order = match code.order {
        Some(SymbolOrder::G1First) => Some(("G2 is sent before G1 (NASA-DSN)", "g2-first")),
        Some(SymbolOrder::G2First) => Some(("G1 is sent before G2 (CCSDS)", "g1-first")),
        None => None,
    };
    if let Some((text, word)) = order {
        list.push(candidate(text, &[&format!("coding.convolutional.order={word}")]));
    }
    for (branch, text, word) in [
        (
            InvertedBranch::None,
            "no branch of the convolutional code is sent inverted",
            "none",
        ),
        (
            InvertedBranch::G2,
            "branch G2 of the convolutional code is sent inverted",
            "g2",
        ),
    ] {
        // One inverted branch and the other differ by the sign of all bits only, which the marker shows.
        let same = matches!(
            (code.inverted, branch),
            (None, _) | (Some(InvertedBranch::G1), InvertedBranch::G2)
        );
        if !same && code.inverted != Some(branch) {
            list.push(candidate(
                text,
                &[&format!("coding.convolutional.inverted={word}")],
            ));
        }
    }
    if code.order.is_some() && code.inverted.is_some() {
        list.push(candidate(
            "order and inversion of the convolutional code's symbols are other ones",
            &[
                "coding.convolutional.order=auto",
                "coding.convolutional.inverted=auto",
            ],
        ));
    }
    list
}

fn lines(profile: &Profile) -> Vec<Candidate> {
    let coding = &profile.coding;
    let halves = profile
        .signal
        .as_ref()
        .is_some_and(|signal| matches!(signal.modulation, Modulation::Bpsk | Modulation::Pm(_)));
    let mut list = Vec::new();
    for (code, bi_phase, word) in [
        (LineCode::NrzL, false, "nrz-l"),
        (LineCode::NrzM, false, "nrz-m"),
        (LineCode::NrzL, true, "bi-phase-l"),
        (LineCode::NrzM, true, "bi-phase-m"),
    ] {
        // NRZ-S is NRZ-M with all bits inverted, which the marker shows.
        let other_of_pair = code == LineCode::NrzM && coding.line_code == LineCode::NrzS;
        let same = (coding.line_code == code || other_of_pair) && coding.bi_phase == bi_phase;
        if !same && (halves || !bi_phase) {
            let text = format!("the line code is {}", word.to_uppercase());
            list.push(Candidate::new(
                Link::Asm,
                text,
                &[&format!("coding.line_code={word}")],
            ));
        }
    }
    list
}

fn descrambler(profile: &Profile) -> Vec<Candidate> {
    vec![match profile.coding.descrambler {
        None => Candidate::new(
            Link::Asm,
            "the bits are scrambled (IESS-308)",
            &["coding.descrambler=iess-308"],
        ),
        Some(Descrambler::Iess308) => Candidate::new(
            Link::Asm,
            "the bits are not scrambled",
            &["coding.descrambler=none"],
        ),
    }]
}

fn order_of_arms(profile: &Profile) -> Option<Candidate> {
    let signal = profile.signal.as_ref()?;
    let two = signal.modulation.is_psk() && signal.modulation.bits_per_symbol() == 2;
    let (text, word) = if signal.q_first {
        ("the first bit of a symbol is that of the I arm", "iq")
    } else {
        ("the first bit of a symbol is that of the Q arm", "qi")
    };
    two.then(|| Candidate::new(Link::Carrier, text, &[&format!("signal.iq_order={word}")]))
}

fn markers(profile: &Profile) -> Vec<Candidate> {
    if profile.coding.iterative.is_some() {
        return Vec::new();
    }
    let mut list = Vec::new();
    for (hex, whose) in MARKERS {
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .filter_map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).ok())
            .collect();
        if bytes != profile.coding.asm.pattern {
            list.push(Candidate::new(
                Link::Asm,
                format!("the marker is {hex} ({whose})"),
                &[&format!("coding.asm.pattern={hex}")],
            ));
        }
    }
    list
}

/// Two changes at once, where one alone shows nothing: inner code and line code.
pub fn pairs(profile: &Profile) -> Vec<Candidate> {
    let mut list = Vec::new();
    for first in inner(profile) {
        for second in lines(profile).iter().filter(|c| !c.set[0].contains("bi-phase")) {
            list.push(Candidate {
                link: first.link,
                text: format!("{}, and {}", first.text, second.text),
                evidence: String::new(),
                set: first.set.iter().chain(&second.set).cloned().collect(),
            });
        }
    }
    list
}

/// What the outer code may be where markers stand `unit_bits` apart: each a change that makes exactly that of the
/// profile. The profile's own comes first, then what differs least.
pub fn outer(
    source: &ProfileSource,
    applied: &[String],
    profile: &Profile,
    unit_bits: u64,
) -> Vec<Candidate> {
    let coding = &profile.coding;
    let asm = u64::from(coding.asm.bits);
    if coding.iterative.is_some()
        || coding.cltu.is_some()
        || unit_bits <= asm
        || !(unit_bits - asm).is_multiple_of(8)
    {
        return Vec::new();
    }
    let covered = match &coding.reed_solomon {
        Some(rs) if rs.covers_asm => asm as usize / 8,
        _ => 0,
    };
    let block = (unit_bits - asm) as usize / 8 + covered;
    let Some(block) = block.checked_sub(coding.tail_bytes).filter(|&bytes| bytes > 0) else {
        return Vec::new();
    };
    let mut list = Vec::new();
    for rs in codes(coding.reed_solomon.as_ref(), block) {
        for randomizer in randomizers(coding.randomizer) {
            let same = coding.reed_solomon == rs && coding.randomizer == randomizer.0;
            if !same
                && let Some(candidate) =
                    outer_candidate(source, applied, profile, rs.as_ref(), randomizer, block)
            {
                list.push(candidate);
            }
        }
    }
    list
}

const RANDOMIZERS: [(Randomizer, &str); 3] = [
    (Randomizer::Ccsds255, "ccsds"),
    (Randomizer::None, "none"),
    (Randomizer::Ccsds131071, "ccsds-131071"),
];

/// The profile's own first.
fn randomizers(own: Randomizer) -> Vec<(Randomizer, &'static str)> {
    let mut list = RANDOMIZERS.to_vec();
    list.sort_by_key(|(randomizer, _)| *randomizer != own);
    list
}

/// Outer codes that fill so many bytes, those most like the profile's first.
fn codes(own: Option<&ReedSolomonConfig>, block: usize) -> Vec<Option<ReedSolomonConfig>> {
    let like = own.cloned().unwrap_or(ReedSolomonConfig {
        parity: 32,
        interleave: 1,
        data_bytes: 223,
        basis: RsBasis::Dual,
        field: 0x187,
        first_root: 112,
        primitive: 11,
        covers_asm: false,
    });
    let bases: &[RsBasis] = if like.field == 0x187 {
        &[RsBasis::Dual, RsBasis::Conventional]
    } else {
        &[RsBasis::Conventional]
    };
    let mut list = Vec::new();
    for parity in [32, 16] {
        for &basis in bases {
            for interleave in 1..=8 {
                let Some(data_bytes) = block.checked_sub(parity * interleave) else {
                    continue;
                };
                let per_word = data_bytes / interleave;
                if data_bytes % interleave != 0 || per_word == 0 || per_word > 255 - parity {
                    continue;
                }
                list.push(ReedSolomonConfig {
                    parity,
                    interleave,
                    data_bytes,
                    basis,
                    // The generator of (255,239) has the roots in the middle of those of (255,223).
                    first_root: (like.first_root + like.parity as u32 / 2).saturating_sub(parity as u32 / 2),
                    ..like.clone()
                });
            }
        }
    }
    let differs = |code: &ReedSolomonConfig| {
        u8::from(code.parity != like.parity) * 4
            + u8::from(code.interleave != like.interleave) * 2
            + u8::from(code.basis != like.basis)
    };
    list.sort_by_key(differs);
    let mut list: Vec<_> = list.into_iter().map(Some).collect();
    if own.is_some() {
        list.push(None);
    } else {
        list.insert(0, None);
    }
    list
}

/// The shortest change that makes this code and randomizer of the profile.
fn outer_candidate(
    source: &ProfileSource,
    applied: &[String],
    profile: &Profile,
    wanted: Option<&ReedSolomonConfig>,
    (randomizer, word): (Randomizer, &str),
    block: usize,
) -> Option<Candidate> {
    let own = profile.coding.reed_solomon.as_ref();
    let mut keys = Vec::new();
    let mut words = Vec::new();
    match (own, wanted) {
        (Some(own), Some(new)) => {
            keys = code_keys(own, new, &mut words);
        }
        (Some(_), None) => {
            keys.push("coding.reed_solomon=false".to_owned());
            words.push("there is no Reed-Solomon code".to_owned());
        }
        (None, Some(new)) => {
            keys.push(section(new));
            words.push(format!("there is a {}", code_words(new)));
        }
        (None, None) => {}
    }
    let length = wanted.map_or(block, |code| code.data_bytes);
    if length != profile.frame.length && own.is_some() == wanted.is_some() {
        words.push(format!(
            "the frame has {length} bytes, not {}",
            profile.frame.length
        ));
    }
    if randomizer != profile.coding.randomizer {
        keys.push(format!("coding.randomizer={word}"));
        words.push(match randomizer {
            Randomizer::None => "the frames are not randomized".to_owned(),
            _ => format!("the frames are randomized ({word})"),
        });
    }
    let data = wanted.map(|code| format!("coding.reed_solomon.data_bytes={}", code.data_bytes));
    let no_fill = "coding.reed_solomon.virtual_fill=".to_owned();
    let frame = format!("frame.length={length}");
    let additions: [Vec<String>; 7] = [
        vec![],
        data.clone().into_iter().collect(),
        vec![frame.clone()],
        vec!["frame.length=".to_owned()],
        data.clone().into_iter().chain([frame.clone()]).collect(),
        [no_fill.clone()].into_iter().chain(data.clone()).collect(),
        [no_fill].into_iter().chain(data).chain([frame]).collect(),
    ];
    let set = additions.into_iter().find_map(|more| {
        let set: Vec<String> = keys.iter().cloned().chain(more).collect();
        let all: Vec<String> = applied.iter().chain(&set).cloned().collect();
        let made = source.with(&all).ok()?;
        let fits = made.coding.reed_solomon.as_ref() == wanted
            && made.frame.length == length
            && made.coding.randomizer == randomizer;
        (fits && !set.is_empty()).then_some(set)
    })?;
    Some(Candidate {
        link: if words.iter().any(|word| word.starts_with("the frame has")) {
            Link::Asm
        } else {
            Link::Fec
        },
        text: words.join(", and "),
        evidence: String::new(),
        set,
    })
}

fn code_keys(own: &ReedSolomonConfig, new: &ReedSolomonConfig, words: &mut Vec<String>) -> Vec<String> {
    let mut keys = Vec::new();
    if own.parity != new.parity {
        keys.push(format!("coding.reed_solomon.e={}", new.parity / 2));
        words.push(format!(
            "the Reed-Solomon code corrects {} symbols, not {}",
            new.parity / 2,
            own.parity / 2
        ));
    }
    if own.first_root != new.first_root {
        keys.push(format!("coding.reed_solomon.first_root={}", new.first_root));
    }
    if own.interleave != new.interleave {
        keys.push(format!("coding.reed_solomon.interleave={}", new.interleave));
        words.push(format!(
            "the interleaving depth is {}, not {}",
            new.interleave, own.interleave
        ));
    }
    if own.basis != new.basis {
        keys.push(format!("coding.reed_solomon.basis={}", basis_word(new.basis)));
        words.push(format!(
            "the Reed-Solomon symbols are written in the {} basis, not the {} one",
            basis_word(new.basis),
            basis_word(own.basis)
        ));
    }
    keys
}

fn basis_word(basis: RsBasis) -> &'static str {
    match basis {
        RsBasis::Dual => "dual",
        RsBasis::Conventional => "conventional",
    }
}

fn section(code: &ReedSolomonConfig) -> String {
    format!(
        "coding.reed_solomon={{ e = {}, interleave = {}, basis = \"{}\", data_bytes = {}, first_root = {} }}",
        code.parity / 2,
        code.interleave,
        basis_word(code.basis),
        code.data_bytes,
        code.first_root
    )
}

fn code_words(code: &ReedSolomonConfig) -> String {
    format!(
        "Reed-Solomon code (255,{}), interleaving depth {}, {} basis",
        255 - code.parity,
        code.interleave,
        basis_word(code.basis)
    )
}

/// What makes the checks of frames reject those that the code vouches for, or frames without a code.
pub fn frames(profile: &Profile, outcome: &Outcome) -> Vec<Candidate> {
    let candidate = |text: &str, set: &[&str]| Candidate::new(Link::Frames, text, set);
    let mut list = identifiers(profile, outcome);
    let no_signal_behind = outcome.survey.is_none() && outcome.reception.is_none();
    if !no_signal_behind {
        for (randomizer, word) in randomizers(profile.coding.randomizer) {
            if randomizer != profile.coding.randomizer {
                let text = match randomizer {
                    Randomizer::None => "the frames are not randomized".to_owned(),
                    _ => format!("the frames are randomized ({word})"),
                };
                list.push(Candidate::new(
                    Link::Frames,
                    text,
                    &[&format!("coding.randomizer={word}")],
                ));
            }
        }
    }
    match profile.frame.kind {
        FrameKind::Tm => list.push(candidate("the frames are AOS frames", &["frame.type=aos"])),
        FrameKind::Aos => {
            list.push(candidate("the frames are TM frames", &["frame.type=tm"]));
            list.push(if profile.frame.header_error_control {
                candidate(
                    "the frames have no header error control",
                    &["frame.header_error_control=false"],
                )
            } else {
                candidate(
                    "the frames have a header error control",
                    &["frame.header_error_control=true"],
                )
            });
        }
        FrameKind::Tc | FrameKind::Opaque => {}
    }
    if profile.frame.fecf {
        list.push(candidate(
            "the frames have no error control field, or it is not a CRC-16",
            &["frame.fecf=false"],
        ));
    }
    list
}

/// What frames say of themselves where they are not those expected.
fn identifiers(profile: &Profile, outcome: &Outcome) -> Vec<Candidate> {
    let version = u8::from(profile.frame.kind == FrameKind::Aos);
    let named = &outcome.decoded.named;
    let seen: u64 = named.values().sum();
    let mut scids: std::collections::BTreeMap<u16, u64> = std::collections::BTreeMap::new();
    let mut vcids: std::collections::BTreeSet<u8> = std::collections::BTreeSet::new();
    for (&(found, scid, vcid), &count) in named {
        if found == version {
            *scids.entry(scid).or_default() += count;
            vcids.insert(vcid);
        }
    }
    let mut list = Vec::new();
    let commonest = scids.iter().max_by_key(|&(_, count)| *count);
    if let (Some(expected), Some((&scid, &count))) = (profile.frame.scid, commonest)
        && scid != expected
        && 2 * count > seen
    {
        list.push(Candidate {
            evidence: format!("{count} of {seen} frames say so"),
            ..Candidate::new(
                Link::Frames,
                format!("the frames come from spacecraft {scid}, not {expected}"),
                &[&format!("frame.scid={scid}")],
            )
        });
    }
    if !profile.frame.vcids.is_empty() && vcids.iter().any(|vcid| !profile.frame.vcids.contains(vcid)) {
        let words: Vec<String> = vcids.iter().map(ToString::to_string).collect();
        let words = words.join(", ");
        list.push(Candidate::new(
            Link::Frames,
            format!("the frames are of the virtual channels {words}"),
            &[&format!("frame.vcids=[{words}]")],
        ));
    }
    list
}

/// What stands before the packets where none come out of good frames.
pub fn packets(profile: &Profile) -> Vec<Candidate> {
    let mut list = Vec::new();
    if profile.frame.kind != FrameKind::Aos {
        return list;
    }
    for zone in [0, 2, 4, 6, 8] {
        for ocf in [profile.frame.ocf, !profile.frame.ocf] {
            if (zone, ocf) == (profile.frame.insert_zone, profile.frame.ocf) {
                continue;
            }
            let mut set = Vec::new();
            let mut words = Vec::new();
            if zone != profile.frame.insert_zone {
                set.push(format!("frame.insert_zone={zone}"));
                words.push(format!("the insert zone has {zone} bytes"));
            }
            if ocf != profile.frame.ocf {
                set.push(format!("frame.ocf={ocf}"));
                words.push(format!(
                    "the frames have {} operational control field",
                    if ocf { "an" } else { "no" }
                ));
            }
            list.push(Candidate {
                link: Link::Packets,
                text: words.join(", and "),
                evidence: String::new(),
                set,
            });
        }
    }
    list
}
