//! Samples lost on the way: the loss is told, what it hit is gone, the rest comes out with its true indices.

use crate::chain_support::leaky::Leaky;
use crate::chain_support::link::{Link, SIGNAL};
use crate::chain_support::{config, file, run_source, scratch};
use groundlink_station::input::{LossCause, OpenOptions, open_samples};
use serde_json::Value;

fn check(modulation: &str) {
    let text = format!(
        "[signal]\nsymbol_rate = 9600\nmodulation = '{modulation}'\n[coding]\nconvolutional = true\n\
         [frame]\ntype = 'aos'\nscid = 9\nvcids = [1]\n[packets]\ntype = 'none'\n"
    );
    let link = Link::clean(&text, 12);
    let folder = scratch();
    let sent = link.send(folder.path());
    let starts = link.true_starts();
    let frame = starts[1] - starts[0];
    // A piece of frame 3; from within frame 6 to within frame 8.
    let at = |frames: f64| (starts[0] + frames * frame) as u64 / 100 * 100 + 40;
    let missing = vec![at(3.3)..at(3.6), at(6.5)..at(8.2)];
    let path = file(folder.path(), SIGNAL);
    let inner = open_samples(&path, &OpenOptions::default()).unwrap();
    let source = Box::new(Leaky {
        inner,
        missing: missing.clone(),
    });
    let run = run_source(&config(link.profile.clone(), &path), source);

    let told: Vec<_> = run
        .numbers("samples_lost", "sample")
        .into_iter()
        .zip(run.numbers("samples_lost", "lost"))
        .collect();
    let known: Vec<_> = missing
        .iter()
        .map(|hole| (hole.start, hole.end - hole.start))
        .collect();
    assert_eq!(told, known, "{modulation}");
    assert_eq!(
        run.report.input.lost_samples,
        known.iter().map(|(_, lost)| lost).sum::<u64>()
    );
    // The recorder's sample count is all there is to go by: what is missing had no room in the device.
    let by: Vec<_> = run.report.input.lost_by.iter().collect();
    assert_eq!(by.len(), 1, "{modulation}");
    let (cause, lost) = by[0];
    assert_eq!(
        (*cause, lost.gaps, lost.samples),
        (LossCause::Overflow, 2, run.report.input.lost_samples)
    );
    let rate = run.report.input.sample_rate_hz.unwrap();
    let seconds = |lost: u64| lost as f64 / rate;
    assert_eq!(lost.seconds, seconds(lost.samples));
    for (record, (_, lost)) in run.records("samples_lost").iter().zip(&known) {
        assert_eq!(record["cause"], "overflow");
        assert_eq!(record["seconds"], seconds(*lost));
    }
    assert!(
        run.report.signal.restarts >= 2,
        "{modulation}: {} restarts",
        run.report.signal.restarts
    );

    let whole = [0, 1, 2, 4, 5, 9, 10, 11];
    let good: Vec<_> = run
        .records("frame")
        .into_iter()
        .filter(|frame| frame["good"] == true)
        .collect();
    let found: Vec<f64> = good
        .iter()
        .map(|frame| frame["sample"].as_f64().expect("a sample"))
        .collect();
    let length = link.profile.frame.length;
    let expected: Vec<u8> = whole
        .iter()
        .flat_map(|&n| sent[n * length..][..length].to_vec())
        .collect();
    assert!(
        run.frames == expected,
        "{modulation}: frames at {found:?}, true starts {starts:?}"
    );
    for (frame, n) in good.iter().zip(whole) {
        // The first whole frames behind the holes say what they are behind.
        let told = match n {
            4 => known[0].1.into(),
            9 => known[1].1.into(),
            _ => Value::Null,
        };
        assert_eq!(frame["samples_lost"], told, "{modulation}: frame {n}");
    }
    for (found, n) in found.iter().zip(whole) {
        let error = found - starts[n];
        assert!(
            error.abs() <= link.samples_per_symbol(),
            "{modulation}: frame {n} is {error} samples off"
        );
    }
    let lost: u64 = run.report.virtual_channels.iter().map(|vc| vc.lost).sum();
    let counted = good.iter().filter(|frame| frame["continuity"] == "gap").count();
    assert!(
        lost > 0 && counted > 0,
        "{modulation}: the channel's count shows no gap"
    );
}

#[test]
fn nothing_is_lost_beside_the_gaps() {
    for modulation in ["bpsk", "qpsk", "gmsk"] {
        check(modulation);
    }
}
