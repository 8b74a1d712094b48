//! Receivers by `SoapySDR`, whichever its modules drive.

mod devices;
mod source;
mod tune;

pub use devices::{Channel, Device, Element, Limits, devices};
pub(crate) use source::open;

use std::sync::Once;

/// Keeps the library from writing to stderr by itself, which belongs to the summary or the terminal UI.
fn quiet() {
    static QUIET: Once = Once::new();
    QUIET.call_once(soapysdr::configure_logging);
}
