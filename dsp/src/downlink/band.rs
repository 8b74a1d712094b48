//! What part of a wide stream a signal needs.

use crate::modulator::deviation_hz;
use crate::{Modulation, Pulse, SignalConfig, Waveform};

/// Rate over the band that is passed on either side, at least: room for the edges of filters.
const ROOM: f64 = 2.5;
/// Sidelobes of rectangular symbols that are kept on either side.
const SIDELOBES: f64 = 4.0;
/// Of a residual carrier's data, which a receiver averages over long.
const PM_SIDELOBES: f64 = 8.0;
/// Deviation of FSK that is not told, in symbol rates, at most.
const MOST_DEVIATION: f64 = 2.0;
/// Highest harmonic of a square subcarrier that is kept.
const HARMONICS: f64 = 23.0;

/// A stretch of spectrum, and the rate that samples of it should have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Its centre within the wide stream, Hz.
    pub centre_hz: f64,
    /// How far it reaches to either side, Hz: what the signal occupies and where it is searched.
    pub half_width_hz: f64,
    /// Samples per second that it takes at least.
    pub least_rate_hz: f64,
    /// Whether a constant in the samples may be the signal's own carrier.
    pub residual_carrier: bool,
}

impl Band {
    /// The band of a signal around its carrier. Wider than what a receiver's own filters pass, so that these decide.
    pub fn of(signal: &SignalConfig) -> Self {
        let halves = if signal.bi_phase { 2.0 } else { 1.0 };
        let symbol_rate = halves * signal.symbol_rate_hz;
        let (occupied, samples_per_symbol) = match (signal.modulation, signal.pulse) {
            (Modulation::Fsk | Modulation::Fsk4 | Modulation::Gmsk, _) => {
                let deviation = if signal.modulation == Modulation::Fsk && signal.deviation_hz.is_none() {
                    MOST_DEVIATION * symbol_rate
                } else {
                    deviation_hz(signal).max(signal.deviation_hz.unwrap_or(0.0))
                };
                // Carson's rule, with the slopes of the receiver's channel filter.
                (1.5 * deviation + 0.75 * symbol_rate, 8.0)
            }
            (Modulation::Pm(pm), _) => {
                let subcarrier = pm.subcarrier.map_or(0.0, |subcarrier| match subcarrier.waveform {
                    Waveform::Sine => subcarrier.frequency_hz,
                    Waveform::Square => HARMONICS * subcarrier.frequency_hz,
                });
                (subcarrier + PM_SIDELOBES * symbol_rate, 8.0)
            }
            (_, Pulse::Srrc { roll_off }) => (f64::midpoint(1.0, roll_off) * symbol_rate, 4.0),
            (_, Pulse::HalfSine) => (2.5 * symbol_rate, 8.0),
            _ => (SIDELOBES * symbol_rate, 8.0),
        };
        let half_width_hz = occupied + signal.search_hz;
        Self {
            centre_hz: signal.carrier_hz,
            half_width_hz,
            least_rate_hz: (ROOM * half_width_hz).max(samples_per_symbol * symbol_rate),
            residual_carrier: matches!(signal.modulation, Modulation::Pm(_)),
        }
    }

    /// Whether 0 Hz is in it.
    pub(super) fn covers_zero(&self) -> bool {
        self.centre_hz.abs() <= self.half_width_hz
    }
}
