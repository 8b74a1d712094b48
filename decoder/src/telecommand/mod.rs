//! Telecommand synchronisation and channel coding (CCSDS 231.0-B-4 with corrigendum 1): command link transmission
//! units from and to transfer frames.
//!
//! A CLTU is a start sequence, codeblocks, and mostly a tail sequence:
//!
//! | code | start | randomised | tail |
//! |---|---|---|---|
//! | BCH (63,56) and a filler bit | EB90 | optionally: the information before encoding, one sequence for all codeblocks | C5C5 C5C5 C5C5 C579 |
//! | LDPC (128,64) | 0347 76C7 2728 95B0 | each codeword after encoding, the sequence anew | optionally 63A1 ED72 C6AC 79E2 5555 5555 5555 5555 |
//! | LDPC (512,256) | as above | as above | none |

mod bch;
mod codeblock;
mod config;
mod decoder;
mod encoder;
mod frames;
mod probability;
mod reading;
mod start;

pub use config::{BchMode, BchRandomized, CltuCode, CltuConfig, CltuContent, CltuError};
pub use decoder::{CltuDecoder, CltuStatus};
pub use encoder::CltuEncoder;
pub(crate) use frames::tc_frames;
pub use reading::{Cltu, CltuEnd};
