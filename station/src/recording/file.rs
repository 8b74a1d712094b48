//! One recording on the disk.
//!
//! Data grow while the metadata beside them are renewed every few seconds, under another name first: whenever the power
//! fails, both can be read, and at most the last seconds' notes are missing.

use super::RecordedFile;
use super::quota::{ZSTD_DATA_ENDING, with};
use crate::input::sigmf::{DATA_ENDING, META_ENDING, is_written, save_meta};
use crate::input::{Annotation, SampleFormat, SigmfMeta, SigmfSegment};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Samples that are compressed together: a recording that was cut loses no more of them.
const PIECE_SAMPLES: u64 = 1 << 18;

/// A recording that cannot be written.
#[derive(Debug, Error)]
#[error("cannot record to {path}: {source}")]
pub struct RecordError {
    path: String,
    source: io::Error,
}

impl RecordError {
    /// The recording has become too large.
    pub(super) fn quota(base: &Path, most: u64) -> Self {
        let source = io::Error::other(format!("it has reached the quota of {most} bytes by itself"));
        error(base, source)
    }
}

/// Whether samples can be recorded like that.
pub(super) fn writes(format: SampleFormat) -> bool {
    is_written(format)
}

/// Samples that follow each other in the input and in the file.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    input: u64,
    file: u64,
}

/// A recording, growing or grown.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) base: PathBuf,
    meta: SigmfMeta,
    data: Data,
    stretches: Vec<Stretch>,
    samples: u64,
    /// Metadata on the disk are older than those here.
    changed: bool,
    /// Its files are not there any more.
    pub(super) deleted: bool,
}

#[derive(Debug)]
struct Data {
    path: PathBuf,
    file: File,
    sample_bytes: u64,
    /// With compression: the samples of the present piece.
    piece: Option<Vec<u8>>,
    /// Samples and bytes up to which pieces were written.
    pieces: Vec<(u64, u64)>,
}

impl Recorded {
    /// Makes the files. `meta` has no captures yet.
    pub(super) fn create(base: PathBuf, meta: SigmfMeta, zstd: bool) -> Result<Self, RecordError> {
        let path = with(&base, if zstd { ZSTD_DATA_ENDING } else { DATA_ENDING });
        let file = File::create_new(&path).map_err(|source| error(&path, source))?;
        let data = Data {
            path,
            file,
            sample_bytes: meta.datatype.bytes() as u64,
            piece: zstd.then(Vec::new),
            pieces: Vec::new(),
        };
        Ok(Self {
            base,
            meta,
            data,
            stretches: Vec::new(),
            samples: 0,
            changed: true,
            deleted: false,
        })
    }

    /// Samples in it.
    pub(super) fn samples(&self) -> u64 {
        self.samples
    }

    /// Input sample behind its last.
    pub(super) fn end(&self) -> Option<u64> {
        let last = self.stretches.last()?;
        Some(last.input + self.samples - last.file)
    }

    /// Begins a capture segment with this input sample.
    pub(super) fn segment(&mut self, input: u64, segment: SigmfSegment) {
        self.stretches.push(Stretch {
            input,
            file: self.samples,
        });
        self.meta.captures.push(SigmfSegment {
            sample_start: self.samples,
            global_index: Some(input),
            ..segment
        });
        self.changed = true;
    }

    /// Appends samples.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), RecordError> {
        self.samples += bytes.len() as u64 / self.data.sample_bytes;
        self.data.append(bytes)
    }

    /// Cuts off what comes behind this input sample (of compressed data: behind the piece that it lies in).
    pub(super) fn cut(&mut self, end: u64) -> Result<(), RecordError> {
        let kept = self
            .stretches
            .iter()
            .filter(|stretch| stretch.input < end)
            .count();
        let Some(last) = kept.checked_sub(1).map(|last| self.stretches[last]) else {
            return Ok(());
        };
        let next = self.stretches.get(kept).map_or(self.samples, |next| next.file);
        let samples = (last.file + end - last.input).min(next);
        self.samples = self.data.cut(samples, self.samples)?;
        let samples = self.samples;
        self.stretches.retain(|stretch| stretch.file < samples);
        self.meta
            .captures
            .retain(|capture| capture.sample_start < samples);
        self.meta.annotations.retain(|note| note.sample_start < samples);
        for note in &mut self.meta.annotations {
            note.sample_count = note.sample_count.min(samples - note.sample_start);
        }
        self.changed = true;
        Ok(())
    }

    /// Notes what lies in these input samples, as far as they are here; whether any is.
    pub(super) fn note(&mut self, input: &Range<u64>, label: &str, comment: Option<&str>) -> bool {
        let place = |at: u64| {
            let after = self.stretches.partition_point(|stretch| stretch.input <= at);
            let stretch = self.stretches[after.checked_sub(1)?];
            let next = self.stretches.get(after).map_or(self.samples, |next| next.file);
            Some((stretch.file + at - stretch.input).min(next))
        };
        let (Some(first), Some(start)) = (self.stretches.first(), self.end().map(|end| input.start < end))
        else {
            return false;
        };
        if !start || input.end <= first.input {
            return false;
        }
        let start = place(input.start).unwrap_or(0);
        let end = place(input.end).unwrap_or(start);
        if end <= start {
            return false;
        }
        self.meta.annotations.push(Annotation {
            sample_start: start,
            sample_count: end - start,
            label: label.to_owned(),
            comment: comment.map(str::to_owned),
        });
        self.changed = true;
        true
    }

    /// Puts what there is on the disk, so that it can be read whatever happens.
    pub(super) fn save(&mut self) -> Result<(), RecordError> {
        if self.deleted {
            // Its metadata would be back, without samples.
            return Ok(());
        }
        self.data.sync()?;
        if !std::mem::take(&mut self.changed) {
            return Ok(());
        }
        self.meta.annotations.sort_by_key(|note| note.sample_start);
        let path = with(&self.base, META_ENDING);
        save_meta(&path, &self.meta).map_err(|source| error(&path, source))
    }

    /// Ends the data; notes may still come.
    pub(super) fn close(&mut self) -> Result<(), RecordError> {
        self.data.flush(self.samples)?;
        self.save()
    }

    /// For the report.
    pub(super) fn about(&self) -> RecordedFile {
        RecordedFile {
            name: with(&self.base, META_ENDING).display().to_string(),
            first_sample: self.stretches.first().map_or(0, |stretch| stretch.input),
            samples: self.samples,
            segments: self.meta.captures.len(),
            annotations: self.meta.annotations.len(),
        }
    }
}

impl Data {
    fn append(&mut self, bytes: &[u8]) -> Result<(), RecordError> {
        let Some(piece) = &mut self.piece else {
            return self
                .file
                .write_all(bytes)
                .map_err(|source| error(&self.path, source));
        };
        piece.extend_from_slice(bytes);
        let size = (PIECE_SAMPLES * self.sample_bytes) as usize;
        while self.piece.as_ref().is_some_and(|piece| piece.len() >= size) {
            let begin = self.pieces.last().map_or(0, |last| last.0);
            self.flush_piece(size, begin + PIECE_SAMPLES)?;
        }
        Ok(())
    }

    /// Writes the first `bytes` of the piece, behind which there are `samples` samples.
    fn flush_piece(&mut self, bytes: usize, samples: u64) -> Result<(), RecordError> {
        let Some(piece) = &mut self.piece else {
            return Ok(());
        };
        let compressed = compress_to_vec(&piece[..bytes], CompressionLevel::Fastest);
        piece.drain(..bytes);
        self.file
            .write_all(&compressed)
            .map_err(|source| error(&self.path, source))?;
        let before = self.pieces.last().map_or(0, |last| last.1);
        self.pieces.push((samples, before + compressed.len() as u64));
        Ok(())
    }

    /// Writes what waits.
    fn flush(&mut self, samples: u64) -> Result<(), RecordError> {
        let waiting = self.piece.as_ref().map_or(0, Vec::len);
        if waiting > 0 {
            self.flush_piece(waiting, samples)?;
        }
        Ok(())
    }

    /// Keeps the first `wanted` of so many samples, or a few more; how many.
    fn cut(&mut self, wanted: u64, samples: u64) -> Result<u64, RecordError> {
        let failed = |source| error(&self.path, source);
        let Some(piece) = &mut self.piece else {
            let bytes = wanted * self.sample_bytes;
            self.file.set_len(bytes).map_err(failed)?;
            io::Seek::seek(&mut self.file, io::SeekFrom::Start(bytes)).map_err(failed)?;
            return Ok(wanted);
        };
        let done = self.pieces.last().map_or(0, |last| last.0);
        if wanted >= done {
            piece.truncate(((wanted - done) * self.sample_bytes) as usize);
            return Ok(wanted.min(samples));
        }
        piece.clear();
        let whole = self.pieces.partition_point(|piece| piece.0 < wanted) + 1;
        self.pieces.truncate(whole);
        let (kept, bytes) = self.pieces.last().copied().unwrap_or_default();
        self.file.set_len(bytes).map_err(failed)?;
        io::Seek::seek(&mut self.file, io::SeekFrom::Start(bytes)).map_err(failed)?;
        Ok(kept)
    }

    fn sync(&self) -> Result<(), RecordError> {
        self.file.sync_data().map_err(|source| error(&self.path, source))
    }
}

fn error(path: &Path, source: io::Error) -> RecordError {
    RecordError {
        path: path.display().to_string(),
        source,
    }
}
