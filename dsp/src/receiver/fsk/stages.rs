//! From samples to stretches of soft bits.

use super::channel_half_width;
use super::clock::{self, BLOCK};
use super::discriminator::Discriminator;
use super::eye::Eye;
use super::front::Front;
use super::sequence::{self, Follower, Guess, Place, Sequence};
use super::stream::Stream;
use super::tones::Tones;
use super::track::{Emitted, Track};
use super::window::{self, SEGMENT, SEGMENTS, Scratch, Signal, Window};
use crate::modulator::{FOUR_LEVELS, deviation_hz};
use crate::{Complex32, FskInput, Modulation, SignalConfig, SoftBatch};
use num_complex::Complex64;

/// Deviation from which a filter for each tone is better than a discriminator, in symbol rates, and the search range
/// up to which.
const LEAST_APART: f64 = 0.45;
const MOST_ASIDE: f64 = 0.25;
/// Part of its trust that a stretch keeps whose rows of symbols are not those of a signal.
const DOUBT: f64 = 0.3;

/// Everything that starts afresh after a gap.
#[derive(Debug)]
pub(super) struct Stages {
    pub(super) front: Front,
    discriminator: Discriminator,
    /// In place of the discriminator, when the tones are far apart.
    tones: Option<Tones>,
    follower: Option<Follower>,
    iq: Stream<Complex32>,
    audio: bool,
    oversampled: Vec<Complex32>,
    pub(super) x: Stream<f32>,
    lines: Stream<Complex64>,
    pub(super) windows: Stream<Window>,
    pub(super) track: Track,
    scratch: Scratch,
}

impl Stages {
    pub(super) fn new(config: &SignalConfig, oversampling: usize) -> Self {
        let half_width = channel_half_width(config);
        let width_hz = match config.fsk_input {
            FskInput::FmAudio => 1.5 * config.symbol_rate_hz,
            FskInput::Iq => half_width * 1.3 * config.symbol_rate_hz + config.search_hz,
        };
        let discriminator = match config.fsk_input {
            FskInput::FmAudio => Discriminator::audio(oversampling),
            FskInput::Iq => Discriminator::iq(
                oversampling,
                half_width + config.search_hz / config.symbol_rate_hz,
            ),
        };
        Self {
            front: Front::new(config, oversampling, width_hz),
            follower: None,
            iq: Stream::new(),
            tones: tones(config, oversampling),
            discriminator,
            audio: config.fsk_input == FskInput::FmAudio,
            oversampled: Vec::new(),
            x: Stream::new(),
            lines: Stream::new(),
            windows: Stream::new(),
            track: Track::new(),
            scratch: Scratch::default(),
        }
    }

    /// Detects rows of symbols from IQ of FSK. `eye` is that of a clean signal.
    pub(super) fn follow(&mut self, config: &SignalConfig, oversampling: usize, eye: &Eye) {
        let levels: &[f64] = match config.modulation {
            Modulation::Fsk => &[-1.0, 1.0],
            Modulation::Fsk4 => &FOUR_LEVELS,
            _ => return,
        };
        if config.fsk_input != FskInput::Iq {
            return;
        }
        let deviation = deviation_hz(config) / config.symbol_rate_hz;
        let sequence = Sequence::new(config.pulse, levels, oversampling, self.delay());
        let guess = Guess {
            // Of four frequencies the eye, which knows two levels, says less than the usual deviation.
            expected: (levels.len() > 2 || config.deviation_hz.is_some()).then_some(deviation),
            shrunk: deviation / eye.amplitude.max(1e-3),
            search: self
                .tones
                .is_some()
                .then_some(config.search_hz / config.symbol_rate_hz),
        };
        self.follower = Some(Follower::new(sequence, guess));
    }

    /// Deviation of the signal found last, in cycles per symbol.
    pub(super) fn deviation(&self) -> Option<f64> {
        self.follower.as_ref()?.deviation()
    }

    /// Oversampled samples that a value of `x` lies before its index.
    fn delay(&self) -> f64 {
        let tones = self.tones.as_ref().map(Tones::delay);
        tones.unwrap_or_else(|| self.discriminator.delay())
    }

    /// Source position of a position in `x`, relative to where the stages began.
    pub(super) fn source(&self, position: f64) -> f64 {
        self.front.source(position - self.delay())
    }

    pub(super) fn position(&self, source: f64) -> f64 {
        self.front.position(source) + self.delay()
    }

    pub(super) fn latency(&self) -> usize {
        let behind = (self.delay() + 4.0) * self.front.step();
        self.front.latency() + behind.ceil() as usize
    }

    pub(super) fn samples(&mut self, samples: &[Complex32]) {
        self.oversampled.clear();
        self.front.process(samples, &mut self.oversampled);
        match &mut self.tones {
            Some(tones) => tones.process(&self.oversampled, &mut self.x),
            None => self.discriminator.process(&self.oversampled, &mut self.x),
        }
        if self.follower.is_some() {
            self.oversampled.iter().for_each(|&sample| self.iq.push(sample));
        }
    }

    /// Estimates all windows for which enough is known.
    pub(super) fn estimate(&mut self, oversampling: usize, ended: bool) {
        let block = BLOCK * oversampling;
        while self.x.end() >= (self.lines.end() + 1) * block
            || (ended && self.x.end() > self.lines.end() * block)
        {
            let line = clock::block_line(&self.x, self.lines.end(), oversampling);
            self.lines.push(line);
        }
        loop {
            let number = self.windows.end();
            let begins = number * SEGMENT * oversampling;
            let known = self.lines.end() >= window::blocks_needed(number);
            if !(known || ended && begins < self.x.end()) {
                return;
            }
            let before = number.checked_sub(1).and_then(|before| self.windows.get(before));
            let window = window::estimate(
                number,
                &self.lines,
                Signal {
                    x: &self.x,
                    oversampling,
                    nominal: self.follower.is_some(),
                    audio: self.audio,
                },
                before,
                &mut self.scratch,
            );
            self.windows.push(window);
        }
    }

    /// Appends the soft bits of the next stretch.
    pub(super) fn emit(
        &mut self,
        oversampling: usize,
        ended: bool,
        llrs: &mut Vec<i8>,
    ) -> Option<(Emitted, Option<(Place, f64)>)> {
        loop {
            let stretch = self.track_stretch(oversampling, ended);
            let Some(follower) = &mut self.follower else {
                let stretch = stretch?;
                let ratios = &self.track.ratios;
                llrs.extend(ratios.iter().map(|ratio| soft(stretch.trust * ratio)));
                return Some((stretch, None));
            };
            if let Some((delay, anew)) =
                stretch.and_then(|stretch| follower.push(&self.iq, stretch, &self.track.ratios))
            {
                self.track.hear(delay, anew);
            }
            if let Some((stretch, place, ratio, ratios)) = follower.pop(ended && stretch.is_none()) {
                let trust = if stretch.locked { 1.0 } else { DOUBT };
                llrs.extend(ratios.iter().map(|&ratio| soft(trust * f64::from(ratio))));
                self.track.values.clear();
                self.track.values.extend_from_slice(ratios);
                return Some((stretch, Some((place, ratio))));
            }
            stretch?;
        }
    }

    fn track_stretch(&mut self, oversampling: usize, ended: bool) -> Option<Emitted> {
        let begins = self.source(0.0);
        let first = if begins < 0.0 {
            self.position(0.0) / oversampling as f64
        } else {
            0.0
        };
        self.track.emit(
            &self.windows,
            Signal {
                x: &self.x,
                oversampling,
                nominal: self.follower.is_some(),
                audio: self.audio,
            },
            first,
            ended,
        )
    }

    pub(super) fn forget(&mut self, oversampling: usize) {
        let segment = self
            .windows
            .end()
            .min(self.track.segment())
            .saturating_sub(SEGMENTS + 1);
        self.x.forget(segment * SEGMENT * oversampling);
        self.iq
            .forget(segment.saturating_sub(sequence::REACH) * SEGMENT * oversampling);
        self.lines
            .forget((segment * SEGMENT / BLOCK).saturating_sub(clock::REACH));
        self.windows.forget(segment);
    }
}

/// The tones, when they are so far apart that they are better told by a filter for each, and each is near enough to
/// where it should be.
fn tones(config: &SignalConfig, oversampling: usize) -> Option<Tones> {
    let apart = config.deviation_hz? / config.symbol_rate_hz;
    let fits = config.modulation == Modulation::Fsk
        && config.fsk_input == FskInput::Iq
        && apart >= LEAST_APART
        && config.search_hz <= MOST_ASIDE * config.symbol_rate_hz;
    fits.then(|| Tones::new(oversampling, apart))
}

/// A soft bit of this log-likelihood ratio.
fn soft(ratio: f64) -> i8 {
    (ratio / f64::from(SoftBatch::LLR_UNIT))
        .round()
        .clamp(-127.0, 127.0) as i8
}
