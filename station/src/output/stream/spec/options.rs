//! The options behind the `?` of an output.

use super::nats::LOGIN_OPTIONS;
use super::{Secret, SpecError};
use percent_encoding::percent_decode_str;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// A form by its name: what follows the name, and which options it has beside those of all.
pub(super) struct Entry {
    pub name: &'static str,
    options: &'static [&'static str],
}

const ALL_OPTIONS: &[&str] = &["what", "bad_frames", "queue", "queue_mib", "full", "stall"];
pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "tcp-listen://",
        options: &["clients", "wait"],
    },
    Entry {
        name: "tcp://",
        options: &[],
    },
    Entry {
        name: "udp://",
        options: &["rate"],
    },
    Entry {
        name: "kiss-listen://",
        options: &["clients", "wait"],
    },
    Entry {
        name: "kiss-tcp://",
        options: &[],
    },
    Entry {
        name: "kiss:",
        options: &[],
    },
    Entry {
        name: "zmq://",
        options: &["clients", "wait", "topic"],
    },
    Entry {
        name: "jsonl-listen://",
        options: &["clients", "wait", "data"],
    },
    Entry {
        name: "jsonl://",
        options: &["data"],
    },
    Entry {
        name: "http://",
        options: &[],
    },
    Entry {
        name: "parquet:",
        options: &[],
    },
    Entry {
        name: "nats://",
        options: NATS_OPTIONS,
    },
    Entry {
        name: "nats+tls://",
        options: NATS_OPTIONS,
    },
    Entry {
        name: "sids+https://",
        options: SIDS_OPTIONS,
    },
    Entry {
        name: "sids+http://",
        options: SIDS_OPTIONS,
    },
];
const NATS_OPTIONS: &[&str] = &["stream", "subject", "station"];
const SIDS_OPTIONS: &[&str] = &[
    "norad",
    "source",
    "latitude",
    "longitude",
    "token_file",
    "token_env",
    "ca_file",
];

impl Entry {
    pub fn known(&self) -> Vec<&'static str> {
        match self.name {
            "http://" => Vec::new(),
            name if name.starts_with("nats") => self.with(&[LOGIN_OPTIONS, ALL_OPTIONS].concat()),
            name if name.starts_with("jsonl") => self.with(&["queue", "queue_mib", "full", "stall"]),
            name if name.starts_with("sids") => self.with(&["queue", "queue_mib", "full", "stall"]),
            name if name.starts_with("kiss") || name.starts_with("parquet") => {
                self.with(&["bad_frames", "queue", "queue_mib", "full", "stall"])
            }
            _ => self.with(ALL_OPTIONS),
        }
    }

    /// Whether units carry labels.
    pub fn labels(&self) -> bool {
        self.name.starts_with("nats") || self.name.starts_with("parquet")
    }

    fn with(&self, common: &[&'static str]) -> Vec<&'static str> {
        self.options.iter().chain(common).copied().collect()
    }
}

/// The options that were given.
pub(super) struct Options<'a>(Vec<(&'a str, String)>);

impl<'a> Options<'a> {
    pub fn parse(
        text: Option<&'a str>,
        form: &'static str,
        known: &[&'static str],
    ) -> Result<Self, SpecError> {
        let mut given: Vec<(&str, String)> = Vec::new();
        for option in text
            .into_iter()
            .flat_map(|text| text.split('&'))
            .filter(|option| !option.is_empty())
        {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            if !known.contains(&key) {
                return Err(SpecError::Unknown {
                    form,
                    key: one_word(key),
                    known: if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    },
                });
            }
            if given.iter().any(|(other, _)| *other == key) {
                return Err(SpecError::Twice { key: key.to_owned() });
            }
            given.push((key, percent_decode_str(value).decode_utf8_lossy().into_owned()));
        }
        Ok(Self(given))
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(given, _)| *given == key)
            .map(|(_, value)| value.as_str())
    }

    /// A value out of a few.
    pub fn choice<T: Copy>(&self, key: &'static str, values: &[(&str, T)]) -> Result<Option<T>, SpecError> {
        let Some(text) = self.get(key) else {
            return Ok(None);
        };
        let found = values.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| Some(*value)).ok_or_else(|| {
            let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
            SpecError::Value {
                key,
                allowed: names.join(" or "),
            }
        })
    }

    /// A number within bounds.
    pub fn number<T>(&self, key: &'static str, within: RangeInclusive<T>) -> Result<Option<T>, SpecError>
    where
        T: FromStr + PartialOrd + Display,
    {
        let Some(text) = self.get(key) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| within.contains(number));
        number.map(Some).ok_or_else(|| SpecError::Value {
            key,
            allowed: format!("a number from {} to {}", within.start(), within.end()),
        })
    }

    pub fn seconds(&self, key: &'static str, least: f64) -> Result<Option<Duration>, SpecError> {
        Ok(self.number(key, least..=3600.0)?.map(Duration::from_secs_f64))
    }

    /// A secret's place, of which one may be given.
    pub fn secret(&self, file: &'static str, environment: &'static str) -> Result<Option<Secret>, SpecError> {
        let in_file = self.text(file, 4000)?.map(Secret::File);
        let in_environment = self.text(environment, 200)?.map(Secret::Environment);
        if in_file.is_some() && in_environment.is_some() {
            return Err(SpecError::Value {
                key: environment,
                allowed: format!("the only place of the secret, without {file}"),
            });
        }
        Ok(in_file.or(in_environment))
    }

    pub fn text(&self, key: &'static str, most: usize) -> Result<Option<String>, SpecError> {
        match self.get(key) {
            Some(text) if text.is_empty() || text.len() > most || text.contains(char::is_control) => {
                Err(SpecError::Value {
                    key,
                    allowed: format!("1 to {most} bytes of text"),
                })
            }
            text => Ok(text.map(str::to_owned)),
        }
    }
}

fn one_word(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}
