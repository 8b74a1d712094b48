//! From a `SigMF` recording to a source of samples.

use super::{DATA_ENDING, META_ENDING, Meta, SigmfError, archive, parse_meta};
use crate::input::bytes::{ByteInput, without_codec};
use crate::input::convert::Encoding;
use crate::input::stream::{SampleStream, StreamSetup};
use crate::input::{InputError, InputInfo, OpenOptions, SampleSource};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Most bytes behind the samples that are held back.
pub(crate) const MAX_TRAILING_BYTES: u64 = 16 << 20;

/// Paths of a recording's metadata and of its base name.
pub(crate) struct Pair {
    meta: String,
    base: String,
}

/// The recording that a path means: its metadata, its data with metadata beside, or the base name of both.
pub(crate) fn find_pair(path: &str) -> Option<Pair> {
    let pair = |base: &str| Pair {
        meta: format!("{base}{META_ENDING}"),
        base: base.to_owned(),
    };
    if let Some(base) = path.strip_suffix(META_ENDING) {
        return Some(pair(base));
    }
    let base = match without_codec(path).strip_suffix(DATA_ENDING) {
        Some(base) => base,
        None if Path::new(path).is_file() => return None,
        None => path.strip_suffix('.').unwrap_or(path),
    };
    Some(pair(base)).filter(|pair| Path::new(&pair.meta).is_file())
}

pub(crate) fn open_pair(
    name: &str,
    pair: &Pair,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, InputError> {
    let wrap = |source| InputError::Sigmf {
        name: pair.meta.clone(),
        source,
    };
    let json = read_meta_file(&pair.meta)?;
    let meta = parse_meta(&json).map_err(wrap)?;
    let data = match &meta.dataset {
        Some(dataset) => Path::new(&pair.meta)
            .with_file_name(dataset)
            .to_string_lossy()
            .into_owned(),
        None => format!("{}{DATA_ENDING}", pair.base),
    };
    // The path as given comes first: it may name the compressed one of two.
    let candidates = ["", ".gz", ".zst"].map(|end| format!("{data}{end}"));
    let given = candidates.iter().find(|candidate| candidate.as_str() == name);
    let found = given.or_else(|| candidates.iter().find(|candidate| Path::new(candidate).is_file()));
    let found = found.ok_or_else(|| {
        wrap(SigmfError::NoData {
            expected: data.clone(),
        })
    })?;
    let input = ByteInput::open(found)?;
    let extent = Extent {
        available: input.length,
        declared: None,
    };
    open_data(name, "SigMF", input, extent, meta, options)
}

fn read_meta_file(path: &str) -> Result<Vec<u8>, InputError> {
    let mut input = ByteInput::open(path)?;
    let mut json = Vec::new();
    let limit = super::MAX_META_BYTES;
    let read = io::copy(&mut (&mut input.reader).take(limit + 1), &mut json)
        .map_err(|e| InputError::read(path, e))?;
    if read > limit {
        return Err(InputError::Sigmf {
            name: path.to_owned(),
            source: SigmfError::TooLong,
        });
    }
    Ok(json)
}

/// Opens an archive that can be read twice: first for the metadata and the place of the data, then for the data.
pub(crate) fn open_archive_file(
    path: &str,
    first_pass: ByteInput,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, InputError> {
    let wrap = |source| InputError::Sigmf {
        name: path.to_owned(),
        source,
    };
    let ByteInput {
        codec, mut reader, ..
    } = first_pass;
    let archive = match codec {
        None => archive::locate_in_file(&File::open(path).map_err(|e| InputError::read(path, e))?),
        Some(_) => archive::locate(&mut reader, false),
    };
    let archive = archive.map_err(wrap)?;
    let input = ByteInput::open(path)?;
    open_in_archive(path, input, &archive, true, options)
}

/// Opens an archive that can be read only once.
pub(crate) fn open_archive_stream(
    name: &str,
    mut input: ByteInput,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, InputError> {
    let archive = archive::locate(&mut input.reader, true).map_err(|source| InputError::Sigmf {
        name: name.to_owned(),
        source,
    })?;
    open_in_archive(name, input, &archive, false, options)
}

fn open_in_archive(
    name: &str,
    mut input: ByteInput,
    archive: &archive::Archive,
    from_start: bool,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, InputError> {
    let mut meta = parse_meta(&archive.meta).map_err(|source| InputError::Sigmf {
        name: name.to_owned(),
        source,
    })?;
    if archive.others > 0 {
        let others = archive.others;
        meta.warnings.push(format!(
            "the archive holds more than one recording; {others} further files not read"
        ));
    }
    if from_start {
        skip(&mut input.reader, archive.data_offset).map_err(|e| InputError::read(name, e))?;
    }
    let available = input
        .length
        .map(|length| length.saturating_sub(archive.data_offset));
    let available = available.map_or(archive.data_bytes, |available| available.min(archive.data_bytes));
    let extent = Extent {
        available: Some(available),
        declared: Some(archive.data_bytes),
    };
    input.reader = Box::new(input.reader.take(archive.data_bytes));
    open_data(name, "SigMF archive", input, extent, meta, options)
}

fn skip(reader: &mut dyn Read, bytes: u64) -> io::Result<()> {
    let skipped = io::copy(&mut reader.take(bytes), &mut io::sink())?;
    if skipped < bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// Bytes of a data file.
#[derive(Clone, Copy)]
struct Extent {
    /// That are there, where known.
    available: Option<u64>,
    /// That should be there, where stated.
    declared: Option<u64>,
}

/// Sets up the stream of samples; `input` stands at the first byte of the data.
fn open_data(
    name: &str,
    kind: &str,
    input: ByteInput,
    extent: Extent,
    mut meta: Meta,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, InputError> {
    let wrap = |source| InputError::Sigmf {
        name: name.to_owned(),
        source,
    };
    let trailing = meta.trailing_bytes;
    let held = usize::try_from(trailing)
        .ok()
        .filter(|_| trailing <= MAX_TRAILING_BYTES);
    let held = held.ok_or_else(|| wrap(SigmfError::TrailingBytes { bytes: trailing }))?;
    let mut warnings = std::mem::take(&mut meta.warnings);
    let rate = options.rate_over(name, meta.sample_rate_hz, "SigMF", &mut warnings)?;
    let format = options
        .format_over(Some(meta.format), "SigMF", &mut warnings)
        .unwrap_or(meta.format);
    let described = input.describe(&format!("{kind} {}", meta.format));
    let size = format.bytes() as u64;
    let headers: u64 = meta
        .segments
        .iter()
        .fold(0, |sum, s| sum.saturating_add(s.header_bytes));
    let samples_in = |bytes: u64| bytes.saturating_sub(headers).saturating_sub(trailing) / size;
    let mut reader: Box<dyn Read + Send> = input.reader;
    if held > 0 {
        reader = Box::new(HoldBack {
            inner: reader,
            held,
            buffer: Vec::new(),
            ended: false,
        });
    }
    if headers > 0 {
        reader = Box::new(SkipHeaders::new(reader, &meta, size));
    }
    let jumps = meta.take_jumps();
    warnings.append(&mut meta.warnings);
    let captures = meta.segments.into_iter().map(|s| s.capture).collect();
    let info = InputInfo {
        name: name.to_owned(),
        format: described,
        complex: format.complex,
        sample_rate_hz: Some(rate),
        length: extent.available.map(samples_in),
        captures: options.captures_over(captures, "SigMF", &mut warnings),
        hardware: meta.hardware,
    };
    let encoding = Encoding::raw(format);
    let setup = StreamSetup {
        info,
        encoding,
        live: input.live,
        declared: extent.declared.map(samples_in),
        jumps,
        warnings,
    };
    Ok(Box::new(SampleStream::new(setup, reader)))
}

/// Delivers all but the last `held` bytes, for streams whose length shows only at their end.
struct HoldBack {
    inner: Box<dyn Read + Send>,
    held: usize,
    buffer: Vec<u8>,
    ended: bool,
}

impl Read for HoldBack {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while !self.ended && self.buffer.len() <= self.held {
            let wanted = self.held + 64 * 1024 - self.buffer.len();
            let got = io::copy(&mut (&mut self.inner).take(wanted as u64), &mut self.buffer)?;
            self.ended = got == 0;
        }
        let n = self.buffer.len().saturating_sub(self.held).min(buf.len());
        buf[..n].copy_from_slice(&self.buffer[..n]);
        self.buffer.drain(..n);
        Ok(n)
    }
}

/// Leaves away the bytes before each capture segment that are no samples.
struct SkipHeaders {
    inner: Box<dyn Read + Send>,
    /// Bytes to leave away, and bytes of samples after them; `None` to the end. Reversed: the next is last.
    parts: Vec<(u64, Option<u64>)>,
    /// Bytes of samples left in the part being read.
    left: Option<u64>,
}

impl SkipHeaders {
    fn new(inner: Box<dyn Read + Send>, meta: &Meta, sample_bytes: u64) -> Self {
        let starts: Vec<u64> = meta.segments.iter().map(|s| s.capture.sample_start).collect();
        let ends = starts.iter().skip(1).map(|end| Some(*end)).chain([None]);
        let part = |((segment, start), end): ((&super::Segment, &u64), Option<u64>)| {
            (
                segment.header_bytes,
                end.map(|end| (end - start).saturating_mul(sample_bytes)),
            )
        };
        let mut parts: Vec<_> = meta.segments.iter().zip(&starts).zip(ends).map(part).collect();
        parts.reverse();
        let before_first = starts.first().copied().unwrap_or(0).saturating_mul(sample_bytes);
        Self {
            inner,
            parts,
            left: Some(before_first),
        }
    }
}

impl Read for SkipHeaders {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.left == Some(0) {
            let Some((header, samples)) = self.parts.pop() else {
                return Ok(0);
            };
            io::copy(&mut (&mut self.inner).take(header), &mut io::sink())?;
            self.left = samples;
        }
        let most = self.left.map_or(buf.len(), |left| {
            buf.len().min(usize::try_from(left).unwrap_or(usize::MAX))
        });
        let n = self.inner.read(&mut buf[..most])?;
        self.left = self.left.map(|left| left - n as u64);
        Ok(n)
    }
}
