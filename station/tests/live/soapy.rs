//! Devices by the real `SoapySDR` library, with a server that plays a Red Pitaya's part.

use crate::chain_support::try_run;
use crate::players::Recording;
use crate::red_pitaya::{Program, RATE, listen, serve};
use groundlink_station::StationError;
use groundlink_station::chain::{self, RunConfig};
use groundlink_station::input::live::soapy::devices;
use groundlink_station::input::{LiveOptions, LossCause, TimeSource};
use groundlink_station::monitor::Monitor;
use groundlink_station::output::report::Report;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A server on a port of its own, with the control words it hears.
pub fn play(recording: &Recording, pace: f64, silence: Option<Duration>) -> (u16, Arc<Mutex<Vec<u32>>>) {
    let listener = listen(0).unwrap();
    let port = listener.local_addr().unwrap().port();
    let bytes = Arc::new(recording.bytes.clone());
    (port, serve(listener, Program { bytes, pace, silence }))
}

fn redpitaya(port: u16) -> String {
    format!("soapy:driver=redpitaya,addr=127.0.0.1,port={port}")
}

/// A run whose format is the device's.
pub fn config(recording: &Recording, url: &str, live: LiveOptions) -> RunConfig {
    let mut config = recording.config(url, live);
    config.open.format = None;
    config
}

/// Runs until the samples of the recording have all been read, with what came out as frames.
pub fn run_through(config: &RunConfig, samples: u64) -> Result<(Report, Vec<u8>), StationError> {
    let folder = tempfile::tempdir().unwrap();
    let frames = folder.path().join("frames");
    let mut config = config.clone();
    config.outputs.frames = Some(frames.to_string_lossy().into_owned());
    let monitor = Monitor::new();
    let watch = monitor.clone();
    let stopper = thread::spawn(move || {
        let begun = Instant::now();
        let received = || {
            let status = watch.status();
            status.position - status.lost_samples
        };
        while received() < samples && begun.elapsed() < Duration::from_secs(60) {
            thread::sleep(Duration::from_millis(10));
        }
        watch.stop();
    });
    let report = chain::run(&config, &monitor);
    monitor.stop();
    let outcome = report.map(|report| (report, std::fs::read(frames).unwrap()));
    if outcome.is_ok() {
        stopper.join().unwrap();
    }
    outcome
}

/// Whether the error is that of a module which is not there; says so.
pub fn skipped(error: &StationError, package: &str) -> bool {
    let missing = error.to_string().contains("no match");
    if missing {
        println!("skipped: {package} is not installed");
    }
    missing
}

#[test]
fn a_device_gives_the_frames_of_the_file_it_plays() {
    let recording = Recording::of(125_000.0, 1.25e6, "cf32_le", 80);
    let samples = recording.bytes.len() as u64 / 8;
    let (port, words) = play(&recording, 1.0, Some(Duration::from_millis(500)));
    let live = LiveOptions {
        frequency_hz: Some(21e6),
        ..LiveOptions::default()
    };
    let outcome = run_through(&config(&recording, &redpitaya(port), live), samples);
    let (report, frames) = match outcome {
        Err(error) if skipped(&error, "soapysdr-module-redpitaya") => return,
        outcome => outcome.unwrap(),
    };
    println!("{:?} {samples}", report.input);
    assert_eq!((report.error, report.input.lost_samples), (None, 0));
    assert!(frames == recording.file.frames, "other frames than from the file");
    assert_eq!(report.input.sample_rate_hz, Some(1.25e6));
    assert_eq!(report.input.time_source, Some(TimeSource::Host));
    assert_eq!(report.input.utc_uncertainty_s, Some(0.25));
    let words = words.lock().unwrap().clone();
    assert!(
        words.contains(&21_000_000) && words.contains(&(RATE | 5)),
        "{words:?}"
    );
}

#[test]
fn a_device_that_vanishes_is_opened_again() {
    let recording = Recording::of(25_000.0, 250e3, "cf32_le", 20);
    let samples = recording.bytes.len() as u64 / 8;
    // Plays, hangs up, and plays again to whoever comes back.
    let (port, words) = play(&recording, 2.0, Some(Duration::ZERO));
    let live = LiveOptions {
        // Longer than a busy machine keeps the server waiting.
        silence: Duration::from_secs(2),
        ..LiveOptions::default()
    };
    let outcome = run_through(&config(&recording, &redpitaya(port), live), 2 * samples);
    let (report, frames) = match outcome {
        Err(error) if skipped(&error, "soapysdr-module-redpitaya") => return,
        outcome => outcome.unwrap(),
    };
    assert_eq!(report.error, None);
    let lost = report.input.lost_by[&LossCause::Timeout];
    assert!(
        lost.gaps >= 1 && lost.seconds / lost.gaps as f64 >= 1.9,
        "{lost:?}"
    );
    assert_eq!(report.input.lost_samples, lost.samples);
    assert!(
        frames == recording.file.frames.repeat(2),
        "other frames than from the file, twice"
    );
    let rates = words
        .lock()
        .unwrap()
        .iter()
        .filter(|word| **word == RATE | 3)
        .count();
    assert!(rates >= 2, "tuned anew: {rates}");
}

#[test]
fn what_a_device_cannot_do_is_refused() {
    let recording = Recording::of(25_000.0, 250e3, "cf32_le", 2);
    let (port, _) = play(&recording, 1.0, None);
    let refusal = |live: LiveOptions, rate: f64| {
        let mut config = config(&recording, &redpitaya(port), live);
        config.open.sample_rate_hz = Some(rate);
        match try_run(&config) {
            Ok(_) => panic!("it ran"),
            Err(error) => error.to_string(),
        }
    };
    let text = refusal(LiveOptions::default(), 300e3);
    if text.contains("no match") {
        println!("skipped: soapysdr-module-redpitaya is not installed");
        return;
    }
    assert!(
        text.ends_with("--rate 300000 is outside 20000, 50000, 100000, 250000, 500000, 1250000 Hz"),
        "{text}"
    );
    for (live, expected) in [
        (
            LiveOptions {
                frequency_hz: Some(437e6),
                ..LiveOptions::default()
            },
            "--frequency 437000000 is outside",
        ),
        (
            LiveOptions {
                channel: Some(1),
                ..LiveOptions::default()
            },
            "--channel 1 is outside",
        ),
        (
            LiveOptions {
                antenna: Some("RX9".into()),
                ..LiveOptions::default()
            },
            "--antenna RX9 is outside",
        ),
        (
            LiveOptions {
                agc: true,
                ..LiveOptions::default()
            },
            "--agc means nothing for this device",
        ),
        (
            LiveOptions {
                gain: "LNA=1".parse().ok(),
                ..LiveOptions::default()
            },
            "--gain LNA is outside",
        ),
        (
            LiveOptions {
                hold_back: true,
                ..LiveOptions::default()
            },
            "--hold-back means nothing for a device",
        ),
        (
            LiveOptions {
                antenna: Some("a\0b".into()),
                ..LiveOptions::default()
            },
            "is no text for a device",
        ),
    ] {
        let text = refusal(live, 250e3);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn devices_are_listed_with_what_they_can_do() {
    let recording = Recording::of(25_000.0, 250e3, "cf32_le", 2);
    let (port, _) = play(&recording, 1.0, None);
    let listed = devices(&format!("driver=redpitaya,addr=127.0.0.1,port={port}")).unwrap();
    assert_eq!(listed.len(), 1);
    let device = &listed[0];
    if device
        .error
        .as_ref()
        .is_some_and(|error| error.contains("no match"))
    {
        println!("skipped: soapysdr-module-redpitaya is not installed");
        return;
    }
    assert_eq!(
        (device.driver.as_deref(), device.error.as_deref()),
        (Some("redpitaya"), None)
    );
    let channel = &device.channels[0];
    let rates: Vec<f64> = channel.rates_hz.iter().map(|range| range.min).collect();
    assert_eq!(rates, crate::red_pitaya::RATES);
    assert_eq!(channel.formats, ["CF32"]);
    assert_eq!(channel.frequencies_hz[0].max, 60e6);
}
