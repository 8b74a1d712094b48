//! Frames that failed a check: dropped, or written and labelled.

use crate::chain_support::link::Link;
use crate::chain_support::{config, run, scratch};
use groundlink_station::chain::{self, From, RunConfig};
use groundlink_station::monitor::Monitor;
use groundlink_station::output::{BadFrames, OutputConfig};
use serde_json::Value;

const PROFILE: &str = "[signal]\nsymbol_rate = 9600\nmodulation = 'bpsk'\n[frame]\ntype = 'aos'\nscid = 9\n";
const CADU: usize = 4 + 255;

/// CADUs of which the third has too many errors and the fifth three of them.
fn damaged() -> (Link, Vec<u8>) {
    let link = Link::clean(PROFILE, 8);
    let mut cadus = link.trip().run.cadus;
    assert_eq!(cadus.len(), 8 * CADU);
    for n in 0..40 {
        cadus[2 * CADU + 10 + 5 * n] ^= (37 * n * n + 11) as u8 | 1;
    }
    for n in 0..3 {
        cadus[4 * CADU + 20 + 7 * n] ^= 0xFF;
    }
    (link, cadus)
}

fn over(cadus: &[u8], link: &Link, bad_frames: BadFrames, folder: &std::path::Path) -> RunConfig {
    let path = folder.join("damaged.cadu");
    std::fs::write(&path, cadus).unwrap();
    let mut config = config(link.profile.clone(), &path.to_string_lossy());
    config.from = From::Cadus;
    config.outputs.bad_frames = bad_frames;
    config
}

#[test]
fn dropped_frames_are_counted_and_marked_ones_labelled() {
    let (folder, (link, cadus)) = (scratch(), damaged());
    let dropped = run(&over(&cadus, &link, BadFrames::Drop, folder.path()));
    let marked = run(&over(&cadus, &link, BadFrames::Mark, folder.path()));
    assert_eq!((dropped.frames.len(), marked.frames.len()), (7 * 223, 8 * 223));
    assert_eq!((dropped.cadus.len(), marked.cadus.len()), (7 * CADU, 8 * CADU));
    for run in [&dropped, &marked] {
        let frames = &run.report.frames;
        assert_eq!(
            (frames.good, frames.corrected, frames.uncorrectable, frames.lost),
            (7, 1, 1, 1)
        );
        assert_eq!(frames.rejected_by, [("uncorrectable", 1)].into());
        assert_eq!(
            (
                run.report.coding.rs_uncorrectable,
                run.report.coding.rs_corrections[&3]
            ),
            (1, 1)
        );
    }
    let labels = |frame: &Value| {
        (
            frame["good"].clone(),
            frame["rejection"].clone(),
            frame["frames_offset"].clone(),
        )
    };
    let frames = marked.records("frame");
    assert_eq!(
        labels(&frames[2]),
        (false.into(), "uncorrectable".into(), (2 * 223).into())
    );
    assert_eq!(labels(&frames[3]), (true.into(), Value::Null, (3 * 223).into()));
    assert_eq!(frames[2]["rs_corrections"], serde_json::json!([null]));
    assert_eq!(frames[4]["rs_corrections"], serde_json::json!([3]));
    let frames = dropped.records("frame");
    assert_eq!(
        labels(&frames[2]),
        (false.into(), "uncorrectable".into(), Value::Null)
    );
    assert_eq!(labels(&frames[3]), (true.into(), Value::Null, (2 * 223).into()));
}

#[test]
fn labels_stand_beside_the_frames_where_there_are_no_events() {
    let (folder, (link, cadus)) = (scratch(), damaged());
    let mut config = over(&cadus, &link, BadFrames::Mark, folder.path());
    let frames = folder.path().join("frames.bin").to_string_lossy().into_owned();
    config.outputs = OutputConfig {
        frames: Some(frames.clone()),
        bad_frames: BadFrames::Mark,
        ..OutputConfig::default()
    };
    chain::run(&config, &Monitor::new()).unwrap();
    let labels = std::fs::read_to_string(format!("{frames}.labels")).unwrap();
    let good: Vec<Value> = labels
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["good"].clone())
        .collect();
    assert_eq!(good, [true, true, false, true, true, true, true, true]);
}
