//! Raw samples over TCP and UDP.

use crate::chain_support::{run, try_run};
use crate::players::{Recording, play, play_to};
use groundlink_station::chain;
use groundlink_station::input::{LiveOptions, LossCause, TimeSource};
use groundlink_station::monitor::Monitor;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A port of this computer that is free at the moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A server that plays the recording to its first client, so many bytes a second; its URL.
fn serve(recording: &Recording, per_second: f64) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("tcp://{}", listener.local_addr().unwrap());
    let bytes = recording.bytes.clone();
    let server = thread::spawn(move || play_to(&mut listener.accept().unwrap().0, &bytes, per_second));
    (url, server)
}

#[test]
fn a_server_of_raw_samples_gives_their_frames_in_every_format() {
    for format in ["ci8", "ci16_le", "cf32_le"] {
        let recording = Recording::of(25_000.0, 100e3, format, 20);
        let (url, server) = serve(&recording, 4.0 * recording.pace());
        let run = run(&recording.config(&url, LiveOptions::default()));
        server.join().unwrap();
        assert_eq!(
            (run.report.error, run.report.input.lost_samples),
            (None, 0),
            "{format}"
        );
        assert!(run.frames == recording.file.frames, "{format}");
        assert_eq!(run.report.input.time_source, Some(TimeSource::Host));
        assert_eq!(
            run.report.input.utc_uncertainty_s, None,
            "nobody says how late they are"
        );
    }
}

#[test]
fn a_server_that_replays_is_held_back() {
    // Half a minute of signal at once: far more than the ring takes.
    let recording = Recording::of(9_600.0, 48e3, "ci16_le", 150);
    assert!(recording.file.report.input.seconds.unwrap() > 5.0 * chain::RING_SECONDS);
    let (url, server) = serve(&recording, 1e12);
    let live = LiveOptions {
        hold_back: true,
        ..LiveOptions::default()
    };
    let run = run(&recording.config(&url, live));
    server.join().unwrap();
    assert_eq!((run.report.error, run.report.input.lost_samples), (None, 0));
    assert!(run.frames == recording.file.frames);
    assert_eq!(
        run.report.input.time_source, None,
        "arrivals of a replay tell no time"
    );
}

#[test]
fn senders_connect_one_after_the_other() {
    let recording = Recording::of(25_000.0, 100e3, "ci16_le", 30);
    let half = recording.bytes.len() / 8 * 4;
    let port = free_port();
    let (bytes, pace) = (recording.bytes.clone(), 2.0 * recording.pace());
    let monitor = Monitor::new();
    let watch = monitor.clone();
    let sender = thread::spawn(move || {
        let connect = || loop {
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
                return stream;
            }
            thread::sleep(Duration::from_millis(10));
        };
        play_to(&mut connect(), &bytes[..half], pace);
        thread::sleep(Duration::from_millis(300));
        play_to(&mut connect(), &bytes[half..], pace);
        thread::sleep(Duration::from_millis(500));
        watch.stop();
    });
    let config = recording.config(&format!("tcp-listen://{port}"), LiveOptions::default());
    let report = chain::run(&config, &monitor).unwrap();
    sender.join().unwrap();
    let lost = report.input.lost_by[&LossCause::Reconnect];
    assert_eq!((lost.gaps, lost.samples), (1, report.input.lost_samples));
    assert!((0.25..2.0).contains(&lost.seconds), "{} s", lost.seconds);
    assert_eq!(report.input.read, recording.bytes.len() as u64 / 4 + lost.samples);
    assert!(report.frames.good >= 26, "{} of 30", report.frames.good);
}

#[test]
fn datagrams_give_their_frames_and_silence_is_counted() {
    let recording = Recording::of(25_000.0, 100e3, "ci16_le", 30);
    let half = recording.bytes.len() / 8 * 4;
    let port = free_port();
    let (bytes, pace) = (recording.bytes.clone(), 2.0 * recording.pace());
    let monitor = Monitor::new();
    let watch = monitor.clone();
    let sender = thread::spawn(move || {
        // Until somebody listens there is nobody to lose anything.
        while watch.status().input.is_none() {
            thread::sleep(Duration::from_millis(5));
        }
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(("127.0.0.1", port)).unwrap();
        let send = |piece: &[u8]| {
            for datagram in piece.chunks(1440) {
                socket.send(datagram).unwrap();
            }
        };
        play(send, &bytes[..half], pace);
        thread::sleep(Duration::from_millis(800));
        play(send, &bytes[half..], pace);
        thread::sleep(Duration::from_millis(500));
        watch.stop();
    });
    let live = LiveOptions {
        silence: Duration::from_millis(500),
        ..LiveOptions::default()
    };
    let report = chain::run(&recording.config(&format!("udp://{port}"), live), &monitor).unwrap();
    sender.join().unwrap();
    let lost = report.input.lost_by[&LossCause::Timeout];
    assert_eq!((lost.gaps, lost.samples), (1, report.input.lost_samples));
    assert!((0.7..2.5).contains(&lost.seconds), "{} s", lost.seconds);
    assert_eq!(report.input.read, recording.bytes.len() as u64 / 4 + lost.samples);
    assert!(report.frames.good >= 26, "{} of 30", report.frames.good);
}

#[test]
fn a_stopped_run_does_not_wait_for_anybody() {
    let recording = Recording::of(25_000.0, 100e3, "ci16_le", 2);
    for scheme in ["tcp-listen", "udp"] {
        let monitor = Monitor::new();
        let watch = monitor.clone();
        let stopper = thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            watch.stop();
        });
        let url = format!("{scheme}://{}", free_port());
        let started = Instant::now();
        let report = chain::run(&recording.config(&url, LiveOptions::default()), &monitor).unwrap();
        stopper.join().unwrap();
        assert!(started.elapsed() < Duration::from_secs(3), "{scheme}");
        assert_eq!((report.input.read, report.error), (0, None));
    }
}

#[test]
fn what_raw_samples_need_is_asked_for() {
    let recording = Recording::of(25_000.0, 100e3, "ci16_le", 2);
    for (url, text) in [
        (
            "tcp://127.0.0.1:9",
            "tcp://127.0.0.1:9: does not say what its samples are; give --format and --rate",
        ),
        (
            "udp://9000",
            "udp://9000: does not say what its samples are; give --format and --rate",
        ),
    ] {
        let mut config = recording.config(url, LiveOptions::default());
        config.open.format = None;
        config.open.sample_rate_hz = None;
        assert_eq!(try_run(&config).unwrap_err().to_string(), text);
    }
    let gain = LiveOptions {
        gain: "3".parse().ok(),
        ..LiveOptions::default()
    };
    let text = try_run(&recording.config("udp://9000", gain))
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("--gain means nothing for raw samples over UDP"),
        "{text}"
    );
}
