//! Layered belief-propagation decoder.

use super::code::{LdpcCode, LdpcError, Shape};
use super::lanes;
use super::matrix::Matrix;
use super::plain::Plain;
use super::soft::{contradictions, gain, pack, scale};
use super::sum_product::SumProduct;
use super::vector::Vector;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};
use crate::coding::frame::IterativeOutcome;

/// Most iterations that may be asked for.
const ITERATIONS_LIMIT: u32 = 10_000;

/// Most zeros behind a codeword.
const FILL: usize = 2;

/// How checks compute their messages.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum LdpcAlgorithm {
    /// Minimum of the magnitudes, less a loss that depends on how close the second smallest is, times a
    /// factor; in 8 bits, independent of the soft bits' scale. Less than 0.1 dB from sum-product.
    #[default]
    CorrectedMinSum,
    /// Minimum of the magnitudes, times a factor; in 8 bits, independent of the soft bits' scale.
    NormalisedMinSum,
    /// Minimum of the magnitudes, less a constant; in 8 bits, independent of the soft bits' scale.
    OffsetMinSum,
    /// Exact, in `f32`: the reference, some hundred times slower.
    SumProduct {
        /// Log-likelihood ratio (natural) that one unit of a soft bit stands for; `None`: estimated from each
        /// codeword, taken for BPSK in white noise.
        llr_per_unit: Option<f32>,
    },
}

/// Settings of [`LdpcDecoder`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LdpcOptions {
    /// Message computation.
    pub algorithm: LdpcAlgorithm,
    /// Iterations after which decoding is given up, 1 to 10 000.
    pub max_iterations: u32,
}

impl Default for LdpcOptions {
    fn default() -> Self {
        Self {
            algorithm: LdpcAlgorithm::default(),
            max_iterations: 200,
        }
    }
}

/// Which implementation of min-sum runs; all give the same results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LdpcBackend {
    /// The fastest that the processor has and the code allows.
    #[default]
    Fastest,
    /// With registers of 256 bits where there are such, even if there are wider ones.
    Narrow,
    /// Written for vector units without naming one (telecommand codes have none).
    Vector,
    /// Check by check, as the textbook has it.
    Plain,
}

impl LdpcBackend {
    /// All of them; those that a processor or code does not have are replaced by the next.
    pub const ALL: [Self; 4] = [Self::Fastest, Self::Narrow, Self::Vector, Self::Plain];
}

/// Decoder of one code, with all memory it needs.
#[derive(Debug, Clone)]
pub struct LdpcDecoder {
    shape: Shape,
    max_iterations: u32,
    layers: usize,
    engine: Engine,
    /// The soft bits of the codeword.
    soft: Vec<i8>,
    /// What is loaded into the engine, then what came out of it.
    word: Vec<i8>,
}

#[derive(Debug, Clone)]
enum Engine {
    Vector64(Vector<64>),
    Vector32(Vector<32>),
    Plain(Plain),
    SumProduct(SumProduct),
}

impl Engine {
    /// The best implementation of min-sum that the backend allows and the matrix fits.
    fn fixed(matrix: &Matrix, schedule: &[usize], algorithm: LdpcAlgorithm, backend: LdpcBackend) -> Self {
        let wide = |kernel| Vector::new(matrix, schedule, algorithm, kernel).map(Self::Vector64);
        let narrow = |kernel| Vector::new(matrix, schedule, algorithm, kernel).map(Self::Vector32);
        let vector = || wide(lanes::kernel()).or_else(|| narrow(lanes::kernel()));
        let found = match backend {
            LdpcBackend::Plain => None,
            LdpcBackend::Vector => vector(),
            #[cfg(target_arch = "x86_64")]
            LdpcBackend::Narrow => avx2::kernel().and_then(narrow).or_else(vector),
            #[cfg(target_arch = "x86_64")]
            LdpcBackend::Fastest => avx512::kernel()
                .and_then(wide)
                .or_else(|| avx2::kernel().and_then(narrow))
                .or_else(vector),
            #[cfg(not(target_arch = "x86_64"))]
            LdpcBackend::Narrow | LdpcBackend::Fastest => vector(),
        };
        found.unwrap_or_else(|| Self::Plain(Plain::new(matrix, schedule, algorithm)))
    }

    /// Takes the channel's values in fixed point.
    fn load_fixed(&mut self, channel: &[i8]) {
        match self {
            Self::Vector64(engine) => engine.load(channel),
            Self::Vector32(engine) => engine.load(channel),
            Self::Plain(engine) => engine.load(channel),
            Self::SumProduct(_) => {}
        }
    }

    fn update(&mut self, layer: usize) {
        match self {
            Self::Vector64(engine) => engine.update(layer),
            Self::Vector32(engine) => engine.update(layer),
            Self::Plain(engine) => engine.update(layer),
            Self::SumProduct(engine) => engine.update(layer),
        }
    }

    fn unsatisfied(&self, layer: usize) -> u32 {
        match self {
            Self::Vector64(engine) => engine.unsatisfied(layer),
            Self::Vector32(engine) => engine.unsatisfied(layer),
            Self::Plain(engine) => engine.unsatisfied(layer),
            Self::SumProduct(engine) => engine.unsatisfied(layer),
        }
    }

    fn satisfied(&self, layer: usize) -> bool {
        match self {
            Self::Vector64(engine) => engine.satisfied(layer),
            Self::Vector32(engine) => engine.satisfied(layer),
            _ => self.unsatisfied(layer) == 0,
        }
    }

    fn posteriors(&self, out: &mut [i8]) {
        match self {
            Self::Vector64(engine) => engine.posteriors(out),
            Self::Vector32(engine) => engine.posteriors(out),
            Self::Plain(engine) => engine.posteriors(out),
            Self::SumProduct(engine) => engine.posteriors(out),
        }
    }
}

impl LdpcDecoder {
    /// A decoder of `code`.
    ///
    /// # Errors
    /// [`LdpcError`] where there is no such code or an option is out of its range.
    pub fn new(code: LdpcCode, options: LdpcOptions) -> Result<Self, LdpcError> {
        Self::with_backend(code, options, LdpcBackend::default())
    }

    /// A decoder of `code` with a certain implementation of min-sum.
    ///
    /// # Errors
    /// [`LdpcError`] where there is no such code or an option is out of its range.
    pub fn with_backend(
        code: LdpcCode,
        options: LdpcOptions,
        backend: LdpcBackend,
    ) -> Result<Self, LdpcError> {
        if !(1..=ITERATIONS_LIMIT).contains(&options.max_iterations) {
            return Err(LdpcError::MaxIterations {
                found: options.max_iterations,
                limit: ITERATIONS_LIMIT,
            });
        }
        let matrix = code.matrix()?;
        let shape = code.shape();
        let schedule = matrix.schedule(shape.known + shape.sent);
        let engine = match options.algorithm {
            LdpcAlgorithm::SumProduct { llr_per_unit } => {
                if let Some(found) = llr_per_unit
                    && !(found.is_finite() && found > 0.0)
                {
                    return Err(LdpcError::LlrPerUnit {
                        found: found.to_string(),
                    });
                }
                Engine::SumProduct(SumProduct::new(&matrix, &schedule, llr_per_unit))
            }
            algorithm => Engine::fixed(&matrix, &schedule, algorithm, backend),
        };
        Ok(Self {
            shape,
            max_iterations: options.max_iterations,
            layers: schedule.len(),
            engine,
            soft: vec![0; shape.sent + shape.fill],
            word: vec![0; matrix.word_bits()],
        })
    }

    /// Decodes one codeword of soft bits (positive = 1, -128 counts as -127; missing ones are taken for 0,
    /// further ones are ignored) into packed information, first bit highest, the best estimate where decoding
    /// fails. `info` takes as many bytes as it has.
    ///
    /// `converged` is a zero syndrome: the result is a codeword, though at low signal to noise ratio not always
    /// the one sent. Soft bits that are all zero do not converge, nor does a codeword count that contradicts
    /// more than half of the bits: AR4JA of rate 1/2 is invariant to inverting all but a quarter of the sent
    /// bits, and words that fail may end there.
    pub fn decode(&mut self, soft: &[i8], info: &mut [u8]) -> IterativeOutcome {
        let given = soft.len().min(self.soft.len());
        self.soft[..given].copy_from_slice(&soft[..given]);
        self.soft[given..].fill(0);
        let (iterations, satisfied) = if self.load() { self.iterate() } else { (0, false) };
        let syndrome_weight = if satisfied {
            0
        } else {
            (0..self.layers).map(|layer| self.engine.unsatisfied(layer)).sum()
        };
        self.engine.posteriors(&mut self.word);
        let decided = &self.word[self.shape.known..][..self.shape.sent];
        pack(&decided[..self.shape.info], info);
        let (sent, fill) = self.soft.split_at(self.shape.sent);
        let channel_errors = contradictions(sent, decided) + contradictions(fill, &[1; FILL][..fill.len()]);
        IterativeOutcome {
            iterations,
            converged: satisfied && 2 * (channel_errors as usize) <= self.soft.len(),
            syndrome_weight: Some(syndrome_weight),
            channel_errors,
        }
    }

    /// Takes the soft bits into the engine; whether they say anything.
    fn load(&mut self) -> bool {
        let soft = &self.soft[..self.shape.sent];
        let gain = gain(soft);
        if let Engine::SumProduct(engine) = &mut self.engine {
            engine.load(self.shape.known, soft);
        } else {
            let (known, rest) = self.word.split_at_mut(self.shape.known);
            let (sent, punctured) = rest.split_at_mut(self.shape.sent);
            known.fill(i8::MAX);
            scale(soft, gain.unwrap_or(0), sent);
            punctured.fill(0);
            self.engine.load_fixed(&self.word);
        }
        gain.is_some()
    }

    /// Iterates until the syndrome is zero, which is looked at after every layer; the iterations begun, and
    /// whether it is zero.
    fn iterate(&mut self) -> (u32, bool) {
        if self.is_codeword(0) {
            return (0, true);
        }
        for iteration in 1..=self.max_iterations {
            for layer in 0..self.layers {
                self.engine.update(layer);
                if self.is_codeword(layer + 1) {
                    return (iteration, true);
                }
            }
        }
        (self.max_iterations, false)
    }

    /// Whether all checks are satisfied, looked at from a layer on: the one not updated for longest fails first.
    fn is_codeword(&self, from: usize) -> bool {
        (0..self.layers).all(|layer| self.engine.satisfied((from + layer) % self.layers))
    }
}
