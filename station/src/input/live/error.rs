//! What can be wrong with a live input, in one line each.

use super::rtl_tcp::HeaderError;
use super::vita49::context::FormatError;
use std::io;
use thiserror::Error;

/// Why a live input cannot be opened, or was lost.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LiveError {
    /// The address is none.
    #[error("{text:?} is no {wanted}")]
    Address {
        /// The text.
        text: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// Options without which nothing can be received.
    #[error("does not say what its samples are; give {options}")]
    Missing {
        /// The options.
        options: &'static str,
    },
    /// An option that this kind of input does not have.
    #[error("{option} means nothing for {kind}; it has {has}")]
    Unsupported {
        /// The option.
        option: String,
        /// The kind of input.
        kind: &'static str,
        /// The options that it has.
        has: &'static str,
    },
    /// A value that this kind of input cannot have.
    #[error("{option} {value} is outside {limits}")]
    Value {
        /// The option.
        option: String,
        /// The value found.
        value: String,
        /// What is possible.
        limits: String,
    },
    /// Nobody answers.
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    /// The address cannot be listened on.
    #[error("cannot listen: {0}")]
    Listen(io::Error),
    /// Something else answers.
    #[error(transparent)]
    RtlTcp(#[from] HeaderError),
    /// The connection broke.
    #[error("connection lost: {0}")]
    Broken(io::Error),
    /// Devices are not part of this program.
    #[error(
        "this program was built without SoapySDR; build it with --features soapysdr (on Debian that needs \
         libsoapysdr-dev and the modules of the devices, such as soapysdr-module-rtlsdr)"
    )]
    NoSoapy,
    /// A driver says no.
    #[error("{reason}")]
    Device {
        /// What it says.
        reason: String,
    },
    /// Samples that are written in a way that is not read.
    #[error(transparent)]
    Payload(#[from] FormatError),
    /// Something changed that a run cannot follow.
    #[error("its {what} changed from {from} to {to}")]
    Changed {
        /// What.
        what: &'static str,
        /// Before.
        from: String,
        /// Now.
        to: String,
    },
    /// Something that needs the end of its input.
    #[error("is live and has no end; record it first")]
    NoEnd,
    /// It did not come back.
    #[error("lost, and not found again within {seconds} s: {reason}")]
    Gone {
        /// For how long it was looked for.
        seconds: f64,
        /// Why the last attempt failed.
        reason: String,
    },
}
