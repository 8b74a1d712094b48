//! Consumers that hang or are not there: the run goes on, and what they did not get is counted.

use super::support::{Frames, read_to_end};
use std::net::TcpListener;
use std::time::{Duration, Instant};

#[test]
fn a_client_that_hangs_is_dead_after_its_time() {
    // More than any system's buffers hold.
    let frames = Frames::new(20_000, 2000);
    let begun = Instant::now();
    let run = frames.run(&["tcp-listen://:0?wait=60&queue=16&stall=0.5"]);
    let hanging = run.connect(0);
    let output = &run.finish().outputs[0];
    drop(hanging);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert_eq!(output.offered, 20_000);
    let [stalled, nobody] =
        ["stalled", "no_client"].map(|cause| output.dropped.get(cause).copied().unwrap_or(0));
    assert_eq!(output.delivered + stalled + nobody, 20_000, "{output:?}");
    assert!(stalled > 16, "{output:?}");
    assert_eq!(output.bytes, output.delivered * 2000);
    assert!(
        output.last_error.as_ref().unwrap().contains("took nothing for"),
        "{output:?}"
    );
}

#[test]
fn a_client_that_hangs_live_costs_no_time_at_all() {
    let frames = Frames::new(20_000, 2000);
    let run = frames.run(&[
        "tcp-listen://:0?wait=60&queue=16&stall=3600&full=drop",
        "tcp-listen://:0?wait=60",
    ]);
    let hanging = run.connect(0);
    let got = read_to_end(run.connect(1));
    assert!(got == frames.bytes, "the other output has all");
    // What is left for the one that hangs is given up when the run is asked to stop.
    run.monitor.stop();
    let report = run.finish();
    drop(hanging);
    let output = &report.outputs[0];
    assert_eq!(output.offered, 20_000);
    let [full, ended] =
        ["queue_full", "run_ended"].map(|cause| output.dropped.get(cause).copied().unwrap_or(0));
    assert_eq!(output.delivered + full + ended, 20_000, "{output:?}");
    assert!(full > 0, "{output:?}");
    assert!(ended <= 17, "the queue and the one on its way: {output:?}");
}

#[test]
fn a_server_that_is_not_there_holds_a_replay_up_once() {
    let frames = Frames::new(1000, 50);
    let begun = Instant::now();
    let output = &frames
        .run(&["tcp://127.77.0.1:9?queue=10&stall=0.3"])
        .finish()
        .outputs[0];
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(
        (output.offered, output.delivered, output.connections),
        (1000, 0, 0)
    );
    // Ten in the queue, one in hand; the rest came when nothing moved any more.
    assert_eq!(
        (output.dropped["stalled"], output.dropped["run_ended"]),
        (989, 11)
    );
    assert!(output.last_error.is_some());
}

#[test]
fn a_live_run_keeps_the_newest_for_a_server_that_is_not_there() {
    let frames = Frames::new(1000, 50);
    let output = &frames
        .run(&["tcp://127.77.0.1:9?queue=10&stall=0.3&full=drop"])
        .finish()
        .outputs[0];
    assert_eq!((output.offered, output.delivered), (1000, 0));
    let [full, ended] = ["queue_full", "run_ended"].map(|cause| output.dropped[cause]);
    assert_eq!(full + ended, 1000);
    assert!(
        (10..=11).contains(&ended),
        "the queue, and one if it was in hand: {output:?}"
    );
}

#[test]
fn a_server_that_comes_late_gets_everything_of_a_replay() {
    // An address that nothing else uses: it is free when its time comes.
    let address = "127.77.0.2:20999";
    let frames = Frames::new(1000, 50);
    let run = frames.run(&[&format!("tcp://{address}?queue=10&stall=60")]);
    std::thread::sleep(Duration::from_millis(300));
    let listener = TcpListener::bind(address).unwrap();
    let got = read_to_end(listener.accept().unwrap().0);
    assert!(got == frames.bytes);
    let output = &run.finish().outputs[0];
    assert_eq!((output.delivered, output.connections), (1000, 1));
}
