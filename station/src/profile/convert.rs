//! From a profile to the configurations that receivers, decoders, modulators and encoders are built from.

use super::error::{Place, ProfileError};
use super::types::{Coding, Profile, Signal, SignalInput};
use super::{check, cltu};
use groundlink_decoder::coding::{CodingConfig, SymbolBits};
use groundlink_decoder::link::{LinkConfig, PacketConfig};
use groundlink_decoder::telecommand::CltuConfig;
use groundlink_dsp::{FskInput, Modulation, SignalConfig};

impl Profile {
    /// The signal within samples of this rate, complex or real. For real samples of an FM discriminator the
    /// carrier is 0 Hz whatever the profile says, as the discriminator has taken it away.
    ///
    /// # Errors
    /// When the profile has no `[signal]`, when the samples are not of the kind that `signal.input` asks
    /// for, or when the carrier does not lie within a real passband.
    pub fn signal_config(
        &self,
        sample_rate_hz: f64,
        complex_input: bool,
    ) -> Result<SignalConfig, ProfileError> {
        self.check()?;
        let signal = self.signal.as_ref().ok_or_else(|| ProfileError::NoSignal {
            name: self.name.clone(),
        })?;
        let input = self.resolved_input(signal, complex_input)?;
        let fm_audio = input == SignalInput::FmAudio;
        let half_rate = sample_rate_hz / 2.0;
        if input == SignalInput::Real && !(signal.carrier_hz > 0.0 && signal.carrier_hz < half_rate) {
            return Err(ProfileError::RealCarrier {
                name: self.name.clone(),
                found: signal.carrier_hz.to_string(),
                allowed: format!("above 0 and below {half_rate}"),
            });
        }
        Ok(SignalConfig {
            carrier_hz: if fm_audio { 0.0 } else { signal.carrier_hz },
            search_hz: signal.search_hz,
            deviation_hz: signal.deviation_hz,
            fsk_input: if fm_audio { FskInput::FmAudio } else { FskInput::Iq },
            carrier_loop_hz: signal.carrier_loop_hz,
            timing_loop_hz: signal.timing_loop_hz,
            bi_phase: self.coding.bi_phase,
            iq_swap: signal.iq_swap,
            q_first: signal.q_first,
            unbalance_db: signal.unbalance_db,
            precoding: signal.precoding,
            ..SignalConfig::new(
                signal.modulation,
                signal.pulse,
                signal.symbol_rate_hz,
                sample_rate_hz,
            )
        })
    }

    /// The coded stream. The grouping of its soft bits follows the modulation; one bit a symbol where the
    /// profile has no signal.
    ///
    /// # Errors
    /// When the profile was changed into an impossible one after it was parsed.
    pub fn coding_config(&self) -> Result<CodingConfig, ProfileError> {
        self.check()?;
        let coding = &self.coding;
        Ok(CodingConfig {
            symbols: match self.signal.as_ref().map(|s| (s.modulation, s.precoding)) {
                Some((Modulation::Gmsk, true)) => SymbolBits::Alternating,
                Some((Modulation::Qpsk, _)) => SymbolBits::Two,
                Some((Modulation::Oqpsk, _)) => SymbolBits::TwoOffset,
                Some((Modulation::Psk8, _)) => SymbolBits::Three,
                // The arms of unbalanced QPSK are told apart; changes of phase and frequencies have no ambiguity.
                _ => SymbolBits::One,
            },
            convolutional: coding.convolutional,
            line_code: coding.line_code,
            descrambler: coding.descrambler,
            asm: coding.asm.clone(),
            randomizer: coding.randomizer,
            randomized: coding.randomized,
            reed_solomon: coding.reed_solomon.clone(),
            iterative: coding.iterative.clone(),
            cltu: coding.cltu.map(|cltu| CltuConfig {
                content: cltu::content(self.frame.kind),
                ..cltu
            }),
            block_bytes: block_bytes(coding, self.frame.length),
            tail_bytes: coding.tail_bytes,
        })
    }

    /// The frame layer.
    ///
    /// # Errors
    /// When the profile was changed into an impossible one after it was parsed.
    pub fn link_config(&self) -> Result<LinkConfig, ProfileError> {
        self.check()?;
        Ok(LinkConfig {
            kind: self.frame.kind,
            length: self.frame.length,
            fecf: self.frame.fecf,
            ocf: self.frame.ocf,
            fhec: self.frame.header_error_control,
            insert_zone: self.frame.insert_zone,
            segment_header: self.frame.segment_header,
            opaque_crc: self.frame.crc,
            scid: self.frame.scid,
            vcids: self.frame.vcids.clone(),
            packets: self.packets.clone(),
        })
    }

    /// How packets are taken apart; the standard's limits where the profile's frames hold none.
    pub fn packet_config(&self) -> PacketConfig {
        self.packets.clone().unwrap_or_default()
    }

    /// Bits that one modem symbol carries; 1 where the profile has no signal.
    pub fn bits_per_symbol(&self) -> usize {
        self.signal.as_ref().map_or(1, |s| s.modulation.bits_per_symbol())
    }

    /// Symbols per second as the profile states them, Bd.
    pub fn symbol_rate_hz(&self) -> Option<f64> {
        self.signal.as_ref().map(|s| s.symbol_rate_hz)
    }

    /// Information bits per channel bit: the rates of all codes multiplied, without the marker.
    pub fn code_rate(&self) -> f64 {
        let inner = self
            .coding
            .convolutional
            .map_or(1.0, |code| code.rate.steps() as f64 / code.rate.symbols() as f64);
        let outer = self.coding.reed_solomon.as_ref().map_or(1.0, |rs| {
            let data = rs.data_bytes as f64;
            data / (data + (rs.parity * rs.interleave) as f64)
        });
        let iterative = self.coding.iterative.as_ref().map_or(1.0, |config| {
            config.code.info_bits() as f64 / config.code.code_bits() as f64
        });
        let telecommand = self.coding.cltu.map_or(1.0, |cltu| cltu.code.rate());
        inner * outer * iterative * telecommand
    }

    /// Eb/N0 per information bit that an Es/N0 per modem symbol amounts to, dB. Information bits are the bits
    /// of the frames; the marker and tail bytes are not counted.
    pub fn eb_n0_from_es_n0_db(&self, es_n0_db: f64) -> f64 {
        es_n0_db + self.eb_n0_offset_db()
    }

    /// What is added to an Es/N0 per modem symbol to give the Eb/N0 per information bit, dB.
    pub fn eb_n0_offset_db(&self) -> f64 {
        -10.0 * (self.bits_per_symbol() as f64 * self.code_rate()).log10()
    }

    fn check(&self) -> Result<(), ProfileError> {
        check::profile(self).map_err(|problem| {
            problem.at(Place::Profile {
                name: self.name.clone(),
            })
        })
    }

    fn resolved_input(&self, signal: &Signal, complex: bool) -> Result<SignalInput, ProfileError> {
        let fsk = matches!(signal.modulation, Modulation::Fsk | Modulation::Gmsk);
        let mismatch = |input, samples| ProfileError::Input {
            name: self.name.clone(),
            input,
            samples,
        };
        match (signal.input, complex) {
            (SignalInput::Auto | SignalInput::Iq, true) => Ok(SignalInput::Iq),
            (SignalInput::Auto | SignalInput::FmAudio, false) if signal.precoding => {
                Err(ProfileError::Precoding {
                    name: self.name.clone(),
                })
            }
            (SignalInput::Auto, false) if fsk => Ok(SignalInput::FmAudio),
            (SignalInput::Auto | SignalInput::Real, false) => Ok(SignalInput::Real),
            (SignalInput::FmAudio, false) => Ok(SignalInput::FmAudio),
            (SignalInput::Iq, false) => Err(mismatch("iq", "real")),
            (SignalInput::Real, true) => Err(mismatch("real", "complex")),
            (SignalInput::FmAudio, true) => Err(mismatch("fm-audio", "complex")),
        }
    }
}

/// Bytes from marker to marker.
fn block_bytes(coding: &Coding, frame_bytes: usize) -> usize {
    let codeblock = match &coding.reed_solomon {
        Some(rs) => {
            let marker = if rs.covers_asm {
                (coding.asm.bits / 8) as usize
            } else {
                0
            };
            rs.data_bytes + rs.parity * rs.interleave - marker
        }
        None => frame_bytes,
    };
    codeblock + coding.tail_bytes
}
