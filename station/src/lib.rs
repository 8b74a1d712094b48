//! The running chain: link profiles, inputs, threads, outputs, time. Headless; the application draws it.

pub mod attach;
pub mod chain;
pub mod doppler;
mod error;
pub mod explain;
pub mod hamlib;
pub mod input;
pub mod inspect;
pub mod monitor;
pub mod orbit;
pub mod output;
pub mod profile;
pub mod recording;
pub mod schedule;
pub mod session;
pub mod simulate;
pub mod station_file;
pub mod time;
pub mod track;
mod waits;
mod whole;
pub mod work;

pub use error::StationError;
