//! CCSDS unsegmented time code (CUC, CCSDS 301.0-B-4 §3.2).

use super::time::{TimeEpoch, TimeError, at_most, big_endian, push_big_endian, take};

const MAX_COARSE: u8 = 7;
const MAX_FINE: u8 = 10;
const CODE_1958: u8 = 1;
const CODE_AGENCY: u8 = 2;
const EXTENSION: u8 = 0x80;

/// Layout of a CUC time: what its P-field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CucFormat {
    /// What the seconds are counted from.
    pub epoch: TimeEpoch,
    /// Bytes of whole seconds, 1 to 7.
    pub coarse_bytes: u8,
    /// Bytes of binary fractions of a second, 0 to 10.
    pub fine_bytes: u8,
}

/// A CUC time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CucTime {
    /// Layout it was read from, or is written in.
    pub format: CucFormat,
    /// Whole seconds since the epoch.
    pub seconds: u64,
    /// Fraction of a second, in units of 2^(−8·`fine_bytes`) s.
    pub fraction: u128,
}

impl CucFormat {
    /// Reads a P-field; returns the format and the bytes of the field (1 or 2).
    ///
    /// # Errors
    /// [`TimeError`] when `bytes` is too short, another code, or extended beyond two bytes.
    pub fn parse(bytes: &[u8]) -> Result<(Self, usize), TimeError> {
        let first = take(bytes, 1)?[0];
        let epoch = match first >> 4 & 0x7 {
            CODE_1958 => TimeEpoch::Ccsds1958,
            CODE_AGENCY => TimeEpoch::Agency,
            found => {
                return Err(TimeError::CodeId {
                    found,
                    expected: "1 or 2 (CUC)",
                });
            }
        };
        let format = Self {
            epoch,
            coarse_bytes: (first >> 2 & 0x3) + 1,
            fine_bytes: first & 0x3,
        };
        if first & EXTENSION == 0 {
            return Ok((format, 1));
        }
        let second = take(bytes, 2)?[1];
        at_most("P-field second extension", (second >> 7).into(), 0)?;
        let format = Self {
            coarse_bytes: format.coarse_bytes + (second >> 5 & 0x3),
            fine_bytes: format.fine_bytes + (second >> 2 & 0x7),
            ..format
        };
        Ok((format, 2))
    }

    /// Appends the P-field: one byte where that is enough, else two.
    ///
    /// # Errors
    /// When the numbers of bytes are outside what the code has.
    pub fn build(self, out: &mut Vec<u8>) -> Result<(), TimeError> {
        self.validate()?;
        let code = if self.epoch == TimeEpoch::Ccsds1958 {
            CODE_1958
        } else {
            CODE_AGENCY
        };
        let (coarse, fine) = (self.coarse_bytes.min(4), self.fine_bytes.min(3));
        let (more_coarse, more_fine) = (self.coarse_bytes - coarse, self.fine_bytes - fine);
        let first = code << 4 | (coarse - 1) << 2 | fine;
        if more_coarse + more_fine == 0 {
            out.push(first);
        } else {
            out.extend([EXTENSION | first, more_coarse << 5 | more_fine << 2]);
        }
        Ok(())
    }

    /// Bytes of the time itself.
    pub fn time_bytes(self) -> usize {
        usize::from(self.coarse_bytes) + usize::from(self.fine_bytes)
    }

    fn validate(self) -> Result<(), TimeError> {
        if self.coarse_bytes == 0 {
            return Err(TimeError::NoSeconds);
        }
        at_most("coarse bytes", self.coarse_bytes.into(), MAX_COARSE.into())?;
        at_most("fine bytes", self.fine_bytes.into(), MAX_FINE.into())
    }
}

impl CucTime {
    /// Reads a time of known layout from the first [`CucFormat::time_bytes`] of `bytes`.
    ///
    /// # Errors
    /// When there are too few bytes, or the layout is impossible.
    pub fn parse(format: CucFormat, bytes: &[u8]) -> Result<Self, TimeError> {
        format.validate()?;
        let (coarse, fine) = take(bytes, format.time_bytes())?.split_at(format.coarse_bytes.into());
        Ok(Self {
            format,
            seconds: big_endian(coarse) as u64,
            fraction: big_endian(fine),
        })
    }

    /// Reads P-field and time; returns the time and the bytes of both.
    ///
    /// # Errors
    /// As [`CucFormat::parse`] and [`Self::parse`].
    pub fn parse_with_preamble(bytes: &[u8]) -> Result<(Self, usize), TimeError> {
        let (format, preamble) = CucFormat::parse(bytes)?;
        let needed = preamble + format.time_bytes();
        let time = Self::parse(format, &take(bytes, needed)?[preamble..])?;
        Ok((time, needed))
    }

    /// Appends the time, without P-field.
    ///
    /// # Errors
    /// When the layout is impossible or the numbers do not fit it.
    pub fn build(&self, out: &mut Vec<u8>) -> Result<(), TimeError> {
        self.format.validate()?;
        let limit = |bytes: u8| (1u128 << (8 * u32::from(bytes))) - 1;
        at_most("seconds", self.seconds.into(), limit(self.format.coarse_bytes))?;
        at_most("fraction", self.fraction, limit(self.format.fine_bytes))?;
        push_big_endian(self.seconds.into(), self.format.coarse_bytes.into(), out);
        push_big_endian(self.fraction, self.format.fine_bytes.into(), out);
        Ok(())
    }

    /// Fraction of the second in whole nanoseconds, rounded down.
    pub fn nanoseconds(&self) -> u32 {
        // 80 bits of fraction and 30 of the factor fit; larger numbers than the layout's are cut off.
        let bits = 8 * u32::from(self.format.fine_bytes.min(MAX_FINE));
        let fraction = self.fraction & ((1 << bits) - 1);
        ((fraction * 1_000_000_000) >> bits) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_and_two_bytes_with_preamble() {
        // Agency epoch, 4 + 2 bytes: P-field 0x2E.
        let bytes = [0x2E, 0x2B, 0x29, 0x74, 0x09, 0x80, 0x00];
        let (time, used) = CucTime::parse_with_preamble(&bytes).unwrap();
        assert_eq!((used, time.format.epoch), (7, TimeEpoch::Agency));
        assert_eq!(
            (time.seconds, time.fraction, time.nanoseconds()),
            (0x2B29_7409, 0x8000, 500_000_000)
        );
    }

    #[test]
    fn every_layout_reads_back() {
        for epoch in [TimeEpoch::Ccsds1958, TimeEpoch::Agency] {
            for (coarse_bytes, fine_bytes) in (1..=7).flat_map(|c| (0..=10).map(move |f| (c, f))) {
                let format = CucFormat {
                    epoch,
                    coarse_bytes,
                    fine_bytes,
                };
                let seconds = 0x00FE_DCBA_9876_5432 & ((1u64 << (8 * coarse_bytes)) - 1);
                let fraction = (1u128 << (8 * fine_bytes)) - 1;
                let time = CucTime {
                    format,
                    seconds,
                    fraction,
                };
                let mut bytes = Vec::new();
                format.build(&mut bytes).unwrap();
                time.build(&mut bytes).unwrap();
                let two = coarse_bytes > 4 || fine_bytes > 3;
                assert_eq!(bytes.len(), format.time_bytes() + 1 + usize::from(two));
                assert_eq!(CucTime::parse_with_preamble(&bytes), Ok((time, bytes.len())));
                for short in 0..bytes.len() {
                    assert!(matches!(
                        CucTime::parse_with_preamble(&bytes[..short]),
                        Err(TimeError::TooShort { .. })
                    ));
                }
            }
        }
    }

    #[test]
    fn impossible_codes_are_refused() {
        assert_eq!(
            CucFormat::parse(&[0x40]),
            Err(TimeError::CodeId {
                found: 4,
                expected: "1 or 2 (CUC)"
            })
        );
        assert!(CucFormat::parse(&[0x9C, 0x80]).is_err());
        for (coarse_bytes, fine_bytes) in [(0, 0), (8, 0), (4, 11)] {
            let format = CucFormat {
                epoch: TimeEpoch::Agency,
                coarse_bytes,
                fine_bytes,
            };
            assert!(format.build(&mut Vec::new()).is_err());
            assert!(CucTime::parse(format, &[0; 32]).is_err());
        }
        let format = CucFormat {
            epoch: TimeEpoch::Agency,
            coarse_bytes: 1,
            fine_bytes: 1,
        };
        assert!(
            CucTime {
                format,
                seconds: 256,
                fraction: 0
            }
            .build(&mut Vec::new())
            .is_err()
        );
        assert!(
            CucTime {
                format,
                seconds: 0,
                fraction: 256
            }
            .build(&mut Vec::new())
            .is_err()
        );
        assert_eq!(
            CucTime {
                format,
                seconds: 0,
                fraction: u128::MAX
            }
            .nanoseconds(),
            996_093_750
        );
    }
}
