//! The symbols of a window, turned by the carrier model, with what the carrier's phase is measured from.

use super::carrier::{BLOCK_SYMBOLS, CarrierModel, Phasors, stripped};
use crate::{Complex32, Modulation};
use num_complex::Complex64;
use std::f64::consts::TAU;

/// Symbols of one window, turned by the carrier model they were taken with.
#[derive(Debug, Default, Clone)]
pub(super) struct Turned {
    pub symbols: Vec<Complex32>,
    /// Values half a symbol later (OQPSK only).
    pub late: Vec<Complex32>,
    /// Sums of the stripped symbols over blocks, relative to the model they were last referred to.
    pub blocks: Vec<Complex64>,
    /// Energy of the stripped symbols.
    pub energy: f64,
    /// Model that the symbols are turned by.
    original: CarrierModel,
    /// Model that the blocks refer to.
    referred_to: CarrierModel,
    start: f64,
    block_period: f64,
    /// Working memory of [`Self::finish`].
    rotors: Vec<Complex32>,
}

impl Turned {
    /// Turns symbols at `start + k * period`, already in place, by the model.
    pub fn compute(&mut self, start: f64, period: f64, model: &CarrierModel, modulation: Modulation) {
        self.blocks.clear();
        self.energy = 0.0;
        self.original = *model;
        self.referred_to = *model;
        self.start = start;
        self.block_period = BLOCK_SYMBOLS as f64 * period;
        let step = model.freq_at(start) * period;
        let table: [Complex32; BLOCK_SYMBOLS] =
            std::array::from_fn(|k| Complex32::cis((-step * k as f64) as f32));
        let half = Complex32::cis((-step / 2.0) as f32);
        let mut anchors = Phasors::new(model, start, self.block_period);
        for (block, symbols) in self.symbols.chunks_mut(BLOCK_SYMBOLS).enumerate() {
            let first = block * BLOCK_SYMBOLS;
            let anchor = anchors.next();
            let anchor = Complex32::new(anchor.re as f32, anchor.im as f32);
            turn_block(symbols, anchor, &table);
            let (sum, energy) = if modulation == Modulation::Oqpsk {
                let late = &mut self.late[first..first + symbols.len()];
                turn_block(late, anchor * half, &table);
                strip_block(symbols, late)
            } else {
                match modulation {
                    Modulation::Psk8 => strip_eighth_at_once(symbols),
                    _ => strip_block_at_once(symbols, modulation == Modulation::Qpsk),
                }
            };
            self.blocks.push(Complex64::new(sum.re.into(), sum.im.into()));
            self.energy += f64::from(energy);
        }
    }

    /// Refers the blocks to another model, close to the one before.
    pub fn refer_to(&mut self, model: &CarrierModel, order: i32) {
        if *model == self.referred_to {
            return;
        }
        let change = model.minus(&self.referred_to, self.start, f64::from(order));
        let first = self.block_time(0);
        change.take_off(&mut self.blocks, first, self.block_period);
        self.referred_to = *model;
    }

    /// Turns the symbols by the residual phases of their blocks, linearly between the blocks' centres.
    pub fn finish(&mut self, phases: &[f64]) {
        let change = self.referred_to.minus(&self.original, self.start, 1.0);
        let mut rotors = std::mem::take(&mut self.rotors);
        rotors.clear();
        let turns = phases.iter().enumerate();
        rotors.extend(turns.map(|(k, phase)| rotor(-change.phase_at(self.block_time(k)) - phase)));
        interpolate_turns(&mut self.symbols, &rotors);
        interpolate_turns(&mut self.late, &rotors);
        self.rotors = rotors;
    }

    /// Turns the symbols once more.
    pub fn finish_again(&mut self, phases: &[f64]) {
        let mut rotors = std::mem::take(&mut self.rotors);
        rotors.clear();
        rotors.extend(phases.iter().map(|&phase| rotor(-phase)));
        interpolate_turns(&mut self.symbols, &rotors);
        interpolate_turns(&mut self.late, &rotors);
        self.rotors = rotors;
    }

    /// Length of a block.
    pub fn block_period(&self) -> f64 {
        self.block_period
    }

    fn block_time(&self, block: usize) -> f64 {
        self.start + (block as f64 + 0.5) * self.block_period
    }
}

/// `e^(j angle)`.
fn rotor(angle: f64) -> Complex32 {
    let exact = Complex64::cis(angle % TAU);
    Complex32::new(exact.re as f32, exact.im as f32)
}

#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn turn_block(symbols: &mut [Complex32], anchor: Complex32, table: &[Complex32; BLOCK_SYMBOLS]) {
    for (symbol, step) in symbols.iter_mut().zip(table) {
        let re = anchor.re * step.re - anchor.im * step.im;
        let im = anchor.re * step.im + anchor.im * step.re;
        *symbol = Complex32::new(symbol.re * re - symbol.im * im, symbol.re * im + symbol.im * re);
    }
}

/// Sum and energy of the [`stripped`] symbols of OQPSK.
fn strip_block(symbols: &[Complex32], late: &[Complex32]) -> (Complex32, f32) {
    let (mut sum, mut energy) = (Complex32::ZERO, 0.0);
    for (&symbol, &late) in symbols.iter().zip(late) {
        let value = stripped(Modulation::Oqpsk, symbol, late);
        sum += value;
        energy += value.norm_sqr();
    }
    (sum, energy)
}

/// Sum and energy of the [`stripped`] symbols of BPSK or QPSK.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn strip_block_at_once(symbols: &[Complex32], fourth: bool) -> (Complex32, f32) {
    let part;
    let symbols = if let Ok(whole) = symbols.try_into() {
        whole
    } else {
        part = padded(symbols);
        &part
    };
    let (mut re, mut im, mut energy) = (
        [0.0_f32; BLOCK_SYMBOLS],
        [0.0_f32; BLOCK_SYMBOLS],
        [0.0_f32; BLOCK_SYMBOLS],
    );
    for k in 0..BLOCK_SYMBOLS {
        let symbol: Complex32 = symbols[k];
        let (i, q) = (symbol.re * symbol.re, symbol.im * symbol.im);
        let (same, cross, power) = (i - q, 2.0 * symbol.re * symbol.im, i + q);
        (re[k], im[k]) = if fourth {
            let scale = 1.0 / power.max(1e-30);
            ((cross * cross - same * same) * scale, -2.0 * same * cross * scale)
        } else {
            (same, cross)
        };
        energy[k] = power * power;
    }
    (
        Complex32::new(re.iter().sum(), im.iter().sum()),
        energy.iter().sum(),
    )
}

/// Sum and energy of the [`stripped`] symbols of 8PSK.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn strip_eighth_at_once(symbols: &[Complex32]) -> (Complex32, f32) {
    let (mut re, mut im, mut energy) = (
        [0.0_f32; BLOCK_SYMBOLS],
        [0.0_f32; BLOCK_SYMBOLS],
        [0.0_f32; BLOCK_SYMBOLS],
    );
    for (k, symbol) in symbols.iter().enumerate().take(BLOCK_SYMBOLS) {
        let (i, q) = (symbol.re * symbol.re, symbol.im * symbol.im);
        let power = i + q;
        let scale = 1.0 / power.max(1e-30);
        // The square, the fourth and the eighth power, each of the magnitude of the square.
        let (same, cross) = (i - q, 2.0 * symbol.re * symbol.im);
        let (fourth_same, fourth_cross) = ((same * same - cross * cross) * scale, 2.0 * same * cross * scale);
        re[k] = (fourth_same * fourth_same - fourth_cross * fourth_cross) * scale;
        im[k] = 2.0 * fourth_same * fourth_cross * scale;
        energy[k] = power * power;
    }
    (
        Complex32::new(re.iter().sum(), im.iter().sum()),
        energy.iter().sum(),
    )
}

/// Multiplies symbols by rotors given at the centres of their blocks.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn interpolate_turns(symbols: &mut [Complex32], rotors: &[Complex32]) {
    let last = rotors.len().saturating_sub(1);
    for (block, chunk) in symbols.chunks_mut(BLOCK_SYMBOLS).enumerate() {
        let here = rotors[block];
        let sides = [rotors[block.saturating_sub(1)], rotors[(block + 1).min(last)]];
        if let Ok(whole) = <&mut [Complex32; BLOCK_SYMBOLS]>::try_from(&mut *chunk) {
            *whole = turn_between(whole, here, sides);
        } else {
            let turned = turn_between(&padded(chunk), here, sides);
            chunk.copy_from_slice(&turned[..chunk.len()]);
        }
    }
}

/// A block's symbols, multiplied by the rotor at its centre and, towards its ends, ever more by those of its
/// neighbours.
#[allow(
    clippy::inline_always,
    reason = "must take on the vector features of its caller"
)]
#[inline(always)]
fn turn_between(
    symbols: &[Complex32; BLOCK_SYMBOLS],
    here: Complex32,
    sides: [Complex32; 2],
) -> [Complex32; BLOCK_SYMBOLS] {
    const HALF: usize = BLOCK_SYMBOLS / 2;
    let slopes = sides.map(|side| (side - here) * (1.0 / BLOCK_SYMBOLS as f32));
    let (mut re, mut im) = ([0.0_f32; BLOCK_SYMBOLS], [0.0_f32; BLOCK_SYMBOLS]);
    for k in 0..BLOCK_SYMBOLS {
        let distance = (k as f32 + 0.5 - HALF as f32).abs();
        let slope = slopes[usize::from(k >= HALF)];
        re[k] = here.re + slope.re * distance;
        im[k] = here.im + slope.im * distance;
    }
    std::array::from_fn(|k| {
        let symbol = symbols[k];
        Complex32::new(
            symbol.re * re[k] - symbol.im * im[k],
            symbol.re * im[k] + symbol.im * re[k],
        )
    })
}

/// The symbols, and zeros where the last block of a window is not whole.
fn padded(symbols: &[Complex32]) -> [Complex32; BLOCK_SYMBOLS] {
    let mut block = [Complex32::ZERO; BLOCK_SYMBOLS];
    block[..symbols.len()].copy_from_slice(symbols);
    block
}
