//! What the names of recordings tell: programs that record write rate, frequency and time into them.
//!
//! | program | pattern |
//! |---|---|
//! | `SatDump` | `2023-08-10_12-00-00_6000000SPS_1702500000Hz.cs16` (also with milliseconds: `12-00-00-123`) |
//! | gqrx | `gqrx_20230810_120000_145800000_48000_fc.raw`, cf32 |
//! | `rtl_433` | `g001_433.92M_250k.cu8`: a number with M is the frequency, one with k the rate |
//! | SDR#, HDSDR | `SDRSharp_20230810_120000Z_433920000Hz_IQ.wav`, `HDSDR_20230810_120000Z_7100kHz_RF.wav` |
//!
//! Beyond these, any part of a name between underscores or blanks counts that has one of the forms above, or is
//! a sample format (`…_300ksps_cu8.raw`). Times are UTC in all of these programs.

use super::bytes::without_codec;
use super::units::quantity;
use super::{Capture, SampleFormat, SampleType, utc};
use hifitime::Epoch;

/// What a name tells.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct NameFacts {
    /// Sample format.
    pub format: Option<SampleFormat>,
    /// Samples per second.
    pub sample_rate_hz: Option<f64>,
    /// Tuned frequency, Hz.
    pub frequency_hz: Option<f64>,
    /// UTC of the first sample.
    pub time: Option<Epoch>,
}

impl NameFacts {
    /// Reads a path's last part.
    pub fn of(path: &str) -> Self {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let name = without_codec(name);
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let parts: Vec<&str> = stem.split(['_', ' ']).collect();
        let mut facts = Self::of_gqrx(&parts, extension).unwrap_or_default();
        for (index, part) in parts.iter().enumerate() {
            // The underscore in "ci16_be" is no border.
            match parts.get(index + 1) {
                Some(end) if matches!(*end, "le" | "be") => facts.add(&format!("{part}_{end}")),
                _ => facts.add(part),
            }
        }
        for pair in parts.windows(2) {
            facts.time = facts.time.or_else(|| time(pair[0], pair[1]));
        }
        facts.format = of_extension(extension).or(facts.format);
        facts
    }

    /// Time and frequency as a capture that begins with the first sample.
    pub(crate) fn capture(&self) -> Option<Capture> {
        (self.time.is_some() || self.frequency_hz.is_some()).then_some(Capture {
            sample_start: 0,
            time: self.time,
            frequency_hz: self.frequency_hz,
            ..Capture::default()
        })
    }

    fn of_gqrx(parts: &[&str], extension: &str) -> Option<Self> {
        let [.., _, _, frequency, rate, "fc"] = parts else {
            return None;
        };
        if !parts[0].eq_ignore_ascii_case("gqrx") || !extension.eq_ignore_ascii_case("raw") {
            return None;
        }
        Some(Self {
            format: Some(SampleFormat {
                number: SampleType::F32,
                complex: true,
                big_endian: false,
            }),
            sample_rate_hz: quantity(rate, &[""]).filter(|r| *r > 0.0),
            frequency_hz: quantity(frequency, &[""]),
            time: None,
        })
    }

    fn add(&mut self, part: &str) {
        let lower = part.to_ascii_lowercase();
        if !lower.starts_with(|c: char| c.is_ascii_digit()) {
            // A real format needs its "r": parts such as "u8" or "s16" may stand for anything.
            let stated = lower
                .starts_with(['c', 'r'])
                .then(|| lower.parse().ok())
                .flatten();
            self.format = self.format.or(stated);
            return;
        }
        let mut rate = None;
        let mut frequency = None;
        if lower.ends_with("sps") {
            rate = quantity(&lower, &["sps"]);
        } else if lower.ends_with("hz") {
            frequency = quantity(&lower, &["hz"]);
        } else if lower.ends_with('k') {
            rate = quantity(&lower, &[""]);
        } else if lower.ends_with('m') {
            frequency = quantity(&lower, &[""]);
        }
        self.sample_rate_hz = self.sample_rate_hz.or(rate.filter(|r| *r > 0.0));
        self.frequency_hz = self.frequency_hz.or(frequency);
    }
}

/// The format that an ending alone tells; `.raw`, `.iq`, `.bin` and `.dat` tell nothing.
fn of_extension(extension: &str) -> Option<SampleFormat> {
    let lower = extension.to_ascii_lowercase();
    lower
        .starts_with(['c', 'r', 'f'])
        .then(|| lower.parse().ok())
        .flatten()
        .filter(|f: &SampleFormat| {
            // ".f32" is a common ending of soft symbols.
            f.complex || lower.starts_with('r')
        })
}

/// `YYYYMMDD` and `hhmmss[Z]`, or `YYYY-MM-DD` and `hh-mm-ss[-milliseconds]`.
fn time(date: &str, clock: &str) -> Option<Epoch> {
    let clock = clock.strip_suffix(['Z', 'z']).unwrap_or(clock);
    let (date, clock, millis) = if date.contains('-') {
        let mut clock = clock.splitn(4, '-');
        let three = [clock.next()?, clock.next()?, clock.next()?];
        let millis = clock.next().map_or(Some(0), utc::digits).filter(|m| *m < 1000)?;
        let mut date = date.splitn(3, '-');
        ([date.next()?, date.next()?, date.next()?], three, millis)
    } else {
        if date.len() != 8 || clock.len() != 6 || !date.is_ascii() || !clock.is_ascii() {
            return None;
        }
        (
            [&date[..4], &date[4..6], &date[6..]],
            [&clock[..2], &clock[2..4], &clock[4..]],
            0,
        )
    };
    let date = [
        utc::digits(date[0])?,
        utc::digits(date[1])?,
        utc::digits(date[2])?,
    ];
    let clock = [
        utc::digits(clock[0])?,
        utc::digits(clock[1])?,
        utc::digits(clock[2])?,
    ];
    utc::from_parts(date, clock, millis * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Told = (Option<String>, Option<f64>, Option<f64>, Option<String>);

    fn told(name: &str) -> Told {
        let facts = NameFacts::of(name);
        let format = facts.format.map(|f| f.to_string());
        (
            format,
            facts.sample_rate_hz,
            facts.frequency_hz,
            facts.time.map(utc::to_iso),
        )
    }

    fn facts(format: &str, rate: f64, frequency: f64, time: &str) -> Told {
        let text = |t: &str| (!t.is_empty()).then(|| t.to_owned());
        let number = |n: f64| (n != 0.0).then_some(n);
        (text(format), number(rate), number(frequency), text(time))
    }

    #[test]
    fn names_of_the_recording_programs() {
        let noon = "2023-08-10T12:00:00Z";
        for (name, expected) in [
            (
                "/data/2023-08-10_12-00-00_6000000SPS_1702500000Hz.cs16",
                facts("ci16_le", 6e6, 1_702.5e6, noon),
            ),
            (
                "2023-08-10_12-00-00-125_6000000SPS_1702500000Hz.cf32.zst",
                facts("cf32_le", 6e6, 1_702.5e6, "2023-08-10T12:00:00.125Z"),
            ),
            (
                "gqrx_20230810_120000_145800000_48000_fc.raw",
                facts("cf32_le", 48e3, 145.8e6, noon),
            ),
            ("g001_433.92M_250k.cu8", facts("cu8", 250e3, 433.92e6, "")),
            ("g001_868M_1024k.cs16", facts("ci16_le", 1.024e6, 868e6, "")),
            (
                "SDRSharp_20230810_120000Z_433920000Hz_IQ.wav",
                facts("", 0.0, 433.92e6, noon),
            ),
            (
                "HDSDR_20230810_120000Z_7100kHz_RF.wav",
                facts("", 0.0, 7.1e6, noon),
            ),
            ("meteor_m2_lrpt_300ksps_cu8.raw.gz", facts("cu8", 300e3, 0.0, "")),
            (
                "C:\\rec\\pass 2.4Msps ci16_be.iq",
                facts("ci16_be", 2.4e6, 0.0, ""),
            ),
            ("pass.fc32", facts("cf32_le", 0.0, 0.0, "")),
            ("pass.cfile", facts("cf32_le", 0.0, 0.0, "")),
            ("pass.cs8.gz", facts("ci8", 0.0, 0.0, "")),
            ("pass.rf32", facts("rf32_le", 0.0, 0.0, "")),
        ] {
            assert_eq!(told(name), expected, "{name}");
        }
    }

    #[test]
    fn names_that_tell_nothing() {
        for name in [
            "",
            "pass.raw",
            "pass.iq",
            "soft.f32",
            "lev1.u8",
            "by701_48.wav",
            "20231301_990000.dat",
            "k_M.bin",
        ] {
            assert_eq!(told(name), facts("", 0.0, 0.0, ""), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_read(name in "\\PC{0,60}", near in "[0-9a-zA-Z_. -]{0,60}") {
            NameFacts::of(&name);
            NameFacts::of(&near);
        }
    }
}
