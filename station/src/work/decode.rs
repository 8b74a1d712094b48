//! Doing a job: its recording decoded into a folder.

use super::folder::{JOB_FILE, REPORT_FILE};
use super::job::{Job, JobError, Link, Product};
use super::root::{PathError, Root};
use crate::StationError;
use crate::chain::{self, DEFAULT_BLOCK, RunConfig, StationRun};
use crate::doppler::DopplerConfig;
use crate::input::{InputError, OpenOptions};
use crate::monitor::Monitor;
use crate::output::report::{Report, StationReport, Stopped};
use crate::output::{OutputConfig, Sink};
use crate::profile::{Profile, read_text};
use crate::station_file::{Downlink, MotionEntry, Station, StationFile};
use std::fs;
use std::io::ErrorKind;
use std::num::NonZero;
use std::path::Path;

/// Why a job was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It cannot be, whoever tries.
    Never(String),
    /// It may be possible at another time or elsewhere.
    Later(String),
    /// The worker was asked to end.
    Stopped,
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        Self::Never(error.to_string())
    }
}

impl From<PathError> for Failure {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Io { .. } => Self::Later(error.to_string()),
            _ => Self::Never(error.to_string()),
        }
    }
}

impl From<StationError> for Failure {
    fn from(error: StationError) -> Self {
        match &error {
            StationError::Stopped { .. } => Self::Stopped,
            _ if passes(&error) => Self::Later(error.to_string()),
            _ => Self::Never(error.to_string()),
        }
    }
}

/// Whether the failure may pass: what the system says no to, as opposed to what a job says.
fn passes(error: &StationError) -> bool {
    match error {
        StationError::Output { .. } | StationError::Thread { .. } => true,
        StationError::Input(InputError::Io { source, .. }) => {
            !matches!(source.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof)
        }
        StationError::Common(source) => passes(source),
        StationError::Downlink { source, .. } => passes(source),
        _ => false,
    }
}

/// A job that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The report, JSON.
    pub report: Vec<u8>,
    /// Whether anything was decoded.
    pub decoded: bool,
}

/// Decodes the recording of a job into a folder, and writes beside the results what the job was. `name` is what the report
/// calls the recording, as its path is another one on each machine.
///
/// # Errors
/// When it cannot be done; what is in the folder then is of no use.
pub fn decode(
    job: &Job,
    recording: &Path,
    name: &str,
    root: Option<&Root>,
    threads: Option<NonZero<usize>>,
    folder: &Path,
    monitor: &Monitor,
) -> Result<Done, Failure> {
    let bench = Bench {
        job,
        recording: recording.to_string_lossy().into_owned(),
        name,
        root,
        threads,
        folder,
    };
    let done = match &job.link {
        Link::Station(path) => bench.station(path, monitor),
        _ => bench.profile().and_then(|profile| bench.run(profile, monitor)),
    };
    let done = done.map_err(|failure| bench.named(failure))?;
    write(&folder.join(JOB_FILE), &job.to_json()?)?;
    Ok(done)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| Failure::Later(format!("cannot write results: {error}")))
}

fn rooted(root: Option<&Root>) -> Result<&Root, Failure> {
    // Another worker may have one.
    root.ok_or_else(|| Failure::Later("this worker has no --root, and the job names a path".to_owned()))
}

/// What a job needs at hand.
struct Bench<'a> {
    job: &'a Job,
    recording: String,
    name: &'a str,
    root: Option<&'a Root>,
    threads: Option<NonZero<usize>>,
    folder: &'a Path,
}

impl Bench<'_> {
    /// Names of this machine's files become those of the job.
    fn named(&self, failure: Failure) -> Failure {
        let plain = |text: String| {
            let text = text.replace(&self.recording, self.name);
            match self.root {
                Some(root) => text.replace(&format!("{}/", root.path().display()), ""),
                None => text,
            }
        };
        match failure {
            Failure::Never(text) => Failure::Never(plain(text)),
            Failure::Later(text) => Failure::Later(plain(text)),
            Failure::Stopped => Failure::Stopped,
        }
    }

    fn open(&self) -> Result<OpenOptions, Failure> {
        Ok(OpenOptions {
            format: self.job.sample_format().map_err(JobError::from)?,
            sample_rate_hz: self.job.sample_rate_hz,
            start: self.job.start().map_err(JobError::from)?,
            ..OpenOptions::default()
        })
    }

    fn profile(&self) -> Result<Profile, Failure> {
        let never = |error: crate::profile::ProfileError| Failure::Never(error.to_string());
        match &self.job.link {
            Link::ProfileText(text) => Profile::parse_with(text, "job", &self.job.set).map_err(never),
            Link::Profile(name) if Profile::builtin_names().contains(&name.as_str()) => {
                Profile::load(name, &self.job.set).map_err(never)
            }
            Link::ProfileFile(path) => {
                let path = rooted(self.root)?.file(path)?;
                Profile::load(&path.to_string_lossy(), &self.job.set).map_err(never)
            }
            Link::Profile(name) | Link::Station(name) => {
                let known = Profile::builtin_names().join(", ");
                Err(Failure::Never(format!(
                    "no built-in profile {name}; there are {known}"
                )))
            }
        }
    }

    fn outputs(&self, folder: &Path, downlink: Option<&str>) -> OutputConfig {
        let file = |product, name: &str| {
            let wanted = self.job.to.contains(&product);
            wanted.then(|| folder.join(name).to_string_lossy().into_owned())
        };
        OutputConfig {
            soft: file(Product::Soft, "soft"),
            cadus: file(Product::Cadus, "cadus"),
            frames: file(Product::Frames, "frames"),
            packets: file(Product::Packets, "packets"),
            events: file(Product::Events, "events.jsonl"),
            bad_frames: self.job.bad_frames,
            downlink: downlink.map(str::to_owned),
            ..OutputConfig::default()
        }
    }

    fn run(&self, profile: Profile, monitor: &Monitor) -> Result<Done, Failure> {
        let config = RunConfig {
            input: self.recording.clone(),
            from: self.job.from,
            open: self.open()?,
            soft: self.job.soft_form().map_err(JobError::from)?,
            profile,
            outputs: self.outputs(self.folder, None),
            block: DEFAULT_BLOCK,
            threads: self.threads,
            doppler: DopplerConfig::default(),
            record: None,
        };
        let mut report = chain::run(&config, monitor)?;
        went_well(report.stopped, report.error.as_deref())?;
        self.rename(&mut report);
        let path = self.folder.join(REPORT_FILE);
        let mut sink = Sink::open(&path.to_string_lossy())?;
        report.write(&mut sink)?;
        Self::done(&path, report.decoded)
    }

    fn station(&self, path: &str, monitor: &Monitor) -> Result<Done, Failure> {
        let config = StationRun {
            input: self.recording.clone(),
            open: self.open()?,
            station: self.load_station(path)?,
            report: None,
            streams: Vec::new(),
            block: DEFAULT_BLOCK,
            threads: self.threads,
            record: None,
        };
        let mut report: StationReport = chain::run_station(&config, monitor)?;
        went_well(report.stopped, report.error.as_deref())?;
        self.name.clone_into(&mut report.input);
        for downlink in &mut report.downlinks {
            self.rename(&mut downlink.report);
        }
        let path = self.folder.join(REPORT_FILE);
        let mut sink = Sink::open(&path.to_string_lossy())?;
        report.write(&mut sink)?;
        Self::done(&path, report.decoded)
    }

    fn rename(&self, report: &mut Report) {
        self.name.clone_into(&mut report.input.name);
        for text in &mut report.warnings {
            *text = text.replace(&self.recording, self.name);
        }
    }

    fn done(report: &Path, decoded: bool) -> Result<Done, Failure> {
        let report = fs::read(report).map_err(|error| Failure::Later(format!("{REPORT_FILE}: {error}")))?;
        Ok(Done { report, decoded })
    }

    /// The station file, its files within the root, each downlink's results in a folder of its own.
    fn load_station(&self, path: &str) -> Result<Station, Failure> {
        let root = rooted(self.root)?;
        let full = root.file(path)?;
        let text = read_text(&full).map_err(|error| Failure::Later(format!("{path}: {error}")))?;
        let file = StationFile::parse(&text, path).map_err(|error| Failure::Never(error.to_string()))?;
        let beside = |other: &str| match Path::new(path).parent() {
            Some(folder) if folder != Path::new("") => format!("{}/{other}", folder.display()),
            _ => other.to_owned(),
        };
        let mut downlinks: Vec<Downlink> = Vec::new();
        for entry in file.downlinks {
            if !Profile::builtin_names().contains(&entry.profile.as_str()) {
                root.file(&beside(&entry.profile))?;
            }
            match &entry.motion {
                Some(MotionEntry::Orbit { tle: file, .. } | MotionEntry::Measured(file)) => {
                    root.file(&beside(file))?;
                }
                None => {}
            }
            let folder = self.folder.join(&entry.name);
            fs::create_dir(&folder)
                .map_err(|error| Failure::Later(format!("cannot write results: {error}")))?;
            let outputs = self.outputs(&folder, Some(&entry.name));
            let downlink = entry
                .load(full.parent().unwrap_or(Path::new("")))
                .map_err(|error| Failure::Never(error.to_string()))?;
            downlinks.push(Downlink { outputs, ..downlink });
        }
        Ok(Station {
            name: path.to_owned(),
            centre_hz: file.centre_hz,
            downlinks,
        })
    }
}

/// Whether a run that gave a report went to its end.
fn went_well(stopped: Option<Stopped>, error: Option<&str>) -> Result<(), Failure> {
    match (error, stopped) {
        (Some(text), _) => Err(Failure::Later(text.to_owned())),
        (None, Some(_)) => Err(Failure::Stopped),
        (None, None) => Ok(()),
    }
}
