//! A stand-in for a bus of D-Bus with Avahi on it, without which `SoapyRemote`'s server does not stay.
//!
//! Calls are answered as a running daemon would, up to the group of entries in which a service is announced: that is
//! refused, as by a daemon that may not publish. D-Bus Specification 0.43, "Message Protocol".

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

const CALL: u8 = 1;
const REPLY: u8 = 2;
const ERROR: u8 = 3;
/// Codes of header fields.
const MEMBER: u8 = 3;
const ERROR_NAME: u8 = 4;
const REPLY_SERIAL: u8 = 5;
const SIGNATURE: u8 = 8;

/// Serves in threads of its own; the bus's address.
pub fn serve() -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bus");
    let listener = UnixListener::bind(&path).unwrap();
    let address = address(&path);
    thread::spawn(move || {
        let _folder = folder;
        for stream in listener.incoming().flatten() {
            thread::spawn(move || talk(stream));
        }
    });
    address
}

fn address(path: &Path) -> String {
    format!("unix:path={}", path.display())
}

/// Speaks with one client until it goes.
fn talk(stream: UnixStream) -> io::Result<()> {
    let mut replies = stream.try_clone()?;
    let mut calls = BufReader::new(stream);
    authenticate(&mut calls, &mut replies)?;
    for number in 1.. {
        let Some((member, serial)) = call(&mut calls)? else {
            continue;
        };
        replies.write_all(&reply(&member, serial, number))?;
    }
    Ok(())
}

/// Everybody is let in.
fn authenticate(calls: &mut impl BufRead, replies: &mut impl Write) -> io::Result<()> {
    loop {
        let mut line = Vec::new();
        calls.read_until(b'\n', &mut line)?;
        let line = String::from_utf8_lossy(&line);
        let answer = match line.trim_matches(['\0', '\r', '\n']) {
            "BEGIN" => return Ok(()),
            "" => return Err(io::ErrorKind::UnexpectedEof.into()),
            auth if auth.starts_with("AUTH EXTERNAL") => "OK 0123456789abcdef0123456789abcdef\r\n",
            _ => "ERROR\r\n",
        };
        replies.write_all(answer.as_bytes())?;
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// The next message: if it is a call, its member and serial number. libdbus sends in the order of this computer's
/// bytes.
fn call(calls: &mut impl Read) -> io::Result<Option<(String, u32)>> {
    let mut head = [0; 16];
    calls.read_exact(&mut head)?;
    let (body, serial, fields) = (number(&head, 4), number(&head, 8), number(&head, 12));
    let mut rest = vec![0; fields.next_multiple_of(8) as usize + body as usize];
    calls.read_exact(&mut rest)?;
    Ok((head[1] == CALL).then(|| (member(&rest[..fields as usize]), serial)))
}

/// The member that the header's fields name: each at a multiple of 8, its code, its type and its value.
fn member(fields: &[u8]) -> String {
    let mut at = 0;
    while at < fields.len() {
        let (code, kind) = (fields[at], fields[at + 2]);
        let (begin, length) = match kind {
            b's' | b'o' => (at + 8, number(fields, at + 4) as usize),
            b'g' => (at + 5, fields[at + 4] as usize),
            _ => (at + 8, 0),
        };
        let value = &fields[begin..begin + length];
        if code == MEMBER {
            return String::from_utf8_lossy(value).into_owned();
        }
        let end = begin + length + usize::from(length > 0);
        at = end.next_multiple_of(8);
    }
    String::new()
}

/// What is said to a call.
fn reply(member: &str, serial: u32, number: u32) -> Vec<u8> {
    let text = |text: &str| (b's', string(text));
    let body = match member {
        "Hello" => Some(text(":1.1")),
        "GetAPIVersion" => Some((b'u', 0x0203_u32.to_le_bytes().to_vec())),
        // The server runs.
        "GetState" => Some((b'i', 2_u32.to_le_bytes().to_vec())),
        "GetVersionString" => Some(text("stand-in")),
        "GetHostName" | "GetDomainName" | "GetHostNameFqdn" => Some(text("test.local")),
        _ => None,
    };
    let mut fields = Vec::new();
    field(&mut fields, REPLY_SERIAL, b'u', &serial.to_le_bytes());
    let refused = member == "EntryGroupNew";
    if refused {
        let name = string("org.freedesktop.Avahi.NotPermittedError");
        field(&mut fields, ERROR_NAME, b's', &name);
    }
    let mut bytes = Vec::new();
    if let Some((kind, value)) = body {
        field(&mut fields, SIGNATURE, b'g', &[1, kind, 0]);
        bytes = value;
    }
    let mut message = vec![b'l', if refused { ERROR } else { REPLY }, 1, 1];
    message.extend((bytes.len() as u32).to_le_bytes());
    message.extend(number.to_le_bytes());
    message.extend((fields.len() as u32).to_le_bytes());
    message.extend(fields);
    message.resize(message.len().next_multiple_of(8), 0);
    message.extend(bytes);
    message
}

/// Adds a field of the header, at a multiple of 8.
fn field(fields: &mut Vec<u8>, code: u8, kind: u8, value: &[u8]) {
    fields.resize(fields.len().next_multiple_of(8), 0);
    fields.extend([code, 1, kind, 0]);
    fields.extend(value);
}

fn string(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u32).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes.push(0);
    bytes
}
