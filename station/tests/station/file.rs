//! What a station file may say, and with which words the rest is refused.

use crate::chain_support::scratch;
use groundlink_station::input::{Capture, InputInfo};
use groundlink_station::output::BadFrames;
use groundlink_station::station_file::{Station, StationFile, Tuning};

const LEAST: &str = "[[downlink]]\nname = 'a'\nprofile = 'demo'\noffset = 0\n";

#[test]
fn every_key_is_read() {
    let text = "\
center_frequency = '437.5 MHz'
[[downlink]]
name = 'a-1'
profile = 'demo'
set = ['signal.symbol_rate=9600', 'signal.search=500']
frequency = 437_812_000
frames = 'f'
packets = 'p'
cadus = '-'
soft = 's'
events = 'e'
report = 'r'
bad_frames = 'mark'
[[downlink]]
name = 'B_2'
profile = 'x.toml'
offset = '-12.5 kHz'
";
    let file = StationFile::parse(text, "x").unwrap();
    assert_eq!(file.centre_hz, Some(437.5e6));
    let [a, b] = &file.downlinks[..] else {
        panic!("{file:?}")
    };
    assert_eq!((a.name.as_str(), a.profile.as_str()), ("a-1", "demo"));
    assert_eq!(a.set, ["signal.symbol_rate=9600", "signal.search=500"]);
    assert_eq!(
        (a.tuning, b.tuning),
        (Tuning::Frequency(437_812_000.0), Tuning::Offset(-12_500.0))
    );
    assert_eq!(a.outputs.cadus.as_deref(), Some("-"));
    assert_eq!(a.outputs.report.as_deref(), Some("r"));
    assert_eq!(
        (a.outputs.bad_frames, b.outputs.bad_frames),
        (BadFrames::Mark, BadFrames::Drop)
    );
    assert_eq!((b.name.as_str(), b.outputs.frames.as_deref()), ("B_2", None));
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    for (text, expected) in [
        (
            "",
            "s.toml:1: downlink is given 0 times, must be sections, 1 to 256 of them, each begun by [[downlink]]",
        ),
        (
            "centre = 1\n",
            "s.toml:1: unknown key centre, allowed in a station file: center_frequency, site, downlink",
        ),
        ("[[downlink]\n", "s.toml:1: "),
        (
            "downlink = 3\n",
            "s.toml:1: downlink is 3, must be sections, each begun by [[downlink]]",
        ),
        (
            "downlink = [3]\n",
            "s.toml:1: downlink is 3, must be sections, each begun by [[downlink]]",
        ),
        (
            "[downlink]\nname = 'a'\n",
            "s.toml:1: downlink is a section, must be sections, each begun by [[downlink]]",
        ),
        (
            "center_frequency = -1\n",
            "s.toml:1: center_frequency is -1, must be 0 to 1e12 Hz",
        ),
        (
            "\n[[downlink]]\nname = 'a'\nprofle = 'x'\n",
            "s.toml:4: unknown key downlink[1].profle, allowed in [[downlink]]: name, profile, set, frequency, offset, \
             tle, norad, satellite, doppler, frames, packets, cadus, soft, events, report, doppler_out, bad_frames",
        ),
        (
            "\n[[downlink]]\nname = 'a'\n",
            "s.toml:2: downlink[1].profile is missing, must be the name of a built-in",
        ),
        (
            "[[downlink]]\nprofile = 'demo'\n",
            "s.toml:1: downlink[1].name is missing, must be 1 to 40 letters, digits, - and _",
        ),
        (
            "[[downlink]]\nprofile = 'demo'\nname = 'a b'\n",
            "s.toml:3: downlink[1].name is \"a b\", must be 1 to 40 letters",
        ),
        (
            "[[downlink]]\nname = 'a'\nprofile = 'demo'\n",
            "s.toml:1: downlink[1].frequency is missing, must be its frequency in Hz, or offset that from the centre",
        ),
        (
            "[[downlink]]\nname = 'a'\nprofile = 'demo'\nfrequency = 1\noffset = 1\n",
            "s.toml:4: downlink[1].frequency and downlink[1].offset exclude each other, give one of them",
        ),
        (
            "[[downlink]]\nname = 'a'\nprofile = 'demo'\noffset = '1 kBd'\n",
            "s.toml:4: downlink[1].offset is \"1 kBd\", must be a number in Hz or text with the unit",
        ),
        (
            "[[downlink]]\nname = 'a'\nprofile = 'demo'\noffset = nan\n",
            "s.toml:4: downlink[1].offset is NaN, must be -1e12 to 1e12 Hz",
        ),
        (
            "[[downlink]]\nname = 'a'\nprofile = 'demo'\noffset = 0\nset = 'signal.bt=1'\n",
            "s.toml:5: downlink[1].set is \"signal.bt=1\", must be a list of texts",
        ),
        (
            "[[downlink]]\nname = 'a'\nprofile = 'demo'\noffset = 0\nframes = ''\n",
            "s.toml:5: downlink[1].frames is \"\", must be the path of a file, or \"-\" for stdout",
        ),
        (
            "[[downlink]]\nname = 'a'\nprofile = 'demo'\noffset = 0\nbad_frames = 'keep'\n",
            "s.toml:5: downlink[1].bad_frames is \"keep\", must be \"drop\" or \"mark\"",
        ),
        (
            "[[downlink]]\nname = 'a'\nprofile = 'demo'\noffset = 0\nframes = '-'\nbad_frames = 'mark'\n",
            "s.toml:6: downlink[1].bad_frames is \"mark\", must be \"drop\" with frames = \"-\" and no events",
        ),
    ] {
        let error = StationFile::parse(text, "s.toml").expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
        assert!(!error.contains('\n'));
    }
    let twice = format!("{LEAST}\n{LEAST}");
    let error = StationFile::parse(&twice, "s.toml").unwrap_err().to_string();
    assert_eq!(
        error,
        "s.toml:7: a second downlink is called a, names must be different"
    );
    let many = LEAST.repeat(257);
    let error = StationFile::parse(&many, "s.toml").unwrap_err().to_string();
    assert!(error.contains("downlink is given 257 times"), "{error}");
}

fn load(text: &str) -> Result<Station, String> {
    let folder = scratch();
    let path = folder.path().join("s.toml");
    std::fs::write(&path, text).unwrap();
    std::fs::write(
        folder.path().join("own.toml"),
        "[signal]\nmodulation = 'bpsk'\nsymbol_rate = 1200\n",
    )
    .unwrap();
    Station::load(path.to_str().unwrap())
        .map_err(|error| error.to_string().replace(folder.path().to_str().unwrap(), "DIR"))
}

#[test]
fn profiles_are_built_in_or_beside_the_station_file() {
    let station = load(
        "[[downlink]]\nname = 'a'\nprofile = 'own.toml'\nset = ['signal.symbol_rate=2400']\noffset = 0\n",
    )
    .unwrap();
    assert_eq!(station.downlinks[0].profile.symbol_rate_hz(), Some(2400.0));
    assert_eq!(load(LEAST).unwrap().downlinks[0].profile.name, "demo");
    let expected = "DIR/s.toml:3: downlink a: no profile or file DIR/none; built-in profiles: demo,";
    let error = load(&LEAST.replace("demo", "none")).unwrap_err();
    assert!(error.starts_with(expected), "{error}");
    let error = load(&format!("{LEAST}set = ['signal.speed=3']\n")).unwrap_err();
    assert!(
        error.starts_with("DIR/s.toml:3: downlink a: --set signal.speed=3: unknown key"),
        "{error}"
    );
    assert_eq!(
        load(&LEAST.replace("demo", "lucy")).unwrap_err(),
        "DIR/s.toml:3: downlink a: profile lucy has no [signal], which every downlink needs"
    );
    let error = Station::load("no/such/file").unwrap_err().to_string();
    assert!(
        error.starts_with("cannot read station file no/such/file: "),
        "{error}"
    );
}

fn info(frequencies: &[f64]) -> InputInfo {
    let capture = |(n, &hz): (usize, &f64)| Capture {
        sample_start: n as u64,
        time: None,
        frequency_hz: Some(hz),
        ..Capture::default()
    };
    InputInfo {
        name: "x".into(),
        format: "x".into(),
        complex: true,
        sample_rate_hz: Some(1e6),
        length: None,
        captures: frequencies.iter().enumerate().map(capture).collect(),
        hardware: None,
    }
}

#[test]
fn frequencies_are_those_of_the_recording_unless_the_file_says_otherwise() {
    let mut station = load(&LEAST.replace("offset = 0", "frequency = 437_100_000")).unwrap();
    assert_eq!(
        station.offsets(None).unwrap_err().to_string(),
        "downlink a has a frequency, but the input does not say at which it is centred: give offset in place of \
         frequency, or center_frequency"
    );
    let (centre, warning) = station.centre_of(&info(&[437e6]));
    assert_eq!((station.offsets(centre).unwrap(), warning), (vec![1e5], None));
    let (centre, warning) = station.centre_of(&info(&[437e6, 437e6, 438e6]));
    assert_eq!(centre, Some(437e6));
    assert!(warning.unwrap().contains("at 438000000 Hz later"));
    station.centre_hz = Some(437.2e6);
    let (centre, warning) = station.centre_of(&info(&[437e6]));
    assert_eq!(station.offsets(centre).unwrap(), [-1e5]);
    assert!(warning.unwrap().contains("437200000 Hz"));
    assert_eq!(station.centre_of(&info(&[])), (Some(437.2e6), None));
}

#[test]
fn outputs_are_told_apart() {
    let two = |a: &str, b: &str| {
        let text = format!("{LEAST}{a}\n{}{b}\n", LEAST.replace("'a'", "'b'"));
        let outcome = load(&text)
            .unwrap()
            .check_outputs("input.raw", Some("whole.json"), &[]);
        outcome.map_err(|error| error.to_string())
    };
    assert_eq!(two("frames = 'x'", "frames = 'y'\nevents = '-'"), Ok(()));
    for (a, b, expected) in [
        (
            "frames = 'x'",
            "events = './x'",
            "frames of downlink a and events of downlink b cannot both go to ./x",
        ),
        (
            "frames = '-'",
            "frames = '-'",
            "frames of downlink a and frames of downlink b cannot both go to stdout",
        ),
        (
            "soft = 'x'\nreport = 'x'",
            "",
            "soft of downlink a and report of downlink a cannot both go to x",
        ),
        (
            "",
            "report = 'whole.json'",
            "--report and report of downlink b cannot both go to whole.json",
        ),
        (
            "",
            "cadus = 'input.raw'",
            "cadus of downlink b, input.raw, would overwrite the input",
        ),
    ] {
        assert_eq!(two(a, b).unwrap_err(), expected);
    }
}
