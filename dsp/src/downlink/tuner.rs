//! From a stream to a narrower one around another frequency: oscillator and decimating filters.

use crate::nco::Nco;
use crate::{Complex32, design, kernel};

/// Attenuation of what folds onto the band when the rate is lowered, dB.
const STOP_DB: f64 = 80.0;
/// Largest decimation of one filter with another behind it.
const STEP: usize = 8;
/// Samples taken at a time, so that what is worked on stays near the processor.
const CHUNK: usize = 4096;

/// FIR filter of real taps that keeps every `decimation`-th output, from a row of samples that lie side by side.
#[derive(Debug)]
struct Decimator {
    decimation: usize,
    /// From that of the oldest sample on, each twice.
    taps: Vec<f32>,
    held: Vec<f32>,
    /// Values to come that no output needs.
    skip: usize,
}

impl Decimator {
    fn new(taps: &[f32], decimation: usize) -> Self {
        let mut filter = Self {
            decimation,
            taps: taps.iter().rev().flat_map(|&tap| [tap; 2]).collect(),
            held: Vec::new(),
            skip: 0,
        };
        filter.reset();
        filter
    }

    /// Input samples by which an output lies before the newest of its samples.
    fn delay(&self) -> usize {
        (self.taps.len() / 2 - 1) / 2
    }

    fn reset(&mut self) {
        self.held.clear();
        self.held.resize(self.taps.len() - 2, 0.0);
        self.skip = 0;
    }

    fn process(&mut self, input: &[Complex32], out: &mut Vec<Complex32>) {
        let passed_over = self.skip.min(input.len());
        self.skip -= passed_over;
        let input = &input[passed_over..];
        let from = self.held.len();
        self.held.resize(from + 2 * input.len(), 0.0);
        for (pair, sample) in self.held[from..].chunks_exact_mut(2).zip(input) {
            pair[0] = sample.re;
            pair[1] = sample.im;
        }
        let mut begin = 0;
        while let Some(window) = self.held.get(begin..begin + self.taps.len()) {
            let [re, im] = kernel::dot(window, &self.taps);
            out.push(Complex32::new(re, im));
            begin += 2 * self.decimation;
        }
        self.skip += begin.saturating_sub(self.held.len()) / 2;
        self.held.drain(..begin.min(self.held.len()));
    }
}

/// Moves a band to 0 Hz and lowers the rate as far as the band allows.
///
/// The output's rate is the input's over a whole number. Within the band the gain is 1 within 0.01 dB, and what folds
/// onto it from elsewhere is down by 80 dB.
#[derive(Debug)]
pub struct Tuner {
    nco: Option<Nco>,
    filters: Vec<Decimator>,
    decimation: usize,
    delay: usize,
    buffers: [Vec<Complex32>; 2],
}

impl Tuner {
    /// A tuner from a stream of this rate to the band `half_width_hz` to either side of `centre_hz`, at
    /// `least_rate_hz` or up to twice that; the stream's own rate where that is less.
    pub fn new(rate_hz: f64, centre_hz: f64, half_width_hz: f64, least_rate_hz: f64) -> Self {
        let mut filters = Vec::new();
        let (mut rate, mut decimation, mut delay) = (rate_hz, 1, 0);
        for factor in factors(rate_hz / least_rate_hz) {
            let lower = rate / factor as f64;
            // A band wider than the lower rate holds is cut off at its edge.
            let pass = half_width_hz.min(0.45 * lower);
            let stop = lower - pass;
            let taps = design::low_pass(f64::midpoint(pass, stop) / rate, (stop - pass) / rate, STOP_DB);
            let filter = Decimator::new(&taps, factor);
            delay += decimation * filter.delay();
            decimation *= factor;
            rate = lower;
            filters.push(filter);
        }
        Self {
            nco: (centre_hz != 0.0).then(|| Nco::new(-centre_hz / rate_hz)),
            filters,
            decimation,
            delay,
            buffers: [Vec::new(), Vec::new()],
        }
    }

    /// Input samples per output sample.
    pub fn decimation(&self) -> usize {
        self.decimation
    }

    /// Output `n` is at input sample `n · decimation − delay`.
    pub fn delay(&self) -> usize {
        self.delay
    }

    /// Takes the next samples, appends what is final.
    pub fn process(&mut self, input: &[Complex32], out: &mut Vec<Complex32>) {
        let [first, second] = &mut self.buffers;
        for chunk in input.chunks(CHUNK) {
            first.clear();
            first.extend_from_slice(chunk);
            if let Some(nco) = &mut self.nco {
                nco.mix(first);
            }
            for filter in &mut self.filters {
                second.clear();
                filter.process(first, second);
                std::mem::swap(first, second);
            }
            out.extend_from_slice(first);
        }
    }

    /// Forgets the samples so far: the next one is sample 0.
    pub fn reset(&mut self) {
        if let Some(nco) = &mut self.nco {
            nco.reset();
        }
        self.filters.iter_mut().for_each(Decimator::reset);
    }
}

/// Decimations whose product comes near `ratio` from below.
fn factors(ratio: f64) -> Vec<usize> {
    let mut rest = ratio;
    let mut list = Vec::new();
    while rest >= 2.0 {
        // What is left behind a full step is decimated by two or more, or not at all.
        let factor = if rest >= 2.0 * STEP as f64 {
            STEP
        } else {
            rest as usize
        };
        list.push(factor);
        rest /= factor as f64;
    }
    list
}
