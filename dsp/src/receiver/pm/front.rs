//! From the source's samples to a stream with the nominal carrier at zero frequency.

use super::Plan;
use super::decimate::Decimator;
use crate::Complex32;
use crate::nco::Nco;
use crate::usable::take_usable;

/// Cleans, centres, filters and decimates. A constant is left in: it may be the carrier.
#[derive(Debug)]
pub(super) struct FrontEnd {
    nco: Option<Nco>,
    filter: Decimator,
    clean: Vec<Complex32>,
    out: Vec<Complex32>,
}

impl FrontEnd {
    pub fn new(plan: &Plan) -> Self {
        Self {
            nco: (plan.carrier_hz != 0.0).then(|| Nco::new(-plan.carrier_hz / plan.sample_rate_hz)),
            filter: Decimator::new(plan.sample_rate_hz, plan.pass_hz, plan.wide_rate_hz()),
            clean: Vec::new(),
            out: Vec::new(),
        }
    }

    pub fn filter(&self) -> &Decimator {
        &self.filter
    }

    /// Takes samples, returns those of the stream that became final, and the energy of the input.
    pub fn process(&mut self, input: &[Complex32]) -> (&[Complex32], f64) {
        let energy = take_usable(input, &mut self.clean);
        if let Some(nco) = &mut self.nco {
            nco.mix(&mut self.clean);
        }
        if self.filter.is_identity() {
            return (&self.clean, energy);
        }
        self.out.clear();
        self.filter.process(&self.clean, &mut self.out);
        (&self.out, energy)
    }

    /// The input has ended: zeros push out what is inside.
    pub fn flush(&mut self) -> &[Complex32] {
        let zeros = vec![Complex32::ZERO; self.filter.latency()];
        self.process(&zeros).0
    }
}
