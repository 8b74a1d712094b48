//! Times that become known while samples arrive: every record has the one that holds at its sample.

use crate::chain_support::link::{Link, SIGNAL};
use crate::chain_support::told::Told;
use crate::chain_support::{config, file, run_source, scratch};
use groundlink_station::input::{Capture, OpenOptions, TimeSource, open_samples, parse_utc};
use groundlink_station::time::SampleClock;

#[test]
fn records_have_the_time_that_holds_at_their_sample() {
    let link = Link::clean(
        "[signal]\nsymbol_rate = 9600\nmodulation = 'bpsk'\n[coding]\nconvolutional = true\n\
         [frame]\ntype = 'aos'\nscid = 9\nvcids = [1]\n[packets]\ntype = 'none'\n",
        8,
    );
    let folder = scratch();
    link.send(folder.path());
    let path = file(folder.path(), SIGNAL);
    let later = link.true_starts()[4] as u64 / 100 * 100;
    let captures = vec![
        Capture {
            time: parse_utc("2026-03-01T00:00:00Z").ok(),
            uncertainty_s: Some(0.25),
            clock: TimeSource::Host,
            ..Capture::default()
        },
        Capture {
            sample_start: later,
            time: parse_utc("2026-03-01T01:00:00Z").ok(),
            clock: TimeSource::Hardware,
            ..Capture::default()
        },
    ];
    let inner = open_samples(&path, &OpenOptions::default()).unwrap();
    let source = Box::new(Told::new(inner, captures.clone()));
    let run = run_source(&config(link.profile.clone(), &path), source);
    let clock = SampleClock::new(&captures, link.sample_rate_hz);
    let frames = run.records("frame");
    assert_eq!(frames.len(), 8);
    for frame in frames {
        let sample = frame["sample"].as_u64().unwrap();
        assert_eq!(
            frame["utc"].as_str().map(str::to_owned),
            clock.utc_text(sample as f64)
        );
        if sample < later {
            assert_eq!(
                (&frame["time_source"], &frame["utc_uncertainty_s"]),
                (&"host".into(), &0.25.into())
            );
        } else {
            assert_eq!(frame["time_source"], "hardware");
            assert!(frame.get("utc_uncertainty_s").is_none());
        }
    }
    // Nothing was known when the run began, but the report is made at its end.
    assert!(run.records("start")[0].get("utc").is_none());
    let input = &run.report.input;
    assert_eq!(input.start.as_deref(), Some("2026-03-01T00:00:00.000000Z"));
    assert_eq!(
        (input.time_source, input.utc_uncertainty_s),
        (Some(TimeSource::Host), Some(0.25))
    );
}
