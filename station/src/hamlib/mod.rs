//! Rotators and radios through Hamlib's daemons `rotctld` and `rigctld`.

mod client;
mod protocol;

pub use client::Client;
pub use protocol::{Reply, ReplyReader};

use thiserror::Error;

/// Ports that the daemons listen on unless told otherwise.
const ROTATOR_PORT: u16 = 4533;
const RIG_PORT: u16 = 4532;

/// A daemon that does not do what it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HamlibError {
    /// No connection, or it broke.
    #[error("{address}: {reason}")]
    Connection {
        /// HOST:PORT.
        address: String,
        /// What the system says.
        reason: String,
    },
    /// No connection; another try is not yet due.
    #[error("{address}: no connection")]
    Pausing {
        /// HOST:PORT.
        address: String,
    },
    /// The daemon or its device refused.
    #[error("{address}: {command}: refused with error {code}")]
    Refused {
        /// HOST:PORT.
        address: String,
        /// What was asked for.
        command: String,
        /// Hamlib's error number, negative.
        code: i32,
    },
    /// What came is no answer of Hamlib.
    #[error("no answer of a Hamlib daemon")]
    NoReply,
    /// The answer lacks a value.
    #[error("the answer has no number {name}")]
    NoValue {
        /// Its name.
        name: &'static str,
    },
}

/// A rotator behind `rotctld`.
#[derive(Debug)]
pub struct Rotator(Client);

impl Rotator {
    /// The rotator at HOST or HOST:PORT (4533).
    pub fn new(address: &str) -> Self {
        Self(Client::new(address, ROTATOR_PORT))
    }

    /// Its connection.
    pub fn client(&self) -> &Client {
        &self.0
    }

    /// Turns to this azimuth and elevation, degrees, limited to 0 to 360 and 0 to 90.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn point(&mut self, azimuth_deg: f64, elevation_deg: f64) -> Result<(), HamlibError> {
        let (azimuth, elevation) = (azimuth_deg.clamp(0.0, 360.0), elevation_deg.clamp(0.0, 90.0));
        self.0
            .ask(&protocol::set_position(azimuth, elevation))
            .map(|_| ())
    }

    /// Where it points: azimuth and elevation, degrees.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn position(&mut self) -> Result<(f64, f64), HamlibError> {
        let reply = self.0.ask(protocol::get_position())?;
        Ok((reply.number("Azimuth")?, reply.number("Elevation")?))
    }

    /// Turns to where it rests.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn park(&mut self) -> Result<(), HamlibError> {
        self.0.ask(protocol::park()).map(|_| ())
    }
}

/// A radio behind `rigctld`.
#[derive(Debug)]
pub struct Rig(Client);

impl Rig {
    /// The radio at HOST or HOST:PORT (4532).
    pub fn new(address: &str) -> Self {
        Self(Client::new(address, RIG_PORT))
    }

    /// Its connection.
    pub fn client(&self) -> &Client {
        &self.0
    }

    /// Tunes to this frequency, Hz.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn tune(&mut self, hz: f64) -> Result<(), HamlibError> {
        self.0.ask(&protocol::set_frequency(hz)).map(|_| ())
    }

    /// What it is tuned to, Hz.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn frequency(&mut self) -> Result<f64, HamlibError> {
        self.0.ask(protocol::get_frequency())?.number("Frequency")
    }
}
