//! Six downlinks of different modulations at once.

use crate::support::{DOWNLINKS, FRAMES, Pass, RATE, START};
use groundlink_station::input::{Capture, parse_utc};
use groundlink_station::time::SampleClock;

#[test]
fn what_was_sent_on_each_downlink_comes_out_with_its_place_and_time() {
    let pass = Pass::new();
    let (report, outputs) = pass.receive(1 << 16, 2, &[]);
    assert!(report.decoded && report.error.is_none() && report.stopped.is_none());
    assert_eq!(report.warnings, Vec::<String>::new());
    assert_eq!(report.channels, 16);
    let clock = SampleClock::new(
        &[Capture {
            sample_start: 0,
            time: Some(parse_utc(START).unwrap()),
            ..Capture::default()
        }],
        RATE,
    );
    for (number, output) in outputs.iter().enumerate() {
        let (name, _, offset) = DOWNLINKS[number];
        let told = &report.downlinks[number];
        assert_eq!((told.name.as_str(), told.offset_hz), (name, offset));
        assert_eq!(told.report.downlink.as_deref(), Some(name));
        assert_eq!(told.report.frames.good, FRAMES, "{name}");
        assert!(output.frames == pass.sent(name), "{name}: other frames than sent");
        let link = pass.link(number);
        let frames = output.records("frame");
        assert_eq!(frames.len() as u64, FRAMES);
        for (record, truth) in frames.iter().zip(link.true_starts()) {
            let sample = record["sample"].as_u64().unwrap() as f64;
            let symbols = (sample - truth) / link.samples_per_symbol();
            assert!(symbols.abs() < 1.0, "{name}: {symbols} symbols off");
            assert_eq!(record["downlink"], name);
            assert_eq!(record["utc"].as_str().map(str::to_owned), clock.utc_text(sample));
            assert_eq!(record["time_source"], "recording");
            assert!(record.get("utc_uncertainty_s").is_none());
            let offset_hz = record["offset_hz"].as_f64().unwrap();
            assert!((offset_hz - 120.0).abs() < 60.0, "{name}: {offset_hz} Hz");
        }
    }
}

#[test]
fn neither_blocks_nor_threads_change_a_byte() {
    let pass = Pass::new();
    let (report, first) = pass.receive(1 << 16, 1, &[]);
    for (block, threads) in [(1 << 20, 2), (1_000, 3), (33_331, 16)] {
        let (again, outputs) = pass.receive(block, threads, &[]);
        for (number, (name, ..)) in DOWNLINKS.iter().enumerate() {
            assert!(outputs[number] == first[number], "{name} with blocks of {block}");
        }
        assert_eq!(again, report);
    }
}

#[test]
fn gaps_hit_what_lies_in_them_and_no_more() {
    let pass = Pass::new();
    let length = |number: usize| {
        let starts = pass.link(number).true_starts();
        starts[1] - starts[0]
    };
    // The wide downlink has ended long before; the others have all begun and are not over.
    let first = pass.link(0).true_starts()[2] as u64 / 100 * 100 + 40;
    let missing = [first..first + 30_011, first + 150_000..first + 151_234];
    let (report, outputs) = pass.receive(1 << 16, 2, &missing);
    for (number, output) in outputs.iter().enumerate() {
        let (name, ..) = DOWNLINKS[number];
        let told: Vec<(u64, u64)> = output
            .records("samples_lost")
            .iter()
            .map(|record| {
                (
                    record["sample"].as_u64().unwrap(),
                    record["lost"].as_u64().unwrap(),
                )
            })
            .collect();
        let known: Vec<(u64, u64)> = missing
            .iter()
            .map(|hole| (hole.start, hole.end - hole.start))
            .collect();
        assert_eq!(told, known, "{name}");
        assert_eq!(report.downlinks[number].report.input.lost_samples, 31_245);
        let link = pass.link(number);
        let (starts, frame) = (link.true_starts(), length(number));
        let hit = |start: f64| {
            // Soft bits beside a gap are the decoder's memory short of whole.
            let (begin, end) = (start - 64.0 * link.samples_per_symbol(), start + frame);
            missing.iter().any(|hole| {
                begin < hole.end as f64 && end + 64.0 * link.samples_per_symbol() > hole.start as f64
            })
        };
        let whole: Vec<f64> = starts.iter().copied().filter(|&start| !hit(start)).collect();
        assert!(
            !whole.is_empty() && (number == 2 || whole.len() < starts.len()),
            "{name}"
        );
        let found: Vec<f64> = output
            .records("frame")
            .iter()
            .filter(|record| record["good"] == true)
            .map(|record| record["sample"].as_f64().unwrap())
            .collect();
        for truth in whole {
            let nearest = found
                .iter()
                .map(|sample| (sample - truth).abs())
                .fold(f64::INFINITY, f64::min);
            assert!(
                nearest < link.samples_per_symbol(),
                "{name}: frame at {truth}, found {found:?}"
            );
        }
    }
}
