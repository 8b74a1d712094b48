//! Link profiles: one downlink each, described in TOML and parsed strictly.
//!
//! A profile says what a receiver, a decoder and an encoder have to know of a link; `docs/profiles.md` lists
//! every key. Parsing is strict: an unknown key, a wrong type or unit, a number out of range and parts that do
//! not fit together are errors that name the key, the line and what is allowed.
//!
//! The `toml` crate parses the text and says where each key stands (`document`); each value is then asked for
//! by name and type (`section`, `read`), and the whole is checked (`check`). Derived deserialisation was
//! rejected: its errors name no key, and keys that are known or unknown depending on another key's value
//! (`roll_off` with a Gaussian pulse) are beyond it.

mod builtin;
mod check;
mod cltu;
mod convert;
pub(crate) mod document;
pub(crate) mod error;
mod iterative;
mod packets;
mod pm;
mod read;
mod read_signal;
pub(crate) mod section;
mod types;
mod words;
mod write;

pub use error::{Place, ProfileError};
pub use types::{Coding, Frame, Profile, Signal, SignalInput};

use document::{Document, LONGEST_TEXT};
use error::one_line;
use std::fs::File;
use std::io::Read;
use std::path::Path;

impl Profile {
    /// Parses a profile. `origin` is what error messages call the text, usually the path of its file, whose
    /// stem is also the profile's name where the text gives none.
    ///
    /// # Errors
    /// When the text is not TOML or does not describe a possible link.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ProfileError> {
        Self::parse_with(text, origin, &[])
    }

    /// A built-in profile.
    pub fn builtin(name: &str) -> Option<Self> {
        Self::parse(builtin::text(name)?, &builtin_origin(name)).ok()
    }

    /// The text of a built-in profile.
    pub fn builtin_text(name: &str) -> Option<&'static str> {
        builtin::text(name)
    }

    /// Names of the built-in profiles.
    pub fn builtin_names() -> &'static [&'static str] {
        builtin::NAMES
    }

    /// Loads a built-in profile by its name or another from a TOML file, and applies overrides such as
    /// `signal.symbol_rate=9600` in their order. An override's value is TOML, or text where it is plain words;
    /// without a value the key is taken away.
    ///
    /// # Errors
    /// When there is no such profile or file, or when it, an override, or the two together describe no
    /// possible link.
    pub fn load(name_or_path: &str, overrides: &[String]) -> Result<Self, ProfileError> {
        if let Some(text) = builtin::text(name_or_path) {
            return Self::parse_with(text, &builtin_origin(name_or_path), overrides);
        }
        let path = Path::new(name_or_path);
        if !path.exists() {
            return Err(ProfileError::NotFound {
                name: one_line(name_or_path),
                builtin: builtin::NAMES.join(", "),
            });
        }
        let text = read_text(path).map_err(|reason| ProfileError::Read {
            path: one_line(name_or_path),
            reason: one_line(&reason.to_string()),
        })?;
        Self::parse_with(&text, name_or_path, overrides)
    }

    /// As [`Profile::parse`], with overrides as [`Profile::load`] takes them.
    ///
    /// # Errors
    /// As [`Profile::load`].
    pub fn parse_with(text: &str, origin: &str, overrides: &[String]) -> Result<Self, ProfileError> {
        let document = Document::parse("a profile", text, origin, overrides)?;
        let stem = Path::new(origin)
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or("profile");
        let profile = read::profile(&document, stem)?;
        check::profile(&profile).map_err(|problem| {
            let place = document.place(&problem.key);
            problem.at(place)
        })?;
        Ok(profile)
    }
}

fn builtin_origin(name: &str) -> String {
    format!("built-in {name}")
}

/// Reads a file, but no more of it than a profile may have: a recording given by mistake is refused at once.
pub(crate) fn read_text(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(LONGEST_TEXT as u64 + 1)
        .read_to_string(&mut text)?;
    Ok(text)
}
