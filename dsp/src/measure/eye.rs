//! Eye diagrams: a received signal over the duration of its symbols, at the place and the rate a receiver found.
//!
//! For display. The carrier is taken off, the matched filter of the pulse is applied (for frequency modulation a
//! discriminator behind a filter of the signal's width), and the result is evaluated at sixteen places a symbol. What the
//! receiver itself does is not repeated: the carrier's phase comes from powers of the symbols over stretches of 64.

use crate::usable::usable;
use crate::{Complex32, FskInput, Modulation, PmConfig, Pulse, SignalConfig, design};
use std::f64::consts::{PI, TAU};

/// Places evaluated per symbol.
pub const EYE_POINTS: usize = 16;
/// Most symbols of an eye.
const MOST_SYMBOLS: usize = 256;
/// Most products of sample and pulse that an eye may cost.
const MOST_WORK: f64 = 6e6;
/// Fewest symbols that are worth looking at.
const FEWEST_SYMBOLS: usize = 8;
/// Symbols over which the carrier's phase is taken as constant.
const STRETCH: usize = 64;
/// Symbols to either side that a square-root raised cosine reaches.
const REACH: f64 = 6.0;
/// Entries of a tabulated pulse per symbol.
const STEPS: f64 = 64.0;

/// Where the symbols are in a slice of samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EyePlace {
    /// Centre of the first symbol, samples from the beginning of the slice (fractional).
    pub at: f64,
    /// Samples per symbol.
    pub samples_per_symbol: f64,
    /// Symbols from there on.
    pub symbols: usize,
    /// Carrier frequency minus the nominal one, Hz.
    pub offset_hz: f64,
}

/// What an eye shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EyeQuantity {
    /// The arms of the carrier, of unit mean power at the symbols.
    #[default]
    Arms,
    /// The instantaneous frequency, Hz.
    Frequency,
    /// The audio of a discriminator, ±1 for most of it.
    Audio,
    /// The arm across the residual carrier, of unit mean power at the symbols.
    Phase,
}

/// A stretch of signal, [`EYE_POINTS`] values a symbol: number `k * EYE_POINTS` is the centre of symbol `k`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Eye {
    /// What the values are.
    pub quantity: EyeQuantity,
    /// In-phase arm, or the only one.
    pub first: Vec<f32>,
    /// Quadrature arm (with offset modulations as much earlier as it is late); empty where there is none.
    pub second: Vec<f32>,
}

/// A pulse in a table, by the distance from its centre in symbols.
struct Kernel {
    half: f64,
    table: Vec<f32>,
}

impl Kernel {
    fn new(half: f64, pulse: impl Fn(f64) -> f64) -> Self {
        let entries = (half * STEPS).ceil() as usize + 2;
        let table = (0..entries)
            .map(|n| pulse((n as f64 / STEPS).min(half)) as f32)
            .collect();
        Self { half, table }
    }

    fn of(pulse: Pulse) -> Self {
        match pulse {
            Pulse::Srrc { roll_off } => {
                let roll_off = roll_off.clamp(0.0, 1.0);
                Self::new(REACH, |t| {
                    design::srrc_at(t, roll_off) * (PI * t / (2.0 * REACH)).cos().powi(2)
                })
            }
            Pulse::HalfSine => Self::new(0.5, |t| (PI * t).cos()),
            Pulse::Rect | Pulse::Gaussian { .. } => Self::new(0.5, |_| 1.0),
        }
    }

    fn hann(half: f64) -> Self {
        Self::new(half, |t| (PI * t / (2.0 * half)).cos().powi(2))
    }

    /// The filtered signal at a place between samples; samples outside of the slice are zero.
    fn at(&self, samples: &[Complex32], place: f64, per_symbol: f64) -> Complex32 {
        let reach = self.half * per_symbol;
        let first = (place - reach).ceil().max(0.0) as usize;
        let last = ((place + reach).floor() + 1.0).max(0.0) as usize;
        let Some(part) = samples.get(first..last.min(samples.len())) else {
            return Complex32::ZERO;
        };
        let mut sum = Complex32::ZERO;
        for (n, sample) in (first..).zip(part) {
            let step = (n as f64 - place).abs() / per_symbol * STEPS;
            let (entry, rest) = (step as usize, step.fract() as f32);
            if let [a, b] = self.table[entry.min(self.table.len() - 2)..][..2] {
                sum += sample * (a + (b - a) * rest);
            }
        }
        sum / per_symbol as f32
    }
}

/// The slice with its carrier at 0 Hz, and where the symbols are in it.
struct Stretch {
    samples: Vec<Complex32>,
    at: f64,
    per_symbol: f64,
    /// Samples of what the pulse shapes: a symbol, or with bi-phase half of one.
    per_pulse: f64,
    symbols: usize,
}

impl Stretch {
    /// Filtered values, `EYE_POINTS` a symbol, from `before` values before the first symbol to as many after the last;
    /// `shift` values later.
    fn series(&self, kernel: &Kernel, before: usize, shift: f64) -> Vec<Complex32> {
        let count = (self.symbols - 1) * EYE_POINTS + 1 + 2 * before;
        let place =
            |n: usize| (n as f64 - before as f64 + shift) / EYE_POINTS as f64 * self.per_symbol + self.at;
        (0..count)
            .map(|n| kernel.at(&self.samples, place(n), self.per_pulse))
            .collect()
    }
}

/// The eye of a signal: `samples` as the receiver of `signal` was given them, its symbols where `place` says.
///
/// `None` where there are too few symbols in the slice, or numbers that cannot be.
pub fn eye(samples: &[Complex32], signal: &SignalConfig, place: &EyePlace) -> Option<Eye> {
    let plain = signal.plain().ok()?;
    let sane = place.samples_per_symbol >= 1.0 && place.samples_per_symbol < 1e9 && place.at.is_finite();
    if !sane || !place.offset_hz.is_finite() {
        return None;
    }
    let audio = signal.fsk_input == FskInput::FmAudio;
    let carrier_hz = if audio {
        0.0
    } else {
        signal.carrier_hz + place.offset_hz
    };
    let stretch = cut(samples, signal, place, carrier_hz)?;
    Some(match plain.modulation {
        Modulation::Fsk | Modulation::Fsk4 | Modulation::Gmsk if audio => heard(&stretch),
        Modulation::Fsk | Modulation::Fsk4 | Modulation::Gmsk => frequency(&stretch, &plain),
        Modulation::Pm(pm) => phase(&stretch, &plain, pm, signal.bi_phase),
        _ => arms(&stretch, &plain, signal.bi_phase),
    })
}

/// Cuts out the symbols that are wholly in the slice, with what filters need around them, and takes the carrier off.
fn cut(samples: &[Complex32], signal: &SignalConfig, place: &EyePlace, carrier_hz: f64) -> Option<Stretch> {
    let per_symbol = place.samples_per_symbol;
    let margin = (2.0 + REACH) * per_symbol;
    let late = ((margin - place.at) / per_symbol).ceil().max(0.0);
    let at = place.at + late * per_symbol;
    let room = (samples.len() as f64 - margin - at) / per_symbol;
    let most = MOST_WORK / (2.0 * REACH * per_symbol * EYE_POINTS as f64);
    let symbols = (place.symbols as f64 - late)
        .min(room)
        .min(most.max(FEWEST_SYMBOLS as f64));
    if symbols.is_nan() || symbols < FEWEST_SYMBOLS as f64 {
        return None;
    }
    let symbols = (symbols as usize).min(MOST_SYMBOLS);
    let first = (at - margin).floor().max(0.0) as usize;
    let end = (at + symbols as f64 * per_symbol + margin).ceil() as usize;
    let part = samples.get(first..end.min(samples.len()))?;
    let step = carrier_hz / signal.sample_rate_hz;
    let turned = part.iter().enumerate().map(|(n, &sample)| {
        let (sin, cos) = (-TAU * (step * n as f64).fract()).sin_cos();
        let turned = usable(sample) * Complex32::new(cos as f32, sin as f32);
        if signal.iq_swap { turned.conj() } else { turned }
    });
    Some(Stretch {
        samples: turned.collect(),
        at: at - first as f64,
        per_symbol,
        per_pulse: if signal.bi_phase {
            per_symbol / 2.0
        } else {
            per_symbol
        },
        symbols,
    })
}

/// How the phase of the carrier shows in the values of a symbol.
fn phase_sign(values: &[Complex32], center: usize, modulation: Modulation, bi_phase: bool) -> Complex32 {
    let value = |n: usize| values.get(n).copied().unwrap_or_default();
    let centred = value(center);
    match modulation {
        _ if bi_phase => {
            let (a, b) = (
                value(center.wrapping_sub(EYE_POINTS / 4)),
                value(center + EYE_POINTS / 4),
            );
            a * a + b * b
        }
        Modulation::Oqpsk => centred * centred - value(center + EYE_POINTS / 2).powu(2),
        Modulation::Qpsk | Modulation::Dqpsk => -centred.powu(4),
        Modulation::Psk8 | Modulation::Pi4Dqpsk => centred.powu(8),
        _ => centred * centred,
    }
}

/// Turns the values so that the points lie where the modulation has them, which leaves its ambiguity.
fn align(values: &mut [Complex32], modulation: Modulation, bi_phase: bool) {
    let power = match modulation {
        Modulation::Qpsk | Modulation::Dqpsk => 4.0,
        Modulation::Psk8 | Modulation::Pi4Dqpsk => 8.0,
        _ => 2.0,
    };
    let symbols = values.len() / EYE_POINTS + 1;
    let length = STRETCH.min(symbols);
    let mut phases: Vec<(f64, f64)> = Vec::new();
    for first in (0..symbols).step_by(length) {
        let last = (first + length).min(symbols);
        let sum: Complex32 = (first..last)
            .map(|k| phase_sign(values, k * EYE_POINTS, modulation, bi_phase))
            .map(|sign| {
                if sign.norm() > 0.0 {
                    sign / sign.norm().sqrt()
                } else {
                    sign
                }
            })
            .sum();
        let found = f64::from(sum.arg()) / power;
        let before = phases.last().map_or(found, |&(_, phase)| phase);
        let turns = ((before - found) * power / TAU).round();
        let middle = (first + last) as f64 / 2.0 * EYE_POINTS as f64;
        phases.push((middle, found + turns * TAU / power));
    }
    for (n, value) in values.iter_mut().enumerate() {
        let phase = between(&phases, n as f64);
        *value *= Complex32::from_polar(1.0, -phase as f32);
    }
}

/// The line through points of rising place, level beyond its ends.
fn between(points: &[(f64, f64)], at: f64) -> f64 {
    let next = points.partition_point(|&(place, _)| place <= at);
    match (next.checked_sub(1).and_then(|n| points.get(n)), points.get(next)) {
        (Some(&(x0, y0)), Some(&(x1, y1))) => y0 + (y1 - y0) * (at - x0) / (x1 - x0),
        (Some(&(_, y)), None) | (None, Some(&(_, y))) => y,
        (None, None) => 0.0,
    }
}

/// Scales values to unit mean power at the instants of decision.
fn normalise(values: &mut [Complex32], bi_phase: bool) {
    let offset = if bi_phase { EYE_POINTS / 4 } else { 0 };
    let decided = values.iter().skip(offset).step_by(EYE_POINTS);
    let (sum, count) = decided.fold((0.0, 0_u32), |(sum, count), v| (sum + v.norm_sqr(), count + 1));
    let rms = (sum / count.max(1) as f32).sqrt();
    if rms > 0.0 {
        for value in values.iter_mut() {
            *value /= rms;
        }
    }
}

fn arms(stretch: &Stretch, signal: &SignalConfig, bi_phase: bool) -> Eye {
    let mut values = stretch.series(&Kernel::of(signal.pulse), 0, 0.0);
    align(&mut values, signal.modulation, bi_phase);
    normalise(&mut values, bi_phase);
    let one_arm = matches!(signal.modulation, Modulation::Bpsk | Modulation::Dbpsk);
    let mut first: Vec<f32> = values.iter().map(|value| value.re).collect();
    let mut second: Vec<f32> = values.iter().map(|value| value.im).collect();
    if one_arm {
        second.clear();
    } else if signal.modulation == Modulation::Oqpsk {
        second.drain(..EYE_POINTS / 2);
        first.truncate(second.len());
        // Half of the power is in each arm at its own instants.
        for arm in [&mut first, &mut second] {
            unit(arm);
            for value in arm.iter_mut() {
                *value *= std::f32::consts::FRAC_1_SQRT_2;
            }
        }
    }
    Eye {
        quantity: EyeQuantity::Arms,
        first,
        second,
    }
}

/// Scales to unit mean power at the symbols.
fn unit(values: &mut [f32]) {
    let decided = values.iter().step_by(EYE_POINTS);
    let (sum, count) = decided.fold((0.0, 0_u32), |(sum, count), v| (sum + v * v, count + 1));
    let rms = (sum / count.max(1) as f32).sqrt();
    if rms > 0.0 {
        for value in values.iter_mut() {
            *value /= rms;
        }
    }
}

/// Frequency behind a filter as wide as the signal, averaged over half a symbol.
fn frequency(stretch: &Stretch, signal: &SignalConfig) -> Eye {
    const HALF: usize = EYE_POINTS / 4;
    let rate = signal.sample_rate_hz / stretch.per_symbol;
    let deviation = signal.deviation_hz.unwrap_or(match signal.modulation {
        Modulation::Gmsk => rate / 4.0,
        _ => rate / 2.0,
    });
    let width = (2.0 * deviation.abs() / rate + 1.0).clamp(1.0, 32.0);
    let kernel = Kernel::hann((0.75 / width).max(1.5 / stretch.per_symbol));
    let values = stretch.series(&kernel, HALF + 1, -0.5);
    let per_turn = (EYE_POINTS as f64 * rate / TAU) as f32;
    let hz: Vec<f32> = values
        .windows(2)
        .map(|pair| (pair[1] * pair[0].conj()).arg() * per_turn)
        .collect();
    let count = (stretch.symbols - 1) * EYE_POINTS + 1;
    let smooth = hz
        .windows(2 * HALF + 1)
        .map(|part| part.iter().sum::<f32>() / part.len() as f32);
    Eye {
        quantity: EyeQuantity::Frequency,
        first: smooth.take(count).collect(),
        second: Vec::new(),
    }
}

/// What a discriminator gave, its scale and its middle as they show.
fn heard(stretch: &Stretch) -> Eye {
    let values = stretch.series(&Kernel::hann(0.5), 0, 0.0);
    let mut first: Vec<f32> = values.iter().map(|value| value.re).collect();
    let mut sorted = first.clone();
    sorted.sort_by(f32::total_cmp);
    let (low, high) = (
        sorted[sorted.len() / 20],
        sorted[sorted.len() - 1 - sorted.len() / 20],
    );
    let (middle, half) = (f32::midpoint(low, high), (high - low) / 2.0);
    if half > 0.0 {
        for value in &mut first {
            *value = (*value - middle) / half;
        }
    }
    Eye {
        quantity: EyeQuantity::Audio,
        first,
        second: Vec::new(),
    }
}

/// The arm across the carrier; behind a subcarrier the arm of that.
fn phase(stretch: &Stretch, signal: &SignalConfig, pm: PmConfig, bi_phase: bool) -> Eye {
    let carrier = carrier_phases(stretch);
    let turns = pm
        .subcarrier
        .map(|subcarrier| subcarrier.frequency_hz / signal.sample_rate_hz);
    let across = stretch.samples.iter().enumerate().map(|(n, sample)| {
        let phase = between(&carrier, n as f64);
        let value = (sample * Complex32::from_polar(1.0, -phase as f32)).im;
        let angle = turns.map_or(0.0, |turns| -TAU * (turns * n as f64).fract());
        Complex32::from_polar(value, angle as f32)
    });
    let across = Stretch {
        samples: across.collect(),
        ..*stretch
    };
    let mut values = across.series(&Kernel::of(signal.pulse), 0, 0.0);
    if turns.is_some() {
        align(&mut values, Modulation::Bpsk, bi_phase);
    }
    normalise(&mut values, bi_phase);
    Eye {
        quantity: EyeQuantity::Phase,
        first: values.iter().map(|value| value.re).collect(),
        second: Vec::new(),
    }
}

/// Phase of the residual carrier by stretches of symbols.
fn carrier_phases(stretch: &Stretch) -> Vec<(f64, f64)> {
    let length = (STRETCH as f64 * stretch.per_symbol).ceil() as usize;
    let mut phases: Vec<(f64, f64)> = Vec::new();
    for (n, part) in stretch.samples.chunks(length.max(1)).enumerate() {
        let sum: Complex32 = part.iter().sum();
        let found = f64::from(sum.arg() + off_middle(part, sum.arg()));
        let before = phases.last().map_or(found, |&(_, phase)| phase);
        let turns = ((before - found) / TAU).round();
        let middle = (n * length) as f64 + part.len() as f64 / 2.0;
        phases.push((middle, found + turns * TAU));
    }
    phases
}

/// Phase of the middle between the samples to either side of a phase, rad: more of one bit than of the other draw
/// their mean away from the carrier, not this.
fn off_middle(samples: &[Complex32], phase: f32) -> f32 {
    let turn = Complex32::from_polar(1.0, -phase);
    let (mut above, mut below) = (Complex32::ZERO, Complex32::ZERO);
    for sample in samples {
        let turned = sample * turn;
        if turned.im > 0.0 {
            above += turned;
        } else {
            below += turned;
        }
    }
    f32::midpoint(above.arg(), below.arg())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modulator::Modulator;

    const RATE: f64 = 50_000.0;

    /// Some hundred symbols, their carrier at `offset_hz` and turned, and where they are.
    fn sent(signal: &SignalConfig, offset_hz: f64) -> (Vec<Complex32>, EyePlace) {
        let mut word = 0x2545_F491_4F6C_DD1D_u64;
        let bits: Vec<u8> = (0..300 * signal.modulation.bits_per_symbol())
            .map(|_| {
                word ^= word << 13;
                word ^= word >> 7;
                word ^= word << 17;
                (word & 1) as u8
            })
            .collect();
        let mut modulator = Modulator::new(signal).expect("a signal");
        let mut samples = Vec::new();
        let at = modulator.first_symbol_at();
        modulator.process(&bits, &mut samples);
        modulator.finish(&mut samples);
        for (n, sample) in samples.iter_mut().enumerate() {
            let angle = TAU * (offset_hz / RATE * n as f64).fract() + 0.7;
            *sample *= Complex32::from_polar(0.3, angle as f32);
        }
        let place = EyePlace {
            at,
            samples_per_symbol: RATE / signal.symbol_rate_hz,
            symbols: 300,
            offset_hz,
        };
        (samples, place)
    }

    /// Least and largest magnitude at the symbols, so many values later.
    fn opening(arm: &[f32], later: usize) -> (f32, f32) {
        let decided = arm
            .iter()
            .skip(later)
            .step_by(EYE_POINTS)
            .map(|value| value.abs());
        decided.fold((f32::INFINITY, 0.0), |(least, most), v| {
            (least.min(v), most.max(v))
        })
    }

    #[test]
    fn eyes_of_phase_modulation_are_open_at_the_symbols() {
        let srrc = Pulse::Srrc { roll_off: 0.35 };
        for (modulation, pulse, arms, level) in [
            (Modulation::Bpsk, srrc, 1, 1.0),
            (Modulation::Bpsk, Pulse::Rect, 1, 1.0),
            (Modulation::Qpsk, srrc, 2, 0.707),
            (Modulation::Oqpsk, srrc, 2, 0.707),
            (Modulation::Oqpsk, Pulse::HalfSine, 2, 0.707),
        ] {
            let signal = SignalConfig {
                carrier_hz: 3_000.0,
                ..SignalConfig::new(modulation, pulse, 6_300.0, RATE)
            };
            let (samples, place) = sent(&signal, 47.0);
            let eye = eye(&samples, &signal, &place).expect("symbols");
            assert_eq!(eye.quantity, EyeQuantity::Arms);
            for arm in [&eye.first, &eye.second].into_iter().take(arms) {
                let (least, most) = opening(arm, 0);
                assert!(
                    least > 0.85 * level && most < 1.15 * level,
                    "{modulation:?} {pulse:?}: {least} to {most}"
                );
                let between = opening(arm, EYE_POINTS / 2).0;
                assert!(
                    between < 0.35 * level,
                    "{modulation:?} {pulse:?}: {between} between symbols"
                );
            }
            assert_eq!(eye.second.is_empty(), arms == 1);
        }
    }

    #[test]
    fn halves_of_bi_phase_symbols_are_opposite() {
        let signal = SignalConfig {
            bi_phase: true,
            ..SignalConfig::new(Modulation::Bpsk, Pulse::Rect, 2_000.0, RATE)
        };
        let (samples, place) = sent(&signal, -12.0);
        let eye = eye(&samples, &signal, &place).expect("symbols");
        let (early, late) = (
            opening(&eye.first, EYE_POINTS * 3 / 4),
            opening(&eye.first, EYE_POINTS / 4),
        );
        for (least, most) in [early, late] {
            assert!(least > 0.85 && most < 1.15, "{least} to {most}");
        }
        let middle = opening(&eye.first, 0).1;
        assert!(middle < 0.15, "{middle} where every bit changes sign");
    }

    #[test]
    fn eyes_of_frequency_modulation_show_the_deviation() {
        let fsk = SignalConfig {
            deviation_hz: Some(3_000.0),
            ..SignalConfig::new(Modulation::Fsk, Pulse::Rect, 4_800.0, RATE)
        };
        let (samples, place) = sent(&fsk, 200.0);
        let found = eye(&samples, &fsk, &place).expect("symbols");
        assert_eq!(found.quantity, EyeQuantity::Frequency);
        let (least, most) = opening(&found.first, 0);
        assert!(least > 2_400.0 && most < 3_300.0, "{least} to {most} Hz");
        let gmsk = SignalConfig::new(Modulation::Gmsk, Pulse::Gaussian { bt: 0.5 }, 4_800.0, RATE);
        let (samples, place) = sent(&gmsk, -150.0);
        let found = eye(&samples, &gmsk, &place).expect("symbols");
        let (least, most) = opening(&found.first, 0);
        assert!(least > 500.0 && most < 1_400.0, "{least} to {most} Hz of 1200");
    }

    #[test]
    fn eyes_of_residual_carriers_are_open() {
        for subcarrier in [None, Some(12_000.0)] {
            let pm = PmConfig {
                subcarrier: subcarrier.map(|frequency_hz| crate::Subcarrier {
                    frequency_hz,
                    waveform: crate::Waveform::Sine,
                }),
                ..PmConfig::default()
            };
            let signal = SignalConfig::new(Modulation::Pm(pm), Pulse::Rect, 1_000.0, RATE);
            let (samples, place) = sent(&signal, 0.4);
            let found = eye(&samples, &signal, &place).expect("symbols");
            assert_eq!(found.quantity, EyeQuantity::Phase);
            let (least, most) = opening(&found.first, 0);
            assert!(least > 0.8 && most < 1.2, "{least} to {most}");
        }
    }

    #[test]
    fn nonsense_gives_no_eye_and_no_panic() {
        let signal = SignalConfig::new(Modulation::Qpsk, Pulse::Rect, 5_000.0, RATE);
        let (mut samples, place) = sent(&signal, 0.0);
        for wild in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
            let wrong = EyePlace {
                samples_per_symbol: wild,
                ..place
            };
            assert_eq!(eye(&samples, &signal, &wrong), None);
        }
        for at in [f64::NAN, f64::INFINITY, -1e300, 1e300] {
            assert_eq!(eye(&samples, &signal, &EyePlace { at, ..place }), None);
        }
        assert_eq!(eye(&samples[..100], &signal, &place), None);
        assert_eq!(eye(&[], &signal, &place), None);
        samples.fill(Complex32::new(f32::NAN, f32::INFINITY));
        let silent = eye(&samples, &signal, &place).expect("symbols");
        assert!(silent.first.iter().all(|value| *value == 0.0));
    }
}
