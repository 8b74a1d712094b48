//! What is plotted.

use groundlink_dsp::measure::Eye;
use num_complex::Complex32;

/// The level of the samples over a while.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LevelStep {
    /// Smallest magnitude, 1 being full scale.
    pub least: f32,
    /// Root of the mean square.
    pub rms: f32,
    /// Largest magnitude.
    pub most: f32,
    /// Share of samples at full scale.
    pub clipped: f32,
}

/// Newest-wins plot data.
#[derive(Debug, Clone, Default)]
pub struct Plots {
    /// Counts up with every new spectrum.
    pub spectrum_serial: u64,
    /// Power spectrum, dBFS per bin, lowest frequency first.
    pub spectrum: Vec<f32>,
    /// Width of the spectrum, Hz (the sample rate), centred on 0 Hz.
    pub span_hz: f64,
    /// Nominal carrier frequency within the samples, Hz.
    pub carrier_hz: f64,
    /// Width of the band that the receiver takes around it, Hz; 0 where there is no carrier.
    pub band_hz: f64,
    /// The level since the spectrum before.
    pub level: LevelStep,
    /// Counts up with every new constellation.
    pub constellation_serial: u64,
    /// Symbol-spaced points, unit mean power.
    pub constellation: Vec<Complex32>,
    /// Counts up with every new eye.
    pub eye_serial: u64,
    /// The signal over the duration of its newest symbols.
    pub eye: Eye,
    /// Whether the receiver was locked to them.
    pub eye_locked: bool,
    /// Counts up with every new count of soft bits.
    pub soft_serial: u64,
    /// How many soft bits of each value there were since the count before, from -128 on; empty before the first.
    pub soft: Vec<u32>,
}
