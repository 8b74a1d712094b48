//! Carrier: the line that the M-th power of the symbols leaves, its phase model and its smoothed phase.

use crate::{Complex32, Modulation};
use num_complex::Complex64;
use rustfft::{Fft, FftPlanner};
use std::collections::BTreeMap;
use std::f64::consts::{PI, TAU};
use std::fmt;
use std::sync::Arc;

/// Symbols in a phase block.
pub(super) const BLOCK_SYMBOLS: usize = 8;
/// Aim of the smoothing: variance of the phase, rad².
const PHASE_VARIANCE: f64 = 0.004;

/// Symbol without its modulation: a value whose phase is `order` times the carrier's. The magnitude is
/// squared whatever the order (A. J. Viterbi and A. M. Viterbi, 1983, with their F(ρ) = ρ²). OQPSK takes the
/// symbol's instant and that half a symbol later, the instant of its Q arm.
pub(super) fn stripped(modulation: Modulation, symbol: Complex32, late: Complex32) -> Complex32 {
    let square = symbol * symbol;
    match modulation {
        // The fourth power of ±1±j is negative.
        Modulation::Qpsk => -(square * square) / square.norm().max(1e-30),
        Modulation::Oqpsk => square - late * late,
        _ => square,
    }
}

/// A spectral line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Cycles per value at the middle of the stretch.
    pub freq: f64,
    /// Change of the frequency over the stretch, cycles per value per value.
    pub rate: f64,
    /// Power relative to what white noise of the same energy has on average.
    pub power: f64,
    /// How many places were looked at.
    pub cells: f64,
}

/// Finds spectral lines; keeps its transforms.
#[derive(Default)]
pub(super) struct LineFinder {
    transforms: BTreeMap<usize, Arc<dyn Fft<f32>>>,
    buffer: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl fmt::Debug for LineFinder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineFinder")
            .field("sizes", &self.transforms.keys())
            .finish_non_exhaustive()
    }
}

impl LineFinder {
    /// The strongest line within `centre ± reach` (cycles per value), among `2 * chirps + 1` rates of
    /// change of the frequency that differ by one cycle per stretch over the stretch.
    pub fn strongest(&mut self, values: &[Complex32], centre: f64, reach: f64, chirps: i32) -> Line {
        let energy: f64 = values.iter().map(|v| f64::from(v.norm_sqr())).sum();
        let size = (2 * values.len()).next_power_of_two().max(16);
        let bins = ((reach * size as f64).ceil() as i64).clamp(1, size as i64 / 2 - 1);
        let middle = (centre * size as f64).round() as i64;
        let cells = ((2 * bins + 1) * i64::from(2 * chirps + 1)) as f64 / 2.0;
        let mut best = Line {
            freq: centre,
            rate: 0.0,
            power: 0.0,
            cells,
        };
        if energy <= 0.0 {
            return best;
        }
        for chirp in -chirps..=chirps {
            let rate = f64::from(chirp) / (values.len() as f64).powi(2);
            self.transform(values, rate, size);
            let at = |bin: i64| self.buffer[bin.rem_euclid(size as i64) as usize].norm();
            for bin in middle - bins..=middle + bins {
                let power = f64::from(at(bin)).powi(2) / energy;
                if power > best.power {
                    let freq = (bin as f64 + vertex(at(bin - 1), at(bin), at(bin + 1))) / size as f64;
                    best = Line {
                        freq,
                        rate,
                        power,
                        cells,
                    };
                }
            }
        }
        best
    }

    fn transform(&mut self, values: &[Complex32], rate: f64, size: usize) {
        let fft = self
            .transforms
            .entry(size)
            .or_insert_with(|| FftPlanner::new().plan_fft_forward(size));
        self.buffer.clear();
        if rate == 0.0 {
            self.buffer.extend_from_slice(values);
        } else {
            let middle = values.len() as f64 / 2.0;
            self.buffer.extend(values.iter().enumerate().map(|(n, v)| {
                let t = n as f64 - middle;
                v * Complex32::cis((-PI * rate * t * t) as f32)
            }));
        }
        self.buffer.resize(size, Complex32::ZERO);
        self.scratch
            .resize(fft.get_inplace_scratch_len(), Complex32::ZERO);
        fft.process_with_scratch(&mut self.buffer, &mut self.scratch);
    }
}

/// Place of the vertex of the parabola through three values, relative to the middle one.
fn vertex(low: f32, mid: f32, high: f32) -> f64 {
    let curve = f64::from(low - 2.0 * mid + high);
    if curve < 0.0 {
        (0.5 * f64::from(low - high) / curve).clamp(-0.5, 0.5)
    } else {
        0.0
    }
}

/// Carrier phase as a polynomial of time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CarrierModel {
    /// Reference instant, samples.
    pub time: f64,
    /// Phase there, rad.
    pub phase: f64,
    /// Frequency there, rad per sample.
    pub freq: f64,
    /// Rate of the frequency, rad per sample².
    pub rate: f64,
}

impl CarrierModel {
    pub fn phase_at(&self, time: f64) -> f64 {
        let t = time - self.time;
        self.phase + t * (self.freq + 0.5 * self.rate * t)
    }

    pub fn freq_at(&self, time: f64) -> f64 {
        self.freq + self.rate * (time - self.time)
    }

    /// Moves the reference instant.
    pub fn move_to(&mut self, time: f64) {
        self.phase = self.phase_at(time) % TAU;
        self.freq = self.freq_at(time);
        self.time = time;
    }
}

/// Symbols of one window turned by the carrier model.
#[derive(Debug, Default, Clone)]
pub(super) struct Turned {
    pub symbols: Vec<Complex32>,
    /// Values half a symbol later (OQPSK only).
    pub late: Vec<Complex32>,
    /// Sums of the stripped symbols over blocks.
    pub blocks: Vec<Complex64>,
    /// Energy of the stripped symbols.
    pub energy: f64,
}

impl Turned {
    /// Turns symbols at `start + k * period` by the model.
    pub fn compute(
        &mut self,
        symbols: &[Complex32],
        late: &[Complex32],
        start: f64,
        period: f64,
        model: &CarrierModel,
        modulation: Modulation,
    ) {
        self.symbols.clear();
        self.late.clear();
        self.blocks.clear();
        self.energy = 0.0;
        let step = model.freq_at(start) * period;
        let table: [Complex32; BLOCK_SYMBOLS] =
            std::array::from_fn(|k| Complex32::cis((-step * k as f64) as f32));
        let half = Complex32::cis((-step / 2.0) as f32);
        for (block, chunk) in symbols.chunks(BLOCK_SYMBOLS).enumerate() {
            let first = block * BLOCK_SYMBOLS;
            let angle = model.phase_at(start + first as f64 * period);
            let anchor = Complex64::cis(-(angle % TAU));
            let anchor = Complex32::new(anchor.re as f32, anchor.im as f32);
            let (mut sum, mut energy) = (Complex32::ZERO, 0.0_f32);
            for (k, &symbol) in chunk.iter().enumerate() {
                let rotor = anchor * table[k];
                let symbol = symbol * rotor;
                let late = late.get(first + k).map_or(Complex32::ZERO, |l| l * rotor * half);
                let value = stripped(modulation, symbol, late);
                sum += value;
                energy += value.norm_sqr();
                self.symbols.push(symbol);
                if modulation == Modulation::Oqpsk {
                    self.late.push(late);
                }
            }
            self.blocks.push(Complex64::new(sum.re.into(), sum.im.into()));
            self.energy += f64::from(energy);
        }
    }
}

/// Power of the strongest line within two cycles over the blocks around zero frequency, relative to noise.
pub(super) fn line_power(first: &[Complex64], second: &[Complex64], energy: f64) -> f64 {
    let count = first.len() + second.len();
    if energy <= 0.0 {
        return 0.0;
    }
    let mut best = 0.0_f64;
    for k in -4..=4 {
        let turn = Complex64::cis(-TAU * 0.5 * f64::from(k) / count as f64);
        let (mut sum, mut phasor) = (Complex64::ZERO, Complex64::ONE);
        for block in first.iter().chain(second) {
            sum += block * phasor;
            phasor *= turn;
        }
        best = best.max(sum.norm_sqr() / energy);
    }
    best
}

/// Blocks to each side that are averaged so that the phase is good enough at this Es/N0.
pub(super) fn smoothing_reach(es_n0: f64, modulation: Modulation, most: usize) -> usize {
    let g = es_n0.max(0.05);
    let loss = if modulation == Modulation::Qpsk {
        1.0 + 4.5 / g + 6.0 / (g * g) + 1.5 / (g * g * g)
    } else {
        1.0 + 0.5 / g
    };
    let symbols = loss / (2.0 * g * PHASE_VARIANCE);
    (symbols / (2.0 * BLOCK_SYMBOLS as f64))
        .ceil()
        .clamp(1.0, most as f64) as usize
}

/// Phase that remains after the model, for each block of `current`, in rad and continuous.
///
/// `before` and `after` are neighbouring blocks of the same model. `last` is the phase the block before had.
pub(super) fn residual_phase(
    before: &[Complex64],
    current: &[Complex64],
    after: &[Complex64],
    reach: usize,
    order: i32,
    last: &mut f64,
    out: &mut Vec<f64>,
) {
    let mut prefix = vec![Complex64::ZERO];
    for block in before.iter().chain(current).chain(after) {
        prefix.push(prefix[prefix.len() - 1] + block);
    }
    let turn = TAU / f64::from(order);
    out.clear();
    for k in 0..current.len() {
        let middle = before.len() + k;
        let low = middle.saturating_sub(reach);
        let high = (middle + reach + 1).min(prefix.len() - 1);
        let sum = prefix[high] - prefix[low];
        let phase = if sum == Complex64::ZERO {
            *last
        } else {
            sum.arg() / f64::from(order)
        };
        let phase = phase + turn * ((*last - phase) / turn).round();
        out.push(phase);
        *last = phase;
    }
}

/// Slope of a line through equally spaced values, per step.
pub(super) fn slope(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    if values.len() < 2 {
        return 0.0;
    }
    let middle = (n - 1.0) / 2.0;
    let sum: f64 = values
        .iter()
        .enumerate()
        .map(|(k, v)| (k as f64 - middle) * v)
        .sum();
    12.0 * sum / (n * (n * n - 1.0))
}
