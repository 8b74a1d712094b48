//! Names of sample formats.

use super::error::InputError;
use super::{SampleFormat, SampleType};
use std::fmt;
use std::str::FromStr;

/// What [`SampleFormat::from_str`] takes.
pub(crate) const ALLOWED: &str = "cf32, cf64, ci32, ci16, ci8, cu16, cu8 (s for i is the same: cs16), r for c when real (rf32, ri16), _be at the end for big-endian";

impl SampleType {
    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I24 => 3,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::I8 => "i8",
            Self::U8 => "u8",
            Self::I16 => "i16",
            Self::U16 => "u16",
            Self::I24 => "i24",
            Self::I32 => "i32",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

impl SampleFormat {
    /// Bytes of one sample: both numbers of a complex one.
    pub fn bytes(self) -> usize {
        self.number.bytes() * if self.complex { 2 } else { 1 }
    }
}

/// The `SigMF` datatype, such as `ci16_le` or `cu8`.
impl fmt::Display for SampleFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = match (self.number.bytes(), self.big_endian) {
            (1, _) => "",
            (_, false) => "_le",
            (_, true) => "_be",
        };
        write!(
            f,
            "{}{}{end}",
            if self.complex { 'c' } else { 'r' },
            self.number.name()
        )
    }
}

/// `SigMF` datatypes, and the names other programs have for the same: `cs16`, `sc16`, `fc32`, `s16` (real).
/// Little-endian where the name does not say.
impl FromStr for SampleFormat {
    type Err = InputError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(&text.trim().to_ascii_lowercase()).ok_or_else(|| InputError::SampleFormatName {
            text: text.to_owned(),
        })
    }
}

fn parse(name: &str) -> Option<SampleFormat> {
    let (name, big_endian) = match (name.strip_suffix("_be"), name.strip_suffix("_le")) {
        (Some(name), _) => (name, true),
        (None, Some(name)) => (name, false),
        (None, None) => (name, false),
    };
    let (complex, number) = match name {
        "fc32" | "cfile" => (true, "f32"),
        "sc16" => (true, "i16"),
        "sc8" => (true, "i8"),
        _ => match name.as_bytes().first()? {
            b'c' => (true, &name[1..]),
            b'r' => (false, &name[1..]),
            _ => (false, name),
        },
    };
    let number = match number {
        "f32" => SampleType::F32,
        "f64" => SampleType::F64,
        "i32" | "s32" => SampleType::I32,
        "i24" | "s24" => SampleType::I24,
        "i16" | "s16" => SampleType::I16,
        "i8" | "s8" => SampleType::I8,
        "u16" => SampleType::U16,
        "u8" => SampleType::U8,
        _ => return None,
    };
    Some(SampleFormat {
        number,
        complex,
        big_endian: big_endian && number.bytes() > 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for name in [
            "cf32_le", "cf32_be", "cf64_le", "ci32_be", "ci16_le", "ci16_be", "ci8", "cu8", "cu16_le",
            "rf32_le", "ri16_be", "ri8", "ru8", "ri24_le",
        ] {
            assert_eq!(name.parse::<SampleFormat>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn other_programs_names_mean_the_same() {
        for (name, same) in [
            ("cf32", "cf32_le"),
            ("CS16", "ci16_le"),
            ("cs8", "ci8"),
            ("fc32", "cf32_le"),
            ("sc16", "ci16_le"),
            ("s16", "ri16_le"),
            ("f32", "rf32_le"),
            ("u8", "ru8"),
            ("cu8_le", "cu8"),
        ] {
            assert_eq!(name.parse::<SampleFormat>().unwrap().to_string(), same, "{name}");
        }
    }

    #[test]
    fn other_names_are_refused_with_the_list() {
        for name in ["", "c", "cf16", "raw", "ci16_me", "cc32", "é"] {
            let text = name.parse::<SampleFormat>().unwrap_err().to_string();
            assert!(text.contains("cf32, cf64, ci32, ci16, ci8, cu16, cu8"), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (name, bytes) in [
            ("cf32", 8),
            ("cf64", 16),
            ("ci16", 4),
            ("cu8", 2),
            ("rf32", 4),
            ("ri24", 3),
        ] {
            assert_eq!(name.parse::<SampleFormat>().unwrap().bytes(), bytes, "{name}");
        }
    }
}
