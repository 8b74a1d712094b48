//! WAV files: mono is one real signal (a passband or demodulated audio), stereo is I and Q.
//!
//! Our own reading of the chunks, since crate `hound` knows neither RF64/BW64 (EBU Tech 3306, ITU-R BS.2088: sizes
//! in a `ds64` chunk) nor what pipes and recordings over 4 GB leave in the sizes, nor the `auxi` chunk in which
//! SDR programs (`SpectraVue`, HDSDR, SDR#) put start time and tuned frequency. In the tests `hound` is the oracle.

use super::bytes::ByteInput;
use super::convert::Encoding;
use super::names::NameFacts;
use super::stream::{SampleStream, StreamSetup};
use super::{Capture, InputError, InputInfo, OpenOptions, SampleFormat, SampleSource, SampleType, utc};
use std::io::{self, Read};
use thiserror::Error;

const TAG_PCM: u16 = 1;
const TAG_FLOAT: u16 = 3;
const TAG_EXTENSIBLE: u16 = 0xFFFE;
/// Bytes of `fmt ` that mean something: the extensible form.
const FORMAT_BYTES: u32 = 40;
/// Bytes of `auxi` that mean something here.
const AUX_BYTES: u32 = 36;
/// Sizes that stand for "not known when the header was written": ffmpeg and others write all ones, `sox` the
/// other two.
const OPEN_ENDED: [u32; 3] = [0xFFFF_FFFF, 0x7FFF_F000, 0x7FFF_FFFF];

/// What is wrong with a WAV header.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WavError {
    /// The file ends within its header.
    #[error("WAV header ends in {place}")]
    Truncated {
        /// Chunk, or "the file header".
        place: String,
    },
    /// RIFF of another kind.
    #[error("RIFF file of type {found:?}, not WAVE")]
    NotWave {
        /// The type found.
        found: String,
    },
    /// Samples before their description.
    #[error("WAV data chunk without a fmt chunk of 16 bytes or more before it")]
    NoFormat,
    /// Compressed or unknown samples.
    #[error(
        "WAV format tag {tag} with {bits} bits: allowed are PCM of 8, 16, 24, 32 bits and float of 32, 64"
    )]
    Encoding {
        /// Format tag (of the extension, where there is one).
        tag: u16,
        /// Bits that a sample takes.
        bits: u32,
    },
    /// Neither mono nor stereo.
    #[error("WAV with {channels} channels: allowed are 1 (real) and 2 (I and Q)")]
    Channels {
        /// Channels found.
        channels: u16,
    },
    /// A failing read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A WAV header.
#[derive(Debug, Clone, PartialEq)]
pub struct WavHeader {
    /// Number type; complex when stereo.
    pub format: SampleFormat,
    /// Samples per second.
    pub sample_rate_hz: u32,
    /// Size of the data chunk; `None` where it is left open.
    pub data_bytes: Option<u64>,
    /// Bytes before the data.
    pub data_offset: u64,
    /// The size is as a 32-bit field has it, so that more than 4 GB may have been recorded.
    pub size_is_32_bit: bool,
    /// Start time and tuned frequency as an SDR program notes them.
    pub capture: Option<Capture>,
}

#[derive(Debug, Clone, Copy)]
struct Format {
    tag: u16,
    channels: u16,
    rate: u32,
    block_align: u16,
}

/// Reads up to the first byte of the samples.
///
/// # Errors
/// [`WavError`]; never panics, and reads no further than the header's end.
pub fn parse_header(reader: &mut dyn Read) -> Result<WavHeader, WavError> {
    let mut chunks = Chunks { reader, offset: 0 };
    let form = chunks.riff_header()?;
    let mut format = None;
    let mut size_64 = None;
    let mut capture = None;
    loop {
        let (id, size) = chunks.next_chunk()?;
        match &id {
            b"fmt " => format = parse_format(&chunks.body(id, size, FORMAT_BYTES)?).or(format),
            b"ds64" => size_64 = u64_at(&chunks.body(id, size, 16)?, 8).or(size_64),
            b"auxi" => capture = parse_aux(&chunks.body(id, size, AUX_BYTES)?).or(capture),
            b"data" => {
                let format = format.ok_or(WavError::NoFormat)?;
                // RF64 says "see ds64" with all ones; a size that fits may stand in the chunk itself.
                let size_64 = size_64.filter(|_| &form != b"RIFF" && size == u32::MAX);
                let open = size == 0 || OPEN_ENDED.contains(&size);
                return Ok(WavHeader {
                    format: sample_format(format)?,
                    sample_rate_hz: format.rate,
                    data_bytes: size_64.filter(|s| *s != 0).or((!open).then_some(size.into())),
                    data_offset: chunks.offset,
                    size_is_32_bit: size_64.is_none(),
                    capture,
                });
            }
            _ => drop(chunks.body(id, size, 0)?),
        }
    }
}

struct Chunks<'a> {
    reader: &'a mut dyn Read,
    offset: u64,
}

impl Chunks<'_> {
    fn exact<const N: usize>(&mut self, place: &str) -> Result<[u8; N], WavError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, place)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8], place: &str) -> Result<(), WavError> {
        self.reader.read_exact(bytes).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => WavError::Truncated {
                place: place.to_owned(),
            },
            _ => WavError::Io(e),
        })?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    fn riff_header(&mut self) -> Result<[u8; 4], WavError> {
        let header: [u8; 12] = self.exact("the file header")?;
        let [form, _, kind] =
            [0, 4, 8].map(|at| [header[at], header[at + 1], header[at + 2], header[at + 3]]);
        if &kind != b"WAVE" {
            return Err(WavError::NotWave { found: text(&kind) });
        }
        Ok(form)
    }

    fn next_chunk(&mut self) -> Result<([u8; 4], u32), WavError> {
        let header: [u8; 8] = self.exact("its list of chunks: there is no data chunk")?;
        let [a, b, c, d, size @ ..] = header;
        Ok(([a, b, c, d], u32::from_le_bytes(size)))
    }

    /// The first `keep` bytes of a chunk, reading past the rest and the padding.
    fn body(&mut self, id: [u8; 4], size: u32, keep: u32) -> Result<Vec<u8>, WavError> {
        let place = format!("chunk {:?}", text(&id));
        let mut kept = vec![0; keep.min(size) as usize];
        self.fill(&mut kept, &place)?;
        let rest = u64::from(size) + u64::from(size % 2) - kept.len() as u64;
        let skipped = io::copy(&mut (&mut *self.reader).take(rest), &mut io::sink())?;
        self.offset += skipped;
        if skipped < rest {
            return Err(WavError::Truncated { place });
        }
        Ok(kept)
    }
}

fn text(id: &[u8]) -> String {
    String::from_utf8_lossy(id).into_owned()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn parse_format(body: &[u8]) -> Option<Format> {
    let tag = u16_at(body, 0)?;
    // The extensible form has the tag in the first bytes of its sub-format GUID.
    let tag = if tag == TAG_EXTENSIBLE {
        u16_at(body, 24)?
    } else {
        tag
    };
    u16_at(body, 14)?;
    Some(Format {
        tag,
        channels: u16_at(body, 2)?,
        rate: u32_at(body, 4)?,
        block_align: u16_at(body, 12)?,
    })
}

/// Samples are as wide as the block alignment says; fewer valid bits are left-justified in them.
fn sample_format(format: Format) -> Result<SampleFormat, WavError> {
    let channels = format.channels;
    if !matches!(channels, 1 | 2) {
        return Err(WavError::Channels { channels });
    }
    let number = match (format.tag, format.block_align / channels) {
        (TAG_PCM, 1) => SampleType::U8,
        (TAG_PCM, 2) => SampleType::I16,
        (TAG_PCM, 3) => SampleType::I24,
        (TAG_PCM, 4) => SampleType::I32,
        (TAG_FLOAT, 4) => SampleType::F32,
        (TAG_FLOAT, 8) => SampleType::F64,
        (tag, bytes) => {
            return Err(WavError::Encoding {
                tag,
                bits: u32::from(bytes) * 8,
            });
        }
    };
    Ok(SampleFormat {
        number,
        complex: channels == 2,
        big_endian: false,
    })
}

/// Start time as a Windows `SYSTEMTIME` at 0, tuned frequency in Hz at 32. Some programs write XML instead, which
/// is no time.
fn parse_aux(body: &[u8]) -> Option<Capture> {
    let field = |index: usize| u16_at(body, index * 2).map(u32::from);
    let [year, month, day] = [field(0)?, field(1)?, field(3)?];
    let [hour, minute, second, millis] = [field(4)?, field(5)?, field(6)?, field(7)?];
    let nanos = millis.checked_mul(1_000_000).filter(|n| *n < 1_000_000_000)?;
    let time = utc::from_parts([year, month, day], [hour, minute, second], nanos)?;
    let frequency_hz = u32_at(body, 32).filter(|f| *f != 0).map(f64::from);
    Some(Capture {
        sample_start: 0,
        time: Some(time),
        frequency_hz,
        ..Capture::default()
    })
}

pub(crate) fn recognise(head: &[u8]) -> bool {
    matches!(
        head,
        [b'R', b'I', b'F', b'F', ..] | [b'R', b'F', b'6', b'4', ..] | [b'B', b'W', b'6', b'4', ..]
    )
}

/// Opens a recognised WAV stream; `options` go before what the header says.
pub(crate) fn open(
    name: &str,
    mut input: ByteInput,
    options: &OpenOptions,
) -> Result<Box<dyn SampleSource>, InputError> {
    let header = parse_header(&mut input.reader).map_err(|source| InputError::Wav {
        name: name.to_owned(),
        source,
    })?;
    let mut warnings = Vec::new();
    let rate = options.rate_over(
        name,
        Some(header.sample_rate_hz.into()),
        "the header",
        &mut warnings,
    )?;
    let format = options
        .format_over(Some(header.format), "the header", &mut warnings)
        .unwrap_or(header.format);
    let available = input
        .length
        .map(|length| length.saturating_sub(header.data_offset));
    let data_bytes = data_bytes(&header, available, &mut warnings);
    let size = format.bytes() as u64;
    let length = available.map(|available| data_bytes.map_or(available, |d| d.min(available)) / size);
    if length == Some(0) {
        return Err(InputError::Empty {
            name: name.to_owned(),
        });
    }
    let captures = header.capture.clone().or_else(|| NameFacts::of(name).capture());
    let captures = options.captures_over(captures.into_iter().collect(), "WAV", &mut warnings);
    let info = InputInfo {
        name: name.to_owned(),
        format: input.describe(&describe(&header)),
        complex: format.complex,
        sample_rate_hz: Some(rate),
        length,
        captures,
        hardware: None,
    };
    let encoding = Encoding {
        format,
        wav_bytes: format == header.format,
    };
    let declared = data_bytes.map(|bytes| bytes / size);
    let setup = StreamSetup {
        info,
        encoding,
        live: input.live,
        declared,
        jumps: Vec::new(),
        warnings,
    };
    let reader = match data_bytes {
        Some(bytes) => Box::new(input.reader.take(bytes)),
        None => input.reader,
    };
    Ok(Box::new(SampleStream::new(setup, reader)))
}

fn describe(header: &WavHeader) -> String {
    let SampleFormat { number, complex, .. } = header.format;
    let kind = if matches!(number, SampleType::F32 | SampleType::F64) {
        "float"
    } else {
        "PCM"
    };
    let channels = if complex { "stereo" } else { "mono" };
    format!("WAV {kind} {} bit {channels}", number.bytes() * 8)
}

/// Size of the data. Programs that know nothing of RF64 go on writing after 4 GB, and the field wraps; the file's
/// length shows it.
fn data_bytes(header: &WavHeader, available: Option<u64>, warnings: &mut Vec<String>) -> Option<u64> {
    let stated = header.data_bytes?;
    let wraps = available.map_or(0, |available| available.saturating_sub(stated) >> 32);
    if header.size_is_32_bit && wraps > 0 {
        warnings.push(format!(
            "the header's data size of {stated} bytes has wrapped at 4 GiB; the file's length counts"
        ));
        return Some(stated + (wraps << 32));
    }
    Some(stated)
}
