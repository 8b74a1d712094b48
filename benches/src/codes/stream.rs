//! Codes that run on from frame to frame: a whole frame decoder, synchronisation and all.

use super::Trials;
use super::awgn::{Awgn, Random};
use super::tally::Tally;
use crate::usage::thread_cpu_seconds;
use anyhow::Result;
use groundlink_decoder::coding::{CodedFrame, CodingConfig, FrameDecoder, FrameEncoder, PunctureRate};
use std::collections::VecDeque;

/// Channel bits sent between two looks at the clock.
const BATCH_BITS: usize = 1 << 20;
/// Frames at the beginning that are not counted: the decoder is still finding symbols and markers.
const GUARD: u64 = 4;

/// Frames through encoder, channel and decoder.
#[derive(Debug)]
pub(super) struct StreamTrials {
    encoder: FrameEncoder,
    decoder: FrameDecoder,
    random: Random,
    /// Codewords of a frame; 0 counts bits instead.
    codewords: usize,
    frame_bytes: usize,
    /// Channel bits of a frame with its marker.
    period: f64,
    number: u64,
    /// Frames of which nothing has been seen yet.
    awaited: VecDeque<(u64, Vec<u8>)>,
    soft: Vec<i8>,
    frames: Vec<CodedFrame>,
}

impl StreamTrials {
    pub(super) fn new(config: &CodingConfig, seed: u64) -> Result<Self> {
        let rate = config.convolutional.map_or(PunctureRate::R12, |inner| inner.rate);
        let coded = config.asm.bits as usize + 8 * config.block_bytes;
        Ok(Self {
            encoder: FrameEncoder::new(config)?,
            decoder: FrameDecoder::new(config)?,
            random: Random::new(seed),
            codewords: config.reed_solomon.as_ref().map_or(0, |rs| rs.interleave),
            frame_bytes: config.frame_bytes(),
            period: (coded * rate.symbols()) as f64 / rate.steps() as f64,
            number: 0,
            awaited: VecDeque::new(),
            soft: Vec::new(),
            frames: Vec::new(),
        })
    }

    fn units(&self) -> u64 {
        match self.codewords {
            0 => 8 * self.frame_bytes as u64,
            codewords => codewords as u64,
        }
    }

    fn count_arrived(&mut self, tally: &mut Tally) {
        for frame in std::mem::take(&mut self.frames) {
            let number = (frame.soft_index as f64 / self.period).round() as u64;
            while self
                .awaited
                .front()
                .is_some_and(|(awaited, _)| *awaited <= number)
            {
                let Some((awaited, sent)) = self.awaited.pop_front() else {
                    break;
                };
                if awaited < number {
                    self.count_lost(awaited, tally);
                } else if number >= GUARD {
                    tally.iterations += u64::from(frame.quality.passes);
                    let errors = self.errors(&sent, &frame);
                    // Without an outer code nobody vouches for bits, and there is nothing to be said of it.
                    let vouched = match self.codewords {
                        0 => errors == 0,
                        _ => frame.good(),
                    };
                    tally.count(self.units(), errors, vouched);
                }
            }
        }
    }

    fn count_lost(&self, number: u64, tally: &mut Tally) {
        if number >= GUARD {
            tally.count(self.units(), self.units(), false);
        }
    }

    /// Wrong units: bits, or codewords that differ or were given up.
    fn errors(&self, sent: &[u8], frame: &CodedFrame) -> u64 {
        let differs = |(sent, found): (&u8, &u8)| u64::from((sent ^ found).count_ones());
        let Some(outcome) = &frame.quality.reed_solomon else {
            return sent.iter().zip(&frame.bytes).map(differs).sum();
        };
        let wrong = (outcome.corrections.iter().enumerate()).filter(|&(word, correction)| {
            let of = |bytes: &[u8]| -> Vec<u8> {
                bytes.iter().skip(word).step_by(self.codewords).copied().collect()
            };
            correction.is_none() || of(sent) != of(&frame.bytes)
        });
        wrong.count() as u64
    }
}

impl Trials for StreamTrials {
    fn run(&mut self, channel: &mut Awgn, tally: &mut Tally) -> Result<()> {
        let mut bits = Vec::with_capacity(BATCH_BITS + 2 * self.period as usize);
        while bits.len() < BATCH_BITS {
            let mut frame = vec![0; self.frame_bytes];
            self.random.fill(&mut frame);
            self.encoder.encode(&frame, &mut bits)?;
            self.awaited.push_back((self.number, frame));
            self.number += 1;
            tally.info_bits += 8 * self.frame_bytes as u64;
        }
        self.soft.clear();
        channel.send(&bits, &mut self.soft);
        let begin = thread_cpu_seconds();
        self.decoder.feed(&self.soft, &mut self.frames);
        tally.seconds += thread_cpu_seconds() - begin;
        self.count_arrived(tally);
        Ok(())
    }

    fn finish(&mut self, tally: &mut Tally) {
        self.decoder.finish(&mut self.frames);
        self.count_arrived(tally);
        // The last frame has no marker behind it, and may go without saying.
        self.awaited.pop_back();
        while let Some((number, _)) = self.awaited.pop_front() {
            self.count_lost(number, tally);
        }
    }
}
