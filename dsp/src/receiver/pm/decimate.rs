//! Low-pass filter and decimation in stages, with the place of each output in the input.

use crate::Complex32;
use crate::design;
use crate::fir::Fir;
use crate::receiver::psk::plan::factors;

/// Attenuation of what would fold into the band, dB.
const STOP_DB: f64 = 70.0;

/// A low-pass filter that keeps as many samples as the band needs.
///
/// Output `n` lies on input `scale * n + offset`; outputs that would lie before input 0 are left out.
#[derive(Debug)]
pub(super) struct Decimator {
    stages: Vec<Fir>,
    scale: f64,
    offset: f64,
    /// Outputs that lie before the input, and how many of them are still to be left out.
    early: usize,
    skip: usize,
    buffers: [Vec<Complex32>; 2],
}

impl Decimator {
    /// Passes `pass_hz` to both sides and keeps at least `least_rate_hz` of `rate_hz` samples per second.
    pub fn new(rate_hz: f64, pass_hz: f64, least_rate_hz: f64) -> Self {
        Self::of_stages(designs(rate_hz, pass_hz, least_rate_hz), 0)
    }

    /// As [`Decimator::new`], but without the first stage: its taps and its decimation. It is given what that one's
    /// outputs would be.
    pub fn without_first(rate_hz: f64, pass_hz: f64, least_rate_hz: f64) -> ((Vec<f32>, usize), Self) {
        let stages = designs(rate_hz, pass_hz, least_rate_hz);
        let first = stages.first().cloned().unwrap_or((vec![1.0], 1));
        (first, Self::of_stages(stages, 1))
    }

    /// These stages, the first `done` of which are another's work.
    fn of_stages(designs: Vec<(Vec<f32>, usize)>, done: usize) -> Self {
        let (mut scale, mut offset) = (1.0, 0.0);
        let mut stages = Vec::new();
        for (n, (taps, factor)) in designs.into_iter().enumerate() {
            let fir = Fir::new(taps, factor);
            offset -= scale * fir.group_delay_samples();
            scale *= factor as f64;
            if n >= done {
                stages.push(fir);
            }
        }
        let skip = (-offset / scale).ceil();
        Self {
            stages,
            scale,
            offset: offset + skip * scale,
            early: skip as usize,
            skip: skip as usize,
            buffers: [Vec::new(), Vec::new()],
        }
    }

    /// Leaves out the outputs, too, that depend on what would have been before input 0.
    pub fn settled(mut self) -> Self {
        self.offset += self.early as f64 * self.scale;
        self.early *= 2;
        self.skip = self.early;
        self
    }

    /// Input samples per output sample.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Input position of an output position.
    pub fn input_at(&self, output: f64) -> f64 {
        self.scale * output + self.offset
    }

    /// Output position of an input position.
    pub fn output_at(&self, input: f64) -> f64 {
        (input - self.offset) / self.scale
    }

    /// Input samples that must follow one for its output to appear.
    pub fn latency(&self) -> usize {
        ((self.early as f64 + 2.0) * self.scale).ceil() as usize
    }

    /// Whether the outputs are the samples themselves.
    pub fn is_identity(&self) -> bool {
        self.stages.is_empty() && self.early == 0
    }

    /// Takes samples, appends the outputs that are final.
    pub fn process(&mut self, input: &[Complex32], out: &mut Vec<Complex32>) {
        let [first, second] = &mut self.buffers;
        let last: &[Complex32] = if let Some((stage, after)) = self.stages.split_first_mut() {
            first.clear();
            stage.process(input, first);
            for stage in after {
                second.clear();
                stage.process(first, second);
                std::mem::swap(first, second);
            }
            first
        } else {
            input
        };
        let skipped = self.skip.min(last.len());
        self.skip -= skipped;
        out.extend_from_slice(&last[skipped..]);
    }
}

/// Taps and decimation of each stage.
fn designs(rate_hz: f64, pass_hz: f64, least_rate_hz: f64) -> Vec<(Vec<f32>, usize)> {
    let mut rate = rate_hz;
    factors(rate_hz / least_rate_hz)
        .into_iter()
        .map(|factor| {
            let pass = pass_hz / rate;
            let stop = 1.0 / factor as f64 - pass;
            rate /= factor as f64;
            let taps = design::low_pass(f64::midpoint(pass, stop), stop - pass, STOP_DB);
            (taps, factor)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_lie_where_they_are_said_to_lie() {
        for least in [20.0, 70.0, 240.0, 900.0] {
            let mut decimator = Decimator::new(1000.0, 3.0, least);
            let freq = 0.002_f32;
            let input: Vec<Complex32> = (0..4000)
                .map(|n| Complex32::cis(std::f32::consts::TAU * freq * n as f32))
                .collect();
            let mut out = Vec::new();
            input.chunks(77).for_each(|few| decimator.process(few, &mut out));
            assert!(decimator.input_at(0.0) >= 0.0);
            let begin = 300.0;
            let n = decimator.output_at(begin).ceil() as usize;
            let at = decimator.input_at(n as f64);
            let error = out[n] - Complex32::cis((std::f64::consts::TAU * f64::from(freq) * at) as f32);
            assert!(error.norm() < 2e-3, "{least} at {n}: {error}");
            let held = decimator.output_at((4000 - decimator.latency()) as f64);
            assert!(out.len() as f64 > held, "{} of {held}", out.len());
        }
    }
}
