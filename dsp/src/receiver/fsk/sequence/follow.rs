//! From stretch to stretch: the carrier and the deviation are handed on, forward and back.

use super::super::stream::Stream;
use super::super::track::Emitted;
use super::refine::{Powers, Spread};
use super::{Place, Sequence};
use crate::Complex32;
use std::collections::VecDeque;

/// Stretches that wait, so that what is learned later helps them.
pub(super) const WAITING: usize = 6;
/// Stretches for which carrier and deviation are remembered without a signal.
const MEMORY: u32 = 8;
/// Es/N0 (as a power ratio) from which a stretch is that of a signal. Noise, in which rows of symbols are found that
/// fit it best, looks like half of it, and like 1.02 once in thousands of stretches; of four levels more rows can be
/// made, and it looks like 1.91.
const GOOD: f64 = 1.2;
const GOOD_OF_FOUR: f64 = 2.2;
/// Part of that Es/N0 below which a stretch, its carrier and clock searched for, is not worth putting right: of noise 98
/// in 100 are, and of a signal that is found in the end none was.
const HOPELESS: f64 = 0.65;
/// Part of the remembered Es/N0 below which carrier and deviation are looked for anew, and what the remembered one loses
/// from stretch to stretch.
const MUCH_LESS: f64 = 0.5;
const FORGETTING: f64 = 0.9;
/// Stretches after which they are looked for anew in any case: at first in each, later, below an Es/N0 that nothing but the
/// signal has, in every eighth. What is found must be clearer by this factor.
const FRESH: u32 = 4;
const DOUBT: u32 = 8;
const SURE: f64 = 6.0;
const CLEARER: f64 = 1.3;
/// Distance of carriers that are tried, in cycles per symbol: beside that of the window, and over a range.
const ASIDE: f64 = 0.03;
const FAR_ASIDE: f64 = 0.05;
/// Symbols between clocks that are tried.
const LATE: f64 = 0.3;
/// Differences that detection does not notice: of carriers, in cycles per symbol, and of the phase that the clock and the
/// deviation give a symbol, in cycles.
const SAME_FREQUENCY: f64 = 0.002;
const SAME_PHASE: f64 = 0.01;
/// Product of the clock's error, in symbols, and the deviation from where on the phase says little of either.
const PHASE_REACH: f64 = 0.12;
/// Part by which the measured deviation may differ from the one told for this to be believed.
const NEAR: f64 = 0.2;
/// Part of the signal's power in spectral lines from which it is a bare carrier, below an Es/N0 of 2 (a power ratio) and
/// above. Of modulated signals those of a small index come nearest.
const BARE: [f64; 2] = [0.35, 0.5];
/// Factor by which fewer errors must be expected of symbols by themselves, of which there is a least number, for these to
/// be believed rather than rows.
const PLAINER: f32 = 6.0;
const LEAST_ERRORS: f32 = 1.0;
/// Stretches beside a burst that windows may take for a part of it.
const BESIDE: u32 = 4;
/// Part of a survivor's phase reference that is left after a symbol, and symbols within which the phase must hold
/// together: as long as the parameters are not well known, and then.
const KEPT_SHORT: f32 = 0.8;
const KEPT_LONG: f32 = 0.93;
const HELD_SHORT: usize = 8;
const HELD_LONG: usize = 16;

/// A stretch that has been detected, as well as it is known how to.
#[derive(Debug)]
struct Held {
    stretch: Emitted,
    place: Place,
    powers: Powers,
    /// It looks like a carrier without modulation.
    bare: bool,
    /// Log-likelihood ratios of the bits, and those of symbols by themselves.
    ratios: Vec<f32>,
    plain: Vec<f32>,
}

impl Held {
    /// Whether symbols by themselves say far more: the phase does not run on as it should.
    fn plainer(&self) -> bool {
        let errors = |ratios: &[f32]| {
            ratios
                .iter()
                .map(|ratio| 1.0 / (1.0 + ratio.abs().exp()))
                .sum::<f32>()
        };
        self.plain.len() == self.ratios.len()
            && self.stretch.locked
            && errors(&self.ratios) > PLAINER * errors(&self.plain).max(LEAST_ERRORS)
    }
}

/// Carrier and deviation of the last stretch with a signal, its Es/N0, and the stretches since.
#[derive(Debug, Clone, Copy)]
struct Known {
    frequency: f64,
    deviation: f64,
    ratio: f64,
    age: u32,
}

/// The detector with its memory.
#[derive(Debug)]
pub(in super::super) struct Follower {
    sequence: Sequence,
    waiting: VecDeque<Held>,
    spare: Vec<Vec<f32>>,
    known: Option<Known>,
    /// Stretches since a signal was found.
    since_found: u32,
    /// Stretches in a row whose symbols said more by themselves.
    plain: u32,
    guess: Guess,
    /// Es/N0 from which a stretch is that of a signal.
    good: f64,
}

/// What is known beforehand.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Guess {
    /// Deviation, in cycles per symbol, when it was told.
    pub(in super::super) expected: Option<f64>,
    /// What the amplitude of a clean eye is to be multiplied by to be the deviation.
    pub(in super::super) shrunk: f64,
    /// Range in which the carrier lies, in cycles per symbol, when the eye does not show carrier and deviation.
    pub(in super::super) search: Option<f64>,
}

impl Follower {
    pub(in super::super) fn new(sequence: Sequence, guess: Guess) -> Self {
        Self {
            good: if sequence.levels == 2 { GOOD } else { GOOD_OF_FOUR },
            sequence,
            waiting: VecDeque::new(),
            spare: Vec::new(),
            known: None,
            since_found: 0,
            plain: 0,
            guess,
        }
    }

    /// Deviation of the signal found last, in cycles per symbol.
    pub(in super::super) fn deviation(&self) -> Option<f64> {
        self.known.map(|known| known.deviation)
    }

    /// Takes the next stretch, and the log-likelihood ratios of its symbols by themselves. When its symbols are those of a signal: by how many they come later than was said, and
    /// whether the signal has only just been found.
    pub(in super::super) fn push(
        &mut self,
        samples: &Stream<Complex32>,
        stretch: Emitted,
        plain: &[f64],
    ) -> Option<(f64, bool)> {
        let [ratios, mut symbols] = [(); 2].map(|()| {
            let mut ratios = self.spare.pop().unwrap_or_default();
            ratios.clear();
            ratios
        });
        symbols.extend(plain.iter().map(|&ratio| (stretch.trust * ratio) as f32));
        let mut held = Held {
            stretch,
            place: self.place(&stretch),
            powers: Powers::default(),
            bare: false,
            ratios,
            plain: symbols,
        };
        let known = self.known.filter(|known| known.age <= MEMORY);
        let follows = self.detect(samples, &mut held, known);
        let good = held.powers.ratio() > self.good && !held.plainer();
        if good {
            let mut now = remember(&held);
            if let Some(known) = known.filter(|_| follows) {
                now.ratio = now.ratio.max(FORGETTING * known.ratio);
            }
            self.known = Some(now);
            if !follows {
                self.since_found = 0;
                self.look_back(samples, &held);
            }
        } else if let Some(known) = &mut self.known {
            known.age += 1;
        }
        let late = (held.place.first - stretch.first) * stretch.speed;
        self.waiting.push_back(held);
        good.then_some((late, !follows))
    }

    /// Detects with what is known, and with what is found anew when that is not enough, or from time to time. Whether
    /// the signal is still the one known.
    fn detect(&mut self, samples: &Stream<Complex32>, held: &mut Held, known: Option<Known>) -> bool {
        let mut follows = false;
        if let Some(known) = known {
            let start = self.place(&held.stretch);
            self.follow(samples, held, start, known);
            follows = held.powers.ratio() > MUCH_LESS * known.ratio;
        }
        let followed = held.powers.ratio();
        self.since_found = self.since_found.saturating_add(1);
        let doubt = followed < SURE && self.since_found.is_multiple_of(DOUBT);
        if !follows || doubt || self.since_found < FRESH {
            self.acquire(samples, held);
            let clearer = held.powers.ratio() > CLEARER * followed;
            return (follows || followed > self.good) && !clearer;
        }
        follows
    }

    /// The oldest stretch, when enough wait behind it or the input has ended, with the place that it was found at,
    /// its Es/N0 and the log-likelihood ratios of its bits.
    pub(in super::super) fn pop(&mut self, ended: bool) -> Option<(Emitted, Place, f64, &[f32])> {
        if self.waiting.len() <= if ended { 0 } else { WAITING } {
            return None;
        }
        let mut held = self.waiting.pop_front()?;
        let good = held.powers.ratio() > self.good;
        if held.plainer() {
            self.plain = self.plain.saturating_add(1);
            held.stretch.locked = good || self.plain > BESIDE;
            std::mem::swap(&mut held.ratios, &mut held.plain);
        } else {
            self.plain = 0;
            held.stretch.locked = good && (held.stretch.locked || !held.bare);
        }
        self.spare.push(held.plain);
        self.spare.push(held.ratios);
        let ratios = self.spare.last()?;
        Some((held.stretch, held.place, held.powers.ratio(), ratios))
    }

    /// Where the window says that the stretch is.
    fn place(&self, stretch: &Emitted) -> Place {
        let measured = stretch.eye.amplitude * self.guess.shrunk;
        let told = |expected: &f64| self.guess.search.is_some() || (measured / expected - 1.0).abs() < NEAR;
        let middle = if self.guess.search.is_some() {
            0.0
        } else {
            stretch.eye.middle
        };
        Place {
            first: stretch.first,
            speed: stretch.speed,
            frequency: middle / stretch.speed,
            deviation: self.guess.expected.filter(told).unwrap_or(measured) / stretch.speed,
        }
    }

    /// Detects with a known carrier and deviation, unless what the stretch has already is better.
    fn follow(&mut self, samples: &Stream<Complex32>, held: &mut Held, start: Place, known: Known) {
        let mut place = Place {
            frequency: known.frequency,
            deviation: known.deviation,
            ..start
        };
        let count = held.stretch.count;
        let mut powers = self.sequence.pass(samples, place, count, KEPT_LONG);
        let refined = self.sequence.refined(place, Spread::KNOWN, HELD_LONG);
        let same = same(&place, &refined);
        place = refined;
        if !same {
            powers = self.sequence.pass(samples, place, count, KEPT_LONG);
        }
        self.keep_better(held, place, powers);
    }

    /// Takes the last pass for the stretch's best, if it is.
    fn keep_better(&mut self, held: &mut Held, place: Place, powers: Powers) {
        if powers.ratio() > held.powers.ratio() || held.ratios.is_empty() {
            held.place = place;
            held.powers = powers;
            held.bare = self.sequence.line() > BARE[usize::from(powers.ratio() > 2.0)] * powers.signal;
            self.sequence.ratios(held.stretch.count, powers, &mut held.ratios);
        }
    }

    /// Finds carrier and deviation from what the window says.
    fn acquire(&mut self, samples: &Stream<Complex32>, held: &mut Held) {
        let count = held.stretch.count;
        let start = self.place(&held.stretch);
        let mut place = match self.guess.search {
            Some(search) => self.search_by_energy(samples, start, search, count),
            None => self.search_by_phase(samples, start, count),
        };
        let first = self.sequence.pass(samples, place, count, KEPT_SHORT);
        if self.guess.search.is_none() && first.ratio() < HOPELESS * self.good {
            self.keep_better(held, place, first);
            return;
        }
        place = self.sequence.refined(place, Spread::UNKNOWN, HELD_SHORT);
        self.sequence.pass(samples, place, count, KEPT_SHORT);
        place = self.sequence.refined(place, Spread::UNKNOWN, HELD_LONG);
        let powers = self.sequence.pass(samples, place, count, KEPT_LONG);
        self.keep_better(held, place, powers);
    }

    /// The carrier and the clock at which the phase of the symbols holds together best, near those given.
    fn search_by_phase(&mut self, samples: &Stream<Complex32>, start: Place, count: usize) -> Place {
        let mut best = (start, -1.0);
        let mut attempt = |place: Place, best: &mut (Place, f64)| {
            let ratio = self.sequence.pass(samples, place, count, KEPT_SHORT).ratio();
            if ratio > best.1 {
                *best = (place, ratio);
            }
        };
        for aside in [0.0, -ASIDE, ASIDE] {
            let frequency = start.frequency + aside;
            attempt(Place { frequency, ..start }, &mut best);
        }
        let found = best.0;
        for late in [-LATE, LATE] {
            let first = found.first + late / found.speed;
            attempt(Place { first, ..found }, &mut best);
        }
        best.0
    }

    /// The carrier within `search` and the clock at which one waveform of every interval holds most energy: for
    /// deviations at which the phase depends so much on both that it says nothing from afar.
    fn search_by_energy(
        &mut self,
        samples: &Stream<Complex32>,
        start: Place,
        search: f64,
        count: usize,
    ) -> Place {
        let mut best = (start, -1.0);
        let mut attempt = |place: Place, best: &mut (Place, f64)| {
            let energy = self.sequence.energy(samples, place, count);
            if energy > best.1 {
                *best = (place, energy);
            }
        };
        let steps = (search / FAR_ASIDE).ceil() as i32;
        for step in -steps..=steps {
            let frequency = start.frequency + FAR_ASIDE * f64::from(step);
            attempt(Place { frequency, ..start }, &mut best);
        }
        let found = best.0;
        let steps = (0.5 * found.deviation / PHASE_REACH).ceil() as i32;
        for step in -steps..=steps {
            let first = found.first + 0.5 * f64::from(step) / f64::from(steps) / found.speed;
            attempt(Place { first, ..found }, &mut best);
        }
        best.0
    }

    /// Tries what has just been found on the stretches before, as long as it helps: with their clock, and with that of
    /// the signal, which windows need not have shown there.
    fn look_back(&mut self, samples: &Stream<Complex32>, from: &Held) {
        let mut known = remember(from);
        let mut waiting = std::mem::take(&mut self.waiting);
        for held in waiting.iter_mut().rev() {
            if held.powers.ratio() > MUCH_LESS * known.ratio && held.powers.ratio() > self.good {
                break;
            }
            let own = self.place(&held.stretch);
            let between = (from.place.first - own.first) * from.place.speed;
            let continued = Place {
                first: own.first + (between - between.round()) / from.place.speed,
                speed: from.place.speed,
                ..own
            };
            self.follow(samples, held, own, known);
            self.follow(samples, held, continued, known);
            if held.powers.ratio() > self.good {
                known = remember(held);
            }
        }
        self.waiting = waiting;
    }
}

/// Whether two places differ by less than what detection notices.
fn same(a: &Place, b: &Place) -> bool {
    (a.frequency - b.frequency).abs() < SAME_FREQUENCY
        && (a.first - b.first).abs() * a.deviation < SAME_PHASE
        && (a.deviation - b.deviation).abs() < SAME_PHASE * a.deviation
}

fn remember(held: &Held) -> Known {
    Known {
        frequency: held.place.frequency,
        deviation: held.place.deviation,
        ratio: held.powers.ratio(),
        age: 0,
    }
}
