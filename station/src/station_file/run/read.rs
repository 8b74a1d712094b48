//! From the TOML tree to the station file of `groundlink run`.

use super::receiver::{receiver, within};
use super::{Results, Rules, RunFile, SatelliteEntry};
use crate::input::parse_bytes;
use crate::orbit::Choice;
use crate::output::OutputConfig;
use crate::output::stream::{Form, StreamSpec};
use crate::profile::ProfileError;
use crate::profile::document::Document;
use crate::profile::error::quoted;
use crate::profile::section::{Quantity, Section};
use crate::recording::{RecordConfig, Trigger};
use crate::station_file::motion::site;
use crate::station_file::read::{BAD_FRAMES, LARGEST_HZ, downlinks, name, path, some, streams, tuning};
use crate::station_file::{Entry, StationFileError};
use hifitime::Duration;
use std::path::PathBuf;

pub(super) fn run_file(text: &str, origin: &str) -> Result<RunFile, StationFileError> {
    let document = Document::parse("the station file of a run", text, origin, &[])?;
    let root = Section::root(&document);
    if root.has("downlink") {
        let allowed = "in a station file of `groundlink decode`; here they are [[satellite.downlink]]";
        return Err(root.refuse("downlink", "given".to_owned(), allowed).into());
    }
    let keys = [
        "site",
        "receiver",
        "rotator",
        "rig",
        "schedule",
        "results",
        "recording",
        "outputs",
        "satellite",
    ];
    root.only(&keys, "")?;
    let allowed = "a section: latitude, longitude, altitude";
    let address = |key| path(&root, key, "HOST or HOST:PORT of a Hamlib daemon");
    let rules = rules(&root)?;
    Ok(RunFile {
        site: root.required("site", site(&root)?, allowed)?,
        receiver: receiver(&root)?,
        rotator: address("rotator")?,
        rig: address("rig")?,
        results: results(&root)?,
        recording: recording(&root)?,
        outputs: kept(&root)?,
        satellites: satellites(&root, &rules)?,
        rules,
    })
}

fn rules(root: &Section<'_>) -> Result<Rules, ProfileError> {
    let section = root.section("schedule")?;
    let keys = [
        "min_elevation",
        "lead",
        "lag",
        "look_ahead",
        "min_pass",
        "max_age",
    ];
    section.only(&keys, "")?;
    let number = |key, bounds, allowed| within(&section, key, Quantity::Number, bounds, allowed);
    let seconds = |key, default: f64, most: f64, allowed| {
        let value = number(key, (0.0, most), allowed)?.unwrap_or(default);
        Ok::<_, ProfileError>(Duration::from_seconds(value))
    };
    let hours = number("look_ahead", (1.0, 240.0), "1 to 240 hours")?.unwrap_or(48.0);
    let days = number("max_age", (0.1, 3660.0), "0.1 to 3660 days")?.unwrap_or(14.0);
    Ok(Rules {
        min_elevation_deg: elevation(&section)?.unwrap_or(0.0),
        lead: seconds("lead", 30.0, 3600.0, "0 to 3600 s")?,
        lag: seconds("lag", 30.0, 3600.0, "0 to 3600 s")?,
        look_ahead: Duration::from_hours(hours),
        min_pass: seconds("min_pass", 60.0, 86_400.0, "0 to 86400 s")?,
        max_age: Duration::from_days(days),
    })
}

fn elevation(section: &Section<'_>) -> Result<Option<f64>, ProfileError> {
    let allowed = "-90 to 90 degrees";
    within(section, "min_elevation", Quantity::Number, (-90.0, 90.0), allowed)
}

fn results(root: &Section<'_>) -> Result<Results, ProfileError> {
    let section = root.section("results")?;
    section.only(&["folder", "quota"], "")?;
    let folder = path(&section, "folder", "the path of a folder")?;
    let allowed = "a number of bytes, such as \"50G\"";
    let quota = match section.text("quota", allowed)? {
        None => None,
        Some(text) => Some(parse_bytes(text).map_err(|_| section.refuse("quota", quoted(text), allowed))?),
    };
    Ok(Results {
        folder: section.required("folder", folder, "the path of a folder")?,
        quota_bytes: quota,
    })
}

fn recording(root: &Section<'_>) -> Result<Option<RecordConfig>, ProfileError> {
    let Some(section) = root.switch("recording", false)? else {
        return Ok(None);
    };
    section.only(&["format", "zstd", "when", "before", "after", "rotate"], "")?;
    let seconds = |key| within(&section, key, Quantity::Number, (0.0, 1e6), "0 to 1e6 s");
    let around = Trigger {
        before_s: seconds("before")?.unwrap_or(10.0),
        after_s: seconds("after")?.unwrap_or(30.0),
    };
    let when = section.choice("when", &[("always", None), ("lock", Some(around))])?;
    let allowed = "\"ci8\", \"ci16\" or \"cf32\"";
    let text = section.text("format", allowed)?.unwrap_or("ci16");
    let known = ["ci8", "ci16", "cf32"].contains(&text);
    let format = text.parse().ok().filter(|_| known);
    Ok(Some(RecordConfig {
        folder: PathBuf::new(),
        format: format.ok_or_else(|| section.refuse("format", quoted(text), allowed))?,
        zstd: section.boolean("zstd")?.unwrap_or(false),
        trigger: when.flatten(),
        rotate_s: within(&section, "rotate", Quantity::Number, (1.0, 1e6), "1 to 1e6 s")?,
        quota_bytes: None,
    }))
}

/// Outputs that stay open for the whole station.
fn kept(section: &Section<'_>) -> Result<Vec<StreamSpec>, ProfileError> {
    let specs = streams(section)?;
    if let Some(log) = specs
        .iter()
        .find(|spec| matches!(spec.form, Form::KissLog { .. }))
    {
        let allowed =
            "no file: one would be begun anew with every start, and frames are in the results anyway";
        return Err(section.refuse("outputs", quoted(&log.text), allowed));
    }
    Ok(specs)
}

fn satellites(root: &Section<'_>, rules: &Rules) -> Result<Vec<SatelliteEntry>, StationFileError> {
    let sections = some(root, "satellite", "satellite")?;
    let mut satellites: Vec<SatelliteEntry> = Vec::with_capacity(sections.len());
    for section in &sections {
        let entry = satellite(section, rules)?;
        let taken = satellites.iter().any(|other| other.name == entry.name);
        let used = |name: &String| {
            let others = satellites.iter().flat_map(|other| &other.downlinks);
            others.into_iter().any(|other| other.name == *name)
        };
        let second = entry
            .downlinks
            .iter()
            .map(|downlink| &downlink.name)
            .find(|name| used(name));
        if let Some(name) = taken.then_some(&entry.name).or(second) {
            return Err(StationFileError::SameName {
                place: section.place("name"),
                name: name.clone(),
            });
        }
        satellites.push(entry);
    }
    Ok(satellites)
}

fn satellite(section: &Section<'_>, rules: &Rules) -> Result<SatelliteEntry, StationFileError> {
    let keys = [
        "name",
        "tle",
        "norad",
        "satellite",
        "priority",
        "min_elevation",
        "center_frequency",
        "doppler",
        "downlink",
    ];
    section.only(&keys, "")?;
    let name = name(section)?;
    let tle = path(section, "tle", "the path of a file of elements")?;
    let called = section.text("satellite", "the name of a satellite")?;
    let downlinks = downlinks(section, "satellite.downlink", |section| downlink(section, &name))?;
    Ok(SatelliteEntry {
        tle: section.required("tle", tle, "the path of a file of elements")?,
        choice: Choice {
            norad: section.whole("norad")?.map(|norad| norad as u64),
            name: called.map(str::to_owned),
        },
        priority: section.whole("priority")?.unwrap_or(0) as i64,
        min_elevation_deg: elevation(section)?.unwrap_or(rules.min_elevation_deg),
        centre_hz: centre(section)?,
        doppler: section.boolean("doppler")?.unwrap_or(true),
        downlinks,
        name,
    })
}

fn centre(section: &Section<'_>) -> Result<f64, ProfileError> {
    let allowed = "0 to 1e12 Hz";
    let hz = within(
        section,
        "center_frequency",
        Quantity::Hertz,
        (0.0, LARGEST_HZ),
        allowed,
    )?;
    section.required(
        "center_frequency",
        hz,
        "the frequency that the receiver is tuned to",
    )
}

/// A downlink of a satellite; without a name it has that of the satellite.
fn downlink(section: &Section<'_>, satellite: &str) -> Result<Entry, ProfileError> {
    let keys = [
        "name",
        "profile",
        "set",
        "frequency",
        "offset",
        "bad_frames",
        "outputs",
    ];
    section.only(&keys, "")?;
    let allowed = "the name of a built-in profile, or a file";
    let profile = path(section, "profile", allowed)?;
    let own = if section.has("name") {
        name(section)?
    } else {
        satellite.to_owned()
    };
    Ok(Entry {
        name: own,
        profile: section.required("profile", profile, allowed)?,
        set: section.texts("set", "a list of texts, as [\"signal.symbol_rate=9600\"]")?,
        tuning: tuning(section)?,
        motion: None,
        outputs: OutputConfig {
            bad_frames: section.choice("bad_frames", BAD_FRAMES)?.unwrap_or_default(),
            streams: kept(section)?,
            ..OutputConfig::default()
        },
        place: section.place("profile"),
    })
}
