//! Where samples, soft bits, bits and frames come from.

mod bytes;
mod convert;
mod error;
mod format;
mod hex;
mod later;
pub mod live;
mod loss;
mod names;
mod open;
pub mod sigmf;
pub mod soft;
mod stream;
mod units;
pub(crate) mod utc;
pub mod wav;
mod zstd;

pub use bytes::{StreamDefect, is_defect, open_bytes};
pub use error::{InputError, MAX_RATE_HZ, MIN_RATE_HZ};
pub use later::Later;
pub use live::{Gain, LiveError, LiveOptions, LiveUrl, Setting};
pub use loss::{Loss, LossCause};
pub use names::NameFacts;
pub use open::{OpenOptions, open_reader, open_samples};
pub use sigmf::{Annotation, SigmfMeta, SigmfSegment, SigmfWriteError, SigmfWriter};
pub use soft::{SoftFormat, SoftNumber, SoftReader};
pub use units::{parse_bytes, parse_frequency, parse_rate, parse_utc};

pub(crate) use loss::note;

use hifitime::Epoch;
use num_complex::Complex32;
use serde::Serialize;

/// How samples are written in a file or stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleType {
    /// 8-bit signed.
    I8,
    /// 8-bit unsigned, 127.5 is zero.
    U8,
    /// 16-bit signed.
    I16,
    /// 16-bit unsigned, 32767.5 is zero.
    U16,
    /// 24-bit signed.
    I24,
    /// 32-bit signed.
    I32,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
}

/// Layout of raw samples: what `SigMF` calls the datatype.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleFormat {
    /// Number type.
    pub number: SampleType,
    /// I and Q in turn (true) or one real value (false).
    pub complex: bool,
    /// Most significant byte first.
    pub big_endian: bool,
}

/// Who says what time it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// The receiver's hardware, in its time stamps.
    Hardware,
    /// This computer's clock when the samples arrived.
    Host,
    /// The recording or its name.
    #[default]
    Recording,
    /// The user.
    Given,
}

/// A place in the input where the capture time and frequency are known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Capture {
    /// First sample that this describes.
    pub sample_start: u64,
    /// UTC of that sample.
    pub time: Option<Epoch>,
    /// Tuned frequency, Hz.
    pub frequency_hz: Option<f64>,
    /// The time is right within this many seconds either way; `None` where nobody says.
    pub uncertainty_s: Option<f64>,
    /// Where the time is from.
    pub clock: TimeSource,
}

/// What is known of a sample input before and while it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct InputInfo {
    /// Path, or `-`.
    pub name: String,
    /// Container and number format for people: "`SigMF` `ci16_le`", "WAV PCM 16 bit stereo", "raw cu8, gzip".
    pub format: String,
    /// Whether samples are complex (false: one real value each, the imaginary part is zero).
    pub complex: bool,
    /// Samples per second, where stated or given; always known of what [`open_samples`] opens.
    pub sample_rate_hz: Option<f64>,
    /// Samples in all, where known beforehand.
    pub length: Option<u64>,
    /// Capture segments, in order; empty where nothing is known. Their starts count like [`SampleBlock::first`].
    pub captures: Vec<Capture>,
    /// Hardware that recorded, free text.
    pub hardware: Option<String>,
}

/// Samples handed on together. A jump of `first` past the end of the block before is lost samples.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SampleBlock {
    /// Index of the first sample since the start of the input.
    pub first: u64,
    /// Samples, full scale = 1.
    pub samples: Vec<Complex32>,
    /// Time and frequency from the first sample on, where the source learns them while it runs.
    pub capture: Option<Capture>,
    /// Why samples are missing before the first, where some are.
    pub lost: Option<LossCause>,
}

impl SampleBlock {
    /// Makes it ready for the next samples, which begin with this index; its memory stays.
    pub fn begin(&mut self, first: u64) {
        self.first = first;
        self.samples.clear();
        self.capture = None;
        self.lost = None;
    }
}

/// Outcome of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// The block holds at least one sample.
    Filled,
    /// The input has ended; the block is empty.
    Ended,
    /// A live input is silent at the moment; the block is empty. Ask again, unless the run is to stop.
    Waiting,
}

/// Samples from somewhere, in order.
///
/// Reading needs the same little memory however long the input is, and gives the same samples whatever the size
/// of the blocks.
pub trait SampleSource: Send {
    /// What is known of the input.
    fn info(&self) -> &InputInfo;

    /// Replaces the block's content by the next samples, at most `max` of them (at least 1 and at most 2^22).
    ///
    /// Files fill the block except at their end and before lost samples; pipes hand on what is there; live inputs
    /// return within a fraction of a second. The block's memory is used again. Samples that are not finite pass
    /// through and are counted.
    ///
    /// # Errors
    /// A failing read. An input that ends too early ends with a warning instead.
    fn read(&mut self, block: &mut SampleBlock, max: usize) -> Result<Read, InputError>;

    /// Whether the samples come at a pace of their own that nobody can hold back: they are then read as they come,
    /// and discarded where the chain has no time for them.
    fn live(&self) -> bool {
        false
    }

    /// Index of the first sample that [`Self::read`] gives: all before it were left out on purpose.
    fn begins_at(&self) -> u64 {
        0
    }

    /// What is odd about the input, one line each; what is missing at the end is only known there.
    fn warnings(&self) -> &[String];

    /// Samples so far of which I or Q is not finite.
    fn bad_samples(&self) -> u64;
}
