//! Station files: which downlinks to take out of one stream of samples, in TOML and parsed as strictly as profiles.
//!
//! `docs/station-file.md` lists every key.

mod error;
mod motion;
mod read;
mod run;

pub use error::StationFileError;
pub use motion::MotionEntry;
pub use run::{Fleet, Member, ReceiverEntry, Results, Rules, RunFile, SatelliteEntry};

use crate::doppler::DopplerConfig;
use crate::input::InputInfo;
use crate::output::stream::StreamSpec;
use crate::output::{OutputConfig, same_file, stream_files};
use crate::profile::error::{Place, one_line};
use crate::profile::{Profile, read_text};
use groundlink_dsp::SignalConfig;
use std::path::Path;

/// Where a downlink lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tuning {
    /// Its frequency, Hz.
    Frequency(f64),
    /// Its distance from the centre of the samples, Hz.
    Offset(f64),
}

/// A downlink as the file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Name, a word.
    pub name: String,
    /// Built-in profile, or a file: relative to the folder of the station file.
    pub profile: String,
    /// Changes of keys of the profile.
    pub set: Vec<String>,
    /// Where it lies.
    pub tuning: Tuning,
    /// What its Doppler is known by, where it is to be taken off.
    pub motion: Option<MotionEntry>,
    /// Where its data go.
    pub outputs: OutputConfig,
    place: Place,
}

/// A station file, its profiles not yet loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct StationFile {
    /// Frequency of the samples' centre, Hz; goes before what the samples say themselves.
    pub centre_hz: Option<f64>,
    /// Downlinks, at least one, all of different names.
    pub downlinks: Vec<Entry>,
}

/// A downlink with its profile.
#[derive(Debug, Clone)]
pub struct Downlink {
    /// Name, a word.
    pub name: String,
    /// What it sends.
    pub profile: Profile,
    /// Where it lies.
    pub tuning: Tuning,
    /// Doppler to take off.
    pub doppler: DopplerConfig,
    /// Where its data go.
    pub outputs: OutputConfig,
}

/// A station: the downlinks of one stream of samples.
#[derive(Debug, Clone)]
pub struct Station {
    /// What the file is called.
    pub name: String,
    /// Frequency of the samples' centre, Hz; goes before what the samples say themselves.
    pub centre_hz: Option<f64>,
    /// Downlinks, at least one, all of different names.
    pub downlinks: Vec<Downlink>,
}

impl StationFile {
    /// Parses a station file. `origin` is what messages call it, usually its path. No other file is read.
    ///
    /// # Errors
    /// When the text is not TOML or not a station file.
    pub fn parse(text: &str, origin: &str) -> Result<Self, StationFileError> {
        read::station_file(text, origin)
    }
}

impl Entry {
    /// The downlink with its profile loaded; `folder` is that of the station file.
    ///
    /// # Errors
    /// When there is no such profile, it is wrong, or it has no signal.
    pub fn load(self, folder: &Path) -> Result<Downlink, StationFileError> {
        let builtin = Profile::builtin_names().contains(&self.profile.as_str());
        let path = if builtin {
            self.profile.clone()
        } else {
            folder.join(&self.profile).to_string_lossy().into_owned()
        };
        let profile = Profile::load(&path, &self.set).map_err(|source| StationFileError::Profile {
            place: self.place.clone(),
            downlink: self.name.clone(),
            source: Box::new(source),
        })?;
        if profile.signal.is_none() {
            return Err(StationFileError::NoSignal {
                place: self.place,
                downlink: self.name,
                profile: profile.name,
            });
        }
        let motion = self.motion.map(|motion| motion.load(folder)).transpose();
        let motion = motion.map_err(|source| StationFileError::Doppler {
            place: self.place,
            downlink: self.name.clone(),
            source: Box::new(source),
        })?;
        Ok(Downlink {
            doppler: DopplerConfig {
                motion,
                carrier_hz: None,
            },
            outputs: OutputConfig {
                downlink: Some(self.name.clone()),
                ..self.outputs
            },
            name: self.name,
            profile,
            tuning: self.tuning,
        })
    }
}

impl Station {
    /// Loads a station file and the profiles that it names.
    ///
    /// # Errors
    /// When it or one of them cannot be read or is wrong.
    pub fn load(path: &str) -> Result<Self, StationFileError> {
        let text = read_text(Path::new(path)).map_err(|reason| StationFileError::Read {
            path: one_line(path),
            reason: one_line(&reason.to_string()),
        })?;
        let file = StationFile::parse(&text, path)?;
        let folder = Path::new(path).parent().unwrap_or(Path::new(""));
        Ok(Self {
            name: path.to_owned(),
            centre_hz: file.centre_hz,
            downlinks: file
                .downlinks
                .into_iter()
                .map(|entry| entry.load(folder))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Frequency of the samples' centre, Hz, as far as anybody says, and a warning where the samples say otherwise.
    pub fn centre_of(&self, info: &InputInfo) -> (Option<f64>, Option<String>) {
        let mut stated = info.captures.iter().filter_map(|capture| capture.frequency_hz);
        let first = stated.next();
        let text = match (self.centre_hz, first) {
            (Some(given), Some(first)) if given != first => Some(format!(
                "the samples say that they are centred at {first} Hz, the station file {given} Hz: taken as the station file says"
            )),
            (None, Some(first)) => stated.find(|other| *other != first).map(|other| {
                format!(
                    "the samples are centred at {first} Hz first and at {other} Hz later: taken as at first"
                )
            }),
            _ => None,
        };
        (self.centre_hz.or(first), text)
    }

    /// Distance of each downlink from the centre of the samples, Hz.
    ///
    /// # Errors
    /// When one is given by its frequency, and that of the centre is not known.
    pub fn offsets(&self, centre_hz: Option<f64>) -> Result<Vec<f64>, StationFileError> {
        let offset = |downlink: &Downlink| match (downlink.tuning, centre_hz) {
            (Tuning::Offset(offset), _) => Ok(offset),
            (Tuning::Frequency(frequency), Some(centre)) => Ok(frequency - centre),
            (Tuning::Frequency(_), None) => Err(StationFileError::NoCentre {
                downlink: downlink.name.clone(),
            }),
        };
        self.downlinks.iter().map(offset).collect()
    }

    /// Checks that no two outputs go to the same place, and none over the input.
    ///
    /// # Errors
    /// When two would.
    pub fn check_outputs(
        &self,
        input: &str,
        report: Option<&str>,
        streams: &[StreamSpec],
    ) -> Result<(), StationFileError> {
        let own = report.map(|path| ("--report", path)).into_iter();
        let mut targets: Vec<(String, &str)> = own
            .chain(stream_files(streams))
            .map(|(option, path)| (option.to_owned(), path))
            .collect();
        for downlink in &self.downlinks {
            let named = downlink.outputs.named().map(|(option, path)| {
                let key = option.trim_start_matches('-').replace('-', "_");
                (format!("{key} of downlink {}", downlink.name), path)
            });
            targets.extend(named);
        }
        for (nth, (second, path)) in targets.iter().enumerate() {
            if *path != "-" && same_file(path, input) {
                return Err(StationFileError::OverInput {
                    output: second.clone(),
                    path: (*path).to_owned(),
                });
            }
            let same = |other: &str| other == *path && other == "-" || *path != "-" && same_file(other, path);
            if let Some((first, _)) = targets[..nth].iter().find(|(_, other)| same(other)) {
                return Err(StationFileError::SharedOutput {
                    first: first.clone(),
                    second: second.clone(),
                    path: if *path == "-" {
                        "stdout".to_owned()
                    } else {
                        (*path).to_owned()
                    },
                });
            }
        }
        Ok(())
    }
}

/// What the downlinks are in the wide stream.
pub(crate) fn signals(
    station: &Station,
    offsets: &[f64],
    rate: f64,
) -> Result<Vec<SignalConfig>, StationFileError> {
    let signal = |(downlink, offset): (&Downlink, &f64)| {
        let signal = downlink.profile.signal_config(rate, true)?;
        let carrier_hz = signal.carrier_hz + offset;
        if carrier_hz.abs() > rate / 2.0 {
            return Err(StationFileError::OutOfBand {
                downlink: downlink.name.clone(),
                offset_hz: carrier_hz.to_string(),
                half_rate_hz: (rate / 2.0).to_string(),
            });
        }
        Ok(SignalConfig { carrier_hz, ..signal })
    };
    station.downlinks.iter().zip(offsets).map(signal).collect()
}
