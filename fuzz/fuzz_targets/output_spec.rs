//! Any text as an output to other programs: no panic, an error of one line, and what is taken is within its bounds.
#![no_main]

use groundlink_station::output::stream::{SpecError, StreamSpec};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let spec: Result<StreamSpec, SpecError> = text.parse();
    match spec {
        Err(error) => assert!(!error.to_string().contains('\n')),
        Ok(spec) => {
            assert_eq!(spec.text, text);
            assert!((1..=1 << 20).contains(&spec.queue));
            assert!((0.1..=3600.0).contains(&spec.stall.as_secs_f64()));
        }
    }
});
