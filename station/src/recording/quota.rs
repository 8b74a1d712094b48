//! Keeping recordings within their share of the disk.

use crate::input::sigmf::{DATA_ENDING, META_ENDING};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A recording on the disk: its base path, bytes in all, and when it was last written to.
struct Found {
    base: PathBuf,
    bytes: u64,
    written: SystemTime,
}

/// Deletes the oldest recordings of that name until all together have at most `most` bytes, but for the one in hand;
/// those deleted, and whether it was enough.
pub(super) fn keep(folder: &Path, name: &str, most: u64, in_hand: &Path) -> (Vec<PathBuf>, bool) {
    let mut found = recordings(folder, name);
    found.sort_by(|a, b| (a.written, &a.base).cmp(&(b.written, &b.base)));
    let mut total: u64 = found.iter().map(|recording| recording.bytes).sum();
    let mut deleted = Vec::new();
    for old in found.into_iter().filter(|recording| recording.base != in_hand) {
        if total <= most {
            break;
        }
        for ending in endings() {
            // What is not there any more needs no deleting.
            let _ = fs::remove_file(with(&old.base, ending));
        }
        total -= old.bytes;
        deleted.push(old.base);
    }
    (deleted, total <= most)
}

/// Endings of the files of a recording.
pub(crate) fn endings() -> [&'static str; 3] {
    [META_ENDING, DATA_ENDING, ZSTD_DATA_ENDING]
}

/// Ending of compressed data.
pub(super) const ZSTD_DATA_ENDING: &str = ".sigmf-data.zst";

/// The base path with an ending.
pub(super) fn with(base: &Path, ending: &str) -> PathBuf {
    let mut path = base.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

fn recordings(folder: &Path, name: &str) -> Vec<Found> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let prefix = format!("{name}_");
    entries
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let base = file.strip_suffix(META_ENDING)?;
            base.starts_with(&prefix).then(|| folder.join(base))
        })
        .map(|base| {
            let about = || {
                endings()
                    .into_iter()
                    .filter_map(|ending| fs::metadata(with(&base, ending)).ok())
            };
            Found {
                bytes: about().map(|file| file.len()).sum(),
                written: about()
                    .filter_map(|file| file.modified().ok())
                    .max()
                    .unwrap_or(SystemTime::UNIX_EPOCH),
                base,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_oldest_of_the_same_name_go_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let make = |file: &str, bytes: usize, age_s: u64| {
            let path = folder.path().join(file);
            fs::write(&path, vec![0; bytes]).unwrap();
            let time = SystemTime::now() - Duration::from_secs(age_s);
            fs::File::options()
                .write(true)
                .open(path)
                .unwrap()
                .set_modified(time)
                .unwrap();
        };
        for (base, age) in [
            ("pass_1", 300),
            ("pass_2", 200),
            ("pass_3", 100),
            ("other_0", 900),
        ] {
            make(&format!("{base}{META_ENDING}"), 100, age);
            make(&format!("{base}{DATA_ENDING}"), 900, age);
        }
        make("pass_0.txt", 5000, 1000);
        let in_hand = folder.path().join("pass_3");
        assert_eq!(keep(folder.path(), "pass", 3000, &in_hand), (Vec::new(), true));
        let [first, second] = ["pass_1", "pass_2"].map(|base| vec![folder.path().join(base)]);
        assert_eq!(keep(folder.path(), "pass", 2999, &in_hand), (first, true));
        let there = |file: &str| folder.path().join(file).exists();
        assert!(!there("pass_1.sigmf-meta") && !there("pass_1.sigmf-data"));
        assert!(there("pass_2.sigmf-data") && there("other_0.sigmf-data") && there("pass_0.txt"));
        assert_eq!(keep(folder.path(), "pass", 500, &in_hand), (second, false));
        assert!(there("pass_3.sigmf-data"));
    }
}
