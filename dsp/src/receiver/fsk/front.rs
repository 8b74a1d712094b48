//! Source samples to a whole number of samples per nominal symbol.

use super::deviation_hz;
use crate::design::low_pass;
use crate::fir::Fir;
use crate::nco::Nco;
use crate::resample::Resampler;
use crate::{Complex32, FskInput, SignalConfig};

/// Symbol rates beyond the deviation that hold all but a hundredth of the power.
const BESIDE: f64 = 1.5;
/// Symbol rates from what is passed to what is not.
const TRANSITION: f64 = 0.5;

/// Mixes to zero frequency, filters to what may hold the signal, and resamples.
#[derive(Debug)]
pub(super) struct Front {
    nco: Option<Nco>,
    decimator: Option<Fir>,
    resampler: Resampler,
    /// Keeps neighbours out of IQ: the symbols' correlations let too much of them in.
    channel: Option<Fir>,
    audio: bool,
    /// Source samples per output sample, and source samples that an output sample lies before its index.
    step: f64,
    delay: f64,
    mixed: Vec<Complex32>,
    decimated: Vec<Complex32>,
    resampled: Vec<Complex32>,
}

impl Front {
    /// `oversampling` output samples per symbol; `half_width_hz` is passed on either side of the carrier.
    pub(super) fn new(config: &SignalConfig, oversampling: usize, half_width_hz: f64) -> Self {
        let rate = config.sample_rate_hz;
        let wanted = config.symbol_rate_hz * oversampling as f64;
        // The filter's transition lies between the signal and what folds onto it after decimation.
        let needed = wanted.min(rate).max(3.0 * half_width_hz);
        let decimation = (rate / needed).floor().max(1.0) as usize;
        let decimated_rate = rate / decimation as f64;
        let decimator = (decimation > 1).then(|| {
            let width = half_width_hz.min(decimated_rate * 0.4);
            let stop = decimated_rate - width;
            let taps = low_pass(f64::midpoint(width, stop) / rate, (stop - width) / rate, 60.0);
            Fir::new(taps, decimation)
        });
        Self {
            nco: (config.carrier_hz != 0.0 && config.fsk_input == FskInput::Iq)
                .then(|| Nco::new(-config.carrier_hz / rate)),
            delay: decimator.as_ref().map_or(0.0, Fir::group_delay_samples),
            decimator,
            resampler: Resampler::new(wanted / decimated_rate),
            channel: channel(config, oversampling),
            audio: config.fsk_input == FskInput::FmAudio,
            step: rate / wanted,
            mixed: Vec::new(),
            decimated: Vec::new(),
            resampled: Vec::new(),
        }
    }

    /// Output samples that the channel filter takes.
    fn channel_delay(&self) -> f64 {
        self.channel.as_ref().map_or(0.0, Fir::group_delay_samples)
    }

    /// Source samples per output sample.
    pub(super) fn step(&self) -> f64 {
        self.step
    }

    /// Source position (in samples since the start) of an output position.
    pub(super) fn source(&self, position: f64) -> f64 {
        (position - self.channel_delay()) * self.step - self.delay
    }

    /// Output position of a source position.
    pub(super) fn position(&self, source: f64) -> f64 {
        (source + self.delay) / self.step + self.channel_delay()
    }

    /// Source samples of silence after which everything has come out.
    pub(super) fn latency(&self) -> usize {
        let decimation = self
            .decimator
            .as_ref()
            .map_or(1.0, |fir| 2.0 * fir.group_delay_samples() + 1.0);
        let ahead = self.resampler.group_delay_samples() + 2.0 * self.channel_delay() + 2.0;
        (decimation + ahead * self.step.max(1.0) * decimation).ceil() as usize
    }

    /// Takes finite samples, appends what is final.
    pub(super) fn process(&mut self, samples: &[Complex32], out: &mut Vec<Complex32>) {
        self.mixed.clear();
        if self.audio {
            self.mixed
                .extend(samples.iter().map(|s| Complex32::new(s.re, 0.0)));
        } else {
            self.mixed.extend_from_slice(samples);
        }
        if let Some(nco) = &mut self.nco {
            nco.mix(&mut self.mixed);
        }
        let decimated = match &mut self.decimator {
            None => &self.mixed,
            Some(fir) => {
                self.decimated.clear();
                fir.process(&self.mixed, &mut self.decimated);
                &self.decimated
            }
        };
        match &mut self.channel {
            None => self.resampler.process(decimated, out),
            Some(channel) => {
                self.resampled.clear();
                self.resampler.process(decimated, &mut self.resampled);
                channel.process(&self.resampled, out);
            }
        }
    }
}

/// Filter that passes nearly all of an FSK signal; `None` where that is nearly all of the output's band.
fn channel(config: &SignalConfig, oversampling: usize) -> Option<Fir> {
    if config.fsk_input != FskInput::Iq {
        return None;
    }
    let pass = (deviation_hz(config) + config.search_hz) / config.symbol_rate_hz + BESIDE;
    let [pass, transition] = [pass, TRANSITION].map(|rates| rates / oversampling as f64);
    (pass + transition < 0.5).then(|| Fir::new(low_pass(pass + transition / 2.0, transition, 60.0), 1))
}
