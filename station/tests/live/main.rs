//! Live inputs over real sockets: what a server plays comes out as from a file, and what is missing is counted.

#[cfg(feature = "soapysdr")]
mod avahi;
#[path = "../chain_support/mod.rs"]
mod chain_support;
mod players;
mod raw;
#[cfg(feature = "soapysdr")]
mod red_pitaya;
mod rtl_tcp;
#[cfg(feature = "soapysdr")]
mod soapy;
#[cfg(feature = "soapysdr")]
mod soapy_remote;
#[cfg(feature = "soapysdr")]
mod station;
mod vita49;
