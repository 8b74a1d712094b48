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
        let (mut scale, mut offset) = (1.0, 0.0);
        let mut stages = Vec::new();
        let mut rate = rate_hz;
        for factor in factors(rate_hz / least_rate_hz) {
            let pass = pass_hz / rate;
            let stop = 1.0 / factor as f64 - pass;
            let taps = design::low_pass(f64::midpoint(pass, stop), stop - pass, STOP_DB);
            let fir = Fir::new(taps, factor);
            offset -= scale * fir.group_delay_samples();
            scale *= factor as f64;
            rate /= factor as f64;
            stages.push(fir);
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

    /// Takes samples, appends the outputs that are final.
    pub fn process(&mut self, input: &[Complex32], out: &mut Vec<Complex32>) {
        let [first, second] = &mut self.buffers;
        let Some((last, before)) = self.stages.split_last_mut() else {
            out.extend_from_slice(input);
            return;
        };
        first.clear();
        first.extend_from_slice(input);
        for stage in before {
            second.clear();
            stage.process(first, second);
            std::mem::swap(first, second);
        }
        if self.skip == 0 {
            last.process(first, out);
            return;
        }
        second.clear();
        last.process(first, second);
        let skipped = self.skip.min(second.len());
        self.skip -= skipped;
        out.extend_from_slice(&second[skipped..]);
    }
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
