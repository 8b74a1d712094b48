//! A run that others watch from elsewhere: the station serves, viewers ask.
//!
//! Viewers ask for what is new beyond what they have, and the station answers with as much of the newest as was asked
//! for; `docs/attach.md` describes the protocol. Each viewer has a thread of its own that copies out of the monitor as a
//! display in the same program does, so that none can slow the station, however slow it is itself. Viewers change nothing.

mod address;
mod mirror;
mod server;
mod viewer;
mod wire;

pub use address::{AttachError, Connection, Endpoint};
pub use server::{MAX_VIEWERS, Server};
pub use viewer::Viewer;
pub use wire::{
    Answer, Ask, Constellation, MAX_ANSWER, MAX_ASK, Part, Spectrum, VERSION, WireError, decode, encode,
    receive, send,
};
