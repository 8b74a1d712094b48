//! A stand-in for a Red Pitaya's server, as `SoapySDR`'s module `redpitaya` talks to one.
//!
//! Each connection opens with a little-endian u32: 0 controls the receiver, 1 carries its samples (2 and 3 are the
//! transmitter's). Control words are the frequency in Hz, or 1 << 28 with the number of a rate. Samples are cf32.

use socket2::{Domain, SockRef, Socket, Type};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Rates by their numbers, samples per second.
pub const RATES: [f64; 6] = [20e3, 50e3, 100e3, 250e3, 500e3, 1.25e6];
/// A control word that sets the rate.
pub const RATE: u32 = 1 << 28;

/// What the server plays to each client.
#[derive(Debug, Clone)]
pub struct Program {
    /// Samples, cf32.
    pub bytes: Arc<Vec<u8>>,
    /// Multiple of the rate that the client set.
    pub pace: f64,
    /// Zeros after the samples, for so long, before the connection ends; a client is left waiting without.
    pub silence: Option<Duration>,
}

/// Samples in a segment, and what its length is called for that: time stamps take 12 bytes of it.
pub const SEGMENT_SAMPLES: usize = 128;
const SEGMENT: u32 = 8 * SEGMENT_SAMPLES as u32 + 12;

/// A place to serve at. The module waits until as many bytes are there as it wants, and before a window that does not
/// open it waits for ever: what is left over keeps the memory of all that came with it, and with it the window shut.
/// Hence short segments of as many samples as are wanted at a time (or of whole ones, where one at a time is), and of
/// as many bytes as windows are counted in, so that none is divided to fit one.
pub fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_tcp_mss(SEGMENT)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    socket.listen(16)?;
    Ok(socket.into())
}

/// Serves for ever, in threads of their own. Returns the control words as they come.
pub fn serve(listener: TcpListener, program: Program) -> Arc<Mutex<Vec<u32>>> {
    let words = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&words);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (heard, program) = (Arc::clone(&heard), program.clone());
            thread::spawn(move || talk(stream, &heard, &program));
        }
    });
    words
}

fn word(stream: &mut TcpStream) -> Option<u32> {
    let mut bytes = [0; 4];
    stream.read_exact(&mut bytes).ok()?;
    Some(u32::from_le_bytes(bytes))
}

fn talk(mut stream: TcpStream, heard: &Mutex<Vec<u32>>, program: &Program) {
    match word(&mut stream) {
        Some(0) => {
            while let Some(word) = word(&mut stream) {
                heard.lock().expect("words").push(word);
            }
        }
        Some(1) => play(&mut stream, heard, program),
        _ => {}
    }
}

/// The rate that was set last.
fn rate(heard: &Mutex<Vec<u32>>) -> Option<f64> {
    let words = heard.lock().expect("words");
    let number = words.iter().rev().find(|word| **word & RATE != 0)? & !RATE;
    RATES.get(number as usize).copied()
}

fn play(stream: &mut TcpStream, heard: &Mutex<Vec<u32>>, program: &Program) {
    // The rate is set once both connections stand.
    let begun = Instant::now();
    let rate = loop {
        thread::sleep(Duration::from_millis(100));
        match rate(heard) {
            Some(rate) => break rate,
            None if begun.elapsed() > Duration::from_secs(10) => return,
            None => {}
        }
    };
    // Nor may what is held for them be long.
    if SockRef::from(&*stream).set_send_buffer_size(1 << 14).is_err() {
        return;
    }
    let per_second = 8.0 * rate * program.pace;
    let silent = program.silence.map_or(0, |silence| {
        (silence.as_secs_f64() * per_second / 8.0) as usize * 8
    });
    let zeros = vec![0; silent];
    let started = Instant::now();
    let mut sent = 0;
    for piece in program.bytes.chunks(1 << 13).chain(zeros.chunks(1 << 13)) {
        let due = Duration::from_secs_f64(sent as f64 / per_second);
        if let Some(early) = due.checked_sub(started.elapsed()) {
            thread::sleep(early);
        }
        if stream.write_all(piece).is_err() {
            return;
        }
        sent += piece.len();
    }
    if program.silence.is_none() {
        // Silent until the client hangs up.
        let _ = stream.read(&mut [0]);
    }
}
