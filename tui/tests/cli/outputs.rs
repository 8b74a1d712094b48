//! What comes out, where it goes, and what it says.

use super::support::Folder;
use serde_json::{Value, json};

const OUTPUTS: [&str; 6] = ["frames", "packets", "cadus", "soft", "events", "report"];
/// Bytes of a frame of the demo link.
const FRAME: usize = 223;

fn decode_all(folder: &Folder) {
    let options = OUTPUTS.map(|name| format!("--{name} {name}.out")).join(" ");
    let run = folder.run(&format!("decode pass.sigmf-meta -p demo {options}"));
    assert_eq!((run.code, run.stdout.len()), (0, 0), "{}", run.stderr);
}

#[test]
fn what_was_sent_comes_out() {
    let folder = Folder::with_pass(12);
    decode_all(&folder);
    assert_eq!(folder.read("frames.out"), folder.read("sent"));
    let report = folder.json("report.out");
    assert_eq!(report["v"], 1);
    assert_eq!(report["decoded"], true);
    assert_eq!(
        (&report["error"], &report["stopped"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(report["frames"]["good"], 12);
    assert_eq!(report["frames"]["lost"], 0);
    assert_eq!(report["input"]["start"], "2026-03-01T12:00:00.000000Z");
    assert_eq!(report["warnings"], json!([]));
    let packets: u64 = folder
        .lines("events.out")
        .iter()
        .filter_map(|line| line["length"].as_u64().filter(|_| line["type"] == "packet"))
        .sum();
    assert_eq!(packets as usize, folder.read("packets.out").len());
    let sidecar = folder.json("soft.out.json");
    assert_eq!(
        (&sidecar["datatype"], &sidecar["positive_is"]),
        (&json!("i8"), &json!(1))
    );
}

#[test]
fn every_output_is_the_same_on_stdout() {
    let folder = Folder::with_pass(6);
    for name in OUTPUTS {
        // One output at a time: records point into the other outputs.
        let to_file = folder.run(&format!("decode pass.sigmf-meta -p demo --{name} out"));
        let to_stdout = folder.run(&format!("decode pass.sigmf-meta -p demo --{name} -"));
        assert_eq!((to_file.code, to_stdout.code), (0, 0), "{name}");
        assert!(
            !to_stdout.stdout.is_empty() && to_stdout.stdout == folder.read("out"),
            "{name} differs on stdout"
        );
        assert!(
            to_stdout.stderr.contains("frames    6 good"),
            "{}",
            to_stdout.stderr
        );
        assert_eq!(to_stdout.stderr, to_file.stderr);
    }
}

#[test]
fn without_outputs_the_summary_is_what_comes() {
    let folder = Folder::with_pass(6);
    let run = folder.run("decode pass.sigmf-meta -p demo");
    assert_eq!((run.code, run.stdout.len()), (0, 0));
    for line in [
        "input     pass.sigmf-meta (SigMF ci16_le), profile demo",
        "signal    Eb/N0",
        "frames    6 good",
        "VC 42/",
    ] {
        assert!(run.stderr.contains(line), "{line:?} in {}", run.stderr);
    }
    let quiet = folder.run("decode pass.sigmf-meta -p demo -q");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
}

#[test]
fn events_describe_themselves_and_point_into_the_other_outputs() {
    let folder = Folder::with_pass(8);
    decode_all(&folder);
    let events = folder.lines("events.out");
    assert!(
        events
            .iter()
            .all(|line| line["v"] == 1 && line["type"].is_string())
    );
    assert_eq!(events[0]["type"], "start");
    assert_eq!(
        events.last().unwrap(),
        &json!({"v": 1, "type": "end", "frames": 8, "bad_frames": 0, "lost_frames": 0, "packets": folder.json("report.out")["packets"]})
    );
    let frames: Vec<&Value> = events.iter().filter(|line| line["type"] == "frame").collect();
    assert_eq!(frames.len(), 8);
    for (number, frame) in frames.iter().enumerate() {
        assert_eq!(frame["frame"], number);
        assert_eq!(frame["frames_offset"], number * FRAME);
        assert_eq!(frame["rs_corrections"], json!([0]));
        assert_eq!(frame["fecf"], true);
        assert!(frame["utc"].as_str().unwrap().ends_with('Z') && frame["sample"].is_u64());
    }
    let packets = folder.read("packets.out");
    for packet in events.iter().filter(|line| line["type"] == "packet") {
        let at = packet["packets_offset"].as_u64().unwrap() as usize;
        let apid = u16::from_be_bytes([packets[at], packets[at + 1]]) & 0x7FF;
        assert_eq!(packet["apid"], apid);
    }
}

#[test]
fn each_stages_output_is_the_next_ones_input() {
    let folder = Folder::with_pass(12);
    decode_all(&folder);
    folder.write("pass.hard", packed(&folder.read("soft.out")));
    for (input, options) in [
        ("soft.out", "--from soft --soft-format s8"),
        ("pass.hard", "--from bits"),
        ("cadus.out", "--from cadus"),
        ("frames.out", "--from frames"),
    ] {
        let run = folder.run(&format!(
            "decode {input} {options} -p demo --frames again.frames --packets again.packets"
        ));
        assert_eq!(run.code, 0, "{options}: {}", run.stderr);
        assert!(
            folder.read("again.frames") == folder.read("frames.out"),
            "{options}: other frames"
        );
        assert!(
            folder.read("again.packets") == folder.read("packets.out"),
            "{options}: other packets"
        );
    }
    let run = folder.run("decode packets.out --from packets -p demo --packets -");
    assert_eq!(run.code, 0);
    assert!(run.stdout == folder.read("packets.out"));
}

fn packed(soft: &[u8]) -> Vec<u8> {
    let bit = |value: u8| u8::from(value.cast_signed() > 0);
    soft.chunks(8)
        .map(|eight| {
            eight
                .iter()
                .enumerate()
                .map(|(n, &value)| bit(value) << (7 - n))
                .sum()
        })
        .collect()
}

#[test]
fn a_pipe_and_other_blocks_give_the_same_bytes() {
    let folder = Folder::with_pass(8);
    decode_all(&folder);
    folder.write("pass.raw", folder.read("pass.sigmf-data"));
    let outputs = "--events - -p demo";
    for (input, options) in [
        ("pass.raw", "--format ci16 --rate 80k"),
        ("soft.out", "--from soft --soft-format s8"),
        ("soft.out", "--from bits --soft-format unpacked"),
        ("cadus.out", "--from cadus"),
        ("frames.out", "--from frames"),
        ("packets.out", "--from packets"),
    ] {
        let whole = folder.run(&format!("decode {input} {options} {outputs}"));
        let piped = folder.pipe(&format!("decode - {options} {outputs}"), &folder.read(input));
        assert!(!whole.stdout.is_empty());
        assert!(
            piped.stdout == whole.stdout,
            "{options}: other events from a pipe"
        );
        assert_eq!(piped.code, whole.code);
        for block in [1, 1000] {
            let cut = folder.run(&format!(
                "decode {input} {options} {outputs} --block-size {block}"
            ));
            assert!(
                cut.stdout == whole.stdout,
                "{options}: other events in blocks of {block}"
            );
        }
    }
}

#[test]
fn bad_frames_are_dropped_or_marked() {
    let folder = Folder::with_pass(6);
    let mut frames = folder.read("sent");
    frames[2 * FRAME + 100] ^= 1;
    folder.write("damaged", &frames);
    let run = folder.run("decode damaged --from frames -p demo --frames dropped");
    assert_eq!(run.code, 0);
    assert!(
        run.stderr.contains("5 good") && run.stderr.contains("1 by fecf"),
        "{}",
        run.stderr
    );
    assert_eq!(
        folder.read("dropped"),
        [&frames[..2 * FRAME], &frames[3 * FRAME..]].concat()
    );

    folder.run("decode damaged --from frames -p demo --frames marked --bad-frames mark");
    assert_eq!(folder.read("marked"), frames);
    let labels = folder.lines("marked.labels");
    let good: Vec<&Value> = labels.iter().map(|line| &line["good"]).collect();
    assert_eq!(good, [true, true, false, true, true, true]);
    assert_eq!(labels[2]["rejection"], "fecf");
    assert_eq!(labels[2]["frames_offset"], 2 * FRAME);

    let run = folder.run("decode damaged --from frames -p demo --frames - --events e --bad-frames mark");
    assert_eq!(run.stdout, frames);
    assert_eq!(
        folder
            .lines("e")
            .iter()
            .filter(|line| line["good"] == false)
            .count(),
        1
    );
}

#[test]
fn nothing_decoded_is_exit_code_1_with_a_hint() {
    let folder = Folder::with_pass(4);
    let run = folder.run("decode pass.sigmf-meta -p demo --set frame.scid=43 --report r --frames f");
    assert_eq!(run.code, 1);
    assert!(run.stderr.ends_with("nothing decoded\n"), "{}", run.stderr);
    assert!(run.stderr.contains("4 by scid"), "{}", run.stderr);
    assert_eq!(
        (&folder.json("r")["decoded"], folder.read("f").len()),
        (&json!(false), 0)
    );
    assert_eq!(folder.json("r")["frames"]["rejected_by"], json!({"scid": 4}));
}

#[test]
fn a_sample_rate_off_by_two_is_found_out() {
    let folder = Folder::with_pass(12);
    let run = folder.run("decode pass.sigmf-meta -p demo --samp_rate 160k");
    assert_eq!(run.code, 1);
    for said in [
        "warning   sample rate 160000 Hz as given, though SigMF says 80000 Hz",
        "hint      no symbol clock near the profile's 20000 Bd in the samples",
        "(2.000 times that)",
    ] {
        assert!(run.stderr.contains(said), "{said:?} in {}", run.stderr);
    }
    let run = folder.run("decode pass.sigmf-meta -p demo --set coding.reed_solomon.basis=conventional");
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("near the profile's 20000 Bd: the rates fit"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_recording_that_breaks_off_is_decoded_to_there_and_says_so() {
    let folder = Folder::with_pass(10);
    let data = folder.read("pass.sigmf-data");
    folder.write("pass.sigmf-data", &data[..=data.len() / 20 * 9]);
    let run = folder.run("decode pass.sigmf-meta -p demo --frames f --report r");
    assert_eq!(run.code, 0);
    let (frames, sent) = (folder.read("f"), folder.read("sent"));
    assert_eq!(frames.len(), 4 * FRAME);
    assert!(sent.starts_with(&frames));
    assert_eq!(
        folder.json("r")["warnings"].as_array().unwrap().len(),
        1,
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("warning   "), "{}", run.stderr);
}
