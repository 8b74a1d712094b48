//! What the station file of `groundlink run` may say, and with which words the rest is refused.

use crate::chain_support::scratch;
use groundlink_station::input::{Gain, parse_utc};
use groundlink_station::output::BadFrames;
use groundlink_station::schedule::plan::Verdict;
use groundlink_station::schedule::preview;
use groundlink_station::station_file::{Fleet, RunFile, StationFile, Tuning};
use hifitime::Duration;

const LEAST: &str = "\
[site]
latitude = 48.2082
longitude = 16.3738
altitude = 183
[receiver]
input = 'rtl_tcp://radio'
[results]
folder = 'passes'
[[satellite]]
name = 'iss'
tle = 'iss.tle'
center_frequency = '145.8 MHz'
[[satellite.downlink]]
profile = 'demo'
offset = 0
";
const ISS: &str = "\
ISS
1 25544U 98067A   14020.93268519  .00009878  00000-0  18200-3 0  5082
2 25544  51.6498 109.4756 0003572  55.9686 274.8005 15.49815350868473
";

/// Every key there is.
const ALL: &str = "\
outputs = ['tcp-listen://:10017', 'http://:8080']
rotator = 'localhost'
rig = '127.0.0.1:4532'
[site]
latitude = 1
longitude = 2
[receiver]
input = 'soapy:driver=rtlsdr'
format = 'cf32'
rate = '1.2 MHz'
gain = 'LNA=20,VGA=10'
ppm = -1.5
antenna = 'RX'
bandwidth = '200 kHz'
channel = 1
device_setting = ['bias_tee=1']
silence = 3
reconnect = 60
hold_back = false
[schedule]
min_elevation = 5
lead = 60
lag = 10.5
look_ahead = 24
min_pass = 120
max_age = 3
[results]
folder = 'r'
quota = '50G'
[recording]
format = 'ci8'
zstd = true
when = 'lock'
before = 2
after = 3
rotate = 60
[[satellite]]
name = 'a'
tle = 'a.tle'
norad = 25544
satellite = 'ISS'
priority = 7
min_elevation = 12.5
center_frequency = 437_000_000
doppler = false
[[satellite.downlink]]
name = 'a-1'
profile = 'demo'
set = ['signal.symbol_rate=9600']
frequency = '437.1 MHz'
bad_frames = 'mark'
outputs = ['udp://127.0.0.1:10017']
[[satellite.downlink]]
name = 'a-2'
profile = 'x.toml'
offset = '-50 kHz'
[[satellite]]
name = 'b'
tle = 'a.tle'
center_frequency = 1
[[satellite.downlink]]
profile = 'demo'
offset = 0
";

/// What to change in [`LEAST`], and how the message begins.
const WRONG: &[(&str, &str, &str)] = &[
    (
        "[site]\nlatitude = 48.2082\nlongitude = 16.3738\naltitude = 183\n",
        "",
        "s:1: site is missing, must be a section: latitude, longitude, altitude",
    ),
    (
        "input = 'rtl_tcp://radio'\n",
        "",
        "s:5: receiver.input is missing, must be the URL of a live input, such as",
    ),
    (
        "rtl_tcp://radio",
        "pass.sigmf",
        "s:6: receiver.input is \"pass.sigmf\", must be the URL of a live input",
    ),
    (
        "'rtl_tcp://radio'",
        "'rtl_tcp://radio'\ngain = 'much'",
        "s:7: receiver.gain is \"much\", must be a number in dB",
    ),
    (
        "'rtl_tcp://radio'",
        "'rtl_tcp://radio'\nrate = 0",
        "s:7: receiver.rate is 0, must be 1 to 1e11 Hz",
    ),
    (
        "'rtl_tcp://radio'",
        "'rtl_tcp://radio'\nfrequency = 1",
        "s:7: unknown key receiver.frequency, allowed in [receiver]: input, format,",
    ),
    (
        "folder = 'passes'",
        "folder = 'passes'\nquota = '5 apples'",
        "s:9: results.quota is \"5 apples\", must be a number of bytes, such as \"50G\"",
    ),
    (
        "folder = 'passes'",
        "",
        "s:7: results.folder is missing, must be the path of a folder",
    ),
    (
        "[results]",
        "[recording]\nformat = 'cu8'\n[results]",
        "s:8: recording.format is \"cu8\", must be \"ci8\", \"ci16\" or \"cf32\"",
    ),
    (
        "[results]",
        "[schedule]\nlook_ahead = 0\n[results]",
        "s:8: schedule.look_ahead is 0, must be 1 to 240 hours",
    ),
    (
        "[site]",
        "outputs = ['kiss:x.kss']\n[site]",
        "s:1: outputs is \"kiss:x.kss\", must be no file",
    ),
    (
        "[site]",
        "downlink = 1\n[site]",
        "s:1: downlink is given, must be in a station file of `groundlink decode`",
    ),
    (
        "[site]",
        "center_frequency = 1\n[site]",
        "s:1: unknown key center_frequency, allowed in the station file of a run: site,",
    ),
    (
        "center_frequency = '145.8 MHz'\n",
        "",
        "s:9: satellite[1].center_frequency is missing, must be the frequency that",
    ),
    (
        "tle = 'iss.tle'\n",
        "",
        "s:9: satellite[1].tle is missing, must be the path of a file of elements",
    ),
    (
        "profile = 'demo'",
        "profil = 'demo'",
        "s:14: unknown key satellite[1].downlink[1].profil, allowed in [[satellite.downlink]]: name,",
    ),
    (
        "offset = 0\n",
        "",
        "s:13: satellite[1].downlink[1].frequency is missing, must be its frequency in Hz",
    ),
    (
        "[[satellite.downlink]]\nprofile = 'demo'\noffset = 0\n",
        "",
        "s:9: satellite[1].downlink is given 0 times, must be sections, 1 to 256 of them",
    ),
    (
        "name = 'iss'",
        "name = 'i s'",
        "s:10: satellite[1].name is \"i s\", must be 1 to 40 letters",
    ),
];

#[test]
fn what_is_not_said_has_a_default() {
    let file = RunFile::parse(LEAST, "s").unwrap();
    assert_eq!(file.rules.lead, Duration::from_seconds(30.0));
    assert_eq!(file.rules.min_pass, Duration::from_seconds(60.0));
    assert_eq!(file.rules.look_ahead, Duration::from_hours(48.0));
    assert_eq!(file.rules.max_age, Duration::from_days(14.0));
    assert_eq!((file.results.quota_bytes, file.recording), (None, None));
    let iss = &file.satellites[0];
    assert_eq!(
        (iss.priority, iss.min_elevation_deg, iss.doppler, iss.centre_hz),
        (0, 0.0, true, 145.8e6)
    );
    assert_eq!(iss.downlinks[0].name, "iss");
}

#[test]
fn every_key_is_read() {
    let file = RunFile::parse(ALL, "s").unwrap();
    assert_eq!(file.outputs.len(), 2);
    assert_eq!(
        (file.rotator.as_deref(), file.rig.as_deref()),
        (Some("localhost"), Some("127.0.0.1:4532"))
    );
    let (open, live) = (&file.receiver.options, &file.receiver.options.live);
    assert_eq!(
        (open.sample_rate_hz, live.ppm, live.channel),
        (Some(1.2e6), Some(-1.5), Some(1))
    );
    assert_eq!(
        live.gain,
        Some(Gain::Elements(vec![("LNA".into(), 20.0), ("VGA".into(), 10.0)]))
    );
    assert_eq!(
        (live.settings[0].key.as_str(), live.reconnect_s),
        ("bias_tee", Some(60.0))
    );
    assert_eq!(file.rules.lag, Duration::from_seconds(10.5));
    assert_eq!(file.results.quota_bytes, Some(50 << 30));
    let recording = file.recording.unwrap();
    assert_eq!(
        (recording.format.to_string().as_str(), recording.zstd),
        ("ci8", true)
    );
    assert_eq!(
        recording
            .trigger
            .map(|trigger| (trigger.before_s, trigger.after_s)),
        Some((2.0, 3.0))
    );
    let [a, b] = &file.satellites[..] else {
        panic!("two satellites")
    };
    assert_eq!(
        (a.choice.norad, a.priority, a.min_elevation_deg, a.doppler),
        (Some(25_544), 7, 12.5, false)
    );
    assert_eq!((b.min_elevation_deg, b.downlinks[0].name.as_str()), (5.0, "b"));
    assert_eq!(a.downlinks[0].outputs.bad_frames, BadFrames::Mark);
    assert_eq!(a.downlinks[1].tuning, Tuning::Offset(-50e3));
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let second = "[[satellite]]\nname = 'two'\ntle = 't'\ncenter_frequency = 1\n[[satellite.downlink]]\nname = 'iss'\n\
                  profile = 'demo'\noffset = 0\n";
    for (from, to, expected) in WRONG {
        assert!(LEAST.contains(from), "{from}");
        let text = RunFile::parse(&LEAST.replace(from, to), "s")
            .unwrap_err()
            .to_string();
        assert!(text.starts_with(expected), "{text}\n{expected}");
    }
    let twice = RunFile::parse(&format!("{LEAST}{second}"), "s")
        .unwrap_err()
        .to_string();
    assert_eq!(
        twice,
        "s:17: a second downlink is called iss, names must be different"
    );
    let other = StationFile::parse(LEAST, "s").unwrap_err().to_string();
    assert!(
        other.starts_with("s:9: satellite is given, must be in the station file of `groundlink run`"),
        "{other}"
    );
}

#[test]
fn a_downlink_outside_the_receivers_band_is_refused_at_once() {
    let folder = scratch();
    let path = folder.path().join("s.toml");
    let text = LEAST
        .replace("'rtl_tcp://radio'", "'rtl_tcp://radio'\nrate = 250000")
        .replace("offset = 0", "offset = 200000");
    std::fs::write(&path, text).unwrap();
    let error = Fleet::load(path.to_str().unwrap()).unwrap_err().to_string();
    assert!(
        error.starts_with("downlink iss lies 200000 Hz from the centre"),
        "{error}"
    );
}

#[test]
fn the_plan_holds_the_passes_of_the_golden_vectors() {
    let folder = scratch();
    let path = folder.path().join("s.toml");
    std::fs::write(folder.path().join("iss.tle"), ISS).unwrap();
    let text = LEAST.replace(
        "[results]",
        "[schedule]\nmin_elevation = 10\nlook_ahead = 5\n[results]",
    );
    // Without elements, which is told and keeps nobody from the others.
    let lost = "[[satellite]]\nname = 'lost'\ntle = 'lost.tle'\ncenter_frequency = 1\n[[satellite.downlink]]\n\
                profile = 'demo'\noffset = 0\n";
    // The same satellite with a receiver that is tuned elsewhere, and a higher priority in the middle of the pass.
    let higher = "[[satellite]]\nname = 'top'\ntle = 'iss.tle'\npriority = 1\nmin_elevation = 60\ncenter_frequency = 1\n\
                  [[satellite.downlink]]\nprofile = 'demo'\noffset = 0\n";
    std::fs::write(&path, format!("{text}{lost}{higher}")).unwrap();
    let from = parse_utc("2014-01-21T00:00:00Z").unwrap();
    let preview = preview(path.to_str().unwrap(), Some(from)).unwrap();
    assert_eq!(preview.warnings.len(), 1);
    assert!(
        preview.warnings[0].starts_with("no passes of lost: "),
        "{:?}",
        preview.warnings
    );
    // AOS as in the golden vectors of the orbit's tests.
    let golden = [
        ("iss", "2014-01-21T00:15:56Z", Verdict::Whole),
        ("iss", "2014-01-21T01:50:38Z", Verdict::Cut),
    ];
    for (decision, (name, aos, verdict)) in preview.plan.decisions.iter().zip(golden) {
        assert_eq!((decision.pass.name.as_str(), decision.verdict), (name, verdict));
        let apart = (decision.pass.aos - parse_utc(aos).unwrap()).abs();
        assert!(apart < Duration::from_seconds(1.0), "{apart}");
    }
    let names: Vec<&str> = preview
        .plan
        .jobs
        .iter()
        .map(|job| job.pass.name.as_str())
        .collect();
    assert_eq!(names[..4], ["iss", "iss", "top", "iss"]);
}
