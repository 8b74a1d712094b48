//! Satellites that pass over a site whenever they are wanted to.

use groundlink_station::orbit::{Catalogue, Satellite, Site};
use groundlink_station::time::utc_text;
use hifitime::{Duration, Epoch};

/// Where they pass over: degrees north and east, metres.
pub const SITE: &str = "48.21,16.37,180";

/// Elements (OMM) of a satellite that stands overhead at this time, and the elevation above which it is `half_s` before and
/// after.
pub fn overhead(name: &str, norad: u32, middle: Epoch, half_s: f64) -> (String, f64) {
    let site: Site = SITE.parse().unwrap();
    // Sidereal time of Greenwich, degrees, with UTC for UT1.
    let days = middle.to_mjd_utc_days() - 51_544.5;
    let sidereal = (280.460_618_37 + 360.985_647_366_29 * days).rem_euclid(360.0);
    let node = (sidereal + site.longitude_deg()).rem_euclid(360.0);
    let omm = format!(
        r#"[{{"OBJECT_NAME":"{name}","OBJECT_ID":"2026-001A","EPOCH":"{}","MEAN_MOTION":15.2,"ECCENTRICITY":0.0005,
"INCLINATION":90.0,"RA_OF_ASC_NODE":{node:.6},"ARG_OF_PERICENTER":0.0,"MEAN_ANOMALY":{:.6},
"EPHEMERIS_TYPE":0,"CLASSIFICATION_TYPE":"U","NORAD_CAT_ID":{norad},"ELEMENT_SET_NO":999,"REV_AT_EPOCH":1,
"BSTAR":0.0,"MEAN_MOTION_DOT":0.0,"MEAN_MOTION_DDOT":0.0}}]"#,
        utc_text(middle).trim_end_matches('Z'),
        site.latitude_deg(),
    );
    let elements = Catalogue::parse(name, &omm).unwrap().elements.remove(0);
    let satellite = Satellite::new(&elements).unwrap();
    let at = |seconds: f64| {
        let at = middle + Duration::from_seconds(seconds);
        satellite.look(&site, at).unwrap().elevation_deg
    };
    assert!(at(0.0) > 85.0, "{} degrees high", at(0.0));
    (omm, at(half_s))
}
