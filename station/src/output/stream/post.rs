//! Frames as filled-in forms to a server, one request each.

use super::carrier::{Carried, Carrier};
use super::control::Control;
use super::ledger::{Cause, Ledger};
use super::secret;
use super::sids;
use super::spec::Sids;
use super::unit::Unit;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// How long a request may take, answer included.
const PATIENCE: Duration = Duration::from_secs(15);

/// Longest file of certificates.
const LONGEST_PEM: u64 = 1 << 20;

/// Sends forms.
pub struct Forms {
    station: Sids,
    /// The header field that allows to; never shown.
    authorization: Option<String>,
    agent: Agent,
    ledger: Arc<Ledger>,
}

impl Forms {
    /// To this server, with the token from where it is.
    ///
    /// # Errors
    /// When the token or the certificates cannot be had.
    pub fn new(station: Sids, ledger: Arc<Ledger>) -> io::Result<Self> {
        let token = station.token.as_ref().map(secret::word).transpose()?;
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("groundlink/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls(station.ca_file.as_deref())?)
            .build();
        Ok(Self {
            station,
            authorization: token.map(|token| format!("Token {token}")),
            agent: config.new_agent(),
            ledger,
        })
    }
}

/// Whom to trust: those in the file, or without one those that the web trusts.
fn tls(ca_file: Option<&str>) -> io::Result<TlsConfig> {
    let Some(path) = ca_file else {
        return Ok(TlsConfig::default());
    };
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("file {path}: {what}"));
    let mut pem = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST_PEM).read_to_end(&mut pem))
        .map_err(|error| io::Error::new(error.kind(), format!("file {path}: {error}")))?;
    let mut trusted = Vec::new();
    for item in parse_pem(&pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => trusted.push(certificate),
            Ok(_) => {}
            Err(error) => return Err(wrong(&error.to_string())),
        }
    }
    if trusted.is_empty() {
        return Err(wrong("no certificate in it"));
    }
    let roots = RootCerts::Specific(Arc::new(trusted));
    Ok(TlsConfig::builder().root_certs(roots).build())
}

impl Carrier for Forms {
    fn carry(&mut self, unit: &Unit, _control: &Control) -> io::Result<Carried> {
        let Some(form) = sids::form(&self.station, unit) else {
            return Ok(Carried::Lost(Cause::NoTime));
        };
        let mut request = self
            .agent
            .post(&self.station.url)
            .content_type("application/x-www-form-urlencoded");
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let status = request.send(&form).map_err(io::Error::other)?.status();
        match status.as_u16() {
            200..=299 => Ok(Carried::Delivered(form.len())),
            // It will not be taken later either, unless the server is busy.
            300..=499 if !matches!(status.as_u16(), 408 | 429) => {
                self.ledger.error(format!("the server answered {status}"));
                Ok(Carried::Lost(Cause::Refused))
            }
            _ => Err(io::Error::other(format!("the server answered {status}"))),
        }
    }
}
