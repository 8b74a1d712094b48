//! What the user says of an output: `FORM://HOST:PORT?KEY=VALUE&…` or `FORM:PATH?KEY=VALUE&…`.

mod error;
mod nats;
mod options;

pub use error::SpecError;
pub use nats::{Nats, NatsLogin, WorkQueue};

use super::framing::Framing;
use super::queue::WhenFull;
use super::unit::What;
use error::LONGEST;
use options::{ENTRIES, Options};
use std::str::FromStr;
use std::time::Duration;

/// Bytes in a queue unless told otherwise, MiB.
const DEFAULT_QUEUE_MIB: u32 = 16;
/// Units in a queue unless told otherwise.
pub const DEFAULT_QUEUE: usize = 4096;
/// Most units in a queue.
const MOST_QUEUED: u32 = 1 << 20;
/// Time without progress after which a consumer counts as dead, unless told otherwise.
const DEFAULT_STALL: Duration = Duration::from_secs(10);
/// Clients of a server at once, unless told otherwise.
const DEFAULT_CLIENTS: u32 = 16;
/// Host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Name or number.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// Where a token or password is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// In a file.
    File(String),
    /// In an environment variable.
    Environment(String),
}

impl Secret {
    /// What the place is called, for messages.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => format!("file {path}"),
            Self::Environment(name) => format!("environment variable {name}"),
        }
    }
}

/// What reports of received frames say of the station and the satellite.
#[derive(Debug, Clone, PartialEq)]
pub struct Sids {
    /// Where they are sent.
    pub url: String,
    /// NORAD catalogue number of the satellite.
    pub norad: u32,
    /// Who received it: a call sign or name.
    pub source: String,
    /// Where: degrees north.
    pub latitude: f64,
    /// Where: degrees east.
    pub longitude: f64,
    /// Token that allows to.
    pub token: Option<Secret>,
    /// Certificates that the server's is trusted by, in PEM, in place of the usual ones.
    pub ca_file: Option<String>,
}

/// The form of an output, and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// Units to whoever connects.
    Listen {
        /// Where.
        address: Address,
        /// How.
        framing: Framing,
        /// Clients at once.
        clients: usize,
        /// How long a replay waits for the first.
        wait: Duration,
    },
    /// Units to a server.
    Connect {
        /// Where.
        address: Address,
        /// How.
        framing: Framing,
    },
    /// Datagrams.
    Udp {
        /// Where to.
        address: Address,
        /// At most so many a second; `None`: as the input gives them, in a replay 1000 (`REPLAYED_DATAGRAMS`).
        rate: Option<u32>,
    },
    /// A KISS log.
    KissLog {
        /// The file.
        path: String,
    },
    /// Messages to `ZeroMQ` subscribers.
    Zmq {
        /// Where they connect to.
        address: Address,
        /// First part of each message.
        topic: Option<String>,
        /// Subscribers at once.
        clients: usize,
        /// How long a replay waits for the first.
        wait: Duration,
    },
    /// Status and metrics.
    Http {
        /// Where.
        address: Address,
    },
    /// An archive in Parquet files.
    Parquet {
        /// The folder.
        folder: String,
    },
    /// Messages to a stream of NATS `JetStream`.
    Nats(Box<Nats>),
    /// Reports of received frames.
    Sids(Box<Sids>),
}

/// Datagrams a second in a replay, which could otherwise outrun any receiver.
pub const REPLAYED_DATAGRAMS: u32 = 1000;

/// An output.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamSpec {
    /// As it was given.
    pub text: String,
    /// Form and place.
    pub form: Form,
    /// What its units are.
    pub what: What,
    /// Whether frames (and packets) that failed a check go there too.
    pub bad_frames: bool,
    /// Whether records carry the content of frames and packets.
    pub data: bool,
    /// Units in its queue.
    pub queue: usize,
    /// Bytes in its queue.
    pub queue_bytes: usize,
    /// What is done where there is no room; `None`: replays wait, what is live does not.
    pub full: Option<WhenFull>,
    /// Time without progress after which a consumer counts as dead.
    pub stall: Duration,
}

/// `HOST:PORT`, `[::1]:PORT`, `:PORT` where that is allowed; a path behind it is none.
fn address(text: &str, form: &'static str, default_host: Option<&str>) -> Result<Address, SpecError> {
    let needs = if default_host.is_some() {
        "an address to listen at: HOST:PORT, or :PORT for this machine alone"
    } else {
        "an address: HOST:PORT"
    };
    let wrong = SpecError::Address { form, needs };
    if text.contains('@') {
        return Err(SpecError::Credentials {
            form,
            how: "this form has none",
        });
    }
    let text = text.strip_suffix('/').unwrap_or(text);
    let (host, port) = text.rsplit_once(':').ok_or_else(|| wrong.clone())?;
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let host = match (host, default_host) {
        ("", Some(default)) => default,
        ("", None) => return Err(wrong),
        (host, _) => host,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:%".contains(c);
    let port: u16 = port.parse().map_err(|_| wrong.clone())?;
    if !host.chars().all(plain) || (port == 0 && default_host.is_none()) {
        return Err(wrong);
    }
    Ok(Address {
        host: host.to_owned(),
        port,
    })
}

/// Where servers listen unless told otherwise.
const LOOPBACK: &str = "127.0.0.1";

impl FromStr for StreamSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        if text.len() > LONGEST {
            return Err(SpecError::Length);
        }
        let entry = ENTRIES
            .iter()
            .find(|entry| text.starts_with(entry.name))
            .ok_or(SpecError::Form)?;
        let rest = &text[entry.name.len()..];
        let (place, query) = match rest.split_once('?') {
            Some((place, query)) => (place, Some(query)),
            None => (rest, None),
        };
        let options = Options::parse(query, entry.name, &entry.known())?;
        let form = form(entry.name, place, &options)?;
        let units = [
            ("frames", What::Frames),
            ("cadus", What::Cadus),
            ("packets", What::Packets),
        ];
        let default = match entry.name {
            "jsonl-listen://" | "jsonl://" | "http://" => What::Records,
            _ => What::Frames,
        };
        // Some forms say of each unit whether it is good, the others cannot.
        let taken = if entry.labels() { "mark" } else { "unlabelled" };
        let bad = [("drop", false), (taken, true)];
        Ok(Self {
            text: text.to_owned(),
            form,
            what: options.choice("what", &units)?.unwrap_or(default),
            bad_frames: options
                .choice("bad_frames", &bad)?
                .unwrap_or(default == What::Records),
            data: options
                .choice("data", &[("none", false), ("hex", true)])?
                .unwrap_or(false),
            queue: options
                .number("queue", 1..=MOST_QUEUED)?
                .map_or(DEFAULT_QUEUE, |n| n as usize),
            queue_bytes: options
                .number("queue_mib", 1..=4096)?
                .unwrap_or(DEFAULT_QUEUE_MIB) as usize
                * (1 << 20),
            full: options.choice("full", &[("wait", WhenFull::Wait), ("drop", WhenFull::Drop)])?,
            stall: options.seconds("stall", 0.1)?.unwrap_or(DEFAULT_STALL),
        })
    }
}

fn form(name: &'static str, place: &str, options: &Options<'_>) -> Result<Form, SpecError> {
    let listen = || address(place, name, Some(LOOPBACK));
    let connect = || address(place, name, None);
    let clients = options.number("clients", 1..=256)?.unwrap_or(DEFAULT_CLIENTS) as usize;
    let wait = options.seconds("wait", 0.0)?.unwrap_or_default();
    Ok(match name {
        "tcp-listen://" | "jsonl-listen://" | "kiss-listen://" => Form::Listen {
            address: listen()?,
            framing: framing(name),
            clients,
            wait,
        },
        "tcp://" | "jsonl://" | "kiss-tcp://" => Form::Connect {
            address: connect()?,
            framing: framing(name),
        },
        "udp://" => Form::Udp {
            address: connect()?,
            rate: options.number("rate", 1..=1_000_000)?,
        },
        "kiss:" => Form::KissLog {
            path: path(place, name)?,
        },
        "parquet:" => Form::Parquet {
            folder: path(place, name)?,
        },
        "zmq://" => Form::Zmq {
            address: listen()?,
            topic: options.text("topic", 200)?,
            clients,
            wait,
        },
        "http://" => Form::Http { address: listen()? },
        "nats://" | "nats+tls://" => Form::Nats(Box::new(nats::stream(name, place, options)?)),
        _ => Form::Sids(Box::new(sids(name, place, options)?)),
    })
}

fn framing(name: &str) -> Framing {
    if name.starts_with("kiss") {
        Framing::Kiss
    } else {
        Framing::Plain
    }
}

fn path(text: &str, form: &'static str) -> Result<String, SpecError> {
    if text.trim().is_empty() || text == "-" || text.contains(char::is_control) {
        let needs = "the path of a file";
        return Err(SpecError::Address { form, needs });
    }
    Ok(text.to_owned())
}

fn sids(form: &'static str, place: &str, options: &Options<'_>) -> Result<Sids, SpecError> {
    let host = place.split('/').next().unwrap_or_default();
    if host.contains('@') {
        let how = "token_file=FILE or token_env=NAME";
        return Err(SpecError::Credentials { form, how });
    }
    if host.is_empty() || !place.chars().all(|c| c.is_ascii_graphic()) {
        let needs = "the address of the server: HOST/PATH";
        return Err(SpecError::Address { form, needs });
    }
    let missing = |key, what| SpecError::Missing { form, key, what };
    Ok(Sids {
        url: format!("{}{place}", form.trim_start_matches("sids+")),
        norad: options
            .number("norad", 1..=999_999_999)?
            .ok_or_else(|| missing("norad", "the satellite's catalogue number"))?,
        source: options
            .text("source", 100)?
            .ok_or_else(|| missing("source", "call sign or name of the station"))?,
        latitude: options
            .number("latitude", -90.0..=90.0)?
            .ok_or_else(|| missing("latitude", "of the station, degrees north"))?,
        longitude: options
            .number("longitude", -180.0..=180.0)?
            .ok_or_else(|| missing("longitude", "of the station, degrees east"))?,
        token: options.secret("token_file", "token_env")?,
        ca_file: options.text("ca_file", 4000)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<StreamSpec, String> {
        text.parse().map_err(|error: SpecError| error.to_string())
    }

    fn address_of(text: &str) -> (String, u16) {
        match parse(text).unwrap().form {
            Form::Listen { address, .. } | Form::Connect { address, .. } | Form::Udp { address, .. } => {
                (address.host, address.port)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn servers_are_of_this_machine_unless_told_otherwise() {
        assert_eq!(address_of("tcp-listen://:10017"), ("127.0.0.1".to_owned(), 10017));
        assert_eq!(
            address_of("tcp-listen://0.0.0.0:10017"),
            ("0.0.0.0".to_owned(), 10017)
        );
        assert_eq!(address_of("kiss-listen://[::1]:8001/"), ("::1".to_owned(), 8001));
        assert_eq!(
            address_of("udp://yamcs.example:10017"),
            ("yamcs.example".to_owned(), 10017)
        );
    }

    #[test]
    fn options_are_taken_over() {
        let spec = parse("tcp://h:1?what=cadus&queue=7&full=wait&stall=2.5&bad_frames=unlabelled").unwrap();
        assert_eq!(
            (spec.what, spec.queue, spec.full),
            (What::Cadus, 7, Some(WhenFull::Wait))
        );
        assert_eq!((spec.stall, spec.bad_frames), (Duration::from_millis(2500), true));
        let spec = parse("zmq://:5556?topic=vc%201&wait=3").unwrap();
        let Form::Zmq {
            topic, wait, clients, ..
        } = spec.form
        else {
            panic!()
        };
        assert_eq!(
            (topic.as_deref(), wait, clients),
            (Some("vc 1"), Duration::from_secs(3), 16)
        );
        let spec = parse("jsonl://h:1?data=hex").unwrap();
        assert_eq!(
            (spec.what, spec.data, spec.bad_frames),
            (What::Records, true, true)
        );
        assert_eq!(
            parse("kiss:a b.kss").unwrap().form,
            Form::KissLog {
                path: "a b.kss".to_owned()
            }
        );
    }

    #[test]
    fn telemetry_forms_know_the_station() {
        let text = "sids+https://db.example/api/telemetry/?norad=44406&source=N0CALL&latitude=49.7&longitude=-8.95\
                    &token_env=TOKEN";
        let Form::Sids(sids) = parse(text).unwrap().form else {
            panic!()
        };
        assert_eq!(sids.url, "https://db.example/api/telemetry/");
        assert_eq!((sids.norad, sids.latitude, sids.longitude), (44406, 49.7, -8.95));
        assert_eq!(sids.token, Some(Secret::Environment("TOKEN".to_owned())));
    }

    #[test]
    fn mistakes_are_told_in_one_line() {
        for (text, expected) in [
            ("ftp://x:1", "an output is one of tcp-listen://, tcp://,"),
            ("tcp://x", "tcp:// needs an address: HOST:PORT"),
            ("tcp://:5", "tcp:// needs an address: HOST:PORT"),
            ("tcp://x:0", "tcp:// needs an address: HOST:PORT"),
            ("tcp://a b:7", "tcp:// needs an address: HOST:PORT"),
            (
                "tcp-listen://x:70000",
                "tcp-listen:// needs an address to listen at",
            ),
            (
                "tcp://x:1?token=abc",
                "tcp:// has no option token; it has what, bad_frames, queue, queue_mib, full, stall",
            ),
            ("http://:1?what=frames", "http:// has no option what; it has none"),
            ("tcp://x:1?queue=1&queue=2", "option queue is given twice"),
            (
                "tcp://x:1?queue=0",
                "option queue must be a number from 1 to 1048576",
            ),
            (
                "tcp://x:1?stall=nan",
                "option stall must be a number from 0.1 to 3600",
            ),
            (
                "udp://x:1?what=records",
                "option what must be frames or cadus or packets",
            ),
            ("kiss:", "kiss: needs the path of a file"),
            ("kiss:-", "kiss: needs the path of a file"),
            (
                "sids+https://h/",
                "sids+https:// needs option norad: the satellite's catalogue number",
            ),
            (
                "sids+https://user:secret@h/",
                "sids+https://: credentials are taken from a file or the environment only: token_file=FILE or \
                 token_env=NAME",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
            assert!(!error.contains("secret") && !error.contains("abc"), "{error}");
        }
    }
}
