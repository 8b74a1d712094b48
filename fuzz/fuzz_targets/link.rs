//! Any bytes as frames of any kind, cut anywhere: no panic, and every frame fed is accounted for.
#![no_main]

use groundlink_decoder::link::{FrameKind, LinkConfig, LinkDecoder, LinkOutput, PacketConfig};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [switches, length, insert_zone, rest @ ..] = data else {
        return;
    };
    let kind = match switches & 3 {
        0 => FrameKind::Tm,
        1 => FrameKind::Aos,
        2 => FrameKind::Tc,
        _ => FrameKind::Opaque,
    };
    let aos = kind == FrameKind::Aos;
    let config = LinkConfig {
        kind,
        length: usize::from(*length),
        fecf: switches & 4 != 0,
        ocf: aos && switches & 8 != 0,
        fhec: aos && switches & 16 != 0,
        insert_zone: if aos { usize::from(insert_zone & 15) } else { 0 },
        segment_header: kind == FrameKind::Tc && switches & 32 != 0,
        opaque_crc: None,
        scid: None,
        vcids: Vec::new(),
        packets: (kind != FrameKind::Opaque).then(PacketConfig::default),
    };
    let Ok(mut decoder) = LinkDecoder::new(&config) else {
        return;
    };
    let mut out = LinkOutput::default();
    let mut fed = 0;
    for frame in rest.chunks(config.length.max(1)) {
        decoder.feed(frame, frame.first() != Some(&0xFF), &mut out);
        fed += 1;
    }
    decoder.finish(&mut out);
    let counters = decoder.counters();
    assert_eq!(counters.fed, fed);
    assert_eq!(counters.good + counters.rejected.values().sum::<u64>(), fed);
});
