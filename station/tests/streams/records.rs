//! JSON Lines over TCP, and frames that failed a check.

use super::support::{Running, config, demo, read_to_end};
use groundlink_station::chain::From;
use serde_json::Value;
use std::thread;

fn lines(text: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(text).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn records_are_the_lines_of_events_with_content_where_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let outputs = ["jsonl-listen://:0?wait=60", "jsonl-listen://:0?wait=60&data=hex"];
    let mut config = config("demo", &demo(), From::Iq, &outputs);
    config.outputs.events = Some(path("events"));
    config.outputs.frames = Some(path("frames"));
    let run = Running::start(config);
    let [plain, full] = [0, 1].map(|nth| {
        let stream = run.connect(nth);
        thread::spawn(move || read_to_end(stream))
    });
    let (plain, full) = (plain.join().unwrap(), full.join().unwrap());
    run.finish();
    assert!(plain == std::fs::read(path("events")).unwrap());
    let frames = std::fs::read(path("frames")).unwrap();
    let mut plain = lines(&plain);
    let full = lines(&full);
    assert_eq!(plain.len(), full.len());
    for (plain, full) in plain.iter_mut().zip(full) {
        let kind = full["type"].as_str().unwrap();
        let Some(data) = full.get("data") else {
            assert!(!["frame", "packet"].contains(&kind));
            continue;
        };
        plain["data"] = data.clone();
        assert_eq!(*plain, full);
        let Some(offset) = full["frames_offset"].as_u64() else {
            continue;
        };
        let bytes = &frames[offset as usize..][..full["length"].as_u64().unwrap() as usize];
        let hex = groundlink_station::output::record::hex(bytes);
        assert_eq!(data.as_str(), Some(hex.as_str()));
    }
}

/// Frames of the demo, with one bit of the first turned round: its FECF does not fit.
fn damaged() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let mut config = config("demo", &demo(), From::Iq, &[]);
    config.outputs.frames = Some(path("frames"));
    Running::start(config).finish();
    let mut frames = std::fs::read(path("frames")).unwrap();
    frames[100] ^= 1;
    std::fs::write(path("frames"), frames).unwrap();
    let name = path("frames");
    (folder, name)
}

#[test]
fn frames_that_failed_go_unlabelled_only_where_asked_for() {
    let (_folder, input) = damaged();
    let outputs = [
        "tcp-listen://:0?wait=60",
        "tcp-listen://:0?wait=60&bad_frames=unlabelled",
        "jsonl-listen://:0?wait=60",
    ];
    let run = Running::start(config("demo", &input, From::Frames, &outputs));
    let threads = [0, 1, 2].map(|nth| {
        let stream = run.connect(nth);
        thread::spawn(move || read_to_end(stream))
    });
    let [good, all, records] = threads.map(|thread| thread.join().unwrap());
    let report = run.finish();
    let sent = std::fs::read(&input).unwrap();
    assert_eq!((report.frames.good, report.frames.rejected), (84, 1));
    assert!(all == sent && good == sent[223..]);
    assert_eq!(
        report
            .outputs
            .iter()
            .map(|output| output.offered)
            .take(2)
            .collect::<Vec<_>>(),
        [84, 85]
    );
    let bad: Vec<Value> = lines(&records)
        .into_iter()
        .filter(|line| line["good"] == false)
        .collect();
    assert_eq!((bad.len(), bad[0]["rejection"].as_str()), (1, Some("fecf")));
}
