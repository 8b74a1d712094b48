//! Logging in to a NATS server: TLS, and secrets from files and the environment.

use super::secret;
use super::spec::NatsLogin;
use crate::profile::error::one_line;
use async_nats::ConnectOptions;
use std::error::Error;
use std::io;
use std::time::Duration;

/// How long connecting, and what is asked of the server, may take.
pub const CONNECT: Duration = Duration::from_secs(3);
/// How often a silent server is asked whether it is there.
const PING: Duration = Duration::from_secs(5);
/// Wait after something failed, and while there is no connection.
pub const BACK_OFF: Duration = Duration::from_millis(200);

/// How the server is connected to, its secrets read.
///
/// # Errors
/// When a secret cannot be had, or is none.
pub fn options(login: &NatsLogin) -> io::Result<ConnectOptions> {
    let mut options = ConnectOptions::new()
        .name("groundlink")
        .connection_timeout(CONNECT)
        .ping_interval(PING)
        .reconnect_delay_callback(|attempt| BACK_OFF * u32::try_from(attempt.min(50)).unwrap_or(50));
    if let Some(place) = &login.credentials {
        options = options.credentials(&secret::read(place)?)?;
    }
    if let Some(place) = &login.token {
        options = options.token(secret::word(place)?);
    }
    if let Some((user, place)) = &login.user {
        options = options.user_and_password(user.clone(), secret::word(place)?);
    }
    if let Some(place) = &login.nkey {
        options = options.nkey(secret::word(place)?);
    }
    if let Some(path) = &login.ca_file {
        options = options.add_root_certificates(path.into());
    }
    Ok(options.require_tls(login.tls))
}

/// An error with what lies behind it, in one line, and nothing said twice.
pub fn reason(error: &dyn Error) -> String {
    let mut line = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = one_line(&error.to_string());
        if !line.contains(&text) {
            let joint = if line.is_empty() { "" } else { ": " };
            line = format!("{line}{joint}{text}");
        }
        next = error.source();
    }
    line
}
