//! The window engine: decides lock, tracks clock and carrier, and emits soft bits window by window.

mod emit;
mod history;

use super::Plan;
use super::acquire::{Acquirer, Candidate};
use super::carrier::{CarrierModel, Working, line_power};
use super::demap::{Demapper, Levels};
use super::front::FrontEnd;
use super::matched::{Interpolator, Matched};
use super::timing::{self, ClockMeter, ClockTracker, Instants, line_span, tracked};
use super::turned::Turned;
use crate::design::raised_cosine;
use crate::receiver::gmsk::MainPulse;
use crate::receiver::quality::QualityMeter;
use crate::{Complex32, Mark, Modulation, Pulse, SoftBatch};
use history::{Bend, History, Sums};
use num_complex::Complex64;
use std::f64::consts::TAU;

/// Windows that a weak signal is acquired over.
const SEVERAL: usize = 4;
/// Searches without success after which all windows held are searched, where these are more.
const PATIENT_SEARCHES: u32 = 8;
/// Fewest windows that the carrier is followed over: the one in work, one before and one after it.
const FEWEST_SPANNED: usize = 3;
/// Windows without lock that are bridged on the old clock and carrier.
const PATIENCE: u32 = 8;
/// Line power, relative to noise, that a locked window shows.
const LOCK_POWER: f64 = 8.0;
/// The same over several windows, when it shows that the signal is in all of them.
const SEEN_POWER: f64 = 16.0;
/// Line power of a window, relative to that of several, from which on the others hold little of the signal:
/// 1/4 where all are full of it, 1 where two are.
const WHOLE_SHARE: f64 = 0.7;
/// Coherence of the clock line that is worth a correction.
const CLOCK_COHERENCE: f64 = 2.0;
/// Part of the rate measured over some windows that is believed: the next ones measure it again.
const RATE_GAIN: f64 = 0.3;

/// What a search has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Acquired {
    Nothing,
    /// The signal that is tracked.
    Same,
    /// Another one, which is tracked from now on.
    New,
}

/// Symbols of a window, before carrier recovery.
#[derive(Debug, Default)]
struct Window {
    start: f64,
    period: f64,
    turned: Turned,
}

/// Everything that follows a signal.
#[derive(Debug)]
struct Track {
    clock: ClockTracker,
    model: CarrierModel,
    levels: Option<Levels>,
    /// Phase beyond the model at the end of the last window.
    last_phase: f64,
    before: History,
    misses: u32,
    clock_misfits: u32,
    locked: bool,
    /// Line power of the window in work alone.
    power: f64,
    /// Line power of all windows spanned, as long as no window has been seen.
    spanned_power: f64,
    /// Whether a window has shown the signal by itself: those before a burst are noise.
    seen: bool,
}

#[derive(Debug)]
pub(super) struct Engine {
    plan: Plan,
    matched: Matched,
    interpolator: Interpolator,
    meter: ClockMeter,
    acquirer: Acquirer,
    origin: u64,
    end: Option<f64>,
    track: Track,
    restart: bool,
    demapper: Demapper,
    /// Window in work and the one after it, the latter when `has_next`.
    current: Window,
    next: Window,
    has_next: bool,
    phases: Vec<f64>,
    /// Windows over which the carrier shows well: more the weaker the signal.
    span: usize,
    /// The blocks of these windows.
    sums: Sums,
    /// Working memory of the residual phase.
    prefix: Vec<Complex64>,
    /// Working memory of corrections and levels.
    working: Working,
    /// The matched pulse half a symbol, one and one and a half symbols from its centre.
    neighbours: [f32; 3],
    clock_lines: Vec<Complex64>,
    /// Result for the stretch that is searched next, and where it starts.
    cached: Option<(f64, Option<Candidate>)>,
    /// Searches without success so far: every other one goes over several windows.
    searches: u32,
    newest: Mark,
    quality: Option<QualityMeter>,
    shown: Vec<Complex32>,
}

impl Engine {
    pub fn new(plan: &Plan, front: &FrontEnd, origin: u64) -> Self {
        let sps = plan.samples_per_symbol();
        let edge = match plan.pulse {
            Pulse::Srrc { roll_off } => f64::midpoint(1.0, roll_off) / sps,
            Pulse::Gaussian { .. } => 1.2 / sps,
            Pulse::HalfSine => 1.5 / sps,
            Pulse::Rect => 2.0 / sps,
        };
        let begin = front.output_position(0.0) / plan.matched_decimation as f64;
        Self {
            plan: plan.clone(),
            matched: Matched::new(plan),
            interpolator: Interpolator::new(edge.min(0.45)),
            meter: ClockMeter::new(plan),
            acquirer: Acquirer::new(plan),
            origin,
            end: None,
            track: Track::idle(begin, sps, plan.window),
            restart: true,
            demapper: Demapper::new(plan),
            current: Window::default(),
            next: Window::default(),
            has_next: false,
            phases: Vec::new(),
            span: FEWEST_SPANNED,
            sums: Sums::default(),
            prefix: Vec::new(),
            working: Working::default(),
            neighbours: [0.5, 1.0, 1.5].map(|t| matched_pulse(plan.pulse, t) as f32),
            clock_lines: Vec::new(),
            cached: None,
            searches: 0,
            newest: Mark {
                bit: 0,
                at: 0.0,
                samples_per_symbol: plan.sample_rate_hz / plan.symbol_rate_hz,
                restart: true,
                locked: false,
                es_n0_db: f32::NAN,
                offset_hz: 0.0,
                symbol_rate_hz: plan.symbol_rate_hz,
                quality: None,
            },
            quality: QualityMeter::new(plan.keying),
            shown: Vec::new(),
        }
    }

    pub fn push(&mut self, baseband: &[Complex32]) {
        self.matched.push(baseband);
    }

    /// Whether all samples that the next step looks at are there.
    pub fn ready(&self) -> bool {
        let span = (self.plan.held * self.plan.window + 8) as f64 * self.plan.samples_per_symbol() * 1.04;
        self.matched.end() > (self.window_start() + span) as i64 + 2 * self.interpolator.margin()
    }

    /// The input ends at this baseband position.
    pub fn end_at(&mut self, end: f64) {
        self.end = Some(end / self.plan.matched_decimation as f64);
        let zeros =
            self.matched.reach() + (self.interpolator.margin() as usize + 2) * self.plan.matched_decimation;
        self.matched.push(&vec![Complex32::ZERO; zeros]);
    }

    /// Whether symbols before the end wait.
    pub fn unfinished(&self) -> bool {
        self.end.is_some_and(|end| self.window_start() <= end)
    }

    pub fn newest(&self) -> &Mark {
        &self.newest
    }

    pub fn clock_locked(&self) -> bool {
        self.track.locked && self.track.clock_misfits == 0
    }

    pub fn constellation(&self) -> &[Complex32] {
        &self.shown
    }

    fn window_start(&self) -> f64 {
        if self.has_next {
            self.next.start
        } else {
            self.track.clock.position
        }
    }

    /// Processes one window.
    pub fn step(&mut self, front: &FrontEnd, out: &mut SoftBatch) {
        if !self.track.locked {
            self.acquire(self.window_start());
        }
        self.fetch_pair();
        let mut locked = self.check_lock();
        if self.track.locked && !locked {
            self.track.misses += 1;
            let misfit = self.track.misses;
            // From the window in work: one that begins later would lose this one, and look beyond what is ready.
            match self.acquire(self.current.start) {
                Acquired::New => {
                    self.fetch_pair();
                    locked = self.check_lock();
                }
                Acquired::Same => {
                    self.track.misses = 0;
                    locked = true;
                }
                Acquired::Nothing if misfit > PATIENCE.max(self.plan.held as u32) => {
                    self.track.locked = false;
                }
                Acquired::Nothing => {}
            }
        } else if locked {
            self.track.misses = 0;
        }
        if locked && self.track.seen {
            self.refine_carrier();
        }
        self.emit(front, locked && self.track.locked, out);
        self.follow(locked);
        let keep = self.window_start().min(self.track.clock.position);
        let margin = self.interpolator.margin() + 2 * self.plan.samples_per_symbol() as i64 + 2;
        self.matched.forget(keep.floor() as i64 - margin);
    }

    /// Searches the signal from the window at `start` on, and takes up a new one.
    fn acquire(&mut self, start: f64) -> Acquired {
        let span = self.plan.window as f64 * self.plan.samples_per_symbol();
        let here = match self.cached.take() {
            Some((at, found)) if (at - start).abs() < 0.5 * self.plan.samples_per_symbol() => found,
            _ => self.search(start, self.plan.window),
        };
        let after = self.search(start + span, self.plan.window);
        self.cached = Some((start + span, after));
        let here = here.filter(|c| c.certain);
        let after = after.filter(|c| c.certain);
        let found = match (here, after) {
            (Some(here), after) => Some(self.better(here, after)),
            (None, Some(after)) => {
                // A burst that begins in the next window may fill little of it; the one after that is whole.
                let later = self.search(start + 2.0 * span, self.plan.window);
                Some(self.better(after, later.filter(|c| c.certain)))
            }
            (None, None) => {
                self.searches += 1;
                if self.plan.held > SEVERAL && self.searches.is_multiple_of(PATIENT_SEARCHES) {
                    self.search_all(start, span)
                } else if !self.searches.is_multiple_of(2) {
                    self.search_several(start, span)
                } else {
                    None
                }
            }
        };
        let Some(found) = found else {
            return Acquired::Nothing;
        };
        if self.track.locked && self.same(&found, start) {
            return Acquired::Same;
        }
        self.lock(&found, start);
        Acquired::New
    }

    fn search(&mut self, start: f64, count: usize) -> Option<Candidate> {
        self.acquirer
            .search(&self.matched, &self.meter, &self.interpolator, start, count)
    }

    /// Searches several windows as one. Where the signal fills only the last of them, one of these alone
    /// shows it better.
    fn search_several(&mut self, start: f64, span: f64) -> Option<Candidate> {
        let found = self
            .search(start, SEVERAL * self.plan.window)
            .filter(|c| c.certain)?;
        (2..SEVERAL)
            .filter_map(|k| self.search(start + k as f64 * span, self.plan.window))
            .filter(|c| c.certain && c.power > WHOLE_SHARE * found.power)
            .max_by(|a, b| a.power.total_cmp(&b.power))
            .or(Some(found))
    }

    /// Searches all windows held as one, for a signal in all of them: one that fills only some is found better when
    /// its time has come.
    fn search_all(&mut self, start: f64, span: f64) -> Option<Candidate> {
        let found = self
            .search(start, self.plan.held * self.plan.window)
            .filter(|c| c.certain)?;
        let concentrated = (0..self.plan.held / SEVERAL).any(|k| {
            self.search(start + (k * SEVERAL) as f64 * span, SEVERAL * self.plan.window)
                .is_some_and(|c| c.power > WHOLE_SHARE * found.power)
        });
        (!concentrated).then_some(found)
    }

    /// The find of the window after, where it is the same signal seen better.
    fn better(&self, found: Candidate, after: Option<Candidate>) -> Candidate {
        let same = |after: &Candidate| {
            (found.carrier - after.carrier).abs() * self.plan.base_samples_per_symbol() < 0.02
        };
        after
            .filter(|after| after.power > found.power && same(after))
            .unwrap_or(found)
    }

    /// Whether this is the signal that is tracked.
    fn same(&self, found: &Candidate, start: f64) -> bool {
        let tracked = self.carrier_at(found.middle);
        let symbols = (found.start - start) / self.track.clock.period;
        // Over a long stretch both clocks err a little.
        let length = (found.clock.blocks * timing::BLOCK_SYMBOLS) as f64;
        (tracked - found.carrier).abs() * self.plan.base_samples_per_symbol() < 0.002
            && (symbols - symbols.round()).abs() < 0.15 + 2e-5 * length
    }

    /// Tracked carrier, cycles per baseband sample.
    fn carrier_at(&self, time: f64) -> f64 {
        self.matched.tuned() + self.track.model.freq_at(time) / TAU / self.plan.matched_decimation as f64
    }

    /// Takes the found signal up from the window at `start` on.
    fn lock(&mut self, found: &Candidate, start: f64) {
        let period = found.clock.period;
        let first = found.start - ((found.start - start) / period).round() * period;
        let sps = self.plan.samples_per_symbol();
        let count = found.clock.blocks * timing::BLOCK_SYMBOLS;
        let mut clock = ClockTracker::new(found.start, &found.clock, count, sps, wander(&self.plan));
        clock.move_back(((found.start - first) / period).round());
        self.matched.retune(
            found.carrier,
            start.floor() as i64 - 2 * self.interpolator.margin(),
        );
        let decimation = self.plan.matched_decimation as f64;
        let mut model = CarrierModel {
            time: found.middle,
            phase: 0.0,
            freq: 0.0,
            rate: found.rate * TAU * decimation * decimation,
        };
        if let Some(phase) = found.phase {
            model.phase = phase - TAU * (found.carrier * decimation * found.middle).fract();
        }
        model.move_to(first);
        self.track = Track::new(clock, model, true);
        self.has_next = false;
        self.cached = None;
        self.restart = true;
    }

    /// Makes the windows in work and after it available.
    fn fetch_pair(&mut self) {
        if self.has_next {
            std::mem::swap(&mut self.current, &mut self.next);
            self.has_next = false;
        } else {
            let mut window = std::mem::take(&mut self.current);
            self.fetch(&mut window);
            self.current = window;
        }
        let mut window = std::mem::take(&mut self.next);
        self.fetch(&mut window);
        self.next = window;
        self.has_next = true;
    }

    /// Refines the clock over the next window and takes its symbols.
    fn fetch(&mut self, window: &mut Window) {
        let sps = self.plan.samples_per_symbol();
        let position = self.track.clock.position;
        let end = (position + (self.plan.window + 2) as f64 * sps * 1.04) as i64 + self.interpolator.margin();
        self.matched.extend(end);
        let count = self.end.map_or(self.plan.window, |end| {
            (((end - position) / self.track.clock.period).floor() + 1.0).clamp(0.0, self.plan.window as f64)
                as usize
        });
        if self.track.locked {
            self.refine_clock(count);
        }
        window.start = self.track.clock.position;
        window.period = self.track.clock.period;
        self.take_symbols(window, count);
        self.track.clock.advance(count);
    }

    fn refine_clock(&mut self, count: usize) {
        let (stream, first) = self.matched.output();
        let (position, period) = (self.track.clock.position, self.track.clock.period);
        let model = self.track.model;
        let last = self.track.last_phase;
        self.clock_lines.clear();
        self.meter.measure(
            stream,
            &Instants {
                start: position - first as f64,
                period,
                blocks: count / timing::BLOCK_SYMBOLS,
            },
            self.plan.modulation,
            |t| model.phase_at(t + first as f64) + last,
            &mut self.clock_lines,
        );
        if self.clock_lines.len() < 4 {
            return;
        }
        let clock = tracked(&self.clock_lines, period, self.plan.modulation);
        if clock.coherence < CLOCK_COHERENCE {
            return;
        }
        if self
            .track
            .clock
            .update(&clock, self.clock_lines.len() * line_span(self.plan.modulation).0)
        {
            self.track.clock_misfits = 0;
        } else {
            self.track.clock_misfits += 1;
        }
    }

    fn take_symbols(&mut self, window: &mut Window, count: usize) {
        let (stream, first) = self.matched.output();
        let start = window.start - first as f64;
        let (period, turned) = (window.period, &mut window.turned);
        self.interpolator
            .pick(stream, start, period, count, &mut turned.symbols);
        if self.plan.modulation == Modulation::Oqpsk {
            self.interpolator
                .pick(stream, start + period / 2.0, period, count, &mut turned.late);
        }
        self.plan.stop_turning(&mut turned.symbols);
        turned.compute(window.start, period, &self.track.model, self.plan.modulation);
    }

    /// Refines the carrier model over as many windows as show the carrier well, this one and the next among them.
    fn refine_carrier(&mut self) {
        self.gather();
        if let Some(far) = self.sums.search(LOCK_POWER) {
            self.bend(far, 1.0);
            self.gather();
        }
        if let Some(near) = self.sums.fit(LOCK_POWER) {
            self.bend(near, RATE_GAIN);
        }
    }

    /// Takes the blocks of all windows that the carrier is followed over.
    fn gather(&mut self) {
        let (now, then) = (&self.current.turned, &self.next.turned);
        let (before, energy) = self.track.before.newest(self.span - 2);
        let energy = energy + now.energy + then.energy;
        self.sums.gather(&[before, &now.blocks, &then.blocks], energy);
    }

    /// Changes the carrier model by what was found over the windows, its rate by this part of it.
    fn bend(&mut self, found: Bend, rate_gain: f64) {
        let (before, _) = self.track.before.newest(self.span - 2);
        let to_start = before.len() as f64 - self.sums.count() as f64 / 2.0;
        let (order, block) = (f64::from(self.plan.order()), self.current.turned.block_period());
        let rate = rate_gain * found.rate;
        let start = self.current.start;
        let mut model = self.track.model;
        model.move_to(start);
        model.freq += (found.freq + rate * to_start) / (order * block);
        model.rate += rate / (order * block * block);
        self.refer_to(&model, start);
    }

    /// Goes over to another model, from `boundary` on and for the windows before it.
    fn refer_to(&mut self, model: &CarrierModel, boundary: f64) {
        let order = self.plan.order();
        let change = model.minus(&self.track.model, boundary, f64::from(order));
        let block_period = self.current.turned.block_period();
        self.track.before.turn(&change, boundary, block_period);
        self.current.turned.refer_to(model, order);
        self.next.turned.refer_to(model, order);
        self.track.model = *model;
    }

    /// Looks for the carrier near the model.
    fn check_lock(&mut self) -> bool {
        let model = self.track.model;
        let (now, then) = (&mut self.current.turned, &mut self.next.turned);
        now.refer_to(&model, self.plan.order());
        then.refer_to(&model, self.plan.order());
        let pair = now.energy + then.energy;
        let (before, energy) = self.track.before.newest(self.span - 2);
        self.track.power = line_power(&[&now.blocks], now.energy, LOCK_POWER);
        let mut line = self.track.power > LOCK_POWER
            || line_power(&[&now.blocks, &then.blocks], pair, LOCK_POWER) > LOCK_POWER;
        if !line || !self.track.seen {
            let power = line_power(&[before, &now.blocks, &then.blocks], energy + pair, SEEN_POWER);
            line |= power > LOCK_POWER;
            self.track.spanned_power = power;
        }
        line && self.track.clock_misfits < 2
    }
}

impl Track {
    fn idle(position: f64, period: f64, window: usize) -> Self {
        let clock = timing::Clock {
            error: 0.0,
            period,
            coherence: 0.0,
            blocks: 32,
            turns: 1.0,
        };
        let clock = ClockTracker::new(position, &clock, window, period, 0.0);
        Self::new(clock, CarrierModel::default(), false)
    }

    fn new(clock: ClockTracker, model: CarrierModel, locked: bool) -> Self {
        Self {
            clock,
            model,
            levels: None,
            last_phase: 0.0,
            before: History::default(),
            misses: 0,
            clock_misfits: 0,
            locked,
            power: 0.0,
            spanned_power: 0.0,
            seen: false,
        }
    }
}

/// Wander of the clock's phase per window: a thousandth of a symbol, or what the configured loop asks for.
fn wander(plan: &Plan) -> f64 {
    let relative = plan.timing_loop_hz.map_or(1e-3, |hz| {
        (hz / plan.symbol_rate_hz * plan.window as f64).clamp(1e-4, 1.0)
    });
    (relative * plan.samples_per_symbol()).powi(2)
}

/// Response of the matched filter to its pulse, `t` symbols from the centre.
pub(super) fn matched_pulse(pulse: Pulse, t: f64) -> f64 {
    match pulse {
        Pulse::Srrc { roll_off } => raised_cosine(t, roll_off),
        Pulse::Gaussian { bt } => MainPulse::new(bt).response(t),
        Pulse::HalfSine if t.abs() < 1.0 => {
            let angle = std::f64::consts::PI * t.abs();
            (1.0 - t.abs()) * angle.cos() + angle.sin() / std::f64::consts::PI
        }
        _ => (1.0 - t.abs()).max(0.0),
    }
}
