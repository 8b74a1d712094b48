//! The archive, read by Arrow's own implementation.

use super::support::{Frames, Running, config, demo, feed};
use groundlink_station::chain::From;
use groundlink_station::output::report::Report;
use serde_json::Value;
use std::process::{Command, Stdio};

const READER: &str = r"
import sys, json, pyarrow.dataset as ds
def table(name):
    data = ds.dataset(sys.argv[1] + '/' + name, format='parquet', partitioning='hive')
    rows = data.to_table().to_pylist()
    for row in rows:
        row['data'] = row['data'].hex().upper() if 'data' in row else None
        row['utc'] = row['utc'] and row['utc'].strftime('%Y-%m-%dT%H:%M:%S.%fZ')
        row['date'] = str(row['date'])
    return rows
json.dump({name: table(name) for name in sys.argv[2:]}, sys.stdout)
";

/// Python with this module; a line where there is none.
fn python(module: &str) -> Option<Command> {
    let python = || {
        let mut command = Command::new("python3");
        if let Some(path) = std::env::var_os("GROUNDLINK_PYTHONPATH") {
            command.env("PYTHONPATH", path);
        }
        command
    };
    let there = python().args(["-c", &format!("import {module}")]).output();
    if there.is_ok_and(|output| output.status.success()) {
        return Some(python());
    }
    println!("skipped: Python's {module} is not installed");
    None
}

/// The tables of an archive; a line where nothing can read them.
fn read(archive: &str, tables: &[&str]) -> Option<Value> {
    let child = python("pyarrow.dataset")?
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
    // The recording has so many seconds that have begun.
    let seconds = report.input.seconds.unwrap().ceil() as u64;
    assert_eq!(output.delivered, report.frames.good + report.packets + seconds);
    sums_by_duckdb(&archive, &report);
    let Some(tables) = read(&archive, &["frames", "packets", "metrics"]) else {
        return;
    };
    let lines: Vec<Value> = std::str::from_utf8(&lines)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    metrics(&tables["metrics"], &report, &lines);
    same_in_other_blocks(&tables["metrics"]);
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

/// The metrics add up to the report, and do not depend on block sizes.
fn metrics(rows: &Value, report: &Report, lines: &[Value]) {
    let mut rows = rows.as_array().unwrap().clone();
    rows.sort_by_key(|row| row["sample"].as_u64());
    let sum = |key: &str| rows.iter().map(|row| row[key].as_u64().unwrap()).sum::<u64>();
    let frames = &report.frames;
    assert_eq!(
        (
            sum("frames_good"),
            sum("frames_corrected"),
            sum("frames_lost"),
            sum("frames_bad")
        ),
        (
            frames.good,
            frames.corrected,
            frames.lost,
            frames.uncorrectable + frames.rejected
        )
    );
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row["sample"], 50_000 * n as u64);
        assert_eq!(row["utc"], format!("2026-03-01T12:00:{n:02}.000000Z"));
        assert_eq!(
            (&row["satellite"], &row["date"]),
            (&"demo".into(), &"2026-03-01".into())
        );
        let end = 50_000 * (n as u64 + 1);
        let before = |line: &&Value| line["type"] == "sync" && line["sample"].as_u64().unwrap() < end;
        let sync = lines.iter().rfind(before).unwrap();
        assert_eq!(row["sync"], sync["state"], "{row}");
        let (locked, es_n0_db) = (row["locked_seconds"].as_f64().unwrap(), row["es_n0_db"].as_f64());
        assert!(
            (0.0..=1.000_001).contains(&locked) && es_n0_db.is_some() == (locked > 0.0),
            "{row}"
        );
        if let (Some(es_n0_db), Some(eb_n0_db)) = (es_n0_db, row["eb_n0_db"].as_f64()) {
            let (from, to) = (report.signal.es_n0_db.unwrap(), report.signal.eb_n0_db.unwrap());
            let clean = row["frames_bad"] == 0 && locked > 0.9;
            assert!(!clean || (es_n0_db - from.mean).abs() < 1.0, "{row}");
            assert!(
                (eb_n0_db - es_n0_db - (to.mean - from.mean)).abs() < 1e-9,
                "{row}"
            );
        }
    }
}

/// The same rows come from blocks of another size.
fn same_in_other_blocks(rows: &Value) {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().to_string_lossy().into_owned();
    let mut config = config("demo", &demo(), From::Iq, &[&format!("parquet:{archive}")]);
    config.block = 1111;
    Running::start(config).finish();
    let sorted = |rows: &Value| {
        let mut rows = rows.as_array().unwrap().clone();
        rows.sort_by_key(|row| row["sample"].as_u64());
        rows
    };
    let others = read(&archive, &["metrics"]).unwrap();
    assert_eq!(sorted(&others["metrics"]), sorted(rows));
}

/// `DuckDB`'s SQL finds the same in the three tables, where it is installed.
fn sums_by_duckdb(archive: &str, report: &Report) {
    const SUMS: &str = "
import sys, json, duckdb
def sql(text): return duckdb.sql(text.replace('ARCHIVE', sys.argv[1])).fetchall()[0]
json.dump([
    sql(\"select count(*), sum(octet_length(data)) from read_parquet('ARCHIVE/frames/**/*.parquet') where good\"),
    sql(\"select count(*), sum(gap_before) from read_parquet('ARCHIVE/packets/**/*.parquet')\"),
    sql(\"select sum(frames_good), count(distinct date) from read_parquet('ARCHIVE/metrics/**/*.parquet')\"),
    sql(\"select count(*) from read_parquet('ARCHIVE/frames/**/*.parquet') f join \"
        \"read_parquet('ARCHIVE/metrics/**/*.parquet') m on f.sample // 50000 * 50000 = m.sample\"),
], sys.stdout, default=int)
";
    let Some(mut python) = python("duckdb") else {
        return;
    };
    let output = python.args(["-c", SUMS, archive]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let sums: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (good, lost) = (report.frames.good, packets_lost(report));
    assert_eq!(
        sums,
        serde_json::json!([[good, 223 * good], [report.packets, lost], [good, 1], [good]])
    );
}

/// Packets missing, of all channels.
fn packets_lost(report: &Report) -> u64 {
    let channels = report.virtual_channels.iter();
    channels.flat_map(|vc| &vc.apids).map(|apid| apid.lost).sum()
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
