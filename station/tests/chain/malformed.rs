//! Inputs that are not what they should be: one clear line, or the decode of what is there; never a panic.

use crate::chain_support::link::{Link, SIGNAL};
use crate::chain_support::{Run, config, file, run, scratch, try_run};
use groundlink_station::chain::{From, RunConfig};
use groundlink_station::input::OpenOptions;
use groundlink_station::profile::Profile;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;

const PROFILE: &str = "[signal]\nsymbol_rate = 9600\nmodulation = 'bpsk'\n[coding]\nconvolutional = true\n\
                       reed_solomon = { data_bytes = 100 }\n[frame]\ntype = 'aos'\nscid = 9\n";

const ALL: [From; 6] = [
    From::Iq,
    From::Soft,
    From::Bits,
    From::Cadus,
    From::Frames,
    From::Packets,
];

fn link() -> Link {
    Link::clean(PROFILE, 6)
}

fn over(path: &Path, from: From) -> RunConfig {
    let profile = Profile::parse(PROFILE, "malformed").unwrap();
    RunConfig {
        from,
        ..config(profile, &path.to_string_lossy())
    }
}

/// The one line that a run says which cannot begin.
fn refusal(config: &RunConfig) -> String {
    let line = try_run(config).expect_err("a refusal").to_string();
    assert!(!line.is_empty() && !line.contains('\n'), "{line:?}");
    line
}

fn written(folder: &Path, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn missing_files_directories_and_empty_files_are_named() {
    let folder = scratch();
    let empty = written(folder.path(), "empty", b"");
    for from in ALL {
        // Names from which the format is known, so that it is the file that is wrong.
        let name = if from == From::Iq { "gone.wav" } else { "gone.s8" };
        let gone = refusal(&over(&folder.path().join(name), from));
        assert!(gone.ends_with("no such file"), "{from:?}: {gone}");
        let directory = refusal(&over(folder.path(), from));
        assert!(directory.contains("is a directory"), "{from:?}: {directory}");
        let nothing = refusal(&over(&empty, from));
        assert!(nothing.contains("empty"), "{from:?}: {nothing}");
    }
}

#[test]
fn truncated_headers_are_refused() {
    let (folder, link) = (scratch(), link());
    link.send(folder.path());
    let samples = std::fs::read(folder.path().join("signal.sigmf-data")).unwrap();
    let meta = std::fs::read_to_string(folder.path().join("signal.sigmf-meta")).unwrap();
    let mut wav = Vec::new();
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 38_400,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(std::io::Cursor::new(&mut wav), spec).unwrap();
    for value in samples.chunks(4) {
        let value = f32::from_le_bytes(value.try_into().unwrap());
        writer.write_sample((value * 32_768.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
    let whole = run(&over(&written(folder.path(), "whole.wav", &wav), From::Iq));
    assert_eq!(whole.report.frames.good, 6);
    for length in 1..44 {
        refusal(&over(
            &written(folder.path(), "cut.wav", &wav[..length]),
            From::Iq,
        ));
    }
    for length in [1, 10, meta.len() / 2, meta.len() - 3] {
        std::fs::write(folder.path().join("cut.sigmf-data"), &samples).unwrap();
        refusal(&over(
            &written(folder.path(), "cut.sigmf-meta", &meta.as_bytes()[..length]),
            From::Iq,
        ));
    }
}

#[test]
fn a_file_that_ends_early_is_decoded_to_its_end() {
    let (folder, link) = (scratch(), link());
    let sent = link.send(folder.path());
    let data = folder.path().join("signal.sigmf-data");
    let samples = std::fs::read(&data).unwrap();
    let length = link.profile.frame.length;
    // Within the last frame, and within a sample.
    let cut = ((link.true_starts()[5] + 500.0) as usize) * 8 + 5;
    std::fs::write(&data, &samples[..cut]).unwrap();
    let run = run(&over(&folder.path().join(SIGNAL), From::Iq));
    assert!(
        run.frames == sent[..5 * length],
        "{} frames",
        run.frames.len() / length
    );
    assert_eq!(run.report.input.read, (cut / 8) as u64);
    assert!(
        run.report
            .warnings
            .iter()
            .any(|warning| warning.contains("ends inside a sample"))
    );
    assert!(run.report.error.is_none());
}

#[test]
fn absurd_rates_are_refused() {
    let (folder, link) = (scratch(), link());
    link.send(folder.path());
    let mut config = over(&folder.path().join(SIGNAL), From::Iq);
    for rate in [
        0.0,
        -48e3,
        f64::NAN,
        f64::INFINITY,
        1e-9,
        1e300,
        9_600.0,
        12_000.0,
    ] {
        config.open = OpenOptions {
            format: None,
            sample_rate_hz: Some(rate),
            ..OpenOptions::default()
        };
        refusal(&config);
    }
    let meta: Value = serde_json::from_slice(&std::fs::read(folder.path().join(SIGNAL)).unwrap()).unwrap();
    assert_eq!(meta["global"]["core:sample_rate"], 38_400.0);
    for rate in [
        json!(0),
        json!(-1),
        json!(1e308),
        json!("fast"),
        json!(null),
        json!(1),
    ] {
        let mut damaged = meta.clone();
        damaged["global"]["core:sample_rate"] = rate;
        let damaged = written(folder.path(), SIGNAL, damaged.to_string().as_bytes());
        refusal(&over(&damaged, From::Iq));
    }
}

/// A run over the link's samples after `damage`.
fn with_samples(link: &Link, damage: impl FnOnce(&mut Vec<f32>)) -> (Vec<u8>, Run) {
    let folder = scratch();
    let sent = link.send(folder.path());
    let data = folder.path().join("signal.sigmf-data");
    let bytes = std::fs::read(&data).unwrap();
    let mut values: Vec<f32> = bytes
        .chunks(4)
        .map(|value| f32::from_le_bytes(value.try_into().unwrap()))
        .collect();
    damage(&mut values);
    std::fs::write(
        &data,
        values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect::<Vec<u8>>(),
    )
    .unwrap();
    (
        sent,
        run(&config(link.profile.clone(), &file(folder.path(), SIGNAL))),
    )
}

#[test]
fn samples_that_are_not_numbers_are_counted_and_passed_over() {
    for modulation in ["bpsk", "qpsk", "oqpsk", "fsk", "gmsk"] {
        let link = Link::clean(&PROFILE.replace("bpsk", modulation), 6);
        let (sent, run) = with_samples(&link, |values| {
            // Twenty of them within frame 2, far apart.
            let first = 2 * link.true_starts()[2] as usize + 400;
            for n in 0..20 {
                values[first + 36 * n] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN][n % 4];
            }
        });
        assert_eq!(run.report.input.bad_samples, 20, "{modulation}");
        assert!(
            run.report
                .warnings
                .iter()
                .any(|warning| warning.contains("not finite")),
            "{modulation}"
        );
        let length = link.profile.frame.length;
        for n in [0, 1, 3, 4, 5] {
            let frame = &sent[n * length..][..length];
            assert!(
                run.frames.chunks(length).any(|out| out == frame),
                "{modulation}: frame {n} is missing"
            );
        }
    }
}

#[test]
fn nothing_but_bad_samples_ends_without_a_frame() {
    for value in [f32::NAN, f32::INFINITY, f32::MAX, f32::MIN_POSITIVE, 0.0] {
        let (_, run) = with_samples(&link(), |values| values.fill(value));
        assert_eq!(
            (run.report.frames.good, run.report.decoded),
            (0, false),
            "{value}"
        );
        assert!(run.report.error.is_none(), "{value}: {:?}", run.report.error);
    }
}

#[test]
fn a_profile_without_a_signal_takes_no_samples() {
    let (folder, link) = (scratch(), link());
    link.send(folder.path());
    let mut config = over(&folder.path().join(SIGNAL), From::Iq);
    config.profile.signal = None;
    refusal(&config);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_a_line_or_an_end(
        bytes in prop::collection::vec(any::<u8>(), 1..4_000),
        start in prop::sample::select(vec![&b""[..], b"RIFF\xff\xff\xff\xffWAVEfmt ", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"]),
        name in prop::sample::select(vec!["a.cf32", "a.wav", "a.sigmf-meta", "a.s8", "a.f32", "a.hard", "a.hex"]),
        from in prop::sample::select(ALL.to_vec()),
        block in prop::sample::select(vec![1, 100, 65_536]),
    ) {
        let folder = scratch();
        let path = written(folder.path(), name, &[start, &bytes].concat());
        let mut config = over(&path, from);
        config.block = block;
        config.open.sample_rate_hz = Some(38_400.0);
        match try_run(&config) {
            Ok(run) => prop_assert!(run.events.lines().last().unwrap_or("").contains("\"type\":\"end\"")),
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }
}
