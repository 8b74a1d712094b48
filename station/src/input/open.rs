//! Opening whatever holds samples.

use super::bytes::ByteInput;
use super::convert::Encoding;
use super::live::{self, LiveOptions, LiveUrl};
use super::names::NameFacts;
use super::stream::{SampleStream, StreamSetup};
use super::{Capture, InputError, InputInfo, SampleFormat, SampleSource, TimeSource, sigmf, wav};
use hifitime::Epoch;
use std::io;
use std::path::Path;

/// What the user says of an input; it goes before everything that the input says of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OpenOptions {
    /// Sample format.
    pub format: Option<SampleFormat>,
    /// Samples per second.
    pub sample_rate_hz: Option<f64>,
    /// UTC of the first sample.
    pub start: Option<Epoch>,
    /// How to tune a receiver, and what to do when it falls silent.
    pub live: LiveOptions,
}

impl OpenOptions {
    /// The rate that counts, given the one that `whence` states; warns where they contradict.
    pub(crate) fn rate_over(
        &self,
        name: &str,
        stated: Option<f64>,
        whence: &str,
        warnings: &mut Vec<String>,
    ) -> Result<f64, InputError> {
        if let (Some(given), Some(stated)) = (self.sample_rate_hz, stated)
            && given != stated
        {
            warnings.push(format!(
                "sample rate {given} Hz as given, though {whence} says {stated} Hz"
            ));
        }
        let rate = self.sample_rate_hz.or(stated);
        let rate = rate.ok_or(InputError::UnknownFormat {
            name: name.to_owned(),
            give: "--rate",
        })?;
        InputError::check_rate(name, rate)
    }

    /// The captures that count: a start given by the user replaces all times of `whence`.
    pub(crate) fn captures_over(
        &self,
        mut captures: Vec<Capture>,
        whence: &str,
        warnings: &mut Vec<String>,
    ) -> Vec<Capture> {
        let Some(start) = self.start else {
            return captures;
        };
        if captures.iter().any(|capture| capture.time.is_some()) {
            warnings.push(format!("start time as given, though {whence} says when it was"));
        }
        for capture in &mut captures {
            capture.time = None;
        }
        if captures.first().is_none_or(|first| first.sample_start > 0) {
            captures.insert(0, Capture::default());
        }
        captures[0].time = Some(start);
        captures[0].clock = TimeSource::Given;
        captures
    }

    /// The format that counts, as [`Self::rate_over`].
    pub(crate) fn format_over(
        &self,
        stated: Option<SampleFormat>,
        whence: &str,
        warnings: &mut Vec<String>,
    ) -> Option<SampleFormat> {
        if let (Some(given), Some(stated)) = (self.format, stated)
            && given != stated
        {
            warnings.push(format!(
                "sample format {given} as given, though {whence} says {stated}"
            ));
        }
        self.format.or(stated)
    }
}

/// Opens samples at `path`: a `SigMF` recording (either of its files, their common base name, or an archive), a
/// WAV file, or raw samples; each as it is or compressed with gzip or zstd. `-` is standard input, and a URL as
/// [`LiveUrl`] reads it a live input.
///
/// The source's sample rate is always known. Raw samples need format and rate from `options`, or from a name as
/// [`NameFacts`] reads them.
///
/// # Errors
/// [`InputError`]: one line that says what is wrong and, where options help, which.
pub fn open_samples(path: &str, options: &OpenOptions) -> Result<Box<dyn SampleSource>, InputError> {
    if let Some(url) = LiveUrl::parse(path).filter(|_| !Path::new(path).exists()) {
        let url = url.map_err(|source| InputError::Live {
            name: path.to_owned(),
            source,
        })?;
        return live::open(path, &url, options);
    }
    if path != "-"
        && let Some(pair) = sigmf::find_pair(path)
    {
        return sigmf::open_pair(path, &pair, options);
    }
    let input = ByteInput::open(path)?;
    if sigmf::is_tar(&input.head) && Path::new(path).is_file() {
        return sigmf::open_archive_file(path, input, options);
    }
    open_stream(path, input, options)
}

/// Opens samples that `reader` delivers, as [`open_samples`] does for standard input; `name` is for messages and
/// may tell format, rate, time and frequency.
///
/// # Errors
/// As [`open_samples`]. A `SigMF` archive must have the metadata before the data, since there is no going back.
pub fn open_reader(
    name: &str,
    reader: Box<dyn io::Read + Send>,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, InputError> {
    open_stream(name, ByteInput::from_reader(name, reader, None, true)?, options)
}

fn open_stream(
    name: &str,
    input: ByteInput,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, InputError> {
    if wav::recognise(&input.head) {
        return wav::open(name, input, options);
    }
    if sigmf::is_tar(&input.head) {
        return sigmf::open_archive_stream(name, input, options);
    }
    open_raw(name, input, options)
}

fn open_raw(
    name: &str,
    input: ByteInput,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, InputError> {
    let facts = NameFacts::of(name);
    let mut warnings = Vec::new();
    let format = options.format_over(facts.format, "the name", &mut warnings);
    let rate_known = options.sample_rate_hz.or(facts.sample_rate_hz).is_some();
    let Some(format) = format else {
        let give = if rate_known {
            "--format"
        } else {
            "--format and --rate"
        };
        return Err(InputError::UnknownFormat {
            name: name.to_owned(),
            give,
        });
    };
    let rate = options.rate_over(name, facts.sample_rate_hz, "the name", &mut warnings)?;
    let info = InputInfo {
        name: name.to_owned(),
        format: input.describe(&format!("raw {format}")),
        complex: format.complex,
        sample_rate_hz: Some(rate),
        length: input.length.map(|bytes| bytes / format.bytes() as u64),
        captures: options.captures_over(facts.capture().into_iter().collect(), "the name", &mut warnings),
        hardware: None,
    };
    let encoding = Encoding::raw(format);
    let setup = StreamSetup {
        info,
        encoding,
        live: input.live,
        declared: None,
        jumps: Vec::new(),
        warnings,
    };
    Ok(Box::new(SampleStream::new(setup, input.reader)))
}
