//! Downlinks of a station file, each with a satellite of its own.

use super::chain_support::{content, file};
use super::pass::{RATE, TLE, record};
use groundlink_station::chain::{StationRun, run_station};
use groundlink_station::input::OpenOptions;
use groundlink_station::monitor::Monitor;
use groundlink_station::station_file::{Station, StationFile};
use serde_json::Value;
use std::num::NonZero;

const PROFILE: &str = "[signal]\nsymbol_rate = 1200\nmodulation = 'bpsk'\nsearch = 200\n[coding]\nconvolutional = true\n\
                       [frame]\ntype = 'aos'\nscid = 9\nvcids = [1]\n[packets]\ntype = 'none'\n";

const STATION: &str = "
center_frequency = '437 MHz'
[site]
latitude = 48.2082
longitude = 16.3738
altitude = 183
[[downlink]]
name = 'moving'
profile = 'slow.toml'
frequency = '437 MHz'
tle = 'iss.tle'
norad = 25544
";

#[test]
fn a_downlink_follows_its_satellite() {
    let recording = record(180.0, 10, true);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| file(folder.path(), name);
    std::fs::write(path("iss.tle"), TLE).unwrap();
    std::fs::write(path("slow.toml"), PROFILE).unwrap();
    let text = format!(
        "{STATION}frames = '{}'\nevents = '{}'\ndoppler_out = '{}'\n",
        path("frames"),
        path("events"),
        path("curve.csv")
    );
    std::fs::write(path("station.toml"), text).unwrap();
    let go = |block: usize| {
        let run = StationRun {
            input: recording.path(),
            open: OpenOptions::default(),
            station: Station::load(&path("station.toml")).unwrap(),
            report: None,
            streams: Vec::new(),
            block,
            threads: NonZero::new(1),
            record: None,
        };
        run_station(&run, &Monitor::new()).unwrap();
        ["frames", "events", "curve.csv"].map(|name| content(folder.path(), name))
    };
    let whole = go(1 << 16);
    assert!(whole[0] == recording.sent, "{} bytes", whole[0].len());
    let events = String::from_utf8(whole[1].clone()).unwrap();
    for line in events.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        if record["type"] == "frame" {
            let [sample, offset] = ["sample", "offset_hz"].map(|key| record[key].as_f64().unwrap());
            let error = offset - recording.offset_hz(sample);
            assert!(error.abs() < 3.0, "{error} Hz at sample {sample}");
        }
    }
    let curve = String::from_utf8(whole[2].clone()).unwrap();
    for line in curve.lines().skip(1).filter(|line| line.ends_with(",1")) {
        let cells: Vec<f64> = line
            .split(',')
            .skip(1)
            .map(|cell| cell.parse().unwrap())
            .collect();
        let error = cells[1] - recording.offset_hz(cells[0] * RATE);
        assert!(error.abs() < 3.0, "{error} Hz in {line}");
    }
    assert_eq!(go(3_001), whole);
}

#[test]
fn what_is_wrong_is_named() {
    let error = |text: &str| StationFile::parse(text, "s").unwrap_err().to_string();
    for (from, to, expected) in [
        (
            "[site]\nlatitude = 48.2082\nlongitude = 16.3738\naltitude = 183\n",
            "",
            "s:7: downlink[1].tle is \"iss.tle\", must be in a station file with a section [site]: latitude, \
             longitude, altitude",
        ),
        (
            "48.2082",
            "98",
            "s:4: site.latitude is 98, must be degrees north, -90 to 90",
        ),
        (
            "longitude = 16.3738",
            "",
            "s:3: site.longitude is missing, must be degrees east, -360 to 360",
        ),
        (
            "tle = 'iss.tle'\n",
            "",
            "s:11: downlink[1].norad is given alone, must be beside tle, the file of elements that it is chosen from",
        ),
        (
            "norad = 25544",
            "doppler = 'x.csv'",
            "s:11: downlink[1].tle and downlink[1].doppler exclude each other, give one of them",
        ),
    ] {
        assert!(STATION.contains(from));
        assert_eq!(error(&STATION.replace(from, to)), expected);
    }
}
