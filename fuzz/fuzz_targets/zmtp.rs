//! What a ZeroMQ subscriber may say, cut anywhere: no panic, and the same however it is cut.
#![no_main]

use groundlink_station::output::stream::zmtp::Subscriptions;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (u8, &[u8])| {
    let (step, bytes) = (usize::from(data.0) + 1, data.1);
    let (mut whole, mut whole_answer) = (Subscriptions::default(), Vec::new());
    let (mut cut, mut cut_answer) = (Subscriptions::default(), Vec::new());
    let at_once = whole.feed(bytes, &mut whole_answer);
    let in_pieces = bytes
        .chunks(step)
        .try_for_each(|piece| cut.feed(piece, &mut cut_answer));
    assert_eq!(at_once, in_pieces);
    assert_eq!(whole_answer, cut_answer);
    if at_once.is_ok() {
        assert_eq!(whole.wants(b"topic"), cut.wants(b"topic"));
    }
    // An answer repeats what was said and no more.
    assert!(whole_answer.len() <= 2 * bytes.len());
});
