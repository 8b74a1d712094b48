//! IQ and audio to frames and packets.

use crate::chain_support::{Run, config, content, data, file, profile, run, scratch};
use groundlink_station::input::{OpenOptions, SampleFormat};
use serde_json::Value;
use std::collections::BTreeMap;

/// What `expected/frames.json` says of a file of frames.
fn corrections(folder: &std::path::Path, name: &str) -> Vec<Vec<Option<u64>>> {
    let facts: Value = serde_json::from_slice(&content(folder, "expected/frames.json")).expect("JSON");
    let frames = facts[name]["rs"]
        .as_array()
        .unwrap_or_else(|| panic!("{name} has no corrections"));
    frames
        .iter()
        .map(|words| {
            words
                .as_array()
                .expect("a list")
                .iter()
                .map(Value::as_u64)
                .collect()
        })
        .collect()
}

fn check_frames(folder: &std::path::Path, run: &Run, expected: &str) {
    assert!(
        run.frames == content(folder, &format!("expected/{expected}")),
        "frames differ from {expected}"
    );
    assert_eq!(run.corrections(), corrections(folder, expected));
}

/// Packets per APID.
fn apids(run: &Run) -> BTreeMap<u64, usize> {
    let mut apids = BTreeMap::new();
    for apid in run.numbers("packet", "apid") {
        *apids.entry(apid).or_default() += 1;
    }
    apids
}

#[test]
fn meteor_m2_gives_fourteen_vcdus_and_their_packets() {
    let Some(folder) = data() else { return };
    let mut config = config(
        profile("meteor-m2-lrpt", &[]),
        &file(&folder, "iq/meteor_m2_lrpt_300ksps_cu8.raw.gz"),
    );
    let format: SampleFormat = "cu8".parse().unwrap();
    config.open = OpenOptions {
        format: Some(format),
        sample_rate_hz: Some(300e3),
        ..OpenOptions::default()
    };
    let run = run(&config);
    check_frames(&folder, &run, "r2cloud_lrpt_vcdus.bin");
    assert_eq!(
        run.numbers("frame", "vc_count"),
        (2_570_862..=2_570_875).collect::<Vec<_>>()
    );
    assert_eq!(run.numbers("frame", "vcid"), [5; 14]);
    assert_eq!(apids(&run), [(64, 14), (65, 21), (68, 17), (70, 1)].into());
    assert_eq!(
        (run.report.frames.good, run.report.frames.lost, run.report.packets),
        (14, 0, 53)
    );
    // DATA.md: carrier at +3.45 kHz, 72 kBd.
    let signal = &run.report.signal;
    assert!(
        (signal.offset_hz.unwrap().mean - 3_450.0).abs() < 20.0,
        "{:?}",
        signal.offset_hz
    );
    assert!(
        (signal.symbol_rate_hz.unwrap().mean - 72_000.0).abs() < 7.2,
        "{:?}",
        signal.symbol_rate_hz
    );
    // CADUs of 8192 bits are 8192 QPSK symbols behind the inner code: 34133.3 samples apart.
    for pair in run.numbers("frame", "sample").windows(2) {
        assert!((pair[1] - pair[0]).abs_diff(34_133) <= 4, "{pair:?}");
    }
}

fn by70_1(input: &str) {
    let Some(folder) = data() else { return };
    let run = run(&config(profile("by70-1", &[]), &file(&folder, input)));
    check_frames(&folder, &run, "by701_frames.bin");
    assert_eq!((run.report.frames.good, run.report.frames.corrected), (27, 0));
}

#[test]
fn by70_1_gives_all_frames_of_its_picture() {
    by70_1("iq/by701_48k_real.wav");
}

fn trisat(input: &str) {
    let Some(folder) = data() else { return };
    let run = run(&config(profile("trisat", &[]), &file(&folder, input)));
    check_frames(&folder, &run, "trisat_frames.bin");
    assert_eq!(run.corrections(), [0, 0, 0, 0, 1].map(|n| vec![Some(n)]));
    assert_eq!(run.field("frame", "inverted"), [true; 5]);
}

/// A recording whose receiver turned the sign of the frequency round decodes to the same bytes, and only the sign of
/// its markers tells. Where the code is searched for, G2 is what is found to be inverted: the other sign.
#[test]
fn trisat_turned_round_gives_the_same_frames_with_upright_markers() {
    let Some(folder) = data() else { return };
    let scratch = scratch();
    let mut audio = content(&folder, "iq/trisat_48k_fmdemod.wav");
    let start = audio.windows(4).position(|tag| tag == b"data").expect("samples") + 8;
    for sample in audio[start..].chunks_exact_mut(2) {
        let value = i16::from_le_bytes([sample[0], sample[1]]);
        sample.copy_from_slice(&value.saturating_neg().to_le_bytes());
    }
    let path = file(scratch.path(), "turned.wav");
    std::fs::write(&path, audio).expect("a file");
    let open = [
        "coding.convolutional.order=auto",
        "coding.convolutional.inverted=auto",
    ];
    for (changes, inverted) in [(&[][..], false), (&open, true)] {
        let run = run(&config(profile("trisat", changes), &path));
        check_frames(&folder, &run, "trisat_frames.bin");
        assert_eq!(run.field("frame", "inverted"), [inverted; 5], "{changes:?}");
    }
}

#[test]
fn trisat_gives_all_frames_from_audio() {
    trisat("iq/trisat_48k_fmdemod.wav");
}

#[test]
fn the_recordings_of_by70_1_and_trisat_decode_fully() {
    by70_1("../recordings/by701.wav");
    trisat("../recordings/trisat.wav");
}
