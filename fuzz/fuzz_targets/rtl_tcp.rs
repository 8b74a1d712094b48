//! Any bytes as what an `rtl_tcp` server says first, and as the texts of a live input: no panic; a header is what
//! begins with its magic and is long enough.
#![no_main]

use groundlink_station::input::live::rtl_tcp::{HEADER_BYTES, parse_header};
use groundlink_station::input::{Gain, LiveUrl, Setting};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let header = parse_header(data);
    assert_eq!(
        header.is_ok(),
        data.len() >= HEADER_BYTES && data.starts_with(b"RTL0")
    );
    if let Ok(header) = header {
        let _ = header.tuner_name();
    }
    if let Ok(text) = std::str::from_utf8(data) {
        if let Some(Err(error)) = LiveUrl::parse(text) {
            let _ = error.to_string();
        }
        let _ = text.parse::<Gain>();
        let _ = text.parse::<Setting>();
    }
});
