//! NATS `JetStream`, on a real server that is stopped, killed and started again.

use super::http::outputs;
use super::nats_server::{Server, nobody};
use super::proxy::Proxy;
use super::support::{Frames, Running, config, demo, wait_for};
use async_nats::jetstream::message::StreamMessage;
use groundlink_station::chain::From;
use std::thread::sleep;
use std::time::Duration;

fn header<'a>(message: &'a StreamMessage, name: &str) -> Option<&'a str> {
    message.headers.get(name).map(async_nats::HeaderValue::as_str)
}

#[test]
fn frames_are_stored_by_station_satellite_and_channel() {
    let Some(mut server) = Server::new("127.77.1.1", &["--auth", "0123secret"]) else {
        return;
    };
    server.start();
    std::fs::write(server.folder.path().join("token"), "0123secret\n").unwrap();
    let token = server.folder.path().join("token");
    let spec = format!(
        "nats://127.77.1.1:4222?station=north&stall=60&token_file={}",
        token.display()
    );
    let report = Running::start(config("demo", &demo(), From::Iq, &[&spec])).finish();
    let output = &report.outputs[0];
    assert_eq!((output.offered, output.delivered), (85, 85));
    assert!(!serde_json::to_string(&report).unwrap().contains("0123secret"));
    let stored = server.stored(nobody().token("0123secret".to_owned()));
    assert_eq!(stored.len(), 85);
    for channel in &report.virtual_channels {
        let subject = format!("groundlink.north.demo.frames.{}", channel.vcid.unwrap());
        let count = stored
            .iter()
            .filter(|message| message.subject.as_str() == subject)
            .count();
        assert_eq!(count as u64, channel.frames, "{subject}");
    }
    let first = &stored[0];
    assert_eq!(
        header(first, "Groundlink-Utc"),
        Some("2026-03-01T12:00:00.250820Z")
    );
    assert_eq!(header(first, "Groundlink-Sample"), Some("12541"));
    assert_eq!(header(first, "Groundlink-Good"), Some("true"));
    assert_eq!(first.payload.len(), 223);
}

#[test]
fn a_server_that_hangs_and_is_killed_in_the_middle_has_every_frame_once() {
    let Some(mut server) = Server::new("127.77.1.2", &[]) else {
        return;
    };
    server.start();
    let frames = Frames::new(20_000, 200);
    let run = frames.run(&["nats://127.77.1.2:4222?queue=100&stall=60", "http://:0"]);
    let http = run.address(1);
    let delivered = || outputs(http)[0]["delivered"].as_u64().unwrap();
    wait_for(|| (delivered() >= 2000).then_some(()));
    // The network is cut for longer than acknowledgements are waited for.
    server.signal("-STOP");
    sleep(Duration::from_secs(3));
    server.signal("-CONT");
    let until = delivered() + 1000;
    wait_for(|| (delivered() >= until).then_some(()));
    server.kill();
    assert!(delivered() < 20_000, "killed in the middle");
    sleep(Duration::from_millis(500));
    server.start();
    let report = run.finish();
    let output = &report.outputs[0];
    assert_eq!((output.offered, output.delivered), (20_000, 20_000), "{output:?}");
    assert!(output.connections >= 2, "{output:?}");
    let stored = server.stored(nobody());
    assert_eq!(stored.len(), 20_000, "each once");
    let mut got: Vec<&[u8]> = stored.iter().map(|message| &message.payload[..]).collect();
    got.sort_unstable();
    assert!(got.concat() == frames.bytes);
}

#[test]
fn a_live_run_keeps_the_newest_for_a_server_that_comes_late() {
    let Some(mut server) = Server::new("127.77.1.3", &[]) else {
        return;
    };
    let frames = Frames::new(1000, 50);
    let run = frames.run(&["nats://127.77.1.3:4222?queue=100&stall=60&full=drop", "http://:0"]);
    let http = run.address(1);
    wait_for(|| (outputs(http)[0]["dropped"]["queue_full"] == 900).then_some(()));
    server.start();
    let output = &run.finish().outputs[0];
    assert_eq!((output.delivered, output.dropped["queue_full"]), (100, 900));
    let stored: Vec<u8> = server
        .stored(nobody())
        .iter()
        .flat_map(|message| message.payload.to_vec())
        .collect();
    assert!(stored == frames.bytes[900 * 50..]);
}

#[test]
fn a_network_cut_in_the_middle_leaves_every_frame_once() {
    let Some(mut server) = Server::new("127.77.1.4", &[]) else {
        return;
    };
    server.start();
    let proxy = Proxy::start("127.77.1.4:4222");
    let frames = Frames::new(8000, 200);
    let nats = format!("nats://{}?queue=100&stall=60", proxy.address());
    let run = frames.run(&[&nats, "http://:0"]);
    let http = run.address(1);
    let delivered = || outputs(http)[0]["delivered"].as_u64().unwrap();
    wait_for(|| (delivered() >= 1000).then_some(()));
    // Nothing goes through any more, for longer than acknowledgements are waited for; the connections stand.
    proxy.hold();
    sleep(Duration::from_millis(2500));
    // They break, and nobody can connect.
    proxy.cut();
    sleep(Duration::from_millis(500));
    let before = delivered();
    assert!(before < 8000, "cut in the middle");
    proxy.heal();
    let report = run.finish();
    let output = &report.outputs[0];
    assert_eq!((output.offered, output.delivered), (8000, 8000), "{output:?}");
    assert!(output.connections >= 2, "{output:?}");
    let stored = server.stored(nobody());
    assert_eq!(stored.len(), 8000, "each once");
    let mut got: Vec<&[u8]> = stored.iter().map(|message| &message.payload[..]).collect();
    got.sort_unstable();
    assert!(got.concat() == frames.bytes);
}
