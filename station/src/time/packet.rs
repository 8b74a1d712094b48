//! The time that packets carry, as UTC.

use groundlink_decoder::link::{
    CdsFormat, CdsResolution, CdsTime, CucFormat, CucTime, TimeCode, TimeEpoch, TimeError, TimeField,
    TimeLayout,
};
use hifitime::{Duration, Epoch};
use thiserror::Error;

const SECONDS_PER_DAY: i128 = 86_400;
const NANOS_PER_SECOND: i128 = 1_000_000_000;
const NANOS_PER_DAY: i128 = SECONDS_PER_DAY * NANOS_PER_SECOND;
/// Days from 1900-01-01, where the library's UTC begins, to the CCSDS epoch.
const CCSDS_DAY: i128 = 21_184;
/// Days from 1900-01-01 to 10000-01-01: years of more than four digits are not written.
const LAST_DAY: i128 = 2_958_464;

/// Where a link's packets carry their time, and what it counts from.
///
/// CUC counts seconds of atomic time: those since 1958-01-01 TAI, or since the mission's epoch with leap seconds
/// counted. CDS counts days of UTC, each with the seconds that it has (CCSDS 301.0-B-4 §3.2.1, §3.3.1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PacketTime {
    /// The time code.
    pub field: TimeField,
    /// The mission's epoch, if it is not the CCSDS one; at midnight for CDS.
    pub epoch: Option<Epoch>,
}

/// A packet's time that cannot be told or written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PacketTimeError {
    /// The code itself is wrong.
    #[error(transparent)]
    Code(#[from] TimeError),
    /// The packet's P-field says that the mission has an epoch of its own.
    #[error("the P-field says an epoch of the mission's own, which the profile does not name")]
    Epoch,
    /// Beyond the calendar.
    #[error("the time lies after the year 9999")]
    Calendar,
    /// A time to be written is earlier than the code can say.
    #[error("the time lies before the epoch of the time code")]
    BeforeEpoch,
}

impl PacketTime {
    /// UTC of a whole packet, ISO-8601 with nanoseconds (what the code has beyond them is cut off) and Z; a leap
    /// second of CDS is second 60. `None` for a packet without secondary header and for an idle one.
    ///
    /// # Errors
    /// When the packet has no time that could be told.
    pub fn utc_text(&self, packet: &[u8]) -> Option<Result<String, PacketTimeError>> {
        let read = self.field.read(packet)?;
        Some(read.map_err(PacketTimeError::from).and_then(|time| match time {
            TimeCode::Cuc(time) => self.cuc_text(&time),
            TimeCode::Cds(time) => self.cds_text(&time),
        }))
    }

    /// Appends the secondary header up to the end of the time.
    ///
    /// # Errors
    /// When the code cannot say this time.
    pub fn build(&self, at: Epoch, out: &mut Vec<u8>) -> Result<(), PacketTimeError> {
        let time = match self.field.layout {
            TimeLayout::Cuc(format) => TimeCode::Cuc(self.cuc(at, format)?),
            TimeLayout::Cds(format) => TimeCode::Cds(self.cds(at, format)?),
        };
        Ok(self.field.build(&time, out)?)
    }

    /// The epoch that this layout counts from.
    fn epoch_of(&self, layout: TimeEpoch) -> Result<Option<Epoch>, PacketTimeError> {
        match layout {
            TimeEpoch::Ccsds1958 => Ok(None),
            TimeEpoch::Agency => self.epoch.map(Some).ok_or(PacketTimeError::Epoch),
        }
    }

    fn cuc_text(&self, time: &CucTime) -> Result<String, PacketTimeError> {
        let epoch = cuc_nanos(self.epoch_of(time.format.epoch)?);
        if i128::from(time.seconds) > LAST_DAY * SECONDS_PER_DAY {
            return Err(PacketTimeError::Calendar);
        }
        let nanos = i128::from(time.seconds) * NANOS_PER_SECOND + i128::from(time.nanoseconds());
        let utc = utc_nanos(Epoch::from_tai_duration(Duration::from_total_nanoseconds(
            epoch + nanos,
        )));
        let in_day = utc.rem_euclid(NANOS_PER_DAY);
        text(
            utc.div_euclid(NANOS_PER_DAY),
            in_day / NANOS_PER_SECOND,
            in_day % NANOS_PER_SECOND,
        )
    }

    fn cds_text(&self, time: &CdsTime) -> Result<String, PacketTimeError> {
        let day = cds_day(self.epoch_of(time.format.epoch)?) + i128::from(time.day);
        text(
            day,
            time.second_of_day().into(),
            i128::from(time.picoseconds() / 1_000),
        )
    }

    fn cuc(&self, at: Epoch, format: CucFormat) -> Result<CucTime, PacketTimeError> {
        let elapsed = tai_nanos(at) - cuc_nanos(self.epoch_of(format.epoch)?);
        let nanos = u128::try_from(elapsed).map_err(|_| PacketTimeError::BeforeEpoch)?;
        let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
        Ok(CucTime {
            format,
            seconds: u64::try_from(seconds).unwrap_or(u64::MAX),
            fraction: (rest << (8 * u32::from(format.fine_bytes))) / 1_000_000_000,
        })
    }

    fn cds(&self, at: Epoch, format: CdsFormat) -> Result<CdsTime, PacketTimeError> {
        let elapsed = utc_nanos(at) - cds_day(self.epoch_of(format.epoch)?) * NANOS_PER_DAY;
        let nanos = u128::try_from(elapsed).map_err(|_| PacketTimeError::BeforeEpoch)?;
        let (day, in_day) = (nanos / NANOS_PER_DAY as u128, nanos % NANOS_PER_DAY as u128);
        let rest = (in_day % 1_000_000) as u32;
        Ok(CdsTime {
            format,
            day: u32::try_from(day).unwrap_or(u32::MAX),
            millisecond: (in_day / 1_000_000) as u32,
            submillisecond: match format.resolution {
                CdsResolution::Millisecond => 0,
                CdsResolution::Microsecond => rest / 1_000,
                CdsResolution::Picosecond => rest * 1_000,
            },
        })
    }
}

/// Nanoseconds of TAI from 1900-01-01 to the epoch.
fn cuc_nanos(mission: Option<Epoch>) -> i128 {
    mission.map_or(CCSDS_DAY * NANOS_PER_DAY, tai_nanos)
}

fn tai_nanos(epoch: Epoch) -> i128 {
    epoch.to_tai_duration().total_nanoseconds()
}

/// Days from 1900-01-01 to the epoch.
fn cds_day(mission: Option<Epoch>) -> i128 {
    mission.map_or(CCSDS_DAY, |epoch| utc_nanos(epoch).div_euclid(NANOS_PER_DAY))
}

/// Nanoseconds of UTC since 1900-01-01, every day with 86 400 seconds.
fn utc_nanos(epoch: Epoch) -> i128 {
    epoch.to_utc_duration().total_nanoseconds()
}

/// A day since 1900-01-01 and a time of it as text.
fn text(day: i128, second: i128, nanos: i128) -> Result<String, PacketTimeError> {
    if !(0..LAST_DAY).contains(&day) {
        return Err(PacketTimeError::Calendar);
    }
    let (year, month, day) = date(day);
    // The last minute of a day takes the leap second.
    let minutes = (second / 60).min(24 * 60 - 1);
    let second = second - 60 * minutes;
    let (hour, minute) = (minutes / 60, minutes % 60);
    Ok(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z"
    ))
}

/// Year, month and day of a day since 1900-01-01, by the Gregorian calendar.
fn date(day: i128) -> (i128, i128, i128) {
    // Years that begin in March end with the leap day: 1900-03-01 is day 59, and 1600-03-01 began a cycle of 400
    // years, which have 146 097 days.
    let since_cycle = day - 59 + 109_572;
    let (cycle, in_cycle) = (since_cycle.div_euclid(146_097), since_cycle.rem_euclid(146_097));
    let year = (in_cycle - in_cycle / 1_460 + in_cycle / 36_524 - in_cycle / 146_096) / 365;
    let in_year = in_cycle - (365 * year + year / 4 - year / 100);
    // Months from March on have 153 days in every five.
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let new_year = i128::from(month >= 10);
    (
        1600 + 400 * cycle + year + new_year,
        month + 3 - 12 * new_year,
        day,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundlink_decoder::link::PacketBuilder;
    use proptest::prelude::*;

    fn packet(data: &[u8]) -> Vec<u8> {
        let mut packet = Vec::new();
        let builder = PacketBuilder {
            secondary_header: true,
            ..PacketBuilder::telemetry(5)
        };
        builder.build(data, &mut packet).unwrap();
        packet
    }

    fn cuc(epoch: Option<Epoch>, coarse_bytes: u8, fine_bytes: u8) -> PacketTime {
        PacketTime {
            field: TimeField {
                offset: 0,
                preamble: false,
                layout: TimeLayout::Cuc(CucFormat {
                    epoch: kind(epoch),
                    coarse_bytes,
                    fine_bytes,
                }),
            },
            epoch,
        }
    }

    fn cds(epoch: Option<Epoch>, long_day: bool, resolution: CdsResolution) -> PacketTime {
        PacketTime {
            field: TimeField {
                offset: 0,
                preamble: false,
                layout: TimeLayout::Cds(CdsFormat {
                    epoch: kind(epoch),
                    long_day,
                    resolution,
                }),
            },
            epoch,
        }
    }

    fn kind(epoch: Option<Epoch>) -> TimeEpoch {
        epoch.map_or(TimeEpoch::Ccsds1958, |_| TimeEpoch::Agency)
    }

    fn read(time: &PacketTime, data: &[u8]) -> Result<String, PacketTimeError> {
        time.utc_text(&packet(data)).unwrap()
    }

    #[test]
    fn days_have_their_dates() {
        for (day, expected) in [
            (0, (1900, 1, 1)),
            (58, (1900, 2, 28)),
            (59, (1900, 3, 1)),
            (CCSDS_DAY, (1958, 1, 1)),
            (36_524, (2000, 1, 1)),
            (36_583, (2000, 2, 29)),
            (36_584, (2000, 3, 1)),
            (46_080, (2026, 3, 1)),
            (LAST_DAY - 1, (9999, 12, 31)),
        ] {
            assert_eq!(date(day), expected, "day {day}");
        }
    }

    #[test]
    fn cuc_counts_atomic_seconds() {
        let text = |time: PacketTime, data: &[u8]| read(&time, data).unwrap();
        // 2000-01-01T00:00:00 UTC: 15 340 days of 86 400 s and 32 s since 1958-01-01 TAI.
        let ccsds = (15_340 * 86_400 + 32_u32).to_be_bytes();
        assert_eq!(text(cuc(None, 4, 0), &ccsds), "2000-01-01T00:00:00.000000000Z");
        // GPS time is 18 s ahead of UTC since 2017.
        let gps = Some(Epoch::from_gregorian_utc_at_midnight(1980, 1, 6));
        let data = [&1_419_292_818_u32.to_be_bytes()[..], &[0x40, 0]].concat();
        assert_eq!(text(cuc(gps, 4, 2), &data), "2024-12-27T00:00:00.250000000Z");
    }

    #[test]
    fn cds_counts_days_of_utc() {
        let text = |time: PacketTime, data: &[u8]| read(&time, data).unwrap();
        // 2016-12-31, day 21 549, ended in a leap second.
        let leap = [&21_549_u16.to_be_bytes()[..], &86_400_500_u32.to_be_bytes()].concat();
        let ms = cds(None, false, CdsResolution::Millisecond);
        assert_eq!(text(ms, &leap), "2016-12-31T23:59:60.500000000Z");
        let own = Some(Epoch::from_gregorian_utc_at_midnight(2000, 1, 1));
        let data = [0, 1, 0, 0, 0, 0, 7, 0x07, 0x5B, 0xCD, 0x15];
        let ps = cds(own, true, CdsResolution::Picosecond);
        assert_eq!(text(ps, &data), "2000-09-13T00:00:00.007123456Z");
    }

    #[test]
    fn what_cannot_be_told_is_an_error() {
        let mut time = cuc(None, 4, 0);
        time.field.preamble = true;
        assert_eq!(read(&time, &[0x2C, 0, 0, 0, 0]), Err(PacketTimeError::Epoch));
        assert!(matches!(read(&time, &[0x1C, 0]), Err(PacketTimeError::Code(_))));
        assert_eq!(read(&cuc(None, 7, 0), &[0xFF; 7]), Err(PacketTimeError::Calendar));
        let long = cds(None, true, CdsResolution::Millisecond);
        assert_eq!(
            read(&long, &[0xFF, 0xFF, 0xFF, 0, 0, 0, 0]),
            Err(PacketTimeError::Calendar)
        );
        let early = Epoch::from_gregorian_utc_at_midnight(1957, 10, 4);
        assert_eq!(
            cuc(None, 4, 0).build(early, &mut Vec::new()),
            Err(PacketTimeError::BeforeEpoch)
        );
        assert!(
            cuc(None, 1, 0)
                .build(Epoch::from_gregorian_utc_at_midnight(2000, 1, 1), &mut Vec::new())
                .is_err()
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_built_reads_back(
            seconds in 0_i64..6_000_000_000,
            nanos in 0_i64..1_000_000_000,
            (mission, is_cuc) in any::<(bool, bool)>(),
        ) {
            let first = Epoch::from_gregorian_utc_at_midnight(2000, 1, 1);
            let at = first + Duration::from_total_nanoseconds(
                i128::from(seconds) * NANOS_PER_SECOND + i128::from(nanos));
            let epoch = mission.then(|| Epoch::from_gregorian_utc_at_midnight(1999, 8, 22));
            let time = if is_cuc {
                cuc(epoch, 5, 5)
            } else {
                cds(epoch, true, CdsResolution::Picosecond)
            };
            let mut data = Vec::new();
            time.build(at, &mut data).unwrap();
            let (y, mo, d, h, mi, s, ns) = at.to_gregorian_utc();
            // A fraction of 2^-40 s is cut off, which may take a nanosecond.
            let ns = i64::from(ns);
            let written: Vec<String> = [ns, ns - 1]
                .map(|ns| format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{ns:09}Z"))
                .to_vec();
            let text = read(&time, &data).unwrap();
            prop_assert!(text == written[0] || is_cuc && text == written[1], "{} {:?}", text, written);
        }
    }
}
