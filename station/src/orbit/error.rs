//! What is wrong with orbital elements, a site, or what is asked of them.

use thiserror::Error;

/// Elements or a site that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OrbitError {
    /// The file cannot be read.
    #[error("cannot read elements {name}: {reason}")]
    Read {
        /// File.
        name: String,
        /// What the system says.
        reason: String,
    },
    /// The file is longer than any file of elements.
    #[error("elements {name}: longer than {most} bytes")]
    TooLong {
        /// File.
        name: String,
        /// Limit, bytes.
        most: u64,
    },
    /// A TLE that is none.
    #[error("elements {name}: line {line}: {what}")]
    Tle {
        /// File.
        name: String,
        /// Line, counted from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// The text is not what its beginning says it is.
    #[error("elements {name}: no {format}: {what}")]
    Syntax {
        /// File.
        name: String,
        /// JSON, XML, KVN or CSV.
        format: &'static str,
        /// What is wrong.
        what: String,
    },
    /// A field of an OMM.
    #[error("elements {name}: satellite {number}: {key} {found}, must be {allowed}")]
    Field {
        /// File.
        name: String,
        /// Which satellite of the file, counted from 1.
        number: usize,
        /// Keyword.
        key: &'static str,
        /// Its value, or "is missing".
        found: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// The elements are those of no orbit.
    #[error("elements of {satellite}: {what}")]
    Orbit {
        /// Satellite.
        satellite: String,
        /// What is wrong.
        what: String,
    },
    /// SGP4 says nothing about a time so far from the epoch, or the satellite has come down by then.
    #[error("elements of {satellite} of {epoch} say nothing about {at}: {what}")]
    OutOfDate {
        /// Satellite.
        satellite: String,
        /// Epoch of the elements, UTC.
        epoch: String,
        /// Time asked for, UTC.
        at: String,
        /// Why.
        what: String,
    },
    /// The file has no such satellite.
    #[error("elements {name}: no satellite {wanted} among the {count} there")]
    NotThere {
        /// File.
        name: String,
        /// Number or name.
        wanted: String,
        /// Satellites in the file.
        count: usize,
    },
    /// The file has several satellites, and none was named.
    #[error("elements {name}: {count} satellites are there, name one by its NORAD number or its name")]
    Several {
        /// File.
        name: String,
        /// Satellites in the file.
        count: usize,
    },
    /// The file has no satellite at all.
    #[error("elements {name}: no satellite is there")]
    Empty {
        /// File.
        name: String,
    },
    /// A site that is nowhere.
    #[error("site: {key} is {found}, must be {allowed}")]
    Site {
        /// Which coordinate.
        key: &'static str,
        /// Its value.
        found: String,
        /// What it may be.
        allowed: &'static str,
    },
}
