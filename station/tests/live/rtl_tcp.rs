//! `rtl_tcp`: tuning, decoding, a server that dies and returns, one that falls silent, and what is none.

use crate::chain_support::{Run, run, try_run};
use crate::players::{Recording, heard, play_to};
use groundlink_station::input::{Gain, LiveOptions, LossCause, TimeSource};
use groundlink_station::time::utc_text;
use hifitime::Epoch;
use std::io::Write;
use std::net::TcpListener;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const HEADER: &[u8] = b"RTL0\0\0\0\x05\0\0\0\x1D";

/// A server that plays each part to a client of its own, with the pause before it; last it hangs up for good.
/// Returns its port and what the clients asked for.
fn serve(parts: Vec<(Duration, Vec<u8>)>, per_second: f64) -> (u16, JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let mut asked = Vec::new();
        for (pause, bytes) in parts {
            thread::sleep(pause);
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(HEADER).unwrap();
            play_to(&mut stream, &bytes, per_second);
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            asked.push(heard(stream));
        }
        asked
    });
    (port, server)
}

fn once() -> LiveOptions {
    LiveOptions {
        reconnect_s: Some(0.0),
        ..LiveOptions::default()
    }
}

/// All that was decoded, and nothing was lost.
fn as_from_the_file(run: &Run, recording: &Recording) {
    assert_eq!(run.report.error, None);
    assert_eq!(run.report.input.lost_samples, 0);
    assert!(
        run.frames == recording.file.frames,
        "other frames than from the file"
    );
    assert_eq!(
        run.numbers("frame", "sample"),
        recording.file.numbers("frame", "sample")
    );
    assert_eq!(run.report.input.read, recording.file.report.input.read);
}

#[test]
fn a_server_that_plays_a_file_gives_its_frames() {
    let recording = Recording::of(25_000.0, 250e3, "cu8", 60);
    let (port, server) = serve(
        vec![(Duration::ZERO, recording.bytes.clone())],
        4.0 * recording.pace(),
    );
    let live = LiveOptions {
        frequency_hz: Some(437.525e6),
        gain: Some(Gain::Overall(30.0)),
        settings: vec!["bias_tee=1".parse().unwrap()],
        ..once()
    };
    let before = Epoch::now().unwrap();
    let run = run(&recording.config(&format!("rtl_tcp://127.0.0.1:{port}"), live));
    as_from_the_file(&run, &recording);
    let expected = [
        [0x02, 0x00, 0x03, 0xD0, 0x90],
        [0x0E, 0, 0, 0, 1],
        [0x01, 0x1A, 0x14, 0x1A, 0x08],
        [0x03, 0, 0, 0, 1],
        [0x04, 0x00, 0x00, 0x01, 0x2C],
    ];
    assert_eq!(server.join().unwrap(), [expected.concat()]);
    assert_eq!(run.report.input.format, "rtl_tcp cu8");
    // The time is that of this computer.
    let input = &run.report.input;
    assert_eq!(input.time_source, Some(TimeSource::Host));
    assert_eq!(input.utc_uncertainty_s, Some(131_072.0 / 250e3 + 0.1));
    let (start, end) = (input.start.clone().unwrap(), utc_text(Epoch::now().unwrap()));
    // What is played faster than it was received seems to have begun the earlier.
    let early = before - hifitime::Duration::from_seconds(input.seconds.unwrap() + 1.0);
    assert!(utc_text(early) < start && start < end, "{start}");
    let uncertainties = run.field("frame", "utc_uncertainty_s");
    assert!(uncertainties.iter().all(|value| value == 131_072.0 / 250e3 + 0.1));
}

#[test]
fn fast_samples_arrive_in_real_time() {
    let recording = Recording::of(240_000.0, 2.4e6, "cu8", 150);
    assert!(recording.bytes.len() > 4_800_000 * 3 / 2, "long enough to tell");
    let (port, _) = serve(vec![(Duration::ZERO, recording.bytes.clone())], recording.pace());
    let started = Instant::now();
    let run = run(&recording.config(&format!("rtl_tcp://127.0.0.1:{port}"), once()));
    as_from_the_file(&run, &recording);
    let seconds = run.report.input.seconds.unwrap();
    assert!(
        started.elapsed().as_secs_f64() >= seconds - 0.02,
        "played in real time"
    );
}

#[test]
fn a_server_that_dies_and_returns_costs_what_was_sent_meanwhile() {
    let recording = Recording::of(25_000.0, 250e3, "cu8", 60);
    let half = recording.bytes.len() / 4 * 2;
    // The first part ends inside a sample.
    let parts = vec![
        (Duration::ZERO, recording.bytes[..half - 1].to_vec()),
        (Duration::from_millis(600), recording.bytes[half..].to_vec()),
    ];
    let (port, server) = serve(parts, 2.0 * recording.pace());
    let live = LiveOptions {
        reconnect_s: Some(1.5),
        ..LiveOptions::default()
    };
    let run = run(&recording.config(&format!("rtl_tcp://127.0.0.1:{port}"), live));
    assert_eq!(server.join().unwrap().len(), 2, "both clients were tuned");
    let error = run.report.error.clone().unwrap();
    assert!(
        error.contains("lost, and not found again within 1.5 s"),
        "{error}"
    );

    let input = &run.report.input;
    let samples = recording.bytes.len() as u64 / 2 - 1;
    assert_eq!(
        input.read,
        samples + input.lost_samples,
        "every sample is there or counted"
    );
    let lost = input.lost_by[&LossCause::Reconnect];
    assert_eq!(
        (lost.gaps, lost.samples, input.lost_by.len()),
        (1, input.lost_samples, 1)
    );
    assert!((0.5..3.0).contains(&lost.seconds), "{} s", lost.seconds);
    let records = run.records("samples_lost");
    assert_eq!(
        (&records[0]["sample"], &records[0]["cause"]),
        (&(half as u64 / 2 - 1).into(), &"reconnect".into())
    );

    // The frame that was cut is gone; the one behind says why.
    let length = recording.link.profile.frame.length;
    let came: Vec<&[u8]> = run.frames.chunks(length).collect();
    let missing: Vec<usize> = recording
        .file
        .frames
        .chunks(length)
        .enumerate()
        .filter_map(|(number, frame)| (!came.contains(&frame)).then_some(number))
        .collect();
    assert!(!missing.is_empty() && missing.len() <= 3, "missing: {missing:?}");
    let told: Vec<u64> = run
        .records("frame")
        .iter()
        .filter(|frame| frame["good"] == true)
        .filter_map(|frame| frame["samples_lost"].as_u64())
        .collect();
    assert_eq!(told, [input.lost_samples]);
}

#[test]
fn a_server_that_falls_silent_is_left_for_a_new_connection() {
    let recording = Recording::of(25_000.0, 250e3, "cu8", 30);
    let half = recording.bytes.len() / 4 * 2;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (bytes, pace) = (recording.bytes.clone(), 2.0 * recording.pace());
    let server = thread::spawn(move || {
        let (mut first, _) = listener.accept().unwrap();
        first.write_all(HEADER).unwrap();
        play_to(&mut first, &bytes[..half], pace);
        // Silent from now on, but there: only a new connection brings more.
        let (mut second, _) = listener.accept().unwrap();
        second.write_all(HEADER).unwrap();
        play_to(&mut second, &bytes[half..], pace);
        drop(listener);
    });
    let live = LiveOptions {
        silence: Duration::from_millis(700),
        reconnect_s: Some(0.5),
        ..LiveOptions::default()
    };
    let run = run(&recording.config(&format!("rtl_tcp://127.0.0.1:{port}"), live));
    server.join().unwrap();
    let lost = run.report.input.lost_by[&LossCause::Timeout];
    assert_eq!((lost.gaps, lost.samples), (1, run.report.input.lost_samples));
    assert!((0.65..3.0).contains(&lost.seconds), "{} s", lost.seconds);
    assert_eq!(
        run.report.input.read,
        recording.bytes.len() as u64 / 2 + lost.samples
    );
}

#[test]
fn what_is_no_server_is_told_in_one_line() {
    let recording = Recording::of(25_000.0, 250e3, "cu8", 2);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("rtl_tcp://127.0.0.1:{port}");
    let refusal = |live: LiveOptions| match try_run(&recording.config(&url, live)) {
        Ok(_) => panic!("it ran"),
        Err(error) => error.to_string(),
    };
    for (greeting, text) in [
        (
            &b"HTTP/1.1 400 Bad Request"[..],
            "no rtl_tcp server: its first bytes are [48, 54, 54, 50], not those of \"RTL0\"",
        ),
        (b"RTL0\0\0", "the server's header ends after 6 of 12 bytes"),
    ] {
        let listener = listener.try_clone().unwrap();
        let server = thread::spawn(move || listener.accept().unwrap().0.write_all(greeting).unwrap());
        assert_eq!(refusal(once()), format!("{url}: {text}"));
        server.join().unwrap();
    }
    let antenna = LiveOptions {
        antenna: Some("RX".into()),
        ..once()
    };
    let text = refusal(antenna);
    assert!(
        text.contains("--antenna means nothing for rtl_tcp; it has --frequency"),
        "{text}"
    );
    drop(listener);
    let text = refusal(once());
    assert!(text.starts_with(&format!("{url}: cannot connect: ")), "{text}");
}
