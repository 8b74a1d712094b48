//! What can be wrong with a station file, in one line each.

use crate::doppler::DopplerError;
use crate::profile::{Place, ProfileError};
use thiserror::Error;

/// A station file that cannot be read, is wrong, or does not go with the samples.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StationFileError {
    /// Something in its text.
    #[error(transparent)]
    Text(#[from] ProfileError),
    /// The file could not be read.
    #[error("cannot read station file {path}: {reason}")]
    Read {
        /// Path of the file.
        path: String,
        /// The system's reason.
        reason: String,
    },
    /// Two downlinks of one name.
    #[error("{place}: a second downlink is called {name}, names must be different")]
    SameName {
        /// Where the second is.
        place: Place,
        /// The name.
        name: String,
    },
    /// The profile of a downlink.
    #[error("{place}: downlink {downlink}: {source}")]
    Profile {
        /// Where the downlink is.
        place: Place,
        /// Its name.
        downlink: String,
        /// What is wrong.
        source: Box<ProfileError>,
    },
    /// The profile of a downlink begins behind the demodulator.
    #[error("{place}: downlink {downlink}: profile {profile} has no [signal], which every downlink needs")]
    NoSignal {
        /// Where the downlink is.
        place: Place,
        /// Its name.
        downlink: String,
        /// The profile's.
        profile: String,
    },
    /// A frequency, but samples of an unknown centre.
    #[error(
        "downlink {downlink} has a frequency, but the input does not say at which it is centred: give offset in place \
         of frequency, or center_frequency"
    )]
    NoCentre {
        /// Name of the downlink.
        downlink: String,
    },
    /// A downlink's Doppler.
    #[error("{place}: downlink {downlink}: {source}")]
    Doppler {
        /// Where its profile is given.
        place: Place,
        /// Name of the downlink.
        downlink: String,
        /// What is wrong.
        source: Box<DopplerError>,
    },
    /// A downlink outside the samples' band.
    #[error(
        "downlink {downlink} lies {offset_hz} Hz from the centre of the samples, must be within {half_rate_hz} Hz"
    )]
    OutOfBand {
        /// Name of the downlink.
        downlink: String,
        /// Distance from the centre, Hz.
        offset_hz: String,
        /// Half the sample rate, Hz.
        half_rate_hz: String,
    },
    /// Real samples.
    #[error("{input}: the samples are real, a station takes its downlinks from complex ones")]
    Real {
        /// Input name.
        input: String,
    },
    /// Two outputs that go to one place.
    #[error("{first} and {second} cannot both go to {path}")]
    SharedOutput {
        /// An output.
        first: String,
        /// Another.
        second: String,
        /// The file.
        path: String,
    },
    /// An output would overwrite the input while it is read.
    #[error("{output}, {path}, would overwrite the input")]
    OverInput {
        /// The output.
        output: String,
        /// The file.
        path: String,
    },
}
