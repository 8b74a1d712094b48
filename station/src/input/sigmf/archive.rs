//! `SigMF` archives: where in a tar the data lie, and what the metadata say.

use super::{DATA_ENDING, MAX_META_BYTES, META_ENDING, SigmfError};
use std::io::{self, Read};
use tar::{Entries, EntryType};

/// A recording in a tar archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// The metadata, as they are.
    pub meta: Vec<u8>,
    /// Bytes of the archive before the first byte of the data.
    pub data_offset: u64,
    /// Bytes of the data.
    pub data_bytes: u64,
    /// Files of further recordings, which are not read.
    pub others: usize,
}

/// The magic of POSIX and GNU tar, in the first header.
pub(crate) fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// Finds the first recording that is whole. With `stop_at_data`, returns as soon as the metadata are known and
/// the reader stands at the first byte of the data; else looks at the whole archive.
///
/// # Errors
/// [`SigmfError`]; never panics.
pub fn locate(reader: &mut dyn Read, stop_at_data: bool) -> Result<Archive, SigmfError> {
    let mut archive = tar::Archive::new(reader);
    scan(archive.entries()?, stop_at_data)
}

/// As [`locate`], seeking past the data.
pub(super) fn locate_in_file(file: &std::fs::File) -> Result<Archive, SigmfError> {
    let mut archive = tar::Archive::new(file);
    scan(archive.entries_with_seek()?, false)
}

#[derive(Default)]
struct Found {
    metas: Vec<(String, Vec<u8>)>,
    datas: Vec<(String, u64, u64)>,
}

impl Found {
    /// Metadata and data of the same name, the first of them.
    fn pair(&self) -> Option<Archive> {
        let (base, meta) = self
            .metas
            .iter()
            .find(|(base, _)| self.datas.iter().any(|(b, ..)| b == base))?;
        let (_, data_offset, data_bytes) = self.datas.iter().find(|(b, ..)| b == base)?;
        Some(Archive {
            meta: meta.clone(),
            data_offset: *data_offset,
            data_bytes: *data_bytes,
            others: self.metas.len() + self.datas.len() - 2,
        })
    }
}

fn scan<R: Read>(entries: Entries<'_, R>, stop_at_data: bool) -> Result<Archive, SigmfError> {
    let mut found = Found::default();
    for entry in entries {
        let mut entry = match entry {
            Ok(entry) => entry,
            // A truncated archive still has the files before the place where it ends.
            Err(error) => return found.pair().ok_or(SigmfError::Io(error)),
        };
        if !matches!(
            entry.header().entry_type(),
            EntryType::Regular | EntryType::Continuous
        ) {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if let Some(base) = name.strip_suffix(META_ENDING) {
            found.metas.push((base.to_owned(), read_meta(&mut entry)?));
        } else if let Some(base) = name.strip_suffix(DATA_ENDING) {
            found
                .datas
                .push((base.to_owned(), entry.raw_file_position(), entry.size()));
        }
        if stop_at_data && !found.datas.is_empty() {
            return found.pair().ok_or(SigmfError::DataFirst);
        }
    }
    found.pair().ok_or(SigmfError::NoRecording)
}

fn read_meta(entry: &mut dyn Read) -> Result<Vec<u8>, SigmfError> {
    let mut meta = Vec::new();
    let read = io::copy(&mut entry.take(MAX_META_BYTES + 1), &mut meta)?;
    if read > MAX_META_BYTES {
        return Err(SigmfError::TooLong);
    }
    Ok(meta)
}
