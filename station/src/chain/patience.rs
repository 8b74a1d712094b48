//! Inputs that may keep us waiting for ever: silent pipes, and FIFOs that nobody writes to. What may block is
//! done in a thread of its own, so that a run that is to stop can leave it behind.

use super::samples::circle;
use crate::StationError;
use crate::monitor::Monitor;
use crossbeam_channel::{Receiver as Queue, RecvTimeoutError, Sender, bounded};
use std::io::{self, ErrorKind, Read};
use std::thread;
use std::time::Duration;

/// Silence of the input after which a run that is to stop no longer waits for it.
pub const STOP_AFTER: Duration = Duration::from_millis(300);

/// Bytes read at a time.
const CHUNK: usize = 1 << 16;

/// Opens an input.
///
/// # Errors
/// [`StationError::Stopped`] when the run is to stop before the input is open; and what `open` says.
pub fn open<T, E>(
    input: &str,
    monitor: &Monitor,
    open: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, StationError>
where
    T: Send + 'static,
    E: Into<StationError> + Send + 'static,
{
    let (opened, outcome) = bounded(1);
    thread::spawn(move || {
        // Nobody listens any more when the run has been stopped.
        let _ = opened.send(open());
    });
    match wait(&outcome, monitor) {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(Silence::Stopping) => Err(StationError::Stopped {
            input: input.to_owned(),
        }),
        Err(Silence::Dead) => Err(StationError::Thread { stage: "input" }),
    }
}

/// Why nothing came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The run is to stop, and the other side has been silent for [`STOP_AFTER`].
    Stopping,
    /// The other side's thread has ended without a last word.
    Dead,
}

/// The next message; waits as long as the run is to go on.
pub fn wait<T>(from: &Queue<T>, monitor: &Monitor) -> Result<T, Silence> {
    loop {
        match from.recv_timeout(STOP_AFTER) {
            Ok(message) => return Ok(message),
            Err(RecvTimeoutError::Timeout) if !monitor.stopping() => {}
            Err(RecvTimeoutError::Timeout) => return Err(Silence::Stopping),
            Err(RecvTimeoutError::Disconnected) => return Err(Silence::Dead),
        }
    }
}

/// Bytes of a reader that ends when the run is to stop, however long the reader itself blocks.
pub struct PatientReader {
    full: Queue<io::Result<Vec<u8>>>,
    empty: Sender<Vec<u8>>,
    chunk: Vec<u8>,
    taken: usize,
    ended: bool,
    monitor: Monitor,
}

impl PatientReader {
    /// Reads ahead in a thread of its own.
    pub fn new(mut inner: Box<dyn Read + Send>, monitor: &Monitor) -> Self {
        let (full_in, full, empty, empty_out) = circle::<io::Result<Vec<u8>>, Vec<u8>>();
        // Not joined: it may block for ever.
        thread::spawn(move || read_ahead(&mut *inner, &full_in, &empty_out));
        Self {
            full,
            empty,
            chunk: Vec::new(),
            taken: 0,
            ended: false,
            monitor: monitor.clone(),
        }
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        match wait(&self.full, &self.monitor) {
            Ok(Ok(chunk)) => {
                // The reading thread has ended when it sent its last chunk.
                let _ = self.empty.send(std::mem::replace(&mut self.chunk, chunk));
                self.taken = 0;
                self.ended = self.chunk.is_empty();
                Ok(())
            }
            Ok(Err(error)) => {
                self.ended = true;
                Err(error)
            }
            Err(Silence::Stopping) => {
                self.ended = true;
                Ok(())
            }
            Err(Silence::Dead) => Err(io::Error::other("the reading thread ended unexpectedly")),
        }
    }
}

/// Hands on what comes; last an empty chunk or an error.
fn read_ahead(inner: &mut dyn Read, full: &Sender<io::Result<Vec<u8>>>, empty: &Queue<Vec<u8>>) {
    while let Ok(mut chunk) = empty.recv() {
        chunk.resize(CHUNK, 0);
        let read = loop {
            match inner.read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let last = !matches!(read, Ok(1..));
        let message = read.map(|read| {
            chunk.truncate(read);
            chunk
        });
        if full.send(message).is_err() || last {
            return;
        }
    }
}

impl Read for PatientReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.chunk.len() && !self.ended {
            self.next_chunk()?;
        }
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        let rest = &self.chunk[self.taken..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Delivers its bytes, then blocks.
    struct Silent(Vec<u8>);
    impl Read for Silent {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                thread::sleep(Duration::from_secs(3600));
            }
            let count = self.0.len().min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }

    #[test]
    fn everything_that_is_there_comes_through_in_order() {
        let bytes: Vec<u8> = (0..300_000u32).map(|n| (n.wrapping_mul(n) >> 3) as u8).collect();
        let mut reader = PatientReader::new(Box::new(io::Cursor::new(bytes.clone())), &Monitor::new());
        let mut out = Vec::new();
        reader.read_to_end(&mut out).unwrap();
        assert!(out == bytes);
        assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0);
    }

    #[test]
    fn a_stopped_run_leaves_a_silent_reader_behind() {
        let monitor = Monitor::new();
        let mut reader = PatientReader::new(Box::new(Silent(vec![7; 10])), &monitor);
        monitor.stop();
        let mut out = Vec::new();
        reader.read_to_end(&mut out).unwrap();
        assert_eq!(out, [7; 10]);
    }

    #[test]
    fn a_stopped_run_does_not_wait_for_an_input_that_never_opens() {
        let monitor = Monitor::new();
        monitor.stop();
        let opened = open("fifo", &monitor, || -> Result<(), StationError> {
            thread::sleep(Duration::from_secs(3600));
            Ok(())
        });
        assert!(matches!(opened, Err(StationError::Stopped { .. })));
    }

    #[test]
    fn a_failing_read_is_handed_on_once() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(ErrorKind::InvalidData.into())
            }
        }
        let mut reader = PatientReader::new(Box::new(Failing), &Monitor::new());
        assert_eq!(
            reader.read(&mut [0; 4]).unwrap_err().kind(),
            ErrorKind::InvalidData
        );
        assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0);
    }
}
