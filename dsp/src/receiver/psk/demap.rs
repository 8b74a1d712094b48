//! Symbols to soft bits: log-likelihood ratios from the estimated amplitude and noise.

use super::Plan;
use super::track::matched_pulse;
use crate::modulator::{CHANGE_LABELS, EIGHT_LABELS};
use crate::receiver::gmsk::{Detector, Spread};
use crate::{Complex32, Modulation, SoftBatch};
use std::f32::consts::FRAC_1_SQRT_2;

/// Signal and noise power of symbols.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::receiver) struct Levels {
    /// Energy of a symbol.
    pub signal: f64,
    /// Noise power in both dimensions together, in the same unit.
    pub noise: f64,
}

impl Levels {
    /// Tells signal from noise by the second and fourth moments (D. R. Pauluzzi and N. C. Beaulieu, 2000:
    /// M2M4); the phase of the symbols does not matter.
    pub fn from_moments(symbols: impl Iterator<Item = Complex32>) -> Self {
        let (mut count, mut second, mut fourth) = (0.0_f64, 0.0_f64, 0.0_f64);
        for symbol in symbols {
            let power = f64::from(symbol.norm_sqr());
            count += 1.0;
            second += power;
            fourth += power * power;
        }
        let (second, fourth) = (second / count, fourth / count);
        Self::split(second, (2.0 * second * second - fourth).max(0.0).sqrt())
    }

    /// [`Self::from_moments`] of symbols that are not all of one magnitude. The signal is the energy of a symbol.
    pub fn from_spread(symbols: &[Complex32], spread: Spread) -> Self {
        let alike = Self::from_moments(symbols.iter().copied());
        let total = alike.signal + alike.noise;
        let signal = alike.signal / (2.0 - spread.excess).max(0.1_f64).sqrt();
        let together = Self::split(total, signal);
        Self {
            signal: together.signal / spread.power,
            noise: together.noise,
        }
    }

    /// Levels of BPSK symbols, given the sum of their squares along the carrier's phase, to which signal
    /// adds and noise does not.
    pub fn from_squares(symbols: &[Complex32], signal: f64) -> Self {
        let count = symbols.len() as f64;
        let total: f64 = symbols.iter().map(|s| f64::from(s.norm_sqr())).sum();
        Self::split(total / count, signal / count)
    }

    fn split(total: f64, signal: f64) -> Self {
        let signal = signal.clamp(0.02 * total, 0.9999 * total);
        Self {
            signal,
            noise: total - signal,
        }
    }

    /// Follows a new measurement.
    pub fn follow(&mut self, new: Self, gain: f64) {
        self.signal += gain * (new.signal - self.signal);
        self.noise += gain * (new.noise - self.noise);
    }

    /// Symbol energy over noise density.
    pub fn es_n0(self) -> f64 {
        if self.noise > 0.0 {
            self.signal / self.noise
        } else {
            0.0
        }
    }

    /// What a unit of a symbol's component along a point of unit energy, with the amplitude of the symbols, adds to
    /// that point's log-likelihood, in units of [`SoftBatch::LLR_UNIT`]: `2 a / N`, `a` being the amplitude.
    fn soft_per_unit(self) -> f32 {
        if self.noise > 0.0 {
            (2.0 * self.signal.sqrt() / self.noise) as f32 / SoftBatch::LLR_UNIT
        } else {
            0.0
        }
    }
}

/// Symbols to soft bits, I before Q.
#[derive(Debug)]
pub(super) struct Demapper {
    keying: Modulation,
    /// Amplitudes of the arms of a symbol of unit energy.
    arms: [f32; 2],
    gmsk: Option<Detector>,
    /// Log-likelihoods of the points of the symbol before, for differential modulations.
    before: Option<[f32; 4]>,
}

impl Demapper {
    pub fn new(plan: &Plan) -> Self {
        let in_phase = plan.unbalance / (1.0 + plan.unbalance);
        Self {
            keying: plan.keying,
            arms: [in_phase, 1.0 - in_phase].map(|power| power.sqrt() as f32),
            gmsk: (plan.keying == Modulation::Gmsk)
                .then(|| Detector::new(matched_pulse(plan.pulse, 1.0), plan.precoded)),
            before: None,
        }
    }

    /// The next symbol does not follow the last one.
    pub fn restart(&mut self) {
        self.before = None;
        if let Some(detector) = &mut self.gmsk {
            detector.restart();
        }
    }

    /// Appends the soft bits of symbols. The first of a differential modulation after a restart gives zeros.
    pub fn process(&mut self, symbols: &[Complex32], levels: Levels, out: &mut Vec<i8>) {
        if let Some(detector) = &mut self.gmsk {
            return detector.process(symbols, levels, out);
        }
        let unit = levels.soft_per_unit();
        match self.keying {
            Modulation::Bpsk => demap_arm(symbols, 2.0 * unit, out),
            Modulation::Qpsk | Modulation::Oqpsk => {
                demap_arms(symbols, [2.0 * unit * FRAC_1_SQRT_2; 2], out);
            }
            Modulation::Uqpsk => self.demap_unbalanced(symbols, 2.0 * unit, out),
            Modulation::Psk8 => out.extend(symbols.iter().flat_map(|s| demap_eighths(*s * unit))),
            Modulation::Dbpsk => {
                for symbol in symbols {
                    let points = [1.0, -1.0, 0.0, 0.0].map(|sign| sign * symbol.re * unit);
                    let before = self.before.replace(points);
                    let changes = before.map(|before| changes(&before[..2], &points[..2]));
                    out.push(changes.map_or(0, |[same, changed, ..]| soft(changed - same)));
                }
            }
            _ => {
                for symbol in symbols {
                    let points = quarter_points(*symbol * (unit * FRAC_1_SQRT_2));
                    let before = self.before.replace(points);
                    let changes = before.map(|before| changes(&before, &points));
                    out.extend(changes.map_or([0, 0], |changes| labelled(&changes, &CHANGE_LABELS)));
                }
            }
        }
    }

    /// The stronger arm is the real part, whichever it is.
    fn demap_unbalanced(&self, symbols: &[Complex32], scale: f32, out: &mut Vec<i8>) {
        let [i, q] = self.arms.map(|amplitude| amplitude * scale);
        if i > q {
            return demap_arms(symbols, [i, q], out);
        }
        out.extend(
            symbols
                .iter()
                .flat_map(|symbol| [soft(-symbol.im * i), soft(symbol.re * q)]),
        );
    }
}

/// Log-likelihoods of the points at 45°, 135°, 225° and 315° of a symbol so scaled that its parts add up to them.
fn quarter_points(symbol: Complex32) -> [f32; 4] {
    let (sum, difference) = (symbol.re + symbol.im, symbol.im - symbol.re);
    [sum, difference, -sum, -difference]
}

/// Largest log-likelihoods of two successive points so many steps apart, the later less the earlier.
fn changes(before: &[f32], now: &[f32]) -> [f32; 4] {
    let mut best = [f32::NEG_INFINITY; 4];
    for (from, first) in before.iter().enumerate() {
        for (to, second) in now.iter().enumerate() {
            let change = (to + now.len() - from) % now.len();
            best[change] = best[change].max(first + second);
        }
    }
    best
}

/// Soft bits, by the largest log-likelihoods for and against, of labels of so many bits as there are.
fn labelled<const BITS: usize>(points: &[f32], labels: &[u8]) -> [i8; BITS] {
    std::array::from_fn(|bit| {
        let mut best = [f32::NEG_INFINITY; 2];
        for (value, label) in points.iter().zip(labels) {
            let side = usize::from(label >> (BITS - 1 - bit) & 1);
            best[side] = best[side].max(*value);
        }
        soft(best[1] - best[0])
    })
}

/// Soft bits of a symbol of 8PSK so scaled that its component along a point is that point's log-likelihood.
fn demap_eighths(symbol: Complex32) -> [i8; 3] {
    let Complex32 { re, im } = symbol;
    let (up, down) = ((re + im) * FRAC_1_SQRT_2, (im - re) * FRAC_1_SQRT_2);
    labelled(&[re, up, im, down, -re, -up, -im, -down], &EIGHT_LABELS)
}

fn demap_arm(symbols: &[Complex32], scale: f32, out: &mut Vec<i8>) {
    out.extend(symbols.iter().map(|symbol| soft(symbol.re * scale)));
}

fn demap_arms(symbols: &[Complex32], scales: [f32; 2], out: &mut Vec<i8>) {
    let start = out.len();
    out.resize(start + 2 * symbols.len(), 0);
    soft_pairs(bytemuck::cast_slice(symbols), scales, &mut out[start..]);
}

/// Soft bits of I and Q in turn.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn soft_pairs(values: &[f32], [i, q]: [f32; 2], out: &mut [i8]) {
    let (mut whole, mut bits) = (values.chunks_exact(16), out.chunks_exact_mut(16));
    for (values, bits) in (&mut whole).zip(&mut bits) {
        for pair in 0..8 {
            bits[2 * pair] = soft(values[2 * pair] * i);
            bits[2 * pair + 1] = soft(values[2 * pair + 1] * q);
        }
    }
    let rest = whole.remainder().chunks_exact(2);
    for (values, bits) in rest.zip(bits.into_remainder().chunks_exact_mut(2)) {
        bits[0] = soft(values[0] * i);
        bits[1] = soft(values[1] * q);
    }
}

/// Rounds and saturates; what is no number becomes zero.
#[inline]
pub(in crate::receiver) fn soft(value: f32) -> i8 {
    // Added to this, a value loses its fraction, and its units are the lowest bits.
    const UNITS: f32 = 12_582_912.0;
    (value.clamp(-127.0, 127.0) + UNITS).to_bits() as i8
}
