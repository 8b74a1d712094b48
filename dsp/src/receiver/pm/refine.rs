//! The symbols once more, now that their instants and signs are known: the phase that is left comes from the
//! signal without its modulation, harmonics of a square subcarrier are brought together, and the carrier says
//! which way up the data are.

use super::Plan;
use super::branch::Branches;
use super::integrate::Integrator;
use crate::receiver::quality::QualityMeter;
use crate::{Complex32, Mark, Modulation, SoftBatch, Waveform};
use num_complex::Complex64;
use std::f64::consts::{PI, TAU};

/// Symbols over which the phase is summed.
const BLOCK: usize = 64;
/// Blocks to each side that are averaged where the phase follows that of the carrier.
const DIRECT_REACH: usize = 1;
/// Blocks to each side of a line fitted to the subcarrier's phase.
const SUBCARRIER_REACH: usize = 8;
/// Weight of a new window in the levels.
const LEVEL_GAIN: f64 = 0.2;

/// Sums over a block of symbols, their signs taken off.
#[derive(Debug, Clone)]
struct Block {
    /// Middle, in values of the streams.
    middle: f64,
    /// One sum per harmonic.
    sums: Vec<Complex64>,
}

/// One window of the first receiver.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub mark: Mark,
    /// Offset of the subcarrier, cycles per value of the streams.
    drift: f64,
    /// Symbols of each harmonic.
    symbols: Vec<Vec<Complex32>>,
    blocks: Vec<Block>,
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
    before: Option<Stretch>,
    current: Option<Stretch>,
    /// Phase of the last block, at its middle: that of a subcarrier that goes on.
    last: Option<(f64, f64)>,
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
        Self {
            weights: harmonics
                .iter()
                .map(|h| (1.0 / h / squares.sqrt()) as f32)
                .collect(),
            share: if square { 8.0 / (PI * PI) * squares } else { 1.0 },
            harmonics,
            direct,
            largest_drift_hz: plan.subcarrier_search_hz(),
            integrator: Integrator::new(),
            before: None,
            current: None,
            last: None,
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
        let stretch = self.prepare(mark, llrs, streams);
        let done = self.emit(Some(&stretch), out);
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

    fn prepare(&mut self, mark: Mark, llrs: &[i8], streams: &Branches) -> Stretch {
        let symbols: Vec<Vec<Complex32>> = (0..streams.count())
            .map(|branch| {
                let first = streams.first();
                let values = streams.stream(branch, first);
                let at = |k: usize| mark.at - first as f64 + k as f64 * mark.samples_per_symbol;
                (0..llrs.len())
                    .map(|k| {
                        let mean = self.integrator.mean(values, at(k), mark.samples_per_symbol);
                        // The streams of a sine have it turned by -j.
                        if self.direct {
                            mean
                        } else {
                            Complex32::new(-mean.im, mean.re)
                        }
                    })
                    .collect()
            })
            .collect();
        // At the ends of a signal noise may show any.
        let drift = if self.direct || mark.offset_hz.abs() > self.largest_drift_hz {
            0.0
        } else {
            mark.offset_hz / streams.rate_hz()
        };
        let mut stretch = Stretch {
            mark,
            drift,
            symbols,
            blocks: Vec::new(),
        };
        self.sum_blocks(&mut stretch, llrs);
        stretch
    }

    fn sum_blocks(&mut self, stretch: &mut Stretch, llrs: &[i8]) {
        let mark = &stretch.mark;
        if mark.restart {
            self.last = None;
        }
        for (number, llrs) in llrs.chunks(BLOCK).enumerate() {
            let first = number * BLOCK;
            let half = (llrs.len() as f64 - 1.0) / 2.0;
            let middle = mark.at + (first as f64 + half) * mark.samples_per_symbol;
            let mut sums: Vec<Complex64> = self
                .harmonics
                .iter()
                .zip(&stretch.symbols)
                .map(|(harmonic, symbols)| {
                    let step = -TAU * harmonic * stretch.drift * mark.samples_per_symbol;
                    let mut phasor = Complex64::cis(-step * half);
                    let turn = Complex64::cis(step);
                    let mut sum = Complex64::ZERO;
                    for (&llr, symbol) in llrs.iter().zip(&symbols[first..]) {
                        let weight = (f64::from(llr) * f64::from(SoftBatch::LLR_UNIT) / 2.0).tanh();
                        sum += Complex64::new(symbol.re.into(), symbol.im.into()) * phasor * weight;
                        phasor *= turn;
                    }
                    sum
                })
                .collect();
            let expected = match self.last {
                _ if self.direct => 0.0,
                Some((at, phase)) => phase + TAU * stretch.drift * (middle - at),
                None => sums[0].arg(),
            };
            let agrees = (sums[0] * Complex64::cis(-expected)).re >= 0.0;
            // The first receiver may have the signs the wrong way round, or slip: the carrier, and the
            // subcarrier's phase, go on.
            if !agrees {
                for sum in &mut sums {
                    *sum = -*sum;
                }
            }
            if sums[0] != Complex64::ZERO {
                self.last = Some((middle, sums[0].arg()));
            }
            stretch.blocks.push(Block { middle, sums });
        }
    }

    fn emit(&mut self, next: Option<&Stretch>, out: &mut SoftBatch) -> Option<(Mark, Levels)> {
        let current = self.current.take()?;
        let before = self.before.as_ref().filter(|_| !current.mark.restart);
        let after = next.filter(|next| !next.mark.restart);
        let mut blocks: Vec<&Block> = before.iter().flat_map(|s| &s.blocks).collect();
        let first = blocks.len();
        blocks.extend(&current.blocks);
        let end = blocks.len();
        blocks.extend(after.iter().flat_map(|s| &s.blocks));
        let phases = if self.direct {
            averaged(&blocks, first..end)
        } else {
            self.fitted(&blocks, first..end, current.drift)
        };
        let combined = self.combine(&current, &phases);
        let levels = self.follow_levels(&combined);
        let scale = if levels.noise > 0.0 {
            (2.0 * levels.signal.sqrt() / levels.noise) as f32 / SoftBatch::LLR_UNIT
        } else {
            0.0
        };
        let mut mark = current.mark;
        mark.bit = out.llrs.len();
        if let Some(meter) = &mut self.quality {
            if mark.restart || !mark.locked {
                meter.restart();
            }
            mark.quality = meter.take(&combined, levels.es_n0()).filter(|_| mark.locked);
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

    /// Phases of the blocks in `range`, relative to a subcarrier of this drift from the first block on: a line
    /// fitted to neighbouring blocks, then put right by all harmonics.
    fn fitted(&self, blocks: &[&Block], range: std::ops::Range<usize>, drift: f64) -> Vec<f64> {
        let Some(origin) = blocks.get(range.start).map(|b| b.middle) else {
            return Vec::new();
        };
        let model = |block: &Block| TAU * drift * (block.middle - origin);
        let mut unwrapped = Vec::with_capacity(blocks.len());
        let mut last = 0.0;
        for block in blocks {
            let phase = (block.sums[0] * Complex64::cis(-model(block))).arg();
            last = phase + TAU * ((last - phase) / TAU).round();
            unwrapped.push(last);
        }
        let near =
            |k: usize| k.saturating_sub(SUBCARRIER_REACH)..(k + SUBCARRIER_REACH + 1).min(blocks.len());
        let mut phases: Vec<f64> = (0..blocks.len())
            .map(|k| {
                let parts = near(k).map(|n| (unwrapped[n], blocks[n].sums[0].norm_sqr()));
                line_at(parts, k - near(k).start)
            })
            .collect();
        if self.harmonics.len() > 1 {
            let errors: Vec<(f64, f64)> = blocks
                .iter()
                .zip(&phases)
                .map(|(block, phase)| self.harmonic_error(block, phase + model(block)))
                .collect();
            for (k, phase) in phases.iter_mut().enumerate() {
                let (error, power) = errors[near(k)]
                    .iter()
                    .fold((0.0, 0.0), |sum, e| (sum.0 + e.0, sum.1 + e.1));
                if power > 0.0 {
                    *phase += (error / power).clamp(-0.5, 0.5);
                }
            }
        }
        phases[range].to_vec()
    }

    /// What the harmonics of a square say of the error of the subcarrier's phase, and with which weight: each
    /// is off by its number times the error, and weaker by its number.
    fn harmonic_error(&self, block: &Block, phase: f64) -> (f64, f64) {
        let error: f64 = self
            .harmonics
            .iter()
            .zip(&block.sums)
            .map(|(harmonic, sum)| (sum * Complex64::cis(-harmonic * phase)).im)
            .sum();
        let first = (block.sums[0] * Complex64::cis(-phase)).re;
        (error, first * self.harmonics.len() as f64)
    }

    /// Symbols with the data on the real axis.
    fn combine(&self, stretch: &Stretch, phases: &[f64]) -> Vec<Complex32> {
        let Some(origin) = stretch.blocks.first().map(|b| b.middle) else {
            return Vec::new();
        };
        let mark = &stretch.mark;
        let count = stretch.symbols[0].len();
        (0..count)
            .map(|k| {
                let at = mark.at + k as f64 * mark.samples_per_symbol;
                let phase = between(&stretch.blocks, phases, k) + TAU * stretch.drift * (at - origin);
                let mut sum = Complex32::ZERO;
                for ((harmonic, weight), symbols) in
                    self.harmonics.iter().zip(&self.weights).zip(&stretch.symbols)
                {
                    let turn = Complex64::cis(-harmonic * phase);
                    sum += symbols[k] * Complex32::new(turn.re as f32, turn.im as f32) * weight;
                }
                sum
            })
            .collect()
    }

    fn follow_levels(&mut self, symbols: &[Complex32]) -> Levels {
        let count = symbols.len().max(1) as f64;
        let (mut re, mut im) = (0.0, 0.0);
        for symbol in symbols {
            re += f64::from(symbol.re).powi(2);
            im += f64::from(symbol.im).powi(2);
        }
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

/// Phases of blocks averaged with their neighbours.
fn averaged(blocks: &[&Block], range: std::ops::Range<usize>) -> Vec<f64> {
    let mut last = 0.0;
    range
        .map(|k| {
            let near = k.saturating_sub(DIRECT_REACH)..(k + DIRECT_REACH + 1).min(blocks.len());
            let sum: Complex64 = blocks[near].iter().map(|b| b.sums[0]).sum();
            let phase = sum.arg();
            last = phase + TAU * ((last - phase) / TAU).round();
            last
        })
        .collect()
}

/// Value at `index` of the line through equally spaced values of these weights: what noise alone holds, before and
/// after a signal, counts little.
fn line_at(values: impl Iterator<Item = (f64, f64)> + Clone, index: usize) -> f64 {
    let at = |n: usize| n as f64 - index as f64;
    let mut total = (1e-30, 0.0, 0.0);
    for (n, (value, weight)) in values.clone().enumerate() {
        total = (
            total.0 + weight,
            total.1 + weight * at(n),
            total.2 + weight * value,
        );
    }
    let (centre, mean) = (total.1 / total.0, total.2 / total.0);
    let (mut spread, mut tilt) = (1e-30, 0.0);
    for (n, (value, weight)) in values.enumerate() {
        spread += weight * (at(n) - centre).powi(2);
        tilt += weight * (at(n) - centre) * (value - mean);
    }
    mean - tilt / spread * centre
}

/// Phase at symbol `k`, linear between the middles of blocks.
fn between(blocks: &[Block], phases: &[f64], k: usize) -> f64 {
    let place = (k as f64 + 0.5) / BLOCK as f64 - 0.5;
    let low = (place.floor().max(0.0) as usize).min(blocks.len() - 1);
    let high = (low + 1).min(blocks.len() - 1);
    let weight = (place - low as f64).clamp(0.0, 1.0);
    phases[low] + weight * (phases[high] - phases[low])
}

/// Rounds and saturates.
fn soft(value: f32) -> i8 {
    let value = value.clamp(-127.0, 127.0);
    (value + 0.5_f32.copysign(value)) as i8
}
