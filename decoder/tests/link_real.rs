//! Frames of real spacecraft through the link layer, against the facts that independent decoders established.
//!
//! The data come from the directory named by `GROUNDLINK_DATA`; without it each test says so and passes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use groundlink_decoder::link::{
    Clcw, Continuity, CrcSpan, FHP_IDLE, FHP_NO_START, FrameKind, LinkConfig, LinkCounters, LinkDecoder,
    LinkFrame, LinkOutput, LinkPacket, PacketConfig, PacketDecoder, Rejection, Resync, SequenceCheck,
    VcCounters,
};
use serde_json::Value;

/// Directory of the shared data, or a notice that there is none.
fn data() -> Option<PathBuf> {
    let found = std::env::var_os("GROUNDLINK_DATA").map(PathBuf::from);
    if found.is_none() {
        println!("skipped: GROUNDLINK_DATA is not set");
    }
    found
}

fn read(root: &Path, name: &str) -> Vec<u8> {
    std::fs::read(root.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn config(kind: FrameKind, length: usize) -> LinkConfig {
    LinkConfig {
        kind,
        length,
        fecf: false,
        ocf: false,
        fhec: false,
        insert_zone: 0,
        segment_header: false,
        opaque_crc: None,
        scid: None,
        vcids: Vec::new(),
        packets: Some(PacketConfig::default()),
    }
}

/// Everything that came out of a recording.
struct Decoded {
    frames: Vec<LinkFrame>,
    packets: Vec<LinkPacket>,
    resyncs: Vec<Resync>,
    counters: LinkCounters,
}

impl Decoded {
    /// Counters of the only spacecraft's virtual channel.
    fn vc(&self, vcid: u8) -> &VcCounters {
        self.counters
            .vcs
            .iter()
            .find(|(vc, _)| vc.vcid == vcid)
            .unwrap()
            .1
    }
}

fn decode<'a>(config: &LinkConfig, frames: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut decoder = LinkDecoder::new(config).unwrap();
    let mut out = LinkOutput::default();
    let mut reports = Vec::new();
    for frame in frames {
        decoder.feed(frame, true, &mut out);
        reports.push(out.frame.take().unwrap());
    }
    decoder.finish(&mut out);
    let counters = decoder.counters().clone();
    Decoded {
        frames: reports,
        packets: out.packets,
        resyncs: out.resyncs,
        counters,
    }
}

fn decode_file(root: &Path, name: &str, config: &LinkConfig) -> Decoded {
    let bytes = read(root, &format!("frames/{name}"));
    assert_eq!(bytes.len() % config.length, 0);
    decode(config, bytes.chunks_exact(config.length))
}

/// Numbers of a JSON object by its keys, nothing where it is absent.
fn numbers(object: &Value) -> BTreeMap<String, u64> {
    let Some(object) = object.as_object() else {
        return BTreeMap::new();
    };
    object
        .iter()
        .map(|(key, value)| (key.clone(), value.as_u64().unwrap()))
        .collect()
}

fn histogram<T>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> Option<String>,
) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for key in items.into_iter().filter_map(|item| key(&item)) {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// Non-zero values of a counter per VC, as the expectations list them.
fn per_vc(counters: &LinkCounters, value: impl Fn(&VcCounters) -> u64) -> BTreeMap<String, u64> {
    let all = counters
        .vcs
        .iter()
        .map(|(vc, counters)| (vc.vcid.to_string(), value(counters)));
    all.filter(|(_, value)| *value > 0).collect()
}

fn expectations(root: &Path, name: &str) -> Value {
    let mut all: Value = serde_json::from_slice(&read(root, "expected/frames_packets.json")).unwrap();
    let found = all[name].take();
    assert!(found.is_object(), "no expectations for {name}");
    found
}

/// Compares with every number that the expectations have for a file, gaps excepted.
fn check(root: &Path, name: &str, decoded: &Decoded) {
    let expected = expectations(root, name);
    let Decoded { frames, counters, .. } = decoded;
    assert_eq!(
        frames.len() as u64,
        expected["frames"].as_u64().unwrap(),
        "{name} frames"
    );
    assert_eq!(counters.fed, frames.len() as u64);
    assert_eq!(
        counters.fecf_good,
        expected["crc_ok"].as_u64().unwrap(),
        "{name} FECF good"
    );
    assert_eq!(
        counters.fecf_bad,
        expected["crc_bad"].as_u64().unwrap(),
        "{name} FECF bad"
    );

    let judged = || frames.iter().filter(|f| f.rejection != Some(Rejection::Fecf));
    let versions = histogram(judged(), |f| f.header.map(|h| h.version.to_string()));
    assert_eq!(versions, numbers(&expected["version"]), "{name} versions");
    let scids = histogram(judged(), |f| f.header.map(|h| h.vc.scid.to_string()));
    assert_eq!(scids, numbers(&expected["scid"]), "{name} spacecraft");
    let vcs = histogram(judged(), |f| {
        f.header.map(|h| format!("{}/{}", h.vc.scid, h.vc.vcid))
    });
    assert_eq!(vcs, numbers(&expected["vc"]), "{name} virtual channels");

    let pointers = histogram(frames.iter().filter(|f| f.good()), |f| {
        let header = f.header?;
        let kind = match header.first_header_pointer? {
            FHP_NO_START => "none",
            FHP_IDLE => "idle",
            _ => "ok",
        };
        Some(format!("{}:{kind}", header.vc.vcid))
    });
    assert_eq!(
        pointers,
        numbers(&expected["fhp"]),
        "{name} first header pointers"
    );
    let duplicates: u64 = counters.vcs.values().map(|c| c.duplicates).sum();
    assert_eq!(
        duplicates,
        expected["dups"].as_u64().unwrap(),
        "{name} duplicates"
    );
    check_packets(name, &expected, decoded);
}

fn check_packets(name: &str, expected: &Value, decoded: &Decoded) {
    let with_packets = expected["packets"].as_object().unwrap();
    let vcs = histogram(&decoded.packets, |p| p.vc.map(|vc| vc.vcid.to_string()));
    assert_eq!(vcs.len(), with_packets.len(), "{name} channels with packets");
    for (vcid, expected) in with_packets {
        let vcid: u8 = vcid.parse().unwrap();
        let counters = decoded.vc(vcid);
        let packets: Vec<_> = decoded
            .packets
            .iter()
            .filter(|p| p.vc.unwrap().vcid == vcid)
            .collect();
        let total = expected["total"].as_u64().unwrap();
        assert_eq!(
            (packets.len() as u64, counters.packets),
            (total, total),
            "{name} VC {vcid} packets"
        );
        let bytes: usize = packets.iter().map(|p| p.bytes.len()).sum();
        assert_eq!(
            bytes as u64,
            expected["bytes"].as_u64().unwrap(),
            "{name} VC {vcid} bytes"
        );
        assert_eq!(bytes as u64, counters.packet_bytes);
        let apids = histogram(&packets, |p| Some(p.apid.to_string()));
        assert_eq!(apids, numbers(&expected["apids"]), "{name} VC {vcid} APIDs");
        let counted: BTreeMap<_, _> = counters
            .apids
            .iter()
            .map(|(a, c)| (a.to_string(), c.packets))
            .collect();
        assert_eq!(counted, apids);
        check_sequences(name, expected, &packets);
    }
}

/// The expectations compare raw counts, those of idle packets and of APIDs that stand still included.
fn check_sequences(name: &str, expected: &Value, packets: &[&LinkPacket]) {
    let mut last: BTreeMap<u16, u16> = BTreeMap::new();
    let (mut next, mut jumps) = (0, 0);
    for packet in packets {
        let Some(last) = last.insert(packet.apid, packet.sequence_count) else {
            continue;
        };
        let step = packet.sequence_count.wrapping_sub(last) & 0x3FFF;
        if step == 1 {
            next += 1;
        } else {
            jumps += 1;
        }
        let label = match step {
            _ if packet.idle() => SequenceCheck::Uncounted,
            0 => continue,
            1 => SequenceCheck::Next,
            more => SequenceCheck::Gap(more - 1),
        };
        assert_eq!(packet.sequence, label, "{name} APID {}", packet.apid);
    }
    assert_eq!(
        next,
        expected["seq_ok"].as_u64().unwrap(),
        "{name} sequence counts that follow"
    );
    assert_eq!(
        jumps,
        expected["seq_jump"].as_u64().unwrap(),
        "{name} sequence counts that jump"
    );
}

/// Gaps and frames lost per VC; nothing began anew.
fn check_gaps(root: &Path, name: &str, decoded: &Decoded) {
    let expected = expectations(root, name);
    let counters = &decoded.counters;
    assert_eq!(
        per_vc(counters, |c| c.gaps),
        numbers(&expected["gaps"]),
        "{name} gaps"
    );
    assert_eq!(
        per_vc(counters, |c| c.lost),
        numbers(&expected["lost"]),
        "{name} frames lost"
    );
    assert_eq!(per_vc(counters, |c| c.resets), BTreeMap::new(), "{name} resets");
}

/// Every byte of the packet zones ended in a packet or was counted as dropped.
fn check_bytes(decoded: &Decoded, vcid: u8, zone_bytes: usize) {
    let vc = decoded.vc(vcid);
    let zones = vc.frames - vc.idle - vc.duplicates;
    assert_eq!(vc.packet_bytes + vc.dropped_bytes, zones * zone_bytes as u64);
}

#[test]
fn solar_orbiter() {
    let Some(root) = data() else { return };
    let config = LinkConfig {
        fecf: true,
        scid: Some(650),
        ..config(FrameKind::Tm, 1115)
    };
    let decoded = decode_file(&root, "solar_orbiter.u8", &config);
    check(&root, "solar_orbiter.u8", &decoded);
    check_gaps(&root, "solar_orbiter.u8", &decoded);
    assert_eq!(decoded.counters.rejected, BTreeMap::from([("fecf", 2)]));
    let bad: Vec<_> = decoded.frames.iter().filter(|f| !f.good()).collect();
    assert!(
        bad.iter()
            .all(|f| f.rejection == Some(Rejection::Fecf) && f.continuity == Continuity::Uncounted)
    );
    assert!(
        decoded
            .frames
            .iter()
            .filter(|f| f.good())
            .all(|f| f.secondary_header.is_some() && f.ocf.is_some())
    );
    for vcid in [0, 2, 4] {
        check_bytes(&decoded, vcid, 1115 - 6 - 4 - 4 - 2);
    }
    assert_eq!(decoded.packets.iter().filter(|p| p.idle()).count(), 204);
    assert_eq!(decoded.resyncs, []);
}

#[test]
fn hera() {
    let Some(root) = data() else { return };
    let packets = Some(PacketConfig {
        crc: true,
        ..PacketConfig::default()
    });
    let config = LinkConfig {
        packets,
        ..config(FrameKind::Tm, 1113)
    };
    let decoded = decode_file(&root, "hera_low_rate.u8", &config);
    check(&root, "hera_low_rate.u8", &decoded);
    check_gaps(&root, "hera_low_rate.u8", &decoded);
    let with = |crc| decoded.packets.iter().filter(|p| p.crc_good == crc).count();
    assert_eq!((with(Some(true)), with(Some(false)), with(None)), (250, 0, 6));
    assert!(
        decoded
            .packets
            .iter()
            .all(|p| (p.apid == 0) == p.crc_good.is_none())
    );
    assert_eq!((decoded.vc(7).idle, decoded.vc(1).idle), (10, 0));
    check_bytes(&decoded, 1, 1113 - 6 - 4);
}

#[test]
fn mars_2020() {
    let Some(root) = data() else { return };
    let config = LinkConfig {
        fecf: true,
        scid: Some(168),
        ..config(FrameKind::Aos, 1115)
    };
    let decoded = decode_file(&root, "mars2020_10kbps.u8", &config);
    check(&root, "mars2020_10kbps.u8", &decoded);
    check_gaps(&root, "mars2020_10kbps.u8", &decoded);
    check_bytes(&decoded, 0, 1115 - 6 - 2 - 2);
    let resyncs: Vec<_> = decoded
        .resyncs
        .iter()
        .map(|r| (r.frame, r.dropped_bytes, r.reason))
        .collect();
    assert_eq!(resyncs, [(57, 199, "frames lost"), (384, 199, "frames lost")]);
}

#[test]
fn lucy() {
    let Some(root) = data() else { return };
    let decoded = decode_file(&root, "lucy_bochum_20211024.u8", &config(FrameKind::Aos, 1113));
    check(&root, "lucy_bochum_20211024.u8", &decoded);
    check_gaps(&root, "lucy_bochum_20211024.u8", &decoded);
    check_bytes(&decoded, 0, 1113 - 6 - 2);
    let on_vc0 = decoded
        .frames
        .iter()
        .filter(|f| f.header.unwrap().vc.vcid == 0)
        .collect::<Vec<_>>();
    let gap = on_vc0
        .iter()
        .position(|f| f.continuity == Continuity::Gap(1))
        .unwrap();
    let counts = [gap - 1, gap].map(|n| on_vc0[n].header.unwrap().vc_frame_count);
    assert_eq!(counts, [1_109_635, 1_109_637]);
}

/// The spacecraft cuts idle packets at the frame's end; the next pointer is 0.
#[test]
fn osiris_rex() {
    let Some(root) = data() else { return };
    let decoded = decode_file(&root, "osiris_rex.u8", &config(FrameKind::Aos, 1113));
    check(&root, "osiris_rex.u8", &decoded);
    check_gaps(&root, "osiris_rex.u8", &decoded);
    check_bytes(&decoded, 0, 1113 - 6 - 2);
    let expected = expectations(&root, "osiris_rex.u8")["reasm_err"]
        .as_u64()
        .unwrap();
    let cuts: Vec<_> = decoded
        .resyncs
        .iter()
        .filter(|r| r.reason.contains("contradicts"))
        .collect();
    assert_eq!((cuts.len() as u64, expected), (5, 5));
    let bytes = read(&root, "frames/osiris_rex.u8");
    for cut in cuts {
        let header = decoded.frames[cut.frame as usize].header.unwrap();
        assert_eq!(header.first_header_pointer, Some(0));
        let before = decoded.frames[..cut.frame as usize]
            .iter()
            .rfind(|f| f.header.unwrap().vc == header.vc)
            .unwrap();
        let end = (before.ordinal as usize + 1) * 1113;
        let begun = &bytes[end - cut.dropped_bytes..end];
        assert_eq!(
            [begun[0] & 7, begun[1]],
            [7, 0xFF],
            "the packet cut short is idle"
        );
    }
    let vc = decoded.vc(0);
    assert_eq!((vc.resyncs, vc.cut_packets, vc.dropped_bytes), (6, 6, 1637));
}

#[test]
fn stereo_a() {
    let Some(root) = data() else { return };
    let config = LinkConfig {
        fecf: true,
        scid: Some(234),
        ..config(FrameKind::Tm, 1115)
    };
    let decoded = decode_file(&root, "stereo_a.raw", &config);
    check(&root, "stereo_a.raw", &decoded);
    check_gaps(&root, "stereo_a.raw", &decoded);
    assert!(decoded.packets.iter().all(|p| p.bytes.len() == 272));
    assert!(
        decoded
            .frames
            .iter()
            .all(|f| f.secondary_header.as_ref().map(Vec::len) == Some(15))
    );
    assert!(decoded.frames.iter().all(|f| f.ocf.is_some()));
    let master = &decoded.counters.master_channels[&234];
    assert_eq!((master.frames, master.gaps, master.lost), (94, 1, 1));
    // One APID never counts, which is not loss.
    let apid = |apid| decoded.packets.iter().filter(move |p| p.apid == apid);
    assert_eq!(
        apid(1393)
            .filter(|p| p.sequence == SequenceCheck::Uncounted)
            .count(),
        21
    );
    assert_eq!(
        (decoded.vc(7).apids[&1393].lost, decoded.vc(7).apids[&1140].lost),
        (0, 4)
    );
}

/// VC 63 stays at count 0: neither loss nor duplicates. Two frames are garbage that the code let pass.
#[test]
fn equuleus() {
    let Some(root) = data() else { return };
    let config = LinkConfig {
        ocf: true,
        scid: Some(80),
        ..config(FrameKind::Aos, 444)
    };
    let decoded = decode_file(&root, "equuleus.u8", &config);
    check(&root, "equuleus.u8", &decoded);
    assert_eq!(decoded.counters.rejected, BTreeMap::from([("version", 2)]));
    assert_eq!(
        per_vc(&decoded.counters, |c| c.gaps),
        BTreeMap::from([("1".to_owned(), 1)])
    );
    assert_eq!(
        per_vc(&decoded.counters, |c| c.lost),
        BTreeMap::from([("1".to_owned(), 1)])
    );
    assert_eq!(per_vc(&decoded.counters, |c| c.resets), BTreeMap::new());
    let idle = decoded
        .frames
        .iter()
        .filter(|f| f.good() && f.idle)
        .map(|f| f.continuity)
        .collect::<Vec<_>>();
    assert_eq!((idle.len(), idle[0]), (35, Continuity::First));
    assert!(idle[1..].iter().all(|c| *c == Continuity::Uncounted));
    // Packets that never count.
    let uncounted = decoded
        .packets
        .iter()
        .filter(|p| p.sequence == SequenceCheck::Uncounted)
        .count();
    assert_eq!((uncounted, decoded.vc(1).apids[&1296].lost), (586, 0));
    check_bytes(&decoded, 1, 444 - 6 - 2 - 4);
}

#[test]
fn tianwen_2() {
    let Some(root) = data() else { return };
    let config = LinkConfig {
        insert_zone: 8,
        scid: Some(237),
        vcids: vec![1],
        ..config(FrameKind::Aos, 220)
    };
    let decoded = decode_file(&root, "tianwen2_ldr_220.u8", &config);
    check(&root, "tianwen2_ldr_220.u8", &decoded);
    check_gaps(&root, "tianwen2_ldr_220.u8", &decoded);
    assert_eq!(decoded.counters.good, 299);
    assert!(
        decoded
            .frames
            .iter()
            .all(|f| f.insert_zone.as_ref().map(Vec::len) == Some(8))
    );
    check_bytes(&decoded, 1, 220 - 6 - 8 - 2);
}

#[test]
fn lunar_flashlight() {
    let Some(root) = data() else { return };
    let decoded = decode_file(&root, "lunar_flashlight.u8", &config(FrameKind::Aos, 1113));
    check(&root, "lunar_flashlight.u8", &decoded);
    check_gaps(&root, "lunar_flashlight.u8", &decoded);
    assert_eq!((decoded.vc(2).frames, decoded.vc(2).no_packet_start), (102, 36));
    check_bytes(&decoded, 2, 1113 - 6 - 2);
    // APID 1 is cut into segments by its own secondary header; the packets' flags all say unsegmented.
    assert!(decoded.packets.iter().all(|p| p.sequence_flags == 3));
    assert!(
        decoded
            .packets
            .iter()
            .filter(|p| p.apid == 1)
            .take(5)
            .all(|p| p.bytes.len() == 2048)
    );
}

#[test]
fn emm_hope() {
    let Some(root) = data() else { return };
    let config = LinkConfig {
        fecf: true,
        packets: None,
        scid: Some(242),
        ..config(FrameKind::Aos, 223)
    };
    let decoded = decode_file(&root, "emm_hope.u8", &config);
    check(&root, "emm_hope.u8", &decoded);
    check_gaps(&root, "emm_hope.u8", &decoded);
    assert_eq!((decoded.counters.good, decoded.packets.len()), (553, 0));
}

#[test]
fn aditya_l1() {
    let Some(root) = data() else { return };
    let config = LinkConfig {
        packets: None,
        scid: Some(414),
        ..config(FrameKind::Tm, 221)
    };
    let decoded = decode_file(&root, "aditya_l1.u8", &config);
    check(&root, "aditya_l1.u8", &decoded);
    check_gaps(&root, "aditya_l1.u8", &decoded);
    let words = histogram(&decoded.frames, |f| {
        let odd = f.header?.mc_frame_count? % 2;
        Some(format!("{odd}: {:08x}", f.ocf?))
    });
    let expected = [("0: 01042600", 614), ("1: 01082400", 616)];
    assert_eq!(words, expected.map(|(word, n)| (word.to_owned(), n)).into());
    let reports = decoded
        .frames
        .iter()
        .map(|f| Clcw::from_ocf(f.ocf.unwrap()).unwrap());
    assert!(
        reports
            .clone()
            .all(|clcw| clcw.cop_in_effect() == 1 && clcw.lockout())
    );
    assert_eq!(
        histogram(reports, |c| Some(c.vcid().to_string())),
        [("1".into(), 614), ("2".into(), 616)].into()
    );
}

#[test]
fn synthetic_large_packets() {
    let Some(root) = data() else { return };
    let text = String::from_utf8(read(&root, "frames/synthetic_tm_large_packets.hex")).unwrap();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let frames: Vec<Vec<u8>> = text
        .split_whitespace()
        .map(|line| line.as_bytes().chunks_exact(2).map(byte).collect())
        .collect();
    let config = LinkConfig {
        scid: Some(123),
        vcids: vec![0],
        ..config(FrameKind::Tm, 1115)
    };
    let decoded = decode(&config, frames.iter().map(Vec::as_slice));
    assert_eq!((decoded.counters.good, decoded.packets.len()), (60, 5));
    let lengths: Vec<_> = decoded.packets.iter().map(|p| p.bytes.len()).collect();
    assert_eq!(lengths, [14_006, 14_006, 14_006, 14_006, 690]);
    assert_eq!(decoded.vc(0).packet_bytes, 56_714);
    assert_eq!(decoded.vc(0).no_packet_start, 55);
    check_bytes(&decoded, 0, 1115 - 6 - 4);
}

/// Bytes of the 255-bit sequence that randomises codeblocks (CCSDS 131.0-B-5 §10).
fn randomizer() -> impl Iterator<Item = u8> {
    let mut register = [1u8; 8];
    std::iter::repeat_with(move || {
        (0..8).fold(0, |byte, _| {
            let out = register[0];
            let next = register[7] ^ register[5] ^ register[3] ^ register[0];
            register.rotate_left(1);
            register[7] = next;
            byte << 1 | out
        })
    })
}

#[test]
fn snpp_frames_of_whole_cadus() {
    let Some(root) = data() else { return };
    let cadus = read(&root, "frames/snpp_65cadus.dat");
    let frames: Vec<Vec<u8>> = cadus
        .chunks_exact(1024)
        .map(|cadu| {
            cadu[4..896]
                .iter()
                .zip(randomizer())
                .map(|(byte, random)| byte ^ random)
                .collect()
        })
        .collect();
    let config = LinkConfig {
        scid: Some(157),
        ..config(FrameKind::Aos, 892)
    };
    let decoded = decode(&config, frames.iter().map(Vec::as_slice));
    assert_eq!((decoded.counters.fed, decoded.counters.good), (65, 65));
    assert_eq!((decoded.vc(16).gaps, decoded.vc(16).lost), (1, 1));
    assert!(decoded.frames.iter().all(|f| f.header.unwrap().replay));
    let apids = histogram(&decoded.packets, |p| Some(p.apid.to_string()));
    assert_eq!(apids, [("802".to_owned(), 1), ("803".to_owned(), 11)].into());
    check_bytes(&decoded, 16, 892 - 6 - 2);
}

#[test]
fn meteor_frames() {
    let Some(root) = data() else { return };
    let cases = [
        (
            "r2cloud_lrpt_vcdus.bin",
            2_570_862..=2_570_875,
            vec![(64, 14), (65, 21), (68, 17), (70, 1)],
        ),
        (
            "meteormn22_72k_vcdus.bin",
            745_973..=745_980,
            vec![(64, 14), (65, 14), (66, 13), (70, 1)],
        ),
    ];
    for (name, counts, apids) in cases {
        let bytes = read(&root, &format!("expected/{name}"));
        let config = LinkConfig {
            insert_zone: 2,
            vcids: vec![5],
            ..config(FrameKind::Aos, 892)
        };
        let decoded = decode(&config, bytes.chunks_exact(892));
        let found: Vec<_> = decoded
            .frames
            .iter()
            .map(|f| f.header.unwrap().vc_frame_count)
            .collect();
        assert_eq!(found, counts.collect::<Vec<_>>(), "{name}");
        let per_apid: Vec<_> = decoded
            .vc(5)
            .apids
            .iter()
            .map(|(apid, c)| (*apid, c.packets))
            .collect();
        assert_eq!(per_apid, apids, "{name}");
        check_bytes(&decoded, 5, 892 - 6 - 2 - 2);
    }
}

/// LEV-1: opaque frames of 70 bytes from marker to marker, CRC over bytes 6 to 66. (The published bits are
/// inverted.)
#[test]
fn lev_1() {
    let Some(root) = data() else { return };
    let bits: Vec<u8> = read(&root, "soft/lev1_bits_descrambled.u8")
        .iter()
        .map(|bit| bit ^ 1)
        .collect();
    let word = |from: usize, n: usize| {
        bits[from..from + n]
            .iter()
            .fold(0u32, |word, bit| word << 1 | u32::from(*bit))
    };
    let syncs: Vec<usize> = (0..bits.len() - 23)
        .filter(|at| word(*at, 24) == 0xFA_F320)
        .collect();
    assert_eq!(syncs.len(), 29);
    let frames: Vec<Vec<u8>> = syncs
        .iter()
        .map(|at| (0..70).map(|n| word(at + 8 * n, 8) as u8).collect())
        .collect();
    let opaque_crc = Some(CrcSpan { from: 6, to: 66 });
    let config = LinkConfig {
        opaque_crc,
        packets: None,
        ..config(FrameKind::Opaque, 70)
    };
    let decoded = decode(&config, frames.iter().map(Vec::as_slice));
    assert_eq!(
        (
            decoded.counters.fed,
            decoded.counters.good,
            decoded.counters.fecf_bad
        ),
        (29, 27, 2)
    );
    assert_eq!(decoded.counters.rejected, BTreeMap::from([("fecf", 2)]));
    assert!(
        decoded
            .frames
            .iter()
            .all(|f| f.header.is_none() && f.continuity == Continuity::Uncounted)
    );
}

#[test]
fn cygnss_packets_however_cut() {
    let Some(root) = data() else { return };
    let bytes = read(&root, "packets/cygnss_f7_first101.tlm");
    for chunk in [1, 1000, bytes.len()] {
        let mut decoder = PacketDecoder::new(&PacketConfig::default());
        let mut out = LinkOutput::default();
        for part in bytes.chunks(chunk) {
            decoder.feed(part, &mut out);
        }
        decoder.finish(&mut out);
        assert_eq!(out.packets.len(), 101);
        let apids: Vec<_> = decoder
            .counters()
            .apids
            .iter()
            .map(|(apid, c)| (*apid, c.packets))
            .collect();
        assert_eq!(
            apids,
            [
                (384, 4),
                (386, 4),
                (391, 1),
                (392, 4),
                (393, 40),
                (394, 39),
                (1313, 9)
            ]
        );
        assert_eq!(
            (decoder.counters().dropped_bytes, decoder.counters().resyncs),
            (0, 0)
        );
        let whole: Vec<u8> = out.packets.into_iter().flat_map(|p| p.bytes).collect();
        assert_eq!(whole, bytes);
    }
}
