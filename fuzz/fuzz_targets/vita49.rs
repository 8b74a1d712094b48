//! Any bytes as packets of VITA-49, one behind the other: no panic, and no payload longer than its packet.
#![no_main]

use groundlink_station::input::live::vita49::context;
use groundlink_station::input::live::vita49::packet::{Kind, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    while let Ok(packet) = parse(rest) {
        let words = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        assert!(packet.payload.len() + 4 <= 4 * words);
        if packet.kind == Kind::Context
            && let Ok(context) = context::parse(packet.payload)
            && let Some(Err(error)) = context.format
        {
            let _ = error.to_string();
        }
        rest = &rest[4 * words..];
    }
    let _ = context::parse(data);
});
