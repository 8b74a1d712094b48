//! Samples to frequency, averaged over a symbol: the matched filter of a rectangular frequency pulse.

use super::stream::Stream;
use crate::Complex32;
use crate::design::low_pass;
use crate::fir::Fir;
use std::f32::consts::TAU;

/// Turns oversampled IQ into instantaneous frequency in units of the symbol rate (FM audio stays in its own
/// units), and averages it over one symbol.
#[derive(Debug)]
pub(super) struct Discriminator {
    channel: Option<Fir>,
    oversampling: usize,
    previous: Complex32,
    filtered: Vec<Complex32>,
    recent: Vec<f32>,
    delay: f64,
}

impl Discriminator {
    /// For IQ: with a channel filter of this half width (in symbol rates).
    pub(super) fn iq(oversampling: usize, half_width: f64) -> Self {
        let rate = oversampling as f64;
        let channel = Fir::new(low_pass(half_width / rate, 0.5 * half_width / rate, 40.0), 1);
        let mut this = Self::audio(oversampling);
        this.delay += channel.group_delay_samples() + 0.5;
        this.channel = Some(channel);
        this
    }

    pub(super) fn audio(oversampling: usize) -> Self {
        Self {
            channel: None,
            oversampling,
            previous: Complex32::new(0.0, 0.0),
            filtered: Vec::new(),
            recent: vec![0.0; oversampling - 1],
            delay: (oversampling as f64 - 1.0) / 2.0,
        }
    }

    /// Input samples that an output lies before its index.
    pub(super) fn delay(&self) -> f64 {
        self.delay
    }

    pub(super) fn process(&mut self, samples: &[Complex32], out: &mut Stream<f32>) {
        match &mut self.channel {
            None => self.recent.extend(samples.iter().map(|s| s.re)),
            Some(channel) => {
                self.filtered.clear();
                channel.process(samples, &mut self.filtered);
                let scale = self.oversampling as f32 / TAU;
                for &sample in &self.filtered {
                    let turn = sample * self.previous.conj();
                    self.previous = sample;
                    self.recent.push(turn.im.atan2(turn.re) * scale);
                }
            }
        }
        for window in self.recent.windows(self.oversampling) {
            out.push(window.iter().sum::<f32>() / self.oversampling as f32);
        }
        let keep = self.recent.len() - (self.oversampling - 1);
        self.recent.drain(..keep);
    }
}
