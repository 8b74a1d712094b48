//! Keeping the folder of results within its share of the disk.

use super::archive::{Archive, PassFolder, STATE};
use crate::recording::endings;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// Ending of what a killed program may leave of a recording, beside those of recordings.
const LEFT: &str = ".sigmf-meta.part";
/// Endings of what else is made, `pass.json` among them.
const MADE: [&str; 5] = [".frames", ".packets", ".jsonl", ".json", ".json.part"];

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Swept {
    /// Passes whose recordings were.
    pub recordings: u64,
    /// Passes that were as a whole.
    pub passes: u64,
    /// Bytes.
    pub bytes: u64,
    /// Whether what is left is within the quota.
    pub enough: bool,
}

/// A file that the program made.
struct Made {
    path: PathBuf,
    bytes: u64,
    recorded: bool,
}

/// Deletes the recordings of the oldest passes, then these as a whole, until all together have at most `most` bytes. The
/// pass in hand stays, and so does what the program did not make.
pub fn sweep(archive: &Archive, most: u64, in_hand: Option<&Path>) -> Swept {
    let mut passes: Vec<(PassFolder, Vec<Made>)> = archive
        .passes()
        .into_iter()
        .map(|pass| {
            let made = made(&pass.path);
            (pass, made)
        })
        .collect();
    let mut total: u64 = passes
        .iter()
        .flat_map(|(_, made)| made)
        .map(|file| file.bytes)
        .sum();
    let mut swept = Swept::default();
    passes.retain(|(pass, _)| in_hand != Some(pass.path.as_path()));
    for (_, files) in &mut passes {
        if total <= most {
            break;
        }
        let bytes = delete(files, |file| file.recorded);
        swept.recordings += u64::from(bytes > 0);
        swept.bytes += bytes;
        total -= bytes;
    }
    for (pass, files) in &mut passes {
        if total <= most {
            break;
        }
        let bytes = delete(files, |_| true);
        // Neither goes where there is something else in it.
        let _ = fs::remove_dir(&pass.path);
        let _ = pass.path.parent().map(fs::remove_dir);
        swept.passes += 1;
        swept.bytes += bytes;
        total -= bytes;
    }
    swept.enough = total <= most;
    swept
}

/// Deletes these files; the bytes that they had.
fn delete(files: &mut Vec<Made>, which: impl Fn(&Made) -> bool) -> u64 {
    let mut bytes = 0;
    files.retain(|file| {
        let gone = which(file) && fs::remove_file(&file.path).is_ok();
        bytes += if gone { file.bytes } else { 0 };
        !gone
    });
    bytes
}

/// What the program made in the folder of a pass, `pass.json` last: without it a folder is no pass.
fn made(folder: &Path) -> Vec<Made> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<Made> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let about = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
            let recorded = ends(&endings()) || name.ends_with(LEFT);
            (recorded || ends(&MADE)).then(|| Made {
                path: entry.path(),
                bytes: about.len(),
                recorded,
            })
        })
        .collect();
    files.sort_by_key(|file| file.path.file_name().is_some_and(|name| name == STATE));
    files
}

#[cfg(test)]
mod tests {
    use super::super::archive::tests::job;
    use super::*;

    fn fill(archive: &Archive, minute: u8) -> PassFolder {
        let pass = archive.claim(&job("a", minute)).unwrap();
        for (name, bytes) in [
            ("a_1.sigmf-data", 10_000),
            ("a_1.sigmf-meta", 1000),
            ("a.frames", 2000),
        ] {
            fs::write(pass.path.join(name), vec![0; bytes]).unwrap();
        }
        pass
    }

    fn names(pass: &PassFolder) -> Vec<String> {
        let entries = fs::read_dir(&pass.path).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_oldest_recordings_go_first_and_then_the_oldest_passes() {
        let root = tempfile::tempdir().unwrap();
        let archive = Archive::open(root.path()).unwrap();
        let passes = [0, 10, 20].map(|minute| fill(&archive, minute));
        let whole: u64 = passes
            .iter()
            .flat_map(|pass| made(&pass.path))
            .map(|file| file.bytes)
            .sum();
        let in_hand = Some(passes[2].path.as_path());
        let swept = sweep(&archive, whole, in_hand);
        assert_eq!(
            swept,
            Swept {
                enough: true,
                ..Swept::default()
            }
        );
        let swept = sweep(&archive, whole - 1, in_hand);
        assert_eq!(
            (swept.recordings, swept.passes, swept.bytes, swept.enough),
            (1, 0, 11_000, true)
        );
        assert_eq!(names(&passes[0]), ["a.frames", "pass.json"]);
        assert_eq!(names(&passes[1]).len(), 4);
        // The second recording, and the first pass.
        let swept = sweep(&archive, whole - 22_001, in_hand);
        assert_eq!((swept.recordings, swept.passes, swept.enough), (1, 1, true));
        assert!(!passes[0].path.exists());
        assert_eq!(names(&passes[1]), ["a.frames", "pass.json"]);
        let swept = sweep(&archive, 1, in_hand);
        assert_eq!((swept.recordings, swept.passes, swept.enough), (0, 1, false));
        assert_eq!(names(&passes[2]).len(), 4);
    }

    #[test]
    fn what_the_program_did_not_make_stays() {
        let root = tempfile::tempdir().unwrap();
        let archive = Archive::open(root.path()).unwrap();
        let pass = fill(&archive, 0);
        fs::write(pass.path.join("notes.txt"), "mine").unwrap();
        let foreign = root.path().join("a/2020-01-01T00-00-00Z");
        fs::create_dir_all(&foreign).unwrap();
        fs::write(foreign.join("x.sigmf-data"), vec![0; 1000]).unwrap();
        let named = root.path().join("a/photos");
        fs::create_dir_all(&named).unwrap();
        fs::copy(pass.path.join(STATE), named.join(STATE)).unwrap();
        sweep(&archive, 1, None);
        assert_eq!(names(&pass), ["notes.txt"]);
        assert!(foreign.join("x.sigmf-data").exists() && named.join(STATE).exists());
    }
}
