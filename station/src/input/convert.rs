//! Bytes to samples: integers scaled so that full scale is 1, floats as they are.
//!
//! The format is looked at once per call; the loops behind it are plain enough for the compiler to vectorise.

use super::{SampleFormat, SampleType};
use num_complex::Complex32;

/// How the samples of a stream are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding {
    /// Number type, order and byte order.
    pub format: SampleFormat,
    /// Unsigned bytes have their zero at 128 as in WAV, not at 127.5 as in the output of 8-bit receivers.
    pub wav_bytes: bool,
}

impl Encoding {
    /// Encoding of samples outside WAV.
    pub fn raw(format: SampleFormat) -> Self {
        Self {
            format,
            wav_bytes: false,
        }
    }

    /// Bytes of one sample.
    pub fn bytes(self) -> usize {
        self.format.bytes()
    }

    /// Appends the samples in `bytes`, which must be whole; returns how many of them are not finite.
    pub fn append(self, bytes: &[u8], out: &mut Vec<Complex32>) -> u64 {
        let before = out.len();
        self.convert(bytes, out);
        match self.format.number {
            SampleType::F32 | SampleType::F64 => count_bad(&out[before..]),
            _ => 0,
        }
    }

    fn convert(self, bytes: &[u8], out: &mut Vec<Complex32>) {
        let complex = self.format.complex;
        match (self.format.number, self.format.big_endian) {
            (SampleType::I8, _) => each(bytes, out, complex, |[b]: [u8; 1]| f32::from(b as i8) / 128.0),
            (SampleType::U8, _) if self.wav_bytes => {
                each(bytes, out, complex, |[b]: [u8; 1]| (f32::from(b) - 128.0) / 128.0);
            }
            (SampleType::U8, _) => each(bytes, out, complex, |[b]: [u8; 1]| (f32::from(b) - 127.5) / 127.5),
            (SampleType::I16, false) => each(bytes, out, complex, |b| i16_scaled(i16::from_le_bytes(b))),
            (SampleType::I16, true) => each(bytes, out, complex, |b| i16_scaled(i16::from_be_bytes(b))),
            (SampleType::U16, false) => each(bytes, out, complex, |b| u16_scaled(u16::from_le_bytes(b))),
            (SampleType::U16, true) => each(bytes, out, complex, |b| u16_scaled(u16::from_be_bytes(b))),
            (SampleType::I24, false) => {
                each(bytes, out, complex, |[a, b, c]: [u8; 3]| {
                    i32_scaled(i32::from_le_bytes([0, a, b, c]))
                });
            }
            (SampleType::I24, true) => {
                each(bytes, out, complex, |[a, b, c]: [u8; 3]| {
                    i32_scaled(i32::from_be_bytes([a, b, c, 0]))
                });
            }
            (SampleType::I32, false) => each(bytes, out, complex, |b| i32_scaled(i32::from_le_bytes(b))),
            (SampleType::I32, true) => each(bytes, out, complex, |b| i32_scaled(i32::from_be_bytes(b))),
            (SampleType::F32, false) => each(bytes, out, complex, f32::from_le_bytes),
            (SampleType::F32, true) => each(bytes, out, complex, f32::from_be_bytes),
            (SampleType::F64, false) => each(bytes, out, complex, |b| f64::from_le_bytes(b) as f32),
            (SampleType::F64, true) => each(bytes, out, complex, |b| f64::from_be_bytes(b) as f32),
        }
    }
}

fn i16_scaled(value: i16) -> f32 {
    f32::from(value) / 32_768.0
}

fn u16_scaled(value: u16) -> f32 {
    (f32::from(value) - 32_767.5) / 32_767.5
}

fn i32_scaled(value: i32) -> f32 {
    value as f32 / 2_147_483_648.0
}

fn each<const N: usize>(
    bytes: &[u8],
    out: &mut Vec<Complex32>,
    complex: bool,
    number: impl Fn([u8; N]) -> f32 + Copy,
) {
    let (numbers, _) = bytes.as_chunks::<N>();
    if complex {
        let (pairs, _) = numbers.as_chunks::<2>();
        out.extend(pairs.iter().map(|&[i, q]| Complex32::new(number(i), number(q))));
    } else {
        out.extend(numbers.iter().map(|&value| Complex32::new(number(value), 0.0)));
    }
}

fn count_bad(samples: &[Complex32]) -> u64 {
    // Counts of bytes-sized pieces stay in 32 bits, which vectorises better than 64.
    samples
        .chunks(1 << 16)
        .map(|piece| {
            piece
                .iter()
                .map(|s| u32::from(!s.re.is_finite() | !s.im.is_finite()))
                .sum::<u32>()
        })
        .map(u64::from)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(format: &str, bytes: &[u8]) -> (Vec<Complex32>, u64) {
        let mut out = Vec::new();
        let bad = Encoding::raw(format.parse().unwrap()).append(bytes, &mut out);
        (out, bad)
    }

    fn one(format: &str, bytes: &[u8]) -> Complex32 {
        let (out, _) = samples(format, bytes);
        assert_eq!(out.len(), 1, "{format}");
        out[0]
    }

    #[test]
    fn full_scale_is_one() {
        let c = Complex32::new;
        assert_eq!(one("cu8", &[0, 255]), c(-1.0, 1.0));
        assert_eq!(one("ci8", &[0x80, 0x40]), c(-1.0, 0.5));
        assert_eq!(one("ci16_le", &[0x00, 0x80, 0x00, 0x40]), c(-1.0, 0.5));
        assert_eq!(one("ci16_be", &[0x80, 0x00, 0x40, 0x00]), c(-1.0, 0.5));
        assert_eq!(one("cu16_le", &[0, 0, 0xFF, 0xFF]), c(-1.0, 1.0));
        assert_eq!(one("cu16_be", &[0, 0, 0xFF, 0xFF]), c(-1.0, 1.0));
        assert_eq!(one("ri24_le", &[0, 0, 0xC0]), c(-0.5, 0.0));
        assert_eq!(one("ri24_be", &[0xC0, 0, 0]), c(-0.5, 0.0));
        assert_eq!(one("ci32_le", &[0, 0, 0, 0x80, 0, 0, 0, 0x20]), c(-1.0, 0.25));
        assert_eq!(one("ci32_be", &[0x80, 0, 0, 0, 0x20, 0, 0, 0]), c(-1.0, 0.25));
        assert_eq!(one("ru8", &[255]), c(1.0, 0.0));
        assert_eq!(one("ri8", &[0xC0]), c(-0.5, 0.0));
    }

    #[test]
    fn floats_pass_unchanged() {
        let bytes_le = [1.5f32.to_le_bytes(), (-2.25f32).to_le_bytes()].concat();
        let bytes_be = [1.5f32.to_be_bytes(), (-2.25f32).to_be_bytes()].concat();
        let doubles_le = [1.5f64.to_le_bytes(), (-2.25f64).to_le_bytes()].concat();
        let doubles_be = [1.5f64.to_be_bytes(), (-2.25f64).to_be_bytes()].concat();
        let expected = Complex32::new(1.5, -2.25);
        assert_eq!(one("cf32_le", &bytes_le), expected);
        assert_eq!(one("cf32_be", &bytes_be), expected);
        assert_eq!(one("cf64_le", &doubles_le), expected);
        assert_eq!(one("cf64_be", &doubles_be), expected);
    }

    #[test]
    fn samples_that_are_not_finite_pass_and_are_counted() {
        let values = [
            1.0,
            f32::NAN,
            f32::INFINITY,
            0.0,
            f32::NEG_INFINITY,
            f32::NAN,
            3.0,
            4.0f32,
        ];
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let (out, bad) = samples("cf32", &bytes);
        assert_eq!(bad, 3);
        assert!(out[0].im.is_nan() && out[1].re.is_infinite());
        // Doubles beyond the range of singles become infinite and count too.
        assert_eq!(samples("rf64", &1e300f64.to_le_bytes()).1, 1);
    }

    #[test]
    fn bytes_of_wav_have_their_zero_at_128() {
        let mut out = Vec::new();
        Encoding {
            format: "ru8".parse().unwrap(),
            wav_bytes: true,
        }
        .append(&[0, 128, 192], &mut out);
        let real: Vec<f32> = out.iter().map(|s| s.re).collect();
        assert_eq!(real, [-1.0, 0.0, 0.5]);
    }
}
