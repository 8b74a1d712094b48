//! From the TOML tree to a station file.

use super::motion::{motion, site};
use super::{Entry, StationFile, StationFileError, Tuning};
use crate::orbit::Site;
use crate::output::stream::{SpecError, StreamSpec};
use crate::output::{BadFrames, OutputConfig};
use crate::profile::ProfileError;
use crate::profile::document::Document;
use crate::profile::error::quoted;
use crate::profile::section::{Quantity, Section};

/// Most downlinks of a station.
const MOST: usize = 256;
/// Frequencies and offsets, Hz.
pub(super) const LARGEST_HZ: f64 = 1e12;
/// What `bad_frames` may be.
pub(super) const BAD_FRAMES: &[(&str, BadFrames)] = &[("drop", BadFrames::Drop), ("mark", BadFrames::Mark)];

pub(super) fn station_file(text: &str, origin: &str) -> Result<StationFile, StationFileError> {
    let document = Document::parse("a station file", text, origin, &[])?;
    let root = Section::root(&document);
    if root.has("satellite") {
        let allowed = "in the station file of `groundlink run`; here there are sections [[downlink]]";
        return Err(root.refuse("satellite", "given".to_owned(), allowed).into());
    }
    root.only(&["center_frequency", "site", "downlink"], "")?;
    let centre_hz = root.quantity("center_frequency", Quantity::Hertz)?;
    if let Some(hz) = centre_hz {
        within(&root, "center_frequency", hz, 0.0)?;
    }
    let site = site(&root)?;
    let downlinks = downlinks(&root, "downlink", |section| entry(section, site))?;
    Ok(StationFile { centre_hz, downlinks })
}

/// Sections that there must be, but not too many of; `header` is what each is begun by.
pub(super) fn some<'d>(of: &Section<'d>, key: &str, header: &str) -> Result<Vec<Section<'d>>, ProfileError> {
    let sections = of.sections(key)?;
    if (1..=MOST).contains(&sections.len()) {
        return Ok(sections);
    }
    let found = format!("given {} times", sections.len());
    let allowed = format!("sections, 1 to {MOST} of them, each begun by [[{header}]]");
    Err(of.refuse(key, found, &allowed))
}

/// The downlinks of a section, whose names differ.
pub(super) fn downlinks(
    of: &Section<'_>,
    header: &str,
    entry: impl Fn(&Section<'_>) -> Result<Entry, ProfileError>,
) -> Result<Vec<Entry>, StationFileError> {
    let sections = some(of, "downlink", header)?;
    let mut downlinks: Vec<Entry> = Vec::with_capacity(sections.len());
    for section in &sections {
        let entry = entry(section)?;
        if downlinks.iter().any(|other| other.name == entry.name) {
            return Err(StationFileError::SameName {
                place: section.place("name"),
                name: entry.name,
            });
        }
        downlinks.push(entry);
    }
    Ok(downlinks)
}

fn entry(section: &Section<'_>, site: Option<Site>) -> Result<Entry, ProfileError> {
    let keys = [
        "name",
        "profile",
        "set",
        "frequency",
        "offset",
        "tle",
        "norad",
        "satellite",
        "doppler",
        "frames",
        "packets",
        "cadus",
        "soft",
        "events",
        "report",
        "doppler_out",
        "bad_frames",
        "outputs",
    ];
    section.only(&keys, "")?;
    let profile = path(section, "profile", "the name of a built-in profile, or a file")?;
    Ok(Entry {
        name: name(section)?,
        profile: section.required("profile", profile, "the name of a built-in profile, or a file")?,
        set: section.texts("set", "a list of texts, as [\"signal.symbol_rate=9600\"]")?,
        tuning: tuning(section)?,
        motion: motion(section, site)?,
        outputs: outputs(section)?,
        place: section.place("profile"),
    })
}

/// A name that may become a part of paths and of the names of metrics.
pub(super) fn name(section: &Section<'_>) -> Result<String, ProfileError> {
    let allowed = "1 to 40 letters, digits, - and _";
    let text = section.required("name", section.text("name", allowed)?, allowed)?;
    let letters = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if (1..=40).contains(&text.len()) && text.bytes().all(letters) {
        return Ok(text.to_owned());
    }
    Err(section.refuse("name", quoted(text), allowed))
}

pub(super) fn tuning(section: &Section<'_>) -> Result<Tuning, ProfileError> {
    section.not_both("frequency", "offset")?;
    if let Some(hz) = section.quantity("offset", Quantity::Hertz)? {
        within(section, "offset", hz, -LARGEST_HZ)?;
        return Ok(Tuning::Offset(hz));
    }
    let hz = section.quantity("frequency", Quantity::Hertz)?;
    let hz = section.required(
        "frequency",
        hz,
        "its frequency in Hz, or offset that from the centre of the samples",
    )?;
    within(section, "frequency", hz, 0.0)?;
    Ok(Tuning::Frequency(hz))
}

pub(super) fn within(section: &Section<'_>, key: &str, hz: f64, least: f64) -> Result<(), ProfileError> {
    if (least..=LARGEST_HZ).contains(&hz) {
        return Ok(());
    }
    let allowed = if least < 0.0 {
        "-1e12 to 1e12 Hz"
    } else {
        "0 to 1e12 Hz"
    };
    Err(section.refuse(key, hz.to_string(), allowed))
}

/// A path, which a file system cannot do without letters.
pub(super) fn path(section: &Section<'_>, key: &str, allowed: &str) -> Result<Option<String>, ProfileError> {
    match section.text(key, allowed)? {
        Some(text) if text.trim().is_empty() || text.contains(char::is_control) => {
            Err(section.refuse(key, quoted(text), allowed))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

pub(super) fn streams(section: &Section<'_>) -> Result<Vec<StreamSpec>, ProfileError> {
    let allowed = "a list of texts, as [\"tcp-listen://:10017\"]";
    let texts = section.texts("outputs", allowed)?;
    let stream = |text: &String| {
        text.parse().map_err(|error: SpecError| {
            section.refuse("outputs", "wrong in one of them".to_owned(), &error.to_string())
        })
    };
    texts.iter().map(stream).collect()
}

fn outputs(section: &Section<'_>) -> Result<OutputConfig, ProfileError> {
    let target = |key| path(section, key, "the path of a file, or \"-\" for stdout");
    let outputs = OutputConfig {
        frames: target("frames")?,
        packets: target("packets")?,
        cadus: target("cadus")?,
        soft: target("soft")?,
        events: target("events")?,
        report: target("report")?,
        doppler: target("doppler_out")?,
        bad_frames: section.choice("bad_frames", BAD_FRAMES)?.unwrap_or_default(),
        downlink: None,
        streams: streams(section)?,
    };
    let unlabelled = outputs.events.is_none() && outputs.frames.as_deref() == Some("-");
    if outputs.bad_frames == BadFrames::Mark && unlabelled {
        let allowed = "\"drop\" with frames = \"-\" and no events to hold the marks";
        return Err(section.refuse("bad_frames", "\"mark\"".to_owned(), allowed));
    }
    Ok(outputs)
}
