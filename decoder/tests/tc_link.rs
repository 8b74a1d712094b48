//! TC transfer frames, in CLTUs and alone: recorded ones, round trips, losses, what only TC has.

mod coding_common;

use coding_common::{ccsds, receive, unhex, vector};
use groundlink_decoder::coding::{CodedFrame, CodingConfig, FrameEncoder};
use groundlink_decoder::link::{
    Continuity, ControlCommand, FrameHeader, FrameKind, LinkConfig, LinkDecoder, LinkEncoder, LinkOutput,
    PacketBuilder, PacketConfig, Rejection, SegmentHeader, crc16,
};
use groundlink_decoder::telecommand::{
    BchMode, BchRandomized, CltuCode, CltuConfig, CltuContent, CltuEncoder,
};
use proptest::prelude::*;

const LINK: LinkConfig = LinkConfig {
    kind: FrameKind::Tc,
    length: 1024,
    fecf: true,
    ocf: false,
    fhec: false,
    insert_zone: 0,
    segment_header: false,
    opaque_crc: None,
    scid: None,
    vcids: Vec::new(),
    packets: Some(PacketConfig {
        max_bytes: 65_542,
        crc: false,
    }),
};

fn bch(randomized: BchRandomized) -> CltuConfig {
    CltuConfig {
        content: CltuContent::TransferFrames,
        ..CltuConfig::new(CltuCode::Bch {
            mode: BchMode::Correct,
            randomized,
        })
    }
}

fn coding(cltu: CltuConfig, longest: usize) -> CodingConfig {
    CodingConfig {
        convolutional: None,
        reed_solomon: None,
        cltu: Some(cltu),
        block_bytes: longest,
        ..ccsds(1)
    }
}

fn soft(bits: &[u8]) -> Vec<i8> {
    bits.iter().map(|&bit| if bit == 1 { 90 } else { -90 }).collect()
}

/// A frame with its check; the header's length is put right.
fn frame(header: [u8; 5], field: &[u8]) -> Vec<u8> {
    let mut frame = [&header[..], field].concat();
    let [high, low] = (frame.len() as u16 + 1).to_be_bytes();
    frame[2] |= high;
    frame[3] = low;
    let crc = crc16(&frame).to_be_bytes();
    [frame, crc.to_vec()].concat()
}

fn packet(apid: u16, count: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let builder = PacketBuilder {
        telecommand: true,
        sequence_count: count,
        ..PacketBuilder::telemetry(apid)
    };
    builder.build(data, &mut bytes).expect("a packet");
    bytes
}

/// What came of these frames, one after the other, with the packets of all of them.
fn take(config: &LinkConfig, frames: &[Vec<u8>]) -> (Vec<LinkOutput>, LinkDecoder) {
    let mut decoder = LinkDecoder::new(config).expect("a link");
    let outputs = frames.iter().map(|frame| {
        let mut out = LinkOutput::default();
        decoder.feed(frame, true, &mut out);
        out
    });
    let outputs = outputs.collect();
    (outputs, decoder)
}

fn header(output: &LinkOutput) -> FrameHeader {
    output
        .frame
        .as_ref()
        .and_then(|frame| frame.header)
        .expect("a header")
}

#[test]
fn recorded_frames_say_what_they_are() {
    let Some(text) = vector("cltu_bch_randomised.hex") else {
        return;
    };
    let cltus: Vec<Vec<u8>> = text.lines().map(unhex).collect();
    let bits: Vec<u8> = cltus
        .iter()
        .flat_map(|cltu| coding_common::bits_of(cltu))
        .collect();
    let coded = receive(&coding(bch(BchRandomized::Data), 1024), &soft(&bits), 777);
    let frames: Vec<Vec<u8>> = coded.iter().map(|frame| frame.bytes.clone()).collect();
    assert_eq!(frames.iter().map(Vec::len).collect::<Vec<_>>(), [8, 46, 46]);
    assert_eq!(
        coded.iter().map(|frame| frame.cadu.clone()).collect::<Vec<_>>(),
        cltus
    );
    // Behind the segment header are encrypted data.
    let link = LinkConfig {
        segment_header: true,
        packets: None,
        ..LINK
    };
    let (outputs, decoder) = take(&link, &frames);
    let kinds: Vec<_> = outputs
        .iter()
        .map(|output| {
            let tc = header(output).tc.expect("TC");
            (tc.bypass, tc.command, tc.segment.map(SegmentHeader::byte))
        })
        .collect();
    assert_eq!((decoder.counters().good, decoder.counters().fecf_good), (3, 3));
    assert!(outputs.iter().all(|output| header(output).vc.scid == 0x7B));
    // An unlock command, then a frame of either type.
    assert_eq!(
        kinds,
        [
            (true, Some(ControlCommand::Unlock), None),
            (false, None, Some(0xC0)),
            (true, None, Some(0xC0))
        ]
    );
}

#[test]
fn types_commands_and_counts() {
    use Continuity::{Duplicate, First, Gap, Next, Reset, Uncounted};
    let field = packet(7, 0, &[1, 2, 3]);
    let frames = [
        frame([0x00, 9, 0, 0, 250], &field),
        // Type BD and BC have no place in the count.
        frame([0x20, 9, 0, 0, 0], &field),
        frame([0x30, 9, 0, 0, 0], &[0x82, 0, 77]),
        frame([0x00, 9, 0, 0, 251], &field),
        frame([0x00, 9, 0, 0, 1], &field),
        // Sent again from 252 on.
        frame([0x00, 9, 0, 0, 252], &field),
        frame([0x00, 9, 0, 0, 253], &field),
        frame([0x00, 9, 0, 0, 253], &field),
    ];
    let (outputs, decoder) = take(&LINK, &frames);
    let places: Vec<_> = outputs
        .iter()
        .map(|output| output.frame.as_ref().expect("a frame").continuity)
        .collect();
    assert_eq!(
        places,
        [First, Uncounted, Uncounted, Next, Gap(5), Reset, Next, Duplicate]
    );
    assert_eq!(
        header(&outputs[2]).tc.expect("TC").command,
        Some(ControlCommand::SetVr(77))
    );
    let vc = decoder.counters().vcs.values().next().expect("a channel");
    assert_eq!(
        (vc.frames, vc.packets, vc.lost, vc.duplicates, vc.resets),
        (8, 6, 5, 1, 1)
    );
}

#[test]
fn what_is_no_frame_is_rejected() {
    let good = frame([0x00, 9, 4 << 2, 0, 0], &packet(7, 0, &[1]));
    let mut longer = good.clone();
    longer.push(0);
    let mut flipped = good.clone();
    flipped[7] ^= 1;
    let mut version = good.clone();
    version[0] |= 0x40;
    let crc = crc16(&version[..version.len() - 2]).to_be_bytes();
    let end = version.len() - 2;
    version[end..].copy_from_slice(&crc);
    let cases = [
        (good.clone(), None),
        (good[..10].to_vec(), Some(Rejection::Length)),
        (longer, Some(Rejection::Length)),
        (good[..3].to_vec(), Some(Rejection::Length)),
        (Vec::new(), Some(Rejection::Length)),
        (flipped, Some(Rejection::Fecf)),
        (version, Some(Rejection::Version)),
        (frame([0x00, 8, 4 << 2, 0, 0], &[1]), Some(Rejection::Scid)),
        (frame([0x00, 9, 5 << 2, 0, 0], &[1]), Some(Rejection::Vcid)),
        // Longer than the link's longest.
        (frame([0x00, 9, 4 << 2, 0, 0], &[0; 100]), Some(Rejection::Length)),
    ];
    let config = LinkConfig {
        length: 64,
        scid: Some(9),
        vcids: vec![4],
        ..LINK
    };
    let frames: Vec<Vec<u8>> = cases.iter().map(|(frame, _)| frame.clone()).collect();
    let (outputs, decoder) = take(&config, &frames);
    for (output, (bytes, expected)) in outputs.iter().zip(&cases) {
        let rejection = output.frame.as_ref().expect("a frame").rejection;
        assert_eq!(rejection, *expected, "{bytes:02X?}");
    }
    assert_eq!(decoder.counters().good, 1);
}

#[test]
fn segments_of_two_access_points_mix() {
    let config = LinkConfig {
        segment_header: true,
        ..LINK
    };
    let (long, other) = (packet(1, 0, &[0xAA; 40]), packet(2, 0, &[0xBB; 20]));
    let segment = |flags: u8, map: u8, data: &[u8]| [&[flags << 6 | map], data].concat();
    let fields = [
        segment(1, 5, &long[..20]),
        segment(1, 6, &other[..10]),
        segment(0, 5, &long[20..30]),
        segment(2, 6, &other[10..]),
        segment(3, 7, &[packet(3, 0, &[1]), packet(3, 1, &[2])].concat()),
        segment(2, 5, &long[30..]),
    ];
    let frames: Vec<Vec<u8>> = (0..)
        .zip(&fields)
        .map(|(number, field)| frame([0x00, 9, 0, 0, number], field))
        .collect();
    let (outputs, _) = take(&config, &frames);
    let packets: Vec<_> = outputs
        .iter()
        .flat_map(|output| &output.packets)
        .map(|packet| (packet.apid, packet.frame, packet.last_frame, packet.bytes.len()))
        .collect();
    assert_eq!(
        packets,
        [(2, 1, 3, 26), (3, 4, 4, 7), (3, 4, 4, 7), (1, 0, 5, 46)]
    );
    // Without the third frame the long packet is cut, and said to be.
    let (outputs, decoder) = take(&config, &[&frames[..2], &frames[3..]].concat());
    let packets: Vec<u16> = outputs
        .iter()
        .flat_map(|output| &output.packets)
        .map(|packet| packet.apid)
        .collect();
    assert_eq!(packets, [3, 3]);
    let vc = decoder.counters().vcs.values().next().expect("a channel");
    assert_eq!((vc.lost, vc.cut_packets), (1, 2));
}

/// The bits at which a frame begins, of a BCH code that does not randomise.
fn first_byte(bits: &[u8], frame: &CodedFrame) -> u8 {
    let at = frame.soft_index as usize;
    bits[at..at + 8].iter().fold(0, |byte, bit| byte << 1 | bit)
}

fn any_code() -> impl Strategy<Value = CltuCode> {
    let randomized = prop::sample::select(vec![
        BchRandomized::Off,
        BchRandomized::Data,
        BchRandomized::DataAndFill,
    ]);
    prop_oneof![
        randomized.prop_map(|randomized| CltuCode::Bch {
            mode: BchMode::Correct,
            randomized
        }),
        Just(CltuCode::Ldpc128 { tail: true }),
        Just(CltuCode::Ldpc512),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Packets to frames, frames to CLTUs of several, and all the way back.
    #[test]
    fn packets_go_through_cltus(
        code in any_code(),
        lengths in prop::collection::vec(1usize..400, 1..12),
        longest in 20usize..=1024,
        segment_header in any::<bool>(),
        fecf in any::<bool>(),
        in_a_row in 1usize..4,
        part in 1usize..5000,
    ) {
        let link = LinkConfig { length: longest, segment_header, fecf, scid: Some(0x2A5), ..LINK };
        let mut encoder = LinkEncoder::new(&link).expect("a link");
        let mut packets = Vec::new();
        for (number, length) in (0..).zip(lengths) {
            let room = encoder.longest_packet().saturating_sub(6).max(1);
            let data: Vec<u8> = (0..length.min(room)).map(|n| (n * 37 + length) as u8).collect();
            packets.push(packet(33, number, &data));
            encoder.push_packet(60, &packets[packets.len() - 1]).expect("fits");
        }
        let mut frames = Vec::new();
        while encoder.queued_bytes(60) > 0 {
            let mut frame = Vec::new();
            encoder.encode_frame(60, &mut frame).expect("queued");
            frames.push(frame);
        }
        let cltu = CltuConfig { content: CltuContent::TransferFrames, ..CltuConfig::new(code) };
        let mut sender = CltuEncoder::new(&cltu).expect("a link");
        let mut bits = Vec::new();
        sender.idle(128, &mut bits);
        for cltu in frames.chunks(in_a_row) {
            sender.encode(&cltu.concat(), &mut bits).expect("fits");
            sender.idle(64, &mut bits);
        }
        let coded = receive(&coding(cltu, longest), &soft(&bits), part);
        let received: Vec<Vec<u8>> = coded.iter().map(|frame| frame.bytes.clone()).collect();
        prop_assert_eq!(&received, &frames);
        prop_assert!(coded.iter().all(|frame| frame.soft_index < frame.soft_end));
        prop_assert!(coded.windows(2).all(|two| two[0].soft_end <= two[1].soft_index));
        if matches!(code, CltuCode::Bch { randomized: BchRandomized::Off, .. }) {
            for (number, frame) in coded.iter().enumerate() {
                // The first of a CLTU begins with the start sequence.
                let expected = if number % in_a_row == 0 { 0xEB } else { frame.bytes[0] };
                prop_assert_eq!(first_byte(&bits, frame), expected);
            }
        }
        let (outputs, decoder) = take(&link, &received);
        let out: Vec<_> = outputs.into_iter().flat_map(|output| output.packets).map(|packet| packet.bytes).collect();
        prop_assert_eq!(out, packets);
        prop_assert_eq!(decoder.counters().good, frames.len() as u64);
    }

    #[test]
    fn frame_encoders_take_what_fits(length in 0usize..1100, longest in 8usize..=1024) {
        let mut encoder = FrameEncoder::new(&coding(bch(BchRandomized::Data), longest)).expect("a coding");
        let fits = (1..=longest).contains(&length);
        prop_assert_eq!(encoder.encode(&vec![1; length], &mut Vec::new()).is_ok(), fits);
    }
}
