//! What is said of NATS: the server and how it is logged in to, the stream that units go to, the queue that work comes from.

use super::error::LONGEST;
use super::options::Options;
use super::{Address, Secret, SpecError, address};
use std::str::FromStr;
use std::time::Duration;

/// A server of NATS, and how it is logged in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatsLogin {
    /// Where it is.
    pub address: Address,
    /// Whether it must be spoken to in TLS.
    pub tls: bool,
    /// Certificates that the server's is trusted by, in PEM, beside those of the system.
    pub ca_file: Option<String>,
    /// Credentials as NATS' tools write them.
    pub credentials: Option<Secret>,
    /// A token.
    pub token: Option<Secret>,
    /// A user name, and the password that goes with it.
    pub user: Option<(String, Secret)>,
    /// The seed of an `NKey`.
    pub nkey: Option<Secret>,
}

impl NatsLogin {
    /// The address as a URL, without any secret.
    pub fn url(&self) -> String {
        let Address { host, port } = &self.address;
        if host.contains(':') {
            format!("nats://[{host}]:{port}")
        } else {
            format!("nats://{host}:{port}")
        }
    }
}

/// A stream of NATS `JetStream`, and how it may be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nats {
    /// The server.
    pub login: NatsLogin,
    /// Name of the stream, which is made where there is none.
    pub stream: String,
    /// What subjects begin with.
    pub subject: String,
    /// Name of the station.
    pub station: String,
}

/// A queue of recordings to decode, in NATS `JetStream`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkQueue {
    /// The server.
    pub login: NatsLogin,
    /// Name of the stream that holds the jobs; that of their results has `_RESULTS` behind it.
    pub stream: String,
    /// What subjects begin with.
    pub subject: String,
    /// Silence of a worker after which its job is given to another one.
    pub ack_wait: Duration,
}

const WORK_OPTIONS: &[&str] = &["stream", "subject", "ack_wait"];
/// Options that say how a server is logged in to.
pub(super) const LOGIN_OPTIONS: &[&str] = &[
    "credentials_file",
    "credentials_env",
    "token_file",
    "token_env",
    "user",
    "password_file",
    "password_env",
    "nkey_file",
    "nkey_env",
    "ca_file",
];

impl FromStr for WorkQueue {
    type Err = SpecError;

    /// `nats://HOST:PORT?KEY=VALUE&…`, or with `nats+tls://`.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        if text.len() > LONGEST {
            return Err(SpecError::Length);
        }
        let form = ["nats://", "nats+tls://"]
            .into_iter()
            .find(|form| text.starts_with(form))
            .ok_or(SpecError::Queue)?;
        let rest = &text[form.len()..];
        let (place, query) = rest
            .split_once('?')
            .map_or((rest, None), |(place, query)| (place, Some(query)));
        let options = Options::parse(query, form, &[WORK_OPTIONS, LOGIN_OPTIONS].concat())?;
        Ok(Self {
            login: login(form, place, &options)?,
            stream: word(&options, "stream", "GROUNDLINK_WORK")?,
            subject: word(&options, "subject", "groundlink-work")?,
            ack_wait: options
                .seconds("ack_wait", 1.0)?
                .unwrap_or(Duration::from_secs(30)),
        })
    }
}

/// Where units go.
pub(super) fn stream(form: &'static str, place: &str, options: &Options<'_>) -> Result<Nats, SpecError> {
    Ok(Nats {
        login: login(form, place, options)?,
        stream: word(options, "stream", "GROUNDLINK")?,
        subject: word(options, "subject", "groundlink")?,
        station: word(options, "station", "station")?,
    })
}

fn login(form: &'static str, place: &str, options: &Options<'_>) -> Result<NatsLogin, SpecError> {
    if place.contains('@') {
        let how = "credentials_file, credentials_env, token_file, token_env, nkey_file, nkey_env, or user with \
                   password_file or password_env";
        return Err(SpecError::Credentials { form, how });
    }
    let password = options.secret("password_file", "password_env")?;
    let user = match (options.text("user", 200)?, password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        (Some(_), None) => {
            let (key, what) = (
                "password_file",
                "the file of the user's password, or password_env",
            );
            return Err(SpecError::Missing { form, key, what });
        }
        (None, Some(_)) => {
            let (key, what) = ("user", "the user whose password it is");
            return Err(SpecError::Missing { form, key, what });
        }
    };
    Ok(NatsLogin {
        address: address(place, form, None)?,
        tls: form == "nats+tls://",
        ca_file: options.text("ca_file", 4000)?,
        credentials: options.secret("credentials_file", "credentials_env")?,
        token: options.secret("token_file", "token_env")?,
        user,
        nkey: options.secret("nkey_file", "nkey_env")?,
    })
}

fn word(options: &Options<'_>, key: &'static str, default: &str) -> Result<String, SpecError> {
    match options.text(key, 100)? {
        Some(text)
            if !text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) =>
        {
            let allowed = "letters, digits, - and _".to_owned();
            Err(SpecError::Value { key, allowed })
        }
        text => Ok(text.unwrap_or_else(|| default.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_has_a_server_a_stream_and_a_login() {
        let text =
            "nats+tls://[::1]:4222?stream=ARCHIVE&subject=re&ack_wait=5&user=a%20b&password_env=P&ca_file=ca";
        let queue: WorkQueue = text.parse().unwrap();
        assert_eq!(queue.login.url(), "nats://[::1]:4222");
        assert_eq!((queue.stream.as_str(), queue.subject.as_str()), ("ARCHIVE", "re"));
        assert_eq!((queue.login.tls, queue.ack_wait), (true, Duration::from_secs(5)));
        let password = Secret::Environment("P".to_owned());
        assert_eq!(queue.login.user, Some(("a b".to_owned(), password)));
        let plain: WorkQueue = "nats://h:1".parse().unwrap();
        assert_eq!(plain.stream, "GROUNDLINK_WORK");
        assert_eq!(
            (plain.login.user, plain.ack_wait),
            (None, Duration::from_secs(30))
        );
    }

    #[test]
    fn mistakes_are_told_without_secrets() {
        for (text, expected) in [
            (
                "http://h:1",
                "a work queue is nats://HOST:PORT or nats+tls://HOST:PORT",
            ),
            (
                "nats://a:secret@h:1",
                "nats://: credentials are taken from a file or the environment only",
            ),
            (
                "nats://h:1?password_file=secret",
                "nats:// needs option user: the user whose password it is",
            ),
            ("nats://h:1?user=u", "nats:// needs option password_file:"),
            (
                "nats://h:1?what=frames",
                "nats:// has no option what; it has stream,",
            ),
            (
                "nats://h:1?ack_wait=0",
                "option ack_wait must be a number from 1 to 3600",
            ),
            (
                "nats://h:1?stream=a.b",
                "option stream must be letters, digits, - and _",
            ),
        ] {
            let error = text.parse::<WorkQueue>().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
