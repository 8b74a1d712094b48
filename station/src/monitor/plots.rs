//! What is plotted.

use num_complex::Complex32;

/// Newest-wins plot data.
#[derive(Debug, Clone, Default)]
pub struct Plots {
    /// Counts up with every new spectrum.
    pub spectrum_serial: u64,
    /// Power spectrum, dBFS per bin, lowest frequency first.
    pub spectrum: Vec<f32>,
    /// Width of the spectrum, Hz (the sample rate), centred on 0 Hz.
    pub span_hz: f64,
    /// Counts up with every new constellation.
    pub constellation_serial: u64,
    /// Symbol-spaced points, unit mean power.
    pub constellation: Vec<Complex32>,
}
