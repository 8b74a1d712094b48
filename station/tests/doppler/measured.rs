//! What a receiver measures: written, read by others, and given back.

use super::chain_support::{file, run, scratch};
use super::pass::{CARRIER_HZ, RATE, Recording, record};
use groundlink_station::chain::{self, RunConfig};
use groundlink_station::doppler::{Curve, DopplerConfig, Measured, MeasuredWriter, Motion};
use groundlink_station::input::{Capture, parse_utc};
use groundlink_station::monitor::Monitor;
use groundlink_station::output::OutputConfig;
use groundlink_station::time::SampleClock;
use std::sync::Arc;

/// A receiver with a wide search that writes the curve it measures.
fn measuring(recording: &Recording, target: &str, carrier_hz: Option<f64>) -> RunConfig {
    RunConfig {
        outputs: OutputConfig {
            doppler: Some(target.to_owned()),
            ..OutputConfig::default()
        },
        ..recording.config(
            12_000,
            DopplerConfig {
                motion: None,
                carrier_hz,
            },
        )
    }
}

/// What it measures of the recording.
fn measure(recording: &Recording, target: &str, carrier_hz: Option<f64>) -> String {
    let config = measuring(recording, target, carrier_hz);
    chain::run(&config, &Monitor::new()).unwrap();
    std::fs::read_to_string(target).unwrap()
}

#[test]
fn a_measured_curve_takes_the_doppler_off_for_another_receiver() {
    let (recording, folder) = (record(185.0, 8, true), scratch());
    let target = file(folder.path(), "curve.csv");
    let text = measure(&recording, &target, Some(CARRIER_HZ));
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("utc,seconds,offset_hz,frequency_hz,nominal_hz,es_n0_db,locked")
    );
    let mut locked = 0;
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |column: usize| cells[column].parse::<f64>().unwrap();
        assert_eq!(cells[4], "437000000.000");
        assert!((number(3) - number(4) - number(2)).abs() < 2e-3, "{line}");
        if cells[6] == "1" {
            locked += 1;
            let error = number(2) - recording.offset_hz(number(1) * RATE);
            assert!(error.abs() < 12.0, "{error} Hz in {line}");
        }
    }
    // Eight frames take 33 s, in windows of less than half a second.
    assert!(locked > 60, "{locked}");

    let curve = Curve::load(&target).unwrap();
    assert!(curve.needs_time() && !curve.is_absolute());
    let motion = Some(Motion::Measured(Arc::new(curve)));
    let given_back = DopplerConfig {
        motion,
        carrier_hz: None,
    };
    recording.check(&run(&recording.config(200, given_back)), 12.0);
}

#[test]
fn without_times_the_curve_counts_from_the_first_sample() {
    let (recording, folder) = (record(185.0, 4, false), scratch());
    let target = file(folder.path(), "curve.csv");
    let text = measure(&recording, &target, None);
    assert!(text.lines().skip(1).all(|line| line.starts_with(',')), "{text}");
    let curve = Curve::load(&target).unwrap();
    assert!(!curve.needs_time());
    let motion = Some(Motion::Measured(Arc::new(curve)));
    let given_back = DopplerConfig {
        motion,
        carrier_hz: None,
    };
    recording.check(&run(&recording.config(200, given_back)), 12.0);
}

/// Writes three measurements, of which the second has no lock.
fn write(target: &str) -> String {
    let clock = SampleClock::new(
        &[Capture {
            time: Some(parse_utc("2026-03-01T12:00:00Z").unwrap()),
            ..Capture::default()
        }],
        1_000.0,
    );
    let mut writer = MeasuredWriter::create(target, "input", "UWE-3 (äö)", Some(437_385_000.0)).unwrap();
    for (sample, offset_hz, locked) in [
        (250.0, 1_234.567_8, true),
        (400.0, 0.0, false),
        (1_500.5, -20.0, true),
    ] {
        let measured = Measured {
            sample,
            offset_hz,
            es_n0_db: if locked { 8.25 } else { f64::NAN },
            locked,
        };
        writer.take(&measured, &clock).unwrap();
        // What follows at once is left out.
        writer
            .take(
                &Measured {
                    sample: sample + 1.0,
                    ..measured
                },
                &clock,
            )
            .unwrap();
    }
    writer.finish().unwrap();
    std::fs::read_to_string(target).unwrap()
}

#[test]
fn the_files_to_the_letter() {
    let folder = scratch();
    assert_eq!(
        write(&file(folder.path(), "curve.csv")),
        "\
utc,seconds,offset_hz,frequency_hz,nominal_hz,es_n0_db,locked
2026-03-01T12:00:00.250000Z,0.250000,1234.568,437386234.568,437385000.000,8.250,1
2026-03-01T12:00:00.400000Z,0.400000,0.000,437385000.000,437385000.000,,0
2026-03-01T12:00:01.500500Z,1.500500,-20.000,437384980.000,437385000.000,8.250,1
"
    );
    // CCSDS 503.0-B-2: header, metadata of a one-way link from participant 2 to 1, data.
    assert_eq!(
        write(&file(folder.path(), "curve.tdm")),
        "\
CCSDS_TDM_VERS = 2.0
CREATION_DATE = 2026-03-01T12:00:00.250000
ORIGINATOR = GROUNDLINK
META_START
TIME_SYSTEM = UTC
PARTICIPANT_1 = GROUNDLINK
PARTICIPANT_2 = UWE-3 ()
MODE = SEQUENTIAL
PATH = 2,1
TIMETAG_REF = RECEIVE
DATA_QUALITY = RAW
META_STOP
DATA_START
RECEIVE_FREQ_1 = 2026-03-01T12:00:00.250000 437386234.568
RECEIVE_FREQ_1 = 2026-03-01T12:00:01.500500 437384980.000
DATA_STOP
"
    );
}

#[test]
fn a_tdm_needs_time_and_frequency() {
    let (recording, folder) = (record(185.0, 2, false), scratch());
    let target = file(folder.path(), "curve.tdm");
    let error = |carrier_hz| {
        let config = measuring(&recording, &target, carrier_hz);
        match chain::run(&config, &Monitor::new()) {
            Ok(report) => report.error.unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    };
    let (path, what) = (recording.path(), "which a TDM needs");
    assert_eq!(
        error(None),
        format!("{path}: the frequency of the signal is not known, {what}; give --rf-carrier")
    );
    assert_eq!(
        error(Some(CARRIER_HZ)),
        format!("{path}: the time of the samples is not known, {what}; give --start-time")
    );
}
