//! Bits to samples: PSK, OQPSK, continuous-phase FSK and PM at any sample rate.
//!
//! The pulse is tabulated finely over time and evaluated at the exact instant of every output sample, so
//! that the ratio of sample rate to symbol rate need not be a whole number and no timing error adds up.
//! FSK integrates the pulse beforehand and so gets its phase, not only its frequency, exact.

mod mapping;
mod pm;
mod pulse;
#[cfg(test)]
mod tests;

use mapping::Mapper;
pub(crate) use mapping::{CHANGE_LABELS, EIGHT_LABELS, FOUR_LEVELS, LEVEL_LABELS, eighth_turns};
use pm::PmShape;
pub(crate) use pm::check_pm;
use pulse::{PulseTable, gaussian_frequency};
pub(crate) use pulse::{erf, gaussian_phase, gaussian_sigma};

use crate::design::srrc_at;
use crate::{Complex32, ConfigError, FskInput, Modulation, Pulse, SignalConfig};
use std::f64::consts::{PI, TAU};

/// Symbols kept before old ones are dropped, so that the history moves rarely.
const HISTORY: usize = 4096;

/// Turns bits into samples of unit mean power.
///
/// A bit 1 gives a positive soft bit at the receiver: BPSK +1, QPSK and OQPSK +1/√2 on the arm (I takes the
/// even bits, Q the odd ones, or the other way round), FSK the higher frequency. Differential modulations send a
/// symbol before the first bits, for these to refer to. FM audio has the value ±1 at full deviation.
/// Of precoded GMSK that holds but for the signs that precoding leaves open. In PM a 1 is a
/// positive phase; a subcarrier begins at phase zero, rising, with the first symbol.
#[derive(Debug)]
pub struct Modulator {
    shape: Shape,
    symbols_per_sample: f64,
    half_span: usize,
    carrier_cycles: f64,
    /// Whether bits are sent as two half symbols; symbols are halves then.
    bi_phase: bool,
    /// Whether samples are conjugated.
    inverted: bool,
    /// How much later than on the grid the samples are taken, in samples.
    shift: f64,
    sample: u64,
    symbol: u64,
    in_phase: Vec<f32>,
    quadrature: Vec<f32>,
    mapper: Mapper,
    settled_turns: f64,
}

#[derive(Debug)]
enum Shape {
    Real(PulseTable),
    Quadrature(PulseTable),
    /// The second table is the pulse half a symbol later.
    Oqpsk(PulseTable, PulseTable),
    /// Phase pulse, and half the modulation index (turns of carrier phase that one symbol adds).
    Fsk(PulseTable, f64),
    FmAudio(PulseTable),
    Pm(PmShape),
}

impl Shape {
    fn taps(&self) -> usize {
        match self {
            Self::Real(t) | Self::Quadrature(t) | Self::Oqpsk(t, _) | Self::Fsk(t, _) | Self::FmAudio(t) => {
                t.taps()
            }
            Self::Pm(_) => PmShape::TAPS,
        }
    }
}

impl Modulator {
    /// Builds the modulator of this signal.
    ///
    /// # Errors
    /// When a number is out of range (at least 2 samples a symbol, roll-off 0 to 1, bandwidth-time product
    /// 0.1 to 10, carrier and deviation within half the sample rate) or the pulse does not go with the
    /// modulation; for PM when the index leaves no carrier or the samples do not hold the subcarrier.
    pub fn new(signal: &SignalConfig) -> Result<Self, ConfigError> {
        let config = &signal.plain()?;
        check(config)?;
        let half_span = half_span(config);
        let symbols_per_sample = config.symbol_rate_hz / config.sample_rate_hz;
        let shift = shift(config);
        let shape = shape(config, half_span, symbols_per_sample, shift);
        let taps = shape.taps();
        Ok(Self {
            shape,
            symbols_per_sample,
            half_span,
            carrier_cycles: config.carrier_hz / config.sample_rate_hz,
            bi_phase: signal.bi_phase,
            inverted: signal.iq_swap,
            shift,
            sample: 0,
            symbol: 0,
            in_phase: vec![0.0; taps],
            quadrature: vec![0.0; taps],
            mapper: Mapper::new(&SignalConfig {
                q_first: signal.q_first,
                ..config.clone()
            }),
            settled_turns: 0.0,
        })
    }

    /// Position of the centre of the first symbol, in output samples: symbol `k` lies at
    /// `first_symbol_at() + k * sample_rate_hz / symbol_rate_hz` (OQPSK: its I arm; Q half a symbol later).
    pub fn first_symbol_at(&self) -> f64 {
        // The centre of two halves is half a half behind that of the first.
        let halves = if self.bi_phase { 0.5 } else { 0.0 };
        let filter = match &self.shape {
            Shape::Pm(pm) => pm.delay(),
            _ => 0.0,
        };
        let before = self.half_span as f64 + self.mapper.leading() as f64;
        (before + halves) / self.symbols_per_sample - self.shift + filter
    }

    /// Appends the samples that are complete with these bits, one bit (0 or 1) per byte. Bits of a symbol that is
    /// not complete wait for the others in the next call.
    pub fn process(&mut self, bits: &[u8], out: &mut Vec<Complex32>) {
        for &bit in bits {
            if let Some([i, q]) = self.mapper.reference() {
                self.push(i, q, out);
            }
            let Some([i, q]) = self.mapper.take(bit) else {
                continue;
            };
            self.push(i, q, out);
            if self.bi_phase {
                self.push(-i, -q, out);
            }
        }
    }

    /// Appends the end of the last pulses. An odd last bit of QPSK goes out with the other arm empty, missing bits
    /// of 8PSK and of changes of phase as zeros. Bits given afterwards begin a new burst, as far
    /// behind the last symbol as two half pulses are long.
    pub fn finish(&mut self, out: &mut Vec<Complex32>) {
        if let Some([i, q]) = self.mapper.finish() {
            self.push(i, q, out);
        }
        for _ in 0..2 * self.half_span {
            self.push(0.0, 0.0, out);
        }
    }

    fn push(&mut self, in_phase: f32, quadrature: f32, out: &mut Vec<Complex32>) {
        let taps = self.shape.taps();
        if self.in_phase.len() >= HISTORY + taps {
            let old = self.in_phase.len() - taps;
            self.in_phase.drain(..old);
            self.quadrature.drain(..old);
        }
        let leaving = self.in_phase[self.in_phase.len() - taps];
        if let Shape::Fsk(_, half_index) = self.shape {
            let turns = self.settled_turns + half_index * f64::from(leaving);
            self.settled_turns = turns - turns.floor();
        }
        self.in_phase.push(in_phase);
        self.quadrature.push(quadrature);
        if matches!(self.shape, Shape::Pm(_)) {
            self.emit_pm(out);
        } else {
            self.emit(out);
        }
        self.symbol += 1;
    }

    /// All samples of phase modulation up to the instant of the next symbol.
    fn emit_pm(&mut self, out: &mut Vec<Complex32>) {
        let Shape::Pm(pm) = &mut self.shape else { return };
        let symbols = &self.in_phase[self.in_phase.len() - PmShape::TAPS..];
        let elapsed = |sample: u64| sample as f64 * self.symbols_per_sample - self.half_span as f64 + 0.5;
        let first = self.sample;
        loop {
            let fraction = self.sample as f64 * self.symbols_per_sample - self.symbol as f64;
            if fraction >= 1.0 {
                break;
            }
            pm.push(symbols, self.half_span, fraction.max(0.0), elapsed(self.sample));
            self.sample += 1;
        }
        for (n, &sample) in pm.samples(elapsed(first)).iter().enumerate() {
            let carrier = (first + n as u64) as f64 * self.carrier_cycles;
            let sample = turned(sample, carrier - carrier.floor());
            out.push(if self.inverted { sample.conj() } else { sample });
        }
    }

    /// All samples up to the instant at which the next symbol reaches into the pulse.
    fn emit(&mut self, out: &mut Vec<Complex32>) {
        let start = self.in_phase.len() - self.shape.taps();
        let (i, q) = (&self.in_phase[start..], &self.quadrature[start..]);
        loop {
            let instant = (self.sample as f64 + self.shift) * self.symbols_per_sample;
            let fraction = instant - self.symbol as f64;
            if fraction >= 1.0 {
                return;
            }
            let fraction = fraction.max(0.0);
            let carrier = self.sample as f64 * self.carrier_cycles;
            let carrier = carrier - carrier.floor();
            let sample = match &self.shape {
                Shape::Real(t) => turned(Complex32::new(t.at(i, fraction), 0.0), carrier),
                Shape::Quadrature(t) => turned(Complex32::new(t.at(i, fraction), t.at(q, fraction)), carrier),
                Shape::Oqpsk(t, late) => {
                    turned(Complex32::new(t.at(i, fraction), late.at(q, fraction)), carrier)
                }
                Shape::Fsk(t, half_index) => {
                    let turns = self.settled_turns + half_index * f64::from(t.at(i, fraction));
                    turned(Complex32::new(1.0, 0.0), turns + carrier)
                }
                Shape::FmAudio(t) => Complex32::new(t.at(i, fraction), 0.0),
                Shape::Pm(_) => return,
            };
            out.push(if self.inverted { sample.conj() } else { sample });
            self.sample += 1;
        }
    }
}

fn turned(value: Complex32, turns: f64) -> Complex32 {
    if turns == 0.0 {
        return value;
    }
    let (sin, cos) = (turns * TAU).sin_cos();
    value * Complex32::new(cos as f32, sin as f32)
}

/// Half of the symbols that a sample depends on.
fn half_span(config: &SignalConfig) -> usize {
    match config.pulse {
        // The tails fall as 1/(roll-off * t²); here they are below −60 dB of the peak.
        Pulse::Srrc { roll_off } => (8.0 / roll_off.max(0.01)).ceil().clamp(8.0, 40.0) as usize + 1,
        // Behind the last symbol the filter of PM still has its delay to go.
        Pulse::Rect if matches!(config.modulation, Modulation::Pm(_)) => {
            2 + (10.0 * config.symbol_rate_hz / config.sample_rate_hz) as usize
        }
        Pulse::Rect | Pulse::HalfSine => 2,
        Pulse::Gaussian { bt } => (0.5 + 6.0 * gaussian_sigma(bt)).ceil() as usize + 1,
    }
}

/// With an even number of samples a symbol the edges of rectangles fall between the samples when these are
/// half a sample off the symbol's centre. Integrated rectangles (FSK phase, PM) do not care.
fn shift(config: &SignalConfig) -> f64 {
    let samples = (config.sample_rate_hz / config.symbol_rate_hz).round();
    let fsk = matches!(
        config.modulation,
        Modulation::Fsk | Modulation::Fsk4 | Modulation::Gmsk
    );
    let integrated =
        fsk && config.fsk_input == FskInput::Iq || matches!(config.modulation, Modulation::Pm(_));
    if config.pulse == Pulse::Rect && !integrated && samples % 2.0 == 0.0 {
        0.5
    } else {
        0.0
    }
}

fn shape(config: &SignalConfig, half_span: usize, symbols_per_sample: f64, shift: f64) -> Shape {
    // A rectangle averaged over the sample: its edges keep their place between the samples.
    let rect = |t: f64| ((0.5 - t.abs()) / symbols_per_sample + 0.5).clamp(0.0, 1.0);
    let reach = half_span as f64 - 1.0;
    let linear = |t: f64| match config.pulse {
        Pulse::Srrc { roll_off } if t.abs() <= reach => srrc_at(t, roll_off),
        Pulse::HalfSine if t.abs() < 0.5 => (PI * t).cos(),
        Pulse::Srrc { .. } | Pulse::HalfSine => 0.0,
        _ => rect(t),
    };
    let unit_power = |delay: f64, power: f64| {
        let mut table = PulseTable::new(half_span, |t| linear(t - delay));
        let instants = (0..1000).map(|n| (f64::from(n) + shift) * symbols_per_sample);
        let mean = table.mean_power(instants.map(|t| t - t.floor()));
        table.scale((power / mean).sqrt());
        table
    };
    match (config.modulation, config.fsk_input, config.pulse) {
        (Modulation::Pm(pm), ..) => Shape::Pm(PmShape::new(&pm, config)),
        (Modulation::Bpsk, ..) => Shape::Real(unit_power(0.0, 1.0)),
        (Modulation::Qpsk, ..) => Shape::Quadrature(unit_power(0.0, 0.5)),
        // Points of unit energy.
        (
            Modulation::Dbpsk
            | Modulation::Dqpsk
            | Modulation::Pi4Dqpsk
            | Modulation::Uqpsk
            | Modulation::Psk8,
            ..,
        ) => Shape::Quadrature(unit_power(0.0, 1.0)),
        (Modulation::Oqpsk, ..) => Shape::Oqpsk(unit_power(0.0, 0.5), unit_power(0.5, 0.5)),
        (_, FskInput::FmAudio, Pulse::Gaussian { bt }) => {
            let sigma = gaussian_sigma(bt);
            Shape::FmAudio(PulseTable::new(half_span, |t| gaussian_frequency(t, sigma)))
        }
        (_, FskInput::FmAudio, _) => Shape::FmAudio(PulseTable::new(half_span, rect)),
        (_, FskInput::Iq, pulse) => {
            let table = match pulse {
                Pulse::Gaussian { bt } => {
                    let sigma = gaussian_sigma(bt);
                    PulseTable::new(half_span, |t| gaussian_phase(t, sigma))
                }
                _ => PulseTable::new(half_span, |t| (t + 0.5).clamp(0.0, 1.0)),
            };
            Shape::Fsk(table, deviation_hz(config) / config.symbol_rate_hz)
        }
    }
}

/// Peak deviation of the configuration, by default that of minimum-shift keying.
pub(crate) fn deviation_hz(config: &SignalConfig) -> f64 {
    match (config.modulation, config.deviation_hz) {
        (Modulation::Fsk | Modulation::Fsk4, Some(deviation)) => deviation,
        // Neighbouring frequencies half a symbol rate apart.
        (Modulation::Fsk4, None) => 0.75 * config.symbol_rate_hz,
        _ => config.symbol_rate_hz / 4.0,
    }
}

/// Checks what every signal needs: rates and frequencies that the samples can hold, and at least `slowest`
/// symbols a sample.
pub(crate) fn check_rates(config: &SignalConfig, slowest: f64) -> Result<(), ConfigError> {
    let half_rate = config.sample_rate_hz / 2.0;
    within("sample_rate_hz", config.sample_rate_hz, 1e-3, 1e12)?;
    within(
        "symbol_rate_hz",
        config.symbol_rate_hz,
        config.sample_rate_hz * slowest,
        half_rate,
    )?;
    within("carrier_hz", config.carrier_hz, -half_rate, half_rate)?;
    if let Some(deviation) = config.deviation_hz {
        within("deviation_hz", deviation, 0.0, half_rate)?;
    }
    Ok(())
}

fn check(config: &SignalConfig) -> Result<(), ConfigError> {
    check_rates(config, 1e-7)?;
    match config.pulse {
        Pulse::Srrc { roll_off } => within("pulse.roll_off", roll_off, 0.0, 1.0)?,
        Pulse::Gaussian { bt } => within("pulse.bt", bt, 0.1, 10.0)?,
        Pulse::Rect | Pulse::HalfSine => {}
    }
    let fits = match config.modulation {
        Modulation::Fsk | Modulation::Fsk4 | Modulation::Gmsk => {
            matches!(config.pulse, Pulse::Gaussian { .. } | Pulse::Rect)
        }
        Modulation::Pm(pm) => {
            check_pm(&pm, config)?;
            config.pulse == Pulse::Rect
        }
        _ => matches!(config.pulse, Pulse::Srrc { .. } | Pulse::Rect | Pulse::HalfSine),
    };
    if fits {
        return Ok(());
    }
    Err(ConfigError::PulseMismatch {
        pulse: config.pulse,
        modulation: config.modulation,
    })
}

/// An error unless the value is a number from `low` to `high`.
pub(crate) fn within(field: &'static str, value: f64, low: f64, high: f64) -> Result<(), ConfigError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(ConfigError::OutOfRange {
        field,
        value,
        limit: format!("from {low} to {high}"),
    })
}
