//! `run`: a station by itself.

use super::overhead::overhead;
use super::receiver::{RATE, Receiver};
use super::support::{Folder, Run};
use groundlink_station::attach::{Endpoint, Viewer};
use groundlink_station::monitor::Monitor;
use hifitime::{Duration, Epoch};
use serde_json::Value;
use std::io::Read;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Instant;

/// Patience with a busy machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(90);
const FRAME: usize = 223;

const HEAD: &str = "\
outputs = ['tcp-listen://127.0.0.1:0', 'http://127.0.0.1:0']
[site]
latitude = 48.21
longitude = 16.37
altitude = 180
[schedule]
lead = 0
lag = 0
min_pass = 1
look_ahead = 1
";

/// A folder with a station file of these satellites: name, priority, seconds from now to AOS and to LOS.
fn station(receiver: &Receiver, satellites: &[(&str, u32, f64, f64)]) -> Folder {
    let folder = Folder::new();
    let mut text = format!(
        "{HEAD}[receiver]\ninput = 'rtl_tcp://127.0.0.1:{}'\nrate = {RATE}\n[results]\nfolder = 'passes'\n",
        receiver.port
    );
    let now = Epoch::now().unwrap();
    for (norad, (name, priority, aos, los)) in (90_001..).zip(satellites) {
        let middle = now + Duration::from_seconds(f64::midpoint(*aos, *los));
        let (omm, elevation) = overhead(name, norad, middle, (los - aos) / 2.0);
        folder.write(&format!("{name}.json"), omm);
        text.extend([format!(
            "[[satellite]]\nname = '{name}'\ntle = '{name}.json'\npriority = {priority}\nmin_elevation = {elevation}\n\
             center_frequency = '1 MHz'\n[[satellite.downlink]]\nprofile = 'demo'\noffset = 0\n"
        )]);
    }
    folder.write("station.toml", text);
    folder
}

/// Samples of frames, and these frames.
fn signal() -> (Vec<u8>, Vec<u8>) {
    let folder = Folder::new();
    let run = folder.run(&format!(
        "simulate -p demo --out s --frames 60 --ebn0 12 --rate {RATE} --format cu8 --sent-frames sent"
    ));
    assert_eq!(run.code, 0, "{}", run.stderr);
    (folder.read("s.sigmf-data"), folder.read("sent"))
}

fn wait_for<T>(folder: &Folder, what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        let so_far =
            || String::from_utf8_lossy(&std::fs::read(folder.path().join("log")).unwrap()).into_owned();
        assert!(begun.elapsed() < PATIENCE, "{what} never came:\n{}", so_far());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// The first event of this type of this satellite (of any, where none is named).
fn event(folder: &Folder, kind: &str, satellite: &str) -> Value {
    wait_for(folder, kind, || {
        let text = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        let mut events = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events
            .find(|event| event["type"] == kind && (satellite.is_empty() || event["satellite"] == satellite))
    })
}

fn start(folder: &Folder) -> Child {
    folder.spawn("run station.toml --events log")
}

fn stop(child: Child) -> Run {
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    Run::of(child.wait_with_output().unwrap())
}

/// Folders of the passes of a satellite, in the order of their names.
fn passes(folder: &Folder, satellite: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.path().join("passes").join(satellite));
    let mut paths: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Frames that were sent, whole and without a gap but where the recording begins anew.
fn check_frames(frames: &[u8], sent: &[u8]) {
    assert_eq!(frames.len() % FRAME, 0);
    let numbers: Vec<usize> = frames
        .chunks(FRAME)
        .map(|frame| {
            sent.chunks(FRAME)
                .position(|other| other == frame)
                .expect("a frame that was sent")
        })
        .collect();
    for pair in numbers.windows(2) {
        assert!(pair[1] == pair[0] + 1 || pair[1] < pair[0], "{numbers:?}");
    }
}

fn http(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    std::io::Write::write_all(
        &mut stream,
        format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes(),
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[test]
fn the_next_pass_works_where_one_had_no_receiver() {
    let (samples, sent) = signal();
    let receiver = Receiver::start(samples, false);
    let folder = station(&receiver, &[("high", 2, -30.0, 12.0), ("low", 1, -20.0, 900.0)]);
    let child = start(&folder);
    let started = event(&folder, "started", "");
    let address = |n: usize| started["listening"][n]["address"].as_str().unwrap().to_owned();
    // Connected once, for the whole station.
    let mut client = TcpStream::connect(address(0)).unwrap();
    let failed = event(&folder, "failed", "high");
    assert!(
        failed["error"].as_str().unwrap().contains("rtl_tcp://127.0.0.1"),
        "{failed}"
    );
    let cut = event(&folder, "decided", "low");
    assert_eq!(cut["verdict"], "cut");
    let status: Value = serde_json::from_str(&http(&address(1), "/status")).unwrap();
    assert_eq!(status["schedule"]["state"], "receiving");
    let end = event(&folder, "end", "high");
    assert_eq!((&end["runs"], &end["frames"]), (&0.into(), &0.into()));
    receiver.plug_in();
    event(&folder, "receiving", "low");
    let mut frames = vec![0; 3 * FRAME];
    client.read_exact(&mut frames).unwrap();
    check_frames(&frames, &sent);
    let metrics = http(&address(1), "/metrics");
    assert!(
        metrics.contains("groundlink_station_receiving{} 1.0\n"),
        "{metrics}"
    );
    let run = stop(child);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let failed = json(passes(&folder, "high")[0].join("pass.json"));
    assert_eq!(
        (&failed["state"], &failed["frames"]),
        (&"failed".into(), &0.into())
    );
    assert_eq!(failed["attempts"], end["failures"]);
    let [low] = &passes(&folder, "low")[..] else {
        panic!("one pass")
    };
    let (state, report) = (json(low.join("pass.json")), json(low.join("report.json")));
    assert_eq!((&state["state"], &state["part"]), (&"stopped".into(), &1.into()));
    assert_eq!(
        (&report["stopped"], &report["decoded"]),
        (&"request".into(), &true.into())
    );
    let frames = std::fs::read(low.join("low.frames")).unwrap();
    check_frames(&frames, &sent);
    assert_eq!(state["frames"], frames.len() / FRAME);
    assert_eq!(
        report["downlinks"][0]["report"]["frames"]["good"],
        frames.len() / FRAME
    );
}

#[test]
fn viewers_see_one_pass_after_the_other_and_what_is_waited_for() {
    let (samples, sent) = signal();
    let receiver = Receiver::start(samples, true);
    let folder = station(&receiver, &[("one", 0, 12.0, 20.0), ("two", 0, 28.0, 900.0)]);
    let child = folder.spawn("run station.toml --events log --serve unix:sock");
    event(&folder, "waiting", "one");
    let socket = folder.path().join("sock");
    let at: Endpoint = format!("unix:{}", socket.display()).parse().unwrap();
    let seen = Monitor::new();
    let mut viewer = Viewer::new(&at, &seen);
    let connection = viewer.connect().unwrap();
    let viewing = std::thread::spawn(move || viewer.watch(connection));
    let told = |text: &str| {
        seen.events_since(0)
            .1
            .iter()
            .any(|event| event.text.starts_with(text))
    };
    let frames_of = |name: &str| {
        let waiting = format!("waiting for {name}: AOS 2");
        wait_for(&folder, &waiting, || {
            (told(&waiting) && seen.status().signal.starts_with(&waiting)).then_some(())
        });
        let before = seen.frames_since(0).1.len();
        wait_for(&folder, &format!("frames of {name}"), || {
            let frames = seen.frames_since(0).1.split_off(before);
            (told(&format!("receive {name} into")) && frames.len() >= 3).then_some(frames)
        })
    };
    for name in ["one", "two"] {
        let frames = frames_of(name);
        assert!(
            frames
                .iter()
                .all(|frame| sent.chunks(FRAME).any(|one| one == frame.bytes))
        );
        assert_eq!(seen.status().profile, "demo");
        wait_for(&folder, "a spectrum", || {
            (!seen.plots().spectrum.is_empty()).then_some(())
        });
    }
    let run = stop(child);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("serving   unix:"), "{}", run.stderr);
    assert!(told("LOS one") && told("end one: "));
    assert!(!socket.exists());
    seen.stop();
    viewing.join().unwrap();
}

#[test]
fn a_killed_station_goes_on_where_it_was() {
    let (samples, sent) = signal();
    let receiver = Receiver::start(samples, true);
    let folder = station(&receiver, &[("bird", 0, -60.0, 900.0)]);
    let file = String::from_utf8(folder.read("station.toml")).unwrap();
    folder.write(
        "station.toml",
        file.replace("[results]", "[recording]\n[results]"),
    );
    let mut child = start(&folder);
    event(&folder, "receiving", "bird");
    let first = passes(&folder, "bird").remove(0);
    let size = |file: PathBuf| std::fs::metadata(file).map_or(0, |about| about.len()) as usize;
    wait_for(&folder, "frames", || {
        (size(first.join("bird.frames")) >= 3 * FRAME).then_some(())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let frames = std::fs::read(first.join("bird.frames")).unwrap();
    assert!(sent.windows(FRAME).any(|one| one == &frames[..FRAME]));
    check_frames(&frames[..frames.len() / FRAME * FRAME], &sent);
    let recorded = |folder: &PathBuf| {
        let entries = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .filter(|path| path.extension().is_some_and(|ending| ending == "sigmf-data"))
            .count()
    };
    assert_eq!(
        (recorded(&first), json(first.join("pass.json"))["state"].clone()),
        (1, "running".into())
    );

    // Less than what was recorded, more than all else.
    folder.write(
        "station.toml",
        file.replace("'passes'\n", "'passes'\nquota = '200k'\n"),
    );
    let child = start(&folder);
    wait_for(&folder, "another part", || {
        passes(&folder, "bird").into_iter().nth(1)
    });
    let [_, second] = &passes(&folder, "bird")[..] else {
        panic!("two parts")
    };
    assert_eq!(format!("{}.part2", first.display()), second.display().to_string());
    wait_for(&folder, "frames", || {
        (size(second.join("bird.frames")) >= 3 * FRAME).then_some(())
    });
    let run = stop(child);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(std::fs::read(first.join("bird.frames")).unwrap(), frames);
    assert_eq!(
        (recorded(&first), json(first.join("pass.json"))["state"].clone()),
        (0, "interrupted".into())
    );
    assert_eq!(json(second.join("pass.json"))["state"], "stopped");
    check_frames(&std::fs::read(second.join("bird.frames")).unwrap(), &sent);
    let events = folder.lines("log");
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(
        (
            of("started"),
            of("interrupted"),
            of("swept"),
            of("begin"),
            of("stopped")
        ),
        (2, 1, 1, 2, 1)
    );
    let joined = events.iter().filter(|event| event["type"] == "begin");
    assert!(joined.into_iter().all(|event| event["joined"] == true));
}

#[test]
fn elements_are_read_when_they_change_and_kept_when_they_are_wrong() {
    let receiver = Receiver::start(Vec::new(), false);
    let folder = station(&receiver, &[("bird", 0, 3590.0, 3610.0)]);
    let child = start(&folder);
    let told = |wanted: &str| {
        wait_for(&folder, wanted, || {
            let text = String::from_utf8(folder.read("log")).unwrap();
            text.contains(wanted).then_some(())
        });
    };
    assert_eq!(event(&folder, "waiting", "bird")["satellite"], "bird");
    folder.write("bird.json", "nothing");
    told("going on as before");
    folder.write("station.toml", "nothing");
    told("station.toml:1: ");
    let plans: Vec<Value> = folder
        .lines("log")
        .into_iter()
        .filter(|event| event["type"] == "planned")
        .collect();
    assert_ne!(plans.last().unwrap()["passes"], 0);
    // It rises earlier than was thought.
    let (omm, _) = overhead(
        "bird",
        90_001,
        Epoch::now().unwrap() + Duration::from_seconds(60.0),
        1.0,
    );
    folder.write("bird.json", omm);
    let file = station(&receiver, &[("bird", 0, -30.0, 150.0)]);
    folder.write("station.toml", file.read("station.toml"));
    assert_eq!(event(&folder, "begin", "bird")["joined"], true);
    event(&folder, "failed", "bird");
    let run = stop(child);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        json(passes(&folder, "bird")[0].join("pass.json"))["state"],
        "failed"
    );
}
