//! The folder that a worker's jobs live in: no path of a job leads out of it.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use thiserror::Error;

/// Why a path of a job is not taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PathError {
    /// An absolute path, or one with `..` in it.
    #[error("{path}: paths are relative to the worker's root, without ..")]
    Form {
        /// As the job has it.
        path: String,
    },
    /// A link leads out.
    #[error("{path}: leads out of the worker's root")]
    Outside {
        /// As the job has it.
        path: String,
    },
    /// Nothing there.
    #[error("{path}: no such file")]
    Missing {
        /// As the job has it.
        path: String,
    },
    /// The system says no.
    #[error("{path}: {source}")]
    Io {
        /// As the job has it.
        path: String,
        /// What it says.
        source: io::Error,
    },
}

/// The folder, by its real path.
#[derive(Debug, Clone)]
pub struct Root(PathBuf);

impl Root {
    /// This folder.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let real = fs::canonicalize(folder)?;
        if real.is_dir() {
            Ok(Self(real))
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    /// Its real path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A file that is there.
    ///
    /// # Errors
    /// When it is not, or not in the folder.
    pub fn file(&self, path: &str) -> Result<PathBuf, PathError> {
        let full = self.0.join(plain(path)?);
        self.inside(&full, path)?;
        Ok(full)
    }

    /// A recording that is there, with the files that belong to it.
    ///
    /// # Errors
    /// As [`Root::file`]; also where a file beside a `SigMF` recording, which it might be made of, is a link that leads out.
    pub fn recording(&self, path: &str) -> Result<PathBuf, PathError> {
        let full = self.0.join(plain(path)?);
        let sigmf = full
            .file_name()
            .is_some_and(|name| name.to_string_lossy().contains(".sigmf"));
        let found = self.inside(&full, path);
        match found {
            // A recording may be named without its ending.
            Err(PathError::Missing { .. }) if beside(&full, &full).next().is_some() => {}
            found => found?,
        }
        if sigmf || !full.is_file() {
            for link in links(&full) {
                self.inside(&link, path)?;
            }
        }
        Ok(full)
    }

    /// A folder to be made, or a file in one: as much of its path as there is lies in the folder.
    ///
    /// # Errors
    /// When it does not.
    pub fn new_place(&self, path: &str) -> Result<PathBuf, PathError> {
        let relative = plain(path)?;
        let full = self.0.join(&relative);
        for ancestor in full.ancestors().take_while(|path| *path != self.0) {
            match fs::symlink_metadata(ancestor) {
                Ok(_) => {
                    self.inside(ancestor, path)?;
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => {
                    let path = path.to_owned();
                    return Err(PathError::Io { path, source });
                }
            }
        }
        Ok(full)
    }

    fn inside(&self, full: &Path, path: &str) -> Result<(), PathError> {
        let path = || path.to_owned();
        match fs::canonicalize(full) {
            Ok(real) if real.starts_with(&self.0) => Ok(()),
            Ok(_) => Err(PathError::Outside { path: path() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(PathError::Missing { path: path() }),
            Err(source) => Err(PathError::Io { path: path(), source }),
        }
    }
}

/// A path that goes down only.
fn plain(path: &str) -> Result<PathBuf, PathError> {
    let down = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !down || path.is_empty() || path.contains('\0') {
        let path = path.to_owned();
        return Err(PathError::Form { path });
    }
    Ok(path.into())
}

/// Files whose names begin with that of this one.
fn beside(full: &Path, of: &Path) -> impl Iterator<Item = PathBuf> {
    let name = of.file_name().unwrap_or(OsStr::new("")).to_owned();
    let folder = full.parent().and_then(|folder| fs::read_dir(folder).ok());
    folder
        .into_iter()
        .flatten()
        .flatten()
        .filter(move |entry| {
            let other = entry.file_name();
            other.as_encoded_bytes().starts_with(name.as_encoded_bytes())
        })
        .map(|entry| entry.path())
}

/// Links in the folder of a file.
fn links(full: &Path) -> impl Iterator<Item = PathBuf> {
    let folder = full.parent().and_then(|folder| fs::read_dir(folder).ok());
    folder
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()))
        .map(|entry| entry.path())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn text<T: std::fmt::Debug>(outcome: Result<T, PathError>) -> String {
        outcome.unwrap_err().to_string()
    }

    #[test]
    fn nothing_leads_out() {
        let all = tempfile::tempdir().unwrap();
        let (inner, outer) = (all.path().join("root"), all.path().join("secret"));
        fs::create_dir_all(inner.join("day")).unwrap();
        fs::create_dir(&outer).unwrap();
        fs::write(outer.join("a.bin"), "x").unwrap();
        fs::write(inner.join("day/a.bin"), "x").unwrap();
        symlink(outer.join("a.bin"), inner.join("day/link.bin")).unwrap();
        symlink(&outer, inner.join("folder")).unwrap();
        symlink("a.bin", inner.join("day/fine.bin")).unwrap();
        let root = Root::open(&inner).unwrap();
        assert_eq!(root.file("day/a.bin").unwrap(), root.path().join("day/a.bin"));
        assert!(root.file("day/fine.bin").is_ok());
        for path in [
            "../secret/a.bin",
            "/etc/passwd",
            "day/../../secret/a.bin",
            "",
            "./day/a.bin",
        ] {
            assert!(text(root.file(path)).ends_with("relative to the worker's root, without .."));
            assert!(text(root.new_place(path)).ends_with("relative to the worker's root, without .."));
        }
        for path in ["day/link.bin", "folder/a.bin"] {
            assert_eq!(
                text(root.file(path)),
                format!("{path}: leads out of the worker's root")
            );
            assert_eq!(
                text(root.recording(path)),
                format!("{path}: leads out of the worker's root")
            );
        }
        for path in ["folder", "folder/new/deep", "day/link.bin"] {
            assert_eq!(
                text(root.new_place(path)),
                format!("{path}: leads out of the worker's root")
            );
        }
        assert_eq!(text(root.file("day/b.bin")), "day/b.bin: no such file");
        assert_eq!(root.new_place("new/deep").unwrap(), root.path().join("new/deep"));
    }

    #[test]
    fn what_belongs_to_a_recording_lies_inside_too() {
        let all = tempfile::tempdir().unwrap();
        let inner = all.path().join("root");
        fs::create_dir(&inner).unwrap();
        fs::write(all.path().join("secret"), "x").unwrap();
        fs::write(inner.join("a.sigmf-meta"), "{}").unwrap();
        let root = Root::open(&inner).unwrap();
        assert!(root.recording("a.sigmf-meta").is_ok());
        assert!(root.recording("a").is_ok());
        assert_eq!(text(root.recording("b")), "b: no such file");
        symlink(all.path().join("secret"), inner.join("a.sigmf-data")).unwrap();
        for path in ["a.sigmf-meta", "a"] {
            assert_eq!(
                text(root.recording(path)),
                format!("{path}: leads out of the worker's root")
            );
        }
    }
}
