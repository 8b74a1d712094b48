//! Any text as a file of measured frequencies: no panic, errors of one line.
#![no_main]

use groundlink_station::doppler::Curve;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = Curve::parse("fuzz", text) {
        assert!(!error.to_string().contains('\n'), "{error}");
    }
});
