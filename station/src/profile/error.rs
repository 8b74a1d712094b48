//! What can be wrong with a profile, in one line each.

use std::fmt;
use thiserror::Error;

/// Longest piece of the user's own text that a message repeats.
const QUOTE_CHARS: usize = 60;

/// Where a profile says what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A line of a file or of a built-in profile.
    Line {
        /// Path of the file, or `built-in NAME`.
        origin: String,
        /// Line, counted from 1.
        line: usize,
    },
    /// An override from the command line.
    Override {
        /// The override as given, `key=value`.
        text: String,
    },
    /// A profile in memory, after it was parsed (or without).
    Profile {
        /// Name of the profile.
        name: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { origin, line } => write!(f, "{}:{line}", one_line(origin)),
            Self::Override { text } => write!(f, "--set {}", one_line(text)),
            Self::Profile { name } => write!(f, "profile {}", one_line(name)),
        }
    }
}

/// A profile that cannot be read, is not TOML, or describes no possible link. Every message is one line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Neither a built-in profile nor a file.
    #[error("no profile or file {name}; built-in profiles: {builtin}")]
    NotFound {
        /// What was asked for.
        name: String,
        /// Names of the built-in profiles.
        builtin: String,
    },
    /// The file could not be read.
    #[error("cannot read profile {path}: {reason}")]
    Read {
        /// Path of the file.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// Not TOML.
    #[error("{place}: {message}")]
    Syntax {
        /// Where.
        place: Place,
        /// What the TOML parser says.
        message: String,
    },
    /// An override that is not `key=value`, or whose key cannot be set.
    #[error("--set {text}: {reason}")]
    Override {
        /// The override as given.
        text: String,
        /// Why it cannot be applied.
        reason: String,
    },
    /// A key that means nothing where it stands.
    #[error("{place}: unknown key {key}, allowed in {section}: {allowed}")]
    UnknownKey {
        /// Where.
        place: Place,
        /// The key with its sections.
        key: String,
        /// The section, with what decides on its keys.
        section: String,
        /// Keys allowed there.
        allowed: String,
    },
    /// A value of the wrong type, unit or range, or one that contradicts another.
    #[error("{place}: {key} is {found}, must be {allowed}")]
    Value {
        /// Where.
        place: Place,
        /// The key with its sections.
        key: String,
        /// Value found.
        found: String,
        /// What is allowed.
        allowed: String,
    },
    /// A key without a default is absent.
    #[error("{place}: {key} is missing, must be {allowed}")]
    Missing {
        /// The section that lacks it, or the beginning of the file.
        place: Place,
        /// The key with its sections.
        key: String,
        /// What is allowed.
        allowed: String,
    },
    /// Two keys that say the same thing.
    #[error("{place}: {key} and {other} exclude each other, give one of them")]
    Both {
        /// Where the first is.
        place: Place,
        /// One key with its sections.
        key: String,
        /// The other key with its sections.
        other: String,
    },
    /// Samples were to be demodulated with a profile that begins behind the demodulator.
    #[error("profile {name} has no [signal]: decode with --from soft, bits, cadus, frames or packets")]
    NoSignal {
        /// Name of the profile.
        name: String,
    },
    /// The samples are not what the profile says.
    #[error("profile {name}: signal.input is {input}, but the samples are {samples}")]
    Input {
        /// Name of the profile.
        name: String,
        /// Kind of samples that the profile asks for.
        input: &'static str,
        /// What the samples are.
        samples: &'static str,
    },
    /// Precoded bits in audio that has lost the carrier's phase.
    #[error(
        "profile {name}: signal.precoding does not go with real samples taken as FM audio, set signal.input = \"real\" if \
         they are a passband"
    )]
    Precoding {
        /// Name of the profile.
        name: String,
    },
    /// A real passband cannot hold the carrier.
    #[error("profile {name}: signal.carrier is {found} Hz, must be {allowed} in a real passband")]
    RealCarrier {
        /// Name of the profile.
        name: String,
        /// Carrier.
        found: String,
        /// What is allowed.
        allowed: String,
    },
}

/// A finding about one key, before it is known where the key stands.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) key: String,
    pub(crate) found: String,
    pub(crate) allowed: String,
}

impl Problem {
    pub(crate) fn new(key: &str, found: impl fmt::Display, allowed: impl Into<String>) -> Self {
        Self {
            key: key.to_string(),
            found: found.to_string(),
            allowed: allowed.into(),
        }
    }

    pub(crate) fn at(self, place: Place) -> ProfileError {
        ProfileError::Value {
            place,
            key: self.key,
            found: self.found,
            allowed: self.allowed,
        }
    }
}

/// The text with line breaks and other control characters escaped.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// The user's text between quotation marks, shortened where it is long.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTE_CHARS) {
        Some((end, _)) => format!("\"{}…\"", one_line(&text[..end])),
        None => format!("\"{}\"", one_line(text)),
    }
}
