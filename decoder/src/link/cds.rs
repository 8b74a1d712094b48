//! CCSDS day segmented time code (CDS, CCSDS 301.0-B-4 §3.3).

use super::time::{TimeEpoch, TimeError, at_most, big_endian, push_big_endian, take};

const CODE: u8 = 4;
const AGENCY: u8 = 0x08;
const LONG_DAY: u8 = 0x04;
/// Last millisecond of a day with a leap second.
const MAX_MILLISECOND: u32 = 86_400_999;

/// Resolution below the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CdsResolution {
    /// None: the code ends with milliseconds.
    Millisecond,
    /// Two bytes of microseconds of the millisecond.
    Microsecond,
    /// Four bytes of picoseconds of the millisecond.
    Picosecond,
}

impl CdsResolution {
    fn bytes(self) -> usize {
        match self {
            Self::Millisecond => 0,
            Self::Microsecond => 2,
            Self::Picosecond => 4,
        }
    }

    /// Largest value of the field.
    fn limit(self) -> u128 {
        match self {
            Self::Millisecond => 0,
            Self::Microsecond => 999,
            Self::Picosecond => 999_999_999,
        }
    }
}

/// Layout of a CDS time: what its P-field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CdsFormat {
    /// What the days are counted from.
    pub epoch: TimeEpoch,
    /// Whether the day has 24 bits instead of 16.
    pub long_day: bool,
    /// Resolution below the millisecond.
    pub resolution: CdsResolution,
}

/// A CDS time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CdsTime {
    /// Layout it was read from, or is written in.
    pub format: CdsFormat,
    /// Days since the epoch.
    pub day: u32,
    /// Milliseconds of the day, up to 86 400 999 on a day with a leap second.
    pub millisecond: u32,
    /// Microseconds or picoseconds of the millisecond, by the resolution.
    pub submillisecond: u32,
}

impl CdsFormat {
    /// Reads a P-field, which is one byte.
    ///
    /// # Errors
    /// [`TimeError`] when there is none, or it is of another code, extended, or of a reserved resolution.
    pub fn parse(bytes: &[u8]) -> Result<Self, TimeError> {
        let field = take(bytes, 1)?[0];
        let found = field >> 4 & 0x7;
        if found != CODE {
            return Err(TimeError::CodeId {
                found,
                expected: "4 (CDS)",
            });
        }
        at_most("P-field extension", (field >> 7).into(), 0)?;
        let resolution = match field & 0x3 {
            0 => CdsResolution::Millisecond,
            1 => CdsResolution::Microsecond,
            2 => CdsResolution::Picosecond,
            reserved => {
                return Err(TimeError::OutOfRange {
                    field: "submillisecond code",
                    value: reserved.into(),
                    limit: 2,
                });
            }
        };
        let epoch = if field & AGENCY == 0 {
            TimeEpoch::Ccsds1958
        } else {
            TimeEpoch::Agency
        };
        Ok(Self {
            epoch,
            long_day: field & LONG_DAY != 0,
            resolution,
        })
    }

    /// The P-field.
    pub fn build(self) -> u8 {
        let epoch = if self.epoch == TimeEpoch::Agency {
            AGENCY
        } else {
            0
        };
        let day = if self.long_day { LONG_DAY } else { 0 };
        CODE << 4 | epoch | day | (self.resolution.bytes() / 2) as u8
    }

    /// Bytes of the time itself.
    pub fn time_bytes(self) -> usize {
        self.day_bytes() + 4 + self.resolution.bytes()
    }

    fn day_bytes(self) -> usize {
        2 + usize::from(self.long_day)
    }
}

impl CdsTime {
    /// Reads a time of known layout from the first [`CdsFormat::time_bytes`] of `bytes`.
    ///
    /// # Errors
    /// When there are too few bytes, or a field is beyond the end of its day or millisecond.
    pub fn parse(format: CdsFormat, bytes: &[u8]) -> Result<Self, TimeError> {
        let (day, rest) = take(bytes, format.time_bytes())?.split_at(format.day_bytes());
        let (millisecond, submillisecond) = rest.split_at(4);
        let time = Self {
            format,
            day: big_endian(day) as u32,
            millisecond: big_endian(millisecond) as u32,
            submillisecond: big_endian(submillisecond) as u32,
        };
        time.validate()?;
        Ok(time)
    }

    /// Reads P-field and time; returns the time and the bytes of both.
    ///
    /// # Errors
    /// As [`CdsFormat::parse`] and [`Self::parse`].
    pub fn parse_with_preamble(bytes: &[u8]) -> Result<(Self, usize), TimeError> {
        let format = CdsFormat::parse(bytes)?;
        let needed = 1 + format.time_bytes();
        Ok((Self::parse(format, &take(bytes, needed)?[1..])?, needed))
    }

    /// Appends the time, without P-field.
    ///
    /// # Errors
    /// When a number does not fit its field, day or millisecond.
    pub fn build(&self, out: &mut Vec<u8>) -> Result<(), TimeError> {
        self.validate()?;
        push_big_endian(self.day.into(), self.format.day_bytes(), out);
        push_big_endian(self.millisecond.into(), 4, out);
        push_big_endian(self.submillisecond.into(), self.format.resolution.bytes(), out);
        Ok(())
    }

    /// Picoseconds since the second began that [`Self::second_of_day`] names.
    pub fn picoseconds(&self) -> u64 {
        let unit = if self.format.resolution == CdsResolution::Microsecond {
            1_000_000
        } else {
            1
        };
        u64::from(self.millisecond % 1000) * 1_000_000_000 + u64::from(self.submillisecond) * unit
    }

    /// Second of the day, 86 400 being a leap second.
    pub fn second_of_day(&self) -> u32 {
        self.millisecond / 1000
    }

    fn validate(&self) -> Result<(), TimeError> {
        at_most(
            "day",
            self.day.into(),
            if self.format.long_day { 0xFF_FFFF } else { 0xFFFF },
        )?;
        at_most(
            "millisecond of day",
            self.millisecond.into(),
            MAX_MILLISECOND.into(),
        )?;
        at_most(
            "submillisecond",
            self.submillisecond.into(),
            self.format.resolution.limit(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jpss_time_of_a_packet() {
        // JPSS-1, first packet of APID 11 in a recording: day 23109 of 1958, 7 ms and 137 µs after midnight, no P-field sent.
        let format = CdsFormat {
            epoch: TimeEpoch::Ccsds1958,
            long_day: false,
            resolution: CdsResolution::Microsecond,
        };
        let time = CdsTime::parse(format, &[0x5A, 0x45, 0, 0, 0, 7, 0, 137]).unwrap();
        assert_eq!(
            (time.day, time.millisecond, time.submillisecond),
            (23_109, 7, 137)
        );
        assert_eq!((time.second_of_day(), time.picoseconds()), (0, 7_137_000_000));
        assert_eq!(format.build(), 0x41);
    }

    #[test]
    fn every_layout_reads_back() {
        for code in 0..16u8 {
            let field = 0x40 | code;
            if code & 3 == 3 {
                assert!(CdsFormat::parse(&[field]).is_err());
                continue;
            }
            let format = CdsFormat::parse(&[field]).unwrap();
            assert_eq!(format.build(), field);
            let time = CdsTime {
                format,
                day: if format.long_day { 0xFE_DCBA } else { 0xFEDC },
                millisecond: 86_400_999,
                submillisecond: format.resolution.limit() as u32,
            };
            let mut bytes = vec![field];
            time.build(&mut bytes).unwrap();
            assert_eq!(CdsTime::parse_with_preamble(&bytes), Ok((time, bytes.len())));
            assert_eq!(time.second_of_day(), 86_400);
            assert!(CdsTime::parse_with_preamble(&bytes[..bytes.len() - 1]).is_err());
        }
    }

    #[test]
    fn impossible_times_are_refused() {
        let format = CdsFormat {
            epoch: TimeEpoch::Agency,
            long_day: false,
            resolution: CdsResolution::Microsecond,
        };
        let late = (86_401_000u32).to_be_bytes();
        assert_eq!(
            CdsTime::parse(format, &[0, 0, late[0], late[1], late[2], late[3], 0, 0]),
            Err(TimeError::OutOfRange {
                field: "millisecond of day",
                value: 86_401_000,
                limit: 86_400_999
            })
        );
        assert!(CdsTime::parse(format, &[0, 0, 0, 0, 0, 0, 3, 232]).is_err());
        let time = CdsTime {
            format,
            day: 65_536,
            millisecond: 0,
            submillisecond: 0,
        };
        assert!(time.build(&mut Vec::new()).is_err());
        assert!(CdsFormat::parse(&[0x2E]).is_err());
        assert!(CdsFormat::parse(&[0xC1]).is_err());
        assert!(CdsFormat::parse(&[]).is_err());
    }
}
