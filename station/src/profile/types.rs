//! What a profile says, with every default filled in.

use crate::time::PacketTime;
use groundlink_decoder::coding::{
    AsmConfig, ConvolutionalConfig, Descrambler, IterativeConfig, LineCode, Randomized, Randomizer,
    ReedSolomonConfig,
};
use groundlink_decoder::link::{CrcSpan, FrameKind, PacketConfig};
use groundlink_decoder::telecommand::CltuConfig;
use groundlink_dsp::{Modulation, Pulse};

/// One downlink, from its carrier to its packets.
///
/// A profile that came from [`Profile::parse`] or [`Profile::load`] is consistent. The fields are open, so
/// that a program may build one; the conversions check again.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Name, a word.
    pub name: String,
    /// What the link is, for people.
    pub description: String,
    /// Where the facts come from.
    pub source: String,
    /// The signal; `None` where the profile begins behind the demodulator.
    pub signal: Option<Signal>,
    /// Channel coding.
    pub coding: Coding,
    /// Transfer frames.
    pub frame: Frame,
    /// Space packets in the frames, `None` where the content is something else.
    pub packets: Option<PacketConfig>,
    /// The time in the packets' secondary headers, `None` where they have none or it is not known.
    pub packet_time: Option<PacketTime>,
}

/// What real or complex samples stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignalInput {
    /// Complex samples are IQ; real ones are a passband (PSK) or FM-demodulated audio (FSK).
    #[default]
    Auto,
    /// Complex samples.
    Iq,
    /// A real passband, the carrier somewhere between 0 and half the sample rate.
    Real,
    /// Real audio of an FM discriminator.
    FmAudio,
}

/// The modulated carrier.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Modulation. GFSK is `Fsk` with a Gaussian pulse, 4GFSK `Fsk4` with one, MSK is `Gmsk` with a rectangular one.
    pub modulation: Modulation,
    /// Symbols per second.
    pub symbol_rate_hz: f64,
    /// Pulse shape.
    pub pulse: Pulse,
    /// Peak deviation of FSK, Hz; `None` lets the receiver measure it.
    pub deviation_hz: Option<f64>,
    /// Nominal frequency offset of the carrier within the samples, Hz.
    pub carrier_hz: f64,
    /// Half width of the range searched around it, Hz.
    pub search_hz: f64,
    /// Whether the spectrum is inverted (I and Q exchanged).
    pub iq_swap: bool,
    /// Whether the first of a symbol's two bits is that of the Q arm.
    pub q_first: bool,
    /// Power of the I arm of unbalanced QPSK over that of the Q arm, dB; zero for all else.
    pub unbalance_db: f64,
    /// Whether the bits of MSK and GMSK are precoded.
    pub precoding: bool,
    /// What the samples are.
    pub input: SignalInput,
    /// Noise bandwidth of the carrier loop, Hz; `None` chooses it.
    pub carrier_loop_hz: Option<f64>,
    /// Noise bandwidth of the timing loop, Hz; `None` chooses it.
    pub timing_loop_hz: Option<f64>,
}

/// Channel coding, in the order of the receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct Coding {
    /// Inner code.
    pub convolutional: Option<ConvolutionalConfig>,
    /// Line code after the inner decoder.
    pub line_code: LineCode,
    /// Whether each channel bit is sent as two half symbols: the bi-phase line code of the same letter.
    pub bi_phase: bool,
    /// Self-synchronising descrambler after the line code.
    pub descrambler: Option<Descrambler>,
    /// Attached synchronisation marker.
    pub asm: AsmConfig,
    /// Randomizer.
    pub randomizer: Randomizer,
    /// What the randomizer is added to.
    pub randomized: Randomized,
    /// Outer code.
    pub reed_solomon: Option<ReedSolomonConfig>,
    /// Turbo or LDPC code.
    pub iterative: Option<IterativeConfig>,
    /// Telecommand coding, in place of all the rest.
    pub cltu: Option<CltuConfig>,
    /// Bytes between the codeblock and the next marker.
    pub tail_bytes: usize,
}

/// Transfer frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Protocol.
    pub kind: FrameKind,
    /// Length, bytes.
    pub length: usize,
    /// TM, AOS and TC: frame error control field.
    pub fecf: bool,
    /// AOS: operational control field.
    pub ocf: bool,
    /// AOS: frame header error control.
    pub header_error_control: bool,
    /// AOS: bytes of insert zone.
    pub insert_zone: usize,
    /// TC: whether data fields begin with a segment header.
    pub segment_header: bool,
    /// TM: bytes of the secondary header that is sent, 0 for none. Received frames say themselves.
    pub secondary_header: usize,
    /// Opaque frames: their CRC.
    pub crc: Option<CrcSpan>,
    /// Spacecraft expected; `None` accepts any.
    pub scid: Option<u16>,
    /// Virtual channels expected; empty accepts any.
    pub vcids: Vec<u8>,
}
