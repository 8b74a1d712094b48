//! Any bytes as soft symbols of any format: no panic.
#![no_main]

use groundlink_station::input::{SoftFormat, SoftNumber, SoftReader};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

fuzz_target!(|data: &[u8]| {
    let [switches, rest @ ..] = data else { return };
    let number = [
        SoftNumber::I8,
        SoftNumber::U8,
        SoftNumber::F32,
        SoftNumber::Packed,
        SoftNumber::Unpacked,
    ][usize::from(switches % 5)];
    let format = SoftFormat {
        negative_is_one: switches & 64 != 0,
        swap_iq: switches & 128 != 0,
        number,
    };
    let mut reader = SoftReader::new(Box::new(Cursor::new(rest.to_vec())), format);
    let mut soft = Vec::new();
    while reader.read(&mut soft, 777).is_ok() && !soft.is_empty() {}
});
