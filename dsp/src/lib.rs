//! IQ samples to soft symbols, and back: the modem as pure computation.
//!
//! No threads, files, clocks or logging. Every stage is fed whole slices, keeps its own history, and gives
//! the same output wherever its input was cut into blocks. Samples are `Complex<f32>`, soft bits `i8` with
//! positive = 1, frequencies Hz, levels dB.

pub mod channel;
pub mod channelizer;
mod config;
mod dc;
pub mod design;
pub mod doppler;
pub mod downlink;
pub mod fir;
mod iq;
pub mod kernel;
pub mod measure;
pub mod modulator;
pub mod nco;
pub mod receiver;
pub mod resample;
mod residual;
mod soft;
pub mod spectrum;
mod usable;

pub use config::{ConfigError, FskInput, Modulation, Pulse, SignalConfig};
pub use num_complex::Complex32;
pub use residual::{LoopOrder, PmConfig, Subcarrier, Waveform};
pub use soft::{Mark, SoftBatch};
