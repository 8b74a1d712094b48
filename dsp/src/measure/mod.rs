//! What can be said of samples without knowing the signal: levels, faults of the receiver, symbol clocks.

mod clock;
mod levels;
mod line_spectrum;

pub use clock::{ClockCandidate, ClockFinder, ClockSource};
pub use levels::{Imbalance, LevelReport, Levels};
