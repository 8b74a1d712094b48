//! Published frames and CADUs to packets, through the built-in profiles; `expected/frames_packets.json` has what
//! an independent decoder counted.

use crate::chain_support::{Run, config, content, data, file, profile, run};
use groundlink_station::chain::From;
use groundlink_station::profile::Profile;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

fn decode(folder: &Path, name: &str, from: From, profile: Profile) -> Run {
    let mut config = config(profile, &file(folder, &format!("frames/{name}")));
    config.from = from;
    run(&config)
}

fn frames(folder: &Path, name: &str, profile_name: &str) -> Run {
    let run = decode(folder, name, From::Frames, profile(profile_name, &[]));
    let all: Value = serde_json::from_slice(&content(folder, "expected/frames_packets.json")).expect("JSON");
    check(name, &run, &all[name]);
    run
}

fn count(keys: impl IntoIterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

fn numbers(object: &Value) -> BTreeMap<String, u64> {
    let pairs = object.as_object().into_iter().flatten();
    pairs
        .map(|(key, value)| (key.clone(), value.as_u64().expect("a number")))
        .collect()
}

/// Compares everything but gaps, which the expectations count without knowing of channels that stand still.
fn check(name: &str, run: &Run, expected: &Value) {
    let records = run.records("frame");
    assert_eq!(records.len() as u64, expected["frames"], "{name} frames");
    let report = &run.report;
    assert_eq!(
        (report.frames.fecf_good, report.frames.fecf_bad),
        (
            expected["crc_ok"].as_u64().expect("a number"),
            expected["crc_bad"].as_u64().expect("a number"),
        )
    );
    let judged = records.iter().filter(|frame| frame["rejection"] != "fecf");
    let vcs = count(judged.map(|frame| format!("{}/{}", frame["scid"], frame["vcid"])));
    assert_eq!(vcs, numbers(&expected["vc"]), "{name} virtual channels");
    check_packets(name, run, &expected["packets"]);
    let good: usize = records.iter().filter(|frame| frame["good"] == true).count();
    let length = run.report.frames.good as usize;
    assert_eq!((good, run.frames.len() % good), (length, 0), "{name} good frames");
}

fn check_packets(name: &str, run: &Run, expected: &Value) {
    let packets = run.records("packet");
    let mut sum = 0;
    for (vcid, expected) in expected.as_object().into_iter().flatten() {
        let channel: u64 = vcid.parse().expect("a VCID");
        let here: Vec<&Value> = packets
            .iter()
            .filter(|packet| packet["vcid"] == channel)
            .collect();
        assert_eq!(here.len() as u64, expected["total"], "{name} VC {vcid} packets");
        let bytes: u64 = here
            .iter()
            .map(|packet| packet["length"].as_u64().expect("a length"))
            .sum();
        assert_eq!(bytes, expected["bytes"], "{name} VC {vcid} bytes");
        let apids = count(here.iter().map(|packet| packet["apid"].to_string()));
        assert_eq!(apids, numbers(&expected["apids"]), "{name} VC {vcid} APIDs");
        sum += bytes;
    }
    let all: u64 = packets
        .iter()
        .map(|packet| packet["length"].as_u64().expect("a length"))
        .sum();
    let bad: u64 = packets.iter().filter(|packet| packet["crc"] == false).count() as u64;
    assert_eq!(
        (all, bad, run.packets.len() as u64),
        (sum, 0, sum),
        "{name} packet bytes"
    );
}

/// Gaps and frames lost of the channels that have any, by VCID.
fn lost(run: &Run) -> BTreeMap<u8, (u64, u64)> {
    let vcs = run.report.virtual_channels.iter().filter(|vc| vc.gaps > 0);
    vcs.map(|vc| (vc.vcid.expect("a VCID"), (vc.gaps, vc.lost)))
        .collect()
}

#[test]
fn solar_orbiter() {
    let Some(folder) = data() else { return };
    let run = frames(&folder, "solar_orbiter.u8", "solar-orbiter");
    assert_eq!((run.report.frames.good, run.report.frames.fecf_bad), (1654, 2));
    assert_eq!(run.report.frames.rejected_by, [("fecf", 2)].into());
    assert_eq!(
        (run.report.packets, run.report.packets_idle),
        (983 + 227 + 207, 204)
    );
    assert_eq!(lost(&run), BTreeMap::new());
    let headers = run.records("frame");
    let headers = headers.iter().filter(|frame| frame["good"] == true);
    assert!(headers.map(|frame| &frame["secondary_header"]).all(|header| {
        let text = header.as_str().expect("a secondary header");
        text.len() == 8 && text.starts_with("03")
    }));
}

/// Its packets have PUS headers: four bytes, then seconds and fractions of the on-board clock.
#[test]
fn solar_orbiter_packets_say_when_they_were_made() {
    let Some(folder) = data() else { return };
    let time = "packets.time={ code = 'cuc', offset = 4, epoch = '2000-01-01T00:00:00Z' }";
    let changed = profile("solar-orbiter", &[time]);
    let run = decode(&folder, "solar_orbiter.u8", From::Frames, changed);
    let headed = |packet: &Value| packet["secondary_header"] == true;
    let packets: Vec<Value> = run.records("packet").into_iter().filter(headed).collect();
    assert_eq!(packets.len(), 1209);
    let mut by_apid: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for packet in &packets {
        let apid = packet["apid"].as_u64().expect("an APID");
        by_apid
            .entry(apid)
            .or_default()
            .push(packet["time"].as_str().expect("a time"));
    }
    // Live ones of 54 s, and those recorded the day before, each kind in its order.
    for (apid, times) in &by_apid {
        let recorded = *apid >= 1000;
        let day = if recorded {
            "2020-02-12T1"
        } else {
            "2020-02-13T16:4"
        };
        assert!(times.is_sorted(), "{apid}");
        assert!(
            times.iter().all(|time| time.starts_with(day)),
            "{apid}: {times:?}"
        );
    }
    let live: Vec<&&str> = by_apid
        .iter()
        .filter(|(apid, _)| **apid < 1000)
        .flat_map(|(_, times)| times)
        .collect();
    assert_eq!(
        (live.iter().min(), live.iter().max()),
        (
            Some(&&"2020-02-13T16:43:12.831619262Z"),
            Some(&&"2020-02-13T16:44:06.445800781Z")
        )
    );
}

#[test]
fn hera() {
    let Some(folder) = data() else { return };
    let run = frames(&folder, "hera_low_rate.u8", "hera");
    let crcs = count(run.field("packet", "crc").iter().map(Value::to_string));
    assert_eq!(crcs, [("true".to_owned(), 250), ("null".to_owned(), 6)].into());
    assert_eq!(lost(&run), BTreeMap::new());
}

#[test]
fn mars_2020() {
    let Some(folder) = data() else { return };
    let run = frames(&folder, "mars2020_10kbps.u8", "mars-2020");
    assert_eq!((run.report.frames.good, run.report.frames.rejected), (946, 4));
    assert_eq!(lost(&run), [(0, (6, 17))].into());
    assert_eq!(run.numbers("gap", "lost").iter().sum::<u64>(), 17);
    assert_eq!(run.report.packets, 813);
}

#[test]
fn lucy() {
    let Some(folder) = data() else { return };
    let run = frames(&folder, "lucy_bochum_20211024.u8", "lucy");
    let gaps = run.records("gap");
    let of_vc0: Vec<_> = gaps.iter().filter(|gap| gap["vcid"] == 0).collect();
    assert_eq!(of_vc0.len(), 1);
    assert_eq!(
        (&of_vc0[0]["lost"], &of_vc0[0]["vc_count"]),
        (&1.into(), &1_109_637.into())
    );
    assert_eq!(lost(&run), [(0, (1, 1)), (63, (3, 20))].into());
    assert_eq!(run.report.packets, 134);
}

#[test]
fn osiris_rex() {
    let Some(folder) = data() else { return };
    let run = frames(&folder, "osiris_rex.u8", "osiris-rex");
    assert_eq!(lost(&run), [(0, (8, 80)), (63, (11, 141))].into());
    assert_eq!(run.report.packets, 1818);
    let vc = run
        .report
        .virtual_channels
        .iter()
        .find(|vc| vc.vcid == Some(0))
        .expect("VC 0");
    // Five idle packets cut short by the spacecraft, and one lost with the frames it went on in.
    assert_eq!(
        (vc.resyncs, vc.cut_packets, run.records("resync").len()),
        (6, 6, 6)
    );
}

#[test]
fn stereo_a() {
    let Some(folder) = data() else { return };
    let run = frames(&folder, "stereo_a.raw", "stereo-a");
    assert_eq!((run.report.frames.fecf_good, run.report.frames.good), (94, 94));
    assert_eq!(run.numbers("packet", "length"), [272; 352]);
    assert!(run.field("frame", "ocf").iter().all(Value::is_string));
    for header in run.field("frame", "secondary_header") {
        let text = header.as_str().expect("a secondary header");
        assert!(text.len() == 30 && text.starts_with("0E"), "{text}");
    }
}

#[test]
fn equuleus() {
    let Some(folder) = data() else { return };
    let run = frames(&folder, "equuleus.u8", "equuleus");
    assert_eq!(
        (run.report.frames.good, run.report.frames.rejected),
        (554 + 35, 2)
    );
    assert_eq!(run.numbers("packet", "apid"), [1296; 587]);
}

#[test]
fn tianwen_2() {
    let Some(folder) = data() else { return };
    let run = frames(&folder, "tianwen2_ldr_220.u8", "tianwen-2");
    assert_eq!(lost(&run), BTreeMap::new());
    let apids = count(run.field("packet", "apid").iter().map(Value::to_string));
    assert_eq!((run.report.packets, apids.len()), (706, 21));
    for zone in run.field("frame", "insert_zone") {
        assert_eq!(zone.as_str().map(str::len), Some(16));
    }
}

#[test]
fn lunar_flashlight() {
    let Some(folder) = data() else { return };
    let run = frames(&folder, "lunar_flashlight.u8", "lunar-flashlight");
    assert_eq!((lost(&run), run.report.packets), (BTreeMap::new(), 311));
    assert_eq!(run.report.virtual_channels[0].no_packet_start, 36);
    // APID 1 cuts its data into packets of equal length by a header of its own; the flags say nothing of it.
    let packets = run.records("packet");
    assert!(packets.iter().all(|packet| packet["sequence_flags"] == 3));
    let mut first = packets.iter().filter(|packet| packet["apid"] == 1).take(5);
    assert!(first.all(|packet| packet["length"] == 2048));
}

#[test]
fn emm_and_aditya_carry_no_space_packets() {
    let Some(folder) = data() else { return };
    let emm = frames(&folder, "emm_hope.u8", "emm");
    assert_eq!(
        (
            emm.report.frames.fecf_good,
            emm.report.frames.good,
            emm.report.packets
        ),
        (553, 553, 0)
    );
    let aditya = frames(&folder, "aditya_l1.u8", "aditya-l1");
    let words = aditya.records("frame").into_iter().map(|frame| {
        let odd = frame["mc_count"].as_u64().expect("a count") % 2;
        format!("{odd}: {}", frame["ocf"].as_str().expect("an OCF"))
    });
    let known = [("0: 01042600".to_owned(), 614), ("1: 01082400".to_owned(), 616)];
    assert_eq!(count(words), known.into());
}

#[test]
fn suomi_npp_cadus_are_clean() {
    let Some(folder) = data() else { return };
    let run = decode(&folder, "snpp_65cadus.dat", From::Cadus, profile("snpp", &[]));
    assert_eq!(run.corrections(), vec![vec![Some(0); 4]; 65]);
    assert!(
        run.cadus == content(&folder, "frames/snpp_65cadus.dat"),
        "CADUs differ from the input"
    );
    assert_eq!((run.report.frames.good, run.report.frames.lost), (65, 1));
    assert_eq!(
        run.numbers("frame", "byte"),
        (0..65).map(|n| 1024 * n).collect::<Vec<_>>()
    );
    let apids = count(run.field("packet", "apid").iter().map(Value::to_string));
    assert_eq!(apids, [("802".to_owned(), 1), ("803".to_owned(), 11)].into());
}

#[test]
fn meteor_cadus_need_the_known_corrections() {
    let Some(folder) = data() else { return };
    let plain = profile("meteor-m2-lrpt", &["coding.randomizer=none"]);
    let run = decode(&folder, "meteor_2cadus.bin", From::Cadus, plain);
    let mut corrections = run.corrections().concat();
    corrections.sort_unstable();
    assert_eq!(corrections, [0, 0, 0, 0, 0, 0, 2, 2].map(Some));
    assert_eq!(
        (
            run.report.coding.rs_corrections.clone(),
            run.report.frames.corrected
        ),
        ([(0, 6), (2, 2)].into(), {
            run.corrections()
                .iter()
                .filter(|words| words.contains(&Some(2)))
                .count() as u64
        })
    );
}

#[test]
fn packets_longer_than_frames_come_out_whole() {
    let Some(folder) = data() else { return };
    let text = "[coding]\nreed_solomon = false\n[frame]\ntype = 'tm'\nlength = 1115\nfecf = false\nscid = 123\nvcids = [0]\n";
    let synthetic = Profile::parse(text, "synthetic").expect("a profile");
    let run = decode(&folder, "synthetic_tm_large_packets.hex", From::Frames, synthetic);
    assert_eq!(run.report.frames.good, 60);
    assert_eq!(
        run.numbers("packet", "length"),
        [14_006, 14_006, 14_006, 14_006, 690]
    );
    assert_eq!(run.packets.len(), 56_714);
}

#[test]
fn cygnss_packets() {
    let Some(folder) = data() else { return };
    let mut config = config(
        profile("demo", &[]),
        &file(&folder, "packets/cygnss_f7_first101.tlm"),
    );
    config.from = From::Packets;
    let run = run(&config);
    let apids = count(run.field("packet", "apid").iter().map(Value::to_string));
    let known = [
        (384, 4),
        (386, 4),
        (391, 1),
        (392, 4),
        (393, 40),
        (394, 39),
        (1313, 9),
    ];
    assert_eq!(apids, known.map(|(apid, n)| (apid.to_string(), n)).into());
    assert!(
        run.packets == content(&folder, "packets/cygnss_f7_first101.tlm"),
        "packets differ from the input"
    );
    assert!(run.report.decoded);
}
