//! What a symbol looks like among its neighbours, as the phase that it adds.

use crate::Pulse;
use crate::modulator::{gaussian_phase, gaussian_sigma};
use num_complex::Complex64;
use std::f64::consts::TAU;

/// Places between two samples at which an interval may begin.
const PLACES: usize = 16;

/// The phase over one symbol's interval for every row of symbols that reaches into it, at a deviation of one
/// cycle per symbol.
///
/// A row of `span` symbols, the oldest one highest, is a number to the base `levels`: its context. The symbol whose
/// interval it is stands in the middle.
#[derive(Debug)]
pub(super) struct Waveforms {
    pub(super) contexts: usize,
    pub(super) span: usize,
    /// Samples of an interval.
    pub(super) samples: usize,
    /// Turns since the interval's beginning, `[place][context][sample]`.
    turns: Vec<f64>,
    /// Turns over the whole interval.
    pub(super) ends: Vec<f64>,
}

impl Waveforms {
    /// `levels`: the values of the symbols, 1 being full deviation.
    pub(super) fn new(pulse: Pulse, levels: &[f64], oversampling: usize) -> Self {
        let span = match pulse {
            Pulse::Gaussian { bt } if bt < 0.25 => 5,
            Pulse::Gaussian { .. } => 3,
            _ => 1,
        };
        let ramp = |t: f64| match pulse {
            Pulse::Gaussian { bt } => gaussian_phase(t, gaussian_sigma(bt)),
            _ => (t + 0.5).clamp(0.0, 1.0),
        };
        let contexts = levels.len().pow(span as u32);
        let reach = span as i64 / 2;
        let phase = |context: usize, t: f64| -> f64 {
            let mut rest = context;
            (-reach..=reach)
                .rev()
                .map(|place| {
                    let level = levels[rest % levels.len()];
                    rest /= levels.len();
                    let place = place as f64;
                    level * (ramp(t - place) - ramp(-0.5 - place))
                })
                .sum()
        };
        let mut turns = Vec::with_capacity(PLACES * contexts * oversampling);
        for place in 0..PLACES {
            let begin = (place as f64 + 0.5) / PLACES as f64;
            for context in 0..contexts {
                let at = |sample| (begin + f64::from(sample)) / oversampling as f64 - 0.5;
                turns.extend((0..oversampling as u32).map(|sample| phase(context, at(sample))));
            }
        }
        Self {
            contexts,
            span,
            samples: oversampling,
            turns,
            ends: (0..contexts).map(|context| phase(context, 0.5)).collect(),
        }
    }
}

/// The waveforms of one deviation, made as they are needed.
#[derive(Debug)]
pub(super) struct Templates {
    deviation: f64,
    /// Conjugated, `[place][context][sample]`.
    re: Vec<f32>,
    im: Vec<f32>,
    made: [bool; PLACES],
    /// What an interval turns the carrier by.
    pub(super) turn_re: Vec<f32>,
    pub(super) turn_im: Vec<f32>,
}

impl Templates {
    pub(super) fn new(waveforms: &Waveforms) -> Self {
        Self {
            deviation: f64::NAN,
            re: vec![0.0; waveforms.turns.len()],
            im: vec![0.0; waveforms.turns.len()],
            made: [false; PLACES],
            turn_re: Vec::new(),
            turn_im: Vec::new(),
        }
    }

    /// Goes over to this deviation, in cycles per symbol.
    pub(super) fn set(&mut self, waveforms: &Waveforms, deviation: f64) {
        if self.deviation == deviation {
            return;
        }
        self.deviation = deviation;
        self.made = [false; PLACES];
        self.turn_re.clear();
        self.turn_im.clear();
        for end in &waveforms.ends {
            let turn = Complex64::cis(TAU * (end * deviation).fract());
            self.turn_re.push(turn.re as f32);
            self.turn_im.push(turn.im as f32);
        }
    }

    /// The waveforms of an interval whose first sample lies `begin` samples (0 to 1) behind its beginning: real and
    /// imaginary parts, one context after the other.
    pub(super) fn waves(&mut self, waveforms: &Waveforms, begin: f64) -> [&[f32]; 2] {
        let place = ((begin * PLACES as f64) as usize).min(PLACES - 1);
        let size = waveforms.contexts * waveforms.samples;
        let waves = place * size..(place + 1) * size;
        if !std::mem::replace(&mut self.made[place], true) {
            for n in waves.clone() {
                let wave = Complex64::cis(-TAU * (waveforms.turns[n] * self.deviation).fract());
                (self.re[n], self.im[n]) = (wave.re as f32, wave.im as f32);
            }
        }
        [&self.re[waves.clone()], &self.im[waves]]
    }
}
