//! The folder of results: one folder for each pass, `SATELLITE/UTC of AOS`, with `pass.json` in it, which says what it is.
//! What is done is known from there alone.

use super::plan::Job;
use crate::input::parse_utc;
use crate::time::utc_text;
use crate::whole::write_whole;
use hifitime::{Duration, Epoch};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Version of the layout of `pass.json`.
const STATE_VERSION: u32 = 1;
/// What a pass says of itself.
pub(super) const STATE: &str = "pass.json";
/// Renewed elements move a pass, by less than this.
const SAME_PASS_S: f64 = 300.0;

/// What became of a pass, or of a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is being received; or the program was killed then, until it is started again.
    Running,
    /// Received to its end.
    Done,
    /// Ended early by an error.
    Failed,
    /// The station was stopped.
    Stopped,
    /// The program was killed.
    Interrupted,
}

/// What is known of a pass, or of a part of it: `pass.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PassState {
    /// Version of this layout.
    pub v: u32,
    /// Version of the program.
    pub groundlink: String,
    /// Name of the satellite in the station file.
    pub satellite: String,
    /// 1, more where the pass was received in several runs.
    pub part: u32,
    /// What became of it.
    pub state: Outcome,
    /// UTC of acquisition of signal.
    pub aos: String,
    /// UTC of the highest point.
    pub tca: String,
    /// UTC of loss of signal.
    pub los: String,
    /// Elevation of the highest point, degrees.
    pub max_elevation_deg: f64,
    /// UTC at which the receiver was to begin.
    pub begin: String,
    /// UTC at which it was to end.
    pub end: String,
    /// How often it was tried to begin.
    pub attempts: u64,
    /// Why it ended early, or the last attempt failed.
    pub error: Option<String>,
    /// Good frames.
    pub frames: u64,
    /// Packets.
    pub packets: u64,
    /// Samples lost before the receiver.
    pub lost_samples: u64,
}

/// The folder of a pass, or of a part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct PassFolder {
    /// Its path.
    pub path: PathBuf,
    /// What it says.
    pub state: PassState,
}

/// The folder of results. It is this process' alone as long as this lives.
#[derive(Debug)]
pub struct Archive {
    root: PathBuf,
    _lock: File,
}

impl Archive {
    /// Opens the folder, which is made where it is not there.
    ///
    /// # Errors
    /// When it cannot be, or another process has it.
    pub fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(root.join(".lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                root: root.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::Error(error)) => Err(error),
            Err(TryLockError::WouldBlock) => Err(io::Error::new(
                ErrorKind::ResourceBusy,
                "another `groundlink run` has it",
            )),
        }
    }

    /// All passes in it, the oldest first. What says of itself nothing that is understood is none.
    pub fn passes(&self) -> Vec<PassFolder> {
        let mut found: Vec<(String, PassFolder)> = Vec::new();
        for satellite in folders(&self.root) {
            for path in folders(&satellite) {
                let Some(state) = read_state(&path) else { continue };
                let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                    continue;
                };
                if stamp_of(name).is_some() {
                    found.push((name.to_owned(), PassFolder { path, state }));
                }
            }
        }
        found.sort_by(|(a, one), (b, other)| (a, &one.path).cmp(&(b, &other.path)));
        found.into_iter().map(|(_, folder)| folder).collect()
    }

    /// Notes of passes that nobody can be receiving any more that they were interrupted.
    pub fn note_interrupted(&self) -> Vec<PassFolder> {
        let mut passes = self.passes();
        passes.retain(|folder| folder.state.state == Outcome::Running);
        for folder in &mut passes {
            folder.state.state = Outcome::Interrupted;
            // A disk that is full keeps nobody from receiving.
            let _ = folder.save();
        }
        passes
    }

    /// Makes a folder for a pass: its first one, or the next part where there are some.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn claim(&self, job: &Job) -> io::Result<PassFolder> {
        let parent = self.root.join(&job.pass.name);
        fs::create_dir_all(&parent)?;
        let near = |name: &str| {
            let (at, part) = stamp_of(name)?;
            let apart = (at - job.pass.aos).abs();
            (apart < Duration::from_seconds(SAME_PASS_S)).then_some(part)
        };
        let mut known: Vec<(u32, String)> = folders(&parent)
            .iter()
            .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
            .filter_map(|name| Some((near(&name)?, name)))
            .collect();
        known.sort();
        let stamp = known.first().map_or_else(
            || stamp(job.pass.aos),
            |(_, name)| name.split('.').next().unwrap_or_default().to_owned(),
        );
        let part = known.last().map_or(1, |(part, _)| part + 1);
        let name = if part == 1 {
            stamp
        } else {
            format!("{stamp}.part{part}")
        };
        let path = parent.join(name);
        fs::create_dir(&path)?;
        let folder = PassFolder {
            path,
            state: PassState::new(job, part),
        };
        folder.save()?;
        Ok(folder)
    }
}

impl PassState {
    fn new(job: &Job, part: u32) -> Self {
        Self {
            v: STATE_VERSION,
            groundlink: env!("CARGO_PKG_VERSION").to_owned(),
            satellite: job.pass.name.clone(),
            part,
            state: Outcome::Running,
            aos: utc_text(job.pass.aos),
            tca: utc_text(job.pass.tca),
            los: utc_text(job.pass.los),
            max_elevation_deg: job.pass.elevation_deg,
            begin: utc_text(job.begin),
            end: utc_text(job.end),
            attempts: 0,
            error: None,
            frames: 0,
            packets: 0,
            lost_samples: 0,
        }
    }
}

impl PassFolder {
    /// Writes `pass.json`, as a whole or not at all.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn save(&self) -> io::Result<()> {
        let text = serde_json::to_string_pretty(&self.state).map_err(io::Error::other)? + "\n";
        write_whole(&self.path.join(STATE), &text)
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> String {
        self.path.join(name).to_string_lossy().into_owned()
    }
}

/// Folders in a folder, in the order of their names; links are none.
fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths
}

fn read_state(folder: &Path) -> Option<PassState> {
    let text = fs::read_to_string(folder.join(STATE)).ok()?;
    let state: PassState = serde_json::from_str(&text).ok()?;
    (state.v == STATE_VERSION).then_some(state)
}

/// A time as the name of a folder: `2026-03-01T12-00-00Z`.
fn stamp(at: Epoch) -> String {
    format!("{}Z", utc_text(at)[..19].replace(':', "-"))
}

/// Time and part that the name of a folder tells.
fn stamp_of(name: &str) -> Option<(Epoch, u32)> {
    let (stamp, part) = match name.split_once(".part") {
        Some((stamp, part)) => (stamp, part.parse().ok()?),
        None => (name, 1),
    };
    let (date, time) = stamp.strip_suffix('Z')?.split_once('T')?;
    let at = parse_utc(&format!("{date}T{}Z", time.replace('-', ":"))).ok()?;
    Some((at, part))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::schedule::plan::Candidate;

    pub fn job(name: &str, minute: u8) -> Job {
        let aos = Epoch::from_gregorian_utc(2026, 3, 1, 12, minute, 7, 500_000_000);
        let pass = Candidate {
            satellite: 0,
            name: name.to_owned(),
            priority: 0,
            aos,
            tca: aos + Duration::from_seconds(200.0),
            los: aos + Duration::from_seconds(400.0),
            elevation_deg: 33.0,
            lead: Duration::ZERO,
            lag: Duration::ZERO,
        };
        Job {
            begin: pass.aos,
            end: pass.los,
            pass,
        }
    }

    fn name(folder: &PassFolder) -> String {
        folder.path.file_name().unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn a_pass_is_one_folder_and_its_parts_lie_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let archive = Archive::open(root.path()).unwrap();
        assert_eq!(
            name(&archive.claim(&job("a", 0)).unwrap()),
            "2026-03-01T12-00-07Z"
        );
        // Elements were renewed since then.
        assert_eq!(
            name(&archive.claim(&job("a", 1)).unwrap()),
            "2026-03-01T12-00-07Z.part2"
        );
        assert_eq!(
            name(&archive.claim(&job("a", 0)).unwrap()),
            "2026-03-01T12-00-07Z.part3"
        );
        assert_eq!(
            name(&archive.claim(&job("a", 30)).unwrap()),
            "2026-03-01T12-30-07Z"
        );
        assert_eq!(
            name(&archive.claim(&job("b", 0)).unwrap()),
            "2026-03-01T12-00-07Z"
        );
        assert_eq!(archive.passes().len(), 5);
    }

    #[test]
    fn passes_of_a_killed_program_are_noted_once() {
        let root = tempfile::tempdir().unwrap();
        let archive = Archive::open(root.path()).unwrap();
        let mut done = archive.claim(&job("a", 0)).unwrap();
        done.state.state = Outcome::Done;
        done.save().unwrap();
        archive.claim(&job("a", 30)).unwrap();
        let noted = archive.note_interrupted();
        assert_eq!(noted.len(), 1);
        assert_eq!(noted[0].state.aos, "2026-03-01T12:30:07.500000Z");
        assert!(archive.note_interrupted().is_empty());
        assert_eq!(archive.passes()[1].state.state, Outcome::Interrupted);
    }

    #[test]
    fn a_folder_is_one_process_alone() {
        let root = tempfile::tempdir().unwrap();
        let first = Archive::open(root.path()).unwrap();
        let error = Archive::open(root.path()).unwrap_err();
        assert_eq!(error.to_string(), "another `groundlink run` has it");
        drop(first);
        assert!(Archive::open(root.path()).is_ok());
    }
}
