//! `SigMF` recordings: what is written reads back, and what others write is understood.

mod input_support;

use groundlink_station::input::sigmf::{locate, parse_meta};
use groundlink_station::input::{
    Annotation, LossCause, OpenOptions, Read, SampleBlock, SampleFormat, SigmfMeta, SigmfSegment,
    SigmfWriter, TimeSource, open_samples, parse_utc,
};
use input_support::{drain, gzip, noise, pipe, pipe_refusal, read_file, refusal, zstd};
use num_complex::Complex32;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn meta(datatype: &str) -> SigmfMeta {
    SigmfMeta {
        datatype: datatype.parse().unwrap(),
        sample_rate_hz: 250e3,
        captures: vec![SigmfSegment {
            frequency_hz: Some(437.5e6),
            datetime: Some(parse_utc("2026-03-01T12:00:00.125Z").unwrap()),
            ..SigmfSegment::default()
        }],
        hardware: Some("test bench".into()),
        author: None,
        description: None,
        annotations: vec![Annotation {
            sample_start: 3,
            sample_count: 5,
            label: "burst".into(),
            comment: None,
        }],
    }
}

fn write(base: &Path, datatype: &str, samples: &[Complex32]) -> (u64, u64) {
    let path = format!("{}.sigmf-meta", base.display());
    let mut writer = SigmfWriter::create(&path, meta(datatype)).unwrap();
    samples.chunks(777).for_each(|piece| writer.write(piece).unwrap());
    let counts = (writer.samples(), writer.clipped());
    writer.finish().unwrap();
    counts
}

/// Writes metadata by hand and the data beside.
fn by_hand(base: &Path, meta: &Value, data: &[u8]) -> String {
    let path = format!("{}.sigmf-meta", base.display());
    fs::write(&path, meta.to_string()).unwrap();
    fs::write(format!("{}.sigmf-data", base.display()), data).unwrap();
    path
}

fn ramp(count: i16) -> Vec<u8> {
    (0..count)
        .flat_map(|i| [i.to_le_bytes(), (-i).to_le_bytes()].concat())
        .collect()
}

#[test]
fn what_is_written_reads_back() {
    let dir = tempfile::tempdir().unwrap();
    let samples = noise(10_000);
    for datatype in [
        "cf32_le", "ci16_le", "ci8", "cu8", "rf32_le", "ri16_le", "ri8", "ru8",
    ] {
        let base = dir.path().join(datatype);
        assert_eq!(write(&base, datatype, &samples).0, 10_000);
        let base = base.to_str().unwrap();
        for path in [
            base.to_owned(),
            format!("{base}.sigmf-meta"),
            format!("{base}.sigmf-data"),
        ] {
            let source = open_samples(&path, &OpenOptions::default()).unwrap();
            let info = source.info();
            assert_eq!(info.format, format!("SigMF {datatype}"));
            assert_eq!(
                (info.complex, info.sample_rate_hz),
                (datatype.starts_with('c'), Some(250e3))
            );
            assert_eq!(
                (info.length, info.hardware.as_deref()),
                (Some(10_000), Some("test bench"))
            );
            assert_eq!(info.captures.len(), 1);
            assert_eq!(info.captures[0].frequency_hz, Some(437.5e6));
            assert_eq!(info.captures[0].time, meta(datatype).captures[0].datetime);
            let (read, warnings) = read_file(&path);
            assert_eq!((read.len(), warnings), (10_000, vec![]));
            let step = if datatype.contains("16") {
                1.0 / 32_768.0
            } else {
                1.0 / 127.0
            };
            let step = if datatype.contains("f32") { 0.0 } else { step };
            for (found, sent) in read.iter().zip(&samples) {
                assert!((found.re - sent.re).abs() <= step, "{datatype} {found} {sent}");
                let imaginary = if info.complex { sent.im } else { 0.0 };
                assert!((found.im - imaginary).abs() <= step, "{datatype} {found} {sent}");
            }
        }
    }
}

#[test]
fn a_second_pass_through_integers_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for datatype in ["ci16_le", "ci8", "cu8"] {
        let (once, twice) = (dir.path().join("once"), dir.path().join("twice"));
        write(&once, datatype, &noise(5000));
        let (samples, _) = read_file(once.to_str().unwrap());
        assert_eq!(write(&twice, datatype, &samples), (5000, 0));
        let data = |base: &Path| fs::read(format!("{}.sigmf-data", base.display())).unwrap();
        assert!(data(&once) == data(&twice), "{datatype}");
    }
}

#[test]
fn clipping_is_counted_and_nothing_wraps() {
    let dir = tempfile::tempdir().unwrap();
    let samples =
        [(2.0, -2.0), (1.0, -1.0), (f32::NAN, f32::INFINITY), (0.0, 0.5)].map(|(i, q)| Complex32::new(i, q));
    for (datatype, clipped, bytes) in [
        ("ci8", 5, vec![127, 0x80, 127, 0x80, 0, 127, 0, 64]),
        ("cu8", 4, vec![255, 0, 255, 0, 128, 255, 128, 191]),
    ] {
        let base = dir.path().join(datatype);
        assert_eq!(write(&base, datatype, &samples), (4, clipped), "{datatype}");
        assert_eq!(
            fs::read(format!("{}.sigmf-data", base.display())).unwrap(),
            bytes,
            "{datatype}"
        );
    }
    assert_eq!(write(&dir.path().join("f"), "cf32_le", &samples), (4, 0));
}

#[test]
fn metadata_come_last_and_whole() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("a");
    let meta_path = dir.path().join("a.sigmf-meta");
    write(&base, "cu8", &noise(10));
    let first: Value = serde_json::from_slice(&fs::read(&meta_path).unwrap()).unwrap();
    assert_eq!(first["global"]["core:datatype"], "cu8");
    assert_eq!(first["global"]["core:sample_rate"].to_string(), "250000");
    assert_eq!(first["captures"][0]["core:datetime"], "2026-03-01T12:00:00.125Z");
    assert_eq!(
        first["annotations"],
        json!([{"core:sample_start": 3, "core:sample_count": 5, "core:label": "burst"}])
    );
    // While a new recording is under way, no old metadata describe it, and none appear when it is given up.
    let mut writer = SigmfWriter::create(meta_path.to_str().unwrap(), meta("ci8")).unwrap();
    assert!(!meta_path.exists());
    writer.write(&noise(10)).unwrap();
    drop(writer);
    let names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["a.sigmf-data"]);
}

#[test]
fn formats_that_are_only_read_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.sigmf-meta");
    for datatype in ["ci16_be", "cf64_le", "ci32_le", "cu16_le"] {
        let error = SigmfWriter::create(path.to_str().unwrap(), meta(datatype)).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with(&format!("cannot write samples as {datatype}; allowed are"))
        );
    }
    assert!(SigmfWriter::create("/nonexistent/a", meta("cu8")).is_err());
}

#[test]
fn several_captures_with_their_times_and_frequencies() {
    let dir = tempfile::tempdir().unwrap();
    let meta = json!({
        "global": {"core:datatype": "ci16_le", "core:sample_rate": 1000.0, "core:version": "1.0.0", "x:y": [1]},
        "captures": [
            {"core:sample_start": 0, "core:frequency": 100e6, "core:datetime": "2026-03-01T12:00:00Z"},
            {"core:sample_start": 40.0, "core:frequency": 101e6},
            {"core:sample_start": 70, "core:datetime": "yesterday"},
        ],
        "annotations": [],
    });
    let path = by_hand(&dir.path().join("a"), &meta, &ramp(100));
    let mut source = open_samples(&path, &OpenOptions::default()).unwrap();
    let captures = source.info().captures.clone();
    let told: Vec<_> = captures
        .iter()
        .map(|c| (c.sample_start, c.time.is_some(), c.frequency_hz))
        .collect();
    assert_eq!(
        told,
        [
            (0, true, Some(100e6)),
            (40, false, Some(101e6)),
            (70, false, None)
        ]
    );
    let (samples, warnings) = drain(&mut *source, 7);
    assert_eq!(samples.len(), 100);
    assert_eq!(
        warnings,
        ["SigMF core:datetime \"yesterday\" is no ISO 8601 time; the time is unknown"]
    );
}

#[test]
fn samples_that_the_recorder_lost_are_a_jump() {
    let dir = tempfile::tempdir().unwrap();
    let meta = json!({
        "global": {"core:datatype": "ci16_le", "core:sample_rate": 1000},
        "captures": [
            {"core:sample_start": 0, "core:global_index": 5000},
            {"core:sample_start": 40, "core:global_index": 5140, "core:datetime": "2026-03-01T12:00:00Z"},
            {"core:sample_start": 60, "core:global_index": 5160},
            {"core:sample_start": 80, "core:global_index": 17},
        ],
    });
    let path = by_hand(&dir.path().join("a"), &meta, &ramp(100));
    let mut source = open_samples(&path, &OpenOptions::default()).unwrap();
    let starts: Vec<_> = source.info().captures.iter().map(|c| c.sample_start).collect();
    assert_eq!(starts, [0, 140, 160, 180]);
    let mut block = SampleBlock::default();
    let mut blocks = Vec::new();
    while source.read(&mut block, 30).unwrap() == Read::Filled {
        blocks.push((block.first, block.samples.len(), block.lost));
    }
    let lost = Some(LossCause::Recorder);
    assert_eq!(
        blocks,
        [(0, 30, None), (30, 10, None), (140, 30, lost), (170, 30, None)]
    );
    assert_eq!(
        source.warnings(),
        [
            "100 samples lost by the recorder before sample 40",
            "SigMF core:global_index 17 at sample 80 is too low and is not used",
        ]
    );
}

#[test]
fn a_given_start_replaces_the_times_of_the_recording() {
    let dir = tempfile::tempdir().unwrap();
    let meta = json!({
        "global": {"core:datatype": "ci16_le", "core:sample_rate": 1000},
        "captures": [
            {"core:sample_start": 40, "core:datetime": "2026-03-01T12:00:00Z", "core:frequency": 437e6},
        ],
    });
    let path = by_hand(&dir.path().join("a"), &meta, &ramp(100));
    let start = parse_utc("2026-03-02T00:00:00Z").unwrap();
    let options = OpenOptions {
        start: Some(start),
        ..OpenOptions::default()
    };
    let source = open_samples(&path, &options).unwrap();
    let captures = &source.info().captures;
    assert_eq!(captures.len(), 2);
    assert_eq!(
        (captures[0].sample_start, captures[0].time, captures[0].clock),
        (0, Some(start), TimeSource::Given)
    );
    assert_eq!((captures[1].time, captures[1].frequency_hz), (None, Some(437e6)));
    assert_eq!(
        source.warnings(),
        ["start time as given, though SigMF says when it was"]
    );
}

#[test]
fn bytes_around_the_samples_are_left_away() {
    let dir = tempfile::tempdir().unwrap();
    let data = ramp(100);
    let file = [&b"head"[..], &data[..160], b"second head", &data[160..], b"tail"].concat();
    let meta = json!({
        "global": {
            "core:datatype": "ci16_le", "core:sample_rate": 1000, "core:trailing_bytes": 4, "core:dataset": "x.bin",
            "core:offset": 1000,
        },
        "captures": [
            {"core:sample_start": 1000, "core:header_bytes": 4},
            {"core:sample_start": 1040, "core:header_bytes": 11},
        ],
    });
    let path = by_hand(&dir.path().join("a"), &meta, b"not this one");
    for packed in [file.clone(), gzip(&file), zstd(&file)] {
        fs::write(dir.path().join("x.bin"), packed).unwrap();
        let (samples, warnings) = read_file(&path);
        assert_eq!((samples.len(), warnings), (100, vec![]));
        assert_eq!(samples[99], Complex32::new(99.0 / 32_768.0, -99.0 / 32_768.0));
        assert_eq!(samples[40], Complex32::new(40.0 / 32_768.0, -40.0 / 32_768.0));
    }
}

#[test]
fn data_may_be_compressed() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("a");
    write(&base, "ci16_le", &noise(1000));
    let (expected, _) = read_file(base.to_str().unwrap());
    let data = dir.path().join("a.sigmf-data");
    let bytes = fs::read(&data).unwrap();
    fs::remove_file(&data).unwrap();
    for (ending, codec, packed) in [("gz", "gzip", gzip(&bytes)), ("zst", "zstd", zstd(&bytes))] {
        let path = dir.path().join(format!("a.sigmf-data.{ending}"));
        fs::write(&path, packed).unwrap();
        for name in [base.to_str().unwrap(), path.to_str().unwrap()] {
            let source = open_samples(name, &OpenOptions::default()).unwrap();
            assert_eq!(source.info().format, format!("SigMF ci16_le, {codec}"));
            assert_eq!(source.info().length, None);
            assert!(read_file(name).0 == expected);
        }
        fs::remove_file(&path).unwrap();
    }
    assert!(refusal(base.to_str().unwrap(), &OpenOptions::default()).contains("no data file"));
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn archive_meta() -> Vec<u8> {
    json!({"global": {"core:datatype": "ci16_le", "core:sample_rate": 1000}})
        .to_string()
        .into_bytes()
}

#[test]
fn archives_are_read_in_place_in_either_order() {
    let dir = tempfile::tempdir().unwrap();
    let (meta, data) = (archive_meta(), ramp(1000));
    let long = "d".repeat(90);
    for base in ["r/r", &format!("{long}/{long}")] {
        let (meta_name, data_name) = (format!("{base}.sigmf-meta"), format!("{base}.sigmf-data"));
        let orders = [
            [(&*meta_name, &*meta), (&*data_name, &*data)],
            [(&*data_name, &*data), (&*meta_name, &*meta)],
        ];
        for (order, files) in orders.iter().enumerate() {
            let archive = tar_of(&[&[("r/readme.txt", &b"hello"[..])], &files[..]].concat());
            for (name, bytes) in [
                ("a.sigmf", archive.clone()),
                ("b.sigmf.gz", gzip(&archive)),
                ("c.tar", zstd(&archive)),
            ] {
                let path = dir.path().join(name);
                fs::write(&path, &bytes).unwrap();
                let source = open_samples(path.to_str().unwrap(), &OpenOptions::default()).unwrap();
                assert!(source.info().format.starts_with("SigMF archive ci16_le"));
                assert_eq!(source.info().length, Some(1000));
                let (samples, warnings) = read_file(path.to_str().unwrap());
                assert_eq!((samples.len(), warnings), (1000, vec![]), "{name} {order}");
                assert_eq!(samples[999].re, 999.0 / 32_768.0);
                if order == 0 {
                    assert!(drain(&mut *pipe("-", &bytes), 33).0 == samples);
                } else {
                    assert!(pipe_refusal("-", &bytes).contains("data before the metadata"));
                }
            }
        }
    }
}

#[test]
fn truncated_archives_are_read_to_their_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.sigmf");
    let mut archive = tar_of(&[("r.sigmf-meta", &archive_meta()), ("r.sigmf-data", &ramp(1000))]);
    archive.truncate(3 * 512 + 4 * 100 + 1);
    fs::write(&path, &archive).unwrap();
    let mut source = open_samples(path.to_str().unwrap(), &OpenOptions::default()).unwrap();
    assert_eq!(source.info().length, Some(100));
    let (samples, warnings) = drain(&mut *source, 64);
    assert_eq!(samples.len(), 100);
    assert_eq!(
        warnings,
        [
            "file ends inside a sample: last 1 byte ignored",
            "data shorter than the header says: 100 of 1000 samples",
        ]
    );
}

#[test]
fn further_recordings_in_an_archive_are_mentioned() {
    let meta = archive_meta();
    let archive = tar_of(&[
        ("a.sigmf-meta", &meta),
        ("b.sigmf-meta", &meta),
        ("b.sigmf-data", &ramp(10)),
        ("a.sigmf-data", &ramp(20)),
    ]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("two.sigmf");
    fs::write(&path, archive).unwrap();
    let (samples, warnings) = read_file(path.to_str().unwrap());
    assert_eq!(samples.len(), 20);
    assert_eq!(
        warnings,
        ["the archive holds more than one recording; 2 further files not read"]
    );
}

#[test]
fn what_the_user_says_goes_first() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("a");
    write(&base, "ci16_le", &noise(100));
    let format: SampleFormat = "ci8".parse().unwrap();
    let options = OpenOptions {
        format: Some(format),
        sample_rate_hz: Some(500e3),
        ..OpenOptions::default()
    };
    let mut source = open_samples(base.to_str().unwrap(), &options).unwrap();
    assert_eq!(
        (source.info().sample_rate_hz, source.info().length),
        (Some(500e3), Some(200))
    );
    let (samples, warnings) = drain(&mut *source, 64);
    assert_eq!(samples.len(), 200);
    assert_eq!(
        warnings,
        [
            "sample rate 500000 Hz as given, though SigMF says 250000 Hz",
            "sample format ci8 as given, though SigMF says ci16_le",
        ]
    );
}

#[test]
fn what_cannot_be_read_is_told_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.sigmf-meta");
    let name = path.to_str().unwrap().to_owned();
    let global = |more: Value| {
        let mut global = json!({"core:datatype": "ci16_le", "core:sample_rate": 1000});
        global
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"global": global, "captures": []}).to_string()
    };
    for (meta, told) in [
        (
            "{\n\"global\": {".to_owned(),
            "SigMF metadata: EOF while parsing an object at line 2 column 11",
        ),
        ("[]".to_owned(), "SigMF metadata: "),
        (
            "{}".to_owned(),
            "SigMF metadata: missing field `global` at line 1 column 2",
        ),
        (
            global(json!({"core:datatype": "ci12"})),
            "SigMF core:datatype \"ci12\" is not supported; allowed are cf32",
        ),
        (
            global(json!({"core:datatype": "i16_le"})),
            "SigMF core:datatype \"i16_le\" is not supported",
        ),
        (
            global(json!({"core:num_channels": 2})),
            "SigMF core:num_channels is 2: only recordings of 1 channel",
        ),
        (
            global(json!({"core:num_channels": -1})),
            "SigMF metadata: expected a whole number, found -1",
        ),
        (
            global(json!({"core:offset": "x"})),
            "SigMF metadata: expected a whole number at line 1",
        ),
        (
            global(json!({"core:metadata_only": true})),
            "SigMF core:metadata_only",
        ),
        (
            global(json!({"core:dataset": "../x"})),
            "SigMF core:dataset \"../x\" is not the plain name",
        ),
        (
            global(json!({"core:sample_rate": 0})),
            "a sample rate of 0 Hz is outside 1 to 1e11 Hz",
        ),
        (
            global(json!({"core:sample_rate": null})),
            "neither its content nor its name tells what the samples are; give --rate",
        ),
        (
            global(json!({"core:trailing_bytes": 1e15})),
            "SigMF core:trailing_bytes of 1000000000000000 is more than 16 MiB",
        ),
        (String::new(), "is empty"),
    ] {
        fs::write(&path, &meta).unwrap();
        fs::write(dir.path().join("a.sigmf-data"), ramp(10)).unwrap();
        let error = refusal(&name, &OpenOptions::default());
        assert!(error.starts_with(&format!("{name}: {told}")), "{error}\n{told}");
    }
    fs::write(dir.path().join("empty.sigmf"), tar_of(&[("readme", b"nothing")])).unwrap();
    let archive = dir.path().join("empty.sigmf");
    assert!(
        refusal(archive.to_str().unwrap(), &OpenOptions::default()).contains("without a SigMF recording")
    );
    assert!(refusal("/nonexistent/a.sigmf-meta", &OpenOptions::default()).ends_with(": no such file"));
}

proptest! {
    #[test]
    fn any_bytes_are_metadata_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse_meta(&bytes);
    }

    #[test]
    fn any_numbers_in_captures_are_read_or_refused(
        numbers in prop::collection::vec((any::<u64>(), any::<u64>(), any::<u64>(), any::<f64>()), 0..6),
        offset: u64,
        trailing in 0u64..2000,
    ) {
        let captures: Vec<Value> = numbers.iter().map(|(start, index, header, frequency)| json!({
            "core:sample_start": start, "core:global_index": index, "core:header_bytes": header,
            "core:frequency": frequency,
        })).collect();
        let meta = json!({
            "global": {
                "core:datatype": "cu8", "core:sample_rate": 1, "core:offset": offset, "core:trailing_bytes": trailing,
            },
            "captures": captures,
        });
        let archive = tar_of(&[("a.sigmf-meta", meta.to_string().as_bytes()), ("a.sigmf-data", &[7; 1000])]);
        drain(&mut *pipe("-", &archive), 100);
    }

    #[test]
    fn a_damaged_archive_is_an_archive_or_an_error(
        damage in prop::collection::vec((0usize..3000, any::<u8>()), 1..8),
        cut in 0usize..3000,
    ) {
        let mut bytes = tar_of(&[("a.sigmf-meta", &archive_meta()), ("a.sigmf-data", &[7; 1000])]);
        let length = bytes.len();
        for (at, value) in damage {
            bytes[at % length] = value;
        }
        bytes.truncate(length - cut % length);
        let _ = locate(&mut &bytes[..], false);
        let _ = locate(&mut &bytes[..], true);
    }
}
