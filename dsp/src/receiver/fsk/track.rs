//! From the windows' estimates to one continuous row of symbols.

use super::eye::{Evidence, Eye};
use super::stream::Stream;
use super::window::{SEGMENT, SEGMENTS, Signal, Window};
use std::cmp::Ordering;

/// Clock difference, in symbols, up to which two estimates are of the same clock.
const SAME_CLOCK: f64 = 0.2;
/// Segments for which a lost clock is carried on at its last rate before the estimates are followed again.
const FLYWHEEL: u32 = 8;
/// Parts of a delay that was found that the clock's phase and its rate are put right by.
const CLOCK_PHASE: f64 = 0.4;
const CLOCK_RATE: f64 = 0.08;
/// Advantage of a window that is centred on its segment.
const CENTRED: f64 = 1.5;

/// Segments for which the clearest window is remembered: past the end of a burst by more than windows reach, as those
/// that contain both signal and noise may show levels that neither has.
const MEMORY: u32 = 8;
/// Part of its clearness below which the windows nearby are not trusted more than the remembered one.
const MUCH_LESS: f64 = 0.25;
/// Part of its trust that a stretch without evidence of a signal keeps.
const DOUBT: f64 = 0.3;

/// A stretch of symbols that has been put out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Emitted {
    /// Symbol time of the first symbol's centre.
    pub(super) first: f64,
    /// Symbol rate relative to nominal.
    pub(super) speed: f64,
    pub(super) eye: Eye,
    pub(super) locked: bool,
    pub(super) restart: bool,
    /// Number of symbols.
    pub(super) count: usize,
    /// How far they are to be believed, 0 to 1.
    pub(super) trust: f64,
}

/// Best knowledge of one segment, at its centre.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    u: f64,
    /// Clock there, whole at transitions.
    clock: f64,
    window: Window,
}

/// Follows the clock from segment to segment and samples the symbols.
#[derive(Debug)]
pub(super) struct Track {
    segment: usize,
    last: Option<Anchor>,
    /// Clock of the next symbol's centre.
    next: f64,
    lost: u32,
    /// By how many symbols those of the last stretch were found to come later than its clock said.
    heard: Option<(f64, bool)>,
    /// Stretches since the clock has been held by that.
    held: u32,
    /// The clock started anew, and no symbol has been put out since.
    restarted: bool,
    done: bool,
    /// The clearest window nearby, and the segments since it was found.
    clearest: (Window, u32),
    /// Values of the symbols of the newest stretch.
    pub(super) values: Vec<f32>,
    /// Their log-likelihood ratios, were the window's estimates right.
    pub(super) ratios: Vec<f64>,
}

impl Track {
    pub(super) fn new() -> Self {
        Self {
            segment: 0,
            last: None,
            next: 0.0,
            lost: 0,
            heard: None,
            held: 0,
            restarted: false,
            done: false,
            clearest: (Window::default(), 0),
            values: Vec::new(),
            ratios: Vec::new(),
        }
    }

    /// Segment that comes next.
    pub(super) fn segment(&self) -> usize {
        self.segment
    }

    /// Tells by how many symbols those of the last stretch come later than its clock said: the next one follows this
    /// rather than the windows. `anew`: the signal has just been found.
    pub(super) fn hear(&mut self, delay: f64, anew: bool) {
        self.heard = Some((delay, anew));
    }

    /// Puts out the symbols up to the next segment's centre (after the end of input: up to the end), none
    /// before symbol time `begin`.
    pub(super) fn emit(
        &mut self,
        windows: &Stream<Window>,
        signal: Signal<'_>,
        begin: f64,
        ended: bool,
    ) -> Option<Emitted> {
        self.values.clear();
        let end = signal.x.end().saturating_sub(1) as f64 / signal.oversampling as f64;
        if self.segment >= windows.end() {
            let last = self.last.filter(|_| ended && !self.done)?;
            self.done = true;
            let line = Line::through(&last, 1.0 + last.window.rate.deviation);
            let clearest = self.clearest.0;
            return Some(self.sample(&line, &last, end + 1e-9, signal, (false, clearest)));
        }
        let window = best(windows, self.segment);
        let u = (self.segment * SEGMENT) as f64 + SEGMENT as f64 / 2.0;
        let fresh = Anchor {
            u,
            clock: window.clock(u),
            window,
        };
        let (anchor, line, restart) = match self.last {
            None => {
                let line = Line::through(&fresh, 1.0 + window.rate.deviation);
                (fresh, line, true)
            }
            Some(last) => self.go_on(&last, fresh),
        };
        if restart {
            let from = self.last.map_or(begin, |last| last.u);
            self.next = (line.clock(from) - 0.5).ceil() + 0.5;
        }
        let clearest = self.look_for_clearest(windows);
        let emitted = self.sample(&line, &anchor, u.min(end), signal, (restart, clearest));
        self.last = Some(anchor);
        self.segment += 1;
        Some(emitted)
    }

    /// The clearest window nearby: of those that cover the segment or end shortly before it, or of those before.
    fn look_for_clearest(&mut self, windows: &Stream<Window>) -> Window {
        let near = clearest(windows, self.segment);
        let (remembered, age) = self.clearest;
        self.clearest = if near.ratio() >= MUCH_LESS * remembered.ratio() || age >= MEMORY {
            (near, 0)
        } else {
            (remembered, age + 1)
        };
        self.clearest.0
    }

    /// Continues the clock by the windows where they are sure of it, else by what was heard of the last stretch.
    fn go_on(&mut self, last: &Anchor, fresh: Anchor) -> (Anchor, Line, bool) {
        let heard = self.heard.take();
        let expected = last.clock + (fresh.u - last.u) * (1.0 + last.window.rate.deviation);
        let difference = expected - fresh.clock;
        let sure = fresh.window.locked && (difference - difference.round()).abs() < SAME_CLOCK;
        match heard {
            Some((delay, anew)) if !sure => {
                self.held = if anew { 0 } else { self.held.saturating_add(1) };
                hold(last, fresh, delay, self.held)
            }
            _ => self.join(last, fresh),
        }
    }

    /// Continues the clock from the last anchor to a fresh one, or starts anew.
    fn join(&mut self, last: &Anchor, mut fresh: Anchor) -> (Anchor, Line, bool) {
        let old_speed = 1.0 + last.window.rate.deviation;
        let expected = last.clock + (fresh.u - last.u) * old_speed;
        fresh.clock += (expected - fresh.clock).round();
        let difference = fresh.clock - expected;
        let consistent = difference.abs() < SAME_CLOCK;
        self.lost = if fresh.window.locked {
            0
        } else {
            self.lost.saturating_add(1)
        };
        if !fresh.window.locked && !consistent && self.lost <= FLYWHEEL {
            let mut carried = fresh;
            carried.clock = expected;
            carried.window.rate = last.window.rate;
            return (carried, Line::through(last, old_speed), false);
        }
        if consistent || !fresh.window.locked {
            let speed = old_speed + difference / (fresh.u - last.u);
            return (fresh, Line::through(last, speed), false);
        }
        let line = Line::through(&fresh, 1.0 + fresh.window.rate.deviation);
        (fresh, line, true)
    }

    /// Puts out the symbols before `until`. `clearest` is the clearest window nearby.
    fn sample(
        &mut self,
        line: &Line,
        anchor: &Anchor,
        until: f64,
        signal: Signal<'_>,
        (restart, clearest): (bool, Window),
    ) -> Emitted {
        let window = &anchor.window;
        let first = line.time(self.next);
        // The deviation is the same at any level, so that the clearest window knows it best; the amplitude is not.
        let mut evidence = Evidence::new(clearest.eye);
        self.ratios.clear();
        loop {
            let u = line.time(self.next);
            // A comparison that also ends with a clock that is not a number.
            if u.partial_cmp(&until) != Some(Ordering::Less) {
                break;
            }
            self.next += 1.0;
            let value = signal.at(u).unwrap_or(window.eye.middle as f32);
            self.values.push(value);
            evidence.add(f64::from(value));
            self.ratios.push(window.eye.likelihood(f64::from(value)));
        }
        // A window also covers what lies beside a burst, so that each stretch has to show the signal itself.
        let locked = window.clear && evidence.of_signal(clearest.ratio());
        let doubt = if locked { 1.0 } else { DOUBT };
        let restart = self.restarted || restart;
        self.restarted = restart && self.values.is_empty();
        Emitted {
            first,
            speed: line.speed,
            eye: window.eye,
            locked,
            restart,
            count: self.values.len(),
            trust: doubt * window.trust,
        }
    }
}

/// Continues the clock from the last anchor, put right by what its symbols were found to be late.
fn hold(last: &Anchor, fresh: Anchor, delay: f64, held: u32) -> (Anchor, Line, bool) {
    // Least squares over the stretches so far, then a memory of constant length.
    let n = f64::from(held);
    let scale = (n + 1.0) * (n + 2.0);
    let phase = (2.0 * (2.0 * n + 1.0) / scale).clamp(CLOCK_PHASE, 1.0);
    let rate = if held == 0 {
        0.0
    } else {
        (6.0 / scale).clamp(CLOCK_RATE, 0.5)
    };
    let speed = 1.0 + last.window.rate.deviation - rate * delay / SEGMENT as f64;
    let right = Anchor {
        clock: last.clock - phase * delay,
        ..*last
    };
    let line = Line::through(&right, speed);
    let mut anchor = Anchor {
        clock: line.clock(fresh.u),
        ..fresh
    };
    anchor.window.rate.deviation = speed - 1.0;
    (anchor, line, false)
}

/// A straight piece of the clock.
#[derive(Debug, Clone, Copy)]
struct Line {
    u: f64,
    clock: f64,
    speed: f64,
}

impl Line {
    fn through(anchor: &Anchor, speed: f64) -> Self {
        Self {
            u: anchor.u,
            clock: anchor.clock,
            speed,
        }
    }

    fn clock(&self, u: f64) -> f64 {
        self.clock + (u - self.u) * self.speed
    }

    fn time(&self, clock: f64) -> f64 {
        self.u + (clock - self.clock) / self.speed
    }
}

/// Of the windows that cover a segment the one with the clearest eye, the centred one preferred.
fn best(windows: &Stream<Window>, segment: usize) -> Window {
    let score = |number: usize, window: &Window| {
        let centred = number + SEGMENTS / 2 == segment;
        window.score() * if centred { CENTRED } else { 1.0 }
    };
    let first = segment.saturating_sub(SEGMENTS - 1);
    let mut best = (0.0, Window::default());
    for (n, window) in windows.range(first, segment + 1).iter().enumerate() {
        let score = score(first + n, window);
        if n == 0 || score > best.0 {
            best = (score, *window);
        }
    }
    best.1
}

/// Of the windows that cover a segment or end shortly before it the one that shows its symbols most clearly.
fn clearest(windows: &Stream<Window>, segment: usize) -> Window {
    let near = windows.range(segment.saturating_sub(SEGMENTS + 1), segment + 1);
    let clearer = |best: Window, window: &Window| {
        if window.ratio() > best.ratio() {
            *window
        } else {
            best
        }
    };
    near.iter().fold(Window::default(), clearer)
}
