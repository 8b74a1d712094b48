//! The running chain: link profiles, inputs, threads, outputs, time. Headless; the application draws it.

pub mod input;
pub mod monitor;
pub mod profile;
