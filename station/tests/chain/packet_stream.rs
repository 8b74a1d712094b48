//! Damage in a stream of packets is told in its place, whatever the size of the blocks.

use crate::chain_support::{Run, config, file, profile, run, scratch};
use groundlink_decoder::link::PacketBuilder;
use groundlink_station::chain::From;

/// Eight packets of APIDs 1 to 8, with what is given before the fourth.
fn stream(damage: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    for apid in 1..=8 {
        if apid == 4 {
            stream.extend_from_slice(damage);
        }
        PacketBuilder::telemetry(apid)
            .build(&[0xFF; 24], &mut stream)
            .expect("a packet");
    }
    stream
}

fn decode(stream: &[u8], block: usize) -> Run {
    let folder = scratch();
    let path = file(folder.path(), "packets");
    std::fs::write(&path, stream).expect("a file");
    let mut config = config(profile("lucy", &[]), &path);
    config.from = From::Packets;
    config.block = block;
    run(&config)
}

#[test]
fn bytes_that_are_no_packet_are_told_before_the_packet_that_follows() {
    let stream = stream(&[0xFF; 11]);
    let whole = decode(&stream, stream.len());
    let of_interest: Vec<String> = whole
        .events
        .lines()
        .filter(|line| line.contains(r#""type":"packet""#) || line.contains(r#""type":"resync""#))
        .map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let what = if record["type"] == "packet" {
                "apid"
            } else {
                "dropped_bytes"
            };
            format!("{} {} {}", record["type"], record[what], record["byte"])
        })
        .collect();
    assert_eq!(
        of_interest,
        [
            "\"packet\" 1 0",
            "\"packet\" 2 30",
            "\"packet\" 3 60",
            "\"resync\" 11 90",
            "\"packet\" 4 101",
            "\"packet\" 5 131",
            "\"packet\" 6 161",
            "\"packet\" 7 191",
            "\"packet\" 8 221",
        ]
    );
    let resync = &whole.records("resync")[0];
    assert_eq!(resync["reason"], "no packet header where one is due");
    assert!(resync.get("vcid").is_none() && resync.get("scid").is_none());
    for block in [1, 7, 64] {
        // The name of the input is that of a folder made for the run; the events do not have it.
        assert!(decode(&stream, block).events == whole.events, "blocks of {block}");
    }
}

#[test]
fn a_stream_that_ends_in_nonsense_says_so() {
    let mut stream = stream(&[]);
    stream.extend([0xFF; 50]);
    let run = decode(&stream, 33);
    assert_eq!(
        (
            run.numbers("resync", "byte"),
            run.numbers("resync", "dropped_bytes")
        ),
        (vec![240], vec![50])
    );
}
