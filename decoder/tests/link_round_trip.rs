//! Encoder and decoder of the link layer against each other, losses counted exactly, and arbitrary input.

use groundlink_decoder::link::{
    Continuity, CrcSpan, FrameKind, LinkConfig, LinkDecoder, LinkEncoder, LinkError, LinkOutput, LinkPacket,
    PacketBuilder, PacketConfig, PacketDecoder, Rejection, SequenceCheck,
};
use proptest::prelude::*;

fn tm(length: usize) -> LinkConfig {
    LinkConfig {
        kind: FrameKind::Tm,
        length,
        fecf: true,
        ocf: false,
        fhec: false,
        insert_zone: 0,
        segment_header: false,
        opaque_crc: None,
        scid: Some(123),
        vcids: Vec::new(),
        packets: Some(PacketConfig::default()),
    }
}

fn aos(length: usize) -> LinkConfig {
    LinkConfig {
        kind: FrameKind::Aos,
        ..tm(length)
    }
}

fn packet(apid: u16, count: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let builder = PacketBuilder {
        sequence_count: count & 0x3FFF,
        ..PacketBuilder::telemetry(apid)
    };
    builder.build(data, &mut bytes).unwrap();
    bytes
}

/// Packets of the given data lengths, with counted content.
fn packets(apid: u16, lengths: &[usize]) -> Vec<Vec<u8>> {
    let data = |n: usize, length: usize| -> Vec<u8> { (0..length).map(|i| (i * 7 + n) as u8).collect() };
    lengths
        .iter()
        .enumerate()
        .map(|(n, length)| packet(apid, n as u16, &data(n, *length)))
        .collect()
}

/// All packets of a virtual channel as frames, the last filled with idle packets.
fn frames(encoder: &mut LinkEncoder, vcid: u8, packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    for packet in packets {
        encoder.push_packet(vcid, packet).unwrap();
    }
    let mut frames = Vec::new();
    while encoder.queued_bytes(vcid) > 0 {
        let mut frame = Vec::new();
        encoder.encode_frame(vcid, &mut frame).unwrap();
        frames.push(frame);
    }
    frames
}

fn decode<'a>(
    config: &LinkConfig,
    frames: impl IntoIterator<Item = &'a Vec<u8>>,
) -> (LinkDecoder, LinkOutput) {
    let mut decoder = LinkDecoder::new(config).unwrap();
    let mut out = LinkOutput::default();
    for frame in frames {
        decoder.feed(frame, true, &mut out);
    }
    decoder.finish(&mut out);
    (decoder, out)
}

fn useful(out: &LinkOutput) -> Vec<Vec<u8>> {
    out.packets
        .iter()
        .filter(|p| !p.idle())
        .map(|p| p.bytes.clone())
        .collect()
}

fn any_config() -> impl Strategy<Value = LinkConfig> {
    (any::<bool>(), 40usize..300, any::<[bool; 3]>(), 0usize..12).prop_map(|(is_tm, length, flags, zone)| {
        let base = if is_tm { tm(length) } else { aos(length) };
        LinkConfig {
            fecf: flags[0],
            ocf: flags[1],
            fhec: flags[2] && !is_tm,
            insert_zone: if is_tm { 0 } else { zone },
            ..base
        }
    })
}

#[test]
fn the_oldest_frame_that_matters_is_that_of_a_packet_under_way() {
    let config = tm(100);
    let mut encoder = LinkEncoder::new(&config).unwrap();
    let frames = frames(&mut encoder, 3, &packets(5, &[300, 20, 500]));
    let mut decoder = LinkDecoder::new(&config).unwrap();
    let mut out = LinkOutput::default();
    for frame in &frames {
        out.packets.clear();
        decoder.feed(frame, true, &mut out);
        let whole = out.packets.last().map(|packet| packet.last_frame);
        match decoder.oldest_frame() {
            // What comes next begins in a frame to come.
            None => assert!(whole.is_some()),
            // Nothing that began before the newest whole packet ended is under way.
            Some(oldest) => assert!(whole.is_none_or(|last| oldest == last)),
        }
    }
    decoder.finish(&mut out);
    assert_eq!(decoder.oldest_frame(), None);
    // A place that is lost matters until packets are found again.
    let mut decoder = LinkDecoder::new(&config).unwrap();
    for frame in [&frames[0], &frames[2]] {
        decoder.feed(frame, true, &mut out);
    }
    assert_eq!(decoder.oldest_frame(), Some(1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_encoded_is_decoded(
        config in any_config(),
        lengths in prop::collection::vec(prop_oneof![1usize..40, 1usize..2000], 1..20),
        secondary in prop::collection::vec(any::<u8>(), 0..10),
        ocf in any::<u32>(),
        first_count in any::<u32>(),
        cycle in any::<bool>(),
    ) {
        let mut encoder = LinkEncoder::new(&config).unwrap();
        encoder.set_ocf(ocf);
        encoder.set_vc_count(5, first_count);
        encoder.set_count_cycle(cycle);
        if config.kind == FrameKind::Tm {
            encoder.set_secondary_header(&secondary).unwrap();
        }
        let zone: Vec<u8> = (0..config.insert_zone).map(|i| i as u8 ^ 0xA5).collect();
        encoder.set_insert_zone(&zone).unwrap();
        let sent = packets(42, &lengths);
        let sent_frames = frames(&mut encoder, 5, &sent);
        prop_assert!(sent_frames.iter().all(|frame| frame.len() == config.length));

        let mut decoder = LinkDecoder::new(&config).unwrap();
        let mut out = LinkOutput::default();
        for (n, frame) in sent_frames.iter().enumerate() {
            decoder.feed(frame, true, &mut out);
            let report = out.frame.take().unwrap();
            let continuity = if n == 0 { Continuity::First } else { Continuity::Next };
            prop_assert_eq!((report.rejection, report.continuity, report.idle), (None, continuity, false));
            prop_assert_eq!(report.ocf, config.ocf.then_some(ocf));
            prop_assert_eq!(report.fecf_good, config.fecf.then_some(true));
            prop_assert_eq!(report.insert_zone, (!zone.is_empty()).then(|| zone.clone()));
            let has_secondary = config.kind == FrameKind::Tm && !secondary.is_empty();
            prop_assert_eq!(report.secondary_header.map(|h| h[1..].to_vec()), has_secondary.then(|| secondary.clone()));
        }
        decoder.finish(&mut out);
        prop_assert_eq!(useful(&out), sent);
        prop_assert_eq!(out.resyncs, vec![]);
        for packet in out.packets.iter().filter(|p| !p.idle()) {
            let end = config.length - 4 * usize::from(config.ocf) - 2 * usize::from(config.fecf);
            let found = &sent_frames[packet.frame as usize][packet.offset..end];
            let shared = found.len().min(packet.bytes.len()).min(6);
            prop_assert_eq!(&found[..shared], &packet.bytes[..shared]);
            prop_assert!(packet.last_frame >= packet.frame);
        }
    }

    /// Lost frames are counted exactly, packets touched by a loss are missing, all others are there.
    #[test]
    fn losses_are_counted_exactly(
        is_tm in any::<bool>(),
        lengths in prop::collection::vec(1usize..150, 20..80),
        keep in prop::collection::vec(prop::bool::weighted(0.8), 200),
    ) {
        let config = if is_tm { tm(64) } else { aos(64) };
        let mut encoder = LinkEncoder::new(&config).unwrap();
        let sent = packets(42, &lengths);
        let sent_frames = frames(&mut encoder, 1, &sent);
        let whole = decode(&config, &sent_frames).1;

        let kept = |n: u64| keep[n as usize % keep.len()];
        let survivors: Vec<u64> = (0..sent_frames.len() as u64).filter(|n| kept(*n)).collect();
        prop_assume!(!survivors.is_empty());
        let (decoder, out) = decode(&config, survivors.iter().map(|n| &sent_frames[*n as usize]));

        let vc = decoder.counters().vcs.values().next().unwrap();
        let span = survivors[survivors.len() - 1] - survivors[0] + 1;
        prop_assert_eq!(vc.lost, span - survivors.len() as u64);
        prop_assert_eq!(vc.gaps, survivors.windows(2).filter(|pair| pair[1] != pair[0] + 1).count() as u64);
        let expected: Vec<Vec<u8>> = whole.packets.iter()
            .filter(|p| !p.idle() && (p.frame..=p.last_frame).all(kept))
            .map(|p| p.bytes.clone())
            .collect();
        prop_assert_eq!(useful(&out), expected);
        prop_assert_eq!(vc.packet_bytes + vc.dropped_bytes, survivors.len() as u64 * encoder.content_bytes() as u64);
        prop_assert_eq!(vc.resyncs, out.resyncs.len() as u64);
    }

    /// A rejected frame acts like a lost one: nothing of it is used.
    #[test]
    fn rejected_frames_are_never_used(
        lengths in prop::collection::vec(1usize..150, 20..40),
        bad in prop::collection::vec(prop::bool::weighted(0.2), 100),
        by_coding in any::<bool>(),
    ) {
        let config = tm(64);
        let mut encoder = LinkEncoder::new(&config).unwrap();
        let sent_frames = frames(&mut encoder, 1, &packets(42, &lengths));
        let is_bad = |n: usize| bad[n % bad.len()];
        let good: Vec<&Vec<u8>> = sent_frames.iter().enumerate().filter(|(n, _)| !is_bad(*n)).map(|f| f.1).collect();
        let (without, expected) = decode(&config, good);

        let mut decoder = LinkDecoder::new(&config).unwrap();
        let mut out = LinkOutput::default();
        let mut rejected = 0;
        for (n, frame) in sent_frames.iter().enumerate() {
            let mut frame = frame.clone();
            if is_bad(n) && !by_coding {
                frame[20] ^= 0x10;
            }
            decoder.feed(&frame, !(is_bad(n) && by_coding), &mut out);
            rejected += u64::from(is_bad(n));
        }
        decoder.finish(&mut out);
        prop_assert_eq!(useful(&out), useful(&expected));
        prop_assert_eq!(&decoder.counters().vcs, &without.counters().vcs);
        prop_assert_eq!(decoder.counters().rejected.values().sum::<u64>(), rejected);
    }

    #[test]
    fn arbitrary_bytes_are_accounted_for(
        config in any_config(),
        kind in 0..3,
        bytes in prop::collection::vec(any::<u8>(), 0..3000),
        cuts in prop::collection::vec(0usize..400, 1..20),
    ) {
        let config = match kind {
            0 => config,
            1 => LinkConfig { fecf: false, scid: None, ..config },
            _ => LinkConfig { kind: FrameKind::Opaque, fhec: false, insert_zone: 0, ..config },
        };
        let mut decoder = LinkDecoder::new(&config).unwrap();
        let mut out = LinkOutput::default();
        let (mut rest, mut fed) = (bytes.as_slice(), 0);
        for cut in cuts.iter().flat_map(|cut| [*cut, config.length]) {
            let (frame, after) = rest.split_at(cut.min(rest.len()));
            decoder.feed(frame, true, &mut out);
            (rest, fed) = (after, fed + 1);
        }
        decoder.finish(&mut out);
        let counters = decoder.counters();
        prop_assert_eq!(counters.fed, fed);
        prop_assert_eq!(counters.good + counters.rejected.values().sum::<u64>(), fed);
    }

    #[test]
    fn packet_stream_does_not_depend_on_the_cuts(
        lengths in prop::collection::vec(1usize..60, 1..12),
        noise in prop::collection::vec(any::<u8>(), 0..40),
        place in 0usize..400,
        cuts in prop::collection::vec(1usize..50, 1..30),
        crc in any::<bool>(),
    ) {
        let mut stream = packets(9, &lengths).concat();
        let place = place.min(stream.len());
        stream.splice(place..place, noise);
        let config = PacketConfig { max_bytes: 100, crc };
        let run = |cuts: &[usize]| {
            let mut decoder = PacketDecoder::new(&config);
            let mut out = LinkOutput::default();
            let mut rest = stream.as_slice();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (part, after) = rest.split_at((*cut).min(rest.len()));
                decoder.feed(part, &mut out);
                rest = after;
            }
            decoder.finish(&mut out);
            (out, decoder.counters().clone())
        };
        let (out, counters) = run(&cuts);
        prop_assert_eq!(&(out, counters.clone()), &run(&[stream.len().max(1)]));
        prop_assert_eq!(counters.packet_bytes + counters.dropped_bytes, stream.len() as u64);
    }
}

#[test]
fn two_channels_and_idle_frames_share_a_master_channel() {
    for config in [tm(100), aos(100)] {
        let mut encoder = LinkEncoder::new(&config).unwrap();
        let (a, b) = (packets(1, &[300, 10, 80]), packets(2, &[5, 500]));
        let (on_a, on_b) = (frames(&mut encoder, 1, &a), frames(&mut encoder, 2, &b));
        let mut idle = Vec::new();
        encoder.idle_frame(&mut idle);
        // Frames of one channel lie between those of the other; only each channel's own order counts.
        let mixed: Vec<_> = on_a
            .iter()
            .zip(&on_b)
            .flat_map(|(x, y)| [x, y])
            .chain([&idle])
            .collect();
        let shorter = on_a.len().min(on_b.len());
        let (decoder, out) = decode(&config, mixed);
        let counters = decoder.counters();
        assert_eq!((counters.good, counters.vcs.len()), (2 * shorter as u64 + 1, 3));
        assert!(
            counters
                .vcs
                .values()
                .all(|vc| vc.gaps + vc.resets + vc.resyncs == 0)
        );
        assert_eq!(counters.vcs.values().map(|vc| vc.idle).sum::<u64>(), 1);
        assert!(
            out.packets
                .iter()
                .filter(|p| !p.idle())
                .all(|p| a.contains(&p.bytes) || b.contains(&p.bytes))
        );
    }
}

#[test]
fn master_channel_tells_loss_from_a_count_that_began_anew() {
    let config = tm(100);
    let mut encoder = LinkEncoder::new(&config).unwrap();
    let frame = |encoder: &mut LinkEncoder, vcid| {
        let mut bytes = Vec::new();
        encoder.encode_frame(vcid, &mut bytes).unwrap();
        bytes
    };
    let mut decoder = LinkDecoder::new(&config).unwrap();
    let mut out = LinkOutput::default();
    let mut feed = |bytes: &[u8]| {
        decoder.feed(bytes, true, &mut out);
        let report = out.frame.take().unwrap();
        (report.continuity, report.mc_gap)
    };
    assert_eq!(feed(&frame(&mut encoder, 0)), (Continuity::First, 0));
    assert_eq!(feed(&frame(&mut encoder, 1)), (Continuity::First, 0));
    frame(&mut encoder, 0);
    // The loss shows in the other channel's frame first.
    assert_eq!(feed(&frame(&mut encoder, 1)), (Continuity::Next, 1));
    assert_eq!(feed(&frame(&mut encoder, 0)), (Continuity::Gap(1), 0));
    encoder.set_vc_count(0, 200);
    assert_eq!(feed(&frame(&mut encoder, 0)), (Continuity::Reset, 0));
    assert_eq!(feed(&frame(&mut encoder, 0)), (Continuity::Next, 0));
}

#[test]
fn frame_recorded_twice_gives_its_packets_once() {
    let config = aos(100);
    let mut encoder = LinkEncoder::new(&config).unwrap();
    let sent = packets(1, &[30, 150, 60, 20]);
    let once = frames(&mut encoder, 3, &sent);
    let twice: Vec<_> = once.iter().flat_map(|frame| [frame, frame]).collect();
    let (decoder, out) = decode(&config, twice);
    assert_eq!(useful(&out), sent);
    let vc = decoder.counters().vcs.values().next().unwrap();
    assert_eq!(
        (vc.frames, vc.duplicates, vc.gaps),
        (2 * once.len() as u64, once.len() as u64, 0)
    );
}

#[test]
fn each_rejection_has_its_reason() {
    let config = LinkConfig {
        vcids: vec![1, 2],
        fhec: true,
        ..aos(64)
    };
    let mut other = LinkConfig {
        vcids: Vec::new(),
        ..config.clone()
    };
    let frame = |config: &LinkConfig, vcid| {
        let mut bytes = Vec::new();
        LinkEncoder::new(config)
            .unwrap()
            .encode_frame(vcid, &mut bytes)
            .unwrap();
        bytes
    };
    let good = frame(&config, 1);
    let mut cases = vec![
        (good.clone(), true, None),
        (good.clone(), false, Some(Rejection::Uncorrectable)),
    ];
    cases.push((good[..63].to_vec(), true, Some(Rejection::Length)));
    cases.push((frame(&other, 9), true, Some(Rejection::Vcid)));
    other.scid = Some(99);
    cases.push((frame(&other, 1), true, Some(Rejection::Scid)));
    let mut damaged = good.clone();
    damaged[30] ^= 1;
    cases.push((damaged, true, Some(Rejection::Fecf)));
    let mut decoder = LinkDecoder::new(&config).unwrap();
    for (bytes, coding_good, rejection) in cases {
        let mut out = LinkOutput::default();
        decoder.feed(&bytes, coding_good, &mut out);
        assert_eq!(out.frame.unwrap().rejection, rejection);
        assert!(rejection.is_none() || out.packets.is_empty());
    }

    let bare = LinkConfig {
        fecf: false,
        ..config
    };
    let mut header = frame(&bare, 1);
    header[0] ^= 0xF0;
    let mut decoder = LinkDecoder::new(&bare).unwrap();
    let mut out = LinkOutput::default();
    decoder.feed(&header, true, &mut out);
    assert!(out.frame.take().unwrap().good());
    assert_eq!(decoder.counters().headers_corrected, 1);
    header[1] ^= 0x0F;
    header[5] ^= 0xFF;
    header[6] ^= 0xA5;
    decoder.feed(&header, true, &mut out);
    assert_eq!(out.frame.unwrap().rejection, Some(Rejection::HeaderErrorControl));
    let mut decoder = LinkDecoder::new(&LinkConfig {
        fhec: false,
        ..bare.clone()
    })
    .unwrap();
    let mut out = LinkOutput::default();
    let mut version = frame(&bare, 1);
    version[0] ^= 0x40;
    decoder.feed(&version, true, &mut out);
    assert_eq!(out.frame.unwrap().rejection, Some(Rejection::Version));
}

#[test]
fn pointer_that_contradicts_the_packet_resynchronises() {
    let config = LinkConfig {
        fecf: false,
        ..aos(58)
    };
    // 50 bytes of packets a frame: one packet of 80 bytes, then one of 20.
    let mut encoder = LinkEncoder::new(&config).unwrap();
    let sent = packets(1, &[74, 14]);
    let mut both = frames(&mut encoder, 0, &sent);
    assert_eq!(both[1][6..8], [0, 30]);
    both[1][7] = 0;
    // The pointer says that a packet begins at byte 0, in the middle of the first packet.
    both[1][8..38].copy_from_slice(&packet(7, 0, &[0xEE; 24]));
    let (decoder, out) = decode(&config, &both);
    assert_eq!(out.packets.iter().map(|p| p.apid).collect::<Vec<_>>(), [7, 1]);
    let resync = out.resyncs[0];
    assert_eq!(
        (out.resyncs.len(), resync.frame, resync.dropped_bytes),
        (1, 1, 50)
    );
    assert_eq!(resync.reason, "first header pointer contradicts packet length");
    assert_eq!(decoder.counters().vcs.values().next().unwrap().cut_packets, 1);
}

#[test]
fn impossible_packet_headers_are_not_followed() {
    for (byte, value) in [(0, 0xE0), (4, 0x7F)] {
        let config = LinkConfig {
            fecf: false,
            packets: Some(PacketConfig {
                max_bytes: 1000,
                crc: false,
            }),
            ..aos(58)
        };
        let mut encoder = LinkEncoder::new(&config).unwrap();
        let sent = packets(1, &[14, 14, 14, 14, 14]);
        let mut both = frames(&mut encoder, 0, &sent);
        both[0][8 + 20 + byte] = value;
        let (_, out) = decode(&config, &both);
        assert_eq!(useful(&out), [&sent[..1], &sent[3..]].concat());
        assert_eq!((out.resyncs.len(), out.resyncs[0].frame), (1, 0));
        assert_eq!(
            (out.resyncs[0].dropped_bytes, out.resyncs[0].reason),
            (40, "impossible packet header")
        );
    }
}

#[test]
fn sequence_gaps_and_packet_crcs_are_reported() {
    let config = LinkConfig {
        packets: Some(PacketConfig {
            crc: true,
            ..PacketConfig::default()
        }),
        ..tm(100)
    };
    let mut encoder = LinkEncoder::new(&config).unwrap();
    for count in [16_382, 16_383, 0, 5] {
        let mut bytes = Vec::new();
        PacketBuilder {
            sequence_count: count,
            crc: true,
            ..PacketBuilder::telemetry(4)
        }
        .build(&[1, 2, 3], &mut bytes)
        .unwrap();
        bytes[6] ^= u8::from(count == 0);
        encoder.push_packet(0, &bytes).unwrap();
    }
    let (decoder, out) = decode(&config, &frames(&mut encoder, 0, &[]));
    let found: Vec<_> = out
        .packets
        .iter()
        .filter(|p| !p.idle())
        .map(|p| (p.sequence, p.crc_good))
        .collect();
    let (next, good) = (SequenceCheck::Next, Some(true));
    assert_eq!(
        found,
        [
            (SequenceCheck::First, good),
            (next, good),
            (next, Some(false)),
            (SequenceCheck::Gap(4), good)
        ]
    );
    let apid = &decoder.counters().vcs.values().next().unwrap().apids[&4];
    assert_eq!(
        (apid.gaps, apid.lost, apid.bad_crc, apid.last_count),
        (1, 4, 1, 5)
    );
}

#[test]
fn content_that_is_not_packets() {
    let configs = [
        LinkConfig {
            packets: None,
            ocf: true,
            ..tm(60)
        },
        LinkConfig {
            packets: None,
            ocf: true,
            ..aos(60)
        },
        LinkConfig {
            kind: FrameKind::Opaque,
            opaque_crc: Some(CrcSpan { from: 3, to: 40 }),
            fecf: false,
            ..tm(60)
        },
        LinkConfig {
            kind: FrameKind::Opaque,
            ..tm(60)
        },
    ];
    for config in configs {
        let mut encoder = LinkEncoder::new(&config).unwrap();
        let content: Vec<u8> = (0..encoder.content_bytes()).map(|i| i as u8).collect();
        let mut frame = Vec::new();
        encoder.content_frame(2, &content, &mut frame).unwrap();
        assert_eq!(frame.len(), 60);
        let mut damaged = frame.clone();
        damaged[20] ^= 4;
        let (decoder, out) = decode(&config, [&frame]);
        assert_eq!((decoder.counters().good, out.packets.len()), (1, 0));
        assert_eq!(
            out.frame.unwrap().header.is_some(),
            config.kind != FrameKind::Opaque
        );
        let (decoder, out) = decode(&config, [&damaged]);
        assert_eq!(
            (decoder.counters().fecf_bad, out.frame.unwrap().rejection),
            (1, Some(Rejection::Fecf))
        );
        assert!(encoder.content_frame(2, &content[1..], &mut frame).is_err());
        let mut idle = Vec::new();
        encoder.idle_frame(&mut idle);
        assert_eq!(decode(&config, [&idle]).0.counters().good, 1);
    }
}

#[test]
fn impossible_configurations_name_the_field() {
    let field = |config: LinkConfig| match LinkDecoder::new(&config).unwrap_err() {
        LinkError::OutOfRange { field, .. } => field,
        other => panic!("{other}"),
    };
    assert_eq!(field(tm(8)), "length");
    assert_eq!(
        field(LinkConfig {
            insert_zone: 60,
            ..aos(64)
        }),
        "length"
    );
    assert_eq!(
        field(LinkConfig {
            insert_zone: usize::MAX,
            ..aos(64)
        }),
        "insert_zone"
    );
    assert_eq!(
        field(LinkConfig {
            insert_zone: 1,
            ..tm(64)
        }),
        "insert_zone"
    );
    assert_eq!(field(LinkConfig { fhec: true, ..tm(64) }), "fhec");
    assert_eq!(
        field(LinkConfig {
            scid: Some(1024),
            ..tm(64)
        }),
        "scid"
    );
    assert_eq!(
        field(LinkConfig {
            scid: Some(256),
            ..aos(64)
        }),
        "scid"
    );
    assert_eq!(
        field(LinkConfig {
            vcids: vec![0, 8],
            ..tm(64)
        }),
        "vcids"
    );
    assert_eq!(
        field(LinkConfig {
            vcids: vec![64],
            ..aos(64)
        }),
        "vcids"
    );
    let packets = Some(PacketConfig {
        max_bytes: 6,
        crc: false,
    });
    assert_eq!(field(LinkConfig { packets, ..aos(64) }), "packets.max_bytes");
    let span = |from, to| Some(CrcSpan { from, to });
    let opaque = LinkConfig {
        kind: FrameKind::Opaque,
        ..tm(64)
    };
    assert_eq!(
        field(LinkConfig {
            opaque_crc: span(0, 63),
            ..opaque.clone()
        }),
        "opaque_crc.to"
    );
    assert_eq!(
        field(LinkConfig {
            opaque_crc: span(9, 9),
            ..opaque.clone()
        }),
        "opaque_crc.from"
    );
    assert_eq!(
        field(LinkConfig {
            opaque_crc: span(0, 9),
            ..tm(64)
        }),
        "opaque_crc"
    );
    assert!(
        LinkDecoder::new(&LinkConfig {
            opaque_crc: span(0, 62),
            ..opaque
        })
        .is_ok()
    );
    let error = LinkDecoder::new(&tm(8)).unwrap_err();
    assert_eq!(error.to_string(), "length is 8, must be 9 to 65536");
}

#[test]
fn encoder_refuses_what_a_link_cannot_carry() {
    let mut encoder = LinkEncoder::new(&LinkConfig {
        vcids: vec![1],
        ..tm(64)
    })
    .unwrap();
    let whole = packet(1, 0, &[1, 2, 3]);
    assert!(encoder.push_packet(2, &whole).is_err());
    assert!(encoder.push_packet(1, &whole[..8]).is_err());
    assert!(encoder.push_packet(1, &[0xE0, 0, 0, 0, 0, 0, 0]).is_err());
    assert!(encoder.set_secondary_header(&[0; 60]).is_err());
    assert!(encoder.set_secondary_header(&[0; 64]).is_err());
    assert!(encoder.set_insert_zone(&[0]).is_err());
    assert!(LinkEncoder::new(&aos(2100)).is_err());
    let mut no_packets = LinkEncoder::new(&LinkConfig {
        packets: None,
        ..tm(64)
    })
    .unwrap();
    assert!(no_packets.encode_frame(1, &mut Vec::new()).is_err());
    assert_eq!(LinkPacket::IDLE_APID, 2047);
}

/// First and second frame of a channel with one packet of 80 bytes in zones of 50, all data bytes `fill`, with
/// the given counts.
fn halves(fill: u8, counts: [u32; 2]) -> [Vec<u8>; 2] {
    let mut encoder = LinkEncoder::new(&aos(60)).unwrap();
    encoder.push_packet(0, &packet(1, 0, &[fill; 74])).unwrap();
    counts.map(|count| {
        let mut frame = Vec::new();
        encoder.set_vc_count(0, count);
        encoder.encode_frame(0, &mut frame).unwrap();
        frame
    })
}

/// The halves of two packets fit together by length and pointer, but not by what lies between.
#[test]
fn halves_of_different_packets_are_never_joined() {
    let damaged = {
        let mut frame = halves(3, [0, 0])[0].clone();
        frame[20] ^= 1;
        frame
    };
    let cases = [
        ("frames lost", [7, 9], None),
        ("frame count began anew", [7, 3], None),
        ("frame rejected", [7, 7], Some(damaged)),
    ];
    for (reason, counts, between) in cases {
        let (first, second) = (halves(1, counts)[0].clone(), halves(2, counts)[1].clone());
        let frames: Vec<_> = [first].into_iter().chain(between).chain([second]).collect();
        let (decoder, out) = decode(&aos(60), &frames);
        assert_eq!(useful(&out), Vec::<Vec<u8>>::new(), "{reason}");
        let resyncs: Vec<_> = out.resyncs.iter().map(|r| (r.reason, r.dropped_bytes)).collect();
        assert_eq!(resyncs, [(reason, 80)]);
        assert_eq!(decoder.counters().vcs.values().next().unwrap().cut_packets, 1);
    }
}

#[test]
fn pointer_beyond_the_frame_is_not_followed() {
    for (pointer, reason) in [
        (49, "impossible packet header"),
        (50, "first header pointer beyond the frame"),
        (51, "first header pointer beyond the frame"),
    ] {
        // Zones of 50 bytes of 0xFF; the third frame begins with a packet.
        let config = LinkConfig {
            fecf: false,
            ..aos(58)
        };
        let mut encoder = LinkEncoder::new(&config).unwrap();
        let mut sent = frames(&mut encoder, 0, &packets(1, &[44, 44, 44]));
        sent[1][7] = pointer;
        sent[1][8..].fill(0xFF);
        let (decoder, out) = decode(&config, &sent);
        assert_eq!(
            out.packets.iter().map(|p| p.sequence_count).collect::<Vec<_>>(),
            [0, 2]
        );
        let resyncs: Vec<_> = out
            .resyncs
            .iter()
            .map(|r| (r.frame, r.reason, r.dropped_bytes))
            .collect();
        let first = if pointer == 49 {
            "first header pointer contradicts packet length"
        } else {
            reason
        };
        assert_eq!(resyncs[0].1, first);
        assert_eq!(resyncs.iter().map(|r| r.2).sum::<usize>(), 50);
        assert_eq!(decoder.counters().vcs.values().next().unwrap().dropped_bytes, 50);
    }
}
