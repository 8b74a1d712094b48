//! A device on another computer: `SoapyRemote`'s server in front of the Red Pitaya's stand-in.

use crate::avahi;
use crate::players::Recording;
use crate::red_pitaya::{RATE, SEGMENT_SAMPLES};
use crate::soapy::{config, play, run_through, skipped};
use groundlink_station::input::{LiveOptions, LossCause, Setting, TimeSource};
use groundlink_station::output::report::LossReport;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// `SoapyRemote`'s server, gone when dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts one at a free port; without one, a line that says why.
    fn start() -> Option<Self> {
        let bus = avahi::serve();
        let started = Command::new("SoapySDRServer")
            .arg("--bind=127.0.0.1:0")
            .env("DBUS_SYSTEM_BUS_ADDRESS", bus)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = started else {
            println!("skipped: soapyremote-server is not installed");
            return None;
        };
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        let port = loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended: {said}");
            said += &line;
            if let Some(address) = line.trim().strip_prefix("Server bound to ") {
                break address.rsplit(':').next().unwrap().parse().unwrap();
            }
        };
        // What it goes on to say must not fill the pipe.
        thread::spawn(move || lines.read_to_end(&mut Vec::new()));
        Some(Self { child, port })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Of the stream: no datagrams, which may be lost on the way, and as many samples at a time as the device sends in a
/// segment, behind headers of 72 bytes.
fn settings() -> Vec<Setting> {
    let size = format!("stream.remote:mtu={}", 72 + 8 * SEGMENT_SAMPLES);
    ["stream.remote:prot=tcp", &size]
        .map(|setting| setting.parse().unwrap())
        .to_vec()
}

/// Plays a recording at this rate through the server: what was lost, once everything else was right.
fn through(server: &Server, rate: f64, number: u32) -> Option<BTreeMap<LossCause, LossReport>> {
    let recording = Recording::of(rate / 10.0, rate, "cf32_le", (rate / 25_000.0) as u64);
    let samples = recording.bytes.len() as u64 / 8;
    let (device, words) = play(&recording, 1.0, Some(Duration::from_millis(500)));
    let url = format!(
        "soapy:driver=remote,remote=tcp://127.0.0.1:{},remote:driver=redpitaya,addr=127.0.0.1,port={device}",
        server.port
    );
    let live = LiveOptions {
        frequency_hz: Some(21e6),
        settings: settings(),
        silence: Duration::from_secs(2),
        ..LiveOptions::default()
    };
    let outcome = run_through(&config(&recording, &url, live), samples);
    let (report, frames) = match outcome {
        Err(error) if skipped(&error, "soapysdr-module-remote") => return None,
        outcome => outcome.unwrap(),
    };
    println!("{:?} {samples}", report.input);
    assert_eq!(report.error, None);
    let lost = report.input.lost_by;
    let same = frames == recording.file.frames;
    assert!(
        same || !lost.is_empty(),
        "{rate}: other frames than from the file"
    );
    assert_eq!(report.input.sample_rate_hz, Some(rate));
    assert_eq!(report.input.time_source, Some(TimeSource::Host));
    let words = words.lock().unwrap().clone();
    assert!(
        words.contains(&21_000_000) && words.contains(&(RATE | number)),
        "{words:?}"
    );
    Some(lost)
}

#[test]
fn a_device_on_another_computer_gives_the_frames_of_the_file_it_plays() {
    let Some(server) = Server::start() else {
        return;
    };
    for (rate, number) in [(250e3, 3), (1.25e6, 5)] {
        let mut tries = 0;
        loop {
            let Some(lost) = through(&server, rate, number) else {
                return;
            };
            if lost.is_empty() {
                break;
            }
            // On a busy machine the device's module may still fall silent for ever; then it is opened again.
            let causes: Vec<_> = lost.keys().copied().collect();
            assert_eq!(causes, [LossCause::Timeout], "{rate}");
            tries += 1;
            assert!(tries < 5, "{rate}: silent again and again");
        }
    }
}
