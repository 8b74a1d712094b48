//! Any text as a station file: no panic, an error of one line.
#![no_main]

use groundlink_station::station_file::StationFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match StationFile::parse(text, "fuzz.toml") {
        Err(error) => assert!(!error.to_string().contains('\n')),
        Ok(file) => assert!(!file.downlinks.is_empty()),
    }
});
