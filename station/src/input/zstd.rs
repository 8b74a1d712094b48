//! zstd streams: all frames, skippable ones passed over, and what a truncated stream still holds.

use super::bytes::StreamDefect;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, BufReader, Read};

/// Compressed bytes read at a time.
const CHUNK: usize = 128 * 1024;
/// An empty last block and room for a checksum (RFC 8878 §3.1.1.2). The decoder keeps back as many bytes as
/// its window is long until a frame ends; ending the frame for it releases them.
const END_OF_FRAME: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

#[derive(Debug, PartialEq)]
enum State {
    BetweenFrames,
    InFrame,
    FrameEnd,
    Failing(StreamDefect),
    Ended,
}

/// Decompresses a zstd stream.
pub(crate) struct ZstdReader<R> {
    source: Watched<BufReader<R>>,
    decoder: FrameDecoder,
    state: State,
    frames: u64,
}

impl<R: Read> ZstdReader<R> {
    pub fn new(inner: R) -> Self {
        let source = Watched {
            inner: BufReader::with_capacity(CHUNK, inner),
            delivered: 0,
            ended: false,
            failure: None,
        };
        Self {
            source,
            decoder: FrameDecoder::new(),
            state: State::BetweenFrames,
            frames: 0,
        }
    }

    fn begin_frame(&mut self) -> io::Result<State> {
        self.source.delivered = 0;
        match self.decoder.init(&mut self.source) {
            Ok(()) => {
                self.frames += 1;
                Ok(State::InFrame)
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                let skipped = io::copy(&mut (&mut self.source).take(length.into()), &mut io::sink())?;
                Ok(if skipped == u64::from(length) {
                    State::BetweenFrames
                } else {
                    State::Failing(truncated())
                })
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::MagicNumberReadError(_)))
                if self.source.ended && self.source.delivered == 0 && self.frames > 0 =>
            {
                self.source.failure.take().map_or(Ok(State::Ended), Err)
            }
            Err(error) => self.defect(&error).map(State::Failing),
        }
    }

    fn decode_block(&mut self) -> io::Result<State> {
        match self
            .decoder
            .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
        {
            Ok(false) => Ok(State::InFrame),
            Ok(true) => Ok(State::FrameEnd),
            Err(error) => {
                let defect = self.defect(&error)?;
                // Fails only where no frame has begun; then nothing is held back.
                let _ = self
                    .decoder
                    .decode_blocks(&END_OF_FRAME[..], BlockDecodingStrategy::All);
                Ok(State::Failing(defect))
            }
        }
    }

    /// Compares checksums; to be called when all data of the frame have been taken out of the decoder.
    fn end_frame(&self) -> State {
        let stated = self.decoder.get_checksum_from_data();
        if stated.is_none() || stated == self.decoder.get_calculated_checksum() {
            return State::BetweenFrames;
        }
        let detail = "the checksum does not match".to_owned();
        State::Failing(StreamDefect::Damaged {
            codec: "zstd",
            detail,
        })
    }

    fn defect(&mut self, error: &FrameDecoderError) -> io::Result<StreamDefect> {
        match self.source.failure.take() {
            Some(failure) => Err(failure),
            None if self.source.ended => Ok(truncated()),
            None => Ok(StreamDefect::Damaged {
                codec: "zstd",
                detail: error.to_string(),
            }),
        }
    }
}

fn truncated() -> StreamDefect {
    StreamDefect::Truncated { codec: "zstd" }
}

impl<R: Read> Read for ZstdReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buf);
            }
            self.state = match std::mem::replace(&mut self.state, State::Ended) {
                State::BetweenFrames => self.begin_frame()?,
                State::InFrame => self.decode_block()?,
                State::FrameEnd => self.end_frame(),
                State::Failing(defect) => return Err(defect.into_io()),
                State::Ended => return Ok(0),
            };
        }
    }
}

/// Remembers why the source stopped delivering: the decoder's errors do not tell an end from a failure.
struct Watched<R> {
    inner: R,
    delivered: usize,
    ended: bool,
    failure: Option<io::Error>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buf) {
            Ok(0) if !buf.is_empty() => {
                self.ended = true;
                Ok(0)
            }
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                let told = io::Error::from(error.kind());
                self.failure = Some(error);
                Err(told)
            }
            other => other.inspect(|n| self.delivered += n),
        }
    }
}
