//! Units as datagrams, one each.

use super::carrier::{Carried, Carrier};
use super::control::Control;
use super::ledger::{Cause, Ledger};
use super::unit::Unit;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest content of a datagram over IPv4.
pub const LONGEST: usize = 65_507;

/// Datagrams to one place.
pub struct Datagrams {
    host: String,
    port: u16,
    /// Time from one datagram to the next, at least.
    spacing: Duration,
    due: Option<Instant>,
    ledger: Arc<Ledger>,
    socket: Option<UdpSocket>,
}

impl Datagrams {
    /// To this place, at most so many a second.
    pub fn new(host: String, port: u16, most_per_second: Option<u32>, ledger: Arc<Ledger>) -> Self {
        Self {
            host,
            port,
            spacing: most_per_second.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate.max(1)),
            due: None,
            ledger,
            socket: None,
        }
    }

    fn socket(&mut self) -> io::Result<&UdpSocket> {
        if self.socket.is_none() {
            let address = (self.host.as_str(), self.port).to_socket_addrs()?.next();
            let address = address.ok_or(io::Error::new(ErrorKind::NotFound, "the name has no address"))?;
            let any: SocketAddr = match address {
                SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
                SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
            };
            let socket = UdpSocket::bind(any)?;
            socket.connect(address)?;
            self.ledger.connected();
            self.socket = Some(socket);
        }
        self.socket.as_ref().ok_or_else(|| ErrorKind::NotConnected.into())
    }

    /// Waits until the next datagram is due, catching up on nothing.
    fn keep_pace(&mut self, control: &Control) {
        let now = Instant::now();
        let due = self
            .due
            .map_or(now, |due| due.max(now.checked_sub(self.spacing).unwrap_or(now)));
        control.sleep(due.saturating_duration_since(now));
        self.due = Some(due + self.spacing);
    }
}

/// Whether it may go away by itself.
fn passes(error: &io::Error) -> bool {
    use ErrorKind::{
        AddrNotAvailable, HostUnreachable, Interrupted, NetworkDown, NetworkUnreachable, WouldBlock,
    };
    let away = [
        NetworkDown,
        NetworkUnreachable,
        HostUnreachable,
        AddrNotAvailable,
        Interrupted,
        WouldBlock,
    ];
    away.contains(&error.kind())
}

impl Carrier for Datagrams {
    fn carry(&mut self, unit: &Unit, control: &Control) -> io::Result<Carried> {
        if unit.bytes.len() > LONGEST {
            return Ok(Carried::Lost(Cause::TooLong));
        }
        self.keep_pace(control);
        let socket = self.socket()?;
        let outcome = match socket.send(&unit.bytes) {
            // Somebody's word on a datagram before this one, which has not been sent yet.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                let again = socket.send(&unit.bytes);
                self.ledger
                    .error("the other side refused an earlier datagram: nobody listens there");
                again
            }
            outcome => outcome,
        };
        match outcome {
            Ok(sent) => Ok(Carried::Delivered(sent)),
            Err(error) if passes(&error) => {
                self.socket = None;
                self.ledger.disconnected();
                Err(error)
            }
            // This datagram will never go, the next one may.
            Err(error) => {
                self.ledger.error(error.to_string());
                Ok(Carried::Lost(Cause::Refused))
            }
        }
    }
}
