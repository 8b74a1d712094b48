//! Times of day in file names and metadata, read and written as UTC.

use hifitime::Epoch;

/// A UTC time from its parts; `None` where they are no date or no time of day.
pub(crate) fn from_parts(date: [u32; 3], time: [u32; 3], nanos: u32) -> Option<Epoch> {
    let [year, month, day] = date;
    let [hour, minute, second] = time;
    let small = |value: u32| u8::try_from(value).ok();
    // Recordings of samples are younger than this, and the calendar of the library is sound in this range.
    if !(1950..2200).contains(&year) {
        return None;
    }
    Epoch::maybe_from_gregorian_utc(
        year as i32,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        nanos,
    )
    .ok()
}

/// Reads ISO 8601 as `SigMF` requires it: `2024-05-01T12:00:00.125Z`, or with the day of the year, as CCSDS messages
/// may have it: `2024-122T12:00:00`. A missing zone is taken for UTC, offsets such as `+02:00` are applied.
pub(crate) fn parse_iso(text: &str) -> Option<Epoch> {
    let (date, rest) = text.trim().split_once(['T', 't', ' '])?;
    let date = numbers(date, '-').or_else(|| day_of_year(date))?;
    let zone = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let epoch = from_parts(date, numbers(clock, ':')?, nanoseconds(fraction)?)?;
    let offset_minutes = zone_minutes(zone)?;
    Some(epoch - hifitime::Unit::Minute * offset_minutes)
}

fn numbers(text: &str, separator: char) -> Option<[u32; 3]> {
    let mut parts = text.split(separator).map(digits);
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

/// The date of a year and the day in it: `2024-032` is the first of February.
fn day_of_year(text: &str) -> Option<[u32; 3]> {
    let (year, day) = text.split_once('-').filter(|(_, day)| day.len() == 3)?;
    let (year, mut rest) = (digits(year)?, digits(day)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if leap { 29 } else { 28 };
    for (month, days) in (1..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
        if rest <= days {
            // Day 0 is no date, as others find out.
            return Some([year, month, rest]);
        }
        rest -= days;
    }
    None
}

/// Digits only: no sign, no space.
pub(crate) fn digits(text: &str) -> Option<u32> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn nanoseconds(fraction: &str) -> Option<u32> {
    let known = &fraction.as_bytes()[..fraction.len().min(9)];
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((0..9).fold(0, |sum, i| {
        sum * 10 + known.get(i).map_or(0, |b| u32::from(b - b'0'))
    }))
}

fn zone_minutes(zone: &str) -> Option<i64> {
    let sign = match zone.bytes().next() {
        None | Some(b'Z' | b'z') => return (zone.len() <= 1).then_some(0),
        Some(b'-') => -1,
        _ => 1,
    };
    let (hours, minutes) = zone[1..].split_once(':').unwrap_or((&zone[1..], "0"));
    Some(sign * (i64::from(digits(hours)?) * 60 + i64::from(digits(minutes)?))).filter(|m| m.abs() <= 18 * 60)
}

/// Writes ISO 8601 with `Z`, with as many decimals as needed: none, three, six or nine.
pub(crate) fn to_iso(epoch: Epoch) -> String {
    let (year, month, day, hour, minute, second, nanos) = epoch.to_gregorian_utc();
    let fraction = match nanos {
        0 => String::new(),
        n if n % 1_000_000 == 0 => format!(".{:03}", n / 1_000_000),
        n if n % 1_000 == 0 => format!(".{:06}", n / 1_000),
        n => format!(".{n:09}"),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn iso_times_read_back() {
        for text in [
            "2024-05-01T12:00:00Z",
            "2016-12-31T23:59:59.125Z",
            "1999-01-01T00:00:00.000001Z",
            "2031-02-28T01:02:03.123456789Z",
        ] {
            assert_eq!(to_iso(parse_iso(text).unwrap()), text);
        }
    }

    #[test]
    fn zones_and_short_forms() {
        let read = |text| to_iso(parse_iso(text).unwrap());
        assert_eq!(read("2024-05-01T12:00:00+02:00"), "2024-05-01T10:00:00Z");
        assert_eq!(read("2024-05-01 12:00:00-01:30"), "2024-05-01T13:30:00Z");
        assert_eq!(read("2024-05-01T12:00:00"), "2024-05-01T12:00:00Z");
        assert_eq!(read("2024-001T12:00:00"), "2024-01-01T12:00:00Z");
        assert_eq!(read("2024-060T12:00:00Z"), "2024-02-29T12:00:00Z");
        assert_eq!(read("2023-060T12:00:00Z"), "2023-03-01T12:00:00Z");
        assert_eq!(read("2024-366T12:00:00Z"), "2024-12-31T12:00:00Z");
        assert_eq!(
            read("2024-05-01T12:00:00.1234567899Z"),
            "2024-05-01T12:00:00.123456789Z"
        );
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "T",
            "2024-13-01T00:00:00Z",
            "2024-02-30T00:00:00Z",
            "2024-01-01T25:00:00Z",
            "2024-01-01T00:00:00X",
            "1024-01-01T00:00:00Z",
            "2023-366T00:00:00Z",
            "2023-000T00:00:00Z",
            "2023-12T00:00:00Z",
            "2024-01-01T00:00:00.1x2Z",
            "2024-01-01T00:00Z",
            "+024-01-01T00:00:00Z",
            "2024-01-01T00:00:00+99:00",
            "2024-01-01T00:00:00+4000000000:00",
            "2024-01-01T00:00:00Zulu",
        ] {
            assert_eq!(parse_iso(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}", near in "[0-9TZ:.+ -]{10,32}") {
            let _ = parse_iso(&text);
            let _ = parse_iso(&near);
        }
    }
}
