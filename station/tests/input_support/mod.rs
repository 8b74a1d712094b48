//! What the tests of inputs share.

#![allow(dead_code, reason = "every test program uses a part")]

use groundlink_station::input::{OpenOptions, Read, SampleBlock, SampleSource, open_reader, open_samples};
use num_complex::Complex32;
use std::io::{Cursor, Write};
use std::path::PathBuf;

/// Samples and warnings of a source, in blocks of `max`.
pub fn drain(source: &mut dyn SampleSource, max: usize) -> (Vec<Complex32>, Vec<String>) {
    let mut block = SampleBlock::default();
    let mut all = Vec::new();
    while source.read(&mut block, max).unwrap() == Read::Filled {
        all.extend_from_slice(&block.samples);
    }
    (all, source.warnings().to_vec())
}

/// All samples of a file, with warnings.
pub fn read_file(path: &str) -> (Vec<Complex32>, Vec<String>) {
    let mut source = open_samples(path, &OpenOptions::default()).unwrap();
    let length = source.info().length;
    let (samples, warnings) = drain(&mut *source, 65_536);
    if warnings.is_empty() && length.is_some() {
        assert_eq!(length, Some(samples.len() as u64), "the length known beforehand");
    }
    (samples, warnings)
}

/// A source over bytes that come as from a pipe.
pub fn pipe(name: &str, bytes: &[u8]) -> Box<dyn SampleSource> {
    open_reader(
        name,
        Box::new(Cursor::new(bytes.to_vec())),
        &OpenOptions::default(),
    )
    .unwrap()
}

/// The one line that opening says.
pub fn refusal(path: &str, options: &OpenOptions) -> String {
    let text = open_samples(path, options).err().expect("an error").to_string();
    assert!(!text.contains('\n'), "{text}");
    text
}

/// The one line that opening these bytes as from a pipe says.
pub fn pipe_refusal(name: &str, bytes: &[u8]) -> String {
    let opened = open_reader(
        name,
        Box::new(Cursor::new(bytes.to_vec())),
        &OpenOptions::default(),
    );
    opened.err().expect("an error").to_string()
}

/// Distinct samples in [-1, 1).
pub fn noise(count: usize) -> Vec<Complex32> {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..count).map(|_| Complex32::new(next(), next())).collect()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A file of the shared data, where there are any.
pub fn shared(path: &str) -> Option<String> {
    let Some(root) = std::env::var_os("GROUNDLINK_DATA") else {
        println!("skipped: GROUNDLINK_DATA is not set");
        return None;
    };
    Some(PathBuf::from(root).join(path).to_string_lossy().into_owned())
}
