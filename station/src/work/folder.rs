//! Results in folders: written under another name, and renamed when they are whole and on the disk.

use super::decode::Failure;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// What the job was, beside its results.
pub(super) const JOB_FILE: &str = "job.json";
/// The summary of the run.
pub(super) const REPORT_FILE: &str = "report.json";
/// Longest report that is read.
const LONGEST_REPORT: u64 = 1 << 26;

/// Whether the results of this job are in the folder already, and then their report.
///
/// # Errors
/// When the folder holds something else, or cannot be read.
pub fn finished(folder: &Path, job: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => return Ok(None),
        Ok(false) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            return Err(Failure::Never("the results' folder is a file".to_owned()));
        }
        Err(error) => return Err(Failure::Later(format!("the results' folder: {error}"))),
    }
    let held = read(&folder.join(JOB_FILE));
    if !held.is_ok_and(|held| held == job) {
        let text = "the results' folder holds something else: another job's results or none";
        return Err(Failure::Never(text.to_owned()));
    }
    let report = read(&folder.join(REPORT_FILE));
    let report = report.map_err(|error| Failure::Later(format!("{REPORT_FILE}: {error}")))?;
    Ok(Some(report))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST_REPORT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A folder in which results are written; it goes away unless it is published.
#[derive(Debug)]
pub struct Draft {
    folder: PathBuf,
    /// What names of drafts of this job begin with.
    family: String,
    kept: bool,
}

impl Draft {
    /// A folder beside the place of the results, for this delivery of a job.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn beside(place: &Path, id: &str, delivery: u64) -> io::Result<Self> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let parent = place.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent)?;
        Self::make(parent, &format!(".{name}.{id}."), delivery)
    }

    /// A folder of its own.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn alone(parent: &Path, id: &str, delivery: u64) -> io::Result<Self> {
        Self::make(parent, &format!("groundlink-work-{id}."), delivery)
    }

    fn make(parent: &Path, family: &str, delivery: u64) -> io::Result<Self> {
        let folder = parent.join(format!("{family}{delivery}.part"));
        // A job that is handed out anew after the queue was lost may begin at the same number.
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::create_dir(&folder)?;
        Ok(Self {
            folder,
            family: family.to_owned(),
            kept: false,
        })
    }

    /// Where to write.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Has everything on the disk, then gives it its name; drafts of the same job that others left are removed. Whether
    /// somebody else had published the same meanwhile is no matter.
    ///
    /// # Errors
    /// When the system refuses, or something else has the name.
    pub fn publish(mut self, place: &Path, job: &[u8]) -> Result<(), Failure> {
        let later = |error: io::Error| Failure::Later(format!("cannot write results: {error}"));
        sync(&self.folder).map_err(later)?;
        match fs::rename(&self.folder, place) {
            Ok(()) => {
                self.kept = true;
                let parent = place.parent().unwrap_or(Path::new("."));
                sync_folder(parent).map_err(later)?;
                self.tidy(parent);
                Ok(())
            }
            Err(_) if finished(place, job)?.is_some() => Ok(()),
            Err(error) => Err(later(error)),
        }
    }

    fn tidy(&self, parent: &Path) {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(&self.family) && name.ends_with(".part") {
                // They only take up room.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Has a folder and what is in it on the disk.
fn sync(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync(&path)?;
        } else {
            File::open(&path)?.sync_all()?;
        }
    }
    sync_folder(folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(place: &Path, delivery: u64, job: &str) -> Draft {
        let draft = Draft::beside(place, "id", delivery).unwrap();
        fs::write(draft.folder().join(JOB_FILE), job).unwrap();
        fs::write(draft.folder().join(REPORT_FILE), "{}").unwrap();
        draft
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn results_have_their_name_when_they_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("deep/out");
        assert!(finished(&place, b"job").unwrap().is_none());
        // A worker that was killed left this one.
        std::mem::forget(draft(&place, 1, "job"));
        let second = draft(&place, 2, "job");
        let third = draft(&place, 3, "job");
        assert!(finished(&place, b"job").unwrap().is_none());
        second.publish(&place, b"job").unwrap();
        assert_eq!(finished(&place, b"job").unwrap().unwrap(), b"{}");
        // One that was slower than its successor.
        drop(third);
        draft(&place, 4, "job").publish(&place, b"job").unwrap();
        assert_eq!(names(&folder.path().join("deep")), ["out"]);
    }

    #[test]
    fn other_results_are_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("out");
        draft(&place, 1, "job").publish(&place, b"job").unwrap();
        assert!(matches!(finished(&place, b"other"), Err(Failure::Never(_))));
        let other = draft(&place, 1, "other").publish(&place, b"other");
        assert!(matches!(other, Err(Failure::Never(_))));
        assert_eq!(names(folder.path()), ["out"]);
        assert_eq!(fs::read(place.join(JOB_FILE)).unwrap(), b"job");
    }
}
