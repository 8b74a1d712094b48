//! Frames as filled-in forms to a server, one request each.

use super::carrier::{Carried, Carrier};
use super::control::Control;
use super::ledger::{Cause, Ledger};
use super::secret;
use super::sids;
use super::spec::Sids;
use super::unit::Unit;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;

/// How long a request may take, answer included.
const PATIENCE: Duration = Duration::from_secs(15);

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
    /// When the token cannot be had.
    pub fn new(station: Sids, ledger: Arc<Ledger>) -> io::Result<Self> {
        let token = station.token.as_ref().map(secret::word).transpose()?;
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("groundlink/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            station,
            authorization: token.map(|token| format!("Token {token}")),
            agent: config.new_agent(),
            ledger,
        })
    }
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
