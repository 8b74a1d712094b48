//! Phase modulation with a residual carrier.

use super::within;
use crate::fir::Fir;
use crate::{Complex32, ConfigError, PmConfig, SignalConfig, Waveform, design};
use std::f64::consts::TAU;

/// Instants per sample at which the edges of symbols and subcarrier are placed.
const INSTANTS: usize = 16;
/// Transition of the filter that takes off what the samples cannot hold, in sample rates.
const TRANSITION: f64 = 0.27;
/// Samples per cycle of the subcarrier that hold it at all.
const SAMPLES_PER_CYCLE: f64 = 2.0;
/// Smallest index: below it there is next to no data.
const LEAST_INDEX: f64 = 0.01;

/// The modulated phase as a function of time, band-limited to what the samples hold.
#[derive(Debug)]
pub(super) struct PmShape {
    index: f64,
    /// Cycles of the subcarrier per symbol, and whether it is a sine.
    subcarrier: Option<(f64, bool)>,
    symbols_per_instant: f64,
    filter: Fir,
    instants: Vec<Complex32>,
    filtered: Vec<Complex32>,
}

impl PmShape {
    /// Symbols that an instant looks at.
    pub const TAPS: usize = 16;

    pub fn new(pm: &PmConfig, config: &SignalConfig) -> Self {
        let per_instant = 1.0 / INSTANTS as f64;
        let taps = design::low_pass(0.5 * per_instant, TRANSITION * per_instant, 70.0);
        Self {
            index: pm.index(),
            subcarrier: pm.subcarrier.map(|s| {
                (
                    s.frequency_hz / config.symbol_rate_hz,
                    s.waveform == Waveform::Sine,
                )
            }),
            symbols_per_instant: config.symbol_rate_hz / config.sample_rate_hz * per_instant,
            filter: Fir::new(taps, INSTANTS),
            instants: Vec::new(),
            filtered: Vec::new(),
        }
    }

    /// Samples by which the filter delays.
    pub fn delay(&self) -> f64 {
        (self.filter.group_delay_samples() - 0.5) / INSTANTS as f64
    }

    /// Takes the instants of a sample: `symbols` are the newest, oldest first, the newest of which is centred
    /// `half_span - fraction` symbols ahead; `elapsed` is the time since the first symbol began, in symbols.
    pub fn push(&mut self, symbols: &[f32], half_span: usize, fraction: f64, elapsed: f64) {
        let newest = (symbols.len() - 1 - half_span) as f64 + fraction;
        for k in 0..INSTANTS {
            // Between the places where edges come to lie when the rates are in simple proportion.
            let apart = (k as f64 + 0.5) * self.symbols_per_instant;
            let index = (newest + apart).round().clamp(0.0, (symbols.len() - 1) as f64);
            let level = symbols[index as usize];
            let data = match self.subcarrier {
                Some((cycles, false)) if (cycles * (elapsed + apart)).rem_euclid(1.0) >= 0.5 => -level,
                _ => level,
            };
            self.instants.push(Complex32::new(level.abs(), data));
        }
    }

    /// The samples of the instants so far, the first of which lies at `elapsed` symbols, behind the delay:
    /// `e^(j m d s)`, `d` being the symbol and `s` the subcarrier; outside the burst zero.
    pub fn samples(&mut self, elapsed: f64) -> &mut [Complex32] {
        self.filtered.clear();
        self.filter.process(&self.instants, &mut self.filtered);
        self.instants.clear();
        let per_sample = self.symbols_per_instant * INSTANTS as f64;
        let start = elapsed - self.delay() * per_sample;
        let fixed = self.index.sin_cos();
        for (n, sample) in self.filtered.iter_mut().enumerate() {
            let (sin, cos) = match self.subcarrier {
                Some((cycles, true)) => {
                    let turns = cycles * (start + n as f64 * per_sample);
                    (self.index * (TAU * (turns - turns.floor())).sin()).sin_cos()
                }
                _ => fixed,
            };
            *sample = Complex32::new(sample.re * cos as f32, sample.im * sin as f32);
        }
        &mut self.filtered
    }
}

/// Checks what phase modulation needs beside the rates: an index that leaves a carrier, and a subcarrier that
/// the samples hold and that keeps the data away from the carrier.
pub(crate) fn check_pm(pm: &PmConfig, config: &SignalConfig) -> Result<(), ConfigError> {
    if let Some(index) = pm.index_rad {
        let most = (0.98 * pm.largest_index() * 1e4).floor() / 1e4;
        within("pm.index_rad", index, LEAST_INDEX, most)?;
    }
    if let Some(subcarrier) = pm.subcarrier {
        let edge = config.sample_rate_hz / SAMPLES_PER_CYCLE - config.carrier_hz.abs();
        within(
            "pm.subcarrier.frequency_hz",
            subcarrier.frequency_hz,
            1.5 * config.symbol_rate_hz,
            edge - config.symbol_rate_hz,
        )?;
    }
    Ok(())
}
