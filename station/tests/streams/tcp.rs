//! TCP, both ways round.

use super::http::outputs;
use super::support::{Frames, PATIENCE, Running, config, read_to_end, wait_for};
use groundlink_station::chain::From;
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

#[test]
fn a_client_gets_every_frame_of_a_replay_back_to_back() {
    let frames = Frames::new(3000, 300);
    let run = frames.run(&["tcp-listen://:0?wait=60&queue=16"]);
    let got = read_to_end(run.connect(0));
    assert!(
        got == frames.bytes,
        "{} of {} bytes",
        got.len(),
        frames.bytes.len()
    );
    let output = &run.finish().outputs[0];
    assert_eq!((output.offered, output.delivered), (3000, 3000));
    assert_eq!((output.bytes, output.connections), (900_000, 1));
    assert_eq!(output.what, "frames");
}

#[test]
fn nobody_there_is_a_cause() {
    let frames = Frames::new(10, 20);
    let output = &frames.run(&["tcp-listen://:0"]).finish().outputs[0];
    assert_eq!((output.offered, output.delivered), (10, 0));
    assert_eq!(output.dropped["no_client"], 10);
}

#[test]
fn a_replay_waits_for_the_first_client_no_longer_than_told() {
    let frames = Frames::new(10, 20);
    let output = &frames.run(&["tcp-listen://:0?wait=0.2"]).finish().outputs[0];
    assert_eq!(output.dropped["no_client"], 10);
}

#[test]
fn a_server_gets_every_frame() {
    let frames = Frames::new(500, 100);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let run = frames.run(&[&format!("tcp://{}", listener.local_addr().unwrap())]);
    let got = read_to_end(listener.accept().unwrap().0);
    assert!(got == frames.bytes, "{} bytes", got.len());
    let output = &run.finish().outputs[0];
    assert_eq!(
        (output.delivered, output.connections, output.last_error.as_deref()),
        (500, 1, None)
    );
}

/// Reads so many bytes and breaks the connection.
fn read_and_leave(mut stream: TcpStream, bytes: usize) -> Vec<u8> {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut got = vec![0; bytes];
    stream.read_exact(&mut got).unwrap();
    got
}

#[test]
fn a_server_that_dies_and_comes_back_gets_whole_frames_again() {
    // More than any system's buffers hold: the rest has not been sent when the server goes.
    let frames = Frames::new(20_000, 2000);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let run = frames.run(&[&format!("tcp://{}?queue=16", listener.local_addr().unwrap())]);
    let first = read_and_leave(listener.accept().unwrap().0, 10 * frames.length + 7);
    assert!(first == frames.bytes[..first.len()]);
    let rest = read_to_end(listener.accept().unwrap().0);
    assert_eq!(rest.len() % frames.length, 0, "whole frames");
    assert!(
        !rest.is_empty() && frames.bytes.ends_with(&rest),
        "to the last one without a gap"
    );
    let output = &run.finish().outputs[0];
    assert_eq!(
        (output.offered, output.delivered, output.connections),
        (20_000, 20_000, 2)
    );
    assert!(output.last_error.is_some());
}

/// Waits until the run waits for a client of the second output, whose queue is full.
fn held(http: SocketAddr) {
    let (mut last, mut looks) = (0, 0);
    wait_for(|| {
        let output = &outputs(http)[1];
        let offered = output["offered"].as_u64().unwrap();
        let still = offered == last && output["queued"].as_u64() >= Some(16);
        looks = if still { looks + 1 } else { 0 };
        last = offered;
        (looks == 40).then_some(())
    });
}

#[test]
fn clients_do_not_disturb_each_other() {
    // More than any system's buffers hold.
    let frames = Frames::new(20_000, 2000);
    let run = frames.run(&[
        "tcp-listen://:0?wait=60&queue=16",
        "tcp-listen://:0?wait=60&queue=16&stall=60",
        "http://:0",
    ]);
    let (mut leaving, staying) = (run.connect(1), run.connect(1));
    let http = run.address(2);
    wait_for(|| (outputs(http)[1]["clients"] == 2).then_some(()));
    // The run waits for a client of the first output, so both of these are there from the first frame on.
    let [second, third] = [staying, run.connect(0)].map(|stream| thread::spawn(move || read_to_end(stream)));
    let mut first = vec![0; 1000];
    leaving.set_read_timeout(Some(PATIENCE)).unwrap();
    leaving.read_exact(&mut first).unwrap();
    held(http);
    drop(leaving);
    assert!(first == frames.bytes[..1000]);
    assert!(third.join().unwrap() == frames.bytes);
    assert!(second.join().unwrap() == frames.bytes);
    let report = run.finish();
    for output in &report.outputs[..2] {
        assert_eq!((output.offered, output.delivered), (20_000, 20_000));
    }
    // What waited for the one that left.
    assert!(report.outputs[1].copies_lost >= 16, "{:?}", report.outputs[1]);
    assert_eq!(report.outputs[0].copies_lost, 0);
}

#[test]
fn cadus_and_packets_go_out_as_to_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let outputs = ["cadus", "packets"].map(|what| format!("tcp-listen://:0?wait=60&what={what}"));
    let mut config = config(
        "demo",
        &super::support::demo(),
        From::Iq,
        &outputs.each_ref().map(String::as_str),
    );
    config.outputs.cadus = Some(path("cadus"));
    config.outputs.packets = Some(path("packets"));
    let run = Running::start(config);
    let [cadus, packets] = [0, 1].map(|nth| {
        let stream = run.connect(nth);
        thread::spawn(move || read_to_end(stream))
    });
    let (cadus, packets) = (cadus.join().unwrap(), packets.join().unwrap());
    let report = run.finish();
    assert_eq!(report.outputs[0].delivered, report.frames.good);
    assert_eq!(report.outputs[1].delivered, report.packets);
    assert!(cadus == std::fs::read(path("cadus")).unwrap());
    assert!(packets == std::fs::read(path("packets")).unwrap());
}

#[test]
fn an_address_in_use_is_told_before_the_run() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let frames = Frames::new(1, 20);
    let text = frames.refusal(&format!("tcp-listen://{address}"));
    assert!(
        text.starts_with(&format!("cannot write tcp-listen://{address}: ")),
        "{text}"
    );
}
