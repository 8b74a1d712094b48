//! Which rates and filters a PSK signal needs.

use crate::modulator::eighth_turns;
use crate::receiver::gmsk::Spread;
use crate::{Complex32, ConfigError, Modulation, Pulse, SignalConfig};

/// Symbols in a window.
pub(super) const WINDOW: usize = 512;
/// Of 8PSK, whose eighth power has so little of the carrier left that it takes more of them to see it at all
/// (from Es/N0 of 8 dB on), and of unbalanced QPSK, in whose square the product of the arms is noise.
const LONG_WINDOW: usize = 2048;
/// Windows held.
const HOLD: usize = 4;
/// The same of QPSK, whose fourth power has little of the carrier left below an Es/N0 of 2 dB, from a symbol rate on
/// (per second) at which they do not delay much: less than half a second.
const LONG_HOLD: usize = 16;
const LONG_HOLD_FROM: f64 = 20e3;
/// Of GMSK: 512 bits.
const SHORT_WINDOW: usize = 256;
/// Fewest samples per symbol that carry the signal.
const MIN_SAMPLES_PER_SYMBOL: f64 = 1.9;
/// Below this many samples per symbol the squared signal's clock line folds onto itself.
const COMFORTABLE_SAMPLES_PER_SYMBOL: f64 = 2.5;
/// Channel filters get this much room relative to the band they pass.
const OVERSAMPLING: f64 = 2.5;

/// A checked configuration and the rates that follow from it.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// What the carrier is recovered from: differential modulations are those that they are made of.
    pub modulation: Modulation,
    /// What the bits are taken from.
    pub keying: Modulation,
    /// Whether GMSK is precoded.
    pub precoded: bool,
    /// Power of the I arm over that of the Q arm.
    pub unbalance: f64,
    /// What symbols without noise make of their magnitude.
    pub spread: Spread,
    /// Symbols in a window.
    pub window: usize,
    /// Windows held from the one in work on.
    pub held: usize,
    pub pulse: Pulse,
    pub sample_rate_hz: f64,
    pub symbol_rate_hz: f64,
    pub carrier_hz: f64,
    pub search_hz: f64,
    /// Half width of the band that the signal can occupy around the nominal carrier.
    pub pass_hz: f64,
    /// Factors of the channel filter's stages, in order.
    pub decimations: Vec<usize>,
    pub upsampling: usize,
    /// Factor between the baseband stream and the matched filter's output.
    pub matched_decimation: usize,
    pub carrier_loop_hz: Option<f64>,
    pub timing_loop_hz: Option<f64>,
}

impl Plan {
    pub fn new(config: &SignalConfig) -> Result<Self, ConfigError> {
        check(config)?;
        let gmsk = config.modulation == Modulation::Gmsk;
        // GMSK is OQPSK of half its rate.
        let symbol_rate = config.symbol_rate_hz / if gmsk { 2.0 } else { 1.0 };
        let rate = config.sample_rate_hz;
        // A rectangle's sidelobes hold a tenth of its power; four of them on each side are kept.
        let (occupied, fewest) = match config.pulse {
            Pulse::Srrc { roll_off } => (f64::midpoint(1.0, roll_off) * symbol_rate, 4.0),
            Pulse::Gaussian { .. } => (1.5 * symbol_rate, 4.0),
            Pulse::Rect if gmsk => (2.0 * symbol_rate, 6.0),
            Pulse::HalfSine => (2.5 * symbol_rate, 8.0),
            Pulse::Rect => (4.0 * symbol_rate, 8.0),
        };
        let pass_hz = occupied + config.search_hz.min(rate / 2.0);
        let decimations = factors(rate / (OVERSAMPLING * pass_hz).max(fewest * symbol_rate));
        let total: usize = decimations.iter().product();
        let upsampling = if rate / total as f64 / symbol_rate < COMFORTABLE_SAMPLES_PER_SYMBOL {
            2
        } else {
            1
        };
        let mut plan = Self {
            modulation: match config.modulation {
                Modulation::Dbpsk => Modulation::Bpsk,
                Modulation::Dqpsk | Modulation::Pi4Dqpsk => Modulation::Qpsk,
                Modulation::Gmsk => Modulation::Oqpsk,
                other => other,
            },
            keying: config.modulation,
            precoded: config.precoding,
            unbalance: 10f64.powf(config.unbalance_db / 10.0),
            spread: match config.pulse {
                Pulse::Gaussian { bt } => Spread::of_gmsk(bt),
                _ => Spread::NONE,
            },
            window: match config.modulation {
                Modulation::Psk8 | Modulation::Uqpsk => LONG_WINDOW,
                Modulation::Gmsk => SHORT_WINDOW,
                _ => WINDOW,
            },
            held: match config.modulation {
                Modulation::Qpsk | Modulation::Dqpsk | Modulation::Pi4Dqpsk
                    if symbol_rate >= LONG_HOLD_FROM =>
                {
                    LONG_HOLD
                }
                _ => HOLD,
            },
            // Minimum-shift keying, seen as OQPSK, has pulses of half a sine.
            pulse: if gmsk && config.pulse == Pulse::Rect {
                Pulse::HalfSine
            } else {
                config.pulse
            },
            sample_rate_hz: rate,
            symbol_rate_hz: symbol_rate,
            carrier_hz: config.carrier_hz,
            search_hz: config.search_hz.min(rate / 2.0),
            pass_hz,
            decimations,
            upsampling,
            matched_decimation: 1,
            carrier_loop_hz: config.carrier_loop_hz,
            timing_loop_hz: config.timing_loop_hz,
        };
        plan.matched_decimation = ((plan.base_samples_per_symbol() / fewest) as usize).max(1);
        Ok(plan)
    }

    /// Rate of the baseband stream.
    pub fn base_rate_hz(&self) -> f64 {
        let total: usize = self.decimations.iter().product();
        self.sample_rate_hz * self.upsampling as f64 / total as f64
    }

    /// Nominal samples of the baseband stream per symbol.
    pub fn base_samples_per_symbol(&self) -> f64 {
        self.base_rate_hz() / self.symbol_rate_hz
    }

    /// Nominal samples of the matched filter's output per symbol.
    pub fn samples_per_symbol(&self) -> f64 {
        self.base_samples_per_symbol() / self.matched_decimation as f64
    }

    /// Power that removes the modulation from the carrier.
    pub fn order(&self) -> i32 {
        match self.modulation {
            Modulation::Psk8 => 8,
            Modulation::Qpsk => 4,
            _ => 2,
        }
    }

    /// Takes the turn by 45° from symbol to symbol, where there is one, from symbols of a window.
    pub fn stop_turning(&self, symbols: &mut [Complex32]) {
        if self.keying != Modulation::Pi4Dqpsk {
            return;
        }
        for (k, symbol) in symbols.iter_mut().enumerate() {
            let [re, im] = eighth_turns(8 - k % 8);
            *symbol *= Complex32::new(re, im);
        }
    }

    /// Power of the line in the square of unbalanced QPSK over what it would be of BPSK.
    pub fn square_line(&self) -> f64 {
        ((self.unbalance - 1.0) / (self.unbalance + 1.0)).powi(2)
    }
}

/// Decimation factors whose product comes near `ratio` from below.
pub(in crate::receiver) fn factors(ratio: f64) -> Vec<usize> {
    let mut rest = ratio;
    let mut list = Vec::new();
    while rest >= 2.0 {
        let factor = if rest >= 8.0 { 4 } else { rest as usize };
        list.push(factor);
        rest /= factor as f64;
    }
    list
}

fn check(config: &SignalConfig) -> Result<(), ConfigError> {
    let rate = config.sample_rate_hz;
    within("sample_rate_hz", rate, 1e-3, 1e12)?;
    within(
        "symbol_rate_hz",
        config.symbol_rate_hz,
        rate * 1e-6,
        rate / MIN_SAMPLES_PER_SYMBOL,
    )?;
    within("carrier_hz", config.carrier_hz, -rate / 2.0, rate / 2.0)?;
    within("search_hz", config.search_hz, 0.0, 1e12)?;
    within(
        "carrier_loop_hz",
        config.carrier_loop_hz.unwrap_or(1.0),
        1e-9,
        1e12,
    )?;
    within("timing_loop_hz", config.timing_loop_hz.unwrap_or(1.0), 1e-9, 1e12)?;
    match (config.modulation, config.pulse) {
        (modulation, Pulse::Srrc { roll_off }) if modulation.is_psk() => {
            within("roll_off", roll_off, 0.0, 1.0)
        }
        (modulation, Pulse::Rect | Pulse::HalfSine) if modulation.is_psk() => Ok(()),
        (Modulation::Gmsk, Pulse::Rect) => Ok(()),
        (Modulation::Gmsk, Pulse::Gaussian { bt }) => within("pulse.bt", bt, 0.1, 10.0),
        (modulation, pulse) => Err(ConfigError::PulseMismatch { pulse, modulation }),
    }
}

fn within(field: &'static str, value: f64, low: f64, high: f64) -> Result<(), ConfigError> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(ConfigError::OutOfRange {
            field,
            value,
            limit: format!("{low} to {high}"),
        })
    }
}
