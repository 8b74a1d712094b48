//! Servers that play bytes at a pace, and the link that they play.

use crate::chain_support::link::{Link, SIGNAL};
use crate::chain_support::{Run, config, content, file, run, scratch};
use groundlink_station::chain::RunConfig;
use groundlink_station::input::{LiveOptions, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

const PROFILE: &str = "[coding]\nconvolutional = true\n[frame]\ntype = 'aos'\nscid = 9\nvcids = [1]\n\
                       [packets]\ntype = 'none'\n";

/// A link, the bytes of its samples, and what its file decodes to.
pub struct Recording {
    pub link: Link,
    pub bytes: Vec<u8>,
    pub file: Run,
}

impl Recording {
    /// Frames of a BPSK link at this symbol rate and sample rate, written in this format.
    pub fn of(symbol_rate: f64, sample_rate_hz: f64, format: &str, frames: u64) -> Self {
        let text = format!("[signal]\nsymbol_rate = {symbol_rate}\nmodulation = 'bpsk'\n{PROFILE}");
        let mut link = Link::clean(&text, frames);
        link.sample_rate_hz = sample_rate_hz;
        link.format = format.parse().expect("a format");
        let folder = scratch();
        let sent = link.send(folder.path());
        let file = run(&config(link.profile.clone(), &file(folder.path(), SIGNAL)));
        assert!(file.frames == sent, "the file itself decodes to what was sent");
        Self {
            bytes: content(folder.path(), &SIGNAL.replace("-meta", "-data")),
            link,
            file,
        }
    }

    /// Bytes a second in real time.
    pub fn pace(&self) -> f64 {
        self.link.sample_rate_hz * self.link.format.bytes() as f64
    }

    /// A run over a live input of these samples.
    pub fn config(&self, url: &str, live: LiveOptions) -> RunConfig {
        RunConfig {
            open: OpenOptions {
                format: Some(self.link.format),
                sample_rate_hz: Some(self.link.sample_rate_hz),
                live,
                ..OpenOptions::default()
            },
            ..config(self.link.profile.clone(), url)
        }
    }
}

/// Sends bytes at a pace, a hundredth of a second at a time.
pub fn play(mut send: impl FnMut(&[u8]), bytes: &[u8], per_second: f64) {
    let piece = (per_second / 100.0).max(1.0) as usize;
    let started = Instant::now();
    for (number, piece) in bytes.chunks(piece).enumerate() {
        let due = Duration::from_secs_f64(number as f64 / 100.0);
        if let Some(early) = due.checked_sub(started.elapsed()) {
            thread::sleep(early);
        }
        send(piece);
    }
}

/// Plays over a connection; whoever hangs up early has heard enough.
pub fn play_to(stream: &mut TcpStream, bytes: &[u8], per_second: f64) {
    let send = |piece: &[u8]| {
        let _ = stream.write_all(piece);
    };
    play(send, bytes, per_second);
}

/// What the other side has sent by the end of the connection.
pub fn heard(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    bytes
}
