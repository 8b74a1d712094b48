//! Samples out of a TCP connection that may break and come back.

use super::arrival::{ArrivalTime, missing};
use super::backoff::Backoff;
use super::error::LiveError;
use crate::input::convert::Encoding;
use crate::input::{InputError, InputInfo, LossCause, Read, SampleBlock, SampleSource};
use std::io::{self, ErrorKind, Read as _};
use std::net::{TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes read at a time.
const CHUNK: usize = 256 * 1024;
/// Longest wait in a read, so that a run that is to stop stops.
const PATIENCE: Duration = Duration::from_millis(100);
/// Longest wait for an answer to an attempt to connect.
const ANSWER: Duration = Duration::from_secs(5);

/// Where connections come from.
pub(crate) trait Dial: Send {
    /// A connection of which the next byte is the first of a sample; `None` while there is nobody. Does not wait for
    /// somebody to call.
    fn dial(&mut self) -> Result<Option<TcpStream>, LiveError>;
}

/// What to do when nothing comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Silence that counts as lost samples.
    pub silence: Duration,
    /// Whether a silent connection is given up for a new one.
    pub redial_when_silent: bool,
    /// For how long a lost connection is looked for; none ends the input, infinity never does.
    pub reconnect_s: f64,
    /// The stream waits for the chain, so that the clock says nothing about what is missing.
    pub held_back: bool,
}

/// A [`SampleSource`] over connections that deliver nothing but samples.
pub(crate) struct StreamSource {
    dial: Box<dyn Dial>,
    info: InputInfo,
    encoding: Encoding,
    patience: Patience,
    rate_hz: f64,
    arrivals: ArrivalTime,
    connection: Result<TcpStream, Backoff>,
    buffer: Vec<u8>,
    /// Bytes of a sample that is not whole yet, at the beginning of the buffer.
    rest: usize,
    position: u64,
    /// When the last samples arrived.
    last: Option<Instant>,
    /// Why samples may be missing before the next.
    gap: Option<LossCause>,
    bad: u64,
    reconnects: u64,
    warnings: Vec<String>,
}

/// Connects to a host, trying each of its addresses.
pub(crate) fn connect(address: &str) -> Result<TcpStream, LiveError> {
    let mut failure = io::Error::new(ErrorKind::NotFound, "the host has no address");
    for address in address.to_socket_addrs().map_err(LiveError::Connect)? {
        match TcpStream::connect_timeout(&address, ANSWER) {
            Ok(stream) => {
                stream
                    .set_read_timeout(Some(ANSWER))
                    .map_err(LiveError::Connect)?;
                return Ok(stream);
            }
            Err(error) => failure = error,
        }
    }
    Err(LiveError::Connect(failure))
}

/// What a [`StreamSource`] is made of.
pub(crate) struct StreamParts {
    pub dial: Box<dyn Dial>,
    pub info: InputInfo,
    pub encoding: Encoding,
    pub patience: Patience,
    pub rate_hz: f64,
    pub arrivals: ArrivalTime,
    pub warnings: Vec<String>,
}

impl StreamSource {
    /// A source over this first connection; `None` where somebody is still to call.
    pub fn new(parts: StreamParts, first: Option<TcpStream>) -> Result<Self, LiveError> {
        let now = Instant::now();
        let connection = match first {
            Some(stream) => Ok(ready(stream).map_err(LiveError::Connect)?),
            None => Err(Backoff::new(now)),
        };
        Ok(Self {
            dial: parts.dial,
            info: parts.info,
            encoding: parts.encoding,
            patience: parts.patience,
            rate_hz: parts.rate_hz,
            arrivals: parts.arrivals,
            connection,
            buffer: vec![0; CHUNK],
            rest: 0,
            position: 0,
            last: None,
            gap: None,
            bad: 0,
            reconnects: 0,
            warnings: parts.warnings,
        })
    }

    fn lose(&mut self, cause: LossCause) {
        self.connection = Err(Backoff::new(Instant::now()));
        self.rest = 0;
        self.gap = Some(cause);
    }

    /// Tries to get the connection back, or waits a little.
    fn redial(&mut self, mut backoff: Backoff) -> Result<Read, LiveError> {
        let now = Instant::now();
        if !backoff.due(now) {
            thread::sleep(PATIENCE.min(Duration::from_millis(20)));
            self.connection = Err(backoff);
            return Ok(Read::Waiting);
        }
        let (failure, waiting) = match self.dial.dial() {
            Ok(Some(stream)) => {
                self.reconnects += u64::from(self.last.is_some());
                self.connection = Ok(ready(stream).map_err(LiveError::Connect)?);
                return Ok(Read::Waiting);
            }
            Ok(None) => ("nobody called".to_owned(), true),
            Err(error) => (error.to_string(), false),
        };
        if waiting {
            thread::sleep(Duration::from_millis(20));
        } else {
            backoff.failed(Instant::now());
        }
        let seconds = self.patience.reconnect_s;
        if self.last.is_some() && backoff.lost_for(now).as_secs_f64() > seconds {
            return Err(LiveError::Gone {
                seconds,
                reason: failure,
            });
        }
        self.connection = Err(backoff);
        Ok(Read::Waiting)
    }

    /// Reads what is there; 0 bytes where nothing came within the patience of a read.
    fn receive(&mut self, wanted: usize) -> io::Result<usize> {
        let Ok(stream) = &mut self.connection else {
            return Ok(0);
        };
        let end = self.buffer.len().min(wanted.max(self.rest + 1));
        match stream.read(&mut self.buffer[self.rest..end]) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => Ok(read),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => Ok(0),
                _ => Err(error),
            },
        }
    }

    /// Makes samples of `read` new bytes, behind those that the block has.
    fn convert(&mut self, read: usize, block: &mut SampleBlock) {
        let size = self.encoding.bytes();
        let filled = self.rest + read;
        let whole = filled / size * size;
        if whole > 0 {
            let now = Instant::now();
            let count = (whole / size) as u64;
            if block.samples.is_empty() {
                self.begin(block, count, now);
            }
            self.bad += self.encoding.append(&self.buffer[..whole], &mut block.samples);
            self.position += count;
            self.last = Some(now);
        }
        self.buffer.copy_within(whole..filled, 0);
        self.rest = filled - whole;
    }

    /// The block begins with samples of which `count` have just arrived; what is missing before them is counted.
    fn begin(&mut self, block: &mut SampleBlock, count: u64, now: Instant) {
        let cause = self.gap.take();
        if let (Some(cause), Some(last), false) = (cause, self.last, self.patience.held_back) {
            let lost = missing(last, now, count, self.rate_hz);
            self.position += lost;
            block.lost = (lost > 0).then_some(cause);
            self.arrivals.restart();
        }
        block.first = self.position;
    }

    /// What becomes of a silence.
    fn silent(&mut self) {
        let quiet = self
            .last
            .is_some_and(|last| last.elapsed() >= self.patience.silence);
        if quiet && self.gap.is_none() {
            if self.patience.redial_when_silent {
                self.lose(LossCause::Timeout);
            } else {
                self.gap = Some(LossCause::Timeout);
            }
        }
    }
}

/// Reads of it wait for a moment only.
fn ready(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

impl SampleSource for StreamSource {
    fn info(&self) -> &InputInfo {
        &self.info
    }

    fn read(&mut self, block: &mut SampleBlock, max: usize) -> Result<Read, InputError> {
        block.begin(self.position);
        if let Err(backoff) = &mut self.connection {
            let backoff = std::mem::replace(backoff, Backoff::new(Instant::now()));
            return self.redial(backoff).map_err(|source| InputError::Live {
                name: self.info.name.clone(),
                source,
            });
        }
        let (max, size) = (max.max(1), self.encoding.bytes());
        let started = Instant::now();
        while block.samples.len() < max {
            match self.receive((max - block.samples.len()).saturating_mul(size)) {
                Ok(0) => {
                    self.silent();
                    break;
                }
                Ok(read) => self.convert(read, block),
                Err(error) => {
                    if let Some(end) = self.broken(&error) {
                        return Ok(if block.samples.is_empty() {
                            end
                        } else {
                            self.done(block)
                        });
                    }
                    break;
                }
            }
            if started.elapsed() >= PATIENCE {
                break;
            }
        }
        Ok(self.done(block))
    }

    fn live(&self) -> bool {
        !self.patience.held_back
    }

    fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn bad_samples(&self) -> u64 {
        self.bad
    }
}

impl StreamSource {
    fn done(&mut self, block: &mut SampleBlock) -> Read {
        // The arrivals of a replay tell no time.
        let known = !self.live();
        self.arrivals.filled(block, self.position, known)
    }

    /// The connection is gone: the input ends with it, or it is looked for.
    fn broken(&mut self, error: &io::Error) -> Option<Read> {
        if self.patience.reconnect_s > 0.0 {
            self.lose(LossCause::Reconnect);
            return None;
        }
        if self.rest > 0 {
            let warning = format!(
                "the stream ends inside a sample: last {} bytes ignored",
                self.rest
            );
            self.warnings.push(warning);
            self.rest = 0;
        }
        if error.kind() != ErrorKind::UnexpectedEof {
            self.warnings.push(format!("the connection broke: {error}"));
        }
        Some(Read::Ended)
    }
}
