//! The socket of inputs in datagrams.

use super::LiveError;
use rustix::net::sockopt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::Duration;

/// Bytes that the system is asked to keep for us; it may keep fewer (`net.core.rmem_max` on Linux).
const SYSTEM_BUFFER: usize = 8 << 20;
/// Longest datagram.
pub(crate) const LONGEST: usize = 1 << 16;
/// Longest wait in a read, so that a run that is to stop stops.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);

/// Listens on an address; where that is one of a multicast group, joins it.
pub(crate) fn bind(address: &str) -> Result<UdpSocket, LiveError> {
    let addresses = address.to_socket_addrs().map_err(LiveError::Listen)?;
    let mut failure = io::Error::new(ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match bind_to(address) {
            Ok(socket) => return Ok(socket),
            Err(error) => failure = error,
        }
    }
    Err(LiveError::Listen(failure))
}

fn bind_to(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = match address.ip() {
        IpAddr::V4(group) if group.is_multicast() => {
            let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, address.port()))?;
            socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED)?;
            socket
        }
        IpAddr::V6(group) if group.is_multicast() => {
            let socket = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, address.port()))?;
            socket.join_multicast_v6(&group, 0)?;
            socket
        }
        _ => UdpSocket::bind(address)?,
    };
    socket.set_read_timeout(Some(PATIENCE))?;
    // A wish: what the system does not grant shows as lost packets.
    let _ = sockopt::set_socket_recv_buffer_size(&socket, SYSTEM_BUFFER);
    Ok(socket)
}

/// The next datagram; `None` where none came within the patience of a read.
pub(crate) fn receive<'a>(socket: &UdpSocket, buffer: &'a mut [u8]) -> io::Result<Option<&'a [u8]>> {
    match socket.recv(buffer) {
        Ok(length) => Ok(Some(&buffer[..length])),
        Err(error) => match error.kind() {
            // An ICMP answer to something that somebody else sent from this port.
            ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::WouldBlock
            | ErrorKind::TimedOut
            | ErrorKind::Interrupted => Ok(None),
            _ => Err(error),
        },
    }
}
