//! KISS: Dire Wolf's `kissutil` as a client, and logs as `gr_satellites` writes them.

use super::support::{Frames, Running, config, demo, installed, wait_for};
use groundlink_station::chain::From;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// An AX.25 UI frame with this information.
fn ui(information: &str) -> Vec<u8> {
    let address = |call: &str, last: u8| {
        let mut bytes: Vec<u8> = format!("{call:<6}").bytes().map(|letter| letter << 1).collect();
        bytes.push(0x60 | last);
        bytes
    };
    [
        address("CQ", 0),
        address("N0CALL", 1),
        vec![0x03, 0xF0],
        information.as_bytes().to_vec(),
    ]
    .concat()
}

#[test]
fn kissutil_reads_every_frame() {
    let Some(kissutil) = installed("kissutil") else {
        return;
    };
    let texts: Vec<String> = (0..200).map(|n| format!("telemetry {n:06}")).collect();
    let length = ui(&texts[0]).len();
    let frames = Frames::of(texts.iter().flat_map(|text| ui(text)).collect(), length);
    let run = frames.run(&["kiss-listen://:0?wait=60"]);
    let address = run.address(0);
    let mut client = Command::new(kissutil)
        .args(["-h", "127.0.0.1", "-p", &address.port().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It ends with its input, which therefore stays open; and it hands on what it read only by whole blocks.
    let output = BufReader::new(client.stdout.take().unwrap());
    let heard: Vec<String> = output
        .lines()
        .map(Result::unwrap)
        .filter(|line| line.contains("telemetry"))
        .take(200)
        .collect();
    let report = run.finish();
    let _ = client.kill();
    client.wait().unwrap();
    assert_eq!(report.outputs[0].delivered, 200);
    let expected: Vec<String> = texts.iter().map(|text| format!("[0] N0CALL>CQ:{text}")).collect();
    assert_eq!(heard, expected);
}

#[test]
fn a_log_has_the_time_in_front_of_each_frame() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let mut config = config("demo", &demo(), From::Iq, &[&format!("kiss:{}", path("log.kss"))]);
    config.outputs.frames = Some(path("frames"));
    let report = Running::start(config).finish();
    let log = std::fs::read(path("log.kss")).unwrap();
    assert_eq!(report.outputs[0].bytes, log.len() as u64);
    // 2026-03-01T12:00:00.250820Z
    let first_ms: u64 = 1_772_366_400_250;
    let mut expected = vec![0xC0, 0x09];
    expected.extend(first_ms.to_be_bytes());
    expected.extend([0xC0, 0xC0, 0x00]);
    assert!(
        !first_ms
            .to_be_bytes()
            .iter()
            .any(|byte| [0xC0, 0xDB].contains(byte))
    );
    assert_eq!(log[..expected.len()], expected);
    let escaped = |entry: &[u8]| {
        let text: Vec<u8> = entry.to_vec();
        let mut out = Vec::new();
        let mut rest = text.iter();
        while let Some(byte) = rest.next() {
            out.push(match (byte, byte == &0xDB) {
                (_, true) if rest.next() == Some(&0xDC) => 0xC0,
                (_, true) => 0xDB,
                (other, false) => *other,
            });
        }
        out
    };
    let entries: Vec<Vec<u8>> = log
        .split(|byte| *byte == 0xC0)
        .filter(|entry| !entry.is_empty())
        .map(escaped)
        .collect();
    let frames: Vec<u8> = entries
        .iter()
        .filter(|entry| entry[0] == 0)
        .flat_map(|entry| entry[1..].to_vec())
        .collect();
    assert!(frames == std::fs::read(path("frames")).unwrap());
    assert_eq!(
        entries.iter().filter(|entry| entry[0] == 9).count() as u64,
        report.frames.good
    );
}

#[test]
fn what_clients_say_is_passed_over() {
    let frames = Frames::new(100, 50);
    let run = frames.run(&["kiss-listen://:0?wait=60"]);
    let mut stream = run.connect(0);
    stream.write_all(&vec![0xC0; 100_000]).unwrap();
    let got = super::support::read_to_end(stream);
    assert_eq!(
        got.split(|byte| *byte == 0xC0)
            .filter(|entry| !entry.is_empty())
            .count(),
        100
    );
    assert_eq!(run.finish().outputs[0].delivered, 100);
}

#[test]
fn a_full_disk_loses_frames_and_says_so() {
    if !std::path::Path::new("/dev/full").exists() {
        println!("skipped: there is no /dev/full");
        return;
    }
    let frames = Frames::new(100, 50);
    let run = frames.run(&["kiss:/dev/full?queue=10&stall=0.3"]);
    wait_for(|| run.monitor.status().outputs.first().map(|_| ()));
    let output = &run.finish().outputs[0];
    assert_eq!((output.offered, output.delivered), (100, 0));
    assert!(
        output.last_error.as_ref().unwrap().contains("No space left"),
        "{output:?}"
    );
}
