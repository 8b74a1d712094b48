//! What can be said of samples without knowing the signal: levels, faults of the receiver, symbol clocks.

mod clock;
mod eye;
mod floor;
mod levels;
mod line_spectrum;
mod occupied;

pub use clock::{ClockCandidate, ClockFinder, ClockSource};
pub use eye::{EYE_POINTS, Eye, EyePlace, EyeQuantity, eye};
pub use floor::{NoiseFloor, noise_density_dbfs_hz};
pub use levels::{Imbalance, LevelReport, Levels};
pub use occupied::{Occupied, occupied};
