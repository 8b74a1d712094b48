//! Messages between a station and its viewers: any bytes are a message or an error, and what is a message can be sent.

#![no_main]

use groundlink_station::attach::{Answer, Ask, MAX_ANSWER, MAX_ASK, decode, encode, receive};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = receive(&mut &*bytes, MAX_ANSWER);
    if let Ok(ask) = decode::<Ask>(bytes) {
        encode(&ask, MAX_ASK).expect("a question is short");
    }
    if let Ok(answer) = decode::<Answer>(bytes) {
        let again = encode(&answer, usize::MAX).expect("an answer can be sent");
        decode::<Answer>(&again).expect("and understood");
    }
});
