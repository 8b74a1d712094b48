//! Inputs that come at their own pace: receivers and streams on the network, and devices.
//!
//! The parsers of what arrives are pure functions over bytes in files of their own; what is left are thin sources.

mod address;
mod arrival;
mod backoff;
mod error;
mod options;
#[cfg(feature = "soapysdr")]
mod pace;
mod raw_udp;
pub mod rtl_tcp;
mod rtl_tcp_source;
#[cfg(feature = "soapysdr")]
pub mod soapy;
mod stamps;
mod stream;
mod tcp;
mod udp;
pub mod vita49;

pub use address::LiveUrl;
pub use error::LiveError;
pub use options::{Gain, LiveOptions, Setting};

use super::{Capture, InputError, InputInfo, OpenOptions, SampleFormat, SampleSource};

/// Opens a live input.
///
/// # Errors
/// [`InputError`]: what is missing, cannot be, or does not answer.
pub fn open(name: &str, url: &LiveUrl, options: &OpenOptions) -> Result<Box<dyn SampleSource>, InputError> {
    let opened = match url {
        // Arrivals tell the time, unless the stream is a replay that waits for the chain.
        _ if options.start.is_some() && !options.live.hold_back => Err(LiveError::Unsupported {
            option: "--start-time".to_owned(),
            kind: "a live input",
            has: "a time of its own",
        }),
        LiveUrl::RtlTcp(address) => rtl_tcp_source::open(name, address, options),
        LiveUrl::Tcp(address) => tcp::connect(name, address, options),
        LiveUrl::TcpListen(address) => tcp::listen(name, address, options),
        LiveUrl::Udp(address) => raw_udp::open(name, address, options),
        LiveUrl::Vita49(address) => vita49::open(name, address, options),
        #[cfg(feature = "soapysdr")]
        LiveUrl::Soapy(args) => soapy::open(name, args, options),
        #[cfg(not(feature = "soapysdr"))]
        LiveUrl::Soapy(_) => Err(LiveError::NoSoapy),
    };
    opened.map_err(|source| InputError::Live {
        name: name.to_owned(),
        source,
    })
}

/// What is known of frequency and time before anything has arrived.
fn captures(options: &OpenOptions) -> Vec<Capture> {
    let tuned = options.live.frequency_hz.map(|frequency| Capture {
        frequency_hz: Some(frequency),
        ..Capture::default()
    });
    options.captures_over(tuned.into_iter().collect(), "the input", &mut Vec::new())
}

/// Format and rate of raw samples, which nothing but the command line can tell.
fn raw(options: &OpenOptions) -> Result<(SampleFormat, f64), LiveError> {
    let (Some(format), Some(rate)) = (options.format, options.sample_rate_hz) else {
        return Err(LiveError::Missing {
            options: match (options.format, options.sample_rate_hz) {
                (None, None) => "--format and --rate",
                (None, _) => "--format",
                _ => "--rate",
            },
        });
    };
    Ok((format, rate))
}

/// What is known of raw samples.
fn raw_info(name: &str, options: &OpenOptions, format: SampleFormat, rate_hz: f64, over: &str) -> InputInfo {
    InputInfo {
        name: name.to_owned(),
        format: format!("raw {format} over {over}"),
        complex: format.complex,
        sample_rate_hz: Some(rate_hz),
        length: None,
        captures: captures(options),
        hardware: None,
    }
}
