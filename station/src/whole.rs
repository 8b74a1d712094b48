//! Files that are there as a whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Writes a text under another name, the path with `.part` behind it, has it on the disk, and only then gives it its
/// own name.
///
/// # Errors
/// When the system refuses; what was there before stays.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let written = fs::write(&part, text)
        .and_then(|()| File::open(&part)?.sync_all())
        .and_then(|()| fs::rename(&part, path));
    written.inspect_err(|_| {
        // The write's error is the one to tell; a leftover is harmless.
        let _ = fs::remove_file(&part);
    })
}
