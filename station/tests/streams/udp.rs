//! Datagrams.

use super::support::{Frames, PATIENCE, Running, config, demo};
use groundlink_station::chain::From;
use std::net::UdpSocket;
use std::thread::{self, JoinHandle};

/// Receives so many datagrams.
fn receive(socket: UdpSocket, count: usize) -> JoinHandle<Vec<Vec<u8>>> {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        let mut one = || {
            let (length, _) = socket.recv_from(&mut buffer).unwrap();
            buffer[..length].to_vec()
        };
        (0..count).map(|_| one()).collect()
    })
}

#[test]
fn each_frame_is_a_datagram() {
    let frames = Frames::new(200, 1115);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let spec = format!("udp://{}", socket.local_addr().unwrap());
    let received = receive(socket, 200);
    let output = &frames.run(&[&spec]).finish().outputs[0];
    let received = received.join().unwrap();
    assert!(received.iter().all(|datagram| datagram.len() == 1115));
    assert!(received.concat() == frames.bytes);
    assert_eq!((output.delivered, output.bytes), (200, 200 * 1115));
}

#[test]
fn with_its_marker_it_is_a_cadu() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let spec = format!("udp://{}?what=cadus&rate=2000", socket.local_addr().unwrap());
    let received = receive(socket, 85);
    let report = Running::start(config("demo", &demo(), From::Iq, &[&spec])).finish();
    assert_eq!(report.outputs[0].delivered, report.frames.good);
    for datagram in received.join().unwrap() {
        assert_eq!(datagram[..4], [0x1A, 0xCF, 0xFC, 0x1D]);
        assert_eq!(datagram.len(), 4 + 255);
    }
}

#[test]
fn what_no_datagram_holds_is_counted() {
    let frames = Frames::new(3, 65_508);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let spec = format!("udp://{}", socket.local_addr().unwrap());
    let output = &frames.run(&[&spec]).finish().outputs[0];
    assert_eq!((output.delivered, output.dropped["too_long"]), (0, 3));
}
