//! Any bytes as the answer of a Hamlib daemon, in pieces: no panic, and no answer that is held for ever.
#![no_main]

use groundlink_station::hamlib::ReplyReader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pieces: Vec<Vec<u8>>| {
    let mut reader = ReplyReader::default();
    for piece in &pieces {
        if let Ok(Some(reply)) = reader.push(piece) {
            let _ = reply.number("Frequency");
        }
    }
});
