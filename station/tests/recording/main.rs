//! Recordings made while decoding: what is in them is what was received, with its gaps, times, frames and locks.

#[path = "../chain_support/mod.rs"]
mod chain_support;

use chain_support::leaky::Leaky;
use chain_support::link::{Link, SIGNAL};
use chain_support::{Run, config, file, run, run_source, scratch, try_run};
use groundlink_station::chain::RunConfig;
use groundlink_station::input::{
    InputError, InputInfo, OpenOptions, Read, SampleBlock, SampleFormat, SampleSource, open_samples,
    parse_utc,
};
use groundlink_station::output::report::Report;
use groundlink_station::recording::{self, RecordConfig, RecordReport, Trigger};
use serde_json::Value;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PROFILE: &str = "name = 'beacon'\n[signal]\nsymbol_rate = 9600\nmodulation = 'bpsk'\n[coding]\n\
                       convolutional = true\n[frame]\ntype = 'aos'\nscid = 9\nvcids = [1]\n";

/// A transmission with two seconds of noise before and behind it, in a folder.
struct Pass {
    link: Link,
    folder: TempDir,
    sent: Vec<u8>,
}

impl Pass {
    fn new() -> Self {
        let mut link = Link::clean(PROFILE, 4);
        link.lead_s = 2.0;
        link.start = Some(parse_utc("2026-03-01T12:00:00Z").unwrap());
        let folder = scratch();
        let sent = link.send(folder.path());
        Self { link, folder, sent }
    }

    fn signal(&self) -> String {
        file(self.folder.path(), SIGNAL)
    }

    fn source(&self, missing: Vec<Range<u64>>) -> Box<dyn SampleSource> {
        let inner = open_samples(&self.signal(), &OpenOptions::default()).unwrap();
        Box::new(Leaky { inner, missing })
    }

    /// Decodes and records into a folder.
    fn record(&self, missing: Vec<Range<u64>>, block: usize, change: &dyn Fn(&mut RecordConfig)) -> Recorded {
        let folder = scratch();
        let mut record = plain(folder.path().join("recordings"), self.link.format);
        change(&mut record);
        let config = RunConfig {
            record: Some(record),
            block,
            ..config(self.link.profile.clone(), &self.signal())
        };
        let run = run_source(&config, self.source(missing));
        Recorded {
            report: run.report.recording.clone().expect("a recording"),
            run: run.report,
            folder,
        }
    }

    fn decode(&self, path: &str) -> Run {
        run(&config(self.link.profile.clone(), path))
    }
}

/// Everything, into that folder.
fn plain(folder: impl Into<PathBuf>, format: SampleFormat) -> RecordConfig {
    RecordConfig {
        folder: folder.into(),
        format,
        zstd: false,
        trigger: None,
        rotate_s: None,
        quota_bytes: None,
    }
}

struct Recorded {
    report: RecordReport,
    run: Report,
    folder: TempDir,
}

impl Recorded {
    /// Everything written, by name.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(self.folder.path().join("recordings")).unwrap();
        let mut files: Vec<_> = entries
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, fs::read(path).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    fn meta(&self, n: usize) -> Value {
        serde_json::from_slice(&fs::read(&self.report.files[n].name).unwrap()).unwrap()
    }
}

fn data(folder: &Path) -> Vec<u8> {
    fs::read(folder.join(SIGNAL.replace("meta", "data"))).unwrap()
}

#[test]
fn everything_is_recorded_as_it_was_received_with_frames_and_locks() {
    let pass = Pass::new();
    let recorded = pass.record(Vec::new(), 5000, &|_| ());
    let files = recorded.files();
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    let base = "beacon_2026-03-01_12-00-00_38400SPS";
    assert_eq!(
        names,
        [format!("{base}.sigmf-data"), format!("{base}.sigmf-meta")]
    );
    assert!(files[0].1 == data(pass.folder.path()));
    let meta = recorded.meta(0);
    assert_eq!(meta["captures"][0]["core:datetime"], "2026-03-01T12:00:00Z");
    let notes = |label: &str| -> Vec<&Value> {
        let all = meta["annotations"].as_array().unwrap().iter();
        all.filter(|note| note["core:label"] == label).collect()
    };
    let starts: Vec<f64> = notes("frame")
        .iter()
        .map(|note| note["core:sample_start"].as_u64().unwrap() as f64)
        .collect();
    assert_eq!(starts.len(), 4);
    for (start, truth) in starts.iter().zip(pass.link.true_starts()) {
        assert!((start - truth).abs() <= 4.0, "{start} {truth}");
    }
    let length = notes("frame")[0]["core:sample_count"].as_u64().unwrap() as f64;
    assert!((length - (starts[1] - starts[0])).abs() <= 4.0, "{length}");
    assert!(!notes("lock").is_empty());
    let again = pass.decode(&recorded.report.files[0].name);
    assert!(again.frames == pass.sent);
    assert_eq!((recorded.report.dropped_samples, recorded.report.clipped), (0, 0));
}

#[test]
fn lost_samples_are_gaps_of_the_recording_too() {
    let pass = Pass::new();
    let starts = pass.link.true_starts();
    let missing = vec![100..1_100, starts[1] as u64 + 500..starts[1] as u64 + 2_500];
    for zstd in [false, true] {
        let recorded = pass.record(missing.clone(), 3000, &|record| record.zstd = zstd);
        assert_eq!(recorded.report.files[0].segments, 3);
        let again = pass.decode(&recorded.report.files[0].name);
        assert_eq!(again.report.input.lost_samples, 3_000);
        assert_eq!(recorded.run.input.lost_samples, 3_000);
        assert_eq!(again.report.frames, recorded.run.frames);
        assert_eq!(again.report.frames.good, 3);
        let first = |run: &Run| run.records("frame")[0]["utc"].clone();
        assert_eq!(first(&again), first(&pass.decode(&pass.signal())));
    }
}

#[test]
fn around_locks_the_same_is_recorded_however_it_is_read() {
    let pass = Pass::new();
    let around = |record: &mut RecordConfig| {
        record.trigger = Some(Trigger {
            before_s: 0.5,
            after_s: 0.25,
        });
    };
    let recorded = pass.record(Vec::new(), 65_536, &around);
    assert_eq!(recorded.report.files.len(), 1);
    let (first, samples) = (
        recorded.report.files[0].first_sample,
        recorded.report.files[0].samples,
    );
    let starts = pass.link.true_starts();
    // Lock is told in windows of some thousand symbols, of which the signal fills a part.
    let begin = starts[0] - 0.5 * 38_400.0;
    let early = begin - first as f64;
    assert!((0.0..8_000.0).contains(&early), "{first} {begin}");
    let end = starts[3] + (starts[1] - starts[0]) + 0.25 * 38_400.0;
    let late = (first + samples) as f64 - end;
    assert!((-100.0..8_000.0).contains(&late), "{first} {samples} {end}");
    let all = data(pass.folder.path());
    let files = recorded.files();
    let wanted = &all[8 * first as usize..8 * (first + samples) as usize];
    assert!(files[0].1 == wanted);
    let again = pass.decode(&recorded.report.files[0].name);
    assert!(again.frames == pass.sent);
    for block in [700, 9_999] {
        assert!(
            pass.record(Vec::new(), block, &around).files() == files,
            "{block}"
        );
    }
}

#[test]
fn recordings_follow_each_other_and_old_ones_make_room() {
    let pass = Pass::new();
    let all = data(pass.folder.path());
    let second = 8 * 38_400;
    let recorded = pass.record(Vec::new(), 10_000, &|record| record.rotate_s = Some(1.0));
    let datas: Vec<Vec<u8>> = recorded
        .files()
        .into_iter()
        .filter(|(name, _)| name.ends_with("-data"))
        .map(|(_, bytes)| bytes)
        .collect();
    assert!(datas.concat() == all);
    assert!(datas[..datas.len() - 1].iter().all(|bytes| bytes.len() == second));
    assert_eq!(recorded.report.files[2].first_sample, 2 * 38_400);
    assert_eq!(
        recorded.meta(1)["captures"][0]["core:datetime"],
        "2026-03-01T12:00:01Z"
    );

    let limited = pass.record(Vec::new(), 10_000, &|record| {
        record.rotate_s = Some(1.0);
        record.quota_bytes = Some(5 * second as u64 / 2);
    });
    let kept = limited
        .files()
        .iter()
        .filter(|(name, _)| name.ends_with("-data"))
        .count();
    assert_eq!(limited.report.deleted as usize, datas.len() - kept);
    let bytes: usize = limited.files().iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes <= 5 * second / 2, "{bytes}");
    assert_eq!(limited.report.error, None);
}

/// The first samples of a source, as a live one has them: all at once, in short blocks.
struct Burst {
    inner: Box<dyn SampleSource>,
    samples: u64,
}

impl SampleSource for Burst {
    fn info(&self) -> &InputInfo {
        self.inner.info()
    }

    fn read(&mut self, block: &mut SampleBlock, _: usize) -> Result<Read, InputError> {
        let first = block.first + block.samples.len() as u64;
        if first >= self.samples {
            return Ok(Read::Ended);
        }
        self.inner.read(block, 50)
    }

    fn live(&self) -> bool {
        true
    }

    fn warnings(&self) -> &[String] {
        self.inner.warnings()
    }

    fn bad_samples(&self) -> u64 {
        self.inner.bad_samples()
    }
}

#[test]
fn four_seconds_of_a_live_input_find_room_however_short_its_blocks_are() {
    let pass = Pass::new();
    let path = file(pass.folder.path(), SIGNAL);
    let folder = scratch();
    let config = plain(folder.path(), "cf32_le".parse().unwrap());
    let inner = open_samples(&path, &OpenOptions::default()).unwrap();
    let samples = (4.0 * inner.info().sample_rate_hz.unwrap()) as u64 / 50 * 50;
    let (mut source, recording) =
        recording::start(&config, "burst", Box::new(Burst { inner, samples })).unwrap();
    let mut block = SampleBlock::default();
    while source.read(&mut block, 1 << 16).unwrap() != Read::Ended {}
    drop(source);
    let report = recording.finish();
    assert_eq!((report.samples, report.dropped_samples), (samples, 0));
}

#[test]
fn a_recording_that_fails_is_told_and_decoding_goes_on() {
    let pass = Pass::new();
    let folder = scratch();
    let record = plain(folder.path(), pass.link.format);
    let source = VanishingFolder {
        inner: pass.source(Vec::new()),
        folder: folder.path().to_owned(),
    };
    let config = RunConfig {
        record: Some(record),
        ..config(pass.link.profile.clone(), &pass.signal())
    };
    let run = run_source(&config, Box::new(source));
    assert!(run.frames == pass.sent);
    let error = run.report.recording.unwrap().error.expect("an error");
    assert!(error.starts_with("cannot record to "), "{error}");
}

/// A source that takes the folder of the recordings away before its first samples.
struct VanishingFolder {
    inner: Box<dyn SampleSource>,
    folder: PathBuf,
}

impl SampleSource for VanishingFolder {
    fn info(&self) -> &InputInfo {
        self.inner.info()
    }

    fn read(&mut self, block: &mut SampleBlock, max: usize) -> Result<Read, InputError> {
        let _ = fs::remove_dir_all(&self.folder);
        self.inner.read(block, max)
    }

    fn warnings(&self) -> &[String] {
        self.inner.warnings()
    }

    fn bad_samples(&self) -> u64 {
        self.inner.bad_samples()
    }
}

#[test]
fn impossible_wishes_are_refused() {
    let pass = Pass::new();
    let refused = |change: &dyn Fn(&mut RecordConfig)| {
        let folder = scratch();
        let mut record = plain(folder.path(), "ci16".parse().unwrap());
        change(&mut record);
        let config = RunConfig {
            record: Some(record),
            ..config(pass.link.profile.clone(), &pass.signal())
        };
        try_run(&config)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    assert_eq!(
        refused(&|record| record.format = "ri16".parse().unwrap()),
        "record: format is ri16_le, must be ci8, ci16 or cf32"
    );
    assert_eq!(
        refused(&|record| record.rotate_s = Some(0.5)),
        "record: rotate is 0.5, must be 1 to 1000000 s"
    );
    let before = |before_s| {
        Some(Trigger {
            before_s,
            after_s: 1.0,
        })
    };
    assert_eq!(
        refused(&|record| record.trigger = before(f64::NAN)),
        "record: before is NaN, must be 0 to 1000000 s"
    );
    assert_eq!(
        refused(&|record| record.trigger = before(10_000.0)),
        "record: before is 10000, must be 0 to 6510.4 s at this sample rate"
    );
}
