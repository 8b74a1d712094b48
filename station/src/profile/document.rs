//! The TOML of a profile (or a station file) with overrides applied, and where each key stands.

use super::error::{Place, ProfileError, one_line};
use std::collections::BTreeMap;
use toml::de::DeTable;
use toml::{Table, Value};

/// No profile has sections within sections deeper than this; what lies deeper is an error anyway.
const DEPTH: usize = 4;
/// Longest profile accepted, bytes. Beyond it a file is not a profile but something else by mistake.
pub(crate) const LONGEST_TEXT: usize = 64 * 1024;
/// Most dots in one line: the TOML parser nests as deep as a dotted key says.
const MOST_DOTS: usize = 200;

/// One override that was applied.
#[derive(Debug)]
struct Applied {
    key: String,
    value: String,
    text: String,
}

/// A parsed profile text.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) root: Table,
    /// What the text is, in messages.
    kind: &'static str,
    origin: String,
    lines: BTreeMap<String, usize>,
    overrides: Vec<Applied>,
}

impl Document {
    /// Parses the text and applies the overrides in their order.
    pub(crate) fn parse(
        kind: &'static str,
        text: &str,
        origin: &str,
        overrides: &[String],
    ) -> Result<Self, ProfileError> {
        let mut document = Self {
            root: Table::new(),
            kind,
            origin: origin.to_string(),
            lines: BTreeMap::new(),
            overrides: Vec::new(),
        };
        document.check_size(text)?;
        let spanned = DeTable::parse(text).map_err(|e| document.syntax(text, &e))?;
        document.root = text.parse().map_err(|e| document.syntax(text, &e))?;
        collect_lines(
            spanned.get_ref(),
            "",
            &line_starts(text),
            DEPTH,
            &mut document.lines,
        );
        for text in overrides {
            document.apply(text)?;
        }
        Ok(document)
    }

    /// What the text is.
    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    /// Where the key is given; the nearest section around it where it is not.
    pub(crate) fn place(&self, key: &str) -> Place {
        let mut path = key;
        loop {
            if let Some(applied) = self
                .overrides
                .iter()
                .rev()
                .find(|o| within(key, &o.key) && within(&o.key, path))
            {
                return Place::Override {
                    text: applied.text.clone(),
                };
            }
            if let Some(&line) = self.lines.get(path) {
                return Place::Line {
                    origin: self.origin.clone(),
                    line,
                };
            }
            match path.rfind('.') {
                Some(dot) => path = &path[..dot],
                None => {
                    return Place::Line {
                        origin: self.origin.clone(),
                        line: 1,
                    };
                }
            }
        }
    }

    /// The value of an override of exactly this key as it was typed, before TOML made a number of it.
    pub(crate) fn typed_override(&self, key: &str) -> Option<&str> {
        self.overrides
            .iter()
            .rev()
            .find(|o| o.key == key)
            .map(|o| o.value.as_str())
    }

    fn check_size(&self, text: &str) -> Result<(), ProfileError> {
        let too_nested = text
            .lines()
            .position(|line| line.bytes().filter(|&b| b == b'.').count() > MOST_DOTS);
        let (line, message) = if text.len() > LONGEST_TEXT {
            (
                1,
                format!(
                    "{} bytes are too long for {}, must be at most {LONGEST_TEXT}",
                    text.len(),
                    self.kind
                ),
            )
        } else if let Some(index) = too_nested {
            (
                index + 1,
                format!("too many dots in one line, must be at most {MOST_DOTS}"),
            )
        } else {
            return Ok(());
        };
        Err(ProfileError::Syntax {
            place: Place::Line {
                origin: self.origin.clone(),
                line,
            },
            message,
        })
    }

    fn syntax(&self, text: &str, error: &toml::de::Error) -> ProfileError {
        let offset = error.span().map_or(0, |span| span.start);
        let line = line_of(&line_starts(text), offset);
        let message = error.message().replace('\n', ", ");
        ProfileError::Syntax {
            place: Place::Line {
                origin: self.origin.clone(),
                line,
            },
            message: one_line(&message),
        }
    }

    fn apply(&mut self, text: &str) -> Result<(), ProfileError> {
        let refuse = |reason: String| ProfileError::Override {
            text: one_line(text),
            reason: one_line(&reason),
        };
        let (key, typed) = text
            .split_once('=')
            .ok_or_else(|| refuse("must be key=value, as signal.symbol_rate=9600".into()))?;
        let (key, typed) = (key.trim(), typed.trim());
        let parts: Vec<&str> = key.split('.').collect();
        if parts.len() > DEPTH || parts.iter().any(|part| !is_bare_key(part)) {
            return Err(refuse(
                "the key must be words joined by dots, as signal.symbol_rate".into(),
            ));
        }
        if typed.is_empty() {
            remove(&mut self.root, &parts).map_err(refuse)?;
        } else {
            let value = parse_value(typed).map_err(refuse)?;
            set(&mut self.root, &parts, value).map_err(refuse)?;
        }
        self.overrides.push(Applied {
            key: key.into(),
            value: typed.into(),
            text: text.into(),
        });
        Ok(())
    }
}

/// Whether `key` is `path` or lies in it.
fn within(key: &str, path: &str) -> bool {
    key.strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The key as messages and paths write it: as it stands if it is a bare key, else escaped.
pub(crate) fn shown_key(key: &str) -> String {
    if is_bare_key(key) {
        key.to_string()
    } else {
        super::error::quoted(key).replace('.', "\\u{2e}")
    }
}

/// A key joined to the section it stands in.
pub(crate) fn join(section: &str, key: &str) -> String {
    if section.is_empty() {
        shown_key(key)
    } else {
        format!("{section}.{}", shown_key(key))
    }
}

/// An item of a list of sections, counted from 1 for people.
pub(crate) fn nth(list: &str, index: usize) -> String {
    format!("{list}[{}]", index + 1)
}

fn is_bare_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 60
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// A TOML value, or a string where the text is plain words, so that `--set signal.modulation=bpsk` needs no
/// quotes that a shell would eat.
fn parse_value(typed: &str) -> Result<Value, String> {
    let plain = |c: char| c.is_alphanumeric() || " _-+./".contains(c);
    if typed.contains(['\n', '\r']) || typed.len() > 1000 {
        return Err("the value must be one line of at most 1000 bytes".into());
    }
    match format!("value = {typed}").parse::<Table>() {
        Ok(mut table) if table.len() == 1 => table
            .remove("value")
            .ok_or_else(|| "the value is not TOML".into()),
        Err(_) if typed.chars().all(plain) => Ok(Value::String(typed.into())),
        _ => Err("the value must be TOML or plain words".into()),
    }
}

/// Sets a key, making the sections on the way. A section switched on by `true` becomes an open one.
fn set(table: &mut Table, parts: &[&str], value: Value) -> Result<(), String> {
    let Some((first, rest)) = parts.split_first() else {
        return Ok(());
    };
    if rest.is_empty() {
        table.insert((*first).to_string(), value);
        return Ok(());
    }
    let entry = table
        .entry((*first).to_string())
        .or_insert_with(|| Value::Table(Table::new()));
    if entry.as_bool() == Some(true) {
        *entry = Value::Table(Table::new());
    }
    match entry {
        Value::Table(inner) => set(inner, rest, value),
        other => Err(format!("{first} is {other}, not a section: set {first} itself")),
    }
}

/// Takes a key away, so that it has its default again.
fn remove(table: &mut Table, parts: &[&str]) -> Result<(), String> {
    let absent = || "the key is not there to be taken away".to_string();
    let (last, sections) = parts.split_last().ok_or_else(absent)?;
    let mut inner = table;
    for section in sections {
        inner = inner
            .get_mut(*section)
            .and_then(Value::as_table_mut)
            .ok_or_else(absent)?;
    }
    inner.remove(*last).map(drop).ok_or_else(absent)
}

fn collect_lines(
    table: &DeTable<'_>,
    section: &str,
    starts: &[usize],
    depth: usize,
    lines: &mut BTreeMap<String, usize>,
) {
    for (key, value) in table {
        let path = join(section, key.get_ref());
        lines.insert(path.clone(), line_of(starts, key.span().start));
        if depth <= 1 {
            continue;
        }
        if let Some(inner) = value.get_ref().as_table() {
            collect_lines(inner, &path, starts, depth - 1, lines);
        }
        for (index, item) in value.get_ref().as_array().into_iter().flatten().enumerate() {
            let path = nth(&path, index);
            lines.insert(path.clone(), line_of(starts, item.span().start));
            if let Some(inner) = item.get_ref().as_table() {
                collect_lines(inner, &path, starts, depth - 1, lines);
            }
        }
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect()
}

/// Line, from 1, that holds the byte.
fn line_of(starts: &[usize], offset: usize) -> usize {
    starts.partition_point(|&start| start <= offset).max(1)
}
