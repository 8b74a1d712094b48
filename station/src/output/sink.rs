//! One output: a file or stdout.

use crate::StationError;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};

/// A buffered output that knows its name and survives a reader that has gone.
pub struct Sink {
    name: String,
    writer: BufWriter<Box<dyn Write + Send>>,
    bytes: u64,
    closed: bool,
}

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sink")
            .field("name", &self.name)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl Sink {
    /// Opens a path for writing from the start, or stdout for `-`.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn open(target: &str) -> Result<Self, StationError> {
        if target == "-" {
            return Ok(Self::new("stdout", Box::new(io::stdout())));
        }
        let file = File::create(target).map_err(|source| StationError::Output {
            name: target.to_owned(),
            source,
        })?;
        Ok(Self::new(target, Box::new(file)))
    }

    /// A sink over any writer.
    pub fn new(name: &str, writer: Box<dyn Write + Send>) -> Self {
        Self {
            name: name.to_owned(),
            writer: BufWriter::with_capacity(1 << 16, writer),
            bytes: 0,
            closed: false,
        }
    }

    /// Bytes written so far: the offset of the next unit.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the reader has gone (`| head`); what comes after is dropped.
    pub fn closed(&self) -> bool {
        self.closed
    }

    /// Writes a unit.
    ///
    /// # Errors
    /// When the system refuses, other than by a reader that has gone.
    pub fn write(&mut self, unit: &[u8]) -> Result<(), StationError> {
        if self.closed {
            return Ok(());
        }
        self.bytes += unit.len() as u64;
        let outcome = self.writer.write_all(unit);
        self.judge(outcome)
    }

    /// Hands everything buffered to the system.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn flush(&mut self) -> Result<(), StationError> {
        if self.closed {
            return Ok(());
        }
        let outcome = self.writer.flush();
        self.judge(outcome)
    }

    fn judge(&mut self, outcome: io::Result<()>) -> Result<(), StationError> {
        match outcome {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(source) => Err(StationError::Output {
                name: self.name.clone(),
                source,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failing(ErrorKind);
    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_not_an_error() {
        let mut sink = Sink::new("pipe", Box::new(Failing(ErrorKind::BrokenPipe)));
        sink.write(b"frame").unwrap();
        sink.flush().unwrap();
        assert!(sink.closed());
        sink.write(&vec![0; 100_000]).unwrap();
        assert_eq!(sink.bytes(), 5);
    }

    #[test]
    fn a_full_disk_is_an_error_that_names_the_file() {
        let mut sink = Sink::new("frames.bin", Box::new(Failing(ErrorKind::StorageFull)));
        sink.write(b"frame").unwrap();
        let error = sink.flush().unwrap_err().to_string();
        assert!(error.starts_with("cannot write frames.bin: "), "{error}");
    }
}
