//! Raw samples over TCP: from a server, or from whoever connects.

use super::LiveError;
use super::arrival::ArrivalTime;
use super::stream::{Dial, Patience, StreamParts, StreamSource, connect as connect_to};
use super::{raw, raw_info};
use crate::input::convert::Encoding;
use crate::input::{OpenOptions, SampleSource};
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};

/// What raw streams understand of the tuning options.
const HAS: &str = "--frequency, --silence, --reconnect and --hold-back";
const UNDERSTOOD: [&str; 4] = ["--frequency", "--silence", "--reconnect", "--hold-back"];

struct Server(String);

impl Dial for Server {
    fn dial(&mut self) -> Result<Option<TcpStream>, LiveError> {
        connect_to(&self.0).map(Some)
    }
}

struct Listener(TcpListener);

impl Dial for Listener {
    fn dial(&mut self) -> Result<Option<TcpStream>, LiveError> {
        match self.0.accept() {
            Ok((stream, _)) => Ok(Some(stream)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(LiveError::Listen(error)),
        }
    }
}

/// Samples from a server; where it closes the connection the input has ended, unless it is to be reconnected to.
pub(crate) fn connect(
    name: &str,
    address: &str,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, LiveError> {
    let patience = Patience {
        redial_when_silent: options.live.reconnect_s.is_some_and(|seconds| seconds > 0.0),
        ..patience(options, 0.0)?
    };
    let parts = parts(name, Box::new(Server(address.to_owned())), patience, options)?;
    let first = connect_to(address)?;
    Ok(Box::new(StreamSource::new(parts, Some(first))?))
}

/// Samples from whoever connects, one after the other.
pub(crate) fn listen(
    name: &str,
    address: &str,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, LiveError> {
    let patience = patience(options, f64::INFINITY)?;
    let listener = TcpListener::bind(address).map_err(LiveError::Listen)?;
    listener.set_nonblocking(true).map_err(LiveError::Listen)?;
    let parts = parts(name, Box::new(Listener(listener)), patience, options)?;
    Ok(Box::new(StreamSource::new(parts, None)?))
}

fn patience(options: &OpenOptions, reconnect_s: f64) -> Result<Patience, LiveError> {
    options.live.only(&UNDERSTOOD, "raw samples over TCP", HAS)?;
    Ok(Patience {
        silence: options.live.silence,
        redial_when_silent: false,
        reconnect_s: options.live.reconnect_s.unwrap_or(reconnect_s),
        held_back: options.live.hold_back,
    })
}

fn parts(
    name: &str,
    dial: Box<dyn Dial>,
    patience: Patience,
    options: &OpenOptions,
) -> Result<StreamParts, LiveError> {
    let (format, rate_hz) = raw(options)?;
    let frequency_hz = options.live.frequency_hz;
    Ok(StreamParts {
        dial,
        info: raw_info(name, options, format, rate_hz, "TCP"),
        encoding: Encoding::raw(format),
        patience,
        rate_hz,
        arrivals: ArrivalTime::new(rate_hz, frequency_hz, None),
        warnings: Vec::new(),
    })
}
