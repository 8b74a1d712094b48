//! Typed reading of one section: every value is asked for by name and type, and nothing else may be there.

use super::document::{Document, join, nth};
use super::error::{Place, Problem, ProfileError, quoted};
use toml::{Table, Value};

/// A section of the document.
#[derive(Debug)]
pub(crate) struct Section<'d> {
    document: &'d Document,
    path: String,
    table: Option<&'d Table>,
}

/// Kinds of quantity, by the units that text may give them in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Quantity {
    /// A frequency.
    Hertz,
    /// A symbol rate.
    Baud,
    /// A plain number.
    Number,
}

impl Quantity {
    fn units(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Hertz => &[("Hz", 1.0), ("kHz", 1e3), ("MHz", 1e6)],
            Self::Baud => &[("Bd", 1.0), ("kBd", 1e3), ("MBd", 1e6)],
            Self::Number => &[],
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Hertz => "a number in Hz or text with the unit Hz, kHz or MHz",
            Self::Baud => "a number in Bd or text with the unit Bd, kBd or MBd",
            Self::Number => "a number",
        }
    }

    fn parse(self, text: &str) -> Option<f64> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = &text[digits.len()..];
        let scale = self.units().iter().find(|(name, _)| *name == unit)?.1;
        digits.trim_end().parse::<f64>().ok().map(|number| number * scale)
    }
}

impl<'d> Section<'d> {
    pub(crate) fn root(document: &'d Document) -> Self {
        Self {
            document,
            path: String::new(),
            table: Some(&document.root),
        }
    }

    /// Fails at the first key that is not among `allowed`. `kind` says what decided on the list.
    pub(crate) fn only(&self, allowed: &[&str], kind: &str) -> Result<(), ProfileError> {
        let Some(unknown) = self
            .table
            .and_then(|t| t.keys().find(|k| !allowed.contains(&k.as_str())))
        else {
            return Ok(());
        };
        let key = join(&self.path, unknown);
        let bare = without_numbers(&self.path);
        let section = if self.path.is_empty() {
            self.document.kind().into()
        } else if self.path.ends_with(']') {
            format!("[[{bare}]]{kind}")
        } else {
            format!("[{bare}]{kind}")
        };
        Err(ProfileError::UnknownKey {
            place: self.document.place(&key),
            key,
            section,
            allowed: allowed.join(", "),
        })
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// An error where two keys say the same thing.
    pub(crate) fn not_both(&self, key: &str, other: &str) -> Result<(), ProfileError> {
        if !(self.has(key) && self.has(other)) {
            return Ok(());
        }
        let (key, other) = (join(&self.path, key), join(&self.path, other));
        Err(ProfileError::Both {
            place: self.document.place(&key),
            key,
            other,
        })
    }

    /// A section that `false` switches off, and `true` on with all its defaults. `default_on` says which of
    /// the two an absent one is.
    pub(crate) fn switch(&self, key: &str, default_on: bool) -> Result<Option<Section<'d>>, ProfileError> {
        match self.value(key) {
            None if default_on => Ok(Some(self.inner(key, None))),
            None | Some(Value::Boolean(false)) => Ok(None),
            Some(Value::Boolean(true)) => Ok(Some(self.inner(key, None))),
            Some(Value::Table(table)) => Ok(Some(self.inner(key, Some(table)))),
            Some(other) => Err(self.wrong(key, other, "a section, or false for none")),
        }
    }

    /// A section that is always there; empty where it is absent.
    pub(crate) fn section(&self, key: &str) -> Result<Section<'d>, ProfileError> {
        match self.value(key) {
            None => Ok(self.inner(key, None)),
            Some(Value::Table(table)) => Ok(self.inner(key, Some(table))),
            Some(other) => Err(self.wrong(key, other, "a section")),
        }
    }

    /// A list of sections; empty where it is absent.
    pub(crate) fn sections(&self, key: &str) -> Result<Vec<Section<'d>>, ProfileError> {
        let allowed = format!("sections, each begun by [[{key}]]");
        let items: &[Value] = match self.value(key) {
            None => &[],
            Some(Value::Array(items)) => items,
            Some(other) => return Err(self.wrong(key, other, &allowed)),
        };
        let section = |(index, item): (usize, &'d Value)| match item {
            Value::Table(table) => Ok(Section {
                document: self.document,
                path: nth(&join(&self.path, key), index),
                table: Some(table),
            }),
            other => Err(self.wrong(key, other, &allowed)),
        };
        items.iter().enumerate().map(section).collect()
    }

    /// A list of texts; empty where it is absent.
    pub(crate) fn texts(&self, key: &str, allowed: &str) -> Result<Vec<String>, ProfileError> {
        let items = match self.value(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(other) => return Err(self.wrong(key, other, allowed)),
        };
        let text = |item: &Value| match item {
            Value::String(text) => Ok(text.clone()),
            other => Err(self.wrong(key, other, allowed)),
        };
        items.iter().map(text).collect()
    }

    /// Where this section, or a key of it, is given.
    pub(crate) fn place(&self, key: &str) -> Place {
        self.document.place(&join(&self.path, key))
    }

    pub(crate) fn text(&self, key: &str, allowed: &str) -> Result<Option<&'d str>, ProfileError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            // Overrides come without quotes, and 12345678 or a date may well be meant as text.
            Some(Value::Integer(_) | Value::Float(_) | Value::Datetime(_)) if self.typed(key).is_some() => {
                Ok(self.typed(key))
            }
            Some(other) => Err(self.wrong(key, other, allowed)),
        }
    }

    pub(crate) fn boolean(&self, key: &str) -> Result<Option<bool>, ProfileError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Boolean(value)) => Ok(Some(*value)),
            Some(other) => Err(self.wrong(key, other, "true or false")),
        }
    }

    /// A whole number that is not negative; its range is checked with everything else later.
    pub(crate) fn whole(&self, key: &str) -> Result<Option<usize>, ProfileError> {
        self.value(key)
            .map(|value| self.whole_value(key, value, "a whole number from 0"))
            .transpose()
    }

    /// The same, or the given word for `None`.
    pub(crate) fn whole_or(&self, key: &str, word: &str) -> Result<Option<usize>, ProfileError> {
        match self.value(key) {
            Some(Value::String(text)) if text == word => Ok(None),
            Some(value) => self
                .whole_value(key, value, &format!("a whole number from 0 or \"{word}\""))
                .map(Some),
            None => Ok(None),
        }
    }

    pub(crate) fn whole_list(&self, key: &str) -> Result<Option<Vec<usize>>, ProfileError> {
        let allowed = "a list of whole numbers from 0";
        match self.value(key) {
            None => Ok(None),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| self.whole_value(key, item, allowed))
                .collect::<Result<_, _>>()
                .map(Some),
            Some(other) => Err(self.wrong(key, other, allowed)),
        }
    }

    pub(crate) fn quantity(&self, key: &str, kind: Quantity) -> Result<Option<f64>, ProfileError> {
        self.value(key)
            .map(|value| self.quantity_value(key, value, kind, kind.words()))
            .transpose()
    }

    /// A quantity, or `"auto"` for `None`.
    pub(crate) fn quantity_or_auto(&self, key: &str, kind: Quantity) -> Result<Option<f64>, ProfileError> {
        match self.value(key) {
            Some(Value::String(text)) if text == "auto" => Ok(None),
            Some(value) => {
                let allowed = format!("{}, or \"auto\"", kind.words());
                self.quantity_value(key, value, kind, &allowed).map(Some)
            }
            None => Ok(None),
        }
    }

    /// One of several words.
    pub(crate) fn choice<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, ProfileError> {
        self.choice_where(key, choices, "")
    }

    /// One of several words; `condition` says what else decided on them.
    pub(crate) fn choice_where<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
        condition: &str,
    ) -> Result<Option<T>, ProfileError> {
        let allowed = format!("{}{condition}", one_of(choices));
        let Some(text) = self.text(key, &allowed)? else {
            return Ok(None);
        };
        match choices.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(Some(*value)),
            None => Err(self.refuse(key, quoted(text), &allowed)),
        }
    }

    /// The value of a key that has no default.
    pub(crate) fn required<T>(&self, key: &str, value: Option<T>, allowed: &str) -> Result<T, ProfileError> {
        value.ok_or_else(|| {
            let key = join(&self.path, key);
            ProfileError::Missing {
                place: self.document.place(&key),
                key,
                allowed: allowed.into(),
            }
        })
    }

    /// An error about this key.
    pub(crate) fn refuse(&self, key: &str, found: String, allowed: &str) -> ProfileError {
        let key = join(&self.path, key);
        Problem::new(&key, found, allowed).at(self.document.place(&key))
    }

    fn inner(&self, key: &str, table: Option<&'d Table>) -> Section<'d> {
        Section {
            document: self.document,
            path: join(&self.path, key),
            table,
        }
    }

    fn value(&self, key: &str) -> Option<&'d Value> {
        self.table.and_then(|table| table.get(key))
    }

    fn typed(&self, key: &str) -> Option<&'d str> {
        self.document.typed_override(&join(&self.path, key))
    }

    fn whole_value(&self, key: &str, value: &Value, allowed: &str) -> Result<usize, ProfileError> {
        match value {
            Value::Integer(number) => usize::try_from(*number).map_err(|_| self.wrong(key, value, allowed)),
            other => Err(self.wrong(key, other, allowed)),
        }
    }

    fn quantity_value(
        &self,
        key: &str,
        value: &Value,
        kind: Quantity,
        allowed: &str,
    ) -> Result<f64, ProfileError> {
        let number = match value {
            Value::Integer(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            Value::String(text) => kind.parse(text),
            _ => None,
        };
        number.ok_or_else(|| self.wrong(key, value, allowed))
    }

    fn wrong(&self, key: &str, value: &Value, allowed: &str) -> ProfileError {
        let found = match value {
            Value::String(text) => quoted(text),
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Boolean(value) => value.to_string(),
            Value::Datetime(_) => "a date".into(),
            Value::Array(_) => "a list".into(),
            Value::Table(_) => "a section".into(),
        };
        self.refuse(key, found, allowed)
    }
}

/// The path as the headings of sections write it, without the numbers of those in lists.
fn without_numbers(path: &str) -> String {
    let parts = path.split('.');
    let bare: Vec<&str> = parts
        .map(|part| part.split_once('[').map_or(part, |(name, _)| name))
        .collect();
    bare.join(".")
}

/// The words in a sentence: "a", "b" or "c".
pub(crate) fn one_of<T>(choices: &[(&str, T)]) -> String {
    let words: Vec<String> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}
