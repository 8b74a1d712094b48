//! Detection of rows of symbols in IQ, by the phase that runs on through them.
//!
//! Each stretch is gone through forward and backward ([`trellis`]) with the clock, carrier and deviation that the
//! windows gave; with the decisions of that these are put right ([`refine`]), and it is gone through again.

mod follow;
mod mix;
mod refine;
mod trellis;
mod waveform;

use super::stream::Stream;
use crate::modulator::LEVEL_LABELS;
use crate::{Complex32, Pulse};
pub(super) use follow::{Follower, Guess};
use mix::Mixed;
use num_complex::Complex64;
use refine::{Point, Powers, Spread};
use std::f64::consts::TAU;
use trellis::{Intervals, Trellis};
use waveform::{Templates, Waveforms};

/// Segments before the present one for which samples must be kept.
pub(super) const REACH: usize = follow::WAITING + 2;
/// Symbols on either side of a stretch from which it is reached.
const MARGIN: usize = 24;
/// Symbols after which modulation leaves nothing in common.
const FAR: usize = 16;
/// Symbols that survivors differ in at least: paths that part meet again after more of them, or not at all.
const MEMORY: usize = 3;
const MEMORY_OF_FOUR: usize = 2;
/// Least deviation that is taken for one, in cycles per symbol.
const LEAST_DEVIATION: f64 = 0.05;

/// Where the symbols of a stretch are, in symbol time (nominal symbols), and what they are like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Centre of the first symbol.
    pub(super) first: f64,
    /// Symbol rate relative to nominal.
    pub(super) speed: f64,
    /// Carrier, in cycles per symbol.
    pub(super) frequency: f64,
    /// Deviation, in cycles per symbol.
    pub(super) deviation: f64,
}

/// Detector of the symbols of stretches.
#[derive(Debug)]
pub(super) struct Sequence {
    oversampling: f64,
    /// Samples by which symbol time lags behind them.
    delay: f64,
    waveforms: Waveforms,
    templates: Templates,
    trellis: Trellis,
    levels: usize,
    re: Vec<f32>,
    im: Vec<f32>,
    mixed: Mixed,
    /// The first sample of every interval.
    starts: Vec<usize>,
    values: Vec<f32>,
    decided: Vec<usize>,
    points: Vec<Point>,
}

impl Sequence {
    pub(super) fn new(pulse: Pulse, levels: &[f64], oversampling: usize, delay: f64) -> Self {
        let waveforms = Waveforms::new(pulse, levels, oversampling);
        let memory = waveforms
            .span
            .max(if levels.len() == 2 { MEMORY } else { MEMORY_OF_FOUR });
        Self {
            oversampling: oversampling as f64,
            delay,
            trellis: Trellis::new(levels.len(), memory, waveforms.span),
            templates: Templates::new(&waveforms),
            levels: levels.len(),
            waveforms,
            re: Vec::new(),
            im: Vec::new(),
            mixed: Mixed::default(),
            starts: Vec::new(),
            values: Vec::new(),
            decided: Vec::new(),
            points: Vec::new(),
        }
    }

    /// Goes through a stretch of `count` symbols and decides on them; the powers that they show then.
    fn pass(&mut self, samples: &Stream<Complex32>, place: Place, count: usize, kept: f32) -> Powers {
        self.correlate(samples, place, count + 2 * MARGIN);
        let intervals = Intervals {
            re: &self.re,
            im: &self.im,
            turn_re: &self.templates.turn_re,
            turn_im: &self.templates.turn_im,
        };
        self.trellis.run(intervals, kept, &mut self.values);
        self.decide(place.deviation);
        refine::powers(&self.points)
    }

    /// Energy of the waveforms that hold most of it, one of every interval of a stretch.
    fn energy(&mut self, samples: &Stream<Complex32>, place: Place, count: usize) -> f64 {
        self.correlate(samples, place, count + 2 * MARGIN);
        let contexts = self.waveforms.contexts;
        let most = |(re, im): (&[f32], &[f32])| {
            let energies = re.iter().zip(im).map(|(re, im)| re * re + im * im);
            f64::from(energies.fold(0.0, f32::max))
        };
        self.re
            .chunks_exact(contexts)
            .zip(self.im.chunks_exact(contexts))
            .map(most)
            .sum()
    }

    /// The place that the last pass shows; the phase is taken to hold together over `held` symbols.
    fn refined(&self, place: Place, spread: Spread, held: usize) -> Place {
        let correction = refine::correction(&self.points, held, place.deviation, spread);
        Place {
            first: place.first + correction.delay / place.speed,
            frequency: place.frequency + correction.frequency,
            deviation: (place.deviation + correction.deviation).max(LEAST_DEVIATION),
            ..place
        }
    }

    /// Power of spectral lines in the last pass: what intervals have in common with those far behind them.
    fn line(&self) -> f64 {
        let size = self.waveforms.samples;
        let sum = |of: &[f32], start: usize| f64::from(of[start..start + size].iter().sum::<f32>());
        let sums = || {
            let starts = self.starts.iter();
            starts.map(|&n| Complex64::new(sum(&self.mixed.re, n), sum(&self.mixed.im, n)))
        };
        let common: Complex64 = sums().skip(FAR).zip(sums()).map(|(a, b)| a * b.conj()).sum();
        common.norm() / (self.starts.len() - FAR) as f64
    }

    /// Log-likelihood ratios of the bits of the last pass's `count` symbols.
    fn ratios(&self, count: usize, powers: Powers, ratios: &mut Vec<f32>) {
        let noise = powers.noise.max(1e-3 * powers.signal).max(1e-30);
        let scale = (2.0 * powers.signal.sqrt() / noise) as f32;
        ratios.clear();
        for row in self.values.chunks_exact(self.levels).skip(MARGIN).take(count) {
            if let [low, high] = row {
                ratios.push(scale * (high - low));
                continue;
            }
            for bit in [0b10, 0b01] {
                let best = |one: bool| {
                    let labels = row.iter().zip(LEVEL_LABELS);
                    let fitting = labels.filter(|(_, label)| (label & bit != 0) == one);
                    fitting.map(|(value, _)| *value).fold(f32::NEG_INFINITY, f32::max)
                };
                ratios.push(scale * (best(true) - best(false)));
            }
        }
    }

    /// Correlates every interval, from [`MARGIN`] before the first symbol on, with all waveforms.
    fn correlate(&mut self, samples: &Stream<Complex32>, place: Place, count: usize) {
        self.templates.set(&self.waveforms, place.deviation);
        let contexts = self.waveforms.contexts;
        self.re.resize(count * contexts, 0.0);
        self.im.resize(count * contexts, 0.0);
        let turns = place.frequency * place.speed / self.oversampling;
        let step = self.oversampling / place.speed;
        let origin = (place.first - (MARGIN as f64 + 0.5) / place.speed) * self.oversampling - self.delay;
        let first = ceiling(origin);
        self.starts.clear();
        self.starts
            .extend((0..count).map(|n| (ceiling(origin + n as f64 * step) - first) as usize));
        let size = self.waveforms.samples;
        let length = self.starts.last().map_or(0, |start| start + size);
        // Samples before the first that there is are zero, and so are those behind the last.
        let known = samples.range(first.max(0) as usize, (first + length as i64).max(0) as usize);
        let before = (samples.first() as i64 - first).max(-first).max(0);
        self.mixed
            .take(known, before as usize, length, turns, first as f64 - origin);
        for (n, &start) in self.starts.iter().enumerate() {
            let begin = (first + start as i64) as f64 - (origin + n as f64 * step);
            let waves = self.templates.waves(&self.waveforms, begin);
            let out = n * contexts..(n + 1) * contexts;
            let interval = start..start + size;
            mix::correlate(
                [&self.mixed.re[interval.clone()], &self.mixed.im[interval]],
                waves,
                [&mut self.re[out.clone()], &mut self.im[out]],
            );
        }
    }

    /// Decides on all symbols, and finds the correlations with their waveforms.
    fn decide(&mut self, deviation: f64) {
        let best = |row: &[f32]| (1..row.len()).fold(0, |best, n| if row[n] > row[best] { n } else { best });
        self.decided.clear();
        let rows = self.values.chunks_exact(self.levels);
        self.decided.extend(rows.map(best));
        self.points.clear();
        let contexts = self.waveforms.contexts;
        let reach = self.waveforms.span / 2;
        let mut reached = 0.0;
        for (n, row) in self.decided.windows(self.waveforms.span).enumerate() {
            let context = row.iter().fold(0, |row, symbol| row * self.levels + symbol);
            let place = (n + reach) * contexts + context;
            let turn = self.waveforms.ends[context];
            let value = Complex64::new(self.re[place].into(), self.im[place].into());
            self.points.push(Point {
                value: value * Complex64::cis(-TAU * deviation * reached),
                turn,
                reached: reached + turn / 2.0,
            });
            reached += turn;
        }
    }
}

/// The next whole number, by which samples are counted.
fn ceiling(x: f64) -> i64 {
    let whole = x as i64;
    whole + i64::from((whole as f64) < x)
}
