//! Decompressed bytes of a file or of standard input.
//!
//! gzip (all members) and zstd (all frames) are recognised by their magic numbers, whatever the name, so that
//! they work on a pipe too. A compressed stream that is cut short or damaged delivers everything up to
//! that place; then one read fails with a [`StreamDefect`], and the stream has ended.

use super::error::InputError;
use super::hex::HexReader;
use super::zstd::ZstdReader;
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read};
use thiserror::Error;

/// Bytes looked at to recognise a container; a tar header is the longest.
const HEAD: usize = 512;
/// Compressed bytes read at a time.
const COMPRESSED_CHUNK: usize = 128 * 1024;

/// Where compressed or hexadecimal data stop making sense; what came before has been delivered.
///
/// Travels inside an [`io::Error`]; see [`is_defect`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StreamDefect {
    /// The data end too early.
    #[error("the {codec} data are cut short; everything up to there is used")]
    Truncated {
        /// "gzip" or "zstd".
        codec: &'static str,
    },
    /// The data are not what the codec writes.
    #[error("the {codec} data are damaged ({detail}); everything up to there is used")]
    Damaged {
        /// "gzip" or "zstd".
        codec: &'static str,
        /// What the decoder says.
        detail: String,
    },
    /// A character that is no hex digit.
    #[error("byte {offset} of the hex text is no hex digit; everything up to there is used")]
    Hex {
        /// Position in the text.
        offset: u64,
    },
    /// An odd number of digits.
    #[error("the hex text ends with half a byte, which is ignored")]
    HalfByte,
}

impl StreamDefect {
    pub(crate) fn into_io(self) -> io::Error {
        let kind = match self {
            Self::Truncated { .. } | Self::HalfByte => io::ErrorKind::UnexpectedEof,
            Self::Damaged { .. } | Self::Hex { .. } => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, self)
    }
}

/// Whether a read failed only because the data end there ([`StreamDefect`]): whoever reads should use what came
/// before and warn with the error's text.
pub fn is_defect(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<StreamDefect>)
}

/// An opened input, decompressed.
pub(crate) struct ByteInput {
    /// All bytes, from the first.
    pub reader: Box<dyn Read + Send>,
    /// The first bytes, up to 512; `reader` delivers them too.
    pub head: Vec<u8>,
    /// Bytes in all, where known.
    pub length: Option<u64>,
    /// Codec, where compressed.
    pub codec: Option<&'static str>,
    /// Bytes arrive in their own time: hand on what is there instead of waiting for full blocks.
    pub live: bool,
}

impl ByteInput {
    /// Opens a path, `-` being standard input.
    pub fn open(path: &str) -> Result<Self, InputError> {
        if path == "-" {
            return Self::from_reader(path, Box::new(io::stdin()), None, true);
        }
        let file = File::open(path).map_err(|e| InputError::read(path, e))?;
        let meta = file.metadata().map_err(|e| InputError::read(path, e))?;
        if meta.is_dir() {
            return Err(InputError::Directory {
                name: path.to_owned(),
            });
        }
        let length = meta.is_file().then_some(meta.len());
        Self::from_reader(path, Box::new(file), length, !meta.is_file())
    }

    /// Takes over a reader that delivers `length` bytes, where known.
    pub fn from_reader(
        name: &str,
        reader: Box<dyn Read + Send>,
        length: Option<u64>,
        live: bool,
    ) -> Result<Self, InputError> {
        let compressed = Peeked::new(reader, 4).map_err(|e| InputError::read(name, e))?;
        let (reader, codec): (Box<dyn Read + Send>, _) = match codec_of(compressed.head()) {
            None => (Box::new(compressed), None),
            Some("gzip") => (Box::new(GzipReader::new(compressed)), Some("gzip")),
            Some(codec) => (Box::new(ZstdReader::new(compressed)), Some(codec)),
        };
        let peeked = Peeked::new(reader, HEAD).map_err(|e| InputError::read(name, e))?;
        let head = peeked.head().to_vec();
        if head.is_empty() {
            return Err(InputError::Empty {
                name: name.to_owned(),
            });
        }
        let length = length.filter(|_| codec.is_none());
        Ok(Self {
            reader: Box::new(peeked),
            head,
            length,
            codec,
            live,
        })
    }

    /// `text` with the codec behind it, for people.
    pub fn describe(&self, text: &str) -> String {
        match self.codec {
            Some(codec) => format!("{text}, {codec}"),
            None => text.to_owned(),
        }
    }
}

fn codec_of(head: &[u8]) -> Option<&'static str> {
    match head {
        // RFC 1952: magic, deflate, and no reserved flags.
        [0x1F, 0x8B, 8, flags, ..] if flags & 0xE0 == 0 => Some("gzip"),
        // RFC 8878 §3.1: a frame, or a skippable frame.
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Some("zstd"),
        [nibble, 0x2A, 0x4D, 0x18, ..] if nibble & 0xF0 == 0x50 => Some("zstd"),
        _ => None,
    }
}

/// Decompressed bytes of any file, or of standard input (`-`).
///
/// Where the name without `.gz` or `.zst` ends in `.hex`, the content is hex digits with white space between
/// them, and the bytes they stand for are delivered.
///
/// Compressed data that are cut short deliver all bytes up to there; then one read fails, for which
/// [`is_defect`] is true.
///
/// # Errors
/// A missing, unreadable or empty file, or a directory.
pub fn open_bytes(path: &str) -> Result<Box<dyn Read + Send>, InputError> {
    let input = ByteInput::open(path)?;
    Ok(if without_codec(path).to_ascii_lowercase().ends_with(".hex") {
        Box::new(HexReader::new(input.reader))
    } else {
        input.reader
    })
}

/// A name without the ending that tells of compression.
pub(crate) fn without_codec(name: &str) -> &str {
    [".gz", ".zst", ".zstd"]
        .iter()
        .find_map(|end| {
            let at = name.len().checked_sub(end.len())?;
            let tail = name.get(at..)?;
            tail.eq_ignore_ascii_case(end).then(|| &name[..at])
        })
        .unwrap_or(name)
}

/// A reader of which the first bytes have been looked at.
struct Peeked<R> {
    head: Vec<u8>,
    taken: usize,
    failure: Option<io::Error>,
    inner: R,
}

impl<R: Read> Peeked<R> {
    fn new(mut inner: R, length: usize) -> io::Result<Self> {
        let mut head = vec![0; length];
        let mut filled = 0;
        let mut failure = None;
        while filled < length {
            match inner.read(&mut head[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if filled == 0 => return Err(e),
                Err(e) => {
                    failure = Some(e);
                    break;
                }
            }
        }
        head.truncate(filled);
        Ok(Self {
            head,
            taken: 0,
            failure,
            inner,
        })
    }

    fn head(&self) -> &[u8] {
        &self.head
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let rest = &self.head[self.taken..];
        if !rest.is_empty() {
            let n = rest.len().min(buf.len());
            buf[..n].copy_from_slice(&rest[..n]);
            self.taken += n;
            return Ok(n);
        }
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => self.inner.read(buf),
        }
    }
}

/// All members of a gzip stream.
struct GzipReader<R> {
    decoder: MultiGzDecoder<BufReader<R>>,
    ended: bool,
}

impl<R: Read> GzipReader<R> {
    fn new(inner: R) -> Self {
        let inner = BufReader::with_capacity(COMPRESSED_CHUNK, inner);
        Self {
            decoder: MultiGzDecoder::new(inner),
            ended: false,
        }
    }
}

impl<R: Read> Read for GzipReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        self.decoder.read(buf).map_err(|e| {
            let defect = match e.kind() {
                io::ErrorKind::UnexpectedEof => StreamDefect::Truncated { codec: "gzip" },
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => StreamDefect::Damaged {
                    codec: "gzip",
                    detail: e.to_string(),
                },
                _ => return e,
            };
            self.ended = true;
            defect.into_io()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    use std::io::Write;

    pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    /// Bytes that do not compress to nothing.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 26) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    fn read_all(bytes: Vec<u8>) -> (Vec<u8>, Option<io::Error>) {
        let mut input =
            ByteInput::from_reader("test", Box::new(io::Cursor::new(bytes)), None, false).unwrap();
        let mut out = Vec::new();
        let failure = input.reader.read_to_end(&mut out).err();
        if failure.is_some() {
            assert_eq!(
                input.reader.read(&mut [0; 16]).unwrap(),
                0,
                "ended after the defect"
            );
        }
        (out, failure)
    }

    #[test]
    fn codecs_by_magic_with_several_members() {
        let (a, b) = (noise(300_000), noise(7));
        let both = [a.clone(), b.clone()].concat();
        let mut skippable = vec![0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
        skippable.extend(zstd(&a));
        skippable.extend([0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]);
        skippable.extend(zstd(&b));
        for bytes in [
            both.clone(),
            [gzip(&a), gzip(&b)].concat(),
            [zstd(&a), zstd(&b)].concat(),
            skippable,
        ] {
            let (out, failure) = read_all(bytes);
            assert!(failure.is_none(), "{failure:?}");
            assert!(out == both);
        }
    }

    #[test]
    fn truncated_streams_deliver_what_is_there_and_say_so() {
        let data = noise(600_000);
        for (packed, codec) in [(gzip(&data), "gzip"), (zstd(&data), "zstd")] {
            for cut in [packed.len() / 2, packed.len() - 1] {
                let (out, failure) = read_all(packed[..cut].to_vec());
                let failure = failure.expect("a defect");
                assert!(is_defect(&failure), "{failure}");
                assert!(
                    failure
                        .to_string()
                        .starts_with(&format!("the {codec} data are cut short")),
                    "{failure}"
                );
                // A zstd block holds up to 128 KiB and is lost when cut.
                let least = data.len() * cut / packed.len() - 200_000;
                assert!(out.len() >= least, "{codec}: {} of at least {least}", out.len());
                assert!(out == data[..out.len()]);
                assert_eq!(out.len() == data.len(), cut == packed.len() - 1, "{codec} {cut}");
            }
        }
    }

    #[test]
    fn damage_and_trailing_bytes_are_said() {
        let data = noise(1000);
        for mut packed in [gzip(&data), zstd(&data)] {
            packed.extend(b"tail that is no member");
            let (out, failure) = read_all(packed);
            assert!(out == data);
            assert!(failure.unwrap().to_string().contains("damaged"));
        }
    }

    #[test]
    fn a_gzip_header_alone_is_an_error_not_a_panic() {
        for bytes in [vec![0x1F, 0x8B, 8, 0], vec![0x28, 0xB5, 0x2F, 0xFD]] {
            let opened = ByteInput::from_reader("x", Box::new(io::Cursor::new(bytes)), None, false);
            assert!(opened.err().unwrap().to_string().contains("cut short"));
        }
        let empty = ByteInput::from_reader("x", Box::new(io::empty()), None, false);
        assert!(matches!(empty.err().unwrap(), InputError::Empty { .. }));
    }

    #[test]
    fn endings_of_codecs_are_removed_once() {
        assert_eq!(without_codec("a.hex.GZ"), "a.hex");
        assert_eq!(without_codec("a.cu8.zst"), "a.cu8");
        assert_eq!(without_codec("a.gz.gz"), "a.gz");
        assert_eq!(without_codec("gz"), "gz");
        assert_eq!(without_codec("日本"), "日本");
    }
}
