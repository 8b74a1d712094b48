//! Orbits against an independent implementation, and the files that elements come in.

mod files;
mod vectors;

use groundlink_station::input::parse_utc;
use groundlink_station::orbit::{Catalogue, Choice, Elements, Satellite, Site, passes};
use hifitime::Epoch;

/// The ISS of January 2014 (an example in the documentation of Skyfield), and three of the satellites that
/// "Revisiting Spacetrack Report #3" (AIAA 2006-6753) verifies SGP4 with.
pub const TLES: &str = "\
ISS
1 25544U 98067A   14020.93268519  .00009878  00000-0  18200-3 0  5082
2 25544  51.6498 109.4756 0003572  55.9686 274.8005 15.49815350868473
0 CBERS2
1 28057U 03049A   06177.78615833  .00000060  00000-0  35940-4 0  1836
2 28057  98.4283 247.6961 0000884  88.1964 271.9322 14.35478080140550
MOLNIYA
1 08195U 75081A   06176.33215444  .00000099  00000-0  11873-3 0   813
2 08195  64.1586 279.0717 6877146 264.7651  20.2257  2.00491383225656
GEO
1 14128U 83058A   06176.02844893 -.00000158  00000-0  10000-3 0  9627
2 14128  11.4384  35.2134 0011562  26.4582 333.5652  0.98870114 46093
";

fn at(text: &str) -> Epoch {
    parse_utc(text).unwrap()
}

fn elements(name: &str) -> Elements {
    let choice = Choice {
        norad: None,
        name: Some(name.to_owned()),
    };
    let catalogue = Catalogue::parse("test", TLES).unwrap();
    catalogue.choose(&choice, None).unwrap().clone()
}

fn satellite(name: &str) -> Satellite {
    Satellite::new(&elements(name)).unwrap()
}

fn site(name: &str) -> Site {
    let text = match name {
        "A" => "48.2082,16.3738,183",
        "B" => "-33.8688,151.2093,20",
        _ => "78.2297,15.3975,460",
    };
    text.parse().unwrap()
}

#[test]
fn satellites_stand_where_skyfield_says() {
    for &(name, place, time, azimuth, elevation, range, rate) in vectors::LOOKS {
        let look = satellite(name).look(&site(place), at(time)).unwrap();
        let (km, scale) = ((look.range_km - range).abs(), range / 5_000.0);
        let across =
            (look.azimuth_deg - azimuth).to_radians().sin().to_degrees() * elevation.to_radians().cos();
        let up = look.elevation_deg - elevation;
        let case = format!("{name} {place} {time}: {look:?}");
        assert!(km < 0.05 * scale.max(1.0), "{km} km, {case}");
        assert!(across.abs() < 1e-3, "{across} deg, {case}");
        assert!(up.abs() < 1e-3, "{up} deg, {case}");
        assert!((look.range_rate_km_s - rate).abs() < 5e-5, "{case}");
    }
}

#[test]
fn passes_are_those_that_skyfield_finds() {
    let from = at("2014-01-21T00:00:00Z");
    let found = passes(&satellite("ISS"), &site("A"), from, 2.0 * 86_400.0, 10.0).unwrap();
    assert_eq!(found.len(), vectors::PASSES.len());
    for (pass, expected) in found.iter().zip(vectors::PASSES) {
        let (aos, aos_azimuth, tca, highest, los, los_azimuth) = *expected;
        let off = |point: Epoch, text| (point - at(text)).to_seconds().abs();
        assert!(off(pass.aos.at, aos) < 0.7, "{aos}: {:?}", pass.aos);
        assert!(off(pass.tca.at, tca) < 0.7, "{tca}: {:?}", pass.tca);
        assert!(off(pass.los.at, los) < 0.7, "{los}: {:?}", pass.los);
        assert!((pass.aos.look.azimuth_deg - aos_azimuth).abs() < 0.3);
        assert!((pass.los.look.azimuth_deg - los_azimuth).abs() < 0.3);
        assert!((pass.tca.look.elevation_deg - highest).abs() < 5e-3);
        for edge in [pass.aos, pass.los] {
            assert!((edge.look.elevation_deg - 10.0).abs() < 1e-4, "{edge:?}");
        }
        assert!(!pass.in_progress && !pass.goes_on);
    }
}

#[test]
fn passes_at_the_edges_of_the_time_asked_for_say_so() {
    let (iss, place) = (satellite("ISS"), site("A"));
    // In the middle of the second pass above, to the middle of the third.
    let (from, to) = (at("2014-01-21T01:54:00Z"), at("2014-01-21T03:29:00Z"));
    let found = passes(&iss, &place, from, (to - from).to_seconds(), 10.0).unwrap();
    let flags: Vec<_> = found
        .iter()
        .map(|pass| (pass.in_progress, pass.goes_on))
        .collect();
    assert_eq!(flags, [(true, false), (false, true)]);
    assert_eq!((found[0].aos.at, found[1].los.at), (from, to));
    // Past the highest point already.
    assert_eq!(found[0].tca.at, from);
}

#[test]
fn those_that_stand_still_or_never_rise_have_one_pass_or_none() {
    let (geo, from) = (satellite("GEO"), at("2006-06-25T00:00:00Z"));
    let found = passes(&geo, &site("B"), from, 3.0 * 86_400.0, 5.0).unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].in_progress && found[0].goes_on);
    assert_eq!(found[0].seconds(), 3.0 * 86_400.0);
    let north = "78.2297,15.3975,460".parse().unwrap();
    assert_eq!(passes(&geo, &north, from, 86_400.0, 5.0).unwrap(), []);
    // ISS comes no farther north than 52 degrees.
    let time = at("2014-01-21T00:00:00Z");
    assert_eq!(
        passes(&satellite("ISS"), &north, time, 86_400.0, 0.0).unwrap(),
        []
    );
}

#[test]
fn a_pass_shorter_than_the_time_between_looks_is_found() {
    let (iss, place) = (satellite("ISS"), site("A"));
    let from = at("2014-01-21T00:00:00Z");
    // The highest of the passes reaches 68.3347 degrees.
    let found = passes(&iss, &place, from, 86_400.0, 68.33).unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].seconds() < 3.0, "{} s", found[0].seconds());
    assert!(found[0].aos.at < found[0].tca.at && found[0].tca.at < found[0].los.at);
    assert_eq!(passes(&iss, &place, from, 86_400.0, 68.34).unwrap(), []);
}

#[test]
fn doppler_has_the_sign_of_approach() {
    let look = satellite("ISS")
        .look(&site("A"), at("2014-01-21T01:50:00Z"))
        .unwrap();
    assert!(look.range_rate_km_s < -6.0);
    let doppler = look.doppler_hz(437e6);
    let beta = look.range_rate_km_s / 299_792.458;
    assert!((doppler - 437e6 * (1.0 / (1.0 + beta) - 1.0)).abs() < 1e-3);
    assert!(doppler > 8_000.0, "{doppler}");
}

#[test]
fn times_far_from_the_epoch_are_refused() {
    let text = |time| {
        let outcome = satellite("ISS").look(&site("A"), at(time));
        outcome.unwrap_err().to_string()
    };
    assert_eq!(
        text("2034-01-20T00:00:00Z"),
        "elements of ISS of 2014-01-20T22:23:04.000416Z say nothing about 2034-01-20T00:00:00.000000Z: 7304 days \
         away, must be within 3660"
    );
    let warning = |time| satellite("ISS").warning(at(time));
    assert_eq!(warning("2014-02-01T00:00:00Z"), None);
    assert!(warning("2014-03-01T00:00:00Z").unwrap().contains("39 days away"));
}

#[test]
fn sites_are_checked() {
    for (text, error) in [
        ("91,0", "site: latitude is 91, must be -90 to 90 degrees"),
        ("0,361,0", "site: longitude is 361, must be -360 to 360 degrees"),
        ("0,0,NaN", "site: altitude is NaN, must be -1000 to 100000 m"),
        (
            "48.2",
            "site: LAT,LON,ALT is \"48.2\", must be two or three numbers with commas between: degrees, degrees, metres",
        ),
    ] {
        assert_eq!(text.parse::<Site>().unwrap_err().to_string(), error);
    }
}
