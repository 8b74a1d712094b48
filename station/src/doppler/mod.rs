//! Doppler: taken off the samples before a receiver sees them, by an orbit or a measured curve, and measured by
//! receivers for others to use.
//!
//! `docs/doppler.md` tells the formats.

mod corrector;
mod curve;
mod error;
mod measured;

pub use corrector::{Corrector, DopplerAt, DopplerConfig, Motion};
pub use curve::Curve;
pub use error::DopplerError;
pub use measured::{Measured, MeasuredWriter};
