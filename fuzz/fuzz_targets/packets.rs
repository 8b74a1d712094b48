//! Any bytes as packets back to back, cut anywhere: no panic, and the cuts change nothing.
#![no_main]

use groundlink_decoder::link::{LinkOutput, PacketConfig, PacketDecoder};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [cut, rest @ ..] = data else { return };
    let decode = |chunk: usize| {
        let mut out = LinkOutput::default();
        let mut decoder = PacketDecoder::new(&PacketConfig {
            max_bytes: 1_000,
            crc: true,
        });
        for part in rest.chunks(chunk) {
            decoder.feed(part, &mut out);
        }
        decoder.finish(&mut out);
        out.packets
    };
    assert_eq!(decode(usize::from(*cut).max(1)), decode(rest.len().max(1)));
});
