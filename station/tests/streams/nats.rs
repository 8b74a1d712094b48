//! NATS `JetStream`, on a real server that is stopped, killed and started again.

use super::http::outputs;
use super::support::{Frames, Running, config, demo, installed, wait_for};
use async_nats::jetstream::message::StreamMessage;
use groundlink_station::chain::From;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;

/// A server of the test's own, at an address of its own, whose store outlives it.
struct Server {
    program: PathBuf,
    address: &'static str,
    folder: TempDir,
    options: Vec<String>,
    running: Option<Child>,
}

impl Server {
    fn new(address: &'static str, options: &[&str]) -> Option<Self> {
        Some(Self {
            program: installed("nats-server").or_else(|| sbin("nats-server"))?,
            address,
            folder: tempfile::tempdir().unwrap(),
            options: options.iter().map(|&option| option.to_owned()).collect(),
            running: None,
        })
    }

    fn start(&mut self) {
        let child = Command::new(&self.program)
            .args(["-js", "-a", self.address, "-p", "4222", "-sd"])
            .arg(self.folder.path())
            .args(&self.options)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.running = Some(child);
    }

    fn signal(&self, signal: &str) {
        let pid = self.running.as_ref().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Kills it without a chance to tidy up.
    fn kill(&mut self) {
        let mut child = self.running.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Everything in the stream.
    fn stored(&self, token: Option<&str>) -> Vec<StreamMessage> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut options = async_nats::ConnectOptions::new();
            if let Some(token) = token {
                options = options.token(token.to_owned());
            }
            let client = options
                .connect(format!("nats://{}:4222", self.address))
                .await
                .unwrap();
            let context = async_nats::jetstream::new(client);
            let stream = context.get_stream("GROUNDLINK").await.unwrap();
            let state = stream.get_info().await.unwrap().state;
            let mut messages = Vec::new();
            for sequence in state.first_sequence..=state.last_sequence {
                messages.push(stream.get_raw_message(sequence).await.unwrap());
            }
            messages
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.kill();
        }
    }
}

fn sbin(program: &str) -> Option<PathBuf> {
    Some(Path::new("/usr/sbin").join(program)).filter(|path| path.is_file())
}

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
    let stored = server.stored(Some("0123secret"));
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
    let stored = server.stored(None);
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
        .stored(None)
        .iter()
        .flat_map(|message| message.payload.to_vec())
        .collect();
    assert!(stored == frames.bytes[900 * 50..]);
}
