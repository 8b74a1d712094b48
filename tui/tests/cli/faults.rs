//! The program when its surroundings fail: what was decoded is there, and every count adds up.

use super::support::{Folder, Run};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
const FRAME: usize = 223;

/// What was offered to each output was delivered or is lost by cause.
fn outputs_add_up(report: &Value) {
    for output in report["outputs"].as_array().unwrap() {
        let dropped = output["dropped"].as_object().unwrap().values();
        let dropped: u64 = dropped.map(|count| count.as_u64().unwrap()).sum();
        let delivered = output["delivered"].as_u64().unwrap();
        assert_eq!(output["offered"], delivered + dropped, "{output}");
        assert_eq!(output["queued"], 0, "{output}");
    }
}

/// The program under a shell that has done this before.
fn under(folder: &Folder, before: &str, arguments: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_groundlink");
    Command::new("sh")
        .args(["-c", &format!("{before}; exec {program} {arguments}")])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// No file may grow beyond so many blocks of 512 bytes; to the program that is an error like that of a full disk.
fn limited(folder: &Folder, blocks: usize, arguments: &str) -> Run {
    Run::of(under(
        folder,
        &format!("trap '' XFSZ; ulimit -f {blocks}"),
        arguments,
    ))
}

#[test]
fn a_disk_that_fills_up_ends_the_run_with_what_fitted() {
    let folder = Folder::with_pass(60);
    // Room for 36 frames and a part of one.
    let run = limited(
        &folder,
        16,
        "decode pass.sigmf-meta -p demo --frames f --report - --output tcp-listen://:0",
    );
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert_eq!(run.complaint(), "cannot write f: File too large (os error 27)");
    let frames = folder.read("f");
    assert_eq!(frames.len(), 16 * 512, "as much as there was room for");
    assert!(folder.read("sent").starts_with(&frames));
    let report = run.json();
    assert!(report["frames"]["good"].as_u64().unwrap() as usize > frames.len() / FRAME);
    outputs_add_up(&report);
}

#[test]
fn a_disk_that_fills_up_ends_the_recording_and_not_the_run() {
    let folder = Folder::with_pass(30);
    let run = limited(
        &folder,
        64,
        "decode pass.sigmf-meta -p demo --frames f --report - --record made",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(folder.read("f") == folder.read("sent"), "all frames are there");
    let recording = &run.json()["recording"];
    let error = recording["error"].as_str().unwrap();
    assert!(error.contains("File too large"), "{error}");
    assert!(run.stderr.contains(error), "{}", run.stderr);
}

#[cfg(feature = "parquet")]
#[test]
fn a_disk_that_fills_up_loses_rows_that_are_counted_and_not_the_run() {
    let folder = Folder::with_pass(30);
    let run = limited(
        &folder,
        4,
        "decode pass.sigmf-meta -p demo --report - --output parquet:archive?stall=0.5",
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    let report = run.json();
    assert_eq!(report["frames"]["good"], 30);
    outputs_add_up(&report);
    let archive = &report["outputs"][0];
    assert_eq!(archive["delivered"], 0, "{archive}");
    let error = archive["last_error"].as_str().unwrap();
    assert!(error.contains("File too large"), "{error}");
    // No file is there that is not whole.
    let found = Command::new("find")
        .args(["archive", "-type", "f"])
        .current_dir(folder.path())
        .output();
    assert_eq!(found.unwrap().stdout, b"");
}

#[test]
fn without_a_network_frames_are_counted_as_lost_to_their_consumers() {
    let folder = Folder::with_pass(10);
    let program = env!("CARGO_BIN_EXE_groundlink");
    // A network of its own in which not even the loopback is up.
    let command = |arguments: &str| {
        let mut command = Command::new("unshare");
        command.args(["-rn"]).args(arguments.split_whitespace());
        command.current_dir(folder.path()).output()
    };
    if !command("true").is_ok_and(|output| output.status.success()) {
        println!("skipped: no network namespaces for this user");
        return;
    }
    let run = command(&format!(
        "{program} decode pass.sigmf-meta -p demo --frames f --report - --output udp://127.0.0.1:9999 \
         --output tcp://127.0.0.1:9999?stall=0.5 --output jsonl://127.0.0.1:9999?stall=0.5"
    ));
    let run = Run::of(run.unwrap());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(folder.read("f") == folder.read("sent"));
    let report = run.json();
    outputs_add_up(&report);
    for (nth, units) in [(0, 10), (1, 10)] {
        let output = &report["outputs"][nth];
        assert_eq!(
            (&output["offered"], &output["delivered"]),
            (&units.into(), &0.into()),
            "{output}"
        );
        let error = output["last_error"].as_str().unwrap();
        assert!(error.contains("unreachable"), "{error}");
    }
}

/// The library that steps a program's clock.
fn faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    let mut libraries = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    let found = libraries.find(|path| path.is_file());
    if found.is_none() {
        println!("skipped: libfaketime is not installed");
    }
    found
}

/// Sends bytes at a pace, as `rtl_tcp` would.
fn play(mut stream: TcpStream, bytes: &[u8], per_second: f64, mut at: impl FnMut(f64)) {
    let mut commands = stream.try_clone().unwrap();
    thread::spawn(move || commands.read_to_end(&mut Vec::new()));
    stream.write_all(b"RTL0\0\0\0\x05\0\0\0\x1d").unwrap();
    let started = Instant::now();
    let piece = (per_second / 50.0) as usize / 2 * 2;
    for (number, piece) in bytes.chunks(piece).enumerate() {
        let due = Duration::from_secs_f64(number as f64 / 50.0);
        thread::sleep(due.saturating_sub(started.elapsed()));
        at(number as f64 / 50.0);
        stream.write_all(piece).unwrap();
    }
}

#[test]
fn steps_of_the_clock_move_times_and_nothing_else() {
    let Some(library) = faketime() else { return };
    let folder = Folder::new();
    let made = folder.run(
        "simulate -p demo --out pass.sigmf-meta --frames 40 --ebn0 12 --rate 80k --format cu8 --seed 3 --lead 0.3 \
         --sent-frames sent",
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    let samples = folder.read("pass.sigmf-data");
    let length_s = samples.len() as f64 / 160e3;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let step = |seconds: i32| {
        // Renamed, so that nobody reads half of it.
        folder.write("next", format!("{seconds:+}"));
        fs::rename(folder.path().join("next"), folder.path().join("clock")).unwrap();
    };
    step(0);
    let mut command = folder.command(&format!(
        "decode rtl_tcp://{} --rate 80k --reconnect 0 -p demo --frames f --events e --report r",
        listener.local_addr().unwrap()
    ));
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", folder.path().join("clock"))
        .envs([("FAKETIME_NO_CACHE", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")])
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let begun = std::time::SystemTime::now();
    // Back by a day, on by two, and back to what is right.
    let mut steps = vec![(0.5, 0), (0.25, 86_400), (0.1, -86_400)];
    play(listener.accept().unwrap().0, &samples, 160e3, |seconds| {
        if let Some(&(part, offset)) = steps.last()
            && seconds >= part * length_s
        {
            step(offset);
            steps.pop();
        }
    });
    let run = Run::of(child.wait_with_output().unwrap());
    assert!(
        run.complaint().contains("lost, and not found again"),
        "{}",
        run.stderr
    );
    assert!(folder.read("f") == folder.read("sent"), "all frames are there");
    let report = folder.json("r");
    assert_eq!(
        (&report["frames"]["good"], &report["frames"]["lost"]),
        (&40.into(), &0.into())
    );
    assert_eq!(
        (&report["input"]["read"], &report["input"]["lost_samples"]),
        (&(samples.len() / 2).into(), &0.into())
    );
    // Every frame's time is that of one of the clocks that there were, and says how good it is.
    let begun = begun.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let mut clocks = std::collections::BTreeSet::new();
    for frame in folder.lines("e").iter().filter(|event| event["type"] == "frame") {
        assert!(frame["utc_uncertainty_s"].as_f64().unwrap() > 0.0);
        assert_eq!(frame["time_source"], "host");
        let utc: hifitime::Epoch = frame["utc"].as_str().unwrap().parse().unwrap();
        let zero = utc.to_unix_seconds() - frame["sample"].as_f64().unwrap() / 80e3;
        let days = ((zero - begun) / 86_400.0).round();
        let off = zero - begun - days * 86_400.0;
        assert!((-1.0..PATIENCE.as_secs_f64()).contains(&off), "{off}");
        clocks.insert(days as i64);
    }
    assert!(
        clocks.len() > 1 && clocks.iter().all(|days| (-1..=1).contains(days)),
        "{clocks:?}"
    );
}
