//! Units appended to a KISS log.

use super::carrier::{Carried, Carrier};
use super::control::Control;
use super::kiss;
use super::unit::Unit;
use std::fs::File;
use std::io::{self, Seek, Write};

/// A log of frames with their times, of whole entries even where the disk fills up.
pub struct KissLog {
    file: File,
    /// Bytes of whole entries.
    good: u64,
    entry: Vec<u8>,
}

impl KissLog {
    /// Begins a log in this file.
    pub fn new(file: File) -> Self {
        Self {
            file,
            good: 0,
            entry: Vec::new(),
        }
    }
}

impl Carrier for KissLog {
    fn carry(&mut self, unit: &Unit, _control: &Control) -> io::Result<Carried> {
        self.entry.clear();
        if let Some(ms) = unit.unix_ms() {
            kiss::time(ms, &mut self.entry);
        }
        kiss::data(&unit.bytes, &mut self.entry);
        if let Err(error) = self.file.write_all(&self.entry) {
            // Half an entry would spoil the next one; a pipe has none to take back.
            if self.file.set_len(self.good).is_ok() {
                self.file.seek(io::SeekFrom::Start(self.good))?;
            }
            return Err(error);
        }
        self.good += self.entry.len() as u64;
        Ok(Carried::Delivered(self.entry.len()))
    }
}
