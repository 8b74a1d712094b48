//! A connection to `rotctld` or `rigctld` that comes back by itself.

use super::HamlibError;
use super::protocol::{Reply, ReplyReader};
use crate::waits::Waits;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Longest wait for a connection and for an answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Before another try to connect.
const PAUSES: Waits = Waits::new(Duration::from_millis(500), Duration::from_secs(30));

/// A client of one daemon.
#[derive(Debug)]
pub struct Client {
    /// HOST:PORT.
    address: String,
    stream: Option<TcpStream>,
    pauses: Waits,
    /// When another try to connect is due.
    due: Option<Instant>,
    connections: u64,
}

impl Client {
    /// A client that connects when first asked; `port` where the address has none.
    pub fn new(address: &str, port: u16) -> Self {
        let has_port = address.rsplit_once(':').is_some_and(|(host, port)| {
            port.parse::<u16>().is_ok() && (!host.contains(':') || host.ends_with(']'))
        });
        Self {
            address: if has_port {
                address.to_owned()
            } else {
                format!("{address}:{port}")
            },
            stream: None,
            pauses: PAUSES,
            due: None,
            connections: 0,
        }
    }

    /// HOST:PORT.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Times that a connection was made.
    pub fn connections(&self) -> u64 {
        self.connections
    }

    /// Sends a command and waits for the answer. A connection that has gone is made anew, with growing pauses between
    /// tries; in a pause nothing is tried.
    ///
    /// # Errors
    /// When there is no connection, no answer within two seconds, or a refusal.
    pub fn ask(&mut self, command: &str) -> Result<Reply, HamlibError> {
        self.connect()?;
        let outcome = self.exchange(command);
        match outcome {
            Ok(reply) if reply.code == 0 => Ok(reply),
            // The connection is fine, the command was not.
            Ok(reply) => Err(HamlibError::Refused {
                address: self.address.clone(),
                command: command.trim().trim_start_matches(['+', '\\']).to_owned(),
                code: reply.code,
            }),
            Err(error) => {
                self.stream = None;
                Err(error)
            }
        }
    }

    fn connect(&mut self) -> Result<(), HamlibError> {
        if self.stream.is_some() {
            return Ok(());
        }
        if self.due.is_some_and(|due| Instant::now() < due) {
            return Err(HamlibError::Pausing {
                address: self.address.clone(),
            });
        }
        match self.open() {
            Ok(stream) => {
                self.stream = Some(stream);
                self.connections += 1;
                (self.pauses, self.due) = (PAUSES, None);
                Ok(())
            }
            Err(error) => {
                self.due = Some(Instant::now() + self.pauses.take());
                Err(self.failed(&error))
            }
        }
    }

    fn open(&self) -> std::io::Result<TcpStream> {
        let mut last = std::io::Error::other("no such host");
        for address in self.address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(PATIENCE))?;
                    stream.set_write_timeout(Some(PATIENCE))?;
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn exchange(&mut self, command: &str) -> Result<Reply, HamlibError> {
        let failed = |error: &std::io::Error| HamlibError::Connection {
            address: self.address.clone(),
            reason: error.to_string(),
        };
        let Some(stream) = &mut self.stream else {
            return Err(HamlibError::NoReply);
        };
        stream
            .write_all(command.as_bytes())
            .map_err(|error| failed(&error))?;
        let (mut reader, mut bytes, until) = (ReplyReader::default(), [0; 512], Instant::now() + PATIENCE);
        loop {
            let count = stream.read(&mut bytes).map_err(|error| failed(&error))?;
            if count == 0 {
                return Err(failed(&std::io::ErrorKind::UnexpectedEof.into()));
            }
            if let Some(reply) = reader.push(&bytes[..count])? {
                return Ok(reply);
            }
            if Instant::now() > until {
                return Err(failed(&std::io::ErrorKind::TimedOut.into()));
            }
        }
    }

    fn failed(&self, error: &std::io::Error) -> HamlibError {
        HamlibError::Connection {
            address: self.address.clone(),
            reason: error.to_string(),
        }
    }
}
