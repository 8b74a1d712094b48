//! The iterations: two component decoders that exchange what they add, until they agree.

use super::backend::{Pass, TurboBackend, select};
use super::encoder::TurboEncoder;
use super::kernel::{CHANNEL_LIMIT, Component, EXTRINSIC_LIMIT, Scratch, unknown_begin, unknown_end};
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
    encoder: TurboEncoder,
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
            scratch: Scratch {
                forward: vec![[Row::ZERO; STATES]; layout.rows],
                extrinsic: vec![Row::ZERO; layout.rows],
            },
            permutation,
            encoder: TurboEncoder::new(code)?,
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
    pub fn decode(&mut self, soft: &[i8], info: &mut [u8]) -> IterativeOutcome {
        let soft = &soft[..soft.len().min(self.code.code_bits())];
        let scale = self.options.llr_per_unit;
        self.take(soft, scale.unwrap_or_else(|| quantize::estimate(soft)));
        let (iterations, last, converged) = self.iterate();
        let mut bytes = [0; super::LENGTHS[3] / 8];
        let bytes = &mut bytes[..self.code.k / 8];
        self.decisions(last, bytes);
        for (out, &byte) in info.iter_mut().zip(&*bytes) {
            *out = byte;
        }
        self.encoder.write(bytes, &mut self.codeword);
        let contradicted = |(&soft, &bit): (&i8, &u8)| soft != 0 && (soft > 0) != (bit == 1);
        IterativeOutcome {
            iterations,
            converged,
            syndrome_weight: None,
            channel_errors: soft
                .iter()
                .zip(&self.codeword)
                .filter(|&p| contradicted(p))
                .count() as u32,
        }
    }

    /// Lays out a frame's soft bits and forgets the frame before.
    fn take(&mut self, soft: &[i8], llr_per_unit: f32) {
        let values = quantize::table(llr_per_unit);
        let symbols = self.targets[0].len();
        for step in 0..self.code.k + TAIL {
            let (row, window) = self.layout.cell(step);
            for (n, &target) in self.targets[step % 2].iter().enumerate() {
                let value = soft
                    .get(step * symbols + n)
                    .map_or(0, |&s| values[usize::from(s as u8)]);
                match target {
                    Target::Info => self.components[0].info[row].0[window] = value,
                    Target::Parity(component, n) => {
                        let at = row * self.parities[component] + n;
                        self.components[component].parity[at].0[window] = value;
                    }
                }
            }
        }
        let [first, second] = &mut self.components;
        for (step, &from) in self.permutation.iter().enumerate() {
            let (row, window) = self.layout.cell(step);
            let (from_row, from_window) = self.layout.cell(usize::from(from));
            second.info[row].0[window] = first.info[from_row].0[from_window];
        }
        for component in &mut self.components {
            component.apriori.0.fill(0);
            component.begin = unknown_begin();
            component.end = unknown_end();
        }
    }

    /// Returns the iterations, the component whose decisions are the newest, and whether they are agreed on.
    fn iterate(&mut self) -> (u32, usize, bool) {
        let [first, second] = &mut self.components;
        let mut agreed = false;
        for iteration in 1..=self.options.max_iterations {
            let changed = self.passes[0](first, &mut second.apriori, &mut self.scratch);
            agreed = iteration > 1 && changed == 0;
            if agreed && self.options.early_stop {
                return (iteration, 0, true);
            }
            let changed = self.passes[1](second, &mut first.apriori, &mut self.scratch);
            agreed = changed == 0;
            if agreed && self.options.early_stop {
                return (iteration, 1, true);
            }
        }
        (self.options.max_iterations, 1, agreed)
    }

    /// Packs a component's decisions in the order of the information.
    fn decisions(&self, component: usize, info: &mut [u8]) {
        info.fill(0);
        let ones = &self.components[component].ones;
        for step in 0..self.code.k {
            let (row, window) = self.layout.cell(step);
            let bit = (ones[row] >> window & 1) as u8;
            let to = match component {
                0 => step,
                _ => usize::from(self.permutation[step]),
            };
            info[to / 8] |= bit << (7 - to % 8);
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
        info: vec![Row::ZERO; layout.rows],
        parity: vec![Row::ZERO; layout.rows * parities],
        apriori: Field::zeros(),
        scatter: vec![NOWHERE; layout.rows * WINDOWS],
        begin: unknown_begin(),
        end: unknown_end(),
        ones: vec![0; layout.rows],
        last_window: layout.info_rows_of_last_window(),
    };
    for (step, &place) in places.iter().enumerate() {
        component.scatter[usize::from(layout.place(step))] = place;
    }
    for step in layout.padding() {
        let (row, window) = layout.cell(step);
        component.info[row].0[window] = -EXTRINSIC_LIMIT - CHANNEL_LIMIT;
        for parity in 0..parities {
            component.parity[row * parities + parity].0[window] = -CHANNEL_LIMIT;
        }
    }
    component
}
