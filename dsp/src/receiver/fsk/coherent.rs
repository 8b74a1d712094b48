//! GMSK as what it nearly is: binary PSK turned by a quarter with every symbol.
//!
//! By Laurent's decomposition (P. A. Laurent, IEEE Trans. Commun. 34, 1986) almost all power of GMSK is in
//! one linear pulse, modulated by `c[k] · j^k` with `c[k] = a[k] · c[k-1]` and the bits `a`. A filter matched to
//! that pulse, turned back, gives `c` in its real part; the neighbours' interference falls into the imaginary
//! part. Squaring removes `c`, so frequency and phase follow from a window without deciding anything; the
//! square times its conjugate four symbols earlier (closer they share too much) peaks with the symbols
//! whatever the carrier, so it gives the clock. Gains 3 dB and more over the discriminator.

use super::clock::{BLOCK, REACH};
use super::eye::{self, Eye};
use super::stream::Stream;
use crate::Complex32;
use crate::fir::Fir;
use crate::modulator::{gaussian_phase, gaussian_sigma};
use num_complex::Complex64;
use std::f64::consts::{FRAC_PI_2, TAU};

/// Symbols over which the square's turn is taken.
pub(super) const LAG: f64 = 4.0;
/// Blocks over which the carrier's turn is averaged for the clock.
const PHASE_BLOCKS: usize = 16;
/// Length of the frequency pulse that is taken into account, in symbols.
const PULSE: usize = 5;
/// Residual frequency searched around that of the square's turn, in cycles per symbol, and the steps of it.
const RESIDUAL: f64 = 0.04;
const STEPS: i32 = 80;

/// Signal-to-noise power ratio of the eye beyond which there is a signal. Noise alone hardly ever exceeds it where it
/// also exceeds the discriminator's; a signal of Es/N0 = 2 dB does in nine windows of ten.
const CLEAR: f64 = 1.5;
/// Correlation over [`FAR`] symbols from which on it is that of a bare carrier, such as the samples' own DC, whose
/// phase turned by quarters can look like two levels. Modulated symbols that far apart have nothing in common.
const BARE: f64 = 0.35;
const FAR: usize = 16;

/// Carrier of one window. Symbol `n`'s pulse, centred where the window's clock is `n`, has the phase
/// `phase + TAU * frequency * (n - middle) + n * pi/2`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carrier {
    /// Cycles per symbol.
    pub(super) frequency: f64,
    phase: f64,
    middle: f64,
    pub(super) eye: Eye,
    /// Correlation of the pulses with those [`FAR`] symbols later, 0 to 1.
    line: f64,
}

impl Carrier {
    /// Whether the symbols fall on two levels and are modulated, which neither noise nor a bare carrier is.
    pub(super) fn clear(&self) -> bool {
        self.eye.ratio() > CLEAR && self.line < BARE
    }

    /// The phase-turned real part at the clock's value `n`.
    pub(super) fn project(&self, value: Complex32, n: f64) -> f64 {
        let angle = self.phase + TAU * self.frequency * (n - self.middle) + FRAC_PI_2 * n.rem_euclid(4.0);
        let turned = Complex64::new(value.re.into(), value.im.into()) * Complex64::cis(-angle);
        turned.re
    }
}

/// Matched filter and its output.
#[derive(Debug)]
pub(super) struct Matched {
    filter: Fir,
    scratch: Vec<Complex32>,
    output: Stream<Complex32>,
    /// Per block the mean of the square's turn over [`LAG`] symbols: twice the carrier's.
    turns: Stream<Complex64>,
    lines: Stream<Complex64>,
    oversampling: f64,
    /// How far behind its input a position on symbol time lies, less the filter's delay.
    delay: f64,
}

impl Matched {
    /// `delay`: input samples by which symbol time lags.
    pub(super) fn new(bt: f64, oversampling: usize, delay: f64) -> Self {
        let filter = Fir::new(main_pulse(bt, oversampling), 1);
        let delay = delay - filter.group_delay_samples();
        let oversampling = oversampling as f64;
        Self {
            filter,
            scratch: Vec::new(),
            output: Stream::new(),
            turns: Stream::new(),
            lines: Stream::new(),
            oversampling,
            delay,
        }
    }

    pub(super) fn process(&mut self, samples: &[Complex32]) {
        self.scratch.clear();
        self.filter.process(samples, &mut self.scratch);
        self.scratch.iter().for_each(|&sample| self.output.push(sample));
    }

    /// Filter output at a symbol time; zero where there is none.
    pub(super) fn at(&self, u: f64) -> Complex32 {
        let position = u * self.oversampling - self.delay;
        let whole = position.max(0.0) as usize;
        match (self.output.get(whole), self.output.get(whole + 1)) {
            (Some(&low), Some(&high)) => low + (high - low) * (position - whole as f64) as f32,
            _ => Complex32::new(0.0, 0.0),
        }
    }

    /// Clock lines of the blocks (see [`super::clock`]).
    pub(super) fn lines(&self) -> &Stream<Complex64> {
        &self.lines
    }

    /// Computes the next block's line and turn.
    pub(super) fn next_block(&mut self) {
        let block = self.turns.end();
        let mut sums = [Complex64::new(0.0, 0.0); 2];
        let mut energy = 0.0;
        let oversampling = self.oversampling as usize;
        for n in block * BLOCK * oversampling..(block + 1) * BLOCK * oversampling {
            let u = n as f64 / self.oversampling;
            let (new, old) = (self.at(u), self.at(u - LAG));
            let turn = new * new * (old * old).conj();
            let turn = Complex64::new(turn.re.into(), turn.im.into());
            sums[0] += turn;
            sums[1] += turn * Complex64::cis(-TAU * u.fract());
            energy += turn.norm();
        }
        let scale = if energy > 0.0 { 1.0 / energy } else { 0.0 };
        // The line turns with the carrier as the mean does; the carrier hardly changes over some blocks.
        let phase = self.turn(block.saturating_sub(PHASE_BLOCKS), block) + sums[0] * scale;
        let phase = if phase.norm() > 0.0 {
            phase / phase.norm()
        } else {
            phase
        };
        self.turns.push(sums[0] * scale);
        self.lines.push(sums[1] * phase.conj() * scale);
    }

    /// Mean turn of the square over these blocks.
    pub(super) fn turn(&self, first: usize, end: usize) -> Complex64 {
        self.turns.range(first, end).iter().sum()
    }

    /// Forgets what lies before a symbol time.
    pub(super) fn forget(&mut self, u: f64) {
        self.output
            .forget(((u - 2.0 * LAG) * self.oversampling - self.delay).max(0.0) as usize);
        let block = (u as usize / BLOCK).saturating_sub(REACH + PHASE_BLOCKS);
        self.turns.forget(block);
        self.lines.forget(block);
    }
}

/// Laurent's main pulse `C0` for modulation index 1/2, sampled, of unit energy per sample rate.
fn main_pulse(bt: f64, oversampling: usize) -> Vec<f32> {
    let sigma = gaussian_sigma(bt);
    let length = PULSE as f64;
    let part = |t: f64| {
        let phase = if t < length {
            gaussian_phase(t - length / 2.0, sigma)
        } else {
            1.0 - gaussian_phase(t - 1.5 * length, sigma)
        };
        (FRAC_PI_2 * phase).sin()
    };
    let half = (PULSE + 1) * oversampling / 2;
    let pulse = |n: usize| {
        let t = n as f64 / oversampling as f64;
        (0..PULSE).map(|i| part(t + i as f64)).product::<f64>()
    };
    let taps: Vec<f64> = (0..=2 * half).map(pulse).collect();
    let energy: f64 = taps.iter().map(|tap| tap * tap).sum();
    taps.iter().map(|tap| (tap / energy.sqrt()) as f32).collect()
}

/// Scratch of the estimation.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    values: Vec<Complex64>,
    real: Vec<f32>,
    sorted: Vec<f32>,
}

/// Estimates the carrier from the filter outputs at the clock's values `first`, `first + 1`, …; `coarse` is the
/// frequency to start from, in cycles per symbol.
pub(super) fn estimate(
    first: f64,
    points: &[Complex32],
    coarse: f64,
    scratch: &mut Scratch,
) -> Option<Carrier> {
    let middle = (first + points.len() as f64 / 2.0).floor();
    let start = Carrier {
        frequency: coarse,
        phase: 0.0,
        middle,
        eye: Eye::default(),
        line: line_strength(points),
    };
    scratch.values.clear();
    scratch.values.extend(points.iter().enumerate().map(|(k, point)| {
        let n = first + k as f64;
        let angle = TAU * coarse * (n - middle) + FRAC_PI_2 * n.rem_euclid(4.0);
        let turned = Complex64::new(point.re.into(), point.im.into()) * Complex64::cis(-angle);
        turned * turned
    }));
    let line = |residual: f64| {
        let step = Complex64::cis(-2.0 * TAU * residual);
        let mut phasor = Complex64::cis(-2.0 * TAU * residual * (first - middle));
        let mut sum = Complex64::new(0.0, 0.0);
        for &value in &scratch.values {
            sum += value * phasor;
            phasor *= step;
        }
        sum
    };
    let grid = RESIDUAL / f64::from(STEPS);
    let power = |residual: f64| line(residual).norm_sqr();
    let (mut best, mut centre) = (0.0, 0.0);
    for step in -STEPS..=STEPS {
        let residual = f64::from(step) * grid;
        let power = power(residual);
        if power > centre {
            (best, centre) = (residual, power);
        }
    }
    let (left, right) = (power(best - grid), power(best + grid));
    let curvature = left - 2.0 * centre + right;
    let shift = if curvature < 0.0 {
        (0.5 * (left - right) / curvature).clamp(-0.5, 0.5)
    } else {
        0.0
    };
    let residual = best + shift * grid;
    let mut carrier = Carrier {
        frequency: coarse + residual,
        phase: line(residual).arg() / 2.0,
        ..start
    };
    scratch.real.clear();
    let project = |(k, &point): (usize, &Complex32)| carrier.project(point, first + k as f64) as f32;
    scratch.real.extend(points.iter().enumerate().map(project));
    carrier.eye = eye::measure(&scratch.real, &mut scratch.sorted)?;
    // The signs of a phase-modulated pulse are balanced by nature; an estimated middle would only add noise.
    carrier.eye.middle = 0.0;
    Some(carrier)
}

/// How much of the points' power is in spectral lines.
fn line_strength(points: &[Complex32]) -> f64 {
    let wide = |point: &Complex32| Complex64::new(point.re.into(), point.im.into());
    let later = points.iter().skip(FAR);
    let common: Complex64 = later.zip(points).map(|(a, b)| wide(a) * wide(b).conj()).sum();
    let power: f64 = points.iter().map(|point| wide(point).norm_sqr()).sum();
    common.norm() / power.max(1e-30)
}

/// Log-likelihood ratio of the product of two independent signs.
pub(super) fn product(a: f64, b: f64) -> f64 {
    let sign = if (a < 0.0) == (b < 0.0) { 1.0 } else { -1.0 };
    let exact = |x: f64| (-x.abs()).exp().ln_1p();
    sign * a.abs().min(b.abs()) + exact(a + b) - exact(a - b)
}
