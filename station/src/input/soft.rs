//! Soft symbols and hard bits from files: every program writes them differently.
//!
//! Whatever the file has, soft bits come out as `i8`, positive = 1, at most ±127.
//!
//! * Integers keep their scale. Unsigned bytes have their zero at 127.5: 128 is +1, 127 is −1.
//! * Hard bits become ±64, half of full confidence.
//! * Floats are scaled so that their mean magnitude becomes 32, which leaves room for values four times as large.
//!   The mean is that of the first 4096 values, then follows with a fixed step of 2^-16 per value. Values larger
//!   than four times the mean count as that much, so that a spike does not silence what comes after it. Every
//!   step is taken per value: how the input is cut changes nothing.

use super::bytes::{is_defect, without_codec};
use super::{InputError, Read};
use std::fmt;
use std::io;
use std::str::FromStr;

/// What [`SoftFormat::from_str`] takes.
pub(crate) const ALLOWED: &str = "s8, u8, f32 (also as I/Q pairs, c64), packed, unpacked; with -neg at the end where negative means 1, with -swap where Q comes before I";

/// Soft bit of a certain hard bit.
const HARD: i8 = 64;
/// Mean magnitude of soft bits made of floats.
const FLOAT_LEVEL: f64 = 32.0;
/// Floats that the first level is taken from.
const LEVEL_START: usize = 4096;
/// How much each further float moves the level.
const LEVEL_STEP: f64 = 1.0 / 65_536.0;
/// No float counts more than this many times the level.
const LEVEL_LIMIT: f64 = 4.0;
/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;

/// Numbers that stand for soft or hard bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoftNumber {
    /// Signed bytes.
    I8,
    /// Unsigned bytes, 127.5 is zero.
    U8,
    /// 32-bit floats, little-endian, of any scale.
    F32,
    /// Eight hard bits to a byte, the first in the most significant place.
    Packed,
    /// One hard bit to a byte: 0 or 1, as numbers or as ASCII digits.
    Unpacked,
}

/// How soft symbols or bits are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoftFormat {
    /// Numbers.
    pub number: SoftNumber,
    /// Negative numbers (for hard bits: zeros) stand for bit 1.
    pub negative_is_one: bool,
    /// Values come in pairs, Q before I; they are exchanged.
    pub swap_iq: bool,
}

impl SoftFormat {
    /// Positive = 1, in the order of the file.
    pub fn plain(number: SoftNumber) -> Self {
        Self {
            number,
            negative_is_one: false,
            swap_iq: false,
        }
    }

    /// The format that a name's ending tells: `.s`, `.soft`, `.s8` are signed bytes, `.f32`, `.c64`, `.cf32`,
    /// `.fc32` floats, `.hard` packed bits. The sign is taken as positive = 1: no ending tells it.
    pub fn of_name(path: &str) -> Option<Self> {
        let name = without_codec(path);
        let (_, extension) = name.rsplit_once('.')?;
        let number = match extension.to_ascii_lowercase().as_str() {
            "s" | "soft" | "s8" => SoftNumber::I8,
            "f32" | "c64" | "cf32" | "fc32" => SoftNumber::F32,
            "hard" => SoftNumber::Packed,
            _ => return None,
        };
        Some(Self::plain(number))
    }
}

/// `s8`, `f32-neg`, `u8-neg-swap`, …
impl fmt::Display for SoftFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = match self.number {
            SoftNumber::I8 => "s8",
            SoftNumber::U8 => "u8",
            SoftNumber::F32 => "f32",
            SoftNumber::Packed => "packed",
            SoftNumber::Unpacked => "unpacked",
        };
        let sign = if self.negative_is_one { "-neg" } else { "" };
        let order = if self.swap_iq { "-swap" } else { "" };
        write!(f, "{number}{sign}{order}")
    }
}

/// A number's name, then in any order `-neg` and `-swap`.
impl FromStr for SoftFormat {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(&text.trim().to_ascii_lowercase()).ok_or_else(|| InputError::SoftFormatName {
            text: text.to_owned(),
        })
    }
}

fn parse(text: &str) -> Option<SoftFormat> {
    let mut words = text.split(['-', ',']);
    let mut format = SoftFormat::plain(match words.next()? {
        "s8" | "i8" => SoftNumber::I8,
        "u8" => SoftNumber::U8,
        "f32" | "c64" | "cf32" => SoftNumber::F32,
        "packed" => SoftNumber::Packed,
        "unpacked" => SoftNumber::Unpacked,
        _ => return None,
    });
    for word in words {
        match word {
            "neg" if !format.negative_is_one => format.negative_is_one = true,
            "swap" if !format.swap_iq => format.swap_iq = true,
            _ => return None,
        }
    }
    Some(format)
}

/// Reads soft bits.
pub struct SoftReader {
    reader: Box<dyn io::Read + Send>,
    format: SoftFormat,
    bytes: Vec<u8>,
    /// Bytes at the front of `bytes` that are no whole value yet.
    held: usize,
    level: Level,
    /// Soft bits as the file has them; at most one waits here for its pair.
    fresh: Vec<i8>,
    /// Soft bits to hand out.
    ready: Vec<i8>,
    taken: usize,
    bad: u64,
    ended: bool,
    warnings: Vec<String>,
}

impl SoftReader {
    /// Takes over a reader of bytes as [`super::open_bytes`] opens it.
    pub fn new(reader: Box<dyn io::Read + Send>, format: SoftFormat) -> Self {
        Self {
            reader,
            format,
            bytes: vec![0; CHUNK],
            held: 0,
            level: Level::default(),
            fresh: Vec::new(),
            ready: Vec::new(),
            taken: 0,
            bad: 0,
            ended: false,
            warnings: Vec::new(),
        }
    }

    /// The format that a name tells ([`SoftFormat::of_name`]); where it tells none and hard `bits` are expected, packed
    /// ones.
    ///
    /// # Errors
    /// [`InputError::UnknownSoftFormat`] where it must be stated.
    pub fn guess(path: &str, bits: bool) -> Result<SoftFormat, InputError> {
        let packed = bits.then_some(SoftFormat::plain(SoftNumber::Packed));
        SoftFormat::of_name(path)
            .or(packed)
            .ok_or_else(|| InputError::UnknownSoftFormat {
                name: path.to_owned(),
            })
    }

    /// Replaces `out` by the next soft bits, at least one and at most `max` of them.
    ///
    /// # Errors
    /// A failing read. Truncated compressed data are no error but end the input with a warning.
    pub fn read(&mut self, out: &mut Vec<i8>, max: usize) -> Result<Read, InputError> {
        out.clear();
        while self.available() == 0 && !self.ended {
            self.refill()?;
        }
        let count = self.available().min(max.max(1));
        out.extend_from_slice(&self.ready[self.taken..self.taken + count]);
        self.taken += count;
        Ok(if count == 0 { Read::Ended } else { Read::Filled })
    }

    /// What was odd about the input so far.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Values that stand for no bit (NaN, or other bytes among unpacked bits); they came out as 0, "not known".
    pub fn bad_values(&self) -> u64 {
        self.bad
    }

    fn available(&self) -> usize {
        self.ready.len() - self.taken
    }

    fn refill(&mut self) -> Result<(), InputError> {
        match self.reader.read(&mut self.bytes[self.held..]) {
            Ok(0) => self.finish(),
            Ok(n) => self.decode(self.held + n),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if is_defect(&e) => {
                self.warnings.push(e.to_string());
                self.finish();
            }
            Err(e) => return Err(InputError::read("soft symbols", e)),
        }
        self.ready.clear();
        self.taken = 0;
        let sign = if self.format.negative_is_one { -1 } else { 1 };
        if !self.format.swap_iq {
            self.ready.extend(self.fresh.drain(..).map(|soft| sign * soft));
            return Ok(());
        }
        let (pairs, rest) = self.fresh.as_chunks::<2>();
        self.ready
            .extend(pairs.iter().flat_map(|[q, i]| [sign * i, sign * q]));
        let kept = if self.ended { 0 } else { rest.len() };
        self.ready.extend(rest[kept..].iter().map(|soft| sign * soft));
        self.fresh.drain(..self.fresh.len() - kept);
        Ok(())
    }

    fn decode(&mut self, filled: usize) {
        let bytes = &self.bytes[..filled];
        self.held = 0;
        match self.format.number {
            SoftNumber::I8 => self.fresh.extend(bytes.iter().map(|&b| (b as i8).max(-127))),
            SoftNumber::U8 => self.fresh.extend(bytes.iter().map(|&b| soft_of_u8(b))),
            SoftNumber::Packed => self.fresh.extend(bytes.iter().flat_map(|&b| {
                (0..8)
                    .rev()
                    .map(move |bit| if b >> bit & 1 == 1 { HARD } else { -HARD })
            })),
            SoftNumber::Unpacked => {
                let bad = &mut self.bad;
                self.fresh.extend(bytes.iter().map(|b| match b {
                    0 | b'0' => -HARD,
                    1 | b'1' => HARD,
                    _ => {
                        *bad += 1;
                        0
                    }
                }));
            }
            SoftNumber::F32 => {
                let (values, rest) = bytes.as_chunks::<4>();
                self.held = rest.len();
                for value in values {
                    let value = f32::from_le_bytes(*value);
                    self.bad += u64::from(value.is_nan());
                    self.level.push(value, &mut self.fresh);
                }
                self.bytes.copy_within(filled - self.held..filled, 0);
            }
        }
    }

    fn finish(&mut self) {
        self.ended = true;
        self.level.finish(&mut self.fresh);
        if self.held > 0 {
            self.warnings.push(format!(
                "file ends inside a value: last {} bytes ignored",
                self.held
            ));
        }
    }
}

fn soft_of_u8(byte: u8) -> i8 {
    let value = i16::from(byte);
    (if value >= 128 { value - 127 } else { value - 128 }).clamp(-127, 127) as i8
}

/// Scales floats to soft bits.
#[derive(Debug, Default)]
struct Level {
    /// The first values, until there are enough of them to begin.
    first: Vec<f32>,
    begun: bool,
    mean: f64,
}

impl Level {
    fn push(&mut self, value: f32, out: &mut Vec<i8>) {
        if self.begun {
            out.push(self.step(value));
            return;
        }
        self.first.push(value);
        if self.first.len() == LEVEL_START {
            self.begin(out);
        }
    }

    fn finish(&mut self, out: &mut Vec<i8>) {
        if !self.begun {
            self.begin(out);
        }
    }

    fn begin(&mut self, out: &mut Vec<i8>) {
        self.begun = true;
        let first = std::mem::take(&mut self.first);
        self.mean = first_level(&first);
        out.extend(first.into_iter().map(|value| self.step(value)));
    }

    fn step(&mut self, value: f32) -> i8 {
        if value.is_nan() {
            return 0;
        }
        let value = f64::from(value);
        let magnitude = value.abs();
        if self.mean > 0.0 {
            self.mean += (magnitude.min(LEVEL_LIMIT * self.mean) - self.mean) * LEVEL_STEP;
        } else if magnitude.is_finite() {
            self.mean = magnitude;
        }
        if magnitude == 0.0 {
            return 0;
        }
        // The clamp takes care of infinities and of a level of zero.
        (value * (FLOAT_LEVEL / self.mean)).round().clamp(-127.0, 127.0) as i8
    }
}

/// Mean magnitude of values, none of them counting more than four times the median.
fn first_level(values: &[f32]) -> f64 {
    let mut magnitudes: Vec<f32> = values.iter().map(|v| v.abs()).filter(|v| v.is_finite()).collect();
    if magnitudes.is_empty() {
        return 0.0;
    }
    magnitudes.sort_by(f32::total_cmp);
    let limit = LEVEL_LIMIT * f64::from(magnitudes[magnitudes.len() / 2]);
    let sum: f64 = magnitudes.iter().map(|m| f64::from(*m).min(limit)).sum();
    sum / magnitudes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Delivers at most `step` bytes at a time.
    struct Trickle(io::Cursor<Vec<u8>>, usize);

    impl io::Read for Trickle {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = buf.len().min(self.1);
            io::Read::read(&mut self.0, &mut buf[..n])
        }
    }

    fn read_all(bytes: &[u8], format: &str, step: usize, max: usize) -> (Vec<i8>, SoftReader) {
        let source = Trickle(io::Cursor::new(bytes.to_vec()), step);
        let mut reader = SoftReader::new(Box::new(source), format.parse().unwrap());
        let (mut all, mut some) = (Vec::new(), Vec::new());
        while reader.read(&mut some, max).unwrap() == Read::Filled {
            assert!(some.len() <= max);
            all.extend_from_slice(&some);
        }
        assert!(some.is_empty());
        (all, reader)
    }

    fn soft(bytes: &[u8], format: &str) -> Vec<i8> {
        read_all(bytes, format, 1 << 20, 1 << 20).0
    }

    #[test]
    fn integers_keep_their_scale() {
        assert_eq!(
            soft(&[0, 1, 127, 128, 129, 255], "s8"),
            [0, 1, 127, -127, -127, -1]
        );
        assert_eq!(
            soft(&[0, 1, 127, 128, 254, 255], "u8"),
            [-127, -127, -1, 1, 127, 127]
        );
    }

    #[test]
    fn hard_bits_most_significant_first() {
        assert_eq!(
            soft(&[0b1010_0001], "packed"),
            [64, -64, 64, -64, -64, -64, -64, 64]
        );
        assert_eq!(
            soft(&[0b1010_0001], "packed-neg"),
            [-64, 64, -64, 64, 64, 64, 64, -64]
        );
        let (bits, reader) = read_all(&[0, 1, b'0', b'1', 7], "unpacked", 9, 9);
        assert_eq!((bits, reader.bad_values()), (vec![-64, 64, -64, 64, 0], 1));
    }

    #[test]
    fn sign_and_order_as_stated() {
        assert_eq!(soft(&[1, 2, 3, 4, 5], "s8-neg"), [-1, -2, -3, -4, -5]);
        assert_eq!(soft(&[1, 2, 3, 4, 5], "s8-swap"), [2, 1, 4, 3, 5]);
        assert_eq!(soft(&[1, 2, 3, 4, 5], "s8-swap-neg"), [-2, -1, -4, -3, -5]);
    }

    fn floats(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|v| v.to_le_bytes()).collect()
    }

    #[test]
    fn floats_come_out_at_the_same_level_whatever_their_scale() {
        for scale in [1e-30f32, 1e-3, 1.0, 1e20] {
            let values: Vec<f32> = (0..10_000)
                .map(|i| if i % 3 == 0 { scale } else { -scale })
                .collect();
            let expected: Vec<i8> = (0..10_000).map(|i| if i % 3 == 0 { 32 } else { -32 }).collect();
            assert!(soft(&floats(&values), "f32") == expected, "{scale}");
        }
    }

    #[test]
    fn the_level_follows_slowly() {
        let values: Vec<f32> = (0..600_000).map(|i| if i < 10_000 { 1.0 } else { 0.1 }).collect();
        let out = soft(&floats(&values), "f32");
        assert_eq!((out[9_999], out[10_000], out[599_999]), (32, 3, 32));
        // After one time constant: 0.1 of 0.1 + 0.9/e.
        assert_eq!(out[10_000 + 65_536], 7);
    }

    #[test]
    fn spikes_and_what_is_no_number_do_no_harm() {
        let mut values = vec![1.0f32; 10_000];
        values[0] = f32::NAN;
        values[1] = f32::INFINITY;
        values[2] = -1e38;
        values[3] = 0.0;
        values[9_000] = 1e38;
        values[9_001] = f32::NEG_INFINITY;
        let (out, reader) = read_all(&floats(&values), "f32", 1 << 20, 1 << 20);
        assert_eq!(out[..5], [0, 127, -127, 0, 32]);
        assert_eq!((out[9_000], out[9_001], out[9_002]), (127, -127, 32));
        assert_eq!(reader.bad_values(), 1);
        assert_eq!(soft(&floats(&[f32::INFINITY, f32::NAN, 0.0]), "f32"), [127, 0, 0]);
        assert_eq!(soft(&floats(&[0.0, -0.0]), "f32"), [0, 0]);
    }

    #[test]
    fn the_end_of_a_value_is_missed_aloud() {
        let mut bytes = floats(&[1.0, -1.0]);
        bytes.push(7);
        let (out, reader) = read_all(&bytes, "f32", 3, 5);
        assert_eq!(out, [32, -32]);
        assert_eq!(
            reader.warnings(),
            ["file ends inside a value: last 1 bytes ignored"]
        );
    }

    #[test]
    fn names_read_back_and_others_are_refused() {
        for name in [
            "s8",
            "u8",
            "f32",
            "packed",
            "unpacked",
            "s8-neg",
            "f32-swap",
            "u8-neg-swap",
        ] {
            assert_eq!(name.parse::<SoftFormat>().unwrap().to_string(), name);
        }
        assert_eq!(
            "c64,swap,neg".parse::<SoftFormat>().unwrap().to_string(),
            "f32-neg-swap"
        );
        for name in ["", "s16", "s8-", "s8-neg-neg", "s8-pos", "neg"] {
            let text = name.parse::<SoftFormat>().unwrap_err().to_string();
            assert!(text.contains("s8, u8, f32"), "{text}");
        }
    }

    #[test]
    fn formats_from_names() {
        let guess = |path, bits| {
            SoftReader::guess(path, bits)
                .map(|f| f.to_string())
                .map_err(|e| e.to_string())
        };
        assert_eq!(guess("/a.b/c.s", false).unwrap(), "s8");
        assert_eq!(guess("c.SOFT.gz", false).unwrap(), "s8");
        assert_eq!(guess("c.c64", false).unwrap(), "f32");
        assert_eq!(guess("c.hard", true).unwrap(), "packed");
        assert_eq!(guess("c.bin", true).unwrap(), "packed");
        assert!(
            guess("c.bin", false)
                .unwrap_err()
                .contains("c.bin: its name does not tell")
        );
        assert!(guess("-", false).is_err());
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(
            bytes in prop::collection::vec(any::<u8>(), 0..20_000),
            format in prop::sample::select(vec!["s8", "u8-swap", "f32", "f32-neg-swap", "packed-swap", "unpacked"]),
            step in 1usize..5_000,
            max in 1usize..5_000,
        ) {
            let whole = soft(&bytes, format);
            let (cut, _) = read_all(&bytes, format, step, max);
            prop_assert_eq!(whole, cut);
        }
    }
}
