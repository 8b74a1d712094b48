//! Low-density parity-check codes: AR4JA and C2 of telemetry (CCSDS 131.0-B-5 §7), and those of telecommand
//! (CCSDS 231.0-B-4 §4).
//!
//! Every parity-check matrix consists of circulants: the encoder computes with polynomials modulo `x^size + 1`,
//! the decoder takes a block row of the matrix, whose checks do not depend on each other, as a layer.

mod ar4ja;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod c2;
mod code;
mod decoder;
mod dense;
mod encoder;
mod lanes;
mod matrix;
mod phi;
mod plain;
mod ring;
mod rule;
mod soft;
mod sum_product;
mod telecommand;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use code::{Ar4jaRate, LdpcCode, LdpcError};
pub use decoder::{LdpcAlgorithm, LdpcBackend, LdpcDecoder, LdpcOptions};
pub use encoder::LdpcEncoder;
