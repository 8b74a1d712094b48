//! Files of measured frequencies: what receivers write with `--doppler-out`, tables of two columns, and those of `strf`.

use super::DopplerError;
use crate::input::utc::parse_iso;
use hifitime::Epoch;
use std::fs::File;
use std::io::Read;

/// Longest file: days of ten points a second.
const LONGEST: u64 = 1 << 28;
/// Columns that tell something, by the names in the first line.
const NAMES: [&str; 5] = ["utc", "seconds", "offset_hz", "frequency_hz", "locked"];

/// What the times of a curve count from.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Origin {
    /// UTC.
    Utc(Epoch),
    /// The input's first sample.
    FirstSample,
}

/// A frequency over time: straight lines between points, constant before the first and after the last.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    name: String,
    origin: Origin,
    /// The values are frequencies as received, not offsets.
    absolute: bool,
    /// Seconds, rising, and Hz.
    points: Vec<(f64, f64)>,
}

/// When a point is.
enum Time {
    Utc(Epoch),
    Seconds(f64),
}

/// What the columns of a file mean.
struct Columns {
    utc: Option<usize>,
    seconds: Option<usize>,
    hz: usize,
    absolute: bool,
    locked: Option<usize>,
}

impl Curve {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub fn load(path: &str) -> Result<Self, DopplerError> {
        let unreadable = |reason: String| DopplerError::Read {
            name: path.to_owned(),
            reason,
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
        file.take(LONGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(error.to_string()))?;
        if bytes.len() as u64 > LONGEST {
            return Err(unreadable(format!("longer than {LONGEST} bytes")));
        }
        Self::parse(path, &String::from_utf8_lossy(&bytes))
    }

    /// Reads the text of such a file; `name` is what messages call it.
    ///
    /// # Errors
    /// When a line is none, or there is no point.
    pub fn parse(name: &str, text: &str) -> Result<Self, DopplerError> {
        let mut curve = Self {
            name: name.to_owned(),
            origin: Origin::FirstSample,
            absolute: false,
            points: Vec::new(),
        };
        let mut columns: Option<Columns> = None;
        for (number, line) in (1..).zip(text.lines()) {
            let cells = cells(line);
            if cells.is_empty() {
                continue;
            }
            let wrong = |what| DopplerError::Line {
                name: name.to_owned(),
                line: number,
                what,
            };
            if columns.is_none() {
                let named = Columns::named(&cells).map_err(wrong)?;
                if named.is_some() {
                    columns = named;
                    continue;
                }
                columns = Some(Columns::unnamed(&cells).map_err(wrong)?);
            }
            let point = columns
                .as_ref()
                .map(|columns| columns.point(&cells))
                .transpose()
                .map_err(wrong)?;
            if let Some((time, hz)) = point.flatten() {
                curve.push(&time, hz).map_err(wrong)?;
            }
        }
        curve.absolute = columns.is_some_and(|columns| columns.absolute);
        if curve.points.is_empty() {
            return Err(DopplerError::Empty {
                name: name.to_owned(),
            });
        }
        Ok(curve)
    }

    /// Whether its times are UTC; else they count from the input's first sample.
    pub fn needs_time(&self) -> bool {
        matches!(self.origin, Origin::Utc(_))
    }

    /// Whether its values are frequencies as received, from which the carrier's is to be taken off.
    pub fn is_absolute(&self) -> bool {
        self.absolute
    }

    /// Its largest offset from the carrier, Hz.
    pub(super) fn most_hz(&self, carrier_hz: f64) -> f64 {
        let carrier_hz = if self.absolute { carrier_hz } else { 0.0 };
        let offsets = self.points.iter().map(|point| (point.1 - carrier_hz).abs());
        offsets.fold(0.0, f64::max)
    }

    /// Its value (Hz) at a moment: `seconds` after the first sample, which is at `utc` where that is known.
    pub(super) fn at(&self, seconds: f64, utc: Option<Epoch>) -> Option<f64> {
        let time = match self.origin {
            Origin::FirstSample => seconds,
            Origin::Utc(origin) => (utc? - origin).to_seconds(),
        };
        let after = self.points.partition_point(|point| point.0 <= time);
        let (at, hz) = self.points[after.saturating_sub(1)];
        let slope = match (after, self.points.get(after)) {
            (1.., Some(next)) => (next.1 - hz) / (next.0 - at),
            _ => 0.0,
        };
        Some(hz + slope * (time - at).max(0.0) * f64::from(u8::from(after > 0)))
    }

    fn push(&mut self, time: &Time, hz: f64) -> Result<(), &'static str> {
        let seconds = match (time, self.origin) {
            (Time::Seconds(seconds), Origin::FirstSample) => *seconds,
            (Time::Utc(utc), Origin::Utc(origin)) => (*utc - origin).to_seconds(),
            (Time::Utc(utc), Origin::FirstSample) if self.points.is_empty() => {
                self.origin = Origin::Utc(*utc);
                0.0
            }
            _ => return Err("has a time unlike those before, UTC and seconds mixed"),
        };
        if self.points.last().is_some_and(|before| before.0 >= seconds) {
            return Err("is not later than the one before");
        }
        self.points.push((seconds, hz));
        Ok(())
    }
}

/// The cells of a line, between commas or else blanks; `#` begins what means nothing.
fn cells(line: &str) -> Vec<&str> {
    let line = line.split('#').next().unwrap_or_default().trim();
    if line.is_empty() {
        Vec::new()
    } else if line.contains(',') {
        line.split(',').map(str::trim).collect()
    } else {
        line.split_whitespace().collect()
    }
}

impl Columns {
    /// The columns of a line that names them; `None` where it is no such line.
    fn named(cells: &[&str]) -> Result<Option<Self>, &'static str> {
        if !cells.iter().any(|cell| NAMES.contains(cell)) {
            return Ok(None);
        }
        let [utc, seconds, offset, frequency, locked] =
            NAMES.map(|name| cells.iter().position(|cell| *cell == name));
        if utc.is_none() && seconds.is_none() {
            return Err("names neither utc nor seconds");
        }
        let hz = offset
            .or(frequency)
            .ok_or("names neither offset_hz nor frequency_hz")?;
        Ok(Some(Self {
            utc,
            seconds,
            hz,
            absolute: offset.is_none(),
            locked,
        }))
    }

    /// The columns of a file without names, by those of its first line.
    fn unnamed(cells: &[&str]) -> Result<Self, &'static str> {
        // strf: modified Julian date, Hz, flux, site.
        let of_strf = cells.len() == 4;
        if !of_strf && cells.len() != 2 {
            return Err("has neither names of columns nor two numbers, seconds or UTC and Hz");
        }
        let is_utc = of_strf || parse_iso(cells[0]).is_some();
        Ok(Self {
            utc: is_utc.then_some(0),
            seconds: (!is_utc).then_some(0),
            hz: 1,
            absolute: of_strf,
            locked: None,
        })
    }

    /// The point of a line; `None` where the receiver had no lock.
    fn point(&self, cells: &[&str]) -> Result<Option<(Time, f64)>, &'static str> {
        let cell = |column: Option<usize>| {
            let text = column.and_then(|column| cells.get(column)).copied();
            text.filter(|text| !text.is_empty())
        };
        if cell(self.locked).is_some_and(|locked| matches!(locked, "0" | "false")) {
            return Ok(None);
        }
        let hz = cell(Some(self.hz)).and_then(|text| text.parse::<f64>().ok());
        let hz = hz.filter(|hz| hz.abs() <= 1e12).ok_or("has no frequency in Hz")?;
        let time = match (cell(self.utc), cell(self.seconds)) {
            (Some(utc), _) => Time::Utc(parse_iso(utc).or_else(|| julian(utc)).ok_or("has no UTC time")?),
            (None, Some(seconds)) => {
                let seconds = seconds.parse::<f64>().ok().filter(|s| s.abs() <= 1e9);
                Time::Seconds(seconds.ok_or("has no number of seconds")?)
            }
            (None, None) => return Err("has no time"),
        };
        Ok(Some((time, hz)))
    }
}

/// A modified Julian date (UTC) of our days.
fn julian(text: &str) -> Option<Epoch> {
    let days: f64 = text.parse().ok()?;
    (40_000.0..90_000.0)
        .contains(&days)
        .then(|| Epoch::from_mjd_utc(days))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::parse_utc;
    use proptest::prelude::*;

    fn utc(text: &str) -> Epoch {
        parse_utc(text).unwrap()
    }

    #[test]
    fn tables_of_seconds() {
        let curve = Curve::parse("t", "# a pass\n0, 1000\n\n10 , -20.5 # closest\n20, -20.5\r\n").unwrap();
        assert!(!curve.needs_time() && !curve.is_absolute());
        for (seconds, hz) in [
            (-5.0, 1000.0),
            (0.0, 1000.0),
            (5.0, 489.75),
            (15.0, -20.5),
            (99.0, -20.5),
        ] {
            assert_eq!(curve.at(seconds, None), Some(hz), "{seconds}");
        }
        assert_eq!(Curve::parse("t", "0 1\n2\t3").unwrap().at(1.0, None), Some(2.0));
    }

    #[test]
    fn what_receivers_write() {
        let text = "utc,seconds,offset_hz,frequency_hz,nominal_hz,es_n0_db,locked\n\
                    2026-03-01T12:00:00.500000Z,0.5,100,437000100,437000000,9.1,1\n\
                    2026-03-01T12:00:01.000000Z,1.0,9999,437000100,437000000,-3,0\n\
                    2026-03-01T12:00:02.500000Z,2.5,-100,436999900,437000000,,1\n";
        let curve = Curve::parse("t", text).unwrap();
        assert!(curve.needs_time() && !curve.is_absolute());
        assert_eq!(curve.at(0.0, Some(utc("2026-03-01T12:00:01Z"))), Some(50.0));
        assert_eq!(curve.at(0.0, None), None);
        // Without UTC the seconds are all there is.
        let bare = text
            .replace("2026-03-01T12:00:0", "")
            .replace("0.500000Z", "")
            .replace("1.000000Z", "");
        let bare = bare.replace("2.500000Z", "");
        assert_eq!(Curve::parse("t", &bare).unwrap().at(1.5, None), Some(0.0));
    }

    #[test]
    fn absolute_frequencies_and_those_of_strf() {
        let named = Curve::parse("t", "utc frequency_hz\n2026-03-01T12:00:00Z 437000100\n").unwrap();
        assert!(named.is_absolute());
        // 61100.5 is noon of 2026-03-01.
        let strf = Curve::parse(
            "t",
            "61100.500000 437000100.0 1.5 4171\n61100.500116 437000000 1 4171\n",
        )
        .unwrap();
        assert!(strf.is_absolute() && strf.needs_time());
        let hz = strf.at(0.0, Some(utc("2026-03-01T12:00:05.011200Z"))).unwrap();
        assert!((hz - 437_000_050.0).abs() < 0.01, "{hz}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text| Curve::parse("t", text).unwrap_err().to_string();
        for (text, expected) in [
            (
                "0 1\n0 2",
                "Doppler file t: line 2 is not later than the one before",
            ),
            (
                "0 1 2",
                "Doppler file t: line 1 has neither names of columns nor two numbers, seconds or UTC and Hz",
            ),
            ("\n#", "Doppler file t: no point is there"),
            ("NaN 1", "Doppler file t: line 1 has no number of seconds"),
            ("0 x", "Doppler file t: line 1 has no frequency in Hz"),
            (
                "seconds,hz\n0,1",
                "Doppler file t: line 1 names neither offset_hz nor frequency_hz",
            ),
            (
                "offset_hz\n0",
                "Doppler file t: line 1 names neither utc nor seconds",
            ),
            (
                "0 1\n2026-03-01T12:00:00Z 2",
                "Doppler file t: line 2 has no number of seconds",
            ),
            (
                "utc,seconds,offset_hz\n,1,2\n2026-03-01T12:00:00Z,2,2",
                "Doppler file t: line 3 has a time unlike those before, UTC and seconds mixed",
            ),
        ] {
            assert_eq!(error(text), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}", near in "[0-9.,:TZ# \nutcseondfhz_-]{0,80}", at in -1e9..1e9_f64) {
            for text in [text, near] {
                if let Ok(curve) = Curve::parse("t", &text) {
                    let utc = Some(utc("2026-03-01T12:00:00Z"));
                    prop_assert!(curve.at(at, utc).is_some_and(f64::is_finite));
                }
            }
        }
    }
}
