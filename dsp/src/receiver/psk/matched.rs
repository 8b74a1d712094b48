//! The matched filter over a held stretch of baseband, and values of its output between the samples.

use super::Plan;
use crate::receiver::gmsk::MainPulse;
use crate::{Complex32, Pulse, design, kernel};
use std::f64::consts::TAU;

/// Baseband samples that share one exactly computed phasor.
const BLOCK: i64 = 64;
/// Positions between two samples that the interpolator is tabulated at.
const PHASES: usize = 256;
/// Units of a position in a sample.
const UNIT: f64 = 4_294_967_296.0;
/// Units in half the distance of two tabulated positions.
const HALF_PHASE: usize = (1 << 32) / PHASES / 2;

/// Baseband samples held for the windows in work, filtered for one carrier frequency.
#[derive(Debug)]
pub(super) struct Matched {
    taps: Vec<f32>,
    half: i64,
    decimation: i64,
    base: Vec<Complex32>,
    base_first: i64,
    /// Carrier the output is centred on, cycles per baseband sample.
    tuned: f64,
    output: Vec<f32>,
    output_first: i64,
    scratch: Scratch,
    /// Outputs that are forgotten together, so that what follows them is rarely moved.
    batch: i64,
}

/// Working memory of the filter.
#[derive(Debug, Default, Clone)]
struct Scratch {
    mixed: Vec<f32>,
    planes: Vec<Vec<f32>>,
}

impl Matched {
    pub fn new(plan: &Plan) -> Self {
        let taps = matched_taps(plan);
        let half = (taps.len() / 2) as i64;
        let decimation = plan.matched_decimation as i64;
        Self {
            taps,
            half,
            decimation,
            base: vec![Complex32::ZERO; half as usize],
            base_first: -half,
            tuned: 0.0,
            output: Vec::new(),
            output_first: 0,
            scratch: Scratch::default(),
            batch: (4.0 * plan.window as f64 * plan.samples_per_symbol()) as i64,
        }
    }

    pub fn push(&mut self, samples: &[Complex32]) {
        self.base.extend_from_slice(samples);
    }

    /// First output that cannot be computed yet.
    pub fn end(&self) -> i64 {
        let last = self.base_first + self.base.len() as i64 - 1 - self.half;
        last.div_euclid(self.decimation) + 1
    }

    /// Baseband samples after one that its output depends on.
    pub fn reach(&self) -> usize {
        self.half as usize
    }

    /// Carrier that [`Self::output`] is centred on, cycles per baseband sample.
    pub fn tuned(&self) -> f64 {
        self.tuned
    }

    /// Centres the output on another carrier, from output `from` on.
    pub fn retune(&mut self, freq: f64, from: i64) {
        self.tuned = freq;
        self.output.clear();
        self.output_first = from.max(self.first());
    }

    /// The output so far, interleaved, and the index of its first value. Call [`Self::extend`] before.
    pub fn output(&self) -> (&[f32], i64) {
        (&self.output, self.output_first)
    }

    /// Computes the output up to `end` (exclusive), or as far as the samples go.
    pub fn extend(&mut self, end: i64) {
        let from = self.output_first + (self.output.len() / 2) as i64;
        let end = end.min(self.end());
        if end > from {
            let mut scratch = std::mem::take(&mut self.scratch);
            let mut output = std::mem::take(&mut self.output);
            self.filter(self.tuned, from..end, &mut scratch, &mut output);
            self.scratch = scratch;
            self.output = output;
        }
    }

    /// The output for another carrier, interleaved, replacing `out`. The range is cut to what is held.
    pub fn filtered(&self, freq: f64, range: std::ops::Range<i64>, out: &mut Vec<f32>) -> i64 {
        out.clear();
        let range = range.start.max(self.first())..range.end.min(self.end());
        let first = range.start;
        if range.end > range.start {
            self.filter(freq, range, &mut Scratch::default(), out);
        }
        first
    }

    /// The baseband samples at these outputs, as far as they are held.
    pub fn samples(&self, range: std::ops::Range<i64>) -> &[Complex32] {
        let index =
            |at: i64| (at * self.decimation - self.base_first).clamp(0, self.base.len() as i64) as usize;
        &self.base[index(range.start)..index(range.end.max(range.start))]
    }

    /// Mean power of interleaved outputs, the first of which has this index, over that of the samples there.
    pub fn passed(&self, outputs: &[f32], first: i64) -> f64 {
        let from = (first * self.decimation - self.base_first).max(0) as usize;
        let samples = self.base.get(from..).unwrap_or_default();
        let samples = &samples[..samples.len().min(outputs.len() / 2 * self.decimation as usize)];
        let before: f64 = samples.iter().map(|s| f64::from(s.norm_sqr())).sum();
        let after: f64 = outputs.iter().map(|v| f64::from(v * v)).sum();
        if before > 0.0 {
            after * self.decimation as f64 / before
        } else {
            0.0
        }
    }

    /// Forgets what lies before output `before`, sooner or later.
    pub fn forget(&mut self, before: i64) {
        if before < self.first() + self.batch {
            return;
        }
        let done = (before - self.output_first).clamp(0, (self.output.len() / 2) as i64);
        self.output.drain(..2 * done as usize);
        self.output_first += done;
        let keep = before.min(self.output_first) * self.decimation - self.half;
        let done = (keep - self.base_first).clamp(0, self.base.len() as i64);
        self.base.drain(..done as usize);
        self.base_first += done;
    }

    /// First output that the held samples give.
    fn first(&self) -> i64 {
        (self.base_first + self.half + self.decimation - 1).div_euclid(self.decimation)
    }

    fn filter(&self, freq: f64, range: std::ops::Range<i64>, scratch: &mut Scratch, out: &mut Vec<f32>) {
        let from = range.start * self.decimation - self.half;
        let to = (range.end - 1) * self.decimation + self.half + 1;
        let samples = &self.base[(from - self.base_first) as usize..(to - self.base_first) as usize];
        derotate(samples, from, freq, &mut scratch.mixed);
        let start = out.len();
        out.resize(start + 2 * (range.end - range.start) as usize, 0.0);
        if self.decimation == 1 {
            kernel::correlate(&scratch.mixed, &self.taps, &mut out[start..]);
            return;
        }
        let count = self.decimation as usize;
        scratch.planes.resize(count, Vec::new());
        for (phase, plane) in scratch.planes.iter_mut().enumerate() {
            plane.clear();
            plane.extend(
                scratch
                    .mixed
                    .chunks_exact(2)
                    .skip(phase)
                    .step_by(count)
                    .flat_map(|iq| [iq[0], iq[1]]),
            );
        }
        kernel::correlate_planes(&scratch.planes, &self.taps, &mut out[start..]);
    }
}

/// The pulse, reversed (it is symmetric), tapered a little so that strong neighbours stay out.
fn matched_taps(plan: &Plan) -> Vec<f32> {
    let sps = plan.base_samples_per_symbol();
    match plan.pulse {
        Pulse::Srrc { roll_off } => {
            let span = 2 * (2.5 / roll_off.max(0.05)).ceil().clamp(5.0, 16.0) as usize;
            let mut taps = design::srrc(sps, roll_off, span);
            let half = (taps.len() / 2) as f64;
            for (n, tap) in taps.iter_mut().enumerate() {
                *tap *= design::kaiser((n as f64 - half) / (half + 1.0), 2.0) as f32;
            }
            taps
        }
        Pulse::HalfSine => half_sine(sps),
        Pulse::Gaussian { bt } => MainPulse::new(bt).taps(sps),
        Pulse::Rect => rectangle(sps),
    }
}

/// Half a period of a cosine over one symbol, of unit energy.
fn half_sine(sps: f64) -> Vec<f32> {
    let half = (sps / 2.0).floor() as i64;
    (-half..=half)
        .map(|n| ((std::f64::consts::PI * n as f64 / sps).cos().max(0.0) * (2.0 / sps).sqrt()) as f32)
        .collect()
}

/// One symbol's length of samples, those at its edges weighted by the part that lies within.
fn rectangle(sps: f64) -> Vec<f32> {
    let half = (sps / 2.0 + 0.5).floor() as i64;
    (-half..=half)
        .map(|n| ((sps / 2.0 + 0.5 - n.abs() as f64).clamp(0.0, 1.0) / sps.sqrt()) as f32)
        .collect()
}

/// Turns the samples, the first of which has index `first`, by `-freq`; interleaved into `out`.
fn derotate(samples: &[Complex32], first: i64, freq: f64, out: &mut Vec<f32>) {
    out.clear();
    if freq == 0.0 {
        out.extend_from_slice(bytemuck::cast_slice(samples));
        return;
    }
    let table: [Complex32; BLOCK as usize] = std::array::from_fn(|k| phasor(-freq * k as f64));
    let mut position = first;
    let mut rest = samples;
    while !rest.is_empty() {
        let within = position.rem_euclid(BLOCK);
        let count = rest.len().min((BLOCK - within) as usize);
        let anchor = phasor(-freq * (position - within) as f64);
        let (head, tail) = rest.split_at(count);
        let start = out.len();
        out.resize(start + 2 * count, 0.0);
        turn(
            head,
            &table[within as usize..][..count],
            anchor,
            &mut out[start..],
        );
        position += count as i64;
        rest = tail;
    }
}

/// `e^(j 2π turns)`.
fn phasor(turns: f64) -> Complex32 {
    let angle = (turns - turns.floor()) * TAU;
    Complex32::new(angle.cos() as f32, angle.sin() as f32)
}

#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn turn(samples: &[Complex32], table: &[Complex32], anchor: Complex32, out: &mut [f32]) {
    for ((sample, step), iq) in samples.iter().zip(table).zip(out.chunks_exact_mut(2)) {
        let re = anchor.re * step.re - anchor.im * step.im;
        let im = anchor.re * step.im + anchor.im * step.re;
        iq[0] = sample.re * re - sample.im * im;
        iq[1] = sample.re * im + sample.im * re;
    }
}

/// Values between the samples of an interleaved stream.
#[derive(Debug)]
pub(super) struct Interpolator {
    /// Complex samples that a value is made of: a multiple of four.
    span: usize,
    /// Rows of `span` taps, each tap twice in a row for I and Q.
    table: Vec<f32>,
}

impl Interpolator {
    /// For a band limited to `edge` cycles per sample.
    pub fn new(edge: f64) -> Self {
        let transition = (1.0 - 2.0 * edge).clamp(0.15, 1.0);
        let wanted = (52.0 - 7.95) / (2.285 * TAU * transition);
        let span = (4 * (wanted / 4.0).ceil() as usize).clamp(8, 24);
        let beta = design::kaiser_beta(52.0);
        let half = span as f64 / 2.0;
        let mut table = Vec::with_capacity(2 * span * (PHASES + 1));
        for phase in 0..=PHASES {
            let mu = phase as f64 / PHASES as f64;
            for k in 0..span {
                let t = k as f64 - (half - 1.0) - mu;
                let tap = (design::sinc(t) * design::kaiser(t / half, beta)) as f32;
                table.extend([tap, tap]);
            }
        }
        Self { span, table }
    }

    /// Samples needed on each side of a value.
    pub fn margin(&self) -> i64 {
        self.span as i64 / 2 + 1
    }

    /// Replaces `out` by the values at `start + k * step` for `k < count`, in samples relative to the first
    /// of `stream` (interleaved). Values beyond the ends are zero.
    pub fn pick(&self, stream: &[f32], start: f64, step: f64, count: usize, out: &mut Vec<Complex32>) {
        out.clear();
        out.resize(count, Complex32::ZERO);
        pick(stream, start, step, self.span, &self.table, out);
    }
}

/// Positions are in units of 2⁻³² samples: over a window of a few thousand symbols that is exact to a millionth.
#[multiversion::multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn pick(stream: &[f32], start: f64, step: f64, span: usize, table: &[f32], out: &mut [Complex32]) {
    let [mut next, step] = [start, step].map(|samples| (samples * UNIT).round() as i64);
    for value in out {
        let position = next;
        next += step;
        // Places before the stream wrap around and are out of range.
        let first = ((position >> 32) + 1 - span as i64 / 2) as usize;
        let phase = ((position & 0xFFFF_FFFF) as usize + HALF_PHASE) / (2 * HALF_PHASE);
        let row = table.get(2 * span * phase..2 * span * (phase + 1));
        let samples = stream.get(first.wrapping_mul(2)..first.wrapping_add(span).wrapping_mul(2));
        let (Some(samples), Some(row)) = (samples, row) else {
            continue;
        };
        let mut sum = [0.0_f32; 8];
        for (x, t) in samples.chunks_exact(8).zip(row.chunks_exact(8)) {
            for lane in 0..8 {
                sum[lane] += x[lane] * t[lane];
            }
        }
        *value = Complex32::new(
            sum[0] + sum[2] + (sum[4] + sum[6]),
            sum[1] + sum[3] + (sum[5] + sum[7]),
        );
    }
}
