//! The archive, read by Arrow's own implementation.

use super::support::{Frames, Running, config, demo, feed};
use groundlink_station::chain::From;
use serde_json::Value;
use std::process::{Command, Stdio};

const READER: &str = r"
import sys, json, pyarrow.dataset as ds
def table(name):
    data = ds.dataset(sys.argv[1] + '/' + name, format='parquet', partitioning='hive')
    rows = data.to_table().to_pylist()
    for row in rows:
        row['data'] = row['data'].hex().upper()
        row['utc'] = row['utc'] and row['utc'].strftime('%Y-%m-%dT%H:%M:%S.%fZ')
        row['date'] = str(row['date'])
    return rows
json.dump({name: table(name) for name in sys.argv[2:]}, sys.stdout)
";

/// The tables of an archive; a line where nothing can read them.
fn read(archive: &str, tables: &[&str]) -> Option<Value> {
    let python = || {
        let mut command = Command::new("python3");
        if let Some(path) = std::env::var_os("GROUNDLINK_PYTHONPATH") {
            command.env("PYTHONPATH", path);
        }
        command
    };
    let there = python().args(["-c", "import pyarrow.dataset"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        println!("skipped: Python's pyarrow is not installed");
        return None;
    }
    let child = python()
        .args(["-c", READER, archive])
        .args(tables)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = feed(child, b"");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// The rows of a table in the order of a column, each with the columns that records have too.
fn same(rows: &Value, records: &[Value], key: &str, columns: &[&str]) {
    let mut rows = rows.as_array().unwrap().clone();
    rows.sort_by_key(|row| row[key].as_u64());
    assert_eq!(rows.len(), records.len());
    for (row, record) in rows.iter().zip(records) {
        assert_eq!(
            (&row["satellite"], &row["date"]),
            (&"demo".into(), &"2026-03-01".into())
        );
        for column in columns {
            assert_eq!(row[column], record[column], "{column} of {record}");
        }
    }
}

#[test]
fn the_archive_has_a_row_for_each_frame_and_packet() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let archive = path("archive");
    let mut config = config(
        "demo",
        &demo(),
        From::Iq,
        &[
            &format!("parquet:{archive}"),
            "jsonl-listen://:0?wait=60&data=hex",
        ],
    );
    config.outputs.events = Some(path("events"));
    let run = Running::start(config);
    let lines = super::support::read_to_end(run.connect(1));
    let report = run.finish();
    let output = &report.outputs[0];
    assert_eq!(output.delivered, report.frames.good + report.packets);
    let Some(tables) = read(&archive, &["frames", "packets"]) else {
        return;
    };
    let lines: Vec<Value> = std::str::from_utf8(&lines)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |kind: &str| -> Vec<Value> {
        let wanted = lines
            .iter()
            .filter(|line| line["type"] == kind && line["good"] != false);
        wanted.cloned().collect()
    };
    let frame = [
        "utc",
        "sample",
        "frame",
        "good",
        "scid",
        "vcid",
        "vc_count",
        "continuity",
        "gap_before",
        "idle",
        "fecf",
        "es_n0_db",
        "eb_n0_db",
        "offset_hz",
        "symbol_rate_hz",
        "evm_percent",
        "asm_errors",
        "data",
    ];
    same(&tables["frames"], &of("frame"), "frame", &frame);
    let packet = [
        "utc",
        "sample",
        "packet",
        "frame",
        "scid",
        "vcid",
        "apid",
        "telecommand",
        "sequence_flags",
        "sequence_count",
        "gap_before",
        "idle",
        "crc",
        "time",
        "data",
    ];
    same(&tables["packets"], &of("packet"), "packet", &packet);
}

#[test]
fn a_folder_that_cannot_be_written_is_told_before_the_run() {
    let frames = Frames::new(1, 40);
    let file = frames.path().join("frames");
    let spec = format!("parquet:{}/archive", file.display());
    let profile = frames.path().join("any.toml");
    let config = config(
        &profile.to_string_lossy(),
        &file.to_string_lossy(),
        From::Frames,
        &[&spec],
    );
    let error =
        groundlink_station::chain::run(&config, &groundlink_station::monitor::Monitor::new()).unwrap_err();
    assert!(error.to_string().starts_with("cannot write parquet:"), "{error}");
}
