//! The sender: samples of the link in VITA-49 packets, as fast as the chain takes them.

use super::{Fault, PATIENCE, Plan, Soak};
use crate::link::{Link, Offsets, Transmitter};
use anyhow::{Result, ensure};
use groundlink_dsp::Complex32;
use groundlink_dsp::modulator::Modulator;
use groundlink_station::input::LossCause;
use groundlink_station::monitor::Monitor;
use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Samples of a packet.
pub const SAMPLES: u64 = 3_600;
/// UTC of the first sample: 2026-03-01T00:00:00Z.
pub const START: u64 = 1_772_323_200;
const STREAM: u32 = 7;
/// Class identifier of DIFI packets: the organisation's.
const DIFI: u32 = 0x006A_621E;
/// Samples that may be on their way: less than the ring of the chain takes (200 packets), and than a socket's buffer.
const WINDOW: u64 = 12 * SAMPLES;
/// How long a frame is waited for before another packet is sent: behind a gap none comes for a while.
const FRAME_AFTER: Duration = Duration::from_millis(20);
/// Amplitude of the signal, full scale being 1: room for the noise.
const LEVEL: f32 = 0.2;
/// How long nothing is sent where the sender stalls.
const STALL: Duration = Duration::from_millis(300);
/// Silence behind the signal, packets.
const TAIL: u64 = 20;
/// Between these packets, so that the state is told once more.
const TAIL_EVERY: Duration = Duration::from_millis(50);

/// What was sent.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// Frames.
    pub frames: u64,
    /// Samples, those that were withheld included.
    pub samples: u64,
    /// Stretches and samples that were withheld, by the cause that is to be told.
    pub withheld: BTreeMap<LossCause, (u64, u64)>,
    /// Where they were.
    pub gaps: Vec<Range<u64>>,
    /// Times that nothing was sent for a while.
    pub stalls: u64,
    /// Packets sent twice.
    pub repeated: u64,
    /// Sample at which the first frame begins.
    pub first_frame: f64,
    /// Samples of a frame.
    pub frame_samples: f64,
}

impl Sent {
    /// Sample at which a frame's marker begins.
    pub fn begin(&self, frame: u64) -> f64 {
        self.first_frame + frame as f64 * self.frame_samples
    }
}

/// Sends the signal.
pub struct Player {
    socket: UdpSocket,
    /// Number behind the last frame that came out.
    progress: Arc<AtomicU64>,
    transmitter: Transmitter,
    plan: Plan,
    rate_hz: f64,
    frames: u64,
    frame: Vec<u8>,
    /// Samples that are made and not sent.
    samples: Vec<Complex32>,
    /// Number of the next packet, and the number that it carries.
    packet: u64,
    count: u64,
    /// The packet before.
    last: Vec<u8>,
    /// Packets that are still to be withheld.
    left_out: u64,
    sent: Sent,
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// What a receiver says of its stream: rate, reference level, format of 16 bits, calibrated time.
fn context(rate_hz: f64) -> Vec<u8> {
    let rate = (rate_hz * 1_048_576.0) as u64;
    words(&[
        0x4860_0010,
        STREAM,
        DIFI,
        0,
        START as u32,
        0,
        0,
        1 << 24 | 1 << 21 | 1 << 19 | 1 << 15,
        0,
        (rate >> 32) as u32,
        rate as u32,
        1 << 31 | 1 << 19,
        0xA000_03CF,
        0,
        0,
        0,
    ])
}

/// A data packet that carries this number, whose samples begin with `first`.
fn data(count: u64, first: u64, rate_hz: f64, samples: &[Complex32]) -> Vec<u8> {
    let rate = rate_hz as u64;
    let ps = ((first % rate) as f64 / rate_hz * 1e12).round() as u64;
    let header = [
        0x1860_0000 | (count as u32 & 0xF) << 16 | (7 + samples.len() as u32),
        STREAM,
        DIFI,
        0,
        (START + first / rate) as u32,
        (ps >> 32) as u32,
        ps as u32,
    ];
    let mut packet = words(&header);
    for sample in samples {
        for part in [sample.re, sample.im] {
            packet.extend(((part * LEVEL * 32_767.0) as i16).to_be_bytes());
        }
    }
    packet
}

impl Player {
    /// A sender to this port, which waits until the chain listens.
    ///
    /// # Errors
    /// When it does not, or the link cannot be.
    pub fn new(
        soak: &Soak,
        link: &Link,
        port: u16,
        monitor: &Monitor,
        progress: Arc<AtomicU64>,
    ) -> Result<Self> {
        let rate_hz = link.signal.sample_rate_hz;
        let per_symbol = rate_hz / link.signal.symbol_rate_hz;
        let transmitter = Transmitter::new(link, soak.eb_n0_db, Offsets::default(), soak.seed)?;
        let leading = crate::link::channel_config(&link.signal, 0.0, Offsets::default(), 0).leading;
        let first_symbol = Modulator::new(&link.signal)?.first_symbol_at();
        // Marker and frame, two symbols a bit.
        let frame_samples = 16.0 * (link.coding.frame_bytes() as f64 + 4.0) * per_symbol;
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(("127.0.0.1", port))?;
        let begun = Instant::now();
        while monitor.status().input.is_none() {
            ensure!(begun.elapsed() < PATIENCE, "the station does not listen");
            // Nobody may be there yet.
            let _ = socket.send(&context(rate_hz));
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Self {
            socket,
            progress,
            transmitter,
            plan: Plan {
                every: ((soak.fault_every_s * rate_hz) as u64 / SAMPLES).max(1),
            },
            rate_hz,
            frames: (soak.signal_s * rate_hz / frame_samples) as u64,
            frame: Vec::new(),
            samples: Vec::new(),
            packet: 0,
            count: 0,
            last: Vec::new(),
            left_out: 0,
            sent: Sent {
                first_frame: leading as f64 + first_symbol - 0.5 * per_symbol,
                frame_samples,
                ..Sent::default()
            },
        })
    }

    /// What has been sent so far.
    pub fn sent(&self) -> &Sent {
        &self.sent
    }

    /// Seconds of signal sent.
    pub fn seconds(&self) -> f64 {
        (self.packet * SAMPLES) as f64 / self.rate_hz
    }

    /// Sends another frame; false when there are no more.
    ///
    /// # Errors
    /// When it cannot be made or sent.
    pub fn play_some(&mut self) -> Result<bool> {
        if self.sent.frames == self.frames {
            return Ok(false);
        }
        self.transmitter.send(&mut self.frame, &mut self.samples)?;
        self.sent.frames += 1;
        self.flush()?;
        Ok(true)
    }

    /// Sends the rest, and silence behind it.
    ///
    /// # Errors
    /// As [`Player::play_some`].
    pub fn finish(mut self) -> Result<Sent> {
        self.transmitter.finish(&mut self.samples);
        let whole = self.samples.len().next_multiple_of(SAMPLES as usize);
        self.samples.resize(whole, Complex32::default());
        self.plan.every = u64::MAX;
        self.flush()?;
        for _ in 0..TAIL {
            thread::sleep(TAIL_EVERY);
            self.samples.resize(SAMPLES as usize, Complex32::default());
            self.flush()?;
        }
        self.sent.samples = self.packet * SAMPLES;
        Ok(self.sent)
    }

    /// Sends all whole packets.
    fn flush(&mut self) -> Result<()> {
        let samples = std::mem::take(&mut self.samples);
        let packets = samples.chunks_exact(SAMPLES as usize);
        self.samples = packets.remainder().to_vec();
        for samples in packets {
            self.packet(samples)?;
        }
        Ok(())
    }

    /// Sends or withholds the next packet.
    fn packet(&mut self, samples: &[Complex32]) -> Result<()> {
        let first = self.packet * SAMPLES;
        if let Some(fault) = self.plan.at(self.packet) {
            self.fault(fault, first)?;
        }
        self.packet += 1;
        if self.left_out > 0 {
            self.left_out -= 1;
            return Ok(());
        }
        self.wait(first);
        self.last = data(self.count, first, self.rate_hz, samples);
        self.count += 1;
        self.socket.send(&self.last)?;
        if self.packet.is_multiple_of(1_000) {
            self.socket.send(&context(self.rate_hz))?;
        }
        Ok(())
    }

    fn fault(&mut self, fault: Fault, first: u64) -> Result<()> {
        match fault {
            Fault::Lost(packets) => {
                self.count += packets;
                self.withhold(LossCause::Sequence, first, packets);
            }
            Fault::Overflow(packets) => self.withhold(LossCause::Overflow, first, packets),
            Fault::Stall => {
                self.sent.stalls += 1;
                thread::sleep(STALL);
            }
            Fault::Repeated => {
                self.sent.repeated += 1;
                self.socket.send(&self.last)?;
            }
        }
        Ok(())
    }

    fn withhold(&mut self, cause: LossCause, first: u64, packets: u64) {
        self.left_out = packets;
        let (gaps, samples) = self.sent.withheld.entry(cause).or_default();
        *gaps += 1;
        *samples += packets * SAMPLES;
        self.sent.gaps.push(first..first + packets * SAMPLES);
    }

    /// Waits until the packet whose samples begin with `first` finds room.
    fn wait(&self, first: u64) {
        let begun = Instant::now();
        loop {
            let frames = self.progress.load(Ordering::Relaxed);
            let end = self.sent.begin(frames) as u64;
            let behind = self.sent.gaps.iter().rev().take_while(|gap| gap.start >= end);
            let withheld: u64 = behind.map(|gap| gap.end - gap.start).sum();
            if first < end + withheld + WINDOW || begun.elapsed() > FRAME_AFTER {
                return;
            }
            thread::sleep(Duration::from_micros(100));
        }
    }
}
