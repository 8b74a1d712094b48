//! Any text as a station file of either kind: no panic, an error of one line.
#![no_main]

use groundlink_station::station_file::{RunFile, StationFile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match StationFile::parse(text, "fuzz.toml") {
        Err(error) => assert!(!error.to_string().contains('\n')),
        Ok(file) => assert!(!file.downlinks.is_empty()),
    }
    match RunFile::parse(text, "fuzz.toml") {
        Err(error) => assert!(!error.to_string().contains('\n')),
        Ok(file) => assert!(!file.satellites.is_empty()),
    }
});
