//! Any bytes as an HTTP request: no panic, and no request is complete before its end.
#![no_main]

use groundlink_station::output::stream::http::{Request, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let whole = parse(bytes);
    if whole != Request::Incomplete {
        return;
    }
    // What is incomplete was so with fewer bytes, too.
    assert_eq!(parse(&bytes[..bytes.len() / 2]), Request::Incomplete);
});
