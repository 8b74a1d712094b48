//! The modulations whose bit errors are measured, each with one plain signal.

use clap::ValueEnum;
use groundlink_dsp::{Modulation, PmConfig, Pulse, SignalConfig, Subcarrier, Waveform};

/// Symbols per second.
const SYMBOL_RATE_HZ: f64 = 10_000.0;
/// Index of phase modulation, rad.
const PM_INDEX: f64 = 1.1;

/// What is modulated, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Keying {
    /// BPSK.
    Bpsk,
    /// BPSK with bi-phase-L symbols.
    BpskBiPhase,
    /// DBPSK.
    Dbpsk,
    /// QPSK.
    Qpsk,
    /// DQPSK.
    Dqpsk,
    /// π/4-DQPSK.
    Pi4Dqpsk,
    /// OQPSK.
    Oqpsk,
    /// OQPSK with half-sine pulses: minimum-shift keying whose bits are those of the arms.
    OqpskHalfSine,
    /// Unbalanced QPSK, I 6 dB above Q.
    Uqpsk,
    /// 8PSK.
    #[value(name = "8psk")]
    Psk8,
    /// PCM/PM/NRZ.
    Pm,
    /// PCM/PM/bi-phase-L.
    PmBiPhase,
    /// PCM/PSK/PM on a sine subcarrier of 8 symbol rates.
    PmSine,
    /// PCM/PSK/PM on a square subcarrier of 3.05 symbol rates.
    PmSquare,
    /// FSK of index 1.
    Fsk,
    /// FSK of four frequencies, each a symbol rate from the next.
    #[value(name = "4fsk")]
    Fsk4,
    /// Minimum-shift keying.
    Msk,
    /// GMSK of BT 0.5.
    Gmsk,
    /// GMSK of BT 0.3.
    #[value(name = "gmsk-0.3")]
    Gmsk30,
    /// GMSK of BT 0.25.
    #[value(name = "gmsk-0.25")]
    Gmsk25,
    /// Precoded GMSK of BT 0.5.
    GmskPrecoded,
    /// Precoded GMSK of BT 0.25.
    #[value(name = "gmsk-0.25-precoded")]
    Gmsk25Precoded,
}

impl Keying {
    /// The signal: 4 samples a symbol and root-raised cosine pulses of roll-off 0.5 (half-sine: 8 samples, bi-phase: 4
    /// per half); PM of index 1.1 with rectangular pulses and what samples its subcarrier needs; FSK with rectangular
    /// pulses (four frequencies: 10 samples); MSK and GMSK with theirs.
    pub fn signal(self) -> SignalConfig {
        let pm = |subcarrier: Option<(f64, Waveform)>| {
            Modulation::Pm(PmConfig {
                index_rad: Some(PM_INDEX),
                subcarrier: subcarrier.map(|(per_symbol, waveform)| Subcarrier {
                    frequency_hz: per_symbol * SYMBOL_RATE_HZ,
                    waveform,
                }),
                ..PmConfig::default()
            })
        };
        let (modulation, samples) = match self {
            Self::Bpsk => (Modulation::Bpsk, 4.0),
            Self::BpskBiPhase => (Modulation::Bpsk, 8.0),
            Self::Dbpsk => (Modulation::Dbpsk, 4.0),
            Self::Qpsk => (Modulation::Qpsk, 4.0),
            Self::Dqpsk => (Modulation::Dqpsk, 4.0),
            Self::Pi4Dqpsk => (Modulation::Pi4Dqpsk, 4.0),
            Self::Oqpsk => (Modulation::Oqpsk, 4.0),
            Self::OqpskHalfSine => (Modulation::Oqpsk, 8.0),
            Self::Uqpsk => (Modulation::Uqpsk, 4.0),
            Self::Psk8 => (Modulation::Psk8, 4.0),
            Self::Pm => (pm(None), 16.0),
            Self::PmBiPhase => (pm(None), 32.0),
            Self::PmSine => (pm(Some((8.0, Waveform::Sine))), 48.0),
            Self::PmSquare => (pm(Some((3.05, Waveform::Square))), 168.0),
            Self::Fsk => (Modulation::Fsk, 4.0),
            Self::Fsk4 => (Modulation::Fsk4, 10.0),
            Self::Msk
            | Self::Gmsk
            | Self::Gmsk30
            | Self::Gmsk25
            | Self::GmskPrecoded
            | Self::Gmsk25Precoded => (Modulation::Gmsk, 4.0),
        };
        let pulse = match modulation {
            Modulation::Pm(_) | Modulation::Fsk | Modulation::Fsk4 => Pulse::Rect,
            Modulation::Gmsk => match self {
                Self::Msk => Pulse::Rect,
                Self::Gmsk30 => Pulse::Gaussian { bt: 0.3 },
                Self::Gmsk25 | Self::Gmsk25Precoded => Pulse::Gaussian { bt: 0.25 },
                _ => Pulse::Gaussian { bt: 0.5 },
            },
            _ if self == Self::OqpskHalfSine => Pulse::HalfSine,
            _ => Pulse::Srrc { roll_off: 0.5 },
        };
        SignalConfig {
            deviation_hz: match self {
                Self::Fsk => Some(SYMBOL_RATE_HZ / 2.0),
                Self::Fsk4 => Some(1.5 * SYMBOL_RATE_HZ),
                _ => None,
            },
            precoding: matches!(self, Self::GmskPrecoded | Self::Gmsk25Precoded),
            bi_phase: matches!(self, Self::BpskBiPhase | Self::PmBiPhase),
            ..SignalConfig::new(modulation, pulse, SYMBOL_RATE_HZ, samples * SYMBOL_RATE_HZ)
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bpsk => "BPSK",
            Self::BpskBiPhase => "BPSK, bi-phase-L",
            Self::Dbpsk => "DBPSK",
            Self::Qpsk => "QPSK",
            Self::Dqpsk => "DQPSK",
            Self::Pi4Dqpsk => "π/4-DQPSK",
            Self::Oqpsk => "OQPSK",
            Self::OqpskHalfSine => "OQPSK, half-sine",
            Self::Uqpsk => "UQPSK, 6 dB",
            Self::Psk8 => "8PSK",
            Self::Pm => "PCM/PM/NRZ",
            Self::PmBiPhase => "PCM/PM/bi-phase-L",
            Self::PmSine => "PCM/PSK/PM, sine",
            Self::PmSquare => "PCM/PSK/PM, square",
            Self::Fsk => "FSK, index 1",
            Self::Fsk4 => "4FSK, one symbol rate apart",
            Self::Msk => "MSK",
            Self::Gmsk => "GMSK, BT 0.5",
            Self::Gmsk30 => "GMSK, BT 0.3",
            Self::Gmsk25 => "GMSK, BT 0.25",
            Self::GmskPrecoded => "GMSK, BT 0.5, precoded",
            Self::Gmsk25Precoded => "GMSK, BT 0.25, precoded",
        }
    }
}
