//! A run that a watcher takes elsewhere: what is decoded there is what a whole run has there, and nothing is counted twice.

use groundlink_station::StationError;
use groundlink_station::chain::{DEFAULT_BLOCK, From, RunConfig};
use groundlink_station::doppler::DopplerConfig;
use groundlink_station::input::{OpenOptions, SampleSource, open_reader, open_samples};
use groundlink_station::monitor::{Explained, FrameView, Monitor, Phase, Until};
use groundlink_station::output::OutputConfig;
use groundlink_station::output::report::Report;
use groundlink_station::profile::Profile;
use groundlink_station::session::{Session, SessionError};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

const RATE_HZ: u64 = 50_000;

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../recordings/demo.sigmf")
}

fn config(input: &str, outputs: OutputConfig) -> RunConfig {
    RunConfig {
        input: input.to_owned(),
        from: From::Iq,
        open: OpenOptions::default(),
        soft: None,
        profile: Profile::load("demo", &[]).expect("a built-in profile"),
        outputs,
        block: DEFAULT_BLOCK,
        threads: None,
        doppler: DopplerConfig::default(),
        record: None,
    }
}

/// Runs the demo and whatever is asked of it meanwhile.
fn during(outputs: OutputConfig, paused: bool, ask: impl FnOnce(&Session)) -> Report {
    let monitor = Monitor::new();
    monitor.watch();
    monitor.set_paused(paused);
    let input = demo().display().to_string();
    let config = config(&input, outputs);
    let open = config.open.clone();
    let session = Session::new(config, "demo", &[], true, &monitor);
    let opener = || open_samples(&input, &open).map_err(StationError::from);
    run(&session, None, &opener, ask)
}

fn run(
    session: &Session,
    first: Option<Box<dyn SampleSource>>,
    open: &(dyn Fn() -> Result<Box<dyn SampleSource>, StationError> + Sync),
    ask: impl FnOnce(&Session),
) -> Report {
    thread::scope(|scope| {
        let chain = scope.spawn(|| session.run(first, open));
        let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ask(session)));
        session.monitor().set_paused(false);
        session.monitor().stop();
        let report = chain.join().expect("no panic").expect("the run begins");
        if let Err(panic) = asked {
            std::panic::resume_unwind(panic);
        }
        report
    })
}

/// Waits until something holds of a run.
fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn finished(monitor: &Monitor) {
    until("the run ends", || monitor.status().phase == Phase::Finished);
}

/// What must be the same of a frame wherever decoding began. The symbol clock was found at another place, so that what
/// lies between two samples may be rounded to either; and a codeword that is not corrected is as it was received.
fn check_same(found: &FrameView, expected: &FrameView) {
    let at = |frame: &FrameView| frame.sample.expect("a sample");
    assert!(
        at(found).abs_diff(at(expected)) <= 1,
        "{} {}",
        at(found),
        at(expected)
    );
    let micros = |frame: &FrameView| {
        let utc = frame.utc.as_deref().expect("a time");
        assert_eq!(&utc[..17], "2026-03-01T12:00:");
        (utc[17..26].parse::<f64>().expect("seconds") * 1e6).round() as u64
    };
    // Times are cut, not rounded, to microseconds.
    assert!(micros(found).abs_diff(at(found) * 1_000_000 / RATE_HZ) <= 1);
    assert_eq!(found.good, expected.good);
    assert!(!found.good || found.bytes == expected.bytes, "at {}", at(found));
}

#[test]
fn frames_after_a_seek_are_those_of_a_whole_run() {
    during(OutputConfig::default(), false, |session| {
        let monitor = session.monitor();
        finished(monitor);
        let whole = monitor.frames_since(0).1;
        assert_eq!(whole.iter().filter(|f| f.good).count(), 85);
        let mut seen = whole.len() as u64;
        // Within the recording, to its very beginning, to the middle of a block, and nearly to its end.
        for sample in [240_000, 0, 131_072 + 17, 400_001] {
            session.seek(sample).expect("a file");
            until("the seek is taken up", || {
                monitor.status().phase == Phase::Running || monitor.status().begins_at == sample
            });
            until("it is there", || monitor.status().begins_at == sample);
            finished(monitor);
            let (first, frames) = monitor.frames_since(seen);
            assert_eq!(first, seen);
            seen += frames.len() as u64;
            let offset = whole.len() - frames.len();
            for (found, expected) in frames.iter().zip(&whole[offset..]) {
                check_same(found, expected);
            }
            // A second of signal is enough to find lock again.
            let missed = whole
                .iter()
                .filter(|f| f.sample >= Some(sample + RATE_HZ))
                .count();
            assert!(
                frames.len() >= missed,
                "from {sample}: {} of {missed}",
                frames.len()
            );
            let status = monitor.status();
            let good = frames.iter().filter(|f| f.good).count();
            assert_eq!(status.totals.frames_good, good as u64, "counted once");
            assert_eq!((status.position, status.lost_samples), (481_080, 0));
        }
    });
}

#[test]
fn a_wrong_randomizer_loses_frames_and_the_right_one_gains_them_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let events = folder.path().join("events.jsonl");
    let frames = folder.path().join("frames.bin");
    let path = |path: &Path| Some(path.display().to_string());
    let outputs = OutputConfig {
        events: path(&events),
        frames: path(&frames),
        ..OutputConfig::default()
    };
    let report = during(outputs, true, |session| {
        let monitor = session.monitor();
        let step_to = |sample: u64| {
            while monitor.status().position < sample {
                let before = monitor.status().position;
                session.step().expect("a replay that is held");
                until("a step", || monitor.status().position > before);
            }
        };
        step_to(150_000);
        let refused = session.seek(0).expect_err("files are written");
        assert!(matches!(refused, SessionError::Written { .. }), "{refused}");
        session.set("coding.randomizer=none").expect("a possible link");
        step_to(250_000);
        session.set("coding.randomizer=ccsds").expect("as it was");
        step_to(400_000);
        assert_eq!(
            session.profile(),
            Profile::load("demo", &[]).expect("a built-in profile")
        );
    });
    let sets: Vec<_> = report.profile_changes.iter().map(|c| c.set.as_str()).collect();
    assert_eq!(sets, ["coding.randomizer = none", "coding.randomizer = ccsds"]);
    let [off, on] = [0, 1].map(|n| report.profile_changes[n].from);
    assert_eq!([off, on], [150_000, 250_000]);
    let events = fs::read_to_string(events).expect("events");
    let records: Vec<serde_json::Value> = events
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let of = |kind: &str| records.iter().filter(|r| r["type"] == kind).collect::<Vec<_>>();
    assert_eq!(of("profile_changed").len(), 2);
    assert_eq!(of("start").len(), 1, "one run");
    let numbers: Vec<_> = of("frame").iter().map(|r| r["frame"].as_u64()).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).map(Some).collect::<Vec<_>>());
    let good = |from: u64, to: u64| {
        let inside = |r: &&&serde_json::Value| (from..to).contains(&r["sample"].as_u64().expect("a sample"));
        let frames = of("frame");
        frames.iter().filter(|r| r["good"] == true).filter(inside).count()
    };
    assert_eq!(good(off, on), 0);
    let [before, after] = [good(0, off), good(on, 400_000)];
    assert!(before >= 25 && after >= 25, "{before} {after}");
    let bytes = fs::metadata(frames).expect("frames").len();
    let length = of("frame")[0]["length"].as_u64().expect("a number");
    assert_eq!(bytes, report.frames.good * length, "what is written goes on");
}

#[test]
fn what_cannot_be_set_changes_nothing_and_is_said_in_one_line() {
    during(OutputConfig::default(), true, |session| {
        until("an input", || session.monitor().status().input.is_some());
        let before = session.profile();
        for wrong in [
            "coding.randomizer",
            "coding.randomizer=perhaps",
            "nothing.such=1",
            "signal.symbol_rate=-3",
            "signal.symbol_rate=1e9",
            "=",
            "",
        ] {
            let said = session.set(wrong).expect_err(wrong).to_string();
            assert!(!said.contains('\n') && !said.is_empty(), "{said:?}");
        }
        assert_eq!(session.profile(), before);
    });
}

#[test]
fn a_step_is_a_tenth_of_a_second_and_the_next_frame_can_be_run_to() {
    during(OutputConfig::default(), true, |session| {
        let monitor = session.monitor();
        until("an input", || monitor.status().input.is_some());
        for step in 1..=4 {
            session.step().expect("held");
            until("a step", || monitor.status().position == step * RATE_HZ / 10);
        }
        session.run_until(Until::Frame).expect("running");
        until("it is held again", || monitor.paused());
        assert!(!monitor.frames_since(0).1.is_empty());
        monitor.set_paused(false);
        let running = session.step().expect_err("not held");
        assert!(matches!(running, SessionError::NotHeld), "{running}");
    });
}

#[test]
fn a_seek_while_held_shows_the_new_place_and_stays_held() {
    during(OutputConfig::default(), true, |session| {
        let monitor = session.monitor();
        until("an input", || monitor.status().input.is_some());
        session.seek(300_000).expect("a file");
        until("a step there", || {
            monitor.status().position == 300_000 + RATE_HZ / 10
        });
        assert!(monitor.paused());
        session.seek(100_000).expect("a file");
        until("a step there", || {
            monitor.status().position == 100_000 + RATE_HZ / 10
        });
        session.seek(u64::MAX).expect("a file");
        until("the last sample", || monitor.status().position == 481_080);
    });
}

#[test]
fn a_pipe_is_not_sought_but_goes_on_with_another_profile() {
    let monitor = Monitor::new();
    monitor.watch();
    monitor.set_paused(true);
    let session = Session::new(config("-", OutputConfig::default()), "demo", &[], false, &monitor);
    let source = open_reader(
        "demo.sigmf",
        Box::new(File::open(demo()).expect("a file")),
        &OpenOptions::default(),
    )
    .expect("an archive");
    let never = || -> Result<Box<dyn SampleSource>, StationError> { panic!("opened again") };
    let report = run(&session, Some(source), &never, |session| {
        until("an input", || monitor.status().input.is_some());
        let refused = session.seek(10).expect_err("a pipe");
        assert!(matches!(refused, SessionError::Once), "{refused}");
        session.set("coding.randomizer=none").expect("a possible link");
        session.step().expect("held");
        until("it is changed", || {
            let events = monitor.events_since(0).1;
            events.iter().any(|e| e.text.contains("coding.randomizer = none"))
        });
        session.set("coding.randomizer=ccsds").expect("as it was");
        monitor.set_paused(false);
        finished(&monitor);
    });
    // The first block was received with the wrong profile; the rest as ever.
    assert!(report.frames.good >= 83, "{}", report.frames.good);
    assert_eq!(report.input.read, 481_080);
}

#[test]
fn the_profile_as_it_is_now_is_saved_and_nothing_is_overwritten_unasked() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.toml").display().to_string();
    during(OutputConfig::default(), true, |session| {
        until("an input", || session.monitor().status().input.is_some());
        session.set("coding.randomizer=none").expect("a possible link");
        session.save(&path, false).expect("a new file");
        assert_eq!(Profile::load(&path, &[]).expect("a profile"), session.profile());
        let there = session.save(&path, false).expect_err("it is there");
        assert!(there.to_string().contains("mine.toml"), "{there}");
        session.save(&path, true).expect("it may go");
    });
}

/// Of an input that cannot be read again, the newest samples are looked at while it goes on; one that can is read again.
#[test]
fn a_run_without_frames_is_explained_while_it_goes_on() {
    let wrong = ["coding.randomizer=none".to_owned()];
    for again in [false, true] {
        let monitor = Monitor::new();
        monitor.watch();
        monitor.set_pace(Some(4.0));
        let input = demo().display().to_string();
        let mut config = config(&input, OutputConfig::default());
        config.profile = Profile::load("demo", &wrong).expect("a possible link");
        let session = Session::new(config, "demo", &wrong, again, &monitor);
        let opener = || open_samples(&input, &OpenOptions::default()).map_err(StationError::from);
        let source = opener().expect("an archive");
        run(&session, Some(source), &opener, |session| {
            until("some seconds of signal", || monitor.status().position > 200_000);
            session.explain();
            let Explained::Done(explanation) = monitor.explained() else {
                panic!("{:?}", monitor.explained())
            };
            assert!(!explanation.decodes, "{}", explanation.text());
            let cause = explanation.causes.first().expect("a cause");
            assert!(cause.proven, "{}", explanation.text());
            assert_eq!(cause.set, ["coding.randomizer=ccsds"], "{}", explanation.text());
            session.set_all(&cause.set).expect("a possible link");
            monitor.set_pace(None);
            finished(&monitor);
            assert!(monitor.status().totals.frames_good > 0);
        });
    }
}
