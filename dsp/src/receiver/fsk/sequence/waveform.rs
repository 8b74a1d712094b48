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
    samples: usize,
    /// Turns since the interval's beginning, `[place][sample][context]`.
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
        let samples = oversampling + 1;
        let mut turns = Vec::with_capacity(PLACES * samples * contexts);
        for place in 0..PLACES {
            for sample in 0..samples {
                let begin = (place as f64 + 0.5) / PLACES as f64;
                let t = (begin + sample as f64) / oversampling as f64 - 0.5;
                turns.extend((0..contexts).map(|context| phase(context, t)));
            }
        }
        Self {
            contexts,
            span,
            samples,
            turns,
            ends: (0..contexts).map(|context| phase(context, 0.5)).collect(),
        }
    }
}

/// The waveforms of one deviation, made as they are needed.
#[derive(Debug, Default)]
pub(super) struct Templates {
    deviation: f64,
    /// Conjugated, `[place][sample][context]`.
    re: Vec<f32>,
    im: Vec<f32>,
    made: [bool; PLACES],
    /// What an interval turns the carrier by.
    pub(super) turn_re: Vec<f32>,
    pub(super) turn_im: Vec<f32>,
}

impl Templates {
    /// Goes over to this deviation, in cycles per symbol.
    pub(super) fn set(&mut self, waveforms: &Waveforms, deviation: f64) {
        self.deviation = deviation;
        self.made = [false; PLACES];
        self.re.resize(waveforms.turns.len(), 0.0);
        self.im.resize(waveforms.turns.len(), 0.0);
        self.turn_re.clear();
        self.turn_im.clear();
        for end in &waveforms.ends {
            let turn = Complex64::cis(TAU * (end * deviation).fract());
            self.turn_re.push(turn.re as f32);
            self.turn_im.push(turn.im as f32);
        }
    }

    /// Correlates the samples of an interval, the first of which lies `begin` samples (0 to 1) behind its
    /// beginning, with every waveform.
    pub(super) fn correlate(
        &mut self,
        waveforms: &Waveforms,
        begin: f64,
        samples: &[(f32, f32)],
        out: (&mut [f32], &mut [f32]),
    ) {
        let place = ((begin * PLACES as f64) as usize).min(PLACES - 1);
        let size = waveforms.samples * waveforms.contexts;
        if !std::mem::replace(&mut self.made[place], true) {
            for n in place * size..(place + 1) * size {
                let wave = Complex64::cis(-TAU * (waveforms.turns[n] * self.deviation).fract());
                (self.re[n], self.im[n]) = (wave.re as f32, wave.im as f32);
            }
        }
        let contexts = waveforms.contexts;
        let (out_re, out_im) = out;
        out_re.fill(0.0);
        out_im.fill(0.0);
        for (n, &(re, im)) in samples.iter().take(waveforms.samples).enumerate() {
            let from = place * size + n * contexts;
            let wave_re = &self.re[from..from + contexts];
            let wave_im = &self.im[from..from + contexts];
            for k in 0..contexts {
                out_re[k] += re * wave_re[k] - im * wave_im[k];
                out_im[k] += re * wave_im[k] + im * wave_re[k];
            }
        }
    }
}
