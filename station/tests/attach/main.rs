//! Viewers of a run: what they see is what the station has, whatever the link, and none of them can do any harm.

use groundlink_station::attach::{
    Answer, Ask, Connection, Endpoint, MAX_ANSWER, MAX_ASK, MAX_VIEWERS, Server, VERSION, Viewer, decode,
    encode, receive, send,
};
use groundlink_station::monitor::{EventKind, EventLine, FrameView, Level, Monitor, PacketView, Phase};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

fn any() -> Endpoint {
    "127.0.0.1:0".parse().expect("an address")
}

fn frame(n: u64) -> FrameView {
    FrameView {
        ordinal: n,
        sample: Some(1000 * n),
        utc: None,
        header: None,
        verdict: "good".into(),
        good: true,
        idle: false,
        gap_before: 0,
        samples_lost: 0,
        eb_n0_db: f32::NAN,
        bytes: vec![n as u8; 200],
    }
}

fn packet(n: u64) -> PacketView {
    PacketView {
        ordinal: n,
        sample: None,
        utc: Some("2026-03-01T12:00:00.000000Z".into()),
        vc: None,
        apid: 5,
        sequence_flags: 3,
        sequence_count: n as u16,
        gap_before: 0,
        time: None,
        bytes: vec![0xFF; 90],
    }
}

/// A run of which so much is known.
fn publish(monitor: &Monitor, from: u64, to: u64) {
    for n in from..to {
        monitor.push_frame(frame(n));
        monitor.push_packet(packet(n));
        if n % 10 == 0 {
            monitor.push_event(EventLine {
                level: Level::Warning,
                kind: EventKind::Gap,
                ..EventLine::info(&format!("gap {n}"))
            });
        }
    }
    monitor.update(|status| {
        status.position = 1000 * to;
        status.totals.frames_good = to;
        status.eb_n0_db = f32::NAN;
        status.profile = "demo".into();
    });
    monitor.update_plots(|plots| {
        plots.spectrum_serial += 1;
        plots.spectrum = vec![-60.0; 1024];
        plots.spectrum[777] = -3.0;
        plots.span_hz = 48e3;
    });
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A viewer in a thread of its own; what it shows.
fn view(at: &Endpoint) -> Monitor {
    let monitor = Monitor::new();
    let mut viewer = Viewer::new(at, &monitor);
    let connection = viewer.connect().expect("a station");
    thread::spawn(move || viewer.watch(connection));
    monitor
}

/// Frames by their bits: NaN is the same as NaN.
fn told(frames: &[FrameView]) -> Vec<String> {
    frames.iter().map(|frame| format!("{frame:?}")).collect()
}

fn ask_once(connection: &mut Connection, ask: &Ask) -> Answer {
    send(connection, &encode(ask, MAX_ASK).expect("short")).expect("sent");
    decode(&receive(connection, MAX_ANSWER).expect("an answer")).expect("of the protocol")
}

#[test]
fn several_viewers_see_what_the_station_has() {
    let run = Monitor::new();
    publish(&run, 0, 8);
    let server = Server::start(&any(), &run).expect("a port");
    let viewers = [
        view(server.endpoint()),
        view(server.endpoint()),
        view(server.endpoint()),
    ];
    assert!(run.watched(), "histories are asked for");
    run.set_paused(true);
    run.set_pace(Some(2.5));
    publish(&run, 8, 16);
    for viewer in &viewers {
        until("all is there", || {
            viewer.frames_since(0).1.len() == 16 && viewer.paused()
        });
        until("all packets", || viewer.packets_since(0).1.len() == 16);
        assert_eq!(told(&viewer.frames_since(0).1), told(&run.frames_since(0).1));
        assert_eq!(viewer.packets_since(0).1, run.packets_since(0).1);
        assert_eq!(viewer.events_since(0).1, run.events_since(0).1);
        until("the status", || viewer.status().totals.frames_good == 16);
        assert!(viewer.status().eb_n0_db.is_nan());
        assert_eq!(viewer.pace(), Some(2.5));
        until("the spectrum", || viewer.plots().spectrum.len() == 1024);
        assert_eq!(viewer.plots().spectrum[777], -3.0);
        viewer.stop();
    }
    until("they go", || server.viewers() == 0);
}

#[test]
fn what_a_viewer_does_with_its_monitor_does_not_reach_the_station() {
    let run = Monitor::new();
    let server = Server::start(&any(), &run).expect("a port");
    let viewer = view(server.endpoint());
    viewer.set_paused(true);
    viewer.set_pace(Some(9.0));
    viewer.stop();
    until("it goes", || server.viewers() == 0);
    assert!(!run.paused() && !run.stopping());
    assert_eq!(run.pace(), None);
}

#[test]
fn a_viewer_sees_the_end_of_a_run_and_a_lost_connection() {
    let run = Monitor::new();
    let server = Server::start(&any(), &run).expect("a port");
    let (first, second) = (view(server.endpoint()), view(server.endpoint()));
    second.stop();
    publish(&run, 0, 5);
    run.update(|status| status.phase = Phase::Finished);
    drop(server);
    assert_eq!(first.status().phase, Phase::Finished);
    assert_eq!(first.frames_since(0).1.len(), 5);

    let run = Monitor::new();
    let server = Server::start(&any(), &run).expect("a port");
    let viewer = view(server.endpoint());
    drop(server);
    until(
        "it is said plainly",
        || matches!(viewer.status().phase, Phase::Failed(text) if text.contains("connection lost")),
    );
    viewer.stop();
}

#[test]
fn a_socket_in_the_file_system_serves_as_well_and_goes_with_the_station() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("station.sock");
    let at: Endpoint = format!("unix:{}", path.display()).parse().expect("an address");
    let run = Monitor::new();
    publish(&run, 0, 3);
    let server = Server::start(&at, &run).expect("a path");
    assert!(Server::start(&at, &run).is_err(), "it is taken");
    let viewer = view(&at);
    until("frames", || viewer.frames_since(0).1.len() == 3);
    viewer.stop();
    drop(server);
    assert!(!path.exists(), "it goes at once: the program may end now");
    let again = Server::start(&at, &run).expect("the path is free");
    drop(again);
    assert!(!path.exists());
}

#[test]
fn answers_are_bounded_and_tell_what_they_leave_out() {
    let run = Monitor::new();
    publish(&run, 0, 2_000);
    let server = Server::start(&any(), &run).expect("a port");
    let mut connection = server.endpoint().connect().expect("a station");
    for most in [0, 2_048, 8_192, 65_536, u32::MAX] {
        let ask = Ask {
            v: VERSION,
            bins: 1024,
            points: 1024,
            most,
            ..Ask::default()
        };
        send(&mut connection, &encode(&ask, MAX_ASK).expect("short")).expect("sent");
        let bytes = receive(&mut connection, MAX_ANSWER).expect("an answer");
        let bound = (most as usize).clamp(2_048, MAX_ANSWER);
        assert!(bytes.len() <= bound, "{} of {bound}", bytes.len());
        let answer: Answer = decode(&bytes).expect("of the protocol");
        let (frames, packets) = (&answer.frames, &answer.packets);
        assert_eq!(frames.first + frames.items.len() as u64, 2_000, "the newest");
        assert_eq!(packets.first + packets.items.len() as u64, 2_000, "the newest");
        if let Some(spectrum) = answer.spectrum {
            assert!(spectrum.bins.contains(&-3.0), "lines survive");
        }
    }
}

#[test]
fn a_viewer_that_never_reads_holds_nobody_up() {
    let run = Monitor::new();
    publish(&run, 0, 2_000);
    let server = Server::start(&any(), &run).expect("a port");
    let mut deaf = server.endpoint().connect().expect("a station");
    let ask = Ask {
        v: VERSION,
        most: u32::MAX,
        ..Ask::default()
    };
    let ask = encode(&ask, MAX_ASK).expect("short");
    deaf.limit(Duration::from_secs(1), Duration::from_millis(200))
        .expect("limits");
    while send(&mut deaf, &ask).is_ok() {}
    let begun = Instant::now();
    publish(&run, 2_000, 2_500);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "publishing waits for nobody"
    );
    let viewer = view(server.endpoint());
    until("another one sees it all", || {
        viewer.status().totals.frames_good == 2_500
    });
    viewer.stop();
}

#[test]
fn garbage_other_versions_and_crowds_are_refused_and_the_station_goes_on() {
    let run = Monitor::new();
    let server = Server::start(&any(), &run).expect("a port");
    let connect = || server.endpoint().connect().expect("a station");
    let mut other = connect();
    let answer = ask_once(
        &mut other,
        &Ask {
            v: 99,
            ..Ask::default()
        },
    );
    let refused = answer.refused.expect("another version");
    assert!(
        refused.contains("99") && refused.contains(&VERSION.to_string()),
        "{refused}"
    );
    let mut garbage = connect();
    send(&mut garbage, b"GET / HTTP/1.1").expect("sent");
    let answer: Answer = decode(&receive(&mut garbage, MAX_ANSWER).expect("an answer")).expect("an answer");
    assert!(answer.refused.is_some());
    let mut long = connect();
    long.write_all(&[0xFF; 64]).expect("sent");
    assert_eq!(long.read(&mut [0; 8]).unwrap_or(0), 0, "it is closed");
    until("they go", || server.viewers() == 0);
    let ask = Ask {
        v: VERSION,
        ..Ask::default()
    };
    let mut crowd: Vec<Connection> = Vec::new();
    for _ in 0..MAX_VIEWERS {
        let mut connection = connect();
        assert!(ask_once(&mut connection, &ask).refused.is_none());
        crowd.push(connection);
    }
    let mut one_more = connect();
    let answer: Answer = decode(&receive(&mut one_more, MAX_ANSWER).expect("an answer")).expect("an answer");
    assert!(answer.refused.is_some_and(|text| text.contains("16")));
    crowd.pop();
    until("there is room", || {
        let mut connection = connect();
        send(&mut connection, &encode(&ask, MAX_ASK).expect("short")).expect("sent");
        receive(&mut connection, MAX_ANSWER)
            .is_ok_and(|bytes| decode::<Answer>(&bytes).is_ok_and(|answer| answer.refused.is_none()))
    });
}

/// Passes bytes on, at most so many per second.
fn throttle(mut from: TcpStream, mut to: TcpStream, bytes_per_second: usize) {
    let piece = bytes_per_second / 50;
    let mut buffer = vec![0; piece];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
        thread::sleep(Duration::from_secs_f64(read as f64 / bytes_per_second as f64));
    }
}

#[test]
fn over_64_kbit_per_second_the_rate_goes_down_and_nothing_shown_is_wrong() {
    let run = Monitor::new();
    publish(&run, 0, 2_000);
    let server = Server::start(&any(), &run).expect("a port");
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let slow: Endpoint = proxy
        .local_addr()
        .expect("bound")
        .to_string()
        .parse()
        .expect("an address");
    let Endpoint::Tcp(fast) = server.endpoint().clone() else {
        panic!("TCP was asked for")
    };
    thread::spawn(move || {
        let (viewer, _) = proxy.accept().expect("a viewer");
        let station = TcpStream::connect(fast).expect("a station");
        let (up, down) = (
            viewer.try_clone().expect("a socket"),
            station.try_clone().expect("a socket"),
        );
        thread::spawn(move || throttle(up, station, 8_000));
        throttle(down, viewer, 8_000);
    });
    let viewer = view(&slow);
    // A second of a station in full swing: far more than the link takes.
    for n in 20..30 {
        publish(&run, n * 100, (n + 1) * 100);
        thread::sleep(Duration::from_millis(100));
    }
    until("the newest status", || {
        viewer.status().totals.frames_good == 3_000
    });
    until("the newest frame", || {
        viewer
            .frames_since(0)
            .1
            .last()
            .is_some_and(|f| f.ordinal == 2_999)
    });
    let frames = viewer.frames_since(0).1;
    assert!(frames.len() < 1_000, "{}", frames.len());
    assert!(frames.windows(2).all(|w| w[0].ordinal < w[1].ordinal));
    let expected: Vec<_> = frames.iter().map(|f| frame(f.ordinal)).collect();
    assert_eq!(told(&frames), told(&expected));
    let events = viewer.events_since(0).1;
    assert!(events.iter().any(|e| e.text.contains("left out")), "it is said");
    viewer.stop();
}
