//! What can be said of samples without knowing the signal: levels, faults of the receiver, symbol clocks.

mod clock;
mod floor;
mod levels;
mod line_spectrum;

pub use clock::{ClockCandidate, ClockFinder, ClockSource};
pub use floor::{NoiseFloor, noise_density_dbfs_hz};
pub use levels::{Imbalance, LevelReport, Levels};
