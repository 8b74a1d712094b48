//! The passes of a station's satellites.

use super::plan::Candidate;
use crate::orbit::{Catalogue, Choice, OrbitError, Pass, Satellite, passes};
use crate::station_file::{Fleet, Member};
use crate::time::utc_text;
use hifitime::{Duration, Epoch};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A satellite with the file that its elements are from.
#[derive(Debug, Clone)]
pub struct Followed {
    /// The satellite.
    pub satellite: Satellite,
    /// The file.
    pub catalogue: Arc<Catalogue>,
    /// What the station file calls it.
    tle: String,
    choice: Choice,
}

/// The satellites of a station file whose elements can be had.
#[derive(Debug, Clone, Default)]
pub struct Sky {
    /// In the order of the file; `None` where there are no elements.
    pub satellites: Vec<Option<Followed>>,
    /// What is wrong with elements, and which are old.
    pub warnings: Vec<String>,
}

impl Sky {
    /// Reads the elements of all satellites; what is wrong with those of one keeps nobody from the others, and it goes on
    /// with the ones that were known before.
    pub fn load(fleet: &Fleet, before: &Self, now: Epoch) -> Self {
        let mut files: BTreeMap<PathBuf, Result<Arc<Catalogue>, String>> = BTreeMap::new();
        let mut sky = Self::default();
        for member in &fleet.satellites {
            let path = fleet.path(&member.entry.tle);
            let file = files.entry(path.clone()).or_insert_with(|| {
                Catalogue::load(&path.to_string_lossy())
                    .map(Arc::new)
                    .map_err(|error| error.to_string())
            });
            let followed = (file.as_ref().map_err(Clone::clone))
                .and_then(|file| followed(file, member, now).map_err(|error| error.to_string()));
            let followed = match followed {
                Ok(followed) => {
                    sky.warnings.extend(old(&followed, fleet.file.rules.max_age, now));
                    Some(followed)
                }
                Err(error) => {
                    let known = before.known(member).cloned();
                    sky.warnings.push(match &known {
                        Some(_) => format!("{}: {error}; going on as before", member.entry.name),
                        None => format!("no passes of {}: {error}", member.entry.name),
                    });
                    known
                }
            };
            sky.satellites.push(followed);
        }
        sky
    }

    /// What is known of a satellite of the station file, wherever it stood there.
    fn known(&self, member: &Member) -> Option<&Followed> {
        let same =
            |followed: &&Followed| followed.tle == member.entry.tle && followed.choice == member.entry.choice;
        self.satellites.iter().flatten().find(same)
    }

    /// All passes from the beginning of yesterday on, for as long as is looked ahead from the end of today; and what
    /// cannot be told. The same for a whole day, so that it does not matter when on that day a station is started.
    pub fn candidates(&self, fleet: &Fleet, now: Epoch) -> (Vec<Candidate>, Vec<String>) {
        let from = midnight(now) - Duration::from_days(1.0);
        let seconds = (horizon(fleet, now) - from).to_seconds();
        let (mut found, mut warnings) = (Vec::new(), Vec::new());
        for (number, member) in fleet.satellites.iter().enumerate() {
            let Some(Some(followed)) = self.satellites.get(number) else {
                continue;
            };
            let least = member.entry.min_elevation_deg;
            match passes(&followed.satellite, &fleet.file.site, from, seconds, least) {
                Ok(list) => {
                    for pass in &list {
                        found.extend(of_pass(fleet, number, pass));
                    }
                }
                Err(error) => warnings.push(format!("no passes of {}: {error}", member.entry.name)),
            }
        }
        (found, warnings)
    }
}

fn followed(file: &Arc<Catalogue>, member: &Member, now: Epoch) -> Result<Followed, OrbitError> {
    Ok(Followed {
        satellite: Satellite::new(file.choose(&member.entry.choice, Some(now))?)?,
        catalogue: Arc::clone(file),
        tle: member.entry.tle.clone(),
        choice: member.entry.choice.clone(),
    })
}

fn old(followed: &Followed, most: Duration, now: Epoch) -> Option<String> {
    let epoch = followed.satellite.elements().epoch;
    let age = (now - epoch).abs();
    (age > most).then(|| {
        format!(
            "the elements of {} are of {}, {:.0} days away: predictions may be off",
            followed.satellite.title(),
            utc_text(epoch),
            age.to_unit(hifitime::Unit::Day),
        )
    })
}

/// How far is planned.
pub fn horizon(fleet: &Fleet, now: Epoch) -> Epoch {
    midnight(now) + Duration::from_days(1.0) + fleet.file.rules.look_ahead
}

/// The beginning of the day, UTC.
fn midnight(at: Epoch) -> Epoch {
    Epoch::from_mjd_utc(at.to_mjd_utc_days().floor())
}

/// A pass as a candidate; one that lasts longer than a day (a satellite that hardly moves in the sky) is cut into days.
fn of_pass(fleet: &Fleet, number: usize, pass: &Pass) -> Vec<Candidate> {
    let (entry, rules) = (&fleet.satellites[number].entry, &fleet.file.rules);
    let day = Duration::from_days(1.0);
    let whole = Candidate {
        satellite: number,
        name: entry.name.clone(),
        priority: entry.priority,
        aos: pass.aos.at,
        tca: pass.tca.at,
        los: pass.los.at,
        elevation_deg: pass.tca.look.elevation_deg,
        lead: rules.lead,
        lag: rules.lag,
    };
    if whole.los - whole.aos <= day {
        return vec![whole];
    }
    let mut days = Vec::new();
    let mut from = whole.aos;
    while from < whole.los {
        let to = (midnight(from) + day).min(whole.los);
        days.push(Candidate {
            aos: from,
            tca: whole.tca.max(from).min(to),
            los: to,
            lead: Duration::ZERO,
            lag: Duration::ZERO,
            ..whole.clone()
        });
        from = to;
    }
    days
}
