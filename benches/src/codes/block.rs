//! Codes whose words are decoded one by one.

use super::Trials;
use super::awgn::{Awgn, Random};
use super::tally::Tally;
use crate::usage::thread_cpu_seconds;
use anyhow::Result;
use groundlink_decoder::coding::ldpc::{LdpcCode, LdpcDecoder, LdpcEncoder, LdpcOptions};
use groundlink_decoder::coding::reed_solomon::ReedSolomon;
use groundlink_decoder::coding::turbo::{TurboCode, TurboDecoder, TurboEncoder, TurboOptions};
use groundlink_decoder::coding::{IterativeCode, IterativeOutcome, ReedSolomonConfig};
use groundlink_decoder::telecommand::{Cltu, CltuConfig, CltuDecoder, CltuEncoder};

/// Soft bits that are decoded between two looks at the clock.
const BATCH_BITS: usize = 1 << 20;
/// Most words of a batch: a short code's fill a batch's bits slowly.
const BATCH_WORDS: usize = 4096;

/// What a decoder says of a word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict {
    vouched: bool,
    iterations: u32,
}

impl From<IterativeOutcome> for Verdict {
    fn from(outcome: IterativeOutcome) -> Self {
        Self {
            vouched: outcome.converged,
            iterations: outcome.iterations,
        }
    }
}

/// Encoder and decoder of words.
pub(super) trait Words: std::fmt::Debug {
    fn info_bytes(&self) -> usize;
    fn code_bits(&self) -> usize;
    /// Appends the bits of a word, one a byte.
    fn encode(&mut self, info: &[u8], bits: &mut Vec<u8>) -> Result<()>;
    fn decode(&mut self, soft: &[i8], info: &mut [u8]) -> Verdict;
}

/// A batch of words at a time.
#[derive(Debug)]
pub(super) struct BlockTrials {
    words: Box<dyn Words>,
    random: Random,
    sent: Vec<u8>,
    bits: Vec<u8>,
    soft: Vec<i8>,
    decoded: Vec<u8>,
    verdicts: Vec<Verdict>,
}

impl BlockTrials {
    pub(super) fn new(words: Box<dyn Words>, seed: u64) -> Self {
        let count = (BATCH_BITS / words.code_bits()).clamp(1, BATCH_WORDS);
        let info_bytes = words.info_bytes();
        Self {
            words,
            random: Random::new(seed),
            sent: vec![0; count * info_bytes],
            bits: Vec::new(),
            soft: Vec::new(),
            decoded: vec![0; count * info_bytes],
            verdicts: Vec::with_capacity(count),
        }
    }
}

impl Trials for BlockTrials {
    fn run(&mut self, channel: &mut Awgn, tally: &mut Tally) -> Result<()> {
        let info_bytes = self.words.info_bytes();
        self.random.fill(&mut self.sent);
        self.soft.clear();
        for info in self.sent.chunks(info_bytes) {
            self.bits.clear();
            self.words.encode(info, &mut self.bits)?;
            channel.send(&self.bits, &mut self.soft);
        }
        self.verdicts.clear();
        let received = self.soft.chunks(self.words.code_bits());
        let begin = thread_cpu_seconds();
        for (soft, info) in received.zip(self.decoded.chunks_mut(info_bytes)) {
            self.verdicts.push(self.words.decode(soft, info));
        }
        tally.seconds += thread_cpu_seconds() - begin;
        let pairs = self.sent.chunks(info_bytes).zip(self.decoded.chunks(info_bytes));
        for ((sent, decoded), verdict) in pairs.zip(&self.verdicts) {
            tally.count(1, u64::from(sent != decoded), verdict.vouched);
            tally.iterations += u64::from(verdict.iterations);
            tally.info_bits += 8 * info_bytes as u64;
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut Tally) {}
}

/// Encoder and decoder of an iterative code.
#[derive(Debug)]
enum Codec {
    Ldpc(Box<(LdpcEncoder, LdpcDecoder)>),
    Turbo(Box<(TurboEncoder, TurboDecoder)>),
}

#[derive(Debug)]
pub(super) struct IterativeWords {
    code: IterativeCode,
    codec: Codec,
}

impl IterativeWords {
    pub(super) fn ldpc(code: LdpcCode, options: LdpcOptions) -> Result<Self> {
        let both = (LdpcEncoder::new(code)?, LdpcDecoder::new(code, options)?);
        Ok(Self {
            code: IterativeCode::Ldpc(code),
            codec: Codec::Ldpc(Box::new(both)),
        })
    }

    pub(super) fn turbo(code: TurboCode, options: TurboOptions) -> Result<Self> {
        let both = (TurboEncoder::new(code)?, TurboDecoder::new(code, options)?);
        Ok(Self {
            code: IterativeCode::Turbo(code),
            codec: Codec::Turbo(Box::new(both)),
        })
    }
}

impl Words for IterativeWords {
    fn info_bytes(&self) -> usize {
        self.code.info_bits() / 8
    }

    fn code_bits(&self) -> usize {
        self.code.code_bits()
    }

    fn encode(&mut self, info: &[u8], bits: &mut Vec<u8>) -> Result<()> {
        match &mut self.codec {
            Codec::Ldpc(both) => both.0.encode(info, bits),
            Codec::Turbo(both) => both.0.encode(info, bits),
        }
        Ok(())
    }

    fn decode(&mut self, soft: &[i8], info: &mut [u8]) -> Verdict {
        match &mut self.codec {
            Codec::Ldpc(both) => both.1.decode(soft, info).into(),
            Codec::Turbo(both) => both.1.decode(soft, info).into(),
        }
    }
}

/// Reed-Solomon by itself, on hard decisions.
#[derive(Debug)]
pub(super) struct RsWords {
    code: ReedSolomon,
    parity: usize,
    word: Vec<u8>,
}

impl RsWords {
    pub(super) fn new(config: &ReedSolomonConfig) -> Result<Self> {
        Ok(Self {
            code: ReedSolomon::new(config)?,
            parity: config.parity,
            word: Vec::with_capacity(255),
        })
    }
}

fn append_bits(bytes: &[u8], bits: &mut Vec<u8>) {
    bits.extend(
        bytes
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)),
    );
}

impl Words for RsWords {
    fn info_bytes(&self) -> usize {
        255 - self.parity
    }

    fn code_bits(&self) -> usize {
        8 * 255
    }

    fn encode(&mut self, info: &[u8], bits: &mut Vec<u8>) -> Result<()> {
        let mut parity = [0; 32];
        self.code.encode(info, &mut parity[..self.parity]);
        append_bits(info, bits);
        append_bits(&parity[..self.parity], bits);
        Ok(())
    }

    fn decode(&mut self, soft: &[i8], info: &mut [u8]) -> Verdict {
        self.word.clear();
        let octets = soft.as_chunks::<8>().0;
        self.word.extend(
            octets
                .iter()
                .map(|octet| octet.iter().fold(0, |byte, &llr| byte << 1 | u8::from(llr > 0))),
        );
        let vouched = self.code.decode(&mut self.word).is_some();
        info.copy_from_slice(&self.word[..info.len()]);
        Verdict {
            vouched,
            iterations: 1,
        }
    }
}

/// A whole CLTU, start sequence included.
#[derive(Debug)]
pub(super) struct CltuWords {
    encoder: CltuEncoder,
    decoder: CltuDecoder,
    info_bytes: usize,
    code_bits: usize,
    found: Vec<Cltu>,
}

impl CltuWords {
    pub(super) fn new(config: &CltuConfig, info_bytes: usize) -> Result<Self> {
        let mut encoder = CltuEncoder::new(config)?;
        let mut bits = Vec::new();
        encoder.encode(&vec![0; info_bytes], &mut bits)?;
        Ok(Self {
            encoder,
            decoder: CltuDecoder::new(config)?,
            info_bytes,
            code_bits: bits.len(),
            found: Vec::new(),
        })
    }
}

impl Words for CltuWords {
    fn info_bytes(&self) -> usize {
        self.info_bytes
    }

    fn code_bits(&self) -> usize {
        self.code_bits
    }

    fn encode(&mut self, info: &[u8], bits: &mut Vec<u8>) -> Result<()> {
        Ok(self.encoder.encode(info, bits)?)
    }

    fn decode(&mut self, soft: &[i8], info: &mut [u8]) -> Verdict {
        self.found.clear();
        self.decoder.feed(soft, &mut self.found);
        self.decoder.restart(&mut self.found);
        let whole = self.found.iter().find(|cltu| cltu.bytes.len() == info.len());
        match whole {
            Some(cltu) => info.copy_from_slice(&cltu.bytes),
            // What did not arrive whole differs from whatever was sent, but by chance.
            None => info.fill(0),
        }
        Verdict {
            vouched: whole.is_some(),
            iterations: 1,
        }
    }
}
