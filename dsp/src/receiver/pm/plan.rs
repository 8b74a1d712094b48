//! Which rates, filters and averages a residual-carrier signal needs.

use crate::modulator::{check_pm, check_rates, within};
use crate::{ConfigError, LoopOrder, Modulation, PmConfig, Pulse, SignalConfig, Waveform};

/// Sidelobes of a symbol's spectrum that are kept to each side: those beyond hold 1.3 % of its power.
const SIDELOBES: f64 = 8.0;
/// Harmonics of a square subcarrier beyond this one hold 1.7 % of its power.
const HIGHEST_HARMONIC: usize = 23;
/// Room of filters relative to the band they pass.
const OVERSAMPLING: f64 = 2.5;
/// Symbols over which the phase of a carrier amid its data is averaged: their mean is taken for carrier.
const DIRECT_SYMBOLS: f64 = 400.0;
/// Symbols over which the phase is averaged where a subcarrier keeps the data away, and seconds at most.
const APART_SYMBOLS: f64 = 32.0;
const APART_SECONDS: f64 = 0.5;
/// Widest search, in lines that a window tells apart: the memory of its transform.
const WIDEST_SEARCH: f64 = 3e5;
/// Largest error of the subcarrier's frequency once the carrier is taken off, relative.
const SUBCARRIER_ERROR: f64 = 1e-4;
/// Cells of a window.
const CELLS: f64 = 64.0;

/// A checked configuration and what follows from it.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub pm: PmConfig,
    pub sample_rate_hz: f64,
    pub symbol_rate_hz: f64,
    pub carrier_hz: f64,
    pub search_hz: f64,
    pub timing_loop_hz: Option<f64>,
    /// Half width of the band that carrier and data can occupy around the nominal carrier.
    pub pass_hz: f64,
    /// Odd harmonics of the subcarrier that are used; none without one.
    pub harmonics: Vec<usize>,
    /// Seconds over which the carrier's phase is averaged at least.
    pub average_s: f64,
    /// Whether that is what the user asked for, whatever the carrier's power.
    pub average_fixed: bool,
    /// Duration of a window of the carrier, seconds, and its cells.
    pub window_s: f64,
    pub cells: usize,
    pub third_order: bool,
}

impl Plan {
    pub fn new(config: &SignalConfig) -> Result<Self, ConfigError> {
        let pm = check(config)?;
        let rate = config.symbol_rate_hz;
        let harmonics = harmonics(&pm, config);
        let search_hz = config.search_hz.min(config.sample_rate_hz / 2.0);
        let edge = match (pm.subcarrier, harmonics.last()) {
            (Some(subcarrier), Some(&highest)) => highest as f64 * subcarrier.frequency_hz + 3.0 * rate,
            _ => SIDELOBES * rate,
        };
        let (average_s, longest_s) = if pm.subcarrier.is_some() {
            ((APART_SYMBOLS / rate).min(APART_SECONDS), 8.0)
        } else {
            (DIRECT_SYMBOLS / rate, 5.0)
        };
        let asked = config.carrier_loop_hz.map(|hz| 1.0 / (2.0 * hz));
        let window_s = (longest_s * average_s).max(4.0 * asked.unwrap_or(0.0));
        let average_s = asked.unwrap_or(average_s);
        within("search_hz", search_hz, 0.0, WIDEST_SEARCH / window_s)?;
        Ok(Self {
            pm,
            sample_rate_hz: config.sample_rate_hz,
            symbol_rate_hz: rate,
            carrier_hz: config.carrier_hz,
            search_hz,
            timing_loop_hz: config.timing_loop_hz,
            pass_hz: edge + search_hz,
            harmonics,
            average_s,
            average_fixed: asked.is_some(),
            window_s,
            cells: (2.0 * window_s / average_s).ceil().clamp(CELLS, 16.0 * CELLS) as usize,
            third_order: pm.loop_order == LoopOrder::Third,
        })
    }

    /// Least rate of the stream that holds carrier and data.
    pub fn wide_rate_hz(&self) -> f64 {
        OVERSAMPLING * self.pass_hz
    }

    /// Half width of the band in which the carrier is, and least rate of the stream that holds it.
    pub fn carrier_band_hz(&self) -> (f64, f64) {
        let pass = 1.1 * self.search_hz + 16.0 / self.window_s;
        (
            pass,
            (OVERSAMPLING * pass).max(4.0 * self.cells as f64 / self.window_s),
        )
    }

    /// Half width of the band that symbols occupy, and least rate of the stream that holds them.
    pub fn symbol_band_hz(&self) -> (f64, f64) {
        let pass = SIDELOBES * self.symbol_rate_hz;
        (pass, OVERSAMPLING * pass)
    }

    /// Largest offset of the subcarrier once the carrier is taken off; none without one.
    pub fn subcarrier_search_hz(&self) -> f64 {
        self.pm
            .subcarrier
            .map_or(0.0, |s| SUBCARRIER_ERROR * s.frequency_hz)
    }

    /// Where the data are, as distances from the carrier: from, to.
    pub fn data_band_hz(&self) -> (f64, f64) {
        let rate = self.symbol_rate_hz;
        match self.pm.subcarrier {
            Some(subcarrier) => (subcarrier.frequency_hz - rate, subcarrier.frequency_hz + rate),
            None => (rate / 32.0, rate),
        }
    }
}

/// Odd harmonics of the subcarrier within the samples.
fn harmonics(pm: &PmConfig, config: &SignalConfig) -> Vec<usize> {
    let Some(subcarrier) = pm.subcarrier else {
        return Vec::new();
    };
    let edge = config.sample_rate_hz / 2.0 - config.carrier_hz.abs() - config.symbol_rate_hz;
    let most = match subcarrier.waveform {
        Waveform::Sine => 1,
        Waveform::Square => HIGHEST_HARMONIC,
    };
    let fits = |&n: &usize| n == 1 || n as f64 * subcarrier.frequency_hz <= edge;
    (1..=most).step_by(2).filter(fits).collect()
}

fn check(config: &SignalConfig) -> Result<PmConfig, ConfigError> {
    let mismatch = ConfigError::PulseMismatch {
        pulse: config.pulse,
        modulation: config.modulation,
    };
    let (Modulation::Pm(pm), Pulse::Rect) = (config.modulation, config.pulse) else {
        return Err(mismatch);
    };
    check_rates(config, 1e-7)?;
    within("search_hz", config.search_hz, 0.0, 1e12)?;
    let loops = [
        ("carrier_loop_hz", config.carrier_loop_hz),
        ("timing_loop_hz", config.timing_loop_hz),
    ];
    for (field, hz) in loops {
        within(field, hz.unwrap_or(1.0), 1e-6, 1e12)?;
    }
    check_pm(&pm, config)?;
    Ok(pm)
}
