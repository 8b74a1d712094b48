//! Soft symbols to frames to packets, and back: CCSDS synchronisation, coding and protocols as pure
//! computation.
//!
//! No threads, files, clocks or logging, and no knowledge of samples: soft bits are `i8` (positive = 1) and
//! every result names the index of the soft bit it began at.

pub mod coding;
pub mod link;
pub mod telecommand;
