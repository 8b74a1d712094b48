//! How units follow each other on a connection.

use super::kiss;
use super::unit::Unit;

/// What surrounds a unit in a stream of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Nothing: units back to back, records with a line feed each.
    Plain,
    /// KISS, data on port 0.
    Kiss,
}

impl Framing {
    /// The bytes of a unit in place of what was there.
    pub fn encode(self, unit: &Unit, out: &mut Vec<u8>) {
        out.clear();
        match self {
            Self::Plain => out.extend_from_slice(&unit.bytes),
            Self::Kiss => kiss::data(&unit.bytes, out),
        }
    }
}
