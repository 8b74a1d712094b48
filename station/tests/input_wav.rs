//! WAV files of every kind, with crate `hound` as oracle.

mod input_support;

use groundlink_station::input::wav::parse_header;
use groundlink_station::input::{OpenOptions, open_samples};
use input_support::{drain, noise, pipe, pipe_refusal, read_file};
use num_complex::Complex32;
use proptest::prelude::*;
use std::fs;
use std::io::Cursor;

/// A chunk with its padding.
fn chunk(id: &[u8], size: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = [id, &size.to_le_bytes(), body].concat();
    bytes.resize(bytes.len() + body.len() % 2, 0);
    bytes
}

fn format_chunk(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let align = channels * bits / 8;
    let mut body = Vec::new();
    body.extend([tag.to_le_bytes(), channels.to_le_bytes()].concat());
    body.extend([rate.to_le_bytes(), (rate * u32::from(align)).to_le_bytes()].concat());
    body.extend([align.to_le_bytes(), bits.to_le_bytes()].concat());
    chunk(b"fmt ", 16, &body)
}

/// A file of 16-bit stereo at 48 kS/s with chunks before the data and whatever size of the data.
fn wav(form: &[u8], before: &[Vec<u8>], data_size: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = [form, &u32::MAX.to_le_bytes(), b"WAVE"].concat();
    bytes.extend(before.concat());
    bytes.extend(chunk(b"data", data_size, &[]));
    bytes.extend(data);
    bytes
}

fn ramp(count: i16) -> Vec<u8> {
    (0..count)
        .flat_map(|i| [i.to_le_bytes(), (-i).to_le_bytes()].concat())
        .collect()
}

fn ramp_samples(count: i16) -> Vec<Complex32> {
    (0..count)
        .map(|i| Complex32::new(f32::from(i) / 32_768.0, f32::from(-i) / 32_768.0))
        .collect()
}

fn hound_file(channels: u16, bits: u16, float: bool) -> Vec<u8> {
    let sample_format = if float {
        hound::SampleFormat::Float
    } else {
        hound::SampleFormat::Int
    };
    let spec = hound::WavSpec {
        channels,
        sample_rate: 96_000,
        bits_per_sample: bits,
        sample_format,
    };
    let mut file = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
    for sample in noise(1000) {
        for value in [sample.re, sample.im].into_iter().take(channels.into()) {
            if float {
                writer.write_sample(value).unwrap();
            } else {
                writer
                    .write_sample((f64::from(value) * 2f64.powi(i32::from(bits) - 1)) as i32)
                    .unwrap();
            }
        }
    }
    writer.finalize().unwrap();
    file.into_inner()
}

fn hound_samples(bytes: &[u8]) -> Vec<Complex32> {
    let mut reader = hound::WavReader::new(bytes).unwrap();
    let spec = reader.spec();
    let scale = 2f32.powi(i32::from(spec.bits_per_sample) - 1);
    let values: Vec<f32> = match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().map(Result::unwrap).collect(),
        hound::SampleFormat::Int => reader
            .samples::<i32>()
            .map(|v| v.unwrap() as f32 / scale)
            .collect(),
    };
    match spec.channels {
        2 => values
            .chunks_exact(2)
            .map(|v| Complex32::new(v[0], v[1]))
            .collect(),
        _ => values.iter().map(|v| Complex32::new(*v, 0.0)).collect(),
    }
}

#[test]
fn every_width_equals_hound() {
    for (bits, float) in [(8, false), (16, false), (24, false), (32, false), (32, true)] {
        for channels in [1, 2] {
            let bytes = hound_file(channels, bits, float);
            let mut source = pipe("-", &bytes);
            let info = source.info().clone();
            let kind = if float { "float" } else { "PCM" };
            let form = if channels == 2 { "stereo" } else { "mono" };
            assert_eq!(info.format, format!("WAV {kind} {bits} bit {form}"));
            assert_eq!((info.complex, info.sample_rate_hz), (channels == 2, Some(96e3)));
            let (samples, warnings) = drain(&mut *source, 77);
            assert!(samples == hound_samples(&bytes), "{bits} {float} {channels}");
            assert_eq!(warnings, [""; 0]);
        }
    }
}

#[test]
fn doubles_which_hound_does_not_write() {
    let data: Vec<u8> = [0.25f64, -0.5, 1.0, 0.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    let bytes = wav(b"RIFF", &[format_chunk(3, 2, 1000, 64)], 32, &data);
    let (samples, _) = drain(&mut *pipe("-", &bytes), 9);
    assert_eq!(samples, [Complex32::new(0.25, -0.5), Complex32::new(1.0, 0.0)]);
}

#[test]
fn sizes_from_pipes_mean_up_to_the_end() {
    for size in [0, 0xFFFF_FFFF, 0x7FFF_F000, 0x7FFF_FFFF] {
        let bytes = wav(b"RIFF", &[format_chunk(1, 2, 48_000, 16)], size, &ramp(500));
        let (samples, warnings) = drain(&mut *pipe("-", &bytes), 64);
        assert_eq!((samples, warnings), (ramp_samples(500), vec![]), "{size}");
    }
}

#[test]
fn chunks_after_the_data_are_no_samples() {
    let mut bytes = wav(b"RIFF", &[format_chunk(1, 2, 48_000, 16)], 400, &ramp(100));
    bytes.extend(chunk(b"LIST", 9, b"INFOxxxxx"));
    assert_eq!(drain(&mut *pipe("-", &bytes), 64), (ramp_samples(100), vec![]));
}

#[test]
fn truncated_data_are_read_to_the_last_whole_sample() {
    let mut bytes = wav(b"RIFF", &[format_chunk(1, 2, 48_000, 16)], 400, &ramp(100));
    bytes.truncate(bytes.len() - 41);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.wav");
    fs::write(&path, &bytes).unwrap();
    let (samples, warnings) = read_file(path.to_str().unwrap());
    assert_eq!(samples, ramp_samples(89));
    assert_eq!(
        warnings,
        [
            "file ends inside a sample: last 3 bytes ignored",
            "data shorter than the header says: 89 of 100 samples"
        ]
    );
}

fn ds64(data_bytes: u64) -> Vec<u8> {
    let body = [0u64.to_le_bytes(), data_bytes.to_le_bytes(), 0u64.to_le_bytes()].concat();
    chunk(b"ds64", 28, &[body, vec![0; 4]].concat())
}

#[test]
fn rf64_and_bw64_have_their_size_in_ds64() {
    for form in [b"RF64", b"BW64"] {
        let before = [
            ds64(400),
            chunk(b"junk", 3, b"abc"),
            format_chunk(1, 2, 48_000, 16),
        ];
        let mut bytes = wav(form, &before, u32::MAX, &ramp(100));
        bytes.extend(chunk(b"LIST", 4, b"INFO"));
        assert_eq!(drain(&mut *pipe("-", &bytes), 64), (ramp_samples(100), vec![]));
    }
}

/// Lengths of a file of more than 4 GB, which is sparse and so takes no room.
#[test]
fn over_4_gb() {
    let data_bytes = 5_000_000_000u64;
    let dir = tempfile::tempdir().unwrap();
    for (name, header, warned) in [
        (
            "rf64.wav",
            wav(
                b"RF64",
                &[ds64(data_bytes), format_chunk(1, 2, 48_000, 16)],
                u32::MAX,
                &[],
            ),
            0,
        ),
        (
            "open.wav",
            wav(b"RIFF", &[format_chunk(1, 2, 48_000, 16)], u32::MAX, &[]),
            0,
        ),
        (
            "wrapped.wav",
            wav(b"RIFF", &[format_chunk(1, 2, 48_000, 16)], data_bytes as u32, &[]),
            1,
        ),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, &header).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_len(header.len() as u64 + data_bytes).unwrap();
        let source = open_samples(path.to_str().unwrap(), &OpenOptions::default()).unwrap();
        assert_eq!(source.info().length, Some(data_bytes / 4), "{name}");
        assert_eq!(source.warnings().len(), warned, "{name}: {:?}", source.warnings());
    }
}

#[test]
fn time_and_frequency_of_sdr_programs() {
    let fields = [2021u16, 3, 0, 28, 12, 34, 56, 250];
    let mut aux: Vec<u8> = fields.iter().flat_map(|f| f.to_le_bytes()).collect();
    aux.extend([0; 16]);
    aux.extend(137_100_000u32.to_le_bytes());
    aux.resize(164, 0);
    let before = [format_chunk(1, 2, 48_000, 16), chunk(b"auxi", 164, &aux)];
    let source = pipe("-", &wav(b"RIFF", &before, 400, &ramp(100)));
    let captures = source.info().captures.clone();
    assert_eq!(captures.len(), 1);
    assert_eq!(
        captures[0].time.unwrap().to_gregorian_utc(),
        (2021, 3, 28, 12, 34, 56, 250_000_000)
    );
    assert_eq!(captures[0].frequency_hz, Some(137.1e6));
    // XML in its place, as another program has it, tells nothing.
    let before = [
        format_chunk(1, 2, 48_000, 16),
        chunk(b"auxi", 40, &b"<\0?\0x\0m\0l\0".repeat(4)),
    ];
    assert!(
        pipe("-", &wav(b"RIFF", &before, 400, &ramp(100)))
            .info()
            .captures
            .is_empty()
    );
    // The name helps where the file is silent.
    let bytes = wav(b"RIFF", &[format_chunk(1, 2, 48_000, 16)], 400, &ramp(100));
    let source = pipe("SDRSharp_20210328_123456Z_137100000Hz_IQ.wav", &bytes);
    assert_eq!(source.info().captures[0].frequency_hz, Some(137.1e6));
}

#[test]
fn what_the_user_says_goes_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.wav");
    fs::write(
        &path,
        wav(b"RIFF", &[format_chunk(1, 2, 48_000, 16)], 400, &ramp(100)),
    )
    .unwrap();
    let options = OpenOptions {
        format: Some("ri16".parse().unwrap()),
        sample_rate_hz: Some(96e3),
        ..OpenOptions::default()
    };
    let mut source = open_samples(path.to_str().unwrap(), &options).unwrap();
    assert_eq!(
        (source.info().complex, source.info().sample_rate_hz),
        (false, Some(96e3))
    );
    assert_eq!(source.info().length, Some(200));
    let (samples, warnings) = drain(&mut *source, 1000);
    assert_eq!(
        (samples.len(), samples[2]),
        (200, Complex32::new(1.0 / 32_768.0, 0.0))
    );
    assert_eq!(
        warnings,
        [
            "sample rate 96000 Hz as given, though the header says 48000 Hz",
            "sample format ri16_le as given, though the header says ci16_le",
        ]
    );
}

#[test]
fn what_cannot_be_read_is_told_in_one_line() {
    let file = |format: Vec<u8>| wav(b"RIFF", &[format], 400, &ramp(100));
    for (bytes, told) in [
        (
            b"RIFF\0\0\0\0AVI ".to_vec(),
            "x: RIFF file of type \"AVI \", not WAVE",
        ),
        (b"RIFF\0\0".to_vec(), "x: WAV header ends in the file header"),
        (
            wav(b"RIFF", &[], 4, &[0; 4]),
            "x: WAV data chunk without a fmt chunk of 16 bytes or more before it",
        ),
        (
            file(format_chunk(1, 4, 48_000, 16)),
            "x: WAV with 4 channels: allowed are 1 (real) and 2 (I and Q)",
        ),
        (
            file(format_chunk(6, 1, 8_000, 8)),
            "x: WAV format tag 6 with 8 bits: allowed are PCM of 8, 16, 24, 32 bits and float of 32, 64",
        ),
        (
            file(format_chunk(1, 1, 0, 16)),
            "x: a sample rate of 0 Hz is outside 1 to 1e11 Hz",
        ),
        (
            wav(b"RIFF", &[format_chunk(1, 1, 8_000, 16)], 0, &[])[..36].to_vec(),
            "x: WAV header ends in its list of chunks: there is no data chunk",
        ),
        (
            [
                wav(b"RIFF", &[], 0, &[])[..12].to_vec(),
                chunk(b"fmt ", 16, &[0; 5]),
            ]
            .concat(),
            "x: WAV header ends in chunk \"fmt \"",
        ),
    ] {
        assert_eq!(pipe_refusal("x", &bytes), told);
    }
}

#[test]
fn extensible_format_has_its_tag_in_the_guid() {
    let mut body = format_chunk(0xFFFE, 2, 48_000, 16)[8..].to_vec();
    body.extend([
        22, 0, 16, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113,
    ]);
    let bytes = wav(b"RIFF", &[chunk(b"fmt ", 40, &body)], 400, &ramp(100));
    assert_eq!(drain(&mut *pipe("-", &bytes), 64).0, ramp_samples(100));
}

proptest! {
    #[test]
    fn any_bytes_are_a_header_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse_header(&mut &bytes[..]);
        let _ = parse_header(&mut &[b"RIFF\0\0\0\0WAVE", &bytes[..]].concat()[..]);
    }

    #[test]
    fn a_damaged_header_is_a_header_or_an_error(at in 0usize..200, value: u8, cut in 0usize..200) {
        let mut bytes = wav(b"RF64", &[ds64(400), format_chunk(1, 2, 48_000, 16)], u32::MAX, &ramp(20));
        let length = bytes.len();
        bytes[at % length] = value;
        bytes.truncate(length - cut % length);
        let opened = groundlink_station::input::open_reader(
            "x.cu8", Box::new(Cursor::new(bytes)), &OpenOptions { sample_rate_hz: Some(1.0), ..OpenOptions::default() });
        if let Ok(mut source) = opened {
            drain(&mut *source, 10);
        }
    }
}
