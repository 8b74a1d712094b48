//! The symbols once more, now that their instants and signs are known: the phase that is left comes from the
//! signal without its modulation, harmonics of a square subcarrier are brought together, and the carrier says
//! which way up the data are.

use super::Plan;
use super::branch::Branches;
use super::integrate::Integrator;
use super::phases::{Blocks, Fit, SYMBOLS};
use super::rotor::{Rotors, add_turned, powers, turn, weighted_sum};
use crate::receiver::quality::QualityMeter;
use crate::{Complex32, Mark, Modulation, SoftBatch, Waveform};
use num_complex::Complex64;
use std::f64::consts::{PI, TAU};

/// Weight of a new window in the levels.
const LEVEL_GAIN: f64 = 0.2;

/// One window of the first receiver.
#[derive(Debug)]
struct Stretch {
    mark: Mark,
    /// Offset of the subcarrier, cycles per value of the streams.
    drift: f64,
    /// Symbols of each harmonic.
    symbols: Vec<Vec<Complex32>>,
    blocks: Blocks,
}

impl Stretch {
    fn new(mark: Mark) -> Self {
        Self {
            mark,
            drift: 0.0,
            symbols: Vec::new(),
            blocks: Blocks::default(),
        }
    }
}

/// Powers of what was received last.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Levels {
    /// Power of the symbols, and of the noise on one axis.
    pub signal: f64,
    pub noise: f64,
}

impl Levels {
    pub fn es_n0(&self) -> f64 {
        if self.noise > 0.0 {
            self.signal / (2.0 * self.noise)
        } else {
            0.0
        }
    }
}

#[derive(Debug)]
pub(super) struct Refiner {
    harmonics: Vec<f64>,
    direct: bool,
    /// Largest offset that a subcarrier may have.
    largest_drift_hz: f64,
    integrator: Integrator,
    /// Weight of each harmonic in the sum.
    weights: Vec<f32>,
    /// Share of the data's power that the harmonics hold.
    pub share: f64,
    /// Mean of a symbol, of magnitude 1, by the soft bit it was given.
    certainty: Vec<f32>,
    before: Option<Stretch>,
    current: Option<Stretch>,
    /// A stretch that is done with, for its memory.
    spare: Option<Stretch>,
    /// Phase of the last block, at its middle: that of a subcarrier that goes on.
    last: Option<(f64, f64)>,
    /// The blocks of neighbouring stretches, and the phases that follow.
    joined: Blocks,
    fit: Fit,
    /// Phasors of each harmonic's sums and of its symbols.
    sum_rotors: Vec<Rotors>,
    rotors: Vec<Rotors>,
    signs: Vec<f32>,
    combined: Vec<Complex32>,
    levels: Option<Levels>,
    pub points: Vec<Complex32>,
    quality: Option<QualityMeter>,
}

impl Refiner {
    pub fn new(plan: &Plan) -> Self {
        let direct = plan.harmonics.is_empty();
        let harmonics: Vec<f64> = if direct {
            vec![1.0]
        } else {
            plan.harmonics.iter().map(|&h| h as f64).collect()
        };
        let squares: f64 = harmonics.iter().map(|h| 1.0 / (h * h)).sum();
        let square = plan.pm.subcarrier.is_some_and(|s| s.waveform == Waveform::Square);
        let rotors = || harmonics.iter().map(|_| Rotors::default()).collect();
        let certainty = |byte: u8| {
            let soft = f64::from(byte.cast_signed()) * f64::from(SoftBatch::LLR_UNIT);
            (soft / 2.0).tanh() as f32
        };
        Self {
            weights: harmonics
                .iter()
                .map(|h| (1.0 / h / squares.sqrt()) as f32)
                .collect(),
            share: if square { 8.0 / (PI * PI) * squares } else { 1.0 },
            sum_rotors: rotors(),
            rotors: rotors(),
            harmonics,
            direct,
            largest_drift_hz: plan.subcarrier_search_hz(),
            integrator: Integrator::new(),
            certainty: (0..=u8::MAX).map(certainty).collect(),
            before: None,
            current: None,
            spare: None,
            last: None,
            joined: Blocks::default(),
            fit: Fit::default(),
            signs: Vec::new(),
            combined: Vec::new(),
            levels: None,
            points: Vec::new(),
            quality: QualityMeter::new(Modulation::Bpsk),
        }
    }

    /// Takes a window of the first receiver; gives the one before it, refined.
    pub fn next(
        &mut self,
        mark: Mark,
        llrs: &[i8],
        streams: &Branches,
        out: &mut SoftBatch,
    ) -> Option<(Mark, Levels)> {
        let mut stretch = Stretch {
            mark,
            ..self.spare.take().unwrap_or_else(|| Stretch::new(mark))
        };
        self.prepare(&mut stretch, llrs, streams);
        let done = self.emit(Some(&stretch), out);
        self.spare = self.before.take();
        self.before = self.current.replace(stretch);
        done
    }

    /// Gives the last window.
    pub fn finish(&mut self, out: &mut SoftBatch) -> Option<(Mark, Levels)> {
        let done = self.emit(None, out);
        self.before = None;
        self.current = None;
        done
    }

    fn prepare(&mut self, stretch: &mut Stretch, llrs: &[i8], streams: &Branches) {
        let (mark, first) = (stretch.mark, streams.first());
        stretch.symbols.resize_with(streams.count(), Vec::new);
        for (branch, symbols) in stretch.symbols.iter_mut().enumerate() {
            let values = streams.stream(branch, first);
            symbols.clear();
            symbols.resize(llrs.len(), Complex32::ZERO);
            let at = mark.at - first as f64;
            self.integrator
                .means(values, at, mark.samples_per_symbol, symbols);
            if !self.direct {
                // The streams of a sine have it turned by -j.
                for symbol in symbols {
                    *symbol = Complex32::new(-symbol.im, symbol.re);
                }
            }
        }
        // At the ends of a signal noise may show any.
        stretch.drift = if self.direct || mark.offset_hz.abs() > self.largest_drift_hz {
            0.0
        } else {
            mark.offset_hz / streams.rate_hz()
        };
        self.sum_blocks(stretch, llrs);
    }

    fn sum_blocks(&mut self, stretch: &mut Stretch, llrs: &[i8]) {
        let mark = &stretch.mark;
        if mark.restart {
            self.last = None;
        }
        self.signs.clear();
        let certainty = |llr: &i8| self.certainty[usize::from(llr.cast_unsigned())];
        self.signs.extend(llrs.iter().map(certainty));
        stretch.blocks.clear();
        for (number, signs) in self.signs.chunks(SYMBOLS).enumerate() {
            let first = number * SYMBOLS;
            let half = (signs.len() as f64 - 1.0) / 2.0;
            let middle = mark.at + (first as f64 + half) * mark.samples_per_symbol;
            let begin = stretch.blocks.sums.len();
            for ((harmonic, symbols), rotors) in self
                .harmonics
                .iter()
                .zip(&stretch.symbols)
                .zip(&mut self.sum_rotors)
            {
                let step = TAU * harmonic * stretch.drift * mark.samples_per_symbol;
                let rotor = rotors.between(-step * half, step * (SYMBOLS as f64 - half));
                let mut turned = [Complex32::ZERO; SYMBOLS];
                turn(&symbols[first..][..signs.len()], &rotor, &mut turned);
                stretch.blocks.sums.push(weighted_sum(&turned, signs));
            }
            let sums = &mut stretch.blocks.sums[begin..];
            let expected = match self.last {
                _ if self.direct => 0.0,
                Some((at, phase)) => phase + TAU * stretch.drift * (middle - at),
                None => sums[0].arg(),
            };
            let agrees = (sums[0] * Complex64::cis(-expected)).re >= 0.0;
            // The first receiver may have the signs the wrong way round, or slip: the carrier, and the
            // subcarrier's phase, go on.
            if !agrees {
                for sum in &mut *sums {
                    *sum = -*sum;
                }
            }
            if sums[0] != Complex64::ZERO {
                self.last = Some((middle, sums[0].arg()));
            }
            stretch.blocks.middles.push(middle);
        }
    }

    fn emit(&mut self, next: Option<&Stretch>, out: &mut SoftBatch) -> Option<(Mark, Levels)> {
        let current = self.current.take()?;
        let before = self.before.as_ref().filter(|_| !current.mark.restart);
        let after = next.filter(|next| !next.mark.restart);
        self.joined.clear();
        if let Some(before) = before {
            self.joined.extend(&before.blocks);
        }
        let first = self.joined.len();
        self.joined.extend(&current.blocks);
        let range = first..self.joined.len();
        if let Some(after) = after {
            self.joined.extend(&after.blocks);
        }
        if self.direct {
            self.fit.average(&self.joined, range);
        } else {
            self.fit.line(&self.joined, &self.harmonics, range, current.drift);
        }
        self.combine(&current);
        let levels = self.follow_levels();
        let scale = if levels.noise > 0.0 {
            (2.0 * levels.signal.sqrt() / levels.noise) as f32 / SoftBatch::LLR_UNIT
        } else {
            0.0
        };
        let combined = &self.combined;
        let mut mark = current.mark;
        mark.bit = out.llrs.len();
        if let Some(meter) = &mut self.quality {
            if mark.restart || !mark.locked {
                meter.restart();
            }
            mark.quality = meter.take(combined, levels.es_n0()).filter(|_| mark.locked);
        }
        mark.es_n0_db = (10.0 * levels.es_n0().max(1e-3).log10()) as f32;
        out.marks.push(mark);
        out.llrs.extend(combined.iter().map(|s| soft(s.re * scale)));
        let norm = (1.0 / (levels.signal + 2.0 * levels.noise).max(1e-30).sqrt()) as f32;
        self.points.clear();
        self.points.extend(
            combined[combined.len().saturating_sub(256)..]
                .iter()
                .map(|s| s * norm),
        );
        self.current = Some(current);
        Some((mark, levels))
    }

    /// Symbols with the data on the real axis, by the phases of their blocks: linear between the middles of these,
    /// and like the first and the last one's before and behind them.
    fn combine(&mut self, stretch: &Stretch) {
        let (mark, blocks) = (&stretch.mark, &stretch.blocks);
        let count = stretch.symbols[0].len();
        self.combined.clear();
        self.combined.resize(count, Complex32::ZERO);
        let Some(&origin) = blocks.middles.first() else {
            return;
        };
        let drift = TAU * stretch.drift;
        let mut first = 0;
        while first < count {
            // From the beginning to the first middle, then from middle to middle.
            let piece = (first + SYMBOLS / 2) / SYMBOLS;
            let end = (piece * SYMBOLS + SYMBOLS / 2).min(count);
            let (low, high) = (self.fit.at(piece.saturating_sub(1)), self.fit.at(piece));
            // The middle of a block lies between two symbols.
            let begin = low + (high - low) * 0.5 / SYMBOLS as f64;
            let at = mark.at + first as f64 * mark.samples_per_symbol - origin;
            let begin = begin + drift * at;
            let last = begin + (high - low) + drift * SYMBOLS as f64 * mark.samples_per_symbol;
            for (n, (harmonic, rotors)) in self.harmonics.iter().zip(&mut self.rotors).enumerate() {
                let rotor = rotors.between(harmonic * begin, harmonic * last);
                let symbols = &stretch.symbols[n][first..end];
                add_turned(symbols, &rotor, self.weights[n], &mut self.combined[first..end]);
            }
            first = end;
        }
    }

    fn follow_levels(&mut self) -> Levels {
        let count = self.combined.len().max(1) as f64;
        let (re, im) = powers(&self.combined);
        let (re, im) = (re / count, im / count);
        let now = Levels {
            signal: (re - im).max(0.02 * re),
            noise: im.max(5e-5 * re),
        };
        let levels = match self.levels {
            Some(old) => Levels {
                signal: old.signal + LEVEL_GAIN * (now.signal - old.signal),
                noise: old.noise + LEVEL_GAIN * (now.noise - old.noise),
            },
            None => now,
        };
        self.levels = Some(levels);
        levels
    }
}

/// Rounds and saturates.
fn soft(value: f32) -> i8 {
    let value = value.clamp(-127.0, 127.0);
    (value + 0.5_f32.copysign(value)) as i8
}
