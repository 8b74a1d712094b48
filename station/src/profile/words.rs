//! The words of a profile and what they stand for; one table each for reading and for writing.

use super::types::SignalInput;
use groundlink_decoder::coding::{
    Descrambler, InvertedBranch, LineCode, PunctureRate, Randomized, Randomizer, RsBasis, SymbolOrder,
};
use groundlink_decoder::link::{CdsResolution, FrameKind};
use groundlink_dsp::{LoopOrder, Modulation, PmConfig, Pulse};

pub(super) type Words<T> = &'static [(&'static str, T)];

/// What a modulation's word says: the modulation, and whether its pulse is Gaussian (GFSK, 4GFSK and GMSK).
pub(super) const MODULATIONS: Words<(Modulation, bool)> = &[
    ("bpsk", (Modulation::Bpsk, false)),
    ("qpsk", (Modulation::Qpsk, false)),
    ("oqpsk", (Modulation::Oqpsk, false)),
    ("uqpsk", (Modulation::Uqpsk, false)),
    ("8psk", (Modulation::Psk8, false)),
    ("dbpsk", (Modulation::Dbpsk, false)),
    ("dqpsk", (Modulation::Dqpsk, false)),
    ("pi4-dqpsk", (Modulation::Pi4Dqpsk, false)),
    ("fsk", (Modulation::Fsk, false)),
    ("gfsk", (Modulation::Fsk, true)),
    ("4fsk", (Modulation::Fsk4, false)),
    ("4gfsk", (Modulation::Fsk4, true)),
    ("gmsk", (Modulation::Gmsk, true)),
    ("msk", (Modulation::Gmsk, false)),
    ("pm", (Modulation::Pm(ANY_PM), false)),
];

/// Phase modulation as its word alone says it; its other keys are read apart.
const ANY_PM: PmConfig = PmConfig {
    index_rad: None,
    subcarrier: None,
    loop_order: LoopOrder::Third,
};

/// A pulse without its parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PulseWord {
    Srrc,
    Rect,
    HalfSine,
    Gaussian,
}

pub(super) const PULSES: Words<PulseWord> = &[
    ("srrc", PulseWord::Srrc),
    ("rect", PulseWord::Rect),
    ("half-sine", PulseWord::HalfSine),
    ("gaussian", PulseWord::Gaussian),
];

/// Pulses that go with a modulation; the first is the default.
pub(super) fn pulses_of(modulation: Modulation, gaussian: bool) -> Words<PulseWord> {
    match (modulation, gaussian) {
        (_, true) => &[("gaussian", PulseWord::Gaussian)],
        (Modulation::Fsk | Modulation::Fsk4 | Modulation::Gmsk | Modulation::Pm(_), false) => {
            &[("rect", PulseWord::Rect)]
        }
        _ => &[
            ("srrc", PulseWord::Srrc),
            ("rect", PulseWord::Rect),
            ("half-sine", PulseWord::HalfSine),
        ],
    }
}

pub(super) const INPUTS: Words<SignalInput> = &[
    ("auto", SignalInput::Auto),
    ("iq", SignalInput::Iq),
    ("real", SignalInput::Real),
    ("fm-audio", SignalInput::FmAudio),
];

pub(super) const ORDERS: Words<Option<SymbolOrder>> = &[
    ("auto", None),
    ("g1-first", Some(SymbolOrder::G1First)),
    ("g2-first", Some(SymbolOrder::G2First)),
];

pub(super) const INVERTED_BRANCHES: Words<Option<InvertedBranch>> = &[
    ("auto", None),
    ("none", Some(InvertedBranch::None)),
    ("g1", Some(InvertedBranch::G1)),
    ("g2", Some(InvertedBranch::G2)),
];

pub(super) const CONVOLUTIONAL_RATES: Words<PunctureRate> = &[
    ("1/2", PunctureRate::R12),
    ("2/3", PunctureRate::R23),
    ("3/4", PunctureRate::R34),
    ("5/6", PunctureRate::R56),
    ("7/8", PunctureRate::R78),
];

/// What a line code's word says: the code of the bits, and whether each goes as two half symbols.
pub(super) const LINE_CODES: Words<(LineCode, bool)> = &[
    ("nrz-l", (LineCode::NrzL, false)),
    ("nrz-m", (LineCode::NrzM, false)),
    ("nrz-s", (LineCode::NrzS, false)),
    ("bi-phase-l", (LineCode::NrzL, true)),
    ("bi-phase-m", (LineCode::NrzM, true)),
    ("bi-phase-s", (LineCode::NrzS, true)),
];

/// Whether the first of a symbol's two bits is that of the Q arm.
pub(super) const IQ_ORDERS: Words<bool> = &[("iq", false), ("qi", true)];

pub(super) const DESCRAMBLERS: Words<Option<Descrambler>> =
    &[("none", None), ("iess-308", Some(Descrambler::Iess308))];

pub(super) const RANDOMIZERS: Words<Randomizer> = &[
    ("none", Randomizer::None),
    ("ccsds", Randomizer::Ccsds255),
    ("ccsds-131071", Randomizer::Ccsds131071),
    ("telecommand", Randomizer::Telecommand),
];

pub(super) const RANDOMIZED: Words<Randomized> =
    &[("codeblock", Randomized::Codeblock), ("frame", Randomized::Frame)];

pub(super) const BASES: Words<RsBasis> = &[("dual", RsBasis::Dual), ("conventional", RsBasis::Conventional)];

pub(super) const FRAME_TYPES: Words<FrameKind> = &[
    ("tm", FrameKind::Tm),
    ("aos", FrameKind::Aos),
    ("tc", FrameKind::Tc),
    ("opaque", FrameKind::Opaque),
];

/// Whether the frames hold space packets.
pub(super) const PACKET_TYPES: Words<bool> = &[("space-packets", true), ("none", false)];

/// Whether a packet's time code is CUC; CDS is the other.
pub(super) const TIME_CODES: Words<bool> = &[("cuc", true), ("cds", false)];

pub(super) const RESOLUTIONS: Words<CdsResolution> = &[
    ("ms", CdsResolution::Millisecond),
    ("us", CdsResolution::Microsecond),
    ("ps", CdsResolution::Picosecond),
];

/// The word for a value that has one.
pub(super) fn word<T: PartialEq>(words: Words<T>, value: &T) -> &'static str {
    words
        .iter()
        .find(|(_, v)| v == value)
        .map_or("none", |(word, _)| word)
}

/// The word for a modulation with this pulse.
pub(super) fn modulation_word(modulation: Modulation, pulse: Pulse) -> &'static str {
    let gaussian = matches!(pulse, Pulse::Gaussian { .. });
    let modulation = match modulation {
        Modulation::Pm(_) => Modulation::Pm(ANY_PM),
        other => other,
    };
    word(MODULATIONS, &(modulation, gaussian))
}
