//! Rates and frequencies as people write them: `6e6`, `6M`, `250k`, `2.4MS/s`, `437.5MHz`.

use super::error::{InputError, MAX_RATE_HZ, MIN_RATE_HZ};
use super::utc;
use hifitime::Epoch;

const RATE_UNITS: [&str; 6] = ["", "s", "sps", "s/s", "hz", "bd"];
const FREQUENCY_UNITS: [&str; 2] = ["", "hz"];

/// A number with an optional k, M or G and one of `units` (lower case) behind it; `None` where it is not.
pub(crate) fn quantity(text: &str, units: &[&str]) -> Option<f64> {
    let text = text.trim();
    let (number, rest) = split_number(text)?;
    let rest = rest.trim_start().to_ascii_lowercase();
    let (scale, unit) = match rest.as_bytes().first() {
        Some(b'k') => (1e3, &rest[1..]),
        Some(b'm') => (1e6, &rest[1..]),
        Some(b'g') => (1e9, &rest[1..]),
        _ => (1.0, rest.as_str()),
    };
    let value = number * scale;
    (units.contains(&unit) && value.is_finite()).then_some(value)
}

/// The longest prefix that is a decimal number, and what follows it.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let is_number_byte = |b: &u8| b.is_ascii_digit() || matches!(b, b'.' | b'+' | b'-' | b'e' | b'E');
    let longest = text.bytes().take_while(|b| is_number_byte(b)).count();
    (1..=longest)
        .rev()
        .find_map(|n| text[..n].parse().ok().map(|number| (number, &text[n..])))
}

/// Reads a sample rate: a number with optional k, M or G and optional `S`, `SPS`, `S/s`, `Hz` or `Bd`.
///
/// # Errors
/// [`InputError::Quantity`] when it is none, [`InputError::Rate`] when no signal is sampled at this rate.
pub fn parse_rate(text: &str) -> Result<f64, InputError> {
    let rate = quantity(text, &RATE_UNITS).ok_or_else(|| InputError::Quantity {
        text: text.to_owned(),
        what: "sample rate",
        example: "6MS/s",
    })?;
    if !(MIN_RATE_HZ..=MAX_RATE_HZ).contains(&rate) {
        return Err(InputError::Rate {
            name: text.to_owned(),
            rate_hz: rate,
        });
    }
    Ok(rate)
}

/// Reads a frequency, which may be negative: a number with optional k, M or G and optional `Hz`.
///
/// # Errors
/// [`InputError::Quantity`] when it is none.
pub fn parse_frequency(text: &str) -> Result<f64, InputError> {
    quantity(text, &FREQUENCY_UNITS).ok_or_else(|| InputError::Quantity {
        text: text.to_owned(),
        what: "frequency",
        example: "437.5MHz",
    })
}

/// Reads a number of bytes: digits with an optional k, M, G or T, which are powers of 1024.
///
/// # Errors
/// [`InputError::Bytes`] when it is none, or 0, or more than there can be.
pub fn parse_bytes(text: &str) -> Result<u64, InputError> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" => Some(1),
        "k" => Some(1 << 10),
        "M" => Some(1 << 20),
        "G" => Some(1 << 30),
        "T" => Some(1 << 40),
        _ => None,
    };
    let number = || digits.parse::<u64>().ok()?.checked_mul(factor?);
    number()
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| InputError::Bytes {
            text: text.to_owned(),
        })
}

/// Reads a UTC time in ISO 8601: `2026-03-01T12:00:00.5Z`.
///
/// # Errors
/// [`InputError::Time`] when it is none.
pub fn parse_utc(text: &str) -> Result<Epoch, InputError> {
    utc::parse_iso(text).ok_or_else(|| InputError::Time {
        text: text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_as_the_tools_of_the_field_write_them() {
        for (text, rate) in [
            ("6e6", 6e6),
            ("6M", 6e6),
            ("6MS", 6e6),
            ("6MSPS", 6e6),
            ("2.4 MS/s", 2.4e6),
            ("250k", 250e3),
            ("300ksps", 300e3),
            ("48000", 48e3),
            ("48kHz", 48e3),
            ("1.5e3k", 1.5e6),
            ("2G", 2e9),
        ] {
            assert_eq!(parse_rate(text).unwrap(), rate, "{text}");
        }
    }

    #[test]
    fn bytes_are_counted_in_powers_of_1024() {
        for (text, bytes) in [
            ("1", 1),
            ("3k", 3 << 10),
            ("500M", 500 << 20),
            ("20G", 20 << 30),
            ("1T", 1 << 40),
        ] {
            assert_eq!(parse_bytes(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "0", "G", "-1", "1.5G", "1g", "99999999T", "1 G"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in [
            "", "M", "6X", "six", "6MM", "nan", "inf", "1e400", "6e6 7", "--", "e", "µ", "6µ",
        ] {
            assert!(
                matches!(parse_rate(text), Err(InputError::Quantity { .. })),
                "{text}"
            );
        }
        for text in ["0", "-48000", "0.1", "1e12", "101G"] {
            assert!(matches!(parse_rate(text), Err(InputError::Rate { .. })), "{text}");
        }
    }

    #[test]
    fn frequencies_carry_a_sign() {
        assert_eq!(parse_frequency("-3.45k").unwrap(), -3450.0);
        assert_eq!(parse_frequency("437.5MHz").unwrap(), 437.5e6);
        assert_eq!(parse_frequency("0").unwrap(), 0.0);
        let text = parse_frequency("7SPS").unwrap_err().to_string();
        assert_eq!(
            text,
            "\"7SPS\" is not a frequency: write it as 250000, 6e6, 250k, 6M or 437.5MHz"
        );
    }
}
