//! Secrets: from files and the environment only, and never shown.

use super::spec::Secret;
use std::fs::File;
use std::io::{self, ErrorKind, Read};

/// Longest secret.
const LONGEST: u64 = 1 << 16;

/// The text at its place, of which alone errors speak.
///
/// # Errors
/// When there is none.
pub fn read(place: &Secret) -> io::Result<String> {
    match place {
        Secret::File(path) => {
            let named = |error: io::Error| io::Error::new(error.kind(), format!("file {path}: {error}"));
            let mut text = String::new();
            File::open(path)
                .map_err(named)?
                .take(LONGEST)
                .read_to_string(&mut text)
                .map_err(named)?;
            Ok(text)
        }
        Secret::Environment(name) => std::env::var(name).map_err(|_| {
            io::Error::new(
                ErrorKind::NotFound,
                format!("environment variable {name} is not set"),
            )
        }),
    }
}

/// As [`read`], one word.
///
/// # Errors
/// When there is none, or more than one.
pub fn word(place: &Secret) -> io::Result<String> {
    let text = read(place)?;
    let word = text.trim();
    if word.is_empty() || !word.chars().all(|c| c.is_ascii_graphic()) {
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            format!("the secret in {} is not one word of ASCII", place.name()),
        ));
    }
    Ok(word.to_owned())
}
