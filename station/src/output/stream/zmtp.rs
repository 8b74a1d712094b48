//! `ZeroMQ`'s wire protocol as far as a publisher needs it: ZMTP 3.0 (23/ZMTP) with the NULL mechanism.
//!
//! A publisher of our own knows what each subscriber was sent and holds a replay back; the sockets of the libraries drop
//! what a slow subscriber does not take, and do not say so.

use super::control::Control;
use super::ledger::Parcel;
use super::server::Listener;
use super::socket;
use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Bytes of a greeting.
const GREETING: usize = 64;
/// How long a subscriber may take over its greeting.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How long a read waits before it looks whether to go on.
const READ_SLICE: Duration = Duration::from_millis(100);
/// Longest message or command that a subscriber may send.
const LONGEST: usize = 4096;
/// Subscriptions of one subscriber.
const MOST_SUBSCRIPTIONS: usize = 64;

const MORE: u8 = 0x01;
const LONG: u8 = 0x02;
const COMMAND: u8 = 0x04;

/// The publisher's greeting: signature, version 3.0, mechanism NULL, no server.
pub fn greeting() -> [u8; GREETING] {
    let mut bytes = [0; GREETING];
    bytes[0] = 0xFF;
    bytes[9] = 0x7F;
    bytes[10] = 3;
    bytes[12..16].copy_from_slice(b"NULL");
    bytes
}

/// Whether we can speak with who greets so.
fn check_greeting(bytes: &[u8; GREETING]) -> Result<(), &'static str> {
    if bytes[0] != 0xFF || bytes[9] & 1 == 0 {
        return Err("no ZeroMQ subscriber: its signature is wrong");
    }
    if bytes[10] < 3 {
        return Err("the subscriber speaks a version of ZMTP older than 3.0");
    }
    if bytes[12..32] != greeting()[12..32] {
        return Err("the subscriber wants a security mechanism other than NULL");
    }
    Ok(())
}

/// Appends one frame of the protocol.
fn frame(flags: u8, body: &[u8], out: &mut Vec<u8>) {
    if let Ok(short) = u8::try_from(body.len()) {
        out.extend([flags, short]);
    } else {
        out.push(flags | LONG);
        out.extend((body.len() as u64).to_be_bytes());
    }
    out.extend_from_slice(body);
}

/// Appends the command READY of a publisher.
fn ready(out: &mut Vec<u8>) {
    let mut body = b"\x05READY\x0BSocket-Type".to_vec();
    body.extend(3u32.to_be_bytes());
    body.extend(b"PUB");
    frame(COMMAND, &body, out);
}

/// Appends a message: the topic in a part of its own, if there is one, then the content.
pub fn message(topic: Option<&str>, content: &[u8], out: &mut Vec<u8>) {
    if let Some(topic) = topic {
        frame(MORE, topic.as_bytes(), out);
    }
    frame(0, content, out);
}

/// What a subscriber may say.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Ready,
    Subscribe(Vec<u8>),
    Cancel(Vec<u8>),
    Ping(Vec<u8>),
    Other,
}

/// Takes a subscriber's bytes apart, however they were cut, and keeps its subscriptions.
#[derive(Debug, Default)]
pub struct Subscriptions {
    pending: Vec<u8>,
    topics: Vec<Vec<u8>>,
    ready: bool,
}

impl Subscriptions {
    /// Takes more bytes; answers are appended to `answer`.
    ///
    /// # Errors
    /// When the subscriber breaks the protocol or wants more than it may have.
    pub fn feed(&mut self, bytes: &[u8], answer: &mut Vec<u8>) -> Result<(), &'static str> {
        self.pending.extend_from_slice(bytes);
        while let Some((said, used)) = parse(&self.pending)? {
            self.pending.drain(..used);
            match said {
                Said::Ready => self.ready = true,
                Said::Subscribe(_) if self.topics.len() == MOST_SUBSCRIPTIONS => {
                    return Err("too many subscriptions");
                }
                Said::Subscribe(topic) => self.topics.push(topic),
                Said::Cancel(topic) => {
                    if let Some(nth) = self.topics.iter().position(|other| *other == topic) {
                        self.topics.swap_remove(nth);
                    }
                }
                Said::Ping(context) => {
                    let body = [b"\x04PONG".as_slice(), &context].concat();
                    frame(COMMAND, &body, answer);
                }
                Said::Other => {}
            }
        }
        Ok(())
    }

    /// Whether it wants messages that begin so.
    pub fn wants(&self, first: &[u8]) -> bool {
        self.topics.iter().any(|topic| first.starts_with(topic))
    }
}

/// The first thing in these bytes and how long it is, once all of it is there.
fn parse(bytes: &[u8]) -> Result<Option<(Said, usize)>, &'static str> {
    let Some(&flags) = bytes.first() else {
        return Ok(None);
    };
    if flags > MORE | LONG | COMMAND {
        return Err("the subscriber breaks the protocol: unknown flags");
    }
    let (head, length) = if flags & LONG == 0 {
        let Some(&length) = bytes.get(1) else {
            return Ok(None);
        };
        (2, u64::from(length))
    } else {
        let Some(length) = bytes.get(1..9).and_then(|bytes| bytes.try_into().ok()) else {
            return Ok(None);
        };
        (9, u64::from_be_bytes(length))
    };
    let length = usize::try_from(length).ok().filter(|&length| length <= LONGEST);
    let end = head + length.ok_or("the subscriber sends more than a subscription")?;
    Ok(bytes.get(head..end).map(|body| (said(flags, body), end)))
}

fn said(flags: u8, body: &[u8]) -> Said {
    if flags & COMMAND == 0 {
        return match body.split_first() {
            Some((1, topic)) => Said::Subscribe(topic.to_vec()),
            Some((0, topic)) => Said::Cancel(topic.to_vec()),
            _ => Said::Other,
        };
    }
    let command = |name: &[u8]| body.strip_prefix(name).map(<[u8]>::to_vec);
    if command(b"\x05READY").is_some() {
        return Said::Ready;
    }
    // Those of ZMTP 3.1, from whoever speaks it unasked.
    None.or_else(|| command(b"\x09SUBSCRIBE").map(Said::Subscribe))
        .or_else(|| command(b"\x06CANCEL").map(Said::Cancel))
        .or_else(|| command(b"\x04PING").map(|rest| Said::Ping(rest.get(2..).unwrap_or_default().to_vec())))
        .unwrap_or(Said::Other)
}

/// A subscriber on a connection.
pub(super) struct Subscriber {
    topic: Option<String>,
    subscriptions: Subscriptions,
    bytes: Vec<u8>,
}

fn refused(text: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, text)
}

impl Subscriber {
    /// Exchanges greetings.
    ///
    /// # Errors
    /// When the other side is none or takes too long.
    pub fn greet(stream: &TcpStream, topic: Option<&str>, control: &Control) -> io::Result<Self> {
        let until = Instant::now() + HANDSHAKE;
        stream.set_read_timeout(Some(READ_SLICE))?;
        socket::write_all(stream, &greeting(), control)?;
        let mut theirs = [0; GREETING];
        let mut have = 0;
        while have < GREETING {
            have += read_until(stream, &mut theirs[have..], until, control)?;
        }
        check_greeting(&theirs).map_err(refused)?;
        let mut subscriber = Self {
            topic: topic.map(str::to_owned),
            subscriptions: Subscriptions::default(),
            bytes: Vec::new(),
        };
        let mut answer = Vec::new();
        ready(&mut answer);
        socket::write_all(stream, &answer, control)?;
        answer.clear();
        let mut buffer = [0; LONGEST];
        // A subscriber that wants nothing yet is no client yet.
        while !subscriber.subscriptions.ready || subscriber.subscriptions.topics.is_empty() {
            let read = read_until(stream, &mut buffer, until, control)?;
            subscriber
                .subscriptions
                .feed(&buffer[..read], &mut answer)
                .map_err(refused)?;
        }
        Ok(subscriber)
    }
}

fn read_until(
    mut stream: &TcpStream,
    buffer: &mut [u8],
    until: Instant,
    control: &Control,
) -> io::Result<usize> {
    loop {
        match stream.read(buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => return Ok(read),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if Instant::now() >= until || control.closing() {
                    return Err(io::Error::new(
                        ErrorKind::TimedOut,
                        "the subscriber did not subscribe",
                    ));
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Listener for Subscriber {
    fn hear(&mut self, stream: &TcpStream, control: &Control) -> io::Result<()> {
        let mut buffer = [0; LONGEST];
        let mut answer = Vec::new();
        let read = socket::read_now(stream, &mut buffer)?;
        self.subscriptions
            .feed(&buffer[..read], &mut answer)
            .map_err(refused)?;
        socket::write_all(stream, &answer, control)
    }

    fn say<'a>(&'a mut self, parcel: &Parcel) -> Option<&'a [u8]> {
        let content = &parcel.unit().bytes;
        let topic = self.topic.as_deref();
        if !self.subscriptions.wants(topic.map_or(content, str::as_bytes)) {
            return None;
        }
        self.bytes.clear();
        message(topic, content, &mut self.bytes);
        Some(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_of_the_specification() {
        let mut out = Vec::new();
        message(None, &[1, 2, 3], &mut out);
        assert_eq!(out, [0x00, 3, 1, 2, 3]);
        out.clear();
        message(Some("vc0"), &[7; 256], &mut out);
        assert_eq!(out[..5], [0x01, 3, b'v', b'c', b'0']);
        assert_eq!(out[5..14], [0x02, 0, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(out[14..], [7; 256]);
    }

    #[test]
    fn subscriptions_come_however_they_are_cut() {
        let mut said = Vec::new();
        frame(COMMAND, b"\x05READY\x0BSocket-Type\0\0\0\x03SUB", &mut said);
        frame(0, b"\x01vc", &mut said);
        frame(COMMAND, b"\x09SUBSCRIBEtm", &mut said);
        frame(COMMAND, b"\x04PING\0\x01ctx", &mut said);
        frame(0, b"\0vc", &mut said);
        for cut in 0..said.len() {
            let (mut subscriptions, mut answer) = (Subscriptions::default(), Vec::new());
            subscriptions.feed(&said[..cut], &mut answer).unwrap();
            subscriptions.feed(&said[cut..], &mut answer).unwrap();
            assert!(subscriptions.ready);
            assert_eq!(subscriptions.topics, [b"tm".to_vec()]);
            assert!(subscriptions.wants(b"tm1") && !subscriptions.wants(b"vc0"));
            assert_eq!(answer, b"\x04\x08\x04PONGctx");
        }
    }

    #[test]
    fn nobody_may_say_or_want_too_much() {
        let mut subscriptions = Subscriptions::default();
        let mut answer = Vec::new();
        assert!(
            subscriptions
                .feed(&[0x02, 1, 0, 0, 0, 0, 0, 0, 0], &mut answer)
                .is_err()
        );
        assert!(Subscriptions::default().feed(&[0xFF], &mut answer).is_err());
        let mut many = Vec::new();
        (0..=MOST_SUBSCRIPTIONS).for_each(|_| frame(0, b"\x01", &mut many));
        assert!(Subscriptions::default().feed(&many, &mut answer).is_err());
    }

    #[test]
    fn greetings_of_others_are_refused() {
        assert_eq!(check_greeting(&greeting()), Ok(()));
        let with = |at: usize, byte| {
            let mut bytes = greeting();
            bytes[at] = byte;
            check_greeting(&bytes)
        };
        assert!(with(0, b'G').is_err());
        assert!(with(10, 2).is_err());
        assert!(with(12, b'P').is_err());
        assert_eq!(with(11, 1), Ok(()), "a later version goes back to ours");
    }
}
