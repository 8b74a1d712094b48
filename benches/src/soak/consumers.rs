//! Who reads the outputs: two that take and check everything, one that hangs, one that asks for the state.

use super::PATIENCE;
use super::player::{START, Sent};
use crate::link::Link;
use crate::source::{FrameSource, content_seed};
use anyhow::{Context, Result, anyhow, ensure};
use groundlink_station::input::parse_utc;
use groundlink_station::monitor::Monitor;
use serde_json::Value;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The outputs, each for one of the consumers.
pub const OUTPUTS: [&str; 4] = [
    "tcp-listen://:0?queue=65536",
    "jsonl-listen://:0?queue=65536",
    "jsonl-listen://:0?data=hex&queue=64&stall=1",
    "http://:0",
];
/// How long the one that hangs does so before it calls again.
const HANGS: Duration = Duration::from_secs(3);

/// Frames as they came, held against those that were sent.
#[derive(Debug, Default)]
pub struct Frames {
    /// Frames that came.
    pub came: u64,
    /// Numbers of those that did not come before the last that did.
    pub missing: Vec<u64>,
    /// Whether something came that was not sent.
    pub strange: bool,
}

/// Records as they came.
#[derive(Debug, Default)]
pub struct Records {
    /// Good frames.
    pub frames: u64,
    /// Largest distance of one from where it was sent, samples.
    pub sample_error: f64,
    /// Frames missing before others.
    pub gaps: u64,
    /// Of these, those that no loss of samples explains.
    pub unexplained: u64,
    /// Samples lost before frames.
    pub samples_lost: u64,
    /// Largest difference of a frame's time from that of its sample, seconds.
    pub time_error_s: f64,
    /// Largest uncertainty that a frame states, seconds.
    pub uncertainty_s: f64,
    /// Frames that failed a check.
    pub bad: u64,
}

/// What all of them got.
#[derive(Debug, Default)]
pub struct Received {
    /// Over TCP.
    pub frames: Frames,
    /// As JSON Lines.
    pub records: Records,
    /// Times that the one that hangs called.
    pub hung: u64,
    /// Answers to questions for the state.
    pub scrapes: u64,
    /// The last of them.
    pub status: Value,
}

/// The consumers at work.
pub struct Consumers {
    frames: JoinHandle<Result<Frames>>,
    records: JoinHandle<Result<Records>>,
    hanging: JoinHandle<u64>,
    done: Arc<AtomicBool>,
    http: SocketAddr,
    scrapes: u64,
    status: Value,
}

impl Consumers {
    /// Connects all of them; `progress` is told the number behind the last frame that came.
    ///
    /// # Errors
    /// When an output does not listen.
    pub fn start(
        monitor: &Monitor,
        link: &Link,
        seed: u64,
        progress: Arc<AtomicU64>,
        sent: Sent,
    ) -> Result<Self> {
        let begun = Instant::now();
        let addresses: Vec<SocketAddr> = loop {
            let outputs = monitor.status().outputs;
            let listening = outputs.iter().filter_map(|output| output.listens_at.as_ref());
            let addresses: Vec<_> = listening.filter_map(|text| text.parse().ok()).collect();
            if addresses.len() == OUTPUTS.len() {
                break addresses;
            }
            ensure!(begun.elapsed() < PATIENCE, "the outputs do not listen");
            thread::sleep(Duration::from_millis(10));
        };
        let [frames, records] = [0, 1].map(|nth| TcpStream::connect(addresses[nth]));
        let (frames, records) = (frames?, records?);
        let (hanging, http) = (addresses[2], addresses[3]);
        // The monitor's counters move with the samples, of which there are none yet.
        let connected = |status: &Value| {
            [0, 1]
                .iter()
                .all(|&nth: &usize| status["outputs"][nth]["clients"] == 1)
        };
        while !connected(&ask(http)?) {
            ensure!(
                begun.elapsed() < PATIENCE,
                "the outputs do not take their clients"
            );
            thread::sleep(Duration::from_millis(10));
        }
        let source = FrameSource::new(&link.frames, content_seed(seed))?;
        let (length, rate_hz) = (link.coding.frame_bytes(), link.signal.sample_rate_hz);
        let done = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&done);
        Ok(Self {
            frames: thread::spawn(move || read_frames(frames, source, length, &progress)),
            records: thread::spawn(move || read_records(records, rate_hz, &sent)),
            hanging: thread::spawn(move || hang(hanging, &stop)),
            done,
            http,
            scrapes: 0,
            status: Value::Null,
        })
    }

    /// Asks for the state.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn scrape(&mut self) -> Result<()> {
        self.status = ask(self.http)?;
        self.scrapes += 1;
        Ok(())
    }

    /// What they got, once the run has ended.
    ///
    /// # Errors
    /// When one of them broke.
    pub fn finish(self) -> Result<Received> {
        self.done.store(true, Ordering::Relaxed);
        let broke = |_| anyhow!("a consumer panicked");
        Ok(Received {
            frames: self.frames.join().map_err(broke)??,
            records: self.records.join().map_err(broke)??,
            hung: self.hanging.join().map_err(broke)?,
            scrapes: self.scrapes,
            status: self.status,
        })
    }
}

/// Asks for the state.
fn ask(http: SocketAddr) -> Result<Value> {
    let mut stream = TcpStream::connect(http)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /status HTTP/1.1\r\nHost: soak\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("no answer of HTTP")?;
    Ok(serde_json::from_str(body)?)
}

/// Reads frames to the end, making those that were sent beside them.
fn read_frames(
    mut stream: TcpStream,
    mut source: FrameSource,
    length: usize,
    progress: &AtomicU64,
) -> Result<Frames> {
    let mut frames = Frames::default();
    let (mut came, mut sent) = (vec![0; length], Vec::new());
    let mut number = 0;
    loop {
        match stream.read_exact(&mut came) {
            Ok(()) => frames.came += 1,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(frames),
            Err(error) => return Err(error.into()),
        }
        // The count of a virtual channel has 24 bits: more than are ever sent.
        let count = u64::from(u32::from_be_bytes([0, came[2], came[3], came[4]]));
        while number < count {
            source.next_frame(&mut sent)?;
            frames.missing.push(number);
            number += 1;
        }
        source.next_frame(&mut sent)?;
        frames.strange |= number > count || sent != came;
        number += 1;
        progress.store(number, Ordering::Relaxed);
    }
}

/// Reads records to the end.
fn read_records(stream: TcpStream, rate_hz: f64, sent: &Sent) -> Result<Records> {
    let start = parse_utc("2026-03-01T00:00:00Z").map_err(|error| anyhow!("{error}"))?;
    debug_assert_eq!(start.to_unix_seconds() as u64, START);
    let mut records = Records::default();
    for line in BufReader::new(stream).lines() {
        let record: Value = serde_json::from_str(&line?)?;
        if record["type"] != "frame" {
            continue;
        }
        if record["good"] != true {
            records.bad += 1;
            continue;
        }
        let number = |field: &str| record[field].as_u64();
        let sample = number("sample").context("a frame without sample")?;
        let lost = number("samples_lost").unwrap_or(0);
        let gap = number("gap_before").unwrap_or(0);
        let count = number("vc_count").context("a frame without count")?;
        let off = sample as f64 - sent.begin(count);
        records.frames += 1;
        records.sample_error = records.sample_error.max(off.abs());
        records.gaps += gap;
        records.samples_lost += lost;
        records.unexplained += if lost == 0 { gap } else { 0 };
        let utc = record["utc"].as_str().context("a frame without time")?;
        let utc = parse_utc(utc).map_err(|error| anyhow!("{error}"))?;
        let error = (utc - start).to_seconds() - sample as f64 / rate_hz;
        records.time_error_s = records.time_error_s.max(error.abs());
        let uncertainty = record["utc_uncertainty_s"].as_f64().unwrap_or(f64::INFINITY);
        records.uncertainty_s = records.uncertainty_s.max(uncertainty);
    }
    Ok(records)
}

/// Connects, reads nothing, hangs up, until all is over.
fn hang(address: SocketAddr, done: &AtomicBool) -> u64 {
    let mut calls = 0;
    while !done.load(Ordering::Relaxed) {
        let call = TcpStream::connect(address);
        calls += u64::from(call.is_ok());
        let begun = Instant::now();
        while begun.elapsed() < HANGS && !done.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
        }
    }
    calls
}
