//! The station file of `groundlink run`: one receiver, the satellites that it takes in turns, and what becomes of them.

mod read;
mod receiver;

use super::{Downlink, Entry, StationFileError, signals};
use crate::input::OpenOptions;
use crate::orbit::{Choice, Site};
use crate::output::stream::StreamSpec;
use crate::profile::error::one_line;
use crate::profile::{Profile, read_text};
use crate::recording::RecordConfig;
use crate::station_file::Station;
use hifitime::Duration;
use std::path::{Path, PathBuf};

/// A station file of `groundlink run`, nothing that it names read yet.
#[derive(Debug, Clone, PartialEq)]
pub struct RunFile {
    /// Where the station stands.
    pub site: Site,
    /// The receiver.
    pub receiver: ReceiverEntry,
    /// HOST or HOST:PORT of a `rotctld`.
    pub rotator: Option<String>,
    /// HOST or HOST:PORT of a `rigctld`.
    pub rig: Option<String>,
    /// How passes are chosen.
    pub rules: Rules,
    /// Where they go.
    pub results: Results,
    /// What is recorded of their samples, into the folder of the pass.
    pub recording: Option<RecordConfig>,
    /// Outputs that all downlinks share.
    pub outputs: Vec<StreamSpec>,
    /// At least one, of different names.
    pub satellites: Vec<SatelliteEntry>,
}

/// What samples come from.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiverEntry {
    /// URL of a live input.
    pub input: String,
    /// How it is tuned, but for the frequency.
    pub options: OpenOptions,
}

/// How passes are chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Elevation above which a pass counts, degrees, where a satellite says nothing else.
    pub min_elevation_deg: f64,
    /// How long before AOS the receiver is started.
    pub lead: Duration,
    /// How long after LOS it is stopped.
    pub lag: Duration,
    /// How far ahead is planned.
    pub look_ahead: Duration,
    /// Shortest rest of a pass that is received when others cut it.
    pub min_pass: Duration,
    /// Age of elements from which a warning is due.
    pub max_age: Duration,
}

/// Where passes go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    /// Folder, relative to that of the station file.
    pub folder: String,
    /// Most bytes in it.
    pub quota_bytes: Option<u64>,
}

/// A satellite as the file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct SatelliteEntry {
    /// Name, a word.
    pub name: String,
    /// File of elements, relative to the folder of the station file.
    pub tle: String,
    /// Which satellite of it.
    pub choice: Choice,
    /// The higher goes first.
    pub priority: i64,
    /// Elevation above which a pass counts, degrees.
    pub min_elevation_deg: f64,
    /// What the receiver is tuned to, Hz.
    pub centre_hz: f64,
    /// Whether its Doppler is taken off the samples.
    pub doppler: bool,
    /// At least one, of names that no other downlink of the file has.
    pub downlinks: Vec<Entry>,
}

/// A satellite with the profiles of its downlinks.
#[derive(Debug, Clone)]
pub struct Member {
    /// What the file says of it.
    pub entry: SatelliteEntry,
    /// Its downlinks.
    pub downlinks: Vec<Downlink>,
}

/// A station file with the profiles that it names; elements are another matter, as they are renewed.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// Path of the file.
    pub name: String,
    /// What the file says.
    pub file: RunFile,
    /// Satellites, in the order of the file.
    pub satellites: Vec<Member>,
}

impl RunFile {
    /// Parses the text; `origin` is what messages call it. No other file is read.
    ///
    /// # Errors
    /// When it is not TOML, or not a station file of `groundlink run`.
    pub fn parse(text: &str, origin: &str) -> Result<Self, StationFileError> {
        read::run_file(text, origin)
    }
}

impl Fleet {
    /// Reads a station file and the profiles that it names.
    ///
    /// # Errors
    /// In one line, what is wrong with any of them; or a downlink that lies outside the receiver's band.
    pub fn load(path: &str) -> Result<Self, StationFileError> {
        let text = read_text(Path::new(path)).map_err(|reason| StationFileError::Read {
            path: one_line(path),
            reason: one_line(&reason.to_string()),
        })?;
        let file = RunFile::parse(&text, path)?;
        let folder = Path::new(path).parent().unwrap_or(Path::new(""));
        let member = |entry: &SatelliteEntry| -> Result<Member, StationFileError> {
            let downlinks = entry.downlinks.iter().cloned();
            Ok(Member {
                downlinks: downlinks
                    .map(|downlink| downlink.load(folder))
                    .collect::<Result<_, _>>()?,
                entry: entry.clone(),
            })
        };
        let satellites: Vec<Member> = file.satellites.iter().map(member).collect::<Result<_, _>>()?;
        if let Some(rate) = file.receiver.options.sample_rate_hz {
            for satellite in &satellites {
                let station = satellite.station();
                signals(&station, &station.offsets(station.centre_hz)?, rate)?;
            }
        }
        Ok(Self {
            name: path.to_owned(),
            file,
            satellites,
        })
    }

    /// A path of the file, which is relative to its folder.
    pub fn path(&self, named: &str) -> PathBuf {
        Path::new(&self.name)
            .parent()
            .unwrap_or(Path::new(""))
            .join(named)
    }

    /// All files that it depends on, itself the first.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = vec![PathBuf::from(&self.name)];
        let builtin = Profile::builtin_names();
        for satellite in &self.file.satellites {
            let profiles = satellite.downlinks.iter().map(|downlink| &downlink.profile);
            let profiles = profiles.filter(|name| !builtin.contains(&name.as_str()));
            for named in profiles.chain([&satellite.tle]) {
                let path = self.path(named);
                if !files.contains(&path) {
                    files.push(path);
                }
            }
        }
        files
    }
}

impl Member {
    /// What is to be taken from the samples of a pass, without Doppler or files.
    pub fn station(&self) -> Station {
        Station {
            name: self.entry.name.clone(),
            centre_hz: Some(self.entry.centre_hz),
            downlinks: self.downlinks.clone(),
        }
    }
}
