//! The bundled recording gives what `recordings/demo.expected.toml` says.

use crate::chain_support::{Run, config, profile, run, run_source};
use groundlink_station::input::open_reader;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../recordings")
}

/// CRC-32 as of gzip and zip, in hexadecimal.
fn crc32(bytes: &[u8]) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    format!("{:08x}", crc.sum())
}

/// Sample and time of a frame.
fn stamp(frame: &serde_json::Value) -> Value {
    let sample = frame["sample"].as_i64().expect("a sample");
    let utc = frame["utc"].as_str().expect("a time");
    Value::Table(Table::from_iter([
        ("sample".into(), sample.into()),
        ("utc".into(), utc.into()),
    ]))
}

/// What came out, in the words of the expectations.
fn found(archive: &[u8], run: &Run) -> Table {
    let number = |value: u64| Value::from(value as i64);
    let frames = &run.report.frames;
    let good: Vec<_> = run
        .records("frame")
        .into_iter()
        .filter(|frame| frame["good"] == true)
        .collect();
    let gaps = run.records("gap").into_iter().map(|gap| {
        let field = |name: &str| {
            (
                name.to_owned(),
                Value::from(gap[name].as_i64().expect("a number")),
            )
        };
        Value::Table(Table::from_iter([
            field("vcid"),
            field("lost"),
            field("vc_count"),
        ]))
    });
    let channels = run.report.virtual_channels.iter().map(|vc| {
        let fields = [("frames", vc.frames), ("lost", vc.lost), ("packets", vc.packets)];
        let fields = fields.map(|(name, count)| (name.to_owned(), number(count)));
        (
            vc.vcid.expect("a VCID").to_string(),
            Value::Table(Table::from_iter(fields)),
        )
    });
    let times = run.field("packet", "time");
    let mut times = times.iter().filter_map(serde_json::Value::as_str);
    let time = |text: Option<&str>| Value::from(text.expect("a time"));
    Table::from_iter([
        ("archive_crc32".to_owned(), Value::from(crc32(archive))),
        ("samples".to_owned(), number(run.report.input.read)),
        ("frames".to_owned(), number(frames.good)),
        ("frames_lost".to_owned(), number(frames.lost)),
        ("frames_crc32".to_owned(), crc32(&run.frames).into()),
        ("packets".to_owned(), number(run.report.packets)),
        ("packets_crc32".to_owned(), crc32(&run.packets).into()),
        ("first_packet_time".to_owned(), time(times.next())),
        ("last_packet_time".to_owned(), time(times.next_back())),
        ("first_frame".to_owned(), stamp(good.first().expect("a frame"))),
        ("last_frame".to_owned(), stamp(good.last().expect("a frame"))),
        ("gaps".to_owned(), Value::Array(gaps.collect())),
        ("virtual_channels".to_owned(), Value::Table(channels.collect())),
    ])
}

#[test]
fn the_bundled_recording_gives_what_is_written_beside_it() {
    let path = recordings().join("demo.sigmf");
    let archive = std::fs::read(&path).unwrap();
    let config = config(profile("demo", &[]), &path.to_string_lossy());
    let run = run(&config);
    let found = found(&archive, &run);
    let text = std::fs::read_to_string(recordings().join("demo.expected.toml")).unwrap();
    let expected: Table = text.parse().unwrap();
    assert_eq!(found, expected, "what came out is\n{found}");

    // As the program reads it that carries it along.
    let source = open_reader(
        "demo.sigmf",
        Box::new(std::io::Cursor::new(archive)),
        &config.open,
    )
    .unwrap();
    let carried = run_source(&config, source);
    assert!(carried.events == run.events && carried.frames == run.frames && carried.packets == run.packets);
}

#[test]
fn the_bundled_recording_is_small_and_has_something_to_show() {
    let path = recordings().join("demo.sigmf");
    assert!(std::fs::metadata(&path).unwrap().len() <= 1_000_000);
    let run = run(&config(profile("demo", &[]), &path.to_string_lossy()));
    assert_eq!(
        run.report.input.start.as_deref(),
        Some("2026-03-01T12:00:00.000000Z")
    );
    assert!(run.report.virtual_channels.len() >= 3 && run.report.frames.lost > 0);
    let (offset, eb_n0) = (
        run.report.signal.offset_hz.unwrap(),
        run.report.signal.eb_n0_db.unwrap(),
    );
    assert!(
        offset.max - offset.min > 300.0 && (eb_n0.mean - 6.0).abs() < 0.7,
        "{offset:?} {eb_n0:?}"
    );
}
