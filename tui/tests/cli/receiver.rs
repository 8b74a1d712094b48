//! The receiver of a station.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

/// Samples a second of what the receiver plays.
pub const RATE: f64 = 240e3;

/// A receiver (`rtl_tcp`) that plays samples again and again at their pace.
pub struct Receiver {
    pub port: u16,
    there: Arc<AtomicBool>,
}

impl Receiver {
    /// Of these samples (cu8). As long as it is not there, connections break at once.
    pub fn start(samples: Vec<u8>, there: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let there = Arc::new(AtomicBool::new(there));
        let (plugged, samples) = (Arc::clone(&there), Arc::new(samples));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if plugged.load(Ordering::Relaxed) {
                    let samples = Arc::clone(&samples);
                    thread::spawn(move || play(stream.unwrap(), &samples));
                }
            }
        });
        Self { port, there }
    }

    pub fn plug_in(&self) {
        self.there.store(true, Ordering::Relaxed);
    }
}

fn play(mut stream: TcpStream, samples: &[u8]) {
    let mut commands = stream.try_clone().unwrap();
    thread::spawn(move || {
        let mut bytes = [0; 64];
        while commands.read(&mut bytes).is_ok_and(|read| read > 0) {}
    });
    let header = *b"RTL0\0\0\0\x05\0\0\0\x1d";
    let piece = (2.0 * RATE / 50.0) as usize;
    let begun = Instant::now();
    if stream.write_all(&header).is_err() {
        return;
    }
    for (number, piece) in samples.chunks(piece).cycle().enumerate() {
        let due = std::time::Duration::from_millis(20 * number as u64);
        thread::sleep(due.saturating_sub(begun.elapsed()));
        // Whoever hangs up has heard enough.
        if stream.write_all(piece).is_err() {
            return;
        }
    }
}
