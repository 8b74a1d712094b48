//! Orbit Mean-Elements Messages (CCSDS 502.0-B-3 §4) as JSON, XML, KVN and CSV: all of them become keywords and values.

use super::elements::tidy;
use super::{Elements, OrbitError};
use crate::input::utc::parse_iso;
use serde_json::Value;

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
    Kvn,
    Csv,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Xml => "XML",
            Self::Kvn => "KVN",
            Self::Csv => "CSV",
        }
    }
}

/// Keywords with their values, of one satellite.
type Fields = Vec<(String, String)>;

/// How the message is written, by its beginning; `None` where it is no OMM.
pub(super) fn format_of(text: &str) -> Option<Format> {
    let line = text.lines().next().unwrap_or_default();
    match text.as_bytes().first()? {
        b'{' | b'[' => Some(Format::Json),
        b'<' => Some(Format::Xml),
        _ if line.contains("MEAN_MOTION") && line.contains(',') => Some(Format::Csv),
        _ if line.starts_with("CCSDS_OMM_VERS") => Some(Format::Kvn),
        _ => None,
    }
}

/// Reads all satellites of the text.
pub(super) fn parse(name: &str, format: Format, text: &str) -> Result<Vec<Elements>, OrbitError> {
    let fields = match format {
        Format::Json => json(text),
        Format::Xml => xml(text),
        Format::Kvn => Ok(kvn(text)),
        Format::Csv => csv(text),
    };
    let fields = fields.map_err(|what| OrbitError::Syntax {
        name: name.to_owned(),
        format: format.name(),
        what,
    })?;
    fields
        .iter()
        .enumerate()
        .map(|(index, fields)| {
            Reader {
                name,
                number: index + 1,
                fields,
            }
            .elements()
        })
        .collect()
}

/// Typed reading of one satellite's keywords.
struct Reader<'a> {
    name: &'a str,
    number: usize,
    fields: &'a Fields,
}

impl Reader<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(own, _)| own == key)?;
        Some(found.1.trim()).filter(|text| !text.is_empty())
    }

    fn wrong(&self, key: &'static str, found: Option<&str>, allowed: &'static str) -> OrbitError {
        let found = found.map(|text| format!("is {:?}", text.chars().take(40).collect::<String>()));
        OrbitError::Field {
            name: self.name.to_owned(),
            number: self.number,
            key,
            found: found.unwrap_or_else(|| "is missing".to_owned()),
            allowed,
        }
    }

    fn number(&self, key: &'static str) -> Result<f64, OrbitError> {
        let text = self.text(key);
        let number = text
            .and_then(|text| text.parse().ok())
            .filter(|x: &f64| x.is_finite());
        number.ok_or_else(|| self.wrong(key, text, "a number"))
    }

    /// An error where the keyword is there and says something else than one of these.
    fn only(&self, key: &'static str, these: &[&str], allowed: &'static str) -> Result<(), OrbitError> {
        match self.text(key) {
            Some(text) if !these.contains(&text) => Err(self.wrong(key, Some(text), allowed)),
            _ => Ok(()),
        }
    }

    fn elements(&self) -> Result<Elements, OrbitError> {
        self.only("MEAN_ELEMENT_THEORY", &["SGP4", "SGP", "SGP/SGP4"], "SGP4")?;
        self.only("REF_FRAME", &["TEME"], "TEME")?;
        self.only("TIME_SYSTEM", &["UTC"], "UTC")?;
        self.only(
            "EPHEMERIS_TYPE",
            &["0", "2", "3", "SGP", "SGP4"],
            "0, that of SGP4",
        )?;
        let norad = self.text("NORAD_CAT_ID").map(|text| {
            text.parse()
                .map_err(|_| self.wrong("NORAD_CAT_ID", Some(text), "a number"))
        });
        let epoch = self.text("EPOCH");
        let bstar = self.text("BSTAR").map(|_| self.number("BSTAR"));
        Ok(Elements {
            name: self.text("OBJECT_NAME").map(tidy),
            norad: norad.transpose()?,
            designator: self.text("OBJECT_ID").map(tidy),
            epoch: epoch
                .and_then(parse_iso)
                .ok_or_else(|| self.wrong("EPOCH", epoch, "a UTC time, ISO 8601"))?,
            mean_motion: self.number("MEAN_MOTION")?,
            eccentricity: self.number("ECCENTRICITY")?,
            inclination_deg: self.number("INCLINATION")?,
            node_deg: self.number("RA_OF_ASC_NODE")?,
            perigee_deg: self.number("ARG_OF_PERICENTER")?,
            anomaly_deg: self.number("MEAN_ANOMALY")?,
            bstar: bstar.transpose()?.unwrap_or(0.0),
        })
    }
}

/// An object or a list of objects.
fn json(text: &str) -> Result<Vec<Fields>, String> {
    let root: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let objects = match root {
        Value::Array(list) => list,
        other => vec![other],
    };
    let fields = |object: Value| match object {
        Value::Object(map) => Ok(map.into_iter().map(|(key, value)| (key, plain(&value))).collect()),
        _ => Err("must be an object or a list of them".to_owned()),
    };
    objects.into_iter().map(fields).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Lines of `KEYWORD = value [unit]`; each message begins with its version.
fn kvn(text: &str) -> Vec<Fields> {
    let mut messages: Vec<Fields> = Vec::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let key = key.trim();
        let value = value.split('[').next().unwrap_or_default().trim();
        if key == "CCSDS_OMM_VERS" {
            messages.push(Vec::new());
        }
        if let Some(fields) = messages.last_mut() {
            fields.push((key.to_owned(), value.to_owned()));
        }
    }
    messages
}

/// The elements that hold text and no other elements; each message ends with `</omm>`.
fn xml(text: &str) -> Result<Vec<Fields>, String> {
    let (mut messages, mut fields) = (Vec::new(), Fields::new());
    let mut rest = text;
    let mut open: Option<&str> = None;
    while let Some(begin) = rest.find('<') {
        let content = &rest[..begin];
        rest = &rest[begin..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            let end = comment.find("-->").ok_or("a comment does not end")?;
            rest = &comment[end + 3..];
            continue;
        }
        let end = rest.find('>').ok_or("a tag does not end")?;
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        match (tag.strip_prefix('/'), open.take()) {
            (Some("omm"), _) => messages.push(std::mem::take(&mut fields)),
            (Some(name), Some(own)) if name.trim() == own => {
                fields.push((own.to_owned(), unescaped(content)));
            }
            (None, _) if !tag.ends_with('/') => {
                open = tag.split_whitespace().next();
            }
            _ => {}
        }
    }
    if messages.is_empty() {
        return Err("there is no <omm> … </omm>".to_owned());
    }
    Ok(messages)
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// A line of keywords, then a line for each satellite.
fn csv(text: &str) -> Result<Vec<Fields>, String> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let keys: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .collect();
    let fields = |line: &str| {
        let values = cells(line);
        if values.len() != keys.len() {
            let what = format!("{} values for {} keywords in {line:?}", values.len(), keys.len());
            return Err(what.chars().take(120).collect());
        }
        Ok(keys.iter().map(|key| (*key).to_owned()).zip(values).collect())
    };
    lines.map(fields).collect()
}

/// The cells of a line; one in quotes may hold commas.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for letter in line.trim_end().chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => {
                if let Some(cell) = cells.last_mut() {
                    cell.push(letter);
                }
            }
        }
    }
    cells
}
