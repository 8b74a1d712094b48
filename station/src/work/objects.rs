//! Recordings from object stores, and results to them.

use super::decode::Failure;
use super::folder::REPORT_FILE;
use super::job::{Object, Prefix};
use super::queue::Line;
use async_nats::jetstream::object_store::GetErrorKind;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Bytes handed on at a time.
const PIECE: usize = 1 << 17;

fn later(what: &str, error: impl std::fmt::Display) -> Failure {
    Failure::Later(format!("{what}: {error}"))
}

/// The name of a file for an object: what tells the form of a recording is kept.
pub(super) fn file_name(object: &str) -> String {
    let last = object.rsplit('/').next().unwrap_or(object);
    let name: String = last
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.,+=@".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    // Of a long name the end counts.
    let tail = &name[name.len().saturating_sub(200)..];
    format!("in-{tail}")
}

/// Fetches a recording into a folder.
///
/// # Errors
/// When there is no such object, it is larger than `most`, or it cannot be had.
pub(super) async fn fetch(
    line: &Line,
    object: &Object,
    folder: &Path,
    most: u64,
) -> Result<PathBuf, Failure> {
    let what = format!("object {} in {}", object.name, object.bucket);
    let store = line.context.get_object_store(&object.bucket).await;
    let store = store.map_err(|error| later(&what, error))?;
    let mut from = match store.get(object.name.as_str()).await {
        Ok(from) => from,
        Err(error) if error.kind() == GetErrorKind::NotFound => {
            return Err(Failure::Never(format!("{what}: there is none")));
        }
        Err(error) => return Err(later(&what, error)),
    };
    let size = from.info().size as u64;
    let bound = |size| Failure::Never(format!("{what}: has {size} bytes, at most {most} are taken"));
    if size > most {
        return Err(bound(size));
    }
    let path = folder.join(file_name(&object.name));
    let mut to = File::create(&path).await.map_err(|error| later(&what, error))?;
    let (mut piece, mut got) = (vec![0; PIECE], 0_u64);
    loop {
        let read = from.read(&mut piece).await.map_err(|error| later(&what, error))?;
        if read == 0 {
            break;
        }
        got += read as u64;
        if got > most {
            return Err(bound(got));
        }
        to.write_all(&piece[..read])
            .await
            .map_err(|error| later(&what, error))?;
    }
    to.flush().await.map_err(|error| later(&what, error))?;
    if got != size {
        return Err(later(&what, format!("ended after {got} of {size} bytes")));
    }
    Ok(path)
}

/// Puts the files of a folder into a store, the report last: where it is, all is.
///
/// # Errors
/// When there is no such store, or it does not take them.
pub(super) async fn put(line: &Line, to: &Prefix, folder: &Path) -> Result<(), Failure> {
    let what = format!("object store {}", to.bucket);
    let store = line.context.get_object_store(&to.bucket).await;
    let store = store.map_err(|error| later(&what, error))?;
    let mut files = Vec::new();
    list(folder, "", &mut files).map_err(|error| later(&what, error))?;
    files.sort_by_key(|name| (name == REPORT_FILE, name.clone()));
    for name in files {
        let mut file = File::open(folder.join(&name))
            .await
            .map_err(|error| later(&what, error))?;
        let object = format!("{}/{name}", to.prefix);
        store
            .put(object.as_str(), &mut file)
            .await
            .map_err(|error| later(&what, error))?;
    }
    Ok(())
}

/// Names of the files in a folder and in those below it.
fn list(folder: &Path, prefix: &str, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_of_objects_make_plain_files() {
        assert_eq!(file_name("a/b/pass 1.sigmf"), "in-pass_1.sigmf");
        assert_eq!(file_name("../.."), "in-..");
        assert_eq!(file_name(&"ü".repeat(300)).len(), 203);
    }
}
