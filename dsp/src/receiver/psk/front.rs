//! From the source's samples to a baseband stream of a few samples per symbol.

use super::Plan;
use crate::dc::DcRemover;
use crate::fir::Fir;
use crate::iq::IqCorrector;
use crate::nco::Nco;
use crate::resample::Resampler;
use crate::usable::take_usable;
use crate::{Complex32, design};

/// Cleans, centres, filters and decimates.
#[derive(Debug)]
pub(super) struct FrontEnd {
    dc: Option<DcRemover>,
    iq: Option<IqCorrector>,
    nco: Option<Nco>,
    stages: Vec<Fir>,
    up: Option<Resampler>,
    /// Source sample of output `n` is `scale * n + offset`.
    scale: f64,
    offset: f64,
    buffers: [Vec<Complex32>; 2],
}

impl FrontEnd {
    pub fn new(plan: &Plan) -> Self {
        let mut rate = plan.sample_rate_hz;
        let (mut scale, mut offset) = (1.0, 0.0);
        let mut stages = Vec::new();
        for &factor in &plan.decimations {
            let pass = plan.pass_hz / rate;
            let stop = 1.0 / factor as f64 - pass;
            let fir = Fir::new(
                design::low_pass(f64::midpoint(pass, stop), stop - pass, 70.0),
                factor,
            );
            offset -= scale * fir.group_delay_samples();
            scale *= factor as f64;
            rate /= factor as f64;
            stages.push(fir);
        }
        let up = (plan.upsampling > 1).then(|| Resampler::new(plan.upsampling as f64));
        scale /= plan.upsampling as f64;
        let in_band = plan.carrier_hz.abs() < plan.pass_hz;
        Self {
            dc: in_band.then(|| DcRemover::new(plan.sample_rate_hz / plan.symbol_rate_hz)),
            iq: IqCorrector::suits(plan.keying).then(IqCorrector::new),
            nco: (plan.carrier_hz != 0.0).then(|| Nco::new(-plan.carrier_hz / plan.sample_rate_hz)),
            stages,
            up,
            scale,
            offset,
            buffers: [Vec::new(), Vec::new()],
        }
    }

    /// Source samples per output sample.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Source sample, counted from the start of this front end, at output position `n`.
    pub fn source_position(&self, n: f64) -> f64 {
        self.scale * n + self.offset
    }

    /// Output position of a source sample.
    pub fn output_position(&self, source: f64) -> f64 {
        (source - self.offset) / self.scale
    }

    /// Source samples that must follow one for its output to appear.
    fn latency(&self) -> usize {
        let up = self
            .up
            .as_ref()
            .map_or(0.0, |up| up.group_delay_samples() * self.scale * 2.0);
        (up - self.offset).ceil() as usize + self.scale.ceil() as usize
    }

    /// The input has ended: zeros push out what is inside.
    pub fn flush(&mut self) -> &[Complex32] {
        (self.dc, self.iq) = (None, None);
        let zeros = vec![Complex32::ZERO; self.latency()];
        self.process(&zeros).0
    }

    /// Takes samples, returns the baseband samples that became final, and the energy of the input.
    pub fn process(&mut self, input: &[Complex32]) -> (&[Complex32], f64) {
        let [first, second] = &mut self.buffers;
        let energy = take_usable(input, first);
        if let Some(dc) = &mut self.dc {
            dc.process(first);
        }
        if let Some(iq) = &mut self.iq {
            iq.process(first);
        }
        if let Some(nco) = &mut self.nco {
            nco.mix(first);
        }
        for stage in &mut self.stages {
            second.clear();
            stage.process(first, second);
            std::mem::swap(first, second);
        }
        if let Some(up) = &mut self.up {
            second.clear();
            up.process(first, second);
            std::mem::swap(first, second);
        }
        (first, energy)
    }
}
