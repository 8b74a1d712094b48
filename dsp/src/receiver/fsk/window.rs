//! What one window of symbols says: clock phase, levels, noise.

use super::clock::{self, BLOCK, REACH, Rate, line_at};
use super::eye::{self, Eye};
use super::stream::Stream;
use num_complex::Complex64;
use std::f64::consts::TAU;

/// Nominal symbols from one window's beginning to the next, and the unit of output.
pub(super) const SEGMENT: usize = 64;
/// Segments in a window.
pub(super) const SEGMENTS: usize = 5;
const BLOCKS: usize = SEGMENTS * SEGMENT / BLOCK;
/// Long coherence above which the clock counts as found. Noise alone exceeds it in about one window of
/// several thousand; a clean signal reaches 0.3.
const LOCK_COHERENCE: f64 = 0.11;
/// Signal-to-noise power ratio of the eye below which the clock does not count as found.
const LOCK_RATIO: f64 = 2.0;

/// Product of coherence and that ratio beyond which there is a signal. Noise in the frequency is
/// far from normal when it comes from an angle, and looks like an eye more often than noise in audio does.
const CLEAR_IQ: f64 = 0.4;
const CLEAR_AUDIO: f64 = 0.21;

/// Estimates from one window. Symbol time `u` counts nominal symbols.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Window {
    pub(super) rate: Rate,
    /// Clock at `u`: `u + offset + rate.deviation * (u - centre)`; whole at transitions.
    pub(super) offset: f64,
    pub(super) centre: f64,
    pub(super) eye: Eye,
    /// The clock is to be followed.
    pub(super) locked: bool,
    /// There is a signal, of whatever clock.
    pub(super) clear: bool,
    /// How far the symbols are to be believed, 0 to 1: without a clock there is no information.
    pub(super) trust: f64,
}

impl Window {
    /// Signal-to-noise power ratio of the symbols as they are detected.
    pub(super) fn ratio(&self) -> f64 {
        self.eye.ratio()
    }

    /// How far this estimate is preferred to others of the same symbols.
    pub(super) fn score(&self) -> f64 {
        self.ratio().min(100.0) * if self.locked { 4.0 } else { 1.0 }
    }

    /// Clock, in symbols, up to a whole number.
    pub(super) fn clock(&self, u: f64) -> f64 {
        u + self.offset + self.rate.deviation * (u - self.centre)
    }
}

/// Blocks that must be known before this window can be estimated.
pub(super) fn blocks_needed(window: usize) -> usize {
    centre_block(window) + REACH
}

fn centre_block(window: usize) -> usize {
    window * SEGMENT / BLOCK + BLOCKS / 2
}

/// The filtered signal on symbol time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signal<'a> {
    pub(super) x: &'a Stream<f32>,
    pub(super) oversampling: usize,
    /// A rate that is not certain is taken for the nominal one.
    pub(super) nominal: bool,
    /// The frequency comes from audio, not from the angle of IQ samples.
    pub(super) audio: bool,
}

impl Signal<'_> {
    /// Value at a symbol time, where it is known.
    pub(super) fn at(&self, u: f64) -> Option<f32> {
        let position = u * self.oversampling as f64;
        if position < 0.0 {
            return None;
        }
        let whole = position as usize;
        let low = *self.x.get(whole)?;
        let high = *self.x.get(whole + 1)?;
        Some(low + (high - low) * (position - whole as f64) as f32)
    }
}

/// Scratch of the estimation.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    values: Vec<f32>,
    sorted: Vec<f32>,
    rate: clock::Search,
}

/// Estimates window number `window`; `before` is the one before.
pub(super) fn estimate(
    window: usize,
    lines: &Stream<Complex64>,
    signal: Signal<'_>,
    before: Option<&Window>,
    scratch: &mut Scratch,
) -> Window {
    let centre = centre_block(window);
    let around = lines.range(centre.saturating_sub(REACH), centre + REACH);
    let known = before.filter(|w| w.locked).map(|w| w.rate.deviation);
    let mut rate = clock::estimate_rate(around, known, &mut scratch.rate);
    if signal.nominal && rate.coherence < LOCK_COHERENCE {
        // The best of many rates that all say little; the nominal one is likelier.
        rate.deviation = known.unwrap_or(0.0);
    }
    let first = window * SEGMENT / BLOCK;
    let centre = (centre * BLOCK) as f64;
    let line = line_at(lines.range(first, first + BLOCKS), first, rate.deviation, centre);
    let mut this = Window {
        rate,
        offset: line.arg() / TAU,
        centre,
        ..Window::default()
    };
    let begin = (window * SEGMENT) as f64;
    let end = begin + (SEGMENTS * SEGMENT) as f64;
    scratch.values.clear();
    let speed = 1.0 + rate.deviation;
    let mut u = begin + (0.5 - this.clock(begin)).rem_euclid(1.0) / speed;
    while u < end {
        scratch.values.extend(signal.at(u));
        u += 1.0 / speed;
    }
    let held = before.map(|w| w.eye).unwrap_or_default();
    let measured = eye::measure(&scratch.values, &mut scratch.sorted);
    this.eye = measured.unwrap_or(held);
    this.locked = rate.coherence > LOCK_COHERENCE && this.ratio() > LOCK_RATIO;
    let limit = if signal.audio { CLEAR_AUDIO } else { CLEAR_IQ };
    this.clear = measured.is_some_and(|eye| rate.coherence * eye.ratio() > limit);
    this.trust = (rate.coherence / LOCK_COHERENCE).powi(2).min(1.0);
    this
}
