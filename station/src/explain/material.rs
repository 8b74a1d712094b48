//! The stretch of the input that is explained: bounded, and where an input is longer, its loudest part.

use super::report::Stretch;
use crate::StationError;
use crate::chain::From;
use crate::input::{self, InputError, OpenOptions, Read, SampleBlock, SoftFormat, SoftReader, is_defect};
use crate::profile::Profile;
use num_complex::Complex32;
use std::io::Read as _;
use std::time::{Duration, Instant};

/// Samples read at a time.
const BLOCK: usize = 1 << 16;
/// Frames that a stretch should hold.
const FRAMES: f64 = 24.0;
/// Symbols that it should hold at least.
const SYMBOLS: f64 = 40_000.0;
/// Samples of a stretch, at least and at most.
const SAMPLES: std::ops::RangeInclusive<usize> = 1 << 18..=3 << 20;
/// Soft bits, or bytes, at most.
const UNITS: usize = 1 << 21;
/// A live input that is silent for so long has no more to say.
const PATIENCE: Duration = Duration::from_secs(10);

/// What there is to explain.
#[derive(Debug, Clone, PartialEq)]
pub enum Material {
    /// Samples, full scale = 1.
    Samples {
        /// Samples.
        samples: Vec<Complex32>,
        /// Samples per second.
        rate_hz: f64,
        /// Whether they are complex.
        complex: bool,
    },
    /// Soft bits, positive = 1.
    Soft(Vec<i8>),
    /// Bits behind the inner code.
    Bits(Vec<i8>),
    /// Frames, back to back.
    Frames(Vec<u8>),
}

/// An input to be explained.
#[derive(Debug, Clone)]
pub struct ExplainInput {
    /// Path, `-` or URL.
    pub path: String,
    /// Where it enters the chain.
    pub from: From,
    /// What the user states of samples.
    pub open: OpenOptions,
    /// What the user states of soft symbols or bits.
    pub soft: Option<SoftFormat>,
}

/// Reads the stretch.
///
/// # Errors
/// When the input cannot be opened or read.
pub fn gather(input: &ExplainInput, profile: &Profile) -> Result<(Material, Stretch), StationError> {
    match input.from {
        From::Iq => samples(input, profile),
        From::Soft | From::Bits => soft(input),
        From::Cadus => {
            let (bytes, stretch) = bytes(input)?;
            Ok((Material::Bits(unpacked(&bytes)), stretch))
        }
        From::Frames | From::Packets => {
            let (bytes, stretch) = bytes(input)?;
            Ok((Material::Frames(bytes), stretch))
        }
    }
}

/// Samples that a stretch of this link should have.
pub fn stretch_samples(profile: &Profile, rate_hz: f64) -> usize {
    let symbol_rate = profile.symbol_rate_hz().unwrap_or(rate_hz);
    let bits = profile
        .coding_config()
        .map_or(8192, |coding| 8 * coding.block_bytes);
    let code = profile.code_rate().max(0.1);
    let symbols = FRAMES * bits as f64 / code / profile.bits_per_symbol() as f64;
    let samples = symbols.max(SYMBOLS) * rate_hz / symbol_rate;
    (samples as usize).clamp(*SAMPLES.start(), *SAMPLES.end())
}

fn samples(input: &ExplainInput, profile: &Profile) -> Result<(Material, Stretch), StationError> {
    let mut source = input::open_samples(&input.path, &input.open)?;
    let info = source.info().clone();
    let rate_hz = info.sample_rate_hz.ok_or_else(|| StationError::NoSampleRate {
        input: input.path.clone(),
    })?;
    let mut loudest = Loudest::new(stretch_samples(profile, rate_hz));
    let mut block = SampleBlock::default();
    let mut heard = Instant::now();
    loop {
        match source.read(&mut block, BLOCK)? {
            Read::Filled => {
                heard = Instant::now();
                loudest.take(&block.samples, block.first);
                if source.live() && loudest.enough() {
                    break;
                }
            }
            Read::Waiting if heard.elapsed() < PATIENCE => {}
            Read::Waiting | Read::Ended => break,
        }
    }
    let (samples, first, part) = loudest.finish();
    let length = samples.len() as u64;
    let stretch = Stretch {
        first,
        length,
        seconds: Some(length as f64 / rate_hz),
        part,
    };
    let complex = info.complex;
    Ok((
        Material::Samples {
            samples,
            rate_hz,
            complex,
        },
        stretch,
    ))
}

/// Keeps the loudest of stretches that overlap by half.
struct Loudest {
    half: usize,
    halves: [Half; 2],
    best: Option<(f64, Half, Half)>,
    more: bool,
}

#[derive(Clone, Default)]
struct Half {
    first: u64,
    samples: Vec<Complex32>,
}

impl Half {
    fn energy(&self) -> f64 {
        let finite = self.samples.iter().map(|s| f64::from(s.norm_sqr()));
        finite.filter(|power| power.is_finite()).sum()
    }
}

impl Loudest {
    fn new(length: usize) -> Self {
        Self {
            half: (length / 2).max(1),
            halves: [Half::default(), Half::default()],
            best: None,
            more: false,
        }
    }

    fn take(&mut self, mut samples: &[Complex32], mut first: u64) {
        while !samples.is_empty() {
            if self.halves[1].samples.len() == self.half {
                self.weigh();
                self.halves.swap(0, 1);
                self.halves[1].samples.clear();
                self.more = true;
            }
            let into = usize::from(self.halves[0].samples.len() == self.half);
            let half = &mut self.halves[into];
            if half.samples.is_empty() {
                half.first = first;
            }
            let (now, later) = samples.split_at(samples.len().min(self.half - half.samples.len()));
            half.samples.extend_from_slice(now);
            first += now.len() as u64;
            samples = later;
        }
    }

    fn enough(&self) -> bool {
        self.halves[1].samples.len() == self.half
    }

    fn weigh(&mut self) {
        let energy = self.halves.iter().map(Half::energy).sum();
        if self.best.as_ref().is_none_or(|(most, ..)| energy > *most) {
            let [first, second] = self.halves.clone();
            self.best = Some((energy, first, second));
        }
    }

    /// The samples, the index of the first, and whether there were others.
    fn finish(mut self) -> (Vec<Complex32>, u64, bool) {
        if self.enough() || self.best.is_none() {
            self.weigh();
        }
        let Some((_, mut first, second)) = self.best else {
            return (Vec::new(), 0, false);
        };
        first.samples.extend_from_slice(&second.samples);
        (first.samples, first.first, self.more)
    }
}

fn soft(input: &ExplainInput) -> Result<(Material, Stretch), StationError> {
    let format = match input.soft {
        Some(format) => format,
        None => SoftReader::guess(&input.path, input.from == From::Bits)?,
    };
    let mut reader = SoftReader::new(input::open_bytes(&input.path)?, format);
    let (mut soft, mut block) = (Vec::new(), Vec::new());
    while soft.len() < UNITS && reader.read(&mut block, BLOCK)? == Read::Filled {
        soft.extend_from_slice(&block);
    }
    let stretch = whole(soft.len(), soft.len() >= UNITS);
    Ok((Material::Soft(soft), stretch))
}

fn bytes(input: &ExplainInput) -> Result<(Vec<u8>, Stretch), StationError> {
    let reader = input::open_bytes(&input.path)?;
    let mut bytes = Vec::new();
    let read = reader.take(UNITS as u64).read_to_end(&mut bytes);
    if let Err(error) = read.filter_defect() {
        return Err(InputError::Io {
            name: input.path.clone(),
            source: error,
        }
        .into());
    }
    let part = bytes.len() == UNITS;
    let stretch = whole(bytes.len(), part);
    Ok((bytes, stretch))
}

/// What is whole before a defect of the stream is taken as it is.
trait FilterDefect {
    fn filter_defect(self) -> std::io::Result<()>;
}

impl FilterDefect for std::io::Result<usize> {
    fn filter_defect(self) -> std::io::Result<()> {
        match self {
            Err(error) if !is_defect(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

fn whole(length: usize, part: bool) -> Stretch {
    Stretch {
        first: 0,
        length: length as u64,
        seconds: None,
        part,
    }
}

/// Sure soft bits of bytes, the most significant bit first.
fn unpacked(bytes: &[u8]) -> Vec<i8> {
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    bits.map(|bit| if bit == 1 { 127 } else { -127 }).collect()
}
