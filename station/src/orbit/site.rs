//! A place on Earth.

use super::{Look, OrbitError};
use std::str::FromStr;

/// WGS 84: equatorial radius, km, and flattening.
const RADIUS_KM: f64 = 6378.137;
const FLATTENING: f64 = 1.0 / 298.257_223_563;

/// A place on Earth (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    latitude_deg: f64,
    longitude_deg: f64,
    altitude_m: f64,
    /// Its position, km.
    position: [f64; 3],
    /// East, north and up there.
    axes: [[f64; 3]; 3],
}

impl Site {
    /// A place of this latitude (north positive), longitude (east positive) and altitude over the ellipsoid.
    ///
    /// # Errors
    /// When it is nowhere: latitude beyond ±90, longitude beyond ±360, altitude beyond −1000 to 100 000 m.
    pub fn new(latitude_deg: f64, longitude_deg: f64, altitude_m: f64) -> Result<Self, OrbitError> {
        for (key, value, bounds, allowed) in [
            ("latitude", latitude_deg, -90.0..=90.0, "-90 to 90 degrees"),
            ("longitude", longitude_deg, -360.0..=360.0, "-360 to 360 degrees"),
            ("altitude", altitude_m, -1e3..=1e5, "-1000 to 100000 m"),
        ] {
            if !bounds.contains(&value) {
                return Err(OrbitError::Site {
                    key,
                    found: value.to_string(),
                    allowed,
                });
            }
        }
        let (sin_lat, cos_lat) = latitude_deg.to_radians().sin_cos();
        let (sin_lon, cos_lon) = longitude_deg.to_radians().sin_cos();
        let square = FLATTENING * (2.0 - FLATTENING);
        let normal = RADIUS_KM / (1.0 - square * sin_lat * sin_lat).sqrt();
        let altitude = altitude_m / 1e3;
        let from_axis = (normal + altitude) * cos_lat;
        Ok(Self {
            latitude_deg,
            longitude_deg,
            altitude_m,
            position: [
                from_axis * cos_lon,
                from_axis * sin_lon,
                (normal * (1.0 - square) + altitude) * sin_lat,
            ],
            axes: [
                [-sin_lon, cos_lon, 0.0],
                [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
                [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
            ],
        })
    }

    /// Latitude, degrees, north positive.
    pub fn latitude_deg(&self) -> f64 {
        self.latitude_deg
    }

    /// Longitude, degrees, east positive.
    pub fn longitude_deg(&self) -> f64 {
        self.longitude_deg
    }

    /// Altitude over the ellipsoid, m.
    pub fn altitude_m(&self) -> f64 {
        self.altitude_m
    }

    /// How something that moves with the rotating Earth so (km, km/s) is seen from here.
    pub(super) fn look(&self, position: [f64; 3], velocity: [f64; 3]) -> Look {
        let [x, y, z] = position;
        let [sx, sy, sz] = self.position;
        let line = [x - sx, y - sy, z - sz];
        let range_km = dot(line, line).sqrt().max(f64::MIN_POSITIVE);
        let [east, north, up] = self.axes.map(|axis| dot(axis, line));
        Look {
            azimuth_deg: east.atan2(north).to_degrees().rem_euclid(360.0),
            elevation_deg: (up / range_km).clamp(-1.0, 1.0).asin().to_degrees(),
            range_km,
            range_rate_km_s: dot(line, velocity) / range_km,
        }
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl FromStr for Site {
    type Err = OrbitError;

    /// `LAT,LON` or `LAT,LON,ALT`: degrees, degrees, metres.
    fn from_str(text: &str) -> Result<Self, OrbitError> {
        let numbers: Vec<Option<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
        match numbers[..] {
            [Some(latitude), Some(longitude)] => Self::new(latitude, longitude, 0.0),
            [Some(latitude), Some(longitude), Some(altitude)] => Self::new(latitude, longitude, altitude),
            _ => Err(OrbitError::Site {
                key: "LAT,LON,ALT",
                found: format!("{text:?}"),
                allowed: "two or three numbers with commas between: degrees, degrees, metres",
            }),
        }
    }
}
