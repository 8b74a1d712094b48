//! Where satellites are: elements, SGP4, the sky over a site, passes and Doppler.
//!
//! SGP4 (crate `sgp4`, WGS 72 as the elements are made with) gives position and velocity in TEME; turned by Greenwich
//! mean sidereal time (IAU 1982) they are those of the rotating Earth. UT1 is taken to be UTC and the motion of the
//! poles is left out: less than 0.9 s of the Earth's rotation and 15 m, that is 0.4 km at the equator, where SGP4 itself
//! is good to about a kilometre at the elements' epoch and to a few more for each day away from it.

mod elements;
mod error;
mod omm;
mod pass;
mod site;
mod tle;

pub use elements::{Catalogue, Choice, Elements};
pub use error::OrbitError;
pub use pass::{Pass, PassPoint, passes};
pub use site::Site;

use crate::time::utc_text;
use hifitime::Epoch;
use sgp4::{Constants, MinutesSinceEpoch, Orbit, WGS72, iau_epoch_to_sidereal_time};
use std::f64::consts::{PI, TAU};

/// Speed of light, km/s.
const LIGHT_KM_S: f64 = 299_792.458;
/// The Earth's rotation, rad/s (IERS).
const ROTATION: f64 = 7.292_115e-5;
/// Elements say nothing beyond this, days. Those of a day ago are good, those of a month ago seldom are.
const FARTHEST_DAYS: f64 = 3660.0;
/// Age of elements from which a warning is due, days.
const STALE_DAYS: f64 = 14.0;

/// A satellite seen from a site.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// From north over east, degrees, 0 to 360.
    pub azimuth_deg: f64,
    /// Above the horizon, degrees; refraction is left out.
    pub elevation_deg: f64,
    /// Distance, km.
    pub range_km: f64,
    /// Its change, km/s: positive going away.
    pub range_rate_km_s: f64,
}

impl Look {
    /// By how much more than `frequency_hz` a carrier sent with it is received, Hz.
    ///
    /// `f / (1 + v/c) − f`; relativity's part (below 1e-9 of the frequency) is left out.
    pub fn doppler_hz(&self, frequency_hz: f64) -> f64 {
        let ratio = self.range_rate_km_s / LIGHT_KM_S;
        -frequency_hz * ratio / (1.0 + ratio)
    }
}

/// A satellite whose elements are those of an orbit.
#[derive(Debug, Clone)]
pub struct Satellite {
    elements: Elements,
    constants: Constants,
    epoch_days: f64,
}

impl Satellite {
    /// The satellite of these elements.
    ///
    /// # Errors
    /// When they are those of no orbit that SGP4 can follow.
    pub fn new(elements: &Elements) -> Result<Self, OrbitError> {
        check(elements)?;
        let wrong = |what: String| OrbitError::Orbit {
            satellite: elements.title(),
            what,
        };
        let orbit = Orbit::from_kozai_elements(
            &WGS72,
            elements.inclination_deg.to_radians(),
            elements.node_deg.to_radians(),
            elements.eccentricity,
            elements.perigee_deg.to_radians(),
            elements.anomaly_deg.to_radians(),
            elements.mean_motion * PI / 720.0,
        )
        .map_err(|error| wrong(error.to_string()))?;
        let epoch_days = elements.epoch.to_mjd_utc_days();
        let years = (epoch_days - 51_544.5) / 365.25;
        let constants = Constants::new(WGS72, iau_epoch_to_sidereal_time, years, elements.bstar, orbit)
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            elements: elements.clone(),
            constants,
            epoch_days,
        })
    }

    /// Its elements.
    pub fn elements(&self) -> &Elements {
        &self.elements
    }

    /// What it is called.
    pub fn title(&self) -> String {
        self.elements.title()
    }

    /// Duration of a revolution, s.
    pub fn period_s(&self) -> f64 {
        86_400.0 / self.elements.mean_motion
    }

    /// A line about elements that are old at this time.
    pub fn warning(&self, at: Epoch) -> Option<String> {
        let days = (at.to_mjd_utc_days() - self.epoch_days).abs();
        (days > STALE_DAYS).then(|| {
            format!(
                "the elements of {} are of {}, {days:.0} days away: predictions may be off",
                self.title(),
                utc_text(self.elements.epoch),
            )
        })
    }

    /// Where it stands in the sky over a site.
    ///
    /// # Errors
    /// When SGP4 has no answer for this time: too far from the epoch, or the orbit has decayed.
    pub fn look(&self, site: &Site, at: Epoch) -> Result<Look, OrbitError> {
        let days = at.to_mjd_utc_days();
        let (position, velocity) = self.propagate(days).map_err(|what| self.out_of_date(at, what))?;
        let (position, velocity) = rotating(position, velocity, sidereal_time(days));
        Ok(site.look(position, velocity))
    }

    fn out_of_date(&self, at: Epoch, what: String) -> OrbitError {
        OrbitError::OutOfDate {
            satellite: self.title(),
            epoch: utc_text(self.elements.epoch),
            at: utc_text(at),
            what,
        }
    }

    /// Position (km) and velocity (km/s) in TEME on this modified Julian date (UTC).
    fn propagate(&self, days: f64) -> Result<([f64; 3], [f64; 3]), String> {
        // UTC days of 86400 s, as elements count: a leap second between is passed over.
        let since = days - self.epoch_days;
        if since.is_nan() || since.abs() > FARTHEST_DAYS {
            return Err(format!("{since:.0} days away, must be within {FARTHEST_DAYS}"));
        }
        let state = self
            .constants
            .propagate(MinutesSinceEpoch(since * 1440.0))
            .map_err(|error| error.to_string())?;
        let finite = state
            .position
            .iter()
            .chain(&state.velocity)
            .all(|x| x.is_finite());
        if !finite {
            return Err("SGP4 gives no position".to_owned());
        }
        Ok((state.position, state.velocity))
    }
}

/// Bounds within which SGP4 does not wander into what is no number.
fn check(elements: &Elements) -> Result<(), OrbitError> {
    for (key, value, least, most) in [
        ("mean motion (per day)", elements.mean_motion, 1e-3, 20.0),
        ("eccentricity", elements.eccentricity, 0.0, 0.999_999),
        ("inclination (deg)", elements.inclination_deg, 0.0, 180.0),
        ("right ascension (deg)", elements.node_deg, -360.0, 360.0),
        ("argument of perigee (deg)", elements.perigee_deg, -360.0, 360.0),
        ("mean anomaly (deg)", elements.anomaly_deg, -360.0, 360.0),
        ("B* (per Earth radius)", elements.bstar, -10.0, 10.0),
    ] {
        if !(least..=most).contains(&value) {
            return Err(OrbitError::Orbit {
                satellite: elements.title(),
                what: format!("{key} is {value}, must be {least} to {most}"),
            });
        }
    }
    Ok(())
}

/// Greenwich mean sidereal time (IAU 1982), radians, of a modified Julian date (UT1).
fn sidereal_time(days: f64) -> f64 {
    let centuries = (days - 51_544.5) / 36_525.0;
    // Of the part that is linear in time, the whole turns are taken off first.
    let turns = (days - 51_544.5).rem_euclid(1.0);
    let seconds = 67_310.548_41 + 8_640_184.812_866 * centuries + 0.093_104 * centuries * centuries
        - 6.2e-6 * centuries * centuries * centuries;
    (TAU * turns + seconds * TAU / 86_400.0).rem_euclid(TAU)
}

/// From TEME to the rotating Earth.
fn rotating(position: [f64; 3], velocity: [f64; 3], angle: f64) -> ([f64; 3], [f64; 3]) {
    let (sin, cos) = angle.sin_cos();
    let turn = |[x, y, z]: [f64; 3]| [x * cos + y * sin, y * cos - x * sin, z];
    let (position, velocity) = (turn(position), turn(velocity));
    let [vx, vy, vz] = velocity;
    let velocity = [vx + ROTATION * position[1], vy - ROTATION * position[0], vz];
    (position, velocity)
}
