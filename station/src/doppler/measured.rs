//! The Doppler that a receiver measured, for files: CSV, and the Tracking Data Message of CCSDS 503.0-B-2.

use super::DopplerError;
use crate::StationError;
use crate::output::Sink;
use crate::time::{SampleClock, utc_text};
use hifitime::Epoch;
use std::fmt::Write;

/// Least time between two lines, s, except where the lock changes.
const EVERY_S: f64 = 0.1;
/// First line of CSV.
const COLUMNS: &str = "utc,seconds,offset_hz,frequency_hz,nominal_hz,es_n0_db,locked\n";

/// A measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Sample of the input.
    pub sample: f64,
    /// Frequency received minus that sent, Hz.
    pub offset_hz: f64,
    /// Symbol energy to noise density, dB.
    pub es_n0_db: f64,
    /// Whether the receiver is locked.
    pub locked: bool,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Tdm,
}

/// Writes what was measured.
#[derive(Debug)]
pub struct MeasuredWriter {
    sink: Sink,
    format: Format,
    input: String,
    /// Who sends, for a TDM.
    sender: String,
    /// Frequency as sent, Hz.
    nominal_hz: Option<f64>,
    last: Option<(f64, bool)>,
    begun: bool,
}

impl MeasuredWriter {
    /// Begins a file: a TDM where its name ends in `.tdm`, else CSV. `sender` is whose signal it is.
    ///
    /// # Errors
    /// When it cannot be created; when a TDM needs the frequency and nobody says it.
    pub fn create(
        target: &str,
        input: &str,
        sender: &str,
        nominal_hz: Option<f64>,
    ) -> Result<Self, StationError> {
        let is_tdm = std::path::Path::new(target)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("tdm"));
        if is_tdm && nominal_hz.is_none() {
            return Err(DopplerError::NoFrequency {
                input: input.to_owned(),
                what: "a TDM",
            }
            .into());
        }
        Ok(Self {
            sink: Sink::open(target)?,
            format: if is_tdm { Format::Tdm } else { Format::Csv },
            input: input.to_owned(),
            sender: participant(sender),
            nominal_hz,
            last: None,
            begun: false,
        })
    }

    /// Takes a measurement; most of those that follow each other quickly are left out.
    ///
    /// # Errors
    /// When the file cannot be written; when a TDM needs the time and nobody says it.
    pub fn take(&mut self, measured: &Measured, clock: &SampleClock) -> Result<(), StationError> {
        let seconds = measured.sample / clock.sample_rate_hz();
        let due = self
            .last
            .is_none_or(|(at, locked)| locked != measured.locked || seconds >= at + EVERY_S);
        if !due {
            return Ok(());
        }
        self.last = Some((seconds, measured.locked));
        let utc = clock.utc(measured.sample);
        let mut text = String::new();
        if !self.begun && self.format == Format::Csv {
            text.push_str(COLUMNS);
            self.begun = true;
        }
        match self.format {
            Format::Csv => self.csv(&mut text, seconds, utc, measured),
            Format::Tdm if measured.locked => {
                let utc = utc.ok_or_else(|| DopplerError::NoTime {
                    input: self.input.clone(),
                    what: "a TDM",
                })?;
                self.tdm(&mut text, utc, measured);
            }
            Format::Tdm => {}
        }
        self.sink.write(text.as_bytes())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(&mut self) -> Result<(), StationError> {
        match self.format {
            Format::Csv if !self.begun => self.sink.write(COLUMNS.as_bytes())?,
            Format::Tdm if self.begun => self.sink.write(b"DATA_STOP\n")?,
            _ => {}
        }
        self.sink.flush()
    }

    fn csv(&self, text: &mut String, seconds: f64, utc: Option<Epoch>, measured: &Measured) {
        let optional = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.3}"));
        let known = |value: f64| Some(value).filter(|value| value.is_finite());
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{},{seconds:.6},{:.3},{},{},{},{}",
            utc.map_or_else(String::new, utc_text),
            measured.offset_hz,
            optional(self.nominal_hz.map(|hz| hz + measured.offset_hz)),
            optional(self.nominal_hz),
            optional(known(measured.es_n0_db)),
            u8::from(measured.locked),
        );
    }

    /// CCSDS 503.0-B-2 §3, KVN: one-way, from the satellite (2) to the station (1), times of reception.
    fn tdm(&mut self, text: &mut String, utc: Epoch, measured: &Measured) {
        let time = utc_text(utc);
        let time = time.trim_end_matches('Z');
        if !self.begun {
            self.begun = true;
            // The date is that of the data, so that the same input gives the same file.
            let _ = write!(
                text,
                "CCSDS_TDM_VERS = 2.0\nCREATION_DATE = {time}\nORIGINATOR = GROUNDLINK\nMETA_START\n\
                 TIME_SYSTEM = UTC\nPARTICIPANT_1 = GROUNDLINK\nPARTICIPANT_2 = {}\nMODE = SEQUENTIAL\nPATH = 2,1\n\
                 TIMETAG_REF = RECEIVE\nDATA_QUALITY = RAW\nMETA_STOP\nDATA_START\n",
                self.sender
            );
        }
        let hz = self.nominal_hz.unwrap_or(0.0) + measured.offset_hz;
        let _ = writeln!(text, "RECEIVE_FREQ_1 = {time} {hz:.3}");
    }
}

/// A name as a TDM may have it: one line of printable ASCII.
fn participant(name: &str) -> String {
    let plain: String = name.chars().filter(|c| (' '..='~').contains(c)).collect();
    if plain.trim().is_empty() {
        return "UNKNOWN".to_owned();
    }
    plain.trim().to_owned()
}
