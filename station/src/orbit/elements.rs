//! Mean elements for SGP4, and the files that hold them.

use super::OrbitError;
use super::{omm, tle};
use hifitime::Epoch;
use std::fs::File;
use std::io::Read;

/// Longest file of elements: several times the whole catalogue in the wordiest format.
const LONGEST: u64 = 256 << 20;

/// Mean elements of one satellite (Brouwer-Kozai, TEME of epoch, as TLE and OMM have them).
#[derive(Debug, Clone, PartialEq)]
pub struct Elements {
    /// Name, where the file has one.
    pub name: Option<String>,
    /// NORAD catalogue number, where the file has one.
    pub norad: Option<u64>,
    /// International designator, where the file has one.
    pub designator: Option<String>,
    /// Epoch.
    pub epoch: Epoch,
    /// Revolutions per day (Kozai).
    pub mean_motion: f64,
    /// Eccentricity.
    pub eccentricity: f64,
    /// Inclination, degrees.
    pub inclination_deg: f64,
    /// Right ascension of the ascending node, degrees.
    pub node_deg: f64,
    /// Argument of perigee, degrees.
    pub perigee_deg: f64,
    /// Mean anomaly, degrees.
    pub anomaly_deg: f64,
    /// B*, per Earth radius.
    pub bstar: f64,
}

impl Elements {
    /// What to call the satellite: its name, or its number, or its designator.
    pub fn title(&self) -> String {
        let number = || self.norad.map(|norad| norad.to_string());
        let designator = || self.designator.clone();
        self.name
            .clone()
            .or_else(number)
            .or_else(designator)
            .unwrap_or_else(|| "unnamed".to_owned())
    }

    /// Whether it is called so, capitals or not, with or without what stands in parentheses behind the name.
    fn called(&self, name: &str) -> bool {
        let own = self.name.as_deref().unwrap_or_default();
        let short = own.split(" (").next().unwrap_or_default();
        [own, short].iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// Which satellite of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// By NORAD catalogue number.
    pub norad: Option<u64>,
    /// By name.
    pub name: Option<String>,
}

/// The satellites of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    /// What the file is called.
    pub name: String,
    /// Elements in the order of the file; a satellite may be there several times with different epochs.
    pub elements: Vec<Elements>,
}

impl Catalogue {
    /// Reads a file: TLE (two or three lines), or OMM as JSON, XML, KVN or CSV.
    ///
    /// # Errors
    /// When it cannot be read, or is none of these, or has no satellite.
    pub fn load(path: &str) -> Result<Self, OrbitError> {
        let unreadable = |error: std::io::Error| OrbitError::Read {
            name: path.to_owned(),
            reason: error.to_string(),
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(LONGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if bytes.len() as u64 > LONGEST {
            return Err(OrbitError::TooLong {
                name: path.to_owned(),
                most: LONGEST,
            });
        }
        Self::parse(path, &String::from_utf8_lossy(&bytes))
    }

    /// Reads the text of such a file; `name` is what messages call it.
    ///
    /// # Errors
    /// When it is none, or has no satellite.
    pub fn parse(name: &str, text: &str) -> Result<Self, OrbitError> {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let elements = match omm::format_of(text) {
            Some(format) => omm::parse(name, format, text)?,
            None => tle::parse(name, text)?,
        };
        if elements.is_empty() {
            return Err(OrbitError::Empty {
                name: name.to_owned(),
            });
        }
        Ok(Self {
            name: name.to_owned(),
            elements,
        })
    }

    /// The satellite that is meant; of several epochs the one nearest to `at`, without a time the newest.
    ///
    /// # Errors
    /// When there is none, or none was named among several.
    pub fn choose(&self, choice: &Choice, at: Option<Epoch>) -> Result<&Elements, OrbitError> {
        let fits = |elements: &&Elements| {
            choice.norad.is_none_or(|norad| elements.norad == Some(norad))
                && choice.name.as_deref().is_none_or(|name| elements.called(name))
        };
        let found: Vec<&Elements> = self.elements.iter().filter(fits).collect();
        let first = found.first().ok_or_else(|| OrbitError::NotThere {
            name: self.name.clone(),
            wanted: wanted(choice),
            count: self.elements.len(),
        })?;
        if found.iter().any(|other| !same_satellite(first, other)) {
            return Err(OrbitError::Several {
                name: self.name.clone(),
                count: found.len(),
            });
        }
        Ok(best(&found, at).unwrap_or(first))
    }

    /// Every satellite once, in the order of the file, with the elements that [`Self::choose`] would take.
    pub fn satellites(&self, at: Option<Epoch>) -> Vec<&Elements> {
        let mut groups: Vec<Vec<&Elements>> = Vec::new();
        for elements in &self.elements {
            match groups
                .iter_mut()
                .find(|group| elements.norad.is_some() && same_satellite(group[0], elements))
            {
                Some(group) => group.push(elements),
                None => groups.push(vec![elements]),
            }
        }
        groups.iter().filter_map(|group| best(group, at)).collect()
    }
}

/// A name without what would break a line.
pub(super) fn tidy(name: &str) -> String {
    name.trim().replace(char::is_control, " ")
}

fn same_satellite(one: &Elements, other: &Elements) -> bool {
    one.norad == other.norad && (one.norad.is_some() || one.name == other.name)
}

fn best<'a>(group: &[&'a Elements], at: Option<Epoch>) -> Option<&'a Elements> {
    let newest = || group.iter().copied().max_by_key(|elements| elements.epoch);
    at.map_or_else(newest, |at| {
        group
            .iter()
            .copied()
            .min_by_key(|elements| (elements.epoch - at).abs())
    })
}

fn wanted(choice: &Choice) -> String {
    let number = choice.norad.map(|norad| norad.to_string());
    let name = choice.name.as_ref().map(|name| format!("{name:?}"));
    [number, name].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
