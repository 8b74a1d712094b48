//! A whole pass of a slow signal: its Doppler is fifty times what the profile searches.

use crate::chain_support::leaky::Leaky;
use crate::chain_support::{Run, config, file, run, run_source, scratch, try_run};
use groundlink_dsp::channel::Course;
use groundlink_station::chain::RunConfig;
use groundlink_station::doppler::{DopplerConfig, Motion};
use groundlink_station::input::{OpenOptions, open_samples, parse_utc};
use groundlink_station::orbit::{Catalogue, Choice, Satellite, Site};
use groundlink_station::profile::Profile;
use groundlink_station::simulate::{Content, Impairments, SimulateConfig, simulate};
use hifitime::{Epoch, Unit};
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;

pub const TLE: &str = "\
ISS
1 25544U 98067A   14020.93268519  .00009878  00000-0  18200-3 0  5082
2 25544  51.6498 109.4756 0003572  55.9686 274.8005 15.49815350868473
";
pub const CARRIER_HZ: f64 = 437e6;
/// Just after AOS, at 10 degrees; the highest point is 197 s later, LOS 397 s.
const START: &str = "2014-01-21T01:50:40Z";
pub const RATE: f64 = 24e3;
/// What the transmitter is off by.
pub const OFFSET_HZ: f64 = 30.0;

pub fn site() -> Site {
    "48.2082,16.3738,183".parse().unwrap()
}

/// 1200 Bd BPSK, searched in a band as wide as a receiver needs whose Doppler has been taken off.
pub fn profile(search: u32) -> Profile {
    let text = format!(
        "[signal]\nsymbol_rate = 1200\nmodulation = 'bpsk'\nsearch = {search}\n[coding]\nconvolutional = true\n\
         [frame]\ntype = 'aos'\nscid = 9\nvcids = [1]\n[packets]\ntype = 'none'\n"
    );
    Profile::parse(&text, "slow").unwrap()
}

/// The Doppler of the pass so long after its beginning, Hz.
pub fn truth(seconds: f64) -> f64 {
    static ISS: LazyLock<Satellite> = LazyLock::new(|| {
        let catalogue = Catalogue::parse("iss", TLE).unwrap();
        Satellite::new(&catalogue.elements[0]).unwrap()
    });
    let at = start() + Unit::Second * seconds;
    ISS.look(&site(), at).unwrap().doppler_hz(CARRIER_HZ)
}

pub fn start() -> Epoch {
    parse_utc(START).unwrap()
}

pub fn orbit() -> DopplerConfig {
    DopplerConfig {
        motion: Some(Motion::Orbit {
            catalogue: Arc::new(Catalogue::parse("iss", TLE).unwrap()),
            choice: Choice::default(),
            site: site(),
        }),
        carrier_hz: Some(CARRIER_HZ),
    }
}

/// A recording within the pass, its clock moved by the Doppler too and off by 20 ppm, and what was sent.
pub struct Recording {
    folder: TempDir,
    pub sent: Vec<u8>,
    /// Seconds after [`START`].
    begin: f64,
}

impl Recording {
    pub fn path(&self) -> String {
        file(self.folder.path(), "pass.sigmf-meta")
    }

    pub fn config(&self, search: u32, doppler: DopplerConfig) -> RunConfig {
        RunConfig {
            doppler,
            ..config(profile(search), &self.path())
        }
    }
}

/// Records so many frames from a second of the pass on.
pub fn record(begin: f64, frames: u64, dated: bool) -> Recording {
    let folder = scratch();
    let points = (0..=4_000).map(|n| (f64::from(n) * 0.1, truth(begin + f64::from(n) * 0.1)));
    let sent_frames = file(folder.path(), "sent");
    simulate(&SimulateConfig {
        profile: profile(200),
        out: file(folder.path(), "pass.sigmf-meta"),
        content: Content::Frames(frames),
        sent_frames: Some(sent_frames.clone()),
        eb_n0_db: Some(8.0),
        offset_hz: OFFSET_HZ,
        doppler_hz_s: 0.0,
        phase_rad: 0.3,
        clock_ppm: 20.0,
        impairments: Impairments {
            doppler: Some(Course::Table(points.collect())),
            rf_carrier_hz: Some(CARRIER_HZ),
            ..Impairments::default()
        },
        seed: 3,
        sample_rate_hz: Some(RATE),
        format: "ci16_le".parse().unwrap(),
        lead_s: 1.0,
        start: dated.then(|| start() + Unit::Second * begin),
    })
    .unwrap();
    Recording {
        sent: std::fs::read(sent_frames).unwrap(),
        folder,
        begin,
    }
}

impl Recording {
    /// What the carrier is off by at a sample, Hz.
    pub fn offset_hz(&self, sample: f64) -> f64 {
        truth(self.begin + sample / RATE) + OFFSET_HZ
    }

    /// The frames of a run are those sent, and their frequencies are told as they were received.
    pub fn check(&self, run: &Run, within_hz: f64) {
        assert!(run.frames == self.sent, "{} frames", run.report.frames.good);
        for frame in run.records("frame") {
            let [sample, offset] = ["sample", "offset_hz"].map(|key| frame[key].as_f64().unwrap());
            let error = offset - self.offset_hz(sample);
            assert!(error.abs() < within_hz, "{error} Hz at sample {sample}");
        }
    }
}

#[test]
fn a_narrow_search_decodes_every_frame_of_a_pass_once_its_doppler_is_off() {
    let recording = record(0.0, 112, true);
    let corrected = run(&recording.config(200, orbit()));
    recording.check(&corrected, 3.0);
    let offsets = corrected.report.signal.offset_hz.unwrap();
    assert!(offsets.max > 9_800.0 && offsets.min < -9_700.0, "{offsets:?}");
    // Left alone, the receiver sees the carrier where it crosses the middle.
    let alone = run(&recording.config(200, DopplerConfig::default()));
    assert!(alone.report.frames.good < 10, "{}", alone.report.frames.good);
}

#[test]
fn how_the_input_is_cut_changes_nothing() {
    let recording = record(180.0, 10, true);
    let of = |block: usize| {
        run(&RunConfig {
            block,
            ..recording.config(200, orbit())
        })
    };
    let whole = of(1 << 16);
    recording.check(&whole, 3.0);
    for block in [1_000, 4_097] {
        let cut = of(block);
        assert_eq!(cut.soft, whole.soft, "{block}");
        assert_eq!(cut.events, whole.events, "{block}");
    }
}

#[test]
fn beside_a_gap_the_doppler_is_that_of_the_time() {
    let recording = record(180.0, 10, true);
    let inner = open_samples(&recording.path(), &OpenOptions::default()).unwrap();
    // Ten seconds: the Doppler is 1.5 kHz lower behind them.
    let missing = 300_000..540_000;
    let source = Box::new(Leaky {
        inner,
        missing: vec![missing.clone()],
    });
    let found = run_source(&recording.config(200, orbit()), source);
    // A frame is 82 879 samples long: those that the gap does not touch.
    let frame = recording.sent.len() / 10;
    let expected: Vec<u8> = [0, 1, 2, 7, 8, 9]
        .iter()
        .flat_map(|n| &recording.sent[n * frame..][..frame])
        .copied()
        .collect();
    assert!(found.frames == expected, "{} frames", found.report.frames.good);
    for frame in found.records("frame") {
        let [sample, offset] = ["sample", "offset_hz"].map(|key| frame[key].as_f64().unwrap());
        let error = offset - recording.offset_hz(sample);
        assert!(error.abs() < 3.0, "{error} Hz at sample {sample}");
    }
}

#[test]
fn what_is_not_known_is_asked_for() {
    let recording = record(180.0, 1, false);
    let path = recording.path();
    let error = |doppler| try_run(&recording.config(200, doppler)).unwrap_err().to_string();
    assert_eq!(
        error(orbit()),
        format!(
            "{path}: the time of the samples is not known, which an orbit's Doppler needs; give --start-time"
        )
    );
    let no_frequency = DopplerConfig {
        carrier_hz: None,
        ..orbit()
    };
    assert_eq!(
        error(no_frequency),
        format!(
            "{path}: the frequency of the signal is not known, which an orbit's Doppler needs; give --rf-carrier"
        )
    );
    // A start time that the user gives will do, but elements say nothing about other years.
    let late = RunConfig {
        open: OpenOptions {
            start: Some(parse_utc("2030-01-01T00:00:00Z").unwrap()),
            ..OpenOptions::default()
        },
        ..recording.config(200, orbit())
    };
    let text = try_run(&late).unwrap_err().to_string();
    assert!(
        text.starts_with("elements of ISS of 2014-01-20T22:23:04.000416Z say nothing about 2030"),
        "{text}"
    );
}
