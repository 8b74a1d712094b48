//! Blocks of turbo or LDPC codewords (CCSDS 131.0-B-5 §6 and §7): one marker, then one codeword or several, and
//! the randomizer over all of them.

use super::config::{CodingError, IterativeCode, IterativeConfig};
use super::frame::IterativeOutcome;
use super::ldpc::{LdpcDecoder, LdpcEncoder, LdpcOptions};
use super::snr::SymbolSums;
use super::turbo::{TurboDecoder, TurboEncoder, TurboOptions};

/// Encoder of one codeword.
#[derive(Debug, Clone)]
enum Encoder {
    Turbo(Box<TurboEncoder>),
    Ldpc(Box<LdpcEncoder>),
}

impl Encoder {
    fn new(code: IterativeCode) -> Result<Self, CodingError> {
        Ok(match code {
            IterativeCode::Turbo(code) => Self::Turbo(Box::new(TurboEncoder::new(code)?)),
            IterativeCode::Ldpc(code) => Self::Ldpc(Box::new(LdpcEncoder::new(code)?)),
        })
    }

    fn encode(&mut self, info: &[u8], bits: &mut Vec<u8>) {
        match self {
            Self::Turbo(encoder) => encoder.encode(info, bits),
            Self::Ldpc(encoder) => encoder.encode(info, bits),
        }
    }
}

/// Decoder of one codeword.
#[derive(Debug, Clone)]
enum Decoder {
    Turbo(Box<TurboDecoder>),
    Ldpc(Box<LdpcDecoder>),
}

impl Decoder {
    fn new(code: IterativeCode) -> Result<Self, CodingError> {
        Ok(match code {
            IterativeCode::Turbo(code) => {
                Self::Turbo(Box::new(TurboDecoder::new(code, TurboOptions::default())?))
            }
            IterativeCode::Ldpc(code) => {
                Self::Ldpc(Box::new(LdpcDecoder::new(code, LdpcOptions::default())?))
            }
        })
    }

    fn decode(&mut self, soft: &[i8], info: &mut [u8]) -> IterativeOutcome {
        match self {
            Self::Turbo(decoder) => decoder.decode(soft, info),
            Self::Ldpc(decoder) => decoder.decode(soft, info),
        }
    }
}

/// Encodes blocks.
#[derive(Debug, Clone)]
pub(crate) struct IterativeEncoder {
    encoder: Encoder,
    info_bytes: usize,
}

impl IterativeEncoder {
    pub(crate) fn new(config: &IterativeConfig) -> Result<Self, CodingError> {
        Ok(Self {
            encoder: Encoder::new(config.code)?,
            info_bytes: config.code.info_bits() / 8,
        })
    }

    /// Appends the bits of a block's codewords, one a byte.
    pub(crate) fn encode(&mut self, info: &[u8], bits: &mut Vec<u8>) {
        for info in info.chunks_exact(self.info_bytes) {
            self.encoder.encode(info, bits);
        }
    }
}

/// What came of a block.
#[derive(Debug, Clone, Default)]
pub(crate) struct IterativeBlock {
    /// Information of all codewords.
    pub(crate) info: Vec<u8>,
    /// For each codeword what the decoder did.
    pub(crate) outcomes: Vec<IterativeOutcome>,
    /// Channel bits of the block, derandomised: corrected where the decoder converged, as received elsewhere.
    pub(crate) bits: Vec<u8>,
    /// The soft symbols of the block against those bits.
    pub(crate) sums: SymbolSums,
}

impl IterativeBlock {
    /// Channel symbols that the decoded codewords contradict, and how many symbols they have. Symbols of which
    /// nothing is known, since they are zero, count as contradicted in half of all cases.
    pub(crate) fn channel_symbols(&self) -> (u32, u32) {
        let errors: u32 = self.outcomes.iter().map(|outcome| outcome.channel_errors).sum();
        let symbols = self.bits.len() as u32;
        let unknown = symbols.saturating_sub(self.sums.count + self.sums.saturated);
        (errors + unknown / 2, symbols)
    }
}

/// Decodes blocks.
#[derive(Debug, Clone)]
pub(crate) struct IterativeDecoder {
    decoder: Decoder,
    encoder: Encoder,
    info_bytes: usize,
    code_bits: usize,
    channel: Vec<i8>,
}

impl IterativeDecoder {
    pub(crate) fn new(config: &IterativeConfig) -> Result<Self, CodingError> {
        Ok(Self {
            decoder: Decoder::new(config.code)?,
            encoder: Encoder::new(config.code)?,
            info_bytes: config.code.info_bits() / 8,
            code_bits: config.code.code_bits(),
            channel: Vec::new(),
        })
    }

    /// Decodes the soft bits of a block, which are inverted and randomised as stated; whether every codeword
    /// converged.
    pub(crate) fn decode(
        &mut self,
        soft: &[i8],
        inverted: bool,
        sequence: &[u8],
        block: &mut IterativeBlock,
    ) -> bool {
        self.take(soft, inverted, sequence);
        let codewords = self.channel.len() / self.code_bits;
        block.info.resize(codewords * self.info_bytes, 0);
        block.outcomes.clear();
        block.bits.clear();
        let parts = self.channel.chunks_exact(self.code_bits);
        for (soft, info) in parts.zip(block.info.chunks_exact_mut(self.info_bytes)) {
            let outcome = self.decoder.decode(soft, info);
            if outcome.converged {
                self.encoder.encode(info, &mut block.bits);
            } else {
                block.bits.extend(soft.iter().map(|&s| u8::from(s > 0)));
            }
            block.outcomes.push(outcome);
        }
        block.sums = SymbolSums::default();
        block.sums.add(&self.channel, &block.bits);
        block.outcomes.iter().all(|outcome| outcome.converged)
    }

    /// Soft bits as the encoder meant them.
    fn take(&mut self, soft: &[i8], inverted: bool, sequence: &[u8]) {
        let sign = if inverted { -1 } else { 1 };
        // -128 has no negative.
        self.channel.clear();
        self.channel.extend(soft.iter().map(|&s| s.max(-127) * sign));
        for (soft, random) in self.channel.chunks_mut(8).zip(sequence) {
            for (n, soft) in soft.iter_mut().enumerate() {
                *soft *= 1 - 2 * (random >> (7 - n) & 1).cast_signed();
            }
        }
    }
}
