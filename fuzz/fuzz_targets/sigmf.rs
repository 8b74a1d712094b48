//! Any bytes as SigMF metadata and as a SigMF archive: no panic.
#![no_main]

use groundlink_station::input::{OpenOptions, Read, SampleBlock, open_reader, sigmf};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

fuzz_target!(|data: &[u8]| {
    let _ = sigmf::parse_meta(data);
    let _ = sigmf::locate(&mut &data[..], false);
    let options = OpenOptions::default();
    if let Ok(mut source) = open_reader("fuzz.sigmf", Box::new(Cursor::new(data.to_vec())), &options) {
        let mut block = SampleBlock::default();
        while let Ok(Read::Filled) = source.read(&mut block, 1_000) {}
    }
});
