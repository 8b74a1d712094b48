//! Units to a server over TCP.

use super::carrier::{Carried, Carrier};
use super::control::Control;
use super::framing::Framing;
use super::ledger::Ledger;
use super::socket;
use super::unit::Unit;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;

/// A connection that is made again whenever it breaks. The unit during which it broke is sent again whole.
pub struct Client {
    host: String,
    port: u16,
    framing: Framing,
    ledger: Arc<Ledger>,
    stream: Option<TcpStream>,
    bytes: Vec<u8>,
}

impl Client {
    /// To this server, not connected yet.
    pub fn new(host: String, port: u16, framing: Framing, ledger: Arc<Ledger>) -> Self {
        Self {
            host,
            port,
            framing,
            ledger,
            stream: None,
            bytes: Vec::new(),
        }
    }

    /// Learns whether the other side has closed the connection, which a write would only show later.
    fn notice_end(&mut self) {
        if let Some(stream) = &self.stream
            && let Err(error) = socket::ignore_input(stream)
        {
            self.ledger.error(error.to_string());
            self.disconnect();
        }
    }

    fn connected(&mut self) -> io::Result<&TcpStream> {
        self.notice_end();
        if self.stream.is_none() {
            self.stream = Some(socket::connect(&self.host, self.port)?);
            self.ledger.connected();
        }
        self.stream
            .as_ref()
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn disconnect(&mut self) {
        if self.stream.take().is_some() {
            self.ledger.disconnected();
        }
    }
}

impl Carrier for Client {
    fn carry(&mut self, unit: &Unit, control: &Control) -> io::Result<Carried> {
        let mut bytes = std::mem::take(&mut self.bytes);
        self.framing.encode(unit, &mut bytes);
        let outcome = self
            .connected()
            .and_then(|stream| socket::write_all(stream, &bytes, control));
        self.bytes = bytes;
        if let Err(error) = outcome {
            self.disconnect();
            return Err(error);
        }
        Ok(Carried::Delivered(self.bytes.len()))
    }

    fn look_after(&mut self, _control: &Control) {
        self.notice_end();
    }

    fn finish(&mut self, control: &Control) -> io::Result<()> {
        if let Some(stream) = &self.stream {
            socket::close(stream, control);
        }
        self.disconnect();
        Ok(())
    }
}
