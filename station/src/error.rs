//! What can end a run early.

use crate::doppler::DopplerError;
use crate::input::{InputError, SigmfWriteError};
use crate::profile::ProfileError;
use crate::station_file::StationFileError;
use crate::time::PacketTimeError;
use groundlink_decoder::coding::CodingError;
use groundlink_decoder::link::LinkError;
use groundlink_dsp::ConfigError;
use std::sync::Arc;
use thiserror::Error;

/// A run that cannot begin or go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StationError {
    /// The input cannot be opened or read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A recording cannot be written.
    #[error(transparent)]
    Recording(#[from] SigmfWriteError),
    /// What is to be recorded cannot be.
    #[error("record: {field} is {value}, must be {allowed}")]
    Record {
        /// What is wrong.
        field: &'static str,
        /// Its value.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// The link profile is wrong.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The station file is wrong, or does not go with the samples.
    #[error(transparent)]
    StationFile(Box<StationFileError>),
    /// What ended the runs of several downlinks at once.
    #[error(transparent)]
    Common(Arc<StationError>),
    /// One downlink of several cannot begin.
    #[error("downlink {name}: {source}")]
    Downlink {
        /// Its name.
        name: String,
        /// Why.
        source: Box<StationError>,
    },
    /// The signal cannot be received at this sample rate.
    #[error("profile {profile}: {source}")]
    Signal {
        /// Profile name.
        profile: String,
        /// What is wrong.
        source: ConfigError,
    },
    /// The coding of the profile cannot be.
    #[error("profile {profile}: {source}")]
    Coding {
        /// Profile name.
        profile: String,
        /// What is wrong.
        source: CodingError,
    },
    /// The frames of the profile cannot be.
    #[error("profile {profile}: {source}")]
    Link {
        /// Profile name.
        profile: String,
        /// What is wrong.
        source: LinkError,
    },
    /// A packet's time code cannot say the time.
    #[error("profile {profile}: packets.time: {source}")]
    PacketTime {
        /// Profile name.
        profile: String,
        /// What is wrong.
        source: PacketTimeError,
    },
    /// An impairment that the simulated samples cannot have.
    #[error("{option} cannot be in {samples}")]
    Impairment {
        /// Impairment.
        option: &'static str,
        /// What it is not for.
        samples: &'static str,
    },
    /// A table of Doppler is none.
    #[error("Doppler table {name}: line {line} {what}")]
    DopplerTable {
        /// Name of the file.
        name: String,
        /// Line, counted from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Doppler cannot be taken off or written.
    #[error(transparent)]
    Doppler(Box<DopplerError>),
    /// The input does not say its sample rate.
    #[error("{input}: the sample rate is not known, give --rate")]
    NoSampleRate {
        /// Input name.
        input: String,
    },
    /// The profile cannot be run on this input.
    #[error("{input}: the profile does not go with this input")]
    NotExplained {
        /// Input name.
        input: String,
    },
    /// An output cannot be written.
    #[error("cannot write {name}: {source}")]
    Output {
        /// Path, or "stdout".
        name: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Two outputs go to stdout.
    #[error("{first} and {second} cannot both go to stdout")]
    SharedStdout {
        /// Option name.
        first: &'static str,
        /// Option name.
        second: &'static str,
    },
    /// Two outputs go to the same file.
    #[error("{first} and {second} cannot both go to {path}")]
    SharedFile {
        /// Option name.
        first: &'static str,
        /// Option name.
        second: &'static str,
        /// The file.
        path: String,
    },
    /// An output would overwrite the input while it is read.
    #[error("{option} {path} would overwrite the input")]
    OverInput {
        /// Option name.
        option: &'static str,
        /// The file.
        path: String,
    },
    /// The run was asked to stop before its input gave anything.
    #[error("{input}: stopped before anything came")]
    Stopped {
        /// Input name.
        input: String,
    },
    /// Bad frames are to be marked where nothing can mark them.
    #[error("--bad-frames mark with --frames - needs --events FILE to hold the labels")]
    NoLabels,
    /// A stage's thread died; a defect of the program.
    #[error("the {stage} thread ended unexpectedly")]
    Thread {
        /// Which.
        stage: &'static str,
    },
}

impl From<DopplerError> for StationError {
    fn from(error: DopplerError) -> Self {
        Self::Doppler(Box::new(error))
    }
}

impl From<StationFileError> for StationError {
    fn from(error: StationFileError) -> Self {
        Self::StationFile(Box::new(error))
    }
}
