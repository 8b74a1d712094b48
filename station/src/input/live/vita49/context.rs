//! What context packets say of the samples.
//!
//! Source: ANSI/VITA 49.2-2017 §9 (fields of CIF0) and §9.13.3 (payload format).

use crate::input::{SampleFormat, SampleType};
use thiserror::Error;

/// Hz are written in steps of 2^-20.
const HZ: f64 = 1.0 / (1 << 20) as f64;
/// dB and dBm are written in steps of 2^-7.
const DB: f64 = 1.0 / 128.0;

/// What a context packet says; a field that it does not have is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Context {
    /// Samples per second.
    pub sample_rate_hz: Option<f64>,
    /// Frequency of the samples' centre at the antenna, Hz.
    pub frequency_hz: Option<f64>,
    /// Bandwidth, Hz.
    pub bandwidth_hz: Option<f64>,
    /// Power of full scale, dBm.
    pub reference_level_dbm: Option<f64>,
    /// Gain of both stages together, dB.
    pub gain_db: Option<f64>,
    /// Whether the time stamps are said to be right.
    pub calibrated_time: Option<bool>,
    /// How samples are written, or why they cannot be read.
    pub format: Option<Result<SampleFormat, FormatError>>,
}

/// A payload format that is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "payload format {0:#010X} {1:#010X} is none of 8, 16 or 32 bit integers and 32 or 64 bit floats, real or I and Q"
)]
pub struct FormatError(pub u32, pub u32);

/// Why a context packet cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ContextError {
    /// Fewer words than its fields need.
    #[error("a context packet ends inside its fields")]
    Short,
    /// Fields with attributes, which change the place of everything.
    #[error("a context packet has attributes to its fields (CIF7), which are not read")]
    Attributes,
}

/// Words of each field of CIF0 from bit 30 down to bit 15, which is as far as anything is of use.
const LENGTHS: [usize; 16] = [1, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 1, 1, 2, 1, 2];

/// Reads the payload of a context packet.
///
/// # Errors
/// [`ContextError`]; never panics.
pub fn parse(payload: &[u8]) -> Result<Context, ContextError> {
    let word = |index: usize| -> Result<u32, ContextError> {
        let bytes = payload.get(4 * index..).and_then(<[u8]>::first_chunk);
        bytes.copied().map(u32::from_be_bytes).ok_or(ContextError::Short)
    };
    let cif = word(0)?;
    if cif >> 7 & 1 == 1 {
        return Err(ContextError::Attributes);
    }
    // CIF1, 2 and 3 stand before the fields.
    let mut at = 1 + (cif >> 1 & 7).count_ones() as usize;
    let mut context = Context::default();
    for (bit, length) in (15..=30).rev().zip(LENGTHS) {
        if cif >> bit & 1 == 0 {
            continue;
        }
        let first = word(at)?;
        let second = if length == 2 { word(at + 1)? } else { 0 };
        context.take(bit, first, second);
        at += length;
    }
    Ok(context)
}

impl Context {
    fn take(&mut self, bit: u32, first: u32, second: u32) {
        let hz = (u64::from(first) << 32 | u64::from(second)).cast_signed() as f64 * HZ;
        let db = |half: u32| f64::from((half as u16).cast_signed()) * DB;
        match bit {
            29 => self.bandwidth_hz = Some(hz),
            27 => self.frequency_hz = Some(hz),
            24 => self.reference_level_dbm = Some(db(first)),
            23 => self.gain_db = Some(db(first) + db(first >> 16)),
            21 => self.sample_rate_hz = Some(hz),
            16 if first >> 31 == 1 => self.calibrated_time = Some(first >> 19 & 1 == 1),
            15 => self.format = Some(format(first, second)),
            _ => {}
        }
    }
}

/// How samples are written, always big-endian.
fn format(first: u32, second: u32) -> Result<SampleFormat, FormatError> {
    let wrong = || FormatError(first, second);
    let complex = match first >> 29 & 3 {
        0 => false,
        1 => true,
        _ => return Err(wrong()),
    };
    let (packed, bits) = ((first >> 6 & 0x3F) + 1, (first & 0x3F) + 1);
    // No tags, no repetition, no vectors, no fraction.
    let plain = first & 0x00FF_F000 == 0 && second == 0 && packed == bits;
    let number = match (first >> 24 & 0x1F, bits) {
        (0, 8) => SampleType::I8,
        (0, 16) => SampleType::I16,
        (0, 32) => SampleType::I32,
        (14, 32) => SampleType::F32,
        (15, 64) => SampleType::F64,
        _ => return Err(wrong()),
    };
    if !plain {
        return Err(wrong());
    }
    Ok(SampleFormat {
        number,
        complex,
        big_endian: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn the_context_of_difi_is_read() {
        // Reference point, bandwidth, IF, RF, band offset, level, gain, rate, state, format.
        let words = [
            0xFBA1_8000, // change, 30, 29, 28, 27, 25, 24, 23, 21, 16, 15
            0x0000_0064,
            0x0000_0071,
            0xFB00_0000,
            0,
            0,
            0x0000_1A4F,
            0x4D80_0000,
            0,
            0,
            0x0000_F600, // -20 dBm
            0xFF80_0F00, // 30 dB - 1 dB
            0x0000_0131,
            0x2D00_0000,
            0x800A_0000 | 1 << 19,
            0xA000_03CF,
            0,
        ];
        let context = parse(&bytes(&words)).unwrap();
        assert_eq!(
            context.bandwidth_hz,
            Some((0x71_u64 << 32 | 0xFB00_0000) as f64 / 1_048_576.0)
        );
        assert_eq!(
            context.frequency_hz,
            Some((0x1A4F_u64 << 32 | 0x4D80_0000) as f64 / 1_048_576.0)
        );
        assert_eq!(context.sample_rate_hz, Some(1_250_000.0));
        assert_eq!(
            (context.reference_level_dbm, context.gain_db),
            (Some(-20.0), Some(29.0))
        );
        assert_eq!(context.calibrated_time, Some(true));
        assert_eq!(context.format, Some(Ok("ci16_be".parse().unwrap())));
    }

    #[test]
    fn formats_are_those_of_raw_samples_or_refused() {
        let read = |first: u32| format(first, 0).ok().map(|format| format.to_string());
        for (first, name) in [
            (0x2000_01C7, "ci8"),
            (0xA000_03CF, "ci16_be"),
            (0xA000_07DF, "ci32_be"),
            (0xAE00_07DF, "cf32_be"),
            (0xAF00_0FFF, "cf64_be"),
            (0x8000_03CF, "ri16_be"),
        ] {
            assert_eq!(read(first).as_deref(), Some(name), "{first:08X}");
        }
        // Polar; 12 bits; 12 bits in 16; channel tags; unsigned.
        for first in [0xC000_03CF, 0xA000_02CB, 0xA000_03CB, 0xA001_03CF, 0xB000_03CF] {
            assert_eq!(read(first), None, "{first:08X}");
        }
        assert!(format(0xA000_03CF, 1).is_err());
    }

    #[test]
    fn fields_that_are_not_there_are_told() {
        assert_eq!(parse(&[]), Err(ContextError::Short));
        assert_eq!(parse(&bytes(&[1 << 21, 0])), Err(ContextError::Short));
        assert_eq!(parse(&bytes(&[1 << 7])), Err(ContextError::Attributes));
        assert_eq!(parse(&bytes(&[0])), Ok(Context::default()));
        // CIF1 stands between CIF0 and the fields.
        let rate = [1 << 21 | 2, 0xFFFF_FFFF, 1, 0];
        assert_eq!(parse(&bytes(&rate)).unwrap().sample_rate_hz, Some(4096.0));
    }

    proptest! {
        #[test]
        fn any_payload_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = parse(&bytes);
        }
    }
}
