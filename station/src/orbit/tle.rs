//! Two-line elements, with or without a line for the name before them.

use super::elements::tidy;
use super::{Elements, OrbitError};
use crate::input::utc::from_parts;
use sgp4::chrono::{Datelike, Timelike};

/// Characters of either line.
const LENGTH: usize = 69;

/// Reads two-line elements, one satellite after the other.
pub(super) fn parse(name: &str, text: &str) -> Result<Vec<Elements>, OrbitError> {
    let mut satellites = Vec::new();
    let mut title: Option<&str> = None;
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.trim_end()))
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    while let Some((number, line)) = lines.next() {
        let wrong = |line, what: String| OrbitError::Tle {
            name: name.to_owned(),
            line,
            what,
        };
        if !is_line(line, '1') {
            if let Some(before) = title {
                return Err(wrong(
                    number,
                    format!(
                        "{:?} follows the name {:?}, must be line 1 of a TLE",
                        cut(line),
                        cut(before)
                    ),
                ));
            }
            title = Some(line);
            continue;
        }
        let (second_number, second) = lines
            .next()
            .ok_or_else(|| wrong(number, "line 2 of the TLE is missing".to_owned()))?;
        let elements = pair(title.take(), line, second)
            .map_err(|(second, what)| wrong(if second { second_number } else { number }, what))?;
        satellites.push(elements);
    }
    match title {
        Some(line) => Err(OrbitError::Tle {
            name: name.to_owned(),
            line: text.lines().count(),
            what: format!("nothing follows the name {:?}", cut(line)),
        }),
        None => Ok(satellites),
    }
}

fn is_line(line: &str, which: char) -> bool {
    line.starts_with(which) && line[1..].starts_with(' ') && line.len() >= LENGTH / 2
}

/// As much of a line as a message needs.
fn cut(line: &str) -> String {
    line.chars().take(24).collect()
}

/// A satellite of its two lines; an error says whether the second one is wrong.
fn pair(title: Option<&str>, first: &str, second: &str) -> Result<Elements, (bool, String)> {
    for (line, is_second) in [(first, false), (second, true)] {
        if !line.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err((is_second, "has characters that no TLE has".to_owned()));
        }
        if line.len() != LENGTH {
            let what = format!("{} characters, must be {LENGTH}", line.len());
            return Err((is_second, what));
        }
        // The library subtracts without looking.
        if !line.ends_with(|last: char| last.is_ascii_digit()) {
            return Err((is_second, "must end with the checksum, a digit".to_owned()));
        }
    }
    if !is_line(second, '2') {
        return Err((true, "line 2 of the TLE must be here".to_owned()));
    }
    let read = sgp4::Elements::from_tle(None, first.as_bytes(), second.as_bytes()).map_err(|error| {
        let text = error.to_string();
        (text.contains("line 2"), text)
    })?;
    if read.ephemeris_type == 4 {
        return Err((false, "elements of type 4 (SGP4-XP) cannot be used".to_owned()));
    }
    let (date, nanos) = (read.datetime, read.datetime.nanosecond());
    let epoch = from_parts(
        [date.year().max(0) as u32, date.month(), date.day()],
        [date.hour(), date.minute(), date.second()],
        nanos.min(999_999_999),
    );
    Ok(Elements {
        name: title.map(called).filter(|name| !name.is_empty()),
        norad: Some(read.norad_id),
        designator: read.international_designator.as_deref().map(tidy),
        epoch: epoch.ok_or((false, "the epoch is no time".to_owned()))?,
        mean_motion: read.mean_motion,
        eccentricity: read.eccentricity,
        inclination_deg: read.inclination,
        node_deg: read.right_ascension,
        perigee_deg: read.argument_of_perigee,
        anomaly_deg: read.mean_anomaly,
        bstar: read.drag_term,
    })
}

/// The name of a line for it; Space-Track puts a 0 before it.
fn called(line: &str) -> String {
    tidy(line.strip_prefix("0 ").unwrap_or(line))
}
