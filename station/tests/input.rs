//! Raw samples, bytes and soft bits from files and pipes, and the real recordings.

mod input_support;

use groundlink_station::input::{
    OpenOptions, Read as Outcome, SoftReader, is_defect, open_bytes, open_reader, open_samples,
};
use input_support::{drain, gzip, noise, pipe, pipe_refusal, read_file, refusal, shared, zstd};
use num_complex::Complex32;
use proptest::prelude::*;
use std::fs;
use std::io::{Cursor, Read};

fn cu8(count: usize) -> Vec<u8> {
    (0..count).flat_map(|i| [(i * 7) as u8, (i * 13) as u8]).collect()
}

fn cu8_samples(count: usize) -> Vec<Complex32> {
    let scaled = |byte: u8| (f32::from(byte) - 127.5) / 127.5;
    cu8(count)
        .chunks_exact(2)
        .map(|b| Complex32::new(scaled(b[0]), scaled(b[1])))
        .collect()
}

fn options(format: &str, rate: f64) -> OpenOptions {
    OpenOptions {
        format: Some(format.parse().unwrap()),
        sample_rate_hz: Some(rate),
        ..OpenOptions::default()
    }
}

#[test]
fn raw_samples_by_name_and_compressed() {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes, described) in [
        ("g001_433.92M_250k.cu8", cu8(5000), "raw cu8"),
        ("g001_433.92M_250k.cu8.gz", gzip(&cu8(5000)), "raw cu8, gzip"),
        ("g001_433.92M_250k.cu8.zst", zstd(&cu8(5000)), "raw cu8, zstd"),
        // The magic counts, not the ending.
        ("g002_433.92M_250k.cu8", zstd(&cu8(5000)), "raw cu8, zstd"),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, &bytes).unwrap();
        let path = path.to_str().unwrap();
        let source = open_samples(path, &OpenOptions::default()).unwrap();
        let info = source.info();
        assert_eq!(
            (&*info.format, info.complex, info.sample_rate_hz),
            (described, true, Some(250e3))
        );
        assert_eq!(info.captures[0].frequency_hz, Some(433.92e6));
        let (samples, warnings) = read_file(path);
        assert!(samples == cu8_samples(5000));
        assert_eq!(warnings, [""; 0]);
    }
}

#[test]
fn a_pipe_gives_the_same_as_a_file_whatever_the_blocks() {
    for bytes in [cu8(5000), gzip(&cu8(5000)), zstd(&cu8(5000))] {
        for max in [1, 1000, 65_536] {
            let reader = Box::new(Cursor::new(bytes.clone()));
            let mut source = open_reader("-", reader, &options("cu8", 250e3)).unwrap();
            assert!(drain(&mut *source, max).0 == cu8_samples(5000));
        }
    }
}

#[test]
fn names_of_the_recording_programs_tell_all() {
    let source = pipe("2023-08-10_12-00-00_6000000SPS_1702500000Hz.cs16", &[0; 64]);
    let info = source.info();
    assert_eq!((&*info.format, info.sample_rate_hz), ("raw ci16_le", Some(6e6)));
    assert_eq!(
        info.captures[0].time.unwrap().to_gregorian_utc(),
        (2023, 8, 10, 12, 0, 0, 0)
    );
    assert_eq!(info.captures[0].frequency_hz, Some(1_702.5e6));
    let source = pipe("gqrx_20230810_120000_145800000_48000_fc.raw", &[0; 64]);
    assert_eq!(
        (&*source.info().format, source.info().sample_rate_hz),
        ("raw cf32_le", Some(48e3))
    );
}

#[test]
fn what_the_user_says_goes_before_the_name() {
    let reader = Box::new(Cursor::new(vec![0u8; 64]));
    let source = open_reader("g001_433.92M_250k.cu8", reader, &options("cs16", 1e6)).unwrap();
    assert_eq!(
        (&*source.info().format, source.info().sample_rate_hz),
        ("raw ci16_le", Some(1e6))
    );
    assert_eq!(
        source.warnings(),
        [
            "sample format ci16_le as given, though the name says cu8",
            "sample rate 1000000 Hz as given, though the name says 250000 Hz",
        ]
    );
}

#[test]
fn what_is_missing_is_asked_for() {
    let told = "neither its content nor its name tells what the samples are; give";
    assert_eq!(
        pipe_refusal("-", &[1; 64]),
        format!("-: {told} --format and --rate")
    );
    assert_eq!(
        pipe_refusal("pass.cs16", &[1; 64]),
        format!("pass.cs16: {told} --rate")
    );
    assert_eq!(
        pipe_refusal("pass_6MSPS.raw", &[1; 64]),
        format!("pass_6MSPS.raw: {told} --format")
    );
}

#[test]
fn paths_that_hold_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let name = |file: &str| dir.path().join(file).to_str().unwrap().to_owned();
    let none = OpenOptions::default();
    assert_eq!(
        refusal(&name("no.wav"), &none),
        format!("{}: no such file", name("no.wav"))
    );
    let directory = format!(
        "{}: is a directory; name a file in it, or - for standard input",
        name("")
    );
    assert_eq!(refusal(&name(""), &none), directory);
    for file in ["a.wav", "a.cu8", "a.sigmf", "a.raw.gz"] {
        fs::write(name(file), b"").unwrap();
        assert_eq!(
            refusal(&name(file), &options("cu8", 1e6)),
            format!("{}: is empty", name(file))
        );
    }
    fs::write(name("b.cu8"), gzip(b"")).unwrap();
    assert_eq!(
        refusal(&name("b.cu8"), &options("cu8", 1e6)),
        format!("{}: is empty", name("b.cu8"))
    );
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e12] {
        fs::write(name("c.cu8"), cu8(10)).unwrap();
        let text = refusal(&name("c.cu8"), &options("cu8", rate));
        assert!(
            text.contains(&format!("a sample rate of {rate} Hz is outside 1 to 1e11 Hz")),
            "{text}"
        );
    }
}

#[test]
fn truncated_streams_end_with_a_warning() {
    let packed = gzip(&cu8(50_000));
    let reader = Box::new(Cursor::new(packed[..packed.len() / 2].to_vec()));
    let mut source = open_reader("-", reader, &options("cu8", 1e6)).unwrap();
    let (samples, warnings) = drain(&mut *source, 1000);
    assert!(!samples.is_empty() && samples == cu8_samples(50_000)[..samples.len()]);
    assert_eq!(
        warnings[0],
        "the gzip data are cut short; everything up to there is used"
    );
    let reader = Box::new(Cursor::new(cu8(10)[..19].to_vec()));
    let mut source = open_reader("-", reader, &options("cu8", 1e6)).unwrap();
    let (samples, warnings) = drain(&mut *source, 1000);
    assert!(samples == cu8_samples(9));
    assert_eq!(warnings, ["file ends inside a sample: last 1 byte ignored"]);
}

#[test]
fn samples_that_are_not_finite_pass_and_are_counted() {
    let mut values: Vec<f32> = noise(1000).iter().flat_map(|s| [s.re, s.im]).collect();
    values[10] = f32::NAN;
    values[11] = f32::NAN;
    values[1999] = f32::NEG_INFINITY;
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let mut source = open_reader("-", Box::new(Cursor::new(bytes)), &options("cf32", 1e6)).unwrap();
    let (samples, _) = drain(&mut *source, 3);
    assert_eq!((samples.len(), source.bad_samples()), (1000, 2));
    assert!(samples[5].re.is_nan() && samples[999].im.is_infinite());
}

#[test]
fn bytes_of_files_of_any_kind() {
    let dir = tempfile::tempdir().unwrap();
    for (name, content, expected) in [
        ("a.bin", vec![1, 2, 3], vec![1, 2, 3]),
        ("a.bin.gz", gzip(&[1, 2, 3]), vec![1, 2, 3]),
        ("a.hex", b"1ACF\nfc1d\n".to_vec(), vec![0x1A, 0xCF, 0xFC, 0x1D]),
        ("a.hex.zst", zstd(b"1ACF\nfc1d\n"), vec![0x1A, 0xCF, 0xFC, 0x1D]),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        let mut bytes = Vec::new();
        open_bytes(path.to_str().unwrap())
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        assert_eq!(bytes, expected, "{name}");
    }
    let path = dir.path().join("cut.gz");
    fs::write(&path, &gzip(&cu8(5000))[..100]).unwrap();
    let mut bytes = Vec::new();
    let error = open_bytes(path.to_str().unwrap())
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap_err();
    assert!(is_defect(&error) && !bytes.is_empty());
}

#[test]
fn real_recordings_have_the_samples_that_are_known() {
    for (file, count, rate, complex) in [
        ("iq/meteor_m2_lrpt_300ksps_cu8.raw.gz", 501_760, 300e3, true),
        ("iq/by701_48k_real.wav", 610_453, 48e3, false),
        ("iq/trisat_48k_fmdemod.wav", 184_470, 48e3, false),
        ("iq/orbicraft-z_48k_iq.wav", 100_516, 48e3, true),
    ] {
        let Some(path) = shared(file) else { return };
        let source = open_samples(&path, &OpenOptions::default()).unwrap();
        assert_eq!(
            (source.info().sample_rate_hz, source.info().complex),
            (Some(rate), complex),
            "{file}"
        );
        let (samples, warnings) = read_file(&path);
        assert_eq!((samples.len(), warnings), (count, vec![]), "{file}");
        if complex {
            continue;
        }
        let mut oracle = hound::WavReader::open(&path).unwrap();
        let oracle = oracle.samples::<i16>().map(|v| f32::from(v.unwrap()) / 32_768.0);
        assert!(samples.iter().map(|s| s.re).eq(oracle), "{file}");
    }
}

#[test]
fn real_soft_symbols_have_the_numbers_that_are_known() {
    for (file, count) in [
        ("soft/dslwpb_constell1_Harbin.c64", 7152),
        ("soft/voyager1_2020_symbols_0011.f32", 95_954),
        ("soft/meteor_mn22_72k.hard", 152_000),
        ("soft/lev1_LLRs.f32", 18_771),
    ] {
        let Some(path) = shared(file) else { return };
        let format = SoftReader::guess(&path, false).unwrap();
        let mut reader = SoftReader::new(open_bytes(&path).unwrap(), format);
        let (mut all, mut some) = (Vec::new(), Vec::new());
        while reader.read(&mut some, 1000).unwrap() == Outcome::Filled {
            all.extend_from_slice(&some);
        }
        assert_eq!(
            (all.len(), reader.bad_values(), reader.warnings().len()),
            (count, 0, 0),
            "{file}"
        );
        // The polarities of symbols and their confidence are balanced, nothing is stuck at the limit.
        let mean = all.iter().map(|s| f64::from(s.unsigned_abs())).sum::<f64>() / count as f64;
        assert!((30.0..=64.0).contains(&mean), "{file}: {mean}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_samples_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..3000), magic in 0usize..6) {
        let magics: [&[u8]; 6] =
            [b"", &[0x1F, 0x8B, 8, 0], &[0x28, 0xB5, 0x2F, 0xFD], &[0x50, 0x2A, 0x4D, 0x18], b"RIFF", b"BW64"];
        let bytes = [magics[magic], &bytes[..]].concat();
        let opened = open_reader("-", Box::new(Cursor::new(bytes)), &options("cf32_be", 1e6));
        if let Ok(mut source) = opened {
            drain(&mut *source, 100);
        }
    }

    #[test]
    fn damaged_compressed_data_are_samples_or_an_error(
        zst: bool,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..10),
    ) {
        let mut bytes = if zst { zstd(&cu8(20_000)) } else { gzip(&cu8(20_000)) };
        for (at, value) in damage {
            *at.get_mut(&mut bytes) = value;
        }
        let opened = open_reader("-", Box::new(Cursor::new(bytes)), &options("cu8", 1e6));
        if let Ok(mut source) = opened {
            drain(&mut *source, 1000);
        }
    }
}
