//! A job: a recording, how to decode it, where the results go. JSON, parsed strictly; `docs/work.md` lists every field.

use crate::chain::From;
use crate::input::{InputError, SampleFormat, SoftFormat, parse_utc};
use crate::output::BadFrames;
use crate::profile::error::one_line;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use thiserror::Error;

/// Version of the form.
pub const JOB_VERSION: u32 = 1;
/// Longest job, bytes.
pub const LONGEST_JOB: usize = 1 << 18;
/// Longest path or name.
const LONGEST_NAME: usize = 1000;
/// Most changes of a profile.
const MOST_CHANGES: usize = 100;

/// What is wrong with a job, in one line.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JobError {
    /// Too long.
    #[error("a job has at most {LONGEST_JOB} bytes, this one {length}")]
    Length {
        /// Bytes.
        length: usize,
    },
    /// Not the form of a job.
    #[error("not a job: {0}")]
    Json(String),
    /// A field's value.
    #[error("{field} must be {allowed}")]
    Field {
        /// The field.
        field: &'static str,
        /// What it may be.
        allowed: String,
    },
    /// What is said of the samples.
    #[error(transparent)]
    Samples(#[from] InputError),
}

/// Where a recording is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Recording {
    /// A file under the root.
    Path(String),
    /// An object in an object store.
    Object(Object),
}

/// An object in an object store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// The store.
    pub bucket: String,
    /// Its name there; the end of it tells the form of a recording, as that of a file does.
    pub name: String,
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Link {
    /// A built-in profile.
    Profile(String),
    /// A profile in a file under the root.
    ProfileFile(String),
    /// The text of a profile.
    ProfileText(String),
    /// A station file under the root.
    Station(String),
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Product {
    /// Soft bits, with what they are.
    Soft,
    /// CADUs.
    Cadus,
    /// Frames.
    Frames,
    /// Packets.
    Packets,
    /// Records.
    Events,
}

impl Product {
    /// The last stage at which a recording may enter for this to come out.
    fn last_stage(self) -> From {
        match self {
            Self::Soft => From::Bits,
            Self::Cadus => From::Cadus,
            Self::Frames => From::Frames,
            Self::Packets | Self::Events => From::Packets,
        }
    }
}

/// Where results go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Results {
    /// A folder under the root, which is made.
    Folder(String),
    /// An object store: `PREFIX/FILE`.
    Objects(Prefix),
}

/// Where in an object store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prefix {
    /// The store.
    pub bucket: String,
    /// What names begin with.
    pub prefix: String,
}

/// A recording to decode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// [`JOB_VERSION`].
    pub v: u32,
    /// What to decode.
    pub recording: Recording,
    /// What was sent.
    pub link: Link,
    /// Changes of keys of the profile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<String>,
    /// Where the recording enters the chain.
    #[serde(default)]
    pub from: From,
    /// What is written, beside the report.
    #[serde(default = "usual")]
    pub to: Vec<Product>,
    /// What becomes of frames that failed a check.
    #[serde(default)]
    pub bad_frames: BadFrames,
    /// Format of the samples, where they do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Samples per second, where they do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_rate_hz: Option<f64>,
    /// UTC of the first sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    /// Format of soft symbols or bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soft_format: Option<String>,
    /// Where the results go.
    pub results: Results,
}

/// What is written unless told otherwise.
pub fn usual() -> Vec<Product> {
    vec![Product::Frames, Product::Packets, Product::Events]
}

impl Job {
    /// Parses a job.
    ///
    /// # Errors
    /// When it is none, or asks for what cannot be.
    pub fn parse(text: &[u8]) -> Result<Self, JobError> {
        if text.len() > LONGEST_JOB {
            return Err(JobError::Length { length: text.len() });
        }
        let job: Self = serde_json::from_slice(text).map_err(not_a_job)?;
        job.check()?;
        Ok(job)
    }

    /// The job as one line of JSON, always the same for the same job.
    ///
    /// # Errors
    /// When it would be too long.
    pub fn to_json(&self) -> Result<Vec<u8>, JobError> {
        let text = serde_json::to_vec(self).map_err(not_a_job)?;
        if text.len() > LONGEST_JOB {
            return Err(JobError::Length { length: text.len() });
        }
        Ok(text)
    }

    /// Checks that it asks for what can be.
    ///
    /// # Errors
    /// The first field that does not.
    pub fn check(&self) -> Result<(), JobError> {
        let wrong = |field, allowed: &str| {
            let allowed = allowed.to_owned();
            Err(JobError::Field { field, allowed })
        };
        if self.v != JOB_VERSION {
            return wrong(
                "v",
                &format!("{JOB_VERSION}: this program knows no other version"),
            );
        }
        self.check_names()?;
        if self.to.is_empty() || self.to.iter().collect::<BTreeSet<_>>().len() != self.to.len() {
            return wrong("to", "a list of different outputs");
        }
        if self.to.iter().any(|product| self.from > product.last_stage()) {
            return wrong("to", "outputs of what comes behind from");
        }
        let samples = self.format.is_some() || self.sample_rate_hz.is_some() || self.start_time.is_some();
        if self.from != From::Iq && samples {
            return wrong("from", "iq, where format, sample_rate_hz or start_time is given");
        }
        if self.soft_format.is_some() && !matches!(self.from, From::Soft | From::Bits) {
            return wrong("from", "soft or bits, where soft_format is given");
        }
        if matches!(self.link, Link::Station(_)) && (self.from != From::Iq || !self.set.is_empty()) {
            return wrong("link", "a profile, where set or another from than iq is given");
        }
        self.sample_format()?;
        self.soft_form()?;
        self.start()?;
        Ok(())
    }

    fn check_names(&self) -> Result<(), JobError> {
        let (recording, link) = match (&self.recording, &self.link) {
            (Recording::Path(path), link) => (path, link),
            (Recording::Object(object), link) => {
                store(&object.bucket)?;
                (&object.name, link)
            }
        };
        name("recording", recording)?;
        match link {
            Link::Profile(text) | Link::ProfileFile(text) | Link::Station(text) => name("link", text)?,
            // The parser of profiles has its own limits.
            Link::ProfileText(_) => {}
        }
        if self.set.len() > MOST_CHANGES {
            let allowed = format!("at most {MOST_CHANGES} changes");
            return Err(JobError::Field {
                field: "set",
                allowed,
            });
        }
        match &self.results {
            Results::Folder(folder) => name("results", folder),
            Results::Objects(to) => {
                store(&to.bucket)?;
                name("results", &to.prefix)
            }
        }
    }

    /// Format of the samples, where the job says it.
    ///
    /// # Errors
    /// When there is no such format.
    pub fn sample_format(&self) -> Result<Option<SampleFormat>, InputError> {
        self.format.as_deref().map(str::parse).transpose()
    }

    /// Format of soft symbols, where the job says it.
    ///
    /// # Errors
    /// When there is no such format.
    pub fn soft_form(&self) -> Result<Option<SoftFormat>, InputError> {
        self.soft_format.as_deref().map(str::parse).transpose()
    }

    /// Time of the first sample, where the job says it.
    ///
    /// # Errors
    /// When it is no time.
    pub fn start(&self) -> Result<Option<hifitime::Epoch>, InputError> {
        self.start_time.as_deref().map(parse_utc).transpose()
    }
}

#[allow(clippy::needless_pass_by_value, reason = "as errors are mapped")]
fn not_a_job(error: serde_json::Error) -> JobError {
    JobError::Json(one_line(&error.to_string()))
}

fn name(field: &'static str, text: &str) -> Result<(), JobError> {
    if text.is_empty() || text.len() > LONGEST_NAME || text.contains(char::is_control) {
        let allowed = format!("1 to {LONGEST_NAME} bytes of text");
        return Err(JobError::Field { field, allowed });
    }
    Ok(())
}

fn store(text: &str) -> Result<(), JobError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if text.is_empty() || text.len() > 100 || !text.chars().all(plain) {
        let allowed = "letters, digits, - and _".to_owned();
        return Err(JobError::Field {
            field: "bucket",
            allowed,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = r#"{"v":1,"recording":{"path":"a.sigmf-meta"},"link":{"profile":"demo"},"results":{"folder":"out/a"}}"#;

    #[test]
    fn the_least_job_has_the_usual_outputs() {
        let job = Job::parse(LEAST.as_bytes()).unwrap();
        assert_eq!(job.recording, Recording::Path("a.sigmf-meta".to_owned()));
        assert_eq!(job.to, [Product::Frames, Product::Packets, Product::Events]);
        assert_eq!((job.from, job.bad_frames), (From::Iq, BadFrames::Drop));
        assert_eq!(Job::parse(&job.to_json().unwrap()).unwrap(), job);
    }

    #[test]
    fn a_full_job_is_read_and_written_alike() {
        let text = r#"{"v":1,"recording":{"object":{"bucket":"rec","name":"p/a.cs16"}},"link":{"profile_text":"x"},
            "set":["signal.symbol_rate=1200"],"from":"iq","to":["soft","cadus"],"bad_frames":"mark","format":"ci16",
            "sample_rate_hz":48000.5,"start_time":"2026-03-01T12:00:00Z",
            "results":{"objects":{"bucket":"out","prefix":"p/a"}}}"#;
        let job = Job::parse(text.as_bytes()).unwrap();
        assert_eq!(job.sample_rate_hz, Some(48_000.5));
        assert_eq!(Job::parse(&job.to_json().unwrap()).unwrap(), job);
    }

    #[test]
    fn what_cannot_be_is_told_in_one_line() {
        for (from, to, expected) in [
            (
                "\"v\":1",
                "\"v\":2",
                "v must be 1: this program knows no other version",
            ),
            ("\"v\":1", "\"v\":1,\"v\":1", "not a job: duplicate field `v`"),
            (
                "\"v\":1",
                "\"v\":1,\"retries\":3",
                "not a job: unknown field `retries`",
            ),
            ("\"path\"", "\"paths\"", "not a job: unknown variant `paths`"),
            ("a.sigmf-meta", "", "recording must be 1 to 1000 bytes of text"),
            ("out/a", "out\\u0000", "results must be 1 to 1000 bytes of text"),
            (
                "\"v\":1",
                "\"v\":1,\"to\":[]",
                "to must be a list of different outputs",
            ),
            (
                "\"v\":1",
                "\"v\":1,\"to\":[\"frames\",\"frames\"]",
                "to must be a list of different outputs",
            ),
            (
                "\"v\":1",
                "\"v\":1,\"from\":\"packets\"",
                "to must be outputs of what comes behind from",
            ),
            (
                "\"v\":1",
                "\"v\":1,\"from\":\"frames\",\"to\":[\"packets\"],\"format\":\"ci16\"",
                "from must be iq, where format",
            ),
            (
                "\"v\":1",
                "\"v\":1,\"format\":\"x\"",
                "unknown sample format \"x\"",
            ),
            (
                "\"v\":1",
                "\"v\":1,\"start_time\":\"noon\"",
                "\"noon\" is not a time",
            ),
            (
                "\"profile\":\"demo\"",
                "\"station\":\"s.toml\"},\"set\":[\"a=1\"],\"x\":{",
                "not a job: unknown field `x`",
            ),
        ] {
            let text = LEAST.replace(from, to);
            let error = Job::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
        assert!(matches!(
            Job::parse(&vec![b' '; LONGEST_JOB + 1]),
            Err(JobError::Length { .. })
        ));
    }
}
