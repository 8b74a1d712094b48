//! What a signal is: the one description that receivers and modulators are both built from.

use crate::PmConfig;
use thiserror::Error;

/// Modulation of the carrier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Modulation {
    /// Binary phase-shift keying, one bit a symbol.
    Bpsk,
    /// BPSK whose phase changes by 180° for a one and not for a zero, coherently received.
    Dbpsk,
    /// Quadrature phase-shift keying, two bits a symbol: I first, then Q.
    Qpsk,
    /// QPSK whose phase changes by 0°, 90°, 180° and 270° for the bits 00, 01, 11 and 10, coherently received.
    Dqpsk,
    /// π/4-DQPSK: as DQPSK, and 45° more in every symbol.
    Pi4Dqpsk,
    /// Unbalanced QPSK: QPSK with arms of different power, see [`SignalConfig::unbalance_db`].
    Uqpsk,
    /// 8-ary PSK, three bits a symbol. From 0° in steps of 45° the points stand for 001, 000, 100, 110, 010, 011,
    /// 111, 101: the Gray labels of ETSI EN 302 307-1 §5.4.2.
    Psk8,
    /// Offset QPSK: the Q arm is half a symbol later than the I arm of the same symbol.
    Oqpsk,
    /// Frequency-shift keying with the pulse of the configuration (rectangular: FSK, Gaussian: GFSK).
    Fsk,
    /// FSK of four frequencies, two bits a symbol: 01, 00, 10 and 11 from the highest to the lowest, in equal distances
    /// (the labels of DMR and M17).
    Fsk4,
    /// Gaussian minimum-shift keying: FSK of index 0.5 with a Gaussian pulse; with a rectangular one it is
    /// minimum-shift keying.
    Gmsk,
    /// Phase modulation with a residual carrier, one bit a symbol: positive phase is a 1.
    Pm(PmConfig),
}

impl Modulation {
    /// Bits that one symbol carries.
    pub fn bits_per_symbol(self) -> usize {
        match self {
            Self::Psk8 => 3,
            Self::Qpsk | Self::Dqpsk | Self::Pi4Dqpsk | Self::Uqpsk | Self::Oqpsk | Self::Fsk4 => 2,
            Self::Bpsk | Self::Dbpsk | Self::Fsk | Self::Gmsk | Self::Pm(_) => 1,
        }
    }

    /// Share of the signal's power that carries the data: Es/N0 counts this part alone.
    pub fn data_share(self) -> f64 {
        match self {
            Self::Pm(pm) => pm.data_share(pm.index()),
            _ => 1.0,
        }
    }

    /// Whether the carrier's phase alone is modulated, and it is suppressed.
    pub fn is_psk(self) -> bool {
        !matches!(self, Self::Fsk | Self::Fsk4 | Self::Gmsk | Self::Pm(_))
    }
}

/// Pulse that shapes a symbol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pulse {
    /// Square-root raised cosine with this roll-off (0 to 1).
    Srrc {
        /// Excess bandwidth, 0 to 1.
        roll_off: f64,
    },
    /// Rectangular over one symbol.
    Rect,
    /// Half a period of a cosine over one symbol; of OQPSK it makes minimum-shift keying.
    HalfSine,
    /// Gaussian frequency pulse with this bandwidth-time product.
    Gaussian {
        /// 3 dB bandwidth times symbol duration.
        bt: f64,
    },
}

/// What the samples of an FSK signal are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FskInput {
    /// Complex baseband or passband.
    #[default]
    Iq,
    /// Audio of an FM discriminator: the real part is proportional to the instantaneous frequency, in
    /// an unknown scale and with an unknown constant offset; the imaginary part is zero.
    FmAudio,
}

/// One signal within a stream of samples.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalConfig {
    /// Rate of the samples, per second.
    pub sample_rate_hz: f64,
    /// Modulation of the carrier.
    pub modulation: Modulation,
    /// Symbols per second (for QPSK and OQPSK half the bit rate).
    pub symbol_rate_hz: f64,
    /// Nominal carrier frequency within the samples, Hz. Real passband samples come as complex ones with
    /// a zero imaginary part; the receiver takes the side at this frequency.
    pub carrier_hz: f64,
    /// Half width of the range around `carrier_hz` in which the carrier is searched, Hz.
    pub search_hz: f64,
    /// Pulse shape.
    pub pulse: Pulse,
    /// Peak frequency deviation of FSK, Hz, of the outer ones of four frequencies; `None` for PSK and for GMSK (a quarter
    /// of the symbol rate). A receiver that measures the deviation takes it as a hint; without it one of binary FSK from
    /// IQ looks for it, and modulators send a quarter of the symbol rate, three of four frequencies.
    pub deviation_hz: Option<f64>,
    /// What FSK samples are.
    pub fsk_input: FskInput,
    /// Noise bandwidth of the carrier loop, Hz; `None` chooses it from the symbol rate.
    pub carrier_loop_hz: Option<f64>,
    /// Noise bandwidth of the symbol timing loop, Hz; `None` chooses it from the symbol rate.
    pub timing_loop_hz: Option<f64>,
    /// Whether each bit of BPSK or PM is sent as itself and then its inverse, half a symbol each (bi-phase-L). The symbol
    /// rate remains that of the bits; the pulse shapes a half.
    pub bi_phase: bool,
    /// Whether the spectrum is inverted (I and Q exchanged): the samples are the conjugate of the signal's.
    /// `carrier_hz` and measured offsets are those within the samples.
    pub iq_swap: bool,
    /// Whether the first of a symbol's two bits is that of the Q arm (of a change of phase: the second).
    pub q_first: bool,
    /// Power of the I arm of unbalanced QPSK over that of the Q arm, dB: 3 to 20 or -20 to -3. Zero for all else.
    pub unbalance_db: f64,
    /// Whether the bits of GMSK are precoded, so that they are the signs of its pulses on the two arms instead of
    /// their changes (CCSDS 401.0-B §2.4.17). What this leaves open: the sign of all bits, and that of every other.
    pub precoding: bool,
}

impl SignalConfig {
    /// This signal at 0 Hz, searched a tenth of the symbol rate to either side, everything else left to the
    /// receiver.
    pub fn new(modulation: Modulation, pulse: Pulse, symbol_rate_hz: f64, sample_rate_hz: f64) -> Self {
        Self {
            sample_rate_hz,
            modulation,
            symbol_rate_hz,
            carrier_hz: 0.0,
            search_hz: symbol_rate_hz / 10.0,
            pulse,
            deviation_hz: None,
            fsk_input: FskInput::Iq,
            carrier_loop_hz: None,
            timing_loop_hz: None,
            bi_phase: false,
            iq_swap: false,
            q_first: false,
            unbalance_db: if modulation == Modulation::Uqpsk { 6.0 } else { 0.0 },
            precoding: false,
        }
    }

    /// The signal that is left when the spectrum is as it should be and half symbols are symbols: what receivers
    /// and modulators of a modulation are built for.
    ///
    /// # Errors
    /// When a field does not go with the modulation.
    pub(crate) fn plain(&self) -> Result<Self, ConfigError> {
        let refuse = |field| {
            Err(ConfigError::Mismatch {
                field,
                modulation: self.modulation,
            })
        };
        if self.bi_phase && !matches!(self.modulation, Modulation::Bpsk | Modulation::Pm(_)) {
            return refuse("bi_phase");
        }
        if self.q_first && !(self.modulation.is_psk() && self.modulation.bits_per_symbol() == 2) {
            return refuse("q_first");
        }
        if self.modulation != Modulation::Uqpsk && self.unbalance_db != 0.0 {
            return refuse("unbalance_db");
        }
        if self.precoding && self.modulation != Modulation::Gmsk {
            return refuse("precoding");
        }
        if self.precoding && self.fsk_input == FskInput::FmAudio {
            return Err(ConfigError::FmAudio { field: "precoding" });
        }
        if self.modulation == Modulation::Uqpsk && !(3.0..=20.0).contains(&self.unbalance_db.abs()) {
            return Err(ConfigError::OutOfRange {
                field: "unbalance_db",
                value: self.unbalance_db,
                limit: "3 to 20 or -20 to -3".into(),
            });
        }
        Ok(Self {
            symbol_rate_hz: if self.bi_phase { 2.0 } else { 1.0 } * self.symbol_rate_hz,
            carrier_hz: if self.iq_swap { -1.0 } else { 1.0 } * self.carrier_hz,
            bi_phase: false,
            iq_swap: false,
            q_first: false,
            ..self.clone()
        })
    }
}

/// A configuration that no receiver or modulator can be built from.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A number outside what is possible.
    #[error("{field} is {value}, must be {limit}")]
    OutOfRange {
        /// Field of [`SignalConfig`].
        field: &'static str,
        /// Value found.
        value: f64,
        /// What is allowed, in words.
        limit: String,
    },
    /// A field that does not go with the modulation.
    #[error("{field} does not go with modulation {modulation:?}")]
    Mismatch {
        /// Field of [`SignalConfig`].
        field: &'static str,
        /// Modulation found.
        modulation: Modulation,
    },
    /// A field that does not go with FM audio, which has lost the carrier's phase.
    #[error("{field} does not go with FM audio")]
    FmAudio {
        /// Field of [`SignalConfig`].
        field: &'static str,
    },
    /// A pulse that does not go with the modulation.
    #[error("pulse {pulse:?} does not go with modulation {modulation:?}")]
    PulseMismatch {
        /// Pulse found.
        pulse: Pulse,
        /// Modulation found.
        modulation: Modulation,
    },
}
