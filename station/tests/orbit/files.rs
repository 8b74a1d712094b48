//! TLE and OMM in all their forms.

use super::{TLES, elements};
use groundlink_station::orbit::{Catalogue, Choice, Elements, Satellite};
use proptest::prelude::*;

const JSON: &str = r#"[{"OBJECT_NAME": "ISS", "OBJECT_ID": "1998-067A", "EPOCH": "2014-01-20T22:23:04.000416",
    "MEAN_MOTION": 15.49815350, "ECCENTRICITY": ".0003572", "INCLINATION": 51.6498, "RA_OF_ASC_NODE": 109.4756,
    "ARG_OF_PERICENTER": 55.9686, "MEAN_ANOMALY": 274.8005, "EPHEMERIS_TYPE": 0, "CLASSIFICATION_TYPE": "U",
    "NORAD_CAT_ID": 25544, "ELEMENT_SET_NO": 508, "REV_AT_EPOCH": 86847, "BSTAR": 0.000182,
    "MEAN_MOTION_DOT": 9.878e-05, "MEAN_MOTION_DDOT": 0, "DECAY_DATE": null}]"#;

const KVN: &str = "CCSDS_OMM_VERS = 2.0
CREATION_DATE = 2014-01-21T00:00:00
ORIGINATOR = TEST
OBJECT_NAME = ISS
OBJECT_ID = 1998-067A
CENTER_NAME = EARTH
REF_FRAME = TEME
TIME_SYSTEM = UTC
MEAN_ELEMENT_THEORY = SGP/SGP4
COMMENT this satellite = a station
EPOCH = 2014-020T22:23:04.000416
MEAN_MOTION = 15.49815350 [rev/day]
ECCENTRICITY = 0.0003572
INCLINATION = 51.6498 [deg]
RA_OF_ASC_NODE = 109.4756
ARG_OF_PERICENTER = 55.9686
MEAN_ANOMALY = 274.8005
NORAD_CAT_ID = 25544
BSTAR = 0.000182
";

const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ndm><!-- <EPOCH>no</EPOCH> -->
<omm id="CCSDS_OMM_VERS" version="2.0"><header><CREATION_DATE/><ORIGINATOR/></header><body><segment>
<metadata><OBJECT_NAME>ISS</OBJECT_NAME><OBJECT_ID>1998-067A</OBJECT_ID><REF_FRAME>TEME</REF_FRAME></metadata>
<data><meanElements><EPOCH>2014-01-20T22:23:04.000416</EPOCH><MEAN_MOTION units="rev/day">15.49815350</MEAN_MOTION>
<ECCENTRICITY>.0003572</ECCENTRICITY><INCLINATION>51.6498</INCLINATION><RA_OF_ASC_NODE>109.4756</RA_OF_ASC_NODE>
<ARG_OF_PERICENTER>55.9686</ARG_OF_PERICENTER><MEAN_ANOMALY>274.8005</MEAN_ANOMALY></meanElements><tleParameters>
<NORAD_CAT_ID>25544</NORAD_CAT_ID><BSTAR>.182E-3</BSTAR></tleParameters></data></segment></body></omm></ndm>"#;

const CSV: &str = "OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,MEAN_ANOMALY,NORAD_CAT_ID,BSTAR
ISS,1998-067A,2014-01-20T22:23:04.000416,15.49815350,.0003572,51.6498,109.4756,55.9686,274.8005,25544,.182E-3
\"OTHER, ONE\",1998-067A,2014-01-20T22:23:04.000416,15.49815350,.0003572,51.6498,109.4756,55.9686,274.8005,25545,0
";

fn parse(text: &str) -> Result<Vec<Elements>, String> {
    Catalogue::parse("f", text)
        .map(|catalogue| catalogue.elements)
        .map_err(|error| error.to_string())
}

#[test]
fn every_form_has_the_same_elements() {
    let expected = Elements {
        designator: Some("1998-067A".to_owned()),
        ..elements("iss")
    };
    for text in [JSON, &JSON[1..JSON.len() - 1], KVN, XML, CSV] {
        let read = parse(text).unwrap();
        let apart = (read[0].epoch - expected.epoch).abs().to_seconds();
        assert!(apart < 1e-6, "{apart} s in {text}");
        let first = Elements {
            epoch: expected.epoch,
            ..read[0].clone()
        };
        assert_eq!(first, expected, "{text}");
    }
    assert_eq!(parse(CSV).unwrap()[1].name.as_deref(), Some("OTHER, ONE"));
    assert_eq!(parse(&format!("{KVN}{KVN}")).unwrap().len(), 2);
}

#[test]
fn satellites_are_found_by_number_or_name() {
    let catalogue = Catalogue::parse("f", &format!("\u{feff}{TLES}").replace('\n', "\r\n")).unwrap();
    let choose = |norad, name: Option<&str>| {
        let choice = Choice {
            norad,
            name: name.map(str::to_owned),
        };
        let found = catalogue.choose(&choice, None);
        found.map(Elements::title).map_err(|error| error.to_string())
    };
    assert_eq!(choose(Some(8195), None).as_deref(), Ok("MOLNIYA"));
    assert_eq!(choose(None, Some("geo")).as_deref(), Ok("GEO"));
    assert_eq!(
        choose(None, None).unwrap_err(),
        "elements f: 4 satellites are there, name one by its NORAD number or its name"
    );
    assert_eq!(
        choose(Some(1), Some("GEO")).unwrap_err(),
        "elements f: no satellite 1 \"GEO\" among the 4 there"
    );
    let long = TLES.replace("ISS\n", "ISS (ZARYA)\n");
    let catalogue = Catalogue::parse("f", &long).unwrap();
    let by_short = Choice {
        norad: None,
        name: Some("iss".into()),
    };
    assert_eq!(catalogue.choose(&by_short, None).unwrap().title(), "ISS (ZARYA)");
}

#[test]
fn of_several_epochs_the_nearest_or_the_newest_is_taken() {
    let newer = TLES
        .replace("14020.93268519", "14025.93268519")
        .replace("5082", "5087");
    let both = format!("{newer}{TLES}");
    let catalogue = Catalogue::parse("f", &both).unwrap();
    let choice = Choice {
        norad: Some(25544),
        name: None,
    };
    let of = |at| catalogue.choose(&choice, at).unwrap().epoch;
    let (old, new) = (elements("ISS").epoch, catalogue.elements[0].epoch);
    assert!(new > old);
    assert_eq!(of(None), new);
    assert_eq!(of(Some(old)), old);
    assert_eq!(catalogue.satellites(None).len(), 4);
    assert_eq!(catalogue.satellites(Some(old))[0].epoch, old);
}

#[test]
fn what_is_wrong_is_named() {
    let changed = |from: &str, to: &str| parse(&JSON.replace(from, to)).unwrap_err();
    for (found, expected) in [
        (parse("").unwrap_err(), "elements f: no satellite is there"),
        (
            parse("ISS\n").unwrap_err(),
            "elements f: line 1: nothing follows the name \"ISS\"",
        ),
        (
            parse("ISS\nNOAA\n").unwrap_err(),
            "elements f: line 2: \"NOAA\" follows the name \"ISS\", must be line 1 of a TLE",
        ),
        (
            parse(&TLES.replace("0 CBERS2\n", "").replace("40550", "4055")).unwrap_err(),
            "elements f: line 5: 68 characters, must be 69",
        ),
        (
            parse(&TLES.replace("98.4283", "98.4284")).unwrap_err(),
            "elements f: line 6: TLE parse error: Bad line checksum on TLE line 2 between characters 68 and 69",
        ),
        (
            parse(&TLES.replace("40550", "4055x")).unwrap_err(),
            "elements f: line 6: must end with the checksum, a digit",
        ),
        (
            changed("51.6498", "\"x\""),
            "elements f: satellite 1: INCLINATION is \"x\", must be a number",
        ),
        (
            changed("\"EPOCH\"", "\"EPICH\""),
            "elements f: satellite 1: EPOCH is missing, must be a UTC time, ISO 8601",
        ),
        (
            changed("\"EPHEMERIS_TYPE\": 0", "\"EPHEMERIS_TYPE\": 4"),
            "elements f: satellite 1: EPHEMERIS_TYPE is \"4\", must be 0, that of SGP4",
        ),
        (
            parse(&KVN.replace("= TEME", "= EME2000")).unwrap_err(),
            "elements f: satellite 1: REF_FRAME is \"EME2000\", must be TEME",
        ),
        (
            parse("<a></a>").unwrap_err(),
            "elements f: no XML: there is no <omm> … </omm>",
        ),
    ] {
        assert_eq!(found, expected);
    }
}

#[test]
fn elements_of_no_orbit_are_refused() {
    let error = |change: &dyn Fn(&mut Elements)| {
        let mut elements = elements("ISS");
        change(&mut elements);
        Satellite::new(&elements).unwrap_err().to_string()
    };
    assert_eq!(
        error(&|e| e.eccentricity = 1.0),
        "elements of ISS: eccentricity is 1, must be 0 to 0.999999"
    );
    assert_eq!(
        error(&|e| e.mean_motion = f64::NAN),
        "elements of ISS: mean motion (per day) is NaN, must be 0.001 to 20"
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}", line in "[12] [0-9 .U+-]{67}", key in "[{\\[<C\"A-Z_= ,\n]{0,80}") {
        let _ = parse(&text);
        let _ = parse(&format!("{line}\n{line}"));
        let _ = parse(&key);
    }
}
