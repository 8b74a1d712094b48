//! Telecommand links as a kind of coded stream: frames in command link transmission units.

use super::config::{CodingConfig, CodingError, LineCode, SymbolBits};
use super::delivery::SyncChange;
use super::frame::{CodedFrame, FrameQuality, IterativeOutcome, SyncState, SyncStatus};
use crate::telecommand::{Cltu, CltuCode, CltuConfig, CltuContent, CltuDecoder, CltuEncoder, tc_frames};

/// Sends and receives CLTUs for the coding layer.
#[derive(Debug)]
pub(crate) struct CltuChain {
    decoder: CltuDecoder,
    sender: CltuSender,
    frame_bytes: usize,
    code: CltuCode,
    cltus: Vec<Cltu>,
    changes: Vec<SyncChange>,
}

/// Frames to CLTUs.
#[derive(Debug)]
pub(crate) struct CltuSender {
    encoder: CltuEncoder,
    content: CltuContent,
    /// Of every frame, or of the longest.
    frame_bytes: usize,
}

fn check(config: &CodingConfig) -> Result<(), CodingError> {
    let others = [
        ("symbols", config.symbols != SymbolBits::One),
        ("convolutional", config.convolutional.is_some()),
        ("reed_solomon", config.reed_solomon.is_some()),
        ("iterative", config.iterative.is_some()),
        ("descrambler", config.descrambler.is_some()),
        ("line_code", config.line_code != LineCode::NrzL),
        ("tail_bytes", config.tail_bytes != 0),
    ];
    match others.into_iter().find(|&(_, used)| used) {
        Some((field, _)) => Err(CodingError::OutOfRange {
            field,
            value: 1,
            limit: "unused (0) with telecommand coding".to_owned(),
        }),
        None => Ok(()),
    }
}

impl CltuSender {
    pub(crate) fn new(config: &CodingConfig, cltu: &CltuConfig) -> Result<Self, CodingError> {
        check(config)?;
        Ok(Self {
            encoder: CltuEncoder::new(cltu)?,
            content: cltu.content,
            frame_bytes: config.block_bytes,
        })
    }

    pub(crate) fn encode(&mut self, frame: &[u8], bits: &mut Vec<u8>) -> Result<(), CodingError> {
        let fits = match self.content {
            CltuContent::Frame => frame.len() == self.frame_bytes,
            CltuContent::TransferFrames => frame.len() <= self.frame_bytes,
        };
        if !fits {
            return Err(CodingError::FrameLength {
                found: frame.len(),
                expected: self.frame_bytes,
            });
        }
        Ok(self.encoder.encode(frame, bits)?)
    }

    pub(crate) fn idle(&mut self, count: usize, bits: &mut Vec<u8>) {
        self.encoder.idle(count, bits);
    }
}

impl CltuChain {
    pub(crate) fn new(config: &CodingConfig, cltu: &CltuConfig) -> Result<Self, CodingError> {
        Ok(Self {
            sender: CltuSender::new(config, cltu)?,
            decoder: CltuDecoder::new(cltu)?,
            frame_bytes: config.block_bytes,
            code: cltu.code,
            cltus: Vec::new(),
            changes: Vec::new(),
        })
    }

    pub(crate) fn feed(&mut self, soft: &[i8], out: &mut Vec<CodedFrame>) {
        self.decoder.feed(soft, &mut self.cltus);
        self.hand_on(out);
    }

    pub(crate) fn restart(&mut self, out: &mut Vec<CodedFrame>) {
        self.decoder.restart(&mut self.cltus);
        self.hand_on(out);
    }

    pub(crate) fn finish(&mut self, out: &mut Vec<CodedFrame>) {
        self.decoder.finish(&mut self.cltus);
        self.hand_on(out);
    }

    /// None: every CLTU is found by itself.
    pub(crate) fn changes(&mut self) -> std::vec::Drain<'_, SyncChange> {
        self.changes.drain(..)
    }

    pub(crate) fn status(&self) -> SyncStatus {
        let status = self.decoder.status();
        SyncStatus {
            state: if status.reading {
                SyncState::Lock
            } else {
                SyncState::Search
            },
            node_locked: true,
            channel_ber: f32::NAN,
            false_alarm_per_frame: status.false_cltu_per_bit * 8.0 * self.frame_bytes as f64,
            blocks: status.cltus,
            unconfirmed: status.rejected + status.superseded,
            ..SyncStatus::default()
        }
    }

    fn hand_on(&mut self, out: &mut Vec<CodedFrame>) {
        for cltu in std::mem::take(&mut self.cltus) {
            match self.sender.content {
                CltuContent::Frame => {
                    // Without the fill behind it; shorter than it should be where codeblocks are missing.
                    let bytes = &cltu.bytes[..cltu.bytes.len().min(self.frame_bytes)];
                    out.push(self.first(&cltu, bytes, bytes));
                }
                CltuContent::TransferFrames => self.transfer_frames(&cltu, out),
            }
        }
    }

    fn transfer_frames(&mut self, cltu: &Cltu, out: &mut Vec<CodedFrame>) {
        let fill = self.code.information_bytes() - 1;
        let used: usize = tc_frames(&cltu.bytes, fill).map(<[u8]>::len).sum();
        let (all, mut at) = (&cltu.bytes[..used], 0);
        for bytes in tc_frames(&cltu.bytes, fill) {
            let mut frame = if at == 0 {
                self.first(cltu, bytes, all)
            } else {
                CodedFrame {
                    soft_index: self.place(cltu, at),
                    soft_end: cltu.soft_end,
                    bytes: bytes.to_vec(),
                    cadu: Vec::new(),
                    quality: FrameQuality {
                        asm_errors: cltu.start_errors,
                        inverted: cltu.inverted,
                        ..FrameQuality::default()
                    },
                }
            };
            at += bytes.len();
            if at < used {
                frame.soft_end = self.place(cltu, at);
            }
            out.push(frame);
        }
    }

    /// Index of the soft bit at which the information byte `at` of a CLTU begins.
    fn place(&self, cltu: &Cltu, at: usize) -> u64 {
        let (start, _) = self.code.start();
        let block = self.code.information_bytes();
        cltu.soft_index + u64::from(start) + ((at / block) * self.code.block_bits() + at % block * 8) as u64
    }

    /// The first frame of a CLTU: it has the CLTU of all its frames, and what was corrected in it.
    fn first(&mut self, cltu: &Cltu, bytes: &[u8], all: &[u8]) -> CodedFrame {
        let mut bits = Vec::new();
        // A received CLTU holds at least one codeblock and no more than may be sent.
        let _ = self.sender.encoder.encode(all, &mut bits);
        let outcome = IterativeOutcome {
            iterations: cltu.iterations,
            converged: true,
            syndrome_weight: Some(0),
            channel_errors: cltu.corrections,
        };
        CodedFrame {
            soft_index: cltu.soft_index,
            soft_end: cltu.soft_end,
            bytes: bytes.to_vec(),
            cadu: bits
                .chunks(8)
                .map(|byte| byte.iter().fold(0, |b, bit| b << 1 | bit) << (8 - byte.len()))
                .collect(),
            quality: FrameQuality {
                asm_errors: cltu.start_errors,
                inverted: cltu.inverted,
                channel_symbols: Some(cltu.channel_errors),
                iterative: if self.code.iterated() {
                    vec![outcome]
                } else {
                    Vec::new()
                },
                ..FrameQuality::default()
            },
        }
    }
}
