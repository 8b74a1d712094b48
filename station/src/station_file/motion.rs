//! The keys of a station file about where it stands and how its satellites move.

use super::read::path;
use crate::doppler::{Curve, DopplerError, Motion};
use crate::orbit::{Catalogue, Choice, Site};
use crate::profile::ProfileError;
use crate::profile::error::quoted;
use crate::profile::section::{Quantity, Section};
use std::path::Path;
use std::sync::Arc;

/// What the Doppler of a downlink is known by, its files not yet read.
#[derive(Debug, Clone, PartialEq)]
pub enum MotionEntry {
    /// Elements of its satellite.
    Orbit {
        /// File, relative to the folder of the station file.
        tle: String,
        /// Which satellite of it.
        choice: Choice,
        /// Where the station stands.
        site: Site,
    },
    /// A file of measured frequencies, relative to the folder of the station file.
    Measured(String),
}

impl MotionEntry {
    /// Reads its file; `folder` is that of the station file.
    ///
    /// # Errors
    /// When it cannot be read or is none, or has no such satellite.
    pub(super) fn load(self, folder: &Path) -> Result<Motion, DopplerError> {
        let full = |file: &str| folder.join(file).to_string_lossy().into_owned();
        Ok(match self {
            Self::Orbit { tle, choice, site } => {
                let catalogue = Catalogue::load(&full(&tle))?;
                catalogue.choose(&choice, None)?;
                Motion::Orbit {
                    catalogue: Arc::new(catalogue),
                    choice,
                    site,
                }
            }
            Self::Measured(file) => Motion::Measured(Arc::new(Curve::load(&full(&file))?)),
        })
    }
}

/// The section `[site]`; `None` where it is absent.
pub(super) fn site(root: &Section<'_>) -> Result<Option<Site>, ProfileError> {
    if !root.has("site") {
        return Ok(None);
    }
    let section = root.section("site")?;
    section.only(&["latitude", "longitude", "altitude"], "")?;
    let degrees = |key, allowed| {
        let value = section.quantity(key, Quantity::Number)?;
        section.required(key, value, allowed)
    };
    let latitude = degrees("latitude", "degrees north, -90 to 90")?;
    let longitude = degrees("longitude", "degrees east, -360 to 360")?;
    let altitude = section.quantity("altitude", Quantity::Number)?.unwrap_or(0.0);
    let wrong = |key: &str, value: f64, allowed: &str| Err(section.refuse(key, value.to_string(), allowed));
    match Site::new(latitude, longitude, altitude) {
        Ok(site) => Ok(Some(site)),
        Err(_) if Site::new(latitude, 0.0, 0.0).is_err() => {
            wrong("latitude", latitude, "degrees north, -90 to 90")
        }
        Err(_) if Site::new(0.0, longitude, 0.0).is_err() => {
            wrong("longitude", longitude, "degrees east, -360 to 360")
        }
        Err(_) => wrong("altitude", altitude, "metres, -1000 to 100000"),
    }
}

/// What a downlink says of its Doppler.
pub(super) fn motion(section: &Section<'_>, site: Option<Site>) -> Result<Option<MotionEntry>, ProfileError> {
    section.not_both("tle", "doppler")?;
    if let Some(file) = path(section, "doppler", "the path of a file of frequencies")? {
        return Ok(Some(MotionEntry::Measured(file)));
    }
    let Some(tle) = path(section, "tle", "the path of a file of elements")? else {
        for key in ["norad", "satellite"] {
            if section.has(key) {
                let allowed = "beside tle, the file of elements that it is chosen from";
                return Err(section.refuse(key, "given alone".to_owned(), allowed));
            }
        }
        return Ok(None);
    };
    let allowed = "in a station file with a section [site]: latitude, longitude, altitude";
    let site = site.ok_or_else(|| section.refuse("tle", quoted(&tle), allowed))?;
    let name = section.text("satellite", "the name of a satellite")?;
    Ok(Some(MotionEntry::Orbit {
        tle,
        choice: Choice {
            norad: section.whole("norad")?.map(|norad| norad as u64),
            name: name.map(str::to_owned),
        },
        site,
    }))
}
