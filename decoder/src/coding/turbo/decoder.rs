//! The iterations: two component decoders that exchange what they add, until they agree.

use super::backend::{Pass, TurboBackend, select};
use super::component::Component;
use super::encoder::TurboEncoder;
use super::kernel::{CHANNEL_LIMIT, EXTRINSIC_LIMIT, Scratch};
use super::lanes::{Row, WINDOWS};
use super::layout::{Field, Layout, NOWHERE};
use super::permutation::permutation;
use super::quantize;
use super::trellis::{Output, STATES, outputs};
use super::{TAIL, TurboCode};
use crate::coding::config::CodingError;
use crate::coding::frame::IterativeOutcome;

/// Most iterations that can be asked for.
const MOST_ITERATIONS: u32 = 1000;

/// How the component decoders add probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum TurboAlgorithm {
    /// Log-MAP. Needs to know what a soft bit means.
    #[default]
    LogMap,
    /// Max-log-MAP with extrinsic values scaled by 0.75: faster, a tenth of a decibel worse, does not depend on the
    /// scale of the soft bits.
    MaxLogMap,
}

/// How a decoder works.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TurboOptions {
    /// Sum of probabilities.
    pub algorithm: TurboAlgorithm,
    /// Most iterations, at least 1.
    pub max_iterations: u32,
    /// Whether to stop as soon as a component decoder changes no decision.
    pub early_stop: bool,
    /// Log-likelihood ratio, in nats, of a soft bit of 1; estimated from each frame's soft bits where `None`.
    pub llr_per_unit: Option<f32>,
}

impl Default for TurboOptions {
    fn default() -> Self {
        Self {
            algorithm: TurboAlgorithm::default(),
            max_iterations: 10,
            early_stop: true,
            llr_per_unit: None,
        }
    }
}

impl TurboOptions {
    fn check(&self) -> Result<(), CodingError> {
        if !(1..=MOST_ITERATIONS).contains(&self.max_iterations) {
            return Err(CodingError::OutOfRange {
                field: "turbo.max_iterations",
                value: self.max_iterations.into(),
                limit: format!("1 to {MOST_ITERATIONS}"),
            });
        }
        if let Some(llr) = self.llr_per_unit
            && !(llr.is_finite() && llr > 0.0)
        {
            return Err(CodingError::OutOfRange {
                field: "turbo.llr_per_unit",
                value: llr as i64,
                limit: "a positive number".to_owned(),
            });
        }
        Ok(())
    }
}

/// Where a channel symbol goes.
#[derive(Debug, Clone, Copy)]
enum Target {
    Info,
    /// Component and which of its parities.
    Parity(usize, usize),
}

/// Decoder of one code, with all its scratch.
#[derive(Debug, Clone)]
pub struct TurboDecoder {
    code: TurboCode,
    options: TurboOptions,
    layout: Layout,
    permutation: Vec<u16>,
    targets: [Vec<Target>; 2],
    components: [Component; 2],
    /// Parities of each component.
    parities: [usize; 2],
    passes: [Pass; 2],
    scratch: Scratch,
    /// The frame's soft bits, unknown ones zero.
    soft: Vec<i8>,
    encoder: TurboEncoder,
    /// Decided information, one bit a byte.
    info: Vec<u8>,
    codeword: Vec<u8>,
}

impl TurboDecoder {
    /// Decoder of `code`.
    ///
    /// # Errors
    /// A block length that the standard does not have, no iteration or more than 1000, a scale that is not positive.
    pub fn new(code: TurboCode, options: TurboOptions) -> Result<Self, CodingError> {
        Self::with_backend(code, options, TurboBackend::fastest())
    }

    /// Decoder on a given vector unit, for comparisons. One that this processor does not have is replaced by
    /// the fastest that it has.
    ///
    /// # Errors
    /// As [`TurboDecoder::new`].
    pub fn with_backend(
        code: TurboCode,
        options: TurboOptions,
        backend: TurboBackend,
    ) -> Result<Self, CodingError> {
        code.check()?;
        options.check()?;
        let layout = Layout::new(code.k);
        let permutation = permutation(code.k);
        let (mut to_second, mut to_first) = (vec![NOWHERE; code.k], vec![NOWHERE; code.k]);
        for (second, &first) in permutation.iter().enumerate() {
            to_second[usize::from(first)] = layout.place(second);
            to_first[second] = layout.place(usize::from(first));
        }
        let [first, second] = [0, 1].map(|component| polynomials(code, component));
        let max_log = options.algorithm == TurboAlgorithm::MaxLogMap;
        Ok(Self {
            code,
            options,
            layout,
            targets: outputs(code.rate).map(|step| {
                let target = |&output: &Output| match output {
                    Output::Info => Target::Info,
                    Output::First(n) => Target::Parity(0, index(&first, n)),
                    Output::Second(n) => Target::Parity(1, index(&second, n)),
                };
                step.iter().map(target).collect()
            }),
            components: [
                component(layout, first.len(), &to_second),
                component(layout, second.len(), &to_first),
            ],
            parities: [first.len(), second.len()],
            passes: [&first, &second].map(|p| select(backend, p, max_log)),
            scratch: vec![[Row::ZERO; STATES]; layout.rows],
            permutation,
            encoder: TurboEncoder::new(code)?,
            soft: vec![0; code.code_bits()],
            info: vec![0; code.k],
            codeword: vec![0; code.code_bits()],
        })
    }

    /// The code.
    pub fn code(&self) -> TurboCode {
        self.code
    }

    /// Decodes a codeword of [`TurboCode::code_bits`] soft bits (positive = 1; missing ones count as unknown,
    /// further ones are not looked at) and writes the k / 8 bytes of information (or as many as there is room for),
    /// first bit highest: the best estimate, whether it converged or not.
    ///
    /// It has converged when a component decoder overturns no decision that the channel and the other decoder
    /// suggest (which is also when it stops early), or when after the last iteration both decoders decide the same.
    /// Measured with ten iterations, k = 1784: of 2900 wrongly decoded frames near the thresholds of rates 1/2 and 1/3,
    /// and of 9000 frames of noise, none converged. Wrong frames that do converge are codewords near to the sent one:
    /// at rate 1/2, 1.3 and 1.6 dB, 3 of 34 000 frames. Of the frames that are right, some 1 in 1000 do not converge at
    /// Eb/N0 with one frame in 300 lost.
    pub fn decode(&mut self, soft: &[i8], info: &mut [u8]) -> IterativeOutcome {
        let given = soft.len().min(self.soft.len());
        for (to, &soft) in self.soft.iter_mut().zip(soft) {
            *to = soft.max(-127);
        }
        self.soft[given..].fill(0);
        let scale = self.options.llr_per_unit;
        self.take(scale.unwrap_or_else(|| quantize::estimate(&self.soft[..given], self.code.rate)));
        let (iterations, last, mut converged) = self.iterate();
        if !converged {
            self.decide(0);
            self.codeword[..self.code.k].copy_from_slice(&self.info);
        }
        self.decide(last);
        converged |= self.codeword[..self.code.k] == self.info;
        pack(&self.info, info);
        self.encoder.write(&self.info, &mut self.codeword);
        IterativeOutcome {
            iterations,
            converged,
            syndrome_weight: None,
            channel_errors: quantize::contradictions(&self.soft, &self.codeword),
        }
    }

    /// Lays out the frame's soft bits and forgets the frame before.
    fn take(&mut self, llr_per_unit: f32) {
        let values = quantize::table(llr_per_unit);
        let symbols = self.targets[0].len();
        let [first, second] = &mut self.components;
        for (odd, targets) in self.targets.iter().enumerate() {
            for (n, &target) in targets.iter().enumerate() {
                let (rows, every) = match target {
                    Target::Info => (first.info.rows_mut(), 1),
                    Target::Parity(0, n) => (&mut first.parity[n..], self.parities[0]),
                    Target::Parity(_, n) => (&mut second.parity[n..], self.parities[1]),
                };
                spread(&self.soft[n..], symbols, &values, rows, every, self.layout, odd);
            }
        }
        let info = first.info.rows().as_flattened();
        for (&value, &place) in info.iter().zip(&first.places) {
            second.info.set(place, value);
        }
        for component in &mut self.components {
            component.forget();
        }
    }

    /// Returns the iterations, the component whose decisions are the newest, and whether they are agreed on.
    fn iterate(&mut self) -> (u32, usize, bool) {
        let [first, second] = &mut self.components;
        let mut agreed = false;
        for iteration in 1..=self.options.max_iterations {
            let changed = self.passes[0](first, &second.extrinsic, &mut self.scratch);
            agreed = iteration > 1 && !changed;
            if agreed && self.options.early_stop {
                return (iteration, 0, true);
            }
            let changed = self.passes[1](second, &first.extrinsic, &mut self.scratch);
            agreed = !changed;
            if agreed && self.options.early_stop {
                return (iteration, 1, true);
            }
        }
        (self.options.max_iterations, 1, agreed)
    }

    /// Takes a component's decisions, in the order of the information.
    fn decide(&mut self, component: usize) {
        let rows = self.layout.rows;
        let ones = &self.components[component].ones;
        let windows = self.info.len().div_ceil(rows);
        for window in 0..windows {
            let from = window * rows;
            let steps = rows.min(self.info.len() - from);
            let bits = ones[..steps].iter().map(|&row| (row >> window & 1) as u8);
            if component == 0 {
                for (to, bit) in self.info[from..].iter_mut().zip(bits) {
                    *to = bit;
                }
            } else {
                for (&to, bit) in self.permutation[from..].iter().zip(bits) {
                    self.info[usize::from(to)] = bit;
                }
            }
        }
    }
}

/// Packs bits, one a byte, the first highest; as many bytes as there are of both.
fn pack(bits: &[u8], bytes: &mut [u8]) {
    for (byte, bits) in bytes.iter_mut().zip(bits.chunks_exact(8)) {
        *byte = bits.iter().fold(0, |byte, bit| byte << 1 | bit);
    }
}

/// Writes every `symbols`-th soft bit, for the even or the odd steps, into every `every`-th row.
fn spread(
    soft: &[i8],
    symbols: usize,
    values: &[i16; 256],
    rows: &mut [[i16; WINDOWS]],
    every: usize,
    layout: Layout,
    odd: usize,
) {
    let rows = rows.as_flattened_mut();
    for window in 0..WINDOWS {
        let from = layout.step(0, window);
        let skip = (from + odd) % 2;
        let end = layout.rows.min(layout.k + TAIL - from);
        let mut place = skip * every * WINDOWS + window;
        let mut at = (from + skip) * symbols;
        for _ in (skip..end).step_by(2) {
            rows[place] = values[usize::from(soft[at] as u8)];
            place += 2 * every * WINDOWS;
            at += 2 * symbols;
        }
    }
}

/// Forward polynomials that a component encoder's symbols come from.
fn polynomials(code: TurboCode, component: usize) -> Vec<usize> {
    let mut found: Vec<usize> = outputs(code.rate)
        .iter()
        .flat_map(|step| step.iter())
        .filter_map(|&output| match (output, component) {
            (Output::First(n), 0) | (Output::Second(n), 1) => Some(n),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn index(polynomials: &[usize], polynomial: usize) -> usize {
    polynomials.iter().position(|&p| p == polynomial).unwrap_or(0)
}

/// A component decoder; `places` says for each information bit, in its order, where the other keeps it.
fn component(layout: Layout, parities: usize, places: &[u16]) -> Component {
    let mut component = Component {
        info: Field::zeros(),
        parity: vec![[0; WINDOWS]; layout.rows * parities],
        apriori: Field::zeros(),
        places: vec![NOWHERE; layout.rows * WINDOWS],
        extrinsic: Field::zeros(),
        near_end: [Row::ZERO; STATES],
        near_begin: [Row::ZERO; STATES],
        ones: vec![0; layout.rows],
        last_window: layout.info_rows_of_last_window(),
    };
    for (step, &place) in places.iter().enumerate() {
        component.places[usize::from(layout.place(step))] = place;
    }
    for step in layout.padding() {
        let (row, window) = layout.cell(step);
        component
            .info
            .set(layout.place(step), -EXTRINSIC_LIMIT - CHANNEL_LIMIT);
        for parity in 0..parities {
            component.parity[row * parities + parity][window] = -CHANNEL_LIMIT;
        }
    }
    component
}
