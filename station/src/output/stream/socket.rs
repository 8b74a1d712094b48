//! TCP connections whose other side may hang, vanish, or talk out of turn.

use super::control::Control;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// How long a write waits before it looks whether to go on.
const WRITE_SLICE: Duration = Duration::from_millis(100);
/// How long connecting to one address may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long the last bytes may take to be read by the other side.
const LINGER: Duration = Duration::from_secs(2);

/// Makes a connection's calls return now and then.
///
/// # Errors
/// When the system refuses.
pub fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(WRITE_SLICE))
}

/// Connects to the first address that answers.
///
/// # Errors
/// When none does.
pub fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => {
                prepare(&stream)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Writes all of it.
///
/// # Errors
/// When the other side takes nothing for as long as it may stall, or is gone, or the output is abandoned.
pub fn write_all(mut stream: &TcpStream, mut bytes: &[u8], control: &Control) -> io::Result<()> {
    let mut moved = Instant::now();
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(taken) => {
                bytes = &bytes[taken..];
                moved = Instant::now();
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if control.abandoned() || moved.elapsed() >= control.stall {
                    let text = format!(
                        "the other side took nothing for {:.1} s",
                        moved.elapsed().as_secs_f64()
                    );
                    return Err(io::Error::new(ErrorKind::TimedOut, text));
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes what the other side has sent into the buffer, without waiting; 0 when there is nothing.
///
/// # Errors
/// When the other side is gone.
pub fn read_now(mut stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    stream.set_nonblocking(true)?;
    let outcome = stream.read(buffer);
    stream.set_nonblocking(false)?;
    match outcome {
        Ok(0) => Err(io::Error::new(
            ErrorKind::ConnectionAborted,
            "the other side has closed the connection",
        )),
        Ok(read) => Ok(read),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(0),
        Err(error) => Err(error),
    }
}

/// Passes over what the other side says although nobody asked, at most so much at a time.
///
/// # Errors
/// When the other side is gone.
pub fn ignore_input(stream: &TcpStream) -> io::Result<()> {
    read_now(stream, &mut [0; 4096]).map(drop)
}

/// Ends a connection once the other side has read everything, or after a moment.
pub fn close(mut stream: &TcpStream, control: &Control) {
    let until = Instant::now() + LINGER;
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = stream.set_read_timeout(Some(WRITE_SLICE));
    // Reading to the end is how one learns that the other side has read to the end.
    while Instant::now() < until && !control.abandoned() {
        match stream.read(&mut [0; 4096]) {
            Ok(0) => return,
            Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return,
            _ => {}
        }
    }
}
