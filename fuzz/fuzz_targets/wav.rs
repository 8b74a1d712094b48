//! Any bytes as a WAV file, and as raw samples: no panic, and never more samples than bytes.
#![no_main]

use groundlink_station::input::{OpenOptions, Read, SampleBlock, open_reader};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

fuzz_target!(|data: &[u8]| {
    let raw = OpenOptions {
        format: "ci16".parse().ok(),
        sample_rate_hz: Some(48_000.0),
        ..OpenOptions::default()
    };
    for options in [OpenOptions::default(), raw] {
        let Ok(mut source) = open_reader("fuzz.wav", Box::new(Cursor::new(data.to_vec())), &options) else {
            continue;
        };
        let (mut block, mut samples) = (SampleBlock::default(), 0);
        while let Ok(Read::Filled) = source.read(&mut block, 1_000) {
            samples += block.samples.len();
            // Compressed data may well grow; plain ones cannot.
            if !source.info().format.contains("gzip") && !source.info().format.contains("zstd") {
                assert!(samples <= data.len());
            }
            if samples > 10_000_000 {
                break;
            }
        }
    }
});
