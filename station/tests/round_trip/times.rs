//! What `simulate` puts into secondary headers comes out: the times of packets and the headers of TM frames.

use crate::chain_support::link::{Link, SIGNAL};
use crate::chain_support::{Run, config, file, run, scratch};
use groundlink_station::chain::From;
use groundlink_station::input::parse_utc;

const SIGNAL_TEXT: &str =
    "[signal]\nmodulation = 'qpsk'\nsymbol_rate = 20000\n[coding]\nconvolutional = true\n";
const FRAMES: u64 = 12;

/// Records of a clean link with these frames and packets, whose first sample is at `start`.
fn received(rest: &str, start: &str) -> (Link, Run) {
    let mut link = Link::clean(&format!("{SIGNAL_TEXT}{rest}"), FRAMES);
    link.start = Some(parse_utc(start).expect("a time"));
    let trip = link.trip();
    link.judge(&trip)
        .unwrap_or_else(|wrong| panic!("{rest}: {wrong}"));
    (link, trip.run)
}

/// Nanoseconds between two times of the same day.
fn difference(a: &str, b: &str) -> i64 {
    let nanos = |text: &str| {
        let clock = text.split_once('T').expect("a time").1.trim_end_matches('Z');
        let seconds = clock.split(':').fold(0.0, |sum, part| {
            60.0 * sum + part.parse::<f64>().expect("a number")
        });
        (seconds * 1e9) as i64
    };
    nanos(a) - nanos(b)
}

#[test]
fn packets_say_when_the_frame_was_sent_in_which_they_begin() {
    for (code, resolution_ns) in [
        ("code = 'cuc'", 15_259),
        ("code = 'cuc'\npreamble = true\nfine_bytes = 4\noffset = 3", 1),
        (
            "code = 'cuc'\nepoch = '2000-01-01T11:58:55.816Z'\ncoarse_bytes = 5\nfine_bytes = 3\npreamble = true",
            60,
        ),
        ("code = 'cds'", 1_000_000),
        (
            "code = 'cds'\npreamble = true\nresolution = 'us'\nepoch = '2020-01-01T00:00:00Z'",
            1_000,
        ),
        ("code = 'cds'\nday_bytes = 3\nresolution = 'ps'", 1),
    ] {
        for frame in ["type = 'aos'\nvcids = [0, 5]", "type = 'tm'\nvcids = [1, 2]"] {
            let text = format!("[frame]\n{frame}\n[packets]\ncrc = true\n[packets.time]\n{code}");
            let (link, run) = received(&text, "2026-03-01T12:00:00Z");
            let packets = run.records("packet");
            let timed: Vec<_> = packets.iter().filter(|packet| packet["idle"] == false).collect();
            assert!(timed.len() >= 4, "{text}: {}", timed.len());
            for packet in &timed {
                assert_eq!(packet["crc"], true);
                assert_eq!(packet["secondary_header"], true);
                let time = packet["time"].as_str().expect("a time");
                let utc = packet["utc"].as_str().expect("a place in time");
                // The code cuts off what is beyond its resolution; the place is known to half a symbol.
                let late = difference(utc, time);
                let half_symbol = (5e8 / link.profile.symbol_rate_hz().expect("a signal")) as i64;
                assert!(
                    (-half_symbol..=half_symbol + resolution_ns).contains(&late),
                    "{text}: sent {time}, received {utc}"
                );
            }
            let idle: Vec<_> = packets.iter().filter(|packet| packet["idle"] == true).collect();
            assert!(idle.iter().all(|packet| packet.get("time").is_none()), "{text}");
        }
    }
}

#[test]
fn packets_as_input_have_their_time() {
    let text = "[frame]\ntype = 'aos'\n[packets.time]\ncode = 'cds'\nresolution = 'us'\npreamble = true";
    let (link, whole) = received(text, "2026-03-01T23:59:59.9Z");
    let folder = scratch();
    let path = file(folder.path(), "packets");
    std::fs::write(&path, &whole.packets).expect("a file");
    let mut again = config(link.profile, &path);
    again.from = From::Packets;
    let times = run(&again).field("packet", "time");
    assert_eq!(times, whole.field("packet", "time"));
    let day = |time: &serde_json::Value| time.as_str().map(|text| text[..10].to_owned());
    assert_eq!(times.first().and_then(day).as_deref(), Some("2026-03-01"));
    assert_eq!(times.last().and_then(day).as_deref(), Some("2026-03-02"));
}

#[test]
fn a_time_code_of_another_kind_is_told() {
    let text = |code| {
        format!("{SIGNAL_TEXT}[frame]\ntype = 'aos'\n[packets.time]\npreamble = true\ncode = '{code}'")
    };
    let sent = Link::clean(&text("cuc"), FRAMES);
    let folder = scratch();
    sent.send(folder.path());
    let expected = Link::clean(&text("cds"), FRAMES).profile;
    let run = run(&config(expected, &file(folder.path(), SIGNAL)));
    let errors = run.field("packet", "time_error");
    assert!(errors.len() >= 4);
    for error in errors {
        assert_eq!(error, "time code identification is 1, must be 4 (CDS)");
    }
}

#[test]
fn tm_secondary_headers_carry_the_number_of_the_frame() {
    for (bytes, first, last) in [
        (2, "0100", "010B"),
        (4, "03000000", "0300000B"),
        (
            15,
            "0E0000000000000000000000000000",
            "0E000000000000000000000000000B",
        ),
    ] {
        let text = format!(
            "[frame]\ntype = 'tm'\nfecf = true\nsecondary_header = {bytes}\n[packets.time]\ncode = 'cuc'"
        );
        let (_, run) = received(&text, "2026-03-01T12:00:00Z");
        let headers = run.field("frame", "secondary_header");
        assert_eq!(headers.len() as u64, FRAMES);
        assert_eq!((&headers[0], &headers[11]), (&first.into(), &last.into()));
        assert!(
            run.field("packet", "time")
                .iter()
                .any(serde_json::Value::is_string)
        );
    }
}
